//! The tokens: the vocabulary, one encoded protein, and what the maximum length cuts off.

use askama::Template;

use super::{Content, Rendered, Section};
use crate::{Error, view::tokens::TokensView};

pub(super) const SECTION: Section = Section { id: "tokens", title: Some("Tokens"), build };

#[derive(Template)]
#[template(path = "sections/tokens.html")]
struct TokensTemplate<'a> {
    tokens: &'a TokensView,
    caution: Option<&'a str>,
}

fn build(content: &Content<'_>) -> Result<Option<Rendered>, Error> {
    let tokens = &content.view.tokens;
    Rendered::framed(&TokensTemplate { tokens, caution: content.view.base_alone.as_deref() })
}
