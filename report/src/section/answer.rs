//! The answer: the headline, what to use, how sure it is, and what to keep in mind.

use askama::Template;

use super::{Content, Rendered, Section};
use crate::{Error, view::answer::Answer};

pub(super) const SECTION: Section = Section { id: "answer", title: Some("Answer"), build };

#[derive(Template)]
#[template(path = "sections/answer.html")]
struct AnswerTemplate<'a> {
    answer: &'a Answer,
}

fn build(content: &Content<'_>) -> Result<Option<Rendered>, Error> {
    Rendered::whole(&AnswerTemplate { answer: &content.view.answer })
}
