//! Builds the C++ file against libtorch's own headers, and tells the linker where libtorch lies.

use std::{env, path::PathBuf};

fn main() {
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
