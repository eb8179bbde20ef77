//! The hardest proteins: those that most runs misclassify.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    hints::{Words, told},
    tested::Tested,
};
use crate::view::format;
use titer_core::{experiment::Link, results::tables::ProteinRow, text::cut};

/// Proteins that are listed, at most.
const LISTED: usize = 40;
/// Letters of a text that are shown before a word that hints, and in all.
const BEFORE: usize = 50;
const SHOWN: usize = 140;

/// The list, and what it is a list of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hardest {
    pub caption: String,
    pub proteins: Vec<HardProtein>,
    /// Whether any of them has a text, or a hint: else there is no such column.
    pub has_text: bool,
    pub has_hint: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HardProtein {
    pub id: String,
    pub link: Option<String>,
    pub class: String,
    /// The class that most of the runs that are wrong take it for.
    pub taken_for: String,
    /// `5 of 6`.
    pub wrong: String,
    /// The true class's, as the mean over the runs.
    pub probability: String,
    pub length: String,
    pub text: Option<Excerpt>,
    /// The other class at which the text hints.
    pub hint: Option<String>,
}

/// What is shown of a text; `word` is what hints, empty where nothing does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Excerpt {
    pub before: String,
    pub word: String,
    pub after: String,
}

impl Hardest {
    #[must_use]
    pub fn new(tested: &Tested<'_>, hints: &[Option<String>], words: &Words, link: Option<Link>) -> Self {
        let runs = tested.runs.len() as u64;
        let mut hard: Vec<(usize, u64, f64)> = (tested.wrong().into_iter().enumerate())
            .filter(|(_, wrong)| 2 * wrong > runs)
            .map(|(place, wrong)| (place, wrong, probability(tested, place)))
            .collect();
        let all = hard.len();
        hard.sort_by(|one, other| other.1.cmp(&one.1).then(one.2.total_cmp(&other.2)).then(one.0.cmp(&other.0)));
        hard.truncate(LISTED);
        let link = link_of(link, &tested.proteins);
        let protein = |&(place, wrong, probability): &(usize, u64, f64)| {
            let row = tested.proteins[place];
            HardProtein {
                id: row.id.clone(),
                link: link.as_ref().map(|link| link.to(&row.id)),
                class: row.label.clone().unwrap_or_default(),
                taken_for: taken_for(tested, place),
                wrong: format!("{} of {}", format::count(wrong), format::count(runs)),
                probability: format::decimal(probability, 3),
                length: format::count(row.length),
                text: row.text.as_deref().map(|text| Excerpt::new(&told(text), hints[place].as_deref(), words)),
                hint: hints[place].clone(),
            }
        };
        let proteins: Vec<HardProtein> = hard.iter().map(protein).collect();
        Self {
            caption: caption(proteins.len() as u64, all as u64, runs),
            has_text: proteins.iter().any(|protein| protein.text.is_some()),
            has_hint: proteins.iter().any(|protein| protein.hint.is_some()),
            proteins,
        }
    }
}

fn caption(listed: u64, all: u64, runs: u64) -> String {
    let who = if runs == 1 { "the run misclassifies" } else { "more than half of the runs misclassify" };
    let order = if runs == 1 { "" } else { "by the number of runs, then " };
    let listed = if listed < all {
        format!("{} of the {} proteins", format::count(listed), format::count(all))
    } else {
        format::counted(all, "protein")
    };
    let mean = if runs == 1 { "" } else { " (the mean over the runs)" };
    format!("{listed} that {who}, sorted {order}by the probability of the true class{mean}, the lowest first.")
}

/// The mean probability of the true class.
fn probability(tested: &Tested<'_>, place: usize) -> f64 {
    let class = |name: &str| tested.classes.iter().position(|class| class == name);
    let of_run = |run: &super::tested::TestedRun<'_>| {
        let row = run.rows[place];
        class(&row.label).and_then(|class| row.probabilities.get(class).copied()).unwrap_or(f64::NAN)
    };
    tested.runs.iter().map(of_run).sum::<f64>() / tested.runs.len() as f64
}

/// The wrong class that is predicted most often; of equally frequent ones the first by name.
fn taken_for(tested: &Tested<'_>, place: usize) -> String {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for run in tested.runs.iter().filter(|run| !run.is_right(place)) {
        *counts.entry(&run.rows[place].predicted).or_default() += 1;
    }
    counts.into_iter().rev().max_by_key(|(_, count)| *count).map(|(class, _)| class.to_owned()).unwrap_or_default()
}

/// Where ids lead: where the experiment says, or to UniProt where every id is one of its.
#[must_use]
pub fn link_of(link: Option<Link>, proteins: &[&ProteinRow]) -> Option<Link> {
    link.or_else(|| proteins.iter().all(|protein| is_accession(&protein.id)).then(Link::uniprot))
}

impl Excerpt {
    /// The beginning of a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self { before: cut(&told(text), SHOWN), word: String::new(), after: String::new() }
    }

    fn new(text: &str, hint: Option<&str>, words: &Words) -> Self {
        let Some(range) = hint.and_then(|class| words.find(class, text)) else {
            return Self { before: cut(text, SHOWN), word: String::new(), after: String::new() };
        };
        let (before, word) = (&text[..range.start], &text[range.clone()]);
        let letters = before.chars().count();
        // The beginning where it fits, else what stands next to the word.
        let before = match before.char_indices().nth(letters.saturating_sub(BEFORE)) {
            Some((start, _)) if letters > BEFORE => format!("…{}", &before[start..]),
            _ => before.to_owned(),
        };
        let room = SHOWN.saturating_sub(before.chars().count() + word.chars().count());
        Self { word: word.to_owned(), after: cut(&text[range.end..], room), before }
    }
}

/// Whether an id is as UniProt's accessions are: `P04637`, `A0A024R1R8`.
fn is_accession(id: &str) -> bool {
    let letters = id.as_bytes();
    let (Some(first), true) = (letters.first(), matches!(letters.len(), 6 | 10)) else { return false };
    let old = b"OPQ".contains(first) && letters.len() == 6;
    letters.iter().enumerate().all(|(place, letter)| match place {
        0 => letter.is_ascii_uppercase(),
        1 | 5 | 9 => letter.is_ascii_digit(),
        2 | 6 if !old => letter.is_ascii_uppercase(),
        _ => letter.is_ascii_uppercase() || letter.is_ascii_digit(),
    }) && (old || !b"OPQ".contains(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uniprots_accessions_are_known_by_their_form() {
        for id in ["P04637", "Q9H0H5", "A2BC19", "A0A024R1R8"] {
            assert!(is_accession(id), "{id}");
        }
        for id in ["", "P1", "P53_HUMAN", "p04637", "A0A024R1R", "1ABC", "ENSP00000269305", "P04637-2", "PABCDE", "AA2B19"] {
            assert!(!is_accession(id), "{id}");
        }
    }

    #[test]
    fn an_excerpt_shows_the_word_that_hints() {
        let words = Words::new(&BTreeMap::from([("N".to_owned(), vec!["nucle".to_owned()])]));
        let near = Excerpt::new("Cytoplasm, perinuclear region.", Some("N"), &words);
        assert_eq!((near.before.as_str(), near.word.as_str(), near.after.as_str()), ("Cytoplasm, peri", "nucle", "ar region."));
        let far = Excerpt::new(&format!("{}nucleus{}", "é".repeat(300), "z".repeat(300)), Some("N"), &words);
        assert_eq!((far.before.chars().count(), far.before.starts_with('…'), far.word.as_str()), (51, true, "nucle"));
        assert!(far.after.starts_with("usz") && far.after.ends_with('…'), "{far:?}");
        let none = Excerpt::new(&"z".repeat(200), None, &words);
        assert_eq!((none.before.chars().count(), none.word.as_str()), (141, ""));
    }
}
