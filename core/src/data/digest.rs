//! The identity of the data: equal digests, equal rows.

use std::path::Path;

use super::{
    Error,
    files::{self, DataFile},
    synthetic,
};
use crate::{
    experiment::{DataSettings, Source, Synthetic},
    input,
};

/// BLAKE3, in hexadecimal, of the data file's bytes; of the digests of several files, with their
/// splits; of the generator's version and settings where the data is synthetic.
pub fn digest(data: &DataSettings, project: &Path) -> Result<String, Error> {
    let mut hasher = blake3::Hasher::new();
    match &data.source {
        &Source::Synthetic(Synthetic { proteins, classes, min_length, max_length, signal, seed }) => {
            let version = synthetic::VERSION;
            let settings = format!("titer synthetic {version}: {proteins} {classes} {min_length} {max_length} {signal:?} {seed}");
            hasher.update(settings.as_bytes());
        }
        source => match files::of(source, project)?.as_slice() {
            [only] if only.split.is_none() => return of_file(only),
            several => {
                hasher.update(b"titer files");
                for file in several {
                    let split = file.split.map_or("all", super::Split::name);
                    hasher.update(format!("\n{split} {}", of_file(file)?).as_bytes());
                }
            }
        },
    }
    Ok(hasher.finalize().to_hex().to_string())
}

fn of_file(file: &DataFile) -> Result<String, Error> {
    let mut hasher = blake3::Hasher::new();
    let mut hash = || input::require_file(&file.location).and_then(|()| hasher.update_mmap_rayon(&file.location).map(|_| ()));
    hash().map_err(|source| file.unreadable(source))?;
    Ok(hasher.finalize().to_hex().to_string())
}
