//! The errors: which proteins the choice predicts wrong, of which kind, and whether the runs err
//! together.

mod agreement;
mod confusion;
mod groups;
mod hardest;
mod hints;
mod tested;

use serde::Serialize;

pub use self::{
    agreement::Agreement,
    confusion::Confusion,
    groups::{Group, Groups},
    hardest::{Excerpt, HardProtein, Hardest, link_of},
};
use self::{hints::Words, tested::Tested};
use super::{
    comparison::Comparison,
    configurations::Configuration,
    format, making,
    table::{Badge, Cell, Kind, Table},
};
use crate::inputs::Inputs;

/// Classes up to which the table of the configurations has a column each.
const COLUMNS: usize = 6;

/// What is said about the errors on the test proteins.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ErrorsView {
    /// Of the choice first; of all runs where there are more.
    pub sentences: Vec<String>,
    /// Where some runs were tested on other proteins than the experiment's own.
    pub left_out: Option<String>,
    /// Of the choice.
    pub groups: Groups,
    /// Of the choice, the mean over its seeds.
    pub confusion: Confusion,
    /// The errors of every configuration; `None` where there is one.
    pub configurations: Option<Table>,
    pub hardest: Hardest,
    /// `None` where there is one run.
    pub agreement: Option<Agreement>,
}

impl ErrorsView {
    /// `None` where no run has predicted the test proteins of the experiment's own data settings.
    #[must_use]
    pub fn new(inputs: &Inputs, comparison: &Comparison, configurations: &[Configuration]) -> Option<Self> {
        let all = Tested::new(inputs)?;
        let choice = configurations.iter().find(|of| of.runs == comparison.chosen);
        let tested = choice.and_then(|choice| all.of(&choice.runs));
        let (tested, choice) = match &tested {
            Some(tested) => (tested, choice.filter(|_| configurations.len() > 1)),
            None => (&all, None),
        };
        let settings = making::settings(&inputs.text);
        let words = Words::new(&settings.hints);
        let hints: Vec<Option<String>> = all.proteins.iter().map(|protein| words.hint(protein)).collect();
        let groups = Groups::new(tested, inputs.card.max_length as u32);
        let mut sentences = vec![summary(tested, choice)];
        sentences.extend(groups.sentences.iter().cloned());
        sentences.extend((all.runs.len() > tested.runs.len()).then(|| of_all(&all)));
        sentences.extend((!words.is_empty()).then(|| hints::sentence(&all, &hints)).flatten());
        let labels: Vec<&str> = all.runs.iter().map(|run| comparison.runs[run.index].label.as_str()).collect();
        Some(Self {
            sentences,
            left_out: left_out(inputs.runs.len() - all.runs.len()),
            confusion: Confusion::new(tested),
            configurations: (configurations.len() > 1).then(|| table(&all, configurations, &comparison.chosen)),
            hardest: Hardest::new(&all, &hints, &words, settings.link),
            agreement: Agreement::new(&all, &labels),
            groups,
        })
    }
}

/// `choice`: the configuration that these are the runs of, where there are others.
fn summary(tested: &Tested<'_>, choice: Option<&Configuration>) -> String {
    let (proteins, runs) = (tested.proteins.len() as u64, tested.runs.len() as u64);
    let wrong: u64 = tested.wrong().iter().sum();
    let of = format::counted(proteins, "test protein");
    let who = choice.map_or_else(String::new, |choice| format!("The choice, {}: ", choice.label));
    if runs == 1 {
        let are = if wrong == 1 { "is" } else { "are" };
        return format!("{who}{} of {of} {are} misclassified.", format::count(wrong));
    }
    format!(
        "{who}{} of {of} are misclassified (mean over {runs} seeds); {} with every seed, {} with none.",
        format::share(wrong, runs * proteins),
        format::count(got_wrong_by(tested, runs)),
        format::count(got_wrong_by(tested, 0)),
    )
}

fn of_all(tested: &Tested<'_>) -> String {
    let (proteins, runs) = (tested.proteins.len() as u64, tested.runs.len() as u64);
    let wrong: u64 = tested.wrong().iter().sum();
    let (every, none) = (got_wrong_by(tested, runs), got_wrong_by(tested, 0));
    format!(
        "Over all {}, {} of the predictions are wrong; {} {} misclassified by every run, {} by none.",
        format::counted(runs, "run"),
        format::share(wrong, runs * proteins),
        format::counted(every, "protein"),
        if every == 1 { "is" } else { "are" },
        format::count(none),
    )
}

/// How many proteins exactly `runs` of the runs misclassify.
fn got_wrong_by(tested: &Tested<'_>, runs: u64) -> u64 {
    tested.wrong().iter().filter(|&&wrong| wrong == runs).count() as u64
}

/// A row per configuration: its errors, overall and by class.
fn table(all: &Tested<'_>, configurations: &[Configuration], chosen: &[usize]) -> Table {
    let classes = if all.classes.len() <= COLUMNS { all.classes } else { &[] };
    let names: Vec<String> = classes.iter().map(|class| format!("{class} wrong")).collect();
    let mut columns = vec![("configuration", Kind::Text), ("wrong", Kind::Number)];
    columns.extend(names.iter().map(|name| (name.as_str(), Kind::Number)));
    let mut table = Table::new("Share of misclassified test proteins of every configuration, the mean over its seeds.", &columns)
        .with_badge(Badge::Choice);
    for configuration in configurations {
        let Some(tested) = all.of(&configuration.runs) else { continue };
        let wrong = tested.wrong();
        let share = |is_in: &dyn Fn(usize) -> bool| {
            let places: Vec<usize> = (0..wrong.len()).filter(|place| is_in(*place)).collect();
            let sum: u64 = places.iter().map(|place| wrong[*place]).sum();
            format::share(sum, (places.len() * tested.runs.len()) as u64)
        };
        let mut cells: Vec<Cell> = vec![configuration.label.as_str().into(), share(&|_| true).into()];
        cells.extend(classes.iter().map(|class| share(&|place| all.proteins[place].label.as_ref() == Some(class)).into()));
        table.row(cells).mark(configuration.runs == chosen);
    }
    table
}

/// Says how many runs were tested on other proteins.
pub(super) fn left_out(runs: usize) -> Option<String> {
    let (were, they) = if runs == 1 { ("was", "it is") } else { ("were", "they are") };
    let told = || {
        format!(
            "{} {were} not tested on the test proteins of the experiment's own data settings: {they} excluded here.",
            format::counted(runs as u64, "run")
        )
    };
    (runs > 0).then(told)
}
