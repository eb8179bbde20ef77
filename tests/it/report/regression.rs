//! The report of a regression: made-up runs over proteins with a number each, and what is said and
//! drawn of them.

use std::path::Path;

use serde_json::{Value, json};
use titer_core::{
    data::Split,
    experiment::{Cleaning, DataSettings, Source, TaskSettings},
    metric::{LOSS, MSE, PEARSON, R2, RMSE, SPEARMAN},
    predictions::Predictions,
    results::tables::{Baselines, ProteinRow, ValueRow},
    task::{Kind, Scale},
};
use titer_report::{
    Compared, Inputs, View,
    figures::{data, training, values},
    page,
};

use super::{
    cut, drawn,
    fixture::{self, Course, Dice, Proteins},
};

/// The wild type of the made-up variants.
const WILD: &str = "MQYKLILNGKTLKGETTTEAVDAATAEKVFKQYANDNGVDGEWTYDDATKTFTVTEKLPW";
const RESIDUES: &[u8] = b"LAGVSERTIDPKQNFYMHWC";

impl Course {
    pub fn of_values(rate: f64, signal: f64) -> Self {
        Self { select: SPEARMAN, ..Self::at(rate, signal) }
    }
}

/// Variants of one protein, up to four mutations each.
pub fn variants(folder: &Path, count: usize) -> Proteins {
    let mut dice = Dice(11);
    let sequence = |dice: &mut Dice| {
        let mut sequence = WILD.as_bytes().to_vec();
        let (mut fitness, mutations) = (1.0, 1 + dice.next() % 4);
        for _ in 0..mutations {
            let (place, residue) = (10 + dice.next() % 40, RESIDUES[(dice.next() % 20) as usize]);
            sequence[place as usize] = residue;
            fitness -= 0.35 * ((place * 7 + u64::from(residue)) % 10) as f64 / 10.0;
        }
        (String::from_utf8(sequence).unwrap(), fitness + 0.12 * dice.normal())
    };
    prepared(folder, Scale::None, (0..count).map(|_| sequence(&mut dice)))
}

/// Proteins of several lengths, whose label goes with what they consist of.
pub fn proteins(folder: &Path, count: usize, scale: Scale) -> Proteins {
    let mut dice = Dice(5);
    let sequence = |dice: &mut Dice| {
        let length = (60.0 + 45.0 * dice.normal().abs()) as usize;
        let sequence: String = (0..length).map(|_| char::from(RESIDUES[(dice.next() % 20) as usize])).collect();
        let oily = sequence.bytes().filter(|residue| b"LAVIFMW".contains(residue)).count() as f64 / length as f64;
        (format!("M{sequence}"), 40.0 + 60.0 * oily + 0.02 * length as f64 + 3.0 * dice.normal())
    };
    prepared(folder, scale, (0..count).map(|_| sequence(&mut dice)))
}

fn prepared(folder: &Path, scale: Scale, rows: impl Iterator<Item = (String, f64)>) -> Proteins {
    let mut csv = csv::Writer::from_path(folder.join("values.csv")).unwrap();
    csv.write_record(["Entry", "Sequence", "stability"]).unwrap();
    for (place, (sequence, value)) in rows.enumerate() {
        csv.write_record([format!("V{place:04}"), sequence, format!("{value:.3}")]).unwrap();
    }
    csv.flush().unwrap();
    let settings = DataSettings {
        source: Source::Table {
            path: "values.csv".into(),
            id: Some("Entry".into()),
            sequence: "Sequence".into(),
            label: "stability".into(),
            separator: None,
        },
        classes: Vec::new(),
        cleaning: Cleaning::default(),
    };
    Proteins::split_by(TaskSettings { kind: Kind::Regression, scale }, settings, 42, folder)
}

impl Proteins {
    fn targets(&self, split: Split) -> Vec<f64> {
        let of = |&protein: &usize| self.dataset.proteins[protein].target.unwrap().value().unwrap();
        self.dataset.split(split).iter().map(of).collect()
    }

    /// What a model gives, in the scale it is trained on: nearer to the labels with the epochs and
    /// the signal, and always drawn towards their mean.
    pub fn outputs(&self, split: Split, course: &Course, epoch: u32, dice: &mut Dice) -> Vec<f32> {
        let train = self.targets(Split::Train);
        let mean = train.iter().sum::<f64>() / train.len() as f64;
        let deviation = (train.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / train.len() as f64).sqrt();
        let learned = 0.6 * course.signal * (1.0 - (-f64::from(epoch)).exp());
        let output = |(protein, target): (&usize, f64)| {
            // Some proteins are hard for every run.
            let noise = 0.25 * Dice(*protein as u64 ^ 0x7a1e).normal() + 0.2 * dice.normal();
            let standard = if course.blind { 0.0 } else { learned * (target - mean) / deviation + noise };
            let scaled = self.dataset.scaling.is_some();
            (if scaled { standard } else { mean + deviation * standard }) as f32
        };
        self.dataset.split(split).iter().zip(self.targets(split)).map(output).collect()
    }

    pub fn scored(&self, split: Split, outputs: &[f32]) -> Predictions {
        let members = self.dataset.split(split);
        let targets: Vec<_> = members.iter().map(|&protein| self.dataset.proteins[protein].target.unwrap()).collect();
        self.task.kind.task().predictions(&targets, outputs, 1, self.dataset.scaling)
    }

    pub fn values(&self, split: Split, outputs: &[f32]) -> Vec<ValueRow> {
        let scored = self.scored(split, outputs);
        let predicted = scored.values().unwrap().predicted();
        let rows = self.dataset.split(split).iter().zip(self.targets(split)).zip(predicted);
        let row = |((&protein, label), &predicted): ((&usize, f64), &f64)| ValueRow {
            id: self.dataset.proteins[protein].id.clone(),
            split,
            label,
            predicted,
        };
        rows.map(row).collect()
    }
}

/// titer's own baselines but the sequence search: whether there is one depends on the machine.
pub fn baselines(proteins: &[ProteinRow]) -> Baselines {
    let mut baselines = titer::baseline::refresh::of(Kind::Regression, proteins, None, &|| false);
    baselines.made.retain(|made| made.baseline != "mmseqs2");
    baselines.values.retain(|row| row.baseline != "mmseqs2");
    baselines
}

fn courses() -> Vec<Course> {
    let with = |(rate, signal): (f64, f64)| (42..45).map(move |seed| Course { seed, ..Course::of_values(rate, signal) });
    [(2e-5, 0.7), (1e-4, 1.2)].into_iter().flat_map(with).collect()
}

pub fn of_variants() -> Inputs {
    let folder = tempfile::tempdir().unwrap();
    asked(variants(folder.path(), 600).inputs(&courses()))
}

/// With a question of their own.
fn asked(inputs: Inputs) -> Inputs {
    let question = "what does the learning rate do to ESM-2 8M fine-tuned to predict stability?";
    Inputs { text: inputs.text.replace(fixture::QUESTION, question), ..inputs }
}

pub fn of_proteins(scale: Scale, courses: &[Course]) -> Inputs {
    let folder = tempfile::tempdir().unwrap();
    asked(proteins(folder.path(), 400, scale).inputs(courses))
}

#[test]
fn what_lies_on_disk_is_what_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = of_variants();
    let results = fixture::lay(&inputs, folder.path());
    assert_eq!(View::new(&Inputs::read(&results).unwrap()), View::new(&inputs));
}

#[test]
fn the_page_and_the_comparison_speak_of_values() {
    let inputs = of_variants();
    let view = View::new(&inputs);
    let page = cut(&page::page(&inputs, &view).unwrap());
    for word in ["lassif", "ccuracy", "class ", "classes", "McNemar", "Wilson", "robabilit", "F1", "ROC"] {
        // The blocks of the head have the names of transformers, and the works their titles.
        let found: Vec<&str> = page
            .lines()
            .filter(|line| {
                !line.contains(">classifier, ") && !line.contains("\"references\"") && line.replace("class=", "").contains(word)
            })
            .collect();
        assert!(found.is_empty(), "{word}: {found:#?}");
    }
    insta::assert_snapshot!("regression_page", page);
    insta::assert_json_snapshot!(
        "regression_figures",
        json!({
            "points": drawn(&values::points(view.values.as_ref().unwrap())),
            "groups": drawn(&values::groups(view.values.as_ref().unwrap())),
            "run": drawn(&[values::run(&view.runs[0]).unwrap()]),
            "data": drawn(&data::data(&view.data, None)),
        })
    );
    insta::assert_snapshot!("regression_compare", Compared::from(view).to_string());
}

#[test]
fn the_comparison_as_json_has_the_metrics_of_the_task() {
    let inputs = of_variants();
    let compared = serde_json::to_value(Compared::from(View::new(&inputs))).unwrap();
    assert_eq!(compared["metric"], "spearman");
    let scores = &compared["runs"][0]["scores"];
    let test = inputs.runs[0].manifest.outcome.test.as_ref().unwrap();
    for metric in [MSE, RMSE, R2, PEARSON, SPEARMAN] {
        assert_eq!(scores[metric.column()], json!(test.number(metric)), "{metric}");
    }
    assert_eq!((&scores["accuracy"], &scores["right"]), (&Value::Null, &Value::Null));
    assert!(scores.as_object().unwrap().get("accuracy").is_none());
    let told: Vec<&str> =
        compared["versus"]["scores"].as_array().unwrap().iter().map(|of| of["score"].as_str().unwrap()).collect();
    assert_eq!(told, ["rmse", "mae", "pearson", "kendall", "ndcg"], "MSE and R² say what RMSE says");
}

#[test]
fn proteins_of_several_lengths_have_errors_by_length_and_a_training_loss_in_the_unit_of_the_labels() {
    let inputs = of_proteins(Scale::Standard, &courses());
    let view = View::new(&inputs);
    let values = view.values.as_ref().unwrap();
    assert_eq!(values.groups.unit, "residues");
    assert!(!values.worst.has_variants && values.worst.baseline.is_some());
    let scaling = inputs.runs[0].manifest.outcome.scaling.unwrap();
    let shown = &view.runs[0].training;
    let of_epoch: Vec<f64> = inputs.runs[0].steps.iter().filter(|step| step.epoch == 1).map(|step| step.loss).collect();
    let mean = of_epoch.iter().sum::<f64>() / of_epoch.len() as f64 * scaling.deviation.powi(2);
    assert!((shown.validation[0].training - mean).abs() < 1e-9 * mean, "{} {mean}", shown.validation[0].training);
    assert_eq!(shown.loss, MSE);
    insta::assert_json_snapshot!(
        "regression_lengths",
        json!({
            "sentences": values.sentences, "groups": values.groups.table, "data": view.data.values.as_ref().unwrap().sentences,
            "training": shown.sentences, "epochs": shown.epochs, "recipe": view.runs[0].recipe, "split": view.split,
            "curves": drawn(&training::run(&view.runs[0], titer_report::figures::detail::Detail::Full)),
        })
    );
}

#[test]
fn one_value_for_every_protein_is_nothing_learned() {
    let blind = |select| Course { blind: true, select, ..Course::of_values(2e-5, 1.0) };
    let answer = |courses: &[Course]| View::new(&of_proteins(Scale::None, courses)).answer;
    let undefined = answer(&[blind(SPEARMAN)]);
    assert_eq!(
        undefined.headline,
        "Nothing was learned: the run predicts the same value for every protein, which leaves the Spearman correlation undefined."
    );
    let scored = answer(&[blind(MSE)]);
    assert!(scored.headline.starts_with("Nothing was learned: this run predicts nearly the same value ("), "{}", scored.headline);
    assert_eq!(scored.advice[0].text, "not this model: it predicts nearly the same value for every protein.");
    assert!(scored.advice.iter().any(|advice| advice.text.starts_with("A recipe that learns")), "{:?}", scored.advice);
    let beside = answer(&[Course { select: MSE, ..Course::of_values(1e-4, 1.2) }, blind(MSE)]);
    let caution = "1 run predicts nearly the same value for every test protein (2e-5).";
    assert!(beside.cautions.iter().any(|text| text.replace("learning rate ", "") == caution), "{:?}", beside.cautions);
    let inputs = of_proteins(Scale::None, &[blind(MSE)]);
    let view = View::new(&inputs);
    let sentences = &view.values.as_ref().unwrap().sentences;
    assert!(sentences.iter().any(|text| text.starts_with("They hardly differ from one protein to another")), "{sentences:?}");
    assert!(page::body(&inputs, &view).unwrap().contains("Spearman correlation has no value: every prediction is the same."));
}

#[test]
fn a_wild_type_that_the_experiment_names_is_what_variants_are_compared_with() {
    let mut inputs = of_variants();
    let told = |inputs: &Inputs| View::new(inputs).values.unwrap().sentences.join("\n");
    let found = told(&inputs);
    assert!(
        found.contains("All test proteins have 60 residues, and differ in ") && found.contains("most frequent residue"),
        "{found}"
    );
    inputs.text = format!(
        "[data]\nsource = \"table\"\npath = \"x.csv\"\nid = \"id\"\nsequence = \"s\"\nlabel = \"l\"\n\
         [task]\nkind = \"regression\"\n[model]\nweights = \"./w\"\n[report]\nwild-type = \"{WILD}\"\n"
    );
    let named = told(&inputs);
    assert!(named.contains("the wild type that the experiment file names (report.wild-type)"), "{named}");
}

#[test]
fn outliers_and_labels_beyond_the_training_labels_are_told() {
    let mut inputs = of_proteins(Scale::None, &courses()[..1]);
    let sentences = |inputs: &Inputs| View::new(inputs).data.values.unwrap().sentences.join("\n");
    let place = inputs.proteins.iter().position(|row| row.split == Some(Split::Test)).unwrap();
    inputs.proteins[place].value = Some(1000.0);
    let values = inputs.card.values.as_mut().unwrap();
    (values.outliers, values.distinct) = (1, 7);
    let told = sentences(&inputs);
    assert!(told.contains("1 label lies more than 1.5 interquartile ranges beyond the quartiles"), "{told}");
    assert!(told.contains(&format!("it is that of {}, 1000.", inputs.proteins[place].id)), "{told}");
    assert!(told.contains("The labels take 7 different values only"), "{told}");
    assert!(told.contains("outside the range of the training labels"), "{told}");
}

#[test]
fn a_loss_past_its_lowest_is_told_by_its_own_name() {
    let mut inputs = of_proteins(Scale::None, &courses()[..1]);
    let selected = inputs.runs[0].epochs.iter().position(|row| row.selected).unwrap();
    let mse = inputs.runs[0].epochs[selected].scores.number(MSE);
    inputs.runs[0].epochs[selected].scores.metrics.set(MSE, Some(10.0 * mse));
    let cautions = View::new(&inputs).answer.cautions.join("\n");
    assert!(cautions.contains("fewer epochs, or select = \"mse\", would stop earlier"), "{cautions}");
    assert!(!cautions.contains("probabilities") && !cautions.contains(LOSS.id.to_uppercase().as_str()), "{cautions}");
}
