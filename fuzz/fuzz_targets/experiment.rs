//! An experiment file and its `--set`s (lines `# set: key=value`, as in `tests/configs`): parsed,
//! validated, its grid laid out.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use titer::plan;
use titer_core::{experiment, results::manifest::Inputs};
use titer_fuzz::show;

/// Points beyond which a grid is only read, not laid out: an input must stay quick.
const MOST_POINTS: usize = 64;

fuzz_target!(|text: &str| {
    let sets: Vec<String> = text.lines().filter_map(|line| line.strip_prefix("# set: ")).map(str::to_owned).collect();
    for set in &sets {
        let _ = experiment::set_without_absolute_paths(set);
    }
    let loaded = match experiment::parse(Path::new("fuzz.toml"), text, &sets) {
        Ok(loaded) => loaded,
        Err(error) => return show(&error),
    };
    if loaded.experiment.grid.iter().map(|axis| axis.values.len()).fold(1, usize::saturating_mul) > MOST_POINTS {
        return;
    }
    match plan::expand(&loaded) {
        Ok(points) => {
            let inputs = Inputs { data: "d".into(), weights: "w".into() };
            for point in points {
                let _ = plan::key(&point.settings, &inputs);
            }
        }
        Err(error) => show(&error),
    }
});
