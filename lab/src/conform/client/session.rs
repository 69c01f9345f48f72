//! One session of the scripted server with the client under test, and the log of what the client did.
//!
//! The server answers each command in its turn. It does not judge; what the log means is for [`super::judge`].

use super::script::{Place, Script, Then, say};
use super::wire::{Handshake, Wire};
use smtp_core::observer::Violation;
use smtp_testkit::recording::{Player, Record, without_secrets};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

/// A message whose content has come to its end.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) content: Vec<u8>,
    /// How many recipients were accepted with RCPT.
    pub(super) recipients: usize,
    /// How many positive replies its end had.
    pub(super) accepted: usize,
}

/// What became of STARTTLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Tls {
    #[default]
    NotAsked,
    /// The client sent STARTTLS, and there is no TLS.
    Asked,
    /// The client went on in the clear after 220.
    InTheClear,
    Done,
    HandshakeFailed,
}

/// What happened in one session.
#[derive(Debug, Default)]
pub(super) struct Log {
    records: Vec<Record>,
    /// What was said within TLS.
    in_tls: Option<Vec<Record>>,
    /// Each command line, and how many of them came before TLS.
    pub(super) said: Vec<String>,
    pub(super) said_before_tls: usize,
    /// How many commands the client had sent when the server first said what the check is about.
    pub(super) special: Option<usize>,
    /// Where the client sent octets before it had the whole answer.
    pub(super) early: Vec<Place>,
    /// Where the client closed before it had the whole answer.
    pub(super) left_early: Vec<Place>,
    pub(super) messages: Vec<Message>,
    /// Octets of a content whose end did not come.
    pub(super) unfinished: bool,
    pub(super) tls: Tls,
}

impl Log {
    pub(super) fn record(&mut self, record: Record) {
        self.in_tls.as_mut().unwrap_or(&mut self.records).push(record);
    }

    pub(super) fn begin_tls(&mut self) {
        self.in_tls = Some(Vec::new());
        self.said_before_tls = self.said.len();
    }

    /// What the observer finds, and the records without credentials.
    pub(super) fn observed(&self) -> (Vec<Violation>, Vec<Record>) {
        let (mut violations, mut records) = (Vec::new(), Vec::new());
        let parts = [(Player::default(), Some(&self.records)), (Player::within_tls(), self.in_tls.as_ref())];
        for (mut player, part) in parts {
            let Some(part) = part else { continue };
            part.iter().for_each(|record| player.take(record, |_, _| ()));
            let mut part = part.clone();
            without_secrets(&mut part, player.report());
            records.append(&mut part);
            violations.extend(player.report().findings.iter().map(|(_, violation)| *violation));
        }
        (violations, records)
    }

    /// What the client said after the server had first said what the check is about.
    pub(super) fn said_since(&self) -> impl Iterator<Item = &str> {
        let from = self.special.unwrap_or(self.said.len());
        self.said.iter().skip(from).map(String::as_str)
    }
}

/// What all sessions of a run have in common.
#[derive(Clone)]
pub(super) struct Server {
    pub(super) lmtp: bool,
    /// How long an answer is held back.
    pub(super) patience: Duration,
    pub(super) acceptor: TlsAcceptor,
}

/// Where the session stands.
struct Session<'a> {
    wire: Wire,
    server: &'a Server,
    script: Script,
    counts: Vec<(Place, usize)>,
    tls: bool,
    hello: bool,
    mail: bool,
    recipients: usize,
    /// The content of chunks.
    chunks: Vec<u8>,
    chunk_failed: bool,
    closed: bool,
}

/// Serves one connection to its end.
pub(super) async fn serve(stream: TcpStream, server: Server, script: Script, log: Arc<Mutex<Log>>) {
    let mut session = Session {
        wire: Wire::new(stream, server.patience, log),
        server: &server,
        script,
        counts: Vec::new(),
        tls: false,
        hello: false,
        mail: false,
        recipients: 0,
        chunks: Vec::new(),
        chunk_failed: false,
        closed: false,
    };
    session.answer(Place::Greeting, "220 mx.example ESMTP ready\r\n").await;
    while let Some(line) = session.wire.line().await {
        session.command(&line).await;
    }
}

impl Session<'_> {
    /// Gives the answer of the script, or the plain one. Returns the first digit of its code.
    async fn answer(&mut self, place: Place, plain: &str) -> u8 {
        let count = match self.counts.iter_mut().find(|(at, _)| *at == place) {
            Some((_, count)) => {
                *count = count.saturating_add(1);
                *count
            }
            None => {
                self.counts.push((place, 0));
                0
            }
        };
        // It reads on, so that what the client does is known, and has nothing to say any more.
        if self.closed {
            return 0;
        }
        let scripted = self.script.answer(place, count);
        if scripted.is_some() && self.script.first() == Some(place) {
            let waiting = self.wire.lines_waiting();
            self.wire.note(|log| log.special = log.special.or(Some(log.said.len().saturating_add(waiting))));
        }
        let Some(answer) = scripted else {
            let whole = if self.script.in_octets { say("").in_octets() } else { say("") };
            self.wire.answer(&whole, plain, place).await;
            return plain.bytes().next().unwrap_or_default();
        };
        self.wire.answer(&answer, answer.text, place).await;
        self.closed = answer.then != Then::GoOn;
        answer.first_digit()
    }

    async fn command(&mut self, line: &[u8]) {
        let text = String::from_utf8_lossy(line).into_owned();
        let upper = text.to_ascii_uppercase();
        let mut words = upper.split_whitespace();
        let verb = words.next().unwrap_or_default().to_owned();
        self.wire.note(|log| log.said.push(text));
        match verb.as_str() {
            "EHLO" | "LHLO" | "HELO" => self.hello(&verb).await,
            "STARTTLS" if self.offers("STARTTLS") && !self.tls => self.start_tls().await,
            "AUTH" if self.offers("AUTH") => self.auth(words.next().unwrap_or_default(), words.next()).await,
            "MAIL" => {
                let plain = if self.mail || !self.hello { "503 Not now\r\n" } else { "250 OK\r\n" };
                self.mail |= self.answer(Place::Mail, plain).await == b'2';
            }
            "RCPT" => {
                let plain = if self.mail { "250 OK\r\n" } else { "503 MAIL first\r\n" };
                if self.answer(Place::Rcpt, plain).await == b'2' && self.mail {
                    self.recipients = self.recipients.saturating_add(1);
                }
            }
            "DATA" => self.data().await,
            "BDAT" if self.offers("CHUNKING") => self.chunk(words.next(), words.next()).await,
            "RSET" => {
                self.reset();
                self.answer(Place::Rset, "250 OK\r\n").await;
            }
            "NOOP" => drop(self.answer(Place::Noop, "250 OK\r\n").await),
            "QUIT" => {
                let closes = self.answer(Place::Quit, "221 Bye\r\n").await;
                if !self.closed && closes != 0 {
                    self.wire.close().await;
                    self.closed = true;
                }
            }
            _ => drop(self.answer(Place::Other, "500 Not a command here\r\n").await),
        }
    }

    fn keywords(&self) -> &'static [&'static str] {
        if self.tls { self.script.keywords_in_tls } else { self.script.keywords }
    }

    fn offers(&self, verb: &str) -> bool {
        self.keywords()
            .iter()
            .any(|keyword| keyword.split(' ').next().is_some_and(|first| first.eq_ignore_ascii_case(verb)))
    }

    const fn reset(&mut self) {
        (self.mail, self.recipients, self.chunk_failed) = (false, 0, false);
    }

    async fn hello(&mut self, verb: &str) {
        if (verb == "LHLO") != self.server.lmtp {
            self.answer(Place::Other, "500 Not a command here\r\n").await;
            return;
        }
        self.reset();
        let (place, mut lines) = match (verb, self.tls) {
            ("HELO", _) => (Place::Helo, vec!["mx.example"]),
            (_, false) => (Place::Hello, vec!["mx.example"]),
            (_, true) => (Place::HelloInTls, vec!["mx.example"]),
        };
        if place != Place::Helo {
            lines.extend(self.keywords());
        }
        let mut plain = String::new();
        for (at, line) in lines.iter().enumerate() {
            let dash = if at.saturating_add(1) == lines.len() { ' ' } else { '-' };
            plain.push_str(&format!("250{dash}{line}\r\n"));
        }
        self.hello |= self.answer(place, &plain).await == b'2';
    }

    async fn start_tls(&mut self) {
        self.wire.note(|log| log.tls = Tls::Asked);
        if self.answer(Place::StartTls, "220 Go ahead\r\n").await != b'2' || self.closed {
            return;
        }
        let acceptor = self.server.acceptor.clone();
        let came = match self.wire.start_tls(&acceptor).await {
            Handshake::Done => {
                (self.tls, self.hello) = (true, false);
                self.reset();
                Tls::Done
            }
            Handshake::InTheClear => Tls::InTheClear,
            Handshake::Failed => Tls::HandshakeFailed,
        };
        self.wire.note(|log| log.tls = came);
    }

    async fn auth(&mut self, mechanism: &str, initial: Option<&str>) {
        let challenges: &[&str] = match (mechanism, initial) {
            ("PLAIN", None) => &["334 \r\n"],
            ("LOGIN", None) => &["334 VXNlcm5hbWU6\r\n", "334 UGFzc3dvcmQ6\r\n"],
            ("LOGIN", Some(_)) => &["334 UGFzc3dvcmQ6\r\n"],
            ("PLAIN", Some(_)) => &[],
            _ => {
                self.answer(Place::Other, "504 Not that one\r\n").await;
                return;
            }
        };
        for challenge in challenges {
            self.wire.answer(&say(""), challenge, Place::Auth).await;
            if self.wire.line().await.as_deref().is_none_or(|line| line == b"*") {
                self.answer(Place::Other, "501 Cancelled\r\n").await;
                return;
            }
        }
        self.answer(Place::Auth, "235 Welcome\r\n").await;
    }

    async fn data(&mut self) {
        let plain = if self.recipients > 0 { "354 Go on\r\n" } else { "503 No recipients\r\n" };
        if self.answer(Place::Data, plain).await != b'3' {
            return;
        }
        match self.wire.content().await {
            Some(content) => self.end(content).await,
            None => self.wire.note(|log| log.unfinished = true),
        }
    }

    async fn chunk(&mut self, size: Option<&str>, last: Option<&str>) {
        let Some(octets) = self.wire.octets(size.and_then(|size| size.parse().ok()).unwrap_or(0)).await else {
            return self.wire.note(|log| log.unfinished = true);
        };
        self.chunks.extend_from_slice(&octets);
        if self.recipients == 0 || self.chunk_failed {
            self.chunks.clear();
            self.answer(Place::Other, "503 Not now\r\n").await;
        } else if last == Some("LAST") {
            let content = std::mem::take(&mut self.chunks);
            self.end(content).await;
        } else {
            self.chunk_failed = self.answer(Place::Chunk, "250 OK\r\n").await != b'2';
        }
    }

    /// The content has come to its end.
    async fn end(&mut self, content: Vec<u8>) {
        let replies = if self.server.lmtp { self.recipients } else { 1 };
        let mut accepted = 0_usize;
        let message = Message { content, recipients: self.recipients, accepted };
        self.wire.note(|log| log.messages.push(message));
        for _ in 0..replies {
            if self.answer(Place::End, "250 OK\r\n").await == b'2' {
                accepted = accepted.saturating_add(1);
            }
        }
        self.wire.note(|log| log.messages.last_mut().map_or((), |message| message.accepted = accepted));
        self.reset();
    }
}
