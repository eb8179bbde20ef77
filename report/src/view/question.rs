//! The experiment's question and command, from the comment its file opens with.

/// What the file's leading comment says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Opening {
    /// After `Question:`; the first paragraph where nothing is marked so.
    pub question: Option<String>,
    /// After `Run it:`, where it is a call of titer and no more.
    pub command: Option<String>,
}

impl Opening {
    /// Reads the comment lines before the first line that is not a comment. Editor directives
    /// (`#:schema …`) are skipped.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let comment = text.lines().map(str::trim).skip_while(|line| line.is_empty() || line.starts_with("#:"));
        let lines = comment.take_while(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
        let mut paragraphs: Vec<String> = Vec::new();
        let mut open = false;
        for line in lines {
            let marked = line.starts_with("Question:") || line.starts_with("Run it:");
            match paragraphs.last_mut() {
                Some(last) if open && !marked && !line.is_empty() => {
                    last.push(' ');
                    last.push_str(line);
                }
                _ if line.is_empty() => open = false,
                _ => {
                    paragraphs.push(line.to_owned());
                    open = true;
                }
            }
        }
        let after = |mark: &str| paragraphs.iter().find_map(|text| text.strip_prefix(mark)).map(|text| text.trim().to_owned());
        let command = after("Run it:");
        let first = || paragraphs.iter().find(|text| !text.starts_with("Run it:")).cloned();
        Self {
            question: after("Question:").or_else(first).filter(|text| !text.is_empty()),
            command: command.filter(|text| is_plain(text)),
        }
    }
}

/// Whether a command is one call of titer or of `just`: a reader copies it, and the file may be
/// anyone's.
fn is_plain(command: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || " -_./=:,\"'[]{}".contains(letter);
    (command.starts_with("just ") || command.starts_with("titer ")) && command.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn question_and_command_are_read_over_several_lines() {
        let opening = Opening::read(
            "#:schema ../schema/experiment.schema.json\n# Question: what does the rate\n#           change?\n# Run it:   just sweep a.toml\n\n[data]\n# Question: no",
        );
        assert_eq!(opening.question.as_deref(), Some("what does the rate change?"));
        assert_eq!(opening.command.as_deref(), Some("just sweep a.toml"));
    }

    #[test]
    fn a_command_that_does_more_than_run_titer_is_not_passed_on() {
        for command in
            ["rm -r ~", "just sweep a.toml; rm -r ~", "titer sweep $(rm)", "titer sweep a.toml | sh", "just sweep a\u{2028}b"]
        {
            assert_eq!(Opening::read(&format!("# Run it: {command}")).command, None, "{command}");
        }
        let command = "titer sweep a.toml --set 'grid={}' --set train.seed=1";
        assert_eq!(Opening::read(&format!("# Run it: {command}")).command.as_deref(), Some(command));
    }

    #[test]
    fn a_plain_comment_is_the_question() {
        assert_eq!(Opening::read("# Rates.\n#\n# More.\n[data]").question.as_deref(), Some("Rates."));
        assert_eq!(Opening::read("[data]\n# Rates."), Opening::default());
    }
}
