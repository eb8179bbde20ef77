//! Rows of text in columns, for reading.

use std::io::{self, Write};

use titer_core::text::{cut, shown};

/// Letters of a cell beyond which it is cut: no terminal shows more, and a format's width ends at
/// 65,535.
const LONGEST: usize = 300;

/// Writes rows under a header, two spaces between columns. A column of numbers is set to the right,
/// an empty one is left out. A row is a line, whatever its cells hold.
pub fn write(out: &mut dyn Write, header: &[&str], rows: &[Vec<String>]) -> io::Result<()> {
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| shown(&cut(cell, LONGEST))).collect()).collect();
    let columns: Vec<Column> = header.iter().enumerate().filter_map(|(index, title)| Column::of(index, title, &rows)).collect();
    let header: Vec<String> = header.iter().map(|&title| title.to_owned()).collect();
    for row in std::iter::once(&header).chain(&rows) {
        let cells: Vec<String> = columns.iter().map(|column| column.cell(row)).collect();
        writeln!(out, "{}", cells.join("  ").trim_end())?;
    }
    Ok(())
}

struct Column {
    index: usize,
    width: usize,
    numeric: bool,
}

impl Column {
    fn of(index: usize, title: &str, rows: &[Vec<String>]) -> Option<Self> {
        let filled: Vec<&String> = rows.iter().filter_map(|row| row.get(index)).filter(|cell| !cell.is_empty()).collect();
        let width = filled.iter().map(|cell| cell.chars().count()).max()?.max(title.chars().count());
        let numeric = filled.iter().all(|cell| is_number(cell));
        Some(Self { index, width, numeric })
    }

    fn cell(&self, row: &[String]) -> String {
        let (text, width) = (row.get(self.index).map_or("", String::as_str), self.width);
        if self.numeric { format!("{text:>width$}") } else { format!("{text:<width$}") }
    }
}

/// Whether a cell is a number, thousands apart (`3,585`) and per cent (`46.2 %`) included.
fn is_number(cell: &str) -> bool {
    cell.trim_end_matches(" %").replace(',', "").parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_that_stand_apart_and_shares_are_numbers() {
        assert!(is_number("1,234,567") && is_number("46.2 %") && !is_number("46 of 50"));
    }

    #[test]
    fn a_cell_neither_breaks_its_line_nor_reaches_the_terminal_raw() {
        let mut out = Vec::new();
        let rows = [vec!["a\nb".to_owned(), "\u{1b}[2J".to_owned(), "x".to_owned()]];
        write(&mut out, &["run", "class", "note"], &rows).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "run   class      note\na\\nb  \\u{1b}[2J  x\n");
    }

    #[test]
    fn columns_line_up_and_numbers_stand_right() {
        let row = |cells: [&str; 4]| cells.map(str::to_owned).to_vec();
        let mut out = Vec::new();
        let rows = [row(["é", "1e-4", "", ""]), row(["abcd", "", "x", ""]), row(["", "0.00002", "", ""])];
        write(&mut out, &["run", "rate", "note", "empty"], &rows).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "run      rate  note\né        1e-4\nabcd           x\n      0.00002\n");
    }
}
