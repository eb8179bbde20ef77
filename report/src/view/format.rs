//! Numbers as a reader wants them: rounded, grouped, with their unit.

use titer_core::text;

pub use titer_core::results::point::{number as setting, value};

/// What stands where there is no value.
pub const NONE: &str = "–";

/// A count with its thousands apart: `3,575`.
#[must_use]
pub fn count(n: impl TryInto<u64>) -> String {
    let Ok(n) = n.try_into() else { return NONE.to_owned() };
    text::thousands(n)
}

/// A count and its noun, in agreement: `1 protein`, `2 proteins`.
#[must_use]
pub fn counted(n: u64, noun: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{} {noun}{s}", count(n))
}

/// A score to four places, as the reference prints it: `0.8517`.
#[must_use]
pub fn score(x: f64) -> String {
    decimal(x, 4)
}

/// A number of any size in so many digits.
#[must_use]
pub fn significant(x: f64, digits: usize) -> String {
    if x.is_finite() { text::significant(x, digits).replace('-', "\u{2212}") } else { NONE.to_owned() }
}

/// A score that may have no value.
#[must_use]
pub fn maybe_score(x: Option<f64>) -> String {
    x.map_or_else(|| NONE.to_owned(), score)
}

/// A number to `places` places.
#[must_use]
pub fn decimal(x: f64, places: usize) -> String {
    if x.is_finite() { format!("{x:.places$}") } else { NONE.to_owned() }
}

/// From the least to the greatest, `0.028 to 0.047`; one number where they are the same.
#[must_use]
pub fn range(values: impl Iterator<Item = f64> + Clone, places: usize) -> String {
    let [low, high] = [values.clone().fold(f64::INFINITY, f64::min), values.fold(f64::NEG_INFINITY, f64::max)];
    let [low, high] = [low, high].map(|end| decimal(end, places));
    if low == high { low } else { format!("{low} to {high}") }
}

/// A mean or a percentile: to one place, without a trailing `.0`.
#[must_use]
pub fn about(x: f64) -> String {
    let text = decimal(x, 1);
    text.strip_suffix(".0").map(ToOwned::to_owned).unwrap_or(text)
}

/// A share of one as a percentage to one place: `53.8%`.
#[must_use]
pub fn percent(share: f64) -> String {
    if share.is_finite() { format!("{:.1}%", share * 100.0) } else { NONE.to_owned() }
}

/// A difference of two shares in percentage points: `1.8 points`.
#[must_use]
pub fn points(difference: f64) -> String {
    let number = signed(difference * 100.0, 1);
    let s = if number == "1.0" || number == "\u{2212}1.0" { "" } else { "s" };
    format!("{number} point{s}")
}

/// An interval of such differences: `\u{2212}0.4 to 2.1 points`.
#[must_use]
pub fn points_between([low, high]: [f64; 2]) -> String {
    format!("{} to {} points", signed(low * 100.0, 1), signed(high * 100.0, 1))
}

/// What several such differences span: `0.8 to 12.1 points`, and `14.0 points` where both ends read
/// the same.
#[must_use]
pub fn points_from_to([low, high]: [f64; 2]) -> String {
    let [from, to] = [low, high].map(points);
    if from == to { from } else { points_between([low, high]) }
}

/// A number that may be negative: a minus sign as long as a digit, and none before zero.
#[must_use]
pub fn signed(x: f64, places: usize) -> String {
    let text = decimal(x, places);
    let is_zero = text.chars().all(|letter| matches!(letter, '-' | '0' | '.'));
    if is_zero { text.replace('-', "") } else { text.replace('-', "\u{2212}") }
}

/// An interval of shares: `82.4 to 87.6%`.
#[must_use]
pub fn percent_between([low, high]: [f64; 2]) -> String {
    format!("{} to {}%", decimal(low * 100.0, 1), decimal(high * 100.0, 1))
}

/// A p-value to three places, and no smaller than it is worth telling.
#[must_use]
pub fn p_value(p: f64) -> String {
    if p < 0.001 { "<0.001".to_owned() } else { decimal(p, 3) }
}

/// The same in a sentence: `p = 0.039`, `p < 0.001`.
#[must_use]
pub fn p_is(p: f64) -> String {
    if p < 0.001 { "p < 0.001".to_owned() } else { format!("p = {}", p_value(p)) }
}

/// A large number to two digits, as an estimate is: `4,200`.
#[must_use]
pub fn roughly(n: u64) -> String {
    let digits = n.checked_ilog10().unwrap_or(0);
    let unit = 10_u64.pow(digits.saturating_sub(1));
    count(n.div_ceil(unit) * unit)
}

/// `part` of `whole` as a percentage; nothing where there is no whole.
#[must_use]
pub fn share(part: u64, whole: u64) -> String {
    if whole == 0 { NONE.to_owned() } else { percent(part as f64 / whole as f64) }
}

/// A time: `98.6 s`, `49 min 41 s`, `1 h 12 min`.
#[must_use]
pub fn duration(seconds: f64) -> String {
    if !seconds.is_finite() {
        return NONE.to_owned();
    }
    let whole = seconds.round() as u64;
    match whole {
        0..60 => format!("{seconds:.1} s"),
        60..3600 if whole.is_multiple_of(60) => format!("{} min", whole / 60),
        60..3600 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", count(whole / 3600), whole % 3600 / 60),
    }
}

/// An RFC 3339 time in UTC to the minute: `2026-01-02 03:30`. Other text stays as it is.
#[must_use]
pub fn time(rfc3339: &str) -> String {
    match rfc3339.split_once('T') {
        Some((day, time)) if time.ends_with('Z') && time.is_char_boundary(5) && time.len() > 5 => format!("{day} {}", &time[..5]),
        _ => rfc3339.to_owned(),
    }
}

/// Memory in the unit that keeps it short: `1.2 GiB`.
#[must_use]
pub fn memory(bytes: u64) -> String {
    const MEBI: f64 = 1024.0 * 1024.0;
    let mebi = bytes as f64 / MEBI;
    if mebi < 1024.0 { format!("{mebi:.0} MiB") } else { format!("{:.1} GiB", mebi / 1024.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped_by_thousands() {
        let texts: Vec<String> = [0_u64, 7, 999, 1000, 7_512_443].into_iter().map(count).collect();
        assert_eq!(texts, ["0", "7", "999", "1,000", "7,512,443"]);
        assert_eq!((counted(1, "protein"), counted(2, "run")), ("1 protein".into(), "2 runs".into()));
    }

    #[test]
    fn times_keep_two_units_at_most() {
        let texts: Vec<String> = [0.04, 59.4, 98.6, 2981.0, 4350.0].into_iter().map(duration).collect();
        assert_eq!(texts, ["0.0 s", "59.4 s", "1 min 39 s", "49 min 41 s", "1 h 12 min"]);
    }

    #[test]
    fn moments_are_told_to_the_minute() {
        assert_eq!([time("2026-01-02T03:30:05Z"), time("soon"), time("T")], ["2026-01-02 03:30", "soon", "T"]);
    }

    #[test]
    fn differences_are_told_in_points_and_estimates_in_two_digits() {
        assert_eq!([points(0.018), points(-0.01), points(-0.0001)], ["1.8 points", "\u{2212}1.0 point", "0.0 points"]);
        assert_eq!(points_between([-0.0042, 0.0209]), "\u{2212}0.4 to 2.1 points");
        assert_eq!(points_from_to([0.1401, 0.1404]), "14.0 points");
        assert_eq!(points_from_to([0.008, 0.121]), "0.8 to 12.1 points");
        assert_eq!([0, 7, 42, 4_123, 987_654].map(roughly), ["0", "7", "42", "4,200", "990,000"]);
        assert_eq!([p_value(0.0004), p_value(0.0386)], ["<0.001", "0.039"]);
    }

    #[test]
    fn what_is_no_number_is_a_dash() {
        assert_eq!([score(f64::NAN), percent(f64::INFINITY), duration(f64::NAN), share(1, 0)], ["–"; 4]);
    }
}
