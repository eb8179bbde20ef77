//! The crates depend on one another as `README.md` says, and the modules of each as its `lib.rs`
//! says.

use std::path::{Path, PathBuf};

/// The modules of a crate, from the ground up; a module uses only those of lower floors.
const CORE: &[&[&str]] = &[
    &["clock", "exit", "input", "nan", "numpy", "text"],
    &["statistics"],
    &["predictions"],
    &["metric"],
    &["scores", "task"],
    &["experiment"],
    &["data"],
    &["checkpoint"],
    &["results"],
    &["identity", "protocol"],
];
const COMMAND_LINE: &[&[&str]] = &[
    &["mmseqs"],
    &["fetch", "init", "baseline", "plan", "schedule"],
    &["lockfile", "predict"],
    &["export"],
    &["error"],
    &["cli"],
];

/// Every Rust file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs_err::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let of = |path: PathBuf| if path.is_dir() { files(&path) } else { vec![path] };
    entries.flat_map(of).filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}

/// The module a file of a crate belongs to; `None` for the crate's roots.
fn module(file: &Path) -> Option<String> {
    let first = Path::new(file.components().next()?.as_os_str()).file_stem()?.to_str()?.to_owned();
    (!matches!(first.as_str(), "lib" | "main")).then_some(first)
}

/// The modules that a text reaches through `crate::`, comments left aside.
fn used(text: &str) -> Vec<String> {
    let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    code.split("crate::").skip(1).flat_map(|after| after.strip_prefix('{').map_or_else(|| vec![name(after)], names)).collect()
}

/// The name that a text begins with.
fn name(text: &str) -> String {
    text.trim_start().chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()
}

/// The outermost names of a list in braces, behind its first brace.
fn names(list: &str) -> Vec<String> {
    let (mut depth, mut start, mut names) = (0, 0, Vec::new());
    for (at, letter) in list.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                names.push(name(&list[start..at]));
                start = at + 1;
            }
            _ => {}
        }
        if letter == '}' && start == at + 1 {
            break;
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// The uses of one crate's modules that do not point down.
fn upwards(src: &str, floors: &[&[&str]]) -> Vec<String> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join(src);
    let floor = |module: &str| {
        floors.iter().position(|modules| modules.contains(&module)).unwrap_or_else(|| panic!("{module} stands on no floor"))
    };
    let mut wrong = Vec::new();
    for file in files(&src) {
        let within = file.strip_prefix(&src).unwrap();
        let Some(module) = module(within) else { continue };
        let text = fs_err::read_to_string(&file).unwrap();
        let above = used(&text).into_iter().filter(|used| *used != module && floor(used) >= floor(&module));
        wrong.extend(above.map(|used| format!("{} uses {used}", within.display())));
    }
    wrong
}

#[test]
fn a_module_uses_only_the_modules_below_it() {
    let wrong = [upwards("core/src", CORE), upwards("src", COMMAND_LINE)].concat();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_trainer_and_the_report_depend_on_core_alone() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let of = |folder: &str| {
        let text = fs_err::read_to_string(root.join(folder).join("Cargo.toml")).unwrap();
        let manifest: toml::Table = text.parse().unwrap();
        let ours = |name: &&String| name.starts_with("titer");
        manifest["dependencies"].as_table().unwrap().keys().filter(ours).cloned().collect::<Vec<_>>()
    };
    assert_eq!(of("core"), [""; 0]);
    assert_eq!(of("report"), ["titer-core"]);
    assert_eq!(of("trainer"), ["titer-core", "titer-commit"]);
}

#[test]
fn uses_are_found_in_lists_and_in_paths_but_not_in_comments() {
    let text = "// crate::cli\nuse crate::{\n    data::{Card, Split},\n    exit::Exit, fetch};\nfn f(a: crate::plan::Point) {}\n";
    assert_eq!(used(text), ["data", "exit", "fetch", "plan"]);
}

#[test]
fn a_test_says_that_it_is_skipped_through_the_one_helper_that_ci_heeds() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tests = [root.join("tests/it"), root.join("trainer/tests")];
    // Put together here, so that this file is none of them.
    let words = ["skip", "ped: "].concat();
    let says = |file: &PathBuf| fs_err::read_to_string(file).unwrap().contains(&words);
    let found: Vec<PathBuf> = tests.iter().flat_map(|folder| files(folder)).filter(says).collect();
    assert!(found.is_empty(), "tests/support/skip.rs says it: {found:#?}");
}
