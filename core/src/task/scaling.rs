//! What a regression's model is trained on: the labels as they are, or standardised.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Target;

/// What the model of a regression is trained on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Scale {
    /// The labels as they are.
    None,
    /// The labels less the mean of the training labels, over their standard deviation.
    Standard,
}

/// Moves labels to the scale that a model is trained on, and its outputs back.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Scaling {
    /// Of the training labels, in the data's unit.
    pub mean: f64,
    /// The same; it divides by the number of labels, and is 1 where they are all equal, as
    /// `sklearn.preprocessing.StandardScaler` has it.
    pub deviation: f64,
}

impl Scaling {
    /// As the experiment scales labels, by those of the training split; `None` where it does not.
    #[must_use]
    pub fn of(scale: Scale, train: &[Target]) -> Option<Self> {
        let values: Vec<f64> = train.iter().filter_map(|target| target.value()).collect();
        if scale == Scale::None || values.is_empty() {
            return None;
        }
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let deviation = (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt();
        let varies = values.iter().any(|value| *value != values[0]) && deviation > 0.0;
        Some(Self { mean, deviation: if varies { deviation } else { 1.0 } })
    }

    /// A target as the model is to give it.
    #[must_use]
    pub fn scaled(self, target: Target) -> Target {
        match target {
            Target::Value(value) => Target::Value((value - self.mean) / self.deviation),
            Target::Class(_) => target,
        }
    }

    /// What a model gave, in the data's unit.
    #[must_use]
    pub fn unscaled(self, output: f64) -> f64 {
        output * self.deviation + self.mean
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_standardised_by_the_training_split_and_outputs_come_back() {
        let train = [1.0, 3.0, 5.0].map(Target::Value);
        assert_eq!(Scaling::of(Scale::None, &train), None);
        let scaling = Scaling::of(Scale::Standard, &train).unwrap();
        assert_eq!((scaling.mean, scaling.deviation), (3.0, (8.0_f64 / 3.0).sqrt()));
        let Target::Value(scaled) = scaling.scaled(Target::Value(5.0)) else { unreachable!() };
        assert!((scaled - 1.5_f64.sqrt()).abs() < 1e-15 && (scaling.unscaled(scaled) - 5.0).abs() < 1e-15);
        assert_eq!(Scaling::of(Scale::Standard, &[Target::Value(0.1); 3]).unwrap().deviation, 1.0);
    }
}
