//! Fine-tuned models on proteins that arrive while they compute: what `titer predict` starts.

use std::{
    io::{self, Write},
    path::PathBuf,
    sync::mpsc::{self, Receiver},
    thread,
};

use tch::Tensor;
use titer_core::{
    data::tokens::{self, Tokenizer},
    protocol::{
        PROTOCOL,
        predict::{Answer, Asked, Sequences},
    },
};

use crate::{
    machine::{self, DeviceError},
    model::{Batch, Classifier, ModelError, Pass, weights},
    native::{self, NativeError},
    train,
};

/// The most tokens that are computed at once, unless one protein alone has more: a CPU is no faster
/// with more of them.
const ON_A_CPU: usize = 4_096;
/// The same: a GPU that computes fewer waits for the host.
const ON_A_GPU: usize = 65_536;

/// What keeps models from predicting.
#[derive(Debug, thiserror::Error)]
pub enum PredictError {
    #[error("the question is not understood: {0}")]
    Question(#[from] serde_json::Error),
    #[error("titer speaks protocol {runner}, titer-worker {PROTOCOL}")]
    Protocol { runner: u32 },
    #[error(transparent)]
    Device(#[from] DeviceError),
    #[error("{}: {source}", folder.display())]
    Model { folder: PathBuf, source: ModelError },
    #[error("{message}")]
    Panicked { message: String },
}

impl PredictError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Question(_) | Self::Protocol { .. } => {
                Some("titer and titer-worker must be of one version: `just build` builds both")
            }
            Self::Device(error) => Some(error.hint()),
            Self::Model { source, .. } => Some(source.hint()),
            Self::Panicked { message } if native::is_out_of_memory(message) => Some("--device cpu computes in the host's memory"),
            Self::Panicked { .. } => None,
        }
    }
}

/// Models on their device.
#[derive(Debug)]
pub struct Models {
    asked: Asked,
    device: tch::Device,
    all: Vec<Classifier>,
    tokenizer: Tokenizer,
}

impl Models {
    /// Opens the device and reads the models.
    pub fn load(asked: Asked) -> Result<Self, PredictError> {
        if asked.protocol != PROTOCOL {
            return Err(PredictError::Protocol { runner: asked.protocol });
        }
        native::warnings::hear();
        let device = machine::open(asked.device)?;
        machine::precision(asked.precision, asked.device)?;
        tch::set_num_threads(asked.threads as i32);
        let read = |folder: &PathBuf| {
            let model = weights::fine_tuned(folder, asked.outputs as i64);
            model.map(|model| model.to_device(device)).map_err(|source| PredictError::Model { folder: folder.clone(), source })
        };
        let all = asked.models.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Self { all, device, tokenizer: Tokenizer::esm2(), asked })
    }

    /// The models, ready to compute.
    #[must_use]
    pub fn ready(&self) -> Ready<'_> {
        let compute = train::kind(self.asked.precision);
        Ready { of: self, passes: tch::no_grad(|| self.all.iter().map(|model| Pass::new(model, compute)).collect()) }
    }
}

/// Models whose matrices are cast to the precision that they compute in.
#[derive(Debug)]
pub struct Ready<'a> {
    of: &'a Models,
    passes: Vec<Pass<'a>>,
}

impl Ready<'_> {
    /// By model what it gives for each protein, `[proteins, outputs]` row by row.
    ///
    /// Proteins are packed side by side and attend to themselves alone.
    #[must_use]
    pub fn outputs(&self, sequences: &[String]) -> Vec<Vec<f32>> {
        let Asked { outputs, precision, max_length, truncate, .. } = self.of.asked;
        let (device, compute) = (self.of.device, train::kind(precision));
        let encode = |sequence: &String| tokens::truncate(self.of.tokenizer.encode(sequence), max_length, truncate);
        let encoded: Vec<Vec<u8>> = sequences.iter().map(encode).collect();
        let mut found = vec![Vec::with_capacity(sequences.len() * outputs); self.passes.len()];
        tch::no_grad(|| {
            let mut done = 0;
            while done < encoded.len() {
                let batch = fitting(&encoded[done..], if device.is_cuda() { ON_A_GPU } else { ON_A_CPU });
                let packed = Batch::pack(&batch, &[], Batch::align(compute, device), device);
                for (pass, found) in self.passes.iter().zip(&mut found) {
                    let logits: Tensor = pass.logits(&packed).to_device(tch::Device::Cpu).contiguous();
                    let mut values = vec![0.0; batch.len() * outputs];
                    logits.copy_data(&mut values, batch.len() * outputs);
                    found.extend(values);
                }
                done += batch.len();
            }
        });
        found
    }
}

/// As many of the proteins as have so many tokens together, at least one.
fn fitting(encoded: &[Vec<u8>], most: usize) -> Vec<&[u8]> {
    let mut tokens = 0;
    let fit = encoded.iter().take_while(|protein| {
        tokens += protein.len();
        tokens <= most
    });
    encoded[..fit.count().max(1)].iter().map(Vec::as_slice).collect()
}

/// Answers the questions that arrive as lines until there are no more. An error that keeps it from
/// going on is its last answer; whether there was none.
pub fn answer(lines: &Receiver<io::Result<String>>, output: &mut impl Write) -> io::Result<bool> {
    let mut tell = |answer: &Answer| -> io::Result<()> {
        serde_json::to_writer(&mut *output, answer)?;
        output.write_all(b"\n")?;
        output.flush()
    };
    let done = native::caught(|| answer_all(lines, &mut tell));
    let Err(error) = done.unwrap_or_else(|NativeError { message }| Ok(Err(PredictError::Panicked { message })))? else {
        return Ok(true);
    };
    tell(&Answer::Failed { message: error.to_string(), hint: error.hint().map(str::to_owned) })?;
    Ok(false)
}

fn answer_all(
    lines: &Receiver<io::Result<String>>,
    tell: &mut dyn FnMut(&Answer) -> io::Result<()>,
) -> io::Result<Result<(), PredictError>> {
    let Some(first) = lines.recv().ok().transpose()? else { return Ok(Ok(())) };
    let models = match serde_json::from_str(&first).map_err(PredictError::from).and_then(Models::load) {
        Ok(models) => models,
        Err(error) => return Ok(Err(error)),
    };
    let ready = models.ready();
    tell(&Answer::Ready { protocol: PROTOCOL, precision: models.asked.precision })?;
    for line in lines {
        let Sequences(sequences) = match serde_json::from_str(&line?) {
            Ok(sequences) => sequences,
            Err(error) => return Ok(Err(error.into())),
        };
        let finite = |value: f32| value.is_finite().then_some(value);
        let outputs = ready.outputs(&sequences).into_iter().map(|model| model.into_iter().map(finite).collect()).collect();
        tell(&Answer::Outputs { outputs })?;
    }
    Ok(Ok(()))
}

/// The lines of standard input, read beside the computing: whoever asks may send what comes next
/// before it hears of what was.
#[must_use]
pub fn lines() -> Receiver<io::Result<String>> {
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || io::stdin().lines().try_for_each(|line| sender.send(line)));
    lines
}
