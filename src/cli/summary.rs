//! What a sweep says at its end: a row a run, with the metric that selected its best checkpoint.

use std::io::{self, Write};

use super::{columns, resolved::ResolvedRun};
use titer_core::{
    data::Split,
    metric::Metric,
    results::{Manifest, RunState, manifest::Status, tables::RunStatus},
};

/// Metrics that are shown beside the one that selects.
const BESIDE: usize = 2;

/// Prints what came of each run.
pub fn show(out: &mut dyn Write, runs: &[ResolvedRun], states: &[RunState]) -> io::Result<()> {
    let selects: Vec<Metric> = runs.iter().map(|run| run.settings.train.select).collect();
    let one = selects.first().copied().filter(|first| selects.iter().all(|select| select == first));
    let of = |split: &str| one.map_or_else(|| split.to_owned(), |select| format!("{split} {}", select.label));
    let (validation, test) = (of("validation"), of("test"));
    // A column that would say the same as another one, or the same in every row, is left empty: it is not shown then.
    let beside = runs.first().map_or(&[][..], |run| run.settings.task.kind.task().beside());
    let beside: Vec<Metric> = beside.iter().copied().take(BESIDE).collect();
    let others: Vec<String> = beside.iter().map(|metric| format!("test {}", metric.label)).collect();
    let mut header = vec!["run", "status", "selected by", "selected epoch", "trained", &validation, &test];
    header.extend(others.iter().map(String::as_str).chain(["seconds"]));
    let cells = |(run, state): (&ResolvedRun, &RunState)| {
        let select = run.settings.train.select;
        let manifest = if let RunState::Ended(manifest) = state { Some(&**manifest) } else { None };
        let selected =
            manifest.filter(|manifest| manifest.status == Status::Finished).and_then(|manifest| manifest.outcome.selected_epoch);
        let of = |split| manifest.and_then(|manifest| value(manifest, split, select));
        let test = |select| manifest.and_then(|manifest| value(manifest, Split::Test, select));
        let other = |metric: &Metric| if one == Some(*metric) { None } else { test(*metric) };
        let number = |metric: Metric, value: Option<f64>| value.map(|value| metric.written(value)).unwrap_or_default();
        let mut cells = vec![
            run.name(),
            state.status().to_string(),
            if one.is_none() { select.label.to_owned() } else { String::new() },
            selected.map(|epoch| epoch.to_string()).unwrap_or_default(),
            manifest.and_then(trained).unwrap_or_default(),
            number(select, of(Split::Validation)),
            number(select, of(Split::Test)),
        ];
        cells.extend(beside.iter().map(|metric| number(*metric, other(metric))));
        cells.push(manifest.map(|manifest| format!("{:.1}", manifest.outcome.seconds)).unwrap_or_default());
        cells
    };
    columns::write(out, &header, &runs.iter().zip(states).map(cells).collect::<Vec<_>>())?;
    let diverged = states.iter().filter(|state| state.status() == RunStatus::Diverged).count();
    if diverged > 0 {
        let why = match diverged {
            1 => "its loss stopped being finite, and it has no scores",
            _ => "their losses stopped being finite, and they have no scores",
        };
        writeln!(out, "\n{diverged} of {} runs diverged: {why}", runs.len())?;
    }
    Ok(())
}

/// A metric of a run that was scored.
fn value(manifest: &Manifest, split: Split, select: Metric) -> Option<f64> {
    manifest.scored(split)?.get(select)
}

/// How many epochs a run trained, where it was not as many whole ones as its settings say.
fn trained(manifest: &Manifest) -> Option<String> {
    let trained = manifest.outcome.trained();
    let whole = manifest.settings.train.last_epoch();
    let as_set = manifest.status == Status::Finished && trained.epochs() == whole && !trained.is_cut_short();
    (!as_set).then(|| trained.to_string())
}
