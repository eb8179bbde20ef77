//! Label noise: proteins whose text names another class than their label's.

use std::collections::BTreeMap;

use regex::{Regex, RegexBuilder};

use super::tested::Tested;
use crate::view::format;
use titer_core::results::tables::ProteinRow;

/// The words that hint at each class.
pub struct Words(Vec<(String, Regex)>);

impl Words {
    pub fn new(hints: &BTreeMap<String, Vec<String>>) -> Self {
        let pattern = |words: &[String]| words.iter().map(|word| regex::escape(word)).collect::<Vec<_>>().join("|");
        let compile = |words: &[String]| RegexBuilder::new(&pattern(words)).case_insensitive(true).build().ok();
        Self(hints.iter().filter_map(|(class, words)| Some((class.clone(), compile(words)?))).collect())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first class, other than its own, at which a protein's text hints.
    pub fn hint(&self, protein: &ProteinRow) -> Option<String> {
        let text = told(protein.text.as_deref()?);
        let others = self.0.iter().filter(|(class, _)| Some(class) != protein.label.as_ref());
        others.into_iter().find(|(_, words)| words.is_match(&text)).map(|(class, _)| class.clone())
    }

    /// Where in a text the first word that hints at a class stands.
    pub fn find(&self, class: &str, text: &str) -> Option<std::ops::Range<usize>> {
        self.0.iter().find(|(name, _)| name == class)?.1.find(text).map(|found| found.range())
    }
}

/// A text without the topic that UniProt puts before it (`SUBCELLULAR LOCATION:`) and the evidence
/// it puts behind every statement (`{ECO:0000269|PubMed:123}`).
pub fn told(text: &str) -> String {
    let is_topic = |text: &str| text.chars().all(|letter| letter.is_ascii_uppercase() || letter == ' ');
    let text = text.split_once(": ").filter(|(topic, _)| is_topic(topic)).map_or(text, |(_, text)| text);
    let mut told = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{ECO:") {
        told.push_str(before.trim_end());
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    told + rest
}

/// Says how many of the proteins that every run misclassifies hint at another class, beside those
/// that every run classifies correctly.
pub fn sentence(tested: &Tested<'_>, hints: &[Option<String>]) -> Option<String> {
    let wrong = tested.wrong();
    let runs = tested.runs.len() as u64;
    let among = |count: u64| {
        let places = || wrong.iter().zip(hints).filter(|(wrong, _)| **wrong == count);
        (places().filter(|(_, hint)| hint.is_some()).count() as u64, places().count() as u64)
    };
    let ((hinting, hard), (also, easy)) = (among(runs), among(0));
    let (who, others) =
        if runs == 1 { ("the run", "it classifies correctly") } else { ("every run", "every run classifies correctly") };
    let (its, s) = if hard == 1 { ("its", "") } else { ("their", "s") };
    (hard > 0).then(|| {
        format!(
            "Of the {} that {who} misclassifies, {} {} another class in {its} text{s} ({}); of the {} that {others}, {} ({}).",
            format::counted(hard, "protein"),
            format::count(hinting),
            if hinting == 1 { "hints at" } else { "hint at" },
            format::share(hinting, hard),
            format::count(easy),
            format::count(also),
            format::share(also, easy),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn protein(label: &str, text: &str) -> ProteinRow {
        ProteinRow {
            id: "P1".into(),
            sequence: "MKV".into(),
            length: 3,
            tokens: 5,
            value: None,
            label: Some(label.into()),
            split: None,
            dropped: None,
            text: Some(text.into()),
        }
    }

    #[test]
    fn a_hint_is_at_another_class_in_capitals_or_not_and_not_in_the_evidence() {
        let words = Words::new(&BTreeMap::from([("Nucleus".to_owned(), vec!["nucle".to_owned(), "(".to_owned()])]));
        let hint = |label: &str, text: &str| words.hint(&protein(label, text));
        assert_eq!(hint("Cytoplasm", "Cytoplasm, periNUCLEar region."), Some("Nucleus".to_owned()));
        assert_eq!(hint("Nucleus", "Nucleus."), None);
        assert_eq!(hint("Cytoplasm", "Cytoplasm {ECO:1|nucleus}."), None);
        assert_eq!(hint("Cytoplasm", "Cytoplasm (by similarity)"), Some("Nucleus".to_owned()), "a word is no pattern");
    }

    #[test]
    fn evidence_is_left_out() {
        assert_eq!(told("Nucleus {ECO:0000305}. Membrane {ECO:1|PubMed:2, ECO:3}; {x}"), "Nucleus. Membrane; {x}");
        assert_eq!(told("Nucleus {ECO:0000305"), "Nucleus");
    }

    #[test]
    fn the_topic_is_left_out_and_nothing_that_looks_like_less() {
        let texts = ["SUBCELLULAR LOCATION: Nucleus: inner.", "Note: Nucleus.", "NUCLEUS"];
        assert_eq!(texts.map(told), ["Nucleus: inner.", "Note: Nucleus.", "NUCLEUS"]);
    }
}
