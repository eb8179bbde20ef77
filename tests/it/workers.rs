//! The scheduler drives its workers, whatever they do. The workers here are shell scripts; what a
//! real one computes is tested elsewhere.

#![cfg(unix)]

use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use serde_json::Map;
use titer::schedule::{
    Devices, Interrupts, Need, Places, Progress, Worker,
    local::{self, Done, Rules},
    progress::Style,
    state::{Ending, Plan},
};
use titer_core::{
    protocol::{Device, Job, PROTOCOL, Sharing},
    results::{
        Claim, ExperimentFolder, Failure, FailureKind, Keep, RunKey, RunState,
        manifest::{self, Inputs},
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
    echo '{"event":"epoch","epoch":1,"select":"macro-f1","metrics":{"loss":0.5,"accuracy":0.8,"macro_f1":0.75},"best":true,"seconds":0.1}'
    sed "s/0000000000000000/$key/" "$fake/manifest.json" > "$out/run.json"
    echo '{"event":"finished","diverged":false,"seconds":1.5}'
}
"#;

/// No second try, and more time than a test takes.
const RULES: Rules = Rules { retries: 0, silence: Duration::from_mins(2), hang: Duration::from_mins(2), keep: Keep::All };

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
            sharing: Sharing::Alone,
        }
    }

    /// Runs a job a key, so many at a time.
    fn run(&self, keys: &str, jobs: usize, interrupts: &Interrupts) -> Done {
        self.run_by(keys, jobs, interrupts, RULES)
    }

    fn run_by(&self, keys: &str, jobs: usize, interrupts: &Interrupts, rules: Rules) -> Done {
        self.run_at(keys, jobs, false, interrupts, rules)
    }

    /// The same, all in one worker.
    fn run_shared(&self, keys: &str, jobs: usize, rules: Rules) -> Done {
        self.run_at(keys, jobs, true, &Interrupts::default(), rules)
    }

    fn run_at(&self, keys: &str, at_once: usize, share: bool, interrupts: &Interrupts, rules: Rules) -> Done {
        let needs = vec![Need { parameters: 1.0, tokens: 1.0 }; keys.len().max(at_once)];
        let places = Places::new(&Devices::Cpu, Some(at_once), 1, &needs, share);
        let jobs: Vec<Job> = keys.chars().map(|digit| self.job(key(digit))).collect();
        let mut progress = Progress::new(Style::Plain, keys.chars().map(String::from), 0);
        let plan = Plan { costs: vec![1.0; jobs.len()], takes: vec![1; jobs.len()], rooms: places.rooms.clone() };
        local::run(&jobs, &plan, &places, rules, &Worker::at(self.worker()).unwrap(), interrupts, &mut progress)
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
fn invalid_lines_among_the_events_are_survived_and_reported_where_the_run_fails() {
    let rubbish = r#"started; echo 'Intel MKL WARNING'; printf '\377\376\n'; echo '{"event":"unheard-of"}'; echo"#;
    let fake = Fake::new(&format!("{rubbish}; finish"));
    assert_eq!(fake.run("a", 1, &Interrupts::default()).endings, [Some(Ending::Finished)]);

    let fake = Fake::new(rubbish);
    assert_eq!(fake.run("a", 1, &Interrupts::default()).endings, [Some(Ending::Crashed)]);
    let expected = r#"the worker ended without having finished; it wrote an invalid event: "Intel MKL WARNING""#;
    assert_eq!(fake.failure('a').message, expected);
}

#[test]
fn a_worker_that_only_claims_to_have_finished_has_failed() {
    let fake = Fake::new(r#"started; echo '{"event":"finished","diverged":false,"seconds":1.5}'"#);
    fake.run("a", 1, &Interrupts::default());
    assert_eq!(fake.failure('a').message, "the worker reported that it finished but left no run.json");
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
    let done = fake.run_by("ab", 1, &Interrupts::default(), Rules { retries: 2, ..RULES });
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
        let done = fake.run_by("a", 1, &Interrupts::default(), Rules { retries: 5, ..RULES });
        assert_eq!((done.endings, tries(&fake, 'a')), (vec![Some(Ending::Failed)], 1), "{kind}");
    }
}

#[test]
fn a_worker_that_hangs_is_killed_and_tried_again() {
    let alive = r#"while :; do echo '{"event":"alive"}'; sleep 0.05; done"#;
    let hang = format!(r"{TRY}case $key in a*) exec sleep 600;; b*) started; {alive};; esac");
    let fake = Fake::new(&hang);
    // Long enough for a shell to start on a busy machine.
    let rules = Rules { retries: 1, silence: Duration::from_secs(3), hang: Duration::from_secs(4), ..RULES };
    let done = fake.run_by("ab", 2, &Interrupts::default(), rules);
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
    let done = fake.run_by("a", 1, &Interrupts::default(), Rules { retries: 1, ..RULES });
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

/// What a fake worker that runs share knows: how to take another job (`take`), and of each by its
/// number its run's key and folder (`its 1`, `folder 1`) and how to finish it (`complete 1`). The
/// first is in `$job`.
const SEVERAL: &str = r#"jobs="$fake/jobs.$$"; printf '%s\n' "$job" > "$jobs"
take() { read -r line && printf '%s\n' "$line" >> "$jobs"; }
line() { sed -n "$(($1 + 1))p" "$jobs"; }
its() { line $1 | sed 's/.*"key":"\([0-9a-f]*\)".*/\1/'; }
folder() { line $1 | sed 's/.*"output":"\([^"]*\)".*/\1/'; }
tell() { echo "{\"job\":$1,$2}"; }
begin() { tell $1 '"event":"started","protocol":PROTOCOL,"precision":"fp32","steps":2,"steps_an_epoch":2,"epochs":1,"parameters":42'; }
complete() {
    sed "s/0000000000000000/$(its $1)/" "$fake/manifest.json" > "$(folder $1)/run.json"
    tell $1 '"event":"finished","diverged":false,"seconds":1.5'
}
"#;

/// A fake worker that runs share.
fn several(script: &str) -> Fake {
    Fake::new(&format!("{}{script}", SEVERAL.replace("PROTOCOL", &PROTOCOL.to_string())))
}

#[test]
fn runs_that_share_a_worker_are_claimed_logged_and_finished_each_by_itself() {
    let script = r#"take; take; begin 0; begin 1; begin 2; echo "said of all three" >&2
        touch "$fake/ready"; while ! [ -e "$fake/seen" ]; do sleep 0.02; done; complete 1
        while ! [ -e "$fake/seen-1" ]; do sleep 0.02; done; complete 0; complete 2"#;
    let fake = several(script);
    let claimed = || "abc".chars().map(|digit| Claim::is_taken(&fake.experiment().run(&key(digit)))).collect::<Vec<_>>();
    let done = thread::scope(|scope| {
        scope.spawn(|| {
            until(|| fake.path().join("ready").exists());
            assert_eq!(claimed(), [true; 3]);
            until(|| fs_err::read_to_string(fake.experiment().run(&key('c')).log()).is_ok_and(|log| !log.is_empty()));
            fs_err::write(fake.path().join("seen"), "").unwrap();
            // A run that has ended is free though its worker goes on.
            until(|| claimed() == [true, false, true]);
            fs_err::write(fake.path().join("seen-1"), "").unwrap();
        });
        fake.run_shared("abc", 3, RULES)
    });
    assert_eq!(done.endings, [Some(Ending::Finished); 3]);
    assert_eq!("abc".chars().map(|digit| fake.log(digit)).collect::<Vec<_>>(), ["said of all three\n"; 3]);
    assert_eq!(claimed(), [false; 3]);
}

#[test]
fn a_run_that_ends_makes_room_for_the_next_at_once() {
    // The first run does not end before the others have come and gone.
    let fake = several(
        r#"[ -e "$fake/first" ] && exit 9; touch "$fake/first"; begin 0
        for number in 1 2 3; do take; begin $number; complete $number; done; complete 0"#,
    );
    let done = fake.run_shared("abcd", 2, RULES);
    assert_eq!((done.endings, done.failures.len()), (vec![Some(Ending::Finished); 4], 0));
}

#[test]
fn a_poisonous_run_uses_up_no_tries_of_those_beside_it() {
    // Each run takes a moment, so that runs share a worker when the third one kills them all.
    let script = r#"serve() {
            its $1 >> "$fake/tries"; begin $1
            case $(its $1) in c*) sleep 0.2; kill -9 0;; *) (sleep 0.6; complete $1) & ;; esac
        }
        number=0; serve 0; while take; do number=$((number + 1)); serve $number; done; wait"#;
    let fake = several(script);
    let done = fake.run_shared("abcdef", 4, RULES);
    let finished = Some(Ending::Finished);
    assert_eq!(done.endings, [finished, finished, Some(Ending::Crashed), finished, finished, finished]);
    assert_eq!(done.failures, [fake.failure('c')]);
    assert!(fake.failure('c').message.contains("signal 9"), "{:?}", fake.failure('c'));
    // Four together, two, and one.
    assert!((2..=3).contains(&tries(&fake, 'c')), "{}", tries(&fake, 'c'));
    assert!("abdef".chars().all(|digit| tries(&fake, digit) <= 3));
}

#[test]
fn a_run_that_hangs_while_its_company_gets_on_is_noticed() {
    // Tried again each finishes.
    let script = r#"its 0 >> "$fake/tries"; begin 0; if [ -e "$fake/hung" ]; then complete 0; exit; fi
        touch "$fake/hung"; take; its 1 >> "$fake/tries"; begin 1; for i in $(seq 400); do
            tell 0 '"event":"step","step":1,"epoch":1,"loss":0.5,"learning_rate":0.1,"grad_norm":1.0,"tokens":9,"seconds":0.1'
            sleep 0.05
        done"#;
    let fake = several(script);
    let rules = Rules { hang: Duration::from_secs(2), ..RULES };
    let done = fake.run_shared("ab", 2, rules);
    assert_eq!(done.endings, [Some(Ending::Finished); 2]);
    assert_eq!((tries(&fake, 'a'), tries(&fake, 'b')), (2, 2));
}

#[test]
fn a_worker_that_runs_share_is_sent_home_when_nothing_is_left_for_it() {
    let fake = several(r#"begin 0; complete 0; take || touch "$fake/home""#);
    assert_eq!(fake.run_shared("a", 4, RULES).endings, [Some(Ending::Finished)]);
    assert!(fake.path().join("home").exists());
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
