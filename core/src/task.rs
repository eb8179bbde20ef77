//! Tasks: what a model is asked to predict.
//!
//! A kind of task is one file in this folder and one line in the list below: how a label is read
//! and checked, what strata a split has, how many outputs a model needs and which metrics exist.
//! The trainer's loss for it is a file in `trainer/src/objective/`, its sections of the report a
//! file in `report/src/section/`.

mod scaling;

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    metric::{self, Metric},
    predictions::{Output, Predictions},
};

pub use self::scaling::{Scale, Scaling};

/// Declares the files of the kinds of tasks, each with its name in [`Kind`].
macro_rules! tasks {
    ($first:ident => $default:ident: $about:literal, $($file:ident => $kind:ident: $of:literal,)*) => {
        mod $first;
        $(mod $file;)*

        /// The kind of a task: `task.kind` of an experiment file.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "kebab-case")]
        pub enum Kind {
            #[doc = $about]
            #[default]
            $default,
            $(#[doc = $of] $kind,)*
        }

        impl Kind {
            /// Every kind.
            pub const ALL: &[Self] = &[Self::$default, $(Self::$kind,)*];

            /// What the kind stands for.
            #[must_use]
            pub fn task(self) -> &'static dyn Task {
                match self {
                    Self::$default => &$first::TASK,
                    $(Self::$kind => &$file::TASK,)*
                }
            }
        }
    };
}

// One line a kind of task: its file, its name, and what it means. The first is the default.
tasks! {
    classification => Classification: "One class per protein, of two or more.",
    regression => Regression: "A number per protein.",
}

/// A kind of task.
pub trait Task: fmt::Debug + Send + Sync {
    /// The name in an experiment file.
    fn id(&self) -> &'static str;

    /// What a model of the task gives.
    fn output(&self) -> Output;

    /// What training minimises, as a metric of the evaluated splits.
    fn loss(&self) -> Metric;

    /// The metric that selects the best checkpoint where the experiment names none.
    fn selects(&self) -> Metric;

    /// The metric that runs are compared by which were selected by several.
    fn compares(&self) -> Metric;

    /// The metrics that tables of runs show beside the compared one.
    fn beside(&self) -> &'static [Metric];

    /// The metrics that a table of epochs shows beside the loss.
    fn by_epoch(&self) -> &'static [Metric];

    /// Reads labels as targets. A label is `None` where its row misses something; `listed` are the
    /// classes that the experiment lists, label and name.
    ///
    /// # Errors
    ///
    /// Where the labels make no such task.
    fn targets(&self, labels: &[Option<&str>], listed: &[(&str, &str)]) -> Result<Targets, Unfit>;

    /// The stratum of each target: a split has each in proportion.
    fn strata(&self, targets: &[Target]) -> Vec<usize>;

    /// The names of the strata of which every split must have a protein.
    fn required<'a>(&self, targets: &'a Targets) -> &'a [String];

    /// How many outputs a model needs, of `names` as [`Targets::names`] has them.
    fn outputs(&self, names: &[String]) -> usize;

    /// What a model gave, `[targets, width]` row by row, beside its targets. It was trained on
    /// targets as `scaling` scales them.
    fn predictions(&self, targets: &[Target], outputs: &[f32], width: usize, scaling: Option<Scaling>) -> Predictions;

    /// The metrics that there are, in the order in which tables show them.
    fn metrics(&self) -> Vec<Metric> {
        metric::ALL.iter().copied().filter(|metric| metric.of == self.output()).collect()
    }
}

/// What a model is to give for a protein.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Target {
    /// An index into [`Targets::names`].
    Class(usize),
    /// A finite number, in the unit of the data.
    Value(f64),
}

impl Target {
    /// The class, where the target is one.
    #[must_use]
    pub const fn class(self) -> Option<usize> {
        match self {
            Self::Class(class) => Some(class),
            Self::Value(_) => None,
        }
    }

    /// The number, where the target is one.
    #[must_use]
    pub const fn value(self) -> Option<f64> {
        match self {
            Self::Value(value) => Some(value),
            Self::Class(_) => None,
        }
    }
}

/// The targets of a data set.
#[derive(Debug, Clone, PartialEq)]
pub struct Targets {
    /// The names of the classes, in label order; none of a task without classes.
    pub names: Vec<String>,
    /// A row each; `None` where it has no label, or one that takes no part.
    pub of_rows: Vec<Option<Target>>,
}

/// Why labels make no such task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfit {
    /// A class that the experiment lists is in no row; `help` says which labels there are.
    Absent { label: String, help: String },
    /// There are fewer than two classes.
    Few { classes: Vec<String> },
    /// The labels are so many different numbers that they are no classes.
    Numbers { distinct: usize, rows: usize },
    /// The labels of these rows are no numbers.
    NoNumber { rows: Vec<usize> },
}

/// Puts classes in label order, as `numpy.unique` does: by number where every label is a whole
/// number. Other labels are left as they are, in the order of their bytes.
pub(crate) fn order<T>(classes: &mut [T], label: impl Fn(&T) -> &str) {
    let number = |class: &T| label(class).parse::<i64>();
    if classes.iter().all(|class| number(class).is_ok()) {
        classes.sort_by_key(|class| number(class).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_name_and_metrics() {
        for kind in Kind::ALL {
            let task = kind.task();
            assert_eq!(serde_json::to_value(kind).unwrap(), task.id());
            let metrics = task.metrics();
            assert!(metrics.contains(&task.loss()) && metrics.contains(&task.selects()), "{task:?}");
        }
    }
}
