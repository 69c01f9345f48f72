//! Plays a recorded session through the observer, and collects what it reports.

use super::capture::{Capture, Record};
use smtp_core::observer::{Observer, ObserverEvent, Side, Violation, ViolationKind};
use smtp_core::session::State;
use smtp_core::syntax::Verb;

/// The result of playing a recorded session.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// Each violation with the index of the data record that it belongs to.
    pub findings: Vec<(usize, Violation)>,
    /// The number of commands that the client sent.
    pub commands: usize,
    /// The number of replies that the server sent, the greeting included.
    pub replies: usize,
    /// The number of messages that the server accepted.
    pub messages: u64,
    /// A TLS handshake began, after which nothing is read.
    pub encrypted: bool,
    /// Both sides closed after the session had ended.
    pub complete: bool,
    /// The state after each line that ends a reply, with the offset after the line, in the order of the lines of that side.
    pub states: Vec<(u64, State)>,
    /// Client octets, from and to, that may be a credential.
    pub secrets: Vec<(u64, u64)>,
    /// The offset of a client octet, if the octets from there on are unread and may be a credential because they follow AUTH.
    pub unread_secret: Option<u64>,
    /// The offsets in both directions from which on nothing was read.
    pub opaque: Option<(u64, u64)>,
    /// The offset after the line of STARTTLS, without its end, if a handshake was to follow.
    pub starttls_end: Option<u64>,
}

/// The octets of one side that have arrived and are not consumed yet.
#[derive(Debug, Default)]
struct Direction {
    unread: Vec<u8>,
    shown: u64,
    /// The offset at which each data record begins, and the index of the record.
    records: Vec<(u64, usize)>,
}

impl Direction {
    fn show(&mut self, octets: &[u8], record: usize) {
        self.records.push((self.shown, record));
        self.shown += octets.len() as u64;
        self.unread.extend_from_slice(octets);
    }

    /// Returns the index of the data record that contains an octet.
    fn record_of(&self, offset: u64) -> Option<usize> {
        let holding = self.records.iter().rev().find(|(start, _)| *start <= offset);
        holding.or(self.records.first()).map(|(_, record)| *record)
    }
}

/// Plays a capture. Calls `see` with every event.
pub fn play(capture: &Capture, mut see: impl FnMut(&ObserverEvent<'_>)) -> Report {
    let mut player = if capture.within_tls { Player::within_tls() } else { Player::default() };
    for record in &capture.records {
        player.take(record, |event, _| see(event));
    }
    let mut report = player.report;
    report.complete |= capture.is_transcript && player.observer.is_ended();
    report.findings.sort_by_key(|(record, _)| *record);
    report
}

/// What the player knows of an event beside the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Seen {
    /// The offset in the line at which a credential may begin.
    pub secret: Option<usize>,
    /// The state of the session when the octets of the event were read. A reply changes it; the event says to what.
    pub state: State,
}

/// Plays a session record by record, for a program that plays it while it is recorded.
#[derive(Debug, Default)]
pub struct Player {
    observer: Observer,
    client: Direction,
    server: Direction,
    /// The number of data records so far.
    count: usize,
    /// The last data record.
    last: usize,
    ended: [bool; 2],
    /// The last event of the client was a step of AUTH.
    authenticating: bool,
    /// The last line of the client holds the last secret.
    is_after_secret: bool,
    /// The offset after the last line of the client, without its end.
    last_line_end: u64,
    report: Report,
}

impl Player {
    /// Creates a player of a session that continues within TLS after STARTTLS.
    #[must_use]
    pub fn within_tls() -> Self {
        Self { observer: Observer::within_tls(), ..Self::default() }
    }

    /// Returns what has been found so far. Findings are in the order in which they were made.
    #[must_use]
    pub const fn report(&self) -> &Report {
        &self.report
    }

    /// Takes the next record. Calls `see` with every event.
    pub fn take(&mut self, record: &Record, mut see: impl FnMut(&ObserverEvent<'_>, Seen)) {
        let closing = match record {
            Record::Data(side, octets) => {
                let index = self.count;
                self.direction(*side).show(octets, index);
                (self.last, self.count) = (index, index + 1);
                false
            }
            Record::Eof(side) => {
                self.ended[*side as usize] = true;
                self.observer.close(*side);
                true
            }
        };
        self.drain(closing, &mut see);
        self.report.messages = self.observer.messages();
        self.report.encrypted = self.observer.is_encrypted();
        self.report.complete = self.observer.is_ended() && self.ended == [true; 2];
        self.report.unread_secret = self.unread_secret();
    }

    /// Returns the offset among the unread octets of the client at which a credential may begin.
    fn unread_secret(&self) -> Option<u64> {
        let unread = &self.client.unread;
        let read = self.client.shown - unread.len() as u64;
        // As in `Observer::may_be_credential`: a registered command is not a credential.
        let within = if self.authenticating && !begins_with_verb(unread) { Some(0) } else { credential(unread) };
        within.filter(|_| !unread.is_empty() && self.report.opaque.is_none()).map(|at| read + at as u64)
    }

    /// Extends a secret to the next line of the client, because the end of a line that is too long is in no event.
    fn extend_last_secret(&mut self, next_line: u64) {
        if let Some((_, end)) = self.report.secrets.last_mut().filter(|_| self.is_after_secret) {
            *end = (*end).max(next_line);
        }
    }

    fn direction(&mut self, side: Side) -> &mut Direction {
        match side {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        }
    }

    fn drain(&mut self, closing: bool, see: &mut impl FnMut(&ObserverEvent<'_>, Seen)) {
        let (client_octets, server_octets) = (self.client.unread.clone(), self.server.unread.clone());
        let (mut client, mut server) = (&client_octets[..], &server_octets[..]);
        let mut before = client.len();
        let mut state = self.observer.state();
        while let Some(event) = self.observer.next_event(&mut client, &mut server) {
            let before_reply = std::mem::replace(&mut state, self.observer.state());
            let client_at = self.client.shown - client.len() as u64;
            let server_at = self.server.shown - server.len() as u64;
            let line_at = |line: &[u8]| {
                // What is dropped of a line that is too long comes before the line.
                let unread = offset_in(line, &client_octets).unwrap_or(client_octets.len() - before);
                self.client.shown - (client_octets.len() - unread) as u64
            };
            let mut secret = None;
            match &event {
                ObserverEvent::Command { line, .. } => {
                    let line_at = line_at(line);
                    self.extend_last_secret(line_at);
                    self.last_line_end = line_at + line.len() as u64;
                    self.report.commands += 1;
                    // All of it may be a credential only if it follows AUTH, and is not a command itself.
                    let is_response = self.authenticating && !begins_with_verb(line);
                    let whole = (is_response && self.observer.may_be_credential()).then_some(0);
                    secret = whole.or_else(|| credential(line));
                    self.authenticating = self.observer.may_be_credential() || credential_verb(line).is_some();
                    if let Some(secret) = secret {
                        self.report.secrets.push((line_at + secret as u64, line_at + line.len() as u64));
                    }
                    self.is_after_secret = secret.is_some();
                }
                ObserverEvent::Response(line) => {
                    let line_at = line_at(line);
                    self.extend_last_secret(line_at);
                    self.is_after_secret = true;
                    secret = Some(0);
                    self.report.secrets.push((line_at, line_at + line.len() as u64));
                }
                ObserverEvent::Reply { state, .. } => {
                    self.report.replies += 1;
                    self.report.states.push((server_at, *state));
                }
                ObserverEvent::TlsBegun => {
                    self.report.opaque = Some((client_at, server_at));
                    self.report.starttls_end = Some(self.last_line_end);
                }
                ObserverEvent::Violation(violation) => {
                    let record = if closing && is_of_the_end(violation.kind) {
                        self.last
                    } else {
                        self.direction(violation.who()).record_of(violation.offset).unwrap_or(self.last)
                    };
                    self.report.findings.push((record, *violation));
                }
                _ => {}
            }
            before = client.len();
            let is_reply = matches!(event, ObserverEvent::Reply { .. });
            see(&event, Seen { secret, state: if is_reply { before_reply } else { state } });
        }
        self.client.unread = client.to_vec();
        self.server.unread = server.to_vec();
    }
}

/// Returns `true` if the first word of the line is a registered verb.
fn begins_with_verb(line: &[u8]) -> bool {
    first_verb(line).is_some_and(|(_, verb)| verb != Verb::Unknown)
}

/// Returns the first word of the line as a verb, with its offset.
fn first_verb(line: &[u8]) -> Option<(usize, Verb)> {
    let gaps = line.iter().position(|octet| !is_gap(octet))?;
    let word = line.get(gaps..)?;
    let length = word.iter().position(|octet| !is_of_verb(*octet)).unwrap_or(word.len());
    Some((gaps, Verb::from_bytes(word.get(..length)?)))
}

/// Returns the offset at which a credential may begin. It is in a line with the verb AUTH: the whole, or what a peer that takes
/// a bare CR or LF for the end of a line reads as a line. The verb and the mechanism are not credentials. A space separates
/// them, but a client with a fault may have sent any non-printing octet instead.
fn credential(line: &[u8]) -> Option<usize> {
    let verb = credential_verb(line)?;
    let after = line.get(verb + 4..)?;
    if after.first().is_some_and(|octet| !is_gap(octet)) {
        return Some(verb + 4);
    }
    let mut gaps = after.iter().enumerate().filter(|(_, octet)| is_gap(octet));
    gaps.nth(1).map(|(at, _)| verb + 4 + at + 1)
}

/// Returns the offset at which the first verb AUTH begins.
fn credential_verb(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    for line in text.split_inclusive(|octet| matches!(octet, b'\r' | b'\n')) {
        if let Some((gaps, Verb::Auth)) = first_verb(line) {
            return Some(at + gaps);
        }
        at += line.len();
    }
    None
}

const fn is_of_verb(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_')
}

/// Returns the offset of a part of these octets. Returns `None` if it is not a part of them.
fn offset_in(part: &[u8], octets: &[u8]) -> Option<usize> {
    let offset = part.as_ptr().addr().checked_sub(octets.as_ptr().addr())?;
    (offset + part.len() <= octets.len()).then_some(offset)
}

const fn is_gap(octet: &u8) -> bool {
    !octet.is_ascii_graphic()
}

/// Returns `true` if the end of a connection shows this violation, and not an octet.
fn is_of_the_end(kind: ViolationKind) -> bool {
    use ViolationKind as V;
    matches!(kind, V::ClosedWithoutQuit | V::ChunkTruncated | V::QuitUnanswered | V::ServerClosed | V::LmtpReplyMissing)
}
