//! What a choice among the configurations can rest on, computed once: [`super::answer`] says it,
//! tables and figures show it.

use serde::Serialize;

use super::{
    answers::Folds,
    bands::Bands,
    baselines::Baselines,
    beside::Beside,
    choice::Choice,
    comparison::Comparison,
    configurations::{self, Configuration},
    effects::{self, Effect},
    intervals::{self, Interval},
    making,
    pairs::{Pairs, Relation},
    table::Table,
    verdict::Verdict,
    versus::Versus,
};
use crate::inputs::{Inputs, RunTables};
use titer_core::{data::Split, scores::Scores};

/// The statistics of a grid.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Decision {
    pub configurations: Vec<Configuration>,
    /// `None` where nothing was scored.
    pub choice: Option<Choice>,
    /// How the choice stands among the others and beside the best baseline; `None` where nothing
    /// was scored.
    pub verdict: Option<Verdict>,
    pub pairs: Pairs,
    /// Empty where the grid has fewer than two keys beside the seed.
    pub effects: Vec<Effect>,
    /// The chosen configuration against the other that the verdict names.
    pub versus: Option<Versus>,
    /// The chosen configuration against the best baseline.
    pub beside: Option<Beside>,
    /// Around the curves of the chosen configuration; of two classes alone.
    #[serde(skip)]
    pub bands: Option<Bands>,
    /// Of each run, in the comparison's order.
    pub intervals: Vec<Vec<Interval>>,
}

impl Decision {
    #[must_use]
    pub fn new(inputs: &Inputs, runs: &[&RunTables], comparison: &Comparison, baselines: Option<&Baselines>) -> Self {
        let metric = comparison.metric;
        let folds = Folds::new(runs, comparison.split, metric);
        let validation = Folds::new(runs, Split::Validation, metric);
        let intervals = intervals(runs, comparison, &folds);
        let seeds: Vec<u32> = runs.iter().map(|run| run.manifest.settings.train.seed).collect();
        let failed: Vec<_> = inputs.failures.iter().map(|failure| &failure.point).collect();
        let tested_to_trained = tested_to_trained(inputs, comparison.split);
        let configurations = configurations::configurations(comparison, &seeds, &folds, &failed, &intervals, tested_to_trained);
        let choice = Choice::new(comparison, &configurations, &validation);
        let chosen = choice.as_ref().map(|choice| choice.configuration);
        let names = configurations::keys(&comparison.points);
        let equivalent = making::equivalent(inputs, comparison);
        let pairs = Pairs::new((metric, equivalent), &configurations, chosen, &folds, tested_to_trained);
        let classes = runs.first().map_or(&[][..], |run| &run.manifest.outcome.classes);
        let beside = chosen.and_then(|chosen| {
            let chosen = &configurations[chosen];
            // They are taken on the test set alone.
            let best = baselines.filter(|_| comparison.split == Split::Test).and_then(|baselines| baselines.best(metric));
            best.and_then(|best| Beside::new(best, metric, chosen, runs, &folds))
                .or_else(|| Beside::majority(metric, chosen, &folds, classes))
        });
        let verdict =
            choice.as_ref().map(|choice| Verdict::new(metric, &configurations, choice, &pairs, beside.as_ref(), &folds, classes));
        // Over several splits each score would need a test of its own kind: of one of them it would be a claim about that one.
        let one_split = folds.sets.len() == 1;
        let against = verdict.as_ref().filter(|_| one_split).and_then(Verdict::against);
        Self {
            effects: effects::effects(metric, &configurations, &names, &folds),
            versus: chosen
                .zip(against)
                .and_then(|(chosen, against)| Versus::new(metric, &configurations, chosen, against, folds.main())),
            bands: chosen.and_then(|chosen| Bands::new(&configurations[chosen], folds.main())),
            intervals,
            pairs,
            beside,
            verdict,
            choice,
            configurations,
        }
    }

    /// The chosen configuration.
    #[must_use]
    pub fn chosen(&self) -> Option<&Configuration> {
        self.choice.as_ref().map(|choice| &self.configurations[choice.configuration])
    }

    /// The configuration that is significantly better than every other that was scored; `None`
    /// where there is none, or no other.
    #[must_use]
    pub fn leader(&self) -> Option<usize> {
        let scored: Vec<usize> = (0..self.configurations.len()).filter(|&of| self.configurations[of].score.is_some()).collect();
        let ahead = |of: usize, other: usize| {
            self.pairs
                .of(of, other)
                .is_some_and(|pair| pair.relation() == Relation::Different && self.pairs.metric.oriented(pair.difference) > 0.0)
        };
        let leads = |of: &usize| scored.len() > 1 && scored.iter().all(|other| other == of || ahead(*of, *other));
        scored.iter().copied().find(leads)
    }

    /// Whether some configuration ran with several seeds.
    #[must_use]
    pub fn repeated(&self) -> bool {
        self.configurations.iter().any(|configuration| configuration.runs.len() > 1)
    }

    /// The configurations as a table.
    #[must_use]
    pub fn table(&self, comparison: &Comparison) -> Table {
        let chosen = self.choice.as_ref().map(|choice| choice.configuration);
        configurations::table(&self.configurations, chosen, self.leader(), comparison)
    }
}

/// How many proteins a split tests on for each that it trains on.
fn tested_to_trained(inputs: &Inputs, split: Split) -> f64 {
    let splits = &inputs.card.splits;
    let tested = if split == Split::Test { splits.test.count } else { splits.validation.count };
    tested as f64 / splits.train.count.max(1) as f64
}

/// Of each run on its own test set.
fn intervals(runs: &[&RunTables], comparison: &Comparison, folds: &Folds) -> Vec<Vec<Interval>> {
    let scores: Vec<Option<&Scores>> = runs.iter().map(|run| run.manifest.scored(comparison.split)).collect();
    let mut all = vec![Vec::new(); runs.len()];
    for set in &folds.sets {
        let first = runs.iter().zip(&set.runs).find(|(_, answers)| answers.is_some());
        let classes = first.map_or(&[][..], |(run, _)| &run.manifest.outcome.classes);
        for (all, found) in all.iter_mut().zip(intervals::intervals(comparison.metric, set, &scores, classes)) {
            all.extend(found);
        }
    }
    all
}
