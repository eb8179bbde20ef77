//! Predictions of a regression: how they follow what was observed, and where they do not.

use askama::Template;

use super::{Content, Rendered, Section};
use crate::{Error, drawn::Drawn, figures, view::values::ValuesView};

pub(super) const SECTION: Section = Section { id: "values", title: Some("Predictions"), build };

#[derive(Template)]
#[template(path = "sections/values.html")]
struct ValuesTemplate<'a> {
    values: &'a ValuesView,
    points: Vec<Drawn>,
    groups: Vec<Drawn>,
}

fn build(content: &Content<'_>) -> Result<Option<Rendered>, Error> {
    let Some(values) = &content.view.values else { return Ok(None) };
    Rendered::framed(&ValuesTemplate {
        values,
        points: Drawn::all(&figures::values::points(values))?,
        groups: Drawn::all(&figures::values::groups(values))?,
    })
}
