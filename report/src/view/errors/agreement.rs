//! Whether the runs predict the same, correct or not.

use serde::Serialize;

use super::tested::{Tested, TestedRun};
use crate::view::format;

/// Runs up to which every pair of them is drawn.
const DRAWN: usize = 100;

/// How alike the predictions of every two runs are.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Agreement {
    pub sentence: String,
    pub labels: Vec<String>,
    /// The share of proteins for which two runs predict the same; empty where there are two runs,
    /// or more than can be drawn.
    pub shares: Vec<Vec<f64>>,
    /// Cohen's kappa of the same pairs; `None` where it has no value.
    pub kappas: Vec<Vec<Option<f64>>>,
}

impl Agreement {
    /// `None` where there are not two runs.
    #[must_use]
    pub fn new(tested: &Tested<'_>, labels: &[&str]) -> Option<Self> {
        let classes: Vec<Vec<usize>> = tested.runs.iter().map(|run| classes(run, tested.classes)).collect();
        let runs = classes.len();
        let mut pairs: Vec<(usize, usize, f64, Option<f64>)> = Vec::new();
        for one in 0..runs {
            for other in one + 1..runs {
                let (share, kappa) = alike(&classes[one], &classes[other], tested.classes.len());
                pairs.push((one, other, share, kappa));
            }
        }
        let mut agreement =
            Self { sentence: sentence(&pairs, labels)?, labels: Vec::new(), shares: Vec::new(), kappas: Vec::new() };
        if (3..=DRAWN).contains(&runs) {
            agreement.labels = labels.iter().map(|label| (*label).to_owned()).collect();
            agreement.shares = vec![vec![1.0; runs]; runs];
            agreement.kappas = vec![vec![Some(1.0); runs]; runs];
            for (one, other, share, kappa) in pairs {
                (agreement.shares[one][other], agreement.shares[other][one]) = (share, share);
                (agreement.kappas[one][other], agreement.kappas[other][one]) = (kappa, kappa);
            }
        }
        Some(agreement)
    }
}

fn classes(run: &TestedRun<'_>, names: &[String]) -> Vec<usize> {
    // A name that is none of the classes is a class of its own.
    run.rows.iter().map(|row| names.iter().position(|name| *name == row.predicted).unwrap_or(names.len())).collect()
}

/// The share of equal predictions, and Cohen's kappa: how much of what chance leaves open they
/// agree on.
fn alike(one: &[usize], other: &[usize], classes: usize) -> (f64, Option<f64>) {
    let n = one.len() as f64;
    let share = one.iter().zip(other).filter(|(this, that)| this == that).count() as f64 / n;
    let count = |run: &[usize], class: usize| run.iter().filter(|&&predicted| predicted == class).count() as f64;
    let by_chance: f64 = (0..=classes).map(|class| count(one, class) * count(other, class)).sum::<f64>() / (n * n);
    (share, (by_chance < 1.0).then(|| (share - by_chance) / (1.0 - by_chance)))
}

fn sentence(pairs: &[(usize, usize, f64, Option<f64>)], labels: &[&str]) -> Option<String> {
    let by_share = |one: &&(usize, usize, f64, Option<f64>), other: &&(usize, usize, f64, Option<f64>)| one.2.total_cmp(&other.2);
    let (least, most) = (pairs.iter().min_by(by_share)?, pairs.iter().max_by(by_share)?);
    let kappa =
        |kappa: Option<f64>| kappa.map_or_else(String::new, |kappa| format!(", Cohen's kappa {}", format::decimal(kappa, 2)));
    if pairs.len() == 1 {
        return Some(format!(
            "The two runs predict the same class for {} of the proteins{}.",
            format::percent(most.2),
            kappa(most.3)
        ));
    }
    let mean = pairs.iter().map(|pair| pair.2).sum::<f64>() / pairs.len() as f64;
    let named = |pair: &(usize, usize, f64, Option<f64>)| {
        format!("{} ({} and {}{})", format::percent(pair.2), labels[pair.0], labels[pair.1], kappa(pair.3))
    };
    Some(format!(
        "Two runs predict the same class for {} of the proteins on average, from {} to {}.",
        format::percent(mean),
        named(least),
        named(most)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// scikit-learn's `cohen_kappa_score`.
    #[test]
    fn kappa_is_what_is_agreed_beyond_chance() {
        let (share, kappa) = alike(&[0, 0, 1, 1, 2, 2, 0, 1], &[0, 1, 1, 1, 2, 0, 0, 2], 3);
        assert_eq!(share, 0.625);
        assert!((kappa.unwrap() - 0.428_571_428_571_428_6).abs() < 1e-12, "{kappa:?}");
        assert_eq!(alike(&[0, 0], &[0, 0], 2), (1.0, None), "chance alone would agree as well");
    }
}
