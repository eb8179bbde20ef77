//! Tables, by the extension: CSV, TSV and other texts here, Parquet in [`parquet`].

use std::{
    io::{BufRead, Cursor, Read as _},
    path::Path,
};

use super::{
    Error,
    files::{DataFile, Format},
    parquet,
};
use crate::{
    input::compressed,
    text::{nearest, short},
};

/// A table whose headers were read and whose rows are next.
pub struct Table {
    file: DataFile,
    headers: Vec<String>,
    rows: Source,
}

enum Source {
    Delimited(Box<Delimited>),
    Parquet(parquet::Columns),
}

struct Delimited {
    reader: csv::Reader<Box<dyn BufRead + Send>>,
    separator: u8,
    /// The separator was found in the file and is not what its extension says.
    unusual: bool,
    /// Another separator than the one that was asked for, where the file looks separated by it.
    instead: Option<u8>,
    /// Lines that stand above the header.
    above: u64,
}

/// A row's texts, trimmed, empty where it holds none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fields {
    /// The line of the file; in Parquet the number of the row.
    pub line: u64,
    /// In the order in which the columns were asked for.
    pub texts: Vec<String>,
}

impl Table {
    /// Opens a table; the path is shown as it is and found from the project's folder. Without a
    /// separator, that of a text is the usual one of its extension or what its first rows show.
    pub fn open(path: &Path, project: &Path, separator: Option<char>) -> Result<Self, Error> {
        Self::of(&DataFile::new(path, project), separator)
    }

    pub(super) fn of(file: &DataFile, separator: Option<char>) -> Result<Self, Error> {
        match Format::of(&file.path) {
            Some(Format::Delimited { usual }) => delimited(file, separator, usual),
            Some(Format::Parquet) => {
                let (headers, columns) = parquet::open(file)?;
                Ok(Self { file: file.clone(), headers, rows: Source::Parquet(columns) })
            }
            Some(Format::Fasta) | None => Err(Error::UnknownFormat { path: file.path.clone() }),
        }
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &[String] {
        &self.headers
    }

    /// What separates the fields of a text.
    #[must_use]
    pub fn separator(&self) -> Option<char> {
        match &self.rows {
            Source::Delimited(delimited) => Some(char::from(delimited.separator)),
            Source::Parquet(_) => None,
        }
    }

    /// What separates the fields where that was found in the file and is not the usual separator of
    /// its extension.
    #[must_use]
    pub fn unusual_separator(&self) -> Option<char> {
        match &self.rows {
            Source::Delimited(delimited) => delimited.unusual.then_some(char::from(delimited.separator)),
            Source::Parquet(_) => None,
        }
    }

    /// What a column of Parquet holds that is neither text nor numbers: its values are read as
    /// empty texts.
    #[must_use]
    pub fn unreadable(&self, column: usize) -> Option<String> {
        match &self.rows {
            Source::Delimited(_) => None,
            Source::Parquet(columns) => columns.unreadable(column),
        }
    }

    /// The index of a column that can be read.
    pub fn find(&self, column: &str) -> Result<usize, Error> {
        let mut places = (1..).zip(&self.headers).filter(|(_, header)| *header == column).map(|(place, _)| place);
        if let (Some(first), Some(second)) = (places.next(), places.next()) {
            let places = [first, second].into_iter().chain(places).collect();
            return Err(Error::ColumnTwice { path: self.file.path.clone(), column: short(column), places });
        }
        let index = self.headers.iter().position(|header| header == column).ok_or_else(|| Error::Column {
            path: self.file.path.clone(),
            column: short(column),
            help: self.there(column),
        })?;
        match self.unreadable(index) {
            Some(found) => Err(Error::column_type(&self.file.path, column, found)),
            None => Ok(index),
        }
    }

    /// The columns that there are instead of one that there is not.
    fn there(&self, column: &str) -> String {
        const SHOWN: usize = 20;
        if self.headers.is_empty() {
            return "the file is empty".to_owned();
        }
        if self.headers.iter().any(|header| is_protein(header)) {
            return "its first line looks like a protein, not like the names of columns: write a line of names above it, such as \
                    `id,sequence,label`, with the separator of the file"
                .to_owned();
        }
        let listed: Vec<String> = self.headers.iter().take(SHOWN).map(|header| format!("{:?}", short(header))).collect();
        let rest = self.headers.len().saturating_sub(SHOWN);
        let rest = if rest > 0 { format!(" and {rest} more") } else { String::new() };
        let nearest = nearest(column, self.headers.iter().map(String::as_str))
            .map(|nearest| format!("; did you mean {:?}?", short(nearest)));
        let instead = match &self.rows {
            Source::Delimited(delimited) => delimited.instead,
            Source::Parquet(_) => None,
        };
        let instead = instead.map_or_else(String::new, |instead| {
            format!("; its fields look separated by {}: leave `data.separator` out", named(char::from(instead)))
        });
        format!("its columns are {}{rest}{}{instead}", listed.join(", "), nearest.unwrap_or_default())
    }

    /// The rows, one after another: the texts of these columns. `sequence` is the column of the
    /// proteins, where it is known: damage is then told better.
    pub fn rows(self, columns: &[usize], sequence: Option<usize>) -> Result<TableRows, Error> {
        let Self { file, headers, rows } = self;
        let rows = match rows {
            Source::Delimited(delimited) => Rows::Delimited {
                delimited,
                columns: columns.to_vec(),
                sequence,
                fields: headers.len(),
                record: csv::StringRecord::new(),
                first: true,
            },
            Source::Parquet(all) => Rows::Parquet(all.rows(&file, columns)?),
        };
        Ok(TableRows { file, rows, ended: false })
    }
}

/// The rows of a table, read as they are asked for. Nothing follows an error.
pub struct TableRows {
    file: DataFile,
    rows: Rows,
    ended: bool,
}

enum Rows {
    Delimited {
        delimited: Box<Delimited>,
        columns: Vec<usize>,
        sequence: Option<usize>,
        fields: usize,
        record: csv::StringRecord,
        first: bool,
    },
    Parquet(parquet::Rows),
}

impl Iterator for TableRows {
    type Item = Result<Fields, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let read = match &mut self.rows {
            Rows::Delimited { delimited, columns, sequence, fields, record, first } => {
                match delimited.reader.read_record(record).map_err(|source| malformed(&self.file, source)) {
                    Ok(true) => {
                        let first = std::mem::replace(first, false);
                        delimited.fields(&self.file, record, *fields, *sequence, columns, first).map(Some)
                    }
                    Ok(false) => Ok(None),
                    Err(error) => Err(error),
                }
            }
            Rows::Parquet(rows) => rows.next_row(&self.file),
        };
        self.ended = !matches!(read, Ok(Some(_)));
        read.transpose()
    }
}

impl Delimited {
    /// The texts of the columns that were asked for.
    fn fields(
        &self,
        file: &DataFile,
        record: &csv::StringRecord,
        fields: usize,
        sequence: Option<usize>,
        columns: &[usize],
        first: bool,
    ) -> Result<Fields, Error> {
        let line = self.line(record);
        if record.len() != fields {
            let (path, found) = (file.path.clone(), record.len());
            return Err(Error::Uneven {
                path,
                line,
                found,
                expected: fields,
                help: self.uneven(record, fields, sequence, first),
            });
        }
        if let Some(rows) = sequence.and_then(|sequence| swallowed(record, char::from(self.separator), sequence)) {
            return Err(Error::Swallowed { path: file.path.clone(), line, rows });
        }
        let text = |index: &usize| self.field(record.get(*index).unwrap_or_default());
        Ok(Fields { line, texts: columns.iter().map(text).collect() })
    }

    fn line(&self, record: &csv::StringRecord) -> u64 {
        record.position().map_or(0, csv::Position::line) + self.above
    }

    fn field(&self, text: &str) -> String {
        field(text, self.separator)
    }

    /// What may have given a row more fields than the header has, or fewer.
    fn uneven(&self, record: &csv::StringRecord, fields: usize, sequence: Option<usize>, first: bool) -> String {
        let separator = named(char::from(self.separator));
        let one_more = record.len() == fields + 1;
        let at = |index: usize| record.get(index).unwrap_or_default();
        if record.len() < fields {
            return format!("every row has a field for each column, an empty one too, with {separator} between them");
        }
        if one_more && at(fields).trim().is_empty() {
            return format!("rows end in {separator}, which opens one more field: end the header in one too, or take them off");
        }
        let shifted = sequence.is_some_and(|sequence| is_protein(at(sequence + 1).trim()) && !is_protein(at(sequence).trim()));
        let numbered = sequence.is_none() && self.field(at(0)).parse::<u64>().is_ok();
        if one_more && first && (shifted || numbered) {
            return "rows begin with a name that the header has no column for, as R writes them: `write.table(…, row.names = FALSE)`, \
                    or name that column in the header too"
                .to_owned();
        }
        if self.separator == b'\t' {
            return "in TSV a tab always ends a field: take the one that is too much out".to_owned();
        }
        format!("a field that holds {separator} needs quotes, such as \"Lysosome{} Vacuole\"", char::from(self.separator))
    }
}

/// A field as it is meant. Quotes are taken off by the reader where it knows them.
fn field(text: &str, separator: u8) -> String {
    if separator == b'\t' { unquoted(text.trim()) } else { text.trim().to_owned() }
}

/// A separator as it is told.
pub(super) fn named(separator: char) -> String {
    match separator {
        '\t' => "a tab".to_owned(),
        ' ' => "a space".to_owned(),
        other => format!("`{other}`"),
    }
}

fn malformed(file: &DataFile, source: csv::Error) -> Error {
    let path = file.path.clone();
    let fault = if let csv::ErrorKind::Io(error) = source.kind() { compressed::fault(error) } else { None };
    match fault {
        Some(reason) => Error::Compressed { path, reason },
        None => Error::Csv { path, source },
    }
}

/// What is looked at of a text to find its separator.
const HEAD: u64 = 64 << 10;

fn delimited(file: &DataFile, asked: Option<char>, usual: Option<char>) -> Result<Table, Error> {
    const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
    let mut text = file.open_text()?;
    let mut head = Vec::new();
    text.by_ref().take(HEAD).read_to_end(&mut head).map_err(|source| malformed(file, source.into()))?;
    if head.starts_with(BYTE_ORDER_MARK) {
        head.drain(..BYTE_ORDER_MARK.len());
    }
    let byte = |letter: char| u8::try_from(letter).ok();
    let (asked, usual) = (asked.and_then(byte), usual.and_then(byte));
    let told = told(&head);
    if let Some((_, length)) = told {
        head.drain(..length);
    }
    let whole = (head.len() as u64) < HEAD;
    let shown = || found(&head, whole, usual);
    let (separator, unusual, instead) = match (asked, told) {
        (Some(asked), _) => (asked, false, Some(shown()).filter(|shown| *shown != asked)),
        (None, Some((told, _))) => (told, usual.is_some_and(|usual| usual != told), None),
        (None, None) => {
            let shown = shown();
            (shown, usual != Some(shown), None)
        }
    };
    let text: Box<dyn BufRead + Send> = Box::new(Cursor::new(head).chain(text));
    // In TSV a tab always ends a field and a line always ends a row: a quote opens nothing.
    let mut reader = csv::ReaderBuilder::new().delimiter(separator).quoting(separator != b'\t').flexible(true).from_reader(text);
    let headers = reader.headers().map_err(|source| malformed(file, source))?;
    let headers: Vec<String> = headers.iter().map(|text| field(text, separator)).collect();
    let instead = instead.filter(|_| headers.len() < 2);
    let delimited = Delimited { reader, separator, unusual, instead, above: u64::from(told.is_some()) };
    let rows = Source::Delimited(Box::new(delimited));
    Ok(Table { file: file.clone(), headers, rows })
}

/// The separator that a first line `sep=;` tells, as Excel writes and reads it, and the length of
/// that line.
fn told(head: &[u8]) -> Option<(u8, usize)> {
    let length = head.iter().position(|byte| *byte == b'\n')? + 1;
    let line = head[..length].trim_ascii_end();
    // A tab at the end is what the line tells.
    let line = if line.len() == 4 { head.get(..5)? } else { line };
    let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
    let (separator, name) = line.split_last()?;
    let may_separate = separator.is_ascii() && !separator.is_ascii_alphanumeric() && !b"\r\n\"\0".contains(separator);
    (name.eq_ignore_ascii_case(b"sep=") && may_separate).then_some((*separator, length))
}

/// What separates the fields of a text: the usual separator where the header and the rows below it
/// have as many fields by it, more than one; else the one of others by which they have most.
fn found(head: &[u8], whole: bool, usual: Option<u8>) -> u8 {
    const ROWS: usize = 20;
    const OTHERS: [u8; 4] = [b',', b';', b'\t', b'|'];
    let widths = |separator: u8| {
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(separator)
            .quoting(separator != b'\t')
            .flexible(true)
            .has_headers(false)
            .from_reader(head);
        let mut widths: Vec<usize> = reader.byte_records().take(ROWS).map_while(Result::ok).map(|row| row.len()).collect();
        // The last may go on behind what is looked at.
        if !whole && widths.len() > 1 && widths.len() < ROWS {
            widths.pop();
        }
        let header = widths.first().copied().unwrap_or_default();
        (header, header > 1 && widths.iter().all(|width| *width == header))
    };
    let others = OTHERS.into_iter().filter(|other| Some(*other) != usual);
    let candidates: Vec<(u8, (usize, bool))> = usual.into_iter().chain(others).map(|one| (one, widths(one))).collect();
    let most = |even: bool| {
        let fit = candidates.iter().rev().filter(|(_, (header, is_even))| *header > 1 && (*is_even || !even));
        fit.max_by_key(|(_, (header, _))| *header).map(|(separator, _)| *separator)
    };
    let fallback = usual.unwrap_or(b',');
    match candidates.first() {
        Some((separator, (_, true))) if usual.is_some() => *separator,
        first => {
            let wide = first.is_some_and(|(_, (header, _))| usual.is_some() && *header > 1);
            most(true).unwrap_or_else(|| if wide { fallback } else { most(false).unwrap_or(fallback) })
        }
    }
}

/// A field of TSV without the quotes around it, where there are some: at both ends, and every quote
/// between them doubled. Any other quote is a character like the rest.
fn unquoted(field: &str) -> String {
    let within = field.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match within {
        Some(within) if !within.replace("\"\"", "").contains('"') => within.replace("\"\"", "\"").trim().to_owned(),
        _ => field.to_owned(),
    }
}

/// Whether a text can hardly be anything but a protein's sequence.
fn is_protein(text: &str) -> bool {
    const LEAST: usize = 15;
    text.len() >= LEAST && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// How many rows a quote that was never closed made one of: every line of the row has the fields of
/// a whole one, with a sequence where it belongs. Text of several lines has not.
fn swallowed(record: &csv::StringRecord, separator: char, sequence: usize) -> Option<usize> {
    let fields = record.len();
    if fields < 2 || !record.iter().any(|field| field.contains('\n')) {
        return None;
    }
    let is_sequence = |text: &str| {
        let text = text.trim().as_bytes();
        let of_one_case =
            text.iter().all(|byte| !byte.is_ascii_lowercase()) || text.iter().all(|byte| !byte.is_ascii_uppercase());
        !text.is_empty() && of_one_case && text.iter().all(|byte| byte.is_ascii_alphabetic() || b"-.*".contains(byte))
    };
    let is_row =
        |line: &str| line.split(separator).count() == fields && line.split(separator).nth(sequence).is_some_and(is_sequence);
    let text = record.iter().collect::<Vec<_>>().join(&separator.to_string());
    text.lines().all(is_row).then(|| text.lines().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_of_tsv_are_taken_off_where_they_enclose_a_field() {
        for (written, read) in [
            (r#""Nucleus""#, "Nucleus"),
            (r#"" Nucleus ""#, "Nucleus"),
            (r#""""#, ""),
            (r#""the ""best"" one""#, r#"the "best" one"#),
            (r#""Candidatus Inventia" homologue"#, r#""Candidatus Inventia" homologue"#),
            (r#""one" and "two""#, r#""one" and "two""#),
            ("5'-", "5'-"),
            (r#"ends in""#, r#"ends in""#),
            (r#"""#, r#"""#),
            (r#"""""#, r#"""""#),
        ] {
            assert_eq!(unquoted(written), read, "{written}");
        }
    }

    #[test]
    fn rows_that_a_quote_swallowed_are_told_from_text_of_several_lines() {
        let of = |fields: &[&str]| swallowed(&csv::StringRecord::from(fields.to_vec()), ',', 1);
        assert_eq!(of(&["P1", "MKA", "x", "a name"]), None);
        assert_eq!(of(&["P1", "MKA", "x", "open,\nP2,MKC,y,name\nP3,MKD,x,closed"]), None);
        assert_eq!(of(&["P1", "MKA", "x", "open\nP2,MKC,y,name\nP3,mkd,x,closed"]), Some(3));
        assert_eq!(of(&["open,MKA,x,name\r\nP2", "MKC", "y", "name"]), Some(2));
        // As many commas as a row has, by chance.
        assert_eq!(of(&["P1", "MKA", "x", "found in yeast,\nin flies, Danio, and others"]), None);
        assert_eq!(of(&["P1", "MKA", "x", "found in yeast\nin flies, Danio rerio, mice, and others"]), None);
    }

    #[test]
    fn the_usual_separator_stays_where_it_fits_and_others_are_found() {
        let of = |text: &str, usual: Option<u8>| found(text.as_bytes(), true, usual) as char;
        let comma = Some(b',');
        assert_eq!(of("id,sequence,label\nP1,MK,x\n", comma), ',');
        assert_eq!(of("id;sequence;label\nP1;MK;x\n", comma), ';');
        assert_eq!(of("id\tsequence\tlabel\nP1\tMK\tx\n", comma), '\t');
        assert_eq!(of("id|sequence|label\nP1|MK|x\n", None), '|');
        assert_eq!(of("id,sequence,label\nP1,MK,x\n", Some(b'\t')), ',');
        // Commas in texts: the rows have as many fields by semicolons alone.
        assert_eq!(of("id;label, as found;sequence\nP1;x;MK\nP2;y, z;MK\n", comma), ';');
        assert_eq!(of("id,a;b;c;d,sequence\nP1,1;2;3;4,MK\n", comma), ',');
        // Uneven rows are told as that, by the separator that is usual.
        assert_eq!(of("id,sequence,label\nP1,MK,x,\n", comma), ',');
        assert_eq!(of("id,sequence,label\nP1,MK\n", None), ',');
        assert_eq!((of("", comma), of("", None), of("x", Some(b'\t'))), (',', ',', '\t'));
    }

    #[test]
    fn the_separator_that_the_first_line_tells_is_read() {
        for (line, separator) in
            [("sep=;\r\n", ';'), ("SEP=,\n", ','), ("\"sep=|\"\n", '|'), ("sep=\t\n", '\t'), ("sep=\t\r\n", '\t')]
        {
            assert_eq!(told(format!("{line}id\n").as_bytes()), Some((separator as u8, line.len())), "{line:?}");
        }
        for text in ["", "sep=;", "sep=\n", "sep=ab\n", "sep\n", "id;sep=;\n", "sep=a\n"] {
            assert_eq!(told(text.as_bytes()), None, "{text:?}");
        }
    }
}
