//! An id is one protein's.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Dropped, Error, rows::Rows};
use crate::{experiment::DuplicateIds, text::short};

/// Finds kept rows that bear the id of an earlier one, and refuses or numbers them; says how many
/// there were.
pub(super) fn distinguish(rows: &mut Rows, dropped: &[Option<Dropped>], treatment: DuplicateIds) -> Result<usize, Error> {
    let mut members: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut seen: HashMap<&str, usize> = HashMap::with_capacity(rows.all.len());
    for (index, row) in rows.all.iter().enumerate().filter(|(index, _)| dropped[*index].is_none()) {
        match seen.get(row.id.as_str()) {
            None => _ = seen.insert(&row.id, index),
            Some(first) => members.entry(&row.id).or_insert_with(|| vec![*first]).push(index),
        }
    }
    let count = members.values().map(|members| members.len() - 1).sum();
    if count == 0 {
        return Ok(0);
    }
    match treatment {
        DuplicateIds::Refuse => Err(Error::RepeatedIds { count, examples: examples(rows, &members) }),
        DuplicateIds::Number => {
            let mut taken: HashSet<String> = rows.all.iter().map(|row| row.id.clone()).collect();
            let members: Vec<Vec<usize>> = members.into_values().collect();
            for members in members {
                let mut number = 1_u64;
                for index in members.into_iter().skip(1) {
                    let name = loop {
                        number += 1;
                        let name = format!("{}#{number}", rows.all[index].id);
                        // The data may have such an id of its own.
                        if taken.insert(name.clone()) {
                            break name;
                        }
                    };
                    rows.all[index].id = name;
                }
            }
            Ok(count)
        }
    }
}

/// `"P000" in line 2 and line 42`.
fn examples(rows: &Rows, members: &BTreeMap<&str, Vec<usize>>) -> Vec<String> {
    const SHOWN: usize = 3;
    let example = |(id, members): (&&str, &Vec<usize>)| {
        let places: Vec<String> = members.iter().take(SHOWN).map(|index| rows.place(&rows.all[*index])).collect();
        let more = if members.len() > SHOWN { ", …" } else { "" };
        format!("{:?} in {}{more}", short(id), places.join(" and "))
    };
    let mut examples: Vec<String> = members.iter().take(SHOWN).map(example).collect();
    if members.len() > SHOWN {
        examples.push("…".to_owned());
    }
    examples
}
