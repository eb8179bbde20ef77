//! `titer-worker`: takes one job on standard input, does it, and tells of it on standard output.

mod life;

use std::{
    io::{self, BufRead, Write},
    panic::{self, AssertUnwindSafe},
    process::ExitCode,
    sync::atomic::Ordering,
};

use clap::Parser;
use serde_json::json;
use titer::schedule::protocol::{Event, Job};
use titer_trainer::{
    native,
    run::{self, RunError},
};

/// The trainer of titer. `titer sweep` starts it; it reads a job as one line of JSON and answers with events, a line each.
#[derive(Debug, Parser)]
#[command(name = "titer-worker", version)]
struct Cli {
    /// Lists this machine's GPUs as JSON and ends.
    #[arg(long)]
    devices: bool,
}

fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(io::stderr).with_ansi(false).init();
    match work(&Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn work(cli: &Cli) -> io::Result<ExitCode> {
    let mut out = io::stdout().lock();
    if cli.devices {
        let gpu = |(index, gpu): (usize, native::Gpu)| json!({ "device": "cuda", "index": index, "name": gpu.name, "memory": gpu.memory });
        // A GPU that libtorch cannot reach is none: the runner would send it work.
        if let Some(error) = native::open_cuda().err().filter(|_| !native::gpus().is_empty()) {
            tracing::warn!("the GPUs here are left out, libtorch's CUDA libraries do not open: {error}");
            writeln!(out, "[]")?;
            return Ok(ExitCode::SUCCESS);
        }
        let gpus: Vec<_> = native::gpus().into_iter().enumerate().map(gpu).collect();
        writeln!(out, "{}", json!(gpus))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    drop(out);
    let job: Job = serde_json::from_str(&line)?;
    let stop = life::watch(job.tethered);
    let mut emit = |event: Event| {
        // A runner that is gone is not worked for: a checkpoint, and the end.
        if let Err(error) = life::tell(&event) {
            tracing::warn!("the runner does not listen any more: {error}");
            stop.store(true, Ordering::Relaxed);
        }
    };
    // `tch` panics where libtorch refuses; the runner is told in words.
    let done = panic::catch_unwind(AssertUnwindSafe(|| run::run(&job, stop, &mut emit)))
        .unwrap_or_else(|payload| Err(RunError::Panicked { message: native::panic_message(payload.as_ref()) }))
        .map_err(|error| error.in_job(&job));
    let Err(error) = done else { return Ok(ExitCode::SUCCESS) };
    emit(error.event());
    if let RunError::Stopped { .. } = error {
        tracing::info!("{error}");
        return Ok(ExitCode::SUCCESS);
    }
    tracing::error!("{error}");
    Ok(ExitCode::FAILURE)
}

