//! Sequence search by `MMseqs2`, where it is installed: for each protein asked about the known one
//! most like it.

use std::{
    io::{self, BufRead as _, BufReader, BufWriter, Write as _},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

const PROGRAM: &str = "mmseqs";

/// A hit is worse than this by chance once in a thousand searches.
pub const E_VALUE: &str = "1e-3";

/// The most sensitive search there is.
pub const SENSITIVITY: &str = "7.5";

/// The longest it may take.
const LIMIT: Duration = Duration::from_mins(10);

/// How often is looked whether it is done.
const TICK: Duration = Duration::from_millis(20);

/// Why there are no hits.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("mmseqs is not on PATH")]
    Missing,
    #[error("the proteins for mmseqs cannot be written: {0}")]
    Files(#[from] io::Error),
    #[error("mmseqs failed ({status}): {told}")]
    Failed { status: std::process::ExitStatus, told: String },
    #[error("mmseqs took longer than {} minutes", LIMIT.as_secs() / 60)]
    TooLong,
    #[error("it was interrupted")]
    Interrupted,
    #[error("mmseqs wrote a line that is not a hit: {0:?}")]
    Line(String),
}

/// The version of the `MMseqs2` on PATH; `None` where there is none that runs.
#[must_use]
pub fn version() -> Option<String> {
    let output = Command::new(PROGRAM).arg("version").stdin(Stdio::null()).output().ok()?;
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (output.status.success() && !version.is_empty()).then_some(version)
}

/// The known protein most like one that is asked about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// Its place among the known.
    pub known: usize,
    pub bits: f64,
    /// The share of identical residues of the aligned ones, from 0 to 1.
    pub identity: f64,
}

/// The best hit of every protein asked about. `goes_on` is called again and again: where it returns
/// false, the search stops.
pub fn search<'a>(
    asked: impl ExactSizeIterator<Item = &'a str>,
    known: impl ExactSizeIterator<Item = &'a str>,
    goes_on: &dyn Fn() -> bool,
) -> Result<Vec<Option<Hit>>, Error> {
    let (count, of_known) = (asked.len(), known.len());
    let folder = tempfile::tempdir()?;
    let [asked_file, known_file, hits, log, rest] =
        ["asked.fasta", "known.fasta", "hits.tsv", "log.txt", "rest"].map(|name| folder.path().join(name));
    write_fasta(&asked_file, asked)?;
    write_fasta(&known_file, known)?;
    let told = fs_err::File::create(&log)?.into_parts().0;
    let mut command = Command::new(PROGRAM);
    command
        .arg("easy-search")
        .args([&asked_file, &known_file, &hits, &rest])
        .args(["-e", E_VALUE, "-s", SENSITIVITY, "--format-output", "query,target,bits,fident", "-v", "2"])
        .stdin(Stdio::null())
        .stdout(told.try_clone()?)
        .stderr(told);
    // It starts further programs: what is killed is all of them.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command.spawn()?;
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if !goes_on() || begun.elapsed() > LIMIT {
            kill(&mut child);
            return Err(if goes_on() { Error::TooLong } else { Error::Interrupted });
        }
        thread::sleep(TICK);
    };
    if !status.success() {
        let told = fs_err::read(&log)?;
        let told = String::from_utf8_lossy(&told).trim().lines().last().unwrap_or("it said nothing").to_owned();
        return Err(Error::Failed { status, told });
    }
    let mut best = vec![None; count];
    for line in BufReader::new(fs_err::File::open(&hits)?).lines() {
        let line = line?;
        read_hit(&line, &mut best, of_known).ok_or(Error::Line(line))?;
    }
    Ok(best)
}

/// Takes over a line's hit where it is better than what was found. `None` where the line is no hit.
fn read_hit(line: &str, best: &mut [Option<Hit>], known: usize) -> Option<()> {
    let mut fields = line.split('\t');
    let mut next = || fields.next();
    let asked = next()?.parse::<usize>().ok()?;
    let hit = Hit { known: next()?.parse().ok()?, bits: next()?.parse().ok()?, identity: next()?.trim().parse().ok()? };
    let place = best.get_mut(asked).filter(|_| hit.known < known)?;
    // Of equals the first of the data: the order of the lines is the threads'.
    let better = |than: Hit| hit.bits > than.bits || (hit.bits == than.bits && hit.known < than.known);
    if place.is_none_or(better) {
        *place = Some(hit);
    }
    Some(())
}

/// Numbers for names: what the data call their proteins may be anything.
fn write_fasta<'a>(path: &Path, sequences: impl Iterator<Item = &'a str>) -> io::Result<()> {
    let mut file = BufWriter::new(fs_err::File::create(path)?);
    for (number, sequence) in sequences.enumerate() {
        // Gaps are none of the protein; one of gaps alone is unknown.
        let residues: String = sequence.chars().filter(char::is_ascii_alphabetic).collect();
        writeln!(file, ">{number}\n{}", if residues.is_empty() { "X" } else { &residues })?;
    }
    file.flush()
}

fn kill(child: &mut Child) {
    // SAFETY: the child was not waited for, so its number is still its own, and its group's.
    #[cfg(unix)]
    unsafe {
        libc::killpg(child.id().cast_signed(), libc::SIGKILL);
    }
    // Where it has ended by itself there is nothing left to kill.
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_hit_has_the_most_bits_and_of_equals_is_the_first() {
        let mut best = vec![None; 2];
        for line in ["0\t4\t50\t1", "0\t2\t71.5\t0.5", "0\t3\t71.5\t1", "0\t1\t71.5\t0.4", "0\t0\t12\t0.9"] {
            assert_eq!(read_hit(line, &mut best, 5), Some(()), "{line}");
        }
        assert_eq!(best, [Some(Hit { known: 1, bits: 71.5, identity: 0.4 }), None]);
    }

    #[test]
    fn what_is_no_hit_is_refused() {
        for line in ["", "0\t1", "0\t1\t50", "2\t0\t50\t1", "0\t5\t50\t1", "a\t0\t50\t1", "0\t0\tmany\t1", "0\t0\t50\tx"] {
            assert_eq!(read_hit(line, &mut [None; 2], 5), None, "{line}");
        }
    }
}
