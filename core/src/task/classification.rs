//! `classification`: one of several classes a protein.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Scaling, Target, Targets, Task, Unfit, order};
use crate::{
    metric::{ACCURACY, F1, LOSS, MCC, Metric, PRECISION, RECALL, ROC_AUC},
    predictions::{Output, Predictions},
    text::{self, nearest, short},
};

pub(super) const TASK: Classification = Classification;

/// Different numbers that may still be names of classes, however few proteins there are.
const MOST_NUMBERS: usize = 20;

/// The task.
#[derive(Debug)]
pub(super) struct Classification;

impl Task for Classification {
    fn id(&self) -> &'static str {
        "classification"
    }

    fn output(&self) -> Output {
        Output::Classes
    }

    fn loss(&self) -> Metric {
        LOSS
    }

    fn selects(&self) -> Metric {
        F1
    }

    fn compares(&self) -> Metric {
        ACCURACY
    }

    fn beside(&self) -> &'static [Metric] {
        &[ACCURACY, ROC_AUC, F1, MCC, LOSS]
    }

    fn by_epoch(&self) -> &'static [Metric] {
        &[ACCURACY, PRECISION, RECALL, F1, MCC, ROC_AUC]
    }

    /// Every row is of one of the listed classes or, where none is listed, of that of its label.
    fn targets(&self, labels: &[Option<&str>], listed: &[(&str, &str)]) -> Result<Targets, Unfit> {
        let spelled = Spelling::of(labels, listed);
        let mut found: BTreeMap<&str, usize> = BTreeMap::new();
        for label in labels.iter().flatten() {
            *found.entry(spelled.label(label)).or_default() += 1;
        }
        if let Some((absent, _)) = listed.iter().find(|(label, _)| !found.contains_key(spelled.label(label))) {
            return Err(Unfit::Absent { label: short(absent), help: describe(absent, &found) });
        }
        let rows = found.values().sum();
        if listed.is_empty() && found.len() > MOST_NUMBERS && 2 * found.len() > rows && found.keys().all(|label| is_number(label))
        {
            return Err(Unfit::Numbers { distinct: found.len(), rows });
        }
        let (keys, names): (Vec<&str>, Vec<String>) = if listed.is_empty() {
            let mut keys: Vec<&str> = found.keys().copied().collect();
            order(&mut keys, |label| label);
            (keys.clone(), keys.into_iter().map(str::to_owned).collect())
        } else {
            listed.iter().map(|(label, name)| (spelled.label(label), (*name).to_owned())).unzip()
        };
        if names.len() < 2 {
            return Err(Unfit::Few { classes: names.iter().map(|class| short(class)).collect() });
        }
        let index_of: HashMap<&str, usize> = keys.into_iter().zip(0..).collect();
        let of_label = |label: &str| index_of.get(spelled.label(label)).copied().map(Target::Class);
        Ok(Targets { of_rows: labels.iter().map(|label| label.and_then(of_label)).collect(), names })
    }

    /// Of each class a stratum.
    fn strata(&self, targets: &[Target]) -> Vec<usize> {
        targets.iter().filter_map(|target| target.class()).collect()
    }

    /// No score of a class could be computed on a split without it.
    fn required<'a>(&self, targets: &'a Targets) -> &'a [String] {
        &targets.names
    }

    fn outputs(&self, names: &[String]) -> usize {
        names.len()
    }

    fn predictions(&self, targets: &[Target], outputs: &[f32], width: usize, _: Option<Scaling>) -> Predictions {
        Predictions::of_classes(&self.strata(targets), outputs, width)
    }
}

/// Whether `1.0` and `1` are one label: where every label is a whole number, and where the classes
/// are listed, unless the list tells the two apart.
struct Spelling {
    whole: bool,
}

impl Spelling {
    fn of(labels: &[Option<&str>], listed: &[(&str, &str)]) -> Self {
        let whole = if listed.is_empty() {
            labels.iter().flatten().all(|label| text::whole(label).is_some())
        } else {
            let mut seen = HashSet::new();
            listed.iter().all(|(label, _)| seen.insert(text::whole(label).unwrap_or(label)))
        };
        Self { whole }
    }

    fn label<'a>(&self, label: &'a str) -> &'a str {
        text::whole(label).filter(|_| self.whole).unwrap_or(label)
    }
}

fn is_number(label: &str) -> bool {
    label.parse::<f64>().is_ok_and(f64::is_finite)
}

/// Says which labels there are, and which of them is like the absent one.
fn describe(absent: &str, found: &BTreeMap<&str, usize>) -> String {
    const SHOWN: usize = 12;
    let listed: Vec<String> = found.iter().take(SHOWN).map(|(label, count)| format!("{:?} ({count})", short(label))).collect();
    let rest = found.len().saturating_sub(SHOWN);
    let rest = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    let nearest = nearest(absent, found.keys().copied()).map(|nearest| format!("; did you mean {:?}?", short(nearest)));
    format!("its labels are {}{rest}{}", listed.join(", "), nearest.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes(labels: &[&str], listed: &[(&str, &str)]) -> Result<(Vec<String>, Vec<Option<usize>>), Unfit> {
        let labels: Vec<Option<&str>> = labels.iter().map(|label| Some(*label)).collect();
        let targets = TASK.targets(&labels, listed)?;
        Ok((targets.names, targets.of_rows.iter().map(|target| target.and_then(Target::class)).collect()))
    }

    #[test]
    fn whole_numbers_are_one_label_with_their_point_and_without() {
        let of = |names: [&str; 2], classes: &[usize]| {
            Ok((names.map(str::to_owned).to_vec(), classes.iter().copied().map(Some).collect()))
        };
        assert_eq!(classes(&["0.0", "1.0", "1", "0"], &[]), of(["0", "1"], &[0, 1, 1, 0]));
        assert_eq!(classes(&["10.0", "2.0"], &[]), of(["2", "10"], &[1, 0]));
        // Numbers that are not all whole are names like others.
        assert_eq!(classes(&["1.0", "1.5"], &[]), of(["1.0", "1.5"], &[0, 1]));
        assert_eq!(classes(&["0.0", "1.0", "1"], &[("0", "A"), ("1", "B")]), of(["A", "B"], &[0, 1, 1]));
        assert_eq!(classes(&["0", "1"], &[("0.0", "A"), ("1.0", "B")]), of(["A", "B"], &[0, 1]));
        // A list may tell the two apart.
        assert_eq!(classes(&["1.0", "1"], &[("1.0", "A"), ("1", "B")]), of(["A", "B"], &[0, 1]));
    }
}
