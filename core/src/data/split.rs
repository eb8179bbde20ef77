//! Which proteins train, validate and test.
//!
//! A split method is one file and one line in the list below. The file holds its settings as a struct with the fields of
//! its variant of [`SplitSettings`], and how it divides the proteins. The variant and its keys are declared with the
//! settings of an experiment (`core/src/experiment/`).

use serde_json::{Value, json};

use super::{Error, Protein, Split, Splits, rows::Rows};
use crate::{experiment::SplitSettings, task::Task, text::short};

/// Declares the files of the methods, and finds the method of an experiment's settings.
macro_rules! methods {
    ($($module:ident: $variant:ident { $($field:ident),* })+) => {
        $(mod $module;)+

        /// Returns the method that the settings choose.
        pub(super) fn method(settings: &SplitSettings) -> Box<dyn Method> {
            match settings {
                $(SplitSettings::$variant { $($field),* } => Box::new($module::$variant { $($field: $field.clone()),* }),)+
            }
        }
    };
}

// The recipe `ci` formats these files by name: rustfmt does not look into macros.
methods! {
    stratified: Stratified { train, validation, test, seed }
    column: Column { column, train, validation, test }
}

/// A way to divide proteins into training, validation and test.
pub(super) trait Method {
    /// Rises whenever the same data and settings give other splits: above 1 it takes part in the keys of runs.
    fn version(&self) -> u32 {
        1
    }

    /// Returns the name and version of the program that it calls: the splits, and so the keys of runs, depend on them.
    fn tool(&self) -> Option<String> {
        None
    }

    /// Returns the column of the data that it reads into [`Row::split`](super::rows::Row::split).
    fn column(&self) -> Option<&str> {
        None
    }

    /// Returns the split that the data gives each row, `None` for a row that it gives none, before anything is dropped: the
    /// rows of repeated sequences are then judged by it. `None` where the data says nothing about splits.
    fn given(&self, _rows: &Rows) -> Option<Vec<Option<Split>>> {
        None
    }

    /// Divides the kept proteins.
    fn divide(&self, kept: &Kept<'_>) -> Splits;
}

/// The proteins that are divided.
pub(super) struct Kept<'a> {
    /// Says what strata there are.
    pub task: &'a dyn Task,
    /// All proteins, the dropped ones too.
    pub all: &'a [Protein],
    /// Those that are kept, as indices into `all`.
    pub indices: &'a [usize],
    /// What [`Method::given`] returned.
    pub given: Option<&'a [Option<Split>]>,
}

impl Kept<'_> {
    pub fn proteins(&self) -> impl Iterator<Item = &Protein> {
        self.indices.iter().map(|&index| &self.all[index])
    }

    /// The stratum of each of them, in their order.
    pub fn strata(&self) -> Vec<usize> {
        self.proteins().filter_map(|protein| protein.target).map(|target| self.task.stratum(target)).collect()
    }

    /// The split that the data gives a protein.
    pub fn given(&self, index: usize) -> Option<Split> {
        self.given.and_then(|given| given[index])
    }
}

/// Returns what the splits depend on besides data and settings, for the keys of runs: nothing where the method is of
/// version 1 and calls no program.
pub(super) fn identity(method: &dyn Method) -> Option<Value> {
    let (version, tool) = (method.version(), method.tool());
    (version > 1 || tool.is_some()).then(|| json!({ "version": version, "tool": tool }))
}

/// Refuses splits in which a stratum that the task requires has no protein: no score of such a class could be computed.
pub(super) fn require_every_stratum(
    task: &dyn Task,
    splits: &Splits,
    proteins: &[Protein],
    names: &[String],
) -> Result<(), Error> {
    let stratum = |protein: &Protein| protein.target.map(|target| task.stratum(target));
    for split in Split::ALL {
        let mut present = vec![false; names.len()];
        for stratum in splits.of(split).iter().filter_map(|&index| stratum(&proteins[index])) {
            if let Some(present) = present.get_mut(stratum) {
                *present = true;
            }
        }
        if let Some(absent) = present.iter().position(|present| !present) {
            let is_one = |protein: &&Protein| protein.dropped.is_none() && stratum(protein) == Some(absent);
            let kept = proteins.iter().filter(is_one).count();
            return Err(Error::ClassWithoutProtein { class: short(&names[absent]), split, kept });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A method of another version, or with a program behind it.
    struct Changed(u32, Option<&'static str>);

    impl Method for Changed {
        fn version(&self) -> u32 {
            self.0
        }

        fn tool(&self) -> Option<String> {
            self.1.map(str::to_owned)
        }

        fn divide(&self, _: &Kept<'_>) -> Splits {
            Splits { train: Vec::new(), validation: Vec::new(), test: Vec::new() }
        }
    }

    #[test]
    fn a_method_takes_part_in_keys_from_its_second_version_or_with_its_program() {
        assert_eq!(identity(&Changed(1, None)), None);
        assert_eq!(identity(&Changed(2, None)), Some(json!({ "version": 2, "tool": null })));
        assert_eq!(identity(&Changed(1, Some("cluster 7"))), Some(json!({ "version": 1, "tool": "cluster 7" })));
    }
}
