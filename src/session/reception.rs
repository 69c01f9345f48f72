//! The server's side of a session as questions to the mail handler and its verdicts.
//!
//! [`Reception`] uses a [`Server`] and asks for the decisions that only a mail handler can make: may this client
//! connect, are these credentials right, does this mailbox exist, is the message stored. It keeps the envelope and the
//! AUTH exchange, and holds the replies until they are written. It opens no socket and keeps no time; a driver reads,
//! writes and waits.

mod envelope;
mod question;
mod step;

pub use envelope::Envelope;
pub use question::{Question, Verdict};

use super::{Arc, Misuse, Server, ServerConfig, StartTlsError, State, Timer};
use crate::sasl::Exchange;
use crate::syntax::{AddressLiteral, Bdat, Command, Grammar, Host, Rcpt, Reply, ReplyCode};
use crate::trace::{ExtendedDomain, Received, TcpInfo, TraceDate, WithProtocol};
use alloc::string::String;
use alloc::vec::Vec;
use question::Asked;

/// The server's side of a session as questions. The client's octets go in and questions come out; verdicts go in and
/// octets come out.
///
/// 1. [`next`](Self::next) returns the next question, or `None` if more has to be read. The question borrows from the
///    input and not from this value, so you can hold it while a decision takes its time.
/// 2. [`answer`](Self::answer) takes the verdict. [`Verdict::Usual`] is right for most questions; each [`Question`]
///    documents its meaning.
/// 3. [`to_write`](Self::to_write) returns the octets to be written; report to [`written`](Self::written) how many of
///    them were. Write before you read, and before you wait for a slow decision ([RFC 2920 section
///    3.2](https://www.rfc-editor.org/rfc/rfc2920#section-3.2)).
///
/// If the verdict on a message that [begins](Question::Begin) is not a refusal, its [content](Question::Content) and
/// exactly one of [`Finish`](Question::Finish) and [`Abandoned`](Question::Abandoned) follow, however the session goes
/// on.
///
/// ```
/// use smtp_core::session::ServerConfig;
/// use smtp_core::session::reception::{Question, Reception, Verdict};
/// use smtp_core::syntax::{Host, ReplyBuf, ReplyCode};
///
/// let mut reception = Reception::new(ServerConfig::new(Host::new("mx.example")?));
/// let mut input = &b"EHLO client.example\r\nMAIL FROM:<joe@client.example>\r\n\
///     RCPT TO:<ann@mx.example>\r\nRCPT TO:<bob@mx.example>\r\n\
///     BDAT 7 LAST\r\nHello\r\nQUIT\r\n"[..];
/// let (mut content, mut stored) = (Vec::new(), Vec::new());
/// let no_bob = ReplyBuf::lossy(ReplyCode::MAILBOX_UNAVAILABLE, "5.1.1 No Bob here");
///
/// while let Some(question) = reception.next(&mut input)? {
///     match question {
///         Question::Rcpt(rcpt) if rcpt.forward_path.to_string() == "<bob@mx.example>" => {
///             reception.answer(&no_bob)?;
///         }
///         Question::Content(octets) => content.extend_from_slice(octets),
///         Question::Abandoned => content.clear(),
///         Question::Finish => {
///             for rcpt in reception.envelope().recipients() {
///                 stored.push((rcpt.forward_path.to_string(), content.clone()));
///             }
///             content.clear();
///             reception.answer(Verdict::Usual)?;
///         }
///         // A refusal needs no answer: it is written unchanged.
///         Question::Refused(_) => {}
///         _ => reception.answer(Verdict::Usual)?,
///     }
/// }
/// assert_eq!(stored, [("<ann@mx.example>".to_owned(), b"Hello\r\n".to_vec())]);
/// let end = b"550 5.1.1 No Bob here\r\n250 2.0.0 OK\r\n221 2.0.0 mx.example closing\r\n";
/// assert!(reception.to_write().ends_with(end));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Reception {
    server: Server,
    output: Vec<u8>,
    /// The number of octets of the output that were written.
    written: usize,
    asked: Asked,
    envelope: Envelope,
    exchange: Option<Exchange>,
    /// The name of the user whose credentials are being checked.
    claimed: String,
    /// Whether the output has a reply that must not be held back (RFC 2920 section 3.2).
    urgent: bool,
    greeted: bool,
}

impl Reception {
    /// Creates a session on a new connection. [`Question::Connected`] is the first question.
    #[must_use]
    pub fn new(config: impl Into<Arc<ServerConfig>>) -> Self {
        Self::of(Server::new(config))
    }

    /// Creates a session on a new connection over TLS ([RFC 8314 section
    /// 3.3](https://www.rfc-editor.org/rfc/rfc8314#section-3.3)).
    #[must_use]
    pub fn over_tls(config: impl Into<Arc<ServerConfig>>) -> Self {
        Self::of(Server::over_tls(config))
    }

    fn of(server: Server) -> Self {
        Self {
            server,
            // Room for the replies of an ordinary session, so that the buffer need not grow.
            output: Vec::with_capacity(512),
            written: 0,
            asked: Asked::Nothing,
            envelope: Envelope::default(),
            exchange: None,
            claimed: String::new(),
            urgent: false,
            greeted: false,
        }
    }

    /// Returns the next question, or `None` if more has to be read. `input` is what has arrived and was not consumed
    /// before; it is advanced. If the last question was a [`Refused`](Question::Refused) without an answer, its refusal
    /// is written now, unchanged.
    ///
    /// # Errors
    /// Returns [`Misuse::EventUnanswered`] if the last question was not answered.
    pub fn next<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<Question<'a>>, Misuse> {
        if self.asked == Asked::Refused {
            self.answer(Verdict::Usual)?;
        }
        if !matches!(self.asked, Asked::Nothing | Asked::Dropped) {
            return Err(Misuse::EventUnanswered);
        }
        if !self.server.state().in_transaction() && !self.server.is_abandoning() {
            self.envelope.end_transaction();
        }
        if !self.greeted {
            // Lets the server detect a client that talks before the greeting.
            self.server.next_event(input)?;
            return Ok(Some(self.ask(Asked::Connected, Question::Connected)));
        }
        loop {
            let Some(event) = self.server.next_event(input)? else {
                self.urgent = true;
                return Ok(None);
            };
            if let Some(question) = self.question(event)? {
                return Ok(Some(question));
            }
        }
    }

    /// Answers the last question. In LMTP the verdict on [`Finish`](Question::Finish) applies to all recipients; use
    /// [`answer_each`](Self::answer_each) for one verdict each.
    ///
    /// A reply with 221 closes the session, whatever the question was. It is sent as 421, because [RFC 5321 section
    /// 3.8](https://www.rfc-editor.org/rfc/rfc5321#section-3.8) permits only that code in reply to any command.
    ///
    /// # Errors
    /// Each of these leaves the session unchanged, and nothing is written.
    ///
    /// - [`Misuse::NoAnswerOwed`] if no question is open.
    /// - [`Misuse::WrongCode`] if the code does not fit the question (see [`Server::reply`]). A challenge
    ///   fits only AUTH: use [`Verdict::Challenge`], not a reply with 334.
    pub fn answer<'v>(&mut self, verdict: impl Into<Verdict<'v>>) -> Result<(), Misuse> {
        if self.ignores_answer()? {
            return Ok(());
        }
        let accepted = match verdict.into() {
            Verdict::Challenge(octets) => {
                self.server.challenge(octets, &mut self.output)?;
                false
            }
            Verdict::Usual => self.reply_usually()?,
            Verdict::Reply(reply) => {
                let closes = reply.code() == ReplyCode::SERVICE_CLOSING;
                if closes && self.asked != Asked::Quit {
                    self.close_with(&reply)?;
                } else {
                    self.reply_to_all(&reply)?;
                }
                !closes && !reply.code().class().is_failure()
            }
        };
        self.answered(accepted);
        Ok(())
    }

    /// Answers for each accepted recipient of a message in LMTP, in the order of [`Envelope::recipients`] ([RFC 2033
    /// section 4.2](https://www.rfc-editor.org/rfc/rfc2033#section-4.2)). In SMTP, and for any other question, there is
    /// exactly one verdict, as in [`answer`](Self::answer). A 421 ends the session: the verdicts after it are not sent.
    ///
    /// # Errors
    /// Returns the errors of [`answer`](Self::answer), and [`Misuse::WrongCount`] if there are fewer verdicts or more.
    /// All verdicts are checked first: the session is then unchanged, and nothing is written.
    pub fn answer_each<'v>(&mut self, verdicts: impl IntoIterator<Item = Verdict<'v>>) -> Result<(), Misuse> {
        if self.ignores_answer()? {
            return Ok(());
        }
        let owed = if self.asked == Asked::Finish { self.server.answers_owed() } else { 1 };
        let count = usize::try_from(owed).unwrap_or(usize::MAX);
        let verdicts: Vec<Verdict<'_>> = verdicts.into_iter().take(count.saturating_add(1)).collect();
        match verdicts[..] {
            _ if verdicts.len() != count => return Err(Misuse::WrongCount { owed }),
            [one] => return self.answer(one),
            _ => self.reply_to_each(&verdicts)?,
        }
        self.answered(true);
        Ok(())
    }

    /// Accepts a [refused](Question::Refused) line after all: the open question becomes that of `command`, and it needs
    /// a verdict. See [`Server::overrule`].
    ///
    /// # Errors
    /// Returns the errors of [`Server::overrule`]. The session is then unchanged.
    pub fn overrule(&mut self, command: &Command<'_>) -> Result<(), Misuse> {
        self.server.overrule(command)?;
        self.asked = Asked::of(command.verb());
        if matches!(self.asked, Asked::Hello | Asked::Mail | Asked::Rcpt) {
            self.envelope.propose(command);
        }
        Ok(())
    }

    /// Returns the octets to be written to the client.
    #[must_use]
    pub fn to_write(&self) -> &[u8] {
        self.output.get(self.written..).unwrap_or_default()
    }

    /// Records that this many octets of [`to_write`](Self::to_write) were written.
    pub fn written(&mut self, octets: usize) {
        self.written = self.written.saturating_add(octets).min(self.output.len());
        if self.written == self.output.len() {
            self.output.clear();
            self.written = 0;
            self.urgent = false;
        }
    }

    /// Returns `true` if the output must be written before anything else is done: it has a reply to EHLO, DATA, VRFY,
    /// EXPN, QUIT, NOOP or to an unknown command, or the input is used up ([RFC 2920 section
    /// 3.2](https://www.rfc-editor.org/rfc/rfc2920#section-3.2), items 5 to 7). Otherwise you may keep it and write it
    /// together with more; but do not keep it while you wait for a decision.
    #[must_use]
    pub fn must_write(&self) -> bool {
        self.urgent && !self.to_write().is_empty()
    }

    /// Continues the session within TLS, after the 220 to STARTTLS was written and the handshake is done. `unread` is
    /// the input that has arrived in the clear and was not consumed.
    ///
    /// # Errors
    /// Returns [`StartTlsError::PlaintextAfterStartTls`] if `unread` is not empty; close the connection then. Returns
    /// [`Misuse::NoHandshake`] if the state is not [`State::Tls`].
    pub fn start_tls(&mut self, unread: &[u8]) -> Result<(), StartTlsError> {
        self.server = self.server.clone().into_tls(unread)?;
        self.envelope = Envelope::default();
        self.exchange = None;
        Ok(())
    }

    /// Ends the session with a 421, at any time ([RFC 5321](https://www.rfc-editor.org/rfc/rfc5321) sections 3.8 and
    /// 4.5.3.2): when a timer has run out, or when the server shuts down. Then call [`next`](Self::next) once more: a
    /// message that was begun is abandoned. If a question is open, the 421 answers it, and the answer that still comes
    /// is ignored. Write what [`to_write`](Self::to_write) returns before you close the connection.
    pub fn shutdown(&mut self) {
        self.server.shutdown(&mut self.output);
        self.urgent = true;
        self.ended();
    }

    /// Ends the session like [`shutdown`](Self::shutdown), with the caller's own reply. Writes nothing if the session
    /// has ended.
    ///
    /// # Errors
    /// Returns [`Misuse::NotClosing`] if the code is not 421. The session is then unchanged.
    pub fn shutdown_with(&mut self, reply: &Reply<'_>) -> Result<(), Misuse> {
        if reply.code() != ReplyCode::SERVICE_NOT_AVAILABLE {
            return Err(Misuse::NotClosing(reply.code()));
        }
        if self.server.reply(reply, &mut self.output).is_err() {
            self.server.shutdown(&mut self.output);
        }
        self.urgent = true;
        self.ended();
        Ok(())
    }

    /// Records that the connection is lost. Then call [`next`](Self::next) once more: a message that was begun is
    /// abandoned. The answer to a question that is open is ignored, as after [`shutdown`](Self::shutdown).
    pub fn connection_lost(&mut self) {
        self.server.connection_lost();
        self.ended();
    }

    /// Replaces the configuration, for example before the answer to [`Connected`](Question::Connected), for settings
    /// that depend on the client's address. See [`Server::set_config`].
    ///
    /// # Errors
    /// Returns the errors of [`Server::set_config`].
    pub fn set_config(&mut self, config: impl Into<Arc<ServerConfig>>) -> Result<(), Misuse> {
        self.server.set_config(config)
    }

    /// Returns the envelope.
    #[must_use]
    pub const fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// Returns the underlying session, for its state, configuration, counts and what it has detected about the client.
    #[must_use]
    pub const fn server(&self) -> &Server {
        &self.server
    }

    /// Returns the state of the session. In [`State::Tls`], once everything is written, the handshake is due.
    #[must_use]
    pub const fn state(&self) -> State {
        self.server.state()
    }

    /// Returns `true` until the session has ended. After that, write the rest of the output and close the connection.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.server.is_open()
    }

    /// Returns the timer that runs while the client is awaited. See [`Server::timer`].
    #[must_use]
    pub fn timer(&self) -> Option<Timer> {
        self.server.timer()
    }

    /// Returns the rest of the current chunk. See [`Server::chunk`].
    #[must_use]
    pub fn chunk(&self) -> Option<Bdat> {
        self.server.chunk()
    }

    /// Returns the protocol name for the WITH clause of a Received field ([RFC
    /// 3848](https://www.rfc-editor.org/rfc/rfc3848), [RFC 6531 section
    /// 4.3](https://www.rfc-editor.org/rfc/rfc6531#section-4.3)).
    #[must_use]
    pub fn with_protocol(&self) -> WithProtocol {
        self.server.with_protocol()
    }

    /// Returns the Received field that a server puts before each message ([RFC 5321 section
    /// 4.4](https://www.rfc-editor.org/rfc/rfc5321#section-4.4)). It has the client's name and address, the name of
    /// this server, and the protocol. Assign its other fields to add more. Returns `None` before a hello was accepted,
    /// and if the configuration's host is not a domain or an address literal.
    ///
    /// ```
    /// use smtp_core::session::ServerConfig;
    /// use smtp_core::session::reception::{Reception, Verdict};
    /// use smtp_core::syntax::Host;
    /// use smtp_core::trace::TraceDate;
    /// use std::net::IpAddr;
    ///
    /// let mut reception = Reception::new(ServerConfig::new(Host::new("mx.example")?));
    /// let mut input = &b"EHLO client.example\r\n"[..];
    /// while reception.next(&mut input)?.is_some() {
    ///     reception.answer(Verdict::Usual)?;
    /// }
    /// let peer = IpAddr::from([192, 0, 2, 1]);
    /// let date = TraceDate::new("Fri, 15 Feb 2002 17:19:22 -0800")?;
    /// let field = reception.received(peer, date).unwrap().to_string();
    /// let begin = "Received: from client.example ([192.0.2.1]) by mx.example with ESMTP;";
    /// assert!(field.starts_with(begin), "{field}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn received<'a>(&'a self, peer: impl Into<AddressLiteral<'a>>, date: TraceDate<'a>) -> Option<Received<'a>> {
        let from = ExtendedDomain::new(self.envelope.client_name()?, TcpInfo::new(None, peer));
        let by = match self.server.config().host() {
            Host::Domain(domain) => domain.into(),
            host @ Host::Literal(address) => ExtendedDomain::new(host, TcpInfo::new(None, address)),
            Host::Text(_) => return None,
        };
        let mut received = Received::new(from, by, date);
        received.with = Some(self.with_protocol().into());
        Some(received)
    }

    /// Returns the RCPT commands that have arrived already, from the beginning of `unread`, so that their look-ups can
    /// start together. Each of them is still asked as a question in its turn.
    pub fn recipients_ahead<'a>(&self, unread: &'a [u8]) -> impl Iterator<Item = Rcpt<'a>> + use<'a> {
        let grammar = Grammar { dialect: self.server.config().dialect, ..Grammar::SMTPUTF8 };
        let mut rest = unread;
        core::iter::from_fn(move || {
            let end = memchr::memmem::find(rest, b"\r\n")?;
            let (line, after) = rest.split_at_checked(end)?;
            rest = after.get(2..)?;
            match Command::parse(line, grammar) {
                Ok(Command::Rcpt(rcpt)) => Some(rcpt),
                _ => None,
            }
        })
    }
}
