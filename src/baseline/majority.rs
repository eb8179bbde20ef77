//! The most frequent class: what knowing nothing about a protein amounts to.

use super::{Baseline, Kind, Outcome, Question};
use titer_core::text::short;

pub const BASELINE: Baseline =
    Baseline { id: "majority", version: 1, name: "majority class", tasks: &[Kind::Classification], tool: None, predict };

fn predict(question: &Question<'_>, _: &dyn Fn() -> bool) -> Outcome {
    let class = question.most_frequent();
    let made =
        format!("Every protein is called {}, the most frequent class of the training proteins.", short(&question.classes[class]));
    Outcome::classes(made, vec![class; question.asked.len()])
}
