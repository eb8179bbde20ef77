//! `titer init`: looks at a data file and writes an experiment for it.
//!
//! [`look`] reads the file once, in constant memory: a sample of rows and counts over all of them.
//! [`guess`] says from those which column is what and which task they suggest: pure functions over
//! columns of texts. [`draft`] is the experiment as settings; [`settle`] has the proteins prepared
//! as the experiment's runs will have them, and adds a setting for what is refused. [`write`]
//! gives it its text, [`notes`] says what a reader should know of the data.

mod column;
mod draft;
mod error;
mod guess;
mod look;
mod name;
mod notes;
mod settle;
mod write;

use std::path::{Path, PathBuf};

pub use self::{
    error::Error,
    write::{quoted_for_shell, wrapped},
};

/// An experiment that was written for a data file.
#[derive(Debug)]
pub struct Initiated {
    /// What the files are, in a line.
    pub files: String,
    /// What each setting that was guessed is, and why: key, value, reason.
    pub settings: Vec<[String; 3]>,
    /// What a reader should know of the data.
    pub seen: Vec<String>,
    /// What only the user can answer.
    pub questions: Vec<String>,
    pub text: String,
    pub path: PathBuf,
}

/// Looks at data files and makes an experiment of them; nothing is written yet. `runner` is how a
/// file is swept here. Relative paths start from `project`, the folder titer is called in.
pub fn init(data: &[PathBuf], out: Option<&Path>, runner: &str, project: &Path) -> Result<Initiated, Error> {
    let path = match out {
        Some(out) => out.to_owned(),
        None => Path::new("experiments").join(format!("{}.toml", name::of(data, project))),
    };
    name::require_new(&path, project)?;
    let files = look::Files::of(data, project)?;
    let seen = look::look(&files, project)?;
    let guess = guess::guess(&seen).map_err(|unsuited| Error::unsuited(&files, &seen, unsuited))?;
    let mut draft = draft::Draft::new(&files, &seen, guess);
    let settled = settle::settle(&mut draft, &path, project)?;
    Ok(Initiated { files: seen.summary(&files), ..write::write(&draft, &settled, &path, runner) })
}

impl Initiated {
    /// Puts the experiment where no file is yet.
    pub fn save(&self, project: &Path) -> Result<(), Error> {
        name::save(&project.join(&self.path), &self.text)
    }
}
