//! A regression on the composition of a sequence, whose order it ignores: logistic for classes,
//! ridge for numbers.

use linfa::{Dataset, traits::Fit as _};
use linfa_logistic::{LogisticRegression, MultiLogisticRegression};
use ndarray::{Array1, Array2, Axis};

use super::{Baseline, Kind, Outcome, Predictions, Question, ridge::Ridge};
use titer_core::text::with_causes;

/// The amino acids that are counted. Every other letter counts towards the length alone.
const RESIDUES: &[u8; 20] = b"ACDEFGHIKLMNPQRSTVWY";

/// The frequencies, and the length.
const FEATURES: usize = RESIDUES.len() + 1;

/// The strength of the L2 penalty: 1/C of scikit-learn's `LogisticRegression`, whose default is 1.
const PENALTY: f64 = 1.0;

/// The gradient of the loss, summed over the proteins, at which the fit ends: too small to show in
/// any prediction.
const FLAT: f64 = 1e-6;

/// More than the recipe ever needed.
const MOST_STEPS: u64 = 1_000;

const METHOD: &str = "Logistic regression on the frequencies of the 20 amino acids and the logarithm of the length, standardised on the \
                      training proteins; L2 penalty with C = 1, as scikit-learn's default.";

pub const BASELINE: Baseline =
    Baseline { id: "composition", version: 1, name: "amino-acid composition", tasks: Kind::ALL, tool: None, predict };

fn predict(question: &Question<'_>, _: &dyn Fn() -> bool) -> Outcome {
    let mut known = features(question.known.iter().map(|(sequence, _)| *sequence));
    let mut asked = features(question.asked.iter().copied());
    let scale = Scale::of(&known);
    scale.apply(&mut known);
    scale.apply(&mut asked);
    if question.is_numeric() {
        return match Ridge::fit(known, &question.values()) {
            Ok(ridge) => {
                let made = format!(
                    "Ridge regression on the frequencies of the 20 amino acids and the logarithm of the length, standardised on \
                     the training proteins; {}.",
                    ridge.strength()
                );
                Outcome::made(made, Predictions::Values(ridge.predict(&asked)))
            }
            Err(why) => Outcome::not_made(&why.to_string()),
        };
    }
    match regression(question, known, &asked) {
        Ok(predictions) => Outcome::made(METHOD.to_owned(), predictions),
        Err(error) => Outcome::not_made(&with_causes(&error)),
    }
}

fn regression(
    question: &Question<'_>,
    known: Array2<f64>,
    asked: &Array2<f64>,
) -> Result<Predictions, linfa_logistic::error::Error> {
    let labels: Array1<usize> = question.known.iter().filter_map(|(_, target)| target.class()).collect();
    let (columns, probabilities) = fit(&Dataset::new(known, labels), asked, question.classes.len())?;
    let row = |row: ndarray::ArrayView1<'_, f64>| {
        let mut of_classes = vec![0.0; question.classes.len()];
        for (&class, &probability) in columns.iter().zip(row) {
            of_classes[class] = probability;
        }
        of_classes
    };
    let probabilities: Vec<Vec<f64>> = probabilities.axis_iter(Axis(0)).map(row).collect();
    let classes = probabilities.iter().map(|row| highest(row)).collect();
    Ok(Predictions::Classes { classes, probabilities: Some(probabilities) })
}

/// The classes of the columns, and a row of probabilities for each protein asked about.
fn fit(
    known: &Dataset<f64, usize, ndarray::Ix1>,
    asked: &Array2<f64>,
    classes: usize,
) -> Result<(Vec<usize>, Array2<f64>), linfa_logistic::error::Error> {
    // As scikit-learn: two classes have one set of weights, not two that mirror each other and are penalised twice.
    if classes == 2 {
        let recipe = LogisticRegression::default().alpha(PENALTY).gradient_tolerance(FLAT).max_iterations(MOST_STEPS);
        let model = recipe.fit(known)?;
        let (one, other) = (model.labels().pos.class, model.labels().neg.class);
        let of_one = model.predict_probabilities(asked);
        let both = ndarray::stack![Axis(1), of_one, of_one.mapv(|probability| 1.0 - probability)];
        return Ok((vec![one, other], both));
    }
    let recipe = MultiLogisticRegression::default().alpha(PENALTY).gradient_tolerance(FLAT).max_iterations(MOST_STEPS);
    let model = recipe.fit(known)?;
    Ok((model.classes().to_vec(), model.predict_probabilities(asked)))
}

/// A row a sequence; lower-case letters count as their capitals.
fn features<'a>(sequences: impl ExactSizeIterator<Item = &'a str>) -> Array2<f64> {
    let mut features = Array2::zeros((sequences.len(), FEATURES));
    for (mut row, sequence) in features.axis_iter_mut(Axis(0)).zip(sequences) {
        let length = sequence.len().max(1) as f64;
        for letter in sequence.bytes() {
            if let Some(place) = RESIDUES.iter().position(|residue| *residue == letter.to_ascii_uppercase()) {
                row[place] += 1.0 / length;
            }
        }
        row[RESIDUES.len()] = length.ln();
    }
    features
}

/// Mean and deviation of every feature.
struct Scale {
    mean: Array1<f64>,
    deviation: Array1<f64>,
}

impl Scale {
    /// As scikit-learn's `StandardScaler`: the deviation divides by n, and a feature that never
    /// varies is left as it is.
    fn of(features: &Array2<f64>) -> Self {
        let mean = features.mean_axis(Axis(0)).unwrap_or_else(|| Array1::zeros(FEATURES));
        let deviation = features.std_axis(Axis(0), 0.0).mapv(|deviation| if deviation > 1e-12 { deviation } else { 1.0 });
        Self { mean, deviation }
    }

    fn apply(&self, features: &mut Array2<f64>) {
        *features -= &self.mean;
        *features /= &self.deviation;
    }
}

/// The most probable class; of equally probable ones the first.
fn highest(row: &[f64]) -> usize {
    (0..row.len()).fold(0, |best, class| if row[class] > row[best] { class } else { best })
}
