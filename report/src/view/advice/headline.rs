//! The answer in one sentence, and before it what speaks against the choice.

use super::Standing;
use crate::view::{
    capitalised, format,
    pairs::Pair,
    verdict::{Doubt, Outcome},
};
use titer_core::text::cut;

impl Standing<'_> {
    /// What the numbers support.
    #[must_use]
    pub fn headline(&self) -> String {
        let standing = self.standing();
        match &self.verdict.doubt {
            None => standing,
            Some(Doubt::OneClass { class }) => {
                let learned = format!(
                    "Nothing was learned: {} predicts {} for every protein, {} {}{}.",
                    self.subject(),
                    cut(class, 60),
                    Self::reached(self.chosen),
                    self.on(),
                    Self::over(self.chosen),
                );
                // Which of several such models is chosen is of no interest; that another is better is.
                if self.verdict.outcome == Outcome::Contradicted { format!("{learned} {standing}") } else { learned }
            }
            Some(Doubt::BelowBaseline) => format!("Worse than the best baseline{}. {standing}", self.baseline()),
            Some(Doubt::NotAboveBaseline) => {
                format!("Not significantly better than the best baseline{}. {standing}", self.baseline())
            }
        }
    }

    /// `, best MMseqs2 hit (79.0% accuracy)`.
    fn baseline(&self) -> String {
        let named = |beside: &super::Beside| format!(", {} ({} accuracy)", beside.baseline, format::percent(beside.accuracy));
        self.beside.map_or_else(String::new, named)
    }

    /// What the first sentence is about.
    fn subject(&self) -> String {
        match (self.verdict.outcome, self.chosen.replicates.scored) {
            (Outcome::Sole, 1) => "this run".to_owned(),
            (Outcome::Sole, _) => "this configuration".to_owned(),
            _ => self.chosen.name(),
        }
    }

    fn standing(&self) -> String {
        let verdict = self.verdict;
        let name = capitalised(&self.subject());
        let (reached, on, over) = (Self::reached(self.chosen), self.on(), Self::over(self.chosen));
        let opening = format!("{name} reaches {reached} {on}{over}");
        match verdict.outcome {
            Outcome::Sole => format!("{opening}."),
            Outcome::Alone => format!("Only {} was scored: {reached} {on}{over}.", self.chosen.name()),
            Outcome::Apart => {
                let (it, others) = (self.by(), verdict.apart.len() as u64);
                format!("{opening} and is chosen by {it}; {} on other proteins and cannot be compared.", tested(others))
            }
            Outcome::Best => {
                let than = match verdict.worse.as_slice() {
                    [only] => self.others(&[*only]),
                    [_, _] => "both others".to_owned(),
                    many => format!("all {} others", format::count(many.len() as u64)),
                };
                format!("{name} is better than {than}: {reached} {on}{over}, {} more.", self.ahead(&verdict.worse))
            }
            Outcome::Leads => {
                let mut parts = vec![format!("better than {}", self.others(&verdict.worse))];
                if !verdict.tied.is_empty() {
                    parts.push(format!("indistinguishable from {}", self.others(&verdict.tied)));
                }
                format!("{opening}: {}{}.", parts.join(", "), self.elsewhere())
            }
            Outcome::Tied => self.tied(),
            Outcome::Contradicted => {
                let first = &self.configurations[verdict.better[0]];
                let others = self.others(&verdict.better);
                let are = if verdict.better.len() == 1 { "is" } else { "are" };
                format!(
                    "Validation and test disagree: {} chooses {} ({reached} {on}{over}), but on the test set {others} {are} significantly better ({} more{}).",
                    self.by(),
                    self.chosen.name(),
                    self.ahead(&verdict.better),
                    if verdict.better.len() == 1 {
                        Self::over(first).replace(" (", ", ").replace(')', "")
                    } else {
                        String::new()
                    },
                )
            }
        }
    }

    fn tied(&self) -> String {
        let verdict = self.verdict;
        let (name, reached) = (self.chosen.name(), Self::reached(self.chosen));
        let over = Self::over(self.chosen);
        match verdict.tied.as_slice() {
            [only] if verdict.apart.is_empty() => {
                let other = &self.configurations[*only];
                let same = if verdict.identical.is_empty() {
                    String::new()
                } else {
                    ", correct on exactly the same proteins".to_owned()
                };
                format!(
                    "No significant difference: {name} reaches {reached}{over} and {} {}{}, {}{same}.",
                    self.others(&[*only]),
                    Self::reached(other),
                    Self::over(other),
                    self.on(),
                )
            }
            tied => format!(
                "No significant difference among {} configurations: {name}, chosen by {}, reaches {reached} {}{over}{}.",
                format::count(tied.len() as u64 + 1),
                self.by(),
                self.on(),
                self.elsewhere(),
            ),
        }
    }

    /// By how much the choice differs from others: `3.2 points`, `0.8 to 12.1 points`.
    fn ahead(&self, others: &[usize]) -> String {
        let sizes: Vec<f64> =
            others.iter().filter_map(|&other| self.pair(other)).map(|Pair { difference, .. }| difference.abs()).collect();
        match sizes.as_slice() {
            [only] => format::points(*only),
            many => {
                let [low, high] = [f64::min, f64::max].map(|pick| many.iter().copied().reduce(pick).unwrap_or(f64::NAN));
                format::points_from_to([low, high])
            }
        }
    }

    fn elsewhere(&self) -> String {
        match self.verdict.apart.len() as u64 {
            0 => String::new(),
            others => format!("; {} on other proteins", tested(others)),
        }
    }
}

fn tested(others: u64) -> String {
    if others == 1 { "1 other was tested".to_owned() } else { format!("{} others were tested", format::count(others)) }
}
