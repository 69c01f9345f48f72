//! The server's side of a session.

mod answer;
mod config;
mod event;
mod judge;

pub use config::{Require, ServerConfig};
pub use event::{Event, Hello};

use super::{Action, Client, ClientConfig, Error, Misuse, Rejected, State, Timer};
use crate::codec::{ChunkDecoder, Content, DotDecoder, LineDecoder};
use crate::syntax::{Base64, Extension, Extensions, ReplyCode};
use alloc::sync::Arc;

/// The server's side of a session: octets of the client in, events out; answers in, octets out.
///
/// The methods come in four families.
///
/// - *Input*: [`next_event`](Self::next_event), until it gives `None`; then read more.
/// - *Answers*: [`accept`](Self::accept) gives the usual one, [`reply`](Self::reply) another, [`challenge`](Self::challenge)
///   goes on with AUTH, [`shutdown`](Self::shutdown) ends the session. They append to `out`; write it before you read.
/// - *Handing over*: [`into_tls`](Self::into_tls), [`into_client`](Self::into_client), and
///   [`set_config`](Self::set_config) for what is to be different from then on.
/// - *Getters*: all the others.
///
/// The first answer is the greeting, which nothing has to ask for. Start the envelope anew at every accepted MAIL.
///
/// ```
/// use smtp_core::session::{Event, Server, ServerConfig};
/// use smtp_core::syntax::{EnhancedCode, Host, Reply, ReplyCode};
///
/// let mut server = Server::new(ServerConfig::new(Host::new("mx.example")?));
/// let (mut out, mut message) = (Vec::new(), Vec::new());
/// server.accept(&mut out)?; // the greeting
///
/// let input = b"EHLO client.example\r\nMAIL FROM:<joe@example.com>\r\nRCPT TO:<ann@mx.example>\r\nDATA\r\n";
/// let content = b"Hello\r\n..\r\n.\r\n";
/// for mut rest in [&input[..], &content[..]] {
///     while let Some(event) = server.next_event(&mut rest)? {
///         match event {
///             Event::Content(octets) => message.extend_from_slice(octets),
///             Event::Response(_) => {
///                 let no = Reply::new(ReplyCode::CREDENTIALS_INVALID, EnhancedCode::CREDENTIALS_INVALID, "No")?;
///                 server.reply(&no, &mut out)?;
///             }
///             _ => server.accept(&mut out)?,
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
    transaction: Transaction,
    errors: u32,
    /// Refusals since the last success that are no errors.
    borne: u32,
    idle_commands: u32,
    state: State,
    hello: Hello,
    /// What the last EHLO was offered.
    offered: Extensions,
    tls: bool,
    authenticated: bool,
    /// The greeting was this refusal.
    refused: Option<ReplyCode>,
    /// ATRN was accepted.
    turned: bool,
    /// The last MAIL was refused.
    mail_refused: bool,
    early_talker: bool,
    unsynchronized: bool,
}

/// How many refusals in a row a client may have caused before it knew of the first.
const BORNE: u32 = 1000;

/// What the client's octets are.
#[derive(Clone, Debug)]
enum Receiving {
    Lines,
    Content(DotDecoder),
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
    /// What an accepted MAIL begins with.
    transaction: Transaction,
}

impl Pending {
    fn new(action: Action) -> Self {
        Self { action, rejected: None, replies: 1, accepted: false, transaction: Transaction::default() }
    }
}

/// The facts of a transaction; set by MAIL and cleared in one place, [`Server::advance`].
#[derive(Clone, Copy, Debug, Default)]
struct Transaction {
    /// Octets of content so far.
    size: u64,
    /// Accepted recipients.
    recipients: u32,
    smtputf8: bool,
    binary: bool,
    /// A chunk was refused for want of recipients, and so is what would follow it.
    chunk_lost: bool,
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
            transaction: Transaction::default(),
            errors: 0,
            borne: 0,
            idle_commands: 0,
            state: State::Start,
            hello: Hello::None,
            offered: Extensions::NONE,
            tls: false,
            authenticated: false,
            refused: None,
            turned: false,
            mail_refused: false,
            early_talker: false,
            unsynchronized: false,
        }
    }

    /// A session that has just been connected over TLS (RFC 8314 section 3.3). The greeting is owed.
    #[must_use]
    pub fn over_tls(config: impl Into<Arc<ServerConfig>>) -> Self {
        Self { tls: true, ..Self::new(config) }
    }

    /// What the client did next, or `None` where more octets are needed. `input` is what has arrived and was not consumed
    /// before; it is advanced.
    ///
    /// Before the greeting is answered, and between the 220 to STARTTLS and [`into_tls`](Self::into_tls), nothing is
    /// consumed. In the state [`State::Closed`] everything is, and ignored, except behind ATRN.
    ///
    /// # Errors
    /// [`Misuse::AnswerPending`] where the last event is not answered.
    pub fn next_event<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<Event<'a>>, Error> {
        match &self.pending {
            Some(pending) if pending.action == Action::Greeting => {
                self.early_talker |= !input.is_empty();
                return Ok(None);
            }
            Some(_) => return Err(Misuse::AnswerPending.into()),
            None => {}
        }
        match self.state {
            State::Closed if self.turned => return Ok(None),
            State::Closed => {
                *input = &[];
                return Ok(None);
            }
            State::Tls => return Ok(None),
            State::Auth => return Ok(self.response(input)),
            _ => {}
        }
        match self.receiving {
            Receiving::Lines => self.line(input),
            Receiving::Content(_) => self.content(input),
            Receiving::Chunk { .. } => self.chunk(input),
        }
    }

    /// The next octets of content, or its end. What is too much is taken and not given out.
    fn content<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<Event<'a>>, Error> {
        loop {
            let Receiving::Content(decoder) = &mut self.receiving else { return Ok(None) };
            let Some(content) = decoder.decode(input) else { return Ok(None) };
            match content {
                Content::Octets(octets) => {
                    if self.takes(octets) {
                        return Ok(Some(Event::Content(octets)));
                    }
                }
                Content::End(result) => {
                    let too_big = self.is_too_big().then_some(Rejected::MessageTooBig);
                    let rejected = too_big.or(result.err().map(Rejected::Content));
                    return Ok(Some(self.end_of_content(Action::Content, rejected)));
                }
            }
        }
    }

    /// The next octets of a chunk, or its end. Those of a chunk that is refused are taken and not given out.
    fn chunk<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<Event<'a>>, Error> {
        loop {
            let Receiving::Chunk { decoder, last, rejected } = &mut self.receiving else { return Ok(None) };
            let Some(content) = decoder.decode(input) else { return Ok(None) };
            let (last, rejected) = (*last, *rejected);
            match content {
                Content::Octets(octets) => {
                    if rejected.is_none() && self.takes(octets) {
                        return Ok(Some(Event::Content(octets)));
                    }
                }
                Content::End(_) => {
                    let too_big = self.is_too_big().then_some(Rejected::MessageTooBig);
                    let action = if last { Action::BdatLast } else { Action::Bdat };
                    return Ok(Some(self.end_of_content(action, rejected.or(too_big))));
                }
            }
        }
    }

    /// Another configuration from now on, for what a session offers and demands only later: more mechanisms under TLS, more
    /// octets after AUTH. Its limits and demands hold at once, and a verb is known, and an enhanced code given, where the one or
    /// the other offers it. Parameters are those of the last EHLO until the next, so set it before that is answered.
    ///
    /// # Errors
    /// [`Misuse::WrongState`] within a transaction or an AUTH exchange.
    ///
    /// ```
    /// use smtp_core::session::{Event, Server, ServerConfig};
    /// use smtp_core::syntax::{CapabilityValue, Command, Host};
    ///
    /// let plain = ServerConfig::new(Host::new("mx.example")?);
    /// let mut under_tls = plain.clone();
    /// under_tls.capabilities = under_tls.capabilities.with_value(CapabilityValue::Size(Some(50_000_000)))?;
    /// let (mut server, mut out) = (Server::over_tls(plain), Vec::new());
    /// server.accept(&mut out)?;
    ///
    /// let mut input = &b"EHLO client.example\r\n"[..];
    /// if let Some(Event::Command(Command::Ehlo(_))) = server.next_event(&mut input)? {
    ///     if server.is_tls() {
    ///         server.set_config(under_tls)?;
    ///     }
    /// }
    /// server.accept(&mut out)?;
    /// assert!(out.ends_with(b"SIZE 50000000\r\n"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_config(&mut self, config: impl Into<Arc<ServerConfig>>) -> Result<(), Misuse> {
        if self.state.in_transaction() || self.state == State::Auth {
            return Err(Misuse::WrongState);
        }
        self.config = config.into();
        Ok(())
    }

    /// Hands the session over to TLS after its 220 was written: the new session has forgotten everything, and its client
    /// begins with EHLO. `unread` is what has arrived in the clear and was not consumed.
    ///
    /// # Errors
    /// [`Error::PlaintextBehindStartTls`] where that is not nothing; close the connection. [`Misuse::NoHandshake`] where
    /// STARTTLS was not accepted.
    pub fn into_tls(self, unread: &[u8]) -> Result<Self, Error> {
        if self.state != State::Tls {
            return Err(Misuse::NoHandshake.into());
        }
        if !unread.is_empty() {
            return Err(Error::PlaintextBehindStartTls);
        }
        Ok(Self { pending: None, ..Self::over_tls(self.config) })
    }

    /// Exchanges the roles after ATRN was accepted: the peer now sends a greeting and is the server (RFC 2645 section
    /// 5.2.2). What was not consumed of the input belongs to the new session.
    ///
    /// # Errors
    /// [`Misuse::WrongState`] where no ATRN was accepted.
    pub fn into_client(self, config: ClientConfig) -> Result<Client, Misuse> {
        match (self.turned, self.tls) {
            (false, _) => Err(Misuse::WrongState),
            (true, true) => Ok(Client::over_tls(config)),
            (true, false) => Ok(Client::new(config)),
        }
    }

    /// Where the session stands.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// Is there more to read? Not after a 221 or 421: write what is left and close.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        !matches!(self.state, State::Closed)
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &ServerConfig {
        &self.config
    }

    /// Which hello was accepted last.
    #[must_use]
    pub const fn hello(&self) -> Hello {
        self.hello
    }

    /// Is the session under TLS?
    #[must_use]
    pub const fn is_tls(&self) -> bool {
        self.tls
    }

    /// Has the client authenticated?
    #[must_use]
    pub const fn is_authenticated(&self) -> bool {
        self.authenticated
    }

    /// Is SMTPUTF8 in force in this transaction?
    #[must_use]
    pub const fn is_smtputf8(&self) -> bool {
        self.transaction.smtputf8
    }

    /// How many recipients were accepted in this transaction.
    #[must_use]
    pub const fn recipients(&self) -> u32 {
        self.transaction.recipients
    }

    /// How many answers are owed.
    #[must_use]
    pub fn answers_owed(&self) -> u32 {
        self.pending.as_ref().map_or(0, |pending| pending.replies)
    }

    /// The timer that runs while the server waits for the client; `None` while an answer is owed or nothing is awaited.
    #[must_use]
    pub fn timer(&self) -> Option<Timer> {
        (self.pending.is_none() && self.state != State::Closed).then_some(Timer::Command)
    }

    /// Did the client send something before the greeting (RFC 5321 section 4.3.1)? Seen if
    /// [`next_event`](Self::next_event) is called before the greeting is answered.
    #[must_use]
    pub const fn is_early_talker(&self) -> bool {
        self.early_talker
    }

    /// Did more input stand behind a command that has to end its group (RFC 2920 section 3.1)? It was not lost.
    #[must_use]
    pub const fn is_unsynchronized(&self) -> bool {
        self.unsynchronized
    }

    /// The extensions in force: what the last EHLO was offered, nothing after HELO.
    #[must_use]
    pub const fn extensions(&self) -> Extensions {
        self.offered
    }

    /// What is not to be offered now: STARTTLS within TLS, what needs TLS without.
    fn hidden(&self) -> Extensions {
        if self.tls {
            return Extensions::NONE.with(Extension::StartTls);
        }
        let hidden = Extensions::NONE.with(Extension::RequireTls);
        if self.config.auth_only_under_tls { hidden.with(Extension::Auth) } else { hidden }
    }

    /// Counts octets of content; false from where they are more than the server takes.
    fn takes(&mut self, octets: &[u8]) -> bool {
        self.transaction.size = self.transaction.size.saturating_add(octets.len() as u64);
        !self.is_too_big()
    }

    fn is_too_big(&self) -> bool {
        self.config.size_limit().is_some_and(|limit| self.transaction.size > limit)
    }

    /// What is owed: to a whole message in LMTP a reply for each accepted recipient (RFC 2033 section 4.2), but one to a
    /// command that is not offered, since it is none of a transaction. Section 4.3 has no reply at all to BDAT LAST without
    /// accepted recipients. This server gives one 503, as to DATA, since its client could not tell a refusal from silence.
    fn owed(&self, action: Action, rejected: Option<Rejected>) -> Pending {
        let message = matches!(action, Action::Content | Action::BdatLast | Action::BurlLast);
        let each = message && self.config.lmtp && rejected != Some(Rejected::NotImplemented);
        let replies = if each { self.transaction.recipients.max(1) } else { 1 };
        Pending { replies, rejected, ..Pending::new(action) }
    }

    /// Content or a chunk has ended, and its replies are owed.
    fn end_of_content<'a>(&mut self, action: Action, rejected: Option<Rejected>) -> Event<'a> {
        self.receiving = Receiving::Lines;
        self.pending = Some(self.owed(action, rejected));
        match rejected {
            Some(rejected) => Event::Rejected(self.count_error(action, rejected)),
            None if action == Action::Bdat => Event::ChunkEnd,
            None => Event::ContentEnd,
        }
    }

    /// Refuses what the client did; an answer is owed.
    fn reject<'a>(&mut self, action: Action, rejected: Rejected) -> Event<'a> {
        self.pending = Some(self.owed(action, Some(rejected)));
        Event::Rejected(self.count_error(action, rejected))
    }

    /// One more error in a row; the last that is borne is answered with 421.
    fn count_error(&mut self, action: Action, rejected: Rejected) -> Rejected {
        if self.may_be_innocent(action, rejected) && self.borne < BORNE {
            self.borne = self.borne.saturating_add(1);
            return rejected;
        }
        self.errors = self.errors.saturating_add(1);
        if !self.has_too_many_errors() {
            return rejected;
        }
        if let Some(pending) = &mut self.pending {
            pending.rejected = Some(Rejected::TooManyErrors);
            pending.replies = 1;
        }
        Rejected::TooManyErrors
    }

    /// Could a client that pipelines have sent it before it knew of an earlier refusal? Then it has to be borne (RFC 5321
    /// section 4.5.3.1.10, RFC 2920 section 3.1, RFC 3030 section 2).
    fn may_be_innocent(&self, action: Action, rejected: Rejected) -> bool {
        let follows_mail = matches!(action, Action::Rcpt | Action::Data) || action.is_chunk();
        match rejected {
            Rejected::TooManyRecipients | Rejected::NoValidRecipients => true,
            Rejected::Sequence => match self.state {
                State::Ready => follows_mail && self.mail_refused,
                State::Mail => follows_mail,
                State::Failed => action.is_chunk(),
                _ => false,
            },
            _ => false,
        }
    }

    fn has_too_many_errors(&self) -> bool {
        self.config.max_errors.is_some_and(|most| self.errors > most)
    }

    /// A line of an AUTH exchange: never a command, even if it spells QUIT (RFC 4954 section 4).
    fn response<'a>(&mut self, input: &mut &'a [u8]) -> Option<Event<'a>> {
        let line = match self.lines.decode(input, self.config.response_limit) {
            Ok(line) => line?,
            Err(_) => return Some(self.reject(Action::Response, Rejected::ResponseTooLong)),
        };
        self.unsynchronized |= !input.is_empty();
        if line == b"*" {
            return Some(self.reject(Action::Response, Rejected::AuthenticationCancelled));
        }
        match Base64::parse(line) {
            Ok(response) => {
                self.pending = Some(Pending::new(Action::Response));
                Some(Event::Response(response))
            }
            Err(_) => Some(self.reject(Action::Response, Rejected::ResponseNotBase64)),
        }
    }
}
