use super::{Definition, OF_CORRELATIONS};

/// Pearson's correlation of labels and predictions (`scipy.stats.pearsonr`).
///
/// By protein: its influence, of standardised labels x and predictions y, xy − r (x² + y²) / 2
/// (Devlin, Gnanadesikan & Kettenring 1975).
pub(super) const METRIC: Definition = Definition {
    id: "pearson",
    label: "Pearson correlation",
    about: "Pearson's correlation of labels and predictions.",
    value: |predictions, weights| predictions.values()?.moments(weights)?.correlation(),
    by_protein: Some(|predictions| {
        let values = predictions.values()?;
        let moments = values.moments(&predictions.ones())?;
        let score = moments.correlation()?;
        let scale = moments.squares.map(|squares| (squares / moments.whole).sqrt());
        let value = |(target, predicted): (&f64, &f64)| {
            let (x, y) = ((target - moments.mean[0]) / scale[0], (predicted - moments.mean[1]) / scale[1]);
            score + x * y - score * (x * x + y * y) / 2.0
        };
        Some(values.targets.iter().zip(&values.predicted).map(value).collect())
    }),
    ..OF_CORRELATIONS
};
