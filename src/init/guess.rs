//! Columns → what each is for, and the task that they suggest.

mod id;
mod label;
mod sequence;
mod split;

pub use self::{
    label::Kind,
    sequence::{Alphabet, alphabet},
    split::{Given, Validation, word},
};
use super::{
    column::Column,
    look::{Form, Look},
};
use titer_core::text::{cut, shown, thousands};

/// What each column is for.
#[derive(Debug, Clone)]
pub struct Guess {
    pub sequence: usize,
    /// `None`: the rows are numbered, or the format names its proteins itself.
    pub id: Option<usize>,
    pub label: usize,
    pub kind: Kind,
    /// Words that stand for a missing label.
    pub missing: Vec<String>,
    pub split: Option<Given>,
    /// A column that says something about the proteins in words.
    pub text: Option<usize>,
    /// A column that looks like groups of related proteins.
    pub groups: Option<usize>,
    pub seen: Vec<String>,
    pub questions: Vec<String>,
}

/// Why no experiment can be made of the columns, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsuited {
    pub problem: String,
    pub help: String,
}

impl Unsuited {
    pub fn new(problem: impl Into<String>, help: impl Into<String>) -> Self {
        Self { problem: problem.into(), help: help.into() }
    }
}

/// Names a column in a sentence.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", shown(&cut(name, 40)))
}

/// Says which column is what.
pub fn guess(look: &Look) -> Result<Guess, Unsuited> {
    let columns = &look.columns.all;
    let name = |index: usize| quoted(&columns[index].name);
    let (mut seen, mut questions) = (Vec::new(), Vec::new());

    let sequence::Found { column: sequence, others, nucleotides } =
        sequence::find(columns).map_err(|unfound| no_sequences(look, &unfound))?;
    for other in others {
        questions.push(format!(
            "The proteins are read from {}; {} holds sequences too. Which are meant?",
            name(sequence),
            name(other)
        ));
    }
    seen.extend(nucleotides.iter().map(|index| format!("{} holds DNA or RNA, which is not read", name(*index))));
    let mut taken: Vec<usize> = [sequence].into_iter().chain(nucleotides).collect();

    let split::Found { given, incomplete } =
        if look.files_split { split::Found::default() } else { split::find(columns, &taken) };
    match &given {
        Some(Given::Words { column, validation, .. }) => {
            taken.push(*column);
            taken.extend(if let Validation::Column(mask) = validation { Some(*mask) } else { None });
        }
        Some(Given::Folds { column, .. }) => taken.push(*column),
        None => taken.extend(incomplete),
    }
    if let Some(index) = incomplete.filter(|_| given.is_none()) {
        let values: Vec<String> =
            columns[index].frequent().iter().map(|(value, count)| format!("{} ({count})", quoted(value))).collect();
        questions.push(format!(
            "The column {} has {}: no split has training and test proteins. The experiment divides all proteins anew; is that meant?",
            name(index),
            listed(&values)
        ));
    }

    // A FASTA file's columns begin with the ids.
    let id = if look.form == Form::Fasta { Some(0) } else { id::find(columns, &taken) };
    taken.extend(id);
    let found = label::find(columns, sequence, &taken).ok_or_else(|| no_label(look, sequence))?;
    let label::Found { column: label, kind, mut others } = found;
    others.retain(|index| !is_named_groups(&columns[*index]));
    if !others.is_empty() && look.form != Form::Fasta {
        let others: Vec<String> = others.iter().map(|index| name(*index)).collect();
        questions.push(format!("The label is {}; {} could be one too. Which is to be predicted?", name(label), listed(&others)));
    }
    require_task(&kind, &columns[label], look)?;

    let is_groups = |index: &usize| {
        let column = &columns[*index];
        *index != label && is_named_groups(column) && column.distinct() > 2 && column.repeats > 0
    };
    let groups = (0..columns.len()).find(is_groups);
    let is_text = |index: &usize| {
        let column = &columns[*index];
        let texts = || column.texts();
        let words = texts().filter(|text| text.contains(' ')).count();
        *index != label && !taken.contains(index) && column.differs() && words * 2 > texts().count()
    };
    let text = (look.form != Form::Fasta && kind == Kind::Classes).then(|| (0..columns.len()).find(is_text)).flatten();
    let missing = match &kind {
        Kind::Numbers { words } => words.clone(),
        _ => label::missing(&columns[label]),
    };
    Ok(Guess { sequence, id, label, kind, missing, split: given, text, groups, seen, questions })
}

fn is_named_groups(column: &Column) -> bool {
    let name = column.plain();
    ["cluster", "family", "clan", "homolog"].iter().any(|word| name.contains(word))
}

/// `a, b and c`.
pub fn listed(items: &[String]) -> String {
    const SHOWN: usize = 8;
    let mut items: Vec<String> = items.to_vec();
    if items.len() > SHOWN {
        let rest = items.len() - SHOWN;
        items.truncate(SHOWN);
        items.push(format!("{} more", thousands(rest)));
    }
    match items.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => items.concat(),
    }
}

fn no_sequences(look: &Look, unfound: &sequence::Unfound) -> Unsuited {
    let columns = &look.columns.all;
    let place = |index: usize| match look.form {
        Form::Fasta => "its sequences".to_owned(),
        _ => format!("the column {}", quoted(&columns[index].name)),
    };
    match unfound {
        sequence::Unfound::Other(index, Alphabet::Few(signs)) => few_signs(&place(*index), signs),
        sequence::Unfound::Other(index, alphabet) => {
            let kind = if *alphabet == Alphabet::Rna { "RNA" } else { "DNA" };
            let help = "titer trains on proteins: translate the coding sequences (`transeq` of EMBOSS, Biopython's `Seq.translate`) and \
                        name the file with the proteins";
            Unsuited::new(format!("{} are {kind}", place(*index)), help)
        }
        sequence::Unfound::Nothing if look.form == Form::Fasta => {
            Unsuited::new("its sequences are not proteins", "a letter a residue is read")
        }
        sequence::Unfound::Nothing => {
            let spaced = columns
                .iter()
                .any(|column| column.texts().any(|text| text.len() > 6 && text.starts_with('"') && text.ends_with('"')));
            let help = if spaced {
                "its values are in quotes with a space before them: leave that space out (`sed 's/, \"/,\"/g'`)"
            } else {
                "a column of sequences is needed, one letter a residue; a header names the columns"
            };
            Unsuited::new("no column holds sequences of proteins", help)
        }
    }
}

/// Labels of residues where sequences are looked for.
pub fn few_signs(place: &str, signs: &str) -> Unsuited {
    Unsuited::new(
        format!("{place} are made of {} signs ({signs}): labels of residues, or a mask, not proteins", signs.len()),
        "titer learns one label a protein: labels per residue are a task that it does not have yet",
    )
}

fn no_label(look: &Look, sequence: usize) -> Unsuited {
    if look.form == Form::Fasta {
        return Unsuited::new(
            "its headers name no label",
            "labels stand in the headers, as `>ID TARGET=Nucleus` or `>ID Nucleus`; or join proteins and labels to a table with the columns \
             id, sequence and label",
        );
    }
    let constant = |column: &Column| column.distinct() == 1 && column.filled() > 1;
    let all = || look.columns.all.iter().enumerate().filter(|(index, _)| *index != sequence);
    let ones: Vec<String> = all().filter(|(_, column)| constant(column)).map(|(_, column)| quoted(&column.name)).collect();
    let why = if ones.is_empty() { String::new() } else { format!("; the same value stands in every row of {}", listed(&ones)) };
    Unsuited::new(
        format!("no column holds labels: classes that repeat, or numbers{why}"),
        "add a column with what is to be predicted, a class or a number a protein",
    )
}

/// Refuses what titer cannot learn yet.
fn require_task(kind: &Kind, label: &Column, look: &Look) -> Result<(), Unsuited> {
    let place = match look.form {
        Form::Fasta => "its headers".to_owned(),
        _ => format!("the column {}", quoted(&label.name)),
    };
    match kind {
        Kind::Classes | Kind::Numbers { .. } => Ok(()),
        Kind::PerResidue => Err(Unsuited::new(
            format!("{place} hold one label a residue"),
            "titer learns one label a protein: labels per residue are a task that it does not have yet; label whole proteins, such as by the \
             share of residues with a label",
        )),
        Kind::DecimalCommas => {
            Err(Unsuited::new(format!("the numbers of {place} have decimal commas"), "write them with a point: 1.5, not 1,5"))
        }
        Kind::Several { separator, rows, alone } => {
            let filled = label.filled();
            if alone.len() > 1 && rows * 2 <= filled {
                return Ok(());
            }
            Err(Unsuited::new(
                format!("{place} hold several labels a protein, separated by `{separator}`, in {rows} of {filled} rows"),
                "several labels a protein are a task that titer does not have yet; write one label a protein, or a column a class with \
                 yes and no",
            ))
        }
    }
}
