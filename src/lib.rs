//! titer: declarative experiments for protein language models. The command line and what stands
//! behind it.
//!
//! ```text
//! mmseqs       sequence search by another program
//! plan         the grid → run specs; why a run is not done
//! fetch        the Hub and UniProt: the only module that touches the network
//! init         a data file → an experiment for it: look → guess → write
//! baseline     what simple methods make of the same proteins
//! schedule     a state machine and the worker processes it drives
//! lockfile     what an experiment read and gave, committed beside it
//! predict      new proteins and the models of an experiment
//! export       one run as a folder for others, with a model card
//! cli          one file a subcommand
//! ```
//!
//! What an experiment, its proteins and its results are lies in `core/`, the report in `report/`;
//! the model and the training loop in a program of their own (`trainer/`), the only one that links
//! libtorch. `report` and `trainer` depend on `core` alone. `error` gathers the errors of all for
//! `cli`.

pub mod baseline;
pub mod cli;
pub mod error;
pub mod export;
pub mod fetch;
pub mod init;
pub mod lockfile;
mod mmseqs;
pub mod plan;
pub mod predict;
pub mod schedule;
