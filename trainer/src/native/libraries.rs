//! Shared libraries that are opened while the program runs, and never closed.

use std::{
    ffi::CStr,
    fs::File,
    io::{self, Write as _},
    os::fd::{FromRawFd as _, IntoRawFd as _},
};

use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_LOCAL, RTLD_NOW};
use titer_core::text::with_causes;

use super::NativeError;

impl From<libloading::Error> for NativeError {
    fn from(error: libloading::Error) -> Self {
        Self { message: with_causes(&error) }
    }
}

/// Opens `libtorch_cuda.so`, which the linker leaves out, so that one binary serves machines with a
/// GPU and without.
///
/// Call it before anything that asks libtorch for an accelerator, seeding the generator included:
/// it looks once, and does without CUDA for good where the library is not there yet.
pub fn open_cuda() -> Result<(), NativeError> {
    // SAFETY: libtorch's own library, made to be opened at any time.
    let _ = unsafe { Library::open(Some("libtorch_cuda.so"), RTLD_NOW | RTLD_GLOBAL) }?.into_raw();
    Ok(())
}

/// Returns the functions of NVIDIA's driver; the error says why there is none.
pub fn driver() -> Result<Library, libloading::Error> {
    // SAFETY: the driver's interface is made to be opened at any time.
    unsafe { Library::open(Some("libcuda.so.1"), RTLD_NOW | RTLD_LOCAL) }
}

/// Finds a constant in a shared library that this program carries inside: the library lies in a
/// file without a name in any folder.
///
/// # Safety
///
/// The library's constant of that name is a `T`.
pub unsafe fn embedded<T>(library: &[u8], name: &CStr) -> Result<&'static T, NativeError> {
    let unwritten = |error: io::Error| NativeError { message: format!("a file in memory: {error}") };
    // SAFETY: a NUL-terminated name.
    let descriptor = unsafe { libc::memfd_create(name.as_ptr(), libc::MFD_CLOEXEC) };
    if descriptor < 0 {
        return Err(unwritten(io::Error::last_os_error()));
    }
    // SAFETY: opened above, owned by nobody else.
    let mut file = unsafe { File::from_raw_fd(descriptor) };
    file.write_all(library).map_err(unwritten)?;
    // It stays open: libraries are known by their paths, and the next one's must be another.
    let path = format!("/proc/self/fd/{}", file.into_raw_fd());
    // SAFETY: a library of ours, whose initialisers do nothing of note.
    let library = unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) }?;
    // SAFETY: the caller says that it is a `T`; it lives as long as the library, which is never closed.
    let constant = unsafe { &**library.get::<*const T>(name)? };
    let _ = library.into_raw();
    Ok(constant)
}
