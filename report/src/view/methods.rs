//! The methods of the report as a paper would state them, each with its source; only those that
//! were used.

mod works;

use serde::Serialize;
use titer_core::{
    metric::{ACCURACY, MAE, MSE, Method, NDCG},
    predictions::Output,
};

use self::works::{
    BONETT, BROECKER, DELONG, DORFMAN, EFRON_BCA, EFRON_JACKKNIFE, FAGERLAND, FAWCETT, FISHER, GUO, HILLIS, HOLM, JAERVELIN,
    MANTEL, MCNEMAR, NADEAU, SCHUIRMANN, TSAMARDINOS, WHITE, WILSON, Work,
};
use super::{View, advice::listed, choice::By, comparison::split_name, configurations::Basis, format, pairs::Test};

/// What a reviewer asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Methods {
    pub sentences: Vec<String>,
    /// The works that the sentences cite, by author.
    pub references: Vec<&'static str>,
}

impl Methods {
    /// `None` where nothing was scored.
    #[must_use]
    pub fn new(view: &View) -> Option<Self> {
        view.decision.choice.as_ref()?;
        let mut text = Text::default();
        choosing(view, &mut text);
        scores(view, &mut text);
        intervals(view, &mut text);
        pairs(view, &mut text);
        others(view, &mut text);
        calibration(view, &mut text);
        values(view, &mut text);
        errors(view, &mut text);
        text.works.sort_unstable();
        text.works.dedup();
        Some(Self { sentences: text.sentences, references: text.works })
    }
}

/// The text as it is written.
#[derive(Default)]
struct Text {
    sentences: Vec<String>,
    works: Vec<&'static str>,
}

impl Text {
    /// Adds a sentence that ends with the works it rests on.
    fn say(&mut self, sentence: &str, works: &[Work]) {
        let names: Vec<&str> = works.iter().map(|(name, _)| *name).collect();
        let cited = if names.is_empty() { String::new() } else { format!(" ({})", names.join("; ")) };
        self.sentences.push(format!("{sentence}{cited}."));
        self.works.extend(works.iter().map(|(_, work)| *work));
    }
}

fn choosing(view: &View, text: &mut Text) {
    let decision = &view.decision;
    let Some(choice) = decision.choice.as_ref().filter(|_| decision.configurations.len() > 1) else { return };
    let over = if decision.repeated() { ", averaged over its seeds" } else { "" };
    match choice.by {
        By::Validation(selection) => text.say(
            &format!(
                "The configuration was chosen by its validation {}{over}; the {} set took no part in the choice",
                selection.label,
                split_name(view.comparison.split)
            ),
            &[],
        ),
        By::Compared(metric, _) => text.say(
            &format!(
                "The configuration was chosen by its {} on the {} set{over}, which inflates that score",
                metric.label,
                split_name(view.comparison.split)
            ),
            &[],
        ),
    }
    if choice.optimism.is_some() {
        text.say(
            "How much choosing the best inflates its validation score was estimated by bootstrap bias correction",
            &[TSAMARDINOS],
        );
    }
}

fn intervals(view: &View, text: &mut Text) {
    let bases: Vec<Basis> = view.decision.configurations.iter().filter_map(|of| Some(of.score.as_ref()?.of)).collect();
    if of_values(view) {
        text.say("Intervals are 95% confidence intervals", &[]);
    } else {
        text.say("Intervals are 95% confidence intervals; that of one run's accuracy is Wilson's score interval", &[WILSON]);
    }
    if bases.contains(&Basis::SeedsAndProteins) {
        text.say(
            "Over several seeds, seeds and proteins are crossed random effects, with Satterthwaite's degrees of freedom",
            &[DORFMAN, HILLIS],
        );
    }
    if bases.contains(&Basis::Splits) {
        text.say("Over several splits, the variance of the mean is corrected for overlapping training sets", &[NADEAU]);
    }
    for (method, how, works) in [
        (Method::DeLong, "DeLong's interval", &[DELONG][..]),
        (
            Method::Bootstrap,
            if of_values(view) {
                "a bias-corrected and accelerated bootstrap interval over proteins (1,000 resamples)"
            } else {
                "a bias-corrected and accelerated bootstrap interval over proteins within their classes (1,000 resamples)"
            },
            &[EFRON_BCA],
        ),
        (
            Method::Influence,
            if of_values(view) {
                "Student's interval of each protein's contribution, on the scale of the logarithm"
            } else {
                "Student's interval of each protein's contribution, on the scale of the logit or, of the loss, the logarithm"
            },
            &[EFRON_JACKKNIFE],
        ),
    ] {
        let mut labels: Vec<String> = Vec::new();
        for found in view.decision.intervals.iter().flatten().filter(|found| found.method == method) {
            if !labels.contains(&found.score) {
                labels.push(found.score.clone());
            }
        }
        if !labels.is_empty() {
            let have = if labels.len() == 1 { "has" } else { "have" };
            text.say(&format!("Of one run, {} {have} {how}", listed(&labels)), works);
        }
    }
    if view.decision.bands.is_some() {
        text.say(
            "Bands around the curves of the choice are pointwise percentile bootstrap intervals over proteins, with vertical averaging over seeds",
            &[FAWCETT],
        );
    }
}

/// Whether the task is a regression.
fn of_values(view: &View) -> bool {
    view.comparison.kind.task().output() == Output::Values
}

/// What the scores of a regression are, where they may be taken for others.
fn scores(view: &View, text: &mut Text) {
    if !of_values(view) {
        return;
    }
    text.say("Predictions and scores are in the unit of the labels, MSE in its square", &[]);
    if view.runs.iter().any(|run| run.scaled) {
        text.say("The models were trained on labels standardised by the mean and the SD of the training labels", &[]);
    }
    text.say("R² is 1 less the sum of squared errors over that of the labels about their mean on the evaluated proteins", &[]);
    if view.decision.intervals.iter().flatten().any(|found| found.metric == Some(NDCG)) {
        text.say(
            "NDCG ranks all evaluated proteins; the gain of a protein is its label less the lowest label of these proteins",
            &[JAERVELIN],
        );
    }
}

fn pairs(view: &View, text: &mut Text) {
    let pairs = &view.decision.pairs.pairs;
    let uses = |kind: fn(&Test) -> bool| pairs.iter().any(|pair| kind(&pair.test));
    if uses(|test| matches!(test, Test::Mcnemar { .. })) {
        text.say("Two runs were compared on the same proteins by McNemar's test with the mid-p value", &[MCNEMAR, FAGERLAND]);
    }
    if uses(|test| matches!(test, Test::Crossed { .. })) {
        text.say(
            "Two configurations of several seeds were compared on the same proteins with seeds and proteins as crossed random effects",
            &[DORFMAN, HILLIS],
        );
    }
    if view.decision.pairs.metric == ACCURACY && uses(|test| !matches!(test, Test::Splits { .. })) {
        text.say("The interval of a difference in accuracy counts one more protein on either side", &[BONETT]);
    }
    if uses(|test| matches!(test, Test::Proteins { .. })) {
        let metric = view.decision.pairs.metric;
        let (what, works): (_, &[Work]) = match metric {
            _ if metric == MSE => ("paired t-test of the squared errors".to_owned(), &[]),
            _ if metric == MAE => ("paired t-test of the absolute errors".to_owned(), &[]),
            _ if of_values(view) => (format!("t-test of each protein's influence on the {}", metric.label), &[EFRON_JACKKNIFE]),
            _ => (format!("t-test of each protein's contribution to the {}", metric.label), &[EFRON_JACKKNIFE, DELONG]),
        };
        text.say(&format!("Two runs were compared on the same proteins by Student's {what}"), works);
    }
    if view.decision.pairs.equivalent.is_some() {
        text.say("Equivalence within the margin set in the experiment file was tested by two one-sided tests", &[SCHUIRMANN]);
    }
    if uses(|test| matches!(test, Test::Splits { .. })) {
        text.say("Two configurations of several splits were compared by the corrected resampled t-test", &[NADEAU]);
    }
    if pairs.len() > 1 {
        text.say(&format!("The p-values were adjusted for {}", format::counted(pairs.len() as u64, "comparison")), &[HOLM]);
    }
    if !pairs.is_empty() {
        text.say(
            "A difference is called significant where its adjusted p-value is below 0.05, and detectable where it would be found with 80% power",
            &[],
        );
    }
}

fn others(view: &View, text: &mut Text) {
    if view.decision.versus.is_some() {
        text.say(
            "Other scores of the choice and one other configuration were compared by the crossed model over each protein's influence on the score, and their p-values adjusted for the scores and, where the other was picked from several, for those (Bonferroni)",
            &[EFRON_JACKKNIFE, HOLM],
        );
    }
    if view.decision.beside.is_some() {
        let (by, works): (_, &[Work]) = match view.decision.chosen().map_or(0, |of| of.replicates.scored) {
            1 => ("Student's paired test of each protein's contribution", &[]),
            _ => ("the crossed model", &[DORFMAN, HILLIS]),
        };
        text.say(&format!("The choice was compared with the best baseline on the same proteins by {by}"), works);
    }
    if view.decision.effects.iter().any(|effect| effect.contrast.is_some()) {
        text.say(
            "The best and the worst value of a key were compared over the runs that are alike in every other key; the p-values were adjusted for the pairs of values (Bonferroni) and for the keys",
            &[HOLM],
        );
    }
}

fn calibration(view: &View, text: &mut Text) {
    if view.calibration.is_none() {
        return;
    }
    text.say(
        "Calibration is measured by the expected calibration error over 15 bins, and the temperature is fitted on the validation set",
        &[GUO],
    );
    text.say(
        "A calibration error is called larger than chance where consistency resampling gives p < 0.05 (1,000 draws)",
        &[BROECKER],
    );
}

fn values(view: &View, text: &mut Text) {
    let Some(values) = &view.values else { return };
    text.say(
        "Slopes of predicted on observed values, and the other way round, are of least squares, with intervals that allow for uneven errors",
        &[WHITE],
    );
    if !values.groups.values.is_empty() {
        let what = match (values.groups.places.is_empty(), values.groups.unit) {
            (true, _) => "",
            (_, "residues") => " and on the length",
            _ => " and on the number of differences from the wild type",
        };
        let adjusted = if what.is_empty() { "" } else { "; the p-values were adjusted for the two" };
        let works: &[Work] = if what.is_empty() { &[] } else { &[HOLM] };
        text.say(
            &format!(
                "The dependence of the absolute error on the observed value{what} was tested by Spearman's correlation{adjusted}"
            ),
            works,
        );
    }
}

fn errors(view: &View, text: &mut Text) {
    let Some(errors) = &view.errors else { return };
    if !errors.groups.lengths.is_empty() {
        text.say("The dependence of errors on length was tested for a linear trend over the ranks of the lengths", &[MANTEL]);
    }
    if errors.groups.classes.len() > 1 {
        text.say(
            "The most and the least misclassified class were compared by Fisher's exact test, adjusted for the pairs of classes (Bonferroni)",
            &[FISHER],
        );
    }
    if !errors.groups.truncated.is_empty() {
        text.say("Truncated and whole proteins were compared by Fisher's exact test", &[FISHER]);
    }
}
