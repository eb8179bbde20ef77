//! The best hit of a sequence search: `MMseqs2` where it is installed. The only baseline that calls
//! another program.

use std::{
    io::{self, BufRead as _, BufReader, BufWriter, Write as _},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::{Baseline, Kind, Outcome, Question};

const PROGRAM: &str = "mmseqs";

/// A hit is worse than this by chance once in a thousand searches.
const E_VALUE: &str = "1e-3";

/// The most sensitive search there is.
const SENSITIVITY: &str = "7.5";

/// The longest it may take.
const LIMIT: Duration = Duration::from_mins(10);

/// How often is looked whether it is done.
const TICK: Duration = Duration::from_millis(20);

/// Why there are no hits.
#[derive(Debug, thiserror::Error)]
enum Error {
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

pub const BASELINE: Baseline =
    Baseline { id: "mmseqs2", version: 1, name: "best MMseqs2 hit", tasks: Kind::ALL, tool: Some(version), predict };

fn predict(question: &Question<'_>, goes_on: &dyn Fn() -> bool) -> Outcome {
    let tool = version();
    let hits = tool.as_ref().ok_or(Error::Missing).and_then(|_| search(question, goes_on));
    let (made, predictions) = match hits {
        Ok(hits) => {
            let nearest: Vec<Option<usize>> = hits.iter().map(|hit| hit.as_ref().map(|hit| hit.known)).collect();
            let made = sentence(question.words(), &hits, tool.as_deref().unwrap_or_default());
            (made, Some(question.labels_of(&nearest)))
        }
        Err(error) => (format!("Not made: {error}."), None),
    };
    Outcome { made, tool, predictions }
}

/// The version of the `MMseqs2` on PATH; `None` where there is none that runs.
fn version() -> Option<String> {
    let output = Command::new(PROGRAM).arg("version").stdin(Stdio::null()).output().ok()?;
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (output.status.success() && !version.is_empty()).then_some(version)
}

/// The known protein most like one that is asked about.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Hit {
    known: usize,
    bits: f64,
}

fn sentence([label, most]: [&str; 2], hits: &[Option<Hit>], version: &str) -> String {
    let (all, lonely) = (hits.len(), hits.iter().filter(|hit| hit.is_none()).count());
    let rest = if lonely == 0 { String::new() } else { format!("; the {most} for the {lonely} of {all} without a hit") };
    format!(
        "The {label} of the best hit among the training proteins (MMseqs2 {version}, easy-search -e {E_VALUE} -s {SENSITIVITY}){rest}."
    )
}

/// The best hit of every protein asked about.
fn search(question: &Question<'_>, goes_on: &dyn Fn() -> bool) -> Result<Vec<Option<Hit>>, Error> {
    let folder = tempfile::tempdir()?;
    let [asked, known, hits, log, rest] =
        ["asked.fasta", "known.fasta", "hits.tsv", "log.txt", "rest"].map(|name| folder.path().join(name));
    write_fasta(&asked, question.asked.iter().copied())?;
    write_fasta(&known, question.known.iter().map(|(sequence, _)| *sequence))?;
    let told = fs_err::File::create(&log)?.into_parts().0;
    let mut command = Command::new(PROGRAM);
    command
        .arg("easy-search")
        .args([&asked, &known, &hits, &rest])
        .args(["-e", E_VALUE, "-s", SENSITIVITY, "--format-output", "query,target,bits", "-v", "2"])
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
    let mut best = vec![None; question.asked.len()];
    for line in BufReader::new(fs_err::File::open(&hits)?).lines() {
        let line = line?;
        read_hit(&line, &mut best, question.known.len()).ok_or(Error::Line(line))?;
    }
    Ok(best)
}

/// Takes over a line's hit where it is better than what was found. `None` where the line is no hit.
fn read_hit(line: &str, best: &mut [Option<Hit>], known: usize) -> Option<()> {
    let mut fields = line.split('\t');
    let mut next = || fields.next();
    let (asked, hit) = (next()?.parse::<usize>().ok()?, Hit { known: next()?.parse().ok()?, bits: next()?.trim().parse().ok()? });
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
        for line in ["0\t4\t50", "0\t2\t71.5", "0\t3\t71.5", "0\t1\t71.5", "0\t0\t12"] {
            assert_eq!(read_hit(line, &mut best, 5), Some(()), "{line}");
        }
        assert_eq!(best, [Some(Hit { known: 1, bits: 71.5 }), None]);
    }

    #[test]
    fn what_is_no_hit_is_refused() {
        for line in ["", "0\t1", "2\t0\t50", "0\t5\t50", "a\t0\t50", "0\t0\tmany"] {
            assert_eq!(read_hit(line, &mut [None; 2], 5), None, "{line}");
        }
    }
}
