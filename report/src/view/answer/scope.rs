//! What was asked, in one line: the task, the data, the model. A reader of the first screen must
//! not have to look for them.

use std::path::Path;

use crate::{
    inputs::{Inputs, RunTables},
    view::{comparison::Comparison, format, model},
};
use titer_core::{
    data::Split,
    experiment::{Finetune, Source, Weights},
    predictions::Output,
    text::cut,
};

/// Classes that are named.
const NAMED: usize = 4;

/// `facebook/esm2_t6_8M_UR50D, fine-tuned to classify proteins as Cytoplasm or Nucleus (positive
/// class: Nucleus). Data: …`.
pub(super) fn sentence(inputs: &Inputs, runs: &[&RunTables], comparison: &Comparison) -> String {
    let Some(first) = runs.first() else { return String::new() };
    let settings = &first.manifest.settings;
    let varied = |table: &str| comparison.points.keys.iter().any(|key| key.split('.').next() == Some(table));
    let model = if varied("model") { "Several models".to_owned() } else { weights(&settings.model.weights) };
    let of_values = settings.task.kind.task().output() == Output::Values;
    let how = match settings.train.finetune {
        _ if comparison.points.keys.iter().any(|key| key == "train.finetune") => "trained",
        Finetune::Full => "fine-tuned",
        Finetune::Frozen if of_values => "with a regression head trained on the frozen encoder",
        Finetune::Frozen => "with a classification head trained on the frozen encoder",
        Finetune::Last(_) => "with its last layers fine-tuned",
    };
    let comma = if settings.train.finetune == Finetune::Full { "," } else { "" };
    let splits = Split::ALL.map(|split| format!("{} {}", format::count(inputs.card.splits.of(split).count as u64), name(split)));
    let whose = if varied("data") || varied("split") { ", by the experiment file's own settings" } else { "" };
    format!(
        "{model}{comma} {how} to {}. Data: {}, {} proteins ({}{whose}).",
        if of_values {
            value(&settings.data.source)
        } else {
            format!("classify proteins as {}", classes(&first.manifest.outcome.classes))
        },
        source(&settings.data.source),
        format::count(inputs.card.kept as u64),
        splits.join(", "),
    )
}

/// The classes, of two the one that scores are of.
fn classes(classes: &[String]) -> String {
    let names: Vec<String> = classes.iter().map(|class| cut(class, 40)).collect();
    match names.as_slice() {
        [one, positive] => format!("{one} or {positive} (positive class: {positive})"),
        [most @ .., last] if names.len() <= NAMED => format!("{} or {last}", most.join(", ")),
        many => format!("one of {} classes", format::count(many.len() as u64)),
    }
}

/// What is predicted: the column that the labels stand in.
fn value(source: &Source) -> String {
    match source {
        Source::Table { label, .. } => format!("predict {}, a number per protein", cut(label, 60)),
        _ => "predict a number per protein".to_owned(),
    }
}

fn weights(weights: &Weights) -> String {
    match weights {
        Weights::Hub { name, .. } => cut(name, 80),
        Weights::Folder { .. } | Weights::Random { .. } => super::super::capitalised(&model::weights_name(weights)),
    }
}

fn source(source: &Source) -> String {
    match source {
        Source::Table { path, .. } | Source::Fasta { path, .. } | Source::Uniprot { path, .. } => {
            let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            cut(&path.iter().map(|(_, path)| name(path)).collect::<Vec<_>>().join(", "), 80)
        }
        Source::Synthetic { .. } => "synthetic with planted signals".to_owned(),
    }
}

const fn name(split: Split) -> &'static str {
    match split {
        Split::Train => "training",
        Split::Validation => "validation",
        Split::Test => "test",
    }
}
