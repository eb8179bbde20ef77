//! Which label a protein gets from the text of a column.

use std::cmp::Reverse;

use super::location::{is_at, locations};
use titer_core::experiment::{LOCATIONS, LabelRule, RuleClass};

/// How the texts of a rule are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// Those of `contains` and `excludes` as substrings, those of `terms` and `excludes-terms` as
    /// whole locations.
    AsWritten,
    /// All as substrings.
    Substrings,
    /// All as whole locations.
    Terms,
}

/// The label of the one class whose rule holds; `None` where none does, or several do.
pub(super) fn label<'a>(rule: &'a LabelRule, text: &str, reading: Reading) -> Option<&'a str> {
    let looked = Looked { text, locations: if reads_locations(rule) { locations(text) } else { Vec::new() }, reading };
    let mut claims = rule.classes.iter().filter(|(_, class)| looked.holds(class)).map(|(label, _)| label.as_str());
    let first = claims.next()?;
    claims.next().is_none().then_some(first)
}

/// Whether its column is one of locations.
pub(super) fn reads_locations(rule: &LabelRule) -> bool {
    rule.column == LOCATIONS
}

/// The terms of a rule that are among these locations.
pub(super) fn terms_found<'a>(rule: &'a LabelRule, text: &str) -> Vec<&'a str> {
    let locations = locations(text);
    terms(rule).filter(|term| is_at(&locations, term)).collect()
}

/// The terms of a rule.
pub(super) fn terms(rule: &LabelRule) -> impl Iterator<Item = &str> {
    rule.classes.values().flat_map(|class| class.terms.iter().chain(&class.excludes_terms)).map(String::as_str)
}

struct Looked<'a> {
    text: &'a str,
    locations: Vec<String>,
    reading: Reading,
}

impl Looked<'_> {
    fn holds(&self, RuleClass { contains, excludes, terms, excludes_terms }: &RuleClass) -> bool {
        let text = |part: &String| self.finds(part, self.reading == Reading::Terms);
        let term = |part: &String| self.finds(part, self.reading != Reading::Substrings);
        contains.iter().all(text)
            && (terms.is_empty() || terms.iter().any(term))
            && !excludes.iter().any(text)
            && !excludes_terms.iter().any(term)
    }

    fn finds(&self, part: &str, as_location: bool) -> bool {
        if as_location { is_at(&self.locations, part) } else { self.text.contains(part) }
    }
}

/// The labels in the order their proteins stand in the table: the highest first, by number where
/// every label is one, by bytes otherwise. The seed's file, labels 1 and 0, is ordered so.
pub(super) fn labels(rule: &LabelRule) -> Vec<&str> {
    let mut labels: Vec<&str> = rule.classes.keys().map(String::as_str).collect();
    let numbers: Option<Vec<i64>> = labels.iter().map(|label| label.parse().ok()).collect();
    match numbers {
        Some(_) => labels.sort_by_key(|label| Reverse(label.parse::<i64>().ok())),
        None => labels.reverse(),
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(classes: &[(&str, &[&str], &[&str])]) -> LabelRule {
        let owned = |parts: &[&str]| parts.iter().map(|part| (*part).to_owned()).collect();
        let class = |contains: &[&str], excludes: &[&str]| RuleClass {
            contains: owned(contains),
            excludes: owned(excludes),
            ..RuleClass::default()
        };
        LabelRule {
            column: "Subcellular location [CC]".into(),
            classes: classes.iter().map(|(label, yes, no)| ((*label).to_owned(), class(yes, no))).collect(),
        }
    }

    fn label<'a>(rule: &'a LabelRule, text: &str) -> Option<&'a str> {
        super::label(rule, text, Reading::AsWritten)
    }

    #[test]
    fn a_protein_gets_the_label_of_the_one_class_that_claims_it() {
        let rule =
            rule(&[("0", &["Cytoplasm"], &["Nucleus"]), ("1", &["Nucleus"], &["Cytoplasm"]), ("2", &["Cyto"], &["Nucleus"])]);
        assert_eq!(label(&rule, "SUBCELLULAR LOCATION: Nucleus."), Some("1"));
        assert_eq!(label(&rule, "SUBCELLULAR LOCATION: Nucleus. Cytoplasm."), None);
        assert_eq!(label(&rule, "SUBCELLULAR LOCATION: Cytoplasm."), None, "0 and 2 both claim it");
        assert_eq!(label(&rule, "SUBCELLULAR LOCATION: Cytosol."), Some("2"));
        assert_eq!(label(&rule, "nucleus"), None, "case counts");
        assert_eq!(label(&rule, ""), None);
    }

    #[test]
    fn every_text_of_contains_must_occur() {
        let rule = rule(&[("a", &["Nucleus", "Note="], &[])]);
        assert_eq!(label(&rule, "Nucleus."), None);
        assert_eq!(label(&rule, "Nucleus. Note=Rare."), Some("a"));
    }

    /// Nucleus without cytoplasm against cytoplasm without nucleus, both by whole locations.
    fn by_terms() -> LabelRule {
        let class = |term: &str, excluded: &str| RuleClass {
            terms: vec![term.to_owned(), format!("{term} speckle")],
            excludes_terms: vec![excluded.to_owned()],
            ..RuleClass::default()
        };
        let classes = [("0".to_owned(), class("Cytoplasm", "Nucleus")), ("1".to_owned(), class("Nucleus", "Cytoplasm"))];
        LabelRule { column: LOCATIONS.to_owned(), classes: classes.into() }
    }

    #[test]
    fn terms_are_whole_locations_of_the_protein_itself() {
        let rule = by_terms();
        for (text, as_terms, as_substrings) in [
            ("Cytoplasm.", Some("0"), Some("0")),
            ("Cytoplasm, cytosol {ECO:0000305}. Membrane.", Some("0"), Some("0")),
            ("Nucleus speckle.", Some("1"), Some("1")),
            ("Cytoplasmic vesicle, secretory vesicle membrane; Single-pass membrane protein.", None, Some("0")),
            ("Cytoplasmic granule membrane.", None, Some("0")),
            ("Mitochondrion. Note=Never seen in the Cytoplasm.", None, Some("0")),
            ("[Isoform 1]: Secreted.; SUBCELLULAR LOCATION: [Isoform 2]: Nucleus.", None, Some("1")),
            ("Nucleus. Note=Never seen in the Cytoplasm.", Some("1"), None),
            ("Nucleus. Cytoplasm.", None, None),
        ] {
            let text = format!("SUBCELLULAR LOCATION: {text}");
            assert_eq!(label(&rule, &text), as_terms, "{text}");
            assert_eq!(super::label(&rule, &text, Reading::Terms), as_terms, "{text}");
            assert_eq!(super::label(&rule, &text, Reading::Substrings), as_substrings, "{text}");
        }
    }

    #[test]
    fn labels_stand_highest_first() {
        let of = |names: &[&str]| -> Vec<String> {
            let classes: Vec<(&str, &[&str], &[&str])> = names.iter().map(|name| (*name, &[][..], &[][..])).collect();
            labels(&rule(&classes)).into_iter().map(str::to_owned).collect()
        };
        assert_eq!(of(&["0", "1"]), ["1", "0"]);
        assert_eq!(of(&["2", "10", "-1"]), ["10", "2", "-1"]);
        assert_eq!(of(&["nucleus", "cytoplasm", "10"]), ["nucleus", "cytoplasm", "10"]);
    }
}
