use super::{Better, Definition, Interval, Output, Unit};
use crate::{
    predictions::{Predictions, influence},
    statistics::ranked::area_under_roc,
};

/// The area under the ROC curve (`sklearn.metrics.roc_auc_score`): of class 1 for two classes, else
/// the mean over the classes, one against the rest.
pub(super) const METRIC: Definition = Definition {
    id: "roc-auc",
    label: "ROC-AUC",
    about: "The area under the ROC curve.",
    better: Better::Higher,
    range: [0.0, 1.0],
    unit: Unit::Number,
    of: Output::Classes,
    shown: true,
    from_classes: false,
    value: score,
    undefined: |predictions| predictions.classes().map_or("there are no classes", influence::why_no_area),
    of_class: Some(|predictions, class| {
        let classes = predictions.classes().ok_or("there are no classes")?;
        area_under_roc(classes.ranked(class), &predictions.ones()).ok_or_else(|| influence::why_no_area_of(classes, class))
    }),
    by_protein: Some(|predictions| {
        influence::by_class(predictions.classes()?, score(predictions, &predictions.ones()), influence::placements)
    }),
    interval: Interval::DeLong,
};

fn score(predictions: &Predictions, weights: &[u32]) -> Option<f64> {
    predictions.classes()?.mean_over_classes(|ranked| area_under_roc(ranked, weights))
}
