//! What the report says, as plain data: every sentence, every table, every series a figure draws. Pure.

pub mod answer;
pub mod believed;
pub mod calibration;
pub mod comparison;
pub mod data;
pub mod format;
pub mod making;
pub mod model;
mod pair;
pub mod points;
mod question;
pub mod run;
pub mod table;
pub mod test;
pub mod threshold;
pub mod tokens;
pub mod training;

use serde::Serialize;

use self::{
    answer::Answer,
    calibration::CalibrationView,
    comparison::Comparison,
    data::DataView,
    making::MakingView,
    model::ModelView,
    question::Opening,
    run::{FailureView, RunView},
    table::Table,
    tokens::TokensView,
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
        let comparison = Comparison::new(&manifests);
        let labels: Vec<&str> = comparison.runs.iter().map(|run| run.label.as_str()).collect();
        let opening = Opening::read(&inputs.text);
        Self {
            title: opening.question.as_deref().map_or_else(|| inputs.name.clone(), capitalised),
            name: inputs.name.clone(),
            answer: Answer::new(inputs, &runs, &comparison),
            base_alone: comparison.points.base_alone(),
            calibration: CalibrationView::new(&runs, &labels),
            data: DataView::new(&inputs.card, &inputs.proteins, manifests.first().map(|manifest| &manifest.settings.data)),
            tokens: TokensView::new(&inputs.card, &inputs.proteins),
            models: model::models(&runs, &labels),
            split: data::split_table(&inputs.card),
            runs: runs.iter().enumerate().map(|(index, run)| RunView::new(index, run, &comparison)).collect(),
            failures: inputs.failures.iter().map(FailureView::new).collect(),
            making: MakingView::new(inputs, &runs, &labels, opening.command.as_deref()),
            comparison,
        }
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
