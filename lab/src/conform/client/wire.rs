//! One connection of a client under test: lines and content in, answers out, and the record of both.
//!
//! It takes a bare LF for the end of a command line too, so that such a client is heard to its end; the observer says what is wrong with it.

use super::script::{Answer, Cut, Place, Then};
use super::session::Log;
use smtp_core::observer::Side;
use smtp_testkit::recording::Record;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// Of a longer content the rest is not kept.
const MOST: usize = 64 << 20;

enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    Gone,
}

pub(super) struct Wire {
    stream: Stream,
    /// What was read and not used yet.
    unread: Vec<u8>,
    patience: Duration,
    log: Arc<Mutex<Log>>,
    ended: bool,
}

/// What became of the handshake after 220 to STARTTLS.
pub(super) enum Handshake {
    Done,
    /// The client speaks in the clear.
    InTheClear,
    Failed,
}

impl Wire {
    pub(super) fn new(stream: TcpStream, patience: Duration, log: Arc<Mutex<Log>>) -> Self {
        drop(stream.set_nodelay(true));
        Self { stream: Stream::Plain(stream), unread: Vec::new(), patience, log, ended: false }
    }

    pub(super) fn note<T>(&self, change: impl FnOnce(&mut Log) -> T) -> T {
        change(&mut self.log.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads more. `false`: the client has closed its direction.
    async fn more(&mut self) -> bool {
        if self.ended {
            return false;
        }
        let mut buffer = vec![0; 64 * 1024];
        let read = match &mut self.stream {
            Stream::Plain(stream) => stream.read(&mut buffer).await,
            Stream::Tls(stream) => stream.read(&mut buffer).await,
            Stream::Gone => Ok(0),
        };
        let octets = buffer.get(..read.unwrap_or(0)).unwrap_or_default();
        self.ended = octets.is_empty() || self.unread.len() > MOST;
        let record = match octets {
            [] => Record::Eof(Side::Client),
            octets => Record::Data(Side::Client, octets.to_vec()),
        };
        self.unread.extend_from_slice(octets);
        self.note(|log| log.record(record));
        !self.ended
    }

    /// The next line without its end, if there is one before the client closes.
    pub(super) async fn line(&mut self) -> Option<Vec<u8>> {
        loop {
            if let Some(end) = self.unread.iter().position(|octet| *octet == b'\n') {
                let mut line: Vec<u8> = self.unread.drain(..=end).collect();
                line.pop();
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                return Some(line);
            }
            if !self.more().await {
                // A command that has no end, or something else.
                let rest = String::from_utf8_lossy(&self.unread).into_owned();
                self.unread.clear();
                if !rest.is_empty() {
                    self.note(|log| log.said.push(rest));
                }
                return None;
            }
        }
    }

    /// How many lines are there that are not read yet.
    pub(super) fn lines_waiting(&self) -> usize {
        self.unread.iter().filter(|octet| **octet == b'\n').count()
    }

    /// The next content up to CRLF "." CRLF, without its transparency. `None`: the client has closed before its end; what came of it is
    /// in the log.
    pub(super) async fn content(&mut self) -> Option<Vec<u8>> {
        let mut searched = 0_usize;
        loop {
            let from = searched.saturating_sub(5);
            let window = self.unread.get(from..).unwrap_or_default();
            let end = match window.windows(5).position(|five| five == b"\r\n.\r\n") {
                Some(at) => from.checked_add(at).and_then(|at| at.checked_add(2)),
                // The content may be empty.
                None => self.unread.starts_with(b".\r\n").then_some(0),
            };
            if let Some(end) = end {
                let raw: Vec<u8> = self.unread.drain(..end).collect();
                self.unread.drain(..3);
                return Some(unstuffed(&raw));
            }
            searched = self.unread.len();
            if !self.more().await {
                return None;
            }
        }
    }

    /// The next so many octets.
    pub(super) async fn octets(&mut self, count: usize) -> Option<Vec<u8>> {
        while self.unread.len() < count {
            if !self.more().await {
                return None;
            }
        }
        Some(self.unread.drain(..count).collect())
    }

    async fn write(&mut self, octets: &[u8]) {
        if octets.is_empty() {
            return;
        }
        self.note(|log| log.record(Record::Data(Side::Server, octets.to_vec())));
        // A client that has gone reads nothing.
        match &mut self.stream {
            Stream::Plain(stream) => drop(stream.write_all(octets).await),
            Stream::Tls(stream) => {
                drop(stream.write_all(octets).await);
                drop(stream.flush().await);
            }
            Stream::Gone => {}
        }
    }

    /// Writes an answer as it is cut, and closes where it says so.
    pub(super) async fn answer(&mut self, answer: &Answer, text: &str, place: Place) {
        let octets = text.as_bytes();
        match answer.cut {
            Cut::Whole => self.write(octets).await,
            Cut::Octets => {
                for octet in octets {
                    self.write(std::slice::from_ref(octet)).await;
                }
            }
            Cut::HeldAt(at) => {
                let (first, rest) = octets.split_at_checked(at).unwrap_or((octets, &[]));
                self.write(first).await;
                self.hold(place).await;
                self.write(rest).await;
            }
        }
        match answer.then {
            Then::GoOn => {}
            Then::Close => self.close().await,
            Then::Drop => {
                self.note(|log| log.record(Record::Eof(Side::Server)));
                self.stream = Stream::Gone;
            }
        }
    }

    /// Waits for octets that the client has no reason to send yet.
    async fn hold(&mut self, place: Place) {
        if self.unread.is_empty() {
            let patience = self.patience;
            if timeout(patience, self.more()).await == Ok(false) {
                self.note(|log| log.left_early.push(place));
            }
        }
        if !self.unread.is_empty() {
            self.note(|log| log.early.push(place));
        }
    }

    /// Closes the direction of the server.
    pub(super) async fn close(&mut self) {
        self.note(|log| log.record(Record::Eof(Side::Server)));
        match &mut self.stream {
            Stream::Plain(stream) => drop(stream.shutdown().await),
            Stream::Tls(stream) => drop(stream.shutdown().await),
            Stream::Gone => {}
        }
    }

    pub(super) async fn start_tls(&mut self, acceptor: &TlsAcceptor) -> Handshake {
        let Stream::Plain(stream) = std::mem::replace(&mut self.stream, Stream::Gone) else {
            return Handshake::Failed;
        };
        let mut first = [0];
        // A record of a handshake begins with 22 (RFC 8446 section 5.1).
        let read = self.unread.first().copied();
        let peeked = match read {
            Some(octet) => Ok(Some(octet)),
            None => stream.peek(&mut first).await.map(|count| first.get(..count).and_then(<[u8]>::first).copied()),
        };
        match peeked {
            Ok(Some(22)) if read.is_none() => match acceptor.accept(stream).await {
                Ok(secure) => {
                    self.stream = Stream::Tls(Box::new(secure));
                    self.note(Log::begin_tls);
                    Handshake::Done
                }
                Err(_) => Handshake::Failed,
            },
            Ok(Some(octet)) if octet != 22 => {
                self.stream = Stream::Plain(stream);
                Handshake::InTheClear
            }
            _ => Handshake::Failed,
        }
    }
}

/// Content without the dots that transparency has added (RFC 5321 section 4.5.2).
fn unstuffed(raw: &[u8]) -> Vec<u8> {
    let mut content = Vec::with_capacity(raw.len());
    for line in raw.split_inclusive(|octet| *octet == b'\n') {
        content.extend_from_slice(line.strip_prefix(b".").unwrap_or(line));
    }
    content
}
