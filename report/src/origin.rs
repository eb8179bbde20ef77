//! Whether a report still follows from its tables: a sweep that finds every run done does not draw
//! a thousand runs again.

use std::io;

use titer_core::results::{Error, ExperimentFolder, atomic};

/// A digest of all that the report is made from: the experiment, its call, its data and baselines,
/// what became of its runs, and the titer that draws it. `None` where something of it cannot be
/// read.
pub(super) fn of(folder: &ExperimentFolder) -> Option<String> {
    digest(folder).ok()
}

fn digest(folder: &ExperimentFolder) -> io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    let titer = fs_err::metadata(std::env::current_exe()?)?;
    hasher.update(format!("{} {:?} ", titer.len(), titer.modified()?).as_bytes());
    // The runs' own tables never change once their row is there.
    for path in [folder.experiment(), folder.card(), folder.runs_table()] {
        let bytes = fs_err::read(path)?;
        hasher.update(&(bytes.len() as u64).to_le_bytes()).update(&bytes);
    }
    // Older titers noted no call, and a report does without baselines.
    hasher.update(&fs_err::read(folder.last_sweep()).unwrap_or_default());
    hasher.update(&fs_err::read(folder.baselines()).unwrap_or_default());
    Ok(hasher.finalize().to_hex().to_string())
}

/// The digest of what the report at hand was made from.
pub(super) fn read(folder: &ExperimentFolder) -> Option<String> {
    fs_err::read_to_string(folder.report_origin()).ok()
}

/// Notes what the report was made from.
pub(super) fn write(folder: &ExperimentFolder, origin: Option<String>) -> Result<(), Error> {
    atomic::write_lightly(&folder.report_origin(), origin.unwrap_or_default().as_bytes())
}
