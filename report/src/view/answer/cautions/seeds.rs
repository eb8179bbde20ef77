//! Cautions about seeds: how few there are, on which side, and what became of those that do not
//! count.

use super::NAMED;
use crate::view::{
    advice::{Standing, listed},
    capitalised,
    configurations::Configuration,
    format,
};

/// From so many configurations on, and up to so many seeds, equal ones are called different more
/// often than promised.
const MANY: usize = 6;
const FEW: usize = 10;

pub(super) fn cautions(standing: &Standing) -> Vec<String> {
    let configurations: Vec<&Configuration> = standing.configurations.iter().filter(|of| of.score.is_some()).collect();
    let mut cautions = Vec::new();
    let partial: Vec<&&Configuration> = configurations.iter().filter(|of| !of.replicates.missing().is_empty()).collect();
    if partial.len() <= NAMED {
        cautions.extend(partial.iter().map(|of| {
            let survived = "scoring only the surviving runs flatters the setting";
            let what = if of.replicates.scored == 1 { "rests on" } else { "is the mean over" };
            format!("{} {what} {}: {survived}.", capitalised(&of.label), of.replicates.over())
        }));
    } else {
        let count = format::count(partial.len() as u64);
        cautions.push(format!(
            "{count} configurations lack some of their seeds: scoring only the surviving runs flatters a setting."
        ));
    }
    let undefined: Vec<&str> = standing
        .configurations
        .iter()
        .filter(|of| of.score.is_none() && of.replicates.scored > 0)
        .map(|of| of.label.as_str())
        .collect();
    if !undefined.is_empty() && !configurations.is_empty() {
        let named: Vec<String> = undefined.iter().take(NAMED).map(|&label| label.to_owned()).collect();
        let more = match undefined.len().saturating_sub(NAMED) as u64 {
            0 => String::new(),
            more => format!(" and {}", format::counted(more, "other configuration")),
        };
        cautions.push(format!(
            "Not compared: {}{more}, whose {} is undefined in some runs. A mean over the other seeds would flatter the setting.",
            listed(&named),
            standing.metric.label
        ));
    }
    let seeds = |of: &&Configuration| of.replicates.seeds;
    let (fewest, most) = (configurations.iter().map(seeds).min(), configurations.iter().map(seeds).max());
    match (fewest, most) {
        (Some(1), Some(1)) if configurations.len() == 1 => {
            cautions.push("One seed: how much another seed would change is unknown.".to_owned());
        }
        (Some(1), Some(1)) => {
            cautions.push("One seed per configuration: part of any difference may come from the seed.".to_owned());
        }
        (Some(1), Some(most)) => cautions.push(format!(
            "Some configurations have one seed, others up to {most}: a single run may differ from the average of its setting."
        )),
        (Some(fewest), Some(most)) if fewest != most => {
            cautions.push(format!("The configurations have {fewest} to {most} seeds: means over fewer vary more."));
        }
        _ => {}
    }
    // docs/statistics.md, the first table of how often the report is right.
    if configurations.len() >= MANY && fewest.is_some_and(|fewest| (2..=FEW).contains(&fewest)) {
        cautions.push(format!(
            "{} configurations on few seeds: where seeds vary much, equal configurations show a significant pair more often than in 5% of grids (simulated: 13% of grids of 6 on 2 seeds, 35 to 53% of grids of 30 on 2 to 5 seeds). Repeat an important pair on its own, with new seeds.",
            format::count(configurations.len() as u64)
        ));
    }
    cautions
}
