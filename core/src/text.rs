//! Text as people read it: what others wrote made harmless for a terminal and cut to length,
//! numbers with their thousands apart.

mod nearest;

use std::fmt::Display;

pub use nearest::{nearest, slips};

/// An error with what brought it about, on one line.
#[must_use]
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// What of a path only a shell knows, where it begins with something of the kind: `~`, `~me` or
/// `$HOME`.
#[must_use]
pub fn unexpanded(path: &str) -> Option<&str> {
    let first = path.split('/').next().unwrap_or_default();
    let is_variable = first
        .strip_prefix('$')
        .is_some_and(|name| name.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_' || letter == '{'));
    (first.starts_with('~') || is_variable).then_some(first)
}

/// The text with its control characters escaped: none moves the cursor, breaks a line or changes a
/// colour.
#[must_use]
pub fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() { shown.extend(letter.escape_default()) } else { shown.push(letter) }
    }
    shown
}

/// The same for a text of several lines, which stay lines.
#[must_use]
pub fn shown_lines(text: &str) -> String {
    text.split('\n').map(shown).collect::<Vec<_>>().join("\n")
}

/// The same for a text that a renderer coloured: its colours stay.
#[must_use]
pub fn shown_coloured(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut shown = shown_lines(parts.next().unwrap_or_default());
    for part in parts {
        let code = part.find(|letter: char| !letter.is_ascii_digit() && letter != ';').unwrap_or(part.len());
        shown.push_str(if part[code..].starts_with('m') { "\u{1b}[" } else { "\\u{1b}[" });
        shown.push_str(&shown_lines(part));
    }
    shown
}

/// The text, cut where it is longer than a reader of a message reads.
#[must_use]
pub fn short(text: &str) -> String {
    cut(text, 100)
}

/// The first so many letters of a text, and a sign that there are more.
#[must_use]
pub fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A count with its thousands apart: `3,585`.
#[must_use]
pub fn thousands(number: impl Display) -> String {
    let digits = number.to_string();
    let mut apart = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            apart.push(',');
        }
        apart.push(digit);
    }
    apart
}

/// Whether a text may name an attribute of a FASTA header, such as `SET` of `SET=train`, rather
/// than be a regular expression.
#[must_use]
pub fn is_attribute(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// The digits of a whole number, where a text is one: `1` of `1` and of `1.0`.
#[must_use]
pub fn whole(text: &str) -> Option<&str> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = whole.strip_prefix('-').unwrap_or(whole);
    let is_whole =
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) && part.bytes().all(|byte| byte == b'0');
    is_whole.then_some(whole)
}

/// A number of any size in so many digits: `0.0123`, `12.3`, `1.23e-9`; all digits before the point
/// of one with up to seven.
#[must_use]
pub fn significant(number: f64, digits: usize) -> String {
    if number == 0.0 || !number.is_finite() {
        return format!("{number}");
    }
    let scientific = format!("{number:.*e}", digits.saturating_sub(1));
    // After rounding: 9.999 in three digits is 10.0.
    let magnitude: i32 = scientific.split_once('e').and_then(|(_, exponent)| exponent.parse().ok()).unwrap_or(0);
    if (-5..7).contains(&magnitude) {
        let places = (digits as i32 - 1 - magnitude).max(0) as usize;
        format!("{number:.places$}")
    } else {
        scientific
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped_and_all_else_stays() {
        assert_eq!(shown("Nu\u{1b}[2Jcleus ∂\r\n"), "Nu\\u{1b}[2Jcleus ∂\\r\\n");
    }

    #[test]
    fn colours_stay_where_a_renderer_set_them_and_nothing_else_does() {
        assert_eq!(
            shown_coloured("\u{1b}[31;1mred\u{1b}[0m\n\u{1b}[2J\u{7}\u{1b}]0;t"),
            "\u{1b}[31;1mred\u{1b}[0m\n\\u{1b}[2J\\u{7}\\u{1b}]0;t"
        );
    }

    #[test]
    fn a_long_text_is_cut_between_letters() {
        assert_eq!(short("é"), "é");
        assert_eq!(short(&"é".repeat(101)), "é".repeat(100) + "…");
    }

    #[test]
    fn thousands_stand_apart() {
        assert_eq!([0_u64, 999, 1_000, 3_585, 7_512_443].map(thousands), ["0", "999", "1,000", "3,585", "7,512,443"]);
    }

    #[test]
    fn whole_numbers_are_told_with_their_point_or_without() {
        for (text, digits) in [("1", Some("1")), ("1.0", Some("1")), ("-12.00", Some("-12")), ("007.", Some("007"))] {
            assert_eq!(whole(text), digits, "{text}");
        }
        for text in ["", ".", "-", ".0", "1.5", "1e3", "1.0.0", "Cyt", "+1", "1 "] {
            assert_eq!(whole(text), None, "{text}");
        }
    }

    #[test]
    fn lines_stay_lines() {
        assert_eq!(shown_lines("a\u{7}\nb\n"), "a\\u{7}\nb\n");
    }
}
