//! Quotes and line breaks in tables, and columns of one name.

use std::path::Path;

use titer_core::{
    data::{self, Dataset, Error},
    exit::Exit,
};

use super::{all_tokens, ordinary, prepare_csv, seed_split, table, write};

/// The ordinary proteins with a column of names, which nobody reads, in front.
fn named(delimiter: &str, name: impl Fn(usize) -> &'static str) -> String {
    let line = |(row, line): (usize, &str)| format!("{}{delimiter}{}\n", name(row), line.replace(',', delimiter));
    ordinary().lines().enumerate().map(line).collect()
}

fn prepare_tsv(folder: &Path, text: &str) -> Result<Dataset, Error> {
    write(folder, "proteins.tsv", text);
    data::prepare(&titer_core::experiment::TaskSettings::default(), &table("proteins.tsv"), &seed_split(), &all_tokens(), folder)
}

#[test]
fn a_quote_of_tsv_swallows_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let plain = prepare_csv(&ordinary(), |_| {}).unwrap();
    let name = |row: usize| match row {
        0 => "name",
        3 => "\"Candidatus Inventia\" homologue",
        10 => "\"open quoted name",
        13 => "ends in quote\"",
        15 => "\"properly \"\"quoted\"\"\"",
        _ => "protein",
    };
    let dataset = prepare_tsv(folder.path(), &named("\t", name)).unwrap();
    assert_eq!(dataset.proteins, plain.proteins);
    // Quotes around a value that is read are taken off.
    let quoted = ordinary().replace(',', "\"\t\"").replace('\n', "\"\n\"");
    assert_eq!(prepare_tsv(folder.path(), &format!("\"{}", quoted.strip_suffix('"').unwrap())).unwrap().proteins, plain.proteins);
}

#[test]
fn a_tab_or_a_line_break_in_a_quoted_field_of_tsv_is_refused_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["\"two\twords\"", "\"two\nlines\""] {
        let text = named("\t", |row| ["name", "protein"][row.min(1)]).replacen("protein", name, 2).replacen(name, "protein", 1);
        let error = prepare_tsv(folder.path(), &text).unwrap_err();
        assert!(matches!(&error, Error::Uneven { line: 3, .. }), "{error:?}");
    }
}

#[test]
fn a_quote_of_csv_that_swallows_rows_is_refused_with_its_line() {
    for (open, closed, rows) in [(10, 13, "the rows of the lines 12 to 14"), (10, 11, "the row of line 12")] {
        let name = move |row: usize| match row {
            row if row == open => "\"open quoted name",
            row if row == closed => "ends in quote\"",
            _ => "name",
        };
        let error = prepare_csv(&named(",", name), |_| {}).unwrap_err();
        assert_eq!(error.to_string(), format!("proteins.csv, line 11: a quote opens a field that swallows {rows}"));
        assert_eq!(error.exit(), Exit::Input);
    }
}

#[test]
fn text_of_several_lines_is_read_past_and_refused_where_it_is_a_value() {
    let name = |row: usize| ["name", "\"a name,\nof two lines\"", "protein"][row.min(2)];
    assert_eq!(prepare_csv(&named(",", name), |_| {}).unwrap().proteins, prepare_csv(&ordinary(), |_| {}).unwrap().proteins);
    for (row, what, begins) in
        [("p,\"MKWW\nWWKM\",x\n", "sequence", "MKWW"), ("p,MKWW,\"x\r\nq\"\n", "label", "x"), ("\"p\n\nq\",MKWW,x\n", "id", "p")]
    {
        let error = prepare_csv(&(ordinary() + row), |_| {}).unwrap_err();
        assert_eq!(error.to_string(), format!("proteins.csv, line 22: the {what} spans several lines; it begins {begins:?}"));
        assert_eq!(error.exit(), Exit::Input);
    }
}

#[test]
fn two_columns_of_one_name_are_refused_with_their_places() {
    let double = |header: &str| {
        let twice = ordinary().lines().map(|line| [line, line].join(",") + "\n").collect::<String>();
        twice.replacen("id,sequence,label,id,sequence,label", header, 1)
    };
    for (header, message) in [
        ("id,sequence,label,a,b,label", "proteins.csv has 2 columns \"label\": the 3rd and 6th"),
        ("id,sequence,label, id ,b,id", "proteins.csv has 3 columns \"id\": the 1st, 4th and 6th"),
    ] {
        let error = prepare_csv(&double(header), |_| {}).unwrap_err();
        assert_eq!(error.to_string(), message);
        assert_eq!(error.exit(), Exit::Usage);
    }
    // Of columns that nobody reads, there may be two.
    assert_eq!(prepare_csv(&double("id,sequence,label,a,a,a"), |_| {}).unwrap().card.kept, 20);
}
