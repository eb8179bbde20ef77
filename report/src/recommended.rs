//! What the report recommends, for whoever goes on with it: the same choice that its first screen
//! words.

use super::{
    Inputs, View,
    view::verdict::{Doubt, Verdict},
};

/// The configuration to use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recommended {
    /// As the report names it.
    pub configuration: String,
    /// Its runs, as indices into [`Inputs::runs`].
    pub runs: Vec<usize>,
    /// Why it should not be used as it is: a sentence.
    pub doubt: Option<String>,
}

/// The configuration that the report recommends; `None` where no run was scored.
#[must_use]
pub fn recommended(inputs: &Inputs) -> Option<Recommended> {
    let decision = View::new(inputs).decision;
    let chosen = decision.chosen()?;
    Some(Recommended {
        configuration: chosen.label.clone(),
        runs: chosen.runs.clone(),
        doubt: decision.verdict.as_ref().and_then(doubt),
    })
}

fn doubt(verdict: &Verdict) -> Option<String> {
    Some(match verdict.doubt.as_ref()? {
        Doubt::OneClass { class } => format!("Every run of it predicts {class} for every test protein."),
        Doubt::OneValue { .. } => "Every run of it predicts nearly the same number for every test protein.".to_owned(),
        Doubt::BelowBaseline => "The best baseline is significantly better on the test set.".to_owned(),
        Doubt::NotAboveBaseline => "It is not significantly better than the best baseline on the test set.".to_owned(),
    })
}
