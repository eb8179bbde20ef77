//! The manuals and the Rust docs: lines of at most 100 columns, and links that lead somewhere.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

const WIDTH: usize = 100;

/// What follows this line is made from the schema.
const GENERATED: &str = "<!-- titer schema --reference -->";

fn manuals() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let of = |folder: &str| {
        let entries = fs_err::read_dir(root.join(folder)).unwrap();
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|extension| extension == "md"))
    };
    [root.join("README.md")].into_iter().chain(of("docs")).chain(of("docs/decisions")).collect()
}

/// The lines of a manual that are no code, with their numbers; those that are generated left out.
fn prose(text: &str) -> Vec<(usize, &str)> {
    let mut in_code = false;
    let mut is_prose = |line: &str| {
        let fence = line.trim_start().starts_with("```");
        in_code ^= fence;
        !in_code && !fence
    };
    (1..).zip(text.lines()).take_while(|(_, line)| !line.contains(GENERATED)).filter(|(_, line)| is_prose(line)).collect()
}

/// The anchors of a manual's headings, as they are made on GitHub.
fn anchors(text: &str) -> BTreeSet<String> {
    let anchor = |heading: &str| {
        let kept = heading.trim().to_lowercase();
        kept.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter)).collect::<String>().replace(' ', "-")
    };
    prose(text)
        .into_iter()
        .filter_map(|(_, line)| line.strip_prefix('#'))
        .map(|line| anchor(line.trim_start_matches('#')))
        .collect()
}

/// Where the links of a manual lead, those into the web left out.
fn links(text: &str) -> Vec<&str> {
    let prose = prose(text).into_iter().map(|(_, line)| line);
    let targets = prose.flat_map(|line| line.split("](").skip(1)).filter_map(|after| Some(after.split_once(')')?.0));
    targets.filter(|target| !target.contains("://")).collect()
}

#[test]
fn prose_keeps_to_a_hundred_columns() {
    let mut wide = Vec::new();
    for path in manuals() {
        let text = fs_err::read_to_string(&path).unwrap();
        let is_wide = |(_, line): &(usize, &str)| line.chars().count() > WIDTH && !line.trim_start().starts_with('|');
        wide.extend(prose(&text).into_iter().filter(is_wide).map(|(number, _)| format!("{}:{number}", path.display())));
    }
    assert!(wide.is_empty(), "wider than {WIDTH} columns: {wide:#?}");
}

/// The Rust files below a folder.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for path in fs_err::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn rust_docs_keep_to_a_hundred_columns() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["core/src", "report/src", "src", "tests", "trainer/src", "trainer/commit/src", "trainer/tests"] {
        sources(&root.join(folder), &mut files);
    }
    let mut wide = Vec::new();
    for path in files {
        let text = fs_err::read_to_string(&path).unwrap();
        let is_wide = |line: &str| {
            let doc = line.trim_start();
            (doc.starts_with("///") || doc.starts_with("//!")) && line.chars().count() > WIDTH
        };
        let lines = (1..).zip(text.lines()).filter(|(_, line)| is_wide(line));
        wide.extend(lines.map(|(number, _)| format!("{}:{number}", path.display())));
    }
    assert!(wide.is_empty(), "wider than {WIDTH} columns: {wide:#?}");
}

#[test]
fn links_lead_to_files_and_headings_there_are() {
    let mut broken = Vec::new();
    for path in manuals() {
        let text = fs_err::read_to_string(&path).unwrap();
        for link in links(&text) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
            let has_anchor = || anchor.is_empty() || anchors(&fs_err::read_to_string(&target).unwrap()).contains(anchor);
            if !target.exists() || !has_anchor() {
                broken.push(format!("{}: {link}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn code_and_generated_lines_are_no_prose() {
    let text =
        "# A title: it's `x`\n\n```sh\ncode](nowhere)\n```\n[a](b.md) and [c](#d)\n<!-- titer schema --reference -->\n[e](f)\n";
    assert_eq!(prose(text).len(), 3);
    assert_eq!(links(text), ["b.md", "#d"]);
    assert_eq!(anchors(text).into_iter().collect::<Vec<_>>(), ["a-title-its-x"]);
}

/// The blocks of TOML of a manual, with their lines.
fn snippets(text: &str) -> Vec<(usize, String)> {
    let lines: Vec<&str> = text.lines().collect();
    let starts = (0..lines.len()).filter(|&line| lines[line] == "```toml");
    let block =
        |line: usize| lines[line + 1..].iter().take_while(|line| **line != "```").flat_map(|line| [*line, "\n"]).collect();
    starts.map(|line| (line + 2, block(line))).collect()
}

/// Lays the tables of a snippet over those of an experiment that has everything it needs.
fn completed(snippet: &str) -> toml::Table {
    let base = "[data]\nsource = \"table\"\npath = \"proteins.csv\"\nsequence = \"sequence\"\nlabel = \"label\"\n\
                [model]\nweights = { random = \"esm2-tiny\" }\n";
    let mut whole: toml::Table = base.parse().unwrap();
    for (name, table) in snippet.parse::<toml::Table>().unwrap() {
        let keys = table.as_table().unwrap();
        // A snippet that names its source says all about it.
        if keys.contains_key("source") || !whole.contains_key(&name) {
            whole.insert(name, table);
        } else {
            whole[&name].as_table_mut().unwrap().extend(keys.clone());
        }
    }
    whole
}

#[test]
fn snippets_of_experiments_are_right() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut wrong = Vec::new();
    for page in ["docs/data.md", "docs/tutorial.md"] {
        let text = fs_err::read_to_string(root.join(page)).unwrap();
        for (line, snippet) in snippets(&text) {
            let whole = completed(&snippet).to_string();
            if let Err(error) = titer_core::experiment::parse(Path::new("try.toml"), &whole, &[]) {
                wrong.push(format!("{page}:{line}: {:?}", miette::Report::new(error)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let data = fs_err::read_to_string(root.join("docs/data.md")).unwrap();
    assert!(snippets(&data).len() > 15 && snippets(&data).iter().all(|(_, snippet)| snippet.contains('=')));
}
