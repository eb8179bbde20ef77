//! The experiment before it is written: what was guessed, and what the data made necessary.

use std::path::Path;

use super::{
    guess::{self, Given, Guess, Kind},
    look::{Files, Form, Look},
};
use titer_core::data::Split;

/// The settings of an experiment that were read off its data. Columns by their names.
#[derive(Debug, Clone)]
pub struct Draft {
    pub form: Form,
    pub files: Files,
    /// `None`: rows are numbered, or FASTA has its own.
    pub id: Option<String>,
    /// `None`: FASTA has its own.
    pub sequence: Option<String>,
    pub label: String,
    pub kind: Kind,
    /// Whether all classes are whole numbers.
    pub numbered: bool,
    pub split: Option<Divided>,
    pub text: Option<String>,
    /// A column that looks like groups of related proteins.
    pub groups: Option<String>,
    pub missing: Vec<String>,
    pub strip: Vec<&'static str>,
    pub number_ids: bool,
    pub min_class_size: Option<usize>,
    pub seen: Vec<String>,
    pub questions: Vec<String>,
}

/// A given split, with its columns by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Divided {
    Column { column: String, validation: Validation },
    Folds { column: String, train: Vec<String>, validation: String, test: String },
    Files { validation: bool },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Validation {
    Word,
    Column(String),
    Drawn,
}

impl Draft {
    pub fn new(files: &Files, look: &Look, guess: Guess) -> Self {
        let columns = &look.columns.all;
        let name = |index: usize| columns[index].name.clone();
        let is_fasta = look.form == Form::Fasta;
        let Guess { sequence, id, label, kind, missing, split, text, groups, mut seen, mut questions } = guess;
        let divided = match split {
            Some(Given::Words { column, validation, others }) => {
                if !others.is_empty() {
                    let others: Vec<String> = others.iter().map(|value| guess::quoted(value)).collect();
                    let column = guess::quoted(&name(column));
                    questions.push(format!(
                        "Rows with {} in the column {column} are in no split and are left out. Is that meant?",
                        guess::listed(&others)
                    ));
                }
                let validation = match validation {
                    guess::Validation::Word => Validation::Word,
                    guess::Validation::Column(column) => Validation::Column(name(column)),
                    guess::Validation::Drawn => Validation::Drawn,
                };
                Some(Divided::Column { column: name(column), validation })
            }
            Some(Given::Folds { column, train, validation, test }) => {
                questions.push(format!(
                    "The column {} numbers parts: part {validation} validates, part {test} is tested, the others train. Are these the parts \
                     that are meant?",
                    guess::quoted(&name(column))
                ));
                Some(Divided::Folds { column: name(column), train, validation, test })
            }
            None if look.files_split => Some(Divided::Files { validation: !files.of_split(Split::Validation).is_empty() }),
            None => None,
        };
        if let Kind::Several { separator, rows, .. } = &kind {
            questions.push(format!(
                "{rows} rows have several labels, separated by `{separator}`: titer learns one label a protein, so `classes` leaves those rows \
                 out. Is that what you want?"
            ));
        }
        if !missing.is_empty() {
            let words: Vec<String> = missing.iter().map(|word| guess::quoted(word)).collect();
            seen.push(format!("{} among the labels is read as a missing value", guess::listed(&words)));
        }
        let numbered = columns[label].whole == columns[label].filled();
        let of_sequences = &columns[sequence];
        let mut strip = Vec::new();
        if of_sequences.gaps > 0 {
            strip.push("gaps");
        }
        if of_sequences.stops > 0 {
            strip.push("stop");
        }
        Self {
            form: look.form,
            files: files.clone(),
            id: if is_fasta { None } else { id.map(name) },
            sequence: (!is_fasta).then(|| name(sequence)),
            label: name(label),
            kind,
            numbered,
            split: divided,
            text: text.map(name),
            groups: groups.map(name),
            missing,
            strip,
            number_ids: false,
            min_class_size: None,
            seen,
            questions,
        }
    }

    pub fn is_regression(&self) -> bool {
        matches!(self.kind, Kind::Numbers { .. })
    }

    /// The first file's name, for a sentence.
    pub fn file_name(&self) -> String {
        let path = &self.files.paths[0];
        let name = path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
        if self.files.paths.len() == 1 { name } else { format!("{name} and {} more", self.files.paths.len() - 1) }
    }

    /// The files as text, as the experiment writes them.
    pub fn paths<'a>(paths: impl IntoIterator<Item = &'a Path>) -> Vec<String> {
        paths.into_iter().map(|path| path.to_string_lossy().into_owned()).collect()
    }
}
