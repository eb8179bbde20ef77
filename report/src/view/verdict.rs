//! What the experiment supports, decided once. Headline, advice and `titer compare` are worded from
//! this one value: they cannot disagree.

use serde::Serialize;

use super::{
    answers::Folds,
    beside::Beside,
    choice::Choice,
    configurations::Configuration,
    pairs::{LEVEL, Pairs, Relation},
    predicted::Predicted,
};
use titer_core::metric::Metric;

/// How the choice stands, on the proteins that the comparison is of. Places are those of
/// configurations, in the order in which the choosing metric has them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    pub outcome: Outcome,
    pub chosen: usize,
    /// Significantly worse than the choice.
    pub worse: Vec<usize>,
    /// Not significantly different from it, or equivalent to it.
    pub tied: Vec<usize>,
    /// Of these, those that are known to be equivalent: within the experiment's
    /// `report.equivalent`.
    pub equivalent: Vec<usize>,
    /// Of these, those that are correct and wrong about exactly the same proteins.
    pub identical: Vec<usize>,
    /// Significantly better than it.
    pub better: Vec<usize>,
    /// Scored on other proteins alone.
    pub apart: Vec<usize>,
    /// Why the choice should not be used, as it is.
    pub doubt: Option<Doubt>,
}

/// What can be said of the choice among the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// There is one configuration.
    Sole,
    /// It alone was scored.
    Alone,
    /// All others were scored on other proteins.
    Apart,
    /// It is better than every other.
    Best,
    /// It is better than some, and indistinguishable from others.
    Leads,
    /// It is indistinguishable from all.
    Tied,
    /// Another is better: validation and test disagree.
    Contradicted,
}

/// What speaks against the choice, whatever the others do.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Doubt {
    /// Every scored run of it predicts this class for every protein.
    OneClass { class: String },
    /// Every scored run of it predicts nearly the same number for every protein: this one, the mean
    /// over the runs.
    OneValue { value: f64 },
    /// The best baseline is significantly better.
    BelowBaseline,
    /// It is not significantly better than the best baseline.
    NotAboveBaseline,
}

impl Verdict {
    #[must_use]
    pub fn new(
        metric: Metric,
        configurations: &[Configuration],
        choice: &Choice,
        pairs: &Pairs,
        beside: Option<&Beside>,
        folds: &Folds,
        classes: &[String],
    ) -> Self {
        let chosen = choice.configuration;
        let mut others: Vec<usize> =
            (0..configurations.len()).filter(|&of| of != chosen && configurations[of].score.is_some()).collect();
        let value = |of: &usize| choice.values[*of].unwrap_or(f64::NEG_INFINITY);
        others.sort_by(|one, other| value(other).total_cmp(&value(one)));
        let [mut worse, mut tied, mut better, mut apart, mut equivalent] = [const { Vec::new() }; 5];
        for other in others {
            match pairs.of(chosen, other) {
                None => apart.push(other),
                Some(pair) if pair.relation() != Relation::Different => {
                    tied.push(other);
                    equivalent.extend((pair.relation() == Relation::Equivalent).then_some(other));
                }
                Some(pair) if metric.oriented(pair.difference) > 0.0 => worse.push(other),
                Some(_) => better.push(other),
            }
        }
        let outcome = match (better.is_empty(), worse.is_empty(), tied.is_empty(), apart.is_empty()) {
            _ if configurations.len() == 1 => Outcome::Sole,
            (false, ..) => Outcome::Contradicted,
            (_, true, true, true) => Outcome::Alone,
            (_, true, true, false) => Outcome::Apart,
            (_, false, true, true) => Outcome::Best,
            (_, true, false, _) => Outcome::Tied,
            (_, false, ..) => Outcome::Leads,
        };
        let identical = tied.iter().copied().filter(|&other| identical(&configurations[chosen], &configurations[other], folds));
        let identical = identical.collect();
        let doubt = Doubt::of(&configurations[chosen], beside, folds, classes);
        Self { outcome, chosen, worse, tied, equivalent, identical, better, apart, doubt }
    }

    /// The other that the choice is set against score by score: the one that beats it, or else the
    /// first of those it is tied with, or else the next.
    #[must_use]
    pub fn against(&self) -> Option<usize> {
        [&self.better, &self.tied, &self.worse].into_iter().flatten().next().copied()
    }
}

impl Doubt {
    fn of(chosen: &Configuration, beside: Option<&Beside>, folds: &Folds, classes: &[String]) -> Option<Self> {
        let runs: Vec<&Predicted> = chosen.runs.iter().filter_map(|&run| folds.predicted(run)).collect();
        let same = runs.split_first().and_then(|(first, rest)| {
            let class = first.only_class()?;
            rest.iter().all(|run| run.only_class() == Some(class)).then_some(class)
        });
        if let Some(class) = same.and_then(|class| classes.get(class)) {
            return Some(Self::OneClass { class: class.clone() });
        }
        let values: Option<Vec<f64>> = runs.iter().map(|run| run.only_value()).collect();
        if let Some(values) = values.filter(|values| !values.is_empty()) {
            return Some(Self::OneValue { value: values.iter().sum::<f64>() / values.len() as f64 });
        }
        let Beside { metric, difference, p, .. } = beside?;
        match (*p < LEVEL, metric.oriented(*difference) > 0.0) {
            (true, true) => None,
            (true, false) => Some(Self::BelowBaseline),
            (false, _) => Some(Self::NotAboveBaseline),
        }
    }
}

/// Whether two configurations score the same on every protein, run for run.
fn identical(one: &Configuration, other: &Configuration, folds: &Folds) -> bool {
    folds.sets.iter().all(|set| {
        let [one, other] = [one, other].map(|of| of.scored(set));
        one.len() == other.len() && one.iter().zip(&other).all(|((_, one), (_, other))| one.values == other.values)
    })
}
