//! The data: what was read, what was kept, and how long the proteins are.

use askama::Template;

use super::{Content, Rendered, Section};
use crate::{Error, drawn::Drawn, figures, view::data::DataView};

pub(super) const SECTION: Section = Section { id: "data", title: Some("Data"), build };

#[derive(Template)]
#[template(path = "sections/data.html")]
struct DataTemplate<'a> {
    data: &'a DataView,
    caution: Option<&'a str>,
    figures: Vec<Drawn>,
}

fn build(content: &Content<'_>) -> Result<Option<Rendered>, Error> {
    let data = &content.view.data;
    let most = Some(content.view.tokens.max_length).filter(|_| content.inputs.card.truncated > 0);
    let figures = Drawn::all(&figures::data::data(data, most))?;
    Rendered::framed(&DataTemplate { data, caution: content.view.base_alone.as_deref(), figures })
}
