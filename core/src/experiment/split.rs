//! `[split]`: which proteins train, validate and test.
//!
//! A split method is one file in this folder and one line in the list below. The file holds its
//! settings, reads them from the table, and divides the proteins by them.

mod parts;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(super) use parts::{Written, names, shares};

use super::{raw, validate::Checker};

/// Declares the files of the methods, each with its name in [`SplitMethod`].
macro_rules! methods {
    ($first:ident => $default:ident: $about:literal, $($file:ident => $method:ident: $of:literal,)*) => {
        mod $first;
        $(mod $file;)*
        pub use self::{$first::$default, $($file::$method),*};

        /// How proteins are assigned to splits: `split.method`.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "kebab-case")]
        pub enum SplitMethod {
            #[doc = $about]
            #[default]
            $default,
            $(#[doc = $of] $method,)*
        }

        /// How proteins are divided into training, validation and test: a method with its settings.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "method", rename_all = "kebab-case")]
        pub enum SplitSettings {
            $default($default),
            $($method($method),)*
        }

        impl SplitMethod {
            /// The keys of the table that mean something to the method, and what its parts are.
            pub(super) const fn keys(self) -> Keys {
                match self {
                    Self::$default => <$default as Method>::KEYS,
                    $(Self::$method => <$method as Method>::KEYS,)*
                }
            }
        }

        impl SplitSettings {
            /// Reads the settings of the method that the table names.
            pub(super) fn read(raw: raw::Split, checker: &mut Checker) -> Option<Self> {
                let method = raw.method;
                let raw = Written::new(raw, method.keys(), checker);
                match method {
                    SplitMethod::$default => $default::read(raw, checker).map(Self::$default),
                    $(SplitMethod::$method => $method::read(raw, checker).map(Self::$method),)*
                }
            }

            /// The method with its settings.
            pub(crate) fn method(&self) -> &dyn Divide {
                match self {
                    Self::$default(method) => method,
                    $(Self::$method(method) => method,)*
                }
            }
        }
    };
}

// One line a method: its file, its name, and what it means. The first is the default.
// The recipe `ci` formats these files by name: rustfmt does not look into macros.
methods! {
    stratified => Stratified: "At random within each class, or within each tenth of numeric labels, as scikit-learn's `train_test_split(stratify=y)` called twice: the test split first, then validation from the rest. The three shares add up to 1.",
    column => Column: "By a column of the data.",
    random => Random: "At random, whatever the class, as scikit-learn's `train_test_split` called twice: the test split first, then validation from the rest. The three shares add up to 1.",
}

/// The keys that mean something to a method beside `split.train`, `split.validation` and
/// `split.test`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Keys {
    /// Whether the three are values that mark a split; else they are shares of the proteins.
    pub named: bool,
    pub seed: bool,
    /// `split.column` and `split.validation-column`.
    pub column: bool,
}

/// What a method's settings are read from.
pub(super) trait Method: Divide + Sized {
    const KEYS: Keys;

    /// Reads the settings; what is wrong is reported to `checker`.
    fn read(raw: Written, checker: &mut Checker) -> Option<Self>;
}

/// A way to divide proteins into training, validation and test.
pub(crate) trait Divide {
    /// Rises whenever the same data and settings give other splits: above 1 it takes part in the
    /// keys of runs.
    fn version(&self) -> u32 {
        1
    }

    /// Returns the name and version of the program that it calls: the splits, and so the keys of
    /// runs, depend on them.
    fn tool(&self) -> Option<String> {
        None
    }

    /// Returns the columns of the data that it reads.
    fn columns(&self) -> Vec<&str> {
        Vec::new()
    }

    /// Returns the split that a row's values in the columns name, before anything is dropped: the
    /// rows of repeated sequences are then judged by it. `None` where they name none. `missing` are
    /// the words that stand for a missing value.
    fn given<'a>(&self, _values: &'a [String], _missing: &[String]) -> Result<Option<Split>, NoMark<'a>> {
        Ok(None)
    }

    /// Divides the kept proteins: indices into them.
    fn divide(&self, kept: &Kept<'_>) -> Splits;
}

/// A value that should mark a row, or not, and does neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoMark<'a> {
    pub value: &'a str,
}

/// The proteins that are divided, in the order of the data.
#[derive(Debug)]
pub(crate) struct Kept<'a> {
    /// Of each protein: the task wants every stratum in proportion.
    pub strata: &'a [usize],
    /// The split that the data gives each; empty where the method reads no column.
    pub given: &'a [Option<Split>],
}

impl SplitSettings {
    /// Returns what the splits depend on besides data and settings, for the keys of runs: nothing
    /// where the method is of version 1 and calls no program.
    #[must_use]
    pub(crate) fn identity(&self) -> Option<Value> {
        identity(self.method())
    }
}

fn identity(method: &dyn Divide) -> Option<Value> {
    let (version, tool) = (method.version(), method.tool());
    (version > 1 || tool.is_some()).then(|| json!({ "version": version, "tool": tool }))
}

/// One of the three parts of the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Split {
    Train,
    Validation,
    Test,
}

impl Split {
    pub const ALL: [Self; 3] = [Self::Train, Self::Validation, Self::Test];

    /// As it is written everywhere: `train`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }
}

/// Indices of proteins, in the order in which scikit-learn has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Splits {
    pub train: Vec<usize>,
    pub validation: Vec<usize>,
    pub test: Vec<usize>,
}

impl Splits {
    #[must_use]
    pub fn of(&self, split: Split) -> &[usize] {
        match split {
            Split::Train => &self.train,
            Split::Validation => &self.validation,
            Split::Test => &self.test,
        }
    }

    /// Replaces every index by what it stands for in `indices`.
    pub(crate) fn mapped(mut self, indices: &[usize]) -> Self {
        for index in self.train.iter_mut().chain(&mut self.validation).chain(&mut self.test) {
            *index = indices[*index];
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A method of another version, or with a program behind it.
    struct Changed(u32, Option<&'static str>);

    impl Divide for Changed {
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
