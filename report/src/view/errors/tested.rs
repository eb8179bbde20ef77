//! The test proteins with what every run makes of them.

use crate::inputs::{Inputs, RunTables};
use titer_core::{
    data::Split,
    results::tables::{PredictionRow, ProteinRow},
};

/// The runs that were tested on the same proteins.
pub struct Tested<'a> {
    /// By id.
    pub proteins: Vec<&'a ProteinRow>,
    /// In label order.
    pub classes: &'a [String],
    pub runs: Vec<TestedRun<'a>>,
}

/// One run's predictions, in the order of the proteins.
#[derive(Clone)]
pub struct TestedRun<'a> {
    /// In the report's order of runs.
    pub index: usize,
    pub rows: Vec<&'a PredictionRow>,
}

impl<'a> Tested<'a> {
    /// The test proteins of the dataset, and the runs that predicted just these; `None` where none
    /// did.
    pub fn new(inputs: &'a Inputs) -> Option<Self> {
        let mut proteins: Vec<&ProteinRow> = inputs.proteins.iter().filter(|row| row.split == Some(Split::Test)).collect();
        proteins.sort_by_key(|row| (&row.id, &row.label));
        let runs: Vec<TestedRun<'_>> =
            inputs.runs.iter().enumerate().filter_map(|(index, run)| TestedRun::new(index, run, &proteins)).collect();
        let classes = inputs.runs[runs.first()?.index].manifest.outcome.classes.as_slice();
        Some(Self { proteins, classes, runs })
    }

    /// The same proteins with some of the runs alone, by their index; `None` where none of them
    /// predicted these proteins.
    pub fn of(&self, runs: &[usize]) -> Option<Self> {
        let runs: Vec<TestedRun<'a>> = self.runs.iter().filter(|run| runs.contains(&run.index)).cloned().collect();
        (!runs.is_empty()).then(|| Self { proteins: self.proteins.clone(), classes: self.classes, runs })
    }

    /// How many runs get each protein wrong.
    pub fn wrong(&self) -> Vec<u64> {
        let of_protein = |place: usize| self.runs.iter().filter(|run| !run.is_right(place)).count() as u64;
        (0..self.proteins.len()).map(of_protein).collect()
    }
}

impl<'a> TestedRun<'a> {
    fn new(index: usize, run: &'a RunTables, proteins: &[&ProteinRow]) -> Option<Self> {
        let mut rows: Vec<&PredictionRow> = run.predicted(Split::Test).collect();
        rows.sort_by_key(|row| (&row.id, &row.label));
        let same =
            |(row, protein): (&&PredictionRow, &&ProteinRow)| row.id == protein.id && Some(&row.label) == protein.label.as_ref();
        let all = !rows.is_empty() && rows.len() == proteins.len() && rows.iter().zip(proteins).all(same);
        all.then_some(Self { index, rows })
    }

    pub fn is_right(&self, place: usize) -> bool {
        self.rows[place].label == self.rows[place].predicted
    }
}
