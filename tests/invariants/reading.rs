//! A slow reading of a session on the server's side. The law `server` compares the server with it. It uses neither the decoders
//! nor the table of states.

use super::oracle::{self, Setup};
use super::server::{Step, What};
use smtp_core::session::{Action, Rejected, ServerConfig, State};
use smtp_core::syntax::{
    Base64, Command, Extension, Extensions, Grammar, ParameterName, Part, ReplyClass, ReplyCode, Verb,
};

/// The state of a session by the RFCs, without the table of states.
#[derive(Clone)]
pub(crate) struct Reading<'a> {
    octets: &'a [u8],
    config: &'a ServerConfig,
    at: usize,
    hello: bool,
    extended: bool,
    tls: bool,
    authenticated: bool,
    refused: bool,
    /// MAIL was accepted in this transaction; its accepted recipients; a chunk was accepted.
    mail: bool,
    recipients: u32,
    chunks: bool,
    /// The octets of the accepted chunks.
    text: Vec<u8>,
    /// A chunk was refused because the transaction had no recipients.
    lost: bool,
    /// The lost chunk was one of BDAT.
    bdat_lost: bool,
    failed: bool,
    binary: bool,
    smtputf8: bool,
    /// The next octets are content.
    content: bool,
    challenged: bool,
    handshake: bool,
    closed: bool,
}

impl<'a> Reading<'a> {
    pub(crate) fn new(config: &'a ServerConfig, octets: &'a [u8]) -> Self {
        Self {
            octets,
            config,
            at: 0,
            hello: false,
            extended: false,
            tls: false,
            authenticated: false,
            refused: false,
            mail: false,
            recipients: 0,
            chunks: false,
            text: Vec::new(),
            lost: false,
            bdat_lost: false,
            failed: false,
            binary: false,
            smtputf8: false,
            content: false,
            challenged: false,
            handshake: false,
            closed: false,
        }
    }

    /// Compares the steps of a server with this reading of the octets.
    pub(crate) fn follow(&mut self, steps: &[Step]) {
        let mut steps = steps.iter();
        let greeting = steps.next().unwrap();
        self.refused = greeting.codes[0] >= 400;
        self.closed = greeting.codes[0] == 421;
        self.agrees_with(greeting);
        while let Some(step) = steps.next() {
            if self.closed {
                assert_eq!((&step.what, step.consumed), (&What::End, self.octets.len()), "after the end");
                continue;
            }
            if step.what == What::Rejected(Rejected::TooManyOctetsDropped) {
                self.ends(step);
            } else if self.handshake {
                assert_eq!(step.what, What::Handshake);
                *self = Self { at: self.at, tls: true, ..Self::new(self.config, self.octets) };
            } else if self.content {
                self.reads_content(step, &mut steps);
            } else if self.challenged {
                self.reads_response(step);
            } else {
                self.reads_command(step, &mut steps);
            }
        }
    }

    /// Returns `true` if a limit ends the session. This reading does not know at which octet it does.
    fn ends(&mut self, step: &Step) -> bool {
        let ends = matches!(step.what, What::Rejected(rejected) if is_final(&rejected));
        if ends {
            assert_eq!((&step.codes[..], step.state), (&[421][..], State::Closed), "{step:?}");
            self.closed = true;
        }
        ends
    }

    /// Checks that the step is the last: all octets were read, and more are needed.
    fn waits(&self, step: &Step, consumed: usize) {
        assert_eq!((&step.what, step.consumed), (&What::End, consumed), "there are more octets to read");
    }

    fn reads_content<'s>(&mut self, step: &'s Step, steps: &mut impl Iterator<Item = &'s Step>) {
        let setup = Setup { bare: self.config.bare_line_endings, limit: self.config.content_line_limit };
        let decoded = oracle::decode(&self.octets[self.at..], setup);
        self.at += decoded.consumed;
        let step = self.same_content(&decoded.content, decoded.end, step, steps);
        if self.ends(step) {
            return;
        }
        match decoded.end {
            None => self.waits(step, self.at),
            Some(result) => {
                let fine = if let Err(fault) = result {
                    let kind =
                        |rejected: &Rejected| matches!(rejected, Rejected::Content(f) if (f.kind, f.offset) == fault);
                    matches!(&step.what, What::Rejected(rejected) if kind(rejected) || *rejected == Rejected::MessageTooBig)
                } else {
                    match step.what {
                        What::ContentEnd => true,
                        What::Rejected(rejected) => rejected == Rejected::MessageTooBig,
                        _ => false,
                    }
                };
                assert!(fine, "{step:?}, content ended with {result:?}");
                self.content = false;
                self.end_transaction();
                self.agrees_with(step);
            }
        }
    }

    /// Checks that the content of the step is this one. Returns the step after it.
    fn same_content<'s>(
        &self,
        content: &[u8],
        end: Option<Result<(), oracle::Fault>>,
        step: &'s Step,
        steps: &mut impl Iterator<Item = &'s Step>,
    ) -> &'s Step {
        let What::Content(found) = &step.what else {
            let void = matches!(step.what, What::Rejected(rejected) if rejected == Rejected::MessageTooBig || is_final(&rejected));
            let limited = self.config.capabilities.size_limit().is_some();
            assert!(void || content.is_empty() || (limited && step.what == What::End) || matches!(end, Some(Err(_))));
            return step;
        };
        let next = steps.next().unwrap();
        let valid = matches!(next.what, What::ContentEnd | What::ChunkEnd);
        if valid {
            assert_eq!(found.escape_ascii().to_string(), content.escape_ascii().to_string());
        } else {
            assert!(content.starts_with(found), "{}, not {}", found.escape_ascii(), content.escape_ascii());
        }
        next
    }

    fn reads_response(&mut self, step: &Step) {
        let limit = self.config.response_limit;
        let Some(line) = self.line(limit) else { return self.waits(step, self.at) };
        let line = match line {
            Some(line) if self.config.dialect.trailing_white_space => Some(without_white_space_at_its_end(line)),
            line => line,
        };
        match (&step.what, line) {
            (What::Rejected(rejected), _) if is_final(rejected) => {}
            (What::Rejected(Rejected::ResponseTooLong), None) => {}
            (What::Rejected(Rejected::AuthenticationCancelled), Some(b"*")) => {}
            (What::Response(response), Some(line)) => assert_eq!(response, line),
            (What::Rejected(Rejected::ResponseNotBase64), Some(line)) => {
                assert!(Base64::parse(line).is_err());
            }
            (what, line) => panic!("{what:?} of {line:?}"),
        }
        self.after_response(step.codes[0]);
        self.agrees_with(step);
    }

    fn after_response(&mut self, code: u16) {
        self.challenged = code == 334;
        self.authenticated |= code == 235;
    }

    /// Returns the next line, `Some(None)` if it is too long, or `None` if it is incomplete.
    fn line(&mut self, limit: usize) -> Option<Option<&'a [u8]>> {
        let rest = &self.octets[self.at..];
        let line = oracle::lines(rest)[0];
        if line.ends_with(b"\r\n") && line.len() <= limit {
            self.at += line.len();
            return Some(line.strip_suffix(b"\r\n"));
        }
        if line.len() < limit {
            return None;
        }
        self.at += limit;
        Some(None)
    }

    /// Discards the rest of a line that was too long. Returns `true` if it is complete.
    fn drop_line(&mut self) -> bool {
        let rest = &self.octets[self.at - 1..];
        let line = oracle::lines(rest)[0];
        self.at += line.len() - 1;
        line.ends_with(b"\r\n") || (rest.starts_with(b"\r\n"))
    }

    fn reads_command<'s>(&mut self, step: &'s Step, steps: &mut impl Iterator<Item = &'s Step>) {
        // A verb ends at a space or at CRLF (RFC 5321 section 4.1.1).
        let first = self.octets[self.at..].get(..5).map(<[u8]>::to_ascii_uppercase);
        let limit = match first.as_deref() {
            Some(b"MAIL ") => self.extensions().mail_line_limit(),
            Some(b"RCPT ") => self.extensions().rcpt_line_limit(),
            Some(b"AUTH ") => self.config.response_limit,
            _ => 512,
        };
        let Some(line) = self.line(limit) else { return self.waits(step, self.at) };
        let Some(line) = line else {
            let expected = match first.as_deref() {
                Some(b"AUTH ") => Rejected::ResponseTooLong,
                // The octets of a chunk would follow.
                Some(b"BDAT ") => Rejected::UnreadableChunkSize,
                _ => Rejected::LineTooLong,
            };
            let found = &step.what;
            let ends = matches!(found, What::Rejected(rejected) if is_final(rejected));
            assert!(*found == What::Rejected(expected) || ends, "{step:?}");
            self.closed = step.codes[0] == 421;
            self.agrees_with(step);
            if !self.closed && !self.drop_line() {
                let step = steps.next().unwrap();
                if !self.ends(step) {
                    self.waits(step, self.at);
                }
            }
            return;
        };
        let grammar = self.grammar(line);
        let parsed = Command::parse(line, grammar);
        if let Ok(Command::Bdat(bdat)) = parsed {
            return self.reads_chunk(bdat.size, bdat.last, step, steps);
        }
        let text = String::from_utf8_lossy(line);
        // White space before the verb is not part of it.
        let mut words = text.trim_start_matches([' ', '\t']).split(|sign: char| !sign.is_ascii_graphic());
        if parsed.is_err() && words.next().is_some_and(|verb| verb.eq_ignore_ascii_case("BDAT")) {
            // The octets of a chunk follow if their number can be read.
            let mut words = words.filter(|word| !word.is_empty());
            let (size, last) = (words.next(), words.next().is_some_and(|word| word.eq_ignore_ascii_case("LAST")));
            match size.filter(|size| size.bytes().all(|digit| digit.is_ascii_digit())).map(str::parse) {
                Some(Ok(size)) => return self.reads_chunk(size, last, step, steps),
                _ => assert_eq!(step.what, What::Rejected(Rejected::UnreadableChunkSize)),
            }
        }
        let code = step.codes[0];
        match (&step.what, &parsed) {
            (What::Command(action, text), Ok(command)) => {
                assert_eq!((*action, text), (Action::of(command), &command.to_string()));
                assert!(self.permits(*action), "{step:?} is out of sequence");
                self.after_command(command, code);
            }
            (What::Rejected(rejected), parsed) => {
                match rejected {
                    Rejected::Syntax(error) => assert_eq!(parsed.as_ref(), Err(error)),
                    Rejected::Sequence | Rejected::NoValidRecipients => {
                        let action = parsed.as_ref().map_or_else(|_| Action::of_verb(verb(line)), Action::of);
                        assert!(!self.permits(action), "{step:?} is in sequence");
                    }
                    _ => {}
                }
                assert!(code >= 400);
                // A word that only begins with a verb is not that verb.
                let is_unknown = parsed.as_ref().is_err_and(|error| error.part() == Part::Verb);
                let data = verb(line) == Verb::Data && !is_unknown && ![500, 501, 502, 421].contains(&code);
                // The client only sees the code, so the reason of the refusal does not matter.
                self.failed |= data && self.recipients > 0 && (self.chunks || self.binary || self.bdat_lost);
                // A failed BURL makes the transaction fail as a BDAT does (RFC 3030 section 2, RFC 4468 section 3), and so does a
                // BDAT that cannot be parsed, whatever follows it.
                if matches!(verb(line), Verb::Burl | Verb::Bdat) && !is_unknown {
                    let known = *rejected != Rejected::NotImplemented;
                    self.after_chunk(matches!(parsed, Ok(Command::Burl(burl)) if burl.last), known, code);
                }
                self.closed = code == 421;
            }
            _ => panic!("{step:?} of {}", line.escape_ascii()),
        }
        self.agrees_with(step);
    }

    fn reads_chunk<'s>(&mut self, size: u64, last: bool, step: &'s Step, steps: &mut impl Iterator<Item = &'s Step>) {
        // The session ends before the octets of the chunk.
        if self.ends(step) {
            return;
        }
        let rest = &self.octets[self.at..];
        let there = usize::try_from(size).map_or(rest.len(), |size| size.min(rest.len()));
        self.at += there;
        let refused = matches!(step.what, What::Rejected(_));
        let step = if refused { step } else { self.same_chunk(&rest[..there], step, steps) };
        if self.ends(step) {
            return;
        }
        if there as u64 != size {
            return self.waits(step, self.at);
        }
        let action = if last { Action::BdatLast } else { Action::Bdat };
        let code = step.codes[step.codes.len() - 1];
        if self.permits(action) && !self.binary {
            self.text.extend_from_slice(&rest[..there]);
        }
        let setup = Setup { bare: self.config.bare_line_endings, limit: self.config.content_line_limit };
        let fault = oracle::fault(&self.text, setup).filter(|_| last);
        match &step.what {
            What::ContentEnd if last => assert!(self.permits(action) && fault.is_none()),
            What::Rejected(Rejected::Content(found)) => assert_eq!(Some((found.kind, found.offset)), fault),
            What::ChunkEnd if !last => assert!(self.permits(action)),
            What::Rejected(Rejected::Sequence | Rejected::NoValidRecipients) => assert!(!self.permits(action)),
            What::Rejected(_) => {}
            what => panic!("{what:?} of a chunk"),
        }
        let known = step.what != What::Rejected(Rejected::NotImplemented);
        self.bdat_lost |= known && self.mail && self.recipients == 0 && !self.failed;
        self.after_chunk(last, known, code);
        self.agrees_with(step);
    }

    /// The same for a chunk, whose octets are returned unchanged unless it is refused.
    fn same_chunk<'s>(&self, chunk: &[u8], step: &'s Step, steps: &mut impl Iterator<Item = &'s Step>) -> &'s Step {
        if step.what == What::End {
            return step; // the chunk may be refused later
        }
        self.same_content(chunk, None, step, steps)
    }

    /// Applies the answer to a chunk, or to a command that the server does not know.
    fn after_chunk(&mut self, last: bool, known: bool, code: u16) {
        let in_content = self.recipients > 0 && !self.failed;
        self.lost |= known && self.mail && self.recipients == 0 && !self.failed;
        match code {
            421 => self.closed = true,
            500 | 502 if !known => {}
            200..=299 if last => self.end_transaction(),
            200..=299 => self.chunks = true,
            _ if last && in_content => self.end_transaction(),
            _ => self.failed |= in_content,
        }
    }

    fn after_command(&mut self, command: &Command<'_>, code: u16) {
        let success = (200..300).contains(&code);
        self.closed = code == 421;
        match command {
            Command::Data => {
                self.content = code == 354;
                self.failed |= self.chunks && !self.content && ![500, 501, 502].contains(&code);
            }
            Command::Auth(_) => self.after_response(code),
            Command::Burl(burl) => self.after_chunk(burl.last, true, code),
            _ if !success => {}
            Command::Helo(_) | Command::Ehlo(_) | Command::Lhlo(_) => {
                self.end_transaction();
                self.hello = true;
                self.extended = !matches!(command, Command::Helo(_));
            }
            Command::Mail(mail) => {
                // MAIL without a hello has the effect of HELO.
                (self.hello, self.mail) = (true, true);
                self.smtputf8 = mail.parameters.has(ParameterName::SmtpUtf8);
                self.binary = mail.parameters.to_string().to_ascii_uppercase().contains("BODY=BINARYMIME");
            }
            Command::Rcpt(_) => self.recipients += 1,
            Command::Rset => self.end_transaction(),
            Command::Quit | Command::Atrn(_) => self.closed = true,
            Command::StartTls => self.handshake = true,
            Command::Xclient(_) => (self.hello, self.extended, self.authenticated) = (false, false, false),
            _ => {}
        }
    }

    fn end_transaction(&mut self) {
        (self.mail, self.recipients, self.chunks, self.failed) = (false, 0, false, false);
        (self.binary, self.smtputf8, self.lost) = (false, false, false);
        self.bdat_lost = false;
        self.text.clear();
    }

    /// Returns `true` if the action is in sequence (RFC 5321 sections 3.3 and 4.1.4, and the extensions for their commands).
    fn permits(&self, action: Action) -> bool {
        match action {
            Action::Mail => (self.hello || self.config.mail_without_hello) && !self.mail,
            Action::Etrn | Action::Atrn => self.hello && !self.mail,
            Action::StartTls => self.hello && !self.mail && !self.tls,
            Action::Auth => self.hello && !self.mail && !self.authenticated,
            Action::Rcpt => self.mail && !self.chunks && !self.failed,
            Action::Data => self.recipients > 0 && !self.chunks && !self.failed && !self.binary && !self.bdat_lost,
            Action::Bdat | Action::BdatLast | Action::Burl | Action::BurlLast => {
                self.recipients > 0 && !self.failed && !self.lost
            }
            Action::Xclient | Action::Xforward => !self.mail,
            _ => true,
        }
    }

    fn extensions(&self) -> Extensions {
        let offered = self.config.capabilities.extensions();
        match (self.extended, self.tls) {
            (false, _) => Extensions::NONE,
            (true, true) => offered.without(Extension::StartTls),
            (true, false) if self.config.auth_only_under_tls => {
                offered.without(Extension::RequireTls).without(Extension::Auth)
            }
            (true, false) => offered.without(Extension::RequireTls),
        }
    }

    fn grammar(&self, line: &[u8]) -> Grammar {
        let mut grammar = Grammar::STRICT.with_extensions(self.extensions());
        (grammar.dialect, grammar.unregistered) = (self.config.dialect, self.config.unregistered);
        grammar.smtputf8 = match verb(line) {
            Verb::Rcpt => self.smtputf8,
            Verb::Vrfy | Verb::Expn | Verb::Help | Verb::Noop => self.extensions().contains(Extension::SmtpUtf8),
            _ => false,
        };
        grammar
    }

    /// Checks that the server has the state of this reading.
    fn agrees_with(&mut self, step: &Step) {
        self.closed |= step.codes.last() == Some(&421);
        let state = if self.closed {
            State::Closed
        } else if self.handshake {
            State::Tls
        } else if self.challenged {
            State::Auth
        } else if self.content {
            State::Data
        } else if self.failed {
            State::Failed
        } else if self.chunks {
            State::Bdat
        } else if self.recipients > 0 {
            State::Rcpt
        } else if self.mail {
            State::Mail
        } else if self.hello {
            State::Ready
        } else {
            State::Start
        };
        assert_eq!(step.state, state, "{step:?}");
        let severity = step.codes.first().and_then(|code| ReplyCode::new(*code).ok()).map(ReplyCode::class);
        assert!(severity.is_none_or(ReplyClass::is_failure) || !matches!(step.what, What::Rejected(_)), "{step:?}");
        if !self.closed {
            assert_eq!((step.recipients, step.authenticated), (self.recipients, self.authenticated), "{step:?}");
            assert_eq!(step.consumed, self.at, "{step:?}");
        }
    }
}

fn is_final(rejected: &Rejected) -> bool {
    rejected.is_final()
}

fn verb(line: &[u8]) -> Verb {
    let line = &line[line.iter().take_while(|octet| matches!(octet, b' ' | b'\t')).count()..];
    let length = line.iter().take_while(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_')).count();
    Verb::from_bytes(&line[..length])
}

fn without_white_space_at_its_end(line: &[u8]) -> &[u8] {
    let mut line = line;
    while let [before @ .., b' ' | b'\t'] = line {
        line = before;
    }
    line
}
