//! The keys there are, and the one that was probably meant.

use super::schema;

/// Beyond it a word was not meant as any key: comparing it letter by letter would only take time.
const LONGEST: usize = 64;

/// What to write instead of a key there is not: a sibling of a like name, or the same name in another table.
pub fn suggest(path: &[String], name: &str, siblings: &[&str]) -> String {
    let table = path.len().checked_sub(2).and_then(|above| path.get(..=above)).unwrap_or_default().join(".");
    let dotted = |sibling: &str| if table.is_empty() { sibling.to_owned() } else { format!("{table}.{sibling}") };
    let keys = schema::keys();
    let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
    let elsewhere = || keys.iter().map(|(key, _)| key.clone()).find(|key| last(key) == name);
    let alike = || {
        if name.len() > LONGEST {
            return None;
        }
        keys.iter()
            .map(|(key, _)| (strsim::damerau_levenshtein(&last(key), name), key))
            .filter(|(far, _)| *far <= name.len() / 4)
            .min()
            .map(|(_, key)| key.clone())
    };
    let meant = nearest(name, siblings).map(dotted).or_else(elsewhere).or_else(alike);
    let place = if table.is_empty() { "the file".to_owned() } else { format!("[{table}]") };
    let there = siblings.join(", ");
    match meant {
        Some(meant) => format!("did you mean `{meant}`? {place} takes {there}"),
        None => format!("{place} takes {there}"),
    }
}

/// The word nearest to what was written, where one is near enough.
pub fn nearest<'a>(written: &str, allowed: &[&'a str]) -> Option<&'a str> {
    if written.len() > LONGEST {
        return None;
    }
    let lower = written.to_lowercase();
    // Half a word, as `auc` for `roc-auc`.
    if let Some(whole) = allowed.iter().copied().find(|word| lower.len() > 2 && word.split('-').any(|part| part == lower)) {
        return Some(whole);
    }
    let near = |candidate: &&str| strsim::damerau_levenshtein(candidate, &lower);
    let best = allowed.iter().copied().min_by_key(near)?;
    // One slip in three letters, and two slips in any word.
    (near(&best) <= (best.len() / 3).max(2).min(best.len() - 1)).then_some(best)
}

/// `"a", "b" or "c"`.
pub fn list(words: &[&str]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("\"{word}\"")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_word_and_rubbish_finds_none() {
        let words = ["train", "tokens", "roc-auc", "f1", "learning-rate"];
        for (written, meant) in
            [("trian", "train"), ("TRAIN", "train"), ("token", "tokens"), ("auc", "roc-auc"), ("learning_rate", "learning-rate")]
        {
            assert_eq!(nearest(written, &words), Some(meant), "{written}");
        }
        for written in ["x", "", "xyzzy", "brain-drain"] {
            assert_eq!(nearest(written, &words), None, "{written}");
        }
    }

    #[test]
    fn a_key_in_the_wrong_table_is_found_in_its_own() {
        let path = ["batch-size".to_owned()];
        assert!(suggest(&path, "batch-size", &["data", "train"]).starts_with("did you mean `train.batch-size`? the file takes"));
        let path = ["model".to_owned(), "truncat".to_owned()];
        assert!(suggest(&path, "truncat", &["weights"]).starts_with("did you mean `tokens.truncate`? [model] takes"));
    }

    #[test]
    fn words_are_listed_as_a_sentence() {
        assert_eq!(list(&["a"]), "\"a\"");
        assert_eq!(list(&["a", "b", "c"]), "\"a\", \"b\" or \"c\"");
    }
}
