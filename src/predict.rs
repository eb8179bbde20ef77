//! New proteins and the models of an experiment: which runs predict, what their validation says of
//! how sure they are, the proteins a part at a time, and the table that comes of them.
//!
//! ```text
//! ensemble    the runs that predict together
//! calibrated  temperature and conformal limits, from their validation predictions
//! proteins    the file of proteins, twice: looked through, then read a part at a time
//! nearest     the training protein most like each
//! predictor   the worker process
//! progress    how far it is
//! predicted   outputs of the runs → predictions of the ensemble
//! table       predictions → columns
//! scored      where labels are given: how well they are predicted
//! ```

mod calibrated;
mod ensemble;
mod error;
mod nearest;
mod predicted;
mod predictor;
mod progress;
mod proteins;
mod scored;
mod table;

use std::{io::Write, path::Path, thread};

pub use self::{
    calibrated::Calibrated,
    ensemble::Ensemble,
    error::Error,
    nearest::Nearest,
    predictor::Predictor,
    progress::Progress,
    proteins::{Columns, Looked, Proteins},
    scored::{Scores, Summary},
};
use self::{predicted::Outputs, proteins::Protein, scored::Scored};
use titer_core::{
    protocol::Device,
    results::tables::{Form, Part, TableFile, TableStream},
};

/// Proteins that are read, searched and written at a time.
const PART: usize = 5_000;

/// Where predictions go.
pub enum Sink<'a> {
    File { table: TableFile, replace: bool },
    Stream(TableStream<&'a mut dyn Write>),
}

impl<'a> Sink<'a> {
    /// A file that does not exist yet, or may be replaced; without a path the stream, as CSV.
    pub fn open(path: Option<&Path>, replace: bool, out: &'a mut dyn Write) -> Result<Self, Error> {
        let Some(path) = path else { return Ok(Self::Stream(TableStream::new(out))) };
        let form = Form::of(path).ok_or_else(|| Error::Form { path: path.to_owned() })?;
        if path.exists() && !replace {
            return Err(Error::Exists { path: path.to_owned() });
        }
        Ok(Self::File { table: TableFile::create(path, form)?, replace })
    }

    fn write(&mut self, part: Part) -> Result<(), Error> {
        match self {
            Self::File { table, .. } => Ok(table.write(part)?),
            Self::Stream(table) => table.write(part).map_err(|source| Error::Output { source }),
        }
    }

    fn finish(self) -> Result<(), Error> {
        match self {
            Self::File { table, replace } => Ok(table.finish(replace)?),
            Self::Stream(_) => Ok(()),
        }
    }
}

/// What predicts, and with what.
#[derive(Debug)]
pub struct Prediction<'a> {
    pub ensemble: &'a Ensemble,
    pub calibrated: &'a Calibrated,
    pub nearest: &'a Nearest,
    pub looked: &'a Looked,
    pub device: Device,
}

impl Prediction<'_> {
    /// Predicts every protein, in the order of the file. `told` hears how many are done, and says
    /// whether to go on.
    pub fn run(
        &self,
        proteins: Proteins,
        predictor: &mut Predictor,
        mut sink: Sink<'_>,
        told: &dyn Fn(usize) -> bool,
    ) -> Result<Summary, Error> {
        let mut scored = Scored::default();
        let mut proteins = proteins.judged(self.ensemble, self.looked);
        let mut done = 0;
        loop {
            let part = proteins.by_ref().take(PART).collect::<Result<Vec<Protein>, Error>>()?;
            if part.is_empty() && done > 0 {
                break;
            }
            let sequences: Vec<&str> = part.iter().filter_map(Protein::readable).collect();
            let before = done;
            let told = |of_part: usize| told(before + of_part);
            // On a GPU the search has the processor to itself meanwhile; on a CPU each would wait for the other.
            let (hits, outputs) = match self.device {
                Device::Cpu => (self.nearest.find(&sequences, &|| told(0))?, predictor.predict(&sequences, &told)?),
                Device::Cuda(_) => thread::scope(|scope| {
                    let predicted = scope.spawn(|| predictor.predict(&sequences, &|_| true));
                    let hits = self.nearest.find(&sequences, &|| told(0));
                    let predicted = predicted.join().unwrap_or_else(|_| Err(Error::Ended { said: String::new() }));
                    Ok::<_, Error>((hits?, predicted?))
                })?,
            };
            let outputs = Outputs::new(self.ensemble, self.calibrated, &outputs, sequences.len());
            let relatives = self.nearest.relatives(&sequences, &hits);
            scored.take(&part, &outputs, &relatives, self.nearest);
            sink.write(table::part(self.ensemble, &part, &outputs, &relatives))?;
            done += part.len();
            if !told(part.len()) {
                return Err(Error::Interrupted { done });
            }
            if part.len() < PART {
                break;
            }
        }
        sink.finish()?;
        Ok(scored.summary(self.ensemble))
    }
}
