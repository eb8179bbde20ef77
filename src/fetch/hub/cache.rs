//! One model's place in the cache.

use std::{
    io,
    path::{Path, PathBuf},
};

use hf_hub::{Cache, CacheRepo, Repo, RepoType};

use super::{
    look::Entry,
    model::{Model, is_commit},
};
use crate::fetch::{Error, files};
use titer_core::{
    checkpoint::{self, CONFIG},
    input,
};

/// The snapshots of one model, and the revision that is meant.
pub(super) struct Snapshots<'a> {
    cache: &'a Path,
    repo: CacheRepo,
    /// `models--owner--name`.
    folder: String,
    revision: &'a str,
}

impl<'a> Snapshots<'a> {
    pub(super) fn new(cache: &'a Path, model: &Model<'a>) -> Self {
        let repo = Repo::with_revision(model.name.to_owned(), RepoType::Model, model.revision.to_owned());
        let folder = repo.folder_name();
        Self { cache, repo: Cache::new(cache.to_owned()).repo(repo), folder, revision: model.revision }
    }

    /// The revision's folder, where every file of it is there.
    pub(super) fn complete(&self) -> Option<PathBuf> {
        let commit = if is_commit(self.revision) {
            self.revision.to_owned()
        } else {
            let reference = self.cache.join(&self.folder).join("refs").join(self.revision);
            let commit = input::read_to_string(&reference, 1 << 10).ok()?.trim().to_owned();
            is_commit(&commit).then_some(commit)?
        };
        let folder = self.repo.pointer_path(&commit);
        let is_there = |file: &str| folder.join(file).is_file();
        let tensors = checkpoint::tensor_files(&folder).ok()?;
        (is_there(CONFIG) && tensors.iter().all(|file| is_there(file))).then_some(folder)
    }

    /// Puts a file into its snapshot; `download` brings it to the path it is given where the cache
    /// does not have it.
    pub(super) fn keep(&self, entry: &Entry, file: &str, download: impl FnOnce(&Path) -> Result<(), Error>) -> Result<(), Error> {
        let blob = self.repo.blob_path(&entry.etag);
        let link = self.repo.pointer_path(&entry.commit).join(file);
        for path in [&blob, &link] {
            files::create_parent(path)?;
        }
        let _lock = self.lock(&entry.etag)?;
        let there = fs_err::metadata(&blob).is_ok_and(|blob| entry.size.is_none_or(|size| size == blob.len()));
        if !there {
            let incomplete = blob.with_file_name(format!("{}.incomplete", entry.etag));
            download(&incomplete)?;
            fs_err::rename(&incomplete, &blob).map_err(|source| Error::Write { path: blob.clone(), source })?;
        }
        point(&link, &blob, &entry.etag).map_err(|source| Error::Write { path: link, source })
    }

    /// The folder of a commit.
    pub(super) fn folder(&self, commit: &str) -> PathBuf {
        self.repo.pointer_path(commit)
    }

    /// Notes what the revision turned out to be, and gives its folder.
    pub(super) fn name(&self, commit: &str) -> Result<PathBuf, Error> {
        if !is_commit(self.revision) {
            let path = self.cache.join(&self.folder).join("refs").join(self.revision);
            self.repo.create_ref(commit).map_err(|source| Error::Write { path, source })?;
        }
        Ok(self.repo.pointer_path(commit))
    }

    /// Waits for other programs that fetch the same content: `huggingface_hub` takes the same lock.
    fn lock(&self, etag: &str) -> Result<fs_err::File, Error> {
        let path = self.cache.join(".locks").join(&self.folder).join(format!("{etag}.lock"));
        files::create_parent(&path)?;
        let taken = || -> io::Result<fs_err::File> {
            let file = fs_err::OpenOptions::new().create(true).append(true).open(&path)?;
            if file.file().try_lock().is_err() {
                tracing::info!("waiting for another program that fetches the same file");
                file.file().lock()?;
            }
            Ok(file)
        };
        taken().map_err(|source| Error::Write { path: path.clone(), source })
    }
}

/// Makes `link` a link to the blob; relative, so that the cache can be moved.
#[cfg(unix)]
fn point(link: &Path, _blob: &Path, etag: &str) -> io::Result<()> {
    if link.is_file() {
        return Ok(());
    }
    // A link that leads nowhere is what an emptied cache leaves.
    if link.symlink_metadata().is_ok() {
        fs_err::remove_file(link)?;
    }
    fs_err::os::unix::fs::symlink(Path::new("../../blobs").join(etag), link)
}

/// Puts a second name of the blob, or a copy, where links need a privilege.
#[cfg(not(unix))]
fn point(link: &Path, blob: &Path, _etag: &str) -> io::Result<()> {
    if link.is_file() {
        return Ok(());
    }
    fs_err::hard_link(blob, link).or_else(|_| fs_err::copy(blob, link).map(drop))
}
