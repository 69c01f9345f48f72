//! The client's side of a session.

mod check;
mod error;
mod event;
mod in_flight;
mod receive;
mod send;

pub use error::ClientError;
pub use event::{ClientConfig, ClientEvent, Fate, InitialResponse};

use super::{Action, Arc, Facts, Hello, Misuse, Server, ServerConfig, State, Timer};
use crate::codec::{DotEncoder, ReplyDecoder};
use crate::syntax::{Extensions, Offer};
use alloc::boxed::Box;
use in_flight::InFlight;

/// The client's side of a session: octets of the server in, events out; commands and content in, octets out.
///
/// The methods come in four families.
///
/// - *Input*: [`next_event`](Self::next_event), until it gives `None`; then read more.
/// - *Actions*: [`send`](Self::send) for commands, [`content`](Self::content) and [`finish_content`](Self::finish_content)
///   behind DATA and BDAT, [`respond`](Self::respond) and [`cancel`](Self::cancel) within AUTH. They append to `out`; write
///   it before you read. What fails has written nothing and changed nothing.
/// - *Handing over*: [`into_tls`](Self::into_tls).
/// - *Getters*: all the others.
///
/// The server speaks first: wait for [`ClientEvent::Greeting`]. Each action owes one reply, and replies are matched to
/// actions by counting them (RFC 2920 section 3.1). A reply that was received before an action was done is never taken for its
/// answer (RFC 5321 section 4.2): a server that says one word too many does not make a refused message look delivered. Where the server offers PIPELINING, more may be sent before the replies
/// have come, up to and with an action that [ends its group](Action::ends_group); where it does not, every reply has to
/// come first.
///
/// [`state`](Self::state) is what the replies have confirmed. What may be sent is judged by what the state will be once
/// everything in flight has succeeded.
///
/// ```
/// use smtp_core::session::{Action, Client, ClientConfig, ClientEvent, State};
/// use smtp_core::syntax::{Command, Extension, Host, Mailbox, Parameters};
///
/// let mut client = Client::new(ClientConfig::default());
/// let mut out = Vec::new();
/// let mut accepted = false;
/// // What the server writes, each piece after it has read what the client wrote before.
/// let server: [&[u8]; 5] = [
///     b"220 mx.example ESMTP\r\n",
///     b"250-mx.example\r\n250 PIPELINING\r\n",
///     b"250 2.1.0 OK\r\n250 2.1.5 OK\r\n354 Go on\r\n",
///     b"250 2.0.0 Queued\r\n",
///     b"221 2.0.0 Bye\r\n",
/// ];
/// for mut rest in server {
///     while let Some(event) = client.next_event(&mut rest)? {
///         match event {
///             ClientEvent::Greeting(_) => client.send(&Command::Ehlo(Host::new("client.example")?), &mut out)?,
///             ClientEvent::Reply { to: Action::Ehlo, .. } => {
///                 assert!(client.offer().extensions.contains(Extension::Pipelining));
///                 client.send(&Command::mail(Mailbox::new("joe@client.example")?, Parameters::NONE), &mut out)?;
///                 client.send(&Command::rcpt(Mailbox::new("ann@mx.example")?, Parameters::NONE), &mut out)?;
///                 client.send(&Command::Data, &mut out)?;
///             }
///             ClientEvent::Reply { to: Action::Data, .. } if client.state() == State::Data => {
///                 client.content(b"Hello\r\n.\r\n", &mut out)?;
///                 client.finish_content(&mut out)?;
///             }
///             ClientEvent::Reply { to: Action::Content, reply, .. } => {
///                 accepted = !reply.code().class().is_failure();
///                 client.send(&Command::Quit, &mut out)?;
///             }
///             _ => {}
///         }
///     }
/// }
/// assert!(accepted);
/// assert!(out.ends_with(b"\r\nDATA\r\nHello\r\n..\r\n.\r\nQUIT\r\n"));
/// assert_eq!(client.state(), State::Closed);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Extensions
///
/// What was not offered is refused with [`Misuse::NotOffered`]: verbs, mechanisms, and parameters of MAIL and RCPT. EXPN,
/// HELP and VRFY are always allowed. What goes beyond a limit of the offer is refused with [`Misuse::OverLimit`]. The offer is that of the last EHLO or LHLO that succeeded; HELO, XCLIENT and the TLS
/// handshake clear it.
///
/// # AUTH
///
/// Each 334 is a [`ClientEvent::Challenge`]; answer it with [`respond`](Self::respond), or give up with
/// [`cancel`](Self::cancel). The reply that ends the exchange comes as that to [`Action::Auth`] or [`Action::Response`].
/// Nothing may be sent behind AUTH, although RFC 4954 section 4 would let a client that is sure to need one round trip only:
/// a server that answers with a challenge all the same would read the next command as a response.
///
/// # ATRN
///
/// When ATRN has succeeded the state is [`State::Closed`], for this role: the peer is now the client (RFC 2645 section
/// 5.2.2). Go on with [`into_server`](Self::into_server); what was not consumed of the input belongs to it.
#[derive(Clone, Debug)]
pub struct Client {
    config: ClientConfig,
    offer: Offer,
    replies: ReplyDecoder,
    encoder: DotEncoder,
    /// What was done and is not answered yet, without the connecting.
    in_flight: InFlight,
    fault: Option<Box<ClientError>>,
    /// How many octets of the chunk are still to be sent.
    chunk: u64,
    /// LMTP: how many of the recipients have their reply to the content.
    answered: u32,
    /// By the replies that have come.
    facts: Facts,
    /// What `fate` says once the session is closed.
    fate: Fate,
    challenge: Challenge,
    greeted: bool,
    /// A refusal came that nothing asked for, or QUIT was refused: only QUIT is left.
    leaving: bool,
}

/// Where an AUTH exchange stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Challenge {
    None,
    /// One came and can be answered.
    Given,
    /// One came that cannot be decoded: only `*` may be sent.
    Bad,
    /// `*` was sent.
    Cancelled,
}

impl Client {
    /// A session that has just been connected. The greeting is awaited.
    #[must_use]
    pub fn new(config: ClientConfig) -> Self {
        Self {
            config,
            offer: Offer::default(),
            replies: ReplyDecoder::new().with_limit(config.reply_limit),
            encoder: DotEncoder::new(config.bare_line_endings),
            in_flight: InFlight::new(),
            fault: None,
            chunk: 0,
            answered: 0,
            facts: Facts::default(),
            fate: Fate::Settled,
            challenge: Challenge::None,
            greeted: false,
            leaving: false,
        }
    }

    /// A session that has just been connected over TLS (RFC 8314 section 3.3). The greeting is awaited.
    #[must_use]
    pub fn over_tls(config: ClientConfig) -> Self {
        let mut client = Self::new(config);
        client.facts.set_tls();
        client
    }

    /// The session within TLS, after the handshake that the 220 to STARTTLS allows. It has forgotten everything: greet the
    /// server anew with EHLO (RFC 3207 section 4.2). `unread` is what was received before the handshake and was not consumed.
    ///
    /// # Errors
    /// - [`ClientError::PlaintextBehindStartTls`] where `unread` is not empty: somebody may have put a reply there that would
    ///   otherwise pass for one that was protected. Close the connection.
    /// - [`Misuse::NoHandshake`] where the state is not [`State::Tls`].
    /// - The error that the session ended with, if it did.
    pub fn into_tls(self, unread: &[u8]) -> Result<Self, ClientError> {
        match (self.fault, self.facts.state()) {
            (Some(fault), _) => Err(*fault),
            (None, State::Tls) if unread.is_empty() => Ok(Self { greeted: true, ..Self::over_tls(self.config) }),
            (None, State::Tls) => Err(ClientError::PlaintextBehindStartTls),
            (None, _) => Err(Misuse::NoHandshake.into()),
        }
    }

    /// Exchanges the roles after ATRN has succeeded: this side now owes the greeting and is the server (RFC 2645 section
    /// 5.2.2). What was not consumed of the input belongs to the new session.
    ///
    /// # Errors
    /// [`Misuse::NotTurned`] where no ATRN has succeeded.
    pub fn into_server(self, config: impl Into<Arc<ServerConfig>>) -> Result<Server, Misuse> {
        match (self.facts.is_turned(), self.facts.is_tls()) {
            (false, _) => Err(Misuse::NotTurned),
            (true, true) => Ok(Server::over_tls(config)),
            (true, false) => Ok(Server::new(config)),
        }
    }

    /// Where the session stands, by the replies that have come.
    #[must_use]
    pub const fn state(&self) -> State {
        self.facts.state()
    }

    /// Returns `true` if there is more to read. After QUIT, 421 or an error write what is left and close.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        !matches!(self.state(), State::Closed)
    }

    /// How the client behaves.
    #[must_use]
    pub const fn config(&self) -> &ClientConfig {
        &self.config
    }

    /// Which hello was accepted last.
    #[must_use]
    pub const fn hello(&self) -> Hello {
        self.facts.hello()
    }

    /// The extensions in force: those of the [offer](Self::offer).
    #[must_use]
    pub const fn extensions(&self) -> Extensions {
        self.offer.extensions
    }

    /// What the server offered last; nothing without EHLO.
    #[must_use]
    pub const fn offer(&self) -> &Offer {
        &self.offer
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

    /// Returns `true` if SMTPUTF8 is in force in the transaction, or in that of a MAIL that was sent since.
    #[must_use]
    pub fn is_smtputf8(&self) -> bool {
        (self.state().in_transaction() || self.in_flight.has_mail()) && self.facts.declared().smtputf8
    }

    /// How many recipients of the transaction have been accepted.
    #[must_use]
    pub const fn recipients(&self) -> u32 {
        self.facts.recipients()
    }

    /// How many octets of the chunk behind BDAT are still to be sent.
    #[must_use]
    pub const fn chunk_remaining(&self) -> u64 {
        self.chunk
    }

    /// Returns `true` if the octets of the server that were shown last end in a LF without CR, which ends no line: the server may take
    /// its reply for complete, and the client waits for a CRLF. Nothing will come of it but a timeout, so tell somebody.
    #[must_use]
    pub const fn awaits_crlf_after_lf(&self) -> bool {
        self.replies.awaits_crlf_after_lf()
    }

    /// What was done and is not answered yet, in order; the greeting counts. Content that owes more than one reply, in
    /// LMTP, counts once, until the last of them.
    pub fn awaiting(&self) -> impl Iterator<Item = Action> + '_ {
        let greeting = !self.greeted && self.state() != State::Closed;
        greeting.then_some(Action::Greeting).into_iter().chain(self.in_flight.iter())
    }

    /// Which timer applies (RFC 5321 section 4.5.3.2), if anything is awaited. Start it anew after each event and each block
    /// of content.
    #[must_use]
    pub fn timer(&self) -> Option<Timer> {
        if self.chunk > 0 || self.takes_content() {
            return Some(Timer::Block);
        }
        Some(match self.awaiting().next()? {
            Action::Greeting => Timer::Greeting,
            Action::Mail => Timer::Mail,
            Action::Rcpt => Timer::Rcpt,
            Action::Data => Timer::Data,
            Action::Content | Action::BdatLast | Action::BurlLast => Timer::Content,
            Action::Atrn => Timer::Atrn,
            _ => Timer::Reply,
        })
    }

    /// What to think of the message under way when the connection is lost, or the session has ended, now; octets count as sent
    /// once they were appended to `out`. Where the next transaction was begun before the content of this one was answered, it
    /// is this one that is meant; nothing of the next was delivered.
    ///
    /// It concerns the recipients without a reply of their own: a refusal of RCPT stands, and in LMTP so does each reply to
    /// the message (RFC 2033 section 5).
    #[must_use]
    pub fn fate(&self) -> Fate {
        match self.state() {
            State::Closed => self.fate,
            state => self.fate_in(state),
        }
    }

    fn fate_in(&self, state: State) -> Fate {
        let content_sent = state == State::Data && self.in_flight.front() == Some(Action::Content);
        if content_sent || (self.chunk == 0 && self.in_flight.may_accept_last_chunk()) {
            Fate::Unknown
        } else if state.in_transaction() || self.in_flight.has_mail() {
            Fate::NotDelivered
        } else {
            Fate::Settled
        }
    }

    /// Is nothing awaited?
    pub(crate) fn is_quiet(&self) -> bool {
        self.in_flight.is_empty() && (self.greeted || self.state() == State::Closed)
    }

    /// Was 354 given and the end of the content not sent?
    fn takes_content(&self) -> bool {
        self.state() == State::Data && self.in_flight.is_empty()
    }

    fn close(&mut self) {
        self.fate = self.fate();
        self.facts.close();
        self.in_flight.clear();
        self.chunk = 0;
    }
}
