//! Which label a protein gets from the text of a column.

use std::cmp::Reverse;

use crate::experiment::{LabelRule, RuleClass};

/// The label of the one class whose rule holds; `None` where none does, or several do.
pub(super) fn label<'a>(rule: &'a LabelRule, text: &str) -> Option<&'a str> {
    let mut claims = rule.classes.iter().filter(|(_, class)| holds(class, text)).map(|(label, _)| label.as_str());
    let first = claims.next()?;
    claims.next().is_none().then_some(first)
}

fn holds(class: &RuleClass, text: &str) -> bool {
    class.contains.iter().all(|part| text.contains(part)) && !class.excludes.iter().any(|part| text.contains(part))
}

/// The labels in the order their proteins stand in the table: the highest first, by number where every label is one, by bytes
/// otherwise. The seed's file, labels 1 and 0, is ordered so.
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
        let class = |contains: &[&str], excludes: &[&str]| RuleClass { contains: owned(contains), excludes: owned(excludes) };
        LabelRule {
            column: "Subcellular location [CC]".into(),
            classes: classes.iter().map(|(label, yes, no)| ((*label).to_owned(), class(yes, no))).collect(),
        }
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
