//! The comparison: the configurations side by side, what differs significantly, and their curves.

use askama::Template;

use super::{Content, Rendered, Section};
use crate::{
    Error, View,
    controls::LOOKS,
    drawn::Drawn,
    figures::{comparison, grid, has_legend, style, test, training},
    view::{baselines::Baselines, effects, lines::Lines, table::Table},
};

pub(super) const SECTION: Section = Section { id: "comparison", title: Some("Comparison"), build };

#[derive(Template)]
#[template(path = "sections/comparison.html")]
struct ComparisonTemplate<'a> {
    tables: Tables,
    baselines: Option<&'a Baselines>,
    side_by_side: Vec<Drawn>,
    grid: Vec<Drawn>,
    training: Vec<Drawn>,
    test: Vec<Drawn>,
    legend: Vec<Key>,
}

/// The tables of the comparison.
struct Tables {
    /// Where some configuration ran with several seeds: else they are the runs.
    configurations: Option<Table>,
    pairs: Option<Table>,
    versus: Option<Table>,
    effects: Option<Table>,
    runs: Table,
}

/// What a line of the figures looks like, where they have no room for a legend.
struct Key {
    line: usize,
    label: String,
    colour: &'static str,
    dash: &'static str,
}

fn build(&Content { view, .. }: &Content<'_>) -> Result<Option<Rendered>, Error> {
    if view.comparison.runs.is_empty() {
        return Ok(None);
    }
    Rendered::framed(&ComparisonTemplate {
        tables: Tables::new(view),
        baselines: view.baselines.as_ref(),
        side_by_side: Drawn::all(&comparison::comparison(view))?,
        grid: Drawn::all(&grid::grid(view))?,
        training: Drawn::all(&training::all(view))?,
        test: Drawn::all(&test::all(view))?,
        legend: legend(view),
    })
}

impl Tables {
    fn new(View { comparison, decision, .. }: &View) -> Self {
        Self {
            configurations: decision.repeated().then(|| decision.table(comparison)),
            pairs: (!decision.pairs.pairs.is_empty()).then(|| decision.pairs.table(&decision.configurations)),
            versus: decision
                .versus
                .as_ref()
                .zip(decision.choice.as_ref())
                .map(|(versus, choice)| versus.table(&decision.configurations, choice.configuration)),
            effects: (!decision.effects.is_empty()).then(|| effects::table(&decision.effects)),
            runs: comparison.table(),
        }
    }
}

fn legend(view: &View) -> Vec<Key> {
    let Lines { names, .. } = Lines::new(view);
    if names.len() < 2 || has_legend(names.len()) || names.len() > LOOKS {
        return Vec::new();
    }
    let key = |(line, label): (usize, String)| Key { line, label, colour: style::colour(line), dash: style::dash_array(line) };
    names.into_iter().enumerate().map(key).collect()
}
