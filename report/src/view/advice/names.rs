//! How others are named in a sentence that has named the choice.

use super::Standing;
use crate::view::{configurations::Configuration, format};

/// Others that are named; of more their number.
const NAMED: usize = 4;

impl Standing<'_> {
    /// `5e-4`; `the one with 5e-4` of a single run; `1e-5 and 2e-5`; `7 others`.
    pub(super) fn others(&self, places: &[usize]) -> String {
        let of = |place: &usize| &self.configurations[*place];
        let all_single = places.iter().all(|place| of(place).replicates.scored == 1);
        match places {
            [only] => one(of(only)),
            many if many.len() > NAMED => format!("{} others", format::count(many.len() as u64)),
            many if all_single && !many.iter().any(|place| is_phrase(of(place))) => {
                format!("those with {}", listed(&many.iter().map(|place| of(place).short.clone()).collect::<Vec<_>>()))
            }
            many => listed(&many.iter().map(|place| one(of(place))).collect::<Vec<_>>()),
        }
    }
}

fn one(other: &Configuration) -> String {
    match other.replicates.scored {
        1 if !is_phrase(other) => format!("the one with {}", other.short),
        _ => other.short.clone(),
    }
}

/// Whether the label names a run or an experiment by itself.
fn is_phrase(of: &Configuration) -> bool {
    of.label.starts_with("run ") || of.label.starts_with("the ")
}

/// `a`, `a and b`, `a, b and c`.
pub(in crate::view) fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::listed;

    #[test]
    fn names_are_listed_as_one_reads_them() {
        let names = ["a", "b", "c"].map(str::to_owned);
        assert_eq!([0, 1, 2, 3].map(|count| listed(&names[..count])), ["", "a", "a and b", "a, b and c"]);
    }
}
