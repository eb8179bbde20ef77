//! `--set key=value`: one line of TOML from the command line; `--set key=unset` takes a key out.

use toml::{Table, Value};

use super::{diagnostic::Mistake, document::Document, layers::Path};

/// One `--set`, read.
#[derive(Debug, Clone)]
pub struct Override {
    /// The text as it was read: a bare text of the command line stands in quotes here.
    pub document: Document,
    /// The key that is set.
    pub path: Path,
    /// `None` where the key is taken out: its default counts.
    pub value: Option<Value>,
}

/// The word for no value. As a text it stands in quotes.
const UNSET: &str = "unset";

/// Reads the text of one `--set`. A value that is not TOML is a text: `model.weights=./dir` needs
/// no quotes.
pub fn read(argument: &str) -> Result<Override, Vec<Mistake>> {
    let name = "--set";
    let written = Document::new(name, argument);
    let Some((path, key, value)) = split(argument) else {
        let help = "write key=value, such as train.epochs=3; the key is a dotted key of the experiment file";
        let end = argument.len();
        return Err(vec![Mistake::at(&written, Some(0..end), &format!("{argument:?} sets nothing"), Some(help))]);
    };
    if value.trim() == UNSET {
        let document = Document::new(name, format!("{key}=\"{UNSET}\""));
        return Ok(Override { document, path, value: None });
    }
    let (document, table) = match written.parse() {
        Ok(table) => (written, table),
        // What opens like TOML was meant as TOML, and what is TOML but for a number no less.
        Err(mistakes) if written.is_toml() || value.trim_start().starts_with(['[', '{', '"', '\'']) => return Err(mistakes),
        Err(_) => {
            let document = Document::new(name, format!("{key}={}", Value::from(value.trim())));
            let table = document.parse()?;
            (document, table)
        }
    };
    let value = path.iter().fold(Value::Table(table), |value, step| value.get(step).cloned().unwrap_or(value));
    Ok(Override { document, path, value: Some(value) })
}

/// Parts the argument at the first `=` that follows a whole key.
fn split(argument: &str) -> Option<(Path, &str, &str)> {
    argument.match_indices('=').find_map(|(at, _)| {
        let (key, value) = (&argument[..at], &argument[at + 1..]);
        let mut table: Table = toml::from_str(&format!("{key}=0")).ok()?;
        let mut path = Path::new();
        loop {
            let (step, inner) = table.into_iter().next()?;
            path.push(step);
            match inner {
                Value::Table(inner) => table = inner,
                _ => return Some((path, key, value)),
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(argument: &str) -> Value {
        read(argument).unwrap().value.unwrap()
    }

    #[test]
    fn unset_is_a_word_and_in_quotes_a_text() {
        for argument in ["train.epochs=unset", "train.epochs = unset ", "grid.\"train.seed\"=unset", "grid=unset"] {
            assert_eq!(read(argument).unwrap().value, None, "{argument}");
        }
        for argument in ["data.label=\"unset\"", "data.label='unset'"] {
            assert_eq!(value(argument), Value::from("unset"), "{argument}");
        }
        assert_eq!(value("data.label=Unset"), Value::from("Unset"));
    }

    #[test]
    fn toml_values_keep_their_types() {
        assert_eq!(value("train.epochs=3"), Value::Integer(3));
        assert_eq!(value("train.learning-rate = 2e-5"), Value::Float(2e-5));
        assert_eq!(value("grid={}"), Value::Table(Table::new()));
        assert_eq!(value("grid.\"train.seed\"=[1, 2]"), Value::Array(vec![1.into(), 2.into()]));
        assert_eq!(value("data.label=\"a=b\""), Value::from("a=b"));
    }

    #[test]
    fn what_is_not_toml_is_a_text() {
        assert_eq!(value("model.weights=./a b/c"), Value::from("./a b/c"));
        assert_eq!(value("data.path=C:\\x"), Value::from("C:\\x"));
        assert_eq!(value("train.select=accuracy"), Value::from("accuracy"));
        assert_eq!(value("data.label=x=(\\w+)"), Value::from("x=(\\w+)"));
    }

    #[test]
    fn nothing_to_set_is_a_mistake() {
        for argument in ["train.epochs", "", "=3", "a b=3", "grid={", "data.label=\"open"] {
            assert!(read(argument).is_err(), "{argument}");
        }
    }

    #[test]
    fn a_number_that_cannot_be_held_is_a_mistake_and_no_text() {
        for argument in
            ["train.seed=18446744073709551616", "train.learning-rate=1e400", "grid.\"train.seed\"=[1, 0xFFFFFFFFFFFFFFFF]"]
        {
            let mistakes = read(argument).unwrap_err();
            assert_eq!(mistakes[0].message(), "the number is too large", "{argument}");
        }
    }
}
