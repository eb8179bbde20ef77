//! The caution about how runs were computed: what moves numbers beside the settings that are
//! compared.

use crate::inputs::RunTables;
use titer_core::results::manifest::Machine;

/// What moves numbers, and its value for a run that has one.
type Way = (&'static str, fn(&RunTables) -> Option<String>);

const WAYS: [Way; 4] = [
    ("precision", |run| Some(run.manifest.outcome.precision.name().to_owned())),
    ("device", |run| Some(device(&run.manifest.machine))),
    ("kernels", |run| run.manifest.machine.kernels.clone()),
    ("libtorch", |run| Some(run.manifest.versions.libtorch.clone())),
];

/// Where runs that are compared were computed differently. A precision that the settings name is a
/// setting like others.
pub(super) fn caution(runs: &[&RunTables]) -> Option<String> {
    let named = |run: &RunTables| run.manifest.settings.train.precision;
    let is_setting = runs.windows(2).any(|pair| named(pair[0]) != named(pair[1]));
    let ways = WAYS.iter().filter(|(what, _)| !(is_setting && *what == "precision"));
    let apart = ways.filter_map(|(what, of)| {
        let mut values: Vec<String> = runs.iter().filter_map(|run| of(run)).collect();
        values.sort_unstable();
        values.dedup();
        (values.len() > 1).then(|| format!("{what} {}", values.join(" and ")))
    });
    let apart: Vec<String> = apart.collect();
    (!apart.is_empty()).then(|| {
        format!(
            "The runs were not all computed in the same way ({}): part of any difference may come from that.",
            apart.join("; ")
        )
    })
}

/// The kind of device: GPUs of one architecture compute alike.
fn device(machine: &Machine) -> String {
    match (&machine.gpu, &machine.architecture) {
        (None, _) => "CPU".to_owned(),
        (Some(_), Some(architecture)) => format!("GPU of compute capability {architecture}"),
        (Some(name), None) => name.clone(),
    }
}
