//! The page: the view and its figures in HTML, with the style, the script and plotly.js inside. Everything from a file is escaped.

mod controls;

use askama::Template;
use plotly::Plot;
use serde_json::Value;

use self::controls::Controls;
use super::{
    Error,
    figures::{Figure, Figures, RunFigures, has_legend, style},
    view::{View, effects, run::RunView, table::Table},
};

/// What the line that names the writing titer begins with.
pub(super) const SIGNATURE: &str = "<p>Written by titer ";

/// Runs up to which all stand open when the page is opened; more are folded.
const OPENED: usize = 4;
/// Classes up to which a confusion matrix has room beside the curves.
const SIDE_BY_SIDE: usize = 3;
/// Runs beyond which the contents name none of them.
const LISTED: usize = 24;

/// One module: a file may use what those above it define, and what those below it define once it is called.
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
    tables: Option<Tables>,
    figures: Sections,
    /// What every run's line looks like, where the figures have no room for a legend and no two look the same.
    key: Vec<Key<'a>>,
    runs: Vec<(&'a RunView, RunSection)>,
    open: bool,
    listed: usize,
    controls: Controls,
    /// What the script knows of the runs, fit to stand inside a script element.
    data: String,
}

/// The tables of the comparison.
struct Tables {
    /// Where some configuration ran with several seeds: else they are the runs.
    configurations: Option<Table>,
    pairs: Option<Table>,
    versus: Option<Table>,
    effects: Option<Table>,
    runs: Table,
}

/// A line of the key.
struct Key<'a> {
    label: &'a str,
    colour: &'static str,
    dash: &'static str,
}

/// The figures by section, as text.
struct Sections {
    comparison: Vec<Drawn>,
    grid: Vec<Drawn>,
    errors: Vec<Drawn>,
    agreement: Vec<Drawn>,
    calibration: Vec<Drawn>,
    data: Vec<Drawn>,
    tokens: Vec<Drawn>,
    training: Vec<Drawn>,
    test: Vec<Drawn>,
}

struct RunSection {
    /// How the figures of the test are set: a confusion matrix of many classes needs the whole width.
    columns: &'static str,
    training: Vec<Drawn>,
    test: Vec<Drawn>,
}

/// A figure as the template needs it.
struct Drawn {
    id: String,
    title: String,
    caption: String,
    height: usize,
    /// Fit to stand inside a script element.
    json: String,
}

/// Fills in the page. The same view gives the same bytes.
pub fn page(view: &View) -> Result<String, Error> {
    let body = body(view)?;
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

/// Everything between the body's tags but the scripts.
pub fn body(view: &View) -> Result<String, Error> {
    let Figures { comparison, grid, errors, agreement, calibration, data, tokens, training, test, runs } = Figures::new(view);
    let sections = Sections {
        comparison: drawn(&comparison)?,
        grid: drawn(&grid)?,
        errors: drawn(&errors)?,
        agreement: drawn(&agreement)?,
        calibration: drawn(&calibration)?,
        data: drawn(&data)?,
        tokens: drawn(&tokens)?,
        training: drawn(&training)?,
        test: drawn(&test)?,
    };
    let section = |(run, figures): (&'_ RunView, &RunFigures)| -> Result<RunSection, Error> {
        let few = run.test.as_ref().is_none_or(|test| test.classes.len() <= SIDE_BY_SIDE);
        let columns = if few { "three" } else { "broad" };
        Ok(RunSection { columns, training: drawn(&figures.training)?, test: drawn(&figures.test)? })
    };
    let run_sections = view.runs.iter().zip(&runs).map(section).collect::<Result<Vec<_>, Error>>()?;
    let controls = Controls::new(view);
    let body = BodyTemplate {
        version: env!("CARGO_PKG_VERSION"),
        view,
        tables: Tables::new(view),
        figures: sections,
        key: key(&view.runs),
        runs: view.runs.iter().zip(run_sections).collect(),
        open: view.runs.len() <= OPENED,
        listed: LISTED,
        data: inside_script(&controls.json(&view.name)),
        controls,
    };
    body.render().map_err(|source| Error::Page { source })
}

impl Tables {
    fn new(View { comparison, decision, .. }: &View) -> Option<Self> {
        (!comparison.runs.is_empty()).then(|| Self {
            configurations: decision.repeated().then(|| decision.table(comparison)),
            pairs: (!decision.pairs.pairs.is_empty()).then(|| decision.pairs.table(&decision.configurations)),
            versus: decision
                .versus
                .as_ref()
                .zip(decision.choice.as_ref())
                .map(|(versus, choice)| versus.table(&decision.configurations, choice.configuration)),
            effects: (!decision.effects.is_empty()).then(|| effects::table(&decision.effects)),
            runs: comparison.table(),
        })
    }
}

fn key(runs: &[RunView]) -> Vec<Key<'_>> {
    if runs.len() < 2 || has_legend(runs.len()) || runs.len() > controls::LOOKS {
        return Vec::new();
    }
    let looks = (0..).map(|series| (style::colour(series), style::dash_array(series)));
    runs.iter().zip(looks).map(|(run, (colour, dash))| Key { label: &run.label, colour, dash }).collect()
}

fn drawn(figures: &[Figure]) -> Result<Vec<Drawn>, Error> {
    figures.iter().map(Drawn::new).collect()
}

impl Drawn {
    fn new(figure: &Figure) -> Result<Self, Error> {
        let json = figure.json().map_err(|source| Error::Figure { source })?;
        Ok(Self {
            id: figure.id.clone(),
            title: figure.title.clone(),
            caption: figure.caption.clone(),
            height: figure.height,
            json: inside_script(&json),
        })
    }
}

/// JSON that no HTML parser can mistake for the end of its element. In JSON these letters stand in strings only.
fn inside_script(json: &Value) -> String {
    json.to_string().replace('&', "\\u0026").replace('<', "\\u003c").replace('>', "\\u003e")
}

/// plotly.js out of the crate's script elements: the first; the second typesets formulas, which the report has no use for.
fn plotly_js(sources: &str) -> &str {
    let start = sources.find('>').map_or(0, |end| end + 1);
    let end = sources.find("</script>").unwrap_or(sources.len());
    &sources[start..end]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

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
    fn json_cannot_close_its_element() {
        let text = inside_script(&json!({ "name": "</script><script>alert(1)</script>&amp;" }));
        assert!(!text.contains(['<', '>', '&']), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), json!({ "name": "</script><script>alert(1)</script>&amp;" }));
    }
}
