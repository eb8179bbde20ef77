//! `titer sweep`: the command as a user sees it, with a worker that is a shell script, and once
//! with the real one.

#![cfg(unix)]

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use titer_core::results::{
    ExperimentFolder, FORMAT, RunKey, RunState, Sweeping,
    tables::{self, RunStatus},
};

use crate::{
    data::ordinary,
    skip::Skip,
    workers::{Fake, is_alive, until},
};

/// An experiment of two runs over made-up proteins.
const EXPERIMENT: &str = r#"# Question: does it run?
[data]
source = "synthetic"
[data.synthetic]
proteins = 200
[model]
weights = { random = "esm2-tiny" }
[train]
epochs = 1
max-steps = 4
precision = "fp32"
[grid]
"train.seed" = [1, 2]
"#;

/// A worker that finishes the runs it is given, and counts them.
const FINISHES: &str = r#"echo "$job" >> "$fake/jobs"; started; finish"#;

/// A project folder with one experiment, and a worker.
pub struct Project {
    folder: tempfile::TempDir,
    worker: PathBuf,
}

impl Project {
    pub fn new(worker: PathBuf) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs_err::write(folder.path().join("try.toml"), EXPERIMENT).unwrap();
        Self { folder, worker }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn titer(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_titer"));
        command.args(arguments).current_dir(self.path()).env_clear().env("TITER_WORKER", &self.worker);
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command
    }

    pub fn sweep(&self, more: &[&str]) -> Outcome {
        let arguments = [&["sweep", "try.toml", "--device", "cpu", "--no-report"], more].concat();
        Outcome::of(&self.titer(&arguments).output().unwrap())
    }

    pub fn experiment(&self) -> ExperimentFolder {
        ExperimentFolder::new(&self.path().join("results"), &"try".parse().unwrap())
    }

    /// The keys of the two runs.
    pub fn keys(&self) -> Vec<RunKey> {
        let output = self.titer(&["plan", "try.toml", "--json"]).output().unwrap();
        let plan: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        plan["runs"].as_array().unwrap().iter().map(|run| run["key"].as_str().unwrap().parse().unwrap()).collect()
    }

    fn statuses(&self) -> Vec<RunStatus> {
        tables::read_runs(&self.experiment().runs_table()).unwrap().iter().map(|row| row.status).collect()
    }
}

/// What a call of titer gave.
#[derive(Debug)]
pub struct Outcome {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Outcome {
    pub fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Self { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }
}

fn lines(path: &Path) -> usize {
    fs_err::read_to_string(path).map_or(0, |text| text.lines().count())
}

/// Every file below a folder that some write was not finished with.
fn leftovers(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs_err::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(leftovers(&path));
        } else if path.extension().is_some_and(|extension| extension == "tmp") {
            found.push(path);
        }
    }
    found
}

/// What `titer describe` counts is not for those alone who ask.
#[test]
fn a_sweep_says_what_was_left_out_of_the_data_and_changed_in_it() {
    let fake = Fake::new(FINISHES);
    let project = Project::new(fake.worker());
    let table = "[data]\nsource = \"table\"\npath = \"a.csv\"\nid = \"id\"\nsequence = \"sequence\"\nlabel = \"label\"\n\
        [model]\nweights = { random = \"esm2-tiny\" }\n[train]\nepochs = 1\n[grid]\n\"data.missing-values\" = [[], [\"NA\"]]\n";
    fs_err::write(project.path().join("try.toml"), table).unwrap();
    let csv = ordinary()
        + &ordinary().lines().skip(1).map(|line| line.replacen('P', "Q", 1).replace("MK", "mka") + "\n").collect::<String>();
    let (csv, more) = (csv.replace(",x\n", ",NA\n"), "D0,MKA,NA\nZ0,MWA,z\nZ1,MWC,z\nZ2,MWD,z\nZ3,MWE,z\nZ4,MWF,z\n");
    fs_err::write(project.path().join("a.csv"), csv + more).unwrap();
    let told = project.sweep(&[]).stderr;
    let line = "data: 46 rows, 45 kept; 1 left out for repeating a sequence; 20 in lower case, read as capitals; \
        read as they are: label \"NA\" 21";
    assert!(told.contains(line), "{told}");
    assert!(
        told.contains(
            "data of missing values NA: 46 rows, 25 kept; 21 left out for a missing value (label \"NA\" 21; line 2, line 4, "
        ),
        "{told}"
    );
}

#[test]
fn a_sweep_leaves_what_it_was_made_of_and_a_row_a_run() {
    let fake = Fake::new(FINISHES);
    let project = Project::new(fake.worker());
    let outcome = project.sweep(&["--set", "train.learning-rate=1e-3"]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);

    let folder = project.experiment();
    let text = fs_err::read_to_string(folder.experiment()).unwrap();
    assert!(text.starts_with(EXPERIMENT) && text.ends_with("#   --set train.learning-rate=1e-3\n"), "{text}");
    assert_eq!(tables::read_proteins(&folder.dataset()).unwrap().len(), 200);
    let card: serde_json::Value = serde_json::from_slice(&fs_err::read(folder.card()).unwrap()).unwrap();
    assert_eq!(card["rows"], 200);
    assert_eq!(project.statuses(), [RunStatus::Finished; 2]);
    let rows = tables::read_runs(&folder.runs_table()).unwrap();
    assert_eq!(rows[1].point["train.seed"], 2);
    assert!(leftovers(project.path()).is_empty());

    let first = outcome.stdout.lines().nth(1).unwrap();
    assert!(first.starts_with("seed 1  finished"), "{}", outcome.stdout);
}

#[test]
fn what_is_recorded_names_no_folder_of_this_machine_and_stays_toml() {
    let fake = Fake::new(FINISHES);
    let project = Project::new(fake.worker());
    let table = project.path().join("proteins.csv");
    let rows = (0..40).map(|row| format!("P{row},M{},{}\n", "A".repeat(row + 1), ["x", "y"][row % 2]));
    fs_err::write(&table, "id,sequence,label\n".to_owned() + &rows.collect::<String>()).unwrap();
    let text = EXPERIMENT
        .replace("\"synthetic\"", "\"table\"\npath = \"none.csv\"\nid = \"id\"\nsequence = \"sequence\"\nlabel = \"label\"");
    let text = text.replace("[data.synthetic]\nproteins = 200\n", "");
    fs_err::write(project.path().join("try.toml"), &text).unwrap();

    let outcome = project.sweep(&[
        "--set",
        &format!("data.path={}", table.display()),
        "--set",
        "train.select=accuracy\r",
        "--set",
        "grid.\"train.seed\"=[\n1]",
    ]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    let recorded = fs_err::read_to_string(project.experiment().experiment()).unwrap();
    let (_, sets) = recorded.split_once("# Set on the command line:\n").unwrap();
    assert_eq!(
        sets,
        "#   --set data.path=\"proteins.csv\"\n#   --set train.select=accuracy\\r\n#   --set grid.\"train.seed\"=[\n#   1]\n"
    );
    toml::from_str::<toml::Table>(&recorded).unwrap();
}

#[test]
fn each_failure_is_told_with_its_own_hint_and_its_log_from_here() {
    let failed =
        |seed: u32| format!(r#"echo '{{"event":"failed","kind":"run","message":"no {seed}","hint":"try {seed}"}}'; exit 1"#);
    let fake = Fake::new(&format!(r#"case $job in *'"seed":1'*) {};; *) {};; esac"#, failed(1), failed(2)));
    let project = Project::new(fake.worker());
    let outcome = project.sweep(&[]);
    let (_, told) = outcome.stderr.split_once("2 of 2 runs failed").unwrap();
    for seed in [1, 2] {
        let (_, after) = told.split_once(&format!(": no {seed}\n")).unwrap();
        let mut lines = after.lines().map(|line| line.trim_start_matches(['│', ' ']));
        assert_eq!(lines.next(), Some(format!("help: try {seed}").as_str()), "{told}");
        assert!(lines.next().is_some_and(|line| line.starts_with("log: results/try/runs/")), "{told}");
    }
}

#[test]
fn the_same_command_does_only_what_is_not_done() {
    let fake = Fake::new(&format!(r#"case $job in *'"seed":2'*) [ -e "$fake/mended" ] || exit 3;; esac; {FINISHES}"#));
    let project = Project::new(fake.worker());
    let outcome = project.sweep(&[]);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stderr.contains("1 of 2 runs failed"), "{}", outcome.stderr);
    assert_eq!(project.statuses(), [RunStatus::Finished, RunStatus::Failed]);

    fs_err::write(fake.path().join("mended"), "").unwrap();
    let outcome = project.sweep(&[]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert_eq!(lines(&fake.path().join("jobs")), 2, "the finished run was run again");
    assert_eq!(project.statuses(), [RunStatus::Finished; 2]);
    assert_eq!(project.sweep(&[]).code, Some(0));
    assert_eq!(lines(&fake.path().join("jobs")), 2);
}

#[test]
fn where_every_failure_is_the_inputs_the_exit_code_says_so() {
    let fail = |kind: &str| {
        format!(r#"echo '{{"event":"failed","kind":"{kind}","message":"no such tensor","hint":"another"}}'; exit 1"#)
    };
    for (kind, code) in [("input", 3), ("settings", 2), ("device", 1), ("run", 1)] {
        let fake = Fake::new(&fail(kind));
        let outcome = Project::new(fake.worker()).sweep(&[]);
        assert_eq!(outcome.code, Some(code), "{kind}: {}", outcome.stderr);
        assert!(outcome.stderr.contains("2 of 2 runs failed") && outcome.stderr.contains("help: another"), "{}", outcome.stderr);
    }
}

#[test]
fn a_gpu_asked_for_where_there_is_none_is_refused_before_anything_is_written() {
    let fake = Fake::new(FINISHES);
    let project = Project::new(fake.worker());
    for device in ["cuda", "cuda:0"] {
        let outcome = Outcome::of(&project.titer(&["sweep", "try.toml", "--device", device]).output().unwrap());
        assert_eq!(outcome.code, Some(2));
        assert!(outcome.stderr.contains(&format!("--device {device} asks for a GPU")), "{}", outcome.stderr);
        assert!(outcome.stderr.contains("--device cpu"), "{}", outcome.stderr);
    }
    let outcome = Outcome::of(&project.titer(&["sweep", "try.toml", "--device", "tpu"]).output().unwrap());
    assert_eq!(outcome.code, Some(2));
    assert!(!project.path().join("results").exists());
}

#[test]
fn one_run_goes_to_each_gpu() {
    let gpus = r#"if [ "${1:-}" = --devices ]; then echo '[{"device":"cuda","index":0,"name":"one","precision":"bf16"},{"device":"cuda","index":3,"name":"two","precision":"bf16"}]'; exit; fi"#;
    // Each waits until it has seen the other.
    let meet = r#"touch "$fake/gpu-$key"; while [ "$(ls "$fake" | grep -c ^gpu-)" -lt 2 ]; do sleep 0.02; done"#;
    let fake = Fake::with_opening(gpus, &format!("{meet}; {FINISHES}"));
    let project = Project::new(fake.worker());
    let outcome = Outcome::of(&project.titer(&["sweep", "try.toml", "--no-report"]).output().unwrap());
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    let jobs = fs_err::read_to_string(fake.path().join("jobs")).unwrap();
    assert!(jobs.contains(r#""device":{"cuda":0}"#) && jobs.contains(r#""device":{"cuda":3}"#), "{jobs}");
    let outcome =
        Outcome::of(&project.titer(&["sweep", "try.toml", "--device", "cuda:0,1", "--results", "others"]).output().unwrap());
    assert_eq!(outcome.code, Some(2));
    assert!(outcome.stderr.contains("there is no GPU cuda:1") && outcome.stderr.contains("cuda:0, cuda:3"), "{}", outcome.stderr);
}

#[test]
fn a_missing_worker_is_named_with_how_to_build_it() {
    let project = Project::new("nowhere/titer-worker".into());
    let outcome = project.sweep(&[]);
    assert_eq!(outcome.code, Some(3));
    assert!(outcome.stderr.contains("nowhere/titer-worker") && outcome.stderr.contains("just build"), "{}", outcome.stderr);
}

#[test]
fn lines_that_are_no_terminals_have_no_escapes() {
    let fake = Fake::new(r#"started; case $job in *'"seed":2'*) echo rubbish; exit 1;; esac; finish"#);
    let project = Project::new(fake.worker());
    let outcome = project.sweep(&[]);
    assert!(!outcome.stdout.contains('\u{1b}') && !outcome.stderr.contains('\u{1b}'), "{}", outcome.stderr);
    let expected = [
        "results/try: 0 of 2 runs done",
        "seed 1: run 1 of 2, on cpu",
        "seed 1: 2 steps in 1 epoch, 42 parameters, fp32",
        "seed 1: epoch 1/1: validation macro F1 0.7500, accuracy 0.8000, loss 0.5000; best so far",
        "seed 1: finished in 1.5 s",
        "seed 2: run 2 of 2, on cpu",
        "seed 2: failed: the worker ended with exit status: 1; it wrote an invalid event: \"rubbish\"",
    ];
    let news: Vec<&str> = outcome.stderr.lines().filter_map(|line| Some(line.split_once("] ")?.1)).collect();
    for line in expected {
        assert!(news.contains(&line), "{line:?} is not among {news:#?}");
    }
}

#[test]
fn a_sweep_sums_up_by_the_metric_that_selects() {
    let fake = Fake::new(FINISHES);
    let project = Project::new(fake.worker());
    let head =
        |set: &[&str]| project.sweep(set).stdout.lines().next().unwrap().split("  ").map(str::trim).map(str::to_owned).collect();
    let columns: Vec<String> = head(&["--set", "train.select=\"macro-f1\""]);
    let columns: Vec<&str> = columns.iter().map(String::as_str).filter(|column| !column.is_empty()).collect();
    let expected = ["run", "status", "selected epoch", "validation macro F1", "test macro F1", "test accuracy", "seconds"];
    assert_eq!(columns, expected);
    let columns: Vec<String> = head(&["--set", "grid.\"train.select\"=[\"f1\", \"loss\"]"]);
    for column in ["selected by", "validation", "test"] {
        assert!(columns.iter().any(|other| other == column), "{column} is not among {columns:?}");
    }
}

#[test]
fn ctrl_c_ends_the_workers_and_loses_nothing() {
    let script = r#"case $job in *'"seed":1'*) started; finish;; *) started; echo $$ > "$fake/pid"; exec sleep 600;; esac"#;
    let fake = Fake::new(script);
    let project = Project::new(fake.worker());
    let mut command = project.titer(&["sweep", "try.toml", "--device", "cpu", "--no-report"]);
    let titer = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let pid = fake.path().join("pid");
    until(|| fs_err::read_to_string(&pid).is_ok_and(|text| text.ends_with('\n')));
    assert!(Sweeping::is_on(&project.experiment()));
    assert!(Command::new("kill").args(["-INT", &titer.id().to_string()]).status().unwrap().success());
    let outcome = Outcome::of(&titer.wait_with_output().unwrap());

    assert_eq!(outcome.code, Some(130), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("interrupted, with 1 of 2 runs not done"), "{}", outcome.stderr);
    assert!(!is_alive(fs_err::read_to_string(&pid).unwrap().trim()));
    assert!(!Sweeping::is_on(&project.experiment()));
    assert!(leftovers(project.path()).is_empty());
    assert_eq!(project.statuses(), [RunStatus::Finished, RunStatus::Interrupted]);
}

#[test]
fn several_sweeps_of_one_experiment_share_the_work() {
    let fake = Fake::new(r#"echo "$key" >> "$fake/jobs"; started; sleep 0.2; finish"#);
    let project = Project::new(fake.worker());
    let arguments = ["sweep", "try.toml", "--device", "cpu", "--no-report", "--set", "grid.\"train.seed\"=[1,2,3,4,5,6,7,8,9]"];
    let sweeps: Vec<_> =
        (0..3).map(|_| project.titer(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()).collect();
    for sweep in sweeps {
        let outcome = Outcome::of(&sweep.wait_with_output().unwrap());
        assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
        // Each waits for what the others have, and sees all of it.
        assert_eq!(outcome.stdout.lines().filter(|line| line.contains("finished")).count(), 9, "{}", outcome.stdout);
    }
    let jobs = fs_err::read_to_string(fake.path().join("jobs")).unwrap();
    let different: BTreeSet<&str> = jobs.lines().collect();
    assert_eq!((jobs.lines().count(), different.len()), (9, 9), "a run was done twice");
    assert_eq!(project.statuses(), [RunStatus::Finished; 9]);
    assert!(leftovers(project.path()).is_empty());
}

#[test]
fn what_a_killed_sweep_leaves_another_takes_over() {
    // The first sweep's worker ends with it, as a real one does; until then the run stays claimed.
    let script = r#"if [ ! -e "$fake/first" ]; then echo $$ > "$fake/first"; exec sleep 600; fi; started; finish"#;
    let fake = Fake::new(script);
    let project = Project::new(fake.worker());
    let arguments = ["sweep", "try.toml", "--device", "cpu", "--jobs", "1", "--no-report"];
    let mut first = project.titer(&arguments).stderr(Stdio::null()).spawn().unwrap();
    let pid = fake.path().join("first");
    until(|| fs_err::read_to_string(&pid).is_ok_and(|text| text.ends_with('\n')));
    let second = project.titer(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    until(|| project.experiment().run(&project.keys()[1]).manifest().exists());
    first.kill().unwrap();
    first.wait().unwrap();
    assert!(!project.experiment().run(&project.keys()[0]).manifest().exists(), "its worker still has it");
    let worker = fs_err::read_to_string(&pid).unwrap();
    assert!(Command::new("kill").args(["-KILL", worker.trim()]).status().unwrap().success());
    let outcome = Outcome::of(&second.wait_with_output().unwrap());
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("seed 1: another sweep is running it"), "{}", outcome.stderr);
    assert_eq!(project.statuses(), [RunStatus::Finished; 2]);
}

#[test]
fn a_run_that_cannot_be_read_fails_alone_and_is_left_as_it_is() {
    let fake = Fake::new(FINISHES);
    let project = Project::new(fake.worker());
    assert_eq!(project.sweep(&[]).code, Some(0));
    let manifest = project.experiment().run(&project.keys()[0]).manifest();
    let text = fs_err::read_to_string(&manifest).unwrap();
    for (broken, said) in [
        (
            text.replacen(&format!("\"format\":\"{FORMAT}\""), "\"format\":\"99.0\"", 1),
            "has format 99.0; this titer reads format 4",
        ),
        (text[..text.len() / 2].to_owned(), "is not what titer writes there"),
        (text.replace(project.keys()[0].as_str(), "00000000deadbeef"), "holds the run 00000000deadbeef"),
    ] {
        fs_err::write(&manifest, &broken).unwrap();
        fs_err::remove_dir_all(project.experiment().run(&project.keys()[1]).path()).unwrap();
        let outcome = project.sweep(&[]);
        assert_eq!(outcome.code, Some(1));
        assert!(outcome.stderr.contains(said) && outcome.stderr.contains("help: "), "{said:?} is not in {}", outcome.stderr);
        assert_eq!(project.statuses(), [RunStatus::Failed, RunStatus::Finished]);
        assert_eq!(fs_err::read_to_string(&manifest).unwrap(), broken);
        let rows = tables::read_runs(&project.experiment().runs_table()).unwrap();
        let failure = rows[0].failure.as_ref().unwrap();
        assert!(failure.starts_with("run.json") && failure.contains(said), "{failure}");
    }
}

#[test]
fn a_results_folder_that_cannot_be_made_is_named() {
    let fake = Fake::new(FINISHES);
    let project = Project::new(fake.worker());
    fs_err::write(project.path().join("results"), "a file").unwrap();
    let outcome = project.sweep(&[]);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stderr.contains("results/try/runs cannot be written"), "{}", outcome.stderr);
    assert_eq!(fs_err::read_to_string(project.path().join("results")).unwrap(), "a file");
}

#[test]
fn a_full_disk_is_named_and_leaves_nothing_half_written() {
    let fake = Fake::new(FINISHES);
    let project = Project::new(fake.worker());
    fs_err::create_dir_all(project.path().join("results")).unwrap();
    // A disk of 16 kB, in a mount namespace of its own.
    let script = format!(
        "mount -t tmpfs -o size=16k none results || exit 99; {} sweep try.toml --device cpu --no-report; code=$?; \
         find results -type f -printf '%f\\n'; exit $code",
        env!("CARGO_BIN_EXE_titer"),
    );
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", &script]).current_dir(project.path());
    let output = match command.env("TITER_WORKER", fake.worker()).output() {
        Ok(output) if output.status.code() != Some(99) && !output.stderr.starts_with(b"unshare") => output,
        _ => return Skip::NoMountNamespace.because("no mount namespace may be made here"),
    };
    let outcome = Outcome::of(&output);
    assert_eq!(outcome.code, Some(1), "{}", outcome.stderr);
    assert!(
        outcome.stderr.contains("the disk is full") && outcome.stderr.contains("results/try/dataset.parquet"),
        "{}",
        outcome.stderr
    );
    let mut files: Vec<&str> = outcome.stdout.lines().collect();
    files.sort_unstable();
    assert_eq!(files, [".sweeping", ".writing", "experiment.toml", "sweep.json"]);
}

/// A control group within this process's own, with so much memory; `None`, with a message, where
/// none may be made.
#[cfg(target_os = "linux")]
fn control_group(name: &str, bytes: u64) -> Option<PathBuf> {
    let groups = fs_err::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let of = |line: &str| {
        let mut fields = line.splitn(3, ':').skip(1);
        let (controllers, path) = (fields.next()?, fields.next()?.trim_start_matches('/'));
        let mounted = if controllers.is_empty() { "/sys/fs/cgroup" } else { "/sys/fs/cgroup/memory" };
        if !controllers.is_empty() && !controllers.split(',').any(|controller| controller == "memory") {
            return None;
        }
        let folder = Path::new(mounted).join(path);
        let group = folder.join(format!("{name}-{}", std::process::id()));
        fs_err::create_dir(&group).ok()?;
        let limit = ["memory.max", "memory.limit_in_bytes"].map(|limit| group.join(limit)).into_iter().find(|file| file.exists());
        let set = limit.is_some_and(|limit| fs_err::write(limit, bytes.to_string()).is_ok());
        if !set {
            let _ = fs_err::remove_dir(&group);
        }
        set.then_some(group)
    };
    let made = groups.lines().find_map(of);
    if made.is_none() {
        Skip::NoControlGroup.because("no control group with a limit on memory may be made here");
    }
    made
}

#[cfg(target_os = "linux")]
#[test]
fn a_limit_on_memory_is_the_memory_there_is() {
    let fake = Fake::new(FINISHES);
    let project = Project::new(fake.worker());
    let Some(group) = control_group("titer-test", 4 << 30) else { return };
    // Unasked, each run has the threads that as many runs as memory holds leave it: all of them where that is one.
    let script = format!(
        "echo $$ > '{}/cgroup.procs' && exec '{}' sweep try.toml --device cpu --no-report --threads 8",
        group.display(),
        env!("CARGO_BIN_EXE_titer"),
    );
    let mut command = Command::new("sh");
    command.args(["-c", &script]).current_dir(project.path()).env("TITER_WORKER", fake.worker());
    let outcome = Outcome::of(&command.output().unwrap());
    // It is empty once the last process has left it.
    until(|| fs_err::remove_dir(&group).is_ok());
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    let jobs = fs_err::read_to_string(fake.path().join("jobs")).unwrap();
    assert_eq!(jobs.matches(r#""threads":8,"#).count(), 2, "{jobs}");
}

#[test]
fn a_split_without_a_class_stops_the_sweep_before_any_run() {
    let fake = Fake::new(FINISHES);
    let project = Project::new(fake.worker());
    let outcome = project.sweep(&["--set", "data.synthetic.proteins=3"]);
    assert_eq!(outcome.code, Some(2));
    for said in ["2 classes have too few proteins for every split: \"Extracellular\" (2;", "kept of each class:"] {
        assert!(outcome.stderr.contains(said), "{said:?} is not in {}", outcome.stderr);
    }
    assert!(!fake.path().join("jobs").exists() && !project.path().join("results").exists());
}

#[test]
fn the_real_worker_trains_what_the_file_says() {
    let worker = Path::new(env!("CARGO_BIN_EXE_titer")).with_file_name("titer-worker");
    if !worker.exists() {
        return Skip::NoWorker.because(&format!("{} is not built", worker.display()));
    }
    let project = Project::new(worker);
    let outcome = Outcome::of(&project.titer(&["sweep", "try.toml", "--device", "cpu"]).output().unwrap());
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert!(outcome.stdout.ends_with("report: results/try/report.html\n"), "{}", outcome.stdout);
    assert!(project.experiment().report().exists());
    for row in tables::read_runs(&project.experiment().runs_table()).unwrap() {
        let folder = project.experiment().run(&row.key);
        let RunState::Ended(manifest) = folder.state() else { panic!("{row:?}") };
        assert_eq!(manifest.outcome.steps, 4);
        assert_eq!(tables::read_steps(&folder.steps()).unwrap().len(), 4);
        let (classes, predictions) = tables::read_predictions(&folder.predictions()).unwrap();
        assert_eq!(classes, manifest.outcome.classes);
        assert_eq!(predictions.len(), 80);
        let (_, epochs) = tables::read_epochs(&folder).unwrap();
        assert!(epochs.iter().any(|epoch| epoch.selected));
        assert!(folder.best().join("model.safetensors").exists());
    }
    let news = project.sweep(&[]).stderr;
    assert!(news.contains("2 of 2 runs done"), "{news}");
}

#[test]
fn threads_are_shared_out_and_do_not_depend_on_what_is_done_already() {
    let fake = Fake::new(FINISHES);
    let project = Project::new(fake.worker());
    let threads = || -> Vec<String> {
        let jobs = fs_err::read_to_string(fake.path().join("jobs")).unwrap();
        jobs.lines().map(|job| job.split_once("\"threads\":").unwrap().1.chars().next().unwrap().to_string()).collect()
    };
    let arguments = ["--jobs", "2", "--threads", "7"];
    project.sweep(&arguments);
    assert_eq!(threads(), ["3", "3"]);
    // A run alone is the same run: more threads would be other sums.
    fs_err::remove_dir_all(project.experiment().run(&project.keys()[1]).path()).unwrap();
    project.sweep(&arguments);
    assert_eq!(threads(), ["3", "3", "3"]);
}

#[test]
fn a_sweep_in_which_everything_is_done_needs_no_worker() {
    let fake = Fake::new(FINISHES);
    let project = Project::new(fake.worker());
    assert_eq!(project.sweep(&[]).code, Some(0));
    fs_err::remove_file(fake.worker()).unwrap();
    let outcome = project.sweep(&[]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("2 of 2 runs done"), "{}", outcome.stderr);
}

#[test]
fn nor_does_it_where_the_last_sweep_noted_what_auto_is() {
    let fake = Fake::new(FINISHES);
    let project = Project::new(fake.worker());
    fs_err::write(project.path().join("try.toml"), EXPERIMENT.replace("precision = \"fp32\"\n", "")).unwrap();
    let sweep = |worker: &Path, more: &[&str]| {
        let mut titer = project.titer(&[&["sweep", "try.toml", "--no-report"], more].concat());
        Outcome::of(&titer.env("TITER_WORKER", worker).output().unwrap())
    };
    let broken = Fake::with_opening("echo no libtorch >&2; exit 3", "");
    let unasked = sweep(&broken.worker(), &[]);
    assert!(unasked.code == Some(1) && unasked.stderr.contains("no libtorch"), "{}", unasked.stderr);
    let first = sweep(&fake.worker(), &[]);
    assert_eq!(first.code, Some(0), "{}", first.stderr);
    let noted = fs_err::read(project.experiment().last_sweep()).unwrap();
    let failing = broken.worker();
    for worker in [Path::new("nowhere"), failing.as_path()] {
        let outcome = sweep(worker, &[]);
        assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
        assert!(outcome.stderr.contains("2 of 2 runs done"), "{}", outcome.stderr);
        assert_eq!(fs_err::read(project.experiment().last_sweep()).unwrap(), noted);
    }
    // A run that is not done is computed somewhere, and nobody says where.
    let outcome = sweep(Path::new("nowhere"), &["--set", "grid.\"train.seed\"=[1, 3]"]);
    assert!(outcome.code == Some(3) && outcome.stderr.contains("there is no titer-worker"), "{}", outcome.stderr);
}

#[test]
fn the_run_that_will_take_longest_goes_first() {
    let fake = Fake::new(FINISHES);
    let project = Project::new(fake.worker());
    let grid = r#"grid={"train.max-steps"=[5, 20, 10], "model.weights"=[{random="esm2-tiny"}, {random="esm2-8m"}]}"#;
    let outcome = project.sweep(&["--jobs", "1", "--set", grid, "--set", "train.epochs=9"]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    let jobs = fs_err::read_to_string(fake.path().join("jobs")).unwrap();
    let order: Vec<(String, u64)> = jobs
        .lines()
        .map(|job| {
            let settings = serde_json::from_str::<serde_json::Value>(job).unwrap()["settings"].take();
            let size = settings["model"]["weights"]["size"].as_str().unwrap().to_owned();
            (size, settings["train"]["max-steps"].as_u64().unwrap())
        })
        .collect();
    let expected = [("esm2-8m", 20), ("esm2-8m", 10), ("esm2-8m", 5), ("esm2-tiny", 20), ("esm2-tiny", 10), ("esm2-tiny", 5)];
    assert_eq!(order, expected.map(|(size, steps)| (size.to_owned(), steps)));
}

#[test]
fn runs_that_train_less_of_the_model_go_later_and_all_are_told_of_one_cache() {
    let fake = Fake::new(FINISHES);
    let project = Project::new(fake.worker());
    let grid = r#"grid={"train.finetune"=["frozen", { last = 1 }, "full", { last = 2 }], "model.weights"=[{random="esm2-8m"}]}"#;
    let outcome = project.sweep(&["--jobs", "1", "--set", grid]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    let jobs = fs_err::read_to_string(fake.path().join("jobs")).unwrap();
    let jobs: Vec<serde_json::Value> = jobs.lines().map(|job| serde_json::from_str(job).unwrap()).collect();
    let order: Vec<String> = jobs.iter().map(|job| job["settings"]["train"]["finetune"].to_string()).collect();
    assert_eq!(order, [r#""full""#, r#"{"last":2}"#, r#"{"last":1}"#, r#""frozen""#]);
    for job in jobs {
        assert!(job["cache"].as_str().unwrap().ends_with("/results/.cache"), "{job}");
    }
}

#[test]
fn another_try_is_made_at_once_and_the_words_of_both_are_kept() {
    let crash = r#"started; echo "words" >&2; if [ ! -e "$fake/again" ]; then touch "$fake/again"; kill -SEGV $$; fi; finish"#;
    let fake = Fake::new(crash);
    let project = Project::new(fake.worker());
    let outcome = project.sweep(&["--set", "grid.\"train.seed\"=[1]"]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("ended by signal 11; it will be tried again"), "{}", outcome.stderr);
    assert!(!outcome.stderr.contains("another sweep"), "{}", outcome.stderr);
    let log = fs_err::read_to_string(project.experiment().run(&project.keys()[0]).log()).unwrap();
    assert!(log.starts_with("words\n--- another attempt, ") && log.ends_with(" ---\nwords\n"), "{log}");
}
