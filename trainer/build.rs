//! Builds the C++ against libtorch's own headers, the kernels for each instruction set, makes
//! Rust's declarations of the C functions, and tells the linker where libtorch lies.

#[path = "build/bindings.rs"]
mod bindings;

use std::{
    env,
    path::{Path, PathBuf},
};

fn main() {
    declare();
    println!("cargo:rerun-if-changed=src/native");
    println!("cargo:rerun-if-changed=../.libtorch/.kind");
    println!("cargo:rerun-if-env-changed=LIBTORCH");
    let libtorch = env::var_os("LIBTORCH")
        .map(PathBuf::from)
        .expect("LIBTORCH names libtorch's folder: .cargo/config.toml sets it, `just setup` fills it");
    let include = libtorch.join("include");
    let mut bridge = cpp();
    bridge.opt_level(2).define("_GLIBCXX_USE_CXX11_ABI", "1").include(include.join("torch/csrc/api/include")).include(include);
    // at::parallel_for shares out work only where it is compiled with OpenMP; libgomp is libtorch's
    // own.
    bridge.flag("-fopenmp");
    bridge.files(["src/native/native.cpp", "src/native/ops.cpp", "src/native/profile.cpp"]).compile("titer_native");
    println!("cargo:rustc-link-lib=gomp");
    kernels();
    graphs(&libtorch);
    // Relative to the binary, so that a checkout can be moved: target/<profile>/titer-worker,
    // target/<profile>/deps/<test>.
    for up in ["../..", "../../.."] {
        println!("cargo:rustc-link-arg=-Wl,-rpath,$ORIGIN/{up}/.libtorch/torch/lib");
    }
}

/// Rust's declarations, for `src/native.rs`.
fn declare() {
    println!("cargo:rerun-if-changed=build");
    let header = fs_err::read_to_string("src/native/native.h").expect("the header is part of the sources");
    let bindings = bindings::bindings(&header).unwrap_or_else(|error| panic!("src/native/native.h: {error}"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs_err::write(out.join("native.rs"), bindings).expect("OUT_DIR can be written to");
}

fn cpp() -> cc::Build {
    let mut build = cc::Build::new();
    build.cpp(true).std("c++17").warnings(false);
    build
}

/// The kernels are built once for each instruction set, and chosen among at run time: the build
/// machine's does not matter.
fn kernels() {
    const V4: [&str; 2] = ["-march=x86-64-v4", "-mprefer-vector-width=512"];
    let mut sets: Vec<(&str, &[&str])> = vec![("baseline", &[])];
    if env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "x86_64") {
        sets.push(("avx2", &["-march=x86-64-v3"]));
        sets.push(("avx512", &V4));
        sets.push(("amx", &[V4[0], V4[1], "-mavx512bf16", "-DTITER_AMX"]));
    }
    for (name, flags) in sets {
        let mut build = cpp();
        // Products and sums may be fused into one rounding; nothing else of fast arithmetic, NaN
        // must stay NaN.
        build.opt_level(3).flag("-ffp-contract=fast").flag("-fno-math-errno").flags(flags).define("TITER_ISA", name);
        build.file("src/native/kernels/kernels.cpp").compile(&format!("titer_kernels_{name}"));
    }
    cpp().opt_level(2).file("src/native/kernels/best.cpp").compile("titer_kernels_best");
}

/// What needs libtorch's CUDA part is a shared library that the worker carries inside, for it must
/// not be linked against what most machines lack. It takes CUDA's headers, which lie beside
/// libtorch; without them the library is empty, and the worker says so where it misses it.
fn graphs(libtorch: &Path) {
    let library = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("libtiter_graphs.so");
    let (include, lib) = (libtorch.join("include"), libtorch.join("lib"));
    let cuda = libtorch.join("../nvidia/cu13");
    let mut build = cpp();
    build.opt_level(2).define("_GLIBCXX_USE_CXX11_ABI", "1").include(&include).include(include.join("torch/csrc/api/include"));
    let mut command = build.include(cuda.join("include")).get_compiler().to_command();
    command.arg("-shared").arg("-o").arg(&library).arg("src/native/cuda/graphs.cpp");
    // Every symbol must be there: what is missing shows here rather than on a machine with a GPU.
    command.arg("-Wl,-z,defs").arg("-L").arg(&lib).args(["-ltorch_cuda", "-lc10_cuda", "-ltorch_cpu", "-lc10"]);
    command.arg(cuda.join("lib/libcudart.so.13"));
    let has_headers = cuda.join("include/crt/host_config.h").exists() && lib.join("libtorch_cuda.so").exists();
    if has_headers {
        let status = command.status().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        assert!(status.success(), "{command:?} fails");
    } else {
        println!(
            "cargo:warning=CUDA's headers are not beside libtorch: this titer-worker has no CUDA graphs (`just setup` fetches them)"
        );
        fs_err::write(&library, []).expect("OUT_DIR can be written to");
    }
    println!("cargo:rerun-if-changed={}", cuda.join("include/crt").display());
}
