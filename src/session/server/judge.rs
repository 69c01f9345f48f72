//! Decides whether a command is permitted, and parses the command line for that. `receive.rs` passes it the input; the
//! answers are written in `answer.rs`.
//!
//! If the start of the next command is no longer known, the session ends (421). The other checks are in the order that
//! gives clients the least surprising codes: line length, session refused (503, 521), verb known (500),
//! implemented (502), policy (530), syntax of the argument (501), sequence (503), parameters (555, 501), limits (452,
//! 552).

use super::receive::within;
use super::tally::is_idle;
use super::{Hello, Pending, Receiving, Rejected, Require, Server, ServerEvent};
use crate::codec::{COMMAND_LINE_LIMIT, ChunkDecoder};
use crate::session::facts::{Declared, Misplaced, is_offered, needed};
use crate::session::state::ends_group;
use crate::session::{Action, Misuse, State};
use crate::syntax::command::holds_auth;
use crate::syntax::{
    Bdat, Command, Expected, Extension, Extensions, Grammar, OverLimit, Parameter, Part, SyntaxError, Verb,
};
use core::num::NonZeroU32;

impl Server {
    /// Reads the next command line and judges it. After a BDAT, reads its chunk.
    pub(super) fn line<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<ServerEvent<'a>>, Misuse> {
        if self.lines.is_discarding() {
            match self.catch_up(input) {
                Ok(true) => {}
                Ok(false) => return Ok(None),
                Err(rejected) => return Ok(Some(self.reject(Action::Other, rejected, None))),
            }
        }
        let before = *input;
        let start = Verb::at_start(before).map(|(verb, _)| verb);
        let line = match self.lines.decode(input, self.line_limit(start)) {
            Ok(Some(line)) => line,
            Ok(None) => return Ok(None),
            Err(_) => {
                // Octets after the limit may not have arrived.
                let consumed = before.get(..before.len().saturating_sub(input.len())).unwrap_or_default();
                self.begins_with(Verb::first_word(consumed));
                return Ok(Some(match start {
                    Some(Verb::Auth) => self.reject(Action::Other, Rejected::ResponseTooLong, None),
                    // The announced size was not read, so chunk octets cannot be told from commands.
                    Some(Verb::Bdat) => self.reject(Action::Bdat, Rejected::UnreadableChunkSize, None),
                    _ => self.reject(Action::Other, Rejected::LineTooLong, None),
                }));
            }
        };
        let verb = start.unwrap_or_else(|| Verb::of_line(line, self.config.dialect));
        match self.parse(line, verb) {
            Ok(command) => self.command(verb, &command, line, input),
            Err(error) => self.no_command(verb, error, line, input),
        }
    }

    /// Judges a command. After a BDAT, reads its chunk.
    fn command<'a>(
        &mut self,
        verb: Verb,
        command: &Command<'a>,
        line: &'a [u8],
        input: &mut &'a [u8],
    ) -> Result<Option<ServerEvent<'a>>, Misuse> {
        let action = Action::of(command);
        self.begins_with(verb);
        self.unsynchronized |= !input.is_empty() && ends_group(command, action);
        // RFC 9422: each command counts, whether it is accepted or not.
        self.facts.done(action);
        let verdict = self.judge(verb, action, command);
        if verdict.is_ok() && is_idle(command) {
            self.tally.idle();
        }
        if let Command::Bdat(bdat) = command {
            return self.chunk_after(*bdat, action, verdict, line, input);
        }
        if let Err(rejected) = verdict {
            return Ok(Some(self.reject(action, rejected, Some(line))));
        }
        if let Command::Mail(mail) = command {
            self.facts.begun(Declared::of(mail.parameters));
        }
        // A BURL LAST ends the message too, wherever its octets come from.
        let unregistered = matches!(command, Command::Unknown(_));
        self.pending = Some(Pending { unregistered, ..self.owed(action, None) });
        // The message that was begun ends with this URL.
        self.begun &= action != Action::BurlLast;
        Ok(Some(if action == Action::Data { ServerEvent::Begin } else { ServerEvent::Command(*command) }))
    }

    /// Refuses a line that does not parse. If it is a BDAT with a size, reads its chunk.
    #[cold]
    fn no_command<'a>(
        &mut self,
        verb: Verb,
        error: SyntaxError,
        line: &'a [u8],
        input: &mut &'a [u8],
    ) -> Result<Option<ServerEvent<'a>>, Misuse> {
        // A verb that only begins like a known one is unknown: `DATAX` is not DATA.
        let action = if error.part() == Part::Verb { Action::Other } else { Action::of_verb(verb) };
        self.begins_with(if holds_auth(line) { Verb::Auth } else { Verb::first_word(line) });
        self.unsynchronized |= !input.is_empty() && action.ends_group();
        let Ok(chunk) = Bdat::announced(line) else {
            return Ok(Some(self.reject(action, Rejected::UnreadableChunkSize, Some(line))));
        };
        self.facts.done(action);
        let rejected = self.before_syntax(verb, action, error).err().unwrap_or(Rejected::Syntax(error));
        match chunk {
            Some(bdat) => self.chunk_after(bdat, action, Err(rejected), line, input),
            None => Ok(Some(self.reject(action, rejected, Some(line)))),
        }
    }

    /// Records whether this line and the next ones may hold a credential: a client that did not see the refusal of its
    /// AUTH may send its password next, until it sends a command.
    fn begins_with(&mut self, verb: Verb) {
        self.secret = verb == Verb::Auth || (self.secret && verb == Verb::Unknown);
    }

    /// Reads the chunk of a BDAT. Octets follow a BDAT however it is answered (RFC 3030 section 2), unless the session
    /// ends.
    fn chunk_after<'a>(
        &mut self,
        Bdat { size, last }: Bdat,
        action: Action,
        verdict: Result<(), Rejected>,
        line: &'a [u8],
        input: &mut &'a [u8],
    ) -> Result<Option<ServerEvent<'a>>, Misuse> {
        let rejected = verdict.err();
        if let Some(rejected) = rejected.filter(|rejected| rejected.is_final()) {
            return Ok(Some(self.reject(action, rejected, Some(line))));
        }
        self.receiving = Receiving::Chunk { decoder: ChunkDecoder::new(size), last, rejected };
        if rejected.is_none() && !self.begun {
            self.pending = Some(Pending { begins_chunk: true, ..Pending::new(action) });
            return Ok(Some(ServerEvent::Begin));
        }
        self.chunk_content(input)
    }

    /// Parses the command on a line by the grammar in force. An unregistered parameter is also accepted if a line of
    /// the offer has its name.
    fn parse<'a>(&self, line: &'a [u8], verb: Verb) -> Result<Command<'a>, SyntaxError> {
        let grammar = self.grammar(verb);
        match Command::parse(line, grammar) {
            Err(error) if error.expected() == Expected::RecognizedParameter && self.hello() == Hello::Ehlo => {
                self.with_listed(line, grammar).ok_or(error)
            }
            parsed => parsed,
        }
    }

    /// Parses the line again with unregistered parameters. Returns `None` unless lines of the offer name all of them.
    #[cold]
    fn with_listed<'a>(&self, line: &'a [u8], grammar: Grammar) -> Option<Command<'a>> {
        let command = Command::parse(line, Grammar { unregistered: true, ..grammar }).ok()?;
        let parameters = match &command {
            Command::Mail(mail) => mail.parameters,
            Command::Rcpt(rcpt) => rcpt.parameters,
            _ => return None,
        };
        let lists = |parameter: Parameter<'_>| self.config.capabilities.lists(parameter.keyword.as_bytes());
        parameters.iter().all(|parameter| parameter.is_registered() || lists(parameter)).then_some(command)
    }

    /// Drops the rest of a line that was too long. Returns `false` if its end has not arrived yet.
    #[cold]
    fn catch_up(&mut self, input: &mut &[u8]) -> Result<bool, Rejected> {
        loop {
            let most = self.tally.may_drop(&self.config).ok_or(Rejected::TooManyOctetsDropped)?;
            let before = input.len();
            let is_over = within(input, most, |input| self.lines.catch_up(input));
            let dropped = before.saturating_sub(input.len());
            if dropped == 0 {
                return Ok(is_over);
            }
            self.tally.dropped(dropped as u64);
        }
    }

    fn judge(&self, verb: Verb, action: Action, command: &Command<'_>) -> Result<(), Rejected> {
        self.facts.serves(verb)?;
        match command {
            Command::Unknown(unknown) => {
                let is_known = self.config.unregistered || self.config.capabilities.lists(unknown.verb.as_bytes());
                if !is_known {
                    return Err(Rejected::UnknownVerb);
                }
            }
            _ => self.is_implemented(verb)?,
        }
        self.demanded(verb)?;
        self.in_sequence(action)?;
        self.within_limits(command)
    }

    /// Makes the checks that come before that of the syntax, for a line that does not parse.
    fn before_syntax(&self, verb: Verb, action: Action, error: SyntaxError) -> Result<(), Rejected> {
        self.facts.serves(verb)?;
        if error.part() == Part::Verb || verb == Verb::Unknown {
            return Ok(());
        }
        self.is_implemented(verb)?;
        self.demanded(verb)?;
        // The argument is valid. A fault in its parameters matters only if the command is in sequence.
        let in_parameters = error.part() == Part::Parameters || error.expected() == Expected::Ascii;
        if in_parameters { self.in_sequence(action) } else { Ok(()) }
    }

    /// Checks that the verb is offered, by the configuration or the last reply to EHLO (502).
    fn is_implemented(&self, verb: Verb) -> Result<(), Rejected> {
        Ok(self.offers(verb, self.config.capabilities.extensions().with_all(self.offered))?)
    }

    /// Checks that the verb is offered with these extensions. RFC 5321 section 3.5.2: EXPN has to be listed if it is
    /// supported.
    #[inline]
    pub(super) fn offers(&self, verb: Verb, offered: Extensions) -> Result<(), Misplaced> {
        let needed = if verb == Verb::Expn { verb.offered_by() } else { needed(verb) };
        is_offered(verb, needed, offered, self.config.lmtp)
    }

    /// Checks that the client has met the demands of the configuration (530, 538).
    fn demanded(&self, verb: Verb) -> Result<(), Rejected> {
        let always = matches!(verb, Verb::Ehlo | Verb::Lhlo | Verb::Noop | Verb::StartTls | Verb::Quit);
        match self.config.require {
            Require::Tls if !self.facts.is_tls() && !always => Err(Rejected::TlsRequired),
            Require::Authentication
                if !self.facts.is_authenticated()
                    && !always
                    && !matches!(verb, Verb::Auth | Verb::Helo | Verb::Rset) =>
            {
                Err(Rejected::AuthenticationRequired)
            }
            // RFC 2645 section 5.2.1: a client has to authenticate before it asks for mail.
            _ if verb == Verb::Atrn && !self.facts.is_authenticated() && self.facts.state() == State::Ready => {
                Err(Rejected::AuthenticationRequired)
            }
            _ if verb == Verb::Auth && self.config.auth_only_under_tls && !self.facts.is_tls() => {
                Err(Rejected::EncryptionRequired)
            }
            Require::Nothing | Require::Tls | Require::Authentication => Ok(()),
        }
    }

    /// Checks the order of commands (503), and that content has recipients (554).
    fn in_sequence(&self, action: Action) -> Result<(), Rejected> {
        if action == Action::Mail && self.facts.state() == State::Start && self.config.mail_without_hello {
            return Ok(());
        }
        match self.facts.may_take(action) {
            // RFC 5321 section 3.3 leaves the choice; RFC 2033 section 4.2 requires 503.
            Err(Misplaced::NoRecipients) if self.config.lmtp => Err(Rejected::Sequence),
            result => Ok(result?),
        }
    }

    /// Checks the limits that were offered (501, 504, 552, 554, 555, 452), and ends a session that makes no progress.
    fn within_limits(&self, command: &Command<'_>) -> Result<(), Rejected> {
        if *command == Command::Quit {
            return Ok(());
        }
        if let Some(exhausted) = self.tally.exhausted(&self.config) {
            return Err(exhausted);
        }
        if is_idle(command) && self.tally.has_no_idle_left(&self.config) {
            return Err(Rejected::TooManyIdleCommands);
        }
        let offer = self.config.capabilities.offer();
        let over = |count: u32, limit: Option<NonZeroU32>| limit.is_some_and(|most| count > most.get());
        match command {
            Command::Mail(_) if over(self.facts.mail_commands(), offer.limits.mail_max) => {
                Err(OverLimit::MailMax.into())
            }
            Command::Mail(mail) => {
                offer.permits(command)?;
                // The maximum of the configuration applies even if SIZE does not declare it.
                match self.config.size_limit() {
                    Some(limit) if mail.declared_size().is_some_and(|size| size > limit) => {
                        Err(Rejected::MessageTooBig)
                    }
                    _ => Ok(()),
                }
            }
            Command::Rcpt(_) if self.facts.recipients() >= self.config.max_recipients => {
                Err(Rejected::TooManyRecipients)
            }
            Command::Rcpt(_) if over(self.facts.rcpt_commands(), offer.limits.rcpt_max) => {
                Err(OverLimit::RcptMax.into())
            }
            Command::Auth(auth) if !offer.has_mechanism(auth.mechanism) => Err(Rejected::MechanismNotOffered),
            Command::Burl(burl) => {
                offer.permits(command)?;
                // The message ends here too, and its chunks are text.
                if burl.last { self.content.clone().end_undotted().map_err(Rejected::Content) } else { Ok(()) }
            }
            _ => Ok(()),
        }
    }

    /// Returns the grammar in force for a command.
    fn grammar(&self, verb: Verb) -> Grammar {
        let extensions = self.extensions();
        // RFC 6531 sections 3.3 and 3.7.4.2: the String argument of these may be in UTF-8 if SMTPUTF8 is offered.
        let text = matches!(verb, Verb::Vrfy | Verb::Expn | Verb::Help | Verb::Noop);
        let text = text && extensions.contains(Extension::SmtpUtf8);
        Grammar {
            dialect: self.config.dialect,
            smtputf8: text || (verb == Verb::Rcpt && self.is_smtputf8()),
            extensions: Some(extensions),
            unregistered: self.config.unregistered,
        }
    }

    /// Returns the longest line permitted for the verb at its start (RFC 5321 section 4.5.3.1.4, RFC 4954 section 4).
    fn line_limit(&self, start: Option<Verb>) -> usize {
        match (start, self.hello()) {
            (Some(Verb::Mail), Hello::Ehlo) => self.config.capabilities.mail_line_limit(),
            (Some(Verb::Rcpt), Hello::Ehlo) => self.config.capabilities.rcpt_line_limit(),
            (Some(Verb::Auth), _) => self.config.response_limit,
            _ => COMMAND_LINE_LIMIT,
        }
    }
}
