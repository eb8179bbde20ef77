//! `[model]`.

use super::{Checker, checker::Refused};
use crate::experiment::{
    raw::{self, Model},
    settings::{ModelSettings, Weights},
};

const WEIGHTS: &str =
    "name a model of the Hub (\"facebook/esm2_t6_8M_UR50D\"), a folder (\"./weights\"), or { random = \"esm2-8m\" }";

pub fn model(raw: Model, checker: &mut Checker) -> Option<ModelSettings> {
    let sha256 = checker.hexadecimal("model.sha256", raw.sha256, 64, "the sha256 of model.safetensors, as `sha256sum` prints it");
    let weights = match checker.need("model.weights", raw.weights, "model", WEIGHTS)? {
        raw::Weights::Table { random } => {
            let beside = "beside random weights";
            let help = "leave it out: random weights are made, not fetched";
            checker.out_of_place("model.revision", raw.revision.as_ref(), beside, help);
            checker.out_of_place("model.sha256", sha256.as_ref().ok()?.as_ref(), beside, help);
            Weights::Random { size: random }
        }
        raw::Weights::Name(name) => {
            let name = checker.text("model.weights", Some(name))?;
            let name = checker.path("model.weights", name)?;
            if let Some((fault, help)) = misspelt(&name) {
                checker.refuse("model.weights", fault, help);
                return None;
            }
            if is_folder(&name) {
                let help = "leave it out: a revision belongs to a model of the Hub; a folder may be pinned by `sha256`";
                checker.out_of_place("model.revision", raw.revision.as_ref(), "beside a folder of weights", help);
                Weights::Folder { path: name.into(), sha256: sha256.ok()? }
            } else {
                hub(name, raw.revision, sha256, checker)?
            }
        }
    };
    Some(ModelSettings { weights })
}

/// Ways to write a model of the Hub that other programs take, each with the right one.
fn misspelt(name: &str) -> Option<(String, String)> {
    if let Some((_, rest)) = name.split_once("://") {
        // https://huggingface.co/owner/model/tree/main
        let steps: Vec<&str> = rest.split('/').skip(1).take(2).collect();
        let help = match steps.as_slice() {
            [owner, model] if rest.starts_with("huggingface.co/") || rest.starts_with("hf.co/") => {
                format!("write its name, weights = \"{owner}/{model}\", and pin the commit: revision = \"…\"")
            }
            _ => "name a model of the Hub (\"facebook/esm2_t6_8M_UR50D\") or a folder; nothing else is fetched".to_owned(),
        };
        return Some((format!("{name:?} is an address, not a name"), help));
    }
    let (model, revision) = name.split_once('@').filter(|_| !is_folder(name))?;
    let help = format!("write the name alone, weights = \"{model}\", and its commit beside it: revision = \"…\"");
    Some((format!("{name:?} names a revision ({revision:?})"), help))
}

/// A Hub name is `owner/model`; everything else is a folder.
fn is_folder(name: &str) -> bool {
    name.starts_with(['.', '/']) || name.matches('/').count() != 1
}

fn hub(
    name: String,
    revision: Option<String>,
    sha256: Result<Option<String>, Refused>,
    checker: &mut Checker,
) -> Option<Weights> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    if !name.chars().all(allowed) || name.ends_with('/') {
        let help = "a Hub name is owner/model, of letters, digits, '-', '_' and '.'; a folder starts with ./";
        checker.refuse("model.weights", format!("{name:?} is neither a model of the Hub nor a folder"), help);
        return None;
    }
    let find = format!(
        "`git ls-remote https://huggingface.co/{name} HEAD` prints the newest; where a folder is meant, write weights = \"./{name}\""
    );
    let pin = format!("a name alone may mean other weights tomorrow: pin the commit. {find}");
    let revision = checker.need("model.revision", revision, "model.weights", &pin)?;
    let revision = checker
        .hexadecimal("model.revision", Some(revision), 40, &format!("a branch or a tag can move: pin the commit. {find}"))
        .ok()??;
    Some(Weights::Hub { name, revision, sha256: sha256.ok()? })
}
