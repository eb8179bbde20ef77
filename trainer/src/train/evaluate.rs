//! Logits of a split, without gradients.

use std::ops::ControlFlow;

use tch::{Device, Kind, Tensor};

use super::Examples;
use crate::{
    model::{Classifier, Pass},
    native::profile,
};

/// The logits of every example, row-major `[examples, classes]`. `progress` hears how many are
/// done, and may break it off.
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
        let all: Vec<usize> = (0..examples.len()).collect();
        let mut batches = Vec::new();
        for indices in all.chunks(batch_size) {
            batches.push(pass.logits(&examples.pack(indices, compute, device)));
            if progress(indices[indices.len() - 1] + 1).is_break() {
                return ControlFlow::Break(());
            }
        }
        let mut logits = vec![0.0; examples.len() * classes];
        if !batches.is_empty() {
            // Fetched once: at each fetch the host waits for a GPU, and launches nothing meanwhile.
            let all = Tensor::cat(&batches, 0).to_device(Device::Cpu);
            all.copy_data(&mut logits, examples.len() * classes);
        }
        ControlFlow::Continue(logits)
    })
}
