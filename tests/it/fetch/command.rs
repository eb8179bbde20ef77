//! `titer fetch` as a user calls it.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{Mutex, mpsc},
    time::{Duration, Instant},
};

use fs_err as fs;
use tempfile::TempDir;

use super::{
    hub::{COMMIT, NAME, Trouble, hub, tensors},
    nowhere,
    server::Server,
    sha256,
    uniprot::UniProt,
};

/// A folder with the experiment `lr.toml`, whose model is the test's.
struct Project {
    folder: TempDir,
    hub: String,
    uniprot: String,
}

impl Project {
    fn new(hub: &str, uniprot: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let experiment = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/lr.toml");
        fs::copy(experiment, folder.path().join("lr.toml")).unwrap();
        Self { folder, hub: hub.to_owned(), uniprot: uniprot.to_owned() }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_titer"));
        let model = [
            format!("model.weights=\"{NAME}\""),
            format!("model.revision=\"{COMMIT}\""),
            format!("model.sha256=\"{}\"", sha256(&tensors())),
        ];
        command.args(["fetch", "lr.toml"]).args(arguments);
        for set in model {
            command.args(["--set", &set]);
        }
        command
            .env_clear()
            .env("HOME", self.folder.path())
            .env("HF_HOME", self.folder.path().join("huggingface"))
            .env("HF_TOKEN", "hf_secret")
            .env("HF_ENDPOINT", &self.hub)
            .env("TITER_UNIPROT", &self.uniprot)
            .env("TITER_LOG", "trace")
            .current_dir(self.folder.path());
        command
    }

    fn fetch(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn table(&self) -> PathBuf {
        self.folder.path().join("data/uniprot_cytoplasm_nucleus.csv")
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn data_and_weights_are_fetched_once() {
    let (hub, uniprot) = (hub(Trouble::default()), UniProt::default().serve());
    let project = Project::new(&hub.url, &uniprot.url);
    let first = project.fetch(&[]);
    let (said, told) = (text(&first.stdout), text(&first.stderr));
    assert!(first.status.success(), "{told}");
    assert!(
        said.contains("data     data/uniprot_cytoplasm_nucleus.csv: fetched, 40 of 50 proteins of UniProt 2026_03"),
        "{said}"
    );
    assert!(said.contains("read as substrings and as whole locations, the rule labels every protein the same"), "{said}");
    assert!(said.contains(&format!("weights  {NAME} at {COMMIT}: fetched")), "{said}");
    assert!(told.contains("50 of 50 proteins") || told.contains("0 of 50 proteins"), "progress is told: {told}");
    assert!(!told.contains("hf_secret") && !said.contains("hf_secret"), "the token stays secret at every log level");
    assert_eq!(fs::read_to_string(project.table()).unwrap(), UniProt::default().table());

    let requests = (hub.asked().len(), uniprot.asked().len());
    let second = project.fetch(&[]);
    let said = text(&second.stdout);
    assert!(
        second.status.success() && said.contains("csv: present, 40 of 50") && said.contains(&format!("{COMMIT}: present, ")),
        "{said}"
    );
    assert_eq!((hub.asked().len(), uniprot.asked().len()), requests);
}

#[test]
fn either_half_can_be_left_alone() {
    let (hub, uniprot) = (hub(Trouble::default()), UniProt::default().serve());
    let weights = Project::new(&hub.url, &nowhere());
    assert!(weights.fetch(&["--weights-only"]).status.success());
    assert!(!weights.table().exists());
    let data = Project::new(&nowhere(), &uniprot.url);
    assert!(data.fetch(&["--data-only"]).status.success());
    assert!(data.table().exists());
    assert_eq!(data.fetch(&["--data-only", "--weights-only"]).status.code(), Some(2));
}

#[test]
fn without_a_network_it_ends_with_3_one_message_and_a_hint() {
    let project = Project::new(&nowhere(), &nowhere());
    for half in ["--data-only", "--weights-only"] {
        let output = project.fetch(&[half]);
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{told}");
        assert_eq!(told.matches("cannot be reached").count(), 1, "{told}");
        assert!(told.contains("titer fetch FILE"), "{told}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_wrong_sha256_ends_with_3_and_keeps_nothing() {
    let (hub, uniprot) = (hub(Trouble { garbles: true, ..Trouble::default() }), UniProt::default().serve());
    let project = Project::new(&hub.url, &uniprot.url);
    let output = project.fetch(&["--weights-only"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("its sha256 is"));
    let pin = format!("data.fetch.sha256=\"{}\"", sha256(b"another file"));
    let output = project.fetch(&["--data-only", "--set", &pin]);
    assert_eq!(output.status.code(), Some(3));
    assert!(!project.table().exists());
}

#[test]
fn a_missing_file_that_cannot_be_fetched_is_named() {
    let project = Project::new(&nowhere(), &nowhere());
    fs::write(
        project.folder.path().join("lr.toml"),
        "[data]\nsource = \"table\"\npath = \"none.csv\"\nid = \"a\"\nsequence = \"b\"\nlabel = \"c\"\n",
    )
    .unwrap();
    let output = project.fetch(&["--data-only"]);
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert!(told.contains("none.csv") && told.contains("[data.fetch]"), "{told}");
}

#[test]
fn a_killed_fetch_goes_on_where_it_was() {
    let whole = UniProt { no_stream: true, ..UniProt::default() };
    // The third page never comes.
    let (release, held) = mpsc::channel::<()>();
    let state = Mutex::new(whole.clone());
    let stalling = Server::start(move |request| {
        if request.query.get("cursor").is_some_and(|cursor| cursor == "at/40") {
            let _ = held.recv_timeout(Duration::from_mins(1));
        }
        state.lock().unwrap().answer(request)
    });
    let mut project = Project::new(&nowhere(), &stalling.url);
    let state = project.table().with_file_name("uniprot_cytoplasm_nucleus.csv.part.json");
    let mut child = Killed(project.command(&["--data-only"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    let begun = Instant::now();
    while !fs::read_to_string(&state).is_ok_and(|state| state.contains("at%2F40")) {
        assert!(begun.elapsed() < Duration::from_mins(1), "the second page is there by now");
        assert_eq!(child.0.try_wait().unwrap(), None, "it is still at work");
        std::thread::sleep(Duration::from_millis(10));
    }
    drop(child);
    drop(release);
    assert!(!project.table().exists());

    let server = whole.clone().serve();
    project.uniprot.clone_from(&server.url);
    let output = project.fetch(&["--data-only"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(fs::read_to_string(project.table()).unwrap(), whole.table());
    assert_eq!(server.asked().len(), 1, "the last page was all that was missing");
}

/// A child that does not outlive its test.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_table_that_is_not_what_the_file_describes_any_more_is_told_before_anything_runs() {
    let (hub, uniprot) = (hub(Trouble::default()), UniProt::default().serve());
    let project = Project::new(&hub.url, &uniprot.url);
    assert!(project.fetch(&["--data-only"]).status.success());
    let check = |sets: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_titer"));
        command.args(["check", "lr.toml", "--device", "cpu", "--set", "model.weights={ random = \"esm2-tiny\" }"]);
        for set in sets {
            command.args(["--set", set]);
        }
        let output = command.env_clear().current_dir(project.folder.path()).output().unwrap();
        let told = text(&output.stderr).replace(['\u{2502}', '\n'], " ");
        told.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let told = check(&[]);
    assert!(!told.contains("the data file"), "{told}");
    let told = check(&["data.fetch.query=(organism_id:9606)"]);
    assert!(told.contains("[data.fetch] changed since it was fetched"), "{told}");
    let told = check(&[&format!("data.fetch.sha256={}", "a".repeat(64))]);
    assert!(told.contains("data.fetch.sha256 pins it"), "{told}");
    let table = fs::read_to_string(project.table()).unwrap();
    fs::write(project.table(), table.replacen('A', "C", 1)).unwrap();
    let told = check(&[]);
    assert!(told.contains("it was changed after titer had fetched it"), "{told}");
}
