//! Linear maps, as the next kernel takes them.

use tch::{Device, Kind, Tensor};

use super::esm2::Linear;
use crate::native::ops::Projected;

/// What a linear map makes of its input, `[rows, out]`. On a CPU the bias is left to the kernel
/// that comes next, which adds it in passing and sums its gradient likewise: libtorch spends a pass
/// over memory on each.
#[derive(Debug)]
pub struct Projection {
    pub product: Tensor,
    /// fp32 `[out]`, still to be added.
    pub bias: Option<Tensor>,
}

impl Projection {
    /// `x`: `[rows, in]` in the map's type.
    #[must_use]
    pub fn new(x: &Tensor, map: &Linear) -> Self {
        if takes(x.device(), x.kind()) {
            Self { product: x.matmul(&map.weight.tr()), bias: Some(map.bias.shallow_clone()) }
        } else {
            Self { product: x.linear(&map.weight, Some(&map.bias)), bias: None }
        }
    }

    /// With its bias, in the type of the product.
    pub fn whole(&self) -> Tensor {
        match &self.bias {
            Some(bias) => &self.product + bias.to_kind(self.product.kind()),
            None => self.product.shallow_clone(),
        }
    }

    /// In another type.
    #[must_use]
    pub fn to_kind(&self, kind: Kind) -> Self {
        Self { product: self.product.to_kind(kind), bias: self.bias.as_ref().map(Tensor::shallow_clone) }
    }

    /// For the CPU's kernels; `None` where there is nothing left to add.
    pub(super) fn pending(&self) -> Option<Projected<'_>> {
        self.bias.as_ref().map(|bias| Projected { product: &self.product, bias })
    }
}

/// Whether there are kernels of our own for tensors of this kind: those of the CPU take fp32 and
/// bf16.
#[must_use]
pub fn takes(device: Device, kind: Kind) -> bool {
    device == Device::Cpu && matches!(kind, Kind::Float | Kind::BFloat16)
}
