//! What was left out of the data and changed in it, in words: a sweep says it unasked.

use super::{Dataset, Dropped, Member, Shared, Word};
use crate::{
    experiment::{DataSettings, LowerCase, Strip},
    text::{short, shown, thousands},
};

/// Words that are told in a line.
const SHOWN: usize = 5;

impl Dataset {
    /// How many rows were read and kept, and a phrase for each thing that was left out, changed or
    /// looks wrong; `None` where every row was taken as it is.
    #[must_use]
    pub fn remarks(&self, settings: &DataSettings) -> Option<String> {
        let card = &self.card;
        let dropped = |reason: Dropped| self.proteins.iter().filter(|protein| protein.dropped == Some(reason)).count();
        let missing = match words(&card.missing_values) {
            words if words.is_empty() => "left out for a missing value".to_owned(),
            words => format!("left out for a missing value ({words})"),
        };
        let unknown = dropped(Dropped::UnknownResidue);
        let counts = [
            (card.counts.missing, missing.as_str()),
            (card.counts.no_class, "left out with a label that is no class"),
            (card.counts.no_split, "left out with no split"),
            (unknown, "left out with unknown residues"),
            (dropped(Dropped::Duplicate), "left out for repeating a sequence"),
            (dropped(Dropped::Conflict), "left out for repeating a sequence with another label"),
            (if unknown > 0 { 0 } else { card.counts.unknown_residues }, "with unknown residues, read as <unk>"),
            (card.lower_case, lower_case(settings)),
            (card.gaps, gaps(settings)),
            (card.stops, "lost a stop codon's `*`"),
            (card.repeated_ids, "numbered, for repeating an id"),
        ];
        let mut remarks = vec![format!("{} rows, {} kept", thousands(card.rows), thousands(card.kept))];
        let counts = counts.into_iter().filter(|(count, _)| *count > 0);
        remarks.extend(counts.map(|(count, what)| format!("{} {what}", thousands(count))));
        remarks.extend(card.shared.as_ref().map(Shared::remark));
        if !card.like_missing.is_empty() {
            remarks.push(format!("read as they are: {}", words(&card.like_missing)));
        }
        (remarks.len() > 1).then(|| remarks.join("; "))
    }
}

/// What became of letters in lower case.
#[must_use]
pub fn lower_case(settings: &DataSettings) -> &'static str {
    match settings.cleaning.lower_case {
        LowerCase::Upper => "in lower case, read as capitals",
        LowerCase::Mask => "in lower case, read as X",
    }
}

/// What became of gaps.
#[must_use]
pub fn gaps(settings: &DataSettings) -> &'static str {
    if settings.cleaning.strip.contains(&Strip::Gaps) { "with gaps, taken out" } else { "with gaps, each kept as a token" }
}

/// `label "NA" 13, id "null" 2`.
#[must_use]
pub fn words(words: &[Word]) -> String {
    let mut told: Vec<String> = words
        .iter()
        .take(SHOWN)
        .map(|Word { field, value, count }| format!("{field} {:?} {}", short(value), thousands(*count)))
        .collect();
    if words.len() > SHOWN {
        told.push(format!("{} more", words.len() - SHOWN));
    }
    told.join(", ")
}

impl Shared {
    /// In a phrase.
    #[must_use]
    pub fn remark(&self) -> String {
        let stand = if self.sequences == 1 { "sequence stands" } else { "sequences stand" };
        format!("{} {stand} in several of the given splits ({})", thousands(self.sequences), self.examples())
    }

    /// `P000 in train and T0 in test; …`.
    #[must_use]
    pub fn examples(&self) -> String {
        let member = |Member { id, split }: &Member| format!("{} in {}", shown(&short(id)), split.name());
        let example = |members: &Vec<Member>| members.iter().map(member).collect::<Vec<_>>().join(" and ");
        let mut examples: Vec<String> = self.examples.iter().map(example).collect();
        if self.examples.len() < self.sequences {
            examples.push("…".to_owned());
        }
        examples.join("; ")
    }
}
