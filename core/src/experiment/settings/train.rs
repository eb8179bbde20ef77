//! `[train]`: the fine-tuning recipe.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::table::table;
use crate::metric::{F1, Metric};

table! {
    /// The fine-tuning recipe. Every key means what it means in `transformers.TrainingArguments`.
    #[serde(deny_unknown_fields)]
    TrainSettings {
        /// Passes over the training split.
        #[schemars(range(min = 1))]
        epochs: u32 = 5,
        /// Proteins per optimiser step; the last step of an epoch takes what is left.
        #[schemars(range(min = 1))]
        batch_size: usize = 16,
        /// Proteins per forward pass in validation and testing. It changes metrics only by
        /// rounding.
        #[schemars(range(min = 1))]
        eval_batch_size: usize = 32,
        /// The peak learning rate of `AdamW`.
        #[schemars(extend("exclusiveMinimum" = 0))]
        learning_rate: f64 = 2e-5,
        /// The decoupled weight decay; biases and layer norms are exempt.
        #[schemars(range(min = 0))]
        weight_decay: f64 = 0.01,
        /// How the learning rate moves after warm-up.
        schedule: Schedule = Schedule::Linear,
        /// Steps over which the learning rate climbs from zero.
        warmup_steps: u64 = 0,
        /// The global norm gradients are clipped to; 0 switches clipping off.
        #[schemars(range(min = 0))]
        max_grad_norm: f64 = 1.0,
        /// The arithmetic of forward and backward; the weights and the optimiser are always fp32.
        precision: Precision = Precision::Auto,
        /// Seeds the head's initialisation and the order of the proteins.
        seed: u32 = 42,
        /// The validation metric that selects the best checkpoint. Which way is better is the
        /// metric's. Without it, the task's: F1 for classes, Spearman's correlation for numbers.
        select: Metric = F1,
        /// An upper bound on the optimiser steps, for trials and timings; the schedule then ends
        /// there. Without it, none.
        #[schemars(range(min = 1))]
        max_steps: Option<u64> = None,
        /// Epochs after which training ends, though the schedule is made for all `epochs`: with 200
        /// `epochs` and a `stop-after` of 40, 40 epochs are trained at the learning rates of 200.
        /// At most `epochs`. Without it, training ends where the schedule does.
        #[schemars(range(min = 1))]
        stop_after: Option<u32> = None,
        /// Which part of the model is trained; the rest is frozen: no gradient, no weight decay, no
        /// optimiser state, and computed once for all runs that share it.
        finetune: Finetune = Finetune::Full,
    }
}

/// Which part of the model is trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Finetune {
    /// All of it.
    Full,
    /// The classification head alone.
    Frozen,
    /// The given number of last encoder layers (at most as many as the model has), the `LayerNorm`
    /// above them, and the classification head.
    Last(NonZeroU32),
}

/// How the learning rate moves after warm-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// Linearly to zero.
    Linear,
    /// Not at all.
    Constant,
    /// Half a cosine to zero.
    Cosine,
}

/// The arithmetic of forward and backward; the weights and the optimiser are always fp32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Precision {
    /// The fastest safe precision of the device: bf16 on GPUs from Ampere on and on processors with
    /// AVX-512 BF16, fp16 on older GPUs, else fp32. It is resolved before a run gets its key, so a
    /// run in another precision is another run: name the precision to get the same runs everywhere.
    Auto,
    /// Single precision throughout.
    Fp32,
    /// Matrix products in bfloat16.
    Bf16,
    /// With loss scaling; CUDA only.
    Fp16,
}

impl Precision {
    /// Its word in an experiment file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Fp32 => "fp32",
            Self::Bf16 => "bf16",
            Self::Fp16 => "fp16",
        }
    }

    /// What [`Self::Auto`] stands for on this machine's processor.
    #[must_use]
    pub fn of_this_processor() -> Self {
        #[cfg(target_arch = "x86_64")]
        let computes_bf16 = std::is_x86_feature_detected!("avx512bf16");
        #[cfg(not(target_arch = "x86_64"))]
        let computes_bf16 = false;
        if computes_bf16 { Self::Bf16 } else { Self::Fp32 }
    }
}
