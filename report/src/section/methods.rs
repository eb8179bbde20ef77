//! The methods, for a paper and its reviewers.

use askama::Template;

use super::{Content, Rendered, Section};
use crate::{Error, view::methods::Methods};

pub(super) const SECTION: Section = Section { id: "methods", title: Some("Methods"), build };

#[derive(Template)]
#[template(path = "sections/methods.html")]
struct MethodsTemplate {
    methods: Methods,
}

fn build(content: &Content<'_>) -> Result<Option<Rendered>, Error> {
    match Methods::new(content.view) {
        Some(methods) => Rendered::framed(&MethodsTemplate { methods }),
        None => Ok(None),
    }
}
