//! What a reader should know of the data, and what only the user can decide.

use super::{
    draft::Draft,
    guess::{self, Kind},
    settle::Settled,
};
use titer_core::{data::Dropped, text::thousands};

/// Below so many test proteins of a class its score says little.
const FEW: usize = 5;

/// Below so many test proteins only large differences are found.
const FEW_TESTED: usize = 100;

/// What the card shows that a reader should know or decide.
pub fn add(draft: &Draft, Settled { card, dropped }: &Settled, seen: &mut Vec<String>, questions: &mut Vec<String>) {
    let counts = &card.counts;
    let mut note = |count: usize, what: &str| {
        if count > 0 {
            let rows = if count == 1 { "row" } else { "rows" };
            seen.push(format!("{} {rows} {what}", thousands(count)));
        }
    };
    let several = matches!(draft.kind, Kind::Several { .. });
    for (reason, what) in [
        (Dropped::Missing, "left out: no id, sequence or label"),
        (Dropped::NoClass, if several { "left out: several labels" } else { "left out: of no class" }),
        (Dropped::NoSplit, "left out: of no split"),
        (Dropped::Duplicate, "left out: a repeated sequence"),
        (Dropped::Conflict, "left out: a repeated sequence with different labels"),
        (Dropped::SmallClass, "left out: of a class that is too small"),
    ] {
        note(dropped.get(&reason).copied().unwrap_or(0), what);
    }
    note(counts.unknown_residues, "with letters that the model does not know");
    note(card.gaps, "with gaps");
    note(card.stops, "with a `*` at the end");
    if draft.sequence.is_some() && draft.id.is_none() {
        seen.push("no column names the proteins: the number of its row names each".to_owned());
    }
    if card.lower_case > 0 {
        questions.push(format!(
            "{} sequences have lower-case letters, read as capitals. Do small letters mark masked regions? Then write `lower-case = \"mask\"`.",
            thousands(card.lower_case)
        ));
    }
    if let Some(size) = draft.min_class_size {
        let small: Vec<String> =
            card.small_classes.iter().map(|class| format!("{} ({})", guess::quoted(&class.value), class.count)).collect();
        questions.push(format!(
            "Classes with fewer than {size} proteins are left out: {}. Some cannot be divided into training, validation and test. Should \
             some be joined instead?",
            guess::listed(&small)
        ));
    }
    if let Some(shared) = &card.shared {
        questions.push(format!(
            "{} sequences stand in several of the given splits; each stays in one at most. Is the split the one that is meant?",
            thousands(shared.sequences)
        ));
    }
    for word in card.like_missing.iter().filter(|word| word.field == "label") {
        let value = guess::quoted(&word.value);
        questions.push(format!(
            "{value} is the label of {} rows. Is it a class, or does it stand for a missing one? Then write `missing-values = [{value}]`.",
            thousands(word.count)
        ));
    }
    if draft.is_regression() && counts.conflicting_groups > 0 {
        questions.push(format!(
            "{} sequences have several different numbers, and `conflicts = \"drop\"` leaves them out. Were they measured several times? Then \
             average them in the data.",
            thousands(counts.conflicting_groups)
        ));
    }
    if draft.kind == Kind::Classes && draft.numbered && card.classes.len() > 2 {
        questions.push(
            "The labels are whole numbers. Are they names of classes? To predict them as amounts, write `kind = \"regression\"` under [task]."
                .to_owned(),
        );
    }
    if draft.split.is_none() {
        let groups = draft.groups.as_ref().map(|column| {
            format!(" {} looks like groups of relatives, which titer cannot keep together yet.", guess::quoted(column))
        });
        questions.push(format!(
            "The split is random, so relatives of a training protein may be tested, and scores are then too good for new families.{} Is \
             there a split that keeps relatives apart? Name it in a column, or as one file a split.",
            groups.unwrap_or_default()
        ));
    }
    let few = card.splits.test.classes.iter().filter(|class| class.count < FEW);
    let few: Vec<String> = few.map(|class| format!("{} ({})", guess::quoted(&class.name), class.count)).collect();
    if !few.is_empty() {
        seen.push(format!("few test proteins of {}: their scores say little", guess::listed(&few)));
    }
    if card.splits.test.count < FEW_TESTED {
        seen.push(format!("{} test proteins: only large differences between runs can be seen", card.splits.test.count));
    }
}
