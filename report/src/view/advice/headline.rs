//! The answer in one sentence, and before it what speaks against the choice.

use super::{Standing, listed};
use crate::view::{
    capitalised, format,
    pairs::Pair,
    scale,
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
            Some(doubt @ (Doubt::OneClass { .. } | Doubt::OneValue { .. })) => {
                let same = match doubt {
                    Doubt::OneClass { class } => cut(class, 60),
                    Doubt::OneValue { value } => format!("nearly the same value ({})", format::significant(*value, 3)),
                    _ => String::new(),
                };
                let learned = format!(
                    "Nothing was learned: {} predicts {same} for every protein, {} {}{}.",
                    self.subject(),
                    self.reached(self.chosen),
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
        let named = |beside: &super::Beside| format!(", {} ({})", beside.baseline, scale::named(self.metric, beside.score));
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
        let (reached, on, over) = (self.reached(self.chosen), self.on(), Self::over(self.chosen));
        let opening = format!("{name} reaches {reached} {on}{over}");
        match verdict.outcome {
            Outcome::Sole => format!("{opening}."),
            Outcome::Alone => format!("Only {} was scored: {reached} {on}{over}.", self.chosen.name()),
            Outcome::Apart => {
                let (it, others) = (self.by(), verdict.apart.len() as u64);
                format!("{opening} and is chosen by {it}; {}.", tested(others))
            }
            Outcome::Best => {
                let than = match verdict.worse.as_slice() {
                    [only] => self.others(&[*only]),
                    [_, _] => "both others".to_owned(),
                    many => format!("all {} others", format::count(many.len() as u64)),
                };
                format!(
                    "{name} is better than {than}: {reached} {on}{over}, {} {}.",
                    self.ahead(&verdict.worse),
                    scale::more(self.metric)
                )
            }
            Outcome::Leads => {
                let mut parts = vec![format!("better than {}", self.others(&verdict.worse))];
                parts.extend(self.equal());
                format!("{opening}: {}{}.", parts.join(", "), self.elsewhere())
            }
            Outcome::Tied => self.tied(),
            Outcome::Contradicted => {
                let first = &self.configurations[verdict.better[0]];
                let others = self.others(&verdict.better);
                let are = if verdict.better.len() == 1 { "is" } else { "are" };
                format!(
                    "Validation and test disagree: {} chooses {} ({reached} {on}{over}), but on the test set {others} {are} significantly better ({} {}{}).",
                    self.by(),
                    self.chosen.name(),
                    self.ahead(&verdict.better),
                    scale::more(self.metric),
                    if verdict.better.len() == 1 {
                        Self::over(first).replace(" (", ", ").replace(')', "")
                    } else {
                        String::new()
                    },
                )
            }
        }
    }

    /// `equivalent to 1e-4`, `indistinguishable from 2e-5`: what can be said of the others that are
    /// not significantly different.
    fn equal(&self) -> Vec<String> {
        let verdict = self.verdict;
        let unknown: Vec<usize> = verdict.tied.iter().copied().filter(|of| !verdict.equivalent.contains(of)).collect();
        let mut parts = Vec::new();
        if !verdict.equivalent.is_empty() {
            parts.push(format!("equivalent to {}{}", self.others(&verdict.equivalent), self.within()));
        }
        if !unknown.is_empty() {
            parts.push(format!("indistinguishable from {}", self.others(&unknown)));
        }
        parts
    }

    /// ` (within 1.0 point)`: the region of practical equivalence.
    fn within(&self) -> String {
        let within = |margin| format!(" (within {})", scale::difference(self.metric, margin));
        self.pairs.equivalent.map_or_else(String::new, within)
    }

    fn tied(&self) -> String {
        let verdict = self.verdict;
        let (name, reached) = (self.chosen.name(), self.reached(self.chosen));
        let over = Self::over(self.chosen);
        match verdict.tied.as_slice() {
            [only] if verdict.apart.is_empty() => {
                let other = &self.configurations[*only];
                let same = if verdict.identical.is_empty() { String::new() } else { format!(", {}", scale::same(self.metric)) };
                let opening = match verdict.equivalent.as_slice() {
                    [] => "No significant difference".to_owned(),
                    _ => format!("Equivalent{}", self.within()),
                };
                format!(
                    "{opening}: {name} reaches {reached}{over} and {} {}{}, {}{same}.",
                    self.others(&[*only]),
                    self.reached(other),
                    Self::over(other),
                    self.on(),
                )
            }
            tied if verdict.equivalent.len() == tied.len() => format!(
                "{} equivalent configurations{}: {name}, chosen by {}, reaches {reached} {}{over}{}.",
                capitalised(&format::count(tied.len() as u64 + 1)),
                self.within(),
                self.by(),
                self.on(),
                self.elsewhere(),
            ),
            tied if verdict.equivalent.is_empty() => format!(
                "No significant difference among {} configurations: {name}, chosen by {}, reaches {reached} {}{over}{}.",
                format::count(tied.len() as u64 + 1),
                self.by(),
                self.on(),
                self.elsewhere(),
            ),
            _ => format!(
                "{}, chosen by {}, reaches {reached} {}{over}: {}{}.",
                capitalised(&name),
                self.by(),
                self.on(),
                listed(&self.equal()),
                self.elsewhere(),
            ),
        }
    }

    /// By how much the choice differs from others: `3.2 points`, `0.8 to 12.1 points`.
    fn ahead(&self, others: &[usize]) -> String {
        let sizes: Vec<f64> =
            others.iter().filter_map(|&other| self.pair(other)).map(|Pair { difference, .. }| difference.abs()).collect();
        match sizes.as_slice() {
            [only] => scale::difference(self.metric, *only),
            many => {
                let [low, high] = [f64::min, f64::max].map(|pick| many.iter().copied().reduce(pick).unwrap_or(f64::NAN));
                scale::from_to(self.metric, [low, high])
            }
        }
    }

    fn elsewhere(&self) -> String {
        match self.verdict.apart.len() as u64 {
            0 => String::new(),
            others => format!("; {}", tested(others)),
        }
    }
}

fn tested(others: u64) -> String {
    format!("{} cannot be compared on the same proteins", format::counted(others, "other"))
}
