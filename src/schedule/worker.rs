//! One worker process: found, asked for its devices, started, given jobs, listened to, stopped.

#[cfg(unix)]
use std::os::{fd::OwnedFd, unix::net::UnixStream};
use std::{
    io::{self, BufRead as _, BufReader, Read, Write as _},
    path::PathBuf,
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::mpsc::SyncSender,
    thread,
    time::{Duration, Instant},
};

use super::{Error, device::SeenDevice};
use titer_core::protocol::{Job, handover};
use titer_core::results::Claim;

/// What libtorch's libraries read from the environment when a worker starts, unless the user has
/// set it.
const LIBRARIES: [(&str, &str); 3] = [
    // OpenMP's threads spin while they wait, for some 300,000 turns unless told otherwise. On a machine that is busy with something
    // else a spinning thread keeps the one it waits for from running; threads that never spin cost a third on an idle machine.
    // This many turns keep nearly all of the one and lose little of the other (docs/performance.md).
    ("GOMP_SPINCOUNT", "10000"),
    // cuBLAS computes the same sum in the same order only with a workspace of fixed size.
    ("CUBLAS_WORKSPACE_CONFIG", ":4096:8"),
    // With fewer queues than lanes, streams that have nothing to do with one another wait for one another.
    ("CUDA_DEVICE_MAX_CONNECTIONS", "32"),
];

/// What lets whoever has it in as the user: a worker needs the network for nothing, and its log is
/// part of the results.
const SECRETS: [&str; 9] = [
    "HF_TOKEN",
    "HUGGING_FACE_HUB_TOKEN",
    "HF_TOKEN_PATH",
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "ALL_PROXY",
    "all_proxy",
];

/// A longer line is no event: it is cut here rather than filling the memory.
const LONGEST_LINE: u64 = 1 << 20;

/// How long a worker may take to end after it was asked to: a step and a checkpoint of a large
/// model take their time.
const GRACE: Duration = Duration::from_mins(1);

/// How long output may stay open after its process has ended, held by a process that the worker
/// left behind.
const LINGER: Duration = Duration::from_secs(2);

/// The program that trains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worker {
    path: PathBuf,
}

impl Worker {
    /// `TITER_WORKER`, or `titer-worker` beside the running executable.
    pub fn find() -> Result<Self, Error> {
        let beside = || {
            let titer = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("titer"));
            titer.with_file_name(format!("titer-worker{}", std::env::consts::EXE_SUFFIX))
        };
        let named = std::env::var_os("TITER_WORKER").filter(|path| !path.is_empty());
        let path = named.map_or_else(beside, PathBuf::from);
        Self::at(path)
    }

    /// The worker at this path, which must be there.
    pub fn at(path: PathBuf) -> Result<Self, Error> {
        if path.is_file() { Ok(Self { path }) } else { Err(Error::NoWorker { looked: path }) }
    }

    /// The program, without what it has no business to know.
    fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        for secret in SECRETS {
            command.env_remove(secret);
        }
        command
    }

    /// Asks which devices it can compute on.
    pub fn devices(&self) -> Result<Vec<SeenDevice>, Error> {
        let worker = || self.path.clone();
        let output = self
            .command()
            .arg("--devices")
            .stdin(Stdio::null())
            .output()
            .map_err(|source| Error::WorkerStart { worker: worker(), source })?;
        if !output.status.success() {
            let complaint = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(Error::WorkerDevices { worker: worker(), status: output.status.to_string(), output: complaint });
        }
        let answer = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        serde_json::from_str(&answer).map_err(|source| Error::WorkerAnswer { worker: worker(), answer, source })
    }

    /// Starts a process for one job. Its lines arrive at `heard` under this number. Its standard
    /// error goes to the log that is the claim on the run, and holds it.
    pub(super) fn start(&self, speaker: Speaker, job: &Job, claim: &Claim, heard: &SyncSender<Speech>) -> Result<Process, Error> {
        let log = claim.log().map_err(|source| self.unstarted(source))?;
        let mut command = self.at_work(job.threads);
        command.stdin(Stdio::piped()).stderr(log);
        let mut child = command.spawn().map_err(|source| self.unstarted(source))?;
        drop(command);
        let mut input = child.stdin.take();
        if let Some(input) = &mut input {
            // A worker that does not listen says why by its exit status and its log.
            let _ = input.write_all(&line(job).map_err(|source| self.unstarted(source))?);
        }
        Ok(Process::new(child, input.map(Input::Pipe), speaker, heard))
    }

    /// Starts a process that runs share: they are given to it later.
    #[cfg(unix)]
    pub(super) fn share(&self, speaker: Speaker, threads: usize, heard: &SyncSender<Speech>) -> Result<Process, Error> {
        let (ours, theirs) = UnixStream::pair().map_err(|source| self.unstarted(source))?;
        let mut command = self.at_work(threads);
        command.stdin(OwnedFd::from(theirs)).stderr(Stdio::piped());
        let child = command.spawn().map_err(|source| self.unstarted(source))?;
        Ok(Process::new(child, Some(Input::Socket(ours)), speaker, heard))
    }

    /// Claims are handed over in a way of Unix's.
    #[cfg(not(unix))]
    pub(super) fn share(&self, _: Speaker, _: usize, _: &SyncSender<Speech>) -> Result<Process, Error> {
        Err(self.unstarted(io::ErrorKind::Unsupported.into()))
    }

    /// The program as it is started to predict, with so many threads; its three streams are pipes.
    #[must_use]
    pub fn predicting(&self, threads: usize) -> Command {
        let mut command = self.at_work(threads);
        command.arg("--predict").stdin(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// The error of a worker that could not be started, or not be given a job.
    pub(super) fn unstarted(&self, source: io::Error) -> Error {
        Error::WorkerStart { worker: self.path.clone(), source }
    }

    /// The program as it is started to work, with so many threads a run.
    fn at_work(&self, threads: usize) -> Command {
        let mut command = self.command();
        command.stdout(Stdio::piped());
        // libtorch is told its share in the job; these are read when their libraries start.
        for pool in ["RAYON_NUM_THREADS", "POLARS_MAX_THREADS"] {
            command.env(pool, threads.to_string());
        }
        let given = |name| std::env::var_os(name).is_some();
        for (name, value) in LIBRARIES {
            let other_policy = name == "GOMP_SPINCOUNT" && given("OMP_WAIT_POLICY");
            if !given(name) && !other_policy {
                command.env(name, value);
            }
        }
        // A group of its own: the terminal's Ctrl-C reaches titer alone, and titer reaches the worker with all it started.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command
    }
}

fn line(job: &Job) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(job)?;
    line.push(b'\n');
    Ok(line)
}

/// The number of a worker: tells its words from those of another, which something it left behind
/// may still utter.
pub(super) type Speaker = u64;

/// Who said what.
pub(super) type Speech = (Speaker, Heard);

/// What a worker's output brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Heard {
    Line(String),
    /// A line of standard error, where that is no run's log.
    Complaint(String),
    /// There will be no more of one of the two.
    Closed,
}

fn listen(speaker: Speaker, output: impl Read, heard: &SyncSender<Speech>, what: fn(String) -> Heard) {
    let mut output = BufReader::new(output);
    let mut line = Vec::new();
    loop {
        line.clear();
        match output.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => break,
            Ok(_) => {
                let text = String::from_utf8_lossy(&line).trim_end().to_owned();
                if heard.send((speaker, what(text))).is_err() {
                    break;
                }
            }
        }
    }
    let _ = heard.send((speaker, Heard::Closed));
}

/// A worker at work. Dropped before its end, it is killed.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    /// Its standard input: open as long as titer lives and may have something to do for it.
    input: Option<Input>,
    exited: Option<(ExitStatus, Instant)>,
    /// Outputs that are listened to.
    open: usize,
    kill_at: Option<Instant>,
}

#[derive(Debug)]
enum Input {
    /// Its one job was written; it is held open.
    Pipe(#[expect(dead_code, reason = "its end says that titer is gone")] ChildStdin),
    #[cfg(unix)]
    Socket(UnixStream),
}

impl Process {
    fn new(mut child: Child, input: Option<Input>, speaker: Speaker, heard: &SyncSender<Speech>) -> Self {
        let mut open = 0;
        if let Some(output) = child.stdout.take() {
            let heard = heard.clone();
            open += 1;
            thread::spawn(move || listen(speaker, output, &heard, Heard::Line));
        }
        if let Some(errors) = child.stderr.take() {
            let heard = heard.clone();
            open += 1;
            thread::spawn(move || listen(speaker, errors, &heard, Heard::Complaint));
        }
        Self { child, input, exited: None, open, kill_at: None }
    }

    /// Gives a job to a worker that runs share, with the claim on its run. A worker that does not
    /// listen any more is about to end.
    pub(super) fn give(&self, job: &Job, claim: &Claim) -> io::Result<()> {
        match &self.input {
            #[cfg(unix)]
            Some(Input::Socket(socket)) => match handover::send(socket, &line(job)?, &claim.log()?) {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
                sent => sent,
            },
            _ => Ok(()),
        }
    }

    /// There is nothing more for it to do: it is to end, and is seen to after a while.
    pub(super) fn dismiss(&mut self) {
        if self.input.take().is_some() {
            self.kill_at.get_or_insert_with(|| Instant::now() + GRACE);
        }
    }

    /// One of its outputs has come to an end.
    pub(super) const fn close(&mut self) {
        self.open = self.open.saturating_sub(1);
    }

    /// How it ended, once it has ended and everything it said was heard.
    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        if self.exited.is_none() {
            if self.kill_at.is_some_and(|at| Instant::now() >= at) {
                self.kill();
            }
            // An error means that there is no such child any more, which no other part of the program brings about.
            self.exited = self.child.try_wait().ok().flatten().map(|status| (status, Instant::now()));
        }
        let (status, at) = self.exited?;
        (self.open == 0 || at.elapsed() > LINGER).then_some(status)
    }

    /// Asks it to end, and sees to it after a while.
    pub(super) fn stop(&mut self) {
        self.signal(Signal::Terminate);
        self.kill_at.get_or_insert_with(|| Instant::now() + GRACE);
    }

    pub(super) fn kill(&mut self) {
        self.signal(Signal::Kill);
        self.kill_at = None;
    }

    #[cfg(unix)]
    fn signal(&mut self, signal: Signal) {
        // Once it has been waited for, its number may belong to someone else.
        if self.exited.is_none() {
            let signal = match signal {
                Signal::Terminate => libc::SIGTERM,
                Signal::Kill => libc::SIGKILL,
            };
            // SAFETY: no memory is involved; the group is the child's own, and the child is not yet waited for.
            unsafe { libc::killpg(self.child.id().cast_signed(), signal) };
        }
    }

    #[cfg(not(unix))]
    fn signal(&mut self, _: Signal) {
        let _ = self.child.kill();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.exited.is_none() {
            self.kill();
            let _ = self.child.wait();
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Signal {
    Terminate,
    Kill,
}
