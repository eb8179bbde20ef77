//! Proteins made up for the quickstart: classes that differ by planted localisation signals.
//!
//! Every protein begins as background: `M`, then residues drawn with the frequencies of Swiss-Prot.
//! Classes come in equal numbers, in an order drawn by lot. With probability `signal` a protein
//! carries the signal of its class: its background is drawn with a slight shift towards the
//! residues of its compartment ([`SHIFT`]), and the compartment's sorting signal is planted in it,
//! at the terminus where cells look for it or anywhere inside. Otherwise it is background alone and
//! says nothing about its class. What holds a signal by accident is drawn again, so that a signal,
//! where there is one, is never ambiguous. That makes the best possible classifier known: it reads
//! the signal where there is one and guesses the largest class elsewhere ([`best_accuracy`]).

use super::{
    Error,
    rows::{Row, Rows, Unit},
};
use crate::{experiment::Synthetic, numpy::RandomState};

/// The generator's version, part of the data's digest: a change in what is generated counts it up.
///
/// - 1: the first.
pub const VERSION: u32 = 1;

/// The most classes there are signals for.
pub const MOST_CLASSES: usize = COMPARTMENTS.len();

/// The shortest proteins that hold every signal with room around it.
pub const LEAST_LENGTH: usize = 40;

/// How much more frequent a compartment's residues are in proteins that carry its signal.
pub const SHIFT: f64 = 1.5;

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

/// A class: where its proteins go, by which signals, and which residues are frequent there.
struct Compartment {
    name: &'static str,
    place: Place,
    /// A signal is a set of residues a position; `x` is any.
    signals: &'static [&'static [&'static str]],
    enriched: &'static str,
}

/// Where in a protein a signal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Start,
    Inside,
    End,
}

const COMPARTMENTS: [Compartment; 8] = [
    Compartment {
        name: "Cytoplasm",
        place: Place::Inside,
        // A leucine-rich export signal, as in HIV-1 Rev (LQLPPLERLTL).
        signals: &[&["L", "QEKS", "LV", "P", "P", "LFM", "EDQ", "RK", "L", "TSD", "LI"]],
        enriched: "DEGLQ",
    },
    Compartment {
        name: "Nucleus",
        place: Place::Inside,
        // Monopartite, as in SV40's large T antigen (PKKKRKV), and bipartite, as in nucleoplasmin (KRPAATKKAGQAKKKK).
        signals: &[
            &["P", "K", "KR", "KR", "R", "K", "VEKA"],
            &["K", "R", "x", "x", "x", "x", "x", "x", "x", "x", "x", "x", "K", "KR", "KR", "KL"],
        ],
        enriched: "KPRS",
    },
    Compartment {
        name: "Extracellular",
        place: Place::Start,
        // A secretory signal peptide: a basic start, a hydrophobic core, a cleavage site of the form A-x-A.
        signals: &[&["M", "KR", "LAV", "LF", "LIV", "LAV", "LV", "LAF", "LA", "LVC", "LAG", "LS", "VAS", "x", "A"]],
        enriched: "CGNTY",
    },
    Compartment {
        name: "Mitochondrion",
        place: Place::Start,
        // A presequence: an amphipathic helix with arginines a turn apart and nothing acidic.
        signals: &[&["M", "L", "SA", "R", "LAS", "LAF", "R", "SAQ", "ALV", "R", "SRA", "LFA", "S", "SR"]],
        enriched: "AGLR",
    },
    Compartment {
        name: "Peroxisome",
        place: Place::End,
        // PTS1.
        signals: &[&["SAC", "KRH", "LM"]],
        enriched: "AHLP",
    },
    Compartment {
        name: "Endoplasmic reticulum",
        place: Place::End,
        // The retention signal of the lumen.
        signals: &[&["KH", "D", "E", "L"]],
        enriched: "DEFKW",
    },
    Compartment {
        name: "Cell membrane",
        place: Place::Inside,
        // A transmembrane helix: hydrophobic, with a basic end.
        signals: &[&[
            "LIVFAG", "LIVFAG", "LIVFAG", "LIVFAG", "LIVFAG", "LIVFAG", "LIVFAG", "LIVFAG", "LIVFAG", "LIVFAG", "LIVFAG",
            "LIVFAG", "LIVFAG", "LIVFAG", "LIVFAG", "LIVFAG", "LIVFAG", "LIVFAG", "KR", "KR",
        ]],
        enriched: "FILVW",
    },
    Compartment {
        name: "Plastid",
        place: Place::Start,
        // A transit peptide: uncharged, rich in serine and threonine.
        signals: &[&["M", "A", "S", "ST", "AVS", "ST", "x", "ST", "S", "AL", "ST", "S"]],
        enriched: "ANSTV",
    },
];

/// The accuracy of the best possible classifier, in expectation: the signal where there is one, the
/// largest class where there is none.
#[must_use]
pub fn best_accuracy(proteins: usize, classes: usize, signal: f64) -> f64 {
    let largest = proteins.div_ceil(classes) as f64 / proteins as f64;
    signal + (1.0 - signal) * largest
}

/// The class whose signal a protein carries: the best possible classifier, `None` where it can but
/// guess. The tests hold [`best_accuracy`] against it.
#[must_use]
pub fn recognise(sequence: &str, classes: usize) -> Option<&'static str> {
    signal_of(sequence.as_bytes(), classes).map(|class| COMPARTMENTS[class].name)
}

/// Makes the proteins of a synthetic source.
pub(super) fn generate(made: &Synthetic) -> Result<Rows, Error> {
    let &Synthetic { proteins, classes, min_length, max_length, signal, seed } = made;
    require_sane(proteins, classes, min_length, max_length, signal)?;
    let plain = Composition::new("");
    let shifted: Vec<Composition> =
        COMPARTMENTS[..classes].iter().map(|compartment| Composition::new(compartment.enriched)).collect();
    let mut random = RandomState::new(seed);
    let mut labels: Vec<usize> = (0..proteins).map(|index| index % classes).collect();
    random.shuffle(&mut labels);

    let mut rows = Vec::with_capacity(proteins);
    for (class, place) in labels.into_iter().zip(1..) {
        let length = min_length + random.below(max_length - min_length + 1);
        let carries = random.unit() < signal;
        let sequence = loop {
            let mut sequence = if carries { shifted[class].draw(length, &mut random) } else { plain.draw(length, &mut random) };
            if carries {
                plant(&mut sequence, &COMPARTMENTS[class], &plain, &mut random);
            }
            if signal_of(&sequence, classes) == carries.then_some(class) {
                break sequence;
            }
        };
        rows.push(Row {
            place,
            id: format!("SYN{place:07}"),
            sequence: sequence.into_iter().map(char::from).collect(),
            label: COMPARTMENTS[class].name.to_owned(),
            split: Vec::new(),
        });
    }
    Ok(Rows { all: rows, unit: Unit::Row, path: None, column: None })
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
struct Composition([u32; 20]);

impl Composition {
    /// The background with some residues [`SHIFT`] times as frequent.
    fn new(enriched: &str) -> Self {
        let weight =
            |(residue, frequency): (u8, f64)| if enriched.as_bytes().contains(&residue) { frequency * SHIFT } else { frequency };
        let total: f64 = BACKGROUND.into_iter().map(weight).sum();
        let mut below = 0.0;
        Self(BACKGROUND.map(|residue| {
            below += weight(residue);
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
}

/// Writes one of the compartment's signals over the residues at its place.
fn plant(sequence: &mut [u8], compartment: &Compartment, any: &Composition, random: &mut RandomState) {
    let signal = compartment.signals[random.below(compartment.signals.len())];
    let start = match compartment.place {
        Place::Start => 0,
        // The start's `M` stays.
        Place::Inside => 1 + random.below(sequence.len() - signal.len()),
        Place::End => sequence.len() - signal.len(),
    };
    for (residue, set) in sequence[start..].iter_mut().zip(signal) {
        *residue = if *set == "x" { any.residue(random) } else { set.as_bytes()[random.below(set.len())] };
    }
}

/// The first class whose signal stands where it belongs.
fn signal_of(sequence: &[u8], classes: usize) -> Option<usize> {
    let fits = |window: &[u8], signal: &[&str]| {
        window.iter().zip(signal).all(|(residue, set)| *set == "x" || set.as_bytes().contains(residue))
    };
    let carried = |compartment: &Compartment, signal: &[&str]| match compartment.place {
        Place::Start => sequence.windows(signal.len()).next().is_some_and(|start| fits(start, signal)),
        Place::Inside => sequence.windows(signal.len()).skip(1).any(|window| fits(window, signal)),
        Place::End => sequence.windows(signal.len()).next_back().is_some_and(|end| fits(end, signal)),
    };
    COMPARTMENTS[..classes].iter().position(|compartment| compartment.signals.iter().any(|signal| carried(compartment, signal)))
}
