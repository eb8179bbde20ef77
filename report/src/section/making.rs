//! Provenance: the command, the experiment file, the machines and the digests.

use askama::Template;

use super::{Content, Rendered, Section};
use crate::{
    Error,
    view::{making::MakingView, table::Table},
};

pub(super) const SECTION: Section = Section { id: "making", title: Some("Provenance"), build };

#[derive(Template)]
#[template(path = "sections/making.html")]
struct MakingTemplate<'a> {
    making: &'a MakingView,
    machines: Alike,
    inputs: Alike,
    has_runs: bool,
}

/// What all runs have in common, stated once, and a row per run for the rest.
struct Alike {
    facts: Table,
    rows: Table,
}

impl Alike {
    fn new(table: &Table) -> Self {
        let (facts, rows) = table.clone().without_constants(format!("The same in all {} runs.", table.rows.len()));
        Self { facts, rows }
    }
}

fn build(content: &Content<'_>) -> Result<Option<Rendered>, Error> {
    let making = &content.view.making;
    Rendered::framed(&MakingTemplate {
        making,
        machines: Alike::new(&making.machines),
        inputs: Alike::new(&making.inputs),
        has_runs: !content.view.runs.is_empty(),
    })
}
