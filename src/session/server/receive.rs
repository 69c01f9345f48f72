//! Reads the client's octets: chooses the decoder, and decides which octets are returned and which are dropped.
//!
//! `judge.rs` decides whether a command is permitted. This file must not know what a command means.

use super::{Pending, Receiving, Server, ServerEvent};
use crate::codec::Content;
use crate::session::{Action, Misuse, Rejected, State};
use crate::syntax::Base64;

impl Server {
    /// Returns the next event, or `None` if more octets are needed. `input` is what has arrived and was not consumed
    /// before; it is advanced.
    ///
    /// Before the greeting is answered, and between the 220 to STARTTLS and [`into_tls`](Self::into_tls), nothing is
    /// consumed. In the state [`State::Closed`] all input is consumed and ignored, except after ATRN.
    ///
    /// # Errors
    /// Returns [`Misuse::EventUnanswered`] if the last event has not been answered.
    pub fn next_event<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<ServerEvent<'a>>, Misuse> {
        if self.abandoned {
            self.abandoned = false;
            return Ok(Some(ServerEvent::Abandoned));
        }
        match &self.pending {
            Some(pending) if pending.action == Action::Greeting => {
                self.early_talker |= !input.is_empty();
                return Ok(None);
            }
            Some(_) => return Err(Misuse::EventUnanswered),
            None => {}
        }
        match self.facts.state() {
            State::Closed if self.facts.is_turned() => return Ok(None),
            State::Closed => {
                *input = &[];
                return Ok(None);
            }
            State::Tls => return Ok(None),
            State::Auth => return Ok(self.response(input)),
            _ => {}
        }
        match self.receiving {
            Receiving::Lines => self.line(input),
            Receiving::Content => self.content(input),
            Receiving::Chunk { .. } => self.chunk_content(input),
        }
    }

    /// Returns the next octets of content, or its end. Octets over the size limit are consumed and not returned.
    fn content<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<ServerEvent<'a>>, Misuse> {
        loop {
            let Some(most) = self.may_take() else { return Ok(Some(self.end_dropping(Action::Content))) };
            match within(input, most, |input| self.content.decode(input)) {
                Some(Content::Octets(octets)) if self.takes(octets) => return Ok(Some(ServerEvent::Content(octets))),
                Some(Content::End(result)) => {
                    let rejected = self.too_big().or(result.err().map(Rejected::Content));
                    return Ok(Some(self.end_of_content(Action::Content, rejected)));
                }
                None if input.is_empty() => return Ok(None),
                // The octets were dropped, or `within` hid the rest of the input.
                Some(Content::Octets(_)) | None => {}
            }
        }
    }

    /// Returns the next octets of a chunk, or its end. The octets of a refused chunk are consumed and not returned.
    pub(super) fn chunk_content<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<ServerEvent<'a>>, Misuse> {
        loop {
            let Receiving::Chunk { last, rejected, .. } = self.receiving else { return Ok(None) };
            let action = if last { Action::BdatLast } else { Action::Bdat };
            let most = if rejected.is_some() { self.tally.may_drop(&self.config) } else { self.may_take() };
            let Some(most) = most else { return Ok(Some(self.end_dropping(action))) };
            if rejected.is_none() && self.content.normalizes() && !self.facts.declared().is_binary() {
                match self.normalized(input, most, last) {
                    Some(octets) if self.takes(octets) => return Ok(Some(ServerEvent::Content(octets))),
                    Some(_) => continue,
                    None => {}
                }
            }
            let Receiving::Chunk { decoder, .. } = &mut self.receiving else { return Ok(None) };
            match within(input, most, |input| decoder.decode(input)) {
                None => return Ok(None),
                Some(Content::Octets(octets)) => {
                    if rejected.is_some() {
                        self.tally.dropped(octets.len() as u64);
                    } else if self.takes(octets) {
                        // RFC 3030 sections 2 and 3: text is canonical, and only BINARYMIME is not text.
                        if !self.facts.declared().is_binary() {
                            self.content.take_undotted(octets);
                        }
                        return Ok(Some(ServerEvent::Content(octets)));
                    }
                }
                Some(Content::End(_)) => {
                    let fault = if last { self.content.end_undotted().err().map(Rejected::Content) } else { None };
                    return Ok(Some(self.end_of_content(action, rejected.or(self.too_big()).or(fault))));
                }
            }
        }
    }

    /// Returns the next octets of a chunk of text, with CRLF for any line ending. Returns `None` if there are none, or
    /// if the chunk ends.
    fn normalized<'a>(&mut self, input: &mut &'a [u8], most: u64, last: bool) -> Option<&'a [u8]> {
        let Receiving::Chunk { decoder, .. } = &mut self.receiving else { return None };
        if decoder.remaining() == 0 {
            return if last { self.content.last_normalized() } else { None };
        }
        let shown = usize::try_from(decoder.remaining().min(most.saturating_add(1))).unwrap_or(usize::MAX);
        let chunk = input.get(..shown).unwrap_or(input);
        let mut rest = chunk;
        let octets = self.content.next_normalized(&mut rest);
        // Count the same octets in the decoder of the chunk.
        let (mut taken, _) = chunk.split_at_checked(chunk.len().saturating_sub(rest.len()))?;
        *input = input.get(taken.len()..).unwrap_or_default();
        while decoder.decode(&mut taken).is_some() && !taken.is_empty() {}
        let is_over = last && decoder.remaining() == 0;
        octets.or_else(|| if is_over { self.content.last_normalized() } else { None })
    }

    /// Returns how many more octets of content may arrive before too many are dropped. Returns `None` if too many were
    /// dropped already.
    fn may_take(&self) -> Option<u64> {
        let left = self.config.size_limit().map_or(u64::MAX, |limit| limit.saturating_sub(self.message.size));
        Some(self.tally.may_drop(&self.config)?.saturating_add(left))
    }

    /// Counts octets of content. Returns `false` if the message is now too big.
    fn takes(&mut self, octets: &[u8]) -> bool {
        let before = self.message.size;
        self.message.size = before.saturating_add(octets.len() as u64);
        if let Some(limit) = self.config.size_limit() {
            self.tally.dropped(self.message.size.saturating_sub(limit.max(before)));
        }
        self.too_big().is_none()
    }

    fn too_big(&self) -> Option<Rejected> {
        let is_too_big = self.config.size_limit().is_some_and(|limit| self.message.size > limit);
        is_too_big.then_some(Rejected::MessageTooBig)
    }

    /// Ends the session because too many octets were dropped and more follow.
    fn end_dropping<'a>(&mut self, action: Action) -> ServerEvent<'a> {
        self.receiving = Receiving::Lines;
        self.reject(action, Rejected::TooManyOctetsDropped, None)
    }

    /// Reads a line of an AUTH exchange. It is never a command, even if it spells QUIT (RFC 4954 section 4).
    fn response<'a>(&mut self, input: &mut &'a [u8]) -> Option<ServerEvent<'a>> {
        let line = match self.lines.decode(input, self.config.response_limit) {
            Ok(line) => self.config.dialect.trimmed(line?),
            Err(_) => return Some(self.reject(Action::Response, Rejected::ResponseTooLong, None)),
        };
        self.unsynchronized |= !input.is_empty();
        if self.tally.has_no_idle_left(&self.config) {
            return Some(self.reject(Action::Response, Rejected::TooManyIdleCommands, Some(line)));
        }
        self.tally.idle();
        if line == b"*" {
            return Some(self.reject(Action::Response, Rejected::AuthenticationCancelled, Some(line)));
        }
        match Base64::parse(line) {
            Ok(response) => {
                self.pending = Some(Pending::new(Action::Response));
                Some(ServerEvent::Response(response))
            }
            Err(_) => Some(self.reject(Action::Response, Rejected::ResponseNotBase64, Some(line))),
        }
    }
}

/// Decodes at most `most + 1` octets of the input. The extra octet shows that the limit is exceeded.
#[inline]
pub(super) fn within<'a, T>(input: &mut &'a [u8], most: u64, decode: impl FnOnce(&mut &'a [u8]) -> T) -> T {
    let shown = usize::try_from(most).unwrap_or(usize::MAX).saturating_add(1);
    let Some((mut shown, hidden)) = input.split_at_checked(shown).filter(|(_, hidden)| !hidden.is_empty()) else {
        return decode(input);
    };
    let result = decode(&mut shown);
    let unread = shown.len().saturating_add(hidden.len());
    *input = input.get(input.len().saturating_sub(unread)..).unwrap_or_default();
    result
}
