//! The server's side of a session.

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

/// The server's side of a session: octets of the client in, events out; answers in, octets out.
///
/// The methods come in four families.
///
/// - *Input*: [`next_event`](Self::next_event), until it gives `None`; then read more.
/// - *Answers*: [`reply_default`](Self::reply_default) gives the usual one, [`reply`](Self::reply) another, [`challenge`](Self::challenge)
///   goes on with AUTH, [`shutdown`](Self::shutdown) ends the session. They append to `out`; write it before you read.
/// - *Handing over*: [`into_tls`](Self::into_tls), [`into_client`](Self::into_client), and
///   [`set_config`](Self::set_config) for what is to be different from then on.
/// - *Getters*: all the others.
///
/// The first answer is the greeting, which nothing has to ask for. Start the envelope anew at every accepted MAIL.
///
/// ```
/// use smtp_core::session::{ServerEvent, Server, ServerConfig};
/// use smtp_core::syntax::{EnhancedCode, Host, Reply, ReplyCode};
///
/// let mut server = Server::new(ServerConfig::new(Host::new("mx.example")?));
/// let (mut out, mut message) = (Vec::new(), Vec::new());
/// server.reply_default(&mut out)?; // the greeting
///
/// let input = b"EHLO client.example\r\nMAIL FROM:<joe@example.com>\r\nRCPT TO:<ann@mx.example>\r\nDATA\r\n";
/// let content = b"Hello\r\n..\r\n.\r\n";
/// for mut rest in [&input[..], &content[..]] {
///     while let Some(event) = server.next_event(&mut rest)? {
///         match event {
///             ServerEvent::Content(octets) => message.extend_from_slice(octets),
///             ServerEvent::Response(_) => {
///                 let no = Reply::new(ReplyCode::CREDENTIALS_INVALID, EnhancedCode::CREDENTIALS_INVALID, "No")?;
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
    /// The content of the transaction: what follows DATA, or the text in its chunks.
    content: DotDecoder,
    /// The caller's refusal of the chunk under way.
    refusal: Option<Box<ReplyBuf>>,
    tally: Tally,
    facts: Facts,
    /// What the last EHLO was offered.
    offered: Extensions,
    /// The last MAIL was refused.
    mail_refused: bool,
    early_talker: bool,
    unsynchronized: bool,
    /// A message was begun, and neither its end nor that it was abandoned was told.
    begun: bool,
    /// A line that is no command may be part of an AUTH exchange that was refused.
    secret: bool,
    /// That the message was abandoned is to be told.
    abandoned: bool,
}

/// What the client's octets are.
#[derive(Clone, Debug)]
enum Receiving {
    Lines,
    Content,
    Chunk { decoder: ChunkDecoder, last: bool, rejected: Option<Rejected> },
}

/// What an answer is owed to.
#[derive(Clone, Copy, Debug)]
struct Pending {
    action: Action,
    rejected: Option<Rejected>,
    /// How many replies are owed: more than one only behind content in LMTP.
    replies: u32,
    /// One of the replies was no refusal.
    accepted: bool,
    /// It begins a message with a chunk, whose own reply is owed at its end.
    begins_chunk: bool,
    /// It is a verb that is not registered, which the caller wanted to see.
    unregistered: bool,
}

impl Pending {
    fn new(action: Action) -> Self {
        Self { action, rejected: None, replies: 1, accepted: false, begins_chunk: false, unregistered: false }
    }
}

/// What is counted in a transaction; begun by MAIL and cleared in one place, [`Server::advance`].
#[derive(Clone, Copy, Debug, Default)]
struct Message {
    /// Octets of content so far.
    size: u64,
    /// Refused recipients that are no errors.
    excused: u32,
}

impl Server {
    /// A session that has just been connected. The greeting is owed.
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

    /// A session that has just been connected over TLS (RFC 8314 section 3.3). The greeting is owed.
    #[must_use]
    pub fn over_tls(config: impl Into<Arc<ServerConfig>>) -> Self {
        let mut server = Self::new(config);
        server.facts.set_tls();
        server
    }

    /// Accepts after all what was [refused](ServerEvent::Rejected): the line stands for this command, as if the client had sent that.
    /// An answer is owed to it then, which may be a success: [`reply_default`](Self::reply_default) or [`reply`](Self::reply).
    ///
    /// The refusal does not count towards the limits. The value may come from [`Refused::command`], or be one that the caller has
    /// made of the line.
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
    /// Nothing has changed.
    ///
    /// - [`Misuse::NoAnswerOwed`] where nothing was refused.
    /// - [`Misuse::WrongState`] where the state does not permit the command; where the refusal ends the session, is that of a
    ///   chunk or of content, whose octets are gone, or of a line of AUTH; and for BDAT.
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

    /// Another configuration from now on, for what a session offers and demands only later: more mechanisms under TLS, more
    /// octets after AUTH. Its limits and demands hold at once, and a verb is known, and an enhanced code given, where the one or
    /// the other offers it. Parameters are those of the last EHLO until the next, so set it before that is answered.
    ///
    /// # Errors
    /// [`Misuse::ConfigInUse`] within an AUTH exchange, and within a transaction, unless a hello is owed its answer: that ends the
    /// transaction (RFC 5321 section 4.1.4).
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

    /// Hands the session over to TLS after its 220 was written: the new session has forgotten everything but what counts
    /// towards its limits, and its client begins with EHLO. `unread` is what has arrived in the clear and was not consumed.
    ///
    /// # Errors
    /// [`StartTlsError::PlaintextBehindStartTls`] where that is not nothing; close the connection. [`Misuse::NoHandshake`] where
    /// STARTTLS was not accepted.
    pub fn into_tls(self, unread: &[u8]) -> Result<Self, StartTlsError> {
        if self.facts.state() != State::Tls {
            return Err(Misuse::NoHandshake.into());
        }
        if !unread.is_empty() {
            return Err(StartTlsError::PlaintextBehindStartTls);
        }
        Ok(Self { pending: None, tally: self.tally, ..Self::over_tls(self.config) })
    }

    /// Exchanges the roles after ATRN was accepted: the peer now sends a greeting and is the server (RFC 2645 section
    /// 5.2.2). What was not consumed of the input belongs to the new session.
    ///
    /// # Errors
    /// [`Misuse::NotTurned`] where no ATRN was accepted.
    pub fn into_client(self, config: ClientConfig) -> Result<Client, Misuse> {
        match (self.facts.is_turned(), self.facts.is_tls()) {
            (false, _) => Err(Misuse::NotTurned),
            (true, true) => Ok(Client::over_tls(config)),
            (true, false) => Ok(Client::new(config)),
        }
    }

    /// The connection is lost: the session is closed. A message that was begun is [abandoned](ServerEvent::Abandoned), which
    /// [`next_event`](Self::next_event) tells next.
    pub fn connection_lost(&mut self) {
        self.pending = None;
        self.close();
    }

    fn close(&mut self) {
        self.facts.close();
        self.receiving = Receiving::Lines;
        self.abandon();
    }

    /// The message, if one was begun, comes to nothing.
    fn abandon(&mut self) {
        self.abandoned |= self.begun;
        self.begun = false;
    }

    /// What is not to be offered now: STARTTLS within TLS, what needs TLS without.
    fn hidden(&self) -> Extensions {
        if self.facts.is_tls() {
            return Extensions::NONE.with(Extension::StartTls);
        }
        let hidden = Extensions::NONE.with(Extension::RequireTls);
        if self.config.auth_only_under_tls { hidden.with(Extension::Auth) } else { hidden }
    }

    /// What is owed: to a whole message in LMTP a reply for each accepted recipient (RFC 2033 section 4.2), but one to what
    /// ends the session, and one to a command that is not offered or cannot be read, since it is none of a transaction. Section
    /// 4.3 has no reply at all to BDAT LAST without accepted recipients. This server gives one 503, as to DATA, since its client
    /// could not tell a refusal from silence.
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

    /// Content or a chunk has ended, and its replies are owed.
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

    /// Refuses what the client did, or ends the session if that was one refusal too many. An answer is owed.
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
