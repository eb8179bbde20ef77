//! The bands around the curves of the choice: how far other proteins might move them.

use serde::Serialize;

use super::{answers::Answers, configurations::Configuration};
use titer_core::statistics::{self, Band, Resamples, Resampling, bands::Which};

const RESAMPLING: Resampling = Resampling { resamples: 500, seed: 0 };
/// Places along the axis at which a band is known.
const PLACES: usize = 101;

/// Around the mean curves over the configuration's seeds; of two classes alone.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bands {
    /// The configuration.
    pub of: String,
    pub roc: Band,
    pub precision_recall: Band,
}

impl Bands {
    /// What the shaded area is.
    #[must_use]
    pub fn caption(&self) -> String {
        format!("Grey: the 95% band of {} if proteins were resampled.", self.of)
    }

    /// `None` where there are other than two classes, or one of them has no protein.
    #[must_use]
    pub fn new(configuration: &Configuration, answers: &Answers) -> Option<Self> {
        let positive = answers.positive()?;
        let believed: Vec<Vec<f64>> =
            configuration.scored(answers).iter().filter_map(|(_, run)| Some(run.by_class()?.believed())).collect();
        let resamples = Resamples::draw(&answers.strata, &RESAMPLING);
        let band = |which| statistics::band(&positive, &believed, which, PLACES, &resamples);
        Some(Self { of: configuration.label.clone(), roc: band(Which::Roc)?, precision_recall: band(Which::PrecisionRecall)? })
    }
}
