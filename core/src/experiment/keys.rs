//! The keys there are, and the one that was probably meant.

use super::{elsewhere, lookalikes, schema};
use crate::text::{nearest, slips};

/// What to write instead of a key there is not: a sibling of a like name, the same name in another
/// table, or what titer has for another program's word.
pub fn suggest(path: &[String], name: &str, siblings: &[&str]) -> String {
    let table = path.len().checked_sub(2).and_then(|above| path.get(..=above)).unwrap_or_default().join(".");
    let dotted = |sibling: &str| if table.is_empty() { sibling.to_owned() } else { format!("{table}.{sibling}") };
    let keys = schema::keys();
    let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
    let elsewhere = || keys.iter().map(|(key, _)| key.clone()).find(|key| last(key) == name);
    let alike = || {
        keys.iter()
            .filter_map(|(key, _)| Some((slips(name, &last(key))?, key)))
            .filter(|(far, _)| *far <= name.len() / 4)
            .min()
            .map(|(_, key)| key.clone())
    };
    if let Some((_, what)) = lookalikes::first(name) {
        return format!("{what}, `{}`", dotted(&lookalikes::plain(name)));
    }
    let same = siblings.iter().any(|sibling| *sibling == name.replace('_', "-")) || elsewhere().is_some();
    if let Some(answer) = elsewhere::word(name).filter(|_| !same) {
        return answer;
    }
    let meant = nearest(name, siblings.iter().copied()).map(dotted).or_else(elsewhere).or_else(alike);
    let place = if table.is_empty() { "the file".to_owned() } else { format!("[{table}]") };
    let there = siblings.join(", ");
    match meant {
        Some(meant) => format!("did you mean `{meant}`? {place} takes {there}"),
        None => format!("{place} takes {there}"),
    }
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
    fn a_key_in_the_wrong_table_is_found_in_its_own() {
        let path = ["batch-size".to_owned()];
        assert!(suggest(&path, "batch-size", &["data", "train"]).starts_with("did you mean `train.batch-size`? the file takes"));
        let path = ["model".to_owned(), "truncat".to_owned()];
        assert!(suggest(&path, "truncat", &["weights"]).starts_with("did you mean `tokens.truncate`? [model] takes"));
    }

    #[test]
    fn a_word_of_another_program_and_a_letter_that_only_looks_right_are_answered() {
        let of_train = |name: &str| suggest(&["train".to_owned(), name.to_owned()], name, &["epochs", "learning-rate"]);
        assert_eq!(of_train("lr"), "titer calls it `train.learning-rate`");
        assert!(of_train("patience").starts_with("titer has no early stopping yet"));
        assert_eq!(of_train("learning\u{2011}rate"), "U+2011 is a non-breaking hyphen: write -, `train.learning-rate`");
        assert!(of_train("learning_rate").starts_with("did you mean `train.learning-rate`?"));
    }

    #[test]
    fn words_are_listed_as_a_sentence() {
        assert_eq!(list(&["a"]), "\"a\"");
        assert_eq!(list(&["a", "b", "c"]), "\"a\", \"b\" or \"c\"");
    }
}
