//! Whether a report still follows from its tables: what it says and draws is made again and held
//! against it.

use std::path::Path;

use super::{Error, Inputs, View, page};
use titer_core::{input, results};

/// Far above any report.
const MOST_BYTES: u64 = 256 << 20;
/// Letters shown before the first that differs, and in all.
const TOLD: (usize, usize) = (60, 160);

/// Compares the report at `path` with the tables: everything between its body's tags but the
/// scripts. How it looks and which titer wrote it may be another's.
pub fn check(inputs: &Inputs, path: &Path) -> Result<(), Error> {
    let page = input::read_to_string(path, MOST_BYTES).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => Error::NoReport { path: path.to_owned() },
        _ => results::Error::read(path, source).into(),
    })?;
    let follows = page::body(inputs, &View::new(inputs))?;
    let (mut found, mut expected) = (body(&page).lines(), follows.trim().lines());
    for line in 1.. {
        let (left, right) = (found.next(), expected.next());
        if left.is_none() && right.is_none() {
            break;
        }
        let (left, right) = (left.unwrap_or_default(), right.unwrap_or_default());
        if left != right && !(is_signature(left) && is_signature(right)) {
            let (found, expected) = differing(left, right);
            return Err(Error::Stale { path: path.to_owned(), line, found, expected });
        }
    }
    Ok(())
}

/// What a page says, without what draws it. No text of a report holds a tag: everything from a file
/// is escaped.
fn body(page: &str) -> &str {
    let (_, body) = page.split_once("<body>").unwrap_or_default();
    body.split_once("<script nonce=").map_or(body, |(body, _)| body).trim()
}

/// The line that names the titer which wrote the page.
fn is_signature(line: &str) -> bool {
    line.starts_with(page::SIGNATURE)
}

/// Both lines from a little before the first letter that differs.
fn differing(left: &str, right: &str) -> (String, String) {
    let same = left.chars().zip(right.chars()).take_while(|(one, other)| one == other).count();
    let (before, told) = TOLD;
    let part = |line: &str| {
        let part: String = line.chars().skip(same.saturating_sub(before)).take(told).collect();
        if part.trim().is_empty() { "nothing".to_owned() } else { part.trim().to_owned() }
    };
    (part(left), part(right))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_what_stands_before_the_scripts() {
        assert_eq!(body("<html><style>x</style><body>\n<p>a</p>\n<script nonce=\"1\">b</script></body>"), "<p>a</p>");
        assert_eq!(body("no page"), "");
    }

    #[test]
    fn of_long_lines_the_part_that_differs_is_told() {
        let long = |end: &str| format!("{}{end}", "x".repeat(500));
        let (found, expected) = differing(&long("1"), &long(""));
        assert_eq!((found.len(), expected.len()), (61, 60));
        assert_eq!(differing("a", ""), ("a".to_owned(), "nothing".to_owned()));
    }
}
