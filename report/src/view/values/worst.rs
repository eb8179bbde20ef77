//! The proteins whose predictions lie furthest from what was observed.

use serde::Serialize;

use super::{Tested, Variants};
use crate::view::{
    errors::{Excerpt, link_of},
    format,
};
use titer_core::{experiment::Link, statistics};

/// Proteins that are listed, at most.
const LISTED: usize = 30;

/// The list, and what it is a list of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Worst {
    pub caption: String,
    pub proteins: Vec<WorstProtein>,
    /// The baseline whose predictions stand beside; `None` where there is none.
    pub baseline: Option<String>,
    /// Whether there are several seeds, a wild type, texts: else there is no such column.
    pub has_seeds: bool,
    pub has_variants: bool,
    pub has_text: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WorstProtein {
    pub id: String,
    pub link: Option<String>,
    pub observed: String,
    pub predicted: String,
    /// Over the seeds.
    pub deviation: String,
    pub error: String,
    pub baseline: String,
    pub length: String,
    pub differences: String,
    pub text: Option<Excerpt>,
}

impl Worst {
    pub(super) fn new(
        tested: &Tested<'_>,
        variants: Option<&Variants>,
        baseline: Option<&(&str, Vec<f64>)>,
        link: Option<Link>,
    ) -> Self {
        let residuals = tested.residuals();
        let mut order: Vec<usize> = (0..residuals.len()).collect();
        order.sort_by(|&one, &other| tested.apart[other].total_cmp(&tested.apart[one]).then(one.cmp(&other)));
        order.truncate(LISTED);
        let link = link_of(link, &tested.proteins);
        let seeds = tested.runs.len();
        let told = |value: f64| tested.told(value);
        let protein = |&place: &usize| {
            let row = tested.proteins[place];
            let predicted: Vec<f64> = tested.runs.iter().map(|run| run.predicted[place]).collect();
            let deviation = statistics::spread(&predicted).and_then(|spread| spread.deviation);
            WorstProtein {
                id: row.id.clone(),
                link: link.as_ref().map(|link| link.to(&row.id)),
                observed: told(tested.observed[place]),
                predicted: told(tested.mean[place]),
                deviation: deviation.map_or_else(|| format::NONE.to_owned(), told),
                error: told(residuals[place]),
                baseline: baseline.map_or_else(String::new, |(_, predicted)| told(predicted[place])),
                length: format::count(row.length),
                differences: variants.map_or_else(String::new, |variants| variants.named(row)),
                text: row.text.as_deref().map(Excerpt::of),
            }
        };
        let proteins: Vec<WorstProtein> = order.iter().map(protein).collect();
        Self {
            caption: caption(proteins.len() as u64, tested.proteins.len() as u64, seeds, baseline.map(|(name, _)| *name)),
            baseline: baseline.map(|(name, _)| (*name).to_owned()),
            has_seeds: seeds > 1,
            has_variants: variants.is_some(),
            has_text: proteins.iter().any(|protein| protein.text.is_some()),
            proteins,
        }
    }
}

fn caption(listed: u64, all: u64, seeds: usize, baseline: Option<&str>) -> String {
    let listed = if listed < all {
        format!("The {} of {} with the largest absolute errors", format::count(listed), format::counted(all, "test protein"))
    } else {
        format!("{}, those with the largest absolute errors first", format::counted(all, "test protein"))
    };
    let over = match seeds {
        1 => String::new(),
        seeds => format!(", ordered by the mean over {seeds} seeds; predictions are means, SD is over the seeds"),
    };
    let beside = baseline.map_or_else(String::new, |name| format!(" Beside it what the best baseline predicts, {name}."));
    format!("{listed}{over}. The error is what is predicted less what was observed.{beside}")
}
