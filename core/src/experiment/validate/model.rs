//! `[model]`.

use std::path::Path;

use super::{Checker, checker::Refused};
use crate::experiment::{
    hub_name,
    raw::{self, Model},
    settings::{ModelSettings, Weights},
};

const WEIGHTS: &str =
    "name a model of the Hub (\"facebook/esm2_t6_8M_UR50D\"), a folder (\"./weights\"), or { random = \"esm2-8m\" }";

pub fn model(raw: Model, checker: &mut Checker) -> Option<ModelSettings> {
    let sha256 = checker.hexadecimal(
        "model.sha256",
        raw.sha256,
        64,
        "the sha256 of model.safetensors, as `sha256sum` prints it; of weights in several files see docs/experiment.md",
    );
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
            if let Some((fault, help)) = hub_name::misspelt(&name) {
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
    let known = hub_name::meant(&name, revision.as_deref());
    let find = match known {
        Some(commit) => format!("The weights as Meta released them are revision = \"{commit}\""),
        None => hub_name::newest(&name),
    };
    // Paths start from the folder titer is called in.
    let folder = if Path::new(&name).is_dir() {
        format!("where the folder {name} is meant, write weights = \"./{name}\". For a model of the Hub: ")
    } else {
        String::new()
    };
    let otherwise =
        if folder.is_empty() { format!("; where a folder is meant, write weights = \"./{name}\"") } else { String::new() };
    let pin = format!("{folder}a name alone may mean other weights tomorrow: pin the commit. {find}{otherwise}");
    let revision = checker.need("model.revision", revision, "model.weights", &pin)?;
    let help = format!("{folder}a branch or a tag can move: pin the commit. {find}{otherwise}");
    let revision = checker.hexadecimal("model.revision", Some(revision), 40, &help).ok()??;
    Some(Weights::Hub { name, revision, sha256: sha256.ok()? })
}
