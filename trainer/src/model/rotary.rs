//! Rotary positions: what queries and keys are turned by.

use std::cell::OnceCell;

use tch::{Device, Kind, Tensor};

use super::Batch;

/// The inverse frequencies of a layer's rotation, `head / 2` of them: no parameter, yet part of the
/// checkpoint.
#[derive(Debug)]
pub struct Frequencies {
    values: Vec<f32>,
    /// The same, fp32, where the model is: nothing is sent to a GPU in the middle of a pass.
    tensor: Tensor,
}

impl Frequencies {
    #[must_use]
    pub fn new(values: Vec<f32>) -> Self {
        Self { tensor: Tensor::from_slice(&values), values }
    }

    /// 10000^(−2i / head size) for i below half the head size.
    #[must_use]
    pub fn inverse(head_size: i64) -> Self {
        Self::new((0..head_size / 2).map(|i| 1.0 / 10_000_f32.powf((2 * i) as f32 / head_size as f32)).collect())
    }

    /// fp32 `[head / 2]`, on the host.
    pub fn on_host(&self) -> Tensor {
        Tensor::from_slice(&self.values)
    }

    #[must_use]
    pub fn to_device(&self, device: Device) -> Self {
        Self { tensor: self.tensor.to_device(device), values: self.values.clone() }
    }
}

impl PartialEq for Frequencies {
    fn eq(&self, other: &Self) -> bool {
        self.values == other.values
    }
}

/// The cosines and sines of a batch's rotary positions.
#[derive(Debug)]
pub struct Rotary {
    /// fp32 `[positions, head / 2]`.
    cosine: Tensor,
    sine: Tensor,
    /// fp32 `[tokens, head]` each, the sines with the sign of `rotate_half`.
    by_token: OnceCell<[Tensor; 2]>,
}

impl Rotary {
    /// Angle = position · inverse frequency.
    #[must_use]
    pub fn new(frequencies: &Frequencies, batch: &Batch) -> Self {
        let positions = Tensor::arange(batch.longest, (Kind::Float, batch.positions.device()));
        let angle = positions.outer(&frequencies.tensor); // [positions, head / 2]
        Self { cosine: angle.cos(), sine: angle.sin(), by_token: OnceCell::new() }
    }

    #[must_use]
    pub fn head_size(&self) -> i64 {
        2 * self.cosine.size()[1]
    }

    /// Cosines and sines, fp32 `[positions, head / 2]` each.
    pub(super) const fn tables(&self) -> [&Tensor; 2] {
        [&self.cosine, &self.sine]
    }

    /// Rotates fp32 `[tokens, …, head]`. With half-split rotation the partner of a coordinate lies
    /// half a head away: a roll.
    pub(super) fn rotate(&self, x: &Tensor, batch: &Batch) -> Tensor {
        let [cosine, sine] = self.by_token.get_or_init(|| {
            let at = |left: &Tensor, right: &Tensor| Tensor::cat(&[left, right], 1).index_select(0, &batch.positions);
            [at(&self.cosine, &self.cosine), at(&-&self.sine, &self.sine)]
        });
        let mut shape = vec![1; x.dim()];
        shape[0] = -1;
        shape[x.dim() - 1] = self.head_size();
        let turned = x.roll([self.head_size() / 2], [-1]);
        (x * cosine.view(shape.as_slice())).addcmul(&turned, &sine.view(shape.as_slice()))
    }
}
