//! The checks before a client sends something, and the [`Misuse`] if one fails. `send.rs` calls them. They must not
//! change the session.

use super::Client;
use super::send::too_long;
use crate::codec::{COMMAND_LINE_LIMIT, DotEncoder};
use crate::session::facts::{Spoilt, is_offered, needed};
use crate::session::{Action, Misuse, NotOffered, State};
use crate::syntax::{
    Command, Dialect, Expected, Extension, Extensions, Grammar, Keyword, MailOrRcpt, Mechanism, OverLimit,
    ParameterName, ParameterValue, Parameters, Part, Path, SyntaxError,
};
use alloc::vec::Vec;
use core::num::NonZeroU32;

impl Client {
    pub(super) fn has_challenge(&self) -> Result<(), Misuse> {
        match self.state() {
            State::Auth if self.in_flight.is_empty() => Ok(()),
            State::Auth => Err(Misuse::AwaitingReply),
            _ => Err(self.has_no_place(Action::Response)),
        }
    }

    pub(super) fn has_no_place(&self, action: Action) -> Misuse {
        let state = if self.is_open() { self.in_flight.end() } else { State::Closed };
        Misuse::WrongState { state, action }
    }

    /// Returns the state that the next action is checked against if nothing is in flight. After a refused chunk, or a
    /// refused MAIL that was to begin another transaction, only RSET leaves the transaction, even where the table
    /// permits more.
    pub(super) fn confirmed(&self) -> State {
        // After 354 everything that is sent is content, even in a spoilt transaction.
        match self.state() {
            State::Data => State::Data,
            _ if self.facts.spoilt() > Spoilt::No => State::Failed,
            state => state,
        }
    }

    /// Checks that an action may be sent before the next reply.
    pub(super) fn has_its_turn(&self, action: Action) -> Result<(), Misuse> {
        if self.state() == State::Closed || self.chunk > 0 {
            return Err(self.has_no_place(action));
        }
        let Some(last) = self.in_flight.back() else {
            return if self.greeted { Ok(()) } else { Err(Misuse::AwaitingReply) };
        };
        // RFC 2033 does not say whether a message without recipients is answered, so nothing may follow it.
        let unsure = self.config.lmtp && last == Action::Content && self.recipients() == 0;
        if unsure || last.ends_group() || !self.offer.extensions.contains(Extension::Pipelining) {
            return Err(Misuse::AwaitingReply);
        }
        Ok(())
    }

    pub(super) fn has_its_place(&self, action: Action) -> Result<(), Misuse> {
        let state = self.in_flight.end();
        self.facts.may_send(action, state).map_err(|why| why.misuse(state, action))?;
        if self.leaving && action != Action::Quit {
            return Err(self.has_no_place(action));
        }
        // RFC 4468 section 3: the reply to LAST has to come before a new transaction is begun.
        if action == Action::Mail && self.in_flight.has_last_chunk() {
            return Err(Misuse::AwaitingReply);
        }
        // The fate of two messages at once could not be told apart. Content is sent only if nothing else is in flight.
        if matches!(action, Action::BdatLast | Action::BurlLast) && self.in_flight.front() == Some(Action::Content) {
            return Err(Misuse::AwaitingReply);
        }
        // The number of replies to a last chunk has to be certain, so at least one recipient has to have been accepted.
        if self.config.lmtp && matches!(action, Action::BdatLast | Action::BurlLast) {
            if self.in_flight.has_mail() {
                return Err(Misuse::AwaitingReply);
            }
            if self.recipients() == 0 {
                let sure = self.in_flight.is_empty();
                return Err(if sure { self.has_no_place(action) } else { Misuse::AwaitingReply });
            }
        }
        Ok(())
    }

    pub(super) fn is_offered(&self, command: &Command<'_>, action: Action) -> Result<(), Misuse> {
        let utf8 = match command {
            Command::Mail(mail) => mail.parameters.has(ParameterName::SmtpUtf8),
            Command::Vrfy(lookup) | Command::Expn(lookup) => lookup.smtputf8,
            Command::Obsolete(_) | Command::Unknown(_) if self.config.unregistered => return Ok(()),
            Command::Unknown(_) => return Err(NotOffered::Unregistered.into()),
            Command::Auth(auth) if self.lacks_mechanism(auth.mechanism) => {
                return Err(NotOffered::Mechanism.into());
            }
            _ => false,
        };
        let verb = command.verb();
        let needed = if utf8 { Some(Extension::SmtpUtf8) } else { needed(verb) };
        let offered = is_offered(verb, needed, self.permitted(), self.config.lmtp);
        offered.map_err(|why| why.misuse(self.in_flight.end(), action))
    }

    fn has(&self, extension: Extension) -> bool {
        self.permitted().contains(extension)
    }

    /// Returns the extensions that may be used: those that were offered, and those that the caller insists on.
    const fn permitted(&self) -> Extensions {
        self.offer.extensions.with_all(self.config.insist_on)
    }

    fn lacks_mechanism(&self, mechanism: Mechanism<'_>) -> bool {
        let insists = self.config.insist_on.contains(Extension::Auth);
        !insists && self.has(Extension::Auth) && !self.offer.has_mechanism(mechanism)
    }

    /// Checks that a password is not sent where others can read it.
    pub(super) fn is_protected(&self, command: &Command<'_>) -> Result<(), Misuse> {
        // RFC 4616 section 6, RFC 8314 section 3, RFC 7628 section 4: a password or a token is readable.
        let readable = [Mechanism::PLAIN, Mechanism::LOGIN, Mechanism::OAUTHBEARER, Mechanism::XOAUTH2];
        let is_readable = matches!(command, Command::Auth(auth) if readable.contains(&auth.mechanism));
        if is_readable && !self.is_tls() && !self.config.auth_in_clear {
            return Err(Misuse::EncryptionRequired);
        }
        Ok(())
    }

    /// Returns the encoder that checks the text of the message after this command, if the command changes it.
    pub(super) fn text_before(&self, command: &Command<'_>, action: Action) -> Result<Option<DotEncoder>, Misuse> {
        // The text that BURL fetches is not visible here. It begins after what was sent, and what follows begins after
        // it.
        let ends = match command {
            Command::Mail(_) => return Ok(Some(DotEncoder::new(self.config.bare_line_endings))),
            Command::Bdat(bdat) => bdat.size == 0 && action == Action::BdatLast,
            Command::Burl(_) => true,
            _ => false,
        };
        if !ends || self.facts.declared().is_binary() {
            return Ok(None);
        }
        let mut encoder = self.encoder.clone();
        encoder.finish().map_err(Misuse::Content)?;
        Ok(Some(encoder))
    }

    /// Checks the command against the limits that the server has declared.
    pub(super) fn is_within_limits(&self, command: &Command<'_>) -> Result<(), Misuse> {
        let reached = |count: u32, limit: Option<NonZeroU32>| limit.is_some_and(|most| count >= most.get());
        match command {
            Command::Mail(_) if reached(self.facts.mail_commands(), self.offer.limits.mail_max) => {
                Err(OverLimit::MailMax.into())
            }
            Command::Rcpt(_) if reached(self.facts.rcpt_commands(), self.offer.limits.rcpt_max) => {
                Err(OverLimit::RcptMax.into())
            }
            _ => Ok(self.offer.permits(command)?),
        }
    }

    /// Checks the line in `out` from `start` on against its length limit and the strict grammar. It has to parse into
    /// an equivalent command, so that no value, however it was made, can end the line, become another command or change
    /// its meaning.
    pub(super) fn reads_back(&self, command: &Command<'_>, start: usize, out: &mut Vec<u8>) -> Result<(), Misuse> {
        let line = out.get(start..).unwrap_or_default();
        if line.len() > COMMAND_LINE_LIMIT {
            let limit = match command {
                Command::Mail(_) => self.usable().mail_line_limit(),
                Command::Rcpt(_) => self.usable().rcpt_line_limit(),
                _ => COMMAND_LINE_LIMIT,
            };
            if line.len() > limit {
                return Err(too_long(limit));
            }
        }
        let parameters = match command {
            Command::Mail(mail) => mail.parameters,
            Command::Rcpt(rcpt) => rcpt.parameters,
            _ => Parameters::NONE,
        };
        let opaque = self.config.unregistered && parameters.iter().any(|parameter| !is_registered(parameter.keyword));
        let mut grammar = self.grammar(command);
        if opaque {
            grammar.extensions = None;
        }
        match &Command::parse(line.strip_suffix(b"\r\n").unwrap_or(line), grammar) {
            Ok(read) if read == command || read.equivalent(command) => {}
            Ok(read) => return Err(another(*read, command)),
            Err(_) if self.lacks_smtputf8(command) => {
                return Err(NotOffered::Extension(Extension::SmtpUtf8).into());
            }
            Err(error) => return Err(self.unreadable(command, *error)),
        }
        if opaque {
            self.registered_are_offered(command, parameters, out)?;
        }
        Ok(())
    }

    /// Returns `true` if the command has an address or a text that needs SMTPUTF8, and the server does not offer it.
    #[cold]
    fn lacks_smtputf8(&self, command: &Command<'_>) -> bool {
        let needs_it = match command {
            Command::Mail(mail) => mail.reverse_path.path().is_some_and(Path::needs_smtputf8),
            Command::Rcpt(rcpt) => rcpt.forward_path.path().is_some_and(Path::needs_smtputf8),
            Command::Vrfy(lookup) | Command::Expn(lookup) => !lookup.text.as_bytes().is_ascii(),
            Command::Help(text) | Command::Noop(text) => text.is_some_and(|text| !text.as_bytes().is_ascii()),
            _ => false,
        };
        needs_it && !self.has(Extension::SmtpUtf8)
    }

    /// Checks the line again without its unregistered parameters, so that the others are checked against the offer.
    #[cold]
    fn registered_are_offered(
        &self,
        command: &Command<'_>,
        parameters: Parameters<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), Misuse> {
        let start = out.len();
        match command {
            Command::Mail(mail) => Command::mail(mail.reverse_path, Parameters::NONE).encode(out),
            Command::Rcpt(rcpt) => Command::rcpt(rcpt.forward_path, Parameters::NONE).encode(out),
            _ => return Ok(()),
        }
        out.truncate(out.len().saturating_sub(b"\r\n".len()));
        for parameter in parameters.iter().filter(|parameter| is_registered(parameter.keyword)) {
            out.push(b' ');
            out.extend_from_slice(parameter.keyword.as_bytes());
            if let Some(value) = parameter.value {
                out.push(b'=');
                out.extend_from_slice(value);
            }
        }
        let result = Command::parse(out.get(start..).unwrap_or_default(), self.grammar(command));
        let result = result.map(|_| ()).map_err(|error| self.unreadable(command, error));
        out.truncate(start);
        result
    }

    /// Returns the misuse for a command whose line does not parse.
    #[cold]
    fn unreadable(&self, command: &Command<'_>, error: SyntaxError) -> Misuse {
        match error.expected() {
            Expected::RecognizedParameter => Misuse::NotOffered(self.missing(command)),
            _ => Misuse::Unsendable(error),
        }
    }

    /// Returns what the server would have to offer for the first parameter that is not recognized.
    #[cold]
    fn missing(&self, command: &Command<'_>) -> NotOffered {
        let (parameters, of) = match command {
            Command::Mail(mail) => (mail.parameters, MailOrRcpt::Mail),
            Command::Rcpt(rcpt) => (rcpt.parameters, MailOrRcpt::Rcpt),
            _ => return NotOffered::Unregistered,
        };
        let usable = self.usable();
        for parameter in parameters.iter() {
            let needed = match ParameterName::from_keyword(parameter.keyword.as_bytes(), of) {
                None if self.config.unregistered && !is_registered(parameter.keyword) => continue,
                None => return NotOffered::Unregistered,
                Some(ParameterName::Body) => match parameters.find(ParameterName::Body) {
                    Some(ParameterValue::Body(body)) => body.offered_by(),
                    _ => None,
                },
                Some(name) if name.is_offered(usable) => None,
                Some(name) => name.offered_by().first().copied(),
            };
            match needed.filter(|needed| !usable.contains(*needed)) {
                None => {}
                Some(Extension::BinaryMime) if self.has(Extension::BinaryMime) => {
                    return NotOffered::Extension(Extension::Chunking);
                }
                Some(needed) => return NotOffered::Extension(needed),
            }
        }
        NotOffered::Unregistered
    }

    /// Returns the extensions that can be used in the current session.
    fn usable(&self) -> Extensions {
        let mut extensions = self.permitted();
        // RFC 8689 section 2.
        if !self.is_tls() {
            extensions = extensions.without(Extension::RequireTls);
        }
        // RFC 3030 section 3.
        if !extensions.contains(Extension::Chunking) {
            extensions = extensions.without(Extension::BinaryMime);
        }
        extensions
    }

    /// Returns the grammar by which a server reads the line.
    fn grammar(&self, command: &Command<'_>) -> Grammar {
        let smtputf8 = match command {
            Command::Rcpt(_) => self.facts.declared().smtputf8,
            // RFC 6531 section 3.7.4.2: with or without the parameter, the text may be in UTF-8 if SMTPUTF8 is offered.
            // So may any String, because section 3.3 extends its Atom and Quoted-string.
            Command::Vrfy(_) | Command::Expn(_) | Command::Help(_) | Command::Noop(_) => self.has(Extension::SmtpUtf8),
            _ => false,
        };
        Grammar { dialect: Dialect::WRITTEN, smtputf8, extensions: Some(self.usable()), ..Grammar::STRICT }
    }
}

fn is_registered(keyword: Keyword<'_>) -> bool {
    ParameterName::of_either(keyword.as_bytes()).is_some()
}

/// Returns the misuse for a command whose line parses as one with another meaning.
#[cold]
fn another(read: Command<'_>, command: &Command<'_>) -> Misuse {
    let verb = command.verb();
    let known = !matches!(command, Command::Obsolete(_) | Command::Unknown(_));
    Misuse::Unsendable(if known && read.verb() == verb {
        let argument = u32::try_from(verb.as_str().len()).unwrap_or(u32::MAX).saturating_add(1);
        SyntaxError::new(Expected::Text, Part::Argument, argument)
    } else {
        SyntaxError::new(Expected::Verb, Part::Verb, 0)
    })
}
