use super::{Better, Definition, Interval, Output, Unit};

/// The mean loss that training minimises; of classes the cross-entropy
/// (`sklearn.metrics.log_loss`), in nats.
pub(super) const METRIC: Definition = Definition {
    id: "loss",
    label: "loss",
    about: "The mean cross-entropy, in nats: lower is better.",
    better: Better::Lower,
    range: [0.0, f64::INFINITY],
    unit: Unit::Number,
    of: Output::Classes,
    shown: true,
    from_classes: false,
    value: |predictions, weights| {
        let whole: u64 = weights.iter().copied().map(u64::from).sum();
        let losses = &predictions.classes()?.losses;
        let sum: f64 = losses.iter().zip(weights).map(|(value, &weight)| value * f64::from(weight)).sum();
        (whole > 0).then(|| sum / whole as f64)
    },
    undefined: |_| "there is no protein",
    of_class: None,
    by_protein: Some(|predictions| Some(predictions.classes()?.losses.clone())),
    interval: Interval::Logarithm,
};
