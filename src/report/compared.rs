//! What `titer compare` tells: the report's answer, and the numbers it rests on.

use std::fmt;

use serde::Serialize;

use super::{
    View,
    view::{answer::Answer, comparison::Comparison, decision::Decision},
};

/// Finished runs compared, as their report compares them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compared {
    pub answer: Answer,
    #[serde(flatten)]
    pub comparison: Comparison,
    #[serde(flatten)]
    pub decision: Decision,
}

impl From<View> for Compared {
    fn from(View { answer, comparison, decision, .. }: View) -> Self {
        Self { answer, comparison, decision }
    }
}

/// The answer, the configurations, their differences and the runs, for a terminal.
impl fmt::Display for Compared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { answer, comparison, decision } = self;
        writeln!(f, "{}", answer.headline)?;
        for advice in &answer.advice {
            writeln!(f, "\n{}: {}", advice.term, advice.text)?;
        }
        let configurations = decision.repeated().then(|| decision.table(comparison));
        let pairs = (!decision.pairs.pairs.is_empty()).then(|| decision.pairs.table(&decision.configurations));
        for table in configurations.into_iter().chain(pairs).chain([comparison.table()]) {
            write!(f, "\n{}\n\n{table}", table.caption)?;
        }
        Ok(())
    }
}
