//! The tensors of a folder, by their canonical names: of `model.safetensors`, or of the files that
//! `model.safetensors.index.json` names.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
};

use safetensors::{Dtype, tensor::TensorInfo};
use serde::Deserialize;

use super::{
    Config, Error, encoder,
    names::{self, LeftOut},
    tensors::{Header, Problem, is_frequencies},
};
use crate::input;

/// The configuration of a model.
pub const CONFIG: &str = "config.json";
/// The tensors of a model, in one file.
pub const SINGLE: &str = "model.safetensors";
/// Which file holds which tensor of a model in several.
pub const INDEX: &str = "model.safetensors.index.json";

/// What classification has no use for, and what a checkpoint may lack.
const CONTACT_HEAD: &str = "esm.contact_head.";

/// Far above the index of any model.
const LARGEST_INDEX: u64 = 64 << 20;

/// Tensors whose headers are read and whose values are still on disk.
#[derive(Debug)]
pub struct Stored {
    /// What an error names: the one file, or the index.
    path: PathBuf,
    files: Vec<File>,
    tensors: BTreeMap<String, StoredTensor>,
    /// Canonical names that several tensors come to.
    twice: BTreeSet<String>,
    /// There is an index too, which is not read.
    index_unread: bool,
}

#[derive(Debug)]
struct File {
    path: PathBuf,
    /// Where the tensors begin, in bytes.
    start: u64,
}

/// Where a tensor lies, and what it is.
#[derive(Debug, Clone)]
pub struct StoredTensor {
    file: usize,
    pub info: TensorInfo,
}

/// The names of the files that hold a folder's tensors, an index first.
///
/// Where there is one file, an index beside it is not read: `transformers` does not read it either.
pub fn tensor_files(folder: &Path) -> Result<Vec<String>, Error> {
    let index = folder.join(INDEX);
    if folder.join(SINGLE).is_file() || !index.is_file() {
        return Ok(vec![SINGLE.to_owned()]);
    }
    let shards = shards(&index)?;
    Ok([INDEX.to_owned()].into_iter().chain(shards).collect())
}

/// The files that an index names, in the order of their names.
fn shards(index: &Path) -> Result<BTreeSet<String>, Error> {
    /// What is read of an index.
    #[derive(Deserialize)]
    struct Index {
        weight_map: BTreeMap<String, String>,
    }
    let wrong = |problem: String| Error::Index { path: index.to_owned(), problem };
    let text =
        input::read_to_string(index, LARGEST_INDEX).map_err(|source| Error::Unreadable { path: index.to_owned(), source })?;
    let read: Index = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    let shards: BTreeSet<String> = read.weight_map.into_values().collect();
    if shards.is_empty() {
        return Err(wrong("it names no file".to_owned()));
    }
    // A name leads nowhere but to a file beside the index.
    let is_plain =
        |name: &str| !name.contains(['/', '\\', '\0', ':']) && name.ends_with(".safetensors") && !name.starts_with('.');
    match shards.iter().find(|name| !is_plain(name)) {
        Some(other) => Err(wrong(format!("it names {other:?}, which is no safetensors file beside it"))),
        None => Ok(shards),
    }
}

impl Stored {
    /// Reads the headers of a folder's tensors.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let names = tensor_files(folder)?;
        let path = folder.join(&names[0]);
        let index_unread = names[0] == SINGLE && folder.join(INDEX).is_file();
        let mut stored = Self { path, files: Vec::new(), tensors: BTreeMap::new(), twice: BTreeSet::new(), index_unread };
        for name in names.iter().filter(|name| *name != INDEX) {
            stored.add(folder.join(name))?;
        }
        Ok(stored)
    }

    fn add(&mut self, path: PathBuf) -> Result<(), Error> {
        let Header { start, tensors } = Header::read(&path)?;
        let file = self.files.len();
        if tensors.keys().any(|name| names::is_adapter(name)) {
            return Err(Error::Adapter { path });
        }
        self.files.push(File { path, start });
        for (name, info) in tensors {
            let name = names::canonical(&name);
            if self.tensors.insert(name.clone(), StoredTensor { file, info }).is_some() {
                self.twice.insert(name);
            }
        }
        Ok(())
    }

    /// The one file, or the index.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The tensor of a canonical name.
    #[must_use]
    pub fn tensor(&self, name: &str) -> Option<&StoredTensor> {
        self.tensors.get(name)
    }

    /// The bytes of a tensor.
    pub fn read(&self, tensor: &StoredTensor) -> Result<Vec<u8>, Error> {
        let (from, to) = tensor.info.data_offsets;
        let mut bytes = vec![0; to - from];
        let read = |bytes: &mut [u8]| -> io::Result<()> { self.reader(tensor)?.read_exact(bytes) };
        read(&mut bytes).map_err(|source| self.unreadable(tensor, source))?;
        Ok(bytes)
    }

    /// The bytes of a tensor, a part at a time.
    pub(super) fn reader(&self, tensor: &StoredTensor) -> io::Result<io::Take<fs_err::File>> {
        let File { path, start } = &self.files[tensor.file];
        let (from, to) = tensor.info.data_offsets;
        let mut file = input::open(path)?;
        file.seek(SeekFrom::Start(start + from as u64))?;
        Ok(file.take((to - from) as u64))
    }

    pub(super) fn unreadable(&self, tensor: &StoredTensor, source: io::Error) -> Error {
        Error::Unreadable { path: self.files[tensor.file].path.clone(), source }
    }

    /// Refuses tensors that are not the encoder that the configuration describes, and whatever is
    /// none of a checkpoint's usual parts. `head` names the tensors of a head that is read too; any
    /// other head is no matter.
    pub fn require(&self, config: &Config, head: &[(String, Vec<i64>)]) -> Result<(), Error> {
        let problems = self.problems(config, head);
        if problems.is_empty() { Ok(()) } else { Err(Error::Mismatch { path: self.path.clone(), problems }) }
    }

    fn problems(&self, config: &Config, head: &[(String, Vec<i64>)]) -> Vec<Problem> {
        let wanted: Vec<(String, Vec<i64>)> = encoder(config).into_iter().chain(head.iter().cloned()).collect();
        let mut problems: Vec<Problem> = self.twice.iter().map(|name| Problem::Twice { name: name.clone() }).collect();
        let needed = wanted.iter().filter(|(name, _)| self.has_contact_head() || !name.starts_with(CONTACT_HEAD));
        problems.extend(needed.filter_map(|(name, shape)| self.problem(name, shape)));
        for name in self.tensors.keys() {
            if is_frequencies(name, config) {
                problems.extend(self.problem(name, &[config.head_size() / 2]));
                continue;
            }
            let left_out = LeftOut::of(name).is_some_and(|part| head.is_empty() || part != LeftOut::Classifier);
            if !left_out && !wanted.iter().any(|(wanted, _)| wanted == name) {
                problems.push(Problem::Extra { name: name.clone() });
            }
        }
        problems
    }

    fn problem(&self, name: &str, shape: &[i64]) -> Option<Problem> {
        let name = name.to_owned();
        let Some(StoredTensor { info, .. }) = self.tensors.get(&name) else {
            return Some(Problem::Missing { name, shape: shape.to_vec() });
        };
        let found: Vec<i64> = info.shape.iter().map(|&size| size as i64).collect();
        if found != shape {
            return Some(Problem::Shape { name, wanted: shape.to_vec(), found });
        }
        let is_read = matches!(info.dtype, Dtype::F32 | Dtype::F16 | Dtype::BF16);
        (!is_read).then(|| Problem::Type { name, found: format!("{:?}", info.dtype) })
    }

    /// Whether there is anything of a contact head. Where there is nothing zeros stand in: it is
    /// counted among the parameters, and neither read nor trained.
    #[must_use]
    pub fn has_contact_head(&self) -> bool {
        self.tensors.keys().any(|name| name.starts_with(CONTACT_HEAD))
    }

    /// The tensors that a run reads.
    pub(super) fn read_by_runs(&self) -> impl Iterator<Item = (&str, &StoredTensor)> {
        let all = self.tensors.iter().map(|(name, tensor)| (name.as_str(), tensor));
        all.filter(|(name, _)| LeftOut::of(name).is_none())
    }

    /// What of the folder a run does not take as it is, in one line; `None` where it takes all.
    #[must_use]
    pub fn remark(&self) -> Option<String> {
        let left_out: BTreeSet<LeftOut> = self.tensors.keys().filter_map(|name| LeftOut::of(name)).collect();
        let mut parts = Vec::new();
        if !left_out.is_empty() {
            let names: Vec<String> = left_out.iter().map(ToString::to_string).collect();
            parts.push(format!("left out: {}", names.join(", ")));
        }
        if !self.has_contact_head() {
            parts.push("no contact head: zeros stand in, which no output depends on".to_owned());
        }
        let is_half = |(_, tensor): (&str, &StoredTensor)| matches!(tensor.info.dtype, Dtype::F16 | Dtype::BF16);
        if self.read_by_runs().any(is_half) {
            parts.push("stored in 16 bits, read into fp32".to_owned());
        }
        if self.index_unread {
            parts.push(format!("{INDEX} is not read, there is a whole {SINGLE}"));
        }
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(text: &str) -> Result<BTreeSet<String>, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(INDEX);
        fs_err::write(&path, text).unwrap();
        shards(&path)
    }

    #[test]
    fn an_index_names_files_beside_it_and_nothing_else() {
        let names =
            index(r#"{"metadata": {}, "weight_map": {"a": "m-2.safetensors", "b": "m-1.safetensors", "c": "m-2.safetensors"}}"#);
        assert!(names.unwrap().iter().eq(["m-1.safetensors", "m-2.safetensors"]));
        for name in ["../m.safetensors", "/m.safetensors", "m.bin", "", ".safetensors", "C:m.safetensors", "a\\\\m.safetensors"] {
            let error = index(&format!(r#"{{"weight_map": {{"a": "{name}"}}}}"#)).unwrap_err();
            assert!(matches!(error, Error::Index { .. }), "{name}: {error}");
        }
        for broken in ["", "{}", r#"{"weight_map": {}}"#, r#"{"weight_map": {"a": 1}}"#] {
            assert!(matches!(index(broken).unwrap_err(), Error::Index { .. }), "{broken}");
        }
    }
}
