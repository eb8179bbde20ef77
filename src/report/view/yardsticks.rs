//! What simple methods make of the test proteins, and a run beside them.

use serde::Serialize;

use super::{
    format,
    table::{Cell, Kind, Table},
};
use crate::{
    data::Split,
    eval,
    report::inputs::{Inputs, RunTables},
    results::tables::{Made, YardstickRow, Yardsticks as Rows},
};

/// The yardsticks in the order they were taken: the simplest first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Yardsticks {
    pub taken: Vec<YardstickView>,
    /// Why the others could not be taken: a sentence each.
    pub missing: Vec<String>,
    pub table: Table,
}

/// One yardstick on the test proteins.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct YardstickView {
    /// As a reader knows it: `amino-acid composition`.
    pub name: String,
    pub right: u64,
    pub of: u64,
    pub accuracy: f64,
    /// 95 %, after Wilson.
    pub interval: [f64; 2],
    /// `None` where the method gives no probabilities.
    pub roc_auc: Option<f64>,
    /// How it was made.
    pub made: String,
    /// Id and class of each protein, and whether it was right: what a run is paired with.
    #[serde(skip)]
    answers: Vec<Answer>,
}

/// A protein and whether its class was told.
type Answer = (String, String, bool);

/// A run beside a yardstick, on the same proteins.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Beside {
    pub only_run: u64,
    pub only_yardstick: u64,
    /// The run's accuracy less the yardstick's.
    pub difference: f64,
    /// Exact `McNemar` test.
    pub p: f64,
}

impl Yardsticks {
    /// `None` where the results have none.
    #[must_use]
    pub fn new(inputs: &Inputs) -> Option<Self> {
        let rows = inputs.yardsticks.as_ref()?;
        let taken: Vec<YardstickView> = rows.made.iter().filter_map(|made| YardstickView::new(made, rows)).collect();
        let is_missing = |made: &&Made| !rows.rows.iter().any(|row| row.yardstick == made.yardstick);
        let missing = rows
            .made
            .iter()
            .filter(is_missing)
            .map(|made| format!("{}: {}", capitalised(name(&made.yardstick)), made.made))
            .collect();
        Some(Self { table: table(&taken), taken, missing })
    }

    /// The one that is right most often: what a run has to beat. `None` where none was taken.
    #[must_use]
    pub fn best(&self) -> Option<&YardstickView> {
        self.taken.iter().rev().max_by_key(|yardstick| yardstick.right)
    }

    /// What the best yardstick comes to beside a run, as a sentence; `run` names it. `None` where the two cannot be paired.
    #[must_use]
    pub fn sentence(&self, run: &str, tables: &RunTables) -> Option<String> {
        let best = self.best()?;
        let beside = best.beside(tables)?;
        let points = format::decimal(beside.difference.abs() * 100.0, 1);
        let counts = format!(
            "right only by {run}: {}, only by {}: {}; exact McNemar test, {}",
            format::count(beside.only_run),
            best.name,
            format::count(beside.only_yardstick),
            p_value(beside.p)
        );
        let verdict = match beside.difference {
            _ if beside.p >= LEVEL => format!("These proteins do not tell {run} from the best yardstick"),
            difference if difference > 0.0 => format!("{} beats the best yardstick by {points} points", capitalised(run)),
            _ => format!("{} falls short of the best yardstick by {points} points", capitalised(run)),
        };
        Some(format!("{verdict}: {} is right about {} ({counts}).", best.name, format::percent(best.accuracy)))
    }
}

/// From where on a difference counts as told apart.
const LEVEL: f64 = 0.05;

impl YardstickView {
    fn new(made: &Made, rows: &Rows) -> Option<Self> {
        let of_this: Vec<&YardstickRow> = rows.rows.iter().filter(|row| row.yardstick == made.yardstick).collect();
        let of = of_this.len() as u64;
        let right = of_this.iter().filter(|row| row.label == row.predicted).count() as u64;
        (of > 0).then(|| Self {
            name: name(&made.yardstick).to_owned(),
            right,
            of,
            accuracy: right as f64 / of as f64,
            interval: eval::wilson(right, of),
            roc_auc: roc_auc(&of_this, &rows.classes),
            made: made.made.clone(),
            answers: answers(of_this.iter().map(|row| (&row.id, &row.label, &row.predicted))),
        })
    }

    /// A run's test predictions beside these. `None` where they are of other proteins.
    #[must_use]
    pub fn beside(&self, run: &RunTables) -> Option<Beside> {
        let test = run.predictions.iter().filter(|row| row.split == Split::Test);
        let run = answers(test.map(|row| (&row.id, &row.label, &row.predicted)));
        let same = |(one, other): (&Answer, &Answer)| (&one.0, &one.1) == (&other.0, &other.1);
        if run.len() != self.answers.len() || !run.iter().zip(&self.answers).all(same) {
            return None;
        }
        let only =
            |these: &[Answer], those: &[Answer]| these.iter().zip(those).filter(|(this, that)| this.2 && !that.2).count() as u64;
        let (only_run, only_yardstick) = (only(&run, &self.answers), only(&self.answers, &run));
        Some(Beside {
            only_run,
            only_yardstick,
            difference: (only_run as f64 - only_yardstick as f64) / self.of as f64,
            p: eval::mcnemar(only_run, only_yardstick),
        })
    }
}

/// In the order of the ids: a run's rows are in the order it was tested in, a yardstick's in that of the data.
fn answers<'a>(rows: impl Iterator<Item = (&'a String, &'a String, &'a String)>) -> Vec<Answer> {
    let mut answers: Vec<Answer> = rows.map(|(id, label, predicted)| (id.clone(), label.clone(), label == predicted)).collect();
    answers.sort();
    answers
}

/// Two classes: of the second. Many: the unweighted mean, each against the rest.
fn roc_auc(rows: &[&YardstickRow], classes: &[String]) -> Option<f64> {
    let of_class = |class: usize| {
        let scores: Vec<f64> = rows.iter().map(|row| row.probabilities.as_ref()?.get(class).copied()).collect::<Option<_>>()?;
        let positive: Vec<bool> = rows.iter().map(|row| row.label == classes[class]).collect();
        eval::curves::roc_auc(&positive, &scores)
    };
    match classes.len() {
        0 | 1 => None,
        2 => of_class(1),
        many => Some((0..many).map(of_class).sum::<Option<f64>>()? / many as f64),
    }
}

/// What a reader calls a yardstick.
fn name(yardstick: &str) -> &str {
    match yardstick {
        "majority" => "majority class",
        "composition" => "amino-acid composition",
        "k-mers" => "nearest by k-mers",
        "mmseqs2" => "best MMseqs2 hit",
        other => other,
    }
}

fn table(taken: &[YardstickView]) -> Table {
    let mut table = Table::new(
        "Yardsticks: simple methods on the same test proteins, with 95% intervals after Wilson.",
        &[
            ("yardstick", Kind::Text),
            ("accuracy", Kind::Number),
            ("95%", Kind::Number),
            ("right", Kind::Number),
            ("ROC-AUC", Kind::Number),
            ("how it was made", Kind::Text),
        ],
    );
    for yardstick in taken {
        let [low, high] = yardstick.interval;
        let area = yardstick
            .roc_auc
            .map_or_else(|| Cell::none(Some("it gives classes, no probabilities")), |area| format::score(area).into());
        table.row([
            yardstick.name.clone().into(),
            format::score(yardstick.accuracy).into(),
            format!("{} to {}", format::decimal(low, 3), format::decimal(high, 3)).into(),
            format!("{} of {}", format::count(yardstick.right), format::count(yardstick.of)).into(),
            area,
            Cell::from(yardstick.made.clone()),
        ]);
    }
    table
}

fn p_value(p: f64) -> String {
    if p < 0.001 { "p < 0.001".to_owned() } else { format!("p = {}", format::decimal(p, 3)) }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
