//! The most frequent class: what knowing nothing about a protein comes to.

use super::{Baseline, Task};
use titer_core::text::short;

/// The most frequent class of the known proteins; of equally frequent ones the first.
pub fn of(task: &Task<'_>) -> usize {
    let mut counts = vec![0_usize; task.classes.len()];
    for &(_, class) in &task.known {
        counts[class] += 1;
    }
    (0..counts.len()).fold(0, |most, class| if counts[class] > counts[most] { class } else { most })
}

pub fn measure(task: &Task<'_>, most_frequent: usize) -> Baseline {
    let made = format!(
        "Every protein is called {}, the most frequent class of the training proteins.",
        short(&task.classes[most_frequent])
    );
    Baseline::made("majority", made, vec![most_frequent; task.asked.len()])
}
