//! Tests that cannot be run where they are say so here. In CI, which sets `TITER_NO_SKIP`, a test
//! that is skipped fails, but for what no installation can bring.

use std::path::Path;

/// What a test lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(dead_code, reason = "each test program has some of them")]
pub enum Skip {
    /// `cargo test --workspace` builds it.
    NoWorker,
    NoChromium,
    NoMmseqs,
    /// Python with `transformers`, pandas, polars and duckdb: `just reference`.
    NoReference,
    /// The real weights of ESM-2 8M.
    NoWeights,
    /// Data that lies beside a checkout on some machines.
    NoShared,
    NoMountNamespace,
    NoControlGroup,
    NoInstructions,
    OnGpu,
}

impl Skip {
    /// Says that a test is skipped, and of what: its caller returns.
    ///
    /// # Panics
    ///
    /// Where `TITER_NO_SKIP` is set, and the reason is none that an installation cannot help.
    #[allow(clippy::print_stdout, reason = "a test that is skipped says so")]
    pub fn because(self, what: &str) {
        let strict = std::env::var_os("TITER_NO_SKIP").is_some_and(|value| !value.is_empty());
        match self.helpless() {
            Some(why) => println!("skipped: {what} ({why})"),
            None if strict => panic!("skipped, which TITER_NO_SKIP forbids: {what} ({self:?})"),
            None => println!("skipped: {what}"),
        }
    }

    /// Why no installation can bring it; the whole list of what CI may skip.
    fn helpless(self) -> Option<&'static str> {
        let beside =
            || Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().take(3).any(|folder| folder.join("shared/tools").exists());
        match self {
            Self::NoShared => Some("../shared is not part of a clone"),
            // What brings the weights lies there.
            Self::NoWeights if !beside() => Some("../shared is not part of a clone"),
            Self::NoMountNamespace => Some("the kernel refuses mount namespaces"),
            Self::NoControlGroup => Some("the kernel refuses control groups"),
            Self::NoInstructions => Some("the processor lacks the instructions"),
            Self::OnGpu => Some("what is tested is the CPU's"),
            Self::NoWeights | Self::NoWorker | Self::NoChromium | Self::NoMmseqs | Self::NoReference => None,
        }
    }
}

#[test]
#[ignore = "the test below runs it, in a process of its own"]
fn skipped_for_want_of_a_browser() {
    Skip::NoChromium.because("no Chromium");
}

#[test]
#[ignore = "the test below runs it, in a process of its own"]
fn skipped_for_want_of_a_namespace() {
    Skip::NoMountNamespace.because("no mount namespace");
}

#[test]
fn a_skip_is_said_and_where_ci_forbids_it_a_failure() {
    let run = |name: &str, forbidden: &str| {
        let mut test = std::process::Command::new(std::env::current_exe().unwrap());
        test.args(["--ignored", "--exact", "--nocapture", &format!("skip::{name}")]).env("TITER_NO_SKIP", forbidden);
        let output = test.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("running 1 test") && said.contains("skipped"), "{said}");
        output.status.success()
    };
    assert_eq!([run("skipped_for_want_of_a_browser", ""), run("skipped_for_want_of_a_browser", "1")], [true, false]);
    assert!(run("skipped_for_want_of_a_namespace", "1"), "nothing can be installed against it");
}
