//! The proteins of an experiment: rows → clean → quality → labels → split → tokens.
//!
//! [`prepare`] is the way through the module. Everything it decides about a row stays visible in
//! the [`Dataset`]: no row vanishes, it is kept or it says why it was dropped.

mod annotated;
mod card;
mod clean;
mod dataset;
mod digest;
mod error;
mod fasta;
mod ids;
mod labels;
mod lengths;
mod parquet;
mod quality;
pub mod remarks;
mod rows;
mod shared;
mod split;
pub mod synthetic;
mod table;
pub mod tokens;
mod values;

use std::path::Path;

pub use self::{
    card::{Card, ClassShare, Distribution, SplitCard, SplitCards, TokenDistribution},
    clean::Word,
    dataset::{Dataset, Dropped, Protein},
    digest::{digest, line_ends},
    error::Error,
    quality::Counts,
    shared::{BySplit, Member, Shared},
    tokens::{Tokenizer, encode, truncate},
    values::{Numbers, ValueCard},
};
pub use crate::experiment::split::{Split, Splits};
use crate::{
    experiment::{DataSettings, SplitSettings, TaskSettings, TokenSettings},
    task::{Scaling, Target},
};

/// The rows of the data, kept or not.
pub fn count(data: &DataSettings, split: &SplitSettings, project: &Path) -> Result<usize, Error> {
    Ok(rows::read(data, &split.method().columns(), project)?.all.len())
}

/// A column of the data: a text a row, empty where there is none, in the order of [`prepare`]'s
/// proteins. Sources without columns have none.
pub fn texts(data: &DataSettings, column: &str, project: &Path) -> Result<Vec<String>, Error> {
    rows::texts(data, column, project)
}

/// Reads, judges, labels, splits and measures the proteins of an experiment. Relative paths start
/// from `project`.
pub fn prepare(
    TaskSettings { kind, scale }: &TaskSettings,
    data: &DataSettings,
    split: &SplitSettings,
    tokens: &TokenSettings,
    project: &Path,
) -> Result<Dataset, Error> {
    let task = kind.task();
    let tokenizer = Tokenizer::esm2();
    let method = split.method();
    let mut rows = rows::read(data, &method.columns(), project)?;
    let cleaned = clean::clean(&mut rows, data)?;
    let labels = labels::assign(task, &rows, &data.classes)?;
    let given = split::given(method, &rows, &data.cleaning.missing_values)?;
    let quality = quality::examine(&rows, &labels, given.as_deref(), &tokenizer, data)?;
    quality::require_known(&rows, &quality.dropped, &tokenizer, data)?;
    let shared = given.as_deref().and_then(|given| Shared::between(&rows, given, &quality.dropped));
    let repeated_ids = ids::distinguish(&mut rows, &quality.dropped, data.cleaning.duplicate_ids)?;

    let proteins = dataset::proteins(rows, &labels.of_rows, &quality.dropped, &tokenizer);

    let kept: Vec<usize> = (0..proteins.len()).filter(|&index| proteins[index].dropped.is_none()).collect();
    let splits = split::divide(method, task, &proteins, &kept, given.as_deref());
    split::require_proteins(&splits, &proteins, task.required(&labels))?;

    let kept_tokens: Vec<usize> = kept.iter().map(|&index| proteins[index].tokens).collect();
    let chosen = lengths::choose(&kept_tokens, &tokens.max_length);
    let max_length = chosen.max_length;
    let (counts, found) = (quality.counts, card::Found { cleaned, repeated_ids, shared });
    let card =
        card::Parts { proteins: &proteins, classes: &labels.names, splits: &splits, counts, found, chosen }.draw(&data.source);
    let train: Vec<Target> = splits.train.iter().filter_map(|&index| proteins[index].target).collect();
    let scaling = Scaling::of(*scale, &train);
    Ok(Dataset { kind: *kind, classes: labels.names, scaling, proteins, splits, max_length, card })
}
