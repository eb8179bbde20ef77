//! A lock as text: TOML in the plan's order, a line a split of a run, so that a diff shows what
//! changed.

use std::{fmt::Write as _, io::Write as _, path::Path};

use toml::Table;

use super::{Error, FORMAT, Lockfile, Run, beside};
use titer_core::{
    input,
    results::{self, atomic},
    text::shown_lines,
};

/// Far above what ten thousand runs take.
const MOST_BYTES: u64 = 256 << 20;

impl Lockfile {
    /// Reads the lock of an experiment file.
    pub fn read(experiment: &Path) -> Result<Self, Error> {
        let path = beside(experiment);
        let experiment = experiment.to_owned();
        let text = match input::read_to_string(&path, MOST_BYTES) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(Error::Missing { path, experiment }),
            Err(source) => return Err(results::Error::read(path, source).into()),
        };
        // The version first: another format may have other fields.
        let found = toml::from_str::<Table>(&text).ok().and_then(|table| table.get("format")?.as_integer()?.try_into().ok());
        match found {
            Some(found) if found != FORMAT => Err(Error::OtherFormat { path, experiment, found }),
            _ => toml::from_str(&text).map_err(|error| {
                let problem = shown_lines(error.to_string().trim_end());
                Error::Broken { path, experiment, problem }
            }),
        }
    }

    /// Writes the lock of an experiment file, whole or not at all.
    pub fn write(&self, experiment: &Path) -> Result<(), Error> {
        let name = experiment.file_name().unwrap_or_default().to_string_lossy();
        Ok(atomic::write(&beside(experiment), |file| {
            let text = self.text(&name).map_err(std::io::Error::other)?;
            file.write_all(text.as_bytes())
        })?)
    }

    /// The text of the lock of an experiment file of this name.
    fn text(&self, name: &str) -> Result<String, toml::ser::Error> {
        let mut text = format!(
            "# What {name} reads and what its runs gave: written by `titer lock`, to be committed beside it.\n\
             # `titer sweep --locked` refuses other inputs and runs, `titer verify` compares results with these.\n\n\
             format = {FORMAT}\n"
        );
        for data in &self.data {
            add(&mut text, "[[data]]", &Table::try_from(data)?);
        }
        for weights in &self.weights {
            add(&mut text, "[[weights]]", &Table::try_from(weights)?);
        }
        for Run { key, point, outcome } in &self.runs {
            add(&mut text, "[[run]]", &Table::try_from(Run { key: key.clone(), point: point.clone(), outcome: None })?);
            if let Some(outcome) = outcome {
                add(&mut text, "[run.outcome]", &Table::try_from(outcome)?);
            }
        }
        Ok(text)
    }
}

/// Adds a table, a key a line; what lies deeper stays on its key's line.
fn add(text: &mut String, header: &str, table: &Table) {
    // Writing into a String cannot fail.
    let _ = write!(text, "\n{header}\n");
    for (key, value) in table {
        let _ = writeln!(text, "{key} = {value}");
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::lockfile::{Computed, Data, Metrics, Outcome, Weights};
    use titer_core::{
        experiment::{ModelSize, Precision},
        metric::{ACCURACY, AVERAGE_PRECISION, F1, LOSS, MACRO_F1, MCC, ROC_AUC},
        results::manifest::Status,
    };

    fn lock() -> Lockfile {
        let metrics = Metrics(BTreeMap::from([
            (LOSS, Some(0.1 + 0.2)),
            (ACCURACY, Some(1.0)),
            (MACRO_F1, Some(1.0 / 3.0)),
            (F1, Some(5e-324)),
            (MCC, Some(-0.0)),
            (ROC_AUC, None),
            (AVERAGE_PRECISION, Some(0.9)),
        ]));
        let outcome = Outcome {
            status: Status::Finished,
            selected_epoch: Some(3),
            steps: 300,
            train_loss: 2e-17,
            validation: Some(metrics),
            test: None,
            computed: Computed {
                device: "cuda".into(),
                precision: Precision::Bf16,
                cpu: "some \"CPU\" ∂".into(),
                threads: 2,
                gpu: Some("one".into()),
                kernels: Some("avx2".into()),
                libtorch: "2.11.0".into(),
                titer: "0.1.0".into(),
            },
        };
        let run = |key: char, value: serde_json::Value, outcome| Run {
            key: String::from(key).repeat(16).parse().unwrap(),
            point: value.as_object().unwrap().clone(),
            outcome,
        };
        Lockfile {
            format: FORMAT,
            data: vec![
                Data::File { path: "data/x.csv".into(), rows: 3, sha256: "a".repeat(64), release: Some("2026_03".into()) },
                Data::Synthetic { rows: 9, digest: "b".repeat(64) },
            ],
            weights: vec![
                Weights::Hub {
                    name: "a/b".into(),
                    revision: "c".into(),
                    config_sha256: "d".into(),
                    model_sha256: "e".into(),
                    model_files: None,
                },
                Weights::Random { size: ModelSize::M8 },
            ],
            runs: vec![
                run('1', json!({ "train.seed": 1, "train.learning-rate": 2e-5, "split": { "train": 0.5 } }), Some(outcome)),
                run('2', json!({}), None),
            ],
        }
    }

    /// An experiment file's name in a folder, with the text of its lock.
    fn with_lock(text: &str) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        fs_err::write(folder.path().join("try.lock"), text).unwrap();
        let file = folder.path().join("try.toml");
        (folder, file)
    }

    #[test]
    fn what_is_written_is_read_again_to_the_last_bit() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("try.toml");
        lock().write(&file).unwrap();
        let read = Lockfile::read(&file).unwrap();
        assert_eq!(read, lock());
        assert_eq!(read.text("try.toml").unwrap(), lock().text("try.toml").unwrap());
        assert!(read.runs[0].point.keys().eq(["train.seed", "train.learning-rate", "split"]));
    }

    #[test]
    fn a_loss_that_is_not_finite_is_kept() {
        let mut lock = lock();
        lock.runs[0].outcome.as_mut().unwrap().train_loss = f64::NAN;
        let (_folder, file) = with_lock(&lock.text("try.toml").unwrap());
        assert!(Lockfile::read(&file).unwrap().runs[0].outcome.as_ref().unwrap().train_loss.is_nan());
    }

    #[test]
    fn the_text_is_short_and_in_the_plans_order() {
        let text = lock().text("try.toml").unwrap();
        let expected = "\n[[run]]\nkey = \"1111111111111111\"\n\
            point = { \"train.seed\" = 1, \"train.learning-rate\" = 0.00002, split = { train = 0.5 } }\n\n\
            [run.outcome]\nstatus = \"finished\"\nselected-epoch = 3\nsteps = 300\n";
        assert!(text.contains(expected), "{text}");
        assert!(text.starts_with("# What try.toml reads"), "{text}");
        assert!(text.ends_with("\n[[run]]\nkey = \"2222222222222222\"\npoint = {}\n"), "{text}");
        assert!(text.contains("validation = { loss = 0.30000000000000004, accuracy = 1.0, "), "{text}");
    }

    #[test]
    fn what_is_no_lock_is_one_clear_error() {
        let broken = [
            "format = 2\nformat",
            "format = \"one\"",
            "",
            "format = 2\nmore = 2",
            "format = 2\n[[run]]\nkey = \"short\"\npoint = {}",
            "format = 2\n[[data]]\nsource = \"file\"\npath = 3",
            "format = 2\n[[data]]\nsource = \"unheard-of\"",
            "format = 2\n[[weights]]\nsource = \"random\"\nsize = \"esm9\"",
        ];
        for text in broken {
            let (_folder, file) = with_lock(text);
            assert!(matches!(Lockfile::read(&file).unwrap_err(), Error::Broken { .. }), "{text}");
        }
        for other in [1, 99] {
            let (_folder, file) = with_lock(&format!("format = {other}\nother = true"));
            assert!(matches!(Lockfile::read(&file).unwrap_err(), Error::OtherFormat { found, .. } if found == other));
        }
        let (folder, _) = with_lock("");
        assert!(matches!(Lockfile::read(&folder.path().join("other.toml")).unwrap_err(), Error::Missing { .. }));
    }
}
