//! Rows from tables, by the extension: CSV and TSV here, Parquet in [`parquet`].

use super::{
    Error, parquet,
    rows::{File, Row, Rows, Unit},
};
use crate::{
    input::gzip,
    text::{nearest, short},
};

/// The headers of the columns that are read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns<'a> {
    /// `None`: the rows are numbered.
    pub id: Option<&'a str>,
    pub sequence: &'a str,
    pub label: &'a str,
    pub split: &'a [&'a str],
}

pub(super) fn read(file: &File<'_>, columns: &Columns<'_>) -> Result<Rows, Error> {
    let name = file.path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let text = name.strip_suffix(".gz");
    let (_, extension) = text.unwrap_or(&name).rsplit_once('.').unwrap_or_default();
    let (rows, unit) = match extension {
        "csv" => (read_delimited(file, b',', columns)?, Unit::Line),
        "tsv" | "tab" => (read_delimited(file, b'\t', columns)?, Unit::Line),
        "parquet" if text.is_none() => (parquet::read(file, columns)?, Unit::Row),
        _ => return Err(Error::UnknownFormat { path: file.path.to_owned() }),
    };
    Ok(Rows { all: rows, unit, path: Some(file.path.to_owned()), column: Some(columns.sequence.to_owned()) })
}

fn read_delimited(file: &File<'_>, delimiter: u8, columns: &Columns<'_>) -> Result<Vec<Row>, Error> {
    let malformed = |source: csv::Error| {
        let path = file.path.to_owned();
        let fault = if let csv::ErrorKind::Io(error) = source.kind() { gzip::fault(error) } else { None };
        match fault {
            Some(reason) => Error::Gzip { path, reason },
            None => Error::Csv { path, source },
        }
    };
    let is_csv = delimiter == b',';
    // In TSV a tab always ends a field and a line always ends a row: a quote opens nothing.
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).quoting(is_csv).from_reader(file.open_text()?);
    let field = |text: &str| if is_csv { text.trim().to_owned() } else { unquoted(text.trim()) };
    let headers: Vec<String> = reader.headers().map_err(malformed)?.iter().map(field).collect();
    let find = |column: &str| find(file, &headers, column);
    let (id, sequence, label) = (columns.id.map(find).transpose()?, find(columns.sequence)?, find(columns.label)?);
    let split = columns.split.iter().map(|column| find(column)).collect::<Result<Vec<usize>, _>>()?;

    let mut rows = Vec::new();
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).map_err(malformed)? {
        let line = record.position().map_or(0, csv::Position::line);
        if let Some(rows) = swallowed(&record, headers.len(), sequence) {
            return Err(Error::Swallowed { path: file.path.to_owned(), line, rows });
        }
        let text = |index: usize| field(record.get(index).unwrap_or_default());
        rows.push(Row {
            place: line,
            id: id.map_or_else(|| (rows.len() + 1).to_string(), text),
            sequence: text(sequence),
            label: text(label),
            split: split.iter().copied().map(text).collect(),
        });
    }
    Ok(rows)
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

/// How many rows a quote that was never closed made one of: every line of the row has the fields of
/// a whole one, with a sequence where it belongs. Text of several lines has not.
fn swallowed(record: &csv::StringRecord, fields: usize, sequence: usize) -> Option<usize> {
    if fields < 2 || !record.iter().any(|field| field.contains('\n')) {
        return None;
    }
    let is_sequence = |text: &str| {
        let text = text.trim().as_bytes();
        let of_one_case =
            text.iter().all(|byte| !byte.is_ascii_lowercase()) || text.iter().all(|byte| !byte.is_ascii_uppercase());
        !text.is_empty() && of_one_case && text.iter().all(|byte| byte.is_ascii_alphabetic() || b"-.*".contains(byte))
    };
    let is_row = |line: &str| line.split(',').count() == fields && line.split(',').nth(sequence).is_some_and(is_sequence);
    let text = record.iter().collect::<Vec<_>>().join(",");
    text.lines().all(is_row).then(|| text.lines().count())
}

/// The index of a column, or an error that lists the columns there are and names the nearest.
pub(super) fn find(file: &File<'_>, headers: &[String], column: &str) -> Result<usize, Error> {
    let mut places = (1..).zip(headers).filter(|(_, header)| *header == column).map(|(place, _)| place);
    if let (Some(first), Some(second)) = (places.next(), places.next()) {
        let places = [first, second].into_iter().chain(places).collect();
        return Err(Error::ColumnTwice { path: file.path.to_owned(), column: short(column), places });
    }
    headers.iter().position(|header| header == column).ok_or_else(|| {
        const SHOWN: usize = 20;
        let listed: Vec<String> = headers.iter().take(SHOWN).map(|header| format!("{:?}", short(header))).collect();
        let rest = headers.len().saturating_sub(SHOWN);
        let rest = if rest > 0 { format!(" and {rest} more") } else { String::new() };
        let nearest =
            nearest(column, headers.iter().map(String::as_str)).map(|nearest| format!("; did you mean {:?}?", short(nearest)));
        let help = match headers {
            [] => "the file is empty".to_owned(),
            _ => format!("its columns are {}{rest}{}", listed.join(", "), nearest.unwrap_or_default()),
        };
        Error::Column { path: file.path.to_owned(), column: short(column), help }
    })
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
        let of = |fields: &[&str]| swallowed(&csv::StringRecord::from(fields.to_vec()), fields.len(), 1);
        assert_eq!(of(&["P1", "MKA", "x", "a name"]), None);
        assert_eq!(of(&["P1", "MKA", "x", "open,\nP2,MKC,y,name\nP3,MKD,x,closed"]), None);
        assert_eq!(of(&["P1", "MKA", "x", "open\nP2,MKC,y,name\nP3,mkd,x,closed"]), Some(3));
        assert_eq!(of(&["open,MKA,x,name\r\nP2", "MKC", "y", "name"]), Some(2));
        // As many commas as a row has, by chance.
        assert_eq!(of(&["P1", "MKA", "x", "found in yeast,\nin flies, Danio, and others"]), None);
        assert_eq!(of(&["P1", "MKA", "x", "found in yeast\nin flies, Danio rerio, mice, and others"]), None);
    }
}
