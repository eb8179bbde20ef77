//! Killed with SIGKILL at any moment, the same command goes on and ends with the same bits.
//!
//! `just test` kills a handful of times; `just soak` as often as it is told, and prints the tally.

#![cfg(target_os = "linux")]

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use rand_mt::Mt64;
use serde_json::{Value, json};
use titer_core::results::{ExperimentFolder, Live, RunFolder, manifest, tables};

use crate::skip::Skip;

/// Two runs of some seconds, with evaluations, better epochs and a last batch that is smaller.
const EXPERIMENT: &str = r#"# Question: does it survive?
[data]
source = "synthetic"
[data.synthetic]
proteins = 300
[model]
weights = { random = "esm2-tiny" }
[train]
epochs = 3
batch-size = 8
learning-rate = 1e-3
[grid]
"train.seed" = [1, 2]
"#;

/// The same of numbers.
pub const REGRESSION: &str = r#"# Question: does a regression survive?
[task]
kind = "regression"
scale = "standard"
[data]
source = "table"
path = "numbers.csv"
sequence = "sequence"
label = "value"
[model]
weights = { random = "esm2-tiny" }
[train]
epochs = 3
batch-size = 8
learning-rate = 1e-3
precision = "fp32"
[grid]
"train.seed" = [1, 2]
"#;

/// Proteins whose label is their share of lysine and arginine, in per cent.
pub fn numbers(proteins: usize) -> String {
    let mut random = Mt64::new(7);
    let mut draw = |below: u64| (random.next_u64() % below) as usize;
    let mut rows = vec!["sequence,value".to_owned()];
    for _ in 0..proteins {
        let length = 60 + draw(60);
        let sequence: String = (0..length).map(|_| char::from(b"ACDEFGHIKLMNPQRSTVWY"[draw(20)])).collect();
        let charged = sequence.bytes().filter(|residue| b"KR".contains(residue)).count();
        rows.push(format!("{sequence},{}", 100.0 * charged as f64 / length as f64));
    }
    rows.join("\n") + "\n"
}

/// What came of the kills.
#[derive(Debug, Default)]
struct Tally {
    kills: BTreeMap<&'static str, u32>,
    rounds: u32,
    /// Finished runs that were written again.
    repeated: u32,
    /// Files under their final names that are not whole.
    torn: Vec<PathBuf>,
    /// Attempts that went on from a checkpoint.
    resumed: usize,
    equal: u32,
    compared: u32,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kills: Vec<String> = self.kills.iter().map(|(whom, count)| format!("{count} of {whom}")).collect();
        writeln!(f, "kills survived   {} ({})", self.kills.values().sum::<u32>(), kills.join(", "))?;
        writeln!(f, "sweeps           {}, taken up from a checkpoint {} times", self.rounds, self.resumed)?;
        writeln!(f, "runs repeated    {}", self.repeated)?;
        writeln!(f, "files torn       {}", self.torn.len())?;
        write!(f, "digests equal    {} of {}", self.equal, self.compared)
    }
}

struct Soak {
    folder: tempfile::TempDir,
    worker: PathBuf,
    random: Mt64,
    tally: Tally,
}

impl Soak {
    fn sweep(&self, results: &str, more: &[&str]) -> Child {
        // A group of its own, to be killed as a whole; the worker has another.
        let mut command = Command::new("setsid");
        command.args([env!("CARGO_BIN_EXE_titer"), "sweep", "soak.toml", "--device", "cpu", "--no-report"]).args(more);
        command.args(["--results", results]).current_dir(self.folder.path()).env("TITER_WORKER", &self.worker);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    fn experiment(&self, results: &str) -> ExperimentFolder {
        ExperimentFolder::new(&self.folder.path().join(results), &"soak".parse().unwrap())
    }

    /// What must come out equal: everything but times, attempts and peak memory.
    fn digests(&self, results: &str) -> BTreeMap<String, Value> {
        let folders = fs_err::read_dir(self.experiment(results).runs()).unwrap();
        folders.map(|entry| digest(&RunFolder::at(entry.unwrap().path()))).collect()
    }

    /// What is of no use once everything is done.
    fn left_behind(&self, results: &str) -> Vec<PathBuf> {
        let experiment = self.experiment(results);
        let runs = fs_err::read_dir(experiment.runs()).unwrap().map(|entry| entry.unwrap().path());
        let files = runs.chain([experiment.path().to_owned()]).flat_map(|folder| fs_err::read_dir(folder).unwrap());
        let of_no_use = |path: &PathBuf| {
            let name = path.file_name().unwrap().to_str().unwrap();
            let half_written = path.extension().is_some_and(|extension| extension == "tmp" || extension == "partial");
            half_written || name.starts_with("best-") || ["live.json", "checkpoint.safetensors", "failure.json"].contains(&name)
        };
        files.map(|entry| entry.unwrap().path()).filter(of_no_use).collect()
    }

    /// Sweeps until everything is done, with a kill at a random moment of each attempt as long as
    /// there are kills left.
    fn round(&mut self, longest: Duration, kills: &mut u32) -> BTreeMap<String, Value> {
        self.tally.rounds += 1;
        let results = format!("round-{}", self.tally.rounds);
        let mut finished: BTreeMap<PathBuf, Vec<u8>> = BTreeMap::new();
        loop {
            let checkpoint_every = ["1", "3", "40"][self.random.next_u64() as usize % 3];
            let arguments = ["--retries", "1000", "--checkpoint-every", checkpoint_every, "--share-worker"];
            // In processes of their own, or in one.
            let shared = self.random.next_u64() as usize % 2;
            let mut titer = self.sweep(&results, &arguments[..4 + shared]);
            let delay = longest.mul_f64(self.random.next_u64() as f64 / u64::MAX as f64);
            if *kills == 0 {
                assert!(titer.wait().unwrap().success());
                break;
            }
            let begun = Instant::now();
            while begun.elapsed() < delay && titer.try_wait().unwrap().is_none() {
                thread::sleep(Duration::from_millis(5));
            }
            if titer.try_wait().unwrap().is_some() {
                break;
            }
            let (workers, runner) = (children(titer.id()), titer.id());
            let (whom, pids) = match self.random.next_u64() % 3 {
                0 if !workers.is_empty() => ("a worker", workers.clone()),
                1 => ("titer alone", vec![runner]),
                _ => ("titer with its workers", workers.iter().copied().chain([runner]).collect()),
            };
            for pid in &pids {
                let _ = Command::new("kill").args(["-KILL", &pid.to_string()]).stderr(Stdio::null()).status();
            }
            *kills -= 1;
            *self.tally.kills.entry(whom).or_default() += 1;
            if pids.contains(&runner) {
                titer.wait().unwrap();
            } else {
                // It starts the worker again by itself.
                assert!(titer.wait().unwrap().success(), "titer gave up after a worker's death");
            }
            self.look(&results, &mut finished);
        }
        self.look(&results, &mut finished);
        assert!(self.sweep(&results, &[]).wait().unwrap().success());
        assert_eq!(self.left_behind(&results), Vec::<PathBuf>::new());
        self.digests(&results)
    }

    /// Looks whether anything was done twice or left half written.
    fn look(&mut self, results: &str, finished: &mut BTreeMap<PathBuf, Vec<u8>>) {
        let Ok(folders) = fs_err::read_dir(self.experiment(results).runs()) else { return };
        for folder in folders.map(|entry| RunFolder::at(entry.unwrap().path())) {
            self.tally.torn.extend(torn(&folder));
            let Ok(bytes) = fs_err::read(folder.manifest()) else { continue };
            let before = finished.entry(folder.manifest()).or_insert_with(|| bytes.clone());
            self.tally.repeated += u32::from(*before != bytes);
        }
        let experiment = self.experiment(results);
        let shared = [experiment.runs_table(), experiment.dataset()].into_iter().filter(|path| path.exists());
        self.tally.torn.extend(shared.filter(|path| !is_parquet(path)));
    }
}

/// The processes that a process has started.
pub fn children(parent: u32) -> Vec<u32> {
    let pids = fs_err::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| {
        let stat = fs_err::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let after_name = stat.rsplit(") ").next().unwrap_or_default();
        after_name.split(' ').nth(1) == Some(parent.to_string().as_str())
    })
    .collect()
}

fn is_parquet(path: &Path) -> bool {
    fs_err::read(path).is_ok_and(|bytes| bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"))
}

/// The files of a run that are there and not whole.
pub fn torn(folder: &RunFolder) -> Vec<PathBuf> {
    let is_whole = |path: &Path| match path.file_name().and_then(|name| name.to_str()).unwrap_or_default() {
        "run.json" => manifest::read(folder).is_ok(),
        // It may be gone since.
        "live.json" => Live::read(folder).is_ok(),
        name if name.ends_with(".parquet") => is_parquet(path) || !path.exists(),
        name if name.ends_with(".safetensors") => match fs_err::read(path) {
            Ok(bytes) => safetensors::SafeTensors::deserialize(&bytes).is_ok(),
            Err(error) => error.kind() == std::io::ErrorKind::NotFound,
        },
        _ => true,
    };
    let mut files = Vec::new();
    for entry in fs_err::read_dir(folder.path()).unwrap().filter_map(Result::ok) {
        let path = entry.path();
        let name = entry.file_name().into_string().unwrap();
        // `best-3.partial/` is not a final name.
        if path.is_dir() && !name.ends_with(".partial") {
            files.extend(fs_err::read_dir(&path).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())));
        } else if path.is_file() {
            files.push(path);
        }
    }
    files.retain(|path| !is_whole(path));
    files
}

pub fn digest(folder: &RunFolder) -> (String, Value) {
    let manifest = manifest::read(folder).unwrap().expect("every run has ended");
    let steps: Vec<Value> = tables::read_steps(&folder.steps())
        .unwrap()
        .iter()
        .map(|row| {
            json!([row.step, row.epoch, row.loss.to_bits(), row.learning_rate.to_bits(), row.grad_norm.to_bits(), row.tokens])
        })
        .collect();
    let (_, epochs) = tables::read_epochs(folder).unwrap();
    let epochs: Vec<Value> = epochs.iter().map(|row| json!([row.epoch, row.selected, row.scores])).collect();
    let outcome = &manifest.outcome;
    let kept = |name: &str| manifest.files[name].clone();
    let value = json!({
        "weights": kept("best/model.safetensors"),
        "predictions": kept("predictions.parquet"),
        "steps": steps,
        "epochs": epochs,
        "outcome": [outcome.train_loss, outcome.selected_epoch, outcome.tokens, outcome.steps, outcome.determinism],
        "validation": outcome.validation,
        "test": outcome.test,
    });
    (manifest.key.to_string(), value)
}

#[test]
fn killed_at_any_moment_a_sweep_goes_on_to_the_same_bits() {
    survives(EXPERIMENT, 6);
}

#[test]
fn so_does_a_regression() {
    survives(REGRESSION, 3);
}

/// `kills` unless the environment says how many.
#[expect(clippy::print_stdout, reason = "what a soak is run for")]
fn survives(experiment: &str, kills: u32) {
    let worker = Path::new(env!("CARGO_BIN_EXE_titer")).with_file_name("titer-worker");
    if !worker.exists() {
        return Skip::NoWorker.because(&format!("{} is not built", worker.display()));
    }
    let wanted: u32 = std::env::var("TITER_KILLS").ok().map_or(kills, |kills| kills.parse().unwrap());
    let seed: u64 = std::env::var("TITER_SEED").ok().map_or_else(|| u64::from(std::process::id()), |seed| seed.parse().unwrap());
    println!("TITER_SEED={seed}");
    let folder = tempfile::tempdir().unwrap();
    fs_err::write(folder.path().join("soak.toml"), experiment).unwrap();
    fs_err::write(folder.path().join("numbers.csv"), numbers(300)).unwrap();
    let mut soak = Soak { folder, worker, random: Mt64::new(seed), tally: Tally::default() };

    let begun = Instant::now();
    assert!(soak.sweep("undisturbed", &[]).wait().unwrap().success());
    // Kills fall anywhere in the first attempt, before libtorch has loaded and after the last step alike.
    let longest = begun.elapsed();
    let expected = soak.digests("undisturbed");
    assert_eq!(expected.len(), 2);

    let mut kills = wanted;
    while kills > 0 {
        let found = soak.round(longest, &mut kills);
        for (key, expected) in &expected {
            soak.tally.compared += 1;
            soak.tally.equal += u32::from(found.get(key) == Some(expected));
        }
        let results = format!("round-{}", soak.tally.rounds);
        for entry in fs_err::read_dir(soak.experiment(&results).runs()).unwrap() {
            let manifest = manifest::read(&RunFolder::at(entry.unwrap().path())).unwrap().unwrap();
            soak.tally.resumed += manifest.outcome.attempts.iter().filter(|attempt| attempt.from_step > 0).count();
        }
    }
    let tally = &soak.tally;
    println!("{tally}");
    assert_eq!((tally.repeated, &tally.torn), (0, &Vec::new()), "{tally}");
    assert_eq!(tally.equal, tally.compared, "{tally}");
    assert!(wanted < 20 || tally.resumed > 0, "no run was ever taken up from a checkpoint: {tally}");
}
