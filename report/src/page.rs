//! The page: its sections in HTML, with the style, the script and plotly.js inside.
//!
//! Everything from a file is escaped.

use askama::Template;
use plotly::Plot;

use super::{
    Error, Inputs, View,
    controls::Controls,
    drawn::inside_script,
    section::{Content, Rendered, SECTIONS, Section},
};

/// What the line that names the writing titer begins with.
pub(super) const SIGNATURE: &str = "<p>Written by titer ";

/// One module: a file may use what those above it define, and what those below it define once it is
/// called.
const SCRIPT: &str = concat!(
    include_str!("assets/runs.js"),
    include_str!("assets/curves.js"),
    include_str!("assets/saving.js"),
    include_str!("assets/figures.js"),
    include_str!("assets/tables.js"),
    include_str!("assets/controls.js"),
    include_str!("assets/folds.js"),
    include_str!("assets/print.js"),
);

#[derive(Template)]
#[template(path = "page.html")]
struct PageTemplate<'a> {
    nonce: &'a str,
    version: &'a str,
    title: &'a str,
    css: &'a str,
    body: &'a str,
    bundle: &'a str,
    script: &'a str,
}

#[derive(Template)]
#[template(path = "body.html")]
struct BodyTemplate<'a> {
    version: &'a str,
    view: &'a View,
    sections: Vec<(&'a Section, Rendered)>,
    /// What the script knows of the runs, fit to stand inside a script element.
    data: String,
}

/// Fills in the page. The same inputs give the same bytes.
pub fn page(inputs: &Inputs, view: &View) -> Result<String, Error> {
    let body = body(inputs, view)?;
    let bundle = Plot::offline_js_sources();
    // Only scripts that bear it run. It depends on the whole body, so no text of the body can name it.
    let nonce = blake3::hash(body.as_bytes()).to_hex();
    let page = PageTemplate {
        nonce: &nonce[..32],
        version: env!("CARGO_PKG_VERSION"),
        title: &view.title,
        css: include_str!("assets/page.css"),
        body: &body,
        bundle: plotly_js(&bundle),
        script: SCRIPT,
    };
    page.render().map_err(|source| Error::Page { source })
}

/// Renders everything between the body's tags but the scripts.
pub fn body(inputs: &Inputs, view: &View) -> Result<String, Error> {
    let content = Content { inputs, view };
    let built = |section: &'static Section| Ok((section.build)(&content)?.map(|rendered| (section, rendered)));
    let sections = SECTIONS.iter().map(built).filter_map(Result::transpose).collect::<Result<_, Error>>()?;
    let data = inside_script(&Controls::new(view).json(&view.name));
    let body = BodyTemplate { version: env!("CARGO_PKG_VERSION"), view, sections, data };
    body.render().map_err(|source| Error::Page { source })
}

/// plotly.js out of the crate's script elements: the first; the second typesets formulas, which the
/// report has no use for.
fn plotly_js(sources: &str) -> &str {
    let start = sources.find('>').map_or(0, |end| end + 1);
    let end = sources.find("</script>").unwrap_or(sources.len());
    &sources[start..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundle_is_plotly_alone() {
        let sources = Plot::offline_js_sources();
        let bundle = plotly_js(&sources);
        assert!(bundle.trim_start().starts_with("/**\n* plotly.js v3."), "{}", &bundle[..60]);
        assert!(bundle.len() > 4_000_000 && bundle.len() < 5_000_000, "{}", bundle.len());
        assert!(!bundle.contains("<script") && !bundle.contains("</script"));
    }

    #[test]
    fn every_section_has_an_anchor_of_its_own() {
        let ids: std::collections::BTreeSet<&str> = SECTIONS.iter().map(|section| section.id).collect();
        assert_eq!(ids.len(), SECTIONS.len(), "{ids:?}");
    }
}
