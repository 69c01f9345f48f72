//! A directory of numbered files, to which several programs may write.

use super::{Failure, Result, create_directory};
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    /// The last number that was used.
    last: AtomicU32,
}

impl Folder {
    /// Opens the directory, and creates it if it is missing. The numbers continue after those of the files that are there and
    /// whose names end in one of these extensions. Fails if no file can be created there.
    pub(crate) fn open(path: &Path, extensions: &[&str]) -> Result<Self> {
        create_directory(path)?;
        let last = last_number(path, extensions).map_err(|error| Failure::at(path, error))?;
        let folder = Self { path: path.to_owned(), last: AtomicU32::new(last) };
        // Told at the start, not when the first message or session is to be kept.
        let probe = folder.path.join(format!(".smtp-lab-{}", std::process::id()));
        let is_writable = File::create_new(&probe).and_then(|_| fs::remove_file(&probe));
        let failed = |error| Failure::at(path, format_args!("no file can be created there: {error}"));
        is_writable.map_err(failed).map(|()| folder)
    }

    /// Creates the file `N.EXTENSION` with the next number N that is free.
    pub(crate) fn create(&self, extension: &str) -> io::Result<(u32, File)> {
        loop {
            let number = self.last.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
            match File::create_new(self.path(&format!("{number}.{extension}"))) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                file => return file.map(|file| (number, file)),
            }
        }
    }

    /// Creates a file that must not exist.
    pub(crate) fn create_named(&self, name: &str) -> io::Result<File> {
        File::create_new(self.path(name))
    }

    /// Returns the path of a file in this directory.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

fn last_number(path: &Path, extensions: &[&str]) -> io::Result<u32> {
    let mut last = 0;
    for entry in fs::read_dir(path)? {
        let name = PathBuf::from(entry?.file_name());
        let is_ours = name.extension().is_some_and(|found| extensions.iter().any(|extension| found == *extension));
        // A session within TLS has two files.
        let number = |stem: &str| stem.strip_suffix("-tls").unwrap_or(stem).parse().ok();
        let number = name.file_stem().and_then(|stem| number(stem.to_str()?));
        last = last.max(number.filter(|_| is_ours).unwrap_or(0));
    }
    Ok(last)
}
