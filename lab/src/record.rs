//! Where sessions are recorded for `audit`: each in a file of its own (`--record`), or all in one (`--log`).

use crate::output::{Failure, Folder, NewFile, Result};
use crate::watcher::Watcher;
use serde_json::json;
use smtp_testkit::recording::Record;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// `--record` and `--log` of `mock` and `send`.
#[derive(clap::Args, Debug)]
#[group(skip)] // It would have the name of the options that it is part of.
pub(crate) struct Options {
    /// Record each session in DIR as a capture for `audit`, without credentials; nothing is overwritten
    #[arg(long, value_name = "DIR")]
    record: Option<PathBuf>,
    /// Record all sessions in this file for `audit`, without credentials, each when it is over; the file must not exist
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
}

/// What was opened for these options.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    folder: Option<Folder>,
    log: Option<Log>,
    /// The number of the last session, for a program that does not number them.
    last: AtomicU64,
}

/// The file in which all sessions are recorded.
#[derive(Debug)]
struct Log {
    path: PathBuf,
    /// `None` until it is created.
    file: Mutex<Option<File>>,
}

impl Log {
    /// Returns the file, and creates it if this has not been done yet.
    fn file(&self) -> Result<MutexGuard<'_, Option<File>>> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if file.is_none() {
            *file = NewFile::create(&self.path)?.into_file();
        }
        Ok(file)
    }
}

impl Recorder {
    /// Opens what the options name. Fails if nothing could be recorded there. The log is not created yet, so that a
    /// program that has no session leaves no empty file.
    pub(crate) fn open(options: &Options) -> Result<Self> {
        let folder = options.record.as_deref().map(open_folder).transpose()?;
        // Dropped, and so removed, at once.
        NewFile::create_if_asked(options.log.as_ref())?;
        let log = options.log.clone().map(|path| Log { path, file: Mutex::default() });
        Ok(Self { folder, log, ..Self::default() })
    }

    /// Creates the log now, not when the first session is over. Fails if there is such a file.
    pub(crate) fn create_log(&self) -> Result<()> {
        self.log.as_ref().map_or(Ok(()), |log| log.file().map(drop))
    }

    /// Opens a recorder for a directory alone.
    pub(crate) fn in_folder(path: &Path) -> Result<Self> {
        Ok(Self { folder: Some(open_folder(path)?), ..Self::default() })
    }

    /// Returns a watcher for the next session. It keeps octets only if they are to be recorded.
    pub(crate) fn watcher(&self) -> Watcher {
        Watcher::new(self.is_on())
    }

    /// Returns `true` if sessions are recorded.
    pub(crate) const fn is_on(&self) -> bool {
        self.folder.is_some() || self.log.is_some()
    }

    /// Records a session that is over. In the log it has this number, or the next one; in the directory it is `N.jsonl`, with the next number that
    /// is free there, and `N-tls.jsonl` for what was said within TLS after STARTTLS. Returns the path of the first file.
    pub(crate) fn keep(&self, session: Option<u64>, watcher: &mut Watcher) -> Result<Option<PathBuf>> {
        if !self.is_on() {
            return Ok(None);
        }
        let session = session.unwrap_or_else(|| self.last.fetch_add(1, Ordering::Relaxed).wrapping_add(1));
        let parts = watcher.recorded();
        if let Some(log) = &self.log {
            let text: String =
                parts.iter().enumerate().map(|(part, records)| capture(session, part, records)).collect();
            if let Some(file) = log.file()?.as_mut() {
                file.write_all(text.as_bytes()).map_err(|error| Failure::at(&log.path, error))?;
            }
        }
        let Some(folder) = &self.folder else { return Ok(None) };
        write_to(folder, &parts).map(Some).map_err(|error| Failure::at(&folder.path(""), error))
    }
}

fn open_folder(path: &Path) -> Result<Folder> {
    Folder::open(path, &["jsonl"])
}

fn write_to(folder: &Folder, parts: &[Vec<Record>]) -> io::Result<PathBuf> {
    let (number, mut file) = folder.create("jsonl")?;
    for (part, records) in parts.iter().enumerate() {
        if part > 0 {
            file = folder.create_named(&format!("{number}-tls.jsonl"))?;
        }
        file.write_all(capture(number.into(), part, records).as_bytes())?;
    }
    Ok(folder.path(&format!("{number}.jsonl")))
}

/// Returns a capture as text. The part after STARTTLS is one of its own.
fn capture(session: u64, part: usize, records: &[Record]) -> String {
    let within_tls = part > 0;
    let session = if within_tls { format!("{session}-tls") } else { session.to_string() };
    let mut text =
        format!("{}\n", json!({ "meta": { "by": "smtp-lab", "session": session, "within_tls": within_tls } }));
    for record in records {
        text.push_str(&record.to_json().to_string());
        text.push('\n');
    }
    text
}
