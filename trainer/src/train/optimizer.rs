//! `AdamW` over a model's trained parameters, with clipping and, in fp16, loss scaling.

use tch::{Kind, Tensor};
use titer_core::experiment::{Precision, TrainSettings};

use crate::{
    model::Classifier,
    native::{self, AdamW, AdamWState, NativeError, profile},
};

const BETA1: f64 = 0.9;
const BETA2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// Parameters that share a weight decay, with `AdamW`'s state.
#[derive(Debug)]
struct Group {
    decay: f64,
    /// Positions in the list of all trained parameters.
    members: Vec<usize>,
    parameters: Vec<Tensor>,
    means: Vec<Tensor>,
    squares: Vec<Tensor>,
    steps: Vec<Tensor>,
}

/// The optimiser of a run.
#[derive(Debug)]
pub struct Optimizer {
    groups: [Group; 2],
    max_grad_norm: f64,
    scaler: Option<Scaler>,
}

/// What a step did.
#[derive(Debug)]
pub struct Stepped {
    /// The global norm before clipping, a scalar on the device.
    pub grad_norm: Tensor,
    /// fp16: the gradients overflowed and nothing was changed.
    pub skipped: bool,
}

impl Optimizer {
    /// Decay applies to every matrix, the embedding included; not to biases and layer
    /// normalisations.
    #[must_use]
    pub fn new(model: &Classifier, recipe: &TrainSettings, precision: Precision) -> Self {
        let parameters: Vec<Tensor> =
            model.trained().into_iter().map(|(_, tensor)| tensor.shallow_clone().set_requires_grad(true)).collect();
        let group = |decay, decayed: bool| {
            let members: Vec<usize> = (0..parameters.len()).filter(|&index| (parameters[index].dim() == 2) == decayed).collect();
            let of = |make: &dyn Fn(&Tensor) -> Tensor| members.iter().map(|&index| make(&parameters[index])).collect();
            Group {
                decay,
                parameters: of(&Tensor::shallow_clone),
                means: of(&|tensor| tensor.zeros_like()),
                squares: of(&|tensor| tensor.zeros_like()),
                steps: of(&|tensor| Tensor::zeros([], (Kind::Float, tensor.device()))),
                members: members.clone(),
            }
        };
        let groups = [group(recipe.weight_decay, true), group(0.0, false)];
        let scaler = (precision == Precision::Fp16).then(|| Scaler::new(&parameters[0]));
        Self { groups, max_grad_norm: recipe.max_grad_norm, scaler }
    }

    /// What the loss is to be multiplied by before its gradients are taken: an fp32 scalar on the
    /// device, in fp16 alone.
    #[must_use]
    pub fn loss_scale(&self) -> Option<&Tensor> {
        self.scaler.as_ref().map(|scaler| &scaler.scale)
    }

    /// Clips the gradients, one a trained parameter, and takes a step at `rate`.
    pub fn step(&mut self, gradients: &[Tensor], rate: f64) -> Result<Stepped, NativeError> {
        let found_inf = match &self.scaler {
            Some(scaler) => Some(scaler.unscale(gradients)?),
            None => None,
        };
        let grad_norm = {
            let _phase = profile::phase(c"clipping");
            native::clip(gradients, self.max_grad_norm)?
        };
        let _phase = profile::phase(c"optimiser");
        for group in &self.groups {
            let gradients: Vec<Tensor> = group.members.iter().map(|&index| gradients[index].shallow_clone()).collect();
            let state = AdamWState {
                parameters: &group.parameters,
                gradients: &gradients,
                means: &group.means,
                squares: &group.squares,
                steps: &group.steps,
            };
            let how = AdamW { rate, beta1: BETA1, beta2: BETA2, decay: group.decay, epsilon: EPSILON };
            native::adamw(state, how, found_inf.as_ref())?;
        }
        let skipped = match (&mut self.scaler, found_inf) {
            (Some(scaler), Some(found_inf)) => scaler.update(found_inf.double_value(&[]) != 0.0),
            _ => false,
        };
        Ok(Stepped { grad_norm, skipped })
    }
}

/// What a checkpoint holds.
impl Optimizer {
    /// Every tensor of the state, named by its role and by the parameter's position in the order of
    /// the checkpoint: `mean.3`.
    #[must_use]
    pub fn state(&self) -> Vec<(String, &Tensor)> {
        let mut all = Vec::new();
        for group in &self.groups {
            for (role, tensors) in [("mean", &group.means), ("square", &group.squares), ("count", &group.steps)] {
                all.extend(group.members.iter().zip(tensors).map(|(member, tensor)| (format!("{role}.{member}"), tensor)));
            }
        }
        all
    }

    /// The loss scale and the good steps since it last changed; `None` where there is no scaling.
    #[must_use]
    pub fn scale(&self) -> Option<(f64, u32)> {
        self.scaler.as_ref().map(|scaler| (scaler.value, scaler.good_steps))
    }

    /// Sets the loss scale, as [`Self::scale`] gave it.
    pub fn set_scale(&mut self, (value, good_steps): (f64, u32)) {
        if let Some(scaler) = &mut self.scaler {
            (scaler.value, scaler.good_steps) = (value, good_steps);
            let _ = scaler.scale.fill_(value);
        }
    }
}

/// Loss scaling as `torch.amp.GradScaler` does it: from 65,536, doubled after 2,000 good steps,
/// halved on overflow.
#[derive(Debug)]
struct Scaler {
    /// fp32 scalar on the device.
    scale: Tensor,
    value: f64,
    good_steps: u32,
}

impl Scaler {
    const START: f64 = 65_536.0;
    const GROWTH_INTERVAL: u32 = 2_000;

    fn new(like: &Tensor) -> Self {
        let scale = Tensor::full([], Self::START, (Kind::Float, like.device()));
        Self { scale, value: Self::START, good_steps: 0 }
    }

    fn unscale(&self, gradients: &[Tensor]) -> Result<Tensor, NativeError> {
        let found_inf = self.scale.zeros_like();
        native::unscale(gradients, &found_inf, &self.scale.reciprocal())?;
        Ok(found_inf)
    }

    /// Returns whether the step was skipped.
    fn update(&mut self, overflowed: bool) -> bool {
        if overflowed {
            self.value *= 0.5;
            self.good_steps = 0;
        } else {
            self.good_steps += 1;
            if self.good_steps == Self::GROWTH_INTERVAL {
                self.value *= 2.0;
                self.good_steps = 0;
            }
        }
        let _ = self.scale.fill_(self.value);
        overflowed
    }
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::*;

    #[test]
    fn the_scale_halves_on_overflow_and_doubles_after_two_thousand_good_steps() {
        let mut scaler = Scaler::new(&Tensor::zeros([], (Kind::Float, Device::Cpu)));
        assert!(scaler.update(true));
        assert_eq!(scaler.value, 32_768.0);
        for _ in 0..1_999 {
            assert!(!scaler.update(false));
        }
        assert_eq!(scaler.value, 32_768.0);
        scaler.update(false);
        assert_eq!(scaler.scale.double_value(&[]), 65_536.0);
    }

    #[test]
    fn an_overflow_changes_neither_parameters_nor_counts() {
        let tensor = |value: f64| Tensor::from_slice(&[value as f32, 1.0]);
        let pair = |value| [tensor(value), tensor(value)];
        let (parameters, means, squares) = (pair(1.0), pair(0.0), pair(0.0));
        let steps = [(); 2].map(|()| Tensor::zeros([], (Kind::Float, Device::Cpu)));
        let gradients = [tensor(1.0), tensor(f64::INFINITY)];
        let found_inf = Tensor::zeros([], (Kind::Float, Device::Cpu));
        native::unscale(&gradients, &found_inf, &Tensor::from(0.5_f32)).unwrap();
        assert_eq!(found_inf.double_value(&[]), 1.0);
        let state =
            AdamWState { parameters: &parameters, gradients: &gradients, means: &means, squares: &squares, steps: &steps };
        let how = AdamW { rate: 0.1, beta1: BETA1, beta2: BETA2, decay: 0.1, epsilon: EPSILON };
        native::adamw(state, how, Some(&found_inf)).unwrap();
        assert_eq!(Vec::<f32>::try_from(&parameters[0]).unwrap(), [1.0, 1.0]);
        for count in &steps {
            assert_eq!(count.double_value(&[]), 0.0);
        }
    }
}
