//! The methods of the report as a paper would state them, each with its source; only those that
//! were used.

use serde::Serialize;
use titer_core::metric::{ACCURACY, Method};

use super::{View, advice::listed, choice::By, comparison::split_name, configurations::Basis, format, pairs::Test};

/// What a reviewer asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Methods {
    pub sentences: Vec<String>,
    /// The works that the sentences cite, by author.
    pub references: Vec<&'static str>,
}

/// A cited work: how a sentence names it, and where it was published.
type Work = (&'static str, &'static str);

const WILSON: Work = (
    "Wilson 1927",
    "Wilson EB (1927). Probable inference, the law of succession, and statistical inference. J Am Stat Assoc 22:209–212.",
);
const DELONG: Work = (
    "DeLong et al. 1988",
    "DeLong ER, DeLong DM, Clarke-Pearson DL (1988). Comparing the areas under two or more correlated receiver operating characteristic curves. Biometrics 44:837–845.",
);
const EFRON_BCA: Work = ("Efron 1987", "Efron B (1987). Better bootstrap confidence intervals. J Am Stat Assoc 82:171–185.");
const EFRON_JACKKNIFE: Work = ("Efron 1982", "Efron B (1982). The jackknife, the bootstrap and other resampling plans. SIAM.");
const DORFMAN: Work = (
    "Dorfman et al. 1992",
    "Dorfman DD, Berbaum KS, Metz CE (1992). Receiver operating characteristic rating analysis. Invest Radiol 27:723–731.",
);
const HILLIS: Work = (
    "Hillis 2007",
    "Hillis SL (2007). A comparison of denominator degrees of freedom methods for multiple observer ROC analysis. Stat Med 26:596–619.",
);
const NADEAU: Work =
    ("Nadeau and Bengio 2003", "Nadeau C, Bengio Y (2003). Inference for the generalization error. Mach Learn 52:239–281.");
const MCNEMAR: Work = (
    "McNemar 1947",
    "McNemar Q (1947). Note on the sampling error of the difference between correlated proportions or percentages. Psychometrika 12:153–157.",
);
const FAGERLAND: Work = (
    "Fagerland et al. 2013",
    "Fagerland MW, Lydersen S, Laake P (2013). The McNemar test for binary matched-pairs data: mid-p and asymptotic are better than exact conditional. BMC Med Res Methodol 13:91.",
);
const SCHUIRMANN: Work = (
    "Schuirmann 1987",
    "Schuirmann DJ (1987). A comparison of the two one-sided tests procedure and the power approach for assessing the equivalence of average bioavailability. J Pharmacokinet Biopharm 15:657–680.",
);
const HOLM: Work = ("Holm 1979", "Holm S (1979). A simple sequentially rejective multiple test procedure. Scand J Stat 6:65–70.");
const GUO: Work = (
    "Guo et al. 2017",
    "Guo C, Pleiss G, Sun Y, Weinberger KQ (2017). On calibration of modern neural networks. ICML, PMLR 70:1321–1330.",
);
const BROECKER: Work = (
    "Bröcker and Smith 2007",
    "Bröcker J, Smith LA (2007). Increasing the reliability of reliability diagrams. Weather Forecast 22:651–661.",
);
const TSAMARDINOS: Work = (
    "Tsamardinos et al. 2018",
    "Tsamardinos I, Greasidou E, Borboudakis G (2018). Bootstrapping the out-of-sample predictions for efficient and accurate cross-validation. Mach Learn 107:1895–1922.",
);
const BONETT: Work = (
    "Bonett and Price 2012",
    "Bonett DG, Price RM (2012). Adjusted Wald confidence interval for a difference of binomial proportions based on paired data. J Educ Behav Stat 37:479–488.",
);
const MANTEL: Work = (
    "Mantel 1963",
    "Mantel N (1963). Chi-square tests with one degree of freedom; extensions of the Mantel–Haenszel procedure. J Am Stat Assoc 58:690–700.",
);
const FISHER: Work = (
    "Fisher 1922",
    "Fisher RA (1922). On the interpretation of χ² from contingency tables, and the calculation of P. J R Stat Soc 85:87–94.",
);
const FAWCETT: Work = ("Fawcett 2006", "Fawcett T (2006). An introduction to ROC analysis. Pattern Recognit Lett 27:861–874.");

impl Methods {
    /// `None` where nothing was scored.
    #[must_use]
    pub fn new(view: &View) -> Option<Self> {
        view.decision.choice.as_ref()?;
        let mut text = Text::default();
        choosing(view, &mut text);
        intervals(view, &mut text);
        pairs(view, &mut text);
        others(view, &mut text);
        calibration(view, &mut text);
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
    text.say("Intervals are 95% confidence intervals; that of one run's accuracy is Wilson's score interval", &[WILSON]);
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
            "a bias-corrected and accelerated bootstrap interval over proteins within their classes (1,000 resamples)",
            &[EFRON_BCA],
        ),
        (
            Method::Influence,
            "Student's interval of each protein's contribution, on the scale of the logit or, of the loss, the logarithm",
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
        let sentence = format!(
            "Two runs were compared on the same proteins by Student's t-test of each protein's contribution to the {}",
            view.decision.pairs.metric.label
        );
        text.say(&sentence, &[EFRON_JACKKNIFE, DELONG]);
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
