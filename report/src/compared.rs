//! What `titer compare` prints: the report's answer, and the numbers it rests on.

use std::fmt;

use serde::Serialize;

use super::{
    View,
    view::{answer::Answer, comparison::Comparison, decision::Decision, table::Table},
};

/// Finished runs compared, as their report compares them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compared {
    pub answer: Answer,
    #[serde(flatten)]
    pub comparison: Comparison,
    #[serde(flatten)]
    pub decision: Decision,
    /// What simple methods reach, where any were tried: for the terminal.
    #[serde(skip)]
    pub baselines: Option<Table>,
}

impl From<View> for Compared {
    fn from(View { answer, comparison, decision, baselines, .. }: View) -> Self {
        let baselines = baselines.filter(|baselines| !baselines.taken.is_empty()).map(|baselines| baselines.table);
        Self { answer, comparison, decision, baselines }
    }
}

/// The answer, the configurations, their differences, the runs, the baselines and the cautions, for
/// a terminal.
impl fmt::Display for Compared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { answer, comparison, decision, baselines } = self;
        writeln!(f, "{}", answer.headline)?;
        if !answer.scope.is_empty() {
            writeln!(f, "\n{}", answer.scope)?;
        }
        for advice in &answer.advice {
            writeln!(f, "\n{}: {}", advice.term, advice.text)?;
        }
        for sentence in &answer.sentences {
            write!(f, "\n{sentence}")?;
        }
        if !answer.sentences.is_empty() {
            writeln!(f)?;
        }
        let configurations = decision.repeated().then(|| decision.table(comparison));
        let pairs = (!decision.pairs.pairs.is_empty()).then(|| decision.pairs.table(&decision.configurations));
        for table in configurations.into_iter().chain(pairs).chain([comparison.table()]).chain(baselines.clone()) {
            write!(f, "\n{}\n\n{table}", table.caption)?;
        }
        if !answer.cautions.is_empty() {
            writeln!(f, "\nKeep in mind:")?;
            answer.cautions.iter().try_for_each(|caution| writeln!(f, "- {caution}"))?;
        }
        Ok(())
    }
}
