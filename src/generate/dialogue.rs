//! Whole sessions.

use super::Source;
use crate::session::{Action, Side, State};
use crate::syntax::{EnhancedCode, Extension, Extensions, Grammar, ReplyCode, Severity, Verb};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::mem::take;

/// What one side of a dialogue sends before the other sends something.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Turn {
    /// Who sends it.
    pub side: Side,
    /// The octets: commands, content, chunks and responses, or replies.
    pub octets: Vec<u8>,
}

impl Source<'_> {
    /// A session of SMTP or LMTP from the greeting to its end, in which both sides keep to the RFCs: commands have their place, parameters
    /// and verbs are offered, replies are some that the command can have. It is in the clear throughout.
    ///
    /// ```
    /// use smtp_core::generate::Source;
    ///
    /// let turns = Source::new(b"").dialogue();
    /// let octets: Vec<u8> = turns.into_iter().flat_map(|turn| turn.octets).collect();
    /// let text = "220 mx.example ready\r\nHELO example\r\n250 mx.example\r\nQUIT\r\n221 OK\r\n";
    /// assert_eq!(String::from_utf8(octets).unwrap(), text);
    /// ```
    #[must_use]
    pub fn dialogue(&mut self) -> Vec<Turn> {
        let mut talk = Talk {
            source: self,
            state: State::Start,
            offered: Extensions::NONE,
            lmtp: false,
            authenticated: false,
            recipients: 0,
            smtputf8: false,
            binary: false,
            client: Vec::new(),
            server: Vec::new(),
            turns: Vec::new(),
        };
        talk.play();
        talk.turns
    }
}

/// What may be offered, and what has to be offered with it.
const OFFERS: &[(Extension, Option<Extension>)] = &[
    (Extension::Pipelining, None),
    (Extension::EnhancedStatusCodes, None),
    (Extension::EightBitMime, None),
    (Extension::Size, None),
    (Extension::Chunking, None),
    (Extension::BinaryMime, Some(Extension::Chunking)),
    (Extension::SmtpUtf8, Some(Extension::EightBitMime)),
    (Extension::Dsn, None),
    (Extension::Auth, None),
    (Extension::DeliverBy, None),
    (Extension::MtPriority, None),
    (Extension::Etrn, None),
];

/// What LMTP has to offer (RFC 2033 section 5).
const OF_LMTP: &[Extension] = &[Extension::Pipelining, Extension::EnhancedStatusCodes, Extension::EightBitMime];

const VERBS: &[Verb] = &[
    Verb::Mail,
    Verb::Rcpt,
    Verb::Data,
    Verb::Rcpt,
    Verb::Bdat,
    Verb::Rset,
    Verb::Noop,
    Verb::Vrfy,
    Verb::Help,
    Verb::Auth,
    Verb::Etrn,
    Verb::Expn,
];

/// Lines of content, dots doubled.
const LINES: &[&str] = &["Subject: x\r\n", "\r\n", "..\r\n", "..a\r\n", "text\r\n", "QUIT\r\n"];
/// Lines of a chunk, in which nothing is doubled.
const CHUNKS: &[&str] = &["Subject: x\r\n", "\r\n", ".\r\n", "QUIT\r\n", ""];

struct Talk<'s, 'a> {
    source: &'s mut Source<'a>,
    state: State,
    offered: Extensions,
    lmtp: bool,
    authenticated: bool,
    recipients: usize,
    smtputf8: bool,
    binary: bool,
    /// Octets of the turn that is not over.
    client: Vec<u8>,
    server: Vec<u8>,
    turns: Vec<Turn>,
}

impl Talk<'_, '_> {
    fn play(&mut self) {
        self.server.extend_from_slice(b"220 mx.example ready\r\n");
        self.pause();
        self.hello();
        for _ in 0..self.source.below(32) {
            if self.state == State::Closed {
                break;
            }
            let verb =
                if self.state == State::Failed { Verb::Rset } else { self.source.choose(VERBS).unwrap_or(Verb::Noop) };
            if self.may(verb) {
                self.command(verb);
            }
        }
        // RFC 3030 section 2: a transaction that failed is reset first.
        if self.state == State::Failed {
            self.command(Verb::Rset);
        }
        if self.state != State::Closed {
            self.client.extend_from_slice(b"QUIT\r\n");
            self.answer(Action::Quit, &[221]);
        }
        self.pause();
    }

    fn hello(&mut self) {
        let extended = self.source.yes();
        self.lmtp = extended && self.source.below(4) == 3;
        let (verb, action) = match (extended, self.lmtp) {
            (false, _) => (Verb::Helo, Action::Helo),
            (true, false) => (Verb::Ehlo, Action::Ehlo),
            (true, true) => (Verb::Lhlo, Action::Lhlo),
        };
        let line = self.source.command_of(verb, Grammar::STRICT);
        self.client.extend(line);
        let mut text = String::from("mx.example");
        for (extension, with) in OFFERS.iter().filter(|_| extended) {
            let due = self.lmtp && OF_LMTP.contains(extension);
            let may = with.is_none_or(|with| self.offered.contains(with));
            if due || (self.source.yes() && may) {
                self.offered = self.offered.with(*extension);
                let parameter = match extension {
                    Extension::Size => " 20000000000000000000",
                    Extension::Auth => " PLAIN",
                    _ => "",
                };
                text.push_str(&format!("\n{}{parameter}", extension.keyword()));
            }
        }
        self.source.write(ReplyCode::OK, None, &text, &mut self.server);
        self.state = self.state.after(action, ReplyCode::OK);
        self.pause();
    }

    /// Has the verb its place here, and is it offered?
    fn may(&self, verb: Verb) -> bool {
        let offered = match verb {
            Verb::Bdat => self.offered.contains(Extension::Chunking),
            Verb::Auth => self.offered.contains(Extension::Auth) && !self.authenticated,
            Verb::Etrn => self.offered.contains(Extension::Etrn),
            Verb::Data => !self.binary,
            _ => true,
        };
        offered && self.state.permits(Action::of_verb(verb))
    }

    fn command(&mut self, verb: Verb) {
        let mut grammar = Grammar::STRICT.with_extensions(self.offered);
        match verb {
            Verb::Mail => {
                let parameters = self.source.parameters(true, grammar);
                self.smtputf8 = parameters.contains("SMTPUTF8");
                self.binary = parameters.contains("BINARYMIME");
                grammar.smtputf8 = self.smtputf8;
                let path = self.source.path_in_use(true, grammar);
                self.client.extend(format!("MAIL FROM:{path}{parameters}\r\n").into_bytes());
                self.answer(Action::Mail, &[250, 250, 250, 451, 550]);
                self.recipients = 0;
            }
            Verb::Rcpt => {
                grammar.smtputf8 = self.smtputf8;
                let path = self.source.path_in_use(false, grammar);
                let parameters = self.source.parameters(false, grammar);
                self.client.extend(format!("RCPT TO:{path}{parameters}\r\n").into_bytes());
                if self.answer(Action::Rcpt, &[250, 250, 250, 450, 550, 553]).severity() == Severity::Success {
                    self.recipients = self.recipients.saturating_add(1);
                }
            }
            Verb::Data => self.data(),
            Verb::Bdat => self.chunk(),
            Verb::Auth => self.authentication(),
            verb => {
                let line = self.source.command_of(verb, grammar);
                self.client.extend(line);
                self.answer(
                    Action::of_verb(verb),
                    match verb {
                        Verb::Vrfy | Verb::Expn => &[252, 250, 550],
                        Verb::Help => &[214, 502],
                        Verb::Etrn => &[250, 458],
                        _ => &[250],
                    },
                );
            }
        }
    }

    fn data(&mut self) {
        self.client.extend_from_slice(b"DATA\r\n");
        if self.answer(Action::Data, &[354, 354, 354, 451]) != ReplyCode::START_MAIL_INPUT {
            return;
        }
        let lines = self.source.below(6);
        (0..lines).for_each(|_| self.client.extend(self.source.pick(LINES).bytes()));
        self.client.extend_from_slice(b".\r\n");
        self.answer_content(Action::Content);
    }

    fn chunk(&mut self) {
        let last = self.source.yes();
        let chunk = self.source.pick(CHUNKS);
        self.client.extend(format!("BDAT {}{}\r\n{chunk}", chunk.len(), if last { " LAST" } else { "" }).into_bytes());
        if last {
            self.answer_content(Action::BdatLast);
        } else {
            self.answer(Action::Bdat, &[250, 250, 250, 451]);
        }
    }

    /// One reply, in LMTP one a recipient (RFC 2033 section 4.2).
    fn answer_content(&mut self, action: Action) {
        for _ in 0..if self.lmtp { self.recipients } else { 1 } {
            self.answer(action, &[250, 250, 451, 554]);
            if self.state == State::Closed {
                break;
            }
        }
    }

    fn authentication(&mut self) {
        let response = self.source.yes();
        self.client.extend_from_slice(if response { b"AUTH PLAIN AGpvZQBzZWNyZXQ=\r\n" } else { b"AUTH PLAIN\r\n" });
        let mut code = self.answer(Action::Auth, if response { &[235, 535] } else { &[334] });
        if code == ReplyCode::CHALLENGE {
            let cancels = self.source.yes();
            self.client.extend_from_slice(if cancels { b"*\r\n" } else { b"AGpvZQBzZWNyZXQ=\r\n" });
            code = self.answer(Action::Response, if cancels { &[501] } else { &[235, 535, 454] });
        }
        self.authenticated |= code == ReplyCode::AUTHENTICATION_SUCCEEDED;
    }

    /// One of these codes, or seldom the end of the session.
    fn answer(&mut self, action: Action, codes: &[u16]) -> ReplyCode {
        let code = if self.source.below(64) == 63 { 421 } else { self.source.pick(codes) };
        let code = ReplyCode::new(code).unwrap_or(ReplyCode::OK);
        let enhanced = self.offered.contains(Extension::EnhancedStatusCodes);
        let enhanced = if enhanced { EnhancedCode::new(code.severity(), 0, 0) } else { None };
        let text = if code == ReplyCode::CHALLENGE { "" } else { "OK" };
        self.source.write(code, enhanced, text, &mut self.server);
        self.state = self.state.after(action, code);
        // RFC 2920: what does not end a group may have more behind it before the reply comes.
        let more = self.offered.contains(Extension::Pipelining) && !action.ends_group();
        if self.state == State::Closed || !more || self.source.yes() {
            self.pause();
        }
        code
    }

    /// Each side waits for the other.
    fn pause(&mut self) {
        for (side, octets) in [(Side::Client, take(&mut self.client)), (Side::Server, take(&mut self.server))] {
            if !octets.is_empty() {
                self.turns.push(Turn { side, octets });
            }
        }
    }
}
