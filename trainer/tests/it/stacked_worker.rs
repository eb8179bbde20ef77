//! A worker with several jobs, from its standard input to finished runs.

use std::{
    io::{BufRead as _, BufReader},
    num::NonZeroU32,
    path::Path,
    process::Command,
};

use titer::{
    experiment::{Finetune, TrainSettings},
    results::{Manifest, RunFolder, manifest, tables},
    schedule::protocol::{Company, Event, FailureKind, Job, Line},
};

use crate::{common::assert_close, worker};

/// Jobs for one worker that differ in rate and seed, and maybe in one thing more.
fn jobs(results: &Path, change: impl Fn(usize, &mut TrainSettings)) -> Vec<Job> {
    let job = |index: usize| {
        let mut settings = worker::settings();
        (settings.train.learning_rate, settings.train.seed) = ([1e-3, 3e-4, 1e-4][index], index as u32);
        change(index, &mut settings.train);
        let key = format!("{index}{}", "f".repeat(15));
        let output = results.join(&key);
        fs_err::create_dir_all(&output).unwrap();
        Job { key: key.parse().unwrap(), output, company: Company::Stacked(3), ..worker::job(results, settings) }
    };
    (0..3).map(job).collect()
}

/// The same, each in a lane of its own.
fn in_lanes(results: &Path, change: impl Fn(usize, &mut TrainSettings)) -> Vec<Job> {
    jobs(results, change).into_iter().map(|job| Job { company: Company::Lanes(3), ..job }).collect()
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

/// What the jobs left equals what each leaves alone.
fn assert_as_alone(jobs: &[Job]) {
    for job in jobs {
        let folder = tempfile::tempdir().unwrap();
        let alone = Job { output: folder.path().join(job.key.as_str()), company: Company::Alone, ..job.clone() };
        fs_err::create_dir_all(&alone.output).unwrap();
        assert!(work(std::slice::from_ref(&alone), None).0);
        let (ours, theirs) = (finished(job), finished(&alone));
        assert_eq!((ours.status, ours.outcome.kept_epoch), (theirs.status, theirs.outcome.kept_epoch));
        let steps = |job: &Job| tables::read_steps(&RunFolder::at(job.output.clone()).steps()).unwrap();
        let (ours_steps, their_steps) = (steps(job), steps(&alone));
        assert_eq!(ours_steps.len(), their_steps.len());
        for (row, expected) in ours_steps.iter().zip(&their_steps) {
            assert_eq!((row.step, row.epoch, row.tokens), (expected.step, expected.epoch, expected.tokens));
            assert_close(row.loss, expected.loss, 1e-5, &format!("loss of step {}", row.step));
        }
        let (test, expected) = (ours.outcome.test.unwrap(), theirs.outcome.test.unwrap());
        assert_close(test.loss, expected.loss, 1e-5, "loss on test");
        assert_eq!(test.scores.confusion, expected.scores.confusion);
    }
}

#[test]
fn a_worker_with_several_jobs_leaves_what_each_alone_leaves() {
    let folder = tempfile::tempdir().unwrap();
    let jobs = jobs(folder.path(), |_, _| ());
    let (success, lines) = work(&jobs, None);
    assert!(success);
    for (index, job) in jobs.iter().enumerate() {
        let events: Vec<&Event> = lines.iter().filter(|line| line.job == index).map(|line| &line.event).collect();
        let steps = events.iter().filter(|event| matches!(event, Event::Step { .. })).count();
        assert!(steps == 10 && matches!(events.last(), Some(Event::Finished { diverged: false, .. })), "{events:?}");
        let outcome = finished(job).outcome;
        assert_eq!(outcome.attempts[0].stacked, Some(3));
        assert!(!outcome.determinism.deterministic && outcome.determinism.why_not[0].starts_with("3 runs were computed as one"));
    }
    assert_as_alone(&jobs);
}

#[test]
fn a_run_that_diverges_in_company_ends_as_diverged_and_the_others_finish() {
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
fn stopped_in_company_each_run_goes_on_from_where_it_stood() {
    let folder = tempfile::tempdir().unwrap();
    let jobs = jobs(folder.path(), |_, _| ());
    let (success, lines) = work(&jobs, Some(5));
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
fn jobs_in_lanes_may_differ_in_all_but_their_inputs_and_leave_what_each_alone_leaves() {
    let folder = tempfile::tempdir().unwrap();
    let jobs = in_lanes(folder.path(), |index, train| {
        (train.epochs, train.batch_size) = (1 + index as u32, [8, 16, 5][index]);
        train.finetune = [Finetune::Full, Finetune::Last(NonZeroU32::MIN), Finetune::Frozen][index];
    });
    let (success, lines) = work(&jobs, None);
    assert!(success, "{lines:?}");
    for job in &jobs {
        let outcome = finished(job).outcome;
        assert_eq!((outcome.attempts[0].lanes, outcome.attempts[0].stacked), (Some(3), None));
        assert!(outcome.determinism.deterministic, "{:?}", outcome.determinism);
    }
    // To the last bit: nothing of one enters into another.
    let digests =
        |job: &Job| finished(job).files.into_iter().filter(|(name, _)| name == "predictions.parquet").collect::<Vec<_>>();
    for job in &jobs {
        let folder = tempfile::tempdir().unwrap();
        let alone = Job { output: folder.path().join(job.key.as_str()), company: Company::Alone, ..job.clone() };
        fs_err::create_dir_all(&alone.output).unwrap();
        assert!(work(std::slice::from_ref(&alone), None).0);
        assert_eq!(digests(job), digests(&alone));
        assert_eq!(digests(job).len(), 1);
    }
    assert_as_alone(&jobs);
}

#[test]
fn a_run_that_fails_in_its_lane_leaves_the_others_alone() {
    let folder = tempfile::tempdir().unwrap();
    let jobs = in_lanes(folder.path(), |index, train| {
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
fn jobs_that_do_not_agree_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let jobs = jobs(folder.path(), |index, train| train.epochs += index as u32);
    let (success, lines) = work(&jobs, None);
    assert!(!success);
    for index in 0..3 {
        let failed = |line: &Line| line.job == index && matches!(line.event, Event::Failed { kind: FailureKind::Run, .. });
        assert!(lines.iter().any(failed), "{lines:?}");
    }
}
