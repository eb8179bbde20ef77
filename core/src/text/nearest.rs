//! "Did you mean": the name that was probably meant.

/// Letters of the longest name that is compared: beyond, none was meant, and comparing it would
/// only take time.
const LONGEST: usize = 64;

/// Returns the candidate nearest to what was written, whatever its case, where one is near enough:
/// a part of it (`auc` for `roc-auc`), or all of it but for two slips, or one in three letters.
pub fn nearest<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let candidates: Vec<&str> = candidates.into_iter().filter(|candidate| !candidate.is_empty()).collect();
    let lower = written.to_lowercase();
    let has_part =
        |candidate: &&str| candidate.to_lowercase().split(|letter: char| !letter.is_alphanumeric()).any(|part| part == lower);
    if let Some(whole) = candidates.iter().copied().find(|candidate| lower.len() > 2 && has_part(candidate)) {
        return Some(whole);
    }
    let near_enough = |candidate: &str| {
        let letters = candidate.chars().count();
        (letters / 3).max(2).min(letters - 1)
    };
    let near = candidates.into_iter().filter_map(|candidate| Some((slips(written, candidate)?, candidate)));
    near.filter(|(slips, candidate)| *slips <= near_enough(candidate))
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, candidate)| candidate)
}

/// Counts the letters that are wrong, missing, too many or swapped, whatever their case; `None`
/// where either name is too long.
#[must_use]
pub fn slips(written: &str, candidate: &str) -> Option<usize> {
    let both_short = written.len() <= LONGEST && candidate.len() <= LONGEST;
    both_short.then(|| strsim::damerau_levenshtein(&written.to_lowercase(), &candidate.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_word_and_another_word_finds_none() {
        let words = ["train", "tokens", "roc-auc", "f1", "learning-rate", "Protein Sequence", ""];
        for (written, meant) in [
            ("trian", "train"),
            ("TRAIN", "train"),
            ("token", "tokens"),
            ("auc", "roc-auc"),
            ("learning_rate", "learning-rate"),
            ("sequence", "Protein Sequence"),
        ] {
            assert_eq!(nearest(written, words), Some(meant), "{written}");
        }
        for written in ["x", "", "xyzzy", "brain-drain"] {
            assert_eq!(nearest(written, words), None, "{written}");
        }
    }

    #[test]
    fn of_equally_near_names_the_first_is_meant() {
        assert_eq!(nearest("seeds", ["seed", "seedy"]), Some("seed"));
    }

    #[test]
    fn a_long_text_is_no_slip_of_a_name() {
        let long = "a".repeat(LONGEST + 1);
        assert_eq!(slips(&long, "a"), None);
        assert_eq!(nearest(&long[1..], [long.as_str()]), None);
    }
}
