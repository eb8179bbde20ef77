//! Provenance: the command, the experiment file, the machines and the digests.

use askama::Template;

use super::{Content, Rendered, Section};
use crate::{Error, view::making::MakingView};

pub(super) const SECTION: Section = Section { id: "making", title: Some("Provenance"), build };

#[derive(Template)]
#[template(path = "sections/making.html")]
struct MakingTemplate<'a> {
    making: &'a MakingView,
    has_runs: bool,
}

fn build(content: &Content<'_>) -> Result<Option<Rendered>, Error> {
    Rendered::framed(&MakingTemplate { making: &content.view.making, has_runs: !content.view.runs.is_empty() })
}
