//! What is known about one set of predictions.

use serde::{Deserialize, Deserializer, Serialize};

/// How well one set of predictions agrees with the labels. Definitions are scikit-learn's.
///
/// A metric that has no value here is `None`, and [`Scores::undefined`] says why. Weighted and macro averages count an undefined
/// precision, recall or F1 of a class as 0, as scikit-learn's `zero_division=0` does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// Proteins scored.
    pub count: usize,
    pub accuracy: f64,
    /// Support-weighted, as are `recall` and `f1`.
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
    pub macro_precision: f64,
    pub macro_recall: f64,
    pub macro_f1: f64,
    /// Matthews correlation coefficient (many classes: Gorodkin's `R_K`).
    pub mcc: Option<f64>,
    /// Two classes: of class 1. Many: the unweighted mean, one class against the rest.
    pub roc_auc: Option<f64>,
    /// Average precision, averaged as `roc_auc` is.
    pub average_precision: Option<f64>,
    /// Mean negative log-probability of the right class, in nats.
    #[serde(deserialize_with = "null_as_nan")]
    pub log_loss: f64,
    pub classes: Vec<ClassScores>,
    /// Rows: the true class; columns: the predicted one.
    pub confusion: Vec<Vec<u64>>,
    pub undefined: Vec<Undefined>,
}

/// One class against the rest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassScores {
    /// `None` where nothing was predicted to be of this class.
    pub precision: Option<f64>,
    /// `None` where no protein is of this class.
    pub recall: Option<f64>,
    pub f1: Option<f64>,
    pub support: u64,
    pub predicted: u64,
    pub roc_auc: Option<f64>,
    pub average_precision: Option<f64>,
}

/// A metric without a value, and the reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undefined {
    /// The field's name; of a class, with the class index: `precision[1]`.
    pub metric: String,
    pub reason: String,
}

/// Reads `null`, which `serde_json` writes for a float that is not finite, as NaN.
pub(crate) fn null_as_nan<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(f64::NAN))
}
