//! An experiment file as it is run: its text, and below it what was set on the command line. A
//! sweep leaves it with the results; whoever reads them finds the sets again.

use std::fmt::Write as _;

use super::recorded::set_without_absolute_paths;
use crate::text::shown_lines;

/// The line below which the sets stand.
const HEADING: &str = "\n# Set on the command line:\n";
/// What the lines below it begin with, and what comes behind that where a set begins.
const COMMENT: &str = "#   ";
const SET: &str = "--set ";

/// The text of an experiment file as it is run: the file alone would not be what `--set` made of
/// it.
#[must_use]
pub fn as_run(file: &str, set: &[String]) -> String {
    let mut text = file.to_owned();
    if !set.is_empty() {
        text.push_str(HEADING);
    }
    for set in set {
        let set = shown_lines(&set_without_absolute_paths(set)).replace('\n', &format!("\n{COMMENT}"));
        // Writing into a String cannot fail.
        _ = writeln!(text, "{COMMENT}{SET}{set}");
    }
    text
}

/// Each `--set` that [`as_run`] noted below the text of a file.
#[must_use]
pub fn noted_sets(text: &str) -> Vec<String> {
    let Some((_, noted)) = text.rsplit_once(HEADING) else { return Vec::new() };
    let mut sets: Vec<String> = Vec::new();
    for line in noted.lines() {
        let Some(line) = line.strip_prefix(COMMENT) else { return Vec::new() };
        match (line.strip_prefix(SET), sets.last_mut()) {
            (Some(set), _) => sets.push(set.to_owned()),
            (None, Some(last)) => last.extend(["\n", line]),
            (None, None) => return Vec::new(),
        }
    }
    sets
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sets<const N: usize>(sets: [&str; N]) -> Vec<String> {
        sets.map(str::to_owned).to_vec()
    }

    #[test]
    fn what_was_set_is_noted_below_the_file_and_read_back() {
        let set = sets(["train.seed=7", "data.ids=[\n\n1]", "grid={}"]);
        for file in ["[train]\nepochs = 5\n", "[train]\nepochs = 5", ""] {
            let text = as_run(file, &set);
            assert!(text.starts_with(file));
            assert_eq!(noted_sets(&text), set);
            // A text that was run may be run again with something else beside.
            assert_eq!(noted_sets(&as_run(&text, &sets(["a=1"]))), ["a=1"]);
            assert_eq!(as_run(file, &[]), file);
        }
    }

    #[test]
    fn the_format_is_that_of_results_that_are_there() {
        let text = "[train]\nepochs = 5\n\n# Set on the command line:\n#   --set train.seed=7\n#   --set data.ids=[\n#   1]\n";
        assert_eq!(as_run("[train]\nepochs = 5\n", &sets(["train.seed=7", "data.ids=[\n1]"])), text);
        assert_eq!(noted_sets(text), ["train.seed=7", "data.ids=[\n1]"]);
        assert!(noted_sets("[train]\nepochs = 5\n").is_empty());
        let own = "\n# Set on the command line:\n#   --set a=1\n[train]\n";
        assert!(noted_sets(own).is_empty(), "a comment of the file's own");
    }

    #[test]
    fn no_folder_of_the_machine_is_noted_and_nothing_that_a_terminal_obeys() {
        let text = as_run("", &sets(["data.path=/home/me/x.csv", "a=\u{1b}[2J"]));
        assert_eq!(noted_sets(&text)[0], "data.path=\"x.csv\"");
        assert!(!text.contains('\u{1b}'));
    }
}
