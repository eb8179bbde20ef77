//! The choice beside the best baseline, on the same proteins: below it nothing was learned.

use serde::Serialize;

use super::{
    answers::Folds,
    baselines::BaselineView,
    configurations::Configuration,
    crossed, format,
    pairs::LEVEL,
    predicted::{ByClass, Given, Predicted},
    scale,
};
use crate::inputs::RunTables;
use titer_core::{metric::Metric, statistics::Pairing, text::cut};

/// A configuration and a baseline on the same proteins.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Beside {
    /// What is compared.
    pub metric: Metric,
    pub baseline: String,
    /// Whether there is no other baseline.
    #[serde(skip)]
    pub only: bool,
    /// Whether every run is correct about exactly the proteins that the baseline is.
    #[serde(skip)]
    pub same: bool,
    /// The baseline's.
    pub score: f64,
    /// The configuration's score less the baseline's.
    pub difference: f64,
    /// 95 %; proteins, and seeds where there are several.
    pub interval: [f64; 2],
    pub p: f64,
}

impl Beside {
    /// `None` where the baseline was taken on none of the test sets that the configuration's runs
    /// were tested on.
    #[must_use]
    pub fn new(
        baseline: &BaselineView,
        metric: Metric,
        configuration: &Configuration,
        runs: &[&RunTables],
        folds: &Folds,
    ) -> Option<Self> {
        let scored = configuration.runs.iter().filter_map(|&run| Some((runs[run], folds.predicted(run)?)));
        let sides = scored.filter_map(|(run, answers)| Some((answers, baseline.about(run, metric)?)));
        let (ours, theirs): (Vec<&Predicted>, Vec<Predicted>) = sides.unzip();
        let found = Self::of(metric, &ours, &theirs)?;
        Some(Self { baseline: baseline.name.clone(), score: baseline.metrics.get(metric)?, ..found })
    }

    /// Always naming the largest class of the proteins that the configuration was scored on; for
    /// where no baseline was taken. `None` for a metric of probabilities, of which a class alone
    /// has none.
    #[must_use]
    pub fn majority(metric: Metric, configuration: &Configuration, folds: &Folds, classes: &[String]) -> Option<Self> {
        let runs = || configuration.runs.iter().filter_map(|&run| folds.predicted(run));
        let labels = &runs().next()?.by_class()?.labels;
        let of = |class: usize| labels.iter().filter(|&&label| label == class).count();
        let largest = (0..classes.len()).reduce(|largest, class| if of(class) > of(largest) { class } else { largest })?;
        let logits = labels.iter().flat_map(|_| (0..classes.len()).map(|class| f32::from(u8::from(class == largest))));
        let right = labels.iter().map(|&label| label == largest).collect();
        let always = metric.from_classes.then(|| {
            let given = ByClass { classes: classes.len(), labels: labels.clone(), logits: logits.collect(), right };
            Predicted::new(Given::Classes(given), metric)
        });
        let always = always.flatten()?;
        let ours: Vec<&Predicted> = runs().filter(|run| run.by_class().is_some_and(|of| of.labels == *labels)).collect();
        let score = always.score?;
        let found = Self::of(metric, &ours, &vec![always; ours.len()])?;
        Some(Self { baseline: format!("always {}", cut(&classes[largest], 60)), only: true, score, ..found })
    }

    /// A baseline has no seed: it is compared with each of the configuration's.
    fn of(metric: Metric, ours: &[&Predicted], theirs: &[Predicted]) -> Option<Self> {
        let theirs: Vec<&Predicted> = theirs.iter().collect();
        let crossed = crossed::difference(metric, ours, &theirs, Pairing::Paired)?;
        Some(Self {
            metric,
            baseline: String::new(),
            only: false,
            same: ours.iter().zip(&theirs).all(|(one, other)| one.values == other.values),
            score: 0.0,
            difference: crossed.estimate,
            interval: crossed.interval,
            p: crossed.p,
        })
    }

    /// How the two compare, in a sentence; `name` is the configuration.
    #[must_use]
    pub fn sentence(&self, name: &str) -> String {
        let Self { metric, baseline, score, difference, interval, p, only, same } = self;
        let is_clear = *p < LEVEL;
        // Of a clear difference its size; of another which side is ahead is not known.
        let (size, interval) = if is_clear { scale::size(*difference, *interval) } else { (*difference, *interval) };
        let by = scale::difference(*metric, size);
        let told = match (is_clear, metric.oriented(*difference) > 0.0) {
            (false, _) => format!("{name} is indistinguishable from it"),
            (true, true) => format!("{name} beats it by {by}"),
            (true, false) => format!("{name} falls short of it by {by}"),
        };
        let which = if *only { "The one baseline" } else { "The best baseline" };
        let reached = scale::named(*metric, *score);
        if *same {
            return format!("{which}, {baseline}, reaches {reached}: {name} is {}.", scale::same(*metric));
        }
        format!(
            "{which}, {baseline}, reaches {reached}: {told} (95% interval {}, {}).",
            scale::between(*metric, interval),
            format::p_is(*p),
        )
    }
}
