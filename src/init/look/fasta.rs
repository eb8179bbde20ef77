//! FASTA: what of its headers may be a label or a split.

use super::{Error, File};
use crate::init::column::Columns;
use titer_core::data::files::{Fasta, FastaRecord, attributes};

/// A part of the headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field {
    /// `KEY=value`.
    Key(String),
    /// A word behind the id, from 1.
    Word(usize),
    /// The first word behind the id without the `-M`, `-S` or `-U` that `DeepLoc` appends.
    Location,
    /// All that stands behind the id.
    Rest,
    /// A part of an id such as `P1|Nucleus|x`, from 1.
    Part(usize),
}

impl Field {
    /// As an experiment names it.
    pub fn name(&self) -> String {
        match self {
            Self::Key(key) => key.clone(),
            Self::Word(place) => format!(r"^\S+{}\s+(\S+)", r"\s+\S+".repeat(place - 1)),
            Self::Location => r"^\S+\s+(\S+)-[MSU]".to_owned(),
            Self::Rest => r"^\S+\s+(.+)$".to_owned(),
            Self::Part(place) => format!(r"^{}([^|\s]+)", r"[^|\s]*\|".repeat(*place)),
        }
    }

    fn of<'a>(&self, header: &'a str) -> &'a str {
        let mut words = header.split_whitespace();
        let found = match self {
            Self::Key(key) => attributes(header).into_iter().find(|(name, _)| name == key).map(|(_, value)| value),
            Self::Word(place) => words.nth(*place),
            Self::Location => words.nth(1).and_then(location),
            Self::Rest => header.split_once(char::is_whitespace).map(|(_, rest)| rest.trim()),
            Self::Part(place) => words.next().and_then(|id| id.split('|').nth(*place)),
        };
        found.unwrap_or_default()
    }
}

fn location(word: &str) -> Option<&str> {
    ["-M", "-S", "-U"].iter().find_map(|end| word.strip_suffix(end)).filter(|rest| !rest.is_empty())
}

/// What UniProt writes into its headers: none of it is a label.
const OF_UNIPROT: [&str; 5] = ["OS", "OX", "GN", "PE", "SV"];

/// The parts that nearly all headers have; the likelier a label, the later.
fn parts(headers: &[&str]) -> Vec<Field> {
    let most = |holds: &dyn Fn(&str) -> bool| headers.iter().filter(|header| holds(header)).count() * 10 >= headers.len() * 9;
    if most(&|header| header.starts_with("sp|") || header.starts_with("tr|")) {
        return keys(headers, &most).into_iter().filter(|key| !OF_UNIPROT.contains(&key.as_str())).map(Field::Key).collect();
    }
    let mut fields: Vec<Field> = Vec::new();
    let bars = |header: &str| header.split_whitespace().next().map_or(0, |id| id.matches('|').count());
    let first = headers.first().map_or(0, |header| bars(header));
    if first > 0 && most(&|header| bars(header) == first) {
        fields.extend((1..=first.min(MOST)).rev().map(Field::Part));
    }
    let keys = keys(headers, &most);
    if keys.is_empty() {
        let words = |header: &str| header.split_whitespace().count().saturating_sub(1);
        let first = headers.first().map_or(0, |header| words(header));
        if first > 0 && most(&|header| words(header) == first) {
            fields.extend((1..=first.min(MOST)).rev().map(Field::Word));
            if most(&|header| header.split_whitespace().nth(1).is_some_and(|word| location(word).is_some())) {
                fields.retain(|field| *field != Field::Word(1));
                fields.push(Field::Location);
            }
        } else if most(&|header| words(header) > 0) {
            fields.push(Field::Rest);
        }
    }
    fields.extend(keys.into_iter().map(Field::Key));
    fields
}

/// Parts that are looked at, at most.
const MOST: usize = 8;

/// Whether most headers have something.
type Most<'a> = dyn Fn(&dyn Fn(&str) -> bool) -> bool + 'a;

fn keys(headers: &[&str], most: &Most<'_>) -> Vec<String> {
    let mut keys: Vec<&str> = headers.iter().flat_map(|header| attributes(header)).map(|(key, _)| key).collect();
    keys.sort_unstable();
    keys.dedup();
    let has = |key: &str| most(&|header| attributes(header).iter().any(|(name, _)| *name == key));
    keys.into_iter().take(1_000).filter(|key| has(key)).map(str::to_owned).collect()
}

/// The parts of a file's headers, by a sample of them.
pub fn fields(file: &File<'_>) -> Result<Vec<Field>, Error> {
    let mut headers = Columns::new(["header"]);
    let mut records = Fasta::open(file.path, file.project)?;
    for record in &mut records {
        headers.add([record?.header.as_str()]);
    }
    if records.is_annotated() {
        return Err(file.unsuited(
            "it is three-line FASTA: a line of annotation, a label a residue, follows each sequence",
            "titer learns one label a protein: labels per residue are a task that it does not have yet; to label whole proteins by their \
             headers, leave those lines out (`awk 'NR % 3' FILE` does, of records of three lines)",
        ));
    }
    Ok(parts(&headers.all[0].texts().collect::<Vec<_>>()))
}

/// Empty columns for ids, sequences and fields.
pub fn columns(fields: &[Field]) -> Columns {
    let fields = fields.iter().map(Field::name);
    Columns::new(["id".to_owned(), "sequence".to_owned()].into_iter().chain(fields))
}

/// Adds every record to the columns.
pub fn read(file: &File<'_>, fields: &[Field], columns: &mut Columns) -> Result<(), Error> {
    for record in Fasta::open(file.path, file.project)? {
        let FastaRecord { id, header, sequence, .. } = record?;
        let of_header = fields.iter().map(|field| field.of(&header));
        columns.add([id.as_str(), sequence.as_str()].into_iter().chain(of_header));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_have_parts_that_may_be_labels() {
        for (headers, fields) in [
            (
                &["P1 TARGET=Cyt SET=train", "P2 SET=test TARGET=Nuc"][..],
                vec![Field::Key("SET".into()), Field::Key("TARGET".into())],
            ),
            (&["P1 Cyt", "P2 Nuc"], vec![Field::Word(1)]),
            (&["P1\tCyt 1.5", "P2\tNuc 2"], vec![Field::Word(2), Field::Word(1)]),
            (&["P1 Cell.membrane-M new", "P2 Nucleus-U new"], vec![Field::Word(2), Field::Location]),
            (&["P1 Cell membrane", "P2 Nucleus"], vec![Field::Rest]),
            (&["P1|x|SP", "P2|y|NO_SP"], vec![Field::Part(2), Field::Part(1)]),
            (&["sp|P1|A_HUMAN Kinase OS=Homo sapiens OX=9606", "sp|P2|B_HUMAN Ligase 1 OS=Homo OX=9606"], Vec::new()),
            (&["P1", "P2"], Vec::new()),
        ] {
            assert_eq!(parts(headers), fields, "{headers:?}");
        }
    }

    #[test]
    fn a_part_is_read_as_its_pattern_reads_it() {
        for (field, header, value) in [
            (Field::Key("TARGET".into()), "P1 SET=a TARGET=Cyt", "Cyt"),
            (Field::Word(2), "P1\ta  b c", "b"),
            (Field::Location, "P1 Cell-wall-M x", "Cell-wall"),
            (Field::Rest, "P1  Cell membrane", "Cell membrane"),
            (Field::Part(2), "P1|x|SP|0 y", "SP"),
            (Field::Part(1), "P1", ""),
        ] {
            assert_eq!(field.of(header), value);
        }
        assert_eq!(Field::Word(2).name(), r"^\S+\s+\S+\s+(\S+)");
        assert_eq!(Field::Part(2).name(), r"^[^|\s]*\|[^|\s]*\|([^|\s]+)");
    }
}
