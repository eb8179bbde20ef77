//! Predictions against labels: confusion, and every number that follows from it and from the probabilities.

use super::{ClassScores, Scores, Undefined, curves, probability};

const NOT_PREDICTED: &str = "nothing was predicted to be of this class";
const ABSENT: &str = "no protein is of this class";
const NEITHER: &str = "no protein is of this class and nothing was predicted to be";
const EVERYTHING: &str = "every protein is of this class";

/// Scores predictions: `labels` `[n]` are class indices, `logits` `[n, classes]` row by row. The predicted class is the one of the
/// highest logit, the first of several.
///
/// # Panics
///
/// Where there is nothing to score, a label is no class, the shapes disagree, or a logit is not finite: such predictions come from a
/// run that diverged and have no scores.
#[must_use]
pub fn score(labels: &[usize], logits: &[f32], classes: usize) -> Scores {
    assert!(!labels.is_empty(), "there is something to score");
    assert!(classes >= 2, "a classifier has at least two classes");
    assert_eq!(logits.len(), labels.len() * classes, "logits are [n, classes]");
    assert!(logits.iter().all(|logit| logit.is_finite()), "logits are finite");

    let confusion = confusion(labels, logits, classes);
    let probabilities = probability::probabilities(logits, classes);
    let by_class: Vec<ClassScores> = (0..classes).map(|class| score_class(class, &confusion, labels, &probabilities)).collect();

    let count = labels.len();
    let correct: u64 = (0..classes).map(|class| confusion[class][class]).sum();
    let loss: f64 = labels.iter().zip(logits.chunks_exact(classes)).map(|(&l, row)| -probability::log_probability(row, l)).sum();
    let mut scores = Scores {
        count,
        accuracy: correct as f64 / count as f64,
        precision: weighted(&by_class, |class| class.precision),
        recall: weighted(&by_class, |class| class.recall),
        f1: weighted(&by_class, |class| class.f1),
        macro_precision: unweighted(&by_class, |class| class.precision),
        macro_recall: unweighted(&by_class, |class| class.recall),
        macro_f1: unweighted(&by_class, |class| class.f1),
        mcc: matthews(by_class.iter().map(|class| (class.support, class.predicted)), correct, count as u64),
        roc_auc: over_classes(&by_class, |class| class.roc_auc),
        average_precision: over_classes(&by_class, |class| class.average_precision),
        log_loss: loss / count as f64,
        classes: by_class,
        confusion,
        undefined: Vec::new(),
    };
    scores.undefined = reasons(&scores);
    scores
}

/// `[classes, classes]`: rows are the true class, columns the predicted one.
fn confusion(labels: &[usize], logits: &[f32], classes: usize) -> Vec<Vec<u64>> {
    let mut confusion = vec![vec![0; classes]; classes];
    for (&label, row) in labels.iter().zip(logits.chunks_exact(classes)) {
        confusion[label][predicted(row)] += 1;
    }
    confusion
}

/// The index of the highest logit, the first of several, as `numpy.argmax` has it.
#[must_use]
pub fn predicted(logits: &[f32]) -> usize {
    let mut best = 0;
    for (class, logit) in logits.iter().enumerate() {
        if *logit > logits[best] {
            best = class;
        }
    }
    best
}

fn score_class(class: usize, confusion: &[Vec<u64>], labels: &[usize], probabilities: &[f64]) -> ClassScores {
    let right = confusion[class][class];
    let support: u64 = confusion[class].iter().sum();
    let predicted: u64 = confusion.iter().map(|row| row[class]).sum();
    let positive: Vec<bool> = labels.iter().map(|&label| label == class).collect();
    let believed: Vec<f64> = probabilities.iter().skip(class).step_by(confusion.len()).copied().collect();
    ClassScores {
        precision: ratio(right, predicted),
        recall: ratio(right, support),
        f1: ratio(2 * right, support + predicted),
        support,
        predicted,
        roc_auc: curves::roc_auc(&positive, &believed),
        average_precision: curves::average_precision(&positive, &believed),
    }
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// The mean over the classes weighted by their support; an undefined value counts as 0.
fn weighted(classes: &[ClassScores], value: impl Fn(&ClassScores) -> Option<f64>) -> f64 {
    let support: u64 = classes.iter().map(|class| class.support).sum();
    classes.iter().map(|class| value(class).unwrap_or(0.0) * class.support as f64).sum::<f64>() / support as f64
}

/// The mean over the classes; an undefined value counts as 0.
fn unweighted(classes: &[ClassScores], value: impl Fn(&ClassScores) -> Option<f64>) -> f64 {
    classes.iter().map(|class| value(class).unwrap_or(0.0)).sum::<f64>() / classes.len() as f64
}

/// Two classes: the value of class 1. Many: the mean, which has no value where a class has none.
fn over_classes(classes: &[ClassScores], value: impl Fn(&ClassScores) -> Option<f64>) -> Option<f64> {
    match classes {
        [_, one] => value(one),
        many => many.iter().map(value).sum::<Option<f64>>().map(|sum| sum / many.len() as f64),
    }
}

/// Matthews correlation coefficient in the form for any number of classes (Gorodkin 2004, `R_K`), from whole numbers: of each class how
/// many proteins are of it and how many were predicted to be.
pub(super) fn matthews(classes: impl Iterator<Item = (u64, u64)>, correct: u64, count: u64) -> Option<f64> {
    let square = i128::from(count) * i128::from(count);
    let (mut chance, mut predicted, mut present) = (0, 0, 0);
    for (of_class, predicted_so) in classes.map(|(support, predicted)| (i128::from(support), i128::from(predicted))) {
        chance += of_class * predicted_so;
        predicted += predicted_so * predicted_so;
        present += of_class * of_class;
    }
    let spread = ((square - predicted) as f64).sqrt() * ((square - present) as f64).sqrt();
    (spread > 0.0).then(|| (i128::from(correct) * i128::from(count) - chance) as f64 / spread)
}

/// Why each metric without a value has none.
fn reasons(scores: &Scores) -> Vec<Undefined> {
    let mut undefined = Vec::new();
    let mut note = |value: Option<f64>, metric: String, reason: &str| {
        if value.is_none() {
            undefined.push(Undefined { metric, reason: reason.to_owned() });
        }
    };
    let everything = |class: &ClassScores| class.support == scores.count as u64;
    let one_class = scores.classes.iter().any(everything);

    note(scores.mcc, "mcc".into(), if one_class { "every protein is of one class" } else { "every prediction is of one class" });
    let incomplete = match &scores.classes[..] {
        [_, one] if everything(one) => "every protein is of class 1",
        [_, _] => "no protein is of class 1",
        _ => "a class is without a protein",
    };
    note(scores.roc_auc, "roc_auc".into(), incomplete);
    note(scores.average_precision, "average_precision".into(), incomplete);
    for (index, class) in scores.classes.iter().enumerate() {
        let of_class = |metric: &str| format!("{metric}[{index}]");
        note(class.precision, of_class("precision"), NOT_PREDICTED);
        note(class.recall, of_class("recall"), ABSENT);
        note(class.f1, of_class("f1"), NEITHER);
        note(class.roc_auc, of_class("roc_auc"), if everything(class) { EVERYTHING } else { ABSENT });
        note(class.average_precision, of_class("average_precision"), ABSENT);
    }
    undefined
}
