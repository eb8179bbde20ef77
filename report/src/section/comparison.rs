//! The comparison: the configurations side by side, what differs significantly, and their curves.

use askama::Template;

use super::{Content, Rendered, Section};
use crate::{
    Error, View,
    controls::LOOKS,
    drawn::Drawn,
    figures::{Figure, against, baselines, comparison, epochs, grid, has_legend, pairwise, style, test, training},
    view::{
        baselines::Baselines as Taken,
        effects,
        lines::Lines,
        table::{Badge, Table},
    },
};

pub(super) const SECTION: Section = Section { id: "comparison", title: Some("Comparison"), build };

#[derive(Template)]
#[template(path = "sections/comparison.html")]
struct ComparisonTemplate<'a> {
    tables: Tables,
    baselines: Option<&'a Taken>,
    side_by_side: Vec<Drawn>,
    pairwise: Vec<Drawn>,
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

/// What a line of the figures looks like, where a legend does not fit.
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
    let mut side_by_side = comparison::comparison(view);
    side_by_side.extend(against::against(view));
    side_by_side.extend(baselines::baselines(view));
    let training: Vec<Figure> = training::all(view).into_iter().chain(epochs::selected(view)).collect();
    Rendered::framed(&ComparisonTemplate {
        tables: Tables::new(view),
        baselines: view.baselines.as_ref(),
        side_by_side: Drawn::all(&side_by_side)?,
        pairwise: Drawn::all(pairwise::pairwise(view).as_slice())?,
        grid: Drawn::all(&grid::grid(view))?,
        training: Drawn::all(&training)?,
        test: Drawn::all(&test::all(view))?,
        legend: legend(view),
    })
}

impl Tables {
    fn new(View { comparison, decision, .. }: &View) -> Self {
        Self {
            configurations: decision.repeated().then(|| decision.table(comparison).with_badge(Badge::Choice)),
            pairs: (!decision.pairs.pairs.is_empty())
                .then(|| decision.pairs.table(&decision.configurations).with_badge(Badge::Significant)),
            versus: decision.versus.as_ref().zip(decision.choice.as_ref()).map(|(versus, choice)| {
                versus.table(&decision.configurations, choice.configuration).with_badge(Badge::Significant)
            }),
            effects: (!decision.effects.is_empty()).then(|| effects::table(&decision.effects).with_badge(Badge::Best)),
            runs: comparison.table().with_badge(Badge::Choice),
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
