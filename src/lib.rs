//! titer: declarative experiments for protein language models.
//!
//! The rooms, in the order the data passes through them:
//!
//! ```text
//! experiment   a TOML file: as written → layered → validated
//! plan         the grid → run specs → run keys
//! data         rows → quality → labels → split → tokens
//! fetch        the Hub and UniProt: the only room that touches the network
//! schedule     a state machine and the worker processes it drives
//! eval         logits → metrics (pure)
//! checkpoint   a folder of weights: whether a run can begin from it
//! yardstick    what simple methods make of the same proteins
//! results      what a run leaves: layout, tables, manifest
//! lockfile     what an experiment read and gave, committed beside it
//! report       tables → view → figures → one page
//! cli          one file a subcommand
//! ```
//!
//! A room uses what stands below it and nothing beside or above: `experiment` is the ground; `data`, `eval` and `fetch` stand on it, `yardstick` and `checkpoint` above them;
//! `results` on these; `plan`, `lockfile`, `report` and `schedule` on `results`; `cli` on all. `clock`, `exit`, `input` and `text` are small
//! things that every room may use, `error` gathers the rooms' errors for `cli`. The model and the training loop live in a program of their own (`trainer/`),
//! the only one that links libtorch; it uses the rooms up to `results`, and the worker protocol.

pub mod checkpoint;
pub mod cli;
pub mod clock;
pub mod data;
pub mod error;
pub mod eval;
pub mod exit;
pub mod experiment;
pub mod fetch;
pub mod input;
pub mod lockfile;
pub mod plan;
pub mod report;
pub mod results;
pub mod schedule;
pub mod text;
pub mod yardstick;
