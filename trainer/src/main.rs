//! `titer-worker`: takes its jobs on standard input, does them, and tells of them on standard
//! output.

mod life;
mod log;
mod work;

use std::{
    io::{self, Write},
    panic,
    process::ExitCode,
};

use clap::Parser;
use serde_json::json;
use titer_core::protocol::Device;
use titer_trainer::{machine, native, predict, profile::Profile};

/// The trainer of titer. `titer sweep` starts it; it reads jobs, a line of JSON each, and answers
/// with events, a line each.
#[derive(Debug, Parser)]
#[command(name = "titer-worker", version)]
struct Cli {
    /// Lists this machine's GPUs as JSON, each with what `train.precision = "auto"` is on it, and
    /// ends.
    #[arg(long)]
    devices: bool,
    /// Predicts with fine-tuned models, as `titer predict` asks it to on standard input.
    #[arg(long, conflicts_with = "devices")]
    predict: bool,
    /// Tells at the end, on standard error, what the time of a training step was spent on. On a GPU
    /// it is the host's time.
    #[arg(long)]
    profile: bool,
}

fn main() -> ExitCode {
    // The runner may be gone, and with it the end of standard error: to complain of that there would end the run before its checkpoint.
    tracing_subscriber::fmt().with_writer(log::writer).with_ansi(false).log_internal_errors(false).init();
    // In the log of the run whose thread it is.
    panic::set_hook(Box::new(|panicked| tracing::error!("{panicked}")));
    match answer(&Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn answer(cli: &Cli) -> io::Result<ExitCode> {
    let mut out = io::stdout().lock();
    if cli.devices {
        let gpu = |(index, gpu): (usize, native::Gpu)| {
            let precision = machine::automatic(Device::Cuda(index as u32));
            json!({ "device": "cuda", "index": index, "name": gpu.name, "memory": gpu.memory, "precision": precision })
        };
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
    drop(out);
    if cli.profile {
        native::profile::start();
    }
    let done = if cli.predict { predict::answer(&predict::lines(), &mut io::stdout())? } else { work::work()? };
    if cli.profile {
        write!(io::stderr(), "{}", Profile::new(&native::profile::read()))?;
    }
    Ok(if done { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
