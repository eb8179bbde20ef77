//! The order in which an epoch visits the proteins.

use tch::{Device, Kind, Tensor};

use crate::generator;

/// `torch.randperm(count)` from a generator seeded with `seed + epoch`, as the reference's sampler
/// draws it (epochs from 0).
#[must_use]
pub fn shuffled(seed: u32, epoch: u32, count: usize) -> Vec<usize> {
    let draw = || Tensor::randperm(count as i64, (Kind::Int64, Device::Cpu));
    let order = generator::seeded(i64::from(seed) + i64::from(epoch), draw);
    let mut indices = vec![0_i64; count];
    order.copy_data(&mut indices, count);
    indices.into_iter().map(|index| index as usize).collect()
}
