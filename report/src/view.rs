//! What the report says, as plain data: every sentence, every table, every series a figure draws.
//! Pure.

pub mod advice;
pub mod answer;
pub mod answers;
pub mod bands;
pub mod baselines;
pub mod believed;
pub mod beside;
pub mod calibration;
pub mod chance;
pub mod choice;
pub mod comparison;
pub mod configurations;
pub mod crossed;
pub mod data;
pub mod decision;
pub mod effects;
pub mod errors;
pub mod format;
pub mod intervals;
pub mod leaks;
pub mod lines;
pub mod making;
pub mod methods;
pub mod model;
pub mod pairs;
pub mod points;
pub mod predicted;
mod question;
pub mod run;
pub mod scale;
pub mod table;
pub mod test;
pub mod threshold;
pub mod tokens;
pub mod training;
pub mod values;
pub mod verdict;
pub mod versus;

use serde::Serialize;

use self::{
    answer::Answer,
    baselines::Baselines,
    calibration::CalibrationView,
    comparison::Comparison,
    data::DataView,
    decision::Decision,
    errors::ErrorsView,
    making::MakingView,
    model::ModelView,
    question::Opening,
    run::{FailureView, RunView},
    table::Table,
    tokens::TokensView,
    values::ValuesView,
};
use super::inputs::{Inputs, RunTables};

/// The whole report.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct View {
    /// The experiment's question; its name where the file asks none.
    pub title: String,
    pub name: String,
    pub answer: Answer,
    /// Where not all runs saw what the sections on data, split and tokens describe.
    pub base_alone: Option<String>,
    pub comparison: Comparison,
    pub decision: Decision,
    /// `None` where none were taken.
    pub baselines: Option<Baselines>,
    /// `None` where no run was tested on the experiment's own test proteins.
    pub errors: Option<ErrorsView>,
    /// The predictions of a regression; `None` as of the errors, and of a classification.
    pub values: Option<ValuesView>,
    /// `None` where no run has a test set.
    pub calibration: Option<CalibrationView>,
    pub data: DataView,
    pub tokens: TokensView,
    pub models: Vec<ModelView>,
    pub split: Table,
    pub runs: Vec<RunView>,
    pub failures: Vec<FailureView>,
    pub making: MakingView,
}

impl View {
    #[must_use]
    pub fn new(inputs: &Inputs) -> Self {
        let runs: Vec<&RunTables> = inputs.runs.iter().collect();
        let manifests: Vec<_> = runs.iter().map(|run| &run.manifest).collect();
        let mut comparison = Comparison::new(&manifests);
        let baselines = Baselines::new(inputs, comparison.metric);
        let decision = Decision::new(inputs, &runs, &comparison, baselines.as_ref());
        comparison.leader = decision.leader().and_then(|leader| decision.configurations[leader].only_run());
        comparison.chosen = decision.chosen().map(|chosen| chosen.runs.clone()).unwrap_or_default();
        let labels: Vec<&str> = comparison.runs.iter().map(|run| run.label.as_str()).collect();
        let opening = Opening::read(&inputs.text);
        let choice = decision.choice.as_ref().map(|choice| choice.configuration);
        Self {
            title: title(inputs, opening.question.as_deref()),
            name: inputs.names(),
            answer: Answer::new(inputs, &runs, &comparison, &decision),
            base_alone: comparison.points.base_alone(),
            values: ValuesView::new(
                inputs,
                &comparison,
                &decision.configurations,
                baselines.as_ref().and_then(|baselines| baselines.best(comparison.metric)),
            ),
            baselines,
            errors: ErrorsView::new(inputs, &comparison, &decision.configurations),
            calibration: CalibrationView::new(&runs, &labels, &decision.configurations, choice),
            data: DataView::new(&inputs.card, &inputs.proteins, manifests.first().map(|manifest| &manifest.settings.data)),
            tokens: TokensView::new(&inputs.card, &inputs.proteins),
            models: model::models(&runs, &labels),
            split: data::split_table(&inputs.card),
            runs: runs
                .iter()
                .enumerate()
                .map(|(index, run)| RunView::new(index, run, &comparison, &decision, inputs.card.splits.train.count))
                .collect(),
            failures: inputs.failures.iter().map(FailureView::new).collect(),
            making: MakingView::new(inputs, &runs, &labels),
            comparison,
            decision,
        }
    }
}

fn title(inputs: &Inputs, question: Option<&str>) -> String {
    match (inputs.beside.as_slice(), question) {
        ([], Some(question)) => capitalised(question),
        ([], None) => inputs.name.clone(),
        (others, _) => {
            let names: Vec<&str> =
                std::iter::once(&inputs.name).chain(others.iter().map(|other| &other.name)).map(String::as_str).collect();
            format!("The experiments {} on the same test set", names.join(" and "))
        }
    }
}

/// A sentence's first word.
#[must_use]
pub fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
