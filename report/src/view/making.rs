//! Provenance: enough to make the report again, and to see whether it came out the same.

use serde::Serialize;

use super::{
    comparison::Comparison,
    format,
    question::Opening,
    table::{Kind, Table},
};
use crate::inputs::{Inputs, RunTables};
use titer_core::{
    experiment::{self, ReportSettings, noted_sets},
    results::{
        Call,
        manifest::{Outcome, Versions},
    },
};

/// Digits of a digest that are shown: enough to distinguish two.
const DIGITS: usize = 16;

/// What is said about the provenance of the runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MakingView {
    /// The experiments whose runs these are: one, but in a comparison of several.
    pub experiments: Vec<Made>,
    /// When the last run finished, in UTC.
    pub finished: Option<String>,
    pub machines: Table,
    pub inputs: Table,
}

/// How one experiment's results are made again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Made {
    pub command: String,
    /// The experiment file as it was run.
    pub text: String,
}

impl MakingView {
    #[must_use]
    pub fn new(inputs: &Inputs, runs: &[&RunTables], labels: &[&str]) -> Self {
        let others = inputs.beside.iter().map(|other| (&other.name, &other.text, &other.call));
        let experiments = std::iter::once((&inputs.name, &inputs.text, &inputs.call)).chain(others);
        Self {
            experiments: experiments.map(|(name, text, call)| Made::new(name, text, call.as_ref())).collect(),
            finished: runs.iter().map(|run| format::time(&run.manifest.outcome.finished)).max(),
            machines: machines(runs, labels),
            inputs: digests(runs, labels),
        }
    }
}

impl Made {
    /// The call that was made, through the program that the file's own command names; where no call
    /// was noted, the file's own command with what was set beside the file.
    fn new(name: &str, text: &str, call: Option<&Call>) -> Self {
        let own = Opening::read(text).command;
        let (mut command, set) = match call {
            Some(Call { file, results, set, .. }) => {
                let file = quoted(file);
                let front = own.filter(|own| own.split_whitespace().take(3).eq(["just", "sweep", file.as_str()]));
                let program = if front.is_some() { "just" } else { "titer" };
                let results = results.as_ref().map(|results| format!(" --results {}", quoted(results))).unwrap_or_default();
                (format!("{program} sweep {file}{results}"), set.clone())
            }
            None => (own.unwrap_or_else(|| format!("titer sweep {name}.toml")), noted_sets(text)),
        };
        command.extend(set.iter().map(|set| format!(" --set {}", quoted(set))));
        Self { command, text: text.to_owned() }
    }
}

/// A word as a POSIX shell reads it back.
fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-./=:,+@%".contains(letter);
    if word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

fn machines(runs: &[&RunTables], labels: &[&str]) -> Table {
    let mut table = Table::new(
        "Machine, time and memory of each run.",
        &[
            ("run", Kind::Text),
            ("device", Kind::Text),
            ("threads", Kind::Number),
            ("precision", Kind::Text),
            ("training", Kind::Number),
            ("evaluation", Kind::Number),
            ("total", Kind::Number),
            ("tokens per second", Kind::Number),
            ("memory", Kind::Number),
            ("finished (UTC)", Kind::Number),
        ],
    );
    for (index, (run, label)) in runs.iter().zip(labels).enumerate() {
        let (machine, outcome) = (&run.manifest.machine, &run.manifest.outcome);
        let hardware = machine.gpu.as_deref().unwrap_or(&machine.cpu);
        let rate = outcome.tokens as f64 / outcome.train_seconds;
        let row = table.row([
            (*label).to_owned(),
            format!("{hardware} ({})", machine.device),
            machine.threads.to_string(),
            outcome.precision.name().to_owned(),
            format::duration(outcome.train_seconds),
            format::duration(outcome.eval_seconds),
            format::duration(outcome.seconds),
            if rate.is_finite() { format::count(rate.round() as u64) } else { format::NONE.to_owned() },
            format::memory(outcome.peak_memory),
            format::time(&outcome.finished),
        ]);
        row.of_run(index);
    }
    table
}

fn digests(runs: &[&RunTables], labels: &[&str]) -> Table {
    let mut table = Table::new(
        "Provenance: each run's key, the first digits of the BLAKE3 digests of its inputs, the versions, and whether the same run \
         on the same machine gives the same numbers again.",
        &[
            ("run", Kind::Text),
            ("key", Kind::Code),
            ("data", Kind::Code),
            ("weights", Kind::Code),
            ("titer", Kind::Text),
            ("libtorch", Kind::Text),
            ("CUDA", Kind::Text),
            ("system", Kind::Text),
            ("repeats", Kind::Text),
        ],
    );
    for (index, (run, label)) in runs.iter().zip(labels).enumerate() {
        let manifest = &run.manifest;
        let digest = |digest: &str| digest.chars().take(DIGITS).collect::<String>();
        let row = table.row([
            (*label).to_owned(),
            manifest.key.to_string(),
            digest(&manifest.inputs.data),
            digest(&manifest.inputs.weights),
            built(&manifest.versions),
            manifest.versions.libtorch.clone(),
            manifest.versions.cuda.clone().unwrap_or_else(|| format::NONE.to_owned()),
            manifest.machine.os.clone(),
            repeats(&manifest.outcome),
        ]);
        row.of_run(index);
    }
    table
}

/// Whether the run gives the same bits again on the same machine, and how many attempts it took
/// where it was more than one.
fn repeats(Outcome { determinism, attempts, .. }: &Outcome) -> String {
    let attempts = if attempts.len() > 1 { format!(" (in {} attempts)", attempts.len()) } else { String::new() };
    let why_not = determinism.why_not.join("; ");
    if determinism.deterministic { format!("bit for bit{attempts}") } else { format!("nearly{attempts}: {why_not}") }
}

/// titer's version and commit.
fn built(versions: &Versions) -> String {
    let commit = versions.commit.as_ref().map(|commit| format!(" ({commit})")).unwrap_or_default();
    format!("{}{commit}", versions.titer)
}

/// The region of practical equivalence: that of all experiments that are joined. Where theirs
/// differ, or their runs select by different metrics, no region is of all of them.
#[must_use]
pub fn equivalent(inputs: &Inputs, comparison: &Comparison) -> Option<f64> {
    let all = equivalents(inputs);
    let is_common = inputs.beside.is_empty() || comparison.selection().is_some() && all.windows(2).all(|pair| pair[0] == pair[1]);
    all.into_iter().next().flatten().filter(|_| is_common)
}

/// Says that no region is applied, where some experiment asks for one.
#[must_use]
pub fn no_region(inputs: &Inputs, comparison: &Comparison) -> Option<String> {
    let asked = equivalents(inputs).iter().any(Option::is_some);
    (asked && equivalent(inputs, comparison).is_none()).then(|| {
        "No region of equivalence is applied: the experiments set different ones (report.equivalent), or select by different metrics."
            .to_owned()
    })
}

/// The region that each experiment sets.
fn equivalents(inputs: &Inputs) -> Vec<Option<f64>> {
    let texts = std::iter::once(&inputs.text).chain(inputs.beside.iter().map(|other| &other.text));
    texts.map(|text| settings(text).equivalent).collect()
}

/// What the file, as it was run, says of the report. A file that this titer no longer reads says
/// nothing.
#[must_use]
pub fn settings(text: &str) -> ReportSettings {
    let set = noted_sets(text);
    experiment::parse("experiment.toml".as_ref(), text, &set).map(|loaded| loaded.experiment.report).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_the_call_that_was_made() {
        let call = |results: Option<&str>, set: &[&str]| Call {
            file: "experiments/my lr.toml".to_owned(),
            results: results.map(str::to_owned),
            set: set.iter().map(|&set| set.to_owned()).collect(),
            abridged: false,
        };
        let command = |text: &str, call: &Call| Made::new("my lr", text, Some(call)).command;
        assert_eq!(command("", &call(None, &[])), "titer sweep 'experiments/my lr.toml'");
        assert_eq!(
            command("# Run it: just sweep other.toml --set a=1", &call(Some("out"), &["train.seed=7", "grid={}"])),
            "titer sweep 'experiments/my lr.toml' --results out --set train.seed=7 --set 'grid={}'"
        );
        let plain = Call { file: "a/lr.toml".to_owned(), ..call(None, &["train.seed=7"]) };
        assert_eq!(command("# Run it: just sweep a/lr.toml\n", &plain), "just sweep a/lr.toml --set train.seed=7");
        let before = "# Run it: just sweep lr.toml\n[train]\n\n# Set on the command line:\n#   --set train.seed=7\n";
        assert_eq!(Made::new("lr", before, None).command, "just sweep lr.toml --set train.seed=7");
    }

    #[test]
    fn words_are_quoted_where_a_shell_would_read_something_else() {
        let texts = ["train.seed=7", "a=[1, 2]", "name='x'"].map(quoted);
        assert_eq!(texts, ["train.seed=7", "'a=[1, 2]'", r"'name='\''x'\'''"]);
    }
}
