//! A ridge regression on the mutations of variants: each has its own effect, and effects add up.

use std::collections::BTreeMap;

use ndarray::Array2;

use super::{Baseline, Kind, Outcome, Predictions, Question, ridge::Ridge};
use titer_core::text::short;

pub const BASELINE: Baseline =
    Baseline { id: "one-hot", version: 1, name: "one-hot mutations", tasks: &[Kind::Regression], tool: None, predict };

fn predict(question: &Question<'_>, _: &dyn Fn() -> bool) -> Outcome {
    let Some(wild_type) = question.wild_type.map(str::to_owned).or_else(|| consensus(question)) else {
        return Outcome::not_made("the training proteins are not all of one length, as variants of one protein are");
    };
    let (wild_type, whence) = match question.wild_type {
        Some(_) => (wild_type.as_str(), "the given wild type"),
        None => (wild_type.as_str(), "the most frequent residue of each position"),
    };
    let all = question.known.iter().map(|(sequence, _)| *sequence).chain(question.asked.iter().copied());
    if let Some(other) = all.into_iter().find(|sequence| sequence.len() != wild_type.len()) {
        let why = format!("{} has {} residues, and the wild type {}", short(other), other.len(), wild_type.len());
        return Outcome::not_made(&why);
    }
    let mut columns: BTreeMap<(usize, u8), usize> = BTreeMap::new();
    for mutation in question.known.iter().flat_map(|(sequence, _)| mutations(sequence, wild_type)) {
        let next = columns.len();
        columns.entry(mutation).or_insert(next);
    }
    if columns.is_empty() {
        return Outcome::not_made("the training proteins have no mutation");
    }
    let features = |sequences: &mut dyn ExactSizeIterator<Item = &str>| {
        let mut features = Array2::zeros((sequences.len(), columns.len()));
        for (row, sequence) in sequences.enumerate() {
            for column in mutations(sequence, wild_type).filter_map(|mutation| columns.get(&mutation)) {
                features[[row, *column]] = 1.0;
            }
        }
        features
    };
    let known = features(&mut question.known.iter().map(|(sequence, _)| *sequence));
    match Ridge::fit(known, &question.values()) {
        Ok(ridge) => {
            let positions = columns.keys().map(|(position, _)| position).collect::<std::collections::BTreeSet<_>>().len();
            let made = format!(
                "Ridge regression on the {} mutations of the training proteins, at {} positions, against {whence}; {}.",
                columns.len(),
                positions,
                ridge.strength()
            );
            Outcome::made(made, Predictions::Values(ridge.predict(&features(&mut question.asked.iter().copied()))))
        }
        Err(why) => Outcome::not_made(&why.to_string()),
    }
}

/// Where a sequence differs from another of its length, and by which residue.
fn mutations<'a>(sequence: &'a str, wild_type: &'a str) -> impl Iterator<Item = (usize, u8)> + 'a {
    let residues = sequence.bytes().zip(wild_type.bytes()).enumerate();
    residues.filter(|(_, (residue, wild))| residue != wild).map(|(position, (residue, _))| (position, residue))
}

/// The most frequent residue of each position among the known proteins, of equally frequent ones
/// the first of the alphabet; `None` where they are not all of one length.
fn consensus(question: &Question<'_>) -> Option<String> {
    let length = question.known.first()?.0.len();
    if length == 0 || question.known.iter().any(|(sequence, _)| sequence.len() != length || !sequence.is_ascii()) {
        return None;
    }
    let at = |position: usize| {
        let mut counts = [0_usize; 128];
        for (sequence, _) in &question.known {
            counts[usize::from(sequence.as_bytes()[position])] += 1;
        }
        char::from(
            (0..128_u8)
                .fold(0, |most, residue| if counts[usize::from(residue)] > counts[usize::from(most)] { residue } else { most }),
        )
    };
    Some((0..length).map(at).collect())
}
