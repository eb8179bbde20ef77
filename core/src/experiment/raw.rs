//! The experiment file as it is written. Tables that a run keeps as they are ([`TrainSettings`],
//! [`TokenSettings`], [`Cleaning`], [`Synthetic`]) are declared in [`super::settings`]; here is
//! what [`super::validate`] makes something else of.
//!
//! The doc comments of these types are the reference manual and the descriptions of the JSON
//! schema, which says what a file may hold ([`super::check`]): what is read here has been found to
//! be as the schema has it.

use std::{borrow::Cow, collections::BTreeMap};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::{
    settings::{Cleaning, ModelSize, Paths, Synthetic, TaskSettings, TokenSettings, TrainSettings},
    split::SplitMethod,
};

/// An experiment for titer: the data, the model, the recipe, and the grid of settings to try.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(title = "titer experiment")]
pub struct Raw {
    /// Where the proteins come from and what is done about the doubtful ones.
    pub data: Option<Data>,
    /// What a model is asked to predict.
    pub task: Option<TaskSettings>,
    /// How the proteins are divided into training, validation and test.
    pub split: Option<Split>,
    /// How sequences become tokens.
    pub tokens: Option<TokenSettings>,
    /// The model to fine-tune.
    pub model: Option<Model>,
    /// The fine-tuning recipe. Every key means what it means in `transformers.TrainingArguments`.
    pub train: Option<TrainSettings>,
    /// Settings of the report. They are not part of a run's identity.
    pub report: Option<Report>,
    /// The settings to try: each key is a dotted key of this file, its value the list of values it
    /// takes. Every combination is a run; the first key changes slowest. A key may also be a whole
    /// table (`model`, `split`), whose values are tables: their keys then move together.
    pub grid: Option<Grid>,
}

/// Where the proteins come from and what is done about the doubtful ones.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(extend("additionalProperties" = false))]
pub struct Data {
    /// The kind of source. Required.
    pub source: Option<SourceKind>,
    /// The data files, relative to the folder titer is called in. Required unless the source is
    /// `synthetic`. With several, all have the same columns.
    pub path: Option<Paths>,
    /// The character that separates the fields of a `table` in text. Without it `,` in CSV and a
    /// tab in TSV, or what the header and the first rows are separated by: `,`, `;`, a tab or `|`.
    pub separator: Option<String>,
    /// The column that names a protein; `Entry` for `uniprot`. Without it a protein of a `table` is
    /// named by the number of its row, from 1.
    pub id: Option<String>,
    /// The column that holds the sequence. Required for `table`; `Sequence` for `uniprot`.
    pub sequence: Option<String>,
    /// The column that holds the label. Required for `table`; `label` for `uniprot`. For `fasta`
    /// the attribute of the header (`TARGET` for `TARGET=Nucleus`, which is the default), or a
    /// regular expression whose first group captures the label in the header.
    pub label: Option<String>,
    /// The classes: the label as the data writes it = the name a reader sees. Rows with another
    /// label are dropped. Without it, every label of the data is a class named as it is written.
    pub classes: Option<BTreeMap<String, String>>,
    #[serde(flatten)]
    pub cleaning: Cleaning,
    /// The generator's settings, for the source `synthetic` alone.
    pub synthetic: Option<Synthetic>,
    /// How `titer fetch` makes the data file, for the sources `uniprot` (required) and `table`.
    pub fetch: Option<Fetch>,
}

/// The kind of source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SourceKind {
    /// CSV, TSV (`.tsv`, `.tab`), other separators (`.txt`) or Parquet, by the extension; texts
    /// also compressed with gzip or zstd (`.csv.gz`, `.csv.zst`).
    Table,
    /// FASTA, also compressed with gzip or zstd: the id is the header up to the first space.
    Fasta,
    /// The table that `titer fetch` makes from a UniProt query.
    Uniprot,
    /// Generated proteins with planted localisation signals, for trials and the quickstart.
    Synthetic,
}

/// How `titer fetch` makes the data file from UniProt. It takes no part in a run's identity: the
/// file's digest does.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Fetch {
    /// A UniProtKB query, such as `(organism_id:9606) AND (reviewed:true)`. Required.
    pub query: Option<String>,
    /// UniProt's return fields in addition to `accession` and `sequence`, such as
    /// `cc_subcellular_location`.
    pub fields: Option<Vec<String>>,
    /// The sha256 the finished file must have: pins the data.
    #[schemars(regex(pattern = "^[0-9a-fA-F]{64}$"))]
    pub sha256: Option<String>,
    /// Gives a row its label from the text of one column: the one class whose rule holds. Rows that
    /// match no rule, or several, are left out. Required.
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

/// A rule, case-sensitive. It holds where every text of `contains` and one of `terms` is found, and
/// none of `excludes` and `excludes-terms` is. It needs `contains` or `terms`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FetchRule {
    /// Texts that must all occur somewhere in the column, also in a note or within a longer word:
    /// `Cytoplasm` is found in `Cytoplasmic vesicle`.
    pub contains: Option<Vec<String>>,
    /// Texts that must not occur.
    pub excludes: Option<Vec<String>>,
    /// Locations as UniProt writes them; the protein must have at least one. `Cytoplasm` matches
    /// `Cytoplasm, cytosol` but not `Cytoplasmic vesicle`. Notes and comments about single isoforms
    /// or chains are ignored. For the column `Subcellular location [CC]`.
    pub terms: Option<Vec<String>>,
    /// Locations that the protein must not have.
    pub excludes_terms: Option<Vec<String>>,
}

/// The shares where a file gives none, and the seed of the shuffle.
pub const TRAIN: f64 = 0.6;
pub const VALIDATION: f64 = 0.2;
pub const TEST: f64 = 0.2;
pub const SEED: u32 = 42;

/// How the proteins are divided.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Split {
    /// How proteins are assigned to splits. Where `data.path` names the files of each split it is
    /// `files`, and may be left out.
    #[schemars(extend("default" = SplitMethod::default()))]
    pub method: Option<SplitMethod>,
    /// `stratified` and `random`: the share of the proteins that are trained on. `column`: the
    /// value or values that mark them. Without it `train`; if no row has it, `training` too, in any
    /// case.
    #[schemars(extend("default" = TRAIN))]
    pub train: Option<Part>,
    /// `stratified` and `random`: the share that selects the best checkpoint. `column`: the value
    /// or values that mark it. Without it `validation`; if no row has it, `valid`, `val` and `dev`
    /// too, in any case. `column` and `files`, if the data names no protein that validates: the
    /// share of the training proteins that is drawn for it, each class in proportion; 0.1 unless
    /// given. An error beside `validation-column`.
    #[schemars(extend("default" = VALIDATION))]
    pub validation: Option<Part>,
    /// `stratified` and `random`: the share that is scored at the end. `column`: the value or
    /// values that mark it. Without it `test`; if no row has it, `testing` too, in any case.
    #[schemars(extend("default" = TEST))]
    pub test: Option<Part>,
    /// `stratified` and `random`: seeds the shuffle. `column` and `files`: seeds the draw where
    /// `validation` is a share.
    #[schemars(extend("default" = SEED))]
    pub seed: Option<u32>,
    /// `column` alone, and required there: the column that names a protein's split; for FASTA an
    /// attribute of the header, such as `SET`, or a regular expression whose first group captures
    /// it in the header.
    pub column: Option<String>,
    /// `column` alone: the column that marks, among the proteins that `column` marks as training,
    /// those that validate instead; for FASTA an attribute of the header, such as `VALIDATION`, or
    /// a regular expression whose first group captures the mark in the header. `true`, `True`,
    /// `TRUE`, `1` and `yes` mark; `false`, `False`, `FALSE`, `0`, `no`, an empty field and the
    /// words of `data.missing-values` do not.
    pub validation_column: Option<String>,
}

/// The model to fine-tune.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Model {
    /// Where the encoder's weights come from. Required.
    pub weights: Option<Weights>,
    /// The commit of the Hub's repository, 40 hexadecimal digits: a model's name alone may mean
    /// another model tomorrow. Required for weights from the Hub, an error for others.
    #[schemars(regex(pattern = "^[0-9a-fA-F]{40}$"))]
    pub revision: Option<String>,
    /// The sha256 of `model.safetensors`: the weights are refused if it differs.
    #[schemars(regex(pattern = "^[0-9a-fA-F]{64}$"))]
    pub sha256: Option<String>,
}

/// Settings of the report. They are not part of a run's identity: runs that are done stay done,
/// whatever they are.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Report {
    /// The column of the data that describes a protein in words, such as `Subcellular location
    /// [CC]`: kept in `dataset.parquet` and shown beside the proteins that runs get wrong. For the
    /// sources `table` and `uniprot`.
    pub text: Option<String>,
    /// Words that hint at a class: a class's name = the words. A protein of another class whose
    /// text has one of them (ignoring case) is marked where runs get it wrong. Needs `text`.
    pub hints: Option<BTreeMap<String, Vec<String>>>,
    /// The region of practical equivalence: two configurations whose scores differ by less than
    /// this are as good as each other, in the unit of the metric that selects (0.01 is one
    /// percentage point of accuracy). With it the report distinguishes equivalent configurations
    /// from those that it cannot separate; without it there is no such region.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub equivalent: Option<f64>,
    /// Of a regression on variants of one protein: the sequence that they differ from, for the
    /// baseline on their mutations. Without it, the most frequent residue of each position among
    /// the training proteins.
    pub wild_type: Option<String>,
    /// The link of a protein, with `{id}` for its id. Without it, UniProt's entry if every id looks
    /// like one of UniProt's.
    pub link: Option<String>,
}

/// `model.weights`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged, deny_unknown_fields)]
pub enum Weights {
    /// A model of the Hugging Face Hub, such as `facebook/esm2_t6_8M_UR50D`; or a folder with
    /// `config.json` and `model.safetensors`, relative to the folder titer is called in. A text is
    /// a folder where it starts with `.` or `/` or does not have exactly one `/`.
    Name(String),
    /// Weights drawn at random, seeded by `train.seed`.
    Table { random: ModelSize },
}

/// `split.train` and its siblings.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Part {
    /// A value of the split column that is a whole number.
    Number(i64),
    Share(f64),
    /// A value of the split column.
    Value(String),
    /// Several.
    Values(Vec<Word>),
}

/// One of several values of the split column.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Word {
    Number(i64),
    Text(String),
}

impl JsonSchema for Part {
    fn schema_name() -> Cow<'static, str> {
        "Part".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "oneOf": [
                { "description": "A share of the proteins.", "type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1 },
                { "description": "A value of the split column.", "type": "string" },
                { "description": "A value of the split column.", "type": "integer" },
                {
                    "description": "Values of the split column.",
                    "type": "array",
                    "items": { "oneOf": [
                        { "description": "A value.", "type": "string" },
                        { "description": "A value.", "type": "integer" },
                    ] },
                },
            ],
        })
    }
}

/// `grid`. Its axes are read by [`super::axes`], and are gone before the rest is read.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Grid {}

impl JsonSchema for Grid {
    fn schema_name() -> Cow<'static, str> {
        "Grid".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "additionalProperties": {
                "oneOf": [
                    { "description": "The values the key takes.", "type": "array", "minItems": 1, "uniqueItems": true },
                    { "description": "A dotted key written without quotes.", "type": "object" },
                ],
            },
        })
    }
}
