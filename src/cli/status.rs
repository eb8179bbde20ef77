//! `titer status`: what is done, what failed, what is left.

use std::{io::Write, path::PathBuf};

use super::{
    ExperimentArgs, columns,
    resolved::{Reach, name, resolve},
};
use crate::{
    error::Error,
    results::{
        self, ExperimentFolder, Lock,
        tables::{RunRow, RunStatus},
    },
};

/// Shows what is done, what failed and what is left.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub experiment: ExperimentArgs,
    /// The folder of all results.
    #[arg(long, value_name = "DIR", default_value = "results", env = "TITER_RESULTS")]
    pub results: PathBuf,
}

pub fn run(args: &Args, out: &mut dyn Write) -> Result<(), Error> {
    let loaded = args.experiment.load()?;
    let project = std::path::absolute(".").map_err(|source| results::Error::read(".", source))?;
    let runs = resolve(&loaded, &project, Reach::Cached)?;
    let folder = ExperimentFolder::new(&args.results, &loaded.experiment.name);
    // Looked at before the runs: a sweep that ends in between leaves none unfinished.
    let sweeping = Lock::is_taken(&folder);
    let row = |run: &super::resolved::ResolvedRun| Ok(folder.run(&run.key).state()?.row(&run.key, &run.point));
    let rows = runs.iter().map(row).collect::<Result<Vec<_>, results::Error>>()?;
    show(out, &rows, sweeping).map_err(|source| Error::Output { source })
}

fn show(out: &mut dyn Write, rows: &[RunRow], sweeping: bool) -> std::io::Result<()> {
    let status = |row: &RunRow| match row.status {
        RunStatus::Unfinished if sweeping => "running".to_owned(),
        RunStatus::Unfinished => "interrupted".to_owned(),
        other => other.to_string(),
    };
    let cells = |row: &RunRow| {
        let accuracy = row.test.as_ref().map(|test| format!("test accuracy {:.4}", test.accuracy));
        let note = row.failure.clone().or(accuracy).unwrap_or_default();
        vec![row.key.to_string(), status(row), name(&row.point), note]
    };
    columns::write(out, &["key", "status", "run", ""], &rows.iter().map(cells).collect::<Vec<_>>())?;

    let count = |statuses: &[RunStatus]| rows.iter().filter(|row| statuses.contains(&row.status)).count();
    let done = count(&[RunStatus::Finished, RunStatus::Diverged]);
    let failed = count(&[RunStatus::Failed]);
    let left = rows.len() - done - failed;
    let sweep = if sweeping { "; a sweep is running" } else { "" };
    writeln!(out, "\n{done} of {} done, {failed} failed, {left} left{sweep}", rows.len())
}
