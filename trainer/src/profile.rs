//! `titer-worker --profile`: the time of a step, by what it is spent on.

use std::{collections::BTreeMap, fmt};

use crate::native::profile::Entry;

/// What an operation belongs to, by its name: the first that a name begins with.
const PARTS: [(&str, &[&str]); 8] = [
    (
        "matrix products",
        &["aten::addmm", "aten::mm", "aten::bmm", "aten::baddbmm", "aten::matmul", "aten::linear", "AddmmBackward", "MmBackward"],
    ),
    ("attention", &["titer::attention", "aten::_scaled_dot_product", "aten::_flash", "aten::_efficient"]),
    ("normalisation", &["titer::norm", "aten::native_layer_norm", "aten::layer_norm"]),
    ("GELU", &["titer::gelu", "aten::gelu"]),
    ("embedding", &["aten::embedding", "EmbeddingBackward"]),
    ("bias gradients", &["aten::sum"]),
    (
        "casts and copies",
        &[
            "aten::_to_copy",
            "aten::to",
            "aten::copy_",
            "aten::cat",
            "aten::contiguous",
            "aten::clone",
            "aten::index",
            "aten::_index",
        ],
    ),
    ("memory", &["aten::empty", "aten::zero", "aten::fill_", "aten::new_", "aten::resize"]),
];
const OTHER: &str = "all else";

/// The phases of a step, in order; the parts are told apart within those marked.
const PHASES: [(&str, bool); 7] = [
    ("data", false),
    ("forward", true),
    ("loss", false),
    ("backward", true),
    ("clipping", false),
    ("optimiser", false),
    ("evaluation", true),
];

/// The entries of a run as a table. Everything but evaluation is given a step.
#[derive(Debug)]
pub struct Profile {
    /// Milliseconds by phase and part, with the share of training.
    rows: Vec<(String, f64, f64)>,
    steps: u64,
}

impl Profile {
    #[must_use]
    pub fn new(entries: &[Entry]) -> Self {
        let is_forward = |entry: &&Entry| entry.phase == "forward" && entry.operation.is_empty();
        let steps = entries.iter().find(is_forward).map_or(0, |entry| entry.calls);
        let mut sums: BTreeMap<(&str, &str), f64> = BTreeMap::new();
        for entry in entries {
            *sums.entry((entry.phase.as_str(), part(&entry.operation))).or_default() += entry.seconds;
        }
        let of_phase = |phase: &str| sums.iter().filter(|((of, _), _)| *of == phase).map(|(_, seconds)| seconds).sum::<f64>();
        let training: f64 = PHASES.iter().filter(|(phase, _)| *phase != "evaluation").map(|(phase, _)| of_phase(phase)).sum();
        let mut rows = Vec::new();
        let mut row = |name: String, seconds: f64| {
            rows.push((name, 1e3 * seconds / steps.max(1) as f64, seconds / training.max(f64::MIN_POSITIVE)));
        };
        for (phase, apart) in PHASES {
            row(phase.to_owned(), of_phase(phase));
            let mut parts: Vec<_> = sums.iter().filter(|((of, _), _)| apart && *of == phase).collect();
            parts.sort_by(|(_, one), (_, two)| two.total_cmp(one));
            for ((_, part), seconds) in parts {
                row(format!("  {part}"), *seconds);
            }
        }
        row("a step".to_owned(), training);
        Self { rows, steps }
    }
}

fn part(operation: &str) -> &'static str {
    let named = PARTS.iter().find(|(_, prefixes)| prefixes.iter().any(|prefix| operation.starts_with(prefix)));
    named.map_or(OTHER, |(part, _)| part)
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:28}{:>10}{:>9}   ({} steps; evaluation divided by them too)", "", "ms/step", "share", self.steps)?;
        for (name, milliseconds, share) in &self.rows {
            writeln!(f, "{name:28}{milliseconds:>10.1}{:>8.1}%", 100.0 * share)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_told_apart_and_shares_are_of_training() {
        let entry = |phase: &str, operation: &str, seconds| Entry {
            phase: phase.to_owned(),
            operation: operation.to_owned(),
            seconds,
            calls: 10,
        };
        let entries = [
            entry("forward", "", 0.0),
            entry("forward", "aten::addmm", 3.0),
            entry("forward", "titer::attention", 1.0),
            entry("backward", "aten::mm", 4.0),
            entry("optimiser", "", 2.0),
            entry("evaluation", "aten::addmm", 5.0),
        ];
        let profile = Profile::new(&entries);
        let row = |name: &str| profile.rows.iter().find(|row| row.0 == name).cloned().unwrap();
        assert_eq!(row("forward"), ("forward".to_owned(), 400.0, 0.4));
        assert_eq!(row("  attention"), ("  attention".to_owned(), 100.0, 0.1));
        assert_eq!(row("a step").1, 1000.0);
        assert_eq!(row("evaluation").1, 500.0);
    }
}
