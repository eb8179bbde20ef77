//! The points of the grid: every combination of its values, each with its settings.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use serde_json::{Map, Value};

use titer_core::experiment::{Error, Loaded, Settings};

/// A point of the grid.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// The grid keys and their values, in the file's order.
    pub values: Map<String, Value>,
    pub settings: Settings,
}

/// Lays out the grid: every combination of the axes' values, the first axis changing slowest.
/// Points of the same settings are one.
pub fn expand(loaded: &Loaded) -> Result<Vec<Point>, Error> {
    let grid = &loaded.experiment.grid;
    let sizes: Vec<usize> = grid.iter().map(|axis| axis.values.len()).collect();
    let mut points = Vec::new();
    let mut faults = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let combinations: Vec<Vec<usize>> = product(&sizes).collect();
    let read = |indices: &Vec<usize>| loaded.settings(indices).map(|settings| (identity(&settings), settings));
    let settings: Vec<_> = combinations.par_iter().map(read).collect();
    for (indices, settings) in combinations.into_iter().zip(settings) {
        match settings {
            Ok((identity, settings)) => {
                if seen.insert(identity) {
                    let values = grid.iter().zip(&indices).map(|(axis, index)| (axis.key.clone(), to_json(&axis.values[*index])));
                    points.push(Point { values: values.collect(), settings });
                }
            }
            // A fault of a hundred points is told once.
            Err(found) => found.into_iter().for_each(|fault| _ = faults.entry(fault).or_insert_with(|| indices.clone())),
        }
    }
    if faults.is_empty() { Ok(points) } else { Err(loaded.refuse(&faults)) }
}

/// A text that is the same for equal settings alone.
fn identity(settings: &Settings) -> String {
    serde_json::to_string(settings).expect("settings are plain data")
}

/// Counts through the indices of the axes like an odometer: the last axis turns fastest.
fn product(sizes: &[usize]) -> impl Iterator<Item = Vec<usize>> + '_ {
    let total: usize = sizes.iter().product();
    (0..total).map(move |mut number| {
        let mut indices = vec![0; sizes.len()];
        for (index, size) in indices.iter_mut().zip(sizes).rev() {
            *index = number % size;
            number /= size;
        }
        indices
    })
}

/// A value of the grid as JSON.
fn to_json(value: &toml::Value) -> Value {
    match value {
        toml::Value::String(text) => text.as_str().into(),
        toml::Value::Integer(number) => (*number).into(),
        toml::Value::Float(number) => (*number).into(),
        toml::Value::Boolean(truth) => (*truth).into(),
        toml::Value::Datetime(date) => date.to_string().into(),
        toml::Value::Array(values) => values.iter().map(to_json).collect(),
        toml::Value::Table(table) => table.iter().map(|(key, value)| (key.clone(), to_json(value))).collect::<Map<_, _>>().into(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_product_holds_every_combination_once_in_order(sizes in prop::collection::vec(1_usize..5, 0..4)) {
            let points: Vec<_> = product(&sizes).collect();
            prop_assert_eq!(points.len(), sizes.iter().product::<usize>());
            prop_assert!(points.iter().all(|point| point.len() == sizes.len()));
            prop_assert!(points.windows(2).all(|pair| pair[0] < pair[1]));
        }
    }

    #[test]
    fn the_first_axis_changes_slowest() {
        let points: Vec<_> = product(&[2, 3]).collect();
        assert_eq!(points, [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]);
    }

    #[test]
    fn no_axes_are_one_point() {
        assert_eq!(product(&[]).collect::<Vec<_>>(), [Vec::<usize>::new()]);
    }
}
