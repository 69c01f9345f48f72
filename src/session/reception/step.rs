//! The step from an event of the server to a question, and from an answer to the envelope. `Reception` calls it. It
//! must not decide what is the caller's decision.

use super::{Asked, Question, Reception, Verdict};
use crate::sasl::{Exchange, Step};
use crate::session::{Action, Misuse, ServerEvent, state};
use crate::syntax::{Command, EnhancedCode, Reply, ReplyBuf, ReplyCode};
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

impl Reception {
    pub(super) fn ask<'a>(&mut self, asked: Asked, question: Question<'a>) -> Question<'a> {
        self.asked = asked;
        question
    }

    /// Returns the question that an event asks, or `None` if its answer is already written.
    pub(super) fn question<'a>(&mut self, event: ServerEvent<'a>) -> Result<Option<Question<'a>>, Misuse> {
        Ok(match event {
            ServerEvent::Command(command) => self.command(command)?,
            ServerEvent::Response(response) if self.exchange.is_some() => {
                let response: Vec<u8> = response.decode().collect();
                self.authenticate(Some(&response))?
            }
            ServerEvent::Response(response) => Some(self.ask(Asked::Sasl, Question::Response(response))),
            ServerEvent::Rejected(refused) => {
                self.exchange = None;
                Some(self.ask(Asked::Refused, Question::Refused(refused)))
            }
            ServerEvent::Begin => Some(self.ask(Asked::Begin, Question::Begin)),
            ServerEvent::Content(octets) => Some(Question::Content(octets)),
            ServerEvent::ChunkEnd => {
                self.server.reply_default(&mut self.output)?;
                None
            }
            ServerEvent::ContentEnd => Some(self.ask(Asked::Finish, Question::Finish)),
            ServerEvent::Abandoned => Some(Question::Abandoned),
        })
    }

    /// Returns the question that a command asks, or `None` if its answer is already written.
    fn command<'a>(&mut self, command: Command<'a>) -> Result<Option<Question<'a>>, Misuse> {
        // RFC 2920 section 3.2 (5) and (6).
        self.urgent |= state::ends_group(&command, Action::of(&command));
        let asked = Asked::of(command.verb());
        if matches!(asked, Asked::Hello | Asked::Mail | Asked::Rcpt) {
            self.envelope.propose(&command);
        }
        let question = match command {
            Command::Helo(_) | Command::Ehlo(_) | Command::Lhlo(_) => Question::Hello(command),
            Command::Mail(mail) => Question::Mail(mail),
            Command::Rcpt(rcpt) => Question::Rcpt(rcpt),
            Command::Auth(auth) => {
                self.exchange = Exchange::new(auth.mechanism);
                if self.exchange.is_some() {
                    let response: Option<Vec<u8>> = auth.initial_response.map(|response| response.decode().collect());
                    return self.authenticate(response.as_deref());
                }
                Question::Auth(auth)
            }
            other => Question::Other(other),
        };
        Ok(Some(self.ask(asked, question)))
    }

    /// Performs a step of an AUTH exchange. A challenge, and the refusal of a malformed response, are written at once.
    fn authenticate<'a>(&mut self, response: Option<&[u8]>) -> Result<Option<Question<'a>>, Misuse> {
        let Some(exchange) = &mut self.exchange else { return Ok(None) };
        self.urgent = true;
        match exchange.step(response) {
            Step::Challenge(octets) => {
                self.server.challenge(octets, &mut self.output)?;
                Ok(None)
            }
            Step::Credentials(credentials) => {
                self.exchange = None;
                credentials.user().clone_into(&mut self.claimed);
                Ok(Some(self.ask(Asked::Authenticate, Question::Authenticate(credentials))))
            }
            // RFC 4954 section 4.
            Step::Malformed | Step::Ended => {
                self.exchange = None;
                let (code, enhanced) = (ReplyCode::SYNTAX_ERROR_IN_ARGUMENTS, EnhancedCode::SYNTAX_ERROR);
                self.server.reply(&Reply::fixed(code, enhanced, "Malformed response"), &mut self.output)?;
                Ok(None)
            }
        }
    }

    /// Writes the usual answer to the open question. Returns `true` if it accepts what was asked.
    pub(super) fn reply_usually(&mut self) -> Result<bool, Misuse> {
        if let Some((code, enhanced, text)) = self.asked.usual_refusal() {
            self.reply_to_all(&Reply::fixed(code, enhanced, text))?;
            return Ok(false);
        }
        self.server.reply_default(&mut self.output)?;
        Ok(self.asked != Asked::Refused)
    }

    /// Gives the reply as often as one is owed: more than once for a message in LMTP (RFC 2033 section 4.2).
    pub(super) fn reply_to_all(&mut self, reply: &Reply<'_>) -> Result<(), Misuse> {
        self.server.reply(reply, &mut self.output)?;
        while self.server.answers_owed() > 0 {
            self.server.reply(reply, &mut self.output)?;
        }
        Ok(())
    }

    /// Gives a reply for each verdict on a message, in order. All of them are checked before the first is written.
    pub(super) fn reply_to_each(&mut self, verdicts: &[Verdict<'_>]) -> Result<(), Misuse> {
        for verdict in verdicts {
            match verdict {
                Verdict::Usual => {}
                Verdict::Reply(reply) if reply.code() == ReplyCode::SERVICE_CLOSING => {}
                Verdict::Reply(reply) => self.server.takes_code(reply.code())?,
                // It fails, because no AUTH is owed an answer.
                Verdict::Challenge(octets) => self.server.challenge(octets, &mut self.output)?,
            }
        }
        for verdict in verdicts {
            // Nothing is owed after a 421.
            if self.server.answers_owed() == 0 {
                break;
            }
            match verdict {
                Verdict::Reply(reply) if reply.code() == ReplyCode::SERVICE_CLOSING => self.close_with(reply)?,
                Verdict::Reply(reply) => self.server.reply(reply, &mut self.output)?,
                _ => self.server.reply(&Reply::OK, &mut self.output)?,
            }
        }
        Ok(())
    }

    /// Closes the session with the text of this reply. RFC 5321 section 3.8 permits only 421 in reply to any command.
    pub(super) fn close_with(&mut self, reply: &Reply<'_>) -> Result<(), Misuse> {
        let text: Vec<u8> = reply.lines().flat_map(|line| line.iter().copied().chain([b'\n'])).collect();
        let text = String::from_utf8_lossy(text.trim_ascii_end());
        let closing = ReplyBuf::lossy(ReplyCode::SERVICE_NOT_AVAILABLE, &text);
        self.server.reply(&closing.as_reply(), &mut self.output)
    }

    /// Drops the question that is open when the session ends.
    pub(super) fn ended(&mut self) {
        if self.asked != Asked::Nothing {
            self.asked = Asked::Dropped;
        }
        self.greeted = true;
    }

    /// Returns `true` if an answer is to be ignored, because its question was dropped. The next answer is not.
    ///
    /// # Errors
    /// Returns [`Misuse::NoAnswerOwed`] if no question is open.
    pub(super) fn ignores_answer(&mut self) -> Result<bool, Misuse> {
        match self.asked {
            Asked::Nothing => Err(Misuse::NoAnswerOwed),
            Asked::Dropped => {
                self.asked = Asked::Nothing;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// Closes the question after its answer. Adds to the envelope what was accepted.
    pub(super) fn answered(&mut self, accepted: bool) {
        match core::mem::replace(&mut self.asked, Asked::Nothing) {
            Asked::Connected => (self.greeted, self.urgent) = (true, true),
            Asked::Hello if accepted => self.envelope.take_hello(self.server.is_tls()),
            Asked::Mail | Asked::Rcpt if accepted => self.envelope.take_line(),
            Asked::Authenticate if accepted => self.envelope.user = Some(core::mem::take(&mut self.claimed)),
            _ => {}
        }
        self.claimed.clear();
    }
}
