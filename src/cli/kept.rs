//! `--keep`: which runs of a sweep keep the weights of their best checkpoint.

use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::{
    disk::bytes,
    resolved::{ResolvedRun, name},
};
use crate::error::Error;
use titer_core::results::{BestCheckpoint, ExperimentFolder, Keep, RunFolder, RunKey, RunState, Sweeping, tables};
use titer_report as report;

/// Reads the word of the command line.
pub fn words() -> impl TypedValueParser<Value = Keep> {
    PossibleValuesParser::new(Keep::WORDS).try_map(|word| word.parse::<Keep>())
}

/// Removes the weights that a sweep is not to keep, once it is over, and says in one line which
/// stay; nothing where all do.
///
/// Weights go only while no other sweep of the experiment goes on, and `best` removes some only
/// where every run is done: otherwise the best one is not known yet.
pub fn apply(keep: Keep, folder: &ExperimentFolder, runs: &[ResolvedRun], sweeping: Sweeping) -> Result<Option<String>, Error> {
    let all: Vec<RunFolder> = runs.iter().map(|run| folder.run(&run.key)).collect();
    let ended: Vec<&RunFolder> = all.iter().filter(|run| matches!(run.state(), RunState::Ended(_))).collect();
    if keep == Keep::All {
        return without(&ended);
    }
    let Some(_alone) = sweeping.end_alone(folder)? else {
        let what = "another sweep of this experiment goes on: all that is there stays; the same command again removes the rest";
        return Ok(Some(what.to_owned()));
    };
    let kept = match keep {
        Keep::All | Keep::None => None,
        Keep::Best if ended.len() < all.len() => {
            let open = all.len() - ended.len();
            return Ok(Some(format!("all stay, {open} of {} runs are not done: the same command again removes them", all.len())));
        }
        Keep::Best => match best(folder, runs)? {
            Ok(key) => Some(key),
            Err(why) => return Ok(Some(why)),
        },
    };
    let stays = kept.as_ref().map(|key| folder.run(key));
    let mut freed = 0;
    for run in ended.iter().filter(|run| stays.as_ref() != Some(**run)) {
        freed += run.remove_best(keep)?;
    }
    let who = match &kept {
        Some(key) => {
            let of = runs.iter().find(|run| run.key == *key).map(|run| name(&run.point)).unwrap_or_default();
            format!("kept of {of} ({key}), the recommended configuration's best run by validation")
        }
        None => "kept of no run".to_owned(),
    };
    let freed = if freed > 0 { format!("; {} freed", bytes(freed)) } else { String::new() };
    Ok(Some(format!("{who}{freed}")))
}

/// The run whose weights stay, or why none are removed.
fn best(folder: &ExperimentFolder, runs: &[ResolvedRun]) -> Result<Result<RunKey, String>, Error> {
    let planned: Vec<RunKey> = tables::read_runs(&folder.runs_table())?.into_iter().map(|row| row.key).collect();
    if planned.len() != runs.len() || !runs.iter().all(|run| planned.contains(&run.key)) {
        return Ok(Err("all stay, another sweep has left other runs here meanwhile".to_owned()));
    }
    let inputs = report::Inputs::read(folder)?;
    let best = report::recommended(&inputs).and_then(|recommended| recommended.runs.first().copied());
    let Some(best) = best.map(|run| inputs.runs[run].manifest.key.clone()) else {
        return Ok(Err("all stay, no run was scored".to_owned()));
    };
    Ok(match folder.run(&best).best_checkpoint()? {
        BestCheckpoint::There(_) => Ok(best),
        BestCheckpoint::Removed(_) | BestCheckpoint::Missing => Err(format!(
            "none are removed: those of the best run, {best}, are gone already; to have them again remove its folder, {}, and sweep",
            folder.run(&best).path().display()
        )),
    })
}

/// Says how many runs that are done have no weights.
fn without(ended: &[&RunFolder]) -> Result<Option<String>, Error> {
    let mut count = 0;
    for run in ended {
        count += usize::from(matches!(run.best_checkpoint()?, BestCheckpoint::Removed(_)));
    }
    Ok((count > 0).then(|| {
        let of = ended.len();
        format!(
            "{count} of {of} runs have none, a sweep with --keep removed them; to have them again remove a run's folder and sweep"
        )
    }))
}
