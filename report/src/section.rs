//! The sections of the page, a file each: what is shown, with its tables and figures as HTML.

use askama::Template;

use super::{Error, Inputs, View};

/// Declares the files of the sections, in the page's order.
macro_rules! sections {
    ($($file:ident,)+) => {
        $(mod $file;)+

        /// The sections in the page's order.
        pub const SECTIONS: &[Section] = &[$($file::SECTION),+];
    };
}

// One line a section. The recipe `ci` formats these files by name: rustfmt does not look into macros.
sections! {
    answer,
    controls,
    comparison,
    calibration,
    values,
    errors,
    data,
    split,
    tokens,
    model,
    runs,
    failures,
    methods,
    making,
}

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
