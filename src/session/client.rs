//! The client's side of a session: its data, its constructors, its hand-over and its getters. The other files of this
//! folder read replies, check commands and write them. Nothing here opens a socket or keeps time.

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

/// The client's side of a session. The server's octets go in and events come out; commands and content go in and octets
/// come out.
///
/// The methods come in four families.
///
/// - *Input*: [`next_event`](Self::next_event). Call it until it returns `None`; then read more.
/// - *Actions*: [`send`](Self::send) for commands, [`content`](Self::content) and
///   [`finish_content`](Self::finish_content) after DATA and BDAT, [`respond`](Self::respond) and
///   [`cancel`](Self::cancel) within AUTH. They append to `out`; write it before you read again. An action that fails
///   has written nothing and changed nothing.
/// - *Hand-over*: [`into_tls`](Self::into_tls), [`into_server`](Self::into_server).
/// - *Getters*: all the others.
///
/// The server speaks first: wait for [`ClientEvent::Greeting`]. Each action is owed one reply, and replies are matched
/// to actions by counting them (RFC 2920 section 3.1). A reply that was received before an action is never taken as its
/// answer (RFC 5321 section 4.2): a surplus reply of the server does not make a refused message look delivered. If the
/// server offers PIPELINING, more actions may follow before the replies have come, up to and including one that [ends
/// its group](Action::ends_group). Otherwise each reply has to come first.
///
/// [`state`](Self::state) is the state that the replies have confirmed. An action is checked against the state that
/// results if everything in flight succeeds.
///
/// ```
/// use smtp_core::session::{Action, Client, ClientConfig, ClientEvent, State};
/// use smtp_core::syntax::{Command, Extension, Host, Mailbox, Parameters};
///
/// let mut client = Client::new(ClientConfig::default());
/// let mut out = Vec::new();
/// let mut accepted = false;
/// // The server's output, in pieces: it writes each after it has read what the client wrote before.
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
/// Verbs, mechanisms, and parameters of MAIL and RCPT that were not offered are refused with [`Misuse::NotOffered`].
/// EXPN, HELP and VRFY are always allowed. A command over a limit of the offer is refused with [`Misuse::OverLimit`].
/// The offer is that of the last EHLO or LHLO that succeeded; HELO, XCLIENT and the TLS handshake clear it.
///
/// # AUTH
///
/// Each 334 is a [`ClientEvent::Challenge`]; answer it with [`respond`](Self::respond), or give up with
/// [`cancel`](Self::cancel). The reply that ends the exchange answers [`Action::Auth`] or [`Action::Response`]. Nothing
/// may be sent after AUTH before its reply. RFC 4954 section 4 would permit it to a client that is sure to need only
/// one round trip, but if the server answers with a challenge nevertheless, it would read the next command as a
/// response.
///
/// # ATRN
///
/// After ATRN has succeeded, the state is [`State::Closed`] for this role: the peer is now the client (RFC 2645 section
/// 5.2.2). Continue with [`into_server`](Self::into_server), and pass the input that was not consumed to it.
#[derive(Clone, Debug)]
pub struct Client {
    config: ClientConfig,
    offer: Offer,
    replies: ReplyDecoder,
    encoder: DotEncoder,
    /// The actions without a reply, except connecting.
    in_flight: InFlight,
    fault: Option<Box<ClientError>>,
    /// The number of octets of the chunk that are still to be sent.
    chunk: u64,
    /// The number of recipients that have their reply to the content, in LMTP.
    answered: u32,
    /// The facts that the replies have confirmed.
    facts: Facts,
    /// The result of `fate` once the session is closed.
    fate: Fate,
    challenge: Challenge,
    greeted: bool,
    /// Whether only QUIT is left: an unsolicited refusal came, or QUIT was refused.
    leaving: bool,
}

/// The state of an AUTH exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Challenge {
    None,
    /// A challenge came and can be answered.
    Given,
    /// A challenge came that cannot be decoded: only `*` may be sent.
    Bad,
    /// `*` was sent.
    Cancelled,
}

impl Client {
    /// Creates a session on a new connection. The greeting is awaited.
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

    /// Creates a session on a new connection over TLS (RFC 8314 section 3.3). The greeting is awaited.
    #[must_use]
    pub fn over_tls(config: ClientConfig) -> Self {
        let mut client = Self::new(config);
        client.facts.set_tls();
        client
    }

    /// Returns the session within TLS, after the handshake that the 220 to STARTTLS permits. The session has forgotten
    /// everything: send EHLO again (RFC 3207 section 4.2). `unread` is the input that was received before the handshake
    /// and was not consumed.
    ///
    /// # Errors
    /// - [`ClientError::PlaintextAfterStartTls`] if `unread` is not empty: an attacker may have inserted a reply there
    ///   that would otherwise count as protected. Close the connection.
    /// - [`Misuse::NoHandshake`] if the state is not [`State::Tls`].
    /// - The error that the session ended with, if it did.
    pub fn into_tls(self, unread: &[u8]) -> Result<Self, ClientError> {
        match (self.fault, self.facts.state()) {
            (Some(fault), _) => Err(*fault),
            (None, State::Tls) if unread.is_empty() => Ok(Self { greeted: true, ..Self::over_tls(self.config) }),
            (None, State::Tls) => Err(ClientError::PlaintextAfterStartTls),
            (None, _) => Err(Misuse::NoHandshake.into()),
        }
    }

    /// Exchanges the roles after ATRN has succeeded: this side now owes the greeting and is the server (RFC 2645
    /// section 5.2.2). Pass the input that was not consumed to the new session.
    ///
    /// # Errors
    /// Returns [`Misuse::NotTurned`] if no ATRN has succeeded.
    pub fn into_server(self, config: impl Into<Arc<ServerConfig>>) -> Result<Server, Misuse> {
        match (self.facts.is_turned(), self.facts.is_tls()) {
            (false, _) => Err(Misuse::NotTurned),
            (true, true) => Ok(Server::over_tls(config)),
            (true, false) => Ok(Server::new(config)),
        }
    }

    /// Returns the state of the session that the replies have confirmed.
    #[must_use]
    pub const fn state(&self) -> State {
        self.facts.state()
    }

    /// Returns `true` if there is more to read. After QUIT, 421 or an error, write the rest of the output and close the
    /// connection.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        !matches!(self.state(), State::Closed)
    }

    /// Returns the configuration.
    #[must_use]
    pub const fn config(&self) -> &ClientConfig {
        &self.config
    }

    /// Returns the hello that was accepted last.
    #[must_use]
    pub const fn hello(&self) -> Hello {
        self.facts.hello()
    }

    /// Returns the extensions in force: those of the [offer](Self::offer).
    #[must_use]
    pub const fn extensions(&self) -> Extensions {
        self.offer.extensions
    }

    /// Returns the last offer of the server. It is empty without EHLO.
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

    /// Returns `true` if SMTPUTF8 is in force in the transaction, or in that of a MAIL that was sent since then.
    #[must_use]
    pub fn is_smtputf8(&self) -> bool {
        (self.state().in_transaction() || self.in_flight.has_mail()) && self.facts.declared().smtputf8
    }

    /// Returns the number of accepted recipients of the transaction.
    #[must_use]
    pub const fn recipients(&self) -> u32 {
        self.facts.recipients()
    }

    /// Returns the number of octets of the chunk after BDAT that are still to be sent.
    #[must_use]
    pub const fn chunk_remaining(&self) -> u64 {
        self.chunk
    }

    /// Returns `true` if the last octets of the server end in a LF without CR, which does not end a line: the server
    /// may believe that its reply is complete, while the client waits for a CRLF. Without this the only symptom is a
    /// timeout, so report it.
    #[must_use]
    pub const fn awaits_crlf_after_lf(&self) -> bool {
        self.replies.awaits_crlf_after_lf()
    }

    /// Returns the actions without a reply, in order, beginning with the greeting if it is awaited. In LMTP, content
    /// that is owed several replies counts once, until the last of them.
    pub fn awaiting(&self) -> impl Iterator<Item = Action> + '_ {
        self.awaits_greeting().then_some(Action::Greeting).into_iter().chain(self.in_flight.iter())
    }

    /// Returns the timer that applies (RFC 5321 section 4.5.3.2), if anything is awaited. Start it again after each
    /// event and each block of content.
    #[must_use]
    pub fn timer(&self) -> Option<Timer> {
        if self.chunk > 0 {
            return Some(Timer::Block);
        }
        let first = if self.awaits_greeting() { Some(Action::Greeting) } else { self.in_flight.front() };
        let Some(first) = first else { return self.takes_content().then_some(Timer::Block) };
        Some(match first {
            Action::Greeting => Timer::Greeting,
            Action::Mail => Timer::Mail,
            Action::Rcpt => Timer::Rcpt,
            Action::Data => Timer::Data,
            Action::Content | Action::BdatLast | Action::BurlLast => Timer::Content,
            Action::Atrn => Timer::Atrn,
            _ => Timer::Reply,
        })
    }

    /// Returns the delivery status of the current message if the connection is lost now, or after the session has
    /// ended. Octets count as sent once they were appended to `out`. If the next transaction was begun before the
    /// content of this one was answered, the status is that of this one; nothing of the next was delivered.
    ///
    /// The status applies to the recipients without their own reply. A refusal of RCPT remains in effect, and in LMTP
    /// so does each reply to the message (RFC 2033 section 5).
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

    fn awaits_greeting(&self) -> bool {
        !self.greeted && self.is_open()
    }

    /// Returns `true` if no reply is awaited.
    pub(crate) fn is_quiet(&self) -> bool {
        self.in_flight.is_empty() && !self.awaits_greeting()
    }

    /// Returns `true` if 354 was received and the end of the content was not sent.
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
