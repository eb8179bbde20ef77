//! Where a run's passes are computed: by itself, or together with those of other runs.

use std::sync::mpsc::{self, Sender};

use tch::{Device, Kind, Reduction, Tensor};

use super::{
    Examples,
    recorded::Recorded,
    stack::{Ask, Said, Wanted},
};
use crate::{
    model::{Batch, Classifier, Pass, batch::IGNORED, stack},
    native::{NativeError, profile},
};

/// What one training step is computed from, before the parameters change.
#[derive(Debug)]
pub struct Slope {
    /// The mean over the batch, a scalar on the device.
    pub loss: Tensor,
    /// Of the loss, times its scale where there is one; one a trained parameter.
    pub gradients: Vec<Tensor>,
    /// Of the batch.
    pub tokens: u64,
}

/// How a run computes.
#[derive(Debug)]
pub enum Lane {
    Alone,
    /// Alone, its steps recorded as CUDA graphs.
    Recorded(Recorded),
    Stacked(Place),
}

/// A run's place in a stack ([`super::stack::Server`]). The others wait for it at each of their steps until it is dropped.
#[derive(Debug)]
pub struct Place {
    pub(super) place: usize,
    pub(super) said: Sender<Said>,
}

impl Lane {
    /// The loss of a batch and its gradients, which are to be used before the next are asked for.
    pub fn slope(
        &mut self,
        model: &Classifier,
        examples: &Examples,
        indices: &[usize],
        compute: Kind,
        scale: Option<&Tensor>,
    ) -> Result<Slope, NativeError> {
        match self {
            Self::Alone => Ok(slope(model, examples, indices, compute, scale)),
            Self::Recorded(recorded) => recorded.slope(model, examples, indices, compute, scale),
            Self::Stacked(place) => {
                let examples = examples.take(indices);
                let tokens = examples.tokens.iter().map(|tokens| tokens.len() as u64).sum();
                let scale = scale.map(Tensor::shallow_clone);
                let (loss, gradients) = place.ask(examples, compute, |answer| Wanted::Slope { scale, answer })?;
                Ok(Slope { loss, gradients, tokens })
            }
        }
    }

    /// What gives the logits of batch after batch, while the model stays as it is.
    #[must_use]
    pub fn forward<'a>(&'a self, model: &'a Classifier, compute: Kind) -> Forward<'a> {
        match self {
            Self::Alone | Self::Recorded(_) => {
                Forward::Alone { pass: Pass::new(model, compute), device: model.device(), compute }
            }
            Self::Stacked(place) => Forward::Stacked { place, compute },
        }
    }
}

/// A model's forward pass, alone or in a stack.
#[derive(Debug)]
pub enum Forward<'a> {
    Alone { pass: Pass<'a>, device: Device, compute: Kind },
    Stacked { place: &'a Place, compute: Kind },
}

impl Forward<'_> {
    /// The logits of a batch, fp32 `[sequences, classes]`.
    pub fn logits(&self, examples: &Examples, indices: &[usize]) -> Result<Tensor, NativeError> {
        match self {
            Self::Alone { pass, device, compute } => Ok(pass.logits(&examples.pack(indices, *compute, *device))),
            Self::Stacked { place, compute } => place.ask(examples.take(indices), *compute, Wanted::Logits),
        }
    }
}

/// The loss of a batch and its gradients, of one run; the phases are those of `titer-worker --profile`.
pub(super) fn slope(model: &Classifier, examples: &Examples, indices: &[usize], compute: Kind, scale: Option<&Tensor>) -> Slope {
    let batch = {
        let _phase = profile::phase(c"data");
        examples.pack(indices, compute, model.device())
    };
    let tokens = batch.tokens();
    let (loss, gradients) = differentiated(model, &batch, compute, scale);
    Slope { loss, gradients, tokens }
}

/// The loss and the gradients of the trained parameters.
pub(super) fn differentiated(model: &Classifier, batch: &Batch, compute: Kind, scale: Option<&Tensor>) -> (Tensor, Vec<Tensor>) {
    let logits = {
        let _phase = profile::phase(c"forward");
        Pass::new(model, compute).logits(batch)
    };
    let loss = {
        let _phase = profile::phase(c"loss");
        logits.cross_entropy_loss::<Tensor>(&batch.labels, None, Reduction::Mean, IGNORED, 0.0)
    };
    let objective = scale.map_or_else(|| loss.shallow_clone(), |scale| &loss * scale);
    let parameters: Vec<&Tensor> = model.trained().into_iter().map(|(_, tensor)| tensor).collect();
    let _phase = profile::phase(c"backward");
    let gradients = Tensor::run_backward(&[objective], &parameters, false, false);
    (loss.detach(), gradients)
}

impl Place {
    /// Before the first step: what the stack needs to know of the run.
    pub(super) fn enter(&self, model: &Classifier) {
        self.say(Said::Enters(self.place, stack::share(model)));
    }

    fn ask<T>(
        &self,
        examples: Examples,
        compute: Kind,
        wanted: impl FnOnce(Sender<Result<T, NativeError>>) -> Wanted,
    ) -> Result<T, NativeError> {
        let (answer, answered) = mpsc::channel();
        self.say(Said::Asks(self.place, Ask { examples, compute, wanted: wanted(answer) }));
        answered.recv().unwrap_or_else(|_| Err(NativeError { message: "the stack of runs is gone".to_owned() }))
    }

    /// A server that is gone shows where the answer does not come.
    fn say(&self, said: Said) {
        let _ = self.said.send(said);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.say(Said::Leaves(self.place));
    }
}
