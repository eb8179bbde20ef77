//! The models: where their weights come from, their configuration and parameters.

use askama::Template;

use super::{Content, Rendered, Section};
use crate::{Error, view::model::ModelView};

pub(super) const SECTION: Section = Section { id: "model", title: Some("Model"), build };

#[derive(Template)]
#[template(path = "sections/model.html")]
struct ModelTemplate<'a> {
    models: &'a [ModelView],
}

fn build(content: &Content<'_>) -> Result<Option<Rendered>, Error> {
    let models = &content.view.models;
    if models.is_empty() { Ok(None) } else { Rendered::framed(&ModelTemplate { models }) }
}
