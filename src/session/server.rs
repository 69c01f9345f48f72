//! The server's side of a session: its data, its constructors, and the methods that change its configuration, its
//! transport or its role. The other files of this folder read the input, judge commands and write answers. Nothing here
//! opens a socket, keeps time or decides on recipients; that is left to the caller.

mod answer;
mod config;
mod event;
mod getters;
mod judge;
mod receive;
mod tally;

pub use config::{Require, ServerConfig};
pub use event::{Hello, Refused, ServerEvent};

use super::facts::Declared;
use super::{Action, Arc, Client, ClientConfig, Facts, Misuse, Rejected, StartTlsError, State};
use crate::codec::{ChunkDecoder, DotDecoder, LineDecoder};
use crate::syntax::{Command, Extension, Extensions, ReplyBuf};
use alloc::boxed::Box;
use tally::Tally;

/// The server's side of a session. The client's octets go in and events come out; answers go in and octets come out.
///
/// The methods come in four families.
///
/// - *Input*: [`next_event`](Self::next_event). Call it until it returns `None`; then read more.
/// - *Answers*: [`reply_default`](Self::reply_default) gives the usual answer, [`reply`](Self::reply) gives another,
///   [`challenge`](Self::challenge) continues AUTH, [`shutdown`](Self::shutdown) ends the session. They append to
///   `out`; write it before you read again.
/// - *Hand-over and changes*: [`into_tls`](Self::into_tls), [`into_client`](Self::into_client), and
///   [`set_config`](Self::set_config) for a different configuration.
/// - *Getters*: all the others.
///
/// The first answer is the greeting; no event asks for it. Start a new envelope at every accepted MAIL.
///
/// ```
/// use smtp_core::session::{ServerEvent, Server, ServerConfig};
/// use smtp_core::syntax::{EnhancedCode, Host, Reply, ReplyCode};
///
/// let mut server = Server::new(ServerConfig::new(Host::new("mx.example")?));
/// let (mut out, mut message) = (Vec::new(), Vec::new());
/// server.reply_default(&mut out)?; // the greeting
///
/// let input = b"EHLO client.example\r\nMAIL FROM:<joe@client.example>\r\n\
///     RCPT TO:<ann@mx.example>\r\nDATA\r\n";
/// let content = b"Hello\r\n..\r\n.\r\n";
/// for mut rest in [&input[..], &content[..]] {
///     while let Some(event) = server.next_event(&mut rest)? {
///         match event {
///             ServerEvent::Content(octets) => message.extend_from_slice(octets),
///             ServerEvent::Response(_) => {
///                 let (code, enhanced) = (ReplyCode::CREDENTIALS_INVALID, EnhancedCode::CREDENTIALS_INVALID);
///                 let no = Reply::new(code, enhanced, "No")?;
///                 server.reply(&no, &mut out)?;
///             }
///             ServerEvent::Abandoned => message.clear(),
///             _ => server.reply_default(&mut out)?,
///         }
///     }
/// }
/// assert_eq!(message, b"Hello\r\n.\r\n");
/// assert!(out.ends_with(b"\r\n250 2.0.0 OK\r\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Server {
    config: Arc<ServerConfig>,
    lines: LineDecoder,
    receiving: Receiving,
    pending: Option<Pending>,
    message: Message,
    /// The decoder of the transaction's content: the octets after DATA, or the text in its chunks.
    content: DotDecoder,
    /// The caller's refusal of the current chunk.
    refusal: Option<Box<ReplyBuf>>,
    tally: Tally,
    facts: Facts,
    /// The extensions that the last EHLO was offered.
    offered: Extensions,
    /// Whether the last MAIL was refused.
    mail_refused: bool,
    early_talker: bool,
    unsynchronized: bool,
    /// Whether a message was begun, and neither its end nor its abandonment has been reported.
    begun: bool,
    /// Whether a line that is not a command may belong to an AUTH exchange that was refused.
    secret: bool,
    /// Whether [`ServerEvent::Abandoned`] has to be returned next.
    abandoned: bool,
}

/// The decoder that reads the client's next octets.
#[derive(Clone, Debug)]
enum Receiving {
    Lines,
    Content,
    Chunk { decoder: ChunkDecoder, last: bool, rejected: Option<Rejected> },
}

/// The action that an answer is owed to.
#[derive(Clone, Copy, Debug)]
struct Pending {
    action: Action,
    rejected: Option<Rejected>,
    /// The number of replies owed: more than one only after content in LMTP.
    replies: u32,
    /// Whether one of the replies was not a refusal.
    accepted: bool,
    /// Whether the action begins a message with a chunk, whose own reply is owed at its end.
    begins_chunk: bool,
    /// Whether the action is an unregistered verb, which the configuration hands to the caller.
    unregistered: bool,
}

impl Pending {
    fn new(action: Action) -> Self {
        Self { action, rejected: None, replies: 1, accepted: false, begins_chunk: false, unregistered: false }
    }
}

/// The counts of a transaction: begun by MAIL and cleared in one place, [`Server::advance`].
#[derive(Clone, Copy, Debug, Default)]
struct Message {
    /// The octets of content so far.
    size: u64,
    /// The refused recipients that do not count as errors.
    excused: u32,
}

impl Server {
    /// Creates a session on a new connection. The greeting is owed.
    #[must_use]
    pub fn new(config: impl Into<Arc<ServerConfig>>) -> Self {
        Self {
            config: config.into(),
            lines: LineDecoder::new(),
            receiving: Receiving::Lines,
            pending: Some(Pending::new(Action::Greeting)),
            message: Message::default(),
            content: DotDecoder::default(),
            refusal: None,
            tally: Tally::default(),
            facts: Facts::default(),
            offered: Extensions::NONE,
            mail_refused: false,
            early_talker: false,
            unsynchronized: false,
            begun: false,
            secret: false,
            abandoned: false,
        }
    }

    /// Creates a session on a new connection over TLS ([RFC 8314 section
    /// 3.3](https://www.rfc-editor.org/rfc/rfc8314#section-3.3)). The greeting is owed.
    #[must_use]
    pub fn over_tls(config: impl Into<Arc<ServerConfig>>) -> Self {
        let mut server = Self::new(config);
        server.facts.set_tls();
        server
    }

    /// Accepts a [refused](ServerEvent::Rejected) line after all: the session continues as if the client had sent
    /// `command`. An answer to it is then owed, which may be a success: [`reply_default`](Self::reply_default) or
    /// [`reply`](Self::reply).
    ///
    /// The refusal does not count towards the limits. The command may come from [`Refused::command`], or the caller may
    /// build it from the line.
    ///
    /// ```
    /// use smtp_core::session::{Rejected, Server, ServerConfig, ServerEvent};
    /// use smtp_core::syntax::Host;
    ///
    /// let (mut server, mut out) = (Server::new(ServerConfig::strict(Host::new("mx.example")?)), Vec::new());
    /// server.reply_default(&mut out)?;
    /// let mut input = &b"EHLO my_pc\r\nMAIL FROM:<a..b@example.com>\r\n"[..];
    /// while let Some(event) = server.next_event(&mut input)? {
    ///     if let ServerEvent::Rejected(refused) = event {
    ///         // This server knows better than the grammar.
    ///         if let (Rejected::Syntax(_), Some(command)) = (refused.why, refused.command()) {
    ///             server.overrule(&command)?;
    ///         }
    ///     }
    ///     server.reply_default(&mut out)?;
    /// }
    /// assert!(out.ends_with(b"250 2.1.0 Sender OK\r\n"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Each of these leaves the session unchanged.
    ///
    /// - [`Misuse::NoAnswerOwed`] if nothing was refused.
    /// - [`Misuse::WrongState`] if the state does not permit the command; if the refusal ends the session, or is that
    ///   of a chunk or of content, whose octets are gone, or of a line of AUTH; and if the command is BDAT.
    pub fn overrule(&mut self, command: &Command<'_>) -> Result<(), Misuse> {
        let action = Action::of(command);
        let Some(Pending { action: refused, rejected: Some(rejected), .. }) = self.pending else {
            return Err(Misuse::NoAnswerOwed);
        };
        let gone = refused.is_chunk() || matches!(refused, Action::Content | Action::Response);
        let chunk = matches!(action, Action::Bdat | Action::BdatLast);
        if rejected.is_final() || gone || chunk || !self.state().permits(action) {
            return Err(Misuse::WrongState { state: self.state(), action });
        }
        if let Command::Mail(mail) = command {
            self.facts.begun(Declared::of(mail.parameters));
        }
        self.tally.forgiven();
        self.pending = Some(self.owed(action, None));
        Ok(())
    }

    /// Replaces the configuration, for a session that offers or demands different things later: more mechanisms under
    /// TLS, a larger size after AUTH.
    ///
    /// Limits and demands of the new configuration apply at once. A verb is known, and an enhanced code is given, if
    /// either the new configuration or the last EHLO reply offers it. The parameters remain those of the last EHLO
    /// until the next one, so call this before you answer that EHLO.
    ///
    /// # Errors
    /// Returns [`Misuse::ConfigInUse`] within an AUTH exchange, and within a transaction, unless a hello is owed its
    /// answer: a hello ends the transaction ([RFC 5321 section
    /// 4.1.4](https://www.rfc-editor.org/rfc/rfc5321#section-4.1.4)).
    ///
    /// ```
    /// use smtp_core::session::{ServerEvent, Server, ServerConfig};
    /// use smtp_core::syntax::{CapabilityValue, Command, Host};
    ///
    /// let plain = ServerConfig::new(Host::new("mx.example")?);
    /// let mut under_tls = plain.clone();
    /// under_tls.capabilities = under_tls.capabilities.with_value(CapabilityValue::Size(Some(50_000_000)))?;
    /// let (mut server, mut out) = (Server::over_tls(plain), Vec::new());
    /// server.reply_default(&mut out)?;
    ///
    /// let mut input = &b"EHLO client.example\r\n"[..];
    /// if let Some(ServerEvent::Command(Command::Ehlo(_))) = server.next_event(&mut input)? {
    ///     if server.is_tls() {
    ///         server.set_config(under_tls)?;
    ///     }
    /// }
    /// server.reply_default(&mut out)?;
    /// assert!(out.ends_with(b"SIZE 50000000\r\n"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_config(&mut self, config: impl Into<Arc<ServerConfig>>) -> Result<(), Misuse> {
        let hello = matches!(
            self.pending,
            Some(Pending { action: Action::Helo | Action::Ehlo | Action::Lhlo, rejected: None, .. })
        );
        let state = self.facts.state();
        if (state.in_transaction() && !hello) || state == State::Auth {
            return Err(Misuse::ConfigInUse(state));
        }
        self.config = config.into();
        Ok(())
    }

    /// Hands the session over to TLS after its 220 was written. The new session has forgotten everything except the
    /// counts of its limits, and its client begins with EHLO. `unread` is the input that has arrived in the clear and
    /// was not consumed.
    ///
    /// # Errors
    /// Returns [`StartTlsError::PlaintextAfterStartTls`] if `unread` is not empty; close the connection then. Returns
    /// [`Misuse::NoHandshake`] if STARTTLS was not accepted.
    pub fn into_tls(self, unread: &[u8]) -> Result<Self, StartTlsError> {
        if self.facts.state() != State::Tls {
            return Err(Misuse::NoHandshake.into());
        }
        if !unread.is_empty() {
            return Err(StartTlsError::PlaintextAfterStartTls);
        }
        Ok(Self { pending: None, tally: self.tally, ..Self::over_tls(self.config) })
    }

    /// Exchanges the roles after ATRN was accepted: the peer now sends a greeting and is the server ([RFC 2645 section
    /// 5.2.2](https://www.rfc-editor.org/rfc/rfc2645#section-5.2.2)). Pass the input that was not consumed to the new
    /// session.
    ///
    /// # Errors
    /// Returns [`Misuse::NotTurned`] if no ATRN was accepted.
    pub fn into_client(self, config: ClientConfig) -> Result<Client, Misuse> {
        match (self.facts.is_turned(), self.facts.is_tls()) {
            (false, _) => Err(Misuse::NotTurned),
            (true, true) => Ok(Client::over_tls(config)),
            (true, false) => Ok(Client::new(config)),
        }
    }

    /// Closes the session because the connection is lost. If a message was begun, the next call of
    /// [`next_event`](Self::next_event) returns [`Abandoned`](ServerEvent::Abandoned).
    pub fn connection_lost(&mut self) {
        self.pending = None;
        self.close();
    }

    fn close(&mut self) {
        self.facts.close();
        self.receiving = Receiving::Lines;
        self.abandon();
    }

    /// Records that the current message, if there is one, will not be completed.
    fn abandon(&mut self) {
        self.abandoned |= self.begun;
        self.begun = false;
    }

    /// Returns the extensions that must not be offered now: STARTTLS within TLS; outside TLS, those that need TLS.
    fn hidden(&self) -> Extensions {
        if self.facts.is_tls() {
            return Extensions::NONE.with(Extension::StartTls);
        }
        let hidden = Extensions::NONE.with(Extension::RequireTls);
        if self.config.auth_only_under_tls { hidden.with(Extension::Auth) } else { hidden }
    }

    /// Returns the answer owed to an action. In LMTP a whole message is owed one reply for each accepted recipient (RFC
    /// 2033 section 4.2). Only one reply is owed to an action that ends the session, and to a command that is not
    /// offered or cannot be read, because such a command does not belong to a transaction. RFC 2033 section 4.3 gives
    /// no reply at all to BDAT LAST without accepted recipients. This server gives one 503, as to DATA, because its
    /// client could not tell a refusal from silence.
    fn owed(&self, action: Action, rejected: Option<Rejected>) -> Pending {
        let message = matches!(action, Action::Content | Action::BdatLast | Action::BurlLast);
        let of_transaction = match rejected {
            Some(Rejected::NotImplemented | Rejected::Syntax(_)) => false,
            Some(rejected) => !rejected.is_final(),
            None => true,
        };
        let each = message && self.config.lmtp && of_transaction;
        let replies = if each { self.facts.recipients().max(1) } else { 1 };
        Pending { replies, rejected, ..Pending::new(action) }
    }

    /// Ends content or a chunk. Its replies are then owed.
    fn end_of_content<'a>(&mut self, action: Action, rejected: Option<Rejected>) -> ServerEvent<'a> {
        self.receiving = Receiving::Lines;
        match rejected {
            Some(rejected) => self.reject(action, rejected, None),
            None => {
                self.pending = Some(self.owed(action, None));
                if action == Action::Bdat {
                    return ServerEvent::ChunkEnd;
                }
                self.begun = false;
                ServerEvent::ContentEnd
            }
        }
    }

    /// Refuses an action of the client, and ends the session if a limit of refusals is exceeded. An answer is owed.
    fn reject<'a>(&mut self, action: Action, rejected: Rejected, line: Option<&'a [u8]>) -> ServerEvent<'a> {
        self.tally.refused(self.may_be_innocent(action, rejected));
        let rejected = match self.tally.exhausted(&self.config) {
            Some(exhausted) if !rejected.is_final() => exhausted,
            _ => rejected,
        };
        self.pending = Some(self.owed(action, Some(rejected)));
        let secret = self.secret || action == Action::Response;
        ServerEvent::Rejected(Refused { why: rejected, line, secret })
    }
}
