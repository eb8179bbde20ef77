//! `[report]`.

use std::collections::BTreeMap;

use super::Checker;
use crate::{
    experiment::{
        raw::{Report, SourceKind},
        settings::{Class, Link, ReportSettings},
    },
    metric::{Metric, Unit},
};

/// `kind` and `classes` are those of the data, where they could be read; `select` is the metric
/// that the report compares by.
pub fn report(
    raw: Report,
    kind: Option<SourceKind>,
    classes: &[Class],
    select: Metric,
    checker: &mut Checker,
) -> Option<ReportSettings> {
    if matches!(kind, Some(SourceKind::Fasta | SourceKind::Synthetic)) {
        let help = "leave it out, or choose a table: the others have no columns";
        checker.out_of_place("report.text", raw.text.as_ref(), "where `data.source` has no columns", help);
    }
    let hints = match raw.hints {
        None => Some(BTreeMap::new()),
        Some(hints) => {
            let help = "text = the column that the words are looked for in, such as \"Subcellular location [CC]\"";
            checker.need("report.text", raw.text.as_ref(), "report.hints", help);
            checked(hints, classes, checker)
        }
    };
    let text = match raw.text {
        None => None,
        text => Some(checker.text("report.text", text)?),
    };
    let link = match raw.link {
        None => None,
        Some(link) => Some(Link::new(&link).or_else(|| {
            let help = "an address with {id} where the protein's id goes, such as \"https://example.org/{id}\"";
            checker.refuse("report.link", "`report.link` is not an address with a place for the id", help);
            None
        })?),
    };
    let wild_type = match raw.wild_type {
        Some(sequence) if sequence.is_empty() || !sequence.bytes().all(|byte| byte.is_ascii_uppercase()) => {
            let help = "one capital letter a residue, as the data's sequences have them";
            checker.refuse("report.wild-type", "`report.wild-type` is not a sequence of amino acids", help);
            return None;
        }
        wild_type => wild_type,
    };
    let [least, most] = select.range;
    if let Some(margin) = raw.equivalent.filter(|margin| *margin >= most - least) {
        let help = match select.unit {
            Unit::Share => format!("a share of the proteins: {} for {margin} points", margin / 100.0),
            Unit::Number | Unit::Label => format!("a difference in {} that does not matter in practice", select.label),
        };
        let message = format!("`report.equivalent` is {margin}, and no two values of the {} are further apart", select.label);
        checker.refuse("report.equivalent", message, help);
        return None;
    }
    Some(ReportSettings { text, hints: hints?, equivalent: raw.equivalent, wild_type, link })
}

fn checked(
    hints: BTreeMap<String, Vec<String>>,
    classes: &[Class],
    checker: &mut Checker,
) -> Option<BTreeMap<String, Vec<String>>> {
    let names: Vec<&str> = classes.iter().map(|class| class.name.as_str()).collect();
    let mut sound = true;
    for (class, words) in &hints {
        let key = format!("report.hints.{class}");
        if words.is_empty() || words.iter().any(|word| word.trim().is_empty()) {
            let message = format!("the hints at {class:?} name no word to look for");
            checker.refuse(&key, message, "a list of words that are not empty, such as [\"nucle\"]");
            sound = false;
        } else if !names.is_empty() && !names.contains(&class.as_str()) {
            let message = format!("{class:?} is not one of the classes");
            checker.refuse_together(&key, message, format!("the classes are {}", names.join(", ")));
            sound = false;
        }
    }
    sound.then_some(hints)
}
