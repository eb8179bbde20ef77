//! Labels → targets, as the task reads them.

use super::{Error, rows::Rows};
use crate::{
    experiment::Class,
    task::{Targets, Task, Unfit},
};

/// Gives every row that misses nothing its target; `listed` are the classes of the experiment.
pub(super) fn assign(task: &dyn Task, rows: &Rows, listed: &[Class]) -> Result<Targets, Error> {
    let labels: Vec<Option<&str>> = rows.all.iter().map(|row| (!row.is_missing()).then_some(row.label.as_str())).collect();
    let listed: Vec<(&str, &str)> = listed.iter().map(|class| (class.label.as_str(), class.name.as_str())).collect();
    task.targets(&labels, &listed).map_err(|unfit| match unfit {
        Unfit::Absent { label, help } => Error::AbsentClass { label, help },
        Unfit::Few { classes } => Error::FewClasses { found: classes },
        Unfit::Numbers { distinct, rows } => Error::NumbersAsClasses { distinct, rows },
        Unfit::NoNumber { rows: found } => Error::no_number(rows, &found),
    })
}
