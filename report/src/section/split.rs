//! The split: how many proteins of each class went where.

use askama::Template;

use super::{Content, Rendered, Section};
use crate::{Error, view::table::Table};

pub(super) const SECTION: Section = Section { id: "split", title: Some("Split"), build };

#[derive(Template)]
#[template(path = "sections/split.html")]
struct SplitTemplate<'a> {
    table: &'a Table,
    caution: Option<&'a str>,
}

fn build(content: &Content<'_>) -> Result<Option<Rendered>, Error> {
    Rendered::framed(&SplitTemplate { table: &content.view.split, caution: content.view.base_alone.as_deref() })
}
