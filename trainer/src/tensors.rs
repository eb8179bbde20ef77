//! Safetensors files that are read a part at a time, for those too large to be read whole.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _},
    path::Path,
};

use safetensors::tensor::{Metadata, TensorInfo};
use titer_core::input;

/// A file whose header is read and whose tensors are still on disk.
#[derive(Debug)]
pub struct TensorFile {
    file: File,
    /// Where each tensor lies, checked by safetensors.
    header: Metadata,
    /// Where the tensors begin in the file.
    start: u64,
}

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Damaged {
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    #[error("it is cut short")]
    Short,
    #[error("what it says is not understood: {0}")]
    Header(#[from] serde_json::Error),
}

impl TensorFile {
    /// Opens a file and checks that it is as long as its header says; `None` where there is none.
    pub fn open(path: &Path) -> Result<Option<Self>, Damaged> {
        let mut file = match input::open(path) {
            Ok(file) => file.into_parts().0,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let length = file.metadata()?.len();
        let mut size = [0; 8];
        file.read_exact(&mut size).map_err(|_| Damaged::Short)?;
        let size = u64::from_le_bytes(size);
        let start = size.checked_add(8).filter(|&start| start <= length).ok_or(Damaged::Short)?;
        let mut header = vec![0; size as usize];
        file.read_exact(&mut header)?;
        let header: Metadata = serde_json::from_slice(&header)?;
        if start + header.data_len() as u64 != length {
            return Err(Damaged::Short);
        }
        Ok(Some(Self { file, header, start }))
    }

    /// What the file's metadata say under a key.
    #[must_use]
    pub fn metadata(&self, key: &str) -> Option<&str> {
        self.header.metadata().as_ref()?.get(key).map(String::as_str)
    }

    #[must_use]
    pub fn info(&self, name: &str) -> Option<&TensorInfo> {
        self.header.info(name)
    }

    /// Fills `into` with the bytes of a tensor from this one on.
    pub fn read(&self, tensor: &TensorInfo, from: u64, into: &mut [u8]) -> io::Result<()> {
        let mut file = &self.file;
        file.seek(io::SeekFrom::Start(self.start + tensor.data_offsets.0 as u64 + from))?;
        file.read_exact(into)
    }
}
