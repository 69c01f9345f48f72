//! Recovery: how octets that deviate from the RFCs are read until the next line or reply shows what they were.
//!
//! `server.rs` and `client.rs` read the octets and call this. The file reports nothing.

use super::client::consumed;
use super::{Mode, Pairing};
use crate::codec::LineDecoder;
use crate::observer::rules::form;
use crate::syntax::reply::REPLY_LIMIT;
use core::mem::take;
use memchr::memmem;

/// The way to resolve octets that deviate from the RFCs. There is one at a time, and the next line or reply ends it.
#[derive(Clone, Debug, Default)]
pub(super) enum Recovery {
    #[default]
    None,
    /// The server has answered a line of the client that does not end in CRLF. The line is read again, up to this end.
    Reread(LineEnd),
    /// A reply was due and the server has sent a line that is not a reply line. The client had sent nothing more then.
    /// If the client continues, it has taken that line for the reply.
    Noise,
    /// The octets of the server are not a complete reply, but may be one if a bare LF ends a line. The client had sent
    /// nothing more then. If the client continues, they were a reply. `noise` says that a line as in `Noise` came
    /// before.
    Unfinished { noise: bool },
    /// Further lines of a reply with a wrong line will come, and are dropped. If the client continues when the server has
    /// sent no more, the reply was over.
    Skipping { lines: LineDecoder },
}

/// The end of a line of the client that the server has answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineEnd {
    /// At its bare LF.
    LineFeed,
    /// At the end of the available octets: the line is too long, and was refused before it ended.
    Cut,
}

impl Recovery {
    pub(super) fn has_noise(&self) -> bool {
        matches!(self, Self::Noise | Self::Unfinished { noise: true })
    }

    /// Changes the recovery when no octet of the server is left unread.
    pub(super) fn without_octets(&mut self) {
        if let Self::Unfinished { noise } = *self {
            *self = if noise { Self::Noise } else { Self::None };
        }
    }
}

impl Pairing {
    /// Chooses the recovery from the lines that were taken for a reply. `is_wrong` says that they do not parse as one.
    pub(super) fn recover_from(&mut self, taken: &[u8], is_wrong: bool, client: &[u8]) {
        let numbered = is_numbered(taken);
        let last = || form::lines(taken, false).last().unwrap_or_default();
        let others = self.queue.len() > 1;
        self.recovery = if numbered && is_wrong && announces_more(last(), others) {
            Recovery::Skipping { lines: LineDecoder::new() }
        } else if !numbered && self.waits(client) {
            Recovery::Noise
        } else {
            Recovery::None
        };
    }

    /// Returns the octets to judge of a reply that is longer than the limit, of which `taken` are within it. If a line
    /// begins there, it is put back, unless it is too long itself.
    pub(super) fn cut<'a>(&mut self, taken: &'a [u8], octets: &'a [u8], server: &mut &'a [u8]) -> &'a [u8] {
        let end = memmem::rfind(taken, b"\r\n").map_or(0, |end| end.saturating_add(2));
        let (lines, line) = taken.split_at_checked(end).unwrap_or_default();
        if form::is_too_long(line) {
            // The limit makes this an error, after which the decoder drops the rest of the line.
            _ = self.long_line.decode(&mut &line[..], line.len());
            return taken;
        }
        *server = octets.get(end..).unwrap_or_default();
        lines
    }

    /// Drops the rest of a line that was too long, and the rest of a reply with a wrong line.
    pub(super) fn skip(&mut self, server: &mut &[u8]) {
        if !server.is_empty() {
            self.idle = None;
        }
        loop {
            let octets = *server;
            let is_at_line = self.long_line.catch_up(server);
            if server.len() < octets.len() {
                self.server = self.server.after(consumed(octets, server));
            }
            let Recovery::Skipping { lines } = &mut self.recovery else { return };
            if !is_at_line || server.is_empty() {
                return;
            }
            let octets = *server;
            let line = match lines.decode(server, REPLY_LIMIT) {
                Ok(None) => return,
                Ok(Some(line)) => line,
                Err(_) => {
                    self.long_line = take(lines);
                    consumed(octets, server)
                }
            };
            self.server = self.server.after(consumed(octets, server));
            if !announces_more(line, !self.queue.is_empty()) {
                self.recovery = Recovery::None;
            }
        }
    }

    /// Notes that the server has sent no more.
    pub(super) fn without_octets(&mut self, client: &[u8]) {
        self.recovery.without_octets();
        if self.idle.is_none() && self.drops() {
            self.idle = Some(!self.continues(client));
        }
    }

    /// Returns `true` if octets of the server are dropped which may end before a CRLF or a last line.
    fn drops(&self) -> bool {
        matches!(self.recovery, Recovery::Skipping { .. }) || self.long_line.awaits_crlf_after_lf()
    }

    /// Returns `true` if the client has sent the next line, or more of its content.
    fn continues(&mut self, client: &[u8]) -> bool {
        match self.mode {
            Mode::Lines => self.line_feed_of(client).is_some(),
            _ => !client.is_empty(),
        }
    }

    /// Ends what is dropped if the client continues after its last line. It has taken that for the last.
    pub(super) fn end_skipping(&mut self, client: &[u8]) {
        if self.idle == Some(true) && self.drops() && self.continues(client) {
            self.idle = None;
            self.long_line = LineDecoder::new();
            if matches!(self.recovery, Recovery::Skipping { .. }) {
                self.recovery = Recovery::None;
            }
        }
    }

    /// Returns `true` if something waits for a reply, and the client has sent no further line.
    fn waits(&mut self, client: &[u8]) -> bool {
        !self.queue.is_empty() && matches!(self.mode, Mode::Lines) && !self.continues(client)
    }

    /// Notes that a reply is incomplete. `unread` is the number of unread octets of the server.
    pub(super) fn note_unfinished(&mut self, client: &[u8], unread: usize) {
        let shown = self.server.after_text(unread).offset;
        if shown > self.shown {
            self.shown = shown;
            self.recovery.without_octets();
            if self.waits(client) {
                self.recovery = Recovery::Unfinished { noise: self.recovery.has_noise() };
            }
        }
    }
}

/// Returns `true` if more lines of the same reply follow this line of a wrong reply. A line without a code is not the
/// last, unless `others` wait for replies: the next line may be that of another reply then.
fn announces_more(line: &[u8], others: bool) -> bool {
    if is_numbered(line) { line.get(3) == Some(&b'-') } else { !others }
}

/// Returns `true` if a line begins with three digits, so that it was meant to be a line of a reply.
pub(super) fn is_numbered(line: &[u8]) -> bool {
    line.get(..3).is_some_and(|code| code.iter().all(u8::is_ascii_digit))
}

/// Returns the octets that may belong to one reply.
pub(super) fn within_limit(octets: &[u8]) -> &[u8] {
    octets.get(..REPLY_LIMIT).unwrap_or(octets)
}
