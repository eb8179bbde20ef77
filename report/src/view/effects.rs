//! What each key of the grid does by itself: its values compared over everything else that was
//! tried.

use serde::Serialize;
use serde_json::Value;

use super::{
    answers::{Answers, Folds},
    configurations::Configuration,
    crossed, format,
    pairs::{LEVEL, pairing},
    scale,
    table::{Kind, Table},
};
use titer_core::{
    metric::{ACCURACY, Metric},
    statistics::{self, Pairing},
    text::cut,
};

/// One key of a grid of several.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Effect {
    #[serde(skip)]
    pub metric: Metric,
    pub key: String,
    pub name: String,
    /// In the grid's order.
    pub values: Vec<Level>,
    /// The best value against the worst; `None` where no two values were tried with the same other
    /// keys and seeds, or the runs have several splits.
    pub contrast: Option<Contrast>,
}

/// One value of a key.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Level {
    pub value: Value,
    /// The mean score of the configurations that have it.
    pub score: Option<f64>,
    pub configurations: usize,
}

/// Two values of a key, over the runs that are alike in everything else.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Contrast {
    pub best: usize,
    pub worst: usize,
    /// Pairs of runs that are alike in everything else.
    pub matched: usize,
    pub difference: f64,
    /// 95 %.
    pub interval: [f64; 2],
    pub p: f64,
    /// Corrected for the pairs of values it was picked from (Bonferroni), and for all keys (Holm).
    pub corrected: f64,
}

/// The effect of every key, where there are several.
#[must_use]
pub fn effects(metric: Metric, configurations: &[Configuration], names: &[(String, String)], folds: &Folds) -> Vec<Effect> {
    if names.len() < 2 {
        return Vec::new();
    }
    // Runs of different splits have no proteins in common to be compared on.
    let answers = (folds.sets.len() == 1).then(|| folds.main());
    let mut effects: Vec<Effect> =
        names.iter().map(|(key, name)| Effect::new(metric, key, name, configurations, answers)).collect();
    let mut contrasts: Vec<&mut Contrast> = effects.iter_mut().filter_map(|effect| effect.contrast.as_mut()).collect();
    let corrected = statistics::holm(&contrasts.iter().map(|contrast| contrast.corrected).collect::<Vec<f64>>());
    for (contrast, corrected) in contrasts.iter_mut().zip(corrected) {
        contrast.corrected = corrected;
    }
    effects
}

impl Effect {
    fn new(metric: Metric, key: &str, name: &str, configurations: &[Configuration], answers: Option<&Answers>) -> Self {
        let mut values: Vec<Value> = Vec::new();
        for configuration in configurations {
            let value = &configuration.point[key];
            if !values.contains(value) {
                values.push(value.clone());
            }
        }
        let levels: Vec<Level> = values.into_iter().map(|value| Level::new(value, key, configurations)).collect();
        let known = || levels.iter().enumerate().filter_map(|(of, level)| Some((of, metric.oriented(level.score?))));
        let best = known().reduce(|best, next| if next.1 > best.1 { next } else { best });
        let worst = known().reduce(|worst, next| if next.1 < worst.1 { next } else { worst });
        let contrast = match (best, worst, answers) {
            (Some((best, _)), Some((worst, _)), Some(answers)) if best != worst => {
                Contrast::new(metric, (best, worst), &levels, key, configurations, answers)
            }
            _ => None,
        };
        Self { metric, key: key.to_owned(), name: name.to_owned(), values: levels, contrast }
    }

    /// What the key does, in a sentence.
    #[must_use]
    pub fn sentence(&self) -> Option<String> {
        let Contrast { best, worst, difference, interval, p, corrected, matched } = self.contrast.as_ref()?;
        let value = |of: &usize| cut(&format::value(&self.values[*of].value), 40);
        let pairs = format::counted(*matched as u64, "matched pair");
        let (size, interval) = scale::size(*difference, *interval);
        let (by, chance) = (scale::difference(self.metric, size), format::p_is(*p));
        let between = scale::between(self.metric, interval);
        let what = if self.metric == ACCURACY {
            format!("is {by} more accurate than {}", value(worst))
        } else {
            format!("reaches a {} {} than {}, by {by},", scale::better(self.metric), self.metric.label, value(worst))
        };
        let found = format!(
            "{} {} {what} on average over {pairs} of runs (95% interval {between}, {chance})",
            super::capitalised(&self.name),
            value(best),
        );
        Some(if *corrected < LEVEL { format!("{found}.") } else { format!("{found}: compatible with chance after adjustment.") })
    }
}

impl Level {
    fn new(value: Value, key: &str, configurations: &[Configuration]) -> Self {
        let of_value = configurations.iter().filter(|configuration| configuration.point[key] == value);
        let means: Vec<f64> = of_value.filter_map(|configuration| Some(configuration.score.as_ref()?.mean)).collect();
        let score = (!means.is_empty()).then(|| means.iter().sum::<f64>() / means.len() as f64);
        Self { value, score, configurations: means.len() }
    }
}

impl Contrast {
    fn new(
        metric: Metric,
        (best, worst): (usize, usize),
        levels: &[Level],
        key: &str,
        configurations: &[Configuration],
        answers: &Answers,
    ) -> Option<Self> {
        let with = |of: usize| configurations.iter().filter(move |configuration| configuration.point[key] == levels[of].value);
        let elsewhere = |one: &Configuration, other: &Configuration| {
            one.point.iter().all(|(name, value)| name == key || other.point.get(name) == Some(value))
        };
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        let mut configurations = 0;
        for one in with(best) {
            let Some(other) = with(worst).find(|other| elsewhere(one, other)) else { continue };
            configurations += 1;
            for (run, seed) in one.runs.iter().zip(&one.seeds) {
                let Some(place) = other.seeds.iter().position(|of| of == seed) else { continue };
                if let (Some(this), Some(that)) = (&answers.runs[*run], &answers.runs[other.runs[place]]) {
                    ours.push(this);
                    theirs.push(that);
                }
            }
        }
        // Over several other keys the pairs differ in more than their seeds: what the other keys do must drop out.
        let by = if configurations > 1 { Pairing::Paired } else { pairing(ours.len()) };
        let crossed = crossed::difference(metric, &ours, &theirs, by)?;
        let turned = metric.oriented(crossed.estimate) < 0.0;
        let [low, high] = crossed.interval;
        // Means over everything may order two values otherwise than their matched runs do.
        let (best, worst) = if turned { (worst, best) } else { (best, worst) };
        Some(Self {
            best,
            worst,
            matched: ours.len(),
            difference: if turned { -crossed.estimate } else { crossed.estimate },
            interval: if turned { [-high, -low] } else { [low, high] },
            p: crossed.p,
            corrected: (crossed.p * (levels.len() * (levels.len() - 1) / 2) as f64).min(1.0),
        })
    }
}

/// All keys' values with their mean scores.
#[must_use]
pub fn table(effects: &[Effect]) -> Table {
    let mean = format!("mean {}", effects.first().map_or("score", |effect| scale::head(effect.metric)));
    let columns = [("key", Kind::Text), ("value", Kind::Number), (mean.as_str(), Kind::Number), ("configurations", Kind::Number)];
    let mut table = Table::new("What each key does by itself: means over all other settings.", &columns);
    for effect in effects {
        for (place, level) in effect.values.iter().enumerate() {
            let best = effect.contrast.as_ref().is_some_and(|contrast| contrast.best == place);
            table
                .row([
                    effect.name.clone(),
                    cut(&format::value(&level.value), 40),
                    level.score.map_or_else(|| format::NONE.to_owned(), |score| scale::value(effect.metric, score)),
                    format::count(level.configurations as u64),
                ])
                .mark(best);
        }
    }
    table
}
