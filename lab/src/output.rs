//! What all subcommands share: standard output and errors, colour, files that overwrite nothing, and the form of an address.

mod folder;

pub(crate) use folder::Folder;

use std::fmt;
use std::fs::{self, File};
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};

/// The reason why a subcommand ends before its work is done.
#[derive(Debug)]
pub(crate) enum Failure {
    /// One line for people, and exit status 2.
    Told(String),
    /// Nobody reads standard output any more. The program ends silently.
    ClosedPipe,
}

pub(crate) type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// `what` could not be done because of `error`.
    pub(crate) fn of(what: impl fmt::Display, error: impl fmt::Display) -> Self {
        Self::Told(format!("{what}: {error}"))
    }

    /// The file or directory cannot be used because of `error`.
    pub(crate) fn at(path: &Path, error: impl fmt::Display) -> Self {
        Self::of(shown(path), error)
    }
}

impl From<io::Error> for Failure {
    /// Takes an error of standard output.
    fn from(error: io::Error) -> Self {
        if error.kind() == ErrorKind::BrokenPipe { Self::ClosedPipe } else { Self::of("standard output", error) }
    }
}

/// Returns the path as it may be printed.
pub(crate) fn shown(path: &Path) -> String {
    smtp_testkit::recording::readable(path.as_os_str().as_encoded_bytes())
}

/// Checks the form HOST:PORT of an argument. Whether the host exists shows when it is connected to.
pub(crate) fn host_and_port(text: &str) -> std::result::Result<String, String> {
    let parts = text.rsplit_once(':').filter(|(host, _)| !host.is_empty());
    let port = parts.and_then(|(_, port)| port.parse::<u16>().ok()).filter(|port| *port > 0);
    port.map(|_| text.to_owned()).ok_or_else(|| "expected HOST:PORT, such as localhost:2525".to_owned())
}

/// Prints these lines if anybody reads them. The program continues if nobody does.
pub(crate) fn say_if_read(text: &str) {
    let mut out = io::stdout().lock();
    drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}

/// Prints these lines at once. Ends the program if nobody reads them.
pub(crate) fn say(text: &str) {
    let mut out = io::stdout().lock();
    if out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_err() {
        std::process::exit(0);
    }
}

/// Prints one line on standard error, if anybody reads it.
pub(crate) fn complain(text: impl fmt::Display) {
    drop(writeln!(io::stderr(), "smtp-lab: {text}"));
}

/// Returns `true` if standard output is a terminal that shows colours.
pub(crate) fn has_colour() -> bool {
    io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Creates a directory if it is missing, with those above it.
pub(crate) fn create_directory(path: &Path) -> Result<()> {
    fs::create_dir_all(path).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists | ErrorKind::NotADirectory => Failure::at(path, "it is not a directory"),
        _ => Failure::at(path, error),
    })
}

/// A file that did not exist before. It is removed again if nothing is written.
#[derive(Debug)]
pub(crate) struct NewFile {
    path: PathBuf,
    file: Option<File>,
}

impl NewFile {
    /// Creates the file. Fails if it exists.
    pub(crate) fn create(path: &Path) -> Result<Self> {
        let file = File::create_new(path).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => Failure::at(path, "the file exists, and no file is overwritten"),
            _ => Failure::at(path, error),
        })?;
        Ok(Self { path: path.to_owned(), file: Some(file) })
    }

    /// Does the same with the path of an option, if it was given.
    pub(crate) fn create_if_asked(path: Option<&PathBuf>) -> Result<Option<Self>> {
        path.map(|path| Self::create(path)).transpose()
    }

    /// Writes the whole content.
    pub(crate) fn write(mut self, text: &str) -> Result<()> {
        let Some(mut file) = self.file.take() else { return Ok(()) };
        file.write_all(text.as_bytes()).map_err(|error| Failure::at(&self.path, error))
    }

    /// Returns the file, for a program that writes to it as long as it runs.
    pub(crate) fn into_file(mut self) -> Option<File> {
        self.file.take()
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if self.file.is_some() {
            drop(fs::remove_file(&self.path));
        }
    }
}
