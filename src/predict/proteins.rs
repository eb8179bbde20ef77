//! The proteins that are asked about. The file is read twice: once for what is only known at its
//! end, and once to predict, a part at a time.

use std::{
    collections::{HashMap, hash_map::Entry},
    path::{Path, PathBuf},
};

use super::{Ensemble, Error};
use titer_core::{
    data::{
        self, NoResidue,
        files::{Fasta, FastaRecord, Format, HeaderField, Table},
        tokens::Tokenizer,
    },
    experiment::{DataSettings, Source},
    predictions::Output,
    task::Target,
    text::{self, short},
};

/// Columns that are named where none is one of sequences.
const SHOWN: usize = 20;

/// Proteins whose repeats are looked for: beyond them one passes for the first of its kind.
const REMEMBERED: usize = 20_000_000;

/// A protein of this length without another letter than those of nucleotides hardly occurs.
const SURELY_DNA: usize = 40;

/// What the call names, where it is not as in the experiment's data.
#[derive(Debug, Clone, Default)]
pub struct Columns {
    pub id: Option<String>,
    pub sequence: Option<String>,
    /// A column; in FASTA a pattern or a key of the header.
    pub label: Option<String>,
}

/// A file of proteins, opened.
pub struct Proteins {
    rows: Box<dyn Iterator<Item = Result<Row, Error>>>,
    /// What was decided about the file: a sentence each.
    pub notes: Vec<String>,
    /// What says that no header has the label that was asked for, where none has.
    no_label: Option<Error>,
}

/// A row as the file has it.
struct Row {
    id: String,
    sequence: String,
    label: String,
}

/// What is known of the file once it was read to its end.
#[derive(Debug, Default)]
pub struct Looked {
    pub proteins: usize,
    /// By digest of a sequence, and of an id, the first row that has it.
    sequences: HashMap<u128, u32>,
    ids: HashMap<u128, u32>,
    /// Rows that repeat the sequence, or the id, of an earlier one.
    pub repeated_sequences: usize,
    pub repeated_ids: usize,
}

/// A protein to predict, or why not.
#[derive(Debug, Clone, PartialEq)]
pub struct Protein {
    /// From 1.
    pub row: u32,
    pub id: String,
    /// As the models read it; `None` where it cannot be read.
    pub sequence: Option<String>,
    /// As the file has it; empty where there is none.
    pub label: String,
    pub target: Option<Target>,
    /// Tokens beyond the most that the models read.
    pub cut: u32,
    /// What a reader should know: clauses.
    pub notes: Vec<String>,
}

impl Protein {
    /// The sequence, where it can be predicted.
    #[must_use]
    pub fn readable(&self) -> Option<&str> {
        self.sequence.as_deref()
    }
}

impl Proteins {
    /// Opens a file: FASTA, CSV, TSV or Parquet, compressed or not. Columns are those of the
    /// experiment's data unless others are named.
    pub fn open(path: &Path, project: &Path, columns: &Columns, data: &DataSettings) -> Result<Self, Error> {
        match Format::of(path) {
            Some(Format::Fasta) => Self::of_fasta(path, project, columns, data),
            _ => Self::of_table(path, project, columns, data),
        }
    }

    fn of_fasta(path: &Path, project: &Path, columns: &Columns, data: &DataSettings) -> Result<Self, Error> {
        let of_experiment = if let Source::Fasta { label, .. } = &data.source { Some(label.as_str()) } else { None };
        let label = columns.label.as_deref().or(of_experiment).map(HeaderField::label).transpose()?;
        let no_label = columns.label.as_ref().map(|label| Error::NoLabels { path: path.to_owned(), label: short(label) });
        let row = move |record: Result<FastaRecord, data::Error>| {
            let record = record?;
            let label = label.as_ref().map(|label| label.of(&record.header)).unwrap_or_default();
            Ok(Row { id: record.id, sequence: record.sequence, label })
        };
        let mut notes = Vec::new();
        if columns.id.is_some() || columns.sequence.is_some() {
            notes.push("--id and --sequence name columns of a table; FASTA has none.".to_owned());
        }
        let records = Records { path: path.to_owned(), fasta: Fasta::open(path, project)?, ended: false };
        Ok(Self { rows: Box::new(records.map(row)), notes, no_label })
    }

    fn of_table(path: &Path, project: &Path, columns: &Columns, data: &DataSettings) -> Result<Self, Error> {
        let table = Table::open(path, project, None)?;
        let (id, sequence, label) = match &data.source {
            Source::Table { id, sequence, label, .. } => (id.as_deref(), Some(sequence.as_str()), Some(label.as_str())),
            Source::Uniprot { id, sequence, label, .. } => (Some(id.as_str()), Some(sequence.as_str()), Some(label.as_str())),
            Source::Fasta { .. } | Source::Synthetic(_) => (None, None, Some("label")),
        };
        // What the call names must be there; what the experiment or custom name may be.
        let asked = |named: &Option<String>, usual: &[Option<&str>]| -> Result<Option<usize>, Error> {
            match named {
                Some(column) => Ok(Some(table.find(column)?)),
                None => match usual.iter().flatten().find_map(|usual| place(table.headers(), usual)) {
                    Some(place) => Ok(Some(table.find(&table.headers()[place])?)),
                    None => Ok(None),
                },
            }
        };
        let id = asked(&columns.id, &[id, Some("id"), Some("accession"), Some("entry")])?;
        let sequence = asked(&columns.sequence, &[sequence, Some("sequence"), Some("seq"), Some("protein")])?;
        let label = asked(&columns.label, &[label])?;
        let Some(sequence) = sequence else {
            let named: Vec<String> = table.headers().iter().take(SHOWN).map(|header| format!("{:?}", short(header))).collect();
            let more = table.headers().len().saturating_sub(SHOWN);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            return Err(Error::NoSequences { path: path.to_owned(), columns: named.join(", ") + &more });
        };
        let name = |column: usize| text::shown(&short(&table.headers()[column]));
        let mut notes = vec![format!(
            "Sequences are read from the column {:?}, ids {}{}.",
            name(sequence),
            id.map_or_else(|| "are the numbers of the rows".to_owned(), |id| format!("from {:?}", name(id))),
            label.map(|label| format!(", labels from {:?}", name(label))).unwrap_or_default(),
        )];
        if let Some(separator) = table.unusual_separator() {
            notes.push(format!("Its columns are separated by {separator:?}."));
        }
        let wanted: Vec<usize> = [Some(sequence), id, label].into_iter().flatten().collect();
        let (has_id, has_label) = (id.is_some(), label.is_some());
        let row = move |(number, fields): (usize, Result<data::files::Fields, data::Error>)| {
            let mut texts = fields?.texts.into_iter();
            let mut next = |there: bool| if there { texts.next() } else { None };
            let sequence = next(true).unwrap_or_default();
            let id = next(has_id).unwrap_or_else(|| (number + 1).to_string());
            Ok(Row { sequence, id, label: next(has_label).unwrap_or_default() })
        };
        let rows = table.rows(&wanted, Some(sequence))?.enumerate().map(row);
        Ok(Self { rows: Box::new(rows), notes, no_label: None })
    }

    /// Reads the file to its end.
    pub fn look(self, path: &Path) -> Result<Looked, Error> {
        let mut looked = Looked::default();
        let mut has_label = false;
        for row in self.rows {
            let Row { id, sequence, label } = row?;
            has_label |= !label.is_empty();
            looked.proteins += 1;
            let number = looked.proteins as u32;
            looked.repeated_sequences += usize::from(!note(&mut looked.sequences, &letters(&sequence), number));
            looked.repeated_ids += usize::from(!note(&mut looked.ids, &id, number));
        }
        if looked.proteins == 0 {
            return Err(Error::NoProteins { path: path.to_owned() });
        }
        match self.no_label {
            Some(error) if !has_label => Err(error),
            _ => Ok(looked),
        }
    }

    /// Its proteins as the models of an ensemble read them.
    pub fn judged<'a>(self, ensemble: &'a Ensemble, looked: &'a Looked) -> impl Iterator<Item = Result<Protein, Error>> + 'a {
        let judge = Judge::new(ensemble, looked);
        (1_u32..).zip(self.rows).map(move |(number, row)| Ok(judge.of(number, row?)))
    }
}

/// The records of FASTA, and at their end an error where lines annotate the sequences: they would
/// be read as residues.
struct Records {
    path: PathBuf,
    fasta: Fasta,
    ended: bool,
}

impl Iterator for Records {
    type Item = Result<FastaRecord, data::Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let record = self.fasta.next();
        if record.is_none() && !self.ended && self.fasta.is_annotated() {
            self.ended = true;
            return Some(Err(data::Error::Annotated { path: self.path.clone() }));
        }
        record
    }
}

/// A column by its name, or by its name in another case.
fn place(headers: &[String], name: &str) -> Option<usize> {
    let exact = headers.iter().position(|header| header == name);
    exact.or_else(|| headers.iter().position(|header| header.eq_ignore_ascii_case(name)))
}

/// The letters of a sequence: what differs in white space, case or a stop codon is one protein.
fn letters(sequence: &str) -> String {
    let letters = sequence.chars().filter(|letter| !letter.is_whitespace()).map(|letter| letter.to_ascii_uppercase());
    let letters: String = letters.collect();
    letters.trim_end_matches('*').to_owned()
}

fn digest(text: &str) -> u128 {
    let hash = blake3::hash(text.as_bytes());
    let mut first = [0; 16];
    first.copy_from_slice(&hash.as_bytes()[..16]);
    u128::from_le_bytes(first)
}

/// Whether a text is the first of its kind.
fn note(seen: &mut HashMap<u128, u32>, text: &str, row: u32) -> bool {
    if text.is_empty() {
        return true;
    }
    let room = seen.len() < REMEMBERED;
    match seen.entry(digest(text)) {
        Entry::Occupied(_) => false,
        Entry::Vacant(vacant) => {
            if room {
                vacant.insert(row);
            }
            true
        }
    }
}

/// Decides about rows.
struct Judge<'a> {
    ensemble: &'a Ensemble,
    looked: &'a Looked,
    tokenizer: Tokenizer,
    /// Classes by name, and by the label that the data has for each.
    classes: HashMap<&'a str, usize>,
    max_length: usize,
}

impl<'a> Judge<'a> {
    fn new(ensemble: &'a Ensemble, looked: &'a Looked) -> Self {
        let names = || ensemble.classes().iter().map(String::as_str).zip(0..);
        let place: HashMap<&str, usize> = names().collect();
        let listed = ensemble.data().classes.iter();
        let by_label = listed.filter_map(|class| Some((class.label.as_str(), *place.get(class.name.as_str())?)));
        // A label of the data comes before a name that another class happens to have, and both before another spelling.
        let exact: Vec<(&str, usize)> = names().chain(by_label).collect();
        let whole = exact.iter().filter_map(|&(label, class)| Some((text::whole(label)?, class)));
        let classes = whole.chain(exact.iter().copied()).collect();
        Self { ensemble, looked, tokenizer: Tokenizer::esm2(), classes, max_length: ensemble.tokens().0 }
    }

    fn of(&self, number: u32, Row { id, sequence, label }: Row) -> Protein {
        let mut notes = Vec::new();
        let first = |seen: &HashMap<u128, u32>, text: &str| seen.get(&digest(text)).copied().filter(|first| *first < number);
        if let Some(first) = first(&self.looked.ids, &id) {
            notes.push(format!("same id as row {first}"));
        }
        let mut cut = 0;
        let sequence = if self.is_missing(&sequence) { "" } else { sequence.as_str() };
        let read = match data::sequence(sequence, &self.ensemble.data().cleaning) {
            Ok(read) if read.sequence.is_empty() => {
                notes.push("not predicted: no sequence".to_owned());
                None
            }
            Err(NoResidue { letter, position }) => {
                notes.push(format!("not predicted: {letter:?} at position {position} is no residue"));
                None
            }
            Ok(read) => {
                if let Some(first) = first(&self.looked.sequences, &letters(sequence)) {
                    notes.push(format!("same sequence as row {first}"));
                }
                if read.had_stop {
                    notes.push("its stop codon taken off".to_owned());
                }
                let unknown = read.sequence.bytes().filter(|letter| !self.tokenizer.knows_letter(*letter)).count();
                if unknown > 0 {
                    notes.push(if unknown == 1 { "1 unknown residue".to_owned() } else { format!("{unknown} unknown residues") });
                }
                if is_dna(&read.sequence) {
                    notes.push("looks like DNA or RNA, not a protein".to_owned());
                }
                cut = self.tokenizer.count(&read.sequence).saturating_sub(self.max_length) as u32;
                Some(read.sequence)
            }
        };
        let target = self.target(&label, &mut notes);
        Protein { row: number, id, sequence: read, label, target, cut, notes }
    }

    /// Whether the experiment takes a text for a missing value.
    fn is_missing(&self, text: &str) -> bool {
        self.ensemble.data().cleaning.missing_values.iter().any(|word| word == text)
    }

    fn target(&self, label: &str, notes: &mut Vec<String>) -> Option<Target> {
        if label.is_empty() || self.is_missing(label) {
            return None;
        }
        let target = match self.ensemble.output() {
            Output::Classes => {
                let spelled = || text::whole(label).and_then(|whole| self.classes.get(whole));
                self.classes.get(label).or_else(spelled).copied().map(Target::Class)
            }
            Output::Values => label.parse().ok().filter(|value: &f64| value.is_finite()).map(Target::Value),
        };
        if target.is_none() {
            let what = if self.ensemble.output() == Output::Classes { "none of the classes" } else { "no number" };
            notes.push(format!("not scored: its label is {what}"));
        }
        target
    }
}

/// Whether a sequence is of nucleotides.
fn is_dna(sequence: &str) -> bool {
    sequence.len() >= SURELY_DNA && sequence.bytes().all(|letter| b"ACGTUN".contains(&letter))
}
