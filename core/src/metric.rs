//! Metrics: what one number says of predictions. A metric is one file in this folder and one line
//! in the list below.
//!
//! Definitions are scikit-learn's; a metric over weights counts a protein as often as its weight
//! says, and the plain score is the one under weights of 1.

use std::{cmp::Ordering, fmt, ops::Deref, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{
    predictions::{Output, Predictions, Values, influence},
    statistics::{self, Resamples},
    text,
};

/// Declares the files of metrics, each with the constant that names it.
macro_rules! metrics {
    ($($file:ident => $name:ident,)+) => {
        $(
            mod $file;
            #[doc = concat!("The metric of `core/src/metric/", stringify!($file), ".rs`.")]
            pub const $name: Metric = Metric(&$file::METRIC);
        )+

        /// Every metric, in the order in which tables show them.
        pub const ALL: &[Metric] = &[$($name),+];
    };
}

// One line a metric: its file, and the constant that names it.
metrics! {
    loss => LOSS,
    accuracy => ACCURACY,
    precision => PRECISION,
    recall => RECALL,
    f1 => F1,
    macro_precision => MACRO_PRECISION,
    macro_recall => MACRO_RECALL,
    macro_f1 => MACRO_F1,
    mcc => MCC,
    roc_auc => ROC_AUC,
    average_precision => AVERAGE_PRECISION,
    mse => MSE,
    rmse => RMSE,
    mae => MAE,
    r2 => R2,
    pearson => PEARSON,
    spearman => SPEARMAN,
    kendall => KENDALL,
    ndcg => NDCG,
}

/// The score of one class against the rest, or why it has none.
pub type OfClass = fn(&Predictions, usize) -> Result<f64, &'static str>;

/// A value a protein; `None` where the score is undefined, and of an area under a ROC curve also
/// where a class has one protein alone.
pub type ByProtein = fn(&Predictions) -> Option<Vec<f64>>;

/// What a metric is.
#[derive(Debug)]
pub struct Definition {
    /// The name in an experiment file, in kebab case. A table's column has it in snake case.
    pub id: &'static str,
    /// The name in a sentence.
    pub label: &'static str,
    /// What it is, for the reference of the experiment file: a sentence.
    pub about: &'static str,
    pub better: Better,
    /// The lowest and the highest value there is.
    pub range: [f64; 2],
    pub unit: Unit,
    /// The kind of output it is of.
    pub of: Output,
    /// Whether the report shows it with its interval and compares configurations by it, also where
    /// it does not select.
    pub shown: bool,
    /// Whether predicted classes alone, without probabilities, have it.
    pub from_classes: bool,
    /// The value under weights, one a protein; `None` where it is undefined, as it is where the
    /// weights add up to nothing.
    pub value: fn(&Predictions, &[u32]) -> Option<f64>,
    /// Why the value under weights of 1 is undefined.
    pub undefined: fn(&Predictions) -> &'static str,
    /// The same of one class against the rest, or why it has none; `None` for a metric that is of
    /// all classes alone.
    pub of_class: Option<OfClass>,
    /// A value a protein whose mean is the score and whose variance over the proteins is the
    /// score's: what paired tests are made on. `None` for a score of the confusion matrix, whose
    /// values follow from `value`.
    pub by_protein: Option<ByProtein>,
    pub interval: Interval,
}

/// What scores of the confusion matrix have in common, unless they say otherwise.
pub const OF_CELLS: Definition = Definition {
    id: "",
    label: "",
    about: "",
    better: Better::Higher,
    range: [0.0, 1.0],
    unit: Unit::Number,
    of: Output::Classes,
    shown: true,
    from_classes: true,
    value: |_, _| None,
    undefined: |_| "there is no protein",
    of_class: None,
    by_protein: None,
    interval: Interval::Bootstrap,
};

/// What errors of numeric predictions have in common, unless they say otherwise.
pub const OF_VALUES: Definition = Definition {
    better: Better::Lower,
    range: [0.0, f64::INFINITY],
    unit: Unit::Label,
    of: Output::Values,
    from_classes: false,
    interval: Interval::Logarithm,
    ..OF_CELLS
};

/// What correlations of numeric predictions have in common, unless they say otherwise.
pub const OF_CORRELATIONS: Definition = Definition {
    better: Better::Higher,
    range: [-1.0, 1.0],
    unit: Unit::Number,
    undefined: |predictions| predictions.values().map_or("there are no values", Values::why_no_correlation),
    interval: Interval::Bootstrap,
    ..OF_VALUES
};

/// Which of two values is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    Higher,
    Lower,
}

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A share of the proteins: in per cent, a difference in percentage points.
    Share,
    /// A number of no unit, or of one that its name says.
    Number,
    /// In the unit of the labels, or its square: of any size.
    Label,
}

/// Where the 95 % interval of one run's value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interval {
    /// A share of the proteins: Wilson (1927).
    Wilson,
    /// An area under a ROC curve: `DeLong` et al. (1988) for two classes, else
    /// [`Interval::Bootstrap`].
    DeLong,
    /// `BCa` (Efron 1987), proteins drawn, those of classes within their class.
    Bootstrap,
    /// Student's, of the values by protein, on the scale of the logit.
    Logit,
    /// The same on the scale of the logarithm.
    Logarithm,
}

/// How an interval was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    Wilson,
    DeLong,
    Bootstrap,
    /// From what each protein contributes to the score.
    Influence,
}

/// A metric. Two are equal where they have the same name.
#[derive(Clone, Copy)]
pub struct Metric(&'static Definition);

impl Deref for Metric {
    type Target = Definition;

    fn deref(&self) -> &Definition {
        self.0
    }
}

impl Metric {
    /// The name of its column in a table.
    #[must_use]
    pub fn column(self) -> String {
        self.id.replace('-', "_")
    }

    /// The score, under weights of 1.
    #[must_use]
    pub fn score(self, predictions: &Predictions) -> Option<f64> {
        (self.value)(predictions, &predictions.ones())
    }

    /// A value a protein, whose mean is the score; `None` as of [`ByProtein`].
    #[must_use]
    pub fn by_protein(self, predictions: &Predictions) -> Option<Vec<f64>> {
        match self.0.by_protein {
            Some(of) => of(predictions),
            None => influence::by_cell(predictions.classes()?, |weights| (self.value)(predictions, weights)),
        }
    }

    /// A value as a terminal shows it: four decimals, four digits of what may be of any size.
    #[must_use]
    pub fn written(self, value: f64) -> String {
        match self.unit {
            Unit::Share | Unit::Number => format!("{value:.4}"),
            Unit::Label => text::significant(value, 4),
        }
    }

    /// The value so that greater is better.
    #[must_use]
    pub fn oriented(self, value: f64) -> f64 {
        match self.better {
            Better::Higher => value,
            Better::Lower => -value,
        }
    }

    /// Whether the first value is better than the second.
    #[must_use]
    pub fn is_better(self, one: f64, than: f64) -> bool {
        self.oriented(one) > self.oriented(than)
    }

    /// Orders values from the worse to the better.
    #[must_use]
    pub fn order(self, one: f64, other: f64) -> Ordering {
        self.oriented(one).total_cmp(&self.oriented(other))
    }

    /// The 95 % interval of one run's score, for another draw of proteins, and how it was found;
    /// `None` where the score is undefined or nothing says how far it may move.
    #[must_use]
    pub fn interval(self, predictions: &Predictions, resamples: &Resamples) -> Option<([f64; 2], Method)> {
        let score = self.score(predictions)?;
        let bootstrap = || {
            let found = resamples.bootstrap(|weights: &[u32]| (self.value)(predictions, weights))?;
            Some((found.interval, Method::Bootstrap))
        };
        match self.interval {
            Interval::Wilson => {
                let count = predictions.count() as u64;
                Some((statistics::wilson((score * count as f64).round() as u64, count), Method::Wilson))
            }
            Interval::DeLong => match predictions.classes().and_then(influence::two_class_area) {
                Some(area) => Some((area.interval(), Method::DeLong)),
                None => bootstrap(),
            },
            Interval::Bootstrap => bootstrap(),
            Interval::Logit => Some((influence::logit_interval(predictions, self.by_protein(predictions)?)?, Method::Influence)),
            Interval::Logarithm => Some((influence::logarithm_interval(self.by_protein(predictions)?)?, Method::Influence)),
        }
    }
}

impl PartialEq for Metric {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Metric {}

impl PartialOrd for Metric {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Metric {
    /// By their places in the list.
    fn cmp(&self, other: &Self) -> Ordering {
        let place = |metric: &Self| ALL.iter().position(|other| other == metric);
        place(self).cmp(&place(other))
    }
}

impl fmt::Debug for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}

/// The name in an experiment file.
impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}

impl FromStr for Metric {
    type Err = String;

    fn from_str(id: &str) -> Result<Self, String> {
        ALL.iter().copied().find(|metric| metric.id == id).ok_or_else(|| format!("no metric is called {id:?}"))
    }
}

impl Serialize for Metric {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id)
    }
}

/// The names, as serde lists them beside one that there is not.
static IDS: std::sync::LazyLock<Vec<&'static str>> = std::sync::LazyLock::new(|| ALL.iter().map(|metric| metric.id).collect());

impl<'de> Deserialize<'de> for Metric {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let id = String::deserialize(deserializer)?;
        id.parse().map_err(|_| de::Error::unknown_variant(&id, &IDS))
    }
}

impl JsonSchema for Metric {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Metric".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let choices: Vec<_> =
            ALL.iter().map(|metric| json_schema!({ "description": metric.about, "const": metric.id })).collect();
        json_schema!({ "oneOf": choices })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_one_metrics_and_is_read_again() {
        for metric in ALL {
            assert_eq!(metric.id.parse::<Metric>().unwrap(), *metric);
            assert_eq!(ALL.iter().filter(|other| *other == metric).count(), 1, "{metric}");
            assert!(metric.range[0] < metric.range[1] && metric.about.ends_with('.'), "{metric}");
        }
        assert!("no-metric".parse::<Metric>().is_err());
    }

    #[test]
    fn a_lower_loss_is_better() {
        assert!(LOSS.is_better(0.3, 0.4) && !ACCURACY.is_better(0.3, 0.4));
        assert_eq!(LOSS.order(0.3, 0.4), Ordering::Greater);
    }
}
