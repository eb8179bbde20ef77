//! Labels → classes.

use std::collections::{BTreeMap, HashMap};

use super::{Error, rows::Rows};
use crate::{
    experiment::Class,
    text::{nearest, short},
};

/// The classes of the data, and each row's.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Labels {
    /// Names, in label order.
    pub classes: Vec<String>,
    /// Indices into `classes`; `None` where the row is missing something or its label is no class.
    pub of_rows: Vec<Option<usize>>,
}

/// Gives every row its class: one of those the experiment lists or, where it lists none, its label.
pub(super) fn assign(rows: &Rows, listed: &[Class]) -> Result<Labels, Error> {
    let mut found: BTreeMap<&str, usize> = BTreeMap::new();
    for row in rows.all.iter().filter(|row| !row.is_missing()) {
        *found.entry(&row.label).or_default() += 1;
    }
    if let Some(absent) = listed.iter().find(|class| !found.contains_key(class.label.as_str())) {
        return Err(Error::AbsentClass { label: short(&absent.label), help: describe(&absent.label, &found) });
    }
    let (labels, classes): (Vec<&str>, Vec<String>) = if listed.is_empty() {
        let labels = ordered(found.keys().copied().collect());
        (labels.clone(), labels.into_iter().map(str::to_owned).collect())
    } else {
        listed.iter().map(|class| (class.label.as_str(), class.name.clone())).unzip()
    };
    if classes.len() < 2 {
        return Err(Error::FewClasses { found: classes.iter().map(|class| short(class)).collect(), key: "`data.label`" });
    }
    let index_of: HashMap<&str, usize> = labels.into_iter().zip(0..).collect();
    let of_rows =
        rows.all.iter().map(|row| if row.is_missing() { None } else { index_of.get(row.label.as_str()).copied() }).collect();
    Ok(Labels { classes, of_rows })
}

/// Orders labels as `numpy.unique` does: integers by number, anything else by bytes.
fn ordered(mut labels: Vec<&str>) -> Vec<&str> {
    let numbers: Option<Vec<i64>> = labels.iter().map(|label| label.parse().ok()).collect();
    if numbers.is_some() {
        labels.sort_by_key(|label| label.parse::<i64>().unwrap_or_default());
    }
    labels
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
