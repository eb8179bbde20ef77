//! The data card: the counts a reader needs before trusting an experiment.

use serde::{Deserialize, Serialize};

use super::{
    Drawn, Numbers, Protein, Shared, Split, Splits, ValueCard, Word,
    clean::Cleaned,
    labels,
    lengths::{self, Chosen},
    quality::Counts,
    synthetic,
};
use crate::experiment::{Source, Synthetic};

/// The data card: what `titer describe` prints. Lengths count residues, tokens count `<cls>` and
/// `<eos>` too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Card {
    pub rows: usize,
    #[serde(flatten)]
    pub counts: Counts,
    /// Where the first rows stand that miss an id, a sequence or a label.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing_places: Vec<String>,
    /// What separates the fields of a table, where that was found in the file and is not what its
    /// extension says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub separator: Option<char>,
    /// The values of the split column, or of the files, that name no split.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub no_split_values: Vec<Word>,
    /// The classes that were left out for having too few proteins, with those that they had.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub small_classes: Vec<Word>,
    /// Classes whose names hold several of the others: labels of several classes, most likely.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub several_labels: Vec<Word>,
    /// How the proteins that validate were drawn from training, where the data names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drawn: Option<Drawn>,
    /// The words that the experiment calls missing, where they stood.
    pub missing_values: Vec<Word>,
    /// Values that often stand for a missing one, such as `NA`, and were read as they are.
    pub like_missing: Vec<Word>,
    /// Rows, none of them missing anything, with lower-case letters in their sequence. So of the
    /// next two.
    pub lower_case: usize,
    /// Rows with gaps in their sequence.
    pub gaps: usize,
    /// Rows whose sequence lost a stop codon's `*`.
    pub stops: usize,
    /// Kept rows that bore the id of an earlier one, and were numbered.
    pub repeated_ids: usize,
    pub kept: usize,
    /// Of a classification.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<ClassShare>,
    /// Size of the smallest class over that of the largest; `None` without classes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balance: Option<f64>,
    /// Of a regression: the labels of the kept proteins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<ValueCard>,
    /// Of the kept proteins.
    pub length: Distribution,
    /// Of the sample that `max-length` is read from; of all kept proteins under the other policies.
    pub tokens: TokenDistribution,
    pub max_length: usize,
    /// Kept proteins that fit into `max_length`.
    pub covered: usize,
    /// Kept proteins that lose residues to it.
    pub truncated: usize,
    pub splits: SplitCards,
    /// Sequences that stand in several of the splits that the data gives; `None` where none does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared: Option<Shared>,
    /// The accuracy no classifier can be expected to exceed, where it is known: of synthetic data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best_accuracy: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassShare {
    pub name: String,
    pub count: usize,
    pub share: f64,
}

/// Percentiles by linear interpolation, as NumPy's default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Distribution {
    pub min: usize,
    pub max: usize,
    pub mean: f64,
    pub median: f64,
    pub p95: f64,
    pub p99: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TokenDistribution {
    #[serde(flatten)]
    pub of: Distribution,
    /// How many proteins were looked at.
    pub sample: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SplitCards {
    pub train: SplitCard,
    pub validation: SplitCard,
    pub test: SplitCard,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SplitCard {
    pub count: usize,
    /// Of a classification.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<ClassShare>,
    /// Of a regression: the labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<Numbers>,
}

impl SplitCards {
    #[must_use]
    pub fn of(&self, split: Split) -> &SplitCard {
        match split {
            Split::Train => &self.train,
            Split::Validation => &self.validation,
            Split::Test => &self.test,
        }
    }
}

/// What was found on the way to the kept proteins.
pub(super) struct Found {
    pub cleaned: Cleaned,
    pub repeated_ids: usize,
    pub shared: Option<Shared>,
    pub separator: Option<char>,
    pub drawn: Option<Drawn>,
    pub no_split_values: Vec<Word>,
    pub small_classes: Vec<Word>,
    pub missing_places: Vec<String>,
}

/// What a card is drawn from.
pub(super) struct Parts<'a> {
    pub proteins: &'a [Protein],
    /// Names, in label order.
    pub classes: &'a [String],
    pub splits: &'a Splits,
    pub counts: Counts,
    pub found: Found,
    pub chosen: Chosen,
}

impl Parts<'_> {
    /// Draws the card; at least one protein was kept.
    pub fn draw(self, source: &Source) -> Card {
        let Chosen { max_length, tokens } = self.chosen;
        let Found { cleaned, repeated_ids, shared, separator, drawn, no_split_values, small_classes, missing_places } =
            self.found;
        let kept = || self.proteins.iter().filter(|protein| protein.dropped.is_none());
        let classes = shares(self.classes, kept());
        let truncated = kept().filter(|protein| protein.tokens > max_length).count();
        let split = |split: Split| {
            let members = self.splits.of(split);
            let members = || members.iter().map(|&index| &self.proteins[index]);
            SplitCard { count: members().len(), classes: shares(self.classes, members()), values: Numbers::of(values(members())) }
        };
        Card {
            rows: self.proteins.len(),
            counts: self.counts,
            missing_places,
            separator,
            no_split_values,
            small_classes,
            several_labels: labels::several(&classes),
            drawn,
            missing_values: cleaned.missing_values,
            like_missing: cleaned.like_missing,
            lower_case: cleaned.lower_case,
            gaps: cleaned.gaps,
            stops: cleaned.stops,
            repeated_ids,
            kept: kept().count(),
            balance: balance(&classes),
            values: ValueCard::of(values(kept())),
            classes,
            length: lengths::distribution(kept().map(|protein| protein.sequence.chars().count()).collect()),
            tokens,
            max_length,
            covered: kept().count() - truncated,
            truncated,
            splits: SplitCards { train: split(Split::Train), validation: split(Split::Validation), test: split(Split::Test) },
            shared,
            best_accuracy: match *source {
                Source::Synthetic(Synthetic { proteins, classes, signal, .. }) => {
                    Some(synthetic::best_accuracy(proteins, classes, signal))
                }
                Source::Table { .. } | Source::Uniprot { .. } | Source::Fasta { .. } => None,
            },
        }
    }
}

/// Counts the classes of proteins that have one.
fn shares<'a>(names: &[String], proteins: impl Iterator<Item = &'a Protein>) -> Vec<ClassShare> {
    let mut counts = vec![0_usize; names.len()];
    for class in proteins.filter_map(super::dataset::Protein::class) {
        counts[class] += 1;
    }
    let total: usize = counts.iter().sum();
    let share = |count: usize| if total == 0 { 0.0 } else { count as f64 / total as f64 };
    names.iter().zip(counts).map(|(name, count)| ClassShare { name: name.clone(), count, share: share(count) }).collect()
}

/// Size of the smallest class over that of the largest.
fn balance(classes: &[ClassShare]) -> Option<f64> {
    let counts = || classes.iter().map(|class| class.count);
    let (smallest, largest) = (counts().min()?, counts().max()?);
    Some(if largest > 0 { smallest as f64 / largest as f64 } else { 0.0 })
}

/// The labels of proteins that have a number for one.
fn values<'a>(proteins: impl Iterator<Item = &'a Protein>) -> impl Iterator<Item = f64> {
    proteins.filter_map(|protein| protein.target?.value())
}
