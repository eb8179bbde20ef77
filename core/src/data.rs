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
pub mod files;
mod ids;
mod labels;
mod lengths;
mod parquet;
mod quality;
pub mod remarks;
mod rows;
mod sequence;
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
    error::{Error, Lacking},
    quality::Counts,
    sequence::{NoResidue, Read, sequence},
    shared::{BySplit, Member, Shared},
    tokens::{Tokenizer, encode, truncate},
    values::{Numbers, ValueCard},
};
pub use crate::experiment::split::{Drawn, Split, Splits};
use crate::{
    experiment::{DataSettings, SplitSettings, TaskSettings, TokenSettings},
    metric::Metric,
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
    let mut labels = labels::assign(task, &rows, &data.classes)?;
    let found = split::given(method, &rows, &data.cleaning.missing_values)?;
    let given = found.as_ref().map(|found| &found.given);
    let of_rows = given.map(|given| given.splits.as_slice());
    let mut quality = quality::examine(&rows, &labels, of_rows, &tokenizer, data)?;
    quality::require_known(&rows, &quality.dropped, &tokenizer, data)?;
    let small_classes = match data.cleaning.min_class_size {
        Some(least) => labels::leave_small(&mut labels, &mut quality.dropped, least as usize)?,
        None => Vec::new(),
    };
    let shared = of_rows.and_then(|given| Shared::between(&rows, given, &quality.dropped));
    let repeated_ids = ids::distinguish(&mut rows, &quality.dropped, data.cleaning.duplicate_ids)?;
    let no_split_values = split::of_none(&rows, &quality.dropped);
    let missing_places = quality::missing_places(&rows, &quality.dropped);
    let separator = rows.separators.first().map(|(_, separator)| *separator);

    let proteins = dataset::proteins(rows, &labels.of_rows, &quality.dropped, &tokenizer);

    let kept: Vec<usize> = (0..proteins.len()).filter(|&index| proteins[index].dropped.is_none()).collect();
    let divide = |kept: &[usize]| split::divide(method, task, &proteins, kept, given);
    let splits = divide(&kept);
    split::require_proteins(&splits, &proteins, task.required(&labels), found.as_ref(), divide)?;

    let kept_tokens: Vec<usize> = kept.iter().map(|&index| proteins[index].tokens).collect();
    let chosen = lengths::choose(&kept_tokens, &tokens.max_length);
    let max_length = chosen.max_length;
    let drawn = given.and_then(|given| given.drawn);
    let (counts, found) = (
        quality.counts,
        card::Found { cleaned, repeated_ids, shared, separator, drawn, no_split_values, small_classes, missing_places },
    );
    let card =
        card::Parts { proteins: &proteins, classes: &labels.names, splits: &splits, counts, found, chosen }.draw(&data.source);
    let train: Vec<Target> = splits.train.iter().filter_map(|&index| proteins[index].target).collect();
    let scaling = Scaling::of(*scale, &train);
    Ok(Dataset { kind: *kind, classes: labels.names, scaling, proteins, splits, max_length, card })
}

/// The metrics that have no value on the validation split, whatever is predicted, each with the
/// reason: no checkpoint can be selected by them.
#[must_use]
pub fn without_value(dataset: &Dataset) -> Vec<(Metric, &'static str)> {
    let task = dataset.kind.task();
    let targets: Vec<Target> = dataset.splits.validation.iter().filter_map(|&index| dataset.proteins[index].target).collect();
    let width = dataset.outputs();
    let classes: std::collections::HashSet<usize> = targets.iter().filter_map(|target| target.class()).collect();
    let varies = targets.iter().any(|target| *target != targets[0]);
    if targets.is_empty() || varies && classes.len() == dataset.classes.len() {
        return Vec::new();
    }
    // Two sets of predictions that are as different as can be: all right, and all wrong.
    let tried = [0, 1].map(|wrong| {
        let outputs: Vec<f32> = (targets.iter().enumerate())
            .flat_map(|(place, target)| match *target {
                Target::Class(class) => (0..width).map(|of| f32::from(u8::from(of == (class + wrong) % width))).collect(),
                Target::Value(value) => vec![if wrong == 0 { value as f32 } else { place as f32 }],
            })
            .collect();
        task.predictions(&targets, &outputs, width, None)
    });
    let none = |metric: &Metric| tried.iter().all(|predictions| metric.score(predictions).is_none());
    task.metrics().into_iter().filter(none).map(|metric| (metric, (metric.undefined)(&tried[0]))).collect()
}
