//! The experiment as text: settings with their reasons as comments.

use std::{borrow::Cow, fmt::Write as _, path::Path};

use textwrap::{Options, WordSplitter};
use toml::Value;

use super::{
    Initiated,
    draft::{Divided, Draft, Validation},
    guess::{self, Kind},
    look::{self, Form},
    name, notes,
    settle::Settled,
};
use titer_core::{
    data::{Card, Split},
    text::{cut, shown, significant, thousands},
};

/// The weights that an experiment begins with: the smallest ESM-2, pinned.
const WEIGHTS: [(&str, &str); 3] = [
    ("weights", "facebook/esm2_t6_8M_UR50D"),
    ("revision", "c731040fcd8d73dceaa04b0a8e6329b345b0f5df"),
    ("sha256", "24c5fa474c48f3b754b86efe752d5f189d2bcd88190fa2270fc92b2ef3034189"),
];

const SCHEMA: &str = "schema/experiment.schema.json";

/// Columns of a comment's lines.
const WIDTH: usize = 98;

/// Columns of the longest line behind which the comments of its table line up.
const COMMENT: usize = 44;

/// The share of the training proteins that validates where the data names none.
const DRAWN: f64 = 0.1;

/// Settings that need no telling.
const USUAL: [(&str, &str); 2] = [("validation", "0.2"), ("test", "0.2")];

/// With fewer training proteins, epochs are short.
const FEW_TRAINED: usize = 1_000;

/// Tokens up to which nothing is cut.
const SHORT: usize = 514;
const LIMIT: usize = 1024;

/// A setting, and why it is so.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    key: &'static str,
    value: String,
    why: String,
}

/// A table of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Table {
    name: &'static str,
    lines: Vec<Line>,
}

impl Table {
    fn add(&mut self, key: &'static str, value: impl Into<Value>, why: impl AsRef<str>) {
        self.written(key, value.into().to_string(), why);
    }

    /// Adds a value that is TOML already.
    fn written(&mut self, key: &'static str, value: String, why: impl AsRef<str>) {
        // Names and values of the data stand in it: no control character breaks the line.
        let why = shown(&cut(why.as_ref(), WIDTH));
        self.lines.push(Line { key, value, why });
    }
}

/// What the data needs alone, to have it prepared.
pub fn settings(draft: &Draft) -> String {
    let mut tables = data(draft, None);
    tables.push(model());
    text(&tables)
}

/// The whole file.
pub fn write(draft: &Draft, settled: &Settled, path: &Path, runner: &str) -> Initiated {
    let card = &settled.card;
    let mut tables = data(draft, Some(card));
    tables.extend([tokens(card), model(), train(draft, card), report(draft), grid()]);
    let mut seen = draft.seen.clone();
    let mut questions = draft.questions.clone();
    notes::add(draft, settled, &mut seen, &mut questions);

    let mut out = String::new();
    if let Some(schema) = name::way_up(path, SCHEMA) {
        let _ = writeln!(out, "#:schema {schema}");
    }
    let label = if matches!(draft.form, Form::Fasta) { "the label".to_owned() } else { guess::quoted(&draft.label) };
    let _ = writeln!(out, "# Question: which learning rate predicts {label} of {} best?", shown(&cut(&draft.file_name(), 60)));
    let _ = writeln!(out, "# Run it:   {runner} {}\n", quoted_for_shell(path));
    out += &comment("Written by `titer init`: what it saw and guessed. Correct what is not so.", "");
    for (title, items) in [("Seen in the data:", &seen), ("To be decided by you:", &questions)] {
        if !items.is_empty() {
            let _ = writeln!(out, "#\n# {title}");
            out.extend(items.iter().map(|item| comment(item, "- ")));
        }
    }
    out += "\n";
    out += &text(&tables);

    let guessed = tables.iter().filter(|table| ["task", "data", "split", "tokens"].contains(&table.name));
    let settings = guessed.flat_map(|table| {
        let lines = table.lines.iter().filter(|line| !line.why.is_empty() && !USUAL.contains(&(line.key, line.value.as_str())));
        lines.map(|line| [format!("{}.{}", table.name, line.key), line.value.clone(), line.why.clone()])
    });
    Initiated { files: String::new(), settings: settings.collect(), seen, questions, text: out, path: path.to_owned() }
}

fn text(tables: &[Table]) -> String {
    let mut out = String::new();
    for Table { name, lines } in tables.iter().filter(|table| !table.lines.is_empty()) {
        if !out.is_empty() {
            out.push('\n');
        }
        let _ = writeln!(out, "[{name}]");
        let settings: Vec<String> = lines.iter().map(|Line { key, value, .. }| format!("{key} = {value}")).collect();
        let reasoned = settings.iter().zip(lines).filter(|(_, line)| !line.why.is_empty());
        let width = reasoned.map(|(setting, _)| setting.chars().count()).filter(|width| *width <= COMMENT).max().unwrap_or(0);
        for (setting, Line { why, .. }) in settings.iter().zip(lines) {
            let line = if why.is_empty() { setting.clone() } else { format!("{setting:<width$}  # {why}") };
            out += &line;
            out.push('\n');
        }
    }
    out
}

/// `[task]`, `[data]` and `[split]`; reasons where the card is there.
fn data(draft: &Draft, card: Option<&Card>) -> Vec<Table> {
    let table = |name| Table { name, lines: Vec::new() };
    let (mut task, mut data) = (table("task"), table("data"));
    if draft.is_regression() {
        task.add("kind", "regression", "the labels are numbers");
        task.add("scale", "standard", "trains on standardised labels; scores are in the data's unit");
    }
    data.add("source", if draft.form == Form::Fasta { "fasta" } else { "table" }, "");
    data.add("path", paths(draft), "");
    if let Form::Delimited { separator, is_usual: false } = draft.form {
        data.add("separator", separator.to_string(), format!("its fields are separated by {}", look::separator_name(separator)));
    }
    if let Some(sequence) = &draft.sequence {
        if let Some(id) = &draft.id {
            data.add("id", id.as_str(), "names a protein");
        }
        data.add("sequence", sequence.as_str(), card.map(lengths).unwrap_or_default());
    }
    data.add("label", draft.label.as_str(), card.map(|card| labels(draft, card)).unwrap_or_default());
    if let Kind::Several { alone, .. } = &draft.kind {
        let classes: toml::Table = alone.iter().map(|class| (class.clone(), Value::from(class.as_str()))).collect();
        data.add("classes", classes, "rows with several labels are left out");
    }
    if !draft.missing.is_empty() {
        data.add("missing-values", draft.missing.clone(), "stand for a missing label");
    }
    if !draft.strip.is_empty() {
        let what: Vec<&str> = draft
            .strip
            .iter()
            .map(|strip| if *strip == "gaps" { "an alignment's gaps" } else { "the `*` of stop codons at the end" })
            .collect();
        let strip: Vec<Value> = draft.strip.iter().map(|strip| Value::from(*strip)).collect();
        data.add("strip", strip, format!("takes {} out of sequences", what.join(" and ")));
    }
    if draft.number_ids {
        let count = card.map(|card| thousands(card.repeated_ids)).unwrap_or_default();
        data.add("duplicate-ids", "number", format!("{count} proteins share an id: the second is called ID#2"));
    }
    if let Some(size) = draft.min_class_size {
        data.add("min-class-size", i64::try_from(size).unwrap_or(i64::MAX), "smaller classes are left out");
    }
    if let Some(card) = card {
        let counts = &card.counts;
        if counts.duplicate_groups > counts.conflicting_groups {
            let groups = counts.duplicate_groups - counts.conflicting_groups;
            data.add("duplicates", "keep-first", format!("{} with one label", sequences(groups)));
        }
        if counts.conflicting_groups > 0 {
            data.add("conflicts", "drop", format!("{} with different labels", sequences(counts.conflicting_groups)));
        }
    }
    vec![task, data, split(draft, card)]
}

fn report(draft: &Draft) -> Table {
    let mut report = Table { name: "report", lines: Vec::new() };
    if let Some(text) = &draft.text {
        report.add("text", text.as_str(), "shown beside the proteins that runs get wrong");
    }
    report
}

fn sequences(count: usize) -> String {
    if count == 1 {
        "1 sequence occurs in several rows".to_owned()
    } else {
        format!("{} sequences occur in several rows", thousands(count))
    }
}

fn paths(draft: &Draft) -> Value {
    let one_or_all = |paths: Vec<String>| match paths.as_slice() {
        [one] => Value::from(one.as_str()),
        _ => Value::from(paths),
    };
    if draft.files.splits.is_none() {
        return one_or_all(Draft::paths(draft.files.paths.iter().map(std::path::PathBuf::as_path)));
    }
    let by_split = Split::ALL.map(|split| (split.name().to_owned(), Draft::paths(draft.files.of_split(split))));
    let by_split = by_split.into_iter().filter(|(_, paths)| !paths.is_empty());
    Value::from(by_split.map(|(split, paths)| (split, one_or_all(paths))).collect::<toml::Table>())
}

fn split(draft: &Draft, card: Option<&Card>) -> Table {
    let mut split = Table { name: "split", lines: Vec::new() };
    let counts = card.map(|card| {
        let [train, validation, test] = Split::ALL.map(|split| thousands(card.splits.of(split).count));
        format!("{train} train, {validation} validate, {test} test")
    });
    let counts = counts.unwrap_or_default();
    let drawn = "drawn from the training proteins: the data names none";
    match &draft.split {
        None => {
            split.add("method", "stratified", format!("no split is given: {counts}"));
            split.written("train", "0.6".to_owned(), "");
            split.written("validation", "0.2".to_owned(), "selects the best epoch");
            split.written("test", "0.2".to_owned(), "is scored once, at the end");
            split.add("seed", 42, "");
        }
        Some(Divided::Column { column, validation }) => {
            split.add("method", "column", counts);
            split.add("column", column.as_str(), "says which split a protein is of");
            match validation {
                Validation::Word => {}
                Validation::Column(mask) => {
                    split.add("validation-column", mask.as_str(), "marks, among `train`, those that validate");
                }
                Validation::Drawn => split.written("validation", DRAWN.to_string(), drawn),
            }
        }
        Some(Divided::Folds { column, train, validation, test }) => {
            split.add("method", "column", counts);
            split.add("column", column.as_str(), "numbers the parts");
            split.add("train", train.clone(), "");
            split.add("validation", validation.as_str(), "");
            split.add("test", test.as_str(), "");
        }
        Some(Divided::Files { validation }) => {
            split.add("method", "files", counts);
            if !validation {
                split.written("validation", DRAWN.to_string(), drawn);
            }
        }
    }
    split
}

fn tokens(card: &Card) -> Table {
    let mut tokens = Table { name: "tokens", lines: Vec::new() };
    let longest = card.length.max + 2;
    if longest <= SHORT || longest <= LIMIT && card.length.p95 * 1.5 > card.length.max as f64 {
        tokens.add("max-length", "longest", format!("{} tokens: no protein is cut", thousands(longest)));
    } else {
        let most = (card.length.p95 as usize).min(LIMIT - 2);
        let why = format!("proteins of more than about {} residues lose their ends", thousands(most));
        tokens.written("max-length", format!("{{ percentile = 95, limit = {LIMIT} }}"), why);
    }
    tokens
}

fn model() -> Table {
    let mut model = Table { name: "model", lines: Vec::new() };
    for (key, value) in WEIGHTS {
        model.add(key, value, if key == "weights" { "the smallest ESM-2: begin with it" } else { "" });
    }
    model
}

fn train(draft: &Draft, card: &Card) -> Table {
    let mut train = Table { name: "train", lines: Vec::new() };
    let proteins = card.splits.train.count;
    let epochs = if proteins < FEW_TRAINED { 10 } else { 5 };
    let few = if proteins < FEW_TRAINED {
        format!("{} training proteins are few steps an epoch", thousands(proteins))
    } else {
        String::new()
    };
    train.add("epochs", epochs, few);
    train.add("batch-size", 16, "");
    let select = match card.balance {
        _ if draft.is_regression() => ("spearman", "the ranking of the validation proteins selects the best epoch"),
        Some(balance) if balance < 1.0 / 3.0 => ("macro-f1", "every class counts the same, small ones too"),
        _ => ("f1", "the validation score that selects the best epoch"),
    };
    train.add("select", select.0, select.1);
    train
}

fn grid() -> Table {
    let mut grid = Table { name: "grid", lines: Vec::new() };
    grid.written("\"train.learning-rate\"", "[2e-5, 1e-4]".to_owned(), "what is compared");
    grid.written("\"train.seed\"", "[1, 2, 3]".to_owned(), "chance: every rate is trained three times");
    grid
}

fn lengths(card: &Card) -> String {
    let length = &card.length;
    if length.min == length.max {
        return format!("proteins of {} residues", thousands(length.min));
    }
    format!(
        "proteins of {} to {} residues, half of them up to {}",
        thousands(length.min),
        thousands(length.max),
        length.median.round()
    )
}

/// Classes that are named.
const SHOWN: usize = 4;

/// The labels in a few words.
fn labels(draft: &Draft, card: &Card) -> String {
    if let Some(values) = &card.values {
        let [min, median, max] = [values.of.min, values.of.median, values.of.max].map(|number| significant(number, 4));
        return format!("{} different numbers from {min} to {max}, median {median}", thousands(values.distinct));
    }
    let mut classes: Vec<(&str, usize)> = card.classes.iter().map(|class| (class.name.as_str(), class.count)).collect();
    classes.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let told: Vec<String> =
        classes.iter().take(SHOWN).map(|(class, count)| format!("{} ({})", cut(class, 20), thousands(*count))).collect();
    let rest = if classes.len() > SHOWN { ", …" } else { "" };
    let numbered = if draft.numbered { ", named by numbers" } else { "" };
    format!("{} classes{numbered}: {}{rest}", classes.len(), told.join(", "))
}

/// A text as comment lines, the first after `mark`.
fn comment(text: &str, mark: &str) -> String {
    let lines: Vec<String> = wrapped(text, mark).iter().map(|line| format!("# {line}\n")).collect();
    lines.concat()
}

/// A text in lines of a page's width, harmless for a terminal: the first after `mark`, the others
/// below its first word.
#[must_use]
pub fn wrapped(text: &str, mark: &str) -> Vec<String> {
    let indent = " ".repeat(mark.len());
    let options = Options::new(WIDTH).initial_indent(mark).subsequent_indent(&indent).break_words(false);
    let text = shown(text);
    let lines = textwrap::wrap(&text, options.word_splitter(WordSplitter::NoHyphenation));
    lines.into_iter().map(Cow::into_owned).collect()
}

/// A path as a shell reads it.
#[must_use]
pub fn quoted_for_shell(path: &Path) -> String {
    let path = shown(&path.to_string_lossy());
    let is_plain = |letter: char| letter.is_alphanumeric() || "-_./".contains(letter);
    if path.chars().all(is_plain) { path } else { format!("'{}'", path.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_wrapped_and_hold_no_control_characters() {
        let text = comment(&"word ".repeat(40), "- ");
        assert!(text.lines().all(|line| line.starts_with("# ") && line.chars().count() <= 100), "{text}");
        assert!(text.starts_with("# - word word") && text.lines().nth(1).unwrap().starts_with("#   word"));
        assert_eq!(comment("a\u{1b}[2J\nb = 1", ""), "# a\\u{1b}[2J\\nb = 1\n");
        let long = "x".repeat(300);
        assert_eq!(comment(&long, "- "), format!("# - {long}\n"));
    }

    #[test]
    fn names_of_the_data_are_written_as_toml_and_never_break_a_line() {
        let mut table = Table { name: "data", lines: Vec::new() };
        let name = "a \"b\"\n[data]\nx = 'c' # \u{1b}";
        table.add("label", name, format!("classes: {name}"));
        let text = text(&[table]);
        let read: toml::Table = text.parse().unwrap();
        assert_eq!(read["data"].as_table().unwrap().len(), 1, "{text}");
        assert_eq!(read["data"]["label"].as_str(), Some(name));
        assert!(!text.contains('\u{1b}') && read.len() == 1);
    }

    #[test]
    fn paths_are_quoted_where_a_shell_would_read_them_otherwise() {
        assert_eq!(quoted_for_shell(Path::new("experiments/a-1.toml")), "experiments/a-1.toml");
        assert_eq!(quoted_for_shell(Path::new("my data/it's.toml")), r"'my data/it'\''s.toml'");
    }
}
