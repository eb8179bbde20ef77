//! Whether the values of a checkpoint are numbers: what a run that diverged has saved, every run
//! from it begins with.

use std::{fmt, io};

use rayon::prelude::*;
use safetensors::Dtype;

use super::{Error, Stored, stored::StoredTensor};

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
pub fn require(stored: &Stored) -> Result<(), Error> {
    let tensors: Vec<(&str, &StoredTensor)> = stored.read_by_runs().collect();
    let count = |tensor: &StoredTensor| not_finite(stored, tensor).map_err(|source| stored.unreadable(tensor, source));
    let counts = tensors.par_iter().map(|(_, tensor)| count(tensor)).collect::<Result<Vec<_>, Error>>()?;
    let named = |((name, tensor), values): ((&str, &StoredTensor), usize)| NotFinite {
        name: name.to_owned(),
        values,
        of: tensor.info.shape.iter().product(),
    };
    let tensors: Vec<NotFinite> = tensors.into_iter().zip(counts).filter(|(_, count)| *count > 0).map(named).collect();
    if tensors.is_empty() { Ok(()) } else { Err(Error::NotFinite { path: stored.path().to_owned(), tensors }) }
}

/// How many values of a tensor are NaN or infinite: those whose exponent has every bit.
fn not_finite(stored: &Stored, tensor: &StoredTensor) -> io::Result<usize> {
    let mut rest = stored.reader(tensor)?;
    let mut piece = vec![0; PIECE];
    let mut count = 0;
    loop {
        let length = fill(&mut rest, &mut piece)?;
        count += in_piece(&piece[..length], tensor.info.dtype);
        if length < PIECE {
            return Ok(count);
        }
    }
}

/// How many values of a piece have every bit of their exponent set.
fn in_piece(bytes: &[u8], dtype: Dtype) -> usize {
    // The bits of the exponents in a word, and what carries out of an exponent that has them all, into the sign.
    let (exponents, carry, signs): (u64, u64, u64) = match dtype {
        Dtype::F32 => (0x7f80_0000_7f80_0000, 0x0080_0000_0080_0000, 0x8000_0000_8000_0000),
        Dtype::F16 => (0x7c00_7c00_7c00_7c00, 0x0400_0400_0400_0400, 0x8000_8000_8000_8000),
        Dtype::BF16 => (0x7f80_7f80_7f80_7f80, 0x0080_0080_0080_0080, 0x8000_8000_8000_8000),
        _ => return 0,
    };
    let (words, rest) = bytes.as_chunks::<8>();
    // A plain loop: gigabytes pass through it, and the profile is made to build fast.
    let (mut carried, mut index) = (0_u64, 0);
    while index < words.len() {
        carried |= (u64::from_le_bytes(words[index]) & exponents) + carry;
        index += 1;
    }
    if carried & signs == 0 && rest.is_empty() {
        return 0;
    }
    match dtype {
        Dtype::F32 => bytes.chunks_exact(4).filter(|value| value[3] & 0x7f == 0x7f && value[2] & 0x80 != 0).count(),
        Dtype::F16 => bytes.chunks_exact(2).filter(|value| value[1] & 0x7c == 0x7c).count(),
        _ => bytes.chunks_exact(2).filter(|value| value[1] & 0x7f == 0x7f && value[0] & 0x80 != 0).count(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_that_is_not_finite_is_counted_wherever_it_stands() {
        // A whole number of words: what stands over is counted one by one.
        for at in 0..10 {
            for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -f32::NAN, f32::from_bits(0x7f80_0001)] {
                let mut values = [f32::MAX, f32::MIN, f32::MIN_POSITIVE, 0.0, -0.0, 1.0, -1.0, f32::EPSILON, 1e-45, 2.5];
                let bytes = |values: &[f32]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
                assert_eq!(in_piece(&bytes(&values), Dtype::F32), 0);
                values[at] = value;
                assert_eq!(in_piece(&bytes(&values), Dtype::F32), 1, "{value} at {at}");
            }
        }
        // The largest finite halves, then infinity and NaN.
        let halves = |values: &[u16]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
        assert_eq!(in_piece(&halves(&[0x7bff, 0xfbff, 0, 0x8000]), Dtype::F16), 0);
        assert_eq!(in_piece(&halves(&[0x7bff, 0x7c00, 0xfc00, 0x7e00, 0x7bff, 0, 0, 0x03ff]), Dtype::F16), 3);
        assert_eq!(in_piece(&halves(&[0x7f7f, 0xff7f, 0, 0x8000]), Dtype::BF16), 0);
        assert_eq!(in_piece(&halves(&[0x7f7f, 0x7f80, 0xff80, 0x7fc0, 0x7f7f, 0, 0, 0x007f]), Dtype::BF16), 3);
    }
}
