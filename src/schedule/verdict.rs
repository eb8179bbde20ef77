//! What became of a run, judged by what its worker said, how it ended, and whether `run.json` is
//! there.

use std::process::ExitStatus;

use super::state::Ending;
use titer_core::protocol::{Event, FailureKind, PROTOCOL};
use titer_core::results::{self, Manifest, manifest::Status};

/// What a worker said of its end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Testimony {
    finished: bool,
    failed: Option<Reason>,
    other_protocol: Option<u32>,
    /// It wrote a checkpoint and ended, as it was asked to.
    stopped: bool,
    /// Why it was killed from here.
    hung: Option<String>,
    /// The first line that was no event.
    invalid: Option<String>,
}

/// Why a run failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reason {
    pub(super) kind: FailureKind,
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

impl Reason {
    fn run(message: impl Into<String>, hint: &str) -> Self {
        Self { kind: FailureKind::Run, message: message.into(), hint: Some(hint.to_owned()) }
    }
}

const SEE_LOG: &str = "log.txt in the run's folder holds what it wrote";
const BUILD_BOTH: &str = "titer and titer-worker must be of one version: `just build` builds both";

impl Testimony {
    /// Takes note of what the worker told of the run.
    pub(super) fn hear(&mut self, event: &Event) {
        match event {
            Event::Started { protocol, .. } if *protocol != PROTOCOL => self.other_protocol = Some(*protocol),
            Event::Finished { .. } => self.finished = true,
            Event::Stopped { .. } => self.stopped = true,
            Event::Failed { kind, message, hint } => {
                self.failed = Some(Reason { kind: *kind, message: message.clone(), hint: hint.clone() });
            }
            _ => {}
        }
    }

    /// The worker has told of the run's end.
    pub(super) const fn tells_an_end(&self) -> bool {
        self.finished || self.stopped || self.failed.is_some()
    }

    /// Takes note of a line that is no event of a run of the worker's.
    pub(super) fn wonder(&mut self, line: &str) {
        self.invalid.get_or_insert_with(|| line.chars().take(200).collect());
    }

    /// The worker is killed because it hangs: in which way.
    pub(super) fn hangs(&mut self, how: String) {
        self.hung = Some(how);
    }

    /// The worker speaks another version of the protocol: there is no use in going on.
    pub(super) const fn is_foreign(&self) -> bool {
        self.other_protocol.is_some()
    }

    /// The first line that was no event.
    pub(super) fn invalid(&self) -> Option<&str> {
        self.invalid.as_deref()
    }

    /// How the run ended, or why it failed. The manifest decides: it is written last. `status` is
    /// how the worker ended; `None` where it goes on with other runs.
    pub(super) fn judge(
        self,
        status: Option<ExitStatus>,
        stopped: bool,
        manifest: Result<Option<Manifest>, results::Error>,
    ) -> Result<Ending, Reason> {
        match manifest {
            Ok(Some(manifest)) => {
                return Ok(match manifest.status {
                    Status::Finished => Ending::Finished,
                    Status::Diverged => Ending::Diverged,
                });
            }
            Ok(None) => {}
            Err(error) => {
                return Err(Reason { kind: FailureKind::Results, ..Reason::run(error.to_string(), BUILD_BOTH) });
            }
        }
        if let Some(theirs) = self.other_protocol {
            let reason = Reason::run(format!("the worker speaks protocol {theirs}, titer speaks {PROTOCOL}"), BUILD_BOTH);
            return Err(Reason { kind: FailureKind::Settings, ..reason });
        }
        // What it says of its end counts, also where it was asked to end: the checkpoint may have failed.
        if let Some(reason) = self.failed {
            return Err(reason);
        }
        if stopped {
            return Ok(Ending::Stopped);
        }
        if let Some(how) = self.hung {
            return Err(Reason::run(how, "--hang-after SECONDS sets how long a worker may take over one step"));
        }
        if self.stopped {
            return Err(Reason::run("something other than titer asked the worker to stop", SEE_LOG));
        }
        let spoke = self.invalid.map(|line| format!("; it wrote an invalid event: {line:?}")).unwrap_or_default();
        Err(match (self.finished, status.and_then(killed_by)) {
            (true, _) => Reason::run(format!("the worker reported that it finished but left no run.json{spoke}"), BUILD_BOTH),
            (false, Some(9)) => Reason::run(
                format!("the worker was killed (signal 9){spoke}"),
                "most often the machine ran out of memory: try a smaller train.batch-size or fewer --jobs",
            ),
            (false, Some(signal)) => Reason::run(format!("the worker was ended by signal {signal}{spoke}"), SEE_LOG),
            (false, None) => Reason::run(
                match status.filter(|status| !status.success()) {
                    Some(status) => format!("the worker ended with {status}{spoke}"),
                    None => format!("the worker ended without having finished{spoke}"),
                },
                SEE_LOG,
            ),
        })
    }
}

#[cfg(unix)]
fn killed_by(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
fn killed_by(_: ExitStatus) -> Option<i32> {
    None
}
