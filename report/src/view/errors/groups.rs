//! Errors by kind of protein: length, class, truncated or not.

use serde::Serialize;

use super::tested::Tested;
use crate::view::{
    format,
    pairs::LEVEL,
    table::{Kind, Table},
};
use titer_core::statistics::{self, Trend};

/// Bins of lengths, at most.
const BINS: usize = 5;
/// Proteins a bin of lengths has, at least: fewer show little.
const FEWEST: usize = 30;

/// Proteins of one kind, and how often they are misclassified.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    pub name: String,
    pub proteins: u64,
    /// The share of wrong predictions, the mean over the runs.
    pub wrong: f64,
    /// 95 %, after Wilson, as of one run: several runs on a protein do not make it several
    /// proteins.
    pub interval: [f64; 2],
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Groups {
    /// Of about as many proteins each, from the shortest; empty where there are too few for two
    /// bins.
    pub lengths: Vec<Group>,
    /// In label order.
    pub classes: Vec<Group>,
    /// Those that lose residues, and the others; empty where all are of one kind.
    pub truncated: Vec<Group>,
    pub table: Table,
    pub sentences: Vec<String>,
}

impl Groups {
    #[must_use]
    pub fn new(tested: &Tested<'_>, max_length: u32) -> Self {
        let wrong = tested.wrong();
        let runs = tested.runs.len();
        let group = |name: String, is_in: &dyn Fn(usize) -> bool| {
            Group::new(name, (0..wrong.len()).filter(|&place| is_in(place)), &wrong, runs)
        };
        let length = |place: usize| tested.proteins[place].length;
        let mut lengths: Vec<Group> = bins(tested.proteins.iter().map(|protein| protein.length).collect())
            .into_iter()
            .map(|(low, high)| group(name(low, high), &|place| (low..=high).contains(&length(place))))
            .collect();
        if lengths.len() == 1 {
            lengths.clear();
        }
        let of_class = |class: &String| group(class.clone(), &|place| tested.proteins[place].label.as_ref() == Some(class));
        let classes: Vec<Group> = tested.classes.iter().map(of_class).filter(|group| group.proteins > 0).collect();
        let is_cut = |place: usize| tested.proteins[place].tokens > max_length;
        let mut truncated = vec![group("truncated".to_owned(), &is_cut), group("whole".to_owned(), &|place| !is_cut(place))];
        if truncated.iter().any(|group| group.proteins == 0) {
            truncated.clear();
        }
        let all = group("all".to_owned(), &|_| true);
        let shares: Vec<f64> = wrong.iter().map(|wrong| *wrong as f64 / runs as f64).collect();
        let residues: Vec<f64> = tested.proteins.iter().map(|protein| f64::from(protein.length)).collect();
        let trend = statistics::trend(&residues, &shares);
        let sentences = [by_class(&classes), by_length(&lengths, trend), by_truncation(&truncated)];
        Self {
            table: table(&all, &lengths, &classes, &truncated, runs),
            sentences: sentences.into_iter().flatten().collect(),
            lengths,
            classes,
            truncated,
        }
    }
}

impl Group {
    fn new(name: String, places: impl Iterator<Item = usize>, wrong: &[u64], runs: usize) -> Self {
        let (mut proteins, mut sum) = (0, 0);
        for place in places {
            proteins += 1;
            sum += wrong[place];
        }
        let share = if proteins == 0 { 0.0 } else { sum as f64 / (proteins * runs as u64) as f64 };
        Self { name, proteins, wrong: share, interval: statistics::wilson_of(share * proteins as f64, proteins) }
    }

    fn in_words(&self) -> String {
        let [low, high] = self.interval;
        format!("{} ({} to {})", format::percent(self.wrong), format::percent(low), format::percent(high))
    }
}

fn name(low: u32, high: u32) -> String {
    if low == high { format::count(low) } else { format!("{} to {}", format::count(low), format::count(high)) }
}

/// The first and the last length of each bin.
fn bins(mut lengths: Vec<u32>) -> Vec<(u32, u32)> {
    lengths.sort_unstable();
    let Some(&last) = lengths.last() else { return Vec::new() };
    let bins = (lengths.len() / FEWEST).clamp(1, BINS);
    let mut starts: Vec<u32> = (0..bins).map(|bin| lengths[lengths.len() * bin / bins]).collect();
    // Where many are of one length, a bin of it takes several places.
    starts.dedup();
    let ends = starts.iter().skip(1).map(|start| start - 1).chain([last]);
    starts.iter().copied().zip(ends).collect()
}

fn table(all: &Group, lengths: &[Group], classes: &[Group], truncated: &[Group], runs: usize) -> Table {
    let over = if runs == 1 { String::new() } else { format!(", mean over {runs} seeds") };
    let mut table = Table::new(
        format!(
            "Misclassified test proteins of the choice, by group{over}. The 95% intervals are Wilson's, for one run on as many proteins."
        ),
        &[("", Kind::Text), ("proteins", Kind::Number), ("wrong", Kind::Number), ("95% interval", Kind::Number)],
    );
    let mut add = |name: String, group: &Group| {
        let [low, high] = group.interval.map(format::percent);
        table.row([name, format::count(group.proteins), format::percent(group.wrong), format!("{low} to {high}")]);
    };
    add("all".to_owned(), all);
    for group in lengths {
        add(format!("{} residues", group.name), group);
    }
    for group in classes.iter().chain(truncated) {
        add(group.name.clone(), group);
    }
    table
}

/// The most and the least wrong of a few groups, in this order.
fn ends(groups: &[Group]) -> Option<(&Group, &Group)> {
    let by_wrong = |one: &&Group, other: &&Group| one.wrong.total_cmp(&other.wrong);
    let (most, least) = (groups.iter().max_by(by_wrong)?, groups.iter().min_by(by_wrong)?);
    (groups.len() > 1).then_some((most, least))
}

/// The p-value of Fisher's exact test of two groups, the mean numbers of wrong predictions rounded.
fn tested(one: &Group, other: &Group) -> f64 {
    let row = |group: &Group| {
        let wrong = (group.wrong * group.proteins as f64).round() as u64;
        [wrong, group.proteins - wrong.min(group.proteins)]
    };
    statistics::fisher([row(one), row(other)])
}

/// The most and the least wrong of several classes were picked from all pairs (Bonferroni).
fn by_class(classes: &[Group]) -> Option<String> {
    let (most, least) = ends(classes)?;
    let pairs = classes.len() * (classes.len() - 1) / 2;
    let p = (tested(most, least) * pairs as f64).min(1.0);
    let verdict = if p < LEVEL { "a significant difference" } else { "no significant difference" };
    let adjusted = if pairs > 1 { format!(", adjusted for {pairs} pairs of classes") } else { String::new() };
    Some(format!(
        "{} is misclassified most often, {} of its proteins; {} least, {}: {verdict} (Fisher's exact test, {}{adjusted}).",
        most.name,
        most.in_words(),
        least.name,
        least.in_words(),
        format::p_is(p),
    ))
}

fn by_length(lengths: &[Group], trend: Option<Trend>) -> Option<String> {
    let ([first, .., last], Some(Trend { correlation, p })) = (lengths, trend) else { return None };
    let told = format::p_is(p);
    Some(if p < LEVEL {
        let direction = if correlation > 0.0 { "rises" } else { "falls" };
        format!(
            "The error rate {direction} with length (trend test, {told}): {} at {} residues, {} at {}.",
            format::percent(first.wrong),
            first.name,
            format::percent(last.wrong),
            last.name,
        )
    } else {
        format!("No evidence that the error rate depends on length (trend test, {told}).")
    })
}

fn by_truncation(truncated: &[Group]) -> Option<String> {
    let [cut, whole] = truncated else { return None };
    let p = tested(cut, whole);
    let verdict = match cut.wrong > whole.wrong {
        _ if p >= LEVEL => "no evidence that truncation matters",
        true => "truncated proteins are misclassified more often",
        false => "truncated proteins are misclassified less often",
    };
    Some(format!(
        "Of the {} {} are misclassified, of the whole ones {}: {verdict} (Fisher's exact test, {}).",
        format::counted(cut.proteins, "truncated protein"),
        format::percent(cut.wrong),
        format::percent(whole.wrong),
        format::p_is(p),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_are_of_like_size_and_hold_every_length_once() {
        let lengths: Vec<u32> = (0..150).map(|n| 80 + n).collect();
        assert_eq!(bins(lengths), [(80, 109), (110, 139), (140, 169), (170, 199), (200, 229)]);
        assert_eq!(bins(vec![7; 200]), [(7, 7)]);
        assert_eq!(bins((0..59).collect()), [(0, 58)], "too few for two");
        assert_eq!(bins(Vec::new()), []);
    }

    #[test]
    fn several_runs_do_not_make_several_proteins() {
        let group = |runs: u64| Group::new(String::new(), 0..100, &vec![runs / 2; 100], runs as usize);
        assert_eq!((group(2).wrong, group(20).wrong), (0.5, 0.5));
        assert_eq!(group(2).interval, group(20).interval);
    }
}
