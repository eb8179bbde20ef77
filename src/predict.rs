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
use crate::mmseqs::Hit;
use titer_core::{
    protocol::Device,
    results::tables::{Form, Part, TableFile, TableStream},
};

/// Proteins that are read, searched and written at a time, and their letters: of very long ones
/// fewer.
const PART: usize = 5_000;
const LETTERS: usize = 16 << 20;

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
        if path.is_dir() {
            return Err(Error::IsFolder { path: path.to_owned() });
        }
        if path.symlink_metadata().is_ok() && !replace {
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
pub struct Prediction<'a> {
    pub ensemble: &'a Ensemble,
    pub calibrated: &'a Calibrated,
    pub nearest: &'a Nearest,
    pub looked: &'a Looked,
    pub device: Device,
    /// Hears how many proteins are done.
    pub told: &'a dyn Fn(usize),
    /// Whether to go on.
    pub goes_on: &'a (dyn Fn() -> bool + Sync),
}

impl Prediction<'_> {
    /// Predicts every protein of a file, in its order.
    pub fn run(&self, path: &Path, proteins: Proteins, predictor: &mut Predictor, mut sink: Sink<'_>) -> Result<Summary, Error> {
        let mut scored = Scored::default();
        let mut proteins = proteins.judged(self.ensemble, self.looked);
        let mut done = 0;
        loop {
            let part = next_part(&mut proteins)?;
            if part.is_empty() {
                break;
            }
            let sequences: Vec<&str> = part.iter().filter_map(Protein::readable).collect();
            let (hits, outputs) = self.of_part(&sequences, done, predictor)?;
            let relatives = self.nearest.relatives(&sequences, hits.as_deref());
            let outputs = Outputs::new(self.ensemble, self.calibrated, &outputs, sequences.len());
            scored.take(&part, &outputs, &relatives, self.nearest);
            sink.write(table::part(self.ensemble, &part, &outputs, &relatives))?;
            done += part.len();
            (self.told)(done);
            if !(self.goes_on)() {
                return Err(Error::Interrupted { done });
            }
        }
        if done != self.looked.proteins {
            return Err(Error::Changed { path: path.to_owned(), before: self.looked.proteins, now: done });
        }
        sink.finish()?;
        Ok(scored.summary(self.ensemble))
    }

    /// The hits and the outputs of a part's sequences. On a GPU both at once; on a CPU each would
    /// wait for the other.
    fn of_part(&self, sequences: &[&str], before: usize, predictor: &mut Predictor) -> Result<OfPart, Error> {
        let told = |of_part: usize| (self.told)(before + of_part);
        let mut predict = || {
            predictor.predict(sequences, &told, &|| (self.goes_on)()).map_err(|error| match error {
                Error::Interrupted { .. } => Error::Interrupted { done: before },
                error => error,
            })
        };
        let (nearest, goes_on) = (self.nearest, self.goes_on);
        match self.device {
            Device::Cpu => {
                let hits = nearest.find(sequences, &|| goes_on());
                Ok((hits, predict()?))
            }
            Device::Cuda(_) => thread::scope(|scope| {
                let searched = scope.spawn(|| nearest.find(sequences, &|| goes_on()));
                let outputs = predict();
                Ok((searched.join().unwrap_or(None), outputs?))
            }),
        }
    }
}

/// The hits of a part's sequences, `None` where nobody searched, and the outputs of each model.
type OfPart = (Option<Vec<Option<Hit>>>, Vec<Vec<Option<f32>>>);

/// The proteins that are computed next; none at the end of the file.
fn next_part(proteins: &mut impl Iterator<Item = Result<Protein, Error>>) -> Result<Vec<Protein>, Error> {
    let (mut part, mut letters) = (Vec::new(), 0);
    while part.len() < PART
        && letters < LETTERS
        && let Some(protein) = proteins.next()
    {
        let protein = protein?;
        letters += protein.readable().map_or(0, str::len);
        part.push(protein);
    }
    Ok(part)
}
