//! Characters that look like those of TOML and are others: word processors and chats put them in.

use std::ops::Range;

/// A character, what it is called, and what TOML has in its place.
struct Lookalike {
    letter: char,
    name: &'static str,
    plain: &'static str,
}

const fn alike(letter: char, name: &'static str, plain: &'static str) -> Lookalike {
    Lookalike { letter, name, plain }
}

const LOOKALIKES: [Lookalike; 27] = [
    alike('\u{2212}', "a minus sign of typesetting", "-"),
    alike('\u{2010}', "a hyphen of typesetting", "-"),
    alike('\u{2011}', "a non-breaking hyphen", "-"),
    alike('\u{2013}', "an en dash", "-"),
    alike('\u{2014}', "an em dash", "-"),
    alike('\u{ad}', "a soft hyphen", ""),
    alike('\u{201c}', "a typographic quotation mark", "\""),
    alike('\u{201d}', "a typographic quotation mark", "\""),
    alike('\u{201e}', "a typographic quotation mark", "\""),
    alike('\u{ab}', "a typographic quotation mark", "\""),
    alike('\u{bb}', "a typographic quotation mark", "\""),
    alike('\u{2018}', "a typographic quotation mark", "'"),
    alike('\u{2019}', "a typographic quotation mark", "'"),
    alike('\u{a0}', "a no-break space", " "),
    alike('\u{202f}', "a narrow no-break space", " "),
    alike('\u{2007}', "a figure space", " "),
    alike('\u{2009}', "a thin space", " "),
    alike('\u{3000}', "an ideographic space", " "),
    alike('\u{200b}', "a zero-width space", ""),
    alike('\u{200d}', "a zero-width joiner", ""),
    alike('\u{2060}', "a word joiner", ""),
    alike('\u{feff}', "a byte-order mark", ""),
    alike('\u{ff1d}', "a full-width equals sign", "="),
    alike('\u{ff0c}', "a full-width comma", ","),
    alike('\u{ff0e}', "a full-width full stop", "."),
    alike('\u{ff3b}', "a full-width bracket", "["),
    alike('\u{ff3d}', "a full-width bracket", "]"),
];

fn of(letter: char) -> Option<&'static Lookalike> {
    LOOKALIKES.iter().find(|known| known.letter == letter)
}

/// The first such character of a text: where it stands, what it is, and what to write.
pub fn first(text: &str) -> Option<(Range<usize>, String)> {
    let (at, letter) = text.char_indices().find(|(_, letter)| of(*letter).is_some())?;
    Some((at..at + letter.len_utf8(), named(letter)?))
}

/// Says what a character is and what stands in its place.
fn named(letter: char) -> Option<String> {
    let Lookalike { name, plain, .. } = of(letter)?;
    let code = u32::from(letter);
    Some(match *plain {
        "" => format!("U+{code:04X} is {name}: take it out"),
        " " => format!("U+{code:04X} is {name}: write a space"),
        plain => format!("U+{code:04X} is {name}: write {plain}"),
    })
}

/// The text with each of them replaced.
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        match of(letter) {
            Some(known) => plain.push_str(known.plain),
            None => plain.push(letter),
        }
    }
    plain
}

/// What is written where a number belongs, and the number that was meant.
pub fn number(text: &str) -> Option<String> {
    let plain = plain(text).trim().to_owned();
    // A comma is the decimal sign of half of the world; of several none is.
    let point = if plain.matches(',').count() == 1 && !plain.contains('.') { plain.replace(',', ".") } else { plain };
    let starts = |letter: char| letter.is_ascii_digit() || matches!(letter, '-' | '+' | '.');
    let is_number = point.starts_with(starts) && point.parse::<f64>().is_ok_and(f64::is_finite);
    is_number.then_some(point)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_named_with_what_to_write() {
        assert_eq!(first("1e\u{2212}3"), Some((2..5, "U+2212 is a minus sign of typesetting: write -".to_owned())));
        assert_eq!(first("a\u{a0}=").unwrap().1, "U+00A0 is a no-break space: write a space");
        assert_eq!(first("größe = \"µ\""), None);
        assert_eq!(plain("\u{201c}learning\u{2011}rate\u{201d}\u{200b}"), "\"learning-rate\"");
    }

    #[test]
    fn a_number_is_known_however_it_was_written() {
        for (text, meant) in [("1e\u{2212}3", "1e-3"), ("0,001", "0.001"), (" 2e-5 ", "2e-5"), ("\u{2212}1", "-1")] {
            assert_eq!(number(text).as_deref(), Some(meant), "{text}");
        }
        for text in ["", "inf", "nan", "1,000,000", "1.000,5", "a", "2024-01-01", "1..5"] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
