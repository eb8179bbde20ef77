//! Whether the values of a checkpoint are numbers: what a run that diverged has saved, every run from it begins with.

use std::{
    fmt,
    io::{self, Read as _, Seek as _, SeekFrom},
    path::Path,
};

use rayon::prelude::*;
use safetensors::{Dtype, tensor::TensorInfo};

use super::{Error, tensors::Header};
use crate::input;

/// Bytes that are looked at at a time.
const PIECE: usize = 1 << 20;

/// A tensor of a file with values that no training can start from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotFinite {
    pub name: String,
    /// How many.
    pub values: usize,
    pub of: usize,
}

impl fmt::Display for NotFinite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} of {} values", self.name, self.values, self.of)
    }
}

/// Refuses NaN and infinity in any tensor that a run reads.
pub fn require(path: &Path, header: &Header) -> Result<(), Error> {
    let tensors: Vec<(&str, &TensorInfo)> = header.read_by_runs().collect();
    let count = |info: &TensorInfo| {
        not_finite(path, header.start, info).map_err(|source| Error::Unreadable { path: path.to_owned(), source })
    };
    let counts = tensors.par_iter().map(|(_, info)| count(info)).collect::<Result<Vec<_>, Error>>()?;
    let named = |((name, info), values): ((&str, &TensorInfo), usize)| NotFinite {
        name: name.to_owned(),
        values,
        of: info.shape.iter().product(),
    };
    let tensors: Vec<NotFinite> = tensors.into_iter().zip(counts).filter(|(_, count)| *count > 0).map(named).collect();
    if tensors.is_empty() { Ok(()) } else { Err(Error::NotFinite { path: path.to_owned(), tensors }) }
}

/// How many values of a tensor are NaN or infinite: those whose exponent has every bit.
fn not_finite(path: &Path, start: u64, info: &TensorInfo) -> io::Result<usize> {
    let (from, to) = info.data_offsets;
    let mut file = input::open(path)?;
    file.seek(SeekFrom::Start(start + from as u64))?;
    let mut rest = file.take((to - from) as u64);
    let mut piece = vec![0; PIECE];
    let mut count = 0;
    loop {
        let length = fill(&mut rest, &mut piece)?;
        let bytes = &piece[..length];
        count += match info.dtype {
            Dtype::F32 => bytes.chunks_exact(4).filter(|value| value[3] & 0x7f == 0x7f && value[2] & 0x80 != 0).count(),
            Dtype::F16 => bytes.chunks_exact(2).filter(|value| value[1] & 0x7c == 0x7c).count(),
            Dtype::BF16 => bytes.chunks_exact(2).filter(|value| value[1] & 0x7f == 0x7f && value[0] & 0x80 != 0).count(),
            _ => 0,
        };
        if length < PIECE {
            return Ok(count);
        }
    }
}

/// Reads until the piece is full or nothing is left: no value lies in two pieces.
fn fill(from: &mut impl io::Read, piece: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < piece.len() {
        match from.read(&mut piece[length..]) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}
