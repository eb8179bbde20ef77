//! The one number that names the selected epoch.

use super::Scores;
use crate::experiment::Selection;

/// The metric itself; `None` where it has no value.
#[must_use]
pub const fn selected(selection: Selection, loss: f64, scores: &Scores) -> Option<f64> {
    match selection {
        Selection::Loss => Some(loss),
        Selection::Accuracy => Some(scores.accuracy),
        Selection::F1 => Some(scores.f1),
        Selection::Precision => Some(scores.precision),
        Selection::Recall => Some(scores.recall),
        Selection::MacroF1 => Some(scores.macro_f1),
        Selection::Mcc => scores.mcc,
        Selection::RocAuc => scores.roc_auc,
    }
}

/// The value to be greatest in the selected epoch: the metric, the loss negated; `None` where the metric has no value.
#[must_use]
pub fn selection_value(selection: Selection, loss: f64, scores: &Scores) -> Option<f64> {
    let value = selected(selection, loss, scores);
    if selection == Selection::Loss { value.map(|loss| -loss) } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::score;

    #[test]
    fn every_metric_is_its_own_and_a_lower_loss_is_greater() {
        let scores = score(&[0, 0, 0, 1, 1], &[2.0, 0.0, 1.0, 0.0, 0.0, 3.0, 0.0, 1.0, 2.0, 1.5], 2);
        assert!(selection_value(Selection::Loss, 0.3, &scores) > selection_value(Selection::Loss, 0.4, &scores));
        assert_eq!(selection_value(Selection::Accuracy, 0.0, &scores), Some(scores.accuracy));
        assert_eq!(selection_value(Selection::F1, 0.0, &scores), Some(scores.f1));
        assert_eq!(selection_value(Selection::Precision, 0.0, &scores), Some(scores.precision));
        assert_eq!(selection_value(Selection::Recall, 0.0, &scores), Some(scores.recall));
        assert_eq!(selection_value(Selection::MacroF1, 0.0, &scores), Some(scores.macro_f1));
        assert_eq!(selection_value(Selection::Mcc, 0.0, &scores), scores.mcc);
        assert_eq!(selection_value(Selection::RocAuc, 0.0, &scores), scores.roc_auc);
    }

    #[test]
    fn an_undefined_metric_selects_nothing() {
        let scores = score(&[1], &[0.0, 1.0], 2);
        assert_eq!(selection_value(Selection::Mcc, 0.0, &scores), None);
        assert_eq!(selection_value(Selection::RocAuc, 0.0, &scores), None);
    }
}
