//! Rows of text in columns, for reading.

use std::io::{self, Write};

/// Writes rows under a header, two spaces between columns. A column of numbers is set to the right, an empty one is left out.
pub fn write(out: &mut dyn Write, header: &[&str], rows: &[Vec<String>]) -> io::Result<()> {
    let columns: Vec<Column> = header.iter().enumerate().filter_map(|(index, title)| Column::of(index, title, rows)).collect();
    let header: Vec<String> = header.iter().map(|&title| title.to_owned()).collect();
    for row in std::iter::once(&header).chain(rows) {
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
        let numeric = filled.iter().all(|cell| cell.parse::<f64>().is_ok());
        Some(Self { index, width, numeric })
    }

    fn cell(&self, row: &[String]) -> String {
        let (text, width) = (row.get(self.index).map_or("", String::as_str), self.width);
        if self.numeric { format!("{text:>width$}") } else { format!("{text:<width$}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_numbers_stand_right() {
        let row = |cells: [&str; 4]| cells.map(str::to_owned).to_vec();
        let mut out = Vec::new();
        let rows = [row(["é", "1e-4", "", ""]), row(["abcd", "", "x", ""]), row(["", "0.00002", "", ""])];
        write(&mut out, &["run", "rate", "note", "empty"], &rows).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "run      rate  note\né        1e-4\nabcd           x\n      0.00002\n");
    }
}
