//! The chosen configuration against another, score by score: a choice may look different by another metric.

use serde::Serialize;

use super::{
    answers::Answers,
    configurations::Configuration,
    format,
    predicted::Predicted,
    table::{Kind, Table},
};
use crate::eval::{self, Prepared, Resamples, Resampling};

const RESAMPLING: Resampling = Resampling { resamples: 1000, seed: 0 };

/// Two configurations on the same proteins.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Versus {
    /// Place of the other configuration.
    pub against: usize,
    pub scores: Vec<Difference>,
}

/// One score, the mean over each side's seeds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    pub score: &'static str,
    pub chosen: f64,
    pub other: f64,
    /// Of the chosen one's less the other's, 95 %, for another draw of proteins, the seeds as they are.
    pub interval: [f64; 2],
    pub method: Method,
}

/// Where the interval comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Two correlated areas (one seed each, two classes).
    DeLong,
    /// The same proteins drawn for both sides, within their classes; `BCa`.
    PairedBootstrap,
}

/// Reads one score of a side under weights.
type Score = fn(&Prepared, &[u32]) -> Option<f64>;

const SCORES: [(&str, Score); 6] = [
    ("ROC-AUC", Prepared::roc_auc),
    ("average precision", Prepared::average_precision),
    ("F1", Prepared::f1),
    ("macro F1", Prepared::macro_f1),
    ("MCC", Prepared::mcc),
    (LOWER_IS_BETTER, Prepared::log_loss),
];

/// The one score that is the better the lower.
const LOWER_IS_BETTER: &str = "log loss";

impl Versus {
    /// `None` where one of the two was not scored on these proteins.
    #[must_use]
    pub fn new(configurations: &[Configuration], chosen: usize, against: usize, answers: &Answers) -> Option<Self> {
        let runs = [chosen, against].map(|of| configurations[of].scored(answers));
        if runs.iter().any(Vec::is_empty) {
            return None;
        }
        let prepare = |(_, run): &(u32, &Predicted)| Prepared::new(&answers.labels, &run.logits, answers.classes);
        let sides = [&runs[0], &runs[1]].map(|runs| runs.iter().map(prepare).collect::<Vec<Prepared>>());
        let resamples = Resamples::draw(&answers.labels, &RESAMPLING);
        let mut scores: Vec<Difference> =
            SCORES.iter().filter_map(|&(name, score)| Difference::new(name, score, &sides, &resamples)).collect();
        if let ([(_, one)], [(_, other)], Some(positive)) = (&runs[0][..], &runs[1][..], answers.positive())
            && let Some(found) = eval::auc_difference(&positive, &one.believed(), &other.believed())
            && let Some(area) = scores.iter_mut().find(|difference| difference.score == "ROC-AUC")
        {
            (area.interval, area.method) = (found.interval, Method::DeLong);
        }
        Some(Self { against, scores })
    }

    /// Which other scores tell the two apart, in a sentence; `None` where none does.
    #[must_use]
    pub fn sentence(&self, configurations: &[Configuration], chosen: usize) -> Option<String> {
        let [one, other] = [chosen, self.against].map(|of| configurations[of].label.as_str());
        let told: Vec<&Difference> = self.scores.iter().filter(|of| of.leaves_out_zero()).collect();
        let better = |name: &str, chosen_is: bool| {
            let scores = told.iter().filter(|of| of.chosen_is_better() == chosen_is);
            let list: Vec<String> = scores
                .map(|of| {
                    let (own, rest) = if chosen_is { (of.chosen, of.other) } else { (of.other, of.chosen) };
                    format!("{} {} ({} against {})", of.direction(), of.score, format::score(own), format::score(rest))
                })
                .collect();
            (!list.is_empty()).then(|| format!("{name} has the {}", list.join(" and the ")))
        };
        let parts: Vec<String> = [better(one, true), better(other, false)].into_iter().flatten().collect();
        (!parts.is_empty()).then(|| {
            format!(
                "Beside the accuracy, {}: the 95% intervals of these differences leave out zero, for these seeds and not corrected for six scores.",
                parts.join("; ")
            )
        })
    }

    /// The scores as a table.
    #[must_use]
    pub fn table(&self, configurations: &[Configuration], chosen: usize) -> Table {
        let [one, other] = [chosen, self.against].map(|of| configurations[of].label.as_str());
        let caption = format!(
            "{} less {other}, score by score: means over the seeds, and 95% intervals of the difference for another draw of proteins, the seeds as they are.",
            super::capitalised(one)
        );
        let columns = [
            ("", Kind::Text),
            (one, Kind::Number),
            (other, Kind::Number),
            ("difference", Kind::Number),
            ("95% interval", Kind::Number),
            ("method", Kind::Text),
        ];
        let mut table = Table::new(caption, &columns);
        for difference in &self.scores {
            let Difference { score, chosen, other, interval, method } = difference;
            let method = match method {
                Method::DeLong => "DeLong",
                Method::PairedBootstrap => "paired bootstrap",
            };
            let [low, high] = interval.map(|end| format::signed(end, 3));
            table
                .row([
                    (*score).to_owned(),
                    format::score(*chosen),
                    format::score(*other),
                    format::signed(chosen - other, 4),
                    format!("{low} to {high}"),
                    method.to_owned(),
                ])
                .mark(difference.leaves_out_zero());
        }
        table
    }
}

impl Difference {
    fn leaves_out_zero(&self) -> bool {
        let [low, high] = self.interval;
        low > 0.0 || high < 0.0
    }

    /// Which way is better.
    fn direction(&self) -> &'static str {
        if self.score == LOWER_IS_BETTER { "lower" } else { "higher" }
    }

    fn chosen_is_better(&self) -> bool {
        if self.score == LOWER_IS_BETTER { self.chosen < self.other } else { self.chosen > self.other }
    }

    fn new(name: &'static str, score: Score, sides: &[Vec<Prepared>; 2], resamples: &Resamples) -> Option<Self> {
        let mean = |side: &[Prepared], weights: &[u32]| {
            let sum = side.iter().map(|run| score(run, weights)).sum::<Option<f64>>()?;
            Some(sum / side.len() as f64)
        };
        let found = resamples.bootstrap(|weights| Some(mean(&sides[0], weights)? - mean(&sides[1], weights)?))?;
        let once = vec![1; sides[0].first()?.count()];
        Some(Self {
            score: name,
            chosen: mean(&sides[0], &once)?,
            other: mean(&sides[1], &once)?,
            interval: found.interval,
            method: Method::PairedBootstrap,
        })
    }
}
