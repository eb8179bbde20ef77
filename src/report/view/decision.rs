//! What a choice among the configurations can rest on, computed once: [`super::answer`] says it, tables and figures show it.

use serde::Serialize;

use super::{
    answers::Answers,
    bands::Bands,
    choice::Choice,
    comparison::Comparison,
    configurations::{self, Configuration},
    effects::{self, Effect},
    format,
    intervals::{self, Interval},
    pairs::{LEVEL, Pairs},
    table::Table,
    versus::Versus,
    yardsticks::{YardstickView, Yardsticks},
};
use crate::{
    data::Split,
    eval::{self, Pairing, Scores},
    report::inputs::RunTables,
};

/// The statistics of a grid.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Decision {
    pub configurations: Vec<Configuration>,
    /// `None` where nothing was scored.
    pub choice: Option<Choice>,
    pub pairs: Pairs,
    /// Empty where the grid has fewer than two keys beside the seed.
    pub effects: Vec<Effect>,
    /// The chosen configuration against the best of the others.
    pub versus: Option<Versus>,
    /// The chosen configuration against the best yardstick; `None` where none was taken on its proteins.
    pub beside: Option<Beside>,
    /// Around the curves of the chosen configuration; of two classes alone.
    #[serde(skip)]
    pub bands: Option<Bands>,
    /// Of each run, in the comparison's order.
    pub intervals: Vec<Vec<Interval>>,
}

/// A configuration and a yardstick on the same proteins.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Beside {
    pub yardstick: String,
    /// The yardstick's.
    pub accuracy: f64,
    /// The configuration's accuracy less the yardstick's.
    pub difference: f64,
    /// 95 %; proteins, and seeds where there are several.
    pub interval: [f64; 2],
    pub p: f64,
}

impl Decision {
    #[must_use]
    pub fn new(runs: &[&RunTables], comparison: &Comparison, yardsticks: Option<&Yardsticks>) -> Self {
        let answers = Answers::new(runs, comparison.split);
        let validation = Answers::new(runs, Split::Validation);
        let seeds: Vec<u32> = runs.iter().map(|run| run.manifest.settings.train.seed).collect();
        let configurations = configurations::configurations(comparison, &seeds, &answers);
        let choice = Choice::new(comparison, &configurations, &validation);
        let names = configurations::keys(&comparison.points);
        Self {
            pairs: Pairs::new(&configurations, choice.as_ref().map(|choice| choice.configuration), &answers),
            effects: effects::effects(&configurations, &names, &answers),
            beside: choice.as_ref().and_then(|choice| {
                // They are taken on the test set alone.
                let best = yardsticks.filter(|_| comparison.split == Split::Test)?.best()?;
                Beside::new(best, &configurations[choice.configuration], runs, &answers)
            }),
            versus: choice.as_ref().and_then(|choice| Versus::new(&configurations, choice.configuration, &answers)),
            bands: choice.as_ref().and_then(|choice| Bands::new(&configurations[choice.configuration], &answers)),
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

    /// The configuration whose accuracy is told from that of every other that was scored; `None` where there is none, or no other.
    #[must_use]
    pub fn leader(&self) -> Option<usize> {
        let scored: Vec<usize> =
            (0..self.configurations.len()).filter(|&of| self.configurations[of].accuracy.is_some()).collect();
        let ahead = |of: usize, other: usize| self.pairs.of(of, other).is_some_and(|pair| pair.told() && pair.difference > 0.0);
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

impl Beside {
    fn new(yardstick: &YardstickView, configuration: &Configuration, runs: &[&RunTables], answers: &Answers) -> Option<Self> {
        let scored = configuration.runs.iter().filter_map(|&run| Some((runs[run], answers.runs[run].as_ref()?)));
        let (ours, theirs): (Vec<Vec<bool>>, Vec<Vec<bool>>) =
            scored.filter_map(|(run, answers)| Some((answers.right.clone(), yardstick.right_about(run)?))).unzip();
        // A yardstick has no seed: it stands against each of the configuration's.
        let crossed = eval::crossed_difference(&ours, &theirs, Pairing::Paired)?;
        Some(Self {
            yardstick: yardstick.name.clone(),
            accuracy: yardstick.accuracy,
            difference: crossed.estimate,
            interval: crossed.interval,
            p: crossed.p,
        })
    }

    /// What the two come to, in a sentence; `name` is the configuration.
    #[must_use]
    pub fn sentence(&self, name: &str) -> String {
        let Self { yardstick, accuracy, difference, interval, p } = self;
        let told = match (*p < LEVEL, *difference > 0.0) {
            (false, _) => format!("{name} is not told from it"),
            (true, true) => format!("{name} beats it by {}", format::points(*difference)),
            (true, false) => format!("{name} falls short of it by {}", format::points(-difference)),
        };
        format!(
            "The best yardstick, {yardstick}, gets {} right: {told} (95% interval {}, {}).",
            format::percent(*accuracy),
            format::points_between(*interval),
            format::p_is(*p),
        )
    }
}

fn intervals(runs: &[&RunTables], comparison: &Comparison, answers: &Answers) -> Vec<Vec<Interval>> {
    let scores: Vec<Option<&Scores>> = runs.iter().map(|run| Some(&run.manifest.scored(comparison.split)?.scores)).collect();
    let first = runs.iter().zip(&answers.runs).find(|(_, answers)| answers.is_some());
    let classes = first.map_or(&[][..], |(run, _)| &run.manifest.outcome.classes);
    intervals::intervals(answers, &scores, classes)
}
