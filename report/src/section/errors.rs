//! Errors: which proteins are predicted wrong, of which kind, and whether the runs agree.

use askama::Template;

use super::{Content, Rendered, Section};
use crate::{Error, drawn::Drawn, figures, view::errors::ErrorsView};

pub(super) const SECTION: Section = Section { id: "errors", title: Some("Errors"), build };

#[derive(Template)]
#[template(path = "sections/errors.html")]
struct ErrorsTemplate<'a> {
    errors: &'a ErrorsView,
    figures: Vec<Drawn>,
    agreement: Vec<Drawn>,
}

fn build(content: &Content<'_>) -> Result<Option<Rendered>, Error> {
    let Some(errors) = &content.view.errors else { return Ok(None) };
    Rendered::framed(&ErrorsTemplate {
        errors,
        figures: Drawn::all(&figures::errors::errors(errors))?,
        agreement: Drawn::all(&figures::errors::agreement(errors))?,
    })
}
