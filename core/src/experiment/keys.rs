//! The keys there are, and the one that was probably meant.

use super::schema;
use crate::text::{nearest, slips};

/// What to write instead of a key there is not: a sibling of a like name, or the same name in
/// another table.
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
    fn words_are_listed_as_a_sentence() {
        assert_eq!(list(&["a"]), "\"a\"");
        assert_eq!(list(&["a", "b", "c"]), "\"a\", \"b\" or \"c\"");
    }
}
