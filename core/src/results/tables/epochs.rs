//! `epochs.parquet`: the scores of each evaluation, and the same a class under the class's own name.
//!
//! What is no single number is JSON text: `confusion` is `[[344,41],[65,265]]` (rows: the true class), and `undefined` names each
//! metric that is null and says why: `[{"metric":"mcc","reason":"…"}]`.

use std::path::Path;

use super::{
    EpochRow,
    frame::{Reader, Writer},
    names,
};
use crate::{
    results::Error,
    statistics::{ClassScores, Scores},
};

/// Writes the evaluations; `classes` names the per-class scores of each row, in order.
pub fn write_epochs(path: &Path, classes: &[String], rows: &[EpochRow]) -> Result<(), Error> {
    let scores = |metric: fn(&Scores) -> f64| rows.iter().map(move |row| metric(&row.scores));
    let undefinable = |metric: fn(&Scores) -> Option<f64>| rows.iter().map(move |row| metric(&row.scores));
    let mut table = Writer::new(rows.len())
        .column("epoch", rows.iter().map(|row| row.epoch))
        .column("split", rows.iter().map(|row| names::of(row.split)))
        .column("selected", rows.iter().map(|row| row.selected))
        .column("seconds", rows.iter().map(|row| row.seconds))
        .column("count", rows.iter().map(|row| row.scores.count as u64))
        .finite("loss", rows.iter().map(|row| row.loss))
        .column("accuracy", scores(|s| s.accuracy))
        .column("precision", scores(|s| s.precision))
        .column("recall", scores(|s| s.recall))
        .column("f1", scores(|s| s.f1))
        .column("macro_precision", scores(|s| s.macro_precision))
        .column("macro_recall", scores(|s| s.macro_recall))
        .column("macro_f1", scores(|s| s.macro_f1))
        .column("mcc", undefinable(|s| s.mcc))
        .column("roc_auc", undefinable(|s| s.roc_auc))
        .column("average_precision", undefinable(|s| s.average_precision))
        .finite("log_loss", scores(|s| s.log_loss))
        .column("confusion", rows.iter().map(|row| json(&row.scores.confusion)))
        .column("undefined", rows.iter().map(|row| json(&row.scores.undefined)));
    for (index, class) in classes.iter().enumerate() {
        let of = |metric: fn(&ClassScores) -> Option<f64>| rows.iter().map(move |row| metric(&row.scores.classes[index]));
        table = table
            .column(&format!("precision_{class}"), of(|c| c.precision))
            .column(&format!("recall_{class}"), of(|c| c.recall))
            .column(&format!("f1_{class}"), of(|c| c.f1))
            .column(&format!("roc_auc_{class}"), of(|c| c.roc_auc))
            .column(&format!("average_precision_{class}"), of(|c| c.average_precision))
            .column(&format!("support_{class}"), rows.iter().map(|row| row.scores.classes[index].support))
            .column(&format!("predicted_{class}"), rows.iter().map(|row| row.scores.classes[index].predicted));
    }
    table.write(path)
}

/// The rows, and the names of the classes in their order. A loss that was not finite comes back as NaN.
pub fn read_epochs(path: &Path) -> Result<(Vec<String>, Vec<EpochRow>), Error> {
    let table = Reader::open(path)?;
    let classes: Vec<String> = table.suffixes("support_").map(str::to_owned).collect();
    let (epoch, split) = (table.required("epoch")?, table.named("split", names::parse)?);
    let (selected, seconds) = (table.required("selected")?, table.required("seconds")?);
    let loss = table.finite("loss")?;
    let mut scores = scores(&table)?;
    for class in &classes {
        let columns = class_scores(&table, class)?;
        for (row, class) in scores.iter_mut().zip(columns) {
            row.classes.push(class);
        }
    }
    let rows = scores.into_iter().enumerate().map(|(i, scores)| EpochRow {
        epoch: epoch[i],
        split: split[i],
        loss: loss[i],
        scores,
        selected: selected[i],
        seconds: seconds[i],
    });
    let rows = rows.collect();
    Ok((classes, rows))
}

fn scores(table: &Reader) -> Result<Vec<Scores>, Error> {
    let count = table.required::<u64>("count")?;
    let (accuracy, precision, recall, f1) =
        (table.required("accuracy")?, table.required("precision")?, table.required("recall")?, table.required("f1")?);
    let macro_precision = table.required("macro_precision")?;
    let macro_recall = table.required("macro_recall")?;
    let macro_f1 = table.required("macro_f1")?;
    let (mcc, roc_auc) = (table.optional("mcc")?, table.optional("roc_auc")?);
    let average_precision = table.optional("average_precision")?;
    let log_loss = table.finite("log_loss")?;
    let confusion = table.named::<Vec<Vec<u64>>>("confusion", |text| serde_json::from_str(text).ok())?;
    let undefined = table.named("undefined", |text| serde_json::from_str(text).ok())?;
    let rows = confusion.into_iter().zip(undefined).enumerate().map(|(i, (confusion, undefined))| Scores {
        count: count[i] as usize,
        accuracy: accuracy[i],
        precision: precision[i],
        recall: recall[i],
        f1: f1[i],
        macro_precision: macro_precision[i],
        macro_recall: macro_recall[i],
        macro_f1: macro_f1[i],
        mcc: mcc[i],
        roc_auc: roc_auc[i],
        average_precision: average_precision[i],
        log_loss: log_loss[i],
        classes: Vec::new(),
        confusion,
        undefined,
    });
    Ok(rows.collect())
}

fn class_scores(table: &Reader, class: &str) -> Result<Vec<ClassScores>, Error> {
    let optional = |metric: &str| table.optional::<f64>(&format!("{metric}_{class}"));
    let count = |metric: &str| table.required::<u64>(&format!("{metric}_{class}"));
    let (precision, recall, f1) = (optional("precision")?, optional("recall")?, optional("f1")?);
    let (roc_auc, average_precision) = (optional("roc_auc")?, optional("average_precision")?);
    let (support, predicted) = (count("support")?, count("predicted")?);
    let row = |i: usize| ClassScores {
        precision: precision[i],
        recall: recall[i],
        f1: f1[i],
        support: support[i],
        predicted: predicted[i],
        roc_auc: roc_auc[i],
        average_precision: average_precision[i],
    };
    Ok((0..table.height()).map(row).collect())
}

/// Counts and text: there is no value among them that JSON cannot hold.
fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
