//! The data: what was read and kept, how long the proteins are, how they are split.

mod bins;
mod labels;

use serde::Serialize;

pub use self::{
    bins::{BoxStats, Histogram},
    labels::{Bins, Labels},
};
use super::{
    format,
    table::{Kind, Table},
};
use titer_core::{
    data::{Card, Dropped, SplitCard, remarks},
    experiment::{Conflicts, DataSettings, Duplicates, LowerCase, Missing, Strip, UnknownResidues},
    results::tables::ProteinRow,
    text::cut,
};

/// Residues of a sample that are shown.
const SHOWN: usize = 60;

/// What is said about the data.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DataView {
    pub summary: String,
    pub quality: Table,
    /// The classes and their sizes; of a regression how the labels are distributed.
    pub labels: Table,
    /// Of a regression.
    pub values: Option<Labels>,
    pub lengths: Table,
    pub samples: Table,
    /// Class names, in label order; of a regression one for all proteins.
    pub names: Vec<String>,
    pub length_bins: Histogram,
    pub boxes: Vec<BoxStats>,
}

impl DataView {
    #[must_use]
    pub fn new(card: &Card, proteins: &[ProteinRow], settings: Option<&DataSettings>) -> Self {
        let classes: Vec<&str> = card.classes.iter().map(|class| class.name.as_str()).collect();
        let (names, lengths): (Vec<&str>, Vec<Vec<u32>>) = if card.values.is_some() {
            (vec!["proteins"], vec![kept(proteins).map(|row| row.length).collect()])
        } else {
            let of = |name: &&str| -> Vec<u32> {
                kept(proteins).filter(|row| row.label.as_deref() == Some(*name)).map(|row| row.length).collect()
            };
            (classes.clone(), classes.iter().map(of).collect())
        };
        let values = card.values.map(|values| Labels::new(&values, proteins));
        Self {
            summary: summary(card, settings),
            quality: quality(card, proteins, settings),
            labels: values.as_ref().map_or_else(|| self::classes(card), |_| labels::table(card)),
            values,
            lengths: length_table(card),
            samples: if card.values.is_some() { labels::samples(proteins) } else { samples(&classes, proteins) },
            names: names.iter().map(|&name| name.to_owned()).collect(),
            length_bins: Histogram::new(&lengths),
            boxes: names.iter().zip(&lengths).filter_map(|(name, lengths)| BoxStats::new(name, lengths)).collect(),
        }
    }
}

/// The proteins that were kept.
pub(super) fn kept(proteins: &[ProteinRow]) -> impl Iterator<Item = &ProteinRow> {
    proteins.iter().filter(|row| row.dropped.is_none())
}

fn summary(card: &Card, settings: Option<&DataSettings>) -> String {
    let left_out = card.rows - card.kept;
    let out = match left_out {
        0 => "all were kept".to_owned(),
        n => format!("{} were kept, {} excluded", format::count(card.kept as u64), format::count(n as u64)),
    };
    let labels = match (&card.values, card.balance) {
        (Some(values), _) => {
            let [min, median, max] = [values.of.min, values.of.median, values.of.max].map(|value| format::significant(value, 4));
            let distinct = format::counted(values.distinct as u64, "different value");
            format!(" Their labels are numbers from {min} to {max}, median {median}, {distinct}.")
        }
        (None, Some(balance)) => format!(
            " They fall into {}; the smallest has {} times as many proteins as the largest.",
            if card.classes.len() == 1 { "1 class".to_owned() } else { format!("{} classes", card.classes.len()) },
            format::decimal(balance, 3),
        ),
        (None, None) => String::new(),
    };
    let numbered = settings.is_some_and(|settings| settings.source.numbers_rows());
    let numbered = if numbered { " The id of a protein is the number of its row in the data." } else { "" };
    let notes = [card.separator.map(remarks::separated), card.drawn.map(remarks::drawn), card.several()];
    let notes: Vec<String> = notes.into_iter().flatten().map(|note| format!(" {}.", super::capitalised(&note))).collect();
    let notes = notes.concat();
    format!("{} were read; {out}.{labels}{numbered}{notes}", format::counted(card.rows as u64, "row"))
}

fn quality(card: &Card, proteins: &[ProteinRow], settings: Option<&DataSettings>) -> Table {
    let dropped = |reason: Dropped| proteins.iter().filter(|row| row.dropped == Some(reason)).count() as u64;
    let mut table = Table::new(
        "Data quality: what was found, how the experiment file treats it, and how many rows that excludes.",
        &[("", Kind::Text), ("rows", Kind::Number), ("treatment", Kind::Text), ("excluded", Kind::Number)],
    );
    let mut line = |name: &str, found: usize, treatment: Option<&str>, reason: Option<Dropped>| {
        let out = reason.map_or_else(String::new, |reason| format::count(dropped(reason)));
        table.row([name.to_owned(), format::count(found as u64), treatment.unwrap_or_default().to_owned(), out]);
    };
    let treat = |name: fn(&DataSettings) -> &'static str| settings.map(name);
    line("Rows read", card.rows, None, None);
    line(
        "Without an id, a sequence or a label",
        card.counts.missing,
        treat(|s| missing(s.cleaning.missing)),
        Some(Dropped::Missing),
    );
    line(
        "Repeating an earlier row's sequence",
        card.counts.duplicate_rows,
        treat(|s| duplicates(s.cleaning.duplicates)),
        Some(Dropped::Duplicate),
    );
    line("… rows that share their sequence with another", card.counts.duplicate_members, None, None);
    line("… distinct sequences among them", card.counts.duplicate_groups, None, None);
    line(
        "… of those with more than one label",
        card.counts.conflicting_groups,
        treat(|s| conflicts(s.cleaning.conflicts)),
        Some(Dropped::Conflict),
    );
    line(
        "With a letter outside the vocabulary",
        card.counts.unknown_residues,
        treat(|s| unknown(s.cleaning.unknown_residues)),
        Some(Dropped::UnknownResidue),
    );
    if card.values.is_none() {
        line("With a label that is not a class", card.counts.no_class, None, Some(Dropped::NoClass));
    }
    if card.counts.no_split > 0 {
        line("With no split in the split column", card.counts.no_split, None, Some(Dropped::NoSplit));
    }
    if !card.small_classes.is_empty() {
        let rows = card.small_classes.iter().map(|class| class.count).sum();
        let least = settings.and_then(|s| s.cleaning.min_class_size).map(|least| format!("drop below {least}"));
        let names = cut(&remarks::values(&card.small_classes), SHOWN);
        line(&format!("In classes of too few proteins: {names}"), rows, least.as_deref(), Some(Dropped::SmallClass));
    }
    // Rows for rare problems are left out where their count is zero.
    let mut rare = |name: &str, found: usize, treatment: Option<&str>| {
        if found > 0 {
            line(name, found, treatment, None);
        }
    };
    rare("With lower-case letters", card.lower_case, treat(|s| lower_case(s.cleaning.lower_case)));
    rare("With gaps in the sequence", card.gaps, treat(gaps));
    rare("With a stop codon at the end", card.stops, Some("remove"));
    rare("With the id of an earlier row", card.repeated_ids, Some("number"));
    for word in &card.no_split_values {
        rare(&format!("… with the split {:?}", cut(&word.value, SHOWN)), word.count, None);
    }
    for word in &card.several_labels {
        rare(&format!("With the label {:?}, which holds several others", cut(&word.value, SHOWN)), word.count, Some("one class"));
    }
    for word in &card.missing_values {
        rare(&format!("With the {} {:?}", word.field, cut(&word.value, SHOWN)), word.count, Some("missing"));
    }
    for word in &card.like_missing {
        rare(&format!("With the {} {:?}", word.field, cut(&word.value, SHOWN)), word.count, Some("keep, not missing"));
    }
    if let Some(shared) = &card.shared {
        rare("Sequences in several of the given splits", shared.sequences, None);
    }
    line("Kept", card.kept, None, None);
    if let Some(last) = table.rows.last_mut() {
        last.mark(true);
    }
    table
}

const fn missing(treatment: Missing) -> &'static str {
    match treatment {
        Missing::Drop => "drop",
        Missing::Refuse => "refuse",
    }
}

const fn duplicates(treatment: Duplicates) -> &'static str {
    match treatment {
        Duplicates::KeepFirst => "keep the first",
        Duplicates::Drop => "drop all",
        Duplicates::Refuse => "refuse",
    }
}

const fn conflicts(treatment: Conflicts) -> &'static str {
    match treatment {
        Conflicts::KeepFirst => "keep the first",
        Conflicts::Drop => "drop all",
        Conflicts::Refuse => "refuse",
    }
}

const fn lower_case(treatment: LowerCase) -> &'static str {
    match treatment {
        LowerCase::Upper => "read as capitals",
        LowerCase::Mask => "read as X",
    }
}

fn gaps(settings: &DataSettings) -> &'static str {
    if settings.cleaning.strip.contains(&Strip::Gaps) { "remove" } else { "keep, one token each" }
}

const fn unknown(treatment: UnknownResidues) -> &'static str {
    match treatment {
        UnknownResidues::Keep => "keep, as <unk>",
        UnknownResidues::Drop => "drop",
        UnknownResidues::Refuse => "refuse",
    }
}

fn classes(card: &Card) -> Table {
    let mut table =
        Table::new("The classes, in label order.", &[("class", Kind::Text), ("proteins", Kind::Number), ("share", Kind::Number)]);
    for class in &card.classes {
        table.row([class.name.clone(), format::count(class.count as u64), format::percent(class.share)]);
    }
    table.row(["all".to_owned(), format::count(card.kept as u64), format::percent(1.0)]);
    table
}

fn length_table(card: &Card) -> Table {
    let (length, tokens, sample) = (&card.length, &card.tokens.of, card.tokens.sample);
    let sampled = if sample == card.kept { "all".to_owned() } else { format!("a sample of {}", format::count(sample as u64)) };
    let mut table = Table::new(
        format!("Lengths of the kept proteins in residues, and of {sampled} in tokens (with <cls> and <eos>)."),
        &[("", Kind::Text), ("residues", Kind::Number), ("tokens", Kind::Number)],
    );
    table.row(["shortest".to_owned(), format::count(length.min as u64), format::count(tokens.min as u64)]);
    for (name, length, tokens) in [
        ("mean", length.mean, tokens.mean),
        ("median", length.median, tokens.median),
        ("95th percentile", length.p95, tokens.p95),
        ("99th percentile", length.p99, tokens.p99),
    ] {
        table.row([name.to_owned(), format::about(length), format::about(tokens)]);
    }
    table.row(["longest".to_owned(), format::count(length.max as u64), format::count(tokens.max as u64)]);
    table
}

fn samples(names: &[&str], proteins: &[ProteinRow]) -> Table {
    let mut table = Table::new(
        format!("The first protein of each class, with its first {SHOWN} residues."),
        &[("class", Kind::Text), ("id", Kind::Code), ("residues", Kind::Number), ("sequence", Kind::Code)],
    );
    for name in names {
        if let Some(row) = kept(proteins).find(|row| row.label.as_deref() == Some(name)) {
            table.row([(*name).to_owned(), row.id.clone(), format::count(u64::from(row.length)), cut(&row.sequence, SHOWN)]);
        }
    }
    table
}

/// The split: how many proteins of each class went where.
#[must_use]
pub fn split_table(card: &Card) -> Table {
    if card.values.is_some() {
        return labels::split_table(card);
    }
    let names: Vec<&str> = card.classes.iter().map(|class| class.name.as_str()).collect();
    let mut columns = vec![("", Kind::Text), ("proteins", Kind::Number), ("share", Kind::Number)];
    columns.extend(names.iter().map(|name| (*name, Kind::Number)));
    let mut table = Table::new("Proteins in each part of the split, by class.", &columns);
    let kept = card.kept as u64;
    let parts: [(&str, &SplitCard); 3] =
        [("training", &card.splits.train), ("validation", &card.splits.validation), ("test", &card.splits.test)];
    for (part, split) in parts {
        let mut cells = vec![part.to_owned(), format::count(split.count as u64), format::share(split.count as u64, kept)];
        let of = |name: &&str| split.classes.iter().find(|class| class.name == *name);
        cells.extend(names.iter().map(|name| match of(name) {
            Some(class) => format!("{} ({})", format::count(class.count as u64), format::percent(class.share)),
            None => format::NONE.to_owned(),
        }));
        table.row(cells);
    }
    table
}
