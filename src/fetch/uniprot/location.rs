//! The locations in the text of UniProt's `Subcellular location [CC]`.
//!
//! ```text
//! SUBCELLULAR LOCATION: Cell membrane {ECO:…}; Peripheral membrane protein {ECO:…}.
//!                       └── location ┘          └── topology ┘
//! Cytoplasm, cytosol. Note=Free text.
//! └── location ────┘
//! ; SUBCELLULAR LOCATION: [Isoform 2]: Nucleus.
//! ```
//!
//! A protein has several such comments where UniProt says something of single isoforms, chains or
//! infections: those are not about the sequence in the table, and are left out, as notes are.

/// What a comment begins with.
const COMMENT: &str = "SUBCELLULAR LOCATION:";

/// What the note begins with: it is a comment's last part.
const NOTE: &str = "Note=";

/// The locations of the protein, each with what it lies in before it: `Cytoplasm, cytosol`.
pub(super) fn locations(text: &str) -> Vec<String> {
    let text = without_evidence(text);
    let comments = text.split(COMMENT).map(str::trim).filter(|comment| !comment.starts_with(['[', '(']));
    let listed = comments.map(|comment| comment.split(NOTE).next().unwrap_or_default());
    let locations = listed.flat_map(|listed| listed.split('.')).filter_map(|location| location.split(';').next());
    locations.map(|location| location.trim().to_owned()).filter(|location| !location.is_empty()).collect()
}

/// Whether one of the locations is `term`, or a part of it: `Cytoplasm, cytosol` is one of
/// `Cytoplasm`.
pub(super) fn is_at(locations: &[String], term: &str) -> bool {
    locations.iter().any(|location| location.strip_prefix(term).is_some_and(|rest| rest.is_empty() || rest.starts_with(',')))
}

/// The text without `{ECO:…}`, in which full stops may stand.
fn without_evidence(text: &str) -> String {
    let mut parts = text.split('{');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('}').map_or("", |(_, after)| after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_is_read_as_uniprot_writes_it() {
        let text = "SUBCELLULAR LOCATION: Cell membrane {ECO:0000250|EMBL:CAD1.1}; Peripheral membrane protein {ECO:0000305}; \
                    Cytoplasmic side. Cytoplasm, cytosol {ECO:0000250, ECO:0000305}. Nucleus speckle. \
                    Note=Never seen in the Mitochondrion. Nor in the Golgi apparatus. {ECO:0000250}.; \
                    SUBCELLULAR LOCATION: [Isoform 2]: Nucleus. Note=Rare.; \
                    SUBCELLULAR LOCATION: Note=(Microbial infection) Moves to the Peroxisome.; \
                    SUBCELLULAR LOCATION: (Microbial infection) Host nucleus.";
        assert_eq!(locations(text), ["Cell membrane", "Cytoplasm, cytosol", "Nucleus speckle"]);
        for nothing in ["", "SUBCELLULAR LOCATION: [Isoform 1]: Nucleus.", "SUBCELLULAR LOCATION: Note=Nucleus.", "{"] {
            assert!(locations(nothing).is_empty(), "{nothing}");
        }
    }

    #[test]
    fn a_term_is_the_whole_location_or_what_it_lies_in() {
        let at = |text: &str, term| is_at(&locations(&format!("SUBCELLULAR LOCATION: {text}")), term);
        assert!(at("Cytoplasm.", "Cytoplasm") && at("Golgi apparatus. Cytoplasm", "Cytoplasm"));
        assert!(
            at("Cytoplasm, cytoskeleton, spindle.", "Cytoplasm")
                && at("Cytoplasm, cytoskeleton, spindle.", "Cytoplasm, cytoskeleton")
        );
        assert!(!at("Cytoplasm.", "Cytoplasm, cytosol") && !at("Cytoplasm, cytoskeleton, spindle.", "Cytoplasm, cyto"));
        for other in ["Cytoplasmic vesicle.", "Cytoplasmic granule membrane.", "Cell membrane; Cytoplasmic side.", "cytoplasm."] {
            assert!(!at(other, "Cytoplasm"), "{other}");
        }
        assert!(!at("Nucleus membrane; Single-pass membrane protein.", "Nucleus"));
    }
}
