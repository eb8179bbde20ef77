//! The border between Rust and C++: declared once, and the kernels that a processor is given.

#[path = "../../build/bindings.rs"]
mod bindings;

use std::{path::Path, process::Command};

use titer_trainer::native::ops::{Processor, kernels_of};

fn header() -> String {
    fs_err::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/native/native.h")).unwrap()
}

#[test]
fn rust_s_declarations_are_those_of_the_header() {
    let made = bindings::bindings(&header()).unwrap();
    for line in [
        "    pub fn titer_free(message: *mut c_char);",
        "    pub fn titer_attends(head: i64) -> bool;",
        "    pub fn titer_clip(gradients: *const *const C_tensor, count: usize, limit: f64, norm: *mut *mut C_tensor) -> *mut c_char;",
        "    pub begin: unsafe extern \"C\" fn(recorder: *const TiterRecorder, out: *mut *mut TiterGraph) -> *mut c_char,",
    ] {
        assert!(made.lines().any(|made| made == line), "{line}\n{made}");
    }
    // What it is not sure of it does not guess.
    for (declaration, error) in [
        ("void f(float x);", "the type `float` is not known"),
        ("at::Tensor f();", "a tensor by value"),
        ("void f(int);", "`)` where a name belongs"),
        ("void f(int x)", "no `;`"),
        ("void f(int x) const;", "`const` where `` belongs"),
        ("struct A { int x; void y; };", "a field without a type"),
    ] {
        let told = bindings::bindings(&format!("extern \"C\" {{ {declaration} }}")).unwrap_err();
        assert!(told.contains(error), "{declaration}: {told}");
    }
}

/// Whether C++ takes a file that includes the header.
fn compiles(definition: &str) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one.cpp");
    fs_err::write(&path, format!("#include \"native.h\"\n{definition}\n")).unwrap();
    let include = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/native");
    Command::new("c++").args(["-std=c++17", "-fsyntax-only", "-I"]).arg(include).arg(path).output().unwrap().status.success()
}

#[test]
fn a_definition_that_differs_from_the_header_does_not_compile() {
    let right = r#"extern "C" bool titer_attends(int64_t head) { return head; }"#;
    assert!(compiles(right));
    for (from, into) in [("int64_t", "int32_t"), ("bool", "int"), ("(int64_t head)", "(int64_t head, int64_t more)")] {
        assert!(!compiles(&right.replace(from, into)), "{into} for {from}");
    }
    // Every file with such functions includes it, and what is not in it is not `extern "C"`.
    let header = header();
    for file in ["native.cpp", "ops.cpp", "profile.cpp", "cuda/graphs.cpp"] {
        let text = fs_err::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/native").join(file)).unwrap();
        assert!(text.contains("native.h\"\n"), "{file}");
        let (_, public) = text.split_once("extern \"C\" {").unwrap();
        let defined = public.lines().filter(|line| line.contains('(') && line.ends_with('{') && !line.starts_with([' ', '/']));
        for line in defined {
            let name = line.split('(').next().unwrap().rsplit([' ', '*']).next().unwrap();
            assert!(header.contains(&format!("{name}(")), "{file} defines {name}, which the header does not declare");
        }
    }
}

/// Bits of a register.
fn bits(all: &[u32]) -> u32 {
    all.iter().map(|bit| 1 << bit).sum()
}

/// By register, and the system's: everything that `-march=x86-64-v3` lets a compiler use; then v4;
/// then AMX with bf16.
const V3: [&[u32]; 5] = [&[0, 9, 12, 13, 19, 20, 22, 23, 27, 28, 29], &[3, 5, 8], &[], &[], &[0, 5]];
const V4: [&[u32]; 5] = [&[], &[16, 17, 28, 30, 31], &[], &[], &[]];
const AMX: [&[u32]; 5] = [&[], &[], &[22, 24], &[5], &[]];
const SAVED: [&[u32]; 3] = [&[1, 2], &[5, 6, 7], &[17, 18]];

fn processor(sets: &[[&[u32]; 5]], saved: &[&[u32]]) -> Processor {
    let register = |index: usize| sets.iter().map(|set| bits(set[index])).sum();
    Processor { registers: std::array::from_fn(register), saved: saved.iter().map(|set| u64::from(bits(set))).sum() }
}

#[cfg(target_arch = "x86_64")]
#[test]
fn kernels_are_chosen_only_where_every_feature_they_take_is_there() {
    let whole = processor(&[V3, V4, AMX], &SAVED);
    assert_eq!(kernels_of(whole), "amx");
    assert_eq!(kernels_of(processor(&[V3, V4], &SAVED)), "avx512");
    assert_eq!(kernels_of(processor(&[V3], &SAVED)), "avx2");
    assert_eq!(kernels_of(processor(&[], &SAVED)), "baseline");
    // A processor that has all but one, whichever it is, gets the set below those that take it.
    for (sets, below) in [(V3, "baseline"), (V4, "avx2"), (AMX, "avx512")] {
        for (register, all) in sets.iter().enumerate() {
            for bit in *all {
                let mut lesser = whole;
                lesser.registers[register] &= !(1 << bit);
                assert_eq!(kernels_of(lesser), below, "without bit {bit} of register {register}");
            }
        }
    }
    for (set, below) in SAVED.iter().zip(["baseline", "avx2", "avx512"]) {
        for bit in *set {
            let lesser = Processor { saved: whole.saved & !(1 << bit), ..whole };
            assert_eq!(kernels_of(lesser), below, "the system does not save state {bit}");
        }
    }
}
