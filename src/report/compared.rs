//! What `titer compare` tells: the report's answer, and the numbers it rests on.

use std::fmt;

use serde::Serialize;

use super::{
    View,
    view::{answer::Answer, comparison::Comparison, decision::Decision, yardsticks::Yardsticks},
};

/// Finished runs compared, as their report compares them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compared {
    pub answer: Answer,
    /// `None` where none were taken.
    pub yardsticks: Option<Yardsticks>,
    #[serde(flatten)]
    pub comparison: Comparison,
    #[serde(flatten)]
    pub decision: Decision,
}

impl From<View> for Compared {
    fn from(View { answer, yardsticks, comparison, decision, .. }: View) -> Self {
        Self { answer, yardsticks, comparison, decision }
    }
}

/// The answer with its cautions, the configurations, their differences, the runs and the baselines, for a terminal.
impl fmt::Display for Compared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { answer, yardsticks, comparison, decision } = self;
        writeln!(f, "{}", answer.headline)?;
        if !answer.scope.is_empty() {
            writeln!(f, "\n{}", answer.scope)?;
        }
        for advice in &answer.advice {
            writeln!(f, "\n{}: {}", advice.term, advice.text)?;
        }
        if !answer.sentences.is_empty() {
            writeln!(f, "\n{}", answer.sentences.join("\n"))?;
        }
        if !answer.cautions.is_empty() {
            writeln!(f, "\nKeep in mind:")?;
            answer.cautions.iter().try_for_each(|caution| writeln!(f, "- {caution}"))?;
        }
        let configurations = decision.repeated().then(|| decision.table(comparison));
        let pairs = (!decision.pairs.pairs.is_empty()).then(|| decision.pairs.table(&decision.configurations));
        let baselines = yardsticks.as_ref().map(|yardsticks| yardsticks.table.clone());
        for table in configurations.into_iter().chain(pairs).chain([comparison.table()]).chain(baselines) {
            write!(f, "\n{}\n\n{table}", table.caption)?;
        }
        Ok(())
    }
}
