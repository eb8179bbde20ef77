use super::{Better, Definition, Interval, Output, Unit};
use crate::{
    predictions::{Predictions, influence},
    statistics::ranked::average_precision,
};

/// The area under the precision-recall curve as a sum of steps
/// (`sklearn.metrics.average_precision_score`), averaged over classes as the ROC-AUC is.
pub(super) const METRIC: Definition = Definition {
    id: "average-precision",
    label: "average precision",
    about: "The average precision: the area under the precision-recall curve.",
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
        average_precision(classes.ranked(class), &predictions.ones()).ok_or("no protein is of this class")
    }),
    by_protein: Some(|predictions| {
        influence::by_class(predictions.classes()?, score(predictions, &predictions.ones()), influence::of_precision)
    }),
    interval: Interval::Logit,
};

fn score(predictions: &Predictions, weights: &[u32]) -> Option<f64> {
    predictions.classes()?.mean_over_classes(|ranked| average_precision(ranked, weights))
}
