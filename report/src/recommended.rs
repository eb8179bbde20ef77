//! What the report recommends, for whoever goes on with it: the same choice that its first screen
//! words.

use crate::{
    inputs::{Inputs, RunTables},
    view::{
        baselines::Baselines,
        choice::{By, Choice},
        comparison::Comparison,
        decision::Decision,
        verdict::{Doubt, Outcome, Verdict},
    },
};
use titer_core::data::Split;

/// The configuration to use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recommended {
    /// As the report names it.
    pub configuration: String,
    /// Its scored runs, as indices into [`Inputs::runs`], the best by validation first: by the
    /// metric that selected its epochs, of equal ones the first of the plan.
    pub runs: Vec<usize>,
    /// What a reader must know of the choice: a sentence each.
    pub cautions: Vec<String>,
}

/// The configuration that the report recommends; `None` where no run was scored.
#[must_use]
pub fn recommended(inputs: &Inputs) -> Option<Recommended> {
    let runs: Vec<&RunTables> = inputs.runs.iter().collect();
    let manifests: Vec<_> = runs.iter().map(|run| &run.manifest).collect();
    let comparison = Comparison::new(&manifests);
    let baselines = Baselines::new(inputs, comparison.metric);
    let decision = Decision::new(inputs, &runs, &comparison, baselines.as_ref());
    let chosen = decision.chosen()?;
    let validated = |&run: &usize| {
        let select = manifests[run].settings.train.select;
        let value = manifests[run].scored(Split::Validation)?.get(select);
        Some((value.map_or(f64::NEG_INFINITY, |value| select.oriented(value)), run))
    };
    let mut scored: Vec<(f64, usize)> = chosen.runs.iter().filter_map(validated).collect();
    // Stable: of equal ones the first stays first.
    scored.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    let mut cautions: Vec<String> = decision.verdict.iter().flat_map(doubts).collect();
    if let Some(Choice { by: By::Compared(metric, _), .. }) = &decision.choice
        && decision.configurations.len() > 1
    {
        cautions
            .push(format!("It was chosen by the test {}, which is then too good: validation could not choose.", metric.label));
    }
    let missing = chosen.replicates.missing();
    if !missing.is_empty() {
        cautions.push(format!("Of its {} runs {} take part: {missing}.", chosen.replicates.all(), scored.len()));
    }
    if inputs.open > 0 {
        let runs =
            if inputs.open == 1 { "1 run of the plan has".to_owned() } else { format!("{} runs of the plan have", inputs.open) };
        cautions.push(format!("{runs} not ended: the recommendation may change."));
    }
    Some(Recommended { configuration: chosen.label.clone(), runs: scored.into_iter().map(|(_, run)| run).collect(), cautions })
}

fn doubts(verdict: &Verdict) -> Vec<String> {
    let contradicted = "On the test set another configuration is significantly better: validation and test disagree.";
    let contradicted = (verdict.outcome == Outcome::Contradicted).then(|| contradicted.to_owned());
    contradicted.into_iter().chain(doubt(verdict)).collect()
}

fn doubt(verdict: &Verdict) -> Option<String> {
    Some(match verdict.doubt.as_ref()? {
        Doubt::OneClass { class } => format!("Every run of it predicts {class} for every test protein."),
        Doubt::OneValue { .. } => "Every run of it predicts nearly the same number for every test protein.".to_owned(),
        Doubt::BelowBaseline => "The best baseline is significantly better on the test set.".to_owned(),
        Doubt::NotAboveBaseline => "It is not significantly better than the best baseline on the test set.".to_owned(),
    })
}
