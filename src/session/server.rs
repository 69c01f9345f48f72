//! The server's side of a session.

mod answer;
mod config;
mod event;
mod judge;
mod tally;

pub use config::{Require, ServerConfig};
pub use event::{Hello, ServerEvent};

use super::{Action, Arc, Client, ClientConfig, Misuse, Rejected, StartTlsError, State, Timer};
use crate::codec::{ChunkDecoder, Content, DotDecoder, LineDecoder};
use crate::syntax::{Base64, Extension, Extensions, ReplyCode};
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
    transaction: Transaction,
    /// MAIL commands in the session, and RCPT commands in the transaction, accepted or not (RFC 9422).
    mail_commands: u32,
    rcpt_commands: u32,
    /// The content of the transaction: what follows DATA, or the text in its chunks.
    content: DotDecoder,
    tally: Tally,
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
    /// What MAIL declares.
    declared: Declared,
}

/// What the parameters of MAIL declare, as far as the session has to know it.
#[derive(Clone, Copy, Debug, Default)]
struct Declared {
    smtputf8: bool,
    binary: bool,
}

impl Pending {
    fn new(action: Action) -> Self {
        Self { action, rejected: None, replies: 1, accepted: false, declared: Declared::default() }
    }
}

/// The facts of a transaction; set by MAIL and cleared in one place, [`Server::advance`].
#[derive(Clone, Copy, Debug, Default)]
struct Transaction {
    /// Octets of content so far.
    size: u64,
    /// Accepted recipients.
    recipients: u32,
    /// Refused recipients that are no errors.
    excused: u32,
    smtputf8: bool,
    binary: bool,
    /// A chunk was refused for want of recipients, and so is what would follow it.
    chunk_lost: bool,
    /// That was a BDAT: DATA has no place any more (RFC 3030 section 2).
    bdat_lost: bool,
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
            mail_commands: 0,
            rcpt_commands: 0,
            content: DotDecoder::default(),
            tally: Tally::default(),
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
    /// [`Misuse::EventUnanswered`] where the last event is not answered.
    pub fn next_event<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<ServerEvent<'a>>, Misuse> {
        match &self.pending {
            Some(pending) if pending.action == Action::Greeting => {
                self.early_talker |= !input.is_empty();
                return Ok(None);
            }
            Some(_) => return Err(Misuse::EventUnanswered),
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
            Receiving::Content => self.content(input),
            Receiving::Chunk { .. } => self.chunk(input),
        }
    }

    /// The next octets of content, or its end. What is too much is taken and not given out.
    fn content<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<ServerEvent<'a>>, Misuse> {
        loop {
            let Some(most) = self.may_take() else { return Ok(Some(self.end_dropping(Action::Content))) };
            match within(input, most, |input| self.content.decode(input)) {
                Some(Content::Octets(octets)) if self.takes(octets) => return Ok(Some(ServerEvent::Content(octets))),
                Some(Content::End(result)) => {
                    let rejected = self.too_big().or(result.err().map(Rejected::Content));
                    return Ok(Some(self.end_of_content(Action::Content, rejected)));
                }
                None if input.is_empty() => return Ok(None),
                // Dropped, or too few were shown.
                Some(Content::Octets(_)) | None => {}
            }
        }
    }

    /// The next octets of a chunk, or its end. Those of a chunk that is refused are taken and not given out.
    fn chunk<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<ServerEvent<'a>>, Misuse> {
        loop {
            let Receiving::Chunk { last, rejected, .. } = self.receiving else { return Ok(None) };
            let action = if last { Action::BdatLast } else { Action::Bdat };
            let most = if rejected.is_some() { self.tally.may_drop(&self.config) } else { self.may_take() };
            let Some(most) = most else { return Ok(Some(self.end_dropping(action))) };
            let Receiving::Chunk { decoder, .. } = &mut self.receiving else { return Ok(None) };
            match within(input, most, |input| decoder.decode(input)) {
                None => return Ok(None),
                Some(Content::Octets(octets)) => {
                    if rejected.is_some() {
                        self.tally.dropped(octets.len() as u64);
                    } else if self.takes(octets) {
                        // RFC 3030 sections 2 and 3: text is canonical, and only BINARYMIME is no text.
                        if !self.transaction.binary {
                            self.content.take_undotted(octets);
                        }
                        return Ok(Some(ServerEvent::Content(octets)));
                    }
                }
                Some(Content::End(_)) => {
                    let fault = if last { self.content.end_undotted().err().map(Rejected::Content) } else { None };
                    return Ok(Some(self.end_of_content(action, rejected.or(self.too_big()).or(fault))));
                }
            }
        }
    }

    /// Another configuration from now on, for what a session offers and demands only later: more mechanisms under TLS, more
    /// octets after AUTH. Its limits and demands hold at once, and a verb is known, and an enhanced code given, where the one or
    /// the other offers it. Parameters are those of the last EHLO until the next, so set it before that is answered.
    ///
    /// # Errors
    /// [`Misuse::WrongState`] within an AUTH exchange, and within a transaction, unless a hello is owed its answer: that ends the
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
        if (self.state.in_transaction() && !hello) || self.state == State::Auth {
            return Err(Misuse::WrongState);
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
        if self.state != State::Tls {
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

    /// Returns `true` if the octets of the client that were shown last end in a LF without CR, which ends no line: the client may take
    /// its command for sent, and the server waits for a CRLF. A person at a terminal does not see why.
    #[must_use]
    pub const fn awaits_crlf_after_lf(&self) -> bool {
        self.lines.awaits_crlf_after_lf()
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

    /// How many more octets of content may come before too many were dropped; `None`: too many were.
    fn may_take(&self) -> Option<u64> {
        let left = self.config.size_limit().map_or(u64::MAX, |limit| limit.saturating_sub(self.transaction.size));
        Some(self.tally.may_drop(&self.config)?.saturating_add(left))
    }

    /// Counts octets of content. Returns `false` if they are more than the server takes.
    fn takes(&mut self, octets: &[u8]) -> bool {
        let before = self.transaction.size;
        self.transaction.size = before.saturating_add(octets.len() as u64);
        if let Some(limit) = self.config.size_limit() {
            self.tally.dropped(self.transaction.size.saturating_sub(limit.max(before)));
        }
        self.too_big().is_none()
    }

    fn too_big(&self) -> Option<Rejected> {
        let is_too_big = self.config.size_limit().is_some_and(|limit| self.transaction.size > limit);
        is_too_big.then_some(Rejected::MessageTooBig)
    }

    /// Too many octets were dropped, and more follow.
    fn end_dropping<'a>(&mut self, action: Action) -> ServerEvent<'a> {
        self.receiving = Receiving::Lines;
        self.reject(action, Rejected::TooManyOctetsDropped)
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
        let replies = if each { self.transaction.recipients.max(1) } else { 1 };
        Pending { replies, rejected, ..Pending::new(action) }
    }

    /// Content or a chunk has ended, and its replies are owed.
    fn end_of_content<'a>(&mut self, action: Action, rejected: Option<Rejected>) -> ServerEvent<'a> {
        self.receiving = Receiving::Lines;
        match rejected {
            Some(rejected) => self.reject(action, rejected),
            None => {
                self.pending = Some(self.owed(action, None));
                if action == Action::Bdat { ServerEvent::ChunkEnd } else { ServerEvent::ContentEnd }
            }
        }
    }

    /// Refuses what the client did, or ends the session if that was one refusal too many. An answer is owed.
    fn reject<'a>(&mut self, action: Action, rejected: Rejected) -> ServerEvent<'a> {
        self.tally.refused(self.may_be_innocent(action, rejected));
        let rejected = match self.tally.exhausted(&self.config) {
            Some(exhausted) if !rejected.is_final() => exhausted,
            _ => rejected,
        };
        self.pending = Some(self.owed(action, Some(rejected)));
        ServerEvent::Rejected(rejected)
    }

    /// A line of an AUTH exchange: never a command, even if it spells QUIT (RFC 4954 section 4).
    fn response<'a>(&mut self, input: &mut &'a [u8]) -> Option<ServerEvent<'a>> {
        let line = match self.lines.decode(input, self.config.response_limit) {
            Ok(line) => self.config.dialect.trimmed(line?),
            Err(_) => return Some(self.reject(Action::Response, Rejected::ResponseTooLong)),
        };
        self.unsynchronized |= !input.is_empty();
        if self.tally.has_no_idle_left(&self.config) {
            return Some(self.reject(Action::Response, Rejected::TooManyIdleCommands));
        }
        self.tally.idle();
        if line == b"*" {
            return Some(self.reject(Action::Response, Rejected::AuthenticationCancelled));
        }
        match Base64::parse(line) {
            Ok(response) => {
                self.pending = Some(Pending::new(Action::Response));
                Some(ServerEvent::Response(response))
            }
            Err(_) => Some(self.reject(Action::Response, Rejected::ResponseNotBase64)),
        }
    }
}

/// Decodes no more than so many octets of the input. `most` is one less, so that one octet too many is seen.
#[inline]
fn within<'a, T>(input: &mut &'a [u8], most: u64, decode: impl FnOnce(&mut &'a [u8]) -> T) -> T {
    let shown = usize::try_from(most).unwrap_or(usize::MAX).saturating_add(1);
    let Some((mut shown, hidden)) = input.split_at_checked(shown).filter(|(_, hidden)| !hidden.is_empty()) else {
        return decode(input);
    };
    let result = decode(&mut shown);
    let unread = shown.len().saturating_add(hidden.len());
    *input = input.get(input.len().saturating_sub(unread)..).unwrap_or_default();
    result
}
