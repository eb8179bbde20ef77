//! Errors by kind of protein: by observed value, and by length or by the number of differences from
//! the wild type.

use serde::Serialize;

use super::{Tested, Variants};
use crate::view::{
    format,
    pairs::LEVEL,
    table::{Kind, Table},
};
use titer_core::{
    numpy::quantile,
    statistics::{self, Trend},
};

/// Bins, at most.
const BINS: usize = 5;
/// Proteins a bin has, at least: fewer show little.
const FEWEST: usize = 30;
/// Numbers of differences up to which each is a group of its own.
const COUNTS: usize = 8;

/// Proteins of one kind, and how far off the predictions are.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    pub name: String,
    pub proteins: u64,
    /// Of the absolute errors: first quartile, median, third quartile.
    pub quartiles: [f64; 3],
    /// What is predicted less what was observed, the mean.
    pub bias: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Groups {
    /// Of about as many proteins each, from the lowest; empty where there are too few for two bins.
    pub values: Vec<Group>,
    /// By length or by differences; the same.
    pub places: Vec<Group>,
    /// What those are of: `residues`.
    pub unit: &'static str,
    pub table: Table,
    pub sentences: Vec<String>,
}

impl Groups {
    pub(super) fn new(tested: &Tested<'_>, variants: Option<&Variants>, max_length: u32) -> Self {
        let residuals = tested.residuals();
        let group = |name: String, is_in: &dyn Fn(usize) -> bool| Group::new(name, is_in, &tested.apart, &residuals);
        let observed = |place: usize| tested.observed[place];
        let values: Vec<Group> = bins(&tested.observed)
            .into_iter()
            .map(|[low, high]| group(range(low, high, |end| tested.told(end)), &|place| (low..=high).contains(&observed(place))))
            .collect();
        let places: Vec<f64> = tested
            .proteins
            .iter()
            .map(|protein| f64::from(variants.map_or(protein.length, |variants| variants.differences(protein))))
            .collect();
        let ranges = if variants.is_some() { counts(&places) } else { bins(&places) };
        let whole = |value: f64| format::count(value as u64);
        let of_places: Vec<Group> = ranges
            .into_iter()
            .map(|[low, high]| group(range(low, high, whole), &|place| (low..=high).contains(&places[place])))
            .filter(|group| group.proteins > 0)
            .collect();
        let [values, of_places] = [values, of_places].map(|groups| if groups.len() > 1 { groups } else { Vec::new() });
        let is_cut = |place: usize| tested.proteins[place].tokens > max_length;
        let mut truncated = vec![group("truncated".to_owned(), &is_cut), group("whole".to_owned(), &|place| !is_cut(place))];
        if truncated.iter().any(|group| group.proteins == 0) {
            truncated.clear();
        }
        let unit = if variants.is_some() { "differences" } else { "residues" };
        let all = group("all".to_owned(), &|_| true);
        Self {
            sentences: sentences(tested, &values, &of_places, &places, variants.is_some()),
            table: table(&all, &values, (&of_places, unit), &truncated, tested),
            values,
            places: of_places,
            unit,
        }
    }
}

impl Group {
    fn new(name: String, is_in: &dyn Fn(usize) -> bool, apart: &[f64], residuals: &[f64]) -> Self {
        let places: Vec<usize> = (0..apart.len()).filter(|&place| is_in(place)).collect();
        let mut errors: Vec<f64> = places.iter().map(|&place| apart[place]).collect();
        errors.sort_by(f64::total_cmp);
        let quartiles = if errors.is_empty() { [f64::NAN; 3] } else { [0.25, 0.5, 0.75].map(|share| quantile(&errors, share)) };
        let bias = places.iter().map(|&place| residuals[place]).sum::<f64>() / places.len() as f64;
        Self { name, proteins: places.len() as u64, quartiles, bias }
    }
}

fn range(low: f64, high: f64, told: impl Fn(f64) -> String) -> String {
    let [from, to] = [low, high].map(told);
    if from == to { from } else { format!("{from} to {to}") }
}

/// The first and the last value of each bin of about as many proteins.
fn bins(values: &[f64]) -> Vec<[f64; 2]> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let Some(&last) = sorted.last() else { return Vec::new() };
    let bins = (sorted.len() / FEWEST).clamp(1, BINS);
    let mut starts: Vec<f64> = (0..bins).map(|bin| sorted[sorted.len() * bin / bins]).collect();
    // Where many have one value, a bin of it takes several places.
    starts.dedup();
    let end = |start: &f64| sorted[sorted.partition_point(|value| value < start) - 1];
    let ends: Vec<f64> = starts.iter().skip(1).map(end).chain([last]).collect();
    starts.into_iter().zip(ends).map(|(start, end)| [start, end]).collect()
}

/// A bin for each number; of many numbers bins of about as many proteins.
fn counts(values: &[f64]) -> Vec<[f64; 2]> {
    let mut distinct = values.to_vec();
    distinct.sort_by(f64::total_cmp);
    distinct.dedup();
    if distinct.len() <= COUNTS { distinct.into_iter().map(|count| [count, count]).collect() } else { bins(values) }
}

fn table(all: &Group, values: &[Group], (places, unit): (&[Group], &str), truncated: &[Group], tested: &Tested<'_>) -> Table {
    let told = |value: f64| tested.told(value);
    let runs = tested.runs.len();
    let over = if runs == 1 { String::new() } else { format!(", means over {runs} seeds") };
    let mut table = Table::new(
        format!("Errors on the test proteins, by group{over}. The mean error is positive where predictions are too high."),
        &[
            ("", Kind::Text),
            ("proteins", Kind::Number),
            ("median absolute error", Kind::Number),
            ("quartiles", Kind::Number),
            ("mean error", Kind::Number),
        ],
    );
    let mut add = |name: String, group: &Group| {
        let [low, median, high] = group.quartiles.map(told);
        table.row([name, format::count(group.proteins), median, format!("{low} to {high}"), told(group.bias)]);
    };
    add("all".to_owned(), all);
    for group in values {
        add(format!("observed {}", group.name), group);
    }
    for group in places {
        let unit = if group.name == "1" { unit.trim_end_matches('s') } else { unit };
        add(format!("{} {unit}", group.name), group);
    }
    for group in truncated {
        add(group.name.clone(), group);
    }
    table
}

/// How the absolute error goes with something.
struct Dependence<'a> {
    trend: Trend,
    groups: &'a [Group],
    /// `length`
    what: &'a str,
    /// `residues`
    unit: &'a str,
}

/// Whether the error goes with the value and with the length; the two p-values are adjusted for
/// each other.
fn sentences(tested: &Tested<'_>, values: &[Group], of_places: &[Group], places: &[f64], are_variants: bool) -> Vec<String> {
    let with = |places: &[f64], shown: &[Group]| {
        if shown.is_empty() { None } else { statistics::rank_trend(places, &tested.apart) }
    };
    let unit = if are_variants { ("the number of differences", "differences") } else { ("length", "residues") };
    let found =
        [(with(&tested.observed, values), values, ("the observed value", "")), (with(places, of_places), of_places, unit)];
    let found: Vec<Dependence> = found
        .into_iter()
        .filter_map(|(trend, groups, (what, unit))| Some(Dependence { trend: trend?, groups, what, unit }))
        .collect();
    let adjusted = statistics::holm(&found.iter().map(|of| of.trend.p).collect::<Vec<_>>());
    let tests = if found.len() > 1 { ", adjusted for 2 tests" } else { "" };
    let tell = |(Dependence { trend, groups, what, unit }, p): (&Dependence, f64)| {
        let chance = format!("Spearman correlation {}, {}{tests}", format::signed(trend.correlation, 2), format::p_is(p));
        let ([first, .., last], true) = (*groups, p < LEVEL) else {
            return format!("No evidence that the absolute error depends on {what} ({chance}).");
        };
        let direction = if trend.correlation > 0.0 { "rises" } else { "falls" };
        let at = |group: &Group| {
            let unit = if group.name == "1" { unit.trim_end_matches('s') } else { unit };
            format!("{} at {} {unit}", tested.told(group.quartiles[1]), group.name).trim_end().to_owned()
        };
        format!("The absolute error {direction} with {what} ({chance}): its median is {}, and {}.", at(first), at(last))
    };
    found.iter().zip(adjusted).map(tell).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_are_of_like_size_and_hold_every_value_once() {
        let values: Vec<f64> = (0..150).map(|n| f64::from(n) / 10.0).collect();
        assert_eq!(bins(&values), [[0.0, 2.9], [3.0, 5.9], [6.0, 8.9], [9.0, 11.9], [12.0, 14.9]]);
        assert_eq!(bins(&[7.0; 200]), [[7.0, 7.0]]);
        assert_eq!(bins(&values[..59]), [[0.0, 5.8]], "too few for two");
        assert!(bins(&[]).is_empty());
    }

    #[test]
    fn each_of_a_few_counts_has_a_group() {
        let few: Vec<f64> = [4.0; 90].into_iter().chain([1.0, 2.0]).collect();
        assert_eq!(counts(&few), [[1.0, 1.0], [2.0, 2.0], [4.0, 4.0]]);
        assert_eq!(counts(&(0..60).map(f64::from).collect::<Vec<_>>()).len(), 2);
    }
}
