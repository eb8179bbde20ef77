//! `metrics.parquet`: a row an evaluation and metric, of all classes together and of each against
//! the rest. A metric without a value has null there, and the reason beside it.

use std::collections::BTreeMap;

use super::{
    EpochRow,
    frame::{Reader, Writer},
    names,
};
use crate::{
    data::Split,
    metric::Metric,
    results::{Error, RunFolder},
    scores::{Scores, Undefined},
};

/// One value.
struct Row<'a> {
    epoch: u32,
    split: Split,
    metric: Metric,
    class: Option<&'a str>,
    value: Option<f64>,
    reason: Option<&'a str>,
}

pub(super) fn write(folder: &RunFolder, classes: &[String], evaluations: &[EpochRow]) -> Result<(), Error> {
    let rows: Vec<Row> = evaluations.iter().flat_map(|evaluation| rows(evaluation, classes)).collect();
    let run = folder.path().file_name().unwrap_or_default().to_string_lossy();
    Writer::new(rows.len())
        .column("run", rows.iter().map(|_| run.as_ref()))
        .column("split", rows.iter().map(|row| names::of(row.split)))
        .column("epoch", rows.iter().map(|row| row.epoch))
        .column("metric", rows.iter().map(|row| row.metric.id))
        .column("class", rows.iter().map(|row| row.class))
        .column("value", rows.iter().map(|row| row.value))
        .column("reason", rows.iter().map(|row| row.reason))
        .write(&folder.metrics())
}

fn rows<'a>(evaluation: &'a EpochRow, classes: &'a [String]) -> impl Iterator<Item = Row<'a>> {
    let EpochRow { epoch, split, scores, .. } = evaluation;
    let row = move |metric, class: Option<usize>, value| Row {
        epoch: *epoch,
        split: *split,
        metric,
        class: class.map(|class| classes[class].as_str()),
        value,
        reason: why(scores, metric, class),
    };
    let all = scores.metrics.iter().map(move |(metric, value)| row(metric, None, value));
    let by_class = scores.classes.iter().enumerate();
    all.chain(by_class.flat_map(move |(class, of)| of.metrics.iter().map(move |(metric, value)| row(metric, Some(class), value))))
}

fn why(scores: &Scores, metric: Metric, class: Option<usize>) -> Option<&str> {
    let undefined = scores.undefined.iter().find(|undefined| undefined.metric == metric && undefined.class == class);
    undefined.map(|undefined| undefined.reason.as_str())
}

/// Gives the evaluations their metrics.
pub(super) fn read(folder: &RunFolder, classes: &[String], evaluations: &mut [EpochRow]) -> Result<(), Error> {
    let path = folder.metrics();
    let table = Reader::open(&path)?;
    let (epoch, split) = (table.required::<u32>("epoch")?, table.named::<Split>("split", names::parse)?);
    let metric = table.required::<String>("metric")?;
    let (class, value) = (table.optional::<String>("class")?, table.optional::<f64>("value")?);
    let reason = table.optional::<String>("reason")?;
    let places: BTreeMap<(u32, String), usize> =
        evaluations.iter().enumerate().map(|(place, row)| ((row.epoch, names::of(row.split)), place)).collect();
    let wrong = |problem: String| Error::Column { path: path.clone(), column: "class".to_owned(), problem };
    for i in 0..table.height() {
        let Some(&place) = places.get(&(epoch[i], names::of(split[i]))) else {
            return Err(Error::Column { path, column: "epoch".to_owned(), problem: "names no evaluation".to_owned() });
        };
        // A metric of a later titer is none that anything here asks for.
        let Ok(metric) = metric[i].parse::<Metric>() else { continue };
        let scores = &mut evaluations[place].scores;
        let class = match &class[i] {
            None => None,
            Some(name) => {
                let found = classes.iter().position(|class| class == name).filter(|class| *class < scores.classes.len());
                Some(found.ok_or_else(|| wrong(format!("holds {name:?}")))?)
            }
        };
        let values = match class {
            None => &mut scores.metrics,
            Some(class) => &mut scores.classes[class].metrics,
        };
        values.set(metric, value[i]);
        if let Some(reason) = &reason[i] {
            scores.undefined.push(Undefined { metric, class, reason: reason.clone() });
        }
    }
    Ok(())
}
