//! Reads the replies of a server, matches them to actions, and changes the session by them. `advance` is the one place
//! that does. Whether a code is possible for an action is decided in `codes.rs`.

use super::in_flight::{Early, succeeded};
use super::{Challenge, Client, ClientError, ClientEvent};
use crate::session::codes::can_have;
use crate::session::{Action, State};
use crate::syntax::reply::begins_with_digits;
use crate::syntax::{Base64, Dialect, EhloReply, Grammar, Host, Offer, Reply, ReplyClass, ReplyCode, SyntaxError};
use alloc::boxed::Box;

impl Client {
    /// Returns the next event of the server, or `None` if more octets are needed. `input` is what has arrived and was
    /// not consumed before; it is advanced.
    ///
    /// A reply answers only actions that were done before its first octet was in `input`; octets that are already in
    /// `input` answer nothing that is sent afterwards. So it makes no difference whether the caller sends while it
    /// handles the events or after it has handled all of them.
    ///
    /// After the 220 to STARTTLS nothing is consumed, and nothing may arrive. In the state [`State::Closed`] all input
    /// is consumed and ignored, except after ATRN, where it is left.
    ///
    /// # Errors
    /// Close the connection after an error. The state is then [`State::Closed`], and every later call returns the same
    /// error.
    ///
    /// - [`ClientError::NoReply`] if the octets are not a reply: a line that is not a reply line, different codes in
    ///   one reply, a reply over the limit. With [`reply_form`](crate::syntax::Dialect::reply_form) only few octets are
    ///   not a reply: a line that begins with three digits and no separator after them, and text before the greeting.
    /// - [`ClientError::WrongText`] if the dialect requires a grammar that the text violates.
    /// - [`ClientError::UnexpectedReply`] for a reply that answers nothing, for an acceptance of content that was not
    ///   sent to its end, and for an acceptance of a message of which a chunk was refused. A failure that answers
    ///   nothing is a [`ClientEvent::Closing`] if it is 421 or if the dialect has
    ///   [`unsolicited_refusal`](crate::syntax::Dialect::unsolicited_refusal).
    /// - [`ClientError::WrongReply`] for a reply that is not possible for the command: a registered 2yz that belongs to
    ///   other commands, like 221 to anything but QUIT; 2yz to DATA; 3yz to anything but DATA, AUTH, and MAIL with
    ///   TRANSID.
    /// - [`ClientError::PlaintextAfterStartTls`] if octets arrived in the clear after the 220 to STARTTLS.
    pub fn next_event<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<ClientEvent<'a>>, ClientError> {
        if let Some(fault) = self.fault.as_deref() {
            return Err(fault.clone());
        }
        match self.state() {
            State::Closed => {
                if !self.facts.is_turned() {
                    *input = &[];
                }
                return Ok(None);
            }
            State::Tls if input.is_empty() => return Ok(None),
            State::Tls => return Err(self.fail(ClientError::PlaintextAfterStartTls)),
            _ => {}
        }
        self.in_flight.show(input.len());
        if input.is_empty() {
            return Ok(None);
        }
        self.receive(input).map_err(|error| self.fail(error))
    }

    fn receive<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<ClientEvent<'a>>, ClientError> {
        let early = self.in_flight.early();
        let action = match early {
            _ if !self.greeted => Some(Action::Greeting),
            Early::BeforeAction => None,
            Early::No | Early::BeforeChunkEnd => self.in_flight.front(),
        };
        let hello = matches!(action, Some(Action::Ehlo | Action::Lhlo));
        // RFC 2034 section 4: no enhanced codes in the greeting and in replies to a hello.
        let plain = hello || matches!(action, Some(Action::Greeting | Action::Helo));
        let extensions = (!plain).then_some(self.offer.extensions);
        let grammar = Grammar { dialect: self.config.dialect, extensions, ..Grammar::STRICT };
        let octets = *input;
        let decoded = self.replies.decode(input, grammar);
        let length = octets.len().saturating_sub(input.len());
        self.in_flight.consume(length);
        let reply = match decoded {
            Ok(Some(reply)) => reply,
            Ok(None) => return Ok(None),
            Err(error) => {
                let stray = self.stray_line(octets.get(..length).unwrap_or_default());
                return stray.map(|line| Some(ClientEvent::StrayLine(line))).ok_or(ClientError::NoReply(error));
            }
        };
        let offer = if hello && reply.code() == ReplyCode::OK {
            match EhloReply::from_reply(reply) {
                // The text of the reply is not checked in this dialect.
                Some(ehlo) if grammar.dialect.any_reply_text => ehlo.with_dialect(grammar.dialect).offer(),
                _ => {
                    let seen = octets.get(..length).unwrap_or_default();
                    EhloReply::parse(seen, grammar).map_err(|error| wrong_text(error, reply))?.offer()
                }
            }
        } else {
            Offer::default()
        };
        match action {
            None => self.unsolicited(reply),
            Some(Action::Greeting) => self.greeting(reply),
            Some(action) => self.reply(action, early, reply, offer),
        }
    }

    /// Returns the octets that were consumed but are not a reply, if they are a line that can be skipped. A line that
    /// begins like a reply is meant to be one. Text before the greeting is a sign of another protocol.
    #[cold]
    fn stray_line<'a>(&self, consumed: &'a [u8]) -> Option<&'a [u8]> {
        let line = consumed.strip_suffix(b"\r\n").filter(|line| !begins_with_digits(line))?;
        let has_place = self.greeted || line.trim_ascii().is_empty();
        (self.config.dialect.reply_form && has_place).then_some(line)
    }

    /// Handles a reply that answers nothing: it was received before everything in flight was sent.
    #[cold]
    fn unsolicited<'a>(&mut self, reply: Reply<'a>) -> Result<Option<ClientEvent<'a>>, ClientError> {
        let code = reply.code();
        let closing = code == ReplyCode::SERVICE_NOT_AVAILABLE;
        let is_taken = closing || (code.class().is_failure() && self.config.dialect.unsolicited_refusal);
        if !is_taken {
            return Err(ClientError::UnexpectedReply((&reply).into()));
        }
        if !closing && self.state().takes_commands() {
            self.leaving = true;
            return Ok(Some(ClientEvent::Closing(reply)));
        }
        let refuses_content = !closing && self.state() == State::Data;
        // The server refuses everything that was sent after this refusal too.
        self.in_flight.clear();
        self.close();
        Ok(Some(if refuses_content {
            ClientEvent::Reply { to: Action::Content, recipient: None, reply }
        } else {
            ClientEvent::Closing(reply)
        }))
    }

    fn greeting<'a>(&mut self, reply: Reply<'a>) -> Result<Option<ClientEvent<'a>>, ClientError> {
        if !can_have(Action::Greeting, reply.code()) {
            return Err(ClientError::WrongReply { to: Action::Greeting, reply: (&reply).into() });
        }
        if reply.code() == ReplyCode::SERVICE_READY && !self.config.dialect.any_reply_text {
            let name = reply.lines().next().and_then(|text| text.split(|octet| *octet == b' ').next());
            // Deviations in paths do not apply to a greeting.
            let dialect = Dialect { path_shapes: false, ..self.config.dialect };
            let grammar = Grammar { dialect, ..Grammar::STRICT };
            Host::parse(name.unwrap_or_default(), grammar).map_err(|error| wrong_text(error, reply))?;
        }
        self.greeted = true;
        self.facts.answered(Action::Greeting, reply.code());
        if self.state() == State::Closed {
            self.close();
        }
        Ok(Some(ClientEvent::Greeting(reply)))
    }

    fn reply<'a>(
        &mut self,
        action: Action,
        early: Early,
        reply: Reply<'a>,
        offer: Offer,
    ) -> Result<Option<ClientEvent<'a>>, ClientError> {
        let code = reply.code();
        if !self.fits(action, code) {
            return Err(ClientError::WrongReply { to: action, reply: (&reply).into() });
        }
        // A server may refuse a chunk before it has received all of it, but it cannot accept a chunk that was not sent
        // to its end, nor a message of which it has refused a part.
        let unfinished = early == Early::BeforeChunkEnd || (self.chunk > 0 && self.in_flight.len() == 1);
        let spoilt = self.state() == State::Failed && matches!(action, Action::BdatLast | Action::BurlLast);
        if (unfinished || spoilt) && code.class() == ReplyClass::Success {
            return Err(ClientError::UnexpectedReply((&reply).into()));
        }
        let (recipient, more) = self.recipient(action, code);
        if !more {
            self.advance(action, code, offer);
        }
        if self.state() == State::Auth {
            return Ok(Some(self.challenged(reply)));
        }
        Ok(Some(ClientEvent::Reply { to: action, recipient, reply }))
    }

    /// Returns `true` if the code is possible for the first action in flight.
    fn fits(&self, action: Action, code: ReplyCode) -> bool {
        let cancelled = action == Action::Response && self.challenge == Challenge::Cancelled;
        can_have(action, code)
            && match code.class() {
                // RFC 4954 section 4: the server MUST reject a cancelled AUTH.
                ReplyClass::Success => !cancelled,
                ReplyClass::Intermediate => match action {
                    Action::Mail => self.facts.declared().resumable,
                    Action::Data | Action::Auth | Action::Response => !cancelled,
                    _ => false,
                },
                ReplyClass::TransientFailure | ReplyClass::PermanentFailure => true,
            }
    }

    /// Returns the recipient that a reply applies to, and whether more replies to the same action will follow.
    fn recipient(&mut self, action: Action, code: ReplyCode) -> (Option<u32>, bool) {
        let per_recipient = match action {
            Action::Rcpt if code.class() == ReplyClass::Success => return (Some(self.recipients()), false),
            // RFC 2033 section 4.3: each successful RCPT has its own reply, also after a chunk that failed.
            Action::Content | Action::BdatLast | Action::BurlLast => true,
            _ => false,
        };
        if !per_recipient || !self.config.lmtp || self.recipients() == 0 {
            return (None, false);
        }
        let recipient = self.answered;
        self.answered = recipient.saturating_add(1);
        let more = self.answered < self.recipients() && code != ReplyCode::SERVICE_NOT_AVAILABLE;
        (Some(recipient), more)
    }

    /// Changes the session by the last reply to the first action in flight.
    fn advance(&mut self, action: Action, code: ReplyCode, offer: Offer) {
        let assumed = succeeded(self.confirmed(), action);
        self.in_flight.pop();
        let before = self.state();
        self.facts.answered(action, code);
        if self.state() == State::Closed {
            // Nothing that was sent later is answered after a 421.
            self.in_flight.clear();
            self.fate = self.fate_in(before);
            return self.close();
        }
        match (action, code.class()) {
            (Action::Helo | Action::Ehlo | Action::Lhlo, ReplyClass::Success) => self.offer = offer,
            (Action::Xclient, ReplyClass::Success) => self.offer = Offer::default(),
            // RFC 5321 section 4.1.4: QUIT is the last command, even if the server refuses it.
            (Action::Quit, _) => self.leaving = true,
            _ => {}
        }
        let begun = action == Action::Mail && !code.class().is_failure();
        if !self.state().in_transaction() || begun {
            self.answered = 0;
        }
        self.challenge = Challenge::None;
        self.in_flight.replan(assumed, self.confirmed());
    }

    fn challenged<'a>(&mut self, reply: Reply<'a>) -> ClientEvent<'a> {
        let mut lines = reply.lines();
        let text = lines.next().filter(|_| lines.next().is_none());
        match text.map(|text| Base64::parse(self.config.dialect.trimmed(text))) {
            Some(Ok(challenge)) => {
                self.challenge = Challenge::Given;
                ClientEvent::Challenge(challenge)
            }
            _ if self.config.dialect.challenge_text => {
                self.challenge = Challenge::Given;
                ClientEvent::ChallengeText(reply)
            }
            _ => {
                self.challenge = Challenge::Bad;
                ClientEvent::BadChallenge(reply)
            }
        }
    }

    #[cold]
    fn fail(&mut self, error: ClientError) -> ClientError {
        self.close();
        self.fault = Some(Box::new(error.clone()));
        error
    }
}

#[cold]
fn wrong_text(error: SyntaxError, reply: Reply<'_>) -> ClientError {
    ClientError::WrongText { error, reply: (&reply).into() }
}
