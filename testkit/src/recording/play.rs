//! A recorded session, played through the observer.

use super::capture::{Capture, Record};
use smtp_core::observer::{Observer, ObserverEvent, Side, Violation, ViolationKind};
use smtp_core::session::State;
use smtp_core::syntax::Verb;

/// What the observer makes of a recorded session.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// Each violation with the data record it is booked on.
    pub findings: Vec<(usize, Violation)>,
    /// How many commands the client sent.
    pub commands: usize,
    /// How many replies the server sent, the greeting included.
    pub replies: usize,
    /// How many messages the server accepted.
    pub messages: u64,
    /// A TLS handshake began, after which nothing is read.
    pub encrypted: bool,
    /// Both sides closed after the session had ended.
    pub complete: bool,
    /// What follows the end of which line, in the order of the lines of that side: the offset behind the line.
    pub states: Vec<(u64, State)>,
    /// Client octets, from and to, that may be a credential.
    pub secrets: Vec<(u64, u64)>,
    /// The octets of either side from which on nothing was looked at.
    pub opaque: Option<(u64, u64)>,
}

/// The octets of one side that have been shown and are not consumed.
#[derive(Default)]
struct Direction {
    unread: Vec<u8>,
    shown: u64,
    /// The offset at which each data record begins, and its index.
    records: Vec<(u64, usize)>,
}

impl Direction {
    fn show(&mut self, octets: &[u8], record: usize) {
        self.records.push((self.shown, record));
        self.shown += octets.len() as u64;
        self.unread.extend_from_slice(octets);
    }

    /// The data record in which an octet stands.
    fn record_of(&self, offset: u64) -> Option<usize> {
        let holding = self.records.iter().rev().find(|(start, _)| *start <= offset);
        holding.or(self.records.first()).map(|(_, record)| *record)
    }
}

/// Plays a capture. `see` is given every event.
pub fn play(capture: &Capture, mut see: impl FnMut(&ObserverEvent<'_>)) -> Report {
    let mut player = Player::default();
    let mut index = 0;
    let mut ended = [false; 2];
    for record in &capture.records {
        match record {
            Record::Data(side, octets) => {
                player.direction(*side).show(octets, index);
                player.last = index;
                index += 1;
                player.drain(false, &mut see);
            }
            Record::Eof(side) => {
                ended[*side as usize] = true;
                player.observer.close(*side);
                player.drain(true, &mut see);
            }
        }
    }
    let mut report = player.report;
    report.messages = player.observer.messages();
    report.encrypted = player.observer.is_encrypted();
    report.complete = player.observer.is_ended() && (capture.is_transcript || ended == [true; 2]);
    report.findings.sort_by_key(|(record, _)| *record);
    report
}

#[derive(Default)]
struct Player {
    observer: Observer,
    client: Direction,
    server: Direction,
    /// The last data record.
    last: usize,
    report: Report,
}

impl Player {
    fn direction(&mut self, side: Side) -> &mut Direction {
        match side {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        }
    }

    fn drain(&mut self, closing: bool, see: &mut impl FnMut(&ObserverEvent<'_>)) {
        let (client_octets, server_octets) = (self.client.unread.clone(), self.server.unread.clone());
        let (mut client, mut server) = (&client_octets[..], &server_octets[..]);
        let mut before = client.len();
        while let Some(event) = self.observer.next_event(&mut client, &mut server) {
            let client_at = self.client.shown - client.len() as u64;
            let server_at = self.server.shown - server.len() as u64;
            let line_at = self.client.shown - before as u64;
            before = client.len();
            match &event {
                ObserverEvent::Command { line, .. } => {
                    self.report.commands += 1;
                    let secret = if self.observer.may_be_credential() { Some(0) } else { credential(line) };
                    if let Some(secret) = secret {
                        self.report.secrets.push((line_at + secret as u64, line_at + line.len() as u64));
                    }
                }
                ObserverEvent::Response(line) => self.report.secrets.push((line_at, line_at + line.len() as u64)),
                ObserverEvent::Reply { state, .. } => {
                    self.report.replies += 1;
                    self.report.states.push((server_at, *state));
                }
                ObserverEvent::TlsBegun => self.report.opaque = Some((client_at, server_at)),
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
            see(&event);
        }
        self.client.unread = client.to_vec();
        self.server.unread = server.to_vec();
    }
}

/// Where in a line of AUTH a credential may begin: the verb and the mechanism are none. What stands between them is a space,
/// but a client that is at fault may have written anything that is not printed.
fn credential(line: &[u8]) -> Option<usize> {
    let is_gap = |octet: &u8| !octet.is_ascii_graphic();
    let verb = line.iter().position(|octet| !is_gap(octet))?;
    if Verb::from_bytes(line.get(verb..verb + 4)?) != Verb::Auth {
        return None;
    }
    let mut gaps = line.iter().enumerate().skip(verb).filter(|(_, octet)| is_gap(octet));
    gaps.nth(1).map(|(at, _)| at + 1)
}

/// Does the end of a connection show it, so that no octet does?
fn is_of_the_end(kind: ViolationKind) -> bool {
    use ViolationKind as V;
    matches!(kind, V::ClosedWithoutQuit | V::ChunkTruncated | V::QuitUnanswered | V::ServerClosed | V::LmtpReplyMissing)
}
