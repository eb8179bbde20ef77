//! Logits of a split, without gradients.

use std::ops::ControlFlow;

use tch::{Device, Kind};

use super::Examples;
use crate::{
    model::{Classifier, Pass},
    native::profile,
};

/// The logits of every example, row-major `[examples, classes]`. `progress` hears how many are done, and may break it off.
pub fn evaluate(
    model: &Classifier,
    examples: &Examples,
    compute: Kind,
    batch_size: usize,
    mut progress: impl FnMut(usize) -> ControlFlow<()>,
) -> ControlFlow<(), Vec<f32>> {
    let _phase = profile::phase(c"evaluation");
    tch::no_grad(|| {
        let (pass, device) = (Pass::new(model, compute), model.device());
        let classes = model.out.bias.numel();
        let mut logits = vec![0.0; examples.len() * classes];
        let all: Vec<usize> = (0..examples.len()).collect();
        for (indices, into) in all.chunks(batch_size).zip(logits.chunks_mut(batch_size * classes)) {
            let batch = examples.pack(indices, compute, device);
            pass.logits(&batch).to_device(Device::Cpu).contiguous().copy_data(into, into.len());
            if progress(indices[indices.len() - 1] + 1).is_break() {
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(logits)
    })
}
