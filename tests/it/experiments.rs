//! The experiments that are handed out.

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
