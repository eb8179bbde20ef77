//! Settings as results record them: a result says nothing about the folders of the machine that
//! made it.

use std::path::{Path, PathBuf};

use toml::Value;

use super::{
    overrides::{self, Override},
    settings::{Settings, Source, Weights},
};

impl Settings {
    /// The same settings, every absolute path cut to its file name.
    #[must_use]
    pub fn without_absolute_paths(&self) -> Self {
        let mut settings = self.clone();
        match &mut settings.data.source {
            Source::Table { path, .. } | Source::Fasta { path, .. } | Source::Uniprot { path, .. } => {
                path.iter_mut().for_each(cut);
            }
            Source::Synthetic { .. } => {}
        }
        match &mut settings.model.weights {
            Weights::Folder { path, .. } => cut(path),
            Weights::Hub { .. } | Weights::Random { .. } => {}
        }
        settings
    }
}

/// The text of a `--set`, every absolute path that it sets cut to its file name; what holds none
/// stays as it was written.
#[must_use]
pub fn set_without_absolute_paths(argument: &str) -> String {
    let Ok(Override { path, mut value, .. }) = overrides::read(argument) else { return argument.to_owned() };
    if !cut_texts(&mut value) {
        return argument.to_owned();
    }
    let steps: Vec<String> = path.iter().map(|step| key(step)).collect();
    format!("{}={value}", steps.join("."))
}

fn cut(path: &mut PathBuf) {
    if path.is_absolute() {
        *path = path.file_name().map(PathBuf::from).unwrap_or_default();
    }
}

/// Cuts every text that is an absolute path; whether there was one.
fn cut_texts(value: &mut Value) -> bool {
    match value {
        Value::String(text) if Path::new(text).is_absolute() => {
            *text = Path::new(text).file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            true
        }
        Value::Array(values) => values.iter_mut().fold(false, |any, value| cut_texts(value) | any),
        Value::Table(table) => table.iter_mut().fold(false, |any, (_, value)| cut_texts(value) | any),
        _ => false,
    }
}

/// A step of a dotted key, quoted where TOML asks for it.
fn key(step: &str) -> String {
    let bare = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    if !step.is_empty() && step.chars().all(bare) { step.to_owned() } else { Value::from(step).to_string() }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::experiment::parse;

    fn settings(data: &str, weights: &str) -> Settings {
        let text = format!(
            "[data]\nsource = \"table\"\npath = {data:?}\nid = \"id\"\nsequence = \"s\"\nlabel = \"l\"\n[model]\nweights = {weights:?}\n"
        );
        parse(Path::new("try.toml"), &text, &[]).unwrap().experiment.base
    }

    #[test]
    fn an_absolute_path_is_recorded_as_its_file_name() {
        let recorded = settings("/home/me/x.csv", "/home/me/esm2").without_absolute_paths();
        assert_eq!(recorded.data, settings("x.csv", "./esm2").data);
        assert_eq!(recorded.model.weights, Weights::Folder { path: "esm2".into(), sha256: None });
    }

    #[test]
    fn a_path_from_the_project_is_recorded_as_it_is() {
        let settings = settings("data/x.csv", "../weights/esm2");
        assert_eq!(settings.without_absolute_paths(), settings);
    }

    #[test]
    fn a_set_loses_the_folders_of_its_paths_and_nothing_else() {
        assert_eq!(set_without_absolute_paths("data.path=/home/me/x.csv"), "data.path=\"x.csv\"");
        assert_eq!(
            set_without_absolute_paths("grid.\"data.path\"=['/home/me/x.csv', \"b.csv\"]"),
            "grid.\"data.path\"=[\"x.csv\", \"b.csv\"]"
        );
        for other in ["train.learning-rate=1e-3", "data.path=../x.csv", "data.label=a/b", "nothing"] {
            assert_eq!(set_without_absolute_paths(other), other);
        }
    }
}
