//! Texts that may be compressed with gzip or zstd. The content says whether one is: a file that was
//! decompressed on its way and kept its name is read all the same.

use std::{
    error, fmt,
    io::{self, BufRead, BufReader, Read},
    path::Path,
};

use flate2::bufread::MultiGzDecoder;

/// What a gzip file begins with. No text in UTF-8 does.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// What a frame of zstd begins with. No text in UTF-8 does.
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// What a frame begins with that zstd skips: its first byte is 0x50 to 0x5f, and then this.
/// Programs that compress in parallel write such frames.
const SKIPPABLE: [u8; 3] = [0x2a, 0x4d, 0x18];

/// A file may become this large, whatever its size.
const ROOM: u64 = 1 << 30;
/// And this many times larger. Variants of one protein shrink to a fiftieth, a file that was made
/// to fill a machine's memory to a thousandth.
const TIMES: u64 = 200;

/// Opens a text, to be read as it was before it was compressed, a buffer at a time.
pub fn open(path: impl AsRef<Path>) -> io::Result<Box<dyn BufRead + Send>> {
    let file = super::open(path)?;
    let most = ROOM.max(file.metadata()?.len().saturating_mul(TIMES));
    decompressed(file, most)
}

/// At most so many bytes of what was compressed.
fn decompressed(file: impl Read + Send + 'static, most: u64) -> io::Result<Box<dyn BufRead + Send>> {
    let mut bytes = BufReader::new(file);
    let begins = bytes.fill_buf()?;
    let is_skippable = begins.first().is_some_and(|first| first >> 4 == 5) && begins[1..].starts_with(&SKIPPABLE);
    if begins.starts_with(&GZIP) {
        return Ok(Box::new(BufReader::new(Decompressed { decoder: MultiGzDecoder::new(bytes), left: most })));
    }
    if begins.starts_with(&ZSTD) || is_skippable {
        let decoder = zstd::Decoder::with_buffer(bytes).map_err(damage)?;
        return Ok(Box::new(BufReader::new(Decompressed { decoder, left: most })));
    }
    Ok(Box::new(bytes))
}

/// What is wrong with the compression around a text, where reading failed for that and not for the
/// text.
#[must_use]
pub fn fault(error: &io::Error) -> Option<String> {
    error.get_ref().filter(|inner| inner.is::<Damage>()).map(ToString::to_string)
}

struct Decompressed<D> {
    decoder: D,
    left: u64,
}

impl<D: Read> Read for Decompressed<D> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.decoder.read(into).map_err(damage)?;
        let too_large = || damage(io::Error::other(format!("decompressed it is more than {TIMES} times as large")));
        self.left = self.left.checked_sub(read as u64).ok_or_else(too_large)?;
        Ok(read)
    }
}

fn damage(source: io::Error) -> io::Error {
    // Of one kind: readers try again after some others.
    io::Error::new(io::ErrorKind::InvalidData, Damage(source))
}

/// What is wrong with the compression around a text.
#[derive(Debug)]
struct Damage(io::Error);

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.kind() {
            io::ErrorKind::UnexpectedEof => f.write_str("it ends too early"),
            _ => self.0.fmt(f),
        }
    }
}

impl error::Error for Damage {}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd(text: &[u8]) -> Vec<u8> {
        let mut encoder = zstd::Encoder::new(Vec::new(), 19).unwrap();
        encoder.include_checksum(true).unwrap();
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn read(bytes: Vec<u8>, most: u64) -> io::Result<String> {
        let mut text = String::new();
        decompressed(io::Cursor::new(bytes), most)?.read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn a_text_is_read_compressed_or_not_and_in_several_parts() {
        assert_eq!(read(b"MKT".to_vec(), 3).unwrap(), "MKT");
        assert_eq!(read(Vec::new(), 3).unwrap(), "");
        for compress in [gzip, zstd] {
            assert_eq!(read(compress(b"MKT"), 3).unwrap(), "MKT");
            assert_eq!(read([compress(b"MK"), compress(b""), compress(b"T")].concat(), 3).unwrap(), "MKT");
        }
        let skipped = [&[0x5e][..], &SKIPPABLE, &[2, 0, 0, 0, 7, 7]].concat();
        assert_eq!(read([skipped, zstd(b"MKT")].concat(), 3).unwrap(), "MKT");
    }

    #[test]
    fn what_is_damaged_or_decompresses_without_end_is_told() {
        let text: String = (0..2_000_u32).map(|number| (number * number).to_string()).collect();
        for (compress, corrupt, behind) in
            [(gzip as fn(&[u8]) -> Vec<u8>, "corrupt", "invalid gzip header"), (zstd, "", "Unknown frame descriptor")]
        {
            let whole = compress(text.as_bytes());
            let short = whole[..whole.len() / 2].to_vec();
            let mut flipped = whole.clone();
            flipped[whole.len() / 2] ^= 0xff;
            let mut checksum = whole.clone();
            checksum[whole.len() - if behind.contains("gzip") { 6 } else { 2 }] ^= 1;
            for (bytes, why) in [
                (short, "it ends too early"),
                (whole[..5].to_vec(), "it ends too early"),
                (flipped, corrupt),
                (checksum, corrupt),
                ([whole, b"not another member".to_vec()].concat(), behind),
                (compress(&vec![b'A'; 100_000]), "more than 200 times"),
            ] {
                let error = read(bytes, 20_000).unwrap_err();
                assert!(fault(&error).is_some_and(|fault| fault.contains(why)), "{why}: {error}");
            }
        }
        assert_eq!(fault(&read(vec![0xff], 1).unwrap_err()), None);
    }
}
