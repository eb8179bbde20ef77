//! Which column is to be predicted, and the task that its values suggest.

use std::collections::{BTreeMap, BTreeSet};

use crate::init::column::Column;

/// What labels are.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// One of several classes a protein.
    Classes,
    /// Numbers; `words` are values that are none.
    Numbers { words: Vec<String> },
    /// Numbers written as `1,5`.
    DecimalCommas,
    /// Several labels a protein; `alone` are those that some proteins have and no other.
    Several { separator: char, rows: usize, alone: Vec<String> },
    /// A label a residue.
    PerResidue,
}

/// Different whole numbers that are still names of classes.
const MOST_NUMBERED: usize = 20;

/// Kinds of signs in labels of residues, at most.
const MOST_SIGNS: usize = 10;

/// Words that stand for a missing value and not for a class.
const MISSING: [&str; 10] = ["nan", "NaN", "N/A", "n/a", "#N/A", "<NA>", "null", "NULL", "#NA", "-nan"];

/// Names of columns that are labels, as [`Column::plain`] has them: the earlier, the likelier.
const NAMES: [&str; 30] = [
    "label",
    "labels",
    "target",
    "class",
    "y",
    "category",
    "localization",
    "localisation",
    "location",
    "loc",
    "compartment",
    "fitness",
    "score",
    "dmsscore",
    "activity",
    "stability",
    "solubility",
    "tm",
    "ec",
    "ecnumber",
    "function",
    "phenotype",
    "property",
    "measurement",
    "value",
    "logfitness",
    "affinity",
    "family",
    "topology",
    "type",
];

/// What the values of a column are as labels of these sequences; `None` where they are none.
pub fn kind(label: &Column, sequence: &Column) -> Option<Kind> {
    let filled = label.filled();
    if filled == 0 {
        return None;
    }
    if is_per_residue(label, sequence) {
        return Some(Kind::PerResidue);
    }
    let most = |count: usize| count * 10 >= filled * 9;
    if most(label.numbers) {
        let numbered = label.whole == label.numbers && label.distinct() <= MOST_NUMBERED;
        if numbered {
            return (label.distinct() > 1).then_some(Kind::Classes);
        }
        return Some(Kind::Numbers { words: label.words.iter().cloned().collect() });
    }
    if most(label.commas) {
        return Some(Kind::DecimalCommas);
    }
    let values = label.values.as_ref()?;
    if let Some(several) = several(values) {
        return Some(several);
    }
    // Texts that hardly repeat describe proteins, and are classes of none.
    (values.len() > 1 && values.len() * 2 <= filled).then_some(Kind::Classes)
}

/// Whether nearly every label has a sign, or a part between separators, for each residue.
fn is_per_residue(label: &Column, sequence: &Column) -> bool {
    let pairs = || label.sample.iter().zip(&sequence.sample).filter(|(label, sequence)| !label.is_empty() && sequence.len() >= 5);
    let length = |sequence: &str| sequence.chars().filter(|letter| !letter.is_whitespace()).count();
    let matching = |matches: &dyn Fn(&str) -> usize| {
        let even = pairs().filter(|(label, sequence)| matches(label) == length(sequence)).count();
        even > 0 && even * 10 >= pairs().count() * 9
    };
    let signs: BTreeSet<char> = label.texts().flat_map(str::chars).collect();
    signs.len() <= MOST_SIGNS && matching(&|label| label.chars().count())
        || [';', ',', ' ', '|'].iter().any(|separator| matching(&|label| label.split(*separator).count()))
}

/// Several labels a protein, by the separator whose parts are labels by themselves.
fn several(values: &BTreeMap<String, usize>) -> Option<Kind> {
    [';', '|', ',', '/', '+'].into_iter().find_map(|separator| {
        let parts = |value: &str| value.split(separator).map(|part| part.trim().to_owned()).collect::<Vec<_>>();
        let (joined, alone): (Vec<_>, Vec<_>) = values.iter().partition(|(value, _)| value.contains(separator));
        let mut occur: BTreeMap<String, usize> = BTreeMap::new();
        for (value, _) in &joined {
            parts(value).into_iter().collect::<BTreeSet<_>>().into_iter().for_each(|part| *occur.entry(part).or_default() += 1);
        }
        occur.remove("");
        let is_alone = |part: &str| alone.iter().any(|(value, _)| *value == part);
        let known = occur.iter().filter(|(part, times)| **times > 1 || is_alone(part)).count();
        // A comma may stand within a name: there the parts must be labels of their own.
        let strict = matches!(separator, ',' | '/' | '+');
        let by_themselves = occur.keys().filter(|part| is_alone(part)).count();
        let enough = if strict { by_themselves * 10 >= occur.len() * 9 } else { known * 2 >= occur.len() };
        (occur.len() > 1 && enough).then(|| Kind::Several {
            separator,
            rows: joined.iter().map(|(_, count)| **count).sum(),
            alone: alone.iter().map(|(value, _)| (*value).clone()).collect(),
        })
    })
}

/// The column to predict, and others that may be meant.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    pub column: usize,
    pub kind: Kind,
    pub others: Vec<usize>,
}

/// Finds the label among the columns that are not `taken`: by name, otherwise the last column whose
/// values are classes or numbers.
pub fn find(columns: &[Column], sequence: usize, taken: &[usize]) -> Option<Found> {
    let of = |index: usize| Some((index, kind(&columns[index], &columns[sequence])?));
    let mut found: Vec<(usize, Kind)> =
        (0..columns.len()).filter(|index| *index != sequence && !taken.contains(index)).filter_map(of).collect();
    // Numbers of rows, and what else nobody named.
    let is_index = |column: &Column| {
        let unnamed = column.name.parse::<f64>().is_ok() || column.plain().starts_with("unnamed") || column.name.is_empty();
        unnamed || column.plain() == "index"
    };
    // Nobody has to predict what the sequence says.
    let is_length = |column: &Column| {
        let pairs = || column.sample.iter().zip(&columns[sequence].sample).filter(|(text, _)| !text.is_empty());
        let same = pairs().filter(|(text, sequence)| text.parse().is_ok_and(|length: usize| length == sequence.len())).count();
        same * 10 >= pairs().count() * 9
    };
    found.retain(|(index, _)| !is_index(&columns[*index]) && !is_length(&columns[*index]));
    let rank = |index: usize| {
        let name = columns[index].plain();
        let whole = NAMES.iter().position(|known| *known == name);
        let within = NAMES.iter().position(|known| known.len() > 3 && name.contains(known)).map(|place| NAMES.len() + place);
        whole.or(within).unwrap_or(2 * NAMES.len())
    };
    found.sort_by_key(|(index, _)| (rank(*index), std::cmp::Reverse(*index)));
    let mut found = found.into_iter();
    let (column, kind) = found.next()?;
    // A column of its own name is meant; of others, those that may be labels too are told.
    Some(Found { column, kind, others: found.map(|(index, _)| index).collect() })
}

/// Words among labels that stand for a missing one.
pub fn missing(label: &Column) -> Vec<String> {
    let values = label.values.iter().flatten().map(|(value, _)| value.as_str());
    values.filter(|value| MISSING.contains(value)).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROTEINS: [&str; 6] = ["MKTAYIAK", "MCHDVPGQNW", "MTYQIFF", "MSVNIRRVRPAM", "MQEYVTHH", "MSPVQWLNV"];

    fn of(labels: [&str; 6]) -> Option<Kind> {
        kind(&Column::of("label", labels), &Column::of("sequence", PROTEINS))
    }

    #[test]
    fn values_suggest_the_task() {
        assert_eq!(of(["x", "y", "x", "y", "x", ""]), Some(Kind::Classes));
        assert_eq!(of(["0", "1", "0", "1.0", "0", "1"]), Some(Kind::Classes));
        assert_eq!(of(["0.5", "1", "-2e-3", "7", "0", "1"]), Some(Kind::Numbers { words: Vec::new() }));
        assert_eq!(of(["x", "x", "x", "x", "x", "x"]), None, "one class is none");
        assert_eq!(of(["a b", "c d", "e f", "g h", "i j", "k l"]), None, "descriptions");
        assert_eq!(of(["0,5", "1,2", "3,4", "-1,5", "2,2", "9,1"]), Some(Kind::DecimalCommas));
        let alone = vec!["x".to_owned(), "y".to_owned()];
        let several = |separator| Some(Kind::Several { separator, rows: 2, alone: alone.clone() });
        assert_eq!(of(["x", "y", "x;y", "y;x", "x", "y"]), several(';'));
        assert_eq!(of(["x", "y", "x, y", "y, x", "x", "y"]), several(','));
        assert_eq!(of(["Cell, outer", "y", "Cell, outer", "y", "Cell, outer", "y"]), Some(Kind::Classes), "a name with a comma");
    }

    #[test]
    fn a_sign_or_a_part_a_residue_is_a_label_a_residue() {
        let signs = PROTEINS.map(|protein| "HEC".repeat(9)[..protein.len()].to_owned());
        let parts = PROTEINS.map(|protein| vec!["1.5"; protein.len()].join(";"));
        for labels in [signs, parts] {
            assert_eq!(of(labels.each_ref().map(String::as_str)), Some(Kind::PerResidue));
        }
    }

    #[test]
    fn numbers_may_have_words_among_them() {
        let labels: Vec<String> = (0..30).map(|row| if row == 7 { "n.d.".to_owned() } else { format!("{row}.5") }).collect();
        let proteins = vec!["MKTAYIAK"; 30];
        let kind = kind(&Column::of("y", labels), &Column::of("sequence", proteins));
        assert_eq!(kind, Some(Kind::Numbers { words: vec!["n.d.".to_owned()] }));
    }

    #[test]
    fn the_label_is_found_by_name_and_then_as_the_last_that_can_be_one() {
        let columns = [
            Column::of("0", ["0", "1", "2", "3", "4", "5"]),
            Column::of("sequence", PROTEINS),
            Column::of("organism", ["a", "a", "b", "b", "a", "b"]),
            Column::of("loc", ["x", "y", "x", "y", "x", "y"]),
            Column::of("note", ["a b", "c d", "e f", "g h", "i j", "k l"]),
            Column::of("Length", PROTEINS.map(|protein| protein.len().to_string())),
        ];
        let found = find(&columns, 1, &[]).unwrap();
        assert_eq!((found.column, found.others), (3, vec![2]));
        assert_eq!(find(&columns, 1, &[3]).unwrap().column, 2);
        assert_eq!(find(&columns, 1, &[2, 3]), None);
    }

    #[test]
    fn words_for_a_missing_label_are_told_from_classes() {
        assert_eq!(missing(&Column::of("y", ["NA", "HA", "nan", "N/A"])), ["N/A", "nan"]);
    }
}
