//! The models: configuration and parameters, each distinct one once.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    format,
    table::{Kind, Table},
};
use crate::inputs::RunTables;
use titer_core::{experiment::Weights, predictions::Output, results::manifest::ParameterCounts};

/// The lines of the configuration a reader looks for, as the Hub's `config.json` names them.
const CONFIG: [(&str, &str); 12] = [
    ("model_type", "architecture"),
    ("num_hidden_layers", "layers"),
    ("hidden_size", "hidden size"),
    ("num_attention_heads", "attention heads"),
    ("intermediate_size", "feed-forward size"),
    ("vocab_size", "vocabulary"),
    ("max_position_embeddings", "maximum positions"),
    ("position_embedding_type", "positions"),
    ("layer_norm_eps", "layer norm ε"),
    ("hidden_dropout_prob", "dropout"),
    ("attention_probs_dropout_prob", "attention dropout"),
    ("token_dropout", "token dropout"),
];

/// One model and the runs that fine-tuned it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelView {
    /// `classification head`
    pub head: &'static str,
    pub weights: String,
    /// Labels of the runs, where there are other models too.
    pub runs: Vec<String>,
    pub total: String,
    pub config: Table,
    pub parameters: Table,
}

/// Lists the distinct models of the runs, in the order they first appear.
#[must_use]
pub fn models(runs: &[&RunTables], labels: &[&str]) -> Vec<ModelView> {
    type Key<'a> = (&'a Weights, &'a Map<String, Value>, &'a ParameterCounts);
    let mut distinct: Vec<(Key<'_>, Vec<String>)> = Vec::new();
    for (run, label) in runs.iter().zip(labels) {
        let outcome = &run.manifest.outcome;
        let key = (&run.manifest.settings.model.weights, &outcome.model, &outcome.parameters);
        match distinct.iter_mut().find(|(known, _)| *known == key) {
            Some((_, labels)) => labels.push((*label).to_owned()),
            None => distinct.push((key, vec![(*label).to_owned()])),
        }
    }
    let one = distinct.len() == 1;
    let output = runs.first().map_or(Output::Classes, |run| run.manifest.settings.task.kind.task().output());
    let head = if output == Output::Classes { "classification head" } else { "regression head" };
    let view = |((weights, config, parameters), runs): (Key<'_>, Vec<String>)| ModelView {
        head,
        weights: weights_name(weights),
        runs: if one { Vec::new() } else { runs },
        total: format::count(parameters.total),
        config: config_table(config),
        parameters: parameter_table(parameters),
    };
    distinct.into_iter().map(view).collect()
}

/// Where the weights came from, in words.
#[must_use]
pub fn weights_name(weights: &Weights) -> String {
    match weights {
        Weights::Hub { name, revision, .. } => format!("{name} at revision {}", revision.chars().take(12).collect::<String>()),
        Weights::Folder { path, .. } => format!("the folder {}", path.display()),
        Weights::Random { size } => {
            let size = serde_json::to_value(size).ok().as_ref().map(format::value).unwrap_or_default();
            format!("{size}, drawn at random")
        }
    }
}

fn config_table(config: &Map<String, Value>) -> Table {
    let mut table = Table::facts("Configuration.", Kind::Number);
    for (key, name) in CONFIG {
        if let Some(value) = config.get(key) {
            table.row([name.to_owned(), format::value(value)]);
        }
    }
    table
}

fn parameter_table(parameters: &ParameterCounts) -> Table {
    let mut table = Table::new(
        "Parameters by block.",
        &[("block", Kind::Text), ("shape", Kind::Text), ("parameters", Kind::Number), ("trained", Kind::Text)],
    );
    for block in &parameters.blocks {
        let trained = if block.trained { "yes" } else { "no" };
        table.row([block.name.clone(), block.shape.clone(), format::count(block.parameters), trained.to_owned()]);
    }
    let trained = parameters.blocks.iter().filter(|block| block.trained).map(|block| block.parameters).sum::<u64>();
    table.row(["all".to_owned(), String::new(), format::count(parameters.total), format::count(trained)]).mark(true);
    table
}
