//! The ends of the two directions: what a close leaves unfinished, and which side it is held against.

use super::recovery::Recovery;
use super::{ClientClosed, Closed, Mode, Pairing, Surplus};
use crate::codec::{COMMAND_LINE_LIMIT, LineDecoder};
use crate::observer::rules::{form, order};
use crate::observer::violation::ViolationKind as V;
use crate::observer::{Observer, ObserverEvent};
use crate::session::State;
use crate::syntax::{Expected, Part, SyntaxError};
use core::mem::{replace, take};

impl Pairing {
    /// Returns `true` if the client has closed, and its end is not judged yet.
    pub(crate) fn is_closing(&self) -> bool {
        matches!(self.client_closed, ClientClosed::Unjudged { .. })
    }

    /// Returns the unread octets that the client sent before it closed, if its end is not judged yet. What is shown after
    /// them has no meaning for that.
    #[inline]
    pub(crate) fn until_close<'a>(&mut self, client: &'a [u8]) -> Option<&'a [u8]> {
        if self.server_closed == Closed::No && !self.is_closing() {
            return None;
        }
        let shown = self.client.after_text(client.len()).offset;
        if self.server_closed != Closed::No {
            self.heard.get_or_insert(shown);
        }
        let ClientClosed::Unjudged { end, .. } = &mut self.client_closed else { return None };
        let end = *end.get_or_insert(shown);
        let length = usize::try_from(end.saturating_sub(self.client.offset)).unwrap_or(usize::MAX);
        Some(client.get(..length).unwrap_or(client))
    }

    /// Returns `true` if a reply can give a meaning to the unread octets of the client, although no more of them come.
    fn may_read_later(&mut self, client: &[u8]) -> bool {
        match self.mode {
            Mode::Undecided(_) => !client.is_empty(),
            // The server may answer a line that a bare LF ends, or refuse one that is too long.
            Mode::Lines if !client.is_empty() => {
                self.waits_for_reply() || client.len() >= COMMAND_LINE_LIMIT || self.line_feed_of(client).is_some()
            }
            _ => false,
        }
    }

    /// Returns `true` if the client has closed, and no reply can give a meaning to its unread octets.
    fn is_over(&mut self, client: &[u8]) -> bool {
        self.is_closing() && (self.server_closed == Closed::Yes || !self.may_read_later(client))
    }
}

impl Observer {
    /// Notes that the client has closed its direction. [`end_client`](Self::end_client) judges it.
    pub(crate) fn close_client(&mut self) {
        let pairing = &mut self.pairing;
        if pairing.client_closed == ClientClosed::No {
            pairing.client_closed = ClientClosed::Unjudged { first: pairing.server_closed == Closed::No, end: None };
        }
    }

    /// Returns the line that the client has left without its CRLF, if it has closed.
    pub(crate) fn rest_of_line<'a>(&mut self, client: &mut &'a [u8]) -> Option<ObserverEvent<'a>> {
        let pairing = &mut self.pairing;
        let is_line = pairing.is_over(client)
            && !client.is_empty()
            && matches!(pairing.mode, Mode::Lines)
            && !pairing.waits_for_reply()
            && pairing.client.offset >= pairing.chunk_until;
        if !is_line {
            return None;
        }
        let (line, at) = (take(client), pairing.client);
        let heard = pairing.heard.and_then(|heard| usize::try_from(heard.saturating_sub(at.offset)).ok());
        pairing.client = at.after(line);
        pairing.lines = LineDecoder::new();
        let is_response = self.facts.state == State::Auth;
        let judged = heard.and_then(|heard| line.get(..heard)).unwrap_or(line);
        // A CR at the end may be that of its CRLF.
        if form::has_bare(judged.strip_suffix(b"\r").unwrap_or(judged)) {
            self.report(if is_response { V::ResponseNotBase64 } else { V::BareLineEndingInCommand }, at);
        }
        if is_response {
            return Some(ObserverEvent::Response(line));
        }
        let end = u32::try_from(line.len()).unwrap_or(u32::MAX);
        let command = Err(SyntaxError::new(Expected::EndOfLine, Part::Argument, end));
        self.credentials.note(line, &command);
        Some(ObserverEvent::Command { line, command })
    }

    /// Judges the end of the client if it has closed, and no reply can give a meaning to the octets that are left.
    /// Returns `true` if it does.
    pub(crate) fn end_client(&mut self, client: &[u8]) -> bool {
        let pairing = &mut self.pairing;
        let ClientClosed::Unjudged { first, .. } = pairing.client_closed else { return false };
        if !pairing.is_over(client) {
            return false;
        }
        pairing.client_closed = ClientClosed::Yes;
        let at = pairing.client;
        // The client has not had a greeting, and has sent no line.
        let unheard = pairing.queue.awaits_greeting() && pairing.queue.len() == 1;
        // What they are depends on a reply that has not come: those after AUTH may be a response or QUIT.
        let unknown = matches!(pairing.mode, Mode::Lines) && !client.is_empty() && pairing.waits_for_reply();
        let excused = !first || unheard || unknown || matches!(pairing.mode, Mode::Opaque { .. });
        let in_chunk = matches!(pairing.mode, Mode::Chunk { .. });
        let fault = order::closed_by_client(in_chunk, &self.facts).filter(|_| !excused);
        self.report_if(fault, at);
        true
    }

    /// Notes that the server has closed its direction.
    pub(crate) fn close_server(&mut self) {
        // The unread octets may be a last reply, which comes first.
        if matches!(self.pairing.recovery, Recovery::Unfinished { .. }) && self.pairing.server_closed == Closed::No {
            self.pairing.server_closed = Closed::AfterReply;
            return;
        }
        let at = self.pairing.server;
        if matches!(self.pairing.surplus, Surplus::Owed { .. }) {
            self.pairing.surplus = Surplus::None;
            self.report(V::LmtpReplyMissing, at);
        }
        self.end_doubt();
        let pairing = &mut self.pairing;
        let before = replace(&mut pairing.server_closed, Closed::Yes);
        if before == Closed::Yes || matches!(pairing.mode, Mode::Opaque { .. }) {
            return;
        }
        let lacks_reply = pairing.queue.front().is_some_and(|sent| sent.replies > 0) && !self.facts.unclear;
        let fault = order::closed_by_server(pairing.queue.has_quit(), &self.facts);
        // A client that has closed ends the session, even if its last octets are still unread.
        let fault = fault.filter(|kind| *kind != V::ServerClosed || pairing.client_closed == ClientClosed::No);
        if let Mode::Undecided(undecided) = pairing.mode {
            if !self.facts.ended && !self.facts.takes_no_mail() {
                pairing.read_chunk(undecided.bdat);
            }
        }
        self.report_if(lacks_reply.then_some(V::LmtpReplyMissing), at);
        self.report_if(fault, at);
    }
}
