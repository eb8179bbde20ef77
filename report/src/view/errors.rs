//! Where the runs are wrong: which proteins, of which kind, and whether the runs are wrong together.

mod agreement;
mod groups;
mod hardest;
mod hints;
mod tested;

use serde::Serialize;

pub use self::{
    agreement::Agreement,
    groups::{Group, Groups},
    hardest::{Excerpt, HardProtein, Hardest},
};
use self::{hints::Words, tested::Tested};
use super::{comparison::Comparison, format, making};
use crate::inputs::Inputs;

/// What is said about the errors of all runs on the test proteins.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ErrorsView {
    pub sentences: Vec<String>,
    /// Where some runs were tested on other proteins than the experiment's own.
    pub left_out: Option<String>,
    pub groups: Groups,
    pub hardest: Hardest,
    /// `None` where there is one run.
    pub agreement: Option<Agreement>,
}

impl ErrorsView {
    /// `None` where no run has predicted the test proteins of the experiment's own data settings.
    #[must_use]
    pub fn new(inputs: &Inputs, comparison: &Comparison) -> Option<Self> {
        let tested = Tested::new(inputs)?;
        let settings = making::settings(&inputs.text);
        let words = Words::new(&settings.hints);
        let hints: Vec<Option<String>> = tested.proteins.iter().map(|protein| words.hint(protein)).collect();
        let groups = Groups::new(&tested, inputs.card.max_length as u32);
        let mut sentences = vec![summary(&tested)];
        sentences.extend(groups.sentences.iter().cloned());
        sentences.extend((!words.is_empty()).then(|| hints::sentence(&tested, &hints)).flatten());
        let labels: Vec<&str> = tested.runs.iter().map(|run| comparison.runs[run.index].label.as_str()).collect();
        Some(Self {
            sentences,
            left_out: left_out(inputs.runs.len() - tested.runs.len()),
            hardest: Hardest::new(&tested, &hints, &words, settings.link),
            agreement: Agreement::new(&tested, &labels),
            groups,
        })
    }
}

fn summary(tested: &Tested<'_>) -> String {
    let (proteins, runs) = (tested.proteins.len() as u64, tested.runs.len() as u64);
    let wrong: u64 = tested.wrong().iter().sum();
    if runs == 1 {
        return format!("{} of {} are wrong.", format::count(wrong), format::counted(proteins, "test protein"));
    }
    let of_runs = |sure: u64| tested.wrong().iter().filter(|&&wrong| wrong == sure).count() as u64;
    let are = |n: u64| if n == 1 { "is" } else { "are" };
    let (every, none) = (of_runs(runs), of_runs(0));
    format!(
        "Over {} of {} each, {} of the predictions are wrong. {} {} wrong in every run, {} {} right in every run.",
        format::counted(runs, "run"),
        format::counted(proteins, "test protein"),
        format::share(wrong, runs * proteins),
        format::counted(every, "protein"),
        are(every),
        format::count(none),
        are(none),
    )
}

fn left_out(runs: usize) -> Option<String> {
    let (were, they) = if runs == 1 { ("was", "it is") } else { ("were", "they are") };
    let told = || {
        format!(
            "{} {were} not tested on the test proteins of the experiment's own data settings: {they} left out here.",
            format::counted(runs as u64, "run")
        )
    };
    (runs > 0).then(told)
}
