//! The bar that says which runs the figures show, and in which colours.

use askama::Template;

use super::{Content, Rendered, Section};
use crate::{Error, controls::Controls};

pub(super) const SECTION: Section = Section { id: "controls", title: None, build };

#[derive(Template)]
#[template(path = "sections/controls.html")]
struct ControlsTemplate {
    controls: Controls,
}

fn build(content: &Content<'_>) -> Result<Option<Rendered>, Error> {
    let controls = Controls::new(content.view);
    if controls.several() { Rendered::whole(&ControlsTemplate { controls }) } else { Ok(None) }
}
