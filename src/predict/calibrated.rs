//! How sure the predictions are, by the proteins that validated the runs: a temperature for the
//! probabilities, a limit for sets and intervals.

use std::collections::HashMap;

use super::{Ensemble, predicted::Mean};
use titer_core::{
    data::Split,
    predictions::Output,
    statistics::{self, conformal},
};

/// What the validation predictions of an ensemble say.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibrated {
    /// The share of proteins whose set or interval is to hold the truth.
    pub coverage: f64,
    /// Proteins it rests on.
    pub validated: usize,
    /// What logits are divided by; `None` where validation names none, and of numbers.
    pub temperature: Option<f64>,
    /// Of a classification the greatest strangeness ([`conformal::strangeness`]) of a class in a
    /// set, of numbers the half width of an interval. `None` where validation has too few proteins
    /// for the coverage: then nothing can be left out.
    pub limit: Option<f64>,
}

impl Calibrated {
    /// Takes the validation predictions of all runs together, as new proteins are predicted.
    #[must_use]
    pub fn new(ensemble: &Ensemble, coverage: f64) -> Self {
        match ensemble.output() {
            Output::Classes => Self::of_classes(ensemble, coverage),
            Output::Values => Self::of_values(ensemble, coverage),
        }
    }

    fn of_classes(ensemble: &Ensemble, coverage: f64) -> Self {
        let classes = ensemble.classes();
        let place: HashMap<&str, usize> = classes.iter().map(String::as_str).zip(0..).collect();
        let mut labels = Vec::new();
        let mut rows: HashMap<&str, Vec<Vec<f64>>> = HashMap::new();
        for run in &ensemble.runs {
            for row in run.predicted(Split::Validation) {
                rows.entry(&row.id).or_default().push(row.probabilities.clone());
            }
        }
        let mut logits = Vec::new();
        for row in ensemble.runs[0].predicted(Split::Validation) {
            let Some(&label) = place.get(row.label.as_str()) else { continue };
            labels.push(label);
            match ensemble.runs.as_slice() {
                // Of one run its own, as new proteins have them.
                [_] => logits.extend(&row.logits),
                _ => logits.extend(Mean::of_probabilities(&rows[row.id.as_str()]).logits()),
            }
        }
        let temperature = statistics::temperature(&labels, &logits, classes.len());
        let probabilities = tempered(&logits, temperature, classes.len());
        let scores: Vec<f64> = labels
            .iter()
            .zip(probabilities.chunks_exact(classes.len()))
            .map(|(&label, row)| conformal::strangeness(row, label))
            .collect();
        Self { coverage, validated: labels.len(), temperature, limit: conformal::limit(&scores, coverage) }
    }

    fn of_values(ensemble: &Ensemble, coverage: f64) -> Self {
        let mut rows: HashMap<&str, Vec<f64>> = HashMap::new();
        for run in &ensemble.runs {
            for row in run.valued(Split::Validation) {
                rows.entry(&row.id).or_default().push(row.predicted);
            }
        }
        let error =
            |row: &titer_core::results::tables::ValueRow| (row.label - Mean::of_values(&rows[row.id.as_str()]).value()).abs();
        let scores: Vec<f64> = ensemble.runs[0].valued(Split::Validation).map(error).collect();
        Self { coverage, validated: scores.len(), temperature: None, limit: conformal::limit(&scores, coverage) }
    }

    /// The probabilities of logits, calibrated.
    #[must_use]
    pub fn probabilities(&self, logits: &[f32]) -> Vec<f64> {
        tempered(logits, self.temperature, logits.len())
    }

    /// What became of the probabilities, in a sentence; `None` of numbers.
    #[must_use]
    pub fn temperature_sentence(&self, output: Output) -> Option<String> {
        (output == Output::Classes).then(|| match self.temperature {
            Some(temperature) => format!(
                "Calibrated probabilities: logits divided by {} (the temperature that fits validation best).",
                titer_core::text::significant(temperature, 3)
            ),
            None => "Calibrated probabilities are as the models give them: validation names no temperature.".to_owned(),
        })
    }

    /// What sets and intervals are, in a sentence; and what to know where they hold everything.
    #[must_use]
    pub fn sentence(&self, output: Output) -> String {
        let share = per_cent(self.coverage);
        if self.limit.is_none() {
            return format!(
                "{} validation proteins are too few for a coverage of {share}, which needs {}: {}.",
                self.validated,
                conformal::fewest(self.coverage),
                match output {
                    Output::Classes => "every set holds all classes",
                    Output::Values => "there are no intervals",
                }
            );
        }
        let what = match output {
            Output::Classes => "Sets are to hold the class",
            Output::Values => "Intervals are to hold the value",
        };
        format!(
            "{what} of {share} of proteins like the {} that validated the runs (split conformal). Those chose the epoch too: a \
             little less may be held.",
            self.validated
        )
    }
}

/// `90 %`, `99.95 %`.
fn per_cent(share: f64) -> String {
    let text = format!("{:.6}", 100.0 * share);
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

fn tempered(logits: &[f32], temperature: Option<f64>, classes: usize) -> Vec<f64> {
    match temperature {
        Some(temperature) => statistics::probabilities(&statistics::tempered(logits, temperature), classes),
        None => statistics::probabilities(logits, classes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_written_as_it_was_asked_for() {
        assert_eq!([0.9, 0.95, 0.999, 0.9999, 0.05].map(per_cent), ["90 %", "95 %", "99.9 %", "99.99 %", "5 %"]);
    }

    #[test]
    fn what_cannot_be_promised_is_said() {
        let of = |limit| Calibrated { coverage: 0.95, validated: 12, temperature: None, limit };
        let said = of(None).sentence(Output::Classes);
        assert_eq!(
            said,
            "12 validation proteins are too few for a coverage of 95 %, which needs 19: every set holds all classes."
        );
        assert!(of(None).sentence(Output::Values).ends_with("there are no intervals."));
        assert!(of(Some(0.4)).sentence(Output::Classes).contains("95 % of proteins like the 12"));
        assert!(of(None).temperature_sentence(Output::Classes).unwrap().contains("no temperature"));
        assert_eq!(of(None).temperature_sentence(Output::Values), None);
    }
}
