//! Which line of a figure each run belongs to: that of its configuration.

use super::{View, configurations};

/// The lines that a figure of all runs draws.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines {
    /// What distinguishes the lines: the grid's key, or the configuration where it has several.
    pub title: String,
    /// A line per configuration, in the plan's order.
    pub names: Vec<String>,
    /// The line of each run.
    pub of: Vec<usize>,
    /// Whether some line stands for several runs.
    pub repeated: bool,
}

impl Lines {
    /// Groups the runs of a report.
    #[must_use]
    pub fn new(view: &View) -> Self {
        let all = &view.decision.configurations;
        let mut of = vec![0; view.runs.len()];
        for (line, configuration) in all.iter().enumerate() {
            for &run in &configuration.runs {
                of[run] = line;
            }
        }
        let repeated = view.decision.repeated();
        let (title, names): (String, Vec<String>) = match configurations::keys(&view.comparison.points).as_slice() {
            [(_, name)] if repeated => (name.clone(), all.iter().map(|of| of.short.clone()).collect()),
            _ => ("configuration".to_owned(), all.iter().map(|of| of.label.clone()).collect()),
        };
        Self { title, names, of, repeated }
    }

    /// What a line of a figure stands for, as the end of its caption.
    #[must_use]
    pub const fn caption(&self) -> &'static str {
        if self.repeated { "; each line is the mean over a configuration's seeds, its band their range." } else { "." }
    }
}
