//! `runs.parquet`: one row a run, every grid key a column.
//!
//! A grid key's column is the key in `snake_case` (`train.learning-rate` → `train_learning_rate`), of the type that all its values
//! share; text otherwise, where a value that is not text is written as JSON. The keys themselves stand in the file's metadata.

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
    results::{
        Error, Manifest, RunKey,
        manifest::{Evaluated, Status},
    },
    statistics::Undefined,
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
    pub validation: Option<Metrics>,
    /// As of validation.
    pub test: Option<Metrics>,
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
    /// Begun and not ended, and nobody works on it. Older tables do not tell the two apart.
    #[serde(alias = "unfinished")]
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

/// The single numbers of an evaluation: [`crate::statistics::Scores`] without classes and confusion.
#[derive(Debug, Clone, PartialEq)]
pub struct Metrics {
    pub count: u64,
    pub loss: f64,
    pub accuracy: f64,
    /// Support-weighted, as are `recall` and `f1`.
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
    pub macro_precision: f64,
    pub macro_recall: f64,
    pub macro_f1: f64,
    pub mcc: Option<f64>,
    pub roc_auc: Option<f64>,
    pub average_precision: Option<f64>,
    pub log_loss: f64,
    pub undefined: Vec<Undefined>,
}

impl From<&Evaluated> for Metrics {
    fn from(Evaluated { loss, scores }: &Evaluated) -> Self {
        Self {
            count: scores.count as u64,
            loss: *loss,
            accuracy: scores.accuracy,
            precision: scores.precision,
            recall: scores.recall,
            f1: scores.f1,
            macro_precision: scores.macro_precision,
            macro_recall: scores.macro_recall,
            macro_f1: scores.macro_f1,
            mcc: scores.mcc,
            roc_auc: scores.roc_auc,
            average_precision: scores.average_precision,
            log_loss: scores.log_loss,
            undefined: scores.undefined.clone(),
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
            validation: manifest.scored(Split::Validation).map(Metrics::from),
            test: manifest.scored(Split::Test).map(Metrics::from),
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
    let keys: Vec<&String> = rows.first().map(|row| row.point.keys().collect()).unwrap_or_default();
    let grid: Vec<GridColumn> = keys.iter().map(|key| GridColumn::of(key, rows)).collect();
    let mut table = Writer::new(rows.len())
        .note(GRID_KEY, serde_json::to_string(&grid).unwrap_or_default())
        .column("key", rows.iter().map(|row| row.key.as_str()))
        .column("status", rows.iter().map(|row| names::of(row.status)));
    for column in &grid {
        table = column.add(table, rows);
    }
    table = table
        .column("selected_epoch", rows.iter().map(|row| row.selected_epoch))
        .column("train_loss", rows.iter().map(|row| row.train_loss.filter(|loss| loss.is_finite())));
    for (split, metrics) in SPLITS {
        table = add_metrics(table, split, &rows.iter().map(metrics).collect::<Vec<_>>());
    }
    table
        .column("seconds", rows.iter().map(|row| row.seconds))
        .column("tokens", rows.iter().map(|row| row.tokens))
        .column("precision", rows.iter().map(|row| row.precision.map(names::of)))
        .column("failure", rows.iter().map(|row| row.failure.as_deref()))
        .write(path)
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

type OfSplit = fn(&RunRow) -> Option<&Metrics>;

const SPLITS: [(&str, OfSplit); 2] = [("validation", |row| row.validation.as_ref()), ("test", |row| row.test.as_ref())];

fn add_metrics(table: Writer, split: &str, rows: &[Option<&Metrics>]) -> Writer {
    let name = |metric: &str| format!("{split}_{metric}");
    let of = |metric: fn(&Metrics) -> Option<f64>| rows.iter().map(move |row| row.and_then(metric));
    let finite = |value: f64| value.is_finite().then_some(value);
    table
        .column(&name("count"), rows.iter().map(|row| row.map(|m| m.count)))
        .column(&name("loss"), of(|m| Some(m.loss)).map(|loss| loss.and_then(finite)))
        .column(&name("accuracy"), of(|m| Some(m.accuracy)))
        .column(&name("precision"), of(|m| Some(m.precision)))
        .column(&name("recall"), of(|m| Some(m.recall)))
        .column(&name("f1"), of(|m| Some(m.f1)))
        .column(&name("macro_precision"), of(|m| Some(m.macro_precision)))
        .column(&name("macro_recall"), of(|m| Some(m.macro_recall)))
        .column(&name("macro_f1"), of(|m| Some(m.macro_f1)))
        .column(&name("mcc"), of(|m| m.mcc))
        .column(&name("roc_auc"), of(|m| m.roc_auc))
        .column(&name("average_precision"), of(|m| m.average_precision))
        .column(&name("log_loss"), of(|m| Some(m.log_loss)).map(|loss| loss.and_then(finite)))
        .column(&name("undefined"), rows.iter().map(|row| row.map(|m| serde_json::to_string(&m.undefined).unwrap_or_default())))
}

fn read_metrics(table: &Reader, split: &str) -> Result<Vec<Option<Metrics>>, Error> {
    let column = |metric: &str| table.optional::<f64>(&format!("{split}_{metric}"));
    let count = table.optional::<u64>(&format!("{split}_count"))?;
    let (loss, accuracy, log_loss) = (column("loss")?, column("accuracy")?, column("log_loss")?);
    let (precision, recall, f1) = (column("precision")?, column("recall")?, column("f1")?);
    let macro_precision = column("macro_precision")?;
    let (macro_recall, macro_f1) = (column("macro_recall")?, column("macro_f1")?);
    let (mcc, roc_auc, average_precision) = (column("mcc")?, column("roc_auc")?, column("average_precision")?);
    let undefined = table.optional_named(&format!("{split}_undefined"), |text| serde_json::from_str(text).ok())?;
    let rows = undefined.into_iter().enumerate().map(|(i, undefined)| {
        Some(Metrics {
            count: count[i]?,
            loss: loss[i].unwrap_or(f64::NAN),
            accuracy: accuracy[i]?,
            precision: precision[i]?,
            recall: recall[i]?,
            f1: f1[i]?,
            macro_precision: macro_precision[i]?,
            macro_recall: macro_recall[i]?,
            macro_f1: macro_f1[i]?,
            mcc: mcc[i],
            roc_auc: roc_auc[i],
            average_precision: average_precision[i],
            log_loss: log_loss[i].unwrap_or(f64::NAN),
            undefined: undefined?,
        })
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
    fn of(key: &str, rows: &[RunRow]) -> Self {
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
        Self { key: key.to_owned(), column: key.replace(['.', '-'], "_"), kind }
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
