//! Models of the Hub as other programs and people write them, and how they are written here.

/// Meta's ESM-2 models and the commits of the weights as they were released.
const RELEASED: [(&str, &str); 4] = [
    ("esm2_t6_8M_UR50D", "c731040fcd8d73dceaa04b0a8e6329b345b0f5df"),
    ("esm2_t12_35M_UR50D", "6fbf070e65b0b7291e7bbcd451118c216cff79d8"),
    ("esm2_t30_150M_UR50D", "a695f6045e2e32885fa60af20c13cb35398ce30c"),
    ("esm2_t33_650M_UR50D", "08e4846e537177426273712802403f7ba8261b6c"),
];

/// The commit of one of Meta's models, with its owner or without.
#[must_use]
pub fn released(name: &str) -> Option<&'static str> {
    let name = name.strip_prefix("facebook/").unwrap_or(name);
    RELEASED.into_iter().find_map(|(known, commit)| (known == name).then_some(commit))
}

/// A model and a revision, where the text names them as an address or in one word; what is wrong
/// with it otherwise.
#[must_use]
pub fn misspelt(text: &str) -> Option<(String, String)> {
    let address = text.split_once("://").map(|(_, rest)| rest).or_else(|| {
        let host = text.split('/').next().unwrap_or_default();
        ["huggingface.co", "hf.co"].contains(&host).then_some(text)
    });
    if let Some(address) = address {
        let of_hub = text.strip_prefix("hf://").or_else(|| {
            let (host, path) = address.split_once('/')?;
            ["huggingface.co", "www.huggingface.co", "hf.co"].contains(&host).then_some(path)
        });
        let help = match of_hub.and_then(parts) {
            Some((model, revision)) => written(&model, revision.as_deref()),
            None => "name a model of the Hub (\"facebook/esm2_t6_8M_UR50D\") or a folder; nothing else is fetched".to_owned(),
        };
        return Some((format!("{text:?} is an address, not a name"), help));
    }
    if text.starts_with(['.', '/']) {
        return None;
    }
    // A name with a revision behind it: owner/model@main, owner/model/tree/main.
    let (model, revision) = parts(text)?;
    let revision = revision?;
    Some((format!("{text:?} names a revision ({revision:?})"), written(&model, Some(&revision))))
}

/// `owner/model` and the revision behind it: `@main`, `/tree/main`, `/resolve/main/config.json`.
fn parts(path: &str) -> Option<(String, Option<String>)> {
    let path = path.split(['?', '#']).next()?.trim_end_matches('/');
    let path = path.strip_prefix("models/").unwrap_or(path);
    let steps: Vec<&str> = path.split('/').collect();
    let plain = |step: &str| {
        !step.is_empty() && step.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.'))
    };
    let (owner, model, behind) = match steps.as_slice() {
        [owner, model] => (owner, model, None),
        [owner, model, "tree" | "blob" | "resolve" | "raw" | "commit" | "commits", revision, ..] => {
            (owner, model, Some(*revision))
        }
        _ => return None,
    };
    let (model, revision) = match model.split_once('@') {
        Some((model, revision)) => (model, Some(revision)),
        None => (*model, behind),
    };
    let revision = revision.filter(|revision| !revision.is_empty()).map(str::to_owned);
    (plain(owner) && plain(model)).then(|| (format!("{owner}/{model}"), revision))
}

/// How a model and its commit are written.
fn written(model: &str, revision: Option<&str>) -> String {
    let is_commit = |text: &&str| text.len() == 40 && text.chars().all(|digit| digit.is_ascii_hexdigit());
    let commit = revision.filter(is_commit).map(str::to_owned).or_else(|| meant(model, revision).map(str::to_owned));
    match commit {
        Some(commit) => format!("write weights = \"{model}\" and beside it revision = \"{commit}\""),
        None => {
            format!("write the name alone, weights = \"{model}\", and its commit beside it, revision = \"…\": {}", newest(model))
        }
    }
}

/// The commit of a released model that a branch, a shortened commit or nothing stands for.
#[must_use]
pub fn meant(model: &str, revision: Option<&str>) -> Option<&'static str> {
    let commit = released(model)?;
    let stands_for =
        revision.is_none_or(|text| text == "main" || text.len() >= 4 && commit.starts_with(&text.to_ascii_lowercase()));
    stands_for.then_some(commit)
}

/// How the newest commit of a model is found.
#[must_use]
pub fn newest(model: &str) -> String {
    format!("`git ls-remote https://huggingface.co/{model} HEAD` prints the newest")
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMIT: &str = "c731040fcd8d73dceaa04b0a8e6329b345b0f5df";

    #[test]
    fn a_model_and_its_commit_are_read_from_every_spelling() {
        let right = format!("write weights = \"facebook/esm2_t6_8M_UR50D\" and beside it revision = \"{COMMIT}\"");
        let name = "facebook/esm2_t6_8M_UR50D";
        for text in [
            format!("https://huggingface.co/{name}"),
            format!("https://huggingface.co/{name}/"),
            format!("http://hf.co/{name}/tree/main"),
            format!("https://huggingface.co/{name}/tree/{COMMIT}"),
            format!("https://huggingface.co/{name}/resolve/main/model.safetensors?download=true"),
            format!("huggingface.co/{name}"),
            format!("hf://{name}@main"),
            format!("{name}@{COMMIT}"),
            format!("{name}@c731040"),
            format!("{name}/tree/main"),
        ] {
            assert_eq!(misspelt(&text).unwrap().1, right, "{text}");
        }
        let (fault, help) = misspelt("a/b@v2").unwrap();
        assert_eq!(fault, "\"a/b@v2\" names a revision (\"v2\")");
        assert!(help.contains("weights = \"a/b\"") && help.contains("git ls-remote https://huggingface.co/a/b HEAD"), "{help}");
        assert!(misspelt("https://example.org/x/y").unwrap().1.contains("nothing else is fetched"));
    }

    #[test]
    fn names_and_folders_are_left_alone() {
        for text in
            ["facebook/esm2_t6_8M_UR50D", "./a@b", "/data/a@b", "a", "weights/esm2/final", "a/b/tree", "runs@2024/best/tree", ""]
        {
            assert_eq!(misspelt(text), None, "{text}");
        }
    }
}
