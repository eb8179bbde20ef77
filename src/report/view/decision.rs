//! What a choice among the configurations can rest on, computed once: [`super::answer`] says it, tables and figures show it.

use serde::Serialize;

use super::{
    answers::Answers,
    choice::Choice,
    comparison::Comparison,
    configurations::{self, Configuration},
    effects::{self, Effect},
    intervals::{self, Interval},
    pairs::Pairs,
    table::Table,
};
use crate::{data::Split, eval::Scores, report::inputs::RunTables};

/// The statistics of a grid.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Decision {
    pub configurations: Vec<Configuration>,
    /// `None` where nothing was scored.
    pub choice: Option<Choice>,
    pub pairs: Pairs,
    /// Empty where the grid has fewer than two keys beside the seed.
    pub effects: Vec<Effect>,
    /// Of each run, in the comparison's order.
    pub intervals: Vec<Vec<Interval>>,
}

impl Decision {
    #[must_use]
    pub fn new(runs: &[&RunTables], comparison: &Comparison) -> Self {
        let answers = Answers::new(runs, comparison.split);
        let validation = Answers::new(runs, Split::Validation);
        let seeds: Vec<u32> = runs.iter().map(|run| run.manifest.settings.train.seed).collect();
        let configurations = configurations::configurations(comparison, &seeds, &answers);
        let choice = Choice::new(comparison, &configurations, &validation);
        let names = configurations::keys(&comparison.points);
        Self {
            pairs: Pairs::new(&configurations, choice.as_ref().map(|choice| choice.configuration), &answers),
            effects: effects::effects(&configurations, &names, &answers),
            intervals: intervals(runs, comparison, &answers),
            choice,
            configurations,
        }
    }

    /// The chosen configuration and its accuracy.
    #[must_use]
    pub fn chosen(&self) -> Option<&Configuration> {
        self.choice.as_ref().map(|choice| &self.configurations[choice.configuration])
    }

    /// Whether some configuration ran with several seeds.
    #[must_use]
    pub fn repeated(&self) -> bool {
        self.configurations.iter().any(|configuration| configuration.runs.len() > 1)
    }

    /// The configurations as a table.
    #[must_use]
    pub fn table(&self, comparison: &Comparison) -> Table {
        configurations::table(&self.configurations, self.choice.as_ref().map(|choice| choice.configuration), comparison)
    }
}

fn intervals(runs: &[&RunTables], comparison: &Comparison, answers: &Answers) -> Vec<Vec<Interval>> {
    let scores: Vec<Option<&Scores>> = runs.iter().map(|run| scores(run, comparison.split)).collect();
    let classes = runs.first().map_or(&[][..], |run| &run.manifest.outcome.classes);
    intervals::intervals(answers, &scores, classes)
}

fn scores(run: &RunTables, split: Split) -> Option<&Scores> {
    let evaluated = match split {
        Split::Test => &run.manifest.outcome.test,
        Split::Train | Split::Validation => &run.manifest.outcome.validation,
    };
    evaluated.as_ref().map(|evaluated| &evaluated.scores)
}
