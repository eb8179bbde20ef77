//! The experiments that are handed out.

use titer_core::experiment::Precision;

use crate::check::{configs, load};

#[test]
fn every_experiment_checks_and_opens_with_its_question_and_its_command() {
    for file in configs("experiments") {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let (loaded, points) = load(&file).unwrap_or_else(|error| panic!("{name}: {:?}", miette::Report::new(error)));
        let lines: Vec<&str> = loaded.experiment.text.lines().take(3).collect();
        assert_eq!(lines[0], "#:schema ../schema/experiment.schema.json", "{name}");
        assert!(lines[1].starts_with("# Question: ") && lines[1].ends_with('?'), "{name}");
        assert_eq!(lines[2], format!("# Run it:   just sweep experiments/{name}"));
        assert!(points.len() > 1, "{name}: an experiment compares");
    }
}

#[test]
fn a_committed_lock_is_of_the_experiment_beside_it() {
    let results = tempfile::tempdir().unwrap();
    let mut locks = 0;
    for file in configs("experiments").into_iter().filter(|file| file.with_extension("lock").exists()) {
        locks += 1;
        let precision = load(&file).unwrap().0.experiment.base.train.precision;
        assert_ne!(precision, Precision::Auto, "{}: on another device its runs would be others", file.display());
        let mut titer = std::process::Command::new(env!("CARGO_BIN_EXE_titer"));
        let output = titer.arg("verify").arg(&file).arg("--results").arg(results.path()).output().unwrap();
        // Where a line is broken depends on the path of this folder.
        let told = String::from_utf8_lossy(&output.stderr).replace('│', " ");
        let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
        // 3 would say that the lock knows other inputs or other runs.
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains("not done here"), "{told}");
    }
    assert!(locks > 0);
}
