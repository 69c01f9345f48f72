//! Writes the answers, and changes the session by them: `Server::advance` is the one place that does. Whether a command
//! is permitted is decided in `judge.rs`.

use super::{Message, Pending, Receiving, Server};
use crate::codec::DotDecoder;
use crate::session::codes::can_have;
use crate::session::{Action, Misuse, Rejected, State};
use crate::syntax::auth::write_base64;
use crate::syntax::wire::{Sink, Wire};
use crate::syntax::{EnhancedCode, Extension, Extensions, Reply, ReplyBuf, ReplyClass, ReplyCode, Text, Verb};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

impl Server {
    /// Gives the usual answer to the action that is owed one: the greeting, the capabilities, 250, 354, 221, or the
    /// refusal of a [`ServerEvent::Rejected`](super::ServerEvent::Rejected). Writes nothing for a BDAT that begins a
    /// message, whose reply is owed later. After content in LMTP, answers for all recipients that are still owed a
    /// reply.
    ///
    /// | to | the usual answer |
    /// |---|---|
    /// | the connection | 220 and the host |
    /// | EHLO, LHLO | 250 and what is offered |
    /// | DATA | 354 |
    /// | QUIT | 221 |
    /// | STARTTLS | 220 |
    /// | VRFY, EXPN | 252 |
    /// | HELP | 214 and the commands that are offered |
    /// | ATRN | 453, no mail |
    /// | a verb that is not registered | 500 |
    /// | everything else | 250 |
    ///
    /// # Errors
    /// Returns [`Misuse::NoAnswerOwed`] if nothing is owed. Returns [`Misuse::NoDefaultReply`] for AUTH and its
    /// responses; for BURL, because only the caller knows whether it has fetched the content; and for XCLIENT, because
    /// only the caller knows which peers to trust.
    pub fn reply_default(&mut self, out: &mut Vec<u8>) -> Result<(), Misuse> {
        let pending = self.pending.as_ref().ok_or(Misuse::NoAnswerOwed)?;
        if pending.begins_chunk {
            (self.begun, self.pending) = (true, None);
            return Ok(());
        }
        if let Some(rejected) = pending.rejected {
            match self.refusal.take().filter(|_| rejected == Rejected::ChunkRefused) {
                Some(refusal) => self.answer_to_all(&refusal.as_reply(), out),
                None if self.config.explain_refusals && matches!(rejected, Rejected::Syntax(_)) => {
                    self.answer_to_all(&rejected.explained().as_reply(), out);
                }
                None => self.answer_to_all(&rejected.reply(), out),
            }
            return Ok(());
        }
        match pending.action {
            Action::Greeting => {
                let service = if self.config.lmtp { "LMTP" } else { "ESMTP" };
                self.answer_with_host(ReplyCode::SERVICE_READY, None, service, out);
            }
            Action::Ehlo | Action::Lhlo => {
                let host = Text(self.config.host_text());
                self.config.capabilities.write_reply(&host, self.hidden(), out);
                self.advance(ReplyCode::OK);
            }
            Action::Helo => self.answer_with_host(ReplyCode::OK, None, "", out),
            Action::Quit => {
                self.answer_with_host(ReplyCode::SERVICE_CLOSING, Some(EnhancedCode::OK), "closing", out);
            }
            action @ (Action::Auth | Action::Response | Action::Burl | Action::BurlLast | Action::Xclient) => {
                return Err(Misuse::NoDefaultReply(action));
            }
            _ if pending.unregistered => self.answer_to_all(&Rejected::UnknownVerb.reply(), out),
            Action::Help => {
                let text = self.commands();
                self.answer(&ReplyBuf::lossy(ReplyCode::HELP_MESSAGE, &text).as_reply(), out);
            }
            action => {
                let usual = usual(action);
                let line = if self.owes_enhanced_code() { usual.with_enhanced_code } else { usual.line };
                while self.pending.is_some() {
                    out.put(line.as_bytes());
                    self.advance(usual.code);
                }
            }
        }
        Ok(())
    }

    /// Gives the refusal of a [`ServerEvent::Rejected`](super::ServerEvent::Rejected) in the words of
    /// [`Rejected::explained`], which say what was expected, and at which octet. Gives everything else the usual
    /// answer. If [`explain_refusals`](super::ServerConfig::explain_refusals) is set,
    /// [`reply_default`](Self::reply_default) does the same.
    ///
    /// # Errors
    /// Returns the errors of [`reply_default`](Self::reply_default).
    pub fn reply_explained(&mut self, out: &mut Vec<u8>) -> Result<(), Misuse> {
        match self.pending {
            Some(Pending { rejected: Some(rejected @ Rejected::Syntax(_)), .. }) => {
                self.answer_to_all(&rejected.explained().as_reply(), out);
                Ok(())
            }
            _ => self.reply_default(out),
        }
    }

    /// Gives the answer `reply` to the action that is owed one. After content in LMTP, answers for the next recipient
    /// only: give [`Reply::OK`] for the recipients that get the message if others do not.
    ///
    /// The enhanced code is omitted where it must not occur: if neither the [configuration](super::ServerConfig) nor
    /// the last EHLO offers ENHANCEDSTATUSCODES, in the greeting, and in answers to the hello of the protocol. If one
    /// is required and the reply has none, X.0.0 is added ([RFC 2034 section
    /// 4](https://www.rfc-editor.org/rfc/rfc2034#section-4)), or 2.7.0 to a 235 ([RFC 4954 section
    /// 6](https://www.rfc-editor.org/rfc/rfc4954#section-6)), unless a line of a reply that was received has no room
    /// for it.
    ///
    /// A 421 is permitted at any time, even if nothing is owed or content is being received: it ends a session that was
    /// idle for too long ([RFC 5321](https://www.rfc-editor.org/rfc/rfc5321) sections 3.8 and 4.5.3.2).
    ///
    /// # Errors
    /// Returns [`Misuse::NoAnswerOwed`] if nothing is owed and the code is not 421. Returns [`Misuse::WrongCode`] if
    /// the code is not one of these:
    ///
    /// | owed to | permitted |
    /// |---|---|
    /// | a [final](Rejected::is_final) refusal | 421 |
    /// | any other refusal | any 4yz or 5yz |
    /// | the greeting, STARTTLS, XCLIENT | 220, any 4yz or 5yz |
    /// | AUTH and its responses | 235, any 4yz or 5yz; for 334 use [`challenge`](Self::challenge) |
    /// | EHLO, LHLO | any 4yz or 5yz; for 250, which lists what is in force, use [`reply_default`](Self::reply_default) |
    /// | DATA | 354, any 4yz or 5yz |
    /// | BDAT that [begins](super::ServerEvent::Begin) a message | any 4yz or 5yz |
    /// | QUIT | 221, any 4yz or 5yz |
    /// | HELP | 211, 214, any 4yz or 5yz |
    /// | RCPT | 250 to 252, any 4yz or 5yz |
    /// | VRFY | 250 to 252, any 4yz or 5yz |
    /// | EXPN | 250, 252, any 4yz or 5yz |
    /// | ETRN | 250 to 253, any 4yz or 5yz |
    /// | everything else | 250, any 4yz or 5yz |
    pub fn reply(&mut self, reply: &Reply<'_>, out: &mut Vec<u8>) -> Result<(), Misuse> {
        self.takes_code(reply.code())?;
        let pending = self.pending.get_or_insert(Pending::new(Action::Other));
        if pending.begins_chunk && reply.code() != ReplyCode::SERVICE_NOT_AVAILABLE {
            self.refuse_chunk(reply);
        } else {
            self.answer(reply, out);
        }
        Ok(())
    }

    /// Checks that [`reply`](Self::reply) takes a reply with this code. Returns its error otherwise.
    pub(in crate::session) fn takes_code(&self, code: ReplyCode) -> Result<(), Misuse> {
        match &self.pending {
            Some(pending) if fits(pending, code) => Ok(()),
            Some(pending) => Err(Misuse::WrongCode { to: pending.action, code }),
            None if code == ReplyCode::SERVICE_NOT_AVAILABLE && self.may_close() => Ok(()),
            None => Err(Misuse::NoAnswerOwed),
        }
    }

    /// Returns the text of the reply to HELP: the commands that this client may use now (RFC 5321 section 4.1.1.8).
    fn commands(&self) -> String {
        let mut text = String::from("Commands:");
        let offered = self.config.capabilities.extensions().without_all(self.hidden());
        for verb in Verb::ALL.iter().filter(|verb| self.offers(**verb, offered).is_ok()) {
            text.push(' ');
            text.push_str(verb.as_str());
        }
        text.push_str("\nSee RFC 5321");
        text
    }

    /// Keeps the reply until the octets of the chunk are dropped.
    fn refuse_chunk(&mut self, reply: &Reply<'_>) {
        self.pending = None;
        self.refusal = Some(Box::new(ReplyBuf::from(reply)));
        if let Receiving::Chunk { rejected, .. } = &mut self.receiving {
            *rejected = Some(Rejected::ChunkRefused);
        }
    }

    /// Continues an AUTH exchange: writes 334 with these octets in base64. An empty challenge has no base64.
    ///
    /// # Errors
    /// Returns [`Misuse::NoAnswerOwed`] if no answer is owed, and [`Misuse::WrongCode`] with 334 if it is owed to a
    /// refusal, or to anything but AUTH and its responses.
    pub fn challenge(&mut self, octets: &[u8], out: &mut Vec<u8>) -> Result<(), Misuse> {
        match self.pending {
            Some(Pending { action: Action::Auth | Action::Response, rejected: None, .. }) => {}
            Some(Pending { action, .. }) => return Err(Misuse::WrongCode { to: action, code: ReplyCode::CHALLENGE }),
            None => return Err(Misuse::NoAnswerOwed),
        }
        out.put(b"334 ");
        write_base64(octets, out);
        out.put(b"\r\n");
        self.advance(ReplyCode::CHALLENGE);
        Ok(())
    }

    /// Ends the session now, at any time, with a 421 that says that the server closes the connection ([RFC 5321 section
    /// 3.8](https://www.rfc-editor.org/rfc/rfc5321#section-3.8)). For a 421 with another text use
    /// [`reply`](Self::reply). Writes nothing if the session has ended, and after the 220 to STARTTLS.
    pub fn shutdown(&mut self, out: &mut Vec<u8>) {
        if !self.may_close() {
            self.close();
            return;
        }
        let action = self.pending.map_or(Action::Other, |pending| pending.action);
        self.pending = Some(Pending::new(action));
        let code = EnhancedCode::TRANSIENT_NOT_ACCEPTING;
        self.answer_with_host(ReplyCode::SERVICE_NOT_AVAILABLE, Some(code), "closing", out);
    }

    /// Gives the same answer for every reply that is owed.
    fn answer_to_all(&mut self, reply: &Reply<'_>, out: &mut Vec<u8>) {
        self.answer(reply, out);
        while self.pending.is_some() {
            self.answer(reply, out);
        }
    }

    /// Appends the reply as this client expects it: adds an enhanced code if one is required, removes it if none is
    /// permitted.
    fn answer(&mut self, reply: &Reply<'_>, out: &mut Vec<u8>) {
        if self.owes_enhanced_code() {
            reply.with_some_enhanced_code().encode(out);
        } else {
            reply.without_enhanced_code().encode(out);
        }
        self.advance(reply.code());
    }

    /// Appends a reply whose text begins with the host's name (RFC 5321 section 4.2.2).
    fn answer_with_host(&mut self, code: ReplyCode, enhanced: Option<EnhancedCode>, text: &str, out: &mut Vec<u8>) {
        code.write(out);
        out.octet(b' ');
        if let Some(enhanced) = enhanced.filter(|_| self.owes_enhanced_code()) {
            enhanced.write(out);
            out.octet(b' ');
        }
        out.put(self.config.host_text());
        if !text.is_empty() {
            out.octet(b' ');
            out.put(text.as_bytes());
        }
        out.put(b"\r\n");
        self.advance(code);
    }

    /// Returns `true` if the next reply needs an enhanced code: not the greeting, nor an answer to a hello (RFC 2034
    /// section 4).
    fn owes_enhanced_code(&self) -> bool {
        let plain = |pending: &Pending| match pending.action {
            Action::Greeting => true,
            // The hello of the other protocol is refused like any unknown verb.
            Action::Helo | Action::Ehlo => !self.config.lmtp,
            Action::Lhlo => self.config.lmtp,
            _ => false,
        };
        let offered = self.offered.contains(Extension::EnhancedStatusCodes)
            || self.config.capabilities.extensions().contains(Extension::EnhancedStatusCodes);
        offered && !self.pending.as_ref().is_some_and(plain)
    }

    /// Changes the session by a reply. Every change that a reply makes is made here.
    fn advance(&mut self, code: ReplyCode) {
        let Some(pending) = &mut self.pending else { return };
        let closing = code == ReplyCode::SERVICE_NOT_AVAILABLE;
        pending.replies = pending.replies.saturating_sub(1);
        pending.accepted |= !code.class().is_failure();
        if pending.replies > 0 && !closing {
            return;
        }
        let (action, rejected, accepted) = (pending.action, pending.rejected, pending.accepted);
        let refused = rejected.is_some();
        // A command that is not offered changes nothing in the session.
        let unknown = rejected == Some(Rejected::NotImplemented);
        self.facts.answered(if unknown { Action::Other } else { action }, code);
        match (action, code.class()) {
            (Action::Helo | Action::Xclient, ReplyClass::Success) => self.offered = Extensions::NONE,
            (Action::Ehlo | Action::Lhlo, ReplyClass::Success) => {
                self.offered = self.config.capabilities.extensions().without_all(self.hidden());
            }
            (Action::Mail, ReplyClass::Success) => {
                self.message = Message::default();
                let decoder = DotDecoder::new(self.config.bare_line_endings);
                self.content = decoder.with_line_limit(self.config.content_line_limit);
            }
            // An authenticated client sends no more credentials.
            (Action::Auth | Action::Response, ReplyClass::Success) => self.secret = false,
            (Action::Data, ReplyClass::Intermediate) => (self.receiving, self.begun) = (Receiving::Content, true),
            // In LMTP, a message is accepted if any recipient accepts it.
            (Action::Content | Action::BdatLast | Action::BurlLast, _) if accepted => self.tally.message_accepted(),
            _ => {}
        }
        let failed_auth = action == Action::Response || (action == Action::Auth && !refused);
        if failed_auth && !accepted {
            self.tally.auth_failed();
        }
        if !accepted && !refused && action != Action::Greeting {
            // A message with many recipients may have some unknown ones, as long as more are accepted.
            let excusable = action == Action::Rcpt && self.message.excused < self.facts.recipients();
            self.message.excused = self.message.excused.saturating_add(u32::from(excusable));
            self.tally.refused(excusable);
        }
        match action {
            Action::Rcpt | Action::Data => {}
            _ if action.is_chunk() => {}
            _ => self.mail_refused = action == Action::Mail && !accepted,
        }
        self.pending = None;
        if !self.facts.state().in_transaction() || self.state() == State::Failed {
            self.abandon();
        }
        if !self.facts.state().in_transaction() {
            self.message = Message::default();
        }
        if !self.is_open() {
            self.close();
        }
    }
}

/// Returns `true` if a reply with this code may answer the action.
fn fits(pending: &Pending, code: ReplyCode) -> bool {
    let severity = code.class();
    if pending.begins_chunk {
        return severity.is_failure();
    }
    if let Some(rejected) = pending.rejected {
        return if rejected.is_final() { code == ReplyCode::SERVICE_NOT_AVAILABLE } else { severity.is_failure() };
    }
    if severity.is_failure() {
        return true;
    }
    // The list in a 250 has to be what is in force, so only `reply_default` writes it.
    if matches!(pending.action, Action::Ehlo | Action::Lhlo) {
        return false;
    }
    // 334 has its own method, and TRANSID is not offered.
    let goes_on = severity == ReplyClass::Intermediate;
    can_have(pending.action, code) && if goes_on { code == ReplyCode::START_MAIL_INPUT } else { code.text().is_some() }
}

/// A usual answer as text. Most answers are usual ones, so they are not formatted each time.
#[derive(Clone, Copy)]
struct Usual {
    code: ReplyCode,
    line: &'static str,
    with_enhanced_code: &'static str,
}

macro_rules! usual {
    ($code:ident $number:literal $($enhanced:literal)?, $text:literal) => {
        Usual {
            code: ReplyCode::$code,
            line: concat!($number, " ", $text, "\r\n"),
            with_enhanced_code: concat!($number, " ", $($enhanced, " ",)? $text, "\r\n"),
        }
    };
}

/// Returns the usual answer to an action whose answer does not name the host.
const fn usual(action: Action) -> Usual {
    match action {
        Action::Mail => usual!(OK 250 "2.1.0", "Sender OK"),
        Action::Rcpt => usual!(OK 250 "2.1.5", "Recipient OK"),
        Action::Data => usual!(START_MAIL_INPUT 354, "Start mail input; end with <CRLF>.<CRLF>"),
        Action::Vrfy | Action::Expn => usual!(CANNOT_VERIFY 252 "2.5.0", "Cannot verify, will try"),
        Action::StartTls => usual!(SERVICE_READY 220 "2.0.0", "Ready to start TLS"),
        Action::Atrn => usual!(NO_MAIL 453 "4.3.2", "You have no mail"),
        _ => usual!(OK 250 "2.0.0", "OK"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::{Extensions, Grammar};

    /// RFC 2034 section 4: every 2yz, 4yz and 5yz has an enhanced code, and it is of the same class.
    #[test]
    fn usual_answers_are_replies_of_their_code() {
        let offered = Extensions::NONE.with(Extension::EnhancedStatusCodes);
        for action in Action::ALL {
            let usual = usual(*action);
            let plain = Reply::parse(usual.line.as_bytes(), Grammar::STRICT).unwrap();
            let enhanced = usual.with_enhanced_code.as_bytes();
            let enhanced = Reply::parse(enhanced, Grammar::STRICT.with_extensions(offered)).unwrap();
            assert_eq!((plain.code(), enhanced.code()), (usual.code, usual.code), "{action:?}");
            assert_eq!(
                enhanced.enhanced_code().is_some(),
                usual.code.class() != ReplyClass::Intermediate,
                "{action:?}"
            );
            assert!(plain.lines().eq(enhanced.lines()), "{action:?}");
        }
    }
}
