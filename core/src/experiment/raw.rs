//! The experiment file as it is written: every key, every key optional. The doc comments of this file are the reference manual and
//! the descriptions of the JSON schema; defaults lie in `defaults.toml`.
//!
//! Numbers are as wide as TOML's here: what they may be is decided in [`super::validate`], so that every mistake of a file is found in
//! one go and told in one voice.

mod choices;
mod words;

use std::collections::BTreeMap;

pub use choices::{Finetune, FinetuneTable, Grid, MaxLength, MaxLengthTable, Part, Weights, WeightsTable};
use schemars::JsonSchema;
use serde::Deserialize;
use words::{word, words};

use crate::metric::Metric;

use super::settings::{
    Conflicts, DuplicateIds, Duplicates, LowerCase, Missing, Precision, Schedule, Strip, Truncate, UnknownResidues,
};

/// An experiment for titer: the data, the model, the recipe, and the grid of settings to try.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(title = "titer experiment")]
pub struct Raw {
    /// Where the proteins come from and what is done about the doubtful ones.
    pub data: Option<Data>,
    /// How the proteins are divided into training, validation and test.
    pub split: Option<Split>,
    /// How sequences become tokens.
    pub tokens: Option<Tokens>,
    /// The model to fine-tune.
    pub model: Option<Model>,
    /// The fine-tuning recipe. Every key means what it means in `transformers.TrainingArguments`.
    pub train: Option<Train>,
    /// What the report says beyond the runs. It takes no part in a run's identity.
    pub report: Option<Report>,
    /// The settings to try: each key is a dotted key of this file, its value the list of values it takes. Every combination is a
    /// run; the first key changes slowest. A key may also be a whole table (`model`, `split`), whose values are tables: their keys
    /// then move together.
    pub grid: Option<Grid>,
}

/// Where the proteins come from and what is done about the doubtful ones.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Data {
    /// The kind of source. Required.
    #[serde(default, deserialize_with = "word")]
    pub source: Option<SourceKind>,
    /// The data file, relative to the folder titer is called in. Required unless the source is `synthetic`.
    pub path: Option<String>,
    /// The column that names a protein. Required for `table`; `Entry` for `uniprot`.
    pub id: Option<String>,
    /// The column that holds the sequence. Required for `table`; `Sequence` for `uniprot`.
    pub sequence: Option<String>,
    /// The column that holds the label. Required for `table`; `label` for `uniprot`. For `fasta` it is required too and is a
    /// regular expression: the label is what its first group captures in the header.
    pub label: Option<String>,
    /// The classes: the label as the data writes it = the name a reader sees. Rows with another label are dropped. Without it,
    /// every label of the data is a class named as it is written.
    pub classes: Option<BTreeMap<String, String>>,
    /// What is done with proteins of one sequence and one label.
    #[serde(default, deserialize_with = "word")]
    pub duplicates: Option<Duplicates>,
    /// What is done with proteins of one sequence and several labels.
    #[serde(default, deserialize_with = "word")]
    pub conflicts: Option<Conflicts>,
    /// What is done with rows without an id, a sequence or a label.
    #[serde(default, deserialize_with = "word")]
    pub missing: Option<Missing>,
    /// What is done with sequences that hold a letter outside the vocabulary.
    #[serde(default, deserialize_with = "word")]
    pub unknown_residues: Option<UnknownResidues>,
    /// The words that stand for a missing id, sequence or label, such as `["NA", "null"]`, spelled
    /// as in the data. The empty field always does.
    pub missing_values: Option<Vec<String>>,
    /// How lower-case letters of a sequence are read.
    #[serde(default, deserialize_with = "word")]
    pub lower_case: Option<LowerCase>,
    /// What is taken out of sequences. Without it gaps stay, each a token, and a `*` is an error.
    #[serde(default, deserialize_with = "words")]
    pub strip: Option<Vec<Strip>>,
    /// What is done with an id that several of the kept proteins bear.
    #[serde(default, deserialize_with = "word")]
    pub duplicate_ids: Option<DuplicateIds>,
    /// The generator's settings, for the source `synthetic` alone.
    pub synthetic: Option<Synthetic>,
    /// How `titer fetch` makes the data file, for the sources `uniprot` (required) and `table`.
    pub fetch: Option<Fetch>,
}

/// The kind of source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SourceKind {
    /// CSV, TSV or Parquet, told apart by the extension.
    Table,
    /// FASTA: the id is the header up to the first space.
    Fasta,
    /// The table that `titer fetch` makes from a UniProt query.
    Uniprot,
    /// Proteins made up with planted localisation signals: for trials and for the quickstart.
    Synthetic,
}

/// The generator of made-up proteins.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Synthetic {
    /// How many proteins are made.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub proteins: Option<i64>,
    /// How many classes they fall into.
    #[schemars(range(min = 2, max = 8))]
    pub classes: Option<i64>,
    /// The shortest protein, in residues.
    #[schemars(range(min = 40, max = 40_000))]
    pub min_length: Option<i64>,
    /// The longest protein, in residues.
    #[schemars(range(min = 40, max = 40_000))]
    pub max_length: Option<i64>,
    /// The share of proteins that carry the signal of their class, from 0 to 1: it bounds the accuracy that can be reached.
    #[schemars(range(min = 0, max = 1))]
    pub signal: Option<f64>,
    /// Seeds the generator.
    #[schemars(range(min = 0, max = 4_294_967_295_u32))]
    pub seed: Option<i64>,
}

/// How `titer fetch` makes the data file from UniProt. It takes no part in a run's identity: the file's digest does.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Fetch {
    /// A UniProtKB query, such as `(organism_id:9606) AND (reviewed:true)`. Required.
    pub query: Option<String>,
    /// UniProt's return fields beside `accession` and `sequence`, such as `cc_subcellular_location`.
    pub fields: Option<Vec<String>>,
    /// The sha256 the finished file must have: pins the data.
    #[schemars(regex(pattern = "^[0-9a-fA-F]{64}$"))]
    pub sha256: Option<String>,
    /// Gives a row its label from the text of one column: the one class whose rule holds. Rows that no class or several claim are
    /// left out. Required.
    pub label: Option<FetchLabel>,
}

/// The label rule.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FetchLabel {
    /// The column's header in UniProt's answer, such as `Subcellular location [CC]`. Required.
    pub column: Option<String>,
    /// A rule for each label, the label as it is written into the file. Required.
    pub classes: Option<BTreeMap<String, FetchRule>>,
}

/// A rule, case-sensitive. It holds where every text of `contains` and one of `terms` is found, and none of `excludes` and
/// `excludes-terms` is. It needs `contains` or `terms`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FetchRule {
    /// Texts that must all occur somewhere in the column, in a note or within a longer word too: `Cytoplasm` is found in
    /// `Cytoplasmic vesicle`.
    pub contains: Option<Vec<String>>,
    /// Texts of which none may occur.
    pub excludes: Option<Vec<String>>,
    /// Locations of which the protein has one, as UniProt writes them: `Cytoplasm`, which takes in `Cytoplasm, cytosol`, and not
    /// `Cytoplasmic vesicle`. Notes and what is said of single isoforms or chains are left out. For the column
    /// `Subcellular location [CC]`.
    pub terms: Option<Vec<String>>,
    /// Locations of which the protein has none.
    pub excludes_terms: Option<Vec<String>>,
}

/// How the proteins are divided.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Split {
    /// How a protein finds its split.
    #[serde(default, deserialize_with = "word")]
    pub method: Option<SplitMethod>,
    /// `stratified`: the share of the proteins that are trained on. `column`: the value that marks them (`train` unless given).
    pub train: Option<Part>,
    /// `stratified`: the share that names the selected epoch. `column`: the value that marks it (`validation` unless given).
    pub validation: Option<Part>,
    /// `stratified`: the share that is scored at the end. `column`: the value that marks it (`test` unless given).
    pub test: Option<Part>,
    /// `stratified` alone: seeds the shuffle.
    #[schemars(range(min = 0, max = 4_294_967_295_u32))]
    pub seed: Option<i64>,
    /// `column` alone, and required there: the column that names a protein's split; for FASTA a regular expression whose first
    /// group captures it in the header.
    pub column: Option<String>,
}

/// How a protein finds its split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SplitMethod {
    /// At random within each class, as scikit-learn's `train_test_split(stratify=y)` called twice: the test split first, then
    /// validation from the rest. The three shares add up to 1.
    Stratified,
    /// As a column of the data says.
    Column,
}

/// How sequences become tokens.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Tokens {
    /// The most tokens a protein may have, `<cls>` and `<eos>` counted.
    pub max_length: Option<MaxLength>,
    /// Which residues a protein that is too long loses.
    #[serde(default, deserialize_with = "word")]
    pub truncate: Option<Truncate>,
}

/// The model to fine-tune.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Model {
    /// Where the encoder's weights come from. Required.
    pub weights: Option<Weights>,
    /// The commit of the Hub's repository, 40 hexadecimal digits: a model's name alone may mean another model tomorrow. Required for
    /// weights from the Hub, refused beside others.
    #[schemars(regex(pattern = "^[0-9a-fA-F]{40}$"))]
    pub revision: Option<String>,
    /// The sha256 of `model.safetensors`: the weights are refused where it differs.
    #[schemars(regex(pattern = "^[0-9a-fA-F]{64}$"))]
    pub sha256: Option<String>,
}

/// The fine-tuning recipe.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Train {
    /// Passes over the training split.
    #[schemars(range(min = 1, max = 4_294_967_295_u32))]
    pub epochs: Option<i64>,
    /// Proteins an optimiser step; the last step of an epoch takes what is left.
    #[schemars(range(min = 1))]
    pub batch_size: Option<i64>,
    /// Proteins a forward pass when validating and testing. It moves no metric by more than rounding.
    #[schemars(range(min = 1))]
    pub eval_batch_size: Option<i64>,
    /// The highest learning rate `AdamW` takes.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub learning_rate: Option<f64>,
    /// The decoupled weight decay; biases and layer norms are spared.
    #[schemars(range(min = 0))]
    pub weight_decay: Option<f64>,
    /// How the learning rate moves after warm-up.
    #[serde(default, deserialize_with = "word")]
    pub schedule: Option<Schedule>,
    /// Steps over which the learning rate climbs from zero.
    #[schemars(range(min = 0))]
    pub warmup_steps: Option<i64>,
    /// The global norm gradients are clipped to; 0 switches clipping off.
    #[schemars(range(min = 0))]
    pub max_grad_norm: Option<f64>,
    /// The arithmetic of forward and backward; the weights and the optimiser are always fp32.
    #[serde(default, deserialize_with = "word")]
    pub precision: Option<Precision>,
    /// Seeds the head's initialisation and the order of the proteins.
    #[schemars(range(min = 0, max = 4_294_967_295_u32))]
    pub seed: Option<i64>,
    /// The validation metric that names the selected epoch. Greater is better, except for the loss.
    #[serde(default, deserialize_with = "word")]
    pub select: Option<Metric>,
    /// An upper bound on the optimiser steps, for trials and timings; the schedule then ends there. Without it, none.
    #[schemars(range(min = 1))]
    pub max_steps: Option<i64>,
    /// Which part of the model is trained; the rest is frozen: no gradient, no weight decay, and computed once for all runs that agree
    /// on it.
    pub finetune: Option<Finetune>,
}

/// What the report says beyond the runs. It takes no part in a run's identity: runs that are done stay done whatever it says.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Report {
    /// The column of the data that says something about a protein in words, such as `Subcellular location [CC]`: kept in `dataset.parquet`
    /// and shown beside the proteins that runs get wrong. For the sources `table` and `uniprot`.
    pub text: Option<String>,
    /// Words that hint at a class: a class's name = the words. A protein of another class whose text has one of them, in capitals or not, is
    /// marked where runs get it wrong. Needs `text`.
    pub hints: Option<BTreeMap<String, Vec<String>>>,
    /// The region of practical equivalence: two configurations whose scores differ by less than this
    /// are as good as each other, in the unit of the metric that selects (0.01 is one percentage
    /// point of accuracy). With it the report tells equivalent configurations from those that it
    /// cannot separate; without it there is no such region.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub equivalent: Option<f64>,
    /// Where a protein's id leads, `{id}` standing for it. Without it to UniProt's entry, where every id looks like one of UniProt's.
    pub link: Option<String>,
}
