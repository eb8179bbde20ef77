//! What is known about one set of predictions: every metric of it, and why one has no value.

use serde::{Deserialize, Serialize, de::MapAccess};

use crate::{
    metric::{self, Metric},
    predictions::{Classes, Predictions},
};

/// How well one set of predictions agrees with the labels.
///
/// A metric without a value is `None`, and [`Scores::undefined`] says why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// Proteins scored.
    pub count: usize,
    pub metrics: Values,
    /// Of a classification: each class against the rest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<ClassScores>,
    /// Rows: the true class; columns: the predicted one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub confusion: Vec<Vec<u64>>,
    pub undefined: Vec<Undefined>,
}

/// One class against the rest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassScores {
    pub support: u64,
    pub predicted: u64,
    pub metrics: Values,
}

/// A metric without a value, and the reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undefined {
    pub metric: Metric,
    /// The class's index, where the value is of one class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<usize>,
    pub reason: String,
}

/// Metrics and their values, in the order of the list; `None` where one is undefined.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Values(Vec<(Metric, Option<f64>)>);

impl Values {
    /// The value; `None` where it is undefined, and where the metric is not among these.
    #[must_use]
    pub fn get(&self, metric: Metric) -> Option<f64> {
        self.0.iter().find(|(other, _)| *other == metric).and_then(|(_, value)| *value)
    }

    /// The value, NaN where there is none.
    #[must_use]
    pub fn number(&self, metric: Metric) -> f64 {
        self.get(metric).unwrap_or(f64::NAN)
    }

    /// Every metric with its value.
    pub fn iter(&self) -> impl Iterator<Item = (Metric, Option<f64>)> {
        self.0.iter().copied()
    }

    /// Adds a metric, or gives one that is there another value.
    pub fn set(&mut self, metric: Metric, value: Option<f64>) {
        match self.0.iter_mut().find(|(other, _)| *other == metric) {
            Some((_, there)) => *there = value,
            None => self.0.push((metric, value)),
        }
    }
}

impl FromIterator<(Metric, Option<f64>)> for Values {
    fn from_iter<I: IntoIterator<Item = (Metric, Option<f64>)>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}

/// As a table of the names and the values; `null` where one is undefined.
impl Serialize for Values {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(metric, value)| (metric.column(), value)))
    }
}

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Table;

        impl<'de> serde::de::Visitor<'de> for Table {
            type Value = Values;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("metrics and their values")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Values, A::Error> {
                let mut values = Vec::new();
                while let Some((column, value)) = map.next_entry::<String, Option<f64>>()? {
                    // A metric of a later titer is none that anything here asks for.
                    if let Some(metric) = metric::ALL.iter().find(|metric| metric.column() == column) {
                        values.push((*metric, value));
                    }
                }
                Ok(Values(values))
            }
        }

        deserializer.deserialize_map(Table)
    }
}

impl Scores {
    /// Scores predictions by every metric that there is of them.
    ///
    /// # Panics
    ///
    /// Where there is nothing to score.
    #[must_use]
    pub fn of(predictions: &Predictions) -> Self {
        assert!(predictions.count() > 0, "there is something to score");
        let mut undefined = Vec::new();
        let of_all = metric::ALL.iter().copied().filter(|metric| metric.of == predictions.output());
        let metrics = of_all
            .map(|metric| {
                let value = metric.score(predictions);
                if value.is_none() {
                    undefined.push(Undefined { metric, class: None, reason: (metric.undefined)(predictions).to_owned() });
                }
                (metric, value)
            })
            .collect();
        let classes = predictions.classes();
        Self {
            count: predictions.count(),
            metrics,
            classes: classes.map(|classes| by_class(classes, predictions, &mut undefined)).unwrap_or_default(),
            confusion: classes.map(Classes::confusion).unwrap_or_default(),
            undefined,
        }
    }

    /// What a confusion matrix alone says, without any metric.
    pub(crate) fn counted(count: usize, confusion: Vec<Vec<u64>>) -> Self {
        let class = |class: usize| ClassScores {
            support: confusion[class].iter().sum(),
            predicted: confusion.iter().filter_map(|row| row.get(class)).sum(),
            metrics: Values::default(),
        };
        let classes = (0..confusion.len()).map(class).collect();
        Self { count, metrics: Values::default(), classes, confusion, undefined: Vec::new() }
    }

    /// The same without what is of single classes.
    #[must_use]
    pub fn overall(&self) -> Self {
        Self {
            count: self.count,
            metrics: self.metrics.clone(),
            classes: Vec::new(),
            confusion: Vec::new(),
            undefined: self.undefined.iter().filter(|undefined| undefined.class.is_none()).cloned().collect(),
        }
    }

    /// The proteins on the confusion matrix's diagonal.
    #[must_use]
    pub fn correct(&self) -> u64 {
        self.confusion.iter().enumerate().filter_map(|(class, row)| row.get(class)).sum()
    }

    /// A metric's value; `None` where it is undefined.
    #[must_use]
    pub fn get(&self, metric: Metric) -> Option<f64> {
        self.metrics.get(metric)
    }

    /// A metric's value, NaN where there is none.
    #[must_use]
    pub fn number(&self, metric: Metric) -> f64 {
        self.metrics.number(metric)
    }
}

impl ClassScores {
    /// A metric's value; `None` where it is undefined.
    #[must_use]
    pub fn get(&self, metric: Metric) -> Option<f64> {
        self.metrics.get(metric)
    }
}

fn by_class(classes: &Classes, predictions: &Predictions, undefined: &mut Vec<Undefined>) -> Vec<ClassScores> {
    let Some(tally) = classes.tally(&predictions.ones()) else { return Vec::new() };
    let counts = tally.classes.into_iter().enumerate();
    counts
        .map(|(class, counts)| {
            let of_class = metric::ALL.iter().filter_map(|metric| Some((*metric, metric.of_class?)));
            let metrics = of_class
                .map(|(metric, value)| match value(predictions, class) {
                    Ok(value) => (metric, Some(value)),
                    Err(reason) => {
                        undefined.push(Undefined { metric, class: Some(class), reason: reason.to_owned() });
                        (metric, None)
                    }
                })
                .collect();
            ClassScores { support: counts.support, predicted: counts.predicted, metrics }
        })
        .collect()
}

/// Scores class predictions: `labels` `[n]` are class indices, `logits` `[n, classes]` row by row.
///
/// # Panics
///
/// Where there is nothing to score, and as [`Classes::new`].
#[must_use]
pub fn score(labels: &[usize], logits: &[f32], classes: usize) -> Scores {
    Scores::of(&Predictions::of_classes(labels, logits, classes))
}
