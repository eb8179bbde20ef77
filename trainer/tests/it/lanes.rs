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
        Job { key: key.parse().unwrap(), output, company: Company::Lanes(3), ..worker::job(results, settings) }
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
        let alone = Job { output: folder.path().join(job.key.as_str()), company: Company::Alone, ..job.clone() };
        fs_err::create_dir_all(&alone.output).unwrap();
        assert!(work(std::slice::from_ref(&alone), None).0);
        let (ours, theirs) = (finished(job), finished(&alone));
        assert_eq!((ours.status, ours.outcome.kept_epoch), (theirs.status, theirs.outcome.kept_epoch));
        let steps = |job: &Job| {
            let mut rows = tables::read_steps(&RunFolder::at(job.output.clone()).steps()).unwrap();
            rows.iter_mut().for_each(|row| row.seconds = 0.0);
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
fn jobs_that_do_not_agree_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut jobs = jobs(folder.path(), |_, _| ());
    jobs[1].inputs.weights = "others".to_owned();
    let (success, lines) = work(&jobs, None);
    assert!(!success);
    for index in 0..3 {
        let failed = |line: &Line| line.job == index && matches!(line.event, Event::Failed { kind: FailureKind::Run, .. });
        assert!(lines.iter().any(failed), "{lines:?}");
    }
}
