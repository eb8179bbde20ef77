//! The chosen configuration against another, score by score: a choice may look different by another
//! metric.

use serde::Serialize;

use super::{
    advice::listed,
    answers::Answers,
    configurations::Configuration,
    format,
    pairs::{About, LEVEL, Side, matched},
    predicted::Predicted,
    scale,
    table::{Cell, Kind, Table},
};
use titer_core::{
    metric::{self, Better, MSE, Metric, R2, RMSE},
    predictions::{Output, Predictions},
    statistics::{self, Pairing},
};

/// Proteins that the smallest class must have for its scores to be tested: of fewer a single one
/// decides, and no variance is known.
const LEAST_OF_A_CLASS: usize = 10;

/// Two configurations on the same proteins.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Versus {
    /// The metric that the comparison itself is of.
    #[serde(skip)]
    pub compared: Metric,
    /// Place of the other configuration.
    pub against: usize,
    /// From how many others it was picked.
    pub others: usize,
    pub about: About,
    pub scores: Vec<Difference>,
}

/// One score, the mean over each side's seeds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    pub score: Metric,
    /// `None` where the score has no value.
    pub chosen: Option<f64>,
    pub other: Option<f64>,
    /// The chosen one's less the other's, and what of it may be chance.
    #[serde(flatten)]
    pub tested: Option<Tested>,
    /// Why there is nothing to report.
    pub untested: Option<String>,
}

/// A difference with its chance.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Tested {
    pub difference: f64,
    /// 95 %, for another draw of proteins and, but for runs alone, of seeds; not corrected.
    pub interval: [f64; 2],
    pub p: f64,
    /// Corrected for the scores (Holm) and for the others that this one was picked from
    /// (Bonferroni).
    pub corrected: f64,
}

/// Whether a metric says what another says: on one set of proteins MSE, RMSE and R² rank alike, and
/// of these RMSE is told.
fn follows(metric: Metric, compared: Metric) -> bool {
    let alike = [RMSE, MSE, R2];
    alike.contains(&metric) && (metric != RMSE || alike.contains(&compared))
}

impl Versus {
    /// `None` where one of the two was not scored on these proteins.
    #[must_use]
    pub fn new(
        compared: Metric,
        configurations: &[Configuration],
        chosen: usize,
        against: usize,
        answers: &Answers,
    ) -> Option<Self> {
        let others: Vec<usize> =
            (0..configurations.len()).filter(|&of| of != chosen && !configurations[of].scored(answers).is_empty()).collect();
        let [one, other] = [chosen, against].map(|of| configurations[of].scored(answers));
        if one.is_empty() || other.is_empty() {
            return None;
        }
        let about = if one.len() == 1 && other.len() == 1 { About::Runs } else { About::Configurations };
        let (one, other, pairing) = matched(&one, &other);
        let prepare = |run: &&Predicted| run.prepared();
        let sides = [one, other].map(|side: Side| side.iter().map(prepare).collect::<Vec<Predictions>>());
        let smallest = (0..answers.classes).map(|class| answers.strata.iter().filter(|stratum| **stratum == class).count()).min();
        let few = smallest.filter(|of| *of < LEAST_OF_A_CLASS);
        let mut scores: Vec<Difference> = metric::ALL
            .iter()
            .filter(|metric| metric.shown && metric.of == compared.of && **metric != compared && !follows(**metric, compared))
            .map(|&metric| Difference::new(metric, &sides, pairing, few))
            .collect();
        let mut tested: Vec<&mut Tested> = scores.iter_mut().filter_map(|score| score.tested.as_mut()).collect();
        let corrected = statistics::holm(&tested.iter().map(|score| score.p).collect::<Vec<f64>>());
        for (score, corrected) in tested.iter_mut().zip(corrected) {
            score.corrected = (corrected * others.len() as f64).min(1.0);
        }
        Some(Self { compared, against, others: others.len(), about, scores })
    }

    /// Which other scores differ significantly, in a sentence; `None` where none does, and where
    /// only two runs are compared: they say nothing about their settings.
    #[must_use]
    pub fn sentence(&self, configurations: &[Configuration], chosen: usize) -> Option<String> {
        let [one, other] = [chosen, self.against].map(|of| configurations[of].label.as_str());
        let told: Vec<&Difference> = self.scores.iter().filter(|of| of.differs()).collect();
        let better = |name: &str, chosen_is: bool| {
            let scores = told.iter().filter(|of| of.chosen_is_better() == chosen_is);
            let list: Vec<String> = scores
                .map(|of| {
                    let (own, rest) = if chosen_is { (of.chosen, of.other) } else { (of.other, of.chosen) };
                    let [own, rest] =
                        [own, rest].map(|value| value.map_or_else(String::new, |value| scale::value(of.score, value)));
                    format!("{} {} ({own} against {rest})", of.direction(), of.score.label)
                })
                .collect();
            (!list.is_empty()).then(|| format!("{name} has the {}", listed(&list)))
        };
        let parts: Vec<String> = [better(one, true), better(other, false)].into_iter().flatten().collect();
        (self.about == About::Configurations && !parts.is_empty()).then(|| {
            format!(
                "Besides the {}, {}: these differences are significant, allowing for variation across seeds and proteins and adjusted for {}.",
                self.compared.label,
                parts.join("; "),
                self.comparisons(),
            )
        })
    }

    /// What the p-values are corrected for: `6 scores`.
    fn comparisons(&self) -> String {
        let tested = self.scores.iter().filter(|score| score.tested.is_some()).count() as u64;
        match self.others as u64 {
            1 => format::counted(tested, "score"),
            others => format!("{} and {}", format::counted(tested, "score"), format::counted(others, "other configuration")),
        }
    }

    /// The scores as a table.
    #[must_use]
    pub fn table(&self, configurations: &[Configuration], chosen: usize) -> Table {
        let [one, other] = [chosen, self.against].map(|of| configurations[of].label.as_str());
        let over = match self.about {
            About::Runs => "if proteins were resampled (for these runs, not for other seeds)",
            About::Configurations => "if proteins and seeds were resampled",
        };
        let caption = format!(
            "{} minus {other}, score by score: means over the seeds, 95% intervals of the difference {over}, and p-values adjusted for {}.",
            super::capitalised(one),
            self.comparisons(),
        );
        let columns = [
            ("", Kind::Text),
            (one, Kind::Number),
            (other, Kind::Number),
            ("difference", Kind::Number),
            ("95% interval", Kind::Number),
            ("adjusted p", Kind::Number),
        ];
        let mut table = Table::new(caption, &columns);
        for score in &self.scores {
            table.row(score.cells()).mark(score.differs());
        }
        table
    }
}

impl Difference {
    /// Whether it is significant.
    fn differs(&self) -> bool {
        self.tested.is_some_and(|tested| tested.corrected < LEVEL && tested.difference != 0.0)
    }

    /// Which way is better.
    fn direction(&self) -> &'static str {
        if self.score.better == Better::Lower { "lower" } else { "higher" }
    }

    fn chosen_is_better(&self) -> bool {
        self.chosen.zip(self.other).is_some_and(|(chosen, other)| self.score.is_better(chosen, other))
    }

    fn cells(&self) -> Vec<Cell> {
        let why = self.untested.as_deref();
        let value = |value: Option<f64>| value.map_or_else(|| Cell::none(why), |value| scale::value(self.score, value).into());
        let mut cells = vec![self.score.label.into(), value(self.chosen), value(self.other)];
        let apart = self.chosen.zip(self.other).map(|(chosen, other)| chosen - other);
        cells.push(apart.map_or_else(|| Cell::none(why), |apart| scale::difference(self.score, apart).into()));
        match self.tested {
            Some(Tested { interval, corrected, .. }) => {
                cells.extend([scale::between(self.score, interval).into(), format::p_value(corrected).into()]);
            }
            None => cells.extend([Cell::none(why), Cell::none(why)]),
        }
        cells
    }

    /// `few`: how many proteins the smallest class has, where they are too few.
    fn new(score: Metric, sides: &[Vec<Predictions>; 2], pairing: Pairing, few: Option<usize>) -> Self {
        let [chosen, other] = [0, 1].map(|side| {
            let of: &[Predictions] = &sides[side];
            let sum = of.iter().map(|run| score.score(run)).sum::<Option<f64>>()?;
            Some(sum / of.len() as f64)
        });
        let tested = tested(score, sides, pairing, few, chosen.is_some() && other.is_some());
        let untested = tested.as_ref().err().cloned();
        Self { score, chosen, other, tested: tested.ok(), untested }
    }
}

/// The difference by the crossed model over what each protein contributes to the score; or why
/// there is none.
fn tested(
    metric: Metric,
    [one, other]: &[Vec<Predictions>; 2],
    pairing: Pairing,
    few: Option<usize>,
    defined: bool,
) -> Result<Tested, String> {
    match few {
        Some(0) => return Err("a class has no protein on this split".to_owned()),
        Some(of) => return Err(format!("the smallest class has {}: too few to test", format::counted(of as u64, "protein"))),
        None if !defined => {
            let one = if metric.of == Output::Classes { "one class only" } else { "the same value for every protein" };
            return Err(format!("a run predicts {one}, which leaves the score undefined"));
        }
        None => {}
    }
    let values = |side: &[Predictions]| side.iter().map(|run| metric.by_protein(run)).collect::<Option<Vec<Vec<f64>>>>();
    let found =
        values(one).zip(values(other)).and_then(|(one, other)| statistics::crossed_values_difference(&one, &other, pairing));
    match found {
        Some(found) if found.standard_error > 0.0 => {
            Ok(Tested { difference: found.estimate, interval: found.interval, p: found.p, corrected: 1.0 })
        }
        _ => Err("no protein makes a difference".to_owned()),
    }
}
