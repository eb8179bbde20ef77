//! Layers → settings, with every fault on the way.

use toml::Table;

use crate::task::Kind;

use super::{
    check::{self, Found},
    diagnostic::Fault,
    layers::{self, Layer, Path},
    raw::Raw,
    validate::{Validated, validate},
};

/// Where nothing says which metric selects, it is the task's.
fn select(table: &mut Table) {
    let kind = table.get("task").and_then(|task| task.get("kind")).and_then(|kind| kind.clone().try_into::<Kind>().ok());
    let train = table.entry("train").or_insert_with(|| Table::new().into());
    if let Some(train) = train.as_table_mut() {
        train.entry("select").or_insert_with(|| kind.unwrap_or_default().task().selects().id.into());
    }
}

/// Reads the layers as the settings of one run.
///
/// What the schema finds wrong is taken out and the rest is read all the same, so that one fault
/// does not hide the next.
pub fn read(below: &[&Layer]) -> Result<Validated, Vec<Fault>> {
    let mut table = layers::merged(below);
    let (mut faults, mut broken) = (Vec::new(), Vec::<Path>::new());
    for Found { fault, remove } in check::check(&table) {
        layers::remove(&mut table, &remove);
        broken.push(fault.path.clone());
        faults.push(fault);
    }
    select(&mut table);
    match table.try_into::<Raw>() {
        Ok(raw) => match validate(raw, &broken) {
            Ok(settings) if faults.is_empty() => Ok(settings),
            further => {
                faults.extend(further.err().unwrap_or_default());
                Err(faults)
            }
        },
        Err(error) if faults.is_empty() => Err(vec![Fault::unreadable(&error)]),
        Err(_) => Err(faults),
    }
}
