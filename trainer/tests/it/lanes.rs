//! A worker with several jobs, from its standard input to finished runs.

#[cfg(unix)]
use std::os::{fd::OwnedFd, unix::net::UnixStream};
use std::{
    io::{BufRead as _, BufReader},
    num::NonZeroU32,
    path::Path,
    process::{Command, Stdio},
};

use titer_core::experiment::split::Stratified;
use titer_core::protocol::handover;
use titer_core::{
    experiment::{Finetune, TrainSettings},
    protocol::{Event, FailureKind, Job, Line, Sharing},
    results::{Claim, Manifest, RunFolder, manifest, tables},
};

use crate::worker;

/// Jobs for one worker that differ in rate and seed, and maybe in one thing more.
fn jobs(results: &Path, change: impl Fn(usize, &mut TrainSettings)) -> Vec<Job> {
    let job = |index: usize| {
        let mut settings = worker::settings();
        (settings.train.learning_rate, settings.train.seed) = ([1e-3, 3e-4, 1e-4][index], index as u32);
        change(index, &mut settings.train);
        let key = format!("{index}{}", "f".repeat(15));
        let output = results.join(&key);
        fs_err::create_dir_all(&output).unwrap();
        Job { key: key.parse().unwrap(), output, sharing: Sharing::Lanes(3), ..worker::job(results, settings) }
    };
    (0..3).map(job).collect()
}

/// Does the jobs in one worker, which is stopped once it has told of `stop` steps.
fn work(jobs: &[Job], stop: Option<usize>) -> (bool, Vec<Line>) {
    let mut worker = worker::start_all(jobs);
    let (mut seen, mut lines) = (0, Vec::new());
    for line in BufReader::new(worker.stdout.take().unwrap()).lines() {
        let line: Line = serde_json::from_str(&line.unwrap()).unwrap();
        let is_step = matches!(line.event, Event::Step { .. });
        seen += usize::from(is_step);
        if is_step && stop == Some(seen) {
            assert!(Command::new("kill").args(["-TERM", &worker.id().to_string()]).status().unwrap().success());
        }
        lines.push(line);
    }
    (worker.wait().unwrap().success(), lines)
}

fn finished(job: &Job) -> Manifest {
    manifest::read(&RunFolder::at(job.output.clone())).unwrap().unwrap()
}

/// What the jobs left equals what each leaves alone, to the last bit: nothing of one enters into
/// another.
fn assert_as_alone(jobs: &[Job]) {
    for job in jobs {
        let folder = tempfile::tempdir().unwrap();
        let alone = Job { output: folder.path().join(job.key.as_str()), sharing: Sharing::Alone, ..job.clone() };
        fs_err::create_dir_all(&alone.output).unwrap();
        assert!(work(std::slice::from_ref(&alone), None).0);
        let (ours, theirs) = (finished(job), finished(&alone));
        assert_eq!((ours.status, ours.outcome.selected_epoch), (theirs.status, theirs.outcome.selected_epoch));
        let steps = |job: &Job| {
            let mut rows = tables::read_steps(&RunFolder::at(job.output.clone()).steps()).unwrap();
            for row in &mut rows {
                row.seconds = 0.0;
            }
            rows
        };
        assert_eq!(steps(job), steps(&alone));
        for name in ["predictions.parquet", "best/model.safetensors"] {
            assert_eq!(ours.files[name], theirs.files[name], "{name} of {}", job.key);
        }
    }
}

#[test]
fn jobs_in_lanes_may_differ_in_all_but_their_inputs_and_leave_what_each_alone_leaves() {
    let folder = tempfile::tempdir().unwrap();
    let jobs = jobs(folder.path(), |index, train| {
        (train.epochs, train.batch_size) = (1 + index as u32, [8, 16, 5][index]);
        train.finetune = [Finetune::Full, Finetune::Last(NonZeroU32::MIN), Finetune::Frozen][index];
    });
    let (success, lines) = work(&jobs, None);
    assert!(success, "{lines:?}");
    for (index, job) in jobs.iter().enumerate() {
        let events: Vec<&Event> = lines.iter().filter(|line| line.job == index).map(|line| &line.event).collect();
        let steps = events.iter().filter(|event| matches!(event, Event::Step { .. })).count() as u64;
        assert!(matches!(events.last(), Some(Event::Finished { diverged: false, .. })), "{events:?}");
        let outcome = finished(job).outcome;
        assert_eq!((outcome.attempts[0].lanes, outcome.steps), (Some(3), steps));
        assert!(outcome.determinism.deterministic, "{:?}", outcome.determinism);
    }
    assert_as_alone(&jobs);
}

#[test]
fn a_run_that_diverges_in_its_lane_ends_as_diverged_and_the_others_finish() {
    let folder = tempfile::tempdir().unwrap();
    let jobs = jobs(folder.path(), |index, train| {
        if index == 1 {
            train.learning_rate = 1e30;
        }
    });
    assert!(work(&jobs, None).0);
    let statuses: Vec<_> = jobs.iter().map(|job| finished(job).status).collect();
    assert_eq!(statuses, [manifest::Status::Finished, manifest::Status::Diverged, manifest::Status::Finished]);
    assert_as_alone(&[jobs[0].clone(), jobs[2].clone()]);
}

#[cfg(unix)]
#[test]
fn stopped_in_its_lane_each_run_goes_on_from_where_it_stood() {
    let folder = tempfile::tempdir().unwrap();
    let jobs = jobs(folder.path(), |_, train| train.epochs = 20);
    let (success, lines) = work(&jobs, Some(15));
    let stopped = lines.iter().filter(|line| matches!(line.event, Event::Stopped { .. })).count();
    assert!(success && stopped == 3, "{lines:?}");
    // One begins anew, so that they stand at different steps.
    fs_err::remove_file(RunFolder::at(jobs[1].output.clone()).checkpoint()).unwrap();
    let (success, lines) = work(&jobs, None);
    let resumed = |job: usize| {
        let started = |line: &Line| match &line.event {
            Event::Started { resumed, .. } if line.job == job => Some(*resumed),
            _ => None,
        };
        lines.iter().find_map(started).unwrap()
    };
    assert!(success && resumed(1).is_none() && resumed(0).is_some_and(|step| step > 0) && resumed(2).is_some());
    assert_as_alone(&jobs);
}

#[test]
fn a_run_that_fails_in_its_lane_leaves_the_others_alone() {
    let folder = tempfile::tempdir().unwrap();
    let jobs = jobs(folder.path(), |index, train| {
        if index == 1 {
            train.finetune = Finetune::Last(NonZeroU32::MAX);
        }
    });
    let (success, lines) = work(&jobs, None);
    let failed = |line: &&Line| matches!(line.event, Event::Failed { .. });
    assert!(!success && lines.iter().filter(failed).all(|line| line.job == 1) && lines.iter().any(|line| failed(&line)));
    assert_as_alone(&[jobs[0].clone(), jobs[2].clone()]);
}

#[test]
fn jobs_of_other_data_share_a_worker_too_and_one_that_lacks_its_own_fails_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut jobs = jobs(folder.path(), |_, _| ());
    jobs[1].settings.split =
        titer_core::experiment::SplitSettings::Stratified(Stratified { train: 0.5, validation: 0.25, test: 0.25, seed: 7 });
    jobs[2].inputs.weights = "others".to_owned();
    let (success, lines) = work(&jobs, None);
    let failed = |line: &&Line| matches!(line.event, Event::Failed { kind: FailureKind::Input, .. });
    assert!(!success && lines.iter().filter(failed).map(|line| line.job).eq([2]), "{lines:?}");
    assert_as_alone(&jobs[..2]);
}

#[cfg(unix)]
#[test]
fn a_job_that_comes_later_is_begun_at_once_with_the_log_and_the_claim_that_came_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut jobs = jobs(folder.path(), |index, train| train.epochs = if index == 0 { 100_000 } else { 1 });
    jobs.truncate(2);
    for job in &mut jobs {
        job.tethered = true;
    }
    let folders: Vec<RunFolder> = jobs.iter().map(|job| RunFolder::at(job.output.clone())).collect();
    let (ours, theirs) = UnixStream::pair().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_titer-worker"));
    command.stdin(OwnedFd::from(theirs)).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut worker = command.spawn().unwrap();
    drop(command);
    let give = |index: usize| {
        let line = serde_json::to_string(&jobs[index]).unwrap() + "\n";
        let claim = Claim::take(&folders[index]).unwrap().unwrap();
        handover::send(&ours, line.as_bytes(), &claim.log().unwrap()).unwrap();
    };
    let told = BufReader::new(worker.stdout.take().unwrap()).lines();
    let mut lines = told.map(|line| serde_json::from_str::<Line>(&line.unwrap()).unwrap());
    give(0);
    assert!(lines.any(|line| matches!(line, Line { job: 0, event: Event::Step { .. } })));
    give(1);
    let until_it_ends = lines.by_ref().take_while(|line| !matches!(line, Line { job: 1, event: Event::Finished { .. } }));
    assert!(until_it_ends.filter(|line| line.job == 0).all(|line| !matches!(line.event, Event::Stopped { .. })));
    assert!(Claim::is_taken(&folders[0]), "the worker has it, and nobody else");
    while Claim::is_taken(&folders[1]) {
        std::thread::yield_now();
    }
    // The runner is gone.
    drop(ours);
    assert!(lines.any(|line| matches!(line, Line { job: 0, event: Event::Stopped { .. } })));
    assert!(worker.wait().unwrap().success());
    assert!(folders[0].checkpoint().exists() && folders[1].manifest().exists());
    let log = fs_err::read_to_string(folders[0].log()).unwrap();
    assert!(log.contains("stopped after step") && fs_err::read_to_string(folders[1].log()).unwrap().is_empty(), "{log}");
}
