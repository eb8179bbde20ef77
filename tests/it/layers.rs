//! Defaults, file, `--set` and grid lie over one another; a choice clears away what has no meaning
//! beside it.

use std::path::{Path, PathBuf};

use titer::plan;
use titer_core::experiment::split::{Column, Random, Stratified};
use titer_core::experiment::{self, MaxLength, Settings, Source, SplitSettings, Synthetic, Weights};

const COMMIT: &str = "c731040fcd8d73dceaa04b0a8e6329b345b0f5df";

/// A table, a pinned model, and what a test adds.
fn settings(added: &str, sets: &[&str]) -> Settings {
    let text = format!(
        "[data]\nsource = \"table\"\npath = \"a.csv\"\nid = \"id\"\nsequence = \"sequence\"\nlabel = \"label\"\n\
         classes = {{ 0 = \"A\", 1 = \"B\" }}\n[model]\nweights = \"owner/model\"\nrevision = \"{COMMIT}\"\nsha256 = \"{}\"\n{added}",
        "a".repeat(64)
    );
    let sets: Vec<String> = sets.iter().map(|&set| set.to_owned()).collect();
    let loaded = experiment::parse(Path::new("trial.toml"), &text, &sets)
        .unwrap_or_else(|error| panic!("{:?}", miette::Report::new(error)));
    let mut points = plan::expand(&loaded).unwrap();
    assert_eq!(points.len(), 1);
    points.remove(0).settings
}

#[test]
fn the_file_lies_over_the_defaults_and_the_command_line_over_the_file() {
    let train = settings("[train]\nepochs = 2\nbatch-size = 8\n", &["train.epochs=3"]).train;
    assert_eq!((train.epochs, train.batch_size, train.eval_batch_size), (3, 8, 32));
}

#[test]
fn a_length_in_a_higher_layer_leaves_nothing_of_the_lower_one() {
    let fixed = MaxLength::Fixed { tokens: 99 };
    assert_eq!(settings("[tokens]\nmax-length = { fixed = 99 }\n", &[]).tokens.max_length, fixed);
    assert_eq!(settings("[grid]\n\"tokens.max-length\" = [{ fixed = 99 }]\n", &[]).tokens.max_length, fixed);
    // Not the default's 1000: what a percentile does not say is documented, not inherited.
    let all = MaxLength::Percentile { percentile: 99.0, sample: None, seed: 42, limit: 1024 };
    assert_eq!(settings("[tokens]\nmax-length = { percentile = 99 }\n", &[]).tokens.max_length, all);
}

#[test]
fn other_weights_drop_the_revision_and_the_sha256_of_the_ones_below() {
    let folder = Weights::Folder { path: PathBuf::from("./w"), sha256: None };
    assert_eq!(settings("", &["model.weights=./w"]).model.weights, folder);
    assert_eq!(settings("[grid]\n\"model.weights\" = [\"./w\"]\n", &[]).model.weights, folder);
    let pinned = Weights::Folder { path: PathBuf::from("./w"), sha256: Some("b".repeat(64)) };
    let sha256 = format!("model.sha256={}", "b".repeat(64));
    assert_eq!(settings("", &["model.weights=./w", &sha256]).model.weights, pinned);
}

#[test]
fn the_same_weights_keep_their_revision() {
    let Weights::Hub { revision, sha256, .. } = settings("", &["model.weights=owner/model"]).model.weights else { panic!() };
    assert_eq!((revision.as_str(), sha256.is_some()), (COMMIT, true));
}

#[test]
fn another_source_drops_the_keys_it_does_not_know() {
    let data = settings("", &["data.source=synthetic", "data.synthetic.proteins=500"]).data;
    assert_eq!(data.source, Source::Synthetic(Synthetic { proteins: 500, ..Synthetic::default() }));
    assert_eq!(data.classes, []);
    let data = settings("", &["data.source=fasta", "data.label=(a)", "data.path=a.fasta"]).data;
    assert!(matches!(data.source, Source::Fasta { .. }), "{data:?}");
    assert_eq!(data.classes.len(), 2);
}

#[test]
fn another_method_drops_the_shares_or_the_values_of_the_column() {
    let named = |split: &SplitSettings| matches!(split, SplitSettings::Column(Column { column, test, .. }) if column == "set" && *test == "test".into());
    assert!(named(&settings("[split]\ntrain = 0.7\nvalidation = 0.1\n", &["split.method=column", "split.column=set"]).split));
    let column = "[split]\nmethod = \"column\"\ncolumn = \"set\"\n";
    assert!(named(&settings(column, &[]).split));
    let shares = SplitSettings::Stratified(Stratified { train: 0.6, validation: 0.2, test: 0.2, seed: 42 });
    assert_eq!(settings(column, &["split.method=stratified"]).split, shares);
    let marked = column.to_owned() + "validation-column = \"marked\"\n";
    assert_eq!(settings(&marked, &["split.method=stratified"]).split, shares);
    let random = SplitSettings::Random(Random { train: 0.6, validation: 0.2, test: 0.2, seed: 42 });
    assert_eq!(settings(&marked, &["split.method=random"]).split, random);
}

#[test]
fn classes_given_whole_replace_those_below_and_a_class_given_alone_joins_them() {
    let names = |settings: Settings| settings.data.classes.into_iter().map(|class| class.name).collect::<Vec<_>>();
    assert_eq!(names(settings("", &["data.classes={ x = \"X\", y = \"Y\" }"])), ["X", "Y"]);
    assert_eq!(names(settings("", &["data.classes.10=K", "data.classes.2=C"])), ["A", "B", "C", "K"]);
}

#[test]
fn a_class_is_in_the_order_of_its_number_or_of_its_bytes() {
    let labels = |set: &str| settings("", &[set]).data.classes.into_iter().map(|class| class.label).collect::<Vec<_>>();
    assert_eq!(labels("data.classes={ 10 = \"a\", 9 = \"b\", -1 = \"c\" }"), ["-1", "9", "10"]);
    assert_eq!(labels("data.classes={ b = \"a\", 10 = \"b\", B = \"c\" }"), ["10", "B", "b"]);
}
