//! Builds the C++ file against libtorch's own headers, and tells the linker where libtorch lies.

use std::{env, path::PathBuf, process::Command};

fn main() {
    name_the_commit();
    println!("cargo:rerun-if-changed=src/native/native.cpp");
    println!("cargo:rerun-if-changed=../.libtorch/.kind");
    println!("cargo:rerun-if-env-changed=LIBTORCH");
    let libtorch = env::var_os("LIBTORCH")
        .map(PathBuf::from)
        .expect("LIBTORCH names libtorch's folder: .cargo/config.toml sets it, `just setup` fills it");
    let include = libtorch.join("include");
    cc::Build::new()
        .cpp(true)
        .std("c++17")
        .opt_level(2)
        .warnings(false)
        .define("_GLIBCXX_USE_CXX11_ABI", "1")
        .include(include.join("torch/csrc/api/include"))
        .include(include)
        .file("src/native/native.cpp")
        .compile("titer_native");
    // Relative to the binary, so that a checkout can be moved: target/<profile>/titer-worker, target/<profile>/deps/<test>.
    for up in ["../..", "../../.."] {
        println!("cargo:rustc-link-arg=-Wl,-rpath,$ORIGIN/{up}/.libtorch/torch/lib");
    }
}

/// Leaves `TITER_COMMIT` for `run.json`, as `git describe` has it; not where this is no checkout. Only a commit makes it anew.
fn name_the_commit() {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
        Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
    };
    let Some(commit) = git(&["describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]) else { return };
    println!("cargo:rustc-env=TITER_COMMIT={commit}");
    if let Some(log) = git(&["rev-parse", "--git-path", "logs/HEAD"]) {
        println!("cargo:rerun-if-changed={log}");
    }
}
