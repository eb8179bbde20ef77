//! What is in the environment stays there.

use std::{fmt::Write as _, path::Path, process::Command};

use super::{call, everything};
use crate::{
    fetch::{
        hub::{COMMIT, NAME, Trouble, hub, tensors},
        sha256,
        uniprot::UniProt,
    },
    sweep::Project,
    workers::Fake,
};

/// Stands in every variable and file that holds a secret, and nowhere else.
const SECRET: &str = "s3cr3tw0rd";

/// Sets all that may let someone in, and the log to its loudest. The proxies are where nothing
/// listens.
fn with_secrets<'a>(command: &'a mut Command, folder: &Path) -> &'a mut Command {
    let stored = folder.join("stored-token");
    fs_err::write(&stored, SECRET).unwrap();
    for token in ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"] {
        command.env(token, SECRET);
    }
    for proxy in ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        command.env(proxy, format!("http://me:{SECRET}@127.0.0.1:9"));
    }
    command.env("HF_TOKEN_PATH", stored).env("TITER_LOG", "trace")
}

/// Where the secret stands below a folder, the file that holds it aside.
fn found(folder: &Path) -> String {
    let holds = |content: &[u8]| content.windows(SECRET.len()).any(|window| window == SECRET.as_bytes());
    let mut found = String::new();
    for (name, content) in everything(folder) {
        if !name.ends_with("stored-token") && (holds(&content) || holds(name.as_bytes())) {
            writeln!(found, "{name}").unwrap();
        }
    }
    found
}

#[test]
fn a_worker_sees_no_secret_and_no_result_holds_one() {
    let fake = Fake::with_opening("env >> \"$(dirname \"$0\")/environment\"", "started; env >&2; finish");
    let project = Project::new(fake.worker());
    let mut sweep = project.titer(&["sweep", "try.toml", "--no-report"]);
    let ended = call(with_secrets(&mut sweep, project.path()));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);

    let seen = fs_err::read_to_string(fake.path().join("environment")).unwrap();
    assert_eq!(
        seen.matches("\nPATH=").count() + usize::from(seen.starts_with("PATH=")),
        3,
        "once for the devices, twice for runs"
    );
    assert!(!seen.contains(SECRET) && !seen.contains("stored-token"), "{seen}");
    assert_eq!(found(project.path()), "");
    assert!(!ended.stdout.contains(SECRET) && !ended.stderr.contains(SECRET));
}

#[test]
fn what_is_fetched_is_written_and_told_without_the_token_that_fetched_it() {
    let (hub, uniprot) = (hub(Trouble::default()), UniProt::default().serve());
    let folder = tempfile::tempdir().unwrap();
    fs_err::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/lr.toml"), folder.path().join("lr.toml")).unwrap();
    let mut fetch = Command::new(env!("CARGO_BIN_EXE_titer"));
    let pin = format!("model.sha256={}", sha256(&tensors()));
    fetch.args(["fetch", "lr.toml", "--set", &format!("model.weights={NAME}")]);
    fetch.args(["--set", &format!("model.revision={COMMIT}"), "--set", &pin]);
    fetch.current_dir(folder.path()).env_clear().env("HF_HOME", folder.path().join("huggingface"));
    with_secrets(&mut fetch, folder.path()).env("HF_ENDPOINT", &hub.url).env("TITER_UNIPROT", &uniprot.url);
    let ended = call(fetch.env("NO_PROXY", "*"));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);

    let asked = hub.asked();
    assert!(asked.iter().any(|request| request.headers.get("authorization").is_some_and(|token| token.contains(SECRET))));
    assert_eq!(found(folder.path()), "");
    assert!(!ended.stdout.contains(SECRET) && !ended.stderr.contains(SECRET));
}

#[test]
fn a_password_of_a_proxy_or_a_mirror_is_not_told_where_it_fails() {
    let folder = tempfile::tempdir().unwrap();
    fs_err::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/lr.toml"), folder.path().join("lr.toml")).unwrap();
    let mirror = format!("http://me:{SECRET}@127.0.0.1:9");
    for what in ["--data-only", "--weights-only"] {
        for mirrors in [["HF_ENDPOINT", "TITER_UNIPROT"].as_slice(), &[]] {
            let mut fetch = Command::new(env!("CARGO_BIN_EXE_titer"));
            fetch.args(["fetch", "lr.toml", what]).current_dir(folder.path()).env_clear().env("HF_HOME", folder.path());
            with_secrets(&mut fetch, folder.path());
            fetch.envs(mirrors.iter().map(|name| (name, &mirror)));
            let ended = call(&mut fetch);
            assert_eq!(ended.code, Some(3), "{}", ended.stderr);
            assert!(ended.stderr.contains("cannot be reached") && !ended.stderr.contains(SECRET), "{}", ended.stderr);
            assert_eq!(found(folder.path()), "");
        }
    }
}
