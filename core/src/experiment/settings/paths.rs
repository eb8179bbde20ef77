//! `data.path`: the files of the data.

use std::{
    borrow::Cow,
    fmt,
    path::{Path, PathBuf},
};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::experiment::split::Split;

/// The files of the data, relative to the project. Each is a file or a pattern of files, such as
/// `parts/*.csv`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Paths {
    /// The rows of all files, one file behind another.
    All(PathList),
    /// Files for each split.
    BySplit(PathsBySplit),
}

/// One path, or several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PathList {
    One(PathBuf),
    Several(Vec<PathBuf>),
}

/// The files of each split. Without any for validation, it is drawn from training.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PathsBySplit {
    pub train: PathList,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation: Option<PathList>,
    pub test: PathList,
}

impl Paths {
    /// Every path with its split, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = (Option<Split>, &Path)> {
        let lists = match self {
            Self::All(list) => vec![(None, list)],
            Self::BySplit(PathsBySplit { train, validation, test }) => {
                let validation = validation.as_ref().map(|list| (Some(Split::Validation), list));
                [(Some(Split::Train), train)].into_iter().chain(validation).chain([(Some(Split::Test), test)]).collect()
            }
        };
        lists.into_iter().flat_map(|(split, list)| list.as_slice().iter().map(move |path| (split, path.as_path())))
    }

    /// Every path.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let lists = match self {
            Self::All(list) => vec![list],
            Self::BySplit(PathsBySplit { train, validation, test }) => {
                [train].into_iter().chain(validation).chain([test]).collect()
            }
        };
        lists.into_iter().flat_map(PathList::as_mut_slice)
    }

    /// The only path, where there is one.
    #[must_use]
    pub fn one(&self) -> Option<&Path> {
        match self {
            Self::All(list) => match list.as_slice() {
                [one] => Some(one),
                _ => None,
            },
            Self::BySplit(_) => None,
        }
    }

    /// The paths of each split, where they are told apart.
    #[must_use]
    pub const fn by_split(&self) -> Option<&PathsBySplit> {
        match self {
            Self::All(_) => None,
            Self::BySplit(by_split) => Some(by_split),
        }
    }
}

impl PathList {
    /// Whether it names nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.as_slice().is_empty()
    }

    fn as_slice(&self) -> &[PathBuf] {
        match self {
            Self::One(path) => std::slice::from_ref(path),
            Self::Several(paths) => paths,
        }
    }

    fn as_mut_slice(&mut self) -> &mut [PathBuf] {
        match self {
            Self::One(path) => std::slice::from_mut(path),
            Self::Several(paths) => paths,
        }
    }
}

impl From<PathBuf> for Paths {
    fn from(path: PathBuf) -> Self {
        Self::All(PathList::One(path))
    }
}

impl From<&str> for Paths {
    fn from(path: &str) -> Self {
        PathBuf::from(path).into()
    }
}

/// `train.csv (train), test.csv (test)`.
impl fmt::Display for Paths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (split, path)) in self.iter().enumerate() {
            let apart = if index > 0 { ", " } else { "" };
            write!(f, "{apart}{}", path.display())?;
            if let Some(split) = split {
                write!(f, " ({})", split.name())?;
            }
        }
        Ok(())
    }
}

impl JsonSchema for Paths {
    fn schema_name() -> Cow<'static, str> {
        "Paths".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let list = |about: &str| {
            json_schema!({
                "description": about,
                "oneOf": [
                    { "description": "A file, or a pattern of files.", "type": "string" },
                    { "description": "Several.", "type": "array", "items": { "type": "string" } },
                ],
            })
        };
        json_schema!({
            "oneOf": [
                { "description": "A file, or a pattern of files such as `parts/*.csv`, sorted by name.", "type": "string" },
                {
                    "description": "Several: their rows one file behind another.",
                    "type": "array",
                    "items": { "type": "string" },
                },
                {
                    "description": "Files for each split: `split.method` is then `\"files\"`.",
                    "type": "object",
                    "properties": {
                        "train": list("The files to train on."),
                        "validation": list("The files that select the best checkpoint. Without them `split.validation` says which share of training does."),
                        "test": list("The files that are scored at the end."),
                    },
                    "required": ["train", "test"],
                    "additionalProperties": false,
                },
            ],
        })
    }
}
