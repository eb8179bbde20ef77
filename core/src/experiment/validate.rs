//! What was read → what may be run: ranges, what belongs together, and what is missing.

mod checker;
mod data;
mod layers;
mod model;
mod report;

pub use checker::{Checker, LARGEST_PATTERN};

use super::{
    diagnostic::Fault,
    keys,
    layers::Path,
    raw::Raw,
    settings::{FetchSettings, ReportSettings, Settings, SplitSettings, TaskSettings, TrainSettings},
};
use crate::{predictions::Output, task::Scale};

/// An experiment's settings, its grid left aside.
#[derive(Debug, Clone, PartialEq)]
pub struct Validated {
    /// Of one run.
    pub settings: Settings,
    pub fetch: Option<FetchSettings>,
    pub report: ReportSettings,
}

/// The settings of one run and what no run depends on, or every fault that stands in the way.
///
/// `broken` are the keys that could not be read at all: they are not reported as missing, and where
/// there are any the settings are of no use, though nothing else is wrong.
pub fn validate(raw: Raw, broken: &[Path]) -> Result<Validated, Vec<Fault>> {
    let mut checker = Checker::new(broken);
    let kind = raw.data.as_ref().and_then(|data| data.source);
    let task = raw.task.unwrap_or_default();
    let numeric = task.kind.task().output() == Output::Values;
    if numeric {
        let (beside, help) = ("where the labels are numbers", "leave it out, or choose a task of classes");
        checker.out_of_place("data.classes", raw.data.as_ref().and_then(|data| data.classes.as_ref()), beside, help);
        let least = raw.data.as_ref().and_then(|data| data.cleaning.min_class_size.as_ref());
        checker.out_of_place("data.min-class-size", least, beside, help);
        checker.out_of_place("report.hints", raw.report.as_ref().and_then(|report| report.hints.as_ref()), beside, help);
    } else if task.scale != Scale::None {
        let message = format!("`task.scale` scales numbers, and the task is {:?}", task.kind.task().id());
        checker.refuse_together("task.scale", message, "leave it out, or set kind = \"regression\"");
    }
    let paths = raw.data.as_ref().and_then(|data| data.path.clone());
    let data = data::data(raw.data.unwrap_or_default(), &mut checker);
    let split = SplitSettings::read(raw.split.unwrap_or_default(), paths.as_ref(), &mut checker);
    let tokens = raw.tokens.unwrap_or_default();
    let model = model::model(raw.model.unwrap_or_default(), &mut checker);
    let train = raw.train.unwrap_or_default();
    select(&task, &train, &mut checker);
    stop_after(&train, &mut checker);
    if let Some(model) = &model {
        layers::check(&train, model, &mut checker);
    }
    let classes = data.as_ref().map_or(&[][..], |(data, _)| &data.classes);
    let report = report::report(raw.report.unwrap_or_default(), kind, classes, train.select, &mut checker);
    let faults = checker.into_faults();
    match (data, split, model, report) {
        (Some((data, fetch)), Some(split), Some(model), Some(report)) if faults.is_empty() => {
            Ok(Validated { settings: Settings { task, data, split, tokens, model, train }, fetch, report })
        }
        _ => Err(faults),
    }
}

/// Refuses to stop behind the end of the schedule.
fn stop_after(train: &TrainSettings, checker: &mut Checker) {
    let epochs = train.epochs;
    if let Some(last) = train.stop_after.filter(|last| *last > epochs) {
        let message = format!("`train.stop-after` is {last}, and `train.epochs` is {epochs}");
        checker.refuse_together("train.stop-after", message, "it is at most `train.epochs`, for which the schedule is made");
    }
}

/// Refuses to select by a metric that the task has not got.
fn select(task: &TaskSettings, train: &TrainSettings, checker: &mut Checker) {
    let metrics = task.kind.task().metrics();
    if !metrics.contains(&train.select) {
        let allowed: Vec<&str> = metrics.iter().map(|metric| metric.id).collect();
        let message =
            format!("`train.select` is {:?}, which is not a metric of the task {:?}", train.select.id, task.kind.task().id());
        checker.refuse_together("train.select", message, format!("it may be {}", keys::list(&allowed)));
    }
}
