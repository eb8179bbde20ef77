//! Which configuration to use, by which rule, or why none yet.

use titer_core::metric::Better;

use super::{Standing, names::listed};
use crate::view::{
    choice::By,
    comparison::selection_score,
    verdict::{Doubt, Outcome},
};

/// Tied configurations whose validation values are given.
const TOLD: usize = 3;

impl Standing<'_> {
    /// `None` where there was nothing to choose from.
    pub(super) fn usage(&self) -> Option<String> {
        let several = self.configurations.len() > 1;
        let label = &self.chosen.label;
        Some(match (&self.verdict.doubt, self.verdict.outcome) {
            (_, Outcome::Contradicted) => format!(
                "neither without another check: {label} by {}{}, {} by the test set. Choosing on the test set inflates the test score.",
                self.by(),
                self.value(self.verdict.chosen).map_or_else(String::new, |value| format!(" ({value})")),
                self.others(&self.verdict.better),
            ),
            (Some(doubt @ (Doubt::OneClass { .. } | Doubt::OneValue { .. })), _) => {
                let same = if matches!(doubt, Doubt::OneClass { .. }) { "the same class" } else { "nearly the same value" };
                if several {
                    let by = super::super::capitalised(&self.by());
                    format!("none of these. {by} prefers {label}, which predicts {same} for every protein.")
                } else {
                    format!("not this model: it predicts {same} for every protein.")
                }
            }
            (Some(Doubt::BelowBaseline), _) => {
                format!("the baseline{}: it scores better, and it is simpler.", self.among(several))
            }
            (Some(Doubt::NotAboveBaseline), _) => {
                format!("the baseline, unless there is another reason to prefer a fine-tuned model{}.", self.among(several))
            }
            (None, _) if several => format!("{}.", self.chosen_by()),
            (None, _) => return None,
        })
    }

    /// What remains to be said of the models where none is recommended.
    fn among(&self, several: bool) -> String {
        if several { format!(" (among the models: {})", self.chosen_by()) } else { String::new() }
    }

    /// `learning rate 1e-4, chosen by validation F1 (0.8945, mean over 3 seeds); …`.
    fn chosen_by(&self) -> String {
        let label = &self.chosen.label;
        if let By::Compared(metric, why) = self.choice.by {
            let best = if metric.better == Better::Higher { "highest" } else { "lowest" };
            return format!("{label}, which has the {best} {}; validation cannot decide: {}", self.by(), why.in_words());
        }
        let value = self.value(self.verdict.chosen).unwrap_or_default();
        let over = match self.chosen.replicates.scored {
            1 => String::new(),
            _ => format!(", mean over {}", self.chosen.replicates.over()),
        };
        let tied = &self.verdict.tied;
        let own = format!("{label}, chosen by {} ({value}{over})", self.by());
        if tied.is_empty() || tied.len() > TOLD {
            return own;
        }
        let other = |place: &usize| {
            let value = self.value(*place).unwrap_or_default();
            format!("{} ({value} on validation)", self.configurations[*place].short)
        };
        let (equivalent, unknown): (Vec<usize>, Vec<usize>) = tied.iter().partition(|of| self.verdict.equivalent.contains(of));
        let [equals, unknowns] = [&equivalent, &unknown].map(|of| listed(&of.iter().map(other).collect::<Vec<_>>()));
        match (equivalent.is_empty(), unknown.is_empty()) {
            (false, true) => format!("{own}; on the test set it is equivalent to {equals}: the simpler or cheaper one will do"),
            (false, false) => format!(
                "{own}; on the test set it is equivalent to {equals}, and not distinguishable from {unknowns}, where validation decides"
            ),
            (true, _) => format!("{own}; the test set does not distinguish it from {unknowns}, so validation decides"),
        }
    }

    /// The value that the choice went by, as a reader knows it.
    fn value(&self, place: usize) -> Option<String> {
        let By::Validation(selection) = self.choice.by else { return None };
        self.choice.values[place].map(|value| selection_score(selection, value))
    }
}
