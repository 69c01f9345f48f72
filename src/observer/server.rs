//! What the server sends, and what it answers.

use super::chunk::ChunkLines;
use super::client::consumed;
use super::facts::Place;
use super::form::{self, LineFed, Rules};
use super::in_flight::InFlight;
use super::violation::ViolationKind as V;
use super::{Mode, Observer, ObserverEvent};
use crate::codec::{COMMAND_LINE_LIMIT, LineDecoder, ReplyDecoder};
use crate::session::{Action, State};
use crate::syntax::{Expected, Extension, Grammar, Part, Reply, ReplyClass, ReplyCode, SyntaxError};
use alloc::vec::Vec;
use core::mem::take;

impl Observer {
    /// The next event from the server's octets, when the client's can give none.
    pub(super) fn server_event<'a>(
        &mut self,
        client: &mut &'a [u8],
        server: &mut &'a [u8],
    ) -> Option<ObserverEvent<'a>> {
        if let Mode::Opaque { greeted } = self.mode {
            if !greeted && !server.is_empty() && self.session.encrypted {
                // In TLS the client speaks first.
                self.report(V::PlaintextBehindStartTls, self.server);
                self.mode = Mode::Opaque { greeted: true };
            }
            self.server = self.server.behind(server);
            *server = &[];
            return None;
        }
        self.skip(server);
        if server.is_empty() {
            self.line_feed_answer = false;
            return None;
        }
        if self.skipping.is_some() {
            return None;
        }
        let octets = *server;
        let before = self.in_flight.is_empty().then(|| self.replies.clone());
        let common = self.replies.decode_if_common(server, Grammar::ANY_REPLY_TEXT);
        let is_common = common.is_some();
        let reply = match common {
            Some(reply) => Ok(reply),
            None => {
                let line_fed = self.line_fed.find(octets);
                if let Some((end, true)) = line_fed {
                    return Some(self.take_line_fed(end, client, server));
                }
                let Some(reply) = self.replies.decode(server, Grammar::ANY_REPLY_TEXT).transpose() else {
                    let shown = self.server.offset.saturating_add(octets.len() as u64);
                    // What stood there before the client sent its command is no answer to it.
                    if shown > self.shown {
                        self.shown = shown;
                        self.line_feed_answer = self.waits(client);
                    }
                    return None;
                };
                reply
            }
        };
        self.line_feed_answer = false;
        let taken = consumed(octets, server);
        let code = form::code(taken);
        if let Some(before) = before {
            if self.finds_more(client, code) {
                // What the client has sent reads differently now, and comes first.
                *server = octets;
                self.replies = before;
                self.reread = true;
                return None;
            }
        }
        self.line_fed = LineFed::default();
        let numbered = taken.get(..3).is_some_and(|code| code.iter().all(u8::is_ascii_digit));
        self.noise = !numbered && self.waits(client);
        let at = self.server;
        let one_line = is_common && form::is_last_line(taken);
        self.server = if one_line { at.behind_line(taken.len()) } else { at.behind(taken) };
        if reply.is_err() && numbered {
            let last = form::lines(taken, false).last().unwrap_or_default();
            self.skipping = (last.get(3) == Some(&b'-')).then(LineDecoder::new);
        }
        let to = if numbered { self.take(code) } else { None };
        if !self.client_closed {
            let rules = self.form_of(to.as_ref(), code);
            let mut found = Vec::new();
            let report = &mut |kind, at| found.push((kind, at));
            match &reply {
                Ok(_) => form::look(taken, at, is_common, rules, report),
                Err(error) => report(form::no_reply(taken, *error), at),
            }
            for (kind, at) in found {
                self.report(kind, at);
            }
        }
        self.answered(client, to.as_ref(), code, reply.as_ref().ok(), at);
        Some(ObserverEvent::Reply { octets: taken, reply, to: to.map(|one| one.action), state: self.session.state })
    }

    /// Does something wait for a reply, and has the client sent no further line?
    fn waits(&mut self, client: &[u8]) -> bool {
        !self.in_flight.is_empty() && matches!(self.mode, Mode::Lines) && self.line_feed_of(client).is_none()
    }

    /// The client goes on behind lines of the server that a bare LF ends: it has taken them for the reply. Or the server has
    /// closed the connection, and meant them for one.
    pub(super) fn line_feed_reply<'a>(&mut self, client: &[u8], server: &mut &'a [u8]) -> Option<ObserverEvent<'a>> {
        if !self.line_feed_answer || !(self.server_closing || self.line_feed_of(client).is_some()) {
            return None;
        }
        // What the client has sent since was not sent too early.
        let then = &mut &[][..];
        let event = match self.line_fed.find(server) {
            Some(_) if self.in_flight.is_empty() => None,
            Some((end, _)) => Some(self.take_line_fed(end, then, server)),
            // A reply behind such a one stood there too.
            None => self.server_event(then, server),
        };
        self.line_feed_answer = event.is_some() && !server.is_empty();
        if self.server_closing && !self.line_feed_answer {
            self.close_server();
        }
        event
    }

    /// The reply whose lines, up to `end`, are not all ended by CRLF.
    fn take_line_fed<'a>(&mut self, end: usize, client: &mut &[u8], server: &mut &'a [u8]) -> ObserverEvent<'a> {
        let (taken, rest) = server.split_at_checked(end).unwrap_or_default();
        *server = rest;
        self.replies = ReplyDecoder::new().with_limit(u32::MAX);
        self.line_fed = LineFed::default();
        self.noise = false;
        let at = self.server;
        self.server = at.behind(taken);
        if !self.client_closed {
            let text = form::feed(taken);
            self.report(V::BareLineEndingInReply, at.behind(taken.get(..text).unwrap_or_default()));
        }
        let code = form::code(taken);
        let to = self.take(code);
        let proper: Vec<u8> = form::fed_lines(taken).flat_map(|line| [line, b"\r\n"].concat()).collect();
        let reply = ReplyDecoder::new().decode(&mut &proper[..], Grammar::ANY_REPLY_TEXT).ok().flatten();
        self.answered(client, to.as_ref(), code, reply.as_ref(), at);
        let error = SyntaxError::new(Expected::EndOfLine, Part::Argument, 0);
        ObserverEvent::Reply {
            octets: taken,
            reply: Err(error),
            to: to.map(|one| one.action),
            state: self.session.state,
        }
    }

    /// A reply, and what it answers.
    fn answered(
        &mut self,
        client: &mut &[u8],
        to: Option<&InFlight>,
        code: Option<ReplyCode>,
        reply: Option<&Reply<'_>>,
        at: Place,
    ) {
        let judged = !self.client_closed;
        match (to, code) {
            (Some(one), Some(code)) if one.of_chunk => {
                // The line may have done something: begun a transaction, or cleared one.
                self.session.unclear |= !code.class().is_failure();
                if code == ReplyCode::SERVICE_NOT_AVAILABLE {
                    self.apply(one, code, reply, at);
                }
            }
            (Some(one), Some(code)) => {
                if judged {
                    self.look_at_answer(one, code, reply, at);
                }
                self.early_allowed = self.session.offers(Extension::Pipelining);
                let recipients = self.session.transaction.recipients;
                self.apply(one, code, reply, at);
                if one.is_bdat {
                    self.look_at_chunk(one, code, client.len(), recipients);
                }
                self.look_ahead(client, one);
            }
            (None, Some(code)) => self.unsolicited(code, judged, at),
            _ => {}
        }
    }

    /// Nothing waits for a reply and one is there. Is there something in the client's octets that it answers?
    fn finds_more(&mut self, client: &[u8], code: Option<ReplyCode>) -> bool {
        match self.mode {
            Mode::Undecided(_) => self.decide(client, code),
            Mode::Lines if code != Some(ReplyCode::SERVICE_NOT_AVAILABLE) && self.session.state != State::Closed => {
                // A line that is too long may be refused before it has ended.
                let refused = code.is_some_and(|code| code.class().is_failure());
                self.cut_short = refused && client.len() >= COMMAND_LINE_LIMIT;
                if self.cut_short {
                    return true;
                }
                // A line of a chunk may have it.
                if self.chunk_lines.may_come() || self.client.offset < self.chunk_until {
                    return false;
                }
                let Some(end) = self.line_feed_of(client) else { return false };
                self.line_feed = true;
                self.report(V::LineFeedAccepted, self.server);
                // The line itself has the fault of the client.
                let at = self.client.behind(client.get(..end).unwrap_or_default());
                self.report(V::BareLineEndingInCommand, at);
                true
            }
            _ => false,
        }
    }

    /// Drops the rest of a reply whose lines have different codes.
    fn skip(&mut self, server: &mut &[u8]) {
        while let Some(lines) = &mut self.skipping {
            let octets = *server;
            let Ok(Some(line)) = lines.decode(server, usize::MAX) else { return };
            self.server = self.server.behind(consumed(octets, server));
            if line.get(3) != Some(&b'-') {
                self.skipping = None;
            }
        }
    }

    /// What a reply answers; it stays in flight while more replies to it are due.
    fn take(&mut self, code: Option<ReplyCode>) -> Option<InFlight> {
        if self.chunk_lines.may_come() {
            let of_chunk = code.and_then(|code| self.take_of_chunk(code));
            if of_chunk.is_some() {
                return of_chunk;
            }
        }
        self.resynchronize(code);
        if self.session.lmtp && self.awaits_more(code) {
            return self.in_flight.front().copied();
        }
        let one = self.in_flight.pop();
        self.unsure &= !self.in_flight.is_empty();
        one
    }

    /// Does this reply leave others due to the content of a message, which has one for each recipient in LMTP?
    fn awaits_more(&mut self, code: Option<ReplyCode>) -> bool {
        let accepted = code.is_some_and(|code| code.class() == ReplyClass::Success);
        // What the server does not know, or cannot read, has one reply.
        let each = |one: &InFlight| match one.action {
            Action::BdatLast => accepted || one.replies > 0 || self.is_chunk_owed(one),
            Action::BurlLast => accepted || one.replies > 0 || self.session.offers(Extension::Burl),
            _ => true,
        };
        let each = self.in_flight.front().is_some_and(|one| one.ends_message() && each(one));
        let Some(front) = self.in_flight.front_mut().filter(|_| each) else { return false };
        front.replies = front.replies.saturating_add(1);
        front.more =
            front.replies < self.session.transaction.recipients && code != Some(ReplyCode::SERVICE_NOT_AVAILABLE);
        front.more
    }

    /// The line of a chunk that a reply answers, if it does.
    #[cold]
    fn take_of_chunk(&mut self, code: ReplyCode) -> Option<InFlight> {
        if let Some(before) = self.in_flight.position(code) {
            // Only a command can have it. What stands before it has had replies that were taken for those of lines.
            self.chunk_lines = ChunkLines::default();
            self.session.unclear |= before > 0;
            for _ in 0..before {
                self.in_flight.pop();
            }
            return None;
        }
        // One that closes the connection without QUIT has read QUIT in a chunk.
        let closes = code == ReplyCode::SERVICE_CLOSING;
        self.session.ended |= closes;
        if !self.chunk_lines.take(self.in_flight.front(), code) && !closes {
            return None;
        }
        let mut one = InFlight::new(Action::Other, self.client);
        one.of_chunk = true;
        Some(one)
    }

    /// A reply that the first command in flight cannot have, and a later one can: the ones before were not answered.
    fn resynchronize(&mut self, code: Option<ReplyCode>) {
        // RFC 5321 section 4.3.1: the client waits for all replies to the content of LMTP, and its fault was reported. It has
        // taken the content for answered, and so has the server, unless the rest comes behind the reply to what was sent.
        let went_on = !self.session.offers(Extension::Pipelining)
            && self.in_flight.len() > 1
            && code != Some(ReplyCode::SERVICE_NOT_AVAILABLE);
        if let Some(one) = self.in_flight.front().copied().filter(|one| one.replies > 0 && went_on) {
            let owed = self.session.transaction.recipients.saturating_sub(one.replies);
            self.owed = if self.session.unclear { 0 } else { owed };
            self.in_flight.pop();
            self.finish_transaction();
        }
        // RFC 2033 section 4.3: BDAT LAST without accepted recipients has no reply. Some servers refuse it; none accepts it.
        let without_reply = self.session.lmtp
            && self.session.transaction.recipients == 0
            && self.in_flight.len() > 1
            && self.in_flight.front().is_some_and(|one| one.action == Action::BdatLast);
        if without_reply && code.is_some_and(|code| code.class() == ReplyClass::Success) {
            self.in_flight.pop();
            self.session.state = State::Ready;
            self.finish_transaction();
        }
        self.unsure |= without_reply && self.in_flight.front().is_some_and(|one| one.action == Action::BdatLast);
        let Some(before) = code.and_then(|code| self.in_flight.position(code)) else { return };
        let astray = take(&mut self.session.astray);
        for _ in 0..before {
            let Some(one) = self.in_flight.pop() else { return };
            if take(&mut self.unsure) || self.session.unclear || astray {
                continue;
            }
            self.report(if one.replies > 0 { V::LmtpReplyMissing } else { V::ReplyMissing }, self.server);
        }
    }

    fn form_of(&self, to: Option<&InFlight>, code: Option<ReplyCode>) -> Rules {
        if self.is_astray() {
            return Rules { offers_utf8: true, utf8: true, ..Rules::default() };
        }
        let action = to.map(|one| one.action);
        // XCLIENT brings the greeting of a new session.
        let greeting = action == Some(Action::Greeting);
        let anew = action == Some(Action::Xclient);
        let hello = matches!(action, Some(Action::Helo | Action::Ehlo | Action::Lhlo));
        let intermediate = code.is_some_and(|code| code.class() == ReplyClass::Intermediate);
        let address = matches!(code.map(ReplyCode::get), Some(251 | 551)) && self.session.transaction.mail.smtputf8;
        Rules {
            greeting,
            offer: code == Some(ReplyCode::OK) && matches!(action, Some(Action::Ehlo | Action::Lhlo)),
            enhanced: self.session.enhanced && !greeting && !anew && !hello && !intermediate,
            offers_utf8: self.session.offers(Extension::SmtpUtf8),
            utf8: address || to.is_some_and(|one| one.smtputf8),
            mail: matches!(action, Some(Action::Mail | Action::Rcpt)),
        }
    }
}
