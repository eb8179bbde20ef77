//! The runs that failed, and why.

use askama::Template;

use super::{Content, Rendered, Section};
use crate::{Error, view::run::FailureView};

pub(super) const SECTION: Section = Section { id: "failures", title: Some("Failed runs"), build };

#[derive(Template)]
#[template(path = "sections/failures.html")]
struct FailuresTemplate<'a> {
    failures: &'a [FailureView],
}

fn build(content: &Content<'_>) -> Result<Option<Rendered>, Error> {
    let failures = &content.view.failures;
    if failures.is_empty() { Ok(None) } else { Rendered::framed(&FailuresTemplate { failures }) }
}
