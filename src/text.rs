//! Text that others wrote, made harmless for a terminal.

/// The text with its control characters escaped: none moves the cursor, breaks a line or changes a colour.
#[must_use]
pub fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() { shown.extend(letter.escape_default()) } else { shown.push(letter) }
    }
    shown
}

/// The same for a text of several lines, which stay lines.
#[must_use]
pub fn shown_lines(text: &str) -> String {
    text.split('\n').map(shown).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped_and_all_else_stays() {
        assert_eq!(shown("Nu\u{1b}[2Jcleus ∂\r\n"), "Nu\\u{1b}[2Jcleus ∂\\r\\n");
    }

    #[test]
    fn lines_stay_lines() {
        assert_eq!(shown_lines("a\u{7}\nb\n"), "a\\u{7}\nb\n");
    }
}
