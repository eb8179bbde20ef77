//! The loss of a batch and its gradients, launched kernel by kernel.

use tch::{Kind, Tensor};

use super::Examples;
use crate::{
    model::{Batch, Classifier, Pass},
    native::profile,
};

/// What one training step is computed from, before the parameters change.
#[derive(Debug)]
pub struct Gradients {
    /// The mean over the batch, a scalar on the device.
    pub loss: Tensor,
    /// Of the loss, times its scale where there is one; one a trained parameter.
    pub gradients: Vec<Tensor>,
    /// Of the batch.
    pub tokens: u64,
}

/// The loss of a batch and its gradients; the phases are those of `titer-worker --profile`.
#[must_use]
pub fn gradients(model: &Classifier, examples: &Examples, indices: &[usize], compute: Kind, scale: Option<&Tensor>) -> Gradients {
    let batch = {
        let _phase = profile::phase(c"data");
        examples.pack(indices, compute, model.device())
    };
    let tokens = batch.tokens();
    let (loss, gradients) = differentiated(model, &batch, compute, scale);
    Gradients { loss, gradients, tokens }
}

/// The loss and the gradients of the trained parameters.
pub(super) fn differentiated(model: &Classifier, batch: &Batch, compute: Kind, scale: Option<&Tensor>) -> (Tensor, Vec<Tensor>) {
    let logits = {
        let _phase = profile::phase(c"forward");
        Pass::new(model, compute).logits(batch)
    };
    let loss = {
        let _phase = profile::phase(c"loss");
        model.objective.loss(&logits, &batch.targets)
    };
    let objective = scale.map_or_else(|| loss.shallow_clone(), |scale| &loss * scale);
    let parameters: Vec<&Tensor> = model.trained().into_iter().map(|(_, tensor)| tensor).collect();
    let _phase = profile::phase(c"backward");
    let gradients = Tensor::run_backward(&[objective], &parameters, false, false);
    (loss.detach(), gradients)
}
