//! The predictions of a regression: how they follow what was observed, where the errors are large,
//! and for which proteins.

mod groups;
mod line;
mod run;
mod tested;
mod variants;
mod worst;

use serde::Serialize;

pub use self::{
    groups::{Group, Groups},
    run::RunValues,
    worst::{Worst, WorstProtein},
};
use self::{tested::Tested, variants::Variants};
use super::{baselines::BaselineView, comparison::Comparison, configurations::Configuration, errors, format, making};
use crate::inputs::Inputs;

/// Points that a figure shows, at most: more lie on one another, and make the page heavy.
const DRAWN: usize = 2000;

/// What is said about the predictions on the test proteins.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ValuesView {
    /// Of the choice.
    pub sentences: Vec<String>,
    /// Where some runs were tested on other proteins than the experiment's own.
    pub left_out: Option<String>,
    pub points: Points,
    pub groups: Groups,
    pub worst: Worst,
}

/// Proteins with what was observed and predicted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Points {
    pub ids: Vec<String>,
    pub observed: Vec<f64>,
    /// The mean over the seeds.
    pub predicted: Vec<f64>,
    /// How many there are in all, where not all are shown.
    pub of: Option<u64>,
    /// How many seeds the predictions are the mean of.
    pub seeds: usize,
}

impl ValuesView {
    /// `None` where no run has predicted the test proteins of the experiment's own data settings,
    /// and of a classification.
    #[must_use]
    pub fn new(
        inputs: &Inputs,
        comparison: &Comparison,
        configurations: &[Configuration],
        baseline: Option<&BaselineView>,
    ) -> Option<Self> {
        let all = Tested::new(inputs)?;
        let choice = configurations.iter().find(|of| of.runs == comparison.chosen).or_else(|| configurations.first());
        let tested = choice.and_then(|choice| all.of(&choice.runs));
        let (tested, choice) = match &tested {
            Some(tested) => (tested, choice.filter(|_| configurations.len() > 1)),
            None => (&all, None),
        };
        let settings = making::settings(&inputs.text);
        let variants = Variants::new(&inputs.proteins, &tested.proteins, settings.wild_type.as_deref());
        let groups = Groups::new(tested, variants.as_ref(), inputs.card.max_length as u32);
        let mut sentences = vec![summary(tested, choice)];
        sentences.extend(line::sentences(tested));
        sentences.extend(variants.as_ref().map(|variants| variants.sentence(&tested.proteins)));
        sentences.extend(groups.sentences.iter().cloned());
        let by_baseline =
            baseline.and_then(|baseline| Some((baseline.name.as_str(), tested.by_baseline(baseline, comparison.metric)?)));
        Some(Self {
            sentences,
            left_out: errors::left_out(inputs.runs.len() - all.runs.len()),
            points: Points::new(tested),
            groups,
            worst: Worst::new(tested, variants.as_ref(), by_baseline.as_ref(), settings.link),
        })
    }
}

/// `choice`: the configuration that these are the predictions of, where there are others.
fn summary(tested: &Tested<'_>, choice: Option<&Configuration>) -> String {
    let who = choice.map_or_else(String::new, |choice| format!(" of the choice, {},", choice.label));
    let over = match tested.runs.len() {
        1 => String::new(),
        runs => format!("; where one number stands for a protein, it is the mean over {runs} seeds"),
    };
    format!("Shown are the predictions{who} for {}{over}.", format::counted(tested.proteins.len() as u64, "test protein"))
}

impl Points {
    fn new(tested: &Tested<'_>) -> Self {
        Self::drawn(
            tested.proteins.iter().map(|protein| protein.id.as_str()),
            &tested.observed,
            &tested.mean,
            tested.runs.len(),
            DRAWN,
        )
    }

    /// At most `most` of the points: of more, as many from low observed values as from high ones.
    pub(super) fn drawn<'a>(
        ids: impl Iterator<Item = &'a str>,
        observed: &[f64],
        predicted: &[f64],
        seeds: usize,
        most: usize,
    ) -> Self {
        let ids: Vec<&str> = ids.collect();
        let mut order: Vec<usize> = (0..observed.len()).collect();
        let all = order.len();
        if all > most {
            order.sort_by(|&one, &other| observed[one].total_cmp(&observed[other]));
            order = (0..most).map(|place| order[place * (all - 1) / (most - 1)]).collect();
        }
        Self {
            ids: order.iter().map(|&place| ids[place].to_owned()).collect(),
            observed: order.iter().map(|&place| observed[place]).collect(),
            predicted: order.iter().map(|&place| predicted[place]).collect(),
            of: (all > most).then_some(all as u64),
            seeds,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_points_some_are_drawn_over_the_whole_range() {
        let ids: Vec<String> = (0..100).map(|n| n.to_string()).collect();
        let observed: Vec<f64> = (0..100).rev().map(f64::from).collect();
        let drawn = |most| Points::drawn(ids.iter().map(String::as_str), &observed, &observed, 1, most);
        assert_eq!((drawn(100).of, drawn(100).observed.len()), (None, 100));
        let few = drawn(10);
        assert_eq!((few.of, few.ids.len(), few.observed[0], few.observed[9]), (Some(100), 10, 0.0, 99.0));
    }
}
