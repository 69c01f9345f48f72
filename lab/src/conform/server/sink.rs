//! Where the tested server delivers, as far as the tester can look: a directory, a Maildir, or the API of the mock server.

use super::words::smuggled;
use crate::output::{Failure, Result};
use serde_json::Value;
use std::fs;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// So deep is a directory searched.
const DEPTH: usize = 4;

/// Where messages arrive.
#[derive(Clone, Debug)]
pub(super) enum Sink {
    Directory(PathBuf),
    /// `HOST:PORT` and the path of the list of messages.
    Api(String, String),
}

impl std::str::FromStr for Sink {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text.strip_prefix("http://") {
            None => Ok(Self::Directory(text.into())),
            Some(rest) => {
                let (host, path) = rest.split_once('/').ok_or("a path is missing: http://HOST:PORT/api/messages")?;
                Ok(Self::Api(host.to_owned(), format!("/{path}")))
            }
        }
    }
}

/// What is known of the message of one check.
pub(super) struct Arrived {
    /// The octets of the message, once it is there.
    pub(super) message: Option<Vec<u8>>,
    /// What was smuggled after it is there as a message of its own.
    pub(super) smuggled: bool,
}

impl Sink {
    /// Waits until all messages with these subjects are there, or the time is over, and says what came.
    pub(super) fn wait(&self, markers: &[String], patience: Duration) -> Result<Vec<Arrived>> {
        let end = Instant::now().checked_add(patience);
        loop {
            let messages = self.messages()?;
            let with = |subject: &str| messages.iter().find(|message| has_subject(message, subject));
            let arrived: Vec<_> = markers
                .iter()
                .map(|marker| Arrived { message: with(marker).cloned(), smuggled: with(&smuggled(marker)).is_some() })
                .collect();
            let over = end.is_none_or(|end| Instant::now() >= end);
            if over || arrived.iter().all(|arrived| arrived.message.is_some()) {
                return Ok(arrived);
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    fn messages(&self) -> Result<Vec<Vec<u8>>> {
        let mut messages = Vec::new();
        match self {
            Self::Directory(path) => {
                collect(path, DEPTH, &mut messages).map_err(|error| Failure::of(path.display(), error))?;
            }
            Self::Api(host, path) => {
                let failed = |error: io::Error| Failure::of(format!("http://{host}{path}"), error);
                let list: Value = serde_json::from_slice(&get(host, path).map_err(failed)?)
                    .map_err(|error| failed(io::Error::other(error)))?;
                let list = list.as_array().or_else(|| list.get("messages").and_then(Value::as_array));
                for id in list.into_iter().flatten().filter_map(|message| message.get("id")) {
                    messages.push(get(host, &format!("{path}/{id}/raw")).map_err(failed)?);
                }
            }
        }
        Ok(messages)
    }
}

/// The files below a directory. One that goes while it is read was moved, and is read where it is next.
fn collect(path: &Path, depth: usize, messages: &mut Vec<Vec<u8>>) -> io::Result<()> {
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() && depth > 0 {
            collect(&entry.path(), depth.saturating_sub(1), messages)?;
        } else if kind.is_file() {
            messages.extend(fs::read(entry.path()));
        }
    }
    Ok(())
}

/// Returns `true` if the header section has this subject.
fn has_subject(message: &[u8], subject: &str) -> bool {
    let mut lines = message.split(|octet| *octet == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    lines
        .by_ref()
        .take_while(|line| !line.is_empty())
        .any(|line| line.strip_prefix(b"Subject:").is_some_and(|value| value.trim_ascii() == subject.as_bytes()))
}

/// The body of the answer to a request.
fn get(host: &str, path: &str) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(host)?;
    let patience = Some(Duration::from_secs(30));
    stream.set_read_timeout(patience)?;
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let (head, body) = end.and_then(|end| answer.split_at_checked(end)).ok_or(io::ErrorKind::InvalidData)?;
    if head.get(9..12) != Some(b"200") {
        return Err(io::Error::other("the answer is not 200"));
    }
    Ok(body.get(4..).unwrap_or_default().to_vec())
}
