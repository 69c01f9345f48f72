//! The server's side of a session.

mod answer;
mod config;
mod event;
mod judge;
mod tally;

pub use config::{Require, ServerConfig};
pub use event::{Hello, Refused, ServerEvent};

use super::facts::Declared;
use super::{Action, Arc, Client, ClientConfig, Facts, Misuse, Rejected, StartTlsError, State, Timer};
use crate::codec::{ChunkDecoder, Content, DotDecoder, LineDecoder};
use crate::syntax::{Base64, Bdat, Command, Extension, Extensions, ReplyBuf};
use crate::trace::WithProtocol;
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

    /// What the client did next, or `None` where more octets are needed. `input` is what has arrived and was not consumed
    /// before; it is advanced.
    ///
    /// Before the greeting is answered, and between the 220 to STARTTLS and [`into_tls`](Self::into_tls), nothing is
    /// consumed. In the state [`State::Closed`] everything is, and ignored, except behind ATRN.
    ///
    /// # Errors
    /// [`Misuse::EventUnanswered`] where the last event is not answered.
    pub fn next_event<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<ServerEvent<'a>>, Misuse> {
        if self.abandoned {
            self.abandoned = false;
            return Ok(Some(ServerEvent::Abandoned));
        }
        match &self.pending {
            Some(pending) if pending.action == Action::Greeting => {
                self.early_talker |= !input.is_empty();
                return Ok(None);
            }
            Some(_) => return Err(Misuse::EventUnanswered),
            None => {}
        }
        match self.facts.state() {
            State::Closed if self.facts.is_turned() => return Ok(None),
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
            Receiving::Chunk { .. } => self.chunk_content(input),
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
    fn chunk_content<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<ServerEvent<'a>>, Misuse> {
        loop {
            let Receiving::Chunk { last, rejected, .. } = self.receiving else { return Ok(None) };
            let action = if last { Action::BdatLast } else { Action::Bdat };
            let most = if rejected.is_some() { self.tally.may_drop(&self.config) } else { self.may_take() };
            let Some(most) = most else { return Ok(Some(self.end_dropping(action))) };
            if rejected.is_none() && self.content.normalizes() && !self.facts.declared().is_binary() {
                match self.normalized(input, most, last) {
                    Some(octets) if self.takes(octets) => return Ok(Some(ServerEvent::Content(octets))),
                    Some(_) => continue,
                    None => {}
                }
            }
            let Receiving::Chunk { decoder, .. } = &mut self.receiving else { return Ok(None) };
            match within(input, most, |input| decoder.decode(input)) {
                None => return Ok(None),
                Some(Content::Octets(octets)) => {
                    if rejected.is_some() {
                        self.tally.dropped(octets.len() as u64);
                    } else if self.takes(octets) {
                        // RFC 3030 sections 2 and 3: text is canonical, and only BINARYMIME is no text.
                        if !self.facts.declared().is_binary() {
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

    /// The next octets of a chunk of text, with CRLF for any line ending. `None`: there are none, or the chunk ends.
    fn normalized<'a>(&mut self, input: &mut &'a [u8], most: u64, last: bool) -> Option<&'a [u8]> {
        let Receiving::Chunk { decoder, .. } = &mut self.receiving else { return None };
        if decoder.remaining() == 0 {
            return if last { self.content.last_normalized() } else { None };
        }
        let shown = usize::try_from(decoder.remaining().min(most.saturating_add(1))).unwrap_or(usize::MAX);
        let chunk = input.get(..shown).unwrap_or(input);
        let mut rest = chunk;
        let octets = self.content.next_normalized(&mut rest);
        // The chunk has so many octets less.
        let (mut taken, _) = chunk.split_at_checked(chunk.len().saturating_sub(rest.len()))?;
        *input = input.get(taken.len()..).unwrap_or_default();
        while decoder.decode(&mut taken).is_some() && !taken.is_empty() {}
        let is_over = last && decoder.remaining() == 0;
        octets.or_else(|| if is_over { self.content.last_normalized() } else { None })
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

    /// Where the session stands.
    #[must_use]
    pub const fn state(&self) -> State {
        self.facts.state()
    }

    /// Returns `true` if there is more to read. After a 221 or 421 write what is left and close.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        !matches!(self.facts.state(), State::Closed)
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &ServerConfig {
        &self.config
    }

    /// Which hello was accepted last.
    #[must_use]
    pub const fn hello(&self) -> Hello {
        self.facts.hello()
    }

    /// Returns `true` if the session is within TLS.
    #[must_use]
    pub const fn is_tls(&self) -> bool {
        self.facts.is_tls()
    }

    /// Returns `true` if an AUTH has succeeded.
    #[must_use]
    pub const fn is_authenticated(&self) -> bool {
        self.facts.is_authenticated()
    }

    /// Returns `true` if SMTPUTF8 is in force in the transaction.
    #[must_use]
    pub const fn is_smtputf8(&self) -> bool {
        self.facts.state().in_transaction() && self.facts.declared().smtputf8
    }

    /// How many recipients of the transaction have been accepted.
    #[must_use]
    pub const fn recipients(&self) -> u32 {
        self.facts.recipients()
    }

    /// How the message under way comes in, as a Received field says it (RFC 5321 section 4.4, RFC 3848).
    ///
    /// ```
    /// use smtp_core::session::{Server, ServerConfig};
    /// use smtp_core::syntax::Host;
    /// use smtp_core::trace::WithProtocol;
    ///
    /// let mut server = Server::over_tls(ServerConfig::new(Host::new("mx.example")?));
    /// let mut out = Vec::new();
    /// server.reply_default(&mut out)?;
    /// server.next_event(&mut &b"EHLO client.example\r\n"[..])?;
    /// server.reply_default(&mut out)?;
    /// assert_eq!(server.with_protocol(), WithProtocol::EsmtpS);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_protocol(&self) -> WithProtocol {
        let mut protocol = match self.hello() {
            _ if self.config.lmtp => WithProtocol::Lmtp,
            Hello::Ehlo => WithProtocol::Esmtp,
            _ => WithProtocol::Smtp,
        };
        if self.is_smtputf8() {
            protocol = protocol.with_smtputf8();
        }
        if self.is_tls() {
            protocol = protocol.with_tls();
        }
        if self.is_authenticated() { protocol.with_auth() } else { protocol }
    }

    /// The chunk under way, from its [`Begin`](ServerEvent::Begin) or first content to its end: how many of its octets have not
    /// come yet, and LAST.
    #[must_use]
    pub fn chunk(&self) -> Option<Bdat> {
        match &self.receiving {
            Receiving::Chunk { decoder, last, .. } => Some(Bdat { size: decoder.remaining(), last: *last }),
            Receiving::Lines | Receiving::Content => None,
        }
    }

    /// The connection is lost: the session is closed. A message that was begun is [abandoned](ServerEvent::Abandoned), which
    /// [`next_event`](Self::next_event) tells next.
    pub fn connection_lost(&mut self) {
        self.pending = None;
        self.close();
    }

    /// How many answers are owed.
    #[must_use]
    pub fn answers_owed(&self) -> u32 {
        self.pending.as_ref().map_or(0, |pending| pending.replies)
    }

    /// The timer that runs while the server waits for the client; `None` while an answer is owed or nothing is awaited.
    #[must_use]
    pub fn timer(&self) -> Option<Timer> {
        (self.pending.is_none() && self.is_open()).then_some(Timer::Command)
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

    /// How many more octets of content may come before too many were dropped; `None`: too many were.
    fn may_take(&self) -> Option<u64> {
        let left = self.config.size_limit().map_or(u64::MAX, |limit| limit.saturating_sub(self.message.size));
        Some(self.tally.may_drop(&self.config)?.saturating_add(left))
    }

    /// Counts octets of content. Returns `false` if they are more than the server takes.
    fn takes(&mut self, octets: &[u8]) -> bool {
        let before = self.message.size;
        self.message.size = before.saturating_add(octets.len() as u64);
        if let Some(limit) = self.config.size_limit() {
            self.tally.dropped(self.message.size.saturating_sub(limit.max(before)));
        }
        self.too_big().is_none()
    }

    fn too_big(&self) -> Option<Rejected> {
        let is_too_big = self.config.size_limit().is_some_and(|limit| self.message.size > limit);
        is_too_big.then_some(Rejected::MessageTooBig)
    }

    /// Too many octets were dropped, and more follow.
    fn end_dropping<'a>(&mut self, action: Action) -> ServerEvent<'a> {
        self.receiving = Receiving::Lines;
        self.reject(action, Rejected::TooManyOctetsDropped, None)
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

    /// A line of an AUTH exchange: never a command, even if it spells QUIT (RFC 4954 section 4).
    fn response<'a>(&mut self, input: &mut &'a [u8]) -> Option<ServerEvent<'a>> {
        let line = match self.lines.decode(input, self.config.response_limit) {
            Ok(line) => self.config.dialect.trimmed(line?),
            Err(_) => return Some(self.reject(Action::Response, Rejected::ResponseTooLong, None)),
        };
        self.unsynchronized |= !input.is_empty();
        if self.tally.has_no_idle_left(&self.config) {
            return Some(self.reject(Action::Response, Rejected::TooManyIdleCommands, Some(line)));
        }
        self.tally.idle();
        if line == b"*" {
            return Some(self.reject(Action::Response, Rejected::AuthenticationCancelled, Some(line)));
        }
        match Base64::parse(line) {
            Ok(response) => {
                self.pending = Some(Pending::new(Action::Response));
                Some(ServerEvent::Response(response))
            }
            Err(_) => Some(self.reject(Action::Response, Rejected::ResponseNotBase64, Some(line))),
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
