//! Rows from FASTA: the label is captured from the header.

use std::io::{self, BufRead};

use noodles_fasta::{io::Reader, record::Definition};
use regex::{Regex, RegexBuilder};

use super::{
    Error,
    annotated::Lines,
    rows::{File, Row, Rows, Unit},
};
use crate::{experiment::LARGEST_PATTERN, input::gzip, text::short};

const LABEL: &str = "the label";
const SPLIT: &str = "the split";

/// What some editors begin a file in UTF-8 with.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Reads every record. `label` and those of `split` are regular expressions; their first group is
/// what they capture in the header, in which the id and the rest are apart by one space.
pub(super) fn read(file: &File<'_>, label: &str, split: &[&str]) -> Result<Rows, Error> {
    let label = Capture::new(label, LABEL)?;
    let split = split.iter().map(|pattern| Capture::new(pattern, SPLIT)).collect::<Result<Vec<_>, _>>()?;
    let malformed = |record: u64, source: io::Error| {
        let path = file.path.to_owned();
        match gzip::fault(&source) {
            Some(reason) => Error::Gzip { path, reason },
            None => Error::Fasta { path, record, source },
        }
    };
    let mut lines = file.open_text()?;
    if lines.fill_buf().map_err(|source| malformed(1, source))?.starts_with(BYTE_ORDER_MARK) {
        lines.consume(BYTE_ORDER_MARK.len());
    }
    let mut reader = Reader::new(lines);
    let mut rows: Vec<Row> = Vec::new();
    let mut first_header = None;
    let (mut definition, mut sequence, mut lengths) = (Definition::default(), Vec::new(), Vec::new());
    let mut seen = Lines::new();
    for record in 1.. {
        let malformed = |source| malformed(record, source);
        if reader.read_definition(&mut definition).map_err(malformed)? == 0 {
            break;
        }
        // Carriage returns alone, as old Macintoshes wrote them: the whole file would be one header.
        if definition.description().is_some_and(|header| header.contains(&b'\r')) {
            return Err(malformed(io::Error::new(io::ErrorKind::InvalidData, "its lines do not end in a newline")));
        }
        read_sequence(reader.get_mut(), &mut sequence, &mut lengths).map_err(malformed)?;
        seen.note(&sequence, &lengths);

        let id = definition.name().to_string();
        let header = definition.description().map_or_else(|| id.clone(), |description| format!("{id} {description}"));
        rows.push(Row {
            place: record,
            sequence: String::from_utf8_lossy(&sequence).into_owned(),
            label: label.of(&header),
            split: split.iter().map(|split| split.of(&header)).collect(),
            id,
        });
        first_header.get_or_insert(header);
    }
    if seen.annotate() {
        return Err(Error::Annotated { path: file.path.to_owned() });
    }
    if let Some(header) = first_header {
        let nothing = |capture: &Capture| Error::PatternMatchesNothing {
            path: file.path.to_owned(),
            pattern: short(capture.pattern.as_str()),
            what: capture.what,
            header: short(&header),
        };
        if rows.iter().all(|row| row.label.is_empty()) {
            return Err(nothing(&label));
        }
        let captures = |place: usize| rows.iter().any(|row| !row.split[place].is_empty());
        if let Some(place) = (0..split.len()).find(|&place| !captures(place)) {
            return Err(nothing(&split[place]));
        }
    }
    Ok(Rows { all: rows, unit: Unit::Record, path: Some(file.path.to_owned()), column: None })
}

/// Reads the lines up to the next header, their white space left out: one behind the other, and the
/// length of each that holds anything.
fn read_sequence(lines: &mut impl BufRead, sequence: &mut Vec<u8>, lengths: &mut Vec<usize>) -> io::Result<()> {
    sequence.clear();
    lengths.clear();
    let mut line = Vec::new();
    while lines.fill_buf()?.first().is_some_and(|first| *first != b'>') {
        line.clear();
        lines.read_until(b'\n', &mut line)?;
        let before = sequence.len();
        sequence.extend(line.iter().filter(|byte| !byte.is_ascii_whitespace()));
        if sequence.len() > before {
            lengths.push(sequence.len() - before);
        }
    }
    Ok(())
}

struct Capture {
    pattern: Regex,
    what: &'static str,
}

impl Capture {
    fn new(pattern: &str, what: &'static str) -> Result<Self, Error> {
        let refused = |source| Error::Pattern { pattern: pattern.to_owned(), what, source };
        let compiled = RegexBuilder::new(pattern).size_limit(LARGEST_PATTERN).build().map_err(|source| refused(Some(source)))?;
        // Group 0 is the whole match.
        if compiled.captures_len() < 2 { Err(refused(None)) } else { Ok(Self { pattern: compiled, what }) }
    }

    fn of(&self, header: &str) -> String {
        let group = self.pattern.captures(header).and_then(|captures| captures.get(1));
        group.map(|group| group.as_str().trim().to_owned()).unwrap_or_default()
    }
}
