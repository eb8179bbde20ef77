//! The mean label: what knowing nothing about a protein amounts to.

use super::{Baseline, Kind, Outcome, Predictions, Question};

pub const BASELINE: Baseline =
    Baseline { id: "mean", version: 1, name: "training mean", tasks: &[Kind::Regression], tool: None, predict };

fn predict(question: &Question<'_>, _: &dyn Fn() -> bool) -> Outcome {
    let values = vec![question.mean(); question.asked.len()];
    Outcome::made("Every protein is given the mean label of the training proteins.".to_owned(), Predictions::Values(values))
}
