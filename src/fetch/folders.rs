//! What lies where a folder of weights should, and what to do about it.

use std::path::{Path, PathBuf};

use super::Error;
use titer_core::{
    checkpoint::{CONFIG, INDEX},
    experiment::{ModelSize, hub_name},
};

const USUAL: &str = "a weights folder holds config.json and model.safetensors (or an index and the files it names), as `save_pretrained` writes them";

/// How weights that were pickled become safetensors: in Python, which runs what is in them.
const CONVERT: &str = "pickled weights are never loaded, because a pickle can run code. If you trust them, convert them once in Python: \
    transformers.AutoModelForMaskedLM.from_pretrained(FOLDER).save_pretrained(OTHER, safe_serialization=True)";

impl Error {
    /// Nothing lies there, or no folder.
    pub(super) fn no_folder(path: PathBuf) -> Self {
        let help = otherwise(&path);
        Self::NoFolder { path, help }
    }
}

/// The folder that is meant: of a model of the Hub's cache the one commit that lies there.
pub(super) fn meant(path: PathBuf) -> Result<PathBuf, Error> {
    if path.join(CONFIG).is_file() {
        return Ok(path);
    }
    let mut commits = snapshots(&path);
    match commits.len() {
        0 => Ok(path),
        1 => Ok(commits.remove(0)),
        _ => {
            let commits = commits.iter().map(|commit| commit.display().to_string()).collect();
            Err(Error::SeveralSnapshots { path, commits })
        }
    }
}

/// What was probably meant by a path that is no folder.
fn otherwise(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if is_pickle(path) {
        return CONVERT.to_owned();
    }
    if path.is_file() || path.extension().is_some_and(|extension| extension == "safetensors") {
        let folder = path.parent().map(|folder| folder.display().to_string()).unwrap_or_default();
        return format!("name the folder that the file lies in, {folder}; {USUAL}");
    }
    // Meta's names, without their owner.
    if name.starts_with("esm2_t") {
        let revision = match hub_name::released(&name) {
            Some(commit) => format!("revision = \"{commit}\""),
            None => "its revision beside it".to_owned(),
        };
        return format!("did you mean the model of the Hub? Write weights = \"facebook/{name}\" and {revision}");
    }
    if let Some((owner, model)) = name.strip_prefix("models--").and_then(|rest| rest.split_once("--")) {
        return format!("did you mean the model of the Hub, weights = \"{owner}/{model}\"? It needs its revision beside it");
    }
    if serde_json::from_value::<ModelSize>(name.clone().into()).is_ok() {
        return format!(
            "for random weights of that size write weights = {{ random = \"{name}\" }}; for the pretrained ones the name of the Hub's model, such as \"facebook/esm2_t6_8M_UR50D\""
        );
    }
    "model.weights names a folder relative to the folder titer is called in, or a model of the Hub such as facebook/esm2_t6_8M_UR50D".to_owned()
}

/// What lies in a folder in place of what is missing.
pub fn instead(folder: &Path) -> String {
    let names: Vec<PathBuf> =
        fs_err::read_dir(folder).map(|all| all.flatten().map(|entry| entry.path()).collect()).unwrap_or_default();
    let has = |name: &str| folder.join(name).is_file();
    if has("adapter_config.json") || has("adapter_model.safetensors") {
        return "it holds an adapter, not a model: merge it into its base first (peft: merge_and_unload, then save_pretrained)"
            .to_owned();
    }
    if has(INDEX) {
        return format!("{INDEX} names it: bring all files that it names");
    }
    if names.iter().any(|path| is_pickle(path)) {
        return CONVERT.to_owned();
    }
    USUAL.to_owned()
}

/// The commits of a model's folder of the Hub's cache, in the order of their names.
fn snapshots(folder: &Path) -> Vec<PathBuf> {
    let entries = fs_err::read_dir(folder.join("snapshots")).into_iter().flatten().flatten();
    let mut commits: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    commits.sort();
    commits
}

fn is_pickle(path: &Path) -> bool {
    path.extension().is_some_and(|extension| ["bin", "pt", "pth", "ckpt", "pkl"].iter().any(|pickle| extension == *pickle))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(files: &[&str]) -> String {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, "").unwrap();
        }
        instead(folder.path())
    }

    #[test]
    fn what_lies_in_the_folder_says_what_to_do() {
        assert_eq!(told(&[]), USUAL);
        assert_eq!(told(&["config.json", "pytorch_model.bin"]), CONVERT);
        assert!(told(&["config.json", "model.safetensors.index.json"]).contains("bring all files"));
        assert!(told(&["adapter_config.json", "adapter_model.safetensors"]).contains("merge_and_unload"));
    }

    #[test]
    fn a_folder_of_the_hubs_cache_stands_for_its_one_commit() {
        let folder = tempfile::tempdir().unwrap();
        let commit = |name: &str| {
            let path = folder.path().join("snapshots").join(name);
            fs_err::create_dir_all(&path).unwrap();
            path
        };
        let meant = || meant(folder.path().to_owned());
        assert_eq!(meant().unwrap(), folder.path());
        let one = commit("c731040");
        assert_eq!(meant().unwrap(), one);
        let other = commit("a695f60");
        let Err(Error::SeveralSnapshots { commits, .. }) = meant() else { panic!("one was taken") };
        assert_eq!(commits, [other.display().to_string(), one.display().to_string()]);
        fs_err::write(folder.path().join(CONFIG), "{}").unwrap();
        assert_eq!(meant().unwrap(), folder.path());
    }

    #[test]
    fn a_path_that_is_no_folder_is_answered_with_the_right_spelling() {
        let folder = tempfile::tempdir().unwrap();
        let (pickle, tensors) = (folder.path().join("esm2.pt"), folder.path().join("model.safetensors"));
        fs_err::write(&pickle, "").unwrap();
        fs_err::write(&tensors, "").unwrap();
        assert!(otherwise(&pickle).contains("safe_serialization"));
        assert!(otherwise(Path::new("./esm2_t6_8M_UR50D.pt")).contains("safe_serialization"));
        assert!(otherwise(&tensors).contains("name the folder that the file lies in"));
        let hint = "weights = \"facebook/esm2_t6_8M_UR50D\" and revision = \"c731040fcd8d73dceaa04b0a8e6329b345b0f5df\"";
        assert!(otherwise(Path::new("esm2_t6_8M_UR50D")).contains(hint));
        assert!(otherwise(Path::new("esm2_t36_3B_UR50D")).contains("its revision beside it"));
        assert!(otherwise(Path::new("./esm2-8m")).contains("weights = { random = \"esm2-8m\" }"));
        assert!(otherwise(Path::new("./missing")).starts_with("model.weights names a folder"));
    }
}
