//! FASTA: records one after another, and rows whose labels and splits stand in the headers.

use std::{io::BufRead, path::Path};

use regex::{Regex, RegexBuilder};

use super::{
    Error,
    annotated::Lines,
    files::DataFile,
    rows::{Row, Rows, Unit},
};
use crate::{
    experiment::LARGEST_PATTERN,
    text::{is_attribute, short},
};

const LABEL: &str = "the label";
const SPLIT: &str = "the split";

/// What some editors begin a file in UTF-8 with.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// The records of a file, read as they are asked for. Nothing follows an error.
pub struct Fasta {
    file: DataFile,
    lines: Box<dyn BufRead + Send>,
    /// The number of the line that was read last.
    line: u64,
    /// The header of the next record, where it was read, and its line.
    header: Option<(u64, Vec<u8>)>,
    seen: Lines,
    ended: bool,
}

/// A record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FastaRecord {
    /// Of its header.
    pub line: u64,
    /// The header up to its first white space.
    pub id: String,
    /// The id, one space, and the rest without the white space around it; the id where there is no
    /// rest.
    pub header: String,
    /// The lines of the sequence, their white space left out.
    pub sequence: String,
}

impl Fasta {
    /// Opens a file; the path is shown as it is and found from the project's folder.
    pub fn open(path: &Path, project: &Path) -> Result<Self, Error> {
        Self::of(&DataFile::new(path, project))
    }

    pub(super) fn of(file: &DataFile) -> Result<Self, Error> {
        let mut lines = file.open_text()?;
        if lines.fill_buf().map_err(|source| file.broken(source))?.starts_with(BYTE_ORDER_MARK) {
            lines.consume(BYTE_ORDER_MARK.len());
        }
        Ok(Self { file: file.clone(), lines, line: 0, header: None, seen: Lines::new(), ended: false })
    }

    /// Whether the records that were read are three-line FASTA: a line annotates the sequence above
    /// it.
    #[must_use]
    pub fn is_annotated(&self) -> bool {
        self.seen.annotate()
    }

    /// The next line, without its end; `false` behind the last.
    fn read_line(&mut self, line: &mut Vec<u8>) -> Result<bool, Error> {
        line.clear();
        let read = self.lines.read_until(b'\n', line).map_err(|source| self.file.broken(source))?;
        self.line += u64::from(read > 0);
        let end = line.trim_ascii_end().len();
        line.truncate(end);
        Ok(read > 0)
    }

    fn fault(&self, line: u64, problem: &'static str) -> Error {
        Error::Fasta { path: self.file.path.clone(), line, problem }
    }

    fn read(&mut self) -> Result<Option<FastaRecord>, Error> {
        let mut line = Vec::new();
        while self.header.is_none() {
            if !self.read_line(&mut line)? {
                return Ok(None);
            }
            match line.first() {
                Some(b'>') => self.header = Some((self.line, std::mem::take(&mut line))),
                Some(_) if !line.trim_ascii().is_empty() => {
                    return Err(self.fault(self.line, "text stands before the first `>`"));
                }
                _ => {}
            }
        }
        let Some((place, header)) = self.header.take() else { return Ok(None) };
        let header = header[1..].trim_ascii();
        // Carriage returns alone, as old Macintoshes wrote them: the whole file would be one header.
        if header.contains(&b'\r') {
            return Err(self.fault(place, "its lines do not end in a newline"));
        }
        if header.is_empty() {
            return Err(self.fault(place, "a `>` without an id behind it"));
        }
        let header = String::from_utf8_lossy(header);
        let (id, rest) = header.split_once(|letter: char| letter.is_ascii_whitespace()).unwrap_or((&*header, ""));
        let (id, rest) = (id.to_owned(), rest.trim_ascii());
        let header = if rest.is_empty() { id.clone() } else { format!("{id} {rest}") };

        let (mut sequence, mut lengths) = (Vec::new(), Vec::new());
        while self.read_line(&mut line)? {
            if line.first() == Some(&b'>') {
                self.header = Some((self.line, line));
                break;
            }
            let before = sequence.len();
            sequence.extend(line.iter().filter(|byte| !byte.is_ascii_whitespace()));
            if sequence.len() > before {
                lengths.push(sequence.len() - before);
            }
        }
        self.seen.note(&sequence, &lengths);
        let sequence = String::from_utf8(sequence).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
        Ok(Some(FastaRecord { line: place, id, header, sequence }))
    }
}

impl Iterator for Fasta {
    type Item = Result<FastaRecord, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let read = self.read();
        self.ended = !matches!(read, Ok(Some(_)));
        read.transpose()
    }
}

/// The attributes of a header, `KEY=value` behind the id: a value reaches to the next key.
#[must_use]
pub fn attributes(header: &str) -> Vec<(&str, &str)> {
    let mut found: Vec<(&str, usize, usize)> = Vec::new();
    let mut place = 0;
    // Words apart by white space, each with where it begins; the id is none.
    for word in header.split(|letter: char| letter.is_ascii_whitespace()) {
        let begins = place;
        place += word.len() + 1;
        if let Some((key, _)) = word.split_once('=')
            && begins > 0
            && is_attribute(key)
        {
            found.push((key, begins, begins + key.len() + 1));
        }
    }
    let ends = found.iter().skip(1).map(|(_, begins, _)| *begins).chain([header.len()]).collect::<Vec<_>>();
    found.iter().zip(ends).map(|((key, _, value), end)| (*key, header[*value..end].trim())).collect()
}

/// Reads every record of the files. `label` and those of `split` name attributes of the header, or
/// are regular expressions: their first group is what they capture in the header, in which the id
/// and the rest are apart by one space.
pub(super) fn read(files: &[DataFile], label: &str, split: &[&str]) -> Result<Rows, Error> {
    let label = Capture::new(label, LABEL)?;
    let split = split.iter().map(|pattern| Capture::new(pattern, SPLIT)).collect::<Result<Vec<_>, _>>()?;
    let mut rows = Rows::new(files, Unit::Line);
    let mut first_header: Option<(usize, String)> = None;
    for (file, named) in files.iter().enumerate() {
        let mut records = Fasta::of(named)?;
        for record in &mut records {
            let FastaRecord { line, id, header, sequence } = record?;
            let split = split.iter().map(|split| split.of(&header)).collect();
            rows.all.push(Row { file, place: line, id, sequence, label: label.of(&header), split });
            first_header.get_or_insert((file, header));
        }
        if records.is_annotated() {
            return Err(Error::Annotated { path: named.path.clone() });
        }
    }
    if let Some((file, header)) = first_header {
        let nothing = |capture: &Capture| capture.nothing(&files[file], &header);
        if rows.all.iter().all(|row| row.label.is_empty()) {
            return Err(nothing(&label));
        }
        let captures = |place: usize| rows.all.iter().any(|row| !row.split[place].is_empty());
        if let Some(place) = (0..split.len()).find(|&place| !captures(place)) {
            return Err(nothing(&split[place]));
        }
        rows.headers = attributes(&header).into_iter().map(|(key, _)| key.to_owned()).collect();
    }
    Ok(rows)
}

/// Finds a part of headers.
struct Capture {
    of: Part,
    what: &'static str,
}

enum Part {
    Attribute(String),
    Group(Regex),
}

impl Capture {
    fn new(pattern: &str, what: &'static str) -> Result<Self, Error> {
        if is_attribute(pattern) {
            return Ok(Self { of: Part::Attribute(pattern.to_owned()), what });
        }
        let refused = |source| Error::Pattern { pattern: pattern.to_owned(), what, source };
        let compiled = RegexBuilder::new(pattern).size_limit(LARGEST_PATTERN).build().map_err(|source| refused(Some(source)))?;
        // Group 0 is the whole match.
        if compiled.captures_len() < 2 { Err(refused(None)) } else { Ok(Self { of: Part::Group(compiled), what }) }
    }

    fn of(&self, header: &str) -> String {
        match &self.of {
            Part::Attribute(name) => {
                attributes(header).into_iter().find(|(key, _)| key == name).map(|(_, value)| value.to_owned()).unwrap_or_default()
            }
            Part::Group(pattern) => {
                let group = pattern.captures(header).and_then(|captures| captures.get(1));
                group.map(|group| group.as_str().trim().to_owned()).unwrap_or_default()
            }
        }
    }

    /// No header has what is looked for.
    fn nothing(&self, file: &DataFile, header: &str) -> Error {
        let (path, what) = (file.path.clone(), self.what);
        match &self.of {
            Part::Attribute(name) => {
                let keys: Vec<&str> = attributes(header).into_iter().map(|(key, _)| key).collect();
                let there = if keys.is_empty() { String::new() } else { format!(", with the attributes {}", keys.join(", ")) };
                let help = format!(
                    "the first header is {:?}{there}; name an attribute, or write a regular expression whose first group is {what}",
                    short(header)
                );
                Error::NoAttribute { path, name: short(name), what, help }
            }
            Part::Group(pattern) => {
                Error::PatternMatchesNothing { path, pattern: short(pattern.as_str()), what, header: short(header) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every record of a text, or the line and the problem of an error.
    fn records(text: &str) -> Result<Vec<FastaRecord>, String> {
        let folder = tempfile::tempdir().unwrap();
        fs_err::write(folder.path().join("a.fasta"), text).unwrap();
        let records = Fasta::open(Path::new("a.fasta"), folder.path()).unwrap();
        records.collect::<Result<Vec<_>, Error>>().map_err(|error| error.to_string())
    }

    fn record(line: u64, header: &str, sequence: &str) -> FastaRecord {
        let id = header.split(' ').next().unwrap().to_owned();
        FastaRecord { line, id, header: header.to_owned(), sequence: sequence.to_owned() }
    }

    #[test]
    fn blank_lines_and_spaces_are_read_over_and_records_are_placed_by_their_lines() {
        let text = "\u{feff}\n  \n> P1  Cyt  \r\nMK\r\n\r\n t V\n>P2\tNuc a b\n>P3\nM\n";
        let read = [record(3, "P1 Cyt", "MKtV"), record(7, "P2 Nuc a b", ""), record(8, "P3", "M")];
        assert_eq!(records(text).unwrap(), read);
        assert_eq!(records("").unwrap(), []);
        assert_eq!(records("\n\n").unwrap(), []);
    }

    #[test]
    fn what_is_not_fasta_is_told_with_its_line() {
        for (text, told) in [
            ("\nMK\n>P1\nMK\n", "line 2: text stands before the first `>`"),
            (">P1\nMK\n\n>  \nMK\n", "line 4: a `>` without an id behind it"),
            (">P1 x\rMK\r>P2 y\rMK\r", "line 1: its lines do not end in a newline"),
        ] {
            assert_eq!(records(text).unwrap_err(), format!("a.fasta is not FASTA: {told}"));
        }
    }

    #[test]
    fn attributes_reach_to_the_next_key() {
        assert_eq!(
            attributes("Seq0 TARGET=Cyt SET=train VALIDATION=False"),
            [("TARGET", "Cyt"), ("SET", "train"), ("VALIDATION", "False")]
        );
        assert_eq!(
            attributes("sp|P1|A_B Some protein OS=Homo sapiens  OX=9606 GN="),
            [("OS", "Homo sapiens"), ("OX", "9606"), ("GN", "")]
        );
        assert_eq!(attributes("A=b c=d=e"), [("c", "d=e")]);
        assert_eq!(attributes("P1 é=x [k=v] =y"), []);
        assert_eq!(attributes(""), []);
    }
}
