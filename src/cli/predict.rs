//! `titer predict`: the models of an experiment on new proteins.

use std::{
    fmt::Write as _,
    io::Write,
    path::{Path, PathBuf},
    thread,
};

use super::{place, shown::Experiment};
use crate::{
    error::Error,
    predict::{
        self, Calibrated, Columns, Ensemble, Looked, Nearest, Prediction, Predictor, Progress, Proteins, Scores, Sink, Summary,
    },
    schedule::{
        DeviceChoice, Devices, Interrupts, Worker,
        progress::{Style, duration},
    },
};
use titer_core::{
    experiment::Precision,
    metric::Unit,
    protocol::{Device, PROTOCOL, predict::Asked},
    text::{shown, thousands},
};
use titer_report::Inputs;

/// Predicts new proteins with the configuration that the report recommends: the runs of all its
/// seeds together, or one run.
///
/// Writes a row a protein, in the order of the file: the prediction, probabilities as the models
/// give them and calibrated, a prediction set or an interval, the nearest training protein. What
/// cannot be predicted stays in the table, with the reason in `note`. docs/predicting.md describes
/// every column.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The experiment file.
    pub file: PathBuf,
    /// The proteins: FASTA, CSV, TSV or Parquet; text may be compressed.
    #[arg(value_parser = place::path())]
    pub proteins: PathBuf,
    /// One run, by its key or the first digits of it, instead of the recommended configuration.
    #[arg(long, value_name = "KEY")]
    pub run: Option<String>,
    /// Where to write: a file that ends in .csv or .parquet. Default: CSV to standard output.
    #[arg(long, value_name = "OUT", value_parser = place::path())]
    pub out: Option<PathBuf>,
    /// Replaces the file that --out names.
    #[arg(long, requires = "out")]
    pub force: bool,
    /// The share of proteins whose prediction set, or interval, is to hold the truth.
    #[arg(long, value_name = "SHARE", default_value = "0.9", value_parser = coverage)]
    pub coverage: f64,
    /// The column of ids. Default: as in the experiment's data; where there is none, the number of
    /// the row.
    #[arg(long, value_name = "COLUMN")]
    pub id: Option<String>,
    /// The column of sequences. Default: as in the experiment's data, or `sequence`.
    #[arg(long, value_name = "COLUMN")]
    pub sequence: Option<String>,
    /// The column of labels, to score the predictions; of FASTA a KEY of its headers, or a pattern
    /// whose group captures the label. Default: as in the experiment's data.
    #[arg(long, value_name = "COLUMN")]
    pub label: Option<String>,
    /// Does not search for the nearest training protein.
    #[arg(long)]
    pub no_nearest: bool,
    /// Where to compute: auto (a GPU, or the CPU), cpu, cuda, or a GPU by number: cuda:0.
    #[arg(long, default_value = "auto", env = "TITER_DEVICE")]
    pub device: DeviceChoice,
    /// What to compute in: fp32, bf16, fp16. Default: as the runs were computed; fp32 where the
    /// device cannot.
    #[arg(long, value_parser = precision)]
    pub precision: Option<Precision>,
    /// The folder of all results.
    #[arg(long, value_name = "DIR", default_value = "results", env = "TITER_RESULTS", value_parser = place::path())]
    pub results: PathBuf,
    /// Sets a key of the file: the configurations are those of that plan, as far as its runs are
    /// done. Repeatable.
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

pub fn run(args: &Args, style: Style, out: &mut dyn Write) -> Result<(), Error> {
    let experiment = Experiment::read(&args.file, &args.results, &args.set)?;
    experiment.warn();
    let inputs = experiment.inputs();
    let ensemble = Ensemble::of(&args.file, &experiment.folder, inputs, args.run.as_deref())?.with_weights()?;
    tracing::info!("{}", who(&ensemble));
    for caution in &ensemble.cautions {
        tracing::warn!("{caution}");
    }
    let (lines, to_file) = (predict(args, style, &ensemble, inputs, out)?, args.out.is_some());
    for line in lines {
        if to_file {
            writeln!(out, "{}", shown(&line)).map_err(|source| Error::Output { source })?;
        } else {
            tracing::info!("{line}");
        }
    }
    Ok(())
}

/// Predicts; what there is to say of it, a line each.
fn predict(args: &Args, style: Style, ensemble: &Ensemble, inputs: &Inputs, out: &mut dyn Write) -> Result<Vec<String>, Error> {
    let sink = Sink::open(args.out.as_deref(), args.force, out)?;
    let calibrated = Calibrated::new(ensemble, args.coverage);
    let nearest = nearest(ensemble, inputs, args.no_nearest);
    let columns = Columns { id: args.id.clone(), sequence: args.sequence.clone(), label: args.label.clone() };
    let open = || Proteins::open(&args.proteins, Path::new(""), &columns, ensemble.data());
    let first = open()?;
    first.notes.iter().for_each(|note| tracing::info!("{note}"));
    let looked = first.look(&args.proteins)?;
    said_of(&looked);

    let interrupts = Interrupts::watch();
    let goes_on = || interrupts.count() == 0;
    let worker = Worker::find()?;
    let (device, precision) = target(args, ensemble, &worker)?;
    let (max_length, truncate) = ensemble.tokens();
    let models = ensemble.weights()?;
    let models = models.iter().map(|folder| std::path::absolute(folder).unwrap_or_else(|_| folder.clone())).collect();
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let outputs = ensemble.outputs();
    let asked = Asked { protocol: PROTOCOL, models, outputs, device, precision, threads, max_length, truncate };
    let mut predictor = Predictor::start(&worker, asked, &goes_on)?;
    let progress = Progress::new(style, looked.proteins);
    let prediction = Prediction {
        ensemble,
        calibrated: &calibrated,
        nearest: &nearest,
        looked: &looked,
        device,
        told: &|done| progress.told(done),
        goes_on: &goes_on,
    };
    let summary = prediction.run(&args.proteins, open()?, &mut predictor, sink).map_err(|error| match error {
        predict::Error::Output { source } => Error::Output { source },
        error => error.into(),
    })?;

    let mut lines = vec![predicted(&summary, progress.seconds(), device, precision, max_length)];
    lines.extend(nearest.tool.as_ref().map(|version| {
        format!("{} far from all {} training proteins (MMseqs2 {version})", thousands(summary.far), thousands(nearest.count()))
    }));
    lines.extend(calibrated.temperature_sentence(ensemble.output()));
    lines.push(calibrated.sentence(ensemble.output()));
    lines.extend(summary.scores.iter().flat_map(|of| scores(of, nearest.count() > 0)));
    lines.extend(args.out.as_ref().map(|path| path.display().to_string()));
    Ok(lines)
}

/// Which runs predict.
fn who(ensemble: &Ensemble) -> String {
    let seeds = ensemble.seeds();
    let keys: Vec<&str> = ensemble.runs.iter().map(|run| run.manifest.key.as_str()).collect();
    let listed = seeds.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
    match (&ensemble.configuration, keys.as_slice()) {
        (None, [key]) => format!("the run {key} (seed {listed})"),
        (Some(configuration), [key]) => format!("the recommended configuration, {configuration}: the run {key} (seed {listed})"),
        (configuration, keys) => {
            let name = configuration.as_deref().unwrap_or_default();
            format!("the recommended configuration, {name}: its {} runs together (seeds {listed})", keys.len())
        }
    }
}

fn nearest(ensemble: &Ensemble, inputs: &Inputs, without: bool) -> Nearest {
    let trained_on = ensemble.trained_on(&inputs.proteins);
    let nearest = Nearest::new(&trained_on, &ensemble.validated_on(&inputs.proteins), !without);
    if trained_on.is_empty() {
        tracing::warn!("the runs' training proteins are not known, the data of the last sweep is other: `nearest` stays empty");
    } else if nearest.tool.is_none() && !without {
        tracing::warn!(
            "mmseqs is not on PATH: only equal sequences are found in the training data (apt or conda brings mmseqs2)"
        );
    }
    nearest
}

fn said_of(looked: &Looked) {
    for (count, what) in [(looked.repeated_sequences, "a sequence"), (looked.repeated_ids, "an id")] {
        if count > 0 {
            let rows = if count == 1 { "1 row repeats".to_owned() } else { format!("{} rows repeat", thousands(count)) };
            tracing::warn!("{rows} {what} of an earlier row: they are predicted and noted");
        }
    }
}

/// Where to compute, and what in.
fn target(args: &Args, ensemble: &Ensemble, worker: &Worker) -> Result<(Device, Precision), Error> {
    let devices = Devices::choose(&args.device, || worker.devices())?;
    let gpu = if let Devices::Gpus(gpus) = &devices { gpus.first() } else { None };
    let device = gpu.map_or(Device::Cpu, |gpu| Device::Cuda(gpu.index));
    if let Some(asked) = args.precision {
        return Ok((device, asked));
    }
    let able = |precision| match gpu {
        None => precision != Precision::Fp16,
        Some(gpu) => precision != Precision::Bf16 || gpu.precision == Precision::Bf16,
    };
    Ok((device, ensemble.precision().filter(|precision| able(*precision)).unwrap_or(Precision::Fp32)))
}

fn predicted(summary: &Summary, seconds: f64, device: Device, precision: Precision, max_tokens: usize) -> String {
    let done = summary.proteins - summary.unpredicted;
    let mut line = format!(
        "{} of {} proteins predicted in {} on {device} in {}",
        thousands(done),
        thousands(summary.proteins),
        duration(seconds),
        precision.name(),
    );
    if summary.unpredicted > 0 {
        line += "; `note` says why the others are not";
    }
    if summary.truncated > 0 {
        let _ = write!(line, "; {} truncated to {} tokens", thousands(summary.truncated), thousands(max_tokens));
    }
    line
}

/// A line a score. `are_known`: the proteins that trained the models are.
fn scores(scores: &Scores, are_known: bool) -> Vec<String> {
    let known = match scores.known {
        _ if !are_known => "; whether they trained the models is not known".to_owned(),
        0 => String::new(),
        known => format!(", {} of which trained or validated the models: the scores flatter them", thousands(known)),
    };
    let proteins = if scores.proteins == 1 { "1 protein".to_owned() } else { format!("{} proteins", thousands(scores.proteins)) };
    let mut lines = vec![format!("scored on {proteins} with a label{known}")];
    for (metric, value) in &scores.metrics {
        let written =
            |value: f64| if metric.unit == Unit::Share { format!("{:.2} %", 100.0 * value) } else { metric.written(value) };
        lines.push(match value {
            Ok((value, Some([low, high]))) => {
                format!("  {} {} [{}, {}]", metric.label, written(*value), written(*low), written(*high))
            }
            Ok((value, None)) => format!("  {} {}", metric.label, written(*value)),
            Err(why) => format!("  {}: undefined, {why}", metric.label),
        });
    }
    if scores.of > 0 {
        let [low, high] = scores.held_interval();
        let what = if scores.set_size.is_some() { "sets" } else { "intervals" };
        let size = scores.set_size.map(|size| format!("; a set has {size:.2} classes on average")).unwrap_or_default();
        lines.push(format!(
            "  {what} that hold the label {:.1} % [{:.1} %, {:.1} %]: {} of {}{size}",
            100.0 * scores.held as f64 / scores.of as f64,
            100.0 * low,
            100.0 * high,
            thousands(scores.held),
            thousands(scores.of),
        ));
    }
    lines
}

fn coverage(text: &str) -> Result<f64, String> {
    let share = text.parse::<f64>().ok().filter(|share| *share > 0.0 && *share < 1.0);
    share.ok_or_else(|| "a coverage is a share above 0 and below 1, such as 0.9".to_owned())
}

fn precision(text: &str) -> Result<Precision, String> {
    let all = [Precision::Fp32, Precision::Bf16, Precision::Fp16];
    all.into_iter().find(|precision| precision.name() == text).ok_or_else(|| "it may be fp32, bf16 or fp16".to_owned())
}
