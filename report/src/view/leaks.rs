//! Leaks: sequences that several of the given splits share.

use super::format;
use titer_core::{
    data::{BySplit, Card, Member, Shared},
    text::cut,
};

/// Examples that are shown.
const SHOWN: usize = 2;

/// A sentence where the given splits shared sequences.
#[must_use]
pub fn caution(card: &Card) -> Option<String> {
    let shared = card.shared.as_ref()?;
    let BySplit { train, validation, test } = shared.dropped;
    let lost: Vec<String> = [(train, "training"), (validation, "validation"), (test, "test")]
        .into_iter()
        .filter(|(rows, _)| *rows > 0)
        .map(|(rows, split)| format!("{} from the {split} set", format::count(rows as u64)))
        .collect();
    let stand = if shared.sequences == 1 { "sequence occurs" } else { "sequences occur" };
    Some(format!(
        "{} {stand} in more than one of the given splits ({}). Repeated sequences were excluded, {}: the splits are not exactly the ones given. Near-duplicates were not searched for.",
        format::count(shared.sequences as u64),
        examples(shared),
        lost.join(", "),
    ))
}

fn examples(shared: &Shared) -> String {
    let member = |member: &Member| format!("{} in {}", cut(&member.id, 30), member.split.name());
    let told = shared.examples.iter().take(SHOWN).map(|members| members.iter().map(member).collect::<Vec<_>>().join(" and "));
    let mut told: Vec<String> = told.collect();
    if told.len() < shared.sequences {
        told.push("…".to_owned());
    }
    told.join("; ")
}
