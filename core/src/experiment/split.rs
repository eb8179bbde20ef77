//! `[split]`: which proteins train, validate and test.
//!
//! A split method is one file in this folder and one line in the list below. The file holds its
//! settings, reads them from the table, and divides the proteins by them.

mod marks;
mod parts;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(crate) use marks::is_usual;
pub use marks::{Marks, Validation};
pub(super) use parts::{Written, names, shares};

use super::{Paths, raw, validate::Checker};

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

            /// Whether `split.validation` may be a share that is drawn from training.
            pub(super) const fn draws(self) -> bool {
                match self {
                    Self::$default => <$default as Method>::DRAWS,
                    $(Self::$method => <$method as Method>::DRAWS,)*
                }
            }
        }

        impl SplitSettings {
            /// Reads the settings of the method that the table names, or that follows from the
            /// paths of the data, where those could be read.
            pub(super) fn read(raw: raw::Split, paths: Option<&Paths>, checker: &mut Checker) -> Option<Self> {
                let by_file = paths.and_then(Paths::by_split);
                let method = raw.method.unwrap_or(if by_file.is_some() { SplitMethod::Files } else { SplitMethod::default() });
                parts::require_paths(&raw, method, paths, checker)?;
                let raw = Written::new(raw, method, by_file, checker);
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
    files => Files: "By the files of `data.path`, which names those of each split.",
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

    /// Whether `split.validation` may be a share all the same where the data gives the splits: it
    /// is drawn from training.
    const DRAWS: bool = false;

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

    /// Returns the splits that the data gives its rows, before anything is dropped: the rows of
    /// repeated sequences are then judged by them. `None` where the method does not read them from
    /// the data. `missing` are the words that stand for a missing value.
    fn given<'a>(&self, _rows: &[Said<'a>], _missing: &[String]) -> Result<Option<Given>, NoMark<'a>> {
        Ok(None)
    }

    /// Divides the kept proteins: indices into them.
    fn divide(&self, kept: &Kept<'_>) -> Splits;
}

/// What the data says of the split of a row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Said<'a> {
    /// In the columns that the method reads, in its order.
    pub values: &'a [String],
    /// The split that the row's file is of.
    pub file: Option<Split>,
}

/// The splits that the data gives.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Given {
    /// A row each; `None` where it is of no split.
    pub splits: Vec<Option<Split>>,
    /// Where the data names no protein that validates: how they are drawn.
    pub drawn: Option<Drawn>,
}

/// How proteins that validate are drawn from training: each stratum in proportion, as
/// scikit-learn's `train_test_split(stratify=y)` does.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Drawn {
    pub share: f64,
    pub seed: u32,
    /// The experiment asks for it; else it is done for want of a value that marks validation.
    pub asked: bool,
}

/// The share that is drawn where the experiment gives none.
const DRAWN: f64 = 0.1;

/// Divides proteins as the data gives their splits, in its order; those that validate are drawn
/// from training where it names none.
fn divide_given(kept: &Kept<'_>) -> Splits {
    let of = |split| (0..kept.given.len()).filter(|&index| kept.given[index] == Some(split)).collect::<Vec<usize>>();
    let (mut train, mut validation) = (of(Split::Train), of(Split::Validation));
    if let Some(Drawn { share, seed, .. }) = kept.drawn {
        let strata: Vec<usize> = train.iter().map(|&index| kept.strata[index]).collect();
        let (rest, drawn) = stratified::train_test_split(&strata, share, seed);
        let of_train = |indices: Vec<usize>| indices.into_iter().map(|index| train[index]).collect();
        (train, validation) = (of_train(rest), of_train(drawn));
    }
    Splits { train, validation, test: of(Split::Test) }
}

/// A value that should mark a row, or not, and does neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoMark<'a> {
    /// The row's index.
    pub row: usize,
    pub value: &'a str,
}

/// The proteins that are divided, in the order of the data.
#[derive(Debug)]
pub(crate) struct Kept<'a> {
    /// Of each protein: the task wants every stratum in proportion.
    pub strata: &'a [usize],
    /// The split that the data gives each; empty where the method does not read them from the data.
    pub given: &'a [Option<Split>],
    /// As of [`Given`].
    pub drawn: Option<Drawn>,
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
