//! The worker process that predicts: it is sent what comes next before it has answered what was.

use std::{
    io::{self, BufRead as _, BufReader, BufWriter, Read as _, Write as _},
    process::{Child, ChildStdin},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Receiver, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

use super::Error;
use crate::schedule::Worker;
use titer_core::protocol::{
    Device, PROTOCOL,
    predict::{Answer, Asked, Sequences},
};

/// Residues of a request.
const ON_A_CPU: usize = 16_000;
/// The same: a GPU computes them at once.
const ON_A_GPU: usize = 256_000;

/// Requests that may be unanswered: the worker never waits for the next.
const AHEAD: usize = 2;

/// How often is looked whether to go on while the worker computes.
const TICK: Duration = Duration::from_millis(100);

/// How long a process may take to end once it has nothing more to do.
const GRACE: Duration = Duration::from_secs(2);

/// The residues of one request to a device.
const fn depth(device: Device) -> usize {
    match device {
        Device::Cpu => ON_A_CPU,
        Device::Cuda(_) => ON_A_GPU,
    }
}

/// A worker with models on its device. Dropped, it is ended.
#[derive(Debug)]
pub struct Predictor {
    child: Child,
    input: Option<BufWriter<ChildStdin>>,
    answers: Receiver<io::Result<String>>,
    /// The last of what it wrote to its standard error.
    said: Arc<Mutex<String>>,
    asked: Asked,
}

impl Predictor {
    /// Starts a worker and has it read the models.
    pub fn start(worker: &Worker, asked: Asked, goes_on: &dyn Fn() -> bool) -> Result<Self, Error> {
        let mut child = worker.predicting(asked.threads).spawn().map_err(|source| Error::Pipe { source })?;
        let missing = || Error::Pipe { source: io::ErrorKind::BrokenPipe.into() };
        let (input, output, errors) =
            (child.stdin.take().ok_or_else(missing)?, child.stdout.take().ok_or_else(missing)?, child.stderr.take());
        let said = Arc::new(Mutex::new(String::new()));
        if let Some(errors) = errors {
            let said = Arc::clone(&said);
            thread::spawn(move || listen(errors, &said));
        }
        let (sender, answers) = mpsc::channel();
        thread::spawn(move || BufReader::new(output).lines().try_for_each(|line| sender.send(line)));
        let mut predictor = Self { child, input: Some(BufWriter::new(input)), answers, said, asked };
        let question = serde_json::to_string(&predictor.asked).map_err(|source| Error::Pipe { source: source.into() })?;
        predictor.send(&question)?;
        match predictor.answer(goes_on)? {
            Answer::Ready { protocol: PROTOCOL, .. } => Ok(predictor),
            Answer::Ready { protocol, .. } => Err(Error::Worker {
                message: format!("it speaks protocol {protocol}, titer {PROTOCOL}"),
                hint: Some("`just build` builds both of one version".to_owned()),
            }),
            Answer::Outputs { .. } => Err(Error::Ended { said: "it answered what it was not asked".to_owned() }),
            Answer::Failed { message, hint } => Err(Error::Worker { message, hint }),
        }
    }

    /// By model what it gives for each sequence, `[sequences, outputs]` row by row. `told` hears
    /// how many are answered; `goes_on` is asked again and again whether to go on.
    pub fn predict(
        &mut self,
        sequences: &[&str],
        told: &dyn Fn(usize),
        goes_on: &dyn Fn() -> bool,
    ) -> Result<Vec<Vec<Option<f32>>>, Error> {
        let mut found = vec![Vec::with_capacity(sequences.len() * self.asked.outputs); self.asked.models.len()];
        let mut requests = Requests { left: sequences, most: depth(self.asked.device), cap: self.asked.max_length };
        let (mut open, mut done) = (std::collections::VecDeque::new(), 0);
        loop {
            while open.len() < AHEAD
                && let Some(next) = requests.next()
            {
                let sequences = Sequences(next.iter().map(|&sequence| sequence.to_owned()).collect());
                let line = serde_json::to_string(&sequences).map_err(|source| Error::Pipe { source: source.into() })?;
                self.send(&line)?;
                open.push_back(next.len());
            }
            let Some(count) = open.pop_front() else { return Ok(found) };
            match self.answer(goes_on)? {
                Answer::Outputs { outputs }
                    if outputs.len() == found.len() && outputs.iter().all(|of| of.len() == count * self.asked.outputs) =>
                {
                    for (found, outputs) in found.iter_mut().zip(outputs) {
                        found.extend(outputs);
                    }
                }
                Answer::Failed { message, hint } => return Err(Error::Worker { message, hint }),
                Answer::Outputs { .. } | Answer::Ready { .. } => {
                    return Err(Error::Ended { said: "it answered what it was not asked".to_owned() });
                }
            }
            done += count;
            told(done);
        }
    }

    fn send(&mut self, line: &str) -> Result<(), Error> {
        let Some(input) = &mut self.input else { return Err(Error::Pipe { source: io::ErrorKind::BrokenPipe.into() }) };
        match writeln!(input, "{line}").and_then(|()| input.flush()) {
            // Why it is gone it has said, or its last answer does.
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Error::Pipe { source: error }),
            _ => Ok(()),
        }
    }

    /// Its next answer. Where it is not waited for any more, the worker is killed.
    fn answer(&mut self, goes_on: &dyn Fn() -> bool) -> Result<Answer, Error> {
        let line = loop {
            match self.answers.recv_timeout(TICK) {
                Ok(line) => break line,
                Err(RecvTimeoutError::Timeout) if goes_on() => {}
                Err(RecvTimeoutError::Timeout) => {
                    let _ = self.child.kill();
                    return Err(Error::Interrupted { done: 0 });
                }
                Err(RecvTimeoutError::Disconnected) => {
                    // What it said may still be on its way.
                    let _ = self.child.wait();
                    thread::sleep(TICK);
                    return Err(Error::Ended {
                        said: self.said.lock().unwrap_or_else(PoisonError::into_inner).trim().to_owned(),
                    });
                }
            }
        };
        let line = line.map_err(|source| Error::Pipe { source })?;
        serde_json::from_str(&line).map_err(|source| Error::Pipe { source: source.into() })
    }
}

impl Drop for Predictor {
    fn drop(&mut self) {
        // Its input at an end, it ends.
        drop(self.input.take());
        let until = Instant::now() + GRACE;
        while Instant::now() < until {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Keeps the last of what is written.
fn listen(errors: impl io::Read, said: &Mutex<String>) {
    const MOST: u64 = 4_096;
    let mut errors = BufReader::new(errors);
    let mut line = Vec::new();
    loop {
        line.clear();
        match errors.by_ref().take(MOST).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {
                let line = String::from_utf8_lossy(&line).trim().to_owned();
                if !line.is_empty() {
                    *said.lock().unwrap_or_else(PoisonError::into_inner) = line;
                }
            }
        }
    }
}

/// Cuts sequences into requests of about as many residues each as are read of them.
struct Requests<'a> {
    left: &'a [&'a str],
    most: usize,
    /// More of a sequence is not computed.
    cap: usize,
}

impl<'a> Iterator for Requests<'a> {
    type Item = &'a [&'a str];

    fn next(&mut self) -> Option<Self::Item> {
        if self.left.is_empty() {
            return None;
        }
        let mut residues = 0;
        let fit = self.left.iter().take_while(|sequence| {
            residues += sequence.len().min(self.cap);
            residues <= self.most
        });
        let (next, left) = self.left.split_at(fit.count().max(1));
        self.left = left;
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_have_about_as_many_residues_and_leave_nothing_out() {
        let long = "M".repeat(50);
        let sequences = ["MKTA", "MK", long.as_str(), "MKTAYI", "M"];
        let requests = |cap| Requests { left: &sequences, most: 8, cap }.map(<[_]>::len).collect::<Vec<_>>();
        assert_eq!(requests(100), [2, 1, 2]);
        assert_eq!(requests(2), [4, 1]);
    }
}
