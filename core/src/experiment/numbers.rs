//! Numbers that TOML's grammar takes and that nothing here can hold.

use std::ops::Range;

use toml::de::{DeFloat, DeInteger, DeTable, DeValue};

/// Tells each number that cannot be read as it is written, until `tell` says that it has heard
/// enough.
pub fn unreadable(table: &DeTable<'_>, tell: &mut impl FnMut(Range<usize>, &str, &'static str) -> bool) {
    for value in table.values() {
        if !look(value.get_ref(), &value.span(), tell) {
            return;
        }
    }
}

fn look(value: &DeValue<'_>, span: &Range<usize>, tell: &mut impl FnMut(Range<usize>, &str, &'static str) -> bool) -> bool {
    match value {
        DeValue::Integer(number) if !is_integer(number) => tell(
            span.clone(),
            "the number is too large",
            "whole numbers lie between -9223372036854775808 and 9223372036854775807; what is meant as a text stands in quotes",
        ),
        DeValue::Float(number) => match fault(number) {
            Some((message, help)) => tell(span.clone(), message, help),
            None => true,
        },
        DeValue::Array(values) => values.iter().all(|value| look(value.get_ref(), &value.span(), tell)),
        DeValue::Table(table) => table.values().all(|value| look(value.get_ref(), &value.span(), tell)),
        _ => true,
    }
}

/// TOML's whole numbers have 64 bits.
fn is_integer(number: &DeInteger<'_>) -> bool {
    i64::from_str_radix(number.as_str(), number.radix()).is_ok()
}

/// Why a number does not survive being read.
fn fault(number: &DeFloat<'_>) -> Option<(&'static str, &'static str)> {
    let text = number.as_str();
    let value: f64 = text.parse().ok()?;
    // `inf` and `nan` are TOML's own words: whether a key takes them is the key's affair.
    let digits = text.split(['e', 'E']).next().unwrap_or_default();
    let written = digits.chars().any(|letter| letter.is_ascii_digit());
    if written && value.is_infinite() {
        return Some(("the number is too large", "the largest number is about 1.8e308"));
    }
    let is_zero = digits.chars().all(|letter| !letter.is_ascii_digit() || letter == '0');
    (written && value == 0.0 && !is_zero)
        .then_some(("the number is too small: it would be read as 0", "the smallest number is about 4.9e-324; write 0 for none"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        let (root, errors) = DeTable::parse_recoverable(text);
        assert!(errors.is_empty(), "{text}: {errors:?}");
        let mut told = Vec::new();
        unreadable(root.get_ref(), &mut |span, message, _| {
            told.push(format!("{}: {message}", &text[span]));
            true
        });
        told
    }

    #[test]
    fn numbers_that_can_be_held_are_not_told() {
        let text = "a = 9223372036854775807\nb = -9223372036854775808\nc = 0x7fff_ffff_ffff_ffff\nd = 1.7e308\ne = 5e-324\nf = -0.0\n\
                    g = [0e999, inf, -inf, nan, 1_0e-4]\nh = { i = 0b1, j = 0o7, k = 2024-01-01, l = true, m = 'x' }\n";
        assert_eq!(told(text), [""; 0]);
        assert!(toml::from_str::<toml::Table>(text).is_ok());
    }

    #[test]
    fn every_number_that_cannot_is_told_wherever_it_stands() {
        let text = "a = 9223372036854775808\nb = -9223372036854775809\nc = 0xFFFFFFFFFFFFFFFF\n[d]\ne = [1, 1e400, { f = -1e999 }]\n[[g]]\nh = 1e-400\n";
        let large = |number: &str| format!("{number}: the number is too large");
        let expected = [
            large("9223372036854775808"),
            large("-9223372036854775809"),
            large("0xFFFFFFFFFFFFFFFF"),
            large("1e400"),
            large("-1e999"),
            "1e-400: the number is too small: it would be read as 0".to_owned(),
        ];
        assert_eq!(told(text), expected);
    }
}
