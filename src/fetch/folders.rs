//! What lies where a folder of weights should, and what to do about it.

use std::path::{Path, PathBuf};

use super::Error;

const USUAL: &str = "a weights folder holds config.json and model.safetensors, as `save_pretrained` writes them";

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

/// What was probably meant by a path that is no folder.
fn otherwise(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if is_pickle(path) {
        return CONVERT.to_owned();
    }
    if path.is_file() || name == "model.safetensors" {
        return format!("name the folder that the file lies in; {USUAL}");
    }
    // Meta's names, without their owner.
    if name.starts_with("esm2_t") {
        return format!("did you mean the model of the Hub, weights = \"facebook/{name}\"? It needs its revision beside it");
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
    if has("model.safetensors.index.json") {
        return "its weights lie in several files: save them as one, save_pretrained(OTHER, max_shard_size=\"100GB\")".to_owned();
    }
    if let Some(snapshot) = snapshot(folder) {
        return format!("it is a folder of the Hub's cache, and the model lies below it: {}", snapshot.display());
    }
    if names.iter().any(|path| is_pickle(path)) {
        return CONVERT.to_owned();
    }
    USUAL.to_owned()
}

/// The newest commit in a model's folder of the Hub's cache.
fn snapshot(folder: &Path) -> Option<PathBuf> {
    let commits = fs_err::read_dir(folder.join("snapshots")).ok()?.flatten();
    commits
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .max_by_key(|path| path.metadata().and_then(|there| there.modified()).ok())
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
        assert!(
            told(&["config.json", "model.safetensors.index.json", "model-00001-of-00002.safetensors"]).contains("max_shard_size")
        );
        assert!(told(&["adapter_config.json", "adapter_model.safetensors"]).contains("merge_and_unload"));
        assert!(told(&["snapshots/c731040/config.json"]).ends_with("snapshots/c731040"));
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
        assert!(otherwise(Path::new("esm2_t6_8M_UR50D")).contains("weights = \"facebook/esm2_t6_8M_UR50D\""));
        assert!(otherwise(Path::new("./missing")).starts_with("model.weights names a folder"));
    }
}
