//! The best hit of a sequence search: `MMseqs2` where it is installed. The only baseline that calls
//! another program.

use super::{Baseline, Kind, Outcome, Question};
use crate::mmseqs::{self, E_VALUE, Error, Hit, SENSITIVITY};

pub const BASELINE: Baseline =
    Baseline { id: "mmseqs2", version: 1, name: "best MMseqs2 hit", tasks: Kind::ALL, tool: Some(mmseqs::version), predict };

fn predict(question: &Question<'_>, goes_on: &dyn Fn() -> bool) -> Outcome {
    let tool = mmseqs::version();
    let hits = tool.as_ref().ok_or(Error::Missing).and_then(|_| {
        let known = question.known.iter().map(|(sequence, _)| *sequence);
        mmseqs::search(question.asked.iter().copied(), known, goes_on)
    });
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

fn sentence([label, most]: [&str; 2], hits: &[Option<Hit>], version: &str) -> String {
    let (all, lonely) = (hits.len(), hits.iter().filter(|hit| hit.is_none()).count());
    let rest = if lonely == 0 { String::new() } else { format!("; the {most} for the {lonely} of {all} without a hit") };
    format!(
        "The {label} of the best hit among the training proteins (MMseqs2 {version}, easy-search -e {E_VALUE} -s {SENSITIVITY}){rest}."
    )
}
