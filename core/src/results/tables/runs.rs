//! `runs.parquet`: one row a run, every grid key a column.
//!
//! A grid key's column is the key in `snake_case` (`train.learning-rate` → `train_learning_rate`),
//! of the type that all its values share; text otherwise, where a value that is not text is written
//! as JSON. Where another column has that name already, as `tokens` has, `_table` follows it. The
//! keys themselves stand in the file's metadata.

use std::{fmt, path::Path};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

use super::{
    frame::{Reader, Writer},
    names,
};
use crate::{
    data::Split,
    experiment::Precision,
    metric::{self, Metric},
    results::{Error, Manifest, RunKey, manifest::Status},
    scores::{Scores, Values},
};

/// The key of the grid's columns in the file's metadata.
const GRID_KEY: &str = "titer.grid";

/// A row of `runs.parquet`: one run of the plan, whatever became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRow {
    pub key: RunKey,
    pub status: RunStatus,
    /// The grid keys and their values, in the file's order; the same keys in every row.
    pub point: Map<String, Value>,
    /// The mean over all steps.
    pub train_loss: Option<f64>,
    pub selected_epoch: Option<u32>,
    /// Of the best checkpoint; `None` where the run diverged ([`Manifest::scored`]).
    pub validation: Option<Scores>,
    /// As of validation.
    pub test: Option<Scores>,
    /// The whole run's; `None` where it did not finish.
    pub seconds: Option<f64>,
    pub tokens: Option<u64>,
    pub precision: Option<Precision>,
    /// What ended the run, where it failed.
    pub failure: Option<String>,
}

/// What became of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunStatus {
    Finished,
    /// The loss stopped being finite; the tables hold the evidence.
    Diverged,
    Failed,
    /// Someone works on it now.
    Running,
    /// Begun and not ended, and nobody works on it.
    Interrupted,
    /// Not begun.
    Pending,
}

impl RunStatus {
    /// Whether the run has come to its end: another sweep does not run it again.
    #[must_use]
    pub const fn is_done(self) -> bool {
        matches!(self, Self::Finished | Self::Diverged)
    }
}

impl fmt::Display for RunStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&names::of(self))
    }
}

impl From<Status> for RunStatus {
    fn from(status: Status) -> Self {
        match status {
            Status::Finished => Self::Finished,
            Status::Diverged => Self::Diverged,
        }
    }
}

impl RunRow {
    /// The row of a run that left a manifest.
    #[must_use]
    pub fn finished(manifest: &Manifest) -> Self {
        let outcome = &manifest.outcome;
        Self {
            key: manifest.key.clone(),
            status: manifest.status.into(),
            point: manifest.point.clone(),
            train_loss: Some(outcome.train_loss),
            selected_epoch: outcome.selected_epoch,
            validation: manifest.scored(Split::Validation).map(Scores::overall),
            test: manifest.scored(Split::Test).map(Scores::overall),
            seconds: Some(outcome.seconds),
            tokens: Some(outcome.tokens),
            precision: Some(outcome.precision),
            failure: None,
        }
    }

    /// The row of a run that left none.
    #[must_use]
    pub const fn without_manifest(key: RunKey, status: RunStatus, point: Map<String, Value>, failure: Option<String>) -> Self {
        Self {
            key,
            status,
            point,
            train_loss: None,
            selected_epoch: None,
            validation: None,
            test: None,
            seconds: None,
            tokens: None,
            precision: None,
            failure,
        }
    }
}

pub fn write_runs(path: &Path, rows: &[RunRow]) -> Result<(), Error> {
    let run = Writer::new(rows.len())
        .column("key", rows.iter().map(|row| row.key.as_str()))
        .column("status", rows.iter().map(|row| names::of(row.status)));
    let mut outcome = Writer::new(rows.len())
        .column("selected_epoch", rows.iter().map(|row| row.selected_epoch))
        .column("train_loss", rows.iter().map(|row| row.train_loss.filter(|loss| loss.is_finite())));
    for (split, metrics) in SPLITS {
        outcome = add_metrics(outcome, split, &rows.iter().map(metrics).collect::<Vec<_>>());
    }
    let outcome = outcome
        .column("seconds", rows.iter().map(|row| row.seconds))
        .column("tokens", rows.iter().map(|row| row.tokens))
        .column("precision", rows.iter().map(|row| row.precision.map(names::of)))
        .column("failure", rows.iter().map(|row| row.failure.as_deref()));
    let taken = |name: &str| run.has(name) || outcome.has(name);
    let keys: Vec<&String> = rows.first().map(|row| row.point.keys().collect()).unwrap_or_default();
    let grid: Vec<GridColumn> = keys.iter().map(|key| GridColumn::of(key, rows, taken)).collect();
    let noted = run.note(GRID_KEY, serde_json::to_string(&grid).unwrap_or_default());
    grid.iter().fold(noted, |table, column| column.add(table, rows)).beside(outcome).write(path)
}

pub fn read_runs(path: &Path) -> Result<Vec<RunRow>, Error> {
    let table = Reader::open(path)?;
    let grid: Vec<GridColumn> = table.note(GRID_KEY).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let key = table.named("key", |key| key.parse::<RunKey>().ok())?;
    let status = table.named("status", names::parse)?;
    let mut points = vec![Map::new(); table.height()];
    for column in &grid {
        for (point, value) in points.iter_mut().zip(column.read(&table)?) {
            point.insert(column.key.clone(), value);
        }
    }
    let (selected_epoch, train_loss) = (table.optional("selected_epoch")?, table.optional("train_loss")?);
    let (validation, test) = (read_metrics(&table, "validation")?, read_metrics(&table, "test")?);
    let (seconds, tokens) = (table.optional("seconds")?, table.optional("tokens")?);
    let precision = table.optional_named("precision", names::parse)?;
    let failure = table.optional::<String>("failure")?;
    let texts = key.into_iter().zip(points).zip(validation.into_iter().zip(test)).zip(failure);
    let rows = texts.enumerate().map(|(i, (((key, point), (validation, test)), failure))| RunRow {
        key,
        status: status[i],
        point,
        train_loss: train_loss[i],
        selected_epoch: selected_epoch[i],
        validation,
        test,
        seconds: seconds[i],
        tokens: tokens[i],
        precision: precision[i],
        failure,
    });
    Ok(rows.collect())
}

type OfSplit = fn(&RunRow) -> Option<&Scores>;

const SPLITS: [(&str, OfSplit); 2] = [("validation", |row| row.validation.as_ref()), ("test", |row| row.test.as_ref())];

/// A column a metric that any of the rows has.
fn add_metrics(table: Writer, split: &str, rows: &[Option<&Scores>]) -> Writer {
    let has = |metric: &Metric| rows.iter().flatten().any(|scores| scores.metrics.iter().any(|(other, _)| other == *metric));
    let mut table = table.column(&format!("{split}_count"), rows.iter().map(|row| row.map(|scores| scores.count as u64)));
    for metric in metric::ALL.iter().filter(|metric| has(metric)) {
        let values = rows.iter().map(|row| row.and_then(|scores| scores.get(*metric)));
        table = table.column(&format!("{split}_{}", metric.column()), values);
    }
    let undefined = rows.iter().map(|row| row.map(|scores| serde_json::to_string(&scores.undefined).unwrap_or_default()));
    table.column(&format!("{split}_undefined"), undefined)
}

fn read_metrics(table: &Reader, split: &str) -> Result<Vec<Option<Scores>>, Error> {
    let count = table.optional::<u64>(&format!("{split}_count"))?;
    let undefined = table.optional_named(&format!("{split}_undefined"), |text| serde_json::from_str(text).ok())?;
    let names: Vec<String> = table.suffixes(&format!("{split}_")).map(str::to_owned).collect();
    let metrics: Vec<Metric> = metric::ALL.iter().copied().filter(|metric| names.contains(&metric.column())).collect();
    let columns = metrics
        .iter()
        .map(|metric| table.optional::<f64>(&format!("{split}_{}", metric.column())))
        .collect::<Result<Vec<_>, Error>>()?;
    let rows = undefined.into_iter().enumerate().map(|(i, undefined)| {
        let values: Values = metrics.iter().zip(&columns).map(|(metric, column)| (*metric, column[i])).collect();
        Some(Scores { metrics: values, undefined: undefined?, ..Scores::counted(count[i]? as usize, Vec::new()) })
    });
    Ok(rows.collect())
}

/// How one grid key is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct GridColumn {
    key: String,
    column: String,
    kind: Kind,
}

/// The type that all values of a grid key share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Boolean,
    Integer,
    Float,
    Text,
    /// Several types, or tables: every cell is JSON.
    Json,
}

impl GridColumn {
    /// `taken` says which columns there are beside the grid's.
    fn of(key: &str, rows: &[RunRow], taken: impl Fn(&str) -> bool) -> Self {
        let all = |kind: fn(&Value) -> bool| rows.iter().all(|row| row.point.get(key).is_none_or(kind));
        let kind = if all(Value::is_boolean) {
            Kind::Boolean
        } else if all(Value::is_i64) {
            Kind::Integer
        } else if all(Value::is_number) {
            Kind::Float
        } else if all(Value::is_string) {
            Kind::Text
        } else {
            Kind::Json
        };
        let mut column = key.replace(['.', '-'], "_");
        if taken(&column) {
            column.push_str("_table");
        }
        Self { key: key.to_owned(), column, kind }
    }

    fn add(&self, table: Writer, rows: &[RunRow]) -> Writer {
        let cells = rows.iter().map(|row| row.point.get(&self.key));
        match self.kind {
            Kind::Boolean => table.column(&self.column, cells.map(|cell| cell.and_then(Value::as_bool))),
            Kind::Integer => table.column(&self.column, cells.map(|cell| cell.and_then(Value::as_i64))),
            Kind::Float => table.column(&self.column, cells.map(|cell| cell.and_then(Value::as_f64))),
            Kind::Text => table.column(&self.column, cells.map(|cell| cell.and_then(Value::as_str))),
            Kind::Json => table.column(&self.column, cells.map(|cell| cell.map(Value::to_string))),
        }
    }

    /// The values of every row; `Null` where there is none.
    fn read(&self, table: &Reader) -> Result<Vec<Value>, Error> {
        fn values<T>(cells: Vec<Option<T>>, value: impl Fn(T) -> Value) -> Vec<Value> {
            cells.into_iter().map(|cell| cell.map_or(Value::Null, &value)).collect()
        }
        let float = |cell: f64| Number::from_f64(cell).map_or(Value::Null, Value::Number);
        Ok(match self.kind {
            Kind::Boolean => values(table.optional(&self.column)?, Value::Bool),
            Kind::Integer => values(table.optional::<i64>(&self.column)?, Value::from),
            Kind::Float => values(table.optional(&self.column)?, float),
            Kind::Text => values(table.optional(&self.column)?, Value::String),
            Kind::Json => values(table.optional_named(&self.column, |text| serde_json::from_str(text).ok())?, |value| value),
        })
    }
}
