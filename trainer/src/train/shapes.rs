//! The few shapes that the batches of a run are filled up to, so that a step can be recorded once
//! and replayed for all of a shape.
//!
//! The order of every epoch follows from its seed, so all batches are known before the first step.
//! They are chosen for all of them, wherever a run is taken up again: the shape of a batch decides
//! the last bits of what comes of it.

use std::collections::BTreeMap;

use titer_core::{data::tokens::MASK, experiment::TrainSettings};

use super::{Examples, order};
use crate::model::batch::Shape;

/// Shapes, each for the batches with at most so many tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shapes {
    /// Proteins of a batch that is filled up: those of most batches. The last batch of an epoch has
    /// fewer.
    proteins: usize,
    /// By the tokens of the largest batch that takes the shape, from the smallest.
    by_most: BTreeMap<usize, Shape>,
}

/// What a shape must have room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    pub proteins: usize,
    pub tokens: usize,
    /// Of its longest protein, in tokens.
    pub longest: usize,
}

impl Size {
    #[must_use]
    pub fn of(sequences: &[&[u8]]) -> Self {
        let lengths = || sequences.iter().map(|sequence| sequence.len());
        Self { proteins: sequences.len(), tokens: lengths().sum(), longest: lengths().max().unwrap_or(0) }
    }
}

impl Shapes {
    /// More shapes save little: each costs a recording, and four leave a surplus of some 5 % at a
    /// batch size of 16.
    pub const MOST: usize = 4;
    /// The largest batch that is filled up, in tokens: the kernels of larger ones take longer than
    /// their launches, and a surplus too.
    const LARGEST: usize = 16_384;
    /// Tokens are rounded up to a multiple: matrix products are quicker where their sides are.
    const STEP: usize = 8;

    /// For every step of a recipe's schedule: where `train.stop-after` ends the training, the steps
    /// before are computed as they are without it.
    #[must_use]
    pub fn plan(recipe: &TrainSettings, train: &Examples) -> Self {
        let steps = recipe.scheduled(train.len()).total as usize;
        // The last batch of an epoch may be smaller.
        let full = recipe.batch_size.min(train.len());
        let orders = (0..recipe.epochs).map(|epoch| order::shuffled(recipe.seed, epoch, train.len()));
        let sizes = orders.flat_map(|order| {
            let of = |indices: &[usize]| Self::takes(&train.at(indices).0);
            order.chunks(recipe.batch_size).map(of).collect::<Vec<_>>()
        });
        Self::choose(sizes.take(steps).flatten().filter(|size| size.proteins == full))
    }

    /// The shapes for batches of these sizes: of all choices of at most [`Self::MOST`] one with the
    /// fewest tokens of surplus.
    #[must_use]
    pub fn choose(sizes: impl IntoIterator<Item = Size>) -> Self {
        let mut by_tokens: BTreeMap<(usize, usize), (u64, usize)> = BTreeMap::new();
        for Size { proteins, tokens, longest } in sizes {
            let (count, most) = by_tokens.entry((proteins, tokens)).or_default();
            (*count, *most) = (*count + 1, longest.max(*most));
        }
        let Some((&(proteins, _), _)) = by_tokens.last_key_value() else { return Self::default() };
        let full: Vec<(usize, u64, usize)> =
            by_tokens.range((proteins, 0)..).map(|(&(_, tokens), &(count, longest))| (tokens, count, longest)).collect();
        let totals: Vec<(usize, u64)> = full.iter().map(|&(tokens, count, _)| (tokens, count)).collect();
        let mut by_most = BTreeMap::new();
        let mut start = 0;
        for last in partition(&totals, Self::MOST) {
            let group = &full[start..=last];
            let longest = group.iter().map(|&(.., longest)| longest).max().unwrap_or(0);
            by_most.insert(full[last].0, Self::around(proteins, full[start].0, full[last].0, longest));
            start = last + 1;
        }
        Self { proteins, by_most }
    }

    /// The shape for batches of so many proteins, `least` to `most` tokens, and none longer than
    /// `longest`.
    ///
    /// The surplus is sequences too, none much longer than a protein: attention takes its time by
    /// the square of the length.
    fn around(proteins: usize, least: usize, most: usize, longest: usize) -> Shape {
        let surplus = (most - least + Self::STEP).div_ceil(longest.saturating_sub(1).max(1)).max(1);
        let tokens = (most + surplus).next_multiple_of(Self::STEP);
        // No sequence may be said to be longer than the batch: memory-efficient attention refuses
        // that.
        let longest = longest.max((tokens - least).div_ceil(surplus)).min(tokens);
        Shape { tokens: tokens as i64, sequences: (proteins + surplus) as i64, longest: longest as i64 }
    }

    /// The size of a batch that can be filled up: not of one that is large, nor of one with
    /// `<mask>`, of which the model reads more.
    fn takes(sequences: &[&[u8]]) -> Option<Size> {
        let size = Size::of(sequences);
        (size.tokens <= Self::LARGEST && !sequences.iter().any(|sequence| sequence.contains(&MASK))).then_some(size)
    }

    /// The shape that a batch is filled up to; `None` where it is computed as it is.
    #[must_use]
    pub fn of(&self, sequences: &[&[u8]]) -> Option<Shape> {
        let size = Self::takes(sequences).filter(|size| size.proteins == self.proteins)?;
        let (_, shape) = self.by_most.range(size.tokens..).next()?;
        (shape.longest >= size.longest as i64).then_some(*shape)
    }

    /// From the one with most tokens.
    pub fn all(&self) -> impl Iterator<Item = Shape> {
        self.by_most.values().rev().copied()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_most.is_empty()
    }
}

/// Splits totals, in rising order with how often each occurs, into at most so many groups, so that
/// the sum of what is missing to the largest of a group is least. Gives the place of each group's
/// last.
///
/// The classic dynamic programme, in O(groups · n log n): the best start of a group moves on with
/// its end.
fn partition(totals: &[(usize, u64)], groups: usize) -> Vec<usize> {
    let (mut counts, mut sums) = (vec![0_u64], vec![0_u64]);
    for &(tokens, count) in totals {
        counts.push(counts[counts.len() - 1] + count);
        sums.push(sums[sums.len() - 1] + count * tokens as u64);
    }
    // Of a group from `start` to before `end`.
    let missing = |start: usize, end: usize| {
        let filled = if start < end { totals[end - 1].0 as u64 * (counts[end] - counts[start]) } else { 0 };
        filled - (sums[end] - sums[start])
    };
    // For each number of groups and each end: what is missing at least, and where the last group
    // starts. `None`: impossible.
    let mut before: Vec<Option<u64>> = vec![None; totals.len() + 1];
    before[0] = Some(0);
    let mut starts = Vec::new();
    for _ in 0..groups {
        let mut layer = vec![(None, 0); totals.len() + 1];
        fill(&mut layer, &before, &missing, (0, totals.len() + 1), (0, totals.len()));
        before = layer.iter().map(|(least, _)| *least).collect();
        starts.push(layer.into_iter().map(|(_, start)| start).collect::<Vec<_>>());
    }
    let (mut end, mut lasts) = (totals.len(), Vec::new());
    for starts in starts.iter().rev() {
        if starts[end] < end {
            lasts.push(end - 1);
        }
        end = starts[end];
    }
    lasts.reverse();
    lasts
}

/// Fills in a layer for the ends from `first` to before `past`, whose best starts lie between `low`
/// and `high`.
fn fill(
    layer: &mut [(Option<u64>, usize)],
    before: &[Option<u64>],
    missing: &impl Fn(usize, usize) -> u64,
    (first, past): (usize, usize),
    (low, high): (usize, usize),
) {
    if first >= past {
        return;
    }
    let end = first.midpoint(past - 1);
    let candidates = (low..=high.min(end)).filter_map(|start| Some((before[start]? + missing(start, end), start)));
    let best = candidates.min();
    layer[end] = best.map_or((None, low), |(least, start)| (Some(least), start));
    let start = layer[end].1;
    fill(layer, before, missing, (first, end), (low, start));
    fill(layer, before, missing, (end + 1, past), (start, high));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that look like chance, the same every time.
    fn numbers(seed: u64) -> impl FnMut(usize) -> usize {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        move |below| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 33) as usize % below
        }
    }

    fn missing(totals: &[(usize, u64)], lasts: &[usize]) -> u64 {
        let group = |place: usize| lasts.iter().copied().find(|&last| last >= place).unwrap();
        (0..totals.len()).map(|place| (totals[group(place)].0 - totals[place].0) as u64 * totals[place].1).sum()
    }

    /// By trying all.
    fn least(totals: &[(usize, u64)], groups: usize) -> u64 {
        let inner = totals.len() - 1;
        let choices = (0..1_u32 << inner).filter(|choice| (choice.count_ones() as usize) < groups);
        let lasts = |choice: u32| (0..inner).filter(move |place| choice >> place & 1 == 1).chain([inner]).collect::<Vec<_>>();
        choices.map(|choice| missing(totals, &lasts(choice))).min().unwrap()
    }

    #[test]
    fn the_partition_is_the_best_of_all() {
        for seed in 0..600 {
            let mut next = numbers(seed);
            let (mut total, mut totals) = (0, Vec::new());
            for _ in 0..=next(11) {
                total += 1 + next([2, 10, 1000][seed as usize % 3]);
                totals.push((total, 1 + next(5) as u64));
            }
            for groups in 1..=5 {
                let lasts = partition(&totals, groups);
                assert!(!lasts.is_empty() && lasts.len() <= groups && lasts.is_sorted(), "{lasts:?}");
                assert_eq!(lasts.last(), Some(&(totals.len() - 1)));
                assert_eq!(missing(&totals, &lasts), least(&totals, groups), "{groups} groups of {totals:?}: {lasts:?}");
            }
        }
        assert!(partition(&[], 4).is_empty());
    }

    fn sizes(batches: &[Vec<usize>]) -> Vec<Size> {
        let of = |lengths: &Vec<usize>| Size {
            proteins: lengths.len(),
            tokens: lengths.iter().sum(),
            longest: lengths.iter().copied().max().unwrap_or(0),
        };
        batches.iter().map(of).collect()
    }

    /// What must hold of every batch that is filled up: room for it, a token at least for each
    /// sequence of surplus, and no sequence longer than is said, nor said to be longer than the
    /// batch.
    fn assert_fits(shapes: &Shapes, lengths: &[usize]) -> usize {
        let residues: Vec<Vec<u8>> = lengths.iter().map(|&length| vec![5; length]).collect();
        let sequences: Vec<&[u8]> = residues.iter().map(Vec::as_slice).collect();
        let shape = shapes.of(&sequences).unwrap_or_else(|| panic!("no shape for {lengths:?} in {shapes:?}"));
        let all = shape.filled(lengths);
        let told = || format!("{lengths:?} in {shape:?}");
        assert_eq!(&all[..lengths.len()], lengths, "{}", told());
        assert_eq!((all.len() as i64, all.iter().sum::<usize>() as i64), (shape.sequences, shape.tokens), "{}", told());
        assert!(all.iter().all(|&length| length > 0 && length as i64 <= shape.longest), "{}: {all:?}", told());
        assert!(shape.longest <= shape.tokens, "{}", told());
        assert_eq!(shape.tokens % 8, 0, "{}", told());
        shape.tokens as usize - lengths.iter().sum::<usize>()
    }

    #[test]
    fn a_batch_of_one_protein_of_any_length_has_a_shape() {
        let batches: Vec<Vec<usize>> = (1..=1026).map(|length| vec![length]).collect();
        for batch in &batches {
            // By itself, and with one other.
            assert!(assert_fits(&Shapes::choose(sizes(std::slice::from_ref(batch))), batch) <= 8 + 9);
            let pair = [batch.clone(), vec![1]];
            let shapes = Shapes::choose(sizes(&pair));
            for batch in &pair {
                assert!(assert_fits(&shapes, batch) < 2_000);
            }
        }
        let shapes = Shapes::choose(sizes(&batches));
        assert_eq!(shapes.all().count(), 4);
        for batch in &batches {
            assert!(assert_fits(&shapes, batch) < 10_000);
        }
    }

    #[test]
    fn small_batches_of_all_kinds_have_shapes() {
        for seed in 0..400 {
            let mut next = numbers(seed);
            let (proteins, longest) = (1 + next(6), 1 + next(1026));
            let batches: Vec<Vec<usize>> = (0..=next(40)).map(|_| (0..proteins).map(|_| 1 + next(longest)).collect()).collect();
            let shapes = Shapes::choose(sizes(&batches));
            assert!(shapes.all().count() <= Shapes::MOST);
            for batch in &batches {
                assert!(assert_fits(&shapes, batch) < 10_000);
            }
        }
    }

    #[test]
    fn four_shapes_leave_less_than_six_percent_of_surplus() {
        // Lengths as those of proteins: 80 to 500, most around 300.
        let mut next = numbers(7);
        let batches: Vec<Vec<usize>> =
            (0..670).map(|_| (0..16).map(|_| (80 + next(211) + next(211)).min(482)).collect()).collect();
        let shapes = Shapes::choose(sizes(&batches));
        let tokens: usize = batches.iter().flatten().sum();
        let surplus: usize = batches.iter().map(|batch| assert_fits(&shapes, batch)).sum();
        println!("surplus {:.2} % in {shapes:?}", 100.0 * surplus as f64 / tokens as f64);
        assert!((surplus as f64) < 0.06 * tokens as f64, "{surplus} of {tokens}");
        // No other batch than those planned for is longer than what it is filled up to.
        assert_eq!(shapes.of(&[&[5; 10]]), None, "the last batch of an epoch");
        assert_eq!(shapes.of(&[&[5; 1000][..]; 16]), None, "more tokens than any");
        assert_eq!(Shapes::choose([]).all().count(), 0);
    }
}
