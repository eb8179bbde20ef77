//! Every run by itself, folded where there are several: its training, its test, its recipe.

use askama::Template;

use super::{Content, Entry, Rendered, Section};
use crate::{
    Error, View,
    drawn::Drawn,
    figures::{detail::Detail, test, training, values},
    view::run::RunView,
};

pub(super) const SECTION: Section = Section { id: "runs", title: Some("Runs"), build };

/// Classes up to which a confusion matrix fits beside the curves.
const SIDE_BY_SIDE: usize = 3;
/// Runs beyond which the contents name none of them.
const LISTED: usize = 24;

#[derive(Template)]
#[template(path = "sections/runs.html")]
struct RunsTemplate<'a> {
    runs: Vec<Run<'a>>,
    /// Whether the sections stand open: a single run is what the page is about.
    open: bool,
}

struct Run<'a> {
    told: &'a RunView,
    training: Vec<Drawn>,
    test: Vec<Drawn>,
    /// How the figures of the test are set: a confusion matrix of many classes needs the whole
    /// width.
    columns: &'static str,
}

fn build(&Content { view, .. }: &Content<'_>) -> Result<Option<Rendered>, Error> {
    if view.runs.is_empty() {
        return Ok(None);
    }
    let runs = view.runs.iter().map(|run| Run::new(run, view)).collect::<Result<Vec<_>, Error>>()?;
    let template = RunsTemplate { open: runs.len() == 1, runs };
    Ok(Rendered::framed(&template)?.map(|rendered| Rendered { below: contents(&view.runs), ..rendered }))
}

impl<'a> Run<'a> {
    fn new(run: &'a RunView, view: &View) -> Result<Self, Error> {
        let detail = Detail::of(view.runs.len());
        let bands = view.decision.bands.as_ref().filter(|_| view.runs.len() == 1);
        let few = run.test.as_ref().is_none_or(|test| test.classes.len() <= SIDE_BY_SIDE);
        Ok(Self {
            told: run,
            training: Drawn::all(&training::run(run, detail))?,
            test: Drawn::all(&test::run(run, detail, bands).into_iter().chain(values::run(run)).collect::<Vec<_>>())?,
            columns: if few { "three" } else { "broad" },
        })
    }
}

fn contents(runs: &[RunView]) -> Vec<Entry> {
    let entry = |(index, run): (usize, &RunView)| Entry { anchor: run.anchor.clone(), label: run.label.clone(), run: index };
    if runs.len() > LISTED { Vec::new() } else { runs.iter().enumerate().map(entry).collect() }
}
