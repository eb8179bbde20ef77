//! The scheduler drives its workers, whatever they do. The workers here are shell scripts; what a real one computes is tested
//! elsewhere.

#![cfg(unix)]

use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use serde_json::Map;
use titer::{
    experiment::{Finetune, ModelSize, Precision, Schedule, Truncate, Weights},
    results::{Claim, ExperimentFolder, Failure, FailureKind, RunKey, RunState, manifest, manifest::Inputs},
    schedule::{
        DeviceChoice, Interrupts, Progress, Slots, Worker,
        local::{self, Done, Patience},
        progress::Style,
        protocol::{Company, Device, Job, PROTOCOL},
        stack,
        state::{Ending, Plan},
    },
};

use crate::results::{key, manifest_of, settings};

/// What a fake worker knows: `$out`, its run's folder, and how to finish a run.
const PRELUDE: &str = r#"set -eu
fake=$(dirname "$0")
if [ "${1:-}" = --devices ]; then echo '[{"device":"cpu","name":"some"}]'; exit 0; fi
read -r job
out=$(printf %s "$job" | sed 's/.*"output":"\([^"]*\)".*/\1/')
key=$(printf %s "$job" | sed 's/.*"key":"\([0-9a-f]*\)".*/\1/')
started() { echo '{"event":"started","protocol":PROTOCOL,"precision":"fp32","steps":2,"steps_an_epoch":2,"epochs":1,"parameters":42}'; }
finish() {
    echo '{"event":"step","step":2,"epoch":1,"loss":0.5,"learning_rate":0.001,"grad_norm":1.0,"tokens":99,"seconds":0.1}'
    echo '{"event":"epoch","epoch":1,"loss":0.5,"accuracy":0.8,"select":"macro-f1","selected":0.75,"best":true,"seconds":0.1}'
    sed "s/0000000000000000/$key/" "$fake/manifest.json" > "$out/run.json"
    echo '{"event":"finished","diverged":false,"seconds":1.5}'
}
"#;

/// No second try, and more time than a test takes.
const PATIENCE: Patience = Patience { retries: 0, silence: Duration::from_mins(2), hang: Duration::from_mins(2) };

/// A folder with a fake worker, and the results it leaves.
pub struct Fake {
    folder: tempfile::TempDir,
}

impl Fake {
    /// A worker that does this with `$job`.
    pub fn new(script: &str) -> Self {
        Self::with_opening("", script)
    }

    /// The same, with another beginning.
    pub fn with_opening(opening: &str, script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let manifest = manifest_of(key('0'), Map::new());
        fs_err::write(folder.path().join("manifest.json"), serde_json::to_string(&manifest).unwrap()).unwrap();
        let fake = Self { folder };
        let text = format!("#!/bin/sh\n{opening}\n{}{script}\n", PRELUDE.replace("PROTOCOL", &PROTOCOL.to_string()));
        // Copied by another program: a test that forks while this one has the file open would keep it from being executed.
        let script = fake.path().join("script");
        fs_err::write(&script, text).unwrap();
        fs_err::set_permissions(&script, PermissionsExt::from_mode(0o755)).unwrap();
        assert!(Command::new("cp").arg(&script).arg(fake.worker()).status().unwrap().success());
        fake
    }

    pub fn worker(&self) -> PathBuf {
        self.folder.path().join("titer-worker")
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    fn experiment(&self) -> ExperimentFolder {
        ExperimentFolder::new(&self.folder.path().join("results"), &"lr".parse().unwrap())
    }

    fn job(&self, key: RunKey) -> Job {
        Job {
            protocol: PROTOCOL,
            experiment: "lr".parse().unwrap(),
            output: self.experiment().run(&key).path().to_owned(),
            key,
            point: Map::new(),
            settings: settings(),
            inputs: Inputs { data: "d1".into(), weights: "d2".into() },
            project: self.folder.path().to_owned(),
            weights: None,
            cache: None,
            device: Device::Cpu,
            threads: 1,
            checkpoint_every: None,
            tethered: true,
            company: Company::Alone,
            log: None,
        }
    }

    /// Runs a job a key, so many at a time.
    fn run(&self, keys: &str, jobs: usize, interrupts: &Interrupts) -> Done {
        self.run_patiently(keys, jobs, interrupts, PATIENCE)
    }

    fn run_patiently(&self, keys: &str, jobs: usize, interrupts: &Interrupts, patience: Patience) -> Done {
        self.run_stacked(keys, jobs, 1, interrupts, patience)
    }

    /// The same, up to so many of them in one worker.
    fn run_stacked(&self, keys: &str, jobs: usize, stack: usize, interrupts: &Interrupts, patience: Patience) -> Done {
        let slots = Slots::choose(&DeviceChoice::Cpu, Some(jobs), 1, || unreachable!()).unwrap();
        let jobs: Vec<Job> = keys.chars().map(|digit| self.job(key(digit))).collect();
        let mut progress = Progress::new(Style::Plain, keys.chars().map(String::from), 0);
        let plan = Plan { costs: vec![1.0; jobs.len()], kinds: vec![0; jobs.len()], most: stack, lanes: false };
        local::run(&jobs, &plan, &slots, patience, &Worker::at(self.worker()).unwrap(), interrupts, &mut progress)
    }

    fn state(&self, digit: char) -> RunState {
        self.experiment().run(&key(digit)).state()
    }

    fn failure(&self, digit: char) -> Failure {
        match self.state(digit) {
            RunState::Failed(failure) => failure,
            other => panic!("run {digit} did not fail: {other:?}"),
        }
    }

    fn log(&self, digit: char) -> String {
        fs_err::read_to_string(self.experiment().run(&key(digit)).log()).unwrap()
    }
}

#[test]
fn a_worker_that_finishes_leaves_a_finished_run_and_its_log() {
    let fake = Fake::new("started; echo 'warming up' >&2; finish");
    let done = fake.run("ab", 1, &Interrupts::default());
    assert_eq!(done.endings, [Some(Ending::Finished); 2]);
    assert!(done.failures.is_empty() && !done.interrupted);
    assert!(matches!(fake.state('a'), RunState::Ended(_)) && matches!(fake.state('b'), RunState::Ended(_)));
    assert_eq!(fake.log('a'), "warming up\n");
}

#[test]
fn a_crash_is_written_down_and_does_not_stop_the_others() {
    let fake = Fake::new(r#"started; case $key in a*) echo "ran into a wall" >&2; exit 7;; b*) kill -9 $$;; *) finish;; esac"#);
    let done = fake.run("abc", 1, &Interrupts::default());
    assert_eq!(done.endings, [Some(Ending::Crashed), Some(Ending::Crashed), Some(Ending::Finished)]);
    assert_eq!(fake.failure('a').message, "the worker ended with exit status: 7");
    assert_eq!(fake.log('a'), "ran into a wall\n");
    assert_eq!(fake.failure('b').message, "the worker was killed (signal 9)");
    assert!(fake.failure('b').hint.unwrap().contains("memory"));
    assert_eq!(done.failures, [fake.failure('a'), fake.failure('b')]);
}

#[test]
fn a_failure_that_the_worker_explains_is_told_in_its_words() {
    let fake = Fake::new(
        r#"echo '{"event":"failed","kind":"input","message":"the tensor x is missing","hint":"take the official weights"}'; exit 1"#,
    );
    let done = fake.run("a", 1, &Interrupts::default());
    let failure = fake.failure('a');
    assert_eq!((failure.kind, failure.message.as_str()), (FailureKind::Input, "the tensor x is missing"));
    assert_eq!(failure.hint.as_deref(), Some("take the official weights"));
    assert_eq!(done.failures, [failure]);
}

#[test]
fn a_failure_does_not_tell_whose_machine_it_was() {
    let fake = Fake::new(
        r#"echo "{\"event\":\"failed\",\"kind\":\"input\",\"message\":\"$fake/data/x.csv is missing\",\"hint\":null}"; exit 1"#,
    );
    fake.run("a", 1, &Interrupts::default());
    assert_eq!(fake.failure('a').message, "data/x.csv is missing");
}

#[test]
fn rubbish_among_the_events_is_survived_and_reported_where_the_run_fails() {
    let rubbish = r#"started; echo 'Intel MKL WARNING'; printf '\377\376\n'; echo '{"event":"unheard-of"}'; echo"#;
    let fake = Fake::new(&format!("{rubbish}; finish"));
    assert_eq!(fake.run("a", 1, &Interrupts::default()).endings, [Some(Ending::Finished)]);

    let fake = Fake::new(rubbish);
    assert_eq!(fake.run("a", 1, &Interrupts::default()).endings, [Some(Ending::Crashed)]);
    let expected = r#"the worker ended without having finished; it wrote what is no event: "Intel MKL WARNING""#;
    assert_eq!(fake.failure('a').message, expected);
}

#[test]
fn a_worker_that_only_claims_to_have_finished_has_failed() {
    let fake = Fake::new(r#"started; echo '{"event":"finished","diverged":false,"seconds":1.5}'"#);
    fake.run("a", 1, &Interrupts::default());
    assert_eq!(fake.failure('a').message, "the worker said that it finished and left no run.json");
}

#[test]
fn a_worker_of_another_version_is_stopped_at_once() {
    let fake = Fake::new(
        r#"echo '{"event":"started","protocol":99,"precision":"fp32","steps":2,"epochs":1,"parameters":42}'; exec sleep 600"#,
    );
    fake.run("a", 1, &Interrupts::default());
    assert_eq!(fake.failure('a').message, format!("the worker speaks protocol 99, titer speaks {PROTOCOL}"));
}

#[test]
fn an_endless_line_does_not_fill_the_memory() {
    let fake = Fake::new("started; head -c 5000000 /dev/zero | tr '\\0' x; echo; finish");
    assert_eq!(fake.run("a", 1, &Interrupts::default()).endings, [Some(Ending::Finished)]);
}

#[test]
fn what_a_failed_attempt_left_is_gone_at_the_next() {
    let fake =
        Fake::new(r#"started; if [ -e "$fake/again" ]; then finish; else touch "$fake/again" "$out/steps.parquet"; exit 1; fi"#);
    assert_eq!(fake.run("a", 1, &Interrupts::default()).endings, [Some(Ending::Crashed)]);
    assert_eq!(fake.run("a", 1, &Interrupts::default()).endings, [Some(Ending::Finished)]);
    let folder = fake.experiment().run(&key('a'));
    assert!(!folder.failure().exists() && !folder.steps().exists());
}

#[test]
fn as_many_go_on_at_a_time_as_there_are_slots() {
    // Each waits until it has seen the other.
    let meet = r#"started; touch "$fake/$key"; while [ "$(ls "$fake" | grep -c '^[ab]*$')" -lt 2 ]; do sleep 0.02; done; finish"#;
    let fake = Fake::new(meet);
    assert_eq!(fake.run("ab", 2, &Interrupts::default()).endings, [Some(Ending::Finished); 2]);
}

#[test]
fn an_interruption_ends_the_workers_with_all_they_started() {
    let fake = Fake::new(r#"started; case $key in a*) finish;; *) sleep 600 & echo $! > "$fake/child"; wait;; esac"#);
    let interrupts = Interrupts::default();
    let (child, begun) = (fake.path().join("child"), Instant::now());
    let done = thread::scope(|scope| {
        scope.spawn(|| {
            until(|| fs_err::read_to_string(&child).is_ok_and(|text| text.ends_with('\n')));
            interrupts.add();
        });
        fake.run("abc", 1, &interrupts)
    });
    assert!(begun.elapsed() < Duration::from_mins(1));
    assert_eq!(done.endings, [Some(Ending::Finished), Some(Ending::Stopped), None]);
    assert!(done.interrupted && done.failures.is_empty());
    // Whatever another test starts may hold the claim for an instant.
    until(|| fake.state('b') == RunState::Interrupted);
    assert_eq!(fake.state('c'), RunState::Pending);
    let child = fs_err::read_to_string(&child).unwrap();
    until(|| !is_alive(child.trim()));
}

#[test]
fn a_worker_that_does_not_heed_the_signal_or_does_not_stop_talking_is_killed() {
    for busy in ["while :; do sleep 0.05; done", r#"exec yes '{"event":"alive"}'"#] {
        let fake = Fake::new(&format!(r#"trap '' TERM; started; touch "$fake/ready"; {busy}"#));
        let interrupts = Interrupts::default();
        let ready = fake.path().join("ready");
        let done = thread::scope(|scope| {
            scope.spawn(|| {
                until(|| ready.exists());
                interrupts.add();
                interrupts.add();
            });
            fake.run("a", 1, &interrupts)
        });
        assert_eq!(done.endings, [Some(Ending::Stopped)], "{busy}");
    }
}

#[test]
fn a_finished_run_counts_though_its_worker_ends_badly() {
    let fake = Fake::new("started; finish; exit 134");
    assert_eq!(fake.run("a", 1, &Interrupts::default()).endings, [Some(Ending::Finished)]);
    assert!(manifest::read(&fake.experiment().run(&key('a'))).unwrap().is_some());
}

#[test]
fn a_worker_that_cannot_be_started_fails_its_run() {
    let fake = Fake::new("");
    fs_err::write(fake.worker(), "no program at all").unwrap();
    fs_err::set_permissions(fake.worker(), PermissionsExt::from_mode(0o644)).unwrap();
    let done = fake.run("ab", 1, &Interrupts::default());
    assert_eq!(done.endings, [Some(Ending::Crashed); 2]);
    assert!(fake.failure('a').message.contains("cannot be started: Permission denied"), "{:?}", fake.failure('a'));
}

/// How often the fake worker noted `$key` in `$fake/tries`.
fn tries(fake: &Fake, digit: char) -> usize {
    let text = fs_err::read_to_string(fake.path().join("tries")).unwrap_or_default();
    text.lines().filter(|line| line.starts_with(digit)).count()
}

const TRY: &str = r#"echo "$key" >> "$fake/tries"; "#;

#[test]
fn a_crash_is_tried_again_from_what_it_left_and_not_for_ever() {
    let crash =
        r#"started; if [ "$(grep -c "$key" "$fake/tries")" = 1 ]; then touch "$out/checkpoint.safetensors"; kill -SEGV $$; fi"#;
    let script = format!(r#"{TRY}case $key in a*) {crash}; [ -e "$out/checkpoint.safetensors" ]; finish;; *) exit 1;; esac"#);
    let fake = Fake::new(&script);
    let done = fake.run_patiently("ab", 1, &Interrupts::default(), Patience { retries: 2, ..PATIENCE });
    assert_eq!(done.endings, [Some(Ending::Finished), Some(Ending::Crashed)]);
    assert_eq!((tries(&fake, 'a'), tries(&fake, 'b')), (2, 3));
    assert_eq!(done.failures, [fake.failure('b')]);
    assert_eq!(fake.log('b').matches("--- another attempt, ").count(), 0, "nothing was said");
    let folder = fake.experiment().run(&key('a'));
    assert!(!folder.failure().exists() && !folder.checkpoint().exists() && !folder.live().exists());
}

#[test]
fn what_would_fail_again_is_not_tried_again() {
    for kind in ["settings", "input", "device", "results"] {
        let fake = Fake::new(&format!(r#"{TRY}echo '{{"event":"failed","kind":"{kind}","message":"no","hint":null}}'; exit 1"#));
        let done = fake.run_patiently("a", 1, &Interrupts::default(), Patience { retries: 5, ..PATIENCE });
        assert_eq!((done.endings, tries(&fake, 'a')), (vec![Some(Ending::Failed)], 1), "{kind}");
    }
}

#[test]
fn a_worker_that_hangs_is_killed_and_tried_again() {
    let alive = r#"while :; do echo '{"event":"alive"}'; sleep 0.05; done"#;
    let hang = format!(r"{TRY}case $key in a*) exec sleep 600;; b*) started; {alive};; esac");
    let fake = Fake::new(&hang);
    let short = Duration::from_millis(400);
    let patience = Patience { retries: 1, silence: short, hang: 2 * short };
    let done = fake.run_patiently("ab", 2, &Interrupts::default(), patience);
    assert_eq!(done.endings, [Some(Ending::Crashed); 2]);
    assert_eq!((tries(&fake, 'a'), tries(&fake, 'b')), (2, 2));
    assert!(fake.failure('a').message.starts_with("the worker gave no sign of life for"), "{:?}", fake.failure('a'));
    assert!(fake.failure('b').message.starts_with("the worker made no progress for"), "{:?}", fake.failure('b'));
    assert!(fake.failure('b').hint.unwrap().contains("--hang-after"));
}

#[test]
fn a_worker_that_others_stop_goes_on() {
    let stopped = r#"if [ "$(grep -c "$key" "$fake/tries")" = 1 ]; then echo '{"event":"stopped","step":1}'; exit 0; fi"#;
    let fake = Fake::new(&format!("{TRY}started; {stopped}; finish"));
    let done = fake.run_patiently("a", 1, &Interrupts::default(), Patience { retries: 1, ..PATIENCE });
    assert_eq!((done.endings, tries(&fake, 'a')), (vec![Some(Ending::Finished)], 2));
}

#[test]
fn a_run_that_another_sweep_has_is_waited_for_and_not_done_again() {
    let fake = Fake::new(&format!("{TRY}started; finish"));
    let folder = fake.experiment().run(&key('a'));
    let claim = Claim::take(&folder).unwrap().unwrap();
    let done = thread::scope(|scope| {
        scope.spawn(|| {
            until(|| tries(&fake, 'b') == 1);
            manifest::write(&folder, &manifest_of(key('a'), Map::new())).unwrap();
            drop(claim);
        });
        fake.run("ab", 1, &Interrupts::default())
    });
    assert_eq!(done.endings, [Some(Ending::Finished); 2]);
    assert_eq!(tries(&fake, 'a'), 0);
}

#[test]
fn a_failure_of_another_sweep_is_not_tried_again_and_one_from_before_is() {
    let fake = Fake::new(&format!("{TRY}started; finish"));
    let write = |digit, kind, message: &str| {
        let failure = Failure::new(key(digit), kind, message.into(), None);
        fs_err::create_dir_all(fake.experiment().run(&key(digit)).path()).unwrap();
        failure.write(&fake.experiment().run(&key(digit))).unwrap();
    };
    for digit in ['a', 'b'] {
        write(digit, FailureKind::Input, "long ago");
    }
    let claim = |digit| Claim::take(&fake.experiment().run(&key(digit))).unwrap().unwrap();
    let claims = [claim('a'), claim('c')];
    let done = thread::scope(|scope| {
        scope.spawn(|| {
            until(|| tries(&fake, 'b') == 1);
            write('a', FailureKind::Input, "just now");
            // The other sweep would have tried this one again, and was killed before it could.
            write('c', FailureKind::Run, "a crash");
            drop(claims);
        });
        fake.run("abc", 1, &Interrupts::default())
    });
    assert_eq!(done.endings, [Some(Ending::Failed), Some(Ending::Finished), Some(Ending::Finished)]);
    assert_eq!((tries(&fake, 'a'), done.failures[0].message.as_str()), (0, "just now"));
    assert_eq!(tries(&fake, 'c'), 1);
}

/// What a fake worker with several jobs knows: `$n` of them, and for each number its run's folder (`folder 1`) and how to finish
/// it (`complete 1`). The first is in `$job`.
const SEVERAL: &str = r#"n=$(printf %s "$job" | sed -n 's/.*"stacked":\([0-9]*\).*/\1/p'); n=${n:-1}
printf '%s\n' "$job" > "$fake/jobs.$key"
i=1; while [ $i -lt $n ]; do read -r line; printf '%s\n' "$line" >> "$fake/jobs.$key"; i=$((i + 1)); done
line() { sed -n "$(($1 + 1))p" "$fake/jobs.$key"; }
folder() { line $1 | sed 's/.*"output":"\([^"]*\)".*/\1/'; }
log() { line $1 | sed 's/.*"log":\([0-9]*\).*/\1/'; }
tell() { echo "{\"job\":$1,$2}"; }
begin() { tell $1 '"event":"started","protocol":PROTOCOL,"precision":"fp32","steps":2,"steps_an_epoch":2,"epochs":1,"parameters":42'; }
complete() {
    its=$(line $1 | sed 's/.*"key":"\([0-9a-f]*\)".*/\1/')
    sed "s/0000000000000000/$its/" "$fake/manifest.json" > "$(folder $1)/run.json"
    tell $1 '"event":"finished","diverged":false,"seconds":1.5'
}
"#;

/// A fake worker that takes several jobs.
pub fn several(script: &str) -> Fake {
    Fake::new(&format!("{}{script}", SEVERAL.replace("PROTOCOL", &PROTOCOL.to_string())))
}

#[test]
fn runs_agree_that_differ_in_what_each_may_have_for_itself_and_in_nothing_else() {
    let fake = Fake::new("");
    let base = fake.job(key('a'));
    let agrees = |change: &fn(&mut Job)| {
        let mut other = fake.job(key('b'));
        change(&mut other);
        stack::kinds(&[base.clone(), other], &[4, 4])[1] == 0
    };
    let agree: [fn(&mut Job); 6] = [
        |_| (),
        |job| job.settings.train.learning_rate *= 2.0,
        |job| job.settings.train.weight_decay += 0.1,
        |job| job.settings.train.warmup_steps += 1,
        |job| job.settings.train.max_grad_norm += 1.0,
        |job| job.settings.train.seed += 1,
    ];
    assert!(agree.iter().all(|change| agrees(change)));
    let differ: [fn(&mut Job); 8] = [
        |job| job.settings.train.epochs += 1,
        |job| job.settings.train.batch_size += 1,
        |job| job.settings.train.max_steps = Some(7),
        |job| job.settings.train.precision = Precision::Bf16,
        |job| job.settings.train.schedule = Schedule::Cosine,
        |job| job.settings.tokens.truncate = Truncate::Start,
        |job| job.settings.model.weights = Weights::Random { size: ModelSize::M8 },
        |job| job.inputs.data = "d3".into(),
    ];
    assert!(!differ.iter().any(|change| agrees(change)));
    // What is to be computed alone is of no other's kind.
    let mut frozen = base.clone();
    frozen.settings.train.finetune = Finetune::Frozen;
    assert_eq!(stack::kinds(&[frozen.clone(), frozen.clone()], &[4, 4]), [0, 1], "what is frozen is shared otherwise");
    let stacked = |job: &Job| Job { company: Company::Stacked(2), ..job.clone() };
    assert!(!stack::agree(&[stacked(&frozen), stacked(&frozen)]) && stack::agree(&[stacked(&base), stacked(&base)]));
    assert_eq!(stack::kinds(&[base.clone(), base.clone(), base], &[1, 4, 4]), [0, 1, 1]);
}

#[test]
fn runs_that_share_a_worker_are_claimed_logged_and_finished_each_by_itself() {
    let script = r#"i=0; while [ $i -lt $n ]; do begin $i; i=$((i + 1)); done
        echo "the first" >&2; echo "the second" >&$(log 1); echo "the third" >&$(log 2)
        while ! [ -e "$fake/seen" ]; do sleep 0.02; done; complete 1; complete 0; complete 2"#;
    // A shell's redirection to a number takes one digit only: what it opens goes by a path.
    let script = script.replace(">&$(log", ">>/proc/$$/fd/$(log");
    let fake = several(&script);
    let claimed = |digit| Claim::is_taken(&fake.experiment().run(&key(digit)));
    let done = thread::scope(|scope| {
        scope.spawn(|| {
            until(|| fake.path().join("jobs.aaaaaaaaaaaaaaaa").exists() || fake.path().join("seen").exists());
            until(|| "abc".chars().all(claimed));
            fs_err::write(fake.path().join("seen"), "").unwrap();
        });
        fake.run_stacked("abc", 1, 3, &Interrupts::default(), PATIENCE)
    });
    assert_eq!(done.endings, [Some(Ending::Finished); 3]);
    let logs = ["the first\n", "the second\n", "the third\n"];
    assert_eq!("abc".chars().map(|digit| fake.log(digit)).collect::<Vec<_>>(), logs);
    assert!(!"abc".chars().any(claimed));
}

#[test]
fn a_crash_of_runs_that_share_a_worker_is_tried_again_one_by_one() {
    // Together they crash once one of them has finished; by itself each finishes, but for the culprit.
    let script = r#"echo "$key x$n" >> "$fake/tries"; begin 0
        if [ $n -gt 1 ]; then begin 1; complete 1; kill -9 $$; fi; case $key in c*) kill -9 $$;; esac; complete 0"#;
    let fake = several(script);
    let done = fake.run_stacked("abc", 1, 3, &Interrupts::default(), PATIENCE);
    assert_eq!(done.endings, [Some(Ending::Finished), Some(Ending::Finished), Some(Ending::Crashed)]);
    assert_eq!(
        fs_err::read_to_string(fake.path().join("tries"))
            .unwrap()
            .lines()
            .map(|line| (&line[..1], &line[17..]))
            .collect::<Vec<_>>(),
        [("a", "x3"), ("a", "x1"), ("c", "x1")]
    );
    assert_eq!(done.failures, [fake.failure('c')]);
}

#[test]
fn a_run_that_hangs_while_its_company_gets_on_is_noticed() {
    // By itself each finishes.
    let script = r#"echo "$key x$n" >> "$fake/tries"; begin 0
        if [ $n -gt 1 ]; then begin 1; for i in $(seq 400); do
            tell 0 '"event":"step","step":1,"epoch":1,"loss":0.5,"learning_rate":0.1,"grad_norm":1.0,"tokens":9,"seconds":0.1'
            sleep 0.05
        done; complete 1; fi; complete 0"#;
    let fake = several(script);
    let patience = Patience { hang: Duration::from_secs(2), ..PATIENCE };
    let done = fake.run_stacked("ab", 1, 2, &Interrupts::default(), patience);
    assert_eq!(done.endings, [Some(Ending::Finished); 2]);
    let tries = fs_err::read_to_string(fake.path().join("tries")).unwrap();
    assert_eq!(tries.lines().map(|line| &line[17..]).collect::<Vec<_>>(), ["x2", "x1", "x1"]);
}

#[test]
fn what_fails_while_it_is_being_stopped_has_failed() {
    let failed = r#"{"event":"failed","kind":"results","message":"the disk is full","hint":null}"#;
    let fake = Fake::new(&format!(
        "trap \"echo '{}'; exit 1\" TERM; started; while :; do sleep 0.05; done",
        failed.replace('"', "\\\"")
    ));
    let interrupts = Interrupts::default();
    let ready = fake.experiment().run(&key('a')).live();
    let done = thread::scope(|scope| {
        scope.spawn(|| {
            until(|| fs_err::read_to_string(&ready).is_ok_and(|text| text.contains("\"steps\":2")));
            interrupts.add();
        });
        fake.run("a", 1, &interrupts)
    });
    assert_eq!(done.endings, [Some(Ending::Failed)]);
    assert_eq!(fake.failure('a').message, "the disk is full");
}

#[test]
fn a_sweep_that_only_waits_for_another_can_be_interrupted() {
    let fake = Fake::new("started; finish");
    let _claim = Claim::take(&fake.experiment().run(&key('a'))).unwrap().unwrap();
    let interrupts = Interrupts::default();
    interrupts.add();
    let done = fake.run("a", 1, &interrupts);
    assert!(done.interrupted);
    assert_eq!(done.endings, [None]);
}

pub fn is_alive(pid: &str) -> bool {
    // A zombie that nobody waits for is as good as gone.
    let status = fs_err::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    !status.is_empty() && !status.contains(") Z ")
}

pub fn until(condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < Duration::from_mins(1), "it did not come to pass");
        thread::sleep(Duration::from_millis(10));
    }
}
