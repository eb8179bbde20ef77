//! Weights by Hub name: the cache, the pins, and what can go wrong on the way.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use fs_err as fs;
use tempfile::TempDir;
use titer::fetch::{
    self, Error,
    hub::{Environment, Hub, Model, Token},
};
use titer_core::{exit::Exit, experiment::Weights};

use super::{
    HURRIED, nowhere,
    server::{Reply, Request, Server},
    sha256,
};

pub const NAME: &str = "facebook/esm2_tiny";
pub const COMMIT: &str = "c731040fcd8d73dceaa04b0a8e6329b345b0f5df";
const CONFIG: &[u8] = br#"{"model_type": "esm"}"#;
/// The git hash that names a small file.
const CONFIG_ETAG: &str = "8f2d6ba0b1e6a1a4d6b1a0d0e7b5f6c3a2918475";

pub fn tensors() -> Vec<u8> {
    (0..100_000_u32).flat_map(u32::to_le_bytes).collect()
}

/// What the Hub does wrong, how many more times.
#[derive(Default)]
pub struct Trouble {
    /// The line breaks after this many bytes.
    pub breaks: Vec<usize>,
    /// Answers 503.
    pub busy: usize,
    /// Sends the whole file whatever part is asked for.
    pub ignores_ranges: bool,
    /// Sends other bytes than it promises.
    pub garbles: bool,
}

/// Answers as the Hub does: small files by way of its own cache, large ones by way of another host,
/// both with their commit.
pub fn hub(trouble: Trouble) -> Server {
    let trouble = Arc::new(Mutex::new(trouble));
    Server::start(move |request| {
        let mut trouble = trouble.lock().unwrap();
        if trouble.busy > 0 {
            trouble.busy -= 1;
            return Reply::new(503, "").with("Retry-After", "0");
        }
        let host = request.headers["host"].clone();
        let reply = match request.path.strip_prefix("/facebook/esm2_tiny/resolve/") {
            Some(rest) => match rest.split_once('/').unwrap() {
                (revision, _) if revision != COMMIT && revision != "main" => {
                    Reply::new(404, "").with("X-Error-Code", "RevisionNotFound")
                }
                (_, "config.json") => {
                    let location = format!("/api/resolve-cache/models/{NAME}/{COMMIT}/config.json");
                    Reply::new(307, "").with("Location", location).with("X-Linked-Etag", format!("\"{CONFIG_ETAG}\""))
                }
                (_, "model.safetensors") => Reply::new(302, "Found")
                    // Another name of the same machine: to a client, another host.
                    .with("Location", format!("{}/cdn", host.replace("127.0.0.1", "http://localhost")))
                    .with("X-Linked-Etag", format!("\"{}\"", sha256(&tensors())))
                    .with("X-Linked-Size", tensors().len().to_string()),
                _ => Reply::new(404, "").with("X-Error-Code", "EntryNotFound"),
            },
            None if request.path.starts_with("/api/resolve-cache/") => {
                Reply::new(200, CONFIG).with("ETag", format!("W/\"{CONFIG_ETAG}\""))
            }
            None if request.path == "/cdn" => content(request, &mut trouble),
            None => Reply::new(401, "").with("X-Error-Code", "RepoNotFound"),
        };
        reply.with("X-Repo-Commit", COMMIT)
    })
}

fn content(request: &Request, trouble: &mut Trouble) -> Reply {
    let mut body = tensors();
    if trouble.garbles {
        body[1000] ^= 1;
    }
    let range = request.headers.get("range").filter(|_| !trouble.ignores_ranges);
    let mut reply = match range.and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse::<usize>().ok()) {
        Some(start) if start < body.len() => {
            let range = format!("bytes {start}-{}/{}", body.len() - 1, body.len());
            Reply::new(206, &body[start..]).with("Content-Range", range)
        }
        Some(_) => Reply::new(416, ""),
        None => Reply::new(200, body),
    };
    reply.breaks_after = trouble.breaks.pop().filter(|&bytes| bytes < reply.body.len());
    reply
}

/// A cache of its own, in front of a server.
struct Project {
    folder: TempDir,
}

impl Project {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn cache(&self) -> PathBuf {
        self.folder.path().join("hub")
    }

    fn environment(&self, endpoint: &str) -> Environment {
        Environment { endpoint: endpoint.to_owned(), cache: self.cache(), token: None, offline: false }
    }

    fn hub(&self, endpoint: &str) -> Hub {
        Hub::new(self.environment(endpoint)).with_patience(HURRIED)
    }

    fn repo(&self) -> PathBuf {
        self.cache().join("models--facebook--esm2_tiny")
    }

    /// Names of the files in `blobs/`, sorted.
    fn blobs(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.repo().join("blobs")) else { return Vec::new() };
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn model(revision: &str) -> Model<'_> {
    Model { name: NAME, revision, sha256: None }
}

#[test]
fn weights_land_in_the_cache_as_huggingface_hub_lays_it_out() {
    let (server, project) = (hub(Trouble::default()), Project::new());
    let folder = project.hub(&server.url).fetch(&model(COMMIT)).unwrap();
    assert_eq!(folder, project.repo().join("snapshots").join(COMMIT));
    assert_eq!(fs::read(folder.join("config.json")).unwrap(), CONFIG);
    assert_eq!(fs::read(folder.join("model.safetensors")).unwrap(), tensors());
    let mut expected = vec![CONFIG_ETAG.to_owned(), sha256(&tensors())];
    expected.sort();
    assert_eq!(project.blobs(), expected);
    let link = fs::read_link(folder.join("model.safetensors")).unwrap();
    assert_eq!(link, Path::new("../../blobs").join(sha256(&tensors())));
    assert!(!project.repo().join("refs").exists(), "a commit needs no reference");
}

#[test]
fn what_is_cached_is_used_without_a_request() {
    let (server, project) = (hub(Trouble::default()), Project::new());
    let pin = sha256(&tensors());
    let pinned = Model { sha256: Some(&pin), ..model(COMMIT) };
    let first = project.hub(&server.url).fetch(&pinned).unwrap();
    let requests = server.asked().len();
    assert_eq!(project.hub(&server.url).fetch(&pinned).unwrap(), first);
    assert_eq!(server.asked().len(), requests);
    assert_eq!(project.hub(&nowhere()).fetch(&pinned).unwrap(), first);
}

#[test]
fn a_branch_is_kept_as_the_commit_it_was() {
    let (server, project) = (hub(Trouble::default()), Project::new());
    let folder = project.hub(&server.url).fetch(&model("main")).unwrap();
    assert_eq!(folder, project.repo().join("snapshots").join(COMMIT));
    assert_eq!(fs::read_to_string(project.repo().join("refs/main")).unwrap(), COMMIT);
    assert_eq!(project.hub(&nowhere()).fetch(&model("main")).unwrap(), folder);
    let asked_for_tensors: Vec<_> =
        server.asked().into_iter().filter(|request| request.path.ends_with("model.safetensors")).collect();
    assert!(asked_for_tensors.iter().all(|request| request.path.contains(COMMIT)), "both files come from one commit");
}

#[test]
fn a_folder_without_all_its_files_does_not_count_as_cached() {
    let (server, project) = (hub(Trouble::default()), Project::new());
    let folder = project.hub(&server.url).fetch(&model(COMMIT)).unwrap();
    fs::remove_file(folder.join("config.json")).unwrap();
    assert!(project.hub(&nowhere()).cached(&model(COMMIT)).unwrap().is_none());
    fs::remove_file(project.repo().join("blobs").join(sha256(&tensors()))).unwrap();
    project.hub(&server.url).fetch(&model(COMMIT)).unwrap();
    assert_eq!(fs::read(folder.join("model.safetensors")).unwrap(), tensors(), "a link that leads nowhere is mended");
}

#[test]
fn a_broken_line_is_taken_up_where_it_broke() {
    let (server, project) = (hub(Trouble { breaks: vec![150_000, 100_000], ..Trouble::default() }), Project::new());
    let folder = project.hub(&server.url).fetch(&model(COMMIT)).unwrap();
    assert_eq!(fs::read(folder.join("model.safetensors")).unwrap(), tensors());
    let ranges: Vec<Option<String>> = server
        .asked()
        .into_iter()
        .filter(|request| request.path == "/cdn")
        .map(|request| request.headers.get("range").cloned())
        .collect();
    assert_eq!(ranges, [None, Some("bytes=100000-".into()), Some("bytes=250000-".into())]);
}

#[test]
fn a_line_that_keeps_breaking_leaves_nothing_that_counts_and_the_next_call_goes_on() {
    let project = Project::new();
    let flaky = hub(Trouble { breaks: vec![1000; 5], ..Trouble::default() });
    let error = project.hub(&flaky.url).fetch(&model(COMMIT)).unwrap_err();
    assert!(matches!(error, Error::Truncated { received: 5000, .. }), "{error:?}");
    assert_eq!(error.exit(), Exit::Input);
    assert!(project.hub(&nowhere()).cached(&model(COMMIT)).unwrap().is_none());
    assert!(project.blobs().contains(&format!("{}.incomplete", sha256(&tensors()))));

    let server = hub(Trouble::default());
    let folder = project.hub(&server.url).fetch(&model(COMMIT)).unwrap();
    assert_eq!(fs::read(folder.join("model.safetensors")).unwrap(), tensors());
    let last = server.asked().pop().unwrap();
    assert_eq!(last.headers.get("range").map(String::as_str), Some("bytes=5000-"));
}

#[test]
fn a_server_that_ignores_ranges_is_read_from_the_beginning() {
    let (server, project) = (hub(Trouble { breaks: vec![1000], ignores_ranges: true, ..Trouble::default() }), Project::new());
    let folder = project.hub(&server.url).fetch(&model(COMMIT)).unwrap();
    assert_eq!(fs::read(folder.join("model.safetensors")).unwrap(), tensors());
}

#[test]
fn a_whole_file_that_was_never_renamed_is_finished_without_the_bytes_again() {
    let (server, project) = (hub(Trouble::default()), Project::new());
    fs::create_dir_all(project.repo().join("blobs")).unwrap();
    fs::write(project.repo().join("blobs").join(format!("{}.incomplete", sha256(&tensors()))), tensors()).unwrap();
    project.hub(&server.url).fetch(&model(COMMIT)).unwrap();
    assert!(server.asked().iter().all(|request| request.path != "/cdn"));
}

#[test]
fn a_busy_hub_is_asked_again() {
    let (server, project) = (hub(Trouble { busy: 3, ..Trouble::default() }), Project::new());
    project.hub(&server.url).fetch(&model(COMMIT)).unwrap();
    let (server, project) = (hub(Trouble { busy: 5, ..Trouble::default() }), Project::new());
    let error = project.hub(&server.url).fetch(&model(COMMIT)).unwrap_err();
    assert!(matches!(error, Error::Status { status: 503, .. }), "{error:?}");
    assert_eq!(server.asked().len(), 5);
}

#[test]
fn bytes_that_are_not_what_the_hub_promised_are_thrown_away() {
    let (server, project) = (hub(Trouble { garbles: true, ..Trouble::default() }), Project::new());
    let error = project.hub(&server.url).fetch(&model(COMMIT)).unwrap_err();
    assert!(matches!(&error, Error::WrongSha256 { expected, .. } if *expected == sha256(&tensors())), "{error:?}");
    assert_eq!(error.exit(), Exit::Input);
    assert_eq!(project.blobs(), [CONFIG_ETAG]);
    assert!(project.hub(&nowhere()).cached(&model(COMMIT)).unwrap().is_none());
}

#[test]
fn a_wrong_pin_is_noticed_before_the_bytes_and_on_every_use() {
    let (server, project) = (hub(Trouble::default()), Project::new());
    let pin = sha256(b"other weights");
    let pinned = Model { sha256: Some(&pin), ..model(COMMIT) };
    let error = project.hub(&server.url).fetch(&pinned).unwrap_err();
    assert!(matches!(error, Error::WrongSha256 { .. }), "{error:?}");
    assert!(server.asked().iter().all(|request| request.path != "/cdn"));
    assert_eq!(project.blobs(), [CONFIG_ETAG]);

    project.hub(&server.url).fetch(&model(COMMIT)).unwrap();
    let error = project.hub(&server.url).cached(&pinned).unwrap_err();
    assert!(matches!(error, Error::WrongSha256 { .. }), "{error:?}");
}

#[test]
fn the_token_goes_to_the_hub_alone() {
    let (server, project) = (hub(Trouble::default()), Project::new());
    let environment = Environment { token: Token::new("hf_secret"), ..project.environment(&server.url) };
    Hub::new(environment).fetch(&model(COMMIT)).unwrap();
    let (elsewhere, hub): (Vec<_>, Vec<_>) = server.asked().into_iter().partition(|request| request.path == "/cdn");
    assert!(!elsewhere.is_empty() && elsewhere.iter().all(|request| !request.headers.contains_key("authorization")));
    assert!(hub.iter().all(|request| request.headers.get("authorization").is_some_and(|value| value == "Bearer hf_secret")));
}

#[test]
fn a_wrong_revision_and_a_closed_model_are_named() {
    let (server, project) = (hub(Trouble::default()), Project::new());
    let unknown = "0000000000000000000000000000000000000000";
    let error = project.hub(&server.url).fetch(&model(unknown)).unwrap_err();
    assert_eq!(error.to_string(), format!("the Hub has no config.json in {NAME} at revision {unknown}"));
    assert_eq!(error.exit(), Exit::Input);
    let error = project.hub(&server.url).fetch(&Model { name: "meta/gated", ..model(COMMIT) }).unwrap_err();
    assert!(matches!(error, Error::Refused { status: 401, .. }), "{error:?}");
    assert_eq!(server.asked().len(), 2, "neither is tried again");
}

#[test]
fn no_network_is_said_at_once_with_what_to_do() {
    let project = Project::new();
    let error = project.hub(&nowhere()).fetch(&model(COMMIT)).unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
    assert_eq!(error.exit(), Exit::Input);
    let help = miette::Diagnostic::help(&error).unwrap().to_string();
    assert!(help.contains("titer fetch FILE") && help.contains("local folder"), "{help}");
}

#[test]
fn offline_mode_asks_nobody() {
    let (server, project) = (hub(Trouble::default()), Project::new());
    let offline = || Hub::new(Environment { offline: true, ..project.environment(&server.url) });
    assert!(matches!(offline().fetch(&model(COMMIT)).unwrap_err(), Error::Offline { .. }));
    assert!(server.asked().is_empty());
    let folder = project.hub(&server.url).fetch(&model(COMMIT)).unwrap();
    assert_eq!(offline().fetch(&model(COMMIT)).unwrap(), folder);
}

#[test]
fn a_server_that_is_no_hub_is_recognised() {
    let project = Project::new();
    let server = Server::start(|_| Reply::new(200, "<html>Welcome to the hotel's network</html>"));
    let error = project.hub(&server.url).fetch(&model(COMMIT)).unwrap_err();
    assert!(matches!(error, Error::Unexpected { .. }), "{error:?}");
    let circular = Server::start(|request| Reply::new(307, "").with("Location", request.path.clone()));
    let error = project.hub(&circular.url).fetch(&model(COMMIT)).unwrap_err();
    assert!(error.to_string().contains("in circles"), "{error}");
    let escaping = Server::start(|_| Reply::new(200, "").with("X-Repo-Commit", COMMIT).with("ETag", "\"../../../escaped\""));
    let error = project.hub(&escaping.url).fetch(&model(COMMIT)).unwrap_err();
    assert!(matches!(error, Error::Unexpected { .. }), "{error:?}");
}

#[test]
fn two_at_once_fetch_the_file_once() {
    let (server, project) = (hub(Trouble::default()), Project::new());
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| project.hub(&server.url).fetch(&model(COMMIT)).unwrap());
        }
    });
    assert_eq!(server.asked().iter().filter(|request| request.path == "/cdn").count(), 1);
}

#[test]
fn a_local_folder_is_checked_and_random_weights_need_none() {
    let project = tempfile::tempdir().unwrap();
    let folder = |sha256: Option<String>| Weights::Folder { path: "weights".into(), sha256 };
    let weights = |weights: &Weights| fetch::weights(weights, project.path());
    assert!(matches!(weights(&folder(None)).unwrap_err(), Error::NoFolder { .. }));
    let path = project.path().join("weights");
    fs::create_dir(&path).unwrap();
    fs::write(path.join("config.json"), CONFIG).unwrap();
    let error = weights(&folder(None)).unwrap_err();
    assert!(matches!(&error, Error::IncompleteFolder { file, .. } if file == "model.safetensors"), "{error:?}");
    assert_eq!(error.exit(), Exit::Input);
    fs::write(path.join("model.safetensors"), tensors()).unwrap();
    assert_eq!(weights(&folder(None)).unwrap(), Some(path.clone()));
    assert_eq!(weights(&folder(Some(sha256(&tensors())))).unwrap(), Some(path.clone()));
    assert_eq!(fetch::cached_weights(&folder(None), project.path()).unwrap(), Some(path));
    assert!(matches!(weights(&folder(Some(sha256(b"others")))).unwrap_err(), Error::WrongSha256 { .. }));
    let random = Weights::Random { size: titer_core::experiment::ModelSize::Tiny };
    assert_eq!(weights(&random).unwrap(), None);
}

/// The Hub with a model in two files, whose index is this text; `lacks` is a file that it has not.
fn sharded(index: &'static str, lacks: &'static str) -> Server {
    Server::start(move |request| {
        let file = request.path.strip_prefix("/facebook/esm2_tiny/resolve/").and_then(|rest| rest.split_once('/'));
        let content: Option<Vec<u8>> = match file {
            Some((_, name)) if name == lacks => None,
            Some((_, "config.json")) => Some(CONFIG.to_vec()),
            Some((_, "model.safetensors.index.json")) => Some(index.into()),
            Some((_, name @ ("model-00001-of-00002.safetensors" | "model-00002-of-00002.safetensors"))) => Some(name.into()),
            _ => None,
        };
        let reply = match content {
            Some(content) => Reply::new(200, content.clone()).with("ETag", format!("\"{}\"", sha256(&content))),
            None => Reply::new(404, "").with("X-Error-Code", "EntryNotFound"),
        };
        reply.with("X-Repo-Commit", COMMIT)
    })
}

const TWO_FILES: &str = r#"{"weight_map": {"a": "model-00002-of-00002.safetensors", "b": "model-00001-of-00002.safetensors"}}"#;

#[test]
fn a_model_in_several_files_is_fetched_whole_and_its_pin_covers_them_all() {
    let (server, project) = (sharded(TWO_FILES, ""), Project::new());
    let hub = project.hub(&server.url);
    let folder = hub.fetch(&model(COMMIT)).unwrap();
    for name in ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"] {
        assert_eq!(fs::read_to_string(folder.join(name)).unwrap(), name);
    }
    let asked = server.asked().len();
    assert_eq!(hub.fetch(&model(COMMIT)).unwrap(), folder);
    assert_eq!(server.asked().len(), asked, "what is whole in the cache is not asked for");
    let pin = fetch::tensors_sha256(&folder).unwrap();
    let pinned = |pin: &str| hub.fetch(&Model { sha256: Some(pin), ..model(COMMIT) });
    assert_eq!(pinned(&pin).unwrap(), folder);
    assert!(matches!(pinned(&sha256(b"others")).unwrap_err(), Error::WrongSha256 { .. }));
    let fresh = Project::new();
    let error = fresh.hub(&server.url).fetch(&Model { sha256: Some(&sha256(b"others")), ..model(COMMIT) }).unwrap_err();
    assert!(matches!(error, Error::WrongSha256 { .. }), "{error}");
    // A file that is gone is fetched again.
    fs::remove_file(folder.join("model-00002-of-00002.safetensors")).unwrap();
    assert!(hub.cached(&model(COMMIT)).unwrap().is_none());
    assert_eq!(hub.fetch(&model(COMMIT)).unwrap(), folder);
    assert!(folder.join("model-00002-of-00002.safetensors").is_file());
}

#[test]
fn an_index_that_lies_and_a_file_that_is_not_there_are_named() {
    let missing = "model-00002-of-00002.safetensors";
    let server = sharded(TWO_FILES, missing);
    let error = Project::new().hub(&server.url).fetch(&model(COMMIT)).unwrap_err();
    assert_eq!(error.to_string(), format!("the Hub has no {missing} in {NAME} at revision {COMMIT}"));
    let neither = sharded(TWO_FILES, "model.safetensors.index.json");
    let error = Project::new().hub(&neither.url).fetch(&model(COMMIT)).unwrap_err();
    assert_eq!(error.to_string(), format!("the Hub has no model.safetensors in {NAME} at revision {COMMIT}"));
    for index in [r#"{"weight_map": {"a": "../../../x.safetensors"}}"#, "{", r#"{"weight_map": {"a": "x.bin"}}"#] {
        let (server, project) = (sharded(index, ""), Project::new());
        let error = project.hub(&server.url).fetch(&model(COMMIT)).unwrap_err();
        assert!(error.to_string().contains("is not an index of weights"), "{error}");
        let asked = server.asked();
        let of_index = |request: &Request| request.path.ends_with("x.safetensors") || request.path.ends_with("x.bin");
        assert!(!asked.iter().any(of_index), "{index}");
    }
}
