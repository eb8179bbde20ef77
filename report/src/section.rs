//! The sections of the page, a file each: what is shown, with its tables and figures as HTML.

mod answer;
mod calibration;
mod comparison;
mod controls;
mod data;
mod errors;
mod failures;
mod making;
mod methods;
mod model;
mod runs;
mod split;
mod tokens;

use askama::Template;

use super::{Error, Inputs, View};

/// The sections in the page's order.
pub const SECTIONS: [Section; 13] = [
    answer::SECTION,
    controls::SECTION,
    comparison::SECTION,
    calibration::SECTION,
    errors::SECTION,
    data::SECTION,
    split::SECTION,
    tokens::SECTION,
    model::SECTION,
    runs::SECTION,
    failures::SECTION,
    methods::SECTION,
    making::SECTION,
];

/// A part of the page with an entry in its contents.
pub struct Section {
    /// Where a link leads; unique on the page.
    pub id: &'static str,
    /// Its name in the contents; `None` keeps it out of them.
    pub title: Option<&'static str>,
    /// Renders it; `None` where there is nothing to show.
    pub build: fn(&Content<'_>) -> Result<Option<Rendered>, Error>,
}

/// What a section is built from.
pub struct Content<'a> {
    /// The tables as they lie on disk.
    pub inputs: &'a Inputs,
    /// What is said of them.
    pub view: &'a View,
}

/// A section as HTML.
pub struct Rendered {
    pub html: String,
    /// Whether the page puts it into a section of its own, under its title.
    pub framed: bool,
    /// Entries of the contents below its own.
    pub below: Vec<Entry>,
}

/// A line of the contents about one run.
pub struct Entry {
    pub anchor: String,
    pub label: String,
    pub run: usize,
}

impl Rendered {
    /// Fills in a template that stands under the section's title.
    pub fn framed(template: &impl Template) -> Result<Option<Self>, Error> {
        let html = template.render().map_err(|source| Error::Page { source })?;
        Ok(Some(Self { html, framed: true, below: Vec::new() }))
    }

    /// Fills in a template that brings its own frame.
    pub fn whole(template: &impl Template) -> Result<Option<Self>, Error> {
        Ok(Self::framed(template)?.map(|rendered| Self { framed: false, ..rendered }))
    }
}
