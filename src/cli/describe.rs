//! `titer describe`: the data as the experiment sees it.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::{ExperimentArgs, columns, place, prepared, resolved};
use crate::{error::Error, plan};
use titer_core::{
    data::{self, BySplit, Card, Numbers, Split, ValueCard, remarks},
    experiment::{DataSettings, Experiment, Settings, Source},
    results::tables,
    text::{self, thousands},
};

/// Shows the data as the experiment sees it: quality, classes, lengths, tokens, splits. Ignores the
/// grid.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub experiment: ExperimentArgs,
    /// Prints the data card as JSON.
    #[arg(long)]
    pub json: bool,
    /// Writes a table of all proteins, kept and dropped, with their splits.
    #[arg(long, value_name = "OUT.parquet", value_parser = place::path())]
    pub proteins: Option<PathBuf>,
}

pub fn run(args: &Args, out: &mut dyn Write) -> Result<(), Error> {
    let loaded = args.experiment.load()?;
    let prepare =
        |settings: &Settings| data::prepare(&settings.task, &settings.data, &settings.split, &settings.tokens, Path::new(""));
    let experiment = &loaded.experiment;
    let mut settings = experiment.base.clone();
    let mut point = None;
    let dataset = match prepare(&settings) {
        // The grid may say what the file leaves open.
        Err(error) if !varied(experiment).is_empty() => {
            let Some(first) = plan::expand(&loaded)?.into_iter().next() else { return Err(error.into()) };
            let dataset = prepare(&first.settings).map_err(|_| error)?;
            settings = first.settings;
            point = Some(resolved::name(&first.values));
            dataset
        }
        dataset => dataset?,
    };
    if let Some(path) = &args.proteins {
        let texts = prepared::texts(experiment, Path::new(""))?;
        tables::write_proteins(path, &tables::protein_rows(&dataset, &texts))?;
    }
    let written = if args.json {
        serde_json::to_writer_pretty(&mut *out, &dataset.card).map_err(io::Error::from).and_then(|()| writeln!(out))
    } else {
        print(out, experiment, &settings.data, point.as_deref(), &dataset.card)
    };
    written.map_err(|source| Error::Output { source })
}

/// The card for a terminal.
fn print(
    out: &mut dyn Write,
    experiment: &Experiment,
    settings: &DataSettings,
    point: Option<&str>,
    card: &Card,
) -> io::Result<()> {
    let from = &settings.source;
    let ids = if from.numbers_rows() { "; ids are the numbers of the rows, from 1" } else { "" };
    writeln!(out, "{}: {}{ids}\n", experiment.name, source(from))?;
    print_quality(out, card, settings)?;
    print_notes(out, card)?;
    writeln!(out)?;
    match &card.values {
        Some(values) => print_values(out, card, values)?,
        None => print_classes(out, card)?,
    }
    writeln!(out)?;
    print_lengths(out, card)?;
    writeln!(out)?;
    print_maximum(out, card)?;
    if let Some(best) = card.best_accuracy {
        writeln!(out, "\nThe data is synthetic: no classifier can be expected to exceed an accuracy of {}.", percent(best))?;
    }
    let varied = varied(experiment);
    if !varied.is_empty() {
        let shown = match point {
            Some(point) => format!(" This is {point}: the file's own settings are of no run."),
            None => String::new(),
        };
        writeln!(out, "\nThe grid varies {}: `--set` shows the data under another value.{shown}", varied.join(", "))?;
    }
    Ok(())
}

/// The axes of the grid that other data come from.
fn varied(experiment: &Experiment) -> Vec<&str> {
    let tables = ["data", "split", "tokens"];
    let varied = experiment.grid.iter().map(|axis| axis.key.as_str());
    varied.filter(|key| key.split('.').next().is_some_and(|table| tables.contains(&table))).collect()
}

fn source(source: &Source) -> String {
    match source {
        Source::Table { path, .. } | Source::Fasta { path, .. } | Source::Uniprot { path, .. } => text::shown(&path.to_string()),
        Source::Synthetic(made) => format!("{} synthetic proteins, seed {}", thousands(made.proteins), made.seed),
    }
}

/// What was read, and what of it was kept.
fn print_quality(out: &mut dyn Write, card: &Card, settings: &DataSettings) -> io::Result<()> {
    let mut rows = Vec::new();
    let mut row = |name: &str, count: usize, note: String| rows.push(vec![format!("  {name}"), thousands(count), note]);
    row("with a missing value", card.counts.missing, remarks::missing(card));
    let groups = format!(
        "{} in {}, {} with conflicting labels",
        counted(card.counts.duplicate_members, "row"),
        counted(card.counts.duplicate_groups, "group"),
        thousands(card.counts.conflicting_groups),
    );
    let where_any = |count: usize, note: &str| if count > 0 { note.to_owned() } else { String::new() };
    let after = |text: &'static str| text.split_once(", ").map_or(text, |(_, after)| after);
    let shared = card.shared.as_ref().map_or(0, |shared| shared.sequences);
    let small = card.small_classes.iter().map(|class| class.count).sum();
    // Of what most data has none, nothing is said where there is none.
    let rare = |count: usize| count > 0;
    for (shown, name, count, note) in [
        (rare(card.counts.no_class), "of no class", card.counts.no_class, String::new()),
        (rare(card.counts.no_split), "of no split", card.counts.no_split, remarks::values(&card.no_split_values)),
        (rare(small), "of a small class", small, remarks::values(&card.small_classes)),
        (rare(card.lower_case), "in lower case", card.lower_case, after(remarks::lower_case(settings)).to_owned()),
        (rare(card.gaps), "with gaps", card.gaps, after(remarks::gaps(settings)).to_owned()),
        (rare(card.stops), "with a stop codon", card.stops, "its `*` taken off".to_owned()),
        (true, "with unknown residues", card.counts.unknown_residues, String::new()),
        (true, "repeating a sequence", card.counts.duplicate_rows, where_any(card.counts.duplicate_rows, &groups)),
        (rare(shared), "shared by several splits", shared, "as sequences, named below".to_owned()),
        (rare(card.repeated_ids), "repeating an id", card.repeated_ids, "numbered, as ID#2".to_owned()),
    ] {
        if shown {
            row(name, count, note);
        }
    }
    rows.push(vec!["kept".to_owned(), thousands(card.kept), format!("{} of the rows", percent(share(card.kept, card.rows)))]);
    columns::write(out, &["rows", &thousands(card.rows), ""], &rows)
}

/// What a reader should look at twice.
fn print_notes(out: &mut dyn Write, card: &Card) -> io::Result<()> {
    for note in card.notes() {
        writeln!(out, "{note}")?;
    }
    if let Some(shared) = &card.shared {
        writeln!(out, "shared by several splits: {}", shared.examples())?;
        let BySplit { train, validation, test } = shared.dropped;
        writeln!(
            out,
            "  left out of train {train}, of validation {validation}, of test {test}; near-duplicates are not searched for"
        )?;
    }
    if !card.like_missing.is_empty() {
        writeln!(out, "read as they are: {}", remarks::words(&card.like_missing))?;
        writeln!(out, "  where such a word stands for a missing value, name it in `data.missing-values`")?;
    }
    Ok(())
}

/// Classes down, splits across.
fn print_classes(out: &mut dyn Write, card: &Card) -> io::Result<()> {
    let splits = Split::ALL.map(|split| card.splits.of(split));
    let mut rows = Vec::new();
    for (index, class) in card.classes.iter().enumerate() {
        let of_splits = splits.iter().map(|split| thousands(split.classes[index].count));
        rows.push([class.name.clone(), thousands(class.count), percent(class.share)].into_iter().chain(of_splits).collect());
    }
    let of_splits = splits.iter().map(|split| thousands(split.count));
    rows.push(["all".to_owned(), thousands(card.kept), percent(1.0)].into_iter().chain(of_splits).collect());
    let header: Vec<&str> = ["class", "kept", "share"].into_iter().chain(Split::ALL.map(Split::name)).collect();
    columns::write(out, &header, &rows)?;
    card.balance.map_or(Ok(()), |balance| writeln!(out, "balance {balance:.3}: the smallest class over the largest"))
}

/// Splits down, what their labels are like across.
fn print_values(out: &mut dyn Write, card: &Card, values: &ValueCard) -> io::Result<()> {
    let row = |name: &str, count: usize, of: &Numbers| {
        let numbers = [of.min, of.q1, of.median, of.q3, of.max, of.mean, of.deviation];
        let numbers = numbers.map(|number| text::significant(number, DIGITS));
        [name.to_owned(), thousands(count)].into_iter().chain(numbers).collect::<Vec<_>>()
    };
    let mut rows = vec![row("all", card.kept, &values.of)];
    for split in Split::ALL {
        let of = card.splits.of(split);
        rows.extend(of.values.as_ref().map(|numbers| row(split.name(), of.count, numbers)));
    }
    columns::write(out, &["label", "kept", "min", "q1", "median", "q3", "max", "mean", "SD"], &rows)?;
    let ValueCard { of, distinct, outliers } = values;
    let few = *distinct <= FEW_VALUES && *distinct < card.kept;
    let classes = if few { ": are they classes? `task.kind = \"classification\"` predicts those" } else { "" };
    writeln!(out, "{}{classes}", counted(*distinct, "different value"))?;
    let [low, high] = of.fences().map(|fence| text::significant(fence, DIGITS));
    if *outliers > 0 {
        writeln!(
            out,
            "{} below {low} or above {high}: the quartiles and one and a half times their distance",
            counted(*outliers, "outlier")
        )?;
    }
    Ok(())
}

fn print_lengths(out: &mut dyn Write, card: &Card) -> io::Result<()> {
    let row = |name: String, min: usize, floats: [f64; 4], max: usize| {
        let floats = floats.map(|float| format!("{float:.1}"));
        [name, thousands(min)].into_iter().chain(floats).chain([thousands(max)]).collect::<Vec<_>>()
    };
    let (length, tokens, sample) = (&card.length, &card.tokens.of, card.tokens.sample);
    let sampled = if sample < card.kept { format!(", a sample of {}", thousands(sample)) } else { String::new() };
    let rows = [
        row("residues".to_owned(), length.min, [length.mean, length.median, length.p95, length.p99], length.max),
        row(format!("tokens{sampled}"), tokens.min, [tokens.mean, tokens.median, tokens.p95, tokens.p99], tokens.max),
    ];
    columns::write(out, &["length", "min", "mean", "median", "p95", "p99", "max"], &rows)
}

fn print_maximum(out: &mut dyn Write, card: &Card) -> io::Result<()> {
    let row = |name: &str, count: usize| vec![name.to_owned(), thousands(count), percent(share(count, card.kept))];
    let rows = [row("covered", card.covered), row("truncated", card.truncated)];
    columns::write(out, &["max-length", &thousands(card.max_length), "tokens"], &rows)
}

/// Digits of a label's number.
const DIGITS: usize = 4;

/// So few different numbers may be names of classes.
const FEW_VALUES: usize = 10;

fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// A count with its noun: `1 group`, `6 groups`.
fn counted(count: usize, noun: &str) -> String {
    format!("{} {noun}{}", thousands(count), if count == 1 { "" } else { "s" })
}
