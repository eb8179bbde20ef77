//! Proteins made up for the quickstart: the order of their localisation signals tells the class.
//!
//! A protein begins as background: `M`, then residues drawn with the frequencies of Swiss-Prot.
//! Classes come in equal numbers, in an order drawn by lot. Every protein carries the signals of
//! all classes, each once. The one at the start counts, as it does in cells, where it leaves the
//! ribosome first; the others stand somewhere behind it. With probability `signal` the one at the
//! start is that of the protein's class. Otherwise it is that of a class drawn by lot, its residues
//! shuffled until they are no signal, which says nothing about the protein's class.
//!
//! So proteins of all classes have the same composition, the same lengths and the same words, and
//! the class is found only by reading where the signals stand. The best possible classifier is
//! known: it reads the signal at the start and guesses the largest class where there is none
//! ([`best_accuracy`]).

use super::{
    Error,
    rows::{Row, Rows, Unit},
};
use crate::{experiment::Synthetic, numpy::RandomState};

/// The generator's version, part of the data's digest: a change in what is generated counts it up.
///
/// - 1: the first.
/// - 2: all proteins carry the same signals, whose order tells the class; residues have the same
///   frequencies in all classes.
pub const VERSION: u32 = 2;

/// The most classes there are signals for.
pub const MOST_CLASSES: usize = COMPARTMENTS.len();

/// The shortest proteins: they hold the signals of all classes.
pub const LEAST_LENGTH: usize = 40;

/// Where the signal that counts begins: behind `M` and residues by lot, for with `M` it would make
/// words that proteins of one class share.
const START: usize = 4;

/// The amino acids and their frequencies in UniProtKB/Swiss-Prot, in per cent (release statistics).
const BACKGROUND: [(u8, f64); 20] = [
    (b'A', 8.25),
    (b'C', 1.38),
    (b'D', 5.46),
    (b'E', 6.72),
    (b'F', 3.86),
    (b'G', 7.07),
    (b'H', 2.27),
    (b'I', 5.91),
    (b'K', 5.80),
    (b'L', 9.65),
    (b'M', 2.41),
    (b'N', 4.06),
    (b'P', 4.74),
    (b'Q', 3.93),
    (b'R', 5.53),
    (b'S', 6.64),
    (b'T', 5.36),
    (b'V', 6.86),
    (b'W', 1.10),
    (b'Y', 2.92),
];

/// A class: where its proteins go, and by which signal.
struct Compartment {
    name: &'static str,
    /// A set of residues a position; `x` is any. Some shuffles of every signal are none.
    signal: &'static [&'static str],
}

/// No two signals can stand at one place. They are short, and the longer ones are of residues that
/// often replace each other: a search by similarity, which aligns what stands in the same order,
/// would find longer or stricter ones.
const COMPARTMENTS: [Compartment; 8] = [
    // A secretory signal peptide: the end of its hydrophobic core, and an alanine.
    Compartment { name: "Extracellular", signal: &["LIVFM", "LIVFM", "LIVFM", "LIVFM", "LIVFM", "A"] },
    // Monopartite, as SV40's large T antigen has it (PKKKRKV).
    Compartment { name: "Nucleus", signal: &["P", "KR", "KR", "KR", "KR", "KR"] },
    // The core of a leucine-rich export signal, as in HIV-1 Rev (LQLPPLERLTL).
    Compartment { name: "Cytoplasm", signal: &["L", "EDQ", "RK", "L"] },
    // A presequence's cleavage site, an arginine three residues before it.
    Compartment { name: "Mitochondrion", signal: &["R", "x", "FY", "SA"] },
    // PTS1.
    Compartment { name: "Peroxisome", signal: &["SAC", "KRH", "LM"] },
    // The retention signal of the lumen.
    Compartment { name: "Endoplasmic reticulum", signal: &["KH", "D", "E", "L"] },
    // A tyrosine-based sorting signal, as in TGN38 (YQRL).
    Compartment { name: "Cell membrane", signal: &["Y", "x", "x", "LIVMF"] },
    // Of a transit peptide.
    Compartment { name: "Plastid", signal: &["F", "G", "LI", "K"] },
];

const _: () = {
    let (mut length, mut class) = (START, 0);
    while class < COMPARTMENTS.len() {
        length += COMPARTMENTS[class].signal.len();
        class += 1;
    }
    assert!(length <= LEAST_LENGTH, "the shortest proteins hold all signals");
};

/// The accuracy of the best possible classifier, in expectation: the signal where there is one, the
/// largest class where there is none.
#[must_use]
pub fn best_accuracy(proteins: usize, classes: usize, signal: f64) -> f64 {
    let largest = proteins.div_ceil(classes) as f64 / proteins as f64;
    signal + (1.0 - signal) * largest
}

/// The class whose signal stands at a protein's start: the best possible classifier, `None` where
/// it can but guess. The tests hold [`best_accuracy`] against it.
#[must_use]
pub fn recognise(sequence: &str, classes: usize) -> Option<&'static str> {
    signal_of(sequence.as_bytes(), classes).map(|class| COMPARTMENTS[class].name)
}

/// Makes the proteins of a synthetic source.
pub(super) fn generate(made: &Synthetic) -> Result<Rows, Error> {
    let &Synthetic { proteins, classes, min_length, max_length, signal, seed } = made;
    require_sane(proteins, classes, min_length, max_length, signal)?;
    let background = Background::new();
    let mut random = RandomState::new(seed);
    let mut labels: Vec<usize> = (0..proteins).map(|index| index % classes).collect();
    random.shuffle(&mut labels);

    let mut rows = Vec::with_capacity(proteins);
    for (class, place) in labels.into_iter().zip(1..) {
        let length = min_length + random.below(max_length - min_length + 1);
        let carried = (random.unit() < signal).then_some(class);
        let sequence = loop {
            let mut sequence = background.draw(length, &mut random);
            plant(&mut sequence, carried, classes, &background, &mut random);
            // A shuffle may be a signal.
            if signal_of(&sequence, classes) == carried {
                break sequence;
            }
        };
        rows.push(Row {
            file: 0,
            place,
            id: format!("SYN{place:07}"),
            sequence: sequence.into_iter().map(char::from).collect(),
            label: COMPARTMENTS[class].name.to_owned(),
            split: Vec::new(),
        });
    }
    Ok(Rows { all: rows, ..Rows::new(&[], Unit::Row) })
}

/// What an experiment file may say is checked before; a worker's job and a caller of this crate are
/// checked here, for the generator would panic.
fn require_sane(proteins: usize, classes: usize, min_length: usize, max_length: usize, signal: f64) -> Result<(), Error> {
    let (problem, help) = if !(2..=MOST_CLASSES).contains(&classes) {
        (format!("{classes} classes"), format!("there are signals for 2 to {MOST_CLASSES}"))
    } else if proteins < classes {
        (format!("{proteins} proteins for {classes} classes"), "every class needs proteins".to_owned())
    } else if min_length < LEAST_LENGTH {
        (
            format!("proteins of {min_length} residues"),
            format!("`min-length` is at least {LEAST_LENGTH}, so that every signal fits"),
        )
    } else if max_length < min_length {
        (format!("`max-length` {max_length} is below `min-length` {min_length}"), "swap them".to_owned())
    } else if !(0.0..=1.0).contains(&signal) {
        (format!("a `signal` of {signal}"), "it is a probability, from 0 to 1".to_owned())
    } else {
        return Ok(());
    };
    Err(Error::Synthetic { problem, help })
}

/// Cumulative frequencies of the residues, scaled to 32 bits.
struct Background([u32; 20]);

impl Background {
    fn new() -> Self {
        let total: f64 = BACKGROUND.iter().map(|(_, frequency)| frequency).sum();
        let mut below = 0.0;
        Self(BACKGROUND.map(|(_, frequency)| {
            below += frequency;
            (below / total * f64::from(u32::MAX)) as u32
        }))
    }

    fn residue(&self, random: &mut RandomState) -> u8 {
        let drawn = random.bits();
        BACKGROUND[self.0.partition_point(|&bound| bound < drawn).min(BACKGROUND.len() - 1)].0
    }

    /// `M` and residues by lot.
    fn draw(&self, length: usize, random: &mut RandomState) -> Vec<u8> {
        let mut sequence = Vec::with_capacity(length);
        sequence.push(b'M');
        sequence.extend((1..length).map(|_| self.residue(random)));
        sequence
    }

    /// A signal's residues.
    fn signal(&self, class: usize, random: &mut RandomState) -> Vec<u8> {
        let residue = |set: &&str| match *set {
            "x" => self.residue(random),
            set => set.as_bytes()[random.below(set.len())],
        };
        COMPARTMENTS[class].signal.iter().map(residue).collect()
    }
}

/// Writes the signals of all classes over the residues: the carried one at the start, or any one
/// shuffled; the others behind it, in any order.
fn plant(sequence: &mut [u8], carried: Option<usize>, classes: usize, background: &Background, random: &mut RandomState) {
    let class = carried.unwrap_or_else(|| random.below(classes));
    let mut first = background.signal(class, random);
    if carried.is_none() {
        random.shuffle(&mut first);
    }
    let mut others: Vec<Vec<u8>> =
        (0..classes).filter(|other| *other != class).map(|other| background.signal(other, random)).collect();
    random.shuffle(&mut others);

    let mut end = START + first.len();
    sequence[START..end].copy_from_slice(&first);
    // What is left of the background, shared out before the signals.
    let left = sequence.len() - end - others.iter().map(Vec::len).sum::<usize>();
    let mut before: Vec<usize> = others.iter().map(|_| random.below(left + 1)).collect();
    before.sort_unstable();
    for (signal, before) in others.iter().zip(before) {
        sequence[end + before..end + before + signal.len()].copy_from_slice(signal);
        end += signal.len();
    }
}

/// The class whose signal stands at the start.
fn signal_of(sequence: &[u8], classes: usize) -> Option<usize> {
    let fits = |(residue, set): (&u8, &&str)| *set == "x" || set.as_bytes().contains(residue);
    let start = sequence.get(START..)?;
    let stands = |signal: &[&str]| start.len() >= signal.len() && start.iter().zip(signal).all(fits);
    COMPARTMENTS[..classes].iter().position(|compartment| stands(compartment.signal))
}
