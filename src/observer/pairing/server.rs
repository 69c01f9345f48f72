//! Reads the octets of the server: replies, and which command each answers. The rules in `observer/rules` judge them.

use super::client::consumed;
use super::line_fed::{self, LineFed};
use super::recovery::{LineEnd, Recovery, is_numbered, within_limit};
use super::{Closed, Ending, Mode, Pairing, Surplus};
use crate::codec::{COMMAND_LINE_LIMIT, ReplyDecoder};
use crate::observer::exchange::{Place, Sent};
use crate::observer::facts::Facts;
use crate::observer::rules::form;
use crate::observer::violation::ViolationKind as V;
use crate::observer::{Observer, ObserverEvent};
use crate::session::{Action, State};
use crate::syntax::{Expected, Extension, Grammar, Part, ReplyClass, ReplyCode, SyntaxError};
use alloc::vec::Vec;
use core::mem::take;

use super::chunk::ChunkLines;

/// What a reply answers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum To {
    /// Nothing that waits for a reply.
    Nothing,
    /// A line of a chunk that the server read as a command.
    LineOfChunk,
    /// This action. `more` says that more replies to it are due.
    Sent { sent: Sent, more: bool },
}

impl To {
    pub(crate) fn sent(&self) -> Option<&Sent> {
        if let Self::Sent { sent, .. } = self { Some(sent) } else { None }
    }

    fn action(&self) -> Option<Action> {
        match self {
            Self::Nothing => None,
            Self::LineOfChunk => Some(Action::Other),
            Self::Sent { sent, .. } => Some(sent.action),
        }
    }
}

/// The result of a look at the octets of the server.
pub(crate) enum Seen<'a> {
    Event(ObserverEvent<'a>),
    Nothing,
    /// The octets of the client must be read again first: their meaning has changed.
    Reread,
}

impl Pairing {
    /// Returns `true` if more replies to the content of a message are due after this one. LMTP has one for each
    /// recipient.
    fn awaits_more(&mut self, code: Option<ReplyCode>, facts: &Facts) -> bool {
        let accepted = code.is_some_and(|code| code.class() == ReplyClass::Success);
        // A command that the server does not know, or cannot parse, has one reply.
        let each = |sent: &Sent| match sent.action {
            Action::BdatLast => accepted || sent.replies > 0 || facts.owes_chunk(sent.sound),
            Action::BurlLast => accepted || sent.replies > 0 || facts.offers(Extension::Burl),
            _ => true,
        };
        let each = self.queue.front().is_some_and(|sent| sent.ends_message() && each(sent));
        let Some(front) = self.queue.front_mut().filter(|_| each) else { return false };
        front.replies = front.replies.saturating_add(1);
        front.replies < facts.transaction.recipients && code != Some(ReplyCode::SERVICE_NOT_AVAILABLE)
    }

    /// Returns `true` if a reply answers a line of a chunk.
    #[cold]
    fn is_of_chunk(&mut self, code: ReplyCode, facts: &mut Facts) -> bool {
        if let Some(before) = self.queue.position(code) {
            // Only a command can have this reply. The replies to the commands before it were taken for replies to
            // lines.
            self.chunk_lines = ChunkLines::default();
            facts.unclear |= before > 0;
            for _ in 0..before {
                self.queue.pop();
            }
            return false;
        }
        // A server that closes the connection without a QUIT of the client has read QUIT in a chunk.
        let closes = code == ReplyCode::SERVICE_CLOSING;
        facts.ended |= closes;
        self.chunk_lines.take(self.queue.front(), code) || closes
    }

    /// Removes LMTP content from the queue that seems to wait for replies, but has had all replies that will come.
    fn pass_content(&mut self, code: Option<ReplyCode>, facts: &mut Facts) {
        // RFC 5321 section 4.3.1: the client must wait for all replies to the content of LMTP, and the violation was
        // reported. It has taken the content for answered, and so has the server, unless the other replies come after
        // the reply to the next command.
        let went_on = !facts.may_offer(Extension::Pipelining) && code != Some(ReplyCode::SERVICE_NOT_AVAILABLE);
        if let Some(sent) = self.queue.front().copied().filter(|sent| sent.replies > 0 && went_on) {
            self.surplus = match facts.transaction.recipients.saturating_sub(sent.replies) {
                replies @ 1.. if !facts.unclear => Surplus::Owed { replies, too_many: false },
                _ => Surplus::None,
            };
            self.queue.pop();
            facts.clear_transaction();
        }
        // RFC 2033 section 4.3: BDAT LAST without accepted recipients has no reply. A server may refuse it, but cannot
        // accept it.
        let has_none = facts.transaction.recipients == 0 && self.queue.len() > 1;
        if has_none && self.queue.front().is_some_and(|sent| sent.action == Action::BdatLast) {
            if code.is_some_and(|code| code.class() == ReplyClass::Success) {
                self.queue.pop();
                facts.end_message();
            }
            self.excuses_one |= self.queue.front().is_some_and(|sent| sent.action == Action::BdatLast);
        }
    }

    /// Returns the end of the client's line that a reply answers although no command waits for one. Returns `None` if the
    /// reply does not answer a line.
    fn ends_otherwise(&mut self, client: &[u8], code: Option<ReplyCode>, state: State) -> Option<LineEnd> {
        if !matches!(self.mode, Mode::Lines) || code == Some(ReplyCode::SERVICE_NOT_AVAILABLE) || state == State::Closed
        {
            return None;
        }
        // A line that is too long may be refused before it ends.
        if code.is_some_and(|code| code.class().is_failure()) && client.len() >= COMMAND_LINE_LIMIT {
            return Some(LineEnd::Cut);
        }
        // It may be the reply to a line of a chunk.
        if self.chunk_lines.may_come() || self.client.offset < self.chunk_until {
            return None;
        }
        self.line_feed_of(client).map(|_| LineEnd::LineFeed)
    }
}

impl Observer {
    /// Returns the next event from the server's octets, if the client's octets give none.
    pub(crate) fn server_event<'a>(&mut self, client: &mut &'a [u8], server: &mut &'a [u8]) -> Seen<'a> {
        let pairing = &mut self.pairing;
        if let Mode::Opaque { greeted } = pairing.mode {
            let at = pairing.server;
            pairing.server = at.after(server);
            if !greeted && !server.is_empty() && self.facts.encrypted {
                // In TLS the client speaks first.
                pairing.mode = Mode::Opaque { greeted: true };
                self.report(V::PlaintextAfterStartTls, at);
            }
            *server = &[];
            return Seen::Nothing;
        }
        pairing.skip(server);
        if server.is_empty() {
            pairing.without_octets(client);
            return Seen::Nothing;
        }
        if matches!(pairing.recovery, Recovery::Skipping { .. }) {
            return Seen::Nothing;
        }
        let octets = *server;
        let common = pairing.replies.decode_if_common(server, Grammar::ANY_REPLY_TEXT);
        let is_common = common.is_some();
        let reply = match common {
            Some(reply) => Ok(reply),
            None => {
                if let Some((end, true)) = pairing.line_fed.find(within_limit(octets)) {
                    return Seen::Event(self.take_line_fed(end, client, server));
                }
                let Some(reply) = pairing.replies.decode(server, Grammar::ANY_REPLY_TEXT).transpose() else {
                    pairing.note_unfinished(client, octets.len());
                    return Seen::Nothing;
                };
                reply
            }
        };
        pairing.recovery.without_octets();
        let taken = consumed(octets, server);
        let code = form::code(taken);
        if pairing.queue.is_empty() && self.reads_more(client, code) {
            *server = octets;
            return Seen::Reread;
        }
        let pairing = &mut self.pairing;
        pairing.line_fed = LineFed::default();
        let is_cut = reply.as_ref().is_err_and(form::is_over_limit);
        let taken = if is_cut { pairing.cut(taken, octets, server) } else { taken };
        let numbered = is_numbered(taken);
        pairing.recover_from(taken, reply.is_err(), client);
        let at = pairing.server;
        let one_line = is_common && form::is_last_line(taken);
        pairing.server = if one_line { at.after_line(taken.len()) } else { at.after(taken) };
        let to = if numbered { self.take(code) } else { To::Nothing };
        let is_right = self.form(&to, code, taken, &reply, is_common, at);
        self.answered(client, &to, code, reply.as_ref().ok(), is_right, at);
        Seen::Event(ObserverEvent::Reply { octets: taken, reply, to: to.action(), state: self.facts.state })
    }

    /// Returns what a reply answers. The action stays in flight while more replies to it are due.
    fn take(&mut self, code: Option<ReplyCode>) -> To {
        let (pairing, facts) = (&mut self.pairing, &mut self.facts);
        if pairing.chunk_lines.may_come() && code.is_some_and(|code| pairing.is_of_chunk(code, facts)) {
            return To::LineOfChunk;
        }
        if facts.lmtp && pairing.queue.len() > 1 {
            pairing.pass_content(code, facts);
        }
        if let Some(before) = code.and_then(|code| pairing.queue.position(code)) {
            self.miss_replies(before);
        }
        let pairing = &mut self.pairing;
        if self.facts.lmtp && pairing.awaits_more(code, &self.facts) {
            return pairing.queue.front().map_or(To::Nothing, |sent| To::Sent { sent: *sent, more: true });
        }
        let sent = pairing.queue.pop();
        pairing.excuses_one &= !pairing.queue.is_empty();
        sent.map_or(To::Nothing, |sent| To::Sent { sent, more: false })
    }

    /// Reports missing replies: the reply can only answer a later command in flight, so the `before` commands in front
    /// of it had none.
    fn miss_replies(&mut self, before: usize) {
        let astray = take(&mut self.pairing.astray);
        for _ in 0..before {
            let Some(sent) = self.pairing.queue.pop() else { return };
            if !take(&mut self.pairing.excuses_one) && !self.facts.unclear && !astray {
                let kind = if sent.replies > 0 { V::LmtpReplyMissing } else { V::ReplyMissing };
                self.report(kind, self.pairing.server);
            }
        }
    }

    /// Returns the reply if the client has taken lines of the server that a bare LF ends for a reply, because it
    /// continues after them. Does the same if the server has closed the connection after such lines.
    pub(crate) fn line_fed_reply<'a>(&mut self, client: &[u8], server: &mut &'a [u8]) -> Option<ObserverEvent<'a>> {
        let pairing = &mut self.pairing;
        let closing = pairing.server_closed == Closed::AfterReply;
        if !matches!(pairing.recovery, Recovery::Unfinished { .. })
            || pairing.long_line.is_discarding()
            || !(closing || pairing.line_feed_of(client).is_some())
        {
            return None;
        }
        // The octets that the client has sent since then were not sent too early.
        let then = &mut &[][..];
        let event = match pairing.line_fed.find(within_limit(server)) {
            Some(_) if pairing.queue.is_empty() => None,
            Some((end, _)) => Some(self.take_line_fed(end, then, server)),
            // There may also be an ordinary reply after such a one.
            None => match self.server_event(then, server) {
                Seen::Event(event) => Some(event),
                Seen::Nothing | Seen::Reread => None,
            },
        };
        let pairing = &mut self.pairing;
        pairing.recovery.without_octets();
        if event.is_some() && !server.is_empty() && !matches!(pairing.recovery, Recovery::Skipping { .. }) {
            pairing.recovery = Recovery::Unfinished { noise: pairing.recovery.has_noise() };
        } else if closing {
            self.close_server();
        }
        event
    }

    /// Returns the event of a reply whose lines, up to `end`, do not all end in CRLF.
    fn take_line_fed<'a>(&mut self, end: usize, client: &mut &[u8], server: &mut &'a [u8]) -> ObserverEvent<'a> {
        let (taken, rest) = server.split_at_checked(end).unwrap_or_default();
        *server = rest;
        let pairing = &mut self.pairing;
        pairing.replies = ReplyDecoder::new();
        pairing.line_fed = LineFed::default();
        pairing.recovery = match pairing.recovery {
            Recovery::Unfinished { .. } => Recovery::Unfinished { noise: false },
            _ => Recovery::None,
        };
        let at = pairing.server;
        pairing.server = at.after(taken);
        if pairing.judges_server() {
            let text = taken.get(..line_fed::feed(taken)).unwrap_or_default();
            self.report(V::BareLineEndingInReply, at.after(text));
        }
        let code = form::code(taken);
        let to = self.take(code);
        let proper: Vec<u8> = line_fed::fed_lines(taken).flat_map(|line| [line, b"\r\n"].concat()).collect();
        let reply = ReplyDecoder::new().decode(&mut &proper[..], Grammar::ANY_REPLY_TEXT).ok().flatten();
        self.answered(client, &to, code, reply.as_ref(), false, at);
        let error = SyntaxError::new(Expected::EndOfLine, Part::Argument, 0);
        ObserverEvent::Reply { octets: taken, reply: Err(error), to: to.action(), state: self.facts.state }
    }

    /// Returns `true` if a reply that nothing waits for changes the meaning of the client's octets.
    fn reads_more(&mut self, client: &[u8], code: Option<ReplyCode>) -> bool {
        if let Some(end) = self.pairing.ends_otherwise(client, code, self.facts.state) {
            self.pairing.recovery = Recovery::Reread(end);
            if end == LineEnd::LineFeed {
                self.report(V::LineFeedAccepted, self.pairing.server);
                // The line itself is a violation of the client.
                let line = memchr::memchr(b'\n', client).and_then(|end| client.get(..end)).unwrap_or_default();
                self.report(V::BareLineEndingInCommand, self.pairing.client.after(line));
            }
            return true;
        }
        code.is_some_and(|code| self.decide(client, code))
    }

    /// Judges a reply that nothing waits for.
    pub(crate) fn unsolicited(&mut self, code: ReplyCode, at: Place) {
        let pairing = &mut self.pairing;
        if code == ReplyCode::SERVICE_NOT_AVAILABLE {
            if matches!(pairing.surplus, Surplus::Owed { .. }) {
                pairing.surplus = Surplus::None;
            }
            self.facts.state = State::Closed;
            self.facts.ended = true;
            self.end_doubt();
            return;
        }
        if let Surplus::Owed { replies, too_many } = pairing.surplus {
            pairing.surplus = match replies.saturating_sub(1) {
                0 if too_many => Surplus::TooMany,
                0 => Surplus::None,
                replies => Surplus::Owed { replies, too_many },
            };
            return;
        }
        let of_chunk = matches!(pairing.mode, Mode::Undecided(_)) || pairing.client.offset < pairing.chunk_until;
        if !pairing.judges_server() || of_chunk || self.facts.unclear || self.facts.takes_no_mail() {
            return;
        }
        let in_content = matches!(pairing.mode, Mode::Content(..));
        let (ending, kind) = match pairing.ending {
            Ending::Lookalike => (Ending::Misread, Some(V::EndOfDataMisread)),
            Ending::Certain if in_content => (Ending::Interrupted, Some(V::EndOfDataMisread)),
            Ending::Interrupted if in_content => (Ending::Interrupted, None),
            Ending::Misread => (Ending::Misread, None),
            other if pairing.surplus == Surplus::TooMany => (other, Some(V::LmtpReplyTooMany)),
            other => (other, Some(V::UnsolicitedReply)),
        };
        pairing.ending = ending;
        self.report_if(kind, at);
    }
}
