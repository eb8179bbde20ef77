//! The validated settings of an experiment and of one run.

mod data;
mod paths;
mod table;
mod task;
mod tokens;
mod train;

use std::{collections::BTreeMap, path::PathBuf};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::{
    data::{Cleaning, Conflicts, DuplicateIds, Duplicates, LowerCase, Missing, Strip, Synthetic, UnknownResidues},
    paths::{PathList, Paths, PathsBySplit},
    task::TaskSettings,
    tokens::{MaxLength, TokenSettings, Truncate},
    train::{Finetune, Precision, Schedule, TrainSettings},
};
use super::name::ExperimentName;
pub use super::split::SplitSettings;

/// An experiment, validated: the settings every run starts from, and the axes of its grid.
#[derive(Debug, Clone, PartialEq)]
pub struct Experiment {
    /// The file's stem: names the folder under `results/`.
    pub name: ExperimentName,
    /// The file as it was read, byte for byte.
    pub text: String,
    /// The file's settings with no grid point applied.
    pub base: Settings,
    /// The grid, in the order the file gives its keys. Empty: one run.
    pub grid: Vec<Axis>,
    /// How `titer fetch` makes the data file, where the file says so.
    pub fetch: Option<FetchSettings>,
    pub report: ReportSettings,
}

/// One key of the grid and the values it takes.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// A dotted key of the experiment file, such as `train.learning-rate`.
    pub key: String,
    /// At least one value, no two of them equal.
    pub values: Vec<toml::Value>,
}

/// Everything that decides the result of one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    #[serde(default)]
    pub task: TaskSettings,
    pub data: DataSettings,
    pub split: SplitSettings,
    pub tokens: TokenSettings,
    pub model: ModelSettings,
    pub train: TrainSettings,
}

/// Where the proteins come from and what is done about the doubtful ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DataSettings {
    pub source: Source,
    /// The classes, in label order. Empty: every label found in the data is a class, named as it is
    /// written, ordered by number where every label is an integer and by bytes otherwise (as
    /// `numpy.unique` orders them).
    pub classes: Vec<Class>,
    #[serde(flatten)]
    pub cleaning: Cleaning,
}

/// A class: the label as the data writes it, and the name a reader sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Class {
    pub label: String,
    pub name: String,
}

/// Where the proteins come from. Paths are relative to the project (the folder titer is called in).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Source {
    /// CSV, TSV or Parquet, by the extension. Without `id`, the number of its row names a protein;
    /// without `separator`, what separates the fields is found in each file.
    Table {
        path: Paths,
        id: Option<String>,
        sequence: String,
        label: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        separator: Option<char>,
    },
    /// FASTA. The id is the header up to the first space; the label is the attribute that `label`
    /// names, or what it captures (its first group) in the header.
    Fasta { path: Paths, label: String },
    /// The table that `titer fetch` makes from a UniProt query: CSV with the columns `Entry`,
    /// `Sequence`, …, `label`.
    Uniprot { path: Paths, id: String, sequence: String, label: String },
    /// Proteins made up with planted localisation signals; see [`crate::data::synthetic`].
    Synthetic(Synthetic),
}

impl Source {
    /// Whether the ids are the numbers of the rows, from 1.
    #[must_use]
    pub const fn numbers_rows(&self) -> bool {
        matches!(self, Self::Table { id: None, .. })
    }

    /// The files; none of made-up proteins.
    #[must_use]
    pub const fn paths(&self) -> Option<&Paths> {
        match self {
            Self::Table { path, .. } | Self::Fasta { path, .. } | Self::Uniprot { path, .. } => Some(path),
            Self::Synthetic(_) => None,
        }
    }
}

/// The model to fine-tune.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelSettings {
    pub weights: Weights,
}

/// Where the encoder's weights come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Weights {
    /// A model of the Hugging Face Hub, such as `facebook/esm2_t6_8M_UR50D`. `sha256` pins
    /// `model.safetensors`, or all files of a model in several.
    Hub { name: String, revision: String, sha256: Option<String> },
    /// A folder with `config.json` and `model.safetensors`, relative to the project.
    Folder { path: PathBuf, sha256: Option<String> },
    /// Drawn at random (normal, 0.02), seeded by `train.seed`.
    Random { size: ModelSize },
}

/// The sizes of ESM-2, and one made for trials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ModelSize {
    /// 2 layers, 64 wide, 4 heads, feed-forward 256: not a released model, made for quick trials
    /// and tests.
    #[serde(rename = "esm2-tiny")]
    Tiny,
    /// 6 layers, 320 wide, 20 heads, feed-forward 1280.
    #[serde(rename = "esm2-8m")]
    M8,
    /// 12 layers, 480 wide, 20 heads, feed-forward 1920.
    #[serde(rename = "esm2-35m")]
    M35,
    /// 30 layers, 640 wide, 20 heads, feed-forward 2560.
    #[serde(rename = "esm2-150m")]
    M150,
    /// 33 layers, 1280 wide, 20 heads, feed-forward 5120.
    #[serde(rename = "esm2-650m")]
    M650,
    /// 36 layers, 2560 wide, 40 heads, feed-forward 10240.
    #[serde(rename = "esm2-3b")]
    B3,
}

impl ModelSize {
    #[must_use]
    pub const fn layers(self) -> u32 {
        match self {
            Self::Tiny => 2,
            Self::M8 => 6,
            Self::M35 => 12,
            Self::M150 => 30,
            Self::M650 => 33,
            Self::B3 => 36,
        }
    }
}

/// How `titer fetch` makes the data file from UniProt.
#[derive(Debug, Clone, PartialEq)]
pub struct FetchSettings {
    /// A UniProtKB query, such as `(organism_id:9606) AND (reviewed:true)`.
    pub query: String,
    /// UniProt's return fields beside `accession` and `sequence`, such as
    /// `cc_subcellular_location`.
    pub fields: Vec<String>,
    pub label: LabelRule,
    /// The sha256 the finished file must have, where it is pinned.
    pub sha256: Option<String>,
}

/// Gives a row its label from the text of one column: the one class whose rule holds. Rows that no
/// class or several claim are left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelRule {
    /// The column's header in UniProt's answer, such as `Subcellular location [CC]`.
    pub column: String,
    /// Rules by label, as the label is written into the file.
    pub classes: BTreeMap<String, RuleClass>,
}

/// The column whose text is read as locations.
pub const LOCATIONS: &str = "Subcellular location [CC]";

/// Case-sensitive: every text of `contains` and one of `terms` is found, none of those excluded is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleClass {
    /// Substrings, all of which occur.
    #[serde(default)]
    pub contains: Vec<String>,
    #[serde(default)]
    pub excludes: Vec<String>,
    /// Whole locations, of which the protein has one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub terms: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excludes_terms: Vec<String>,
}

/// What the report says beyond the runs. No run depends on it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ReportSettings {
    /// The column that says something about a protein in words.
    pub text: Option<String>,
    /// By a class's name: words that hint at it.
    pub hints: BTreeMap<String, Vec<String>>,
    /// Up to which difference two configurations are equivalent, in the unit of the metric that
    /// selects.
    pub equivalent: Option<f64>,
    /// The sequence that variants differ from; `None`: found among the training proteins.
    pub wild_type: Option<String>,
    /// `None`: UniProt's entry where every id looks like one of UniProt's.
    pub link: Option<Link>,
}

/// An address of the web with a place for a protein's id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(into = "String")]
pub struct Link {
    before: String,
    after: String,
}

impl Link {
    /// Where `{id}` stands for the id; `None` where it is no such address.
    #[must_use]
    pub fn new(address: &str) -> Option<Self> {
        let of_the_web = ["https://", "http://"].iter().any(|scheme| address.starts_with(scheme));
        let plain = !address.chars().any(|letter| letter.is_control() || letter.is_whitespace());
        let (before, after) = address.split_once("{id}").filter(|(before, _)| before.len() > "https://".len())?;
        (of_the_web && plain).then(|| Self { before: before.to_owned(), after: after.to_owned() })
    }

    /// The entry of `UniProtKB`.
    #[must_use]
    pub fn uniprot() -> Self {
        Self { before: "https://www.uniprot.org/uniprotkb/".to_owned(), after: "/entry".to_owned() }
    }

    /// Where an id leads. What cannot stand in an address as it is, is written as its bytes.
    #[must_use]
    pub fn to(&self, id: &str) -> String {
        /// All but RFC 3986's unreserved characters.
        const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
        format!("{}{}{}", self.before, utf8_percent_encode(id, RESERVED), self.after)
    }
}

impl From<Link> for String {
    fn from(Link { before, after }: Link) -> Self {
        format!("{before}{{id}}{after}")
    }
}
