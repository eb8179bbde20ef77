//! The identity of the data: equal digests, equal rows.

use std::path::Path;

use super::{Error, rows::File, synthetic};
use crate::{
    experiment::{DataSettings, Source, Synthetic},
    input::{
        self,
        line_ends::{self, LineEnds},
    },
};

/// BLAKE3, in hexadecimal, of the data file's bytes; of the generator's version and settings where
/// the data is synthetic.
pub fn digest(data: &DataSettings, project: &Path) -> Result<String, Error> {
    let mut hasher = blake3::Hasher::new();
    match &data.source {
        Source::Table { path, .. } | Source::Uniprot { path, .. } | Source::Fasta { path, .. } => {
            let file = File { path, project, fetched: matches!(data.source, Source::Uniprot { .. }) };
            let location = file.location();
            let mut hash = || input::require_file(&location).and_then(|()| hasher.update_mmap_rayon(&location).map(|_| ()));
            hash().map_err(|source| file.unreadable(source))?;
        }
        &Source::Synthetic(Synthetic { proteins, classes, min_length, max_length, signal, seed }) => {
            let version = synthetic::VERSION;
            let settings = format!("titer synthetic {version}: {proteins} {classes} {min_length} {max_length} {signal:?} {seed}");
            hasher.update(settings.as_bytes());
        }
    }
    Ok(hasher.finalize().to_hex().to_string())
}

/// The line ends of the data here, where the file of this digest had the others and is otherwise
/// the same.
#[must_use]
pub fn line_ends(data: &DataSettings, project: &Path, digest: &str) -> Option<LineEnds> {
    let (Source::Table { path, .. } | Source::Uniprot { path, .. } | Source::Fasta { path, .. }) = &data.source else {
        return None;
    };
    let (ends, other) = line_ends::swapped(&project.join(path)).ok()??;
    (blake3::hash(&other).to_hex().as_str() == digest).then_some(ends)
}
