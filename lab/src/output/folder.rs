//! A directory that keeps messages.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

/// Message N is in N.eml, and its envelope in N.json.
pub(crate) struct Folder {
    path: PathBuf,
    /// The number of the last message.
    last: AtomicU32,
}

impl Folder {
    /// The directory, which is created if it is missing. The numbers go on after those that are there.
    pub(crate) fn open(path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path.into();
        fs::create_dir_all(&path)?;
        let mut last = 0;
        for entry in fs::read_dir(&path)? {
            let name = PathBuf::from(entry?.file_name());
            let is_ours = name.extension().is_some_and(|extension| extension == "eml" || extension == "json");
            let number = name.file_stem().and_then(|stem| stem.to_str()?.parse().ok());
            last = last.max(number.filter(|_| is_ours).unwrap_or(0));
        }
        Ok(Self { path, last: AtomicU32::new(last) })
    }

    /// Keeps a message. No file is overwritten, not even if another server writes to the same directory.
    pub(crate) fn keep(&self, content: &[u8], envelope: &str) -> io::Result<()> {
        loop {
            let number = self.last.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
            match File::create_new(self.path.join(format!("{number}.eml"))) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                file => {
                    file?.write_all(content)?;
                    let mut file = File::create_new(self.path.join(format!("{number}.json")))?;
                    return file.write_all(envelope.as_bytes());
                }
            }
        }
    }
}
