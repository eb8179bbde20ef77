//! What is asked of UniProt.

use serde::{Deserialize, Serialize};

use titer_core::experiment::FetchSettings;

/// A query and the fields of every protein that it finds: together they decide what UniProt sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Request {
    pub(super) query: String,
    /// `accession` and `sequence` first.
    pub(super) fields: Vec<String>,
}

impl Request {
    pub(super) fn new(settings: &FetchSettings) -> Self {
        let mut fields: Vec<String> = vec!["accession".into(), "sequence".into()];
        for field in &settings.fields {
            if !fields.contains(field) {
                fields.push(field.clone());
            }
        }
        Self { query: settings.query.clone(), fields }
    }
}
