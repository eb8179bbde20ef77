//! The experiment file: as written ([`raw`]), layered ([`load`]), validated into [`settings`].
//!
//! Three forms of one thing. [`raw`] mirrors the file, every field optional. [`Experiment`] is
//! validated: no `Option` in it means "default". [`Settings`] is one run of it, the only form that
//! reaches the trainer and a run's key.

mod as_run;
mod axes;
mod bounds;
mod check;
pub mod diagnostic;
mod document;
mod elsewhere;
pub mod hub_name;
mod keys;
mod layers;
mod load;
mod lookalikes;
mod name;
mod numbers;
mod overrides;
pub mod raw;
mod read;
mod recorded;
pub mod reference;
pub mod schema;
pub mod settings;
pub mod split;
mod steps;
mod validate;

pub use as_run::{as_run, noted_sets};
pub use diagnostic::{Error, Mistake};
pub use load::{Loaded, load, parse};
pub use name::{ExperimentName, InvalidName};
pub use recorded::set_without_absolute_paths;
pub use settings::{
    Axis, Class, Cleaning, Conflicts, DataSettings, DuplicateIds, Duplicates, Experiment, FetchSettings, Finetune, LOCATIONS,
    LabelRule, Link, LowerCase, MaxLength, Missing, ModelSettings, ModelSize, PathList, Paths, PathsBySplit, Precision,
    ReportSettings, RuleClass, Schedule, Settings, Source, SplitSettings, Strip, Synthetic, TaskSettings, TokenSettings,
    TrainSettings, Truncate, UnknownResidues, Weights,
};
pub use steps::Steps;
pub use validate::LARGEST_PATTERN;
