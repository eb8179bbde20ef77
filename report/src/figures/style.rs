//! How every figure looks: colours, axes, legend, and text that stays text.

use plotly::{
    Layout,
    common::{Anchor, DashType, Orientation, Title},
    layout::{Axis, AxisType, Legend, Margin},
};

pub use super::palette::{COLOURS, GREY, colour};
use titer_core::text::cut;

/// The dash of the n-th series: a colour that comes again comes with another dash.
#[must_use]
pub const fn dash(series: usize) -> DashType {
    match series / COLOURS.len() % 4 {
        0 => DashType::Solid,
        1 => DashType::Dash,
        2 => DashType::Dot,
        _ => DashType::DashDot,
    }
}

/// The dash of the n-th series as SVG writes it.
#[must_use]
pub const fn dash_array(series: usize) -> &'static str {
    match dash(series) {
        DashType::Dash => "9 6",
        DashType::Dot => "2 4",
        DashType::DashDot => "9 4 2 4",
        _ => "none",
    }
}

/// Text from a file, for plotly: its tags and entities are written out, so that nothing of it is
/// markup. Long text is cut.
#[must_use]
pub fn text(label: &str) -> String {
    let mut safe = String::with_capacity(label.len());
    for letter in cut(label, 60).chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            // Would be taken for a variable of a template.
            '%' => safe.push_str("&#37;"),
            // MathJax is not on the page; a reader's extension may be.
            '$' => safe.push_str("&#36;"),
            control if control.is_control() => safe.push(' '),
            plain => safe.push(plain),
        }
    }
    safe
}

/// Texts from a file as names on a category axis: of equal ones, and of ones cut to be equal, each
/// must be its own.
#[must_use]
pub fn unique<'a>(labels: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for label in labels {
        let mut name = text(label);
        while names.contains(&name) {
            name.push('\u{2032}');
        }
        names.push(name);
    }
    names
}

/// The text of a point on hover: the name of its line, then `text`.
#[must_use]
pub fn hover(text: &str) -> String {
    format!("%{{fullData.name}}<br>{text}<extra></extra>")
}

/// A layout with named axes; the legend above, where it never hides data.
#[must_use]
pub fn layout(x: Axis, y: Axis) -> Layout {
    Layout::new()
        .margin(Margin::new().left(12).right(12).top(26).bottom(12).auto_expand(true))
        .x_axis(x.auto_margin(true))
        .y_axis(y.auto_margin(true))
        .show_legend(false)
        .legend(Legend::new().orientation(Orientation::Horizontal).x(0.0).x_anchor(Anchor::Left).y(1.02).y_anchor(Anchor::Bottom))
}

/// An axis of numbers.
#[must_use]
pub fn numbers(name: &str) -> Axis {
    Axis::new().title(Title::with_text(name)).type_(AxisType::Linear).zero_line(false)
}

/// An axis of names: never taken for numbers or dates.
#[must_use]
pub fn names() -> Axis {
    Axis::new().type_(AxisType::Category).show_grid(false)
}

/// Letters of all names up to which they stand side by side under a figure of half the page's
/// width.
const ABREAST: usize = 40;

/// A horizontal axis of these names.
///
/// Their angle is fixed: where the browser chooses it, the angle depends on the width, the width on
/// the margins, and the margins on the angle, and some figures would never come to rest.
#[must_use]
pub fn names_across(names: &[String]) -> Axis {
    let letters: usize = names.iter().map(|name| name.chars().count()).sum();
    self::names().tick_angle(if letters <= ABREAST { 0.0 } else { -30.0 })
}

/// A vertical axis of `count` names, the first on top.
#[must_use]
pub fn names_from_top(count: usize) -> Axis {
    names().range(vec![count as f64 - 0.5, -0.5])
}

/// An axis from 0 to 1.
#[must_use]
pub fn shares(name: &str) -> Axis {
    numbers(name).range(vec![0.0, 1.02]).tick_format(".1~f")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_files_is_never_markup() {
        assert_eq!(text("<b>100% & \n$x$</b>"), "&lt;b&gt;100&#37; &amp;  &#36;x&#36;&lt;/b&gt;");
        assert_eq!(text(&"x".repeat(100)).chars().count(), 61);
    }

    #[test]
    fn names_that_are_cut_to_the_same_text_stay_apart() {
        let (one, other) = (format!("{}1", "x".repeat(60)), format!("{}2", "x".repeat(60)));
        let names = unique([one.as_str(), other.as_str(), one.as_str()]);
        assert_eq!(names.iter().collect::<std::collections::BTreeSet<_>>().len(), 3, "{names:?}");
    }

    #[test]
    fn a_colour_comes_again_with_another_dash() {
        let looks: std::collections::BTreeSet<(&str, String)> =
            (0..24).map(|series| (colour(series), format!("{:?}", dash(series)))).collect();
        assert_eq!(looks.len(), 24);
    }
}
