//! What is seen of a column: a sample of its texts, and counts over all of them.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher},
};

/// Rows whose texts are kept, spread over the whole file; fewer of a file with many columns.
const SAMPLE: usize = 2_000;
const FEWEST: usize = 100;

/// Texts that are kept of all columns.
const TEXTS: usize = 1_000_000;

/// Bytes of a text that are kept: more than any protein has residues.
const KEPT: usize = 100_000;

/// Different values that are listed; a column with more has no classes that anybody would name.
const LISTED: usize = 2_000;

/// Letters of a value that is listed.
const LONGEST: usize = 200;

/// Values that are no numbers, of which some are kept: more are no words for a missing number.
const WORDS: usize = 50;

/// Different values that are counted: a value beyond is not found to be repeated.
const DISTINCT: usize = 200_000;

/// The same for all columns.
const DISTINCT_OF_ALL: usize = 20_000_000;

/// A column of a file.
#[derive(Debug, Clone, Default)]
pub struct Column {
    /// As the experiment names it: a header, a key or a pattern of FASTA's headers.
    pub name: String,
    /// Texts of some rows, the same rows for every column of a file.
    pub sample: Vec<String>,
    pub rows: usize,
    /// Rows without a text.
    pub empty: usize,
    /// How often each value occurs; `None` where there are too many.
    pub values: Option<BTreeMap<String, usize>>,
    seen: HashSet<u64, BuildHasherDefault<DefaultHasher>>,
    /// How many different values are counted.
    most: usize,
    /// Rows that repeat a value.
    pub repeats: usize,
    /// Values that are finite numbers, of them the whole ones, and values such as `1,5`.
    pub numbers: usize,
    pub whole: usize,
    pub commas: usize,
    /// Some of the values that are no numbers.
    pub words: BTreeSet<String>,
    /// Values that end in `*`, hold a gap's sign, or a lower-case letter.
    pub stops: usize,
    pub gaps: usize,
    pub lower: usize,
}

impl Column {
    fn new(name: &str, most: usize) -> Self {
        Self { name: name.to_owned(), values: Some(BTreeMap::new()), most, ..Self::default() }
    }

    /// A column of these texts.
    #[cfg(test)]
    pub fn of<T: AsRef<str>>(name: &str, texts: impl IntoIterator<Item = T>) -> Self {
        let mut columns = Columns::new([name]);
        for text in texts {
            columns.add([text.as_ref()]);
        }
        columns.all.remove(0)
    }

    fn add(&mut self, text: &str) {
        self.rows += 1;
        if text.is_empty() {
            self.empty += 1;
            return;
        }
        let hash = self.seen.hasher().hash_one(text);
        if self.seen.contains(&hash) {
            self.repeats += 1;
        } else if self.seen.len() < self.most {
            self.seen.insert(hash);
        }
        if let Some(values) = &mut self.values {
            if let Some(count) = values.get_mut(text) {
                *count += 1;
            } else if values.len() < LISTED && text.len() <= LONGEST {
                values.insert(text.to_owned(), 1);
            } else {
                self.values = None;
            }
        }
        if let Some(number) = text.parse::<f64>().ok().filter(|number| number.is_finite()) {
            self.numbers += 1;
            self.whole += usize::from(number.fract() == 0.0);
        } else if self.words.len() < WORDS && text.len() <= LONGEST {
            self.words.insert(text.to_owned());
        }
        self.commas += usize::from(is_decimal_comma(text));
        self.stops += usize::from(text.ends_with('*'));
        self.gaps += usize::from(text.contains(['-', '.']));
        self.lower += usize::from(text.bytes().any(|byte| byte.is_ascii_lowercase()));
    }

    /// Rows with a text.
    pub const fn filled(&self) -> usize {
        self.rows - self.empty
    }

    /// How many different texts there are; at least so many where they are very many.
    pub fn distinct(&self) -> usize {
        self.seen.len()
    }

    /// Whether at least half of the texts occur for the first time.
    pub const fn differs(&self) -> bool {
        self.repeats * 2 <= self.filled()
    }

    /// Whether no text occurs twice.
    pub const fn is_unique(&self) -> bool {
        self.repeats == 0
    }

    /// The texts of the sample, empty ones left out.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.sample.iter().map(String::as_str).filter(|text| !text.is_empty())
    }

    /// The name's letters and digits, in lower case.
    pub fn plain(&self) -> String {
        plain(&self.name)
    }

    /// The values by how often they occur, the most frequent first.
    pub fn frequent(&self) -> Vec<(&str, usize)> {
        let mut values: Vec<(&str, usize)> =
            self.values.iter().flatten().map(|(value, count)| (value.as_str(), *count)).collect();
        values.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        values
    }
}

fn plain(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).collect::<String>().to_lowercase()
}

fn is_decimal_comma(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.split_once(',').is_some_and(|(before, after)| digits(before.trim_start_matches(['-', '+'])) && digits(after))
}

/// The columns of a file, filled row by row.
#[derive(Debug, Clone)]
pub struct Columns {
    pub all: Vec<Column>,
    rows: usize,
    /// One row in so many is in the sample.
    stride: usize,
    /// Rows that the sample may have.
    most: usize,
}

impl Columns {
    pub fn new<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> Self {
        let names: Vec<T> = names.into_iter().collect();
        let share = |of_all: usize| of_all / names.len().max(1);
        let distinct = share(DISTINCT_OF_ALL).min(DISTINCT);
        let all = names.iter().map(|name| Column::new(name.as_ref(), distinct)).collect();
        Self { all, rows: 0, stride: 1, most: share(TEXTS).clamp(FEWEST, SAMPLE) }
    }

    /// Adds a row; a field that it lacks is empty, one too many is left out.
    pub fn add<'a>(&mut self, row: impl IntoIterator<Item = &'a str>) {
        let kept = self.rows / self.stride;
        if self.rows.is_multiple_of(self.stride) && kept == self.most {
            self.stride *= 2;
            for column in &mut self.all {
                let mut index = 0;
                column.sample.retain(|_| {
                    index += 1;
                    index % 2 == 1
                });
            }
        }
        let is_sampled = self.rows.is_multiple_of(self.stride);
        self.rows += 1;
        let mut fields = row.into_iter().map(str::trim);
        for column in &mut self.all {
            let text = fields.next().unwrap_or_default();
            column.add(text);
            if is_sampled {
                column.sample.push(text[..text.floor_char_boundary(KEPT)].to_owned());
            }
        }
    }

    pub const fn rows(&self) -> usize {
        self.rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_of_all_rows_and_the_sample_is_spread_over_them() {
        let texts: Vec<String> = (0..10_000).map(|row| row.to_string()).collect();
        let column = Column::of("x", &texts);
        assert_eq!((column.rows, column.numbers, column.whole, column.distinct()), (10_000, 10_000, 10_000, 10_000));
        assert!(column.is_unique() && column.values.is_none());
        assert!(column.sample.len() <= SAMPLE && column.sample.len() > SAMPLE / 2);
        let last: usize = column.sample.last().unwrap().parse().unwrap();
        assert!(last > 9_900 && column.sample[0] == "0");
        let even = column.sample.windows(2).map(|pair| pair[1].parse::<usize>().unwrap() - pair[0].parse::<usize>().unwrap());
        assert!(even.collect::<HashSet<_>>().len() == 1);
    }

    #[test]
    fn values_are_counted_and_rows_of_too_few_fields_have_empty_ones() {
        let mut columns = Columns::new(["a", "b"]);
        columns.add(["x ", "1,5", "too many"]);
        columns.add(["x"]);
        let [a, b] = &columns.all[..] else { unreachable!() };
        assert_eq!(a.frequent(), [("x", 2)]);
        assert_eq!((a.repeats, b.empty, b.commas, b.numbers, b.filled()), (1, 1, 1, 0, 1));
        assert_eq!(a.sample.len(), b.sample.len());
    }

    #[test]
    fn names_are_compared_by_letters_and_digits() {
        assert_eq!(plain("Subcellular location [CC]"), "subcellularlocationcc");
    }
}
