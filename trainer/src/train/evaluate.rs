//! Logits of a split, without gradients.

use std::ops::ControlFlow;

use tch::{Device, Kind};

use super::{Examples, Lane};
use crate::{
    model::Classifier,
    native::{NativeError, profile},
};

/// The logits of every example, row-major `[examples, classes]`. `progress` hears how many are done, and may break it off.
pub fn evaluate(
    model: &Classifier,
    lane: &Lane,
    examples: &Examples,
    compute: Kind,
    batch_size: usize,
    mut progress: impl FnMut(usize) -> ControlFlow<()>,
) -> Result<ControlFlow<(), Vec<f32>>, NativeError> {
    let _phase = profile::phase(c"evaluation");
    tch::no_grad(|| {
        let forward = lane.forward(model, compute);
        let classes = model.out.bias.numel();
        let mut logits = vec![0.0; examples.len() * classes];
        let all: Vec<usize> = (0..examples.len()).collect();
        for (indices, into) in all.chunks(batch_size).zip(logits.chunks_mut(batch_size * classes)) {
            forward.logits(examples, indices)?.to_device(Device::Cpu).contiguous().copy_data(into, into.len());
            if progress(indices[indices.len() - 1] + 1).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(logits))
    })
}
