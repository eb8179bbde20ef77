//! `[data]`, with `[data.synthetic]` and `[data.fetch]`.

use std::path::Path;

use super::Checker;
use crate::{
    experiment::{
        raw::{Data, Fetch, FetchRule, SourceKind},
        settings::{
            Class, Cleaning, DataSettings, FetchSettings, LOCATIONS, LabelRule, PathList, Paths, PathsBySplit, RuleClass, Source,
            Synthetic,
        },
    },
    task, text,
};

/// More residues than any trial needs, and less than fill a machine's memory.
const MOST_RESIDUES: usize = 1_000_000_000;

pub fn data(mut raw: Data, checker: &mut Checker) -> Option<(DataSettings, Option<FetchSettings>)> {
    let kinds = "say where the proteins come from: source = \"table\", \"fasta\", \"uniprot\" or \"synthetic\"";
    let kind = checker.need("data.source", raw.source, "data", kinds);
    let fetch = raw.fetch.clone();
    let fetches = matches!(kind, Some(SourceKind::Table | SourceKind::Uniprot));
    if let Some(kind) = kind {
        if !fetches {
            out_of_place("data.fetch", fetch.as_ref(), kind, checker);
        }
        if kind == SourceKind::Uniprot {
            checker.need(
                "data.fetch",
                fetch.as_ref(),
                "data.source",
                "say how the table is made: [data.fetch] with query and label",
            );
        }
    }
    let fetch = match fetch {
        Some(fetch) => fetch_settings(fetch, checker).map(Some),
        None => Some(None),
    };
    let classes = classes(&mut raw, checker);
    let cleaning = cleaning(std::mem::take(&mut raw.cleaning), classes.as_deref(), checker);
    let source = kind.and_then(|kind| source(kind, &mut raw, checker));
    let settings = DataSettings { source: source?, classes: classes?, cleaning: cleaning? };
    Some((settings, fetch?))
}

fn out_of_place<T>(key: &str, value: Option<&T>, kind: SourceKind, checker: &mut Checker) {
    let beside = format!("where `data.source` is {}", name(kind));
    checker.out_of_place(key, value, &beside, "leave it out, or choose another source");
}

const fn name(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Table => "table",
        SourceKind::Fasta => "fasta",
        SourceKind::Uniprot => "uniprot",
        SourceKind::Synthetic => "synthetic",
    }
}

fn source(kind: SourceKind, raw: &mut Data, checker: &mut Checker) -> Option<Source> {
    if kind != SourceKind::Synthetic {
        out_of_place("data.synthetic", raw.synthetic.as_ref(), kind, checker);
    }
    if kind != SourceKind::Table {
        out_of_place("data.separator", raw.separator.as_ref(), kind, checker);
    }
    match kind {
        SourceKind::Table => {
            let path = path(raw, kind, checker);
            let id = checker.text("data.id", raw.id.take());
            let sequence = column("data.sequence", raw.sequence.take(), None, checker);
            let label = column("data.label", raw.label.take(), None, checker);
            let is_parquet = |path: &Path| path.extension().is_some_and(|name| name.eq_ignore_ascii_case("parquet"));
            if path.as_ref().is_some_and(|paths| paths.iter().all(|(_, path)| is_parquet(path))) {
                let help = "leave it out: only tables in text have a separator";
                checker.out_of_place("data.separator", raw.separator.as_ref(), "where `data.path` names Parquet", help);
            }
            let separator = raw.separator.take().map(|separator| self::separator(&separator, checker));
            let separator = if let Some(given) = separator { Some(given?) } else { None };
            Some(Source::Table { path: path?, id, sequence: sequence?, label: label?, separator })
        }
        SourceKind::Uniprot => {
            let path = path(raw, kind, checker);
            let id = column("data.id", raw.id.take(), Some("Entry"), checker);
            let sequence = column("data.sequence", raw.sequence.take(), Some("Sequence"), checker);
            let label = column("data.label", raw.label.take(), Some("label"), checker);
            Some(Source::Uniprot { path: path?, id: id?, sequence: sequence?, label: label? })
        }
        SourceKind::Fasta => {
            out_of_place("data.id", raw.id.as_ref(), kind, checker);
            out_of_place("data.sequence", raw.sequence.as_ref(), kind, checker);
            let path = path(raw, kind, checker);
            let label = raw.label.take().unwrap_or_else(|| TARGET.to_owned());
            let label = checker.text("data.label", Some(label))?;
            let label = if text::is_attribute(&label) { label } else { checker.pattern("data.label", label)? };
            Some(Source::Fasta { path: path?, label })
        }
        SourceKind::Synthetic => {
            out_of_place("data.path", raw.path.as_ref(), kind, checker);
            for (key, value) in [("data.id", &raw.id), ("data.sequence", &raw.sequence), ("data.label", &raw.label)] {
                out_of_place(key, value.as_ref(), kind, checker);
            }
            out_of_place("data.classes", raw.classes.as_ref(), kind, checker);
            synthetic(raw.synthetic.take().unwrap_or_default(), checker)
        }
    }
}

/// The attribute of a FASTA header that holds the label where the experiment names none.
const TARGET: &str = "TARGET";

fn path(raw: &mut Data, kind: SourceKind, checker: &mut Checker) -> Option<Paths> {
    const KEY: &str = "data.path";
    let help = match kind {
        SourceKind::Fasta => "name the FASTA file, relative to the folder titer is called in",
        _ => "name the CSV, TSV or Parquet file, relative to the folder titer is called in",
    };
    let paths = checker.need(KEY, raw.path.take(), "data.source", help)?;
    if paths.by_split().is_none() && paths.iter().next().is_none() {
        checker.refuse(KEY, format!("`{KEY}` names no file"), help);
        return None;
    }
    let mut sound = true;
    for (split, path) in paths.iter() {
        let key = split.map_or_else(|| KEY.to_owned(), |split| format!("{KEY}.{}", split.name()));
        let text = checker.text(&key, Some(path.to_string_lossy().into_owned()));
        sound &= text.and_then(|text| checker.path(&key, text)).is_some();
    }
    if let Some(PathsBySplit { train, validation, test }) = paths.by_split() {
        for (split, list) in [("train", Some(train)), ("validation", validation.as_ref()), ("test", Some(test))] {
            if list.is_some_and(PathList::is_empty) {
                checker.refuse(&format!("{KEY}.{split}"), format!("`{KEY}.{split}` names no file"), help);
                sound = false;
            }
        }
    }
    if raw.fetch.is_some() && paths.one().is_none() {
        let message = "`titer fetch` makes one file, and `data.path` names several";
        checker.refuse_together(KEY, message, "name one file, or leave [data.fetch] out");
        sound = false;
    }
    sound.then_some(paths)
}

/// One character that may stand between fields.
fn separator(written: &str, checker: &mut Checker) -> Option<char> {
    let mut letters = written.chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None)
            if letter.is_ascii() && !letter.is_ascii_alphanumeric() && !matches!(letter, '"' | '\n' | '\r' | '\0') =>
        {
            Some(letter)
        }
        _ => {
            let help = "one character, such as \";\", \"|\" or, for a tab, \"\\t\"";
            checker.refuse("data.separator", format!("`data.separator` cannot be {written:?}"), help);
            None
        }
    }
}

fn column(key: &str, value: Option<String>, otherwise: Option<&str>, checker: &mut Checker) -> Option<String> {
    let value = match (value, otherwise) {
        (None, Some(otherwise)) if !checker.is_broken(key) => Some(otherwise.to_owned()),
        (value, _) => value,
    };
    let value = checker.need(key, value, "data.source", "name the column of the table that holds it");
    checker.text(key, value)
}

fn synthetic(made: Synthetic, checker: &mut Checker) -> Option<Source> {
    let Synthetic { proteins, min_length, max_length, .. } = made;
    if min_length > max_length {
        let message = format!("the shortest protein ({min_length}) is longer than the longest ({max_length})");
        checker.refuse_together("data.synthetic.min-length", message, "min-length is at most max-length");
        return None;
    }
    if proteins * max_length > MOST_RESIDUES {
        let message = format!("{proteins} proteins of up to {max_length} residues are more than {MOST_RESIDUES} residues");
        checker.refuse_together("data.synthetic.proteins", message, "make up fewer proteins, or shorter ones");
        return None;
    }
    Some(Source::Synthetic(made))
}

/// The classes in label order: by number where every label is a whole number, by bytes otherwise.
fn classes(raw: &mut Data, checker: &mut Checker) -> Option<Vec<Class>> {
    const KEY: &str = "data.classes";
    let Some(classes) = &raw.classes else {
        return (!checker.is_broken(KEY)).then(Vec::new);
    };
    let mut classes: Vec<Class> =
        classes.iter().map(|(label, name)| Class { label: label.clone(), name: name.clone() }).collect();
    let help = "a label of the data = the name to show, such as { 0 = \"Cytoplasm\", 1 = \"Nucleus\" }";
    if classes.len() < 2 {
        let found = if classes.is_empty() { "names no class" } else { "names one class alone" };
        checker.refuse(KEY, format!("`{KEY}` {found}"), help);
        return None;
    }
    for (index, class) in classes.iter().enumerate() {
        let fault = if class.name.trim().is_empty() {
            format!("the class {:?} has no name", class.label)
        } else if let Some(other) = classes[..index].iter().find(|other| other.name == class.name) {
            format!("the labels {:?} and {:?} are both named {:?}", other.label, class.label, class.name)
        } else {
            continue;
        };
        checker.refuse(KEY, fault, help);
        return None;
    }
    task::order(&mut classes, |class| &class.label);
    Some(classes)
}

/// The lists in one order; no class has a word for a missing value for its label.
fn cleaning(mut cleaning: Cleaning, classes: Option<&[Class]>, checker: &mut Checker) -> Option<Cleaning> {
    const KEY: &str = "data.missing-values";
    cleaning.strip = sorted(cleaning.strip);
    // Values are trimmed before they are compared.
    let words: Vec<String> = cleaning.missing_values.iter().map(|word| word.trim().to_owned()).collect();
    if words.iter().any(String::is_empty) {
        checker.refuse(KEY, format!("`{KEY}` holds an empty text"), "leave it out: the empty field is always missing");
        return None;
    }
    if let Some(class) = classes.unwrap_or_default().iter().find(|class| words.contains(&class.label)) {
        let message = format!("{:?} is both a missing value and a label of `data.classes`", class.label);
        checker.refuse_together(KEY, message, "take it out of one of the two");
        return None;
    }
    cleaning.missing_values = sorted(words);
    Some(cleaning)
}

/// In one order and each once: the order of such a list says nothing, and a run's key must not
/// depend on it.
fn sorted<T: Ord>(mut list: Vec<T>) -> Vec<T> {
    list.sort_unstable();
    list.dedup();
    list
}

fn fetch_settings(raw: Fetch, checker: &mut Checker) -> Option<FetchSettings> {
    let query = "a UniProtKB query, such as \"(organism_id:9606) AND (reviewed:true)\"";
    let query = checker.need("data.fetch.query", raw.query, "data.fetch", query);
    let query = checker.text("data.fetch.query", query);
    let sha256 =
        checker.hexadecimal("data.fetch.sha256", raw.sha256, 64, "the sha256 of the data file, as `sha256sum` prints it");
    let rule = "say which rows get which label: [data.fetch.label] with column and classes";
    let label = checker.need("data.fetch.label", raw.label, "data.fetch", rule)?;
    let column = "a column of UniProt's answer, such as \"Subcellular location [CC]\"";
    let column = checker.need("data.fetch.label.column", label.column, "data.fetch.label", column);
    let column = checker.text("data.fetch.label.column", column);
    let rules = "a rule for each label, such as 1 = { contains = [\"Nucleus\"], excludes = [\"Cytoplasm\"] }";
    let rules = checker.need("data.fetch.label.classes", label.classes, "data.fetch.label", rules)?;
    if rules.len() < 2 {
        checker.refuse("data.fetch.label.classes", "a label rule needs two classes or more", "a rule for each label");
        return None;
    }
    // Every rule is looked at before the first fault counts.
    let classes: Vec<_> =
        rules.into_iter().map(|(label, rule)| (rule_class(&label, rule, column.as_deref(), checker), label)).collect();
    let classes: Option<_> = classes.into_iter().map(|(rule, label)| Some((label, rule?))).collect();
    Some(FetchSettings {
        query: query?,
        fields: raw.fields.unwrap_or_default(),
        label: LabelRule { column: column?, classes: classes? },
        sha256: sha256.ok()?,
    })
}

fn rule_class(label: &str, raw: FetchRule, column: Option<&str>, checker: &mut Checker) -> Option<RuleClass> {
    let key = format!("data.fetch.label.classes.{label}");
    let [contains, excludes, terms, excludes_terms] =
        [raw.contains, raw.excludes, raw.terms, raw.excludes_terms].map(Option::unwrap_or_default);
    let texts = || contains.iter().chain(&excludes).chain(&terms).chain(&excludes_terms);
    let (fault, help) = if contains.is_empty() && terms.is_empty() {
        let help = "contains = [\"…\"], texts that occur, or terms = [\"…\"], whole locations".to_owned();
        (format!("the rule of label {label:?} names nothing to look for"), help)
    } else if texts().any(|text| text.trim().is_empty()) {
        (format!("the rule of label {label:?} has a text that is empty"), "texts that are not empty".to_owned())
    } else if let Some(term) = terms.iter().chain(&excludes_terms).find(|term| !is_location(term)) {
        let help = "a location as UniProt writes it, such as \"Cytoplasm, cytosol\"; contains = [\"…\"] finds any text";
        (format!("{term:?} is not a location"), help.to_owned())
    } else if !(terms.is_empty() && excludes_terms.is_empty()) && column.is_some_and(|column| column != LOCATIONS) {
        let fault = format!("the rule of label {label:?} names locations, and its column is not {LOCATIONS:?}");
        (fault, format!("column = {LOCATIONS:?}; in another column contains and excludes find any text"))
    } else {
        return Some(RuleClass { contains, excludes, terms, excludes_terms });
    };
    checker.refuse(&key, fault, help);
    None
}

/// Whether UniProt's locations may read so: a full stop or semicolon ends one, a brace begins its
/// evidence, a bracket names a chain.
fn is_location(term: &str) -> bool {
    term.trim() == term && !term.ends_with(',') && !term.contains(['.', ';', '{', '}', '[', ']', '='])
}
