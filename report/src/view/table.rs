//! One kind of table for everything the report lists.

use std::fmt;

use serde::{Serialize, Serializer, ser::SerializeStruct as _};

use super::format::NONE;

/// Rows that fit on a screen.
const LONG: usize = 25;

/// A table as it is read: the first cell of a row is its header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub caption: String,
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
    /// What a mark on a row means; a total where it is `None`.
    pub badge: Option<Badge>,
}

/// What makes a row stand out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Badge {
    /// The configuration to use, and its runs.
    Choice,
    /// A significant difference.
    Significant,
    /// The epoch whose checkpoint was selected.
    Selected,
    /// The best value of a key.
    Best,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub kind: Kind,
}

/// How a column is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    /// Flush right, digits of one width.
    Number,
    /// Sequences, digests, keys: letters of one width.
    Code,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub cells: Vec<Cell>,
    /// Whether it bears the table's badge, or is the total.
    pub marked: bool,
    /// The run the row is about: the page leaves the row out with its run.
    pub run: Option<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    pub text: String,
    /// The best of its column.
    pub best: bool,
    /// Why there is no value.
    pub note: Option<String>,
}

impl Table {
    #[must_use]
    pub fn new(caption: impl Into<String>, columns: &[(&str, Kind)]) -> Self {
        let columns = columns.iter().map(|&(name, kind)| Column { name: name.to_owned(), kind }).collect();
        Self { caption: caption.into(), columns, rows: Vec::new(), badge: None }
    }

    /// Two columns without names: what it is, and its value.
    #[must_use]
    pub fn facts(caption: impl Into<String>, value: Kind) -> Self {
        Self::new(caption, &[("", Kind::Text), ("", value)])
    }

    /// Says what a mark on a row means.
    #[must_use]
    pub fn with_badge(self, badge: Badge) -> Self {
        Self { badge: Some(badge), ..self }
    }

    /// The class of a marked row.
    #[must_use]
    pub const fn mark_class(&self) -> &'static str {
        match self.badge {
            None => "total",
            Some(Badge::Choice) => "choice",
            Some(_) => "badged",
        }
    }

    /// Takes out the columns that say the same in every row, as facts; none of a single row.
    #[must_use]
    pub fn without_constants(mut self, caption: impl Into<String>) -> (Self, Self) {
        let mut facts = Self::facts(caption, Kind::Text);
        let constant = |column: usize| match self.rows.as_slice() {
            [first, rest @ ..] if !rest.is_empty() => rest.iter().all(|row| row.cells.get(column) == first.cells.get(column)),
            _ => false,
        };
        // The first column names the rows.
        let taken: Vec<usize> = (1..self.columns.len()).filter(|column| constant(*column)).collect();
        for &column in &taken {
            facts.row([Cell::from(self.columns[column].name.as_str()), self.rows[0].cells[column].clone()]);
        }
        for column in taken.into_iter().rev() {
            self.columns.remove(column);
            for row in &mut self.rows {
                row.cells.remove(column);
            }
        }
        (facts, self)
    }

    /// Adds a row below the others.
    pub fn row<C: Into<Cell>>(&mut self, cells: impl IntoIterator<Item = C>) -> &mut Row {
        self.rows.push(Row { cells: cells.into_iter().map(Into::into).collect(), marked: false, run: None });
        let last = self.rows.len() - 1;
        &mut self.rows[last]
    }

    /// Facts have no column names to show.
    #[must_use]
    pub fn has_head(&self) -> bool {
        self.columns.iter().any(|column| !column.name.is_empty())
    }

    /// Whether it is read with the head kept in sight.
    #[must_use]
    pub const fn is_long(&self) -> bool {
        self.rows.len() > LONG
    }

    /// A row's cells with the columns they stand in.
    pub fn cells<'a>(&'a self, row: &'a Row) -> impl Iterator<Item = (&'a Column, &'a Cell)> {
        self.columns.iter().zip(&row.cells)
    }
}

impl Row {
    /// Marks the row where `yes`.
    pub const fn mark(&mut self, yes: bool) {
        self.marked = yes;
    }

    /// Says that the row is about the run at `index`.
    pub const fn of_run(&mut self, index: usize) -> &mut Self {
        self.run = Some(index);
        self
    }
}

/// Letters of a text that stays on one line.
const SHORT: usize = 20;

impl Cell {
    /// Whether it stays on one line: a value in it, such as `1e-4`, is not to be torn.
    #[must_use]
    pub fn is_short(&self) -> bool {
        self.text.chars().count() <= SHORT
    }

    /// A cell without a value, and the reason.
    #[must_use]
    pub fn none(reason: Option<&str>) -> Self {
        Self { text: NONE.to_owned(), best: false, note: reason.map(ToOwned::to_owned) }
    }
}

impl Badge {
    /// What the page writes on it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Choice => "choice",
            Self::Significant => "significant",
            Self::Selected => "selected",
            Self::Best => "best",
        }
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self { text, best: false, note: None }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl Kind {
    /// Whether it holds words, which may take several lines.
    #[must_use]
    pub const fn is_text(self) -> bool {
        matches!(self, Self::Text)
    }

    /// The class the style sheet knows it by.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Code => "code",
        }
    }
}

/// The table for a terminal: aligned columns, `*` at the best of a column, `>` at a marked row.
impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |cell: &Cell| if cell.best { format!("{}*", cell.text) } else { cell.text.clone() };
        let mut lines: Vec<(bool, Vec<String>)> = Vec::new();
        if self.has_head() {
            lines.push((false, self.columns.iter().map(|column| column.name.clone()).collect()));
        }
        lines.extend(self.rows.iter().map(|row| (row.marked, row.cells.iter().map(shown).collect())));
        let marks = self.rows.iter().any(|row| row.marked);
        let width =
            |column: usize| lines.iter().filter_map(|(_, cells)| cells.get(column)).map(|text| text.chars().count()).max();
        let widths: Vec<usize> = (0..self.columns.len()).map(|column| width(column).unwrap_or(0)).collect();

        for (marked, cells) in &lines {
            let mut line = String::new();
            if marks {
                line.push_str(if *marked { "> " } else { "  " });
            }
            for ((text, column), width) in cells.iter().zip(&self.columns).zip(&widths) {
                let space = " ".repeat(width - text.chars().count());
                match column.kind {
                    Kind::Number => line.extend([&space, text, "  "]),
                    Kind::Text | Kind::Code => line.extend([text, &space, "  "]),
                }
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// As it reads: a line per row.
impl Serialize for Table {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let notes: Vec<&String> = self.rows.iter().flat_map(|row| &row.cells).filter_map(|cell| cell.note.as_ref()).collect();
        let mut table = serializer.serialize_struct("Table", 3)?;
        table.serialize_field("caption", &self.caption)?;
        table.serialize_field("lines", &self.to_string().lines().collect::<Vec<_>>())?;
        table.serialize_field("notes", &notes)?;
        table.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_that_say_the_same_in_every_row_become_facts() {
        let columns = [("run", Kind::Text), ("device", Kind::Text), ("time", Kind::Number)];
        let mut table = Table::new("Runs", &columns);
        table.row(["a", "cpu", "1"]);
        let (none, whole) = table.clone().without_constants("Alike");
        assert!(none.rows.is_empty() && whole == table, "of one row nothing is known to be constant");
        table.row(["b", "cpu", "2"]);
        let (facts, rest) = table.without_constants("Alike");
        assert_eq!(facts.to_string(), "device  cpu\n");
        assert_eq!(rest.to_string(), "run  time\na       1\nb       2\n");
    }

    #[test]
    fn a_terminal_shows_aligned_columns_and_the_marks() {
        let mut table = Table::new("Runs", &[("run", Kind::Text), ("accuracy", Kind::Number)]);
        table.row(["2e-5", "0.8517"]);
        let best = table.row(["learning-rate 1e-4", "0.8545"]);
        best.cells[1].best = true;
        best.mark(true);
        assert_eq!(
            table.to_string(),
            "  run                 accuracy\n  2e-5                  0.8517\n> learning-rate 1e-4   0.8545*\n"
        );
    }
}
