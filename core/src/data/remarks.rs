//! What was left out of the data and changed in it, in words: a sweep says it unasked.

use super::{Card, Dataset, Drawn, Dropped, Member, Shared, Split, Word};
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
        let missing = match missing(card) {
            told if told.is_empty() => "left out for a missing value".to_owned(),
            told => format!("left out for a missing value ({told})"),
        };
        let no_split = match values(&card.no_split_values) {
            told if told.is_empty() => "left out with no split".to_owned(),
            told => format!("left out with no split ({told})"),
        };
        let small = format!(
            "left out in {} of fewer than {} proteins ({})",
            if card.small_classes.len() == 1 { "a class".to_owned() } else { format!("{} classes", card.small_classes.len()) },
            settings.cleaning.min_class_size.unwrap_or_default(),
            values(&card.small_classes)
        );
        let unknown = dropped(Dropped::UnknownResidue);
        let counts = [
            (card.counts.missing, missing.as_str()),
            (card.counts.no_class, "left out with a label that is no class"),
            (card.counts.no_split, no_split.as_str()),
            (dropped(Dropped::SmallClass), small.as_str()),
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
        remarks.extend(card.notes());
        remarks.extend(card.shared.as_ref().map(Shared::remark));
        if !card.like_missing.is_empty() {
            remarks.push(format!("read as they are: {}", words(&card.like_missing)));
        }
        (remarks.len() > 1).then(|| remarks.join("; "))
    }
}

impl Card {
    /// What looks other than usual and was read as it is, a phrase each.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        [self.separator.map(separated), self.several(), self.drawn.map(drawn), self.absent()].into_iter().flatten().collect()
    }

    /// Classes that look like several labels a protein.
    #[must_use]
    pub fn several(&self) -> Option<String> {
        (!self.several_labels.is_empty()).then(|| {
            format!(
                "labels that hold several others ({}): titer cannot learn several labels a protein yet, and takes each for a class \
                 of its own",
                values(&self.several_labels)
            )
        })
    }

    /// Classes of which a split that is scored has no protein.
    #[must_use]
    pub fn absent(&self) -> Option<String> {
        let of = |split: Split| {
            let absent = self.splits.of(split).classes.iter().filter(|class| class.count == 0);
            let names: Vec<String> = absent.map(|class| format!("{:?}", short(&class.name))).collect();
            (!names.is_empty()).then(|| format!("no {} protein is of {}", split.name(), listed(names)))
        };
        let told: Vec<String> = [of(Split::Validation), of(Split::Test)].into_iter().flatten().collect();
        (!told.is_empty()).then(|| format!("{}: scores of such a class have no value there", told.join(", ")))
    }
}

/// A separator that was found in the file.
#[must_use]
pub fn separated(separator: char) -> String {
    format!("the fields of the table are separated by {}", super::table::named(separator))
}

/// Where the proteins that validate come from.
#[must_use]
pub fn drawn(Drawn { share, seed, asked }: Drawn) -> String {
    let want = if asked { "" } else { "the data names no validation: " };
    let percent = (share * 1e4).round() / 100.0;
    format!("{want}{percent} % of the training proteins, drawn at random (seed {seed}), validate")
}

/// What is missing and where: the words that stand for it, and the first places.
#[must_use]
pub fn missing(card: &Card) -> String {
    let mut told: Vec<String> = Vec::new();
    if !card.missing_values.is_empty() {
        told.push(words(&card.missing_values));
    }
    if !card.missing_places.is_empty() {
        let more = if card.counts.missing > card.missing_places.len() { ", …" } else { "" };
        told.push(format!("{}{more}", card.missing_places.join(", ")));
    }
    told.join("; ")
}

/// `"valid" 12, "" 3`.
#[must_use]
pub fn values(words: &[Word]) -> String {
    listed(words.iter().map(|Word { value, count, .. }| format!("{:?} {}", short(value), thousands(*count))).collect())
}

/// The first of several, and how many more there are.
fn listed(mut told: Vec<String>) -> String {
    let more = told.len().saturating_sub(SHOWN);
    told.truncate(SHOWN);
    if more > 0 {
        told.push(format!("{more} more"));
    }
    told.join(", ")
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
    listed(words.iter().map(|Word { field, value, count }| format!("{field} {:?} {}", short(value), thousands(*count))).collect())
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
