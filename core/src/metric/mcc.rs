use super::{Definition, OF_CELLS};
use crate::predictions::classes::Tally;

/// Matthews' correlation coefficient in the form for any number of classes (Gorodkin 2004, `R_K`;
/// `sklearn.metrics.matthews_corrcoef`, which gives 0 where it is undefined).
pub(super) const METRIC: Definition = Definition {
    id: "mcc",
    label: "MCC",
    about: "Matthews' correlation coefficient.",
    range: [-1.0, 1.0],
    value: |predictions, weights| matthews(&predictions.classes()?.tally(weights)?),
    undefined: |predictions| {
        let tally = predictions.classes().and_then(|classes| classes.tally(&predictions.ones()));
        let one_class = tally.is_some_and(|tally| tally.classes.iter().any(|class| class.support == tally.whole));
        if one_class { "every protein is of one class" } else { "every prediction is of one class" }
    },
    ..OF_CELLS
};

/// From whole numbers: of each class how many proteins are of it and how many were predicted to be.
fn matthews(tally: &Tally) -> Option<f64> {
    let square = i128::from(tally.whole) * i128::from(tally.whole);
    let (mut chance, mut predicted, mut present) = (0, 0, 0);
    for class in &tally.classes {
        let (of_class, predicted_so) = (i128::from(class.support), i128::from(class.predicted));
        chance += of_class * predicted_so;
        predicted += predicted_so * predicted_so;
        present += of_class * of_class;
    }
    let spread = ((square - predicted) as f64).sqrt() * ((square - present) as f64).sqrt();
    (spread > 0.0).then(|| (i128::from(tally.correct) * i128::from(tally.whole) - chance) as f64 / spread)
}
