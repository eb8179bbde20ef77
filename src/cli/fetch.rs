//! `titer fetch`: what an experiment needs from the network, brought here.

use std::{io::Write, path::Path};

use super::ExperimentArgs;
use crate::{
    error::Error,
    fetch::{
        self,
        uniprot::{self, Outcome, Service},
    },
    plan,
};
use titer_core::{
    data::files,
    experiment::{Experiment, Weights},
};

/// Fetches what an experiment needs: its data from UniProt, its weights from the Hugging Face Hub.
///
/// Keeps existing files and resumes interrupted downloads. `HF_*`, `HTTPS_PROXY` and `NO_PROXY`
/// have their usual meaning; `TITER_UNIPROT` names a mirror of <https://rest.uniprot.org>.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    #[command(flatten)]
    experiment: ExperimentArgs,
    /// Fetches no weights.
    #[arg(long, conflicts_with = "weights_only")]
    data_only: bool,
    /// Fetches no data.
    #[arg(long)]
    weights_only: bool,
}

pub fn run(args: &Args, out: &mut dyn Write) -> Result<(), Error> {
    let loaded = args.experiment.load()?;
    let points = plan::expand(&loaded)?;
    // Paths of the experiment are relative to the folder titer is called in.
    let project = Path::new("");
    let mut say = |line: String| writeln!(out, "{line}").map_err(|source| Error::Output { source });

    if !args.weights_only {
        say(format!("data     {}", fetch_data(&loaded.experiment, project)?))?;
    }
    if !args.data_only {
        let mut seen: Vec<&Weights> = Vec::new();
        for weights in points.iter().map(|point| &point.settings.model.weights) {
            if !seen.contains(&weights) {
                say(format!("weights  {}", fetch_weights(weights, project)?))?;
                seen.push(weights);
            }
        }
    }
    Ok(())
}

/// Sees to the data file, and says what became of it.
fn fetch_data(experiment: &Experiment, project: &Path) -> Result<String, fetch::Error> {
    let Some(paths) = experiment.base.data.source.paths() else { return Ok("synthetic: nothing to fetch".into()) };
    let (Some(settings), Some(path)) = (&experiment.fetch, paths.one()) else {
        let missing = match files::expand(paths, project) {
            Ok(files) => files.into_iter().map(|file| file.location).find(|file| !file.exists()),
            Err(_) => paths.iter().next().map(|(_, path)| project.join(path)),
        };
        return match missing {
            None => Ok(format!("{paths}: present, and the experiment does not say how to fetch it")),
            Some(path) => Err(fetch::Error::NoRecipe { path }),
        };
    };
    let path = project.join(path);
    let pinned = settings.sha256.is_some();
    Ok(match Service::from_env().make(settings, &path)? {
        Outcome::Made(source) => format!("{}: fetched, {}", path.display(), describe(&source, pinned)),
        Outcome::WasThere(Some(source)) => format!("{}: present, {}", path.display(), describe(&source, pinned)),
        Outcome::WasThere(None) if pinned => format!("{}: present, as pinned", path.display()),
        Outcome::WasThere(None) => format!("{}: present, not fetched by titer", path.display()),
    })
}

fn describe(source: &uniprot::Source, pinned: bool) -> String {
    let labels: Vec<String> = source.labels.iter().map(|(label, count)| format!("{count} of {label:?}")).collect();
    let uniprot::Source { kept, fetched, release, sha256, .. } = source;
    let pin = if pinned { String::new() } else { format!("\n         to pin it: sha256 = \"{sha256}\" under [data.fetch]") };
    let notes: Vec<String> = notes(source).iter().map(|note| format!("\n         {note}")).collect();
    format!("{kept} of {fetched} proteins of UniProt {release} have a label ({}){}{pin}", labels.join(", "), notes.concat())
}

/// What the label rule leaves open to doubt.
fn notes(source: &uniprot::Source) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(readings) = source.readings {
        let uniprot::Readings { only_substrings, only_terms, other_label } = readings;
        notes.push(match readings.differ() {
            0 => "read as substrings and as whole locations, the rule labels every protein the same".to_owned(),
            differ => format!(
                "read as substrings (contains) and as whole locations (terms), the rule labels {differ} proteins differently: \
                 {only_substrings} have a label only as substrings, {only_terms} only as whole locations, {other_label} another"
            ),
        });
    }
    notes.extend(
        source
            .unseen_terms
            .iter()
            .map(|term| format!("no protein found has the location {term:?}: is it spelt as UniProt does?")),
    );
    notes
}

/// Sees to one set of weights, and says what became of them.
fn fetch_weights(weights: &Weights, project: &Path) -> Result<String, fetch::Error> {
    let (folder, verb) = match fetch::cached_weights(weights, project) {
        Err(fetch::Error::NotCached { .. }) => (fetch::weights(weights, project)?, "fetched"),
        cached => (cached?, "present"),
    };
    let place = folder.as_deref().map(Path::display).map(|folder| format!("{verb}, {folder}"));
    Ok(match weights {
        Weights::Hub { name, revision, .. } => format!("{name} at {revision}: {}", place.unwrap_or_default()),
        Weights::Folder { path, .. } => format!("{}: present", path.display()),
        Weights::Random { .. } => "random: nothing to fetch".into(),
    })
}
