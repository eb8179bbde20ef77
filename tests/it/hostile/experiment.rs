//! Experiment files that no one wrote by hand.

use super::{Ended, titer};

const RIGHT: &str = "[data]\nsource = \"synthetic\"\n[model]\nweights = { random = \"esm2-tiny\" }\n";

fn check(text: impl AsRef<[u8]>) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    fs_err::write(folder.path().join("a.toml"), text).unwrap();
    titer(folder.path(), &["check", "a.toml"])
}

#[test]
fn deep_nesting_does_not_overflow_the_stack() {
    let deep = |open: &str, close: &str, times: usize| open.repeat(times) + close.repeat(times).as_str();
    let dotted = "a.".repeat(50_000) + "a";
    for text in [
        format!("x = {}", deep("[", "]", 100_000)),
        format!("x = {}", "[".repeat(100_000)),
        format!("x = {}", deep("{a=", "}", 50_000).replace("=}", "=1}")),
        format!("{dotted} = 1"),
        format!("[{dotted}]"),
        format!("[[{dotted}]]"),
        format!("{RIGHT}[grid]\n{dotted} = [1]"),
        format!("{RIGHT}[grid]\n\"train.seed\" = [{}]", deep("[", "]", 50_000)),
    ] {
        check(text).refuses(2, &["not TOML", "recur"]);
    }
    check(format!("{RIGHT}[grid]\n\"{dotted}\" = [1]")).refuses(2, &["an axis lies 50001 tables deep"]);
}

#[test]
fn a_file_of_nothing_but_mistakes_is_refused_in_time() {
    let lines = |line: &dyn Fn(usize) -> String| (0..4_000).map(line).collect::<String>();
    for text in [
        RIGHT.to_owned() + "[train]\n" + &lines(&|n| format!("k{n} = 1\n")),
        RIGHT.to_owned() + "[train]\n" + &lines(&|n| format!("k{n} = = 1\n")),
        RIGHT.to_owned() + "[grid]\n" + &lines(&|n| format!("\"train.k{n}\" = [1]\n")),
        RIGHT.to_owned() + "[grid]\n\"train.seed\" = [" + &"7, ".repeat(60_000) + "]\n",
        RIGHT.to_owned() + "[grid]\n\"train.seed\" = [" + &lines(&|n| format!("\"{n}\", ")) + "]\n",
    ] {
        check(text).refuses(2, &["more than 50 mistakes in a.toml"]);
    }
}

#[test]
fn a_mistake_in_a_long_line_shows_the_line_by_its_number() {
    let long = "y".repeat(100_000);
    check(format!("{RIGHT}[train]\nfoo = \"{long}\"\n")).refuses(2, &["there is no key `train.foo` (line 6)"]);
    check(format!("{RIGHT}[train]\n{long} = 1\n")).refuses(2, &["there is no key `train.yyy", "(line 6)"]);
    check(format!("{RIGHT}[split]\nmethod = \"{long}\"\n")).refuses(2, &["`split.method` cannot be \"yyy"]);
}

#[test]
fn a_file_larger_than_any_experiment_is_not_read() {
    check(format!("{RIGHT}#{}", "x".repeat(1 << 20))).refuses(2, &["a.toml cannot be read", "larger than 262144 bytes"]);
}

#[test]
fn control_characters_reach_no_terminal() {
    check(format!("{RIGHT}[train]\nfoo = \"\u{1b}[2J\"\n")).refuses(2, &["not TOML", "\\u{1b}[2J"]);
    check(format!("{RIGHT}[train]\n\"\\u001b[2J\" = 1\n")).refuses(2, &["there is no key", "\\u{1b}[2J"]);
    // TOML allows the second block of control characters: U+009B is ESC [ in one.
    check(format!("{RIGHT}[train]\n\"\u{9b}2J\" = 1\n")).refuses(2, &["there is no key", "\\u{9b}2J"]);
    check(format!("{RIGHT}[train]\nfoo = \"\0\"\n")).refuses(2, &["not TOML"]);
}

#[test]
fn other_encodings_and_line_ends_are_told_or_read() {
    assert_eq!(check(format!("\u{feff}{RIGHT}")).code, Some(0));
    assert_eq!(check(RIGHT.replace('\n', "\r\n")).code, Some(0));
    check(RIGHT.replace('\n', "\r")).refuses(2, &["not TOML: carriage return must be followed by newline"]);
    check([RIGHT.as_bytes(), b"# \xff\n"].concat()).refuses(2, &["a.toml cannot be read", "not UTF-8 in line 5"]);
    let wide: Vec<u8> = RIGHT.encode_utf16().flat_map(u16::to_le_bytes).collect();
    check([&[0xff, 0xfe], wide.as_slice()].concat()).refuses(2, &["not UTF-8 in line 1"]);
}

#[test]
fn what_would_fill_the_memory_is_refused() {
    for (key, value) in [("proteins", "9000000000000000000"), ("max-length", "9000000000000000000"), ("proteins", "1000001")] {
        check(format!("{RIGHT}[data.synthetic]\n{key} = {value}\n")).refuses(2, &["it must be between"]);
    }
    let both = format!("{RIGHT}[data.synthetic]\nproteins = 1000000\nmax-length = 40000\n");
    check(both).refuses(2, &["more than 1000000000 residues"]);
    let pattern = "[data]\nsource = \"fasta\"\npath = \"a.fasta\"\nlabel = '((\\w{100}){100}){100}'\n";
    check(pattern).refuses(2, &["is not a regular expression", "size limit"]);
}
