//! What `docs/extending.md` adds, a file and a line each, compiles as it stands there.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// A block of the page: `title` names a new file, `line` a file that gets a line behind the one
/// that begins as `after`.
struct Block {
    file: String,
    after: Option<String>,
    text: String,
}

/// The blocks of code that name a file.
fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    for block in page.split("\n```rust ").skip(1) {
        let (head, rest) = block.split_once('\n').unwrap();
        let text = rest.split_once("\n```").unwrap().0.to_owned() + "\n";
        let value = |key: &str| {
            let value = head.split_once(&format!("{key}=\"")).map(|(_, value)| value.split_once('"').unwrap().0);
            value.map(str::to_owned)
        };
        let file = value("title").or(value("line")).unwrap_or_else(|| panic!("{head} names no file"));
        blocks.push(Block { file, after: value("after"), text });
    }
    blocks
}

/// Writes a file where it does not say that already: what did not change is not compiled again.
fn write(path: &Path, text: &[u8]) {
    if fs_err::read(path).is_ok_and(|there| there == text) {
        return;
    }
    fs_err::create_dir_all(path.parent().unwrap()).unwrap();
    fs_err::write(path, text).unwrap();
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs_err::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn what_the_page_adds_compiles_with_a_file_and_a_line_each() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs_err::read_to_string(root.join("docs/extending.md")).unwrap();
    let blocks = blocks(&page);
    let (new, lines): (Vec<&Block>, Vec<&Block>) = blocks.iter().partition(|block| block.after.is_none());
    assert_eq!((new.len(), lines.len()), (4, 4), "a metric, a baseline, a split method and a section");
    assert!(lines.iter().all(|block| block.text.lines().count() == 1), "one line each");

    // A copy of the workspace, kept from one test to the next.
    let copy = root.join("target/extending/source");
    let mut wanted: Vec<(PathBuf, Vec<u8>)> = Vec::new();
    for folder in ["core", "report", "src", "trainer"] {
        let all = files(&root.join(folder)).into_iter();
        wanted.extend(all.map(|path| (path.strip_prefix(root).unwrap().to_owned(), fs_err::read(&path).unwrap())));
    }
    for file in ["Cargo.toml", "Cargo.lock"] {
        wanted.push((file.into(), fs_err::read(root.join(file)).unwrap()));
    }
    // The manifest names it.
    wanted.push(("tests/it/main.rs".into(), Vec::new()));
    for block in &new {
        assert!(!root.join(&block.file).exists(), "{} is new", block.file);
        wanted.push((PathBuf::from(&block.file), block.text.clone().into_bytes()));
    }
    for block in &lines {
        let (_, text) = wanted.iter_mut().find(|(path, _)| *path == Path::new(&block.file)).unwrap();
        let (before, after) = (String::from_utf8(text.clone()).unwrap(), block.after.as_ref().unwrap());
        let mut all: Vec<&str> = before.lines().collect();
        let places: Vec<usize> = (0..all.len()).filter(|&place| all[place].starts_with(after.as_str())).collect();
        assert_eq!(places.len(), 1, "one line of {} begins with {after}", block.file);
        all.insert(places[0] + 1, block.text.trim_end());
        *text = (all.join("\n") + "\n").into_bytes();
    }
    if copy.exists() {
        for path in files(&copy) {
            if !wanted.iter().any(|(file, _)| copy.join(file) == path) {
                fs_err::remove_file(path).unwrap();
            }
        }
    }
    for (path, text) in &wanted {
        write(&copy.join(path), text);
    }
    // The dependencies are there: this program was built of them. The tests' own are not asked for.
    let output = Command::new(env!("CARGO"))
        .args(["check", "--quiet", "--offline", "--lib", "-p", "titer-core", "-p", "titer-report", "-p", "titer"])
        .current_dir(&copy)
        .env("CARGO_TARGET_DIR", root.join("target/extending/build"))
        .env_remove("RUSTFLAGS")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
