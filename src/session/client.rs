//! The client's side of a session: its data, and what its files share. The files of this folder create a session, read
//! replies, check commands and write them, and hand the session over. Nothing here opens a socket or keeps time.

// The page of `Client` lists the methods in this order: constructors, input, actions, hand-over, getters.
mod create;

mod receive;

mod send;

mod hand_over;

mod getters;

mod check;
mod error;
mod event;
mod in_flight;

pub use error::ClientError;
pub use event::{ClientConfig, ClientEvent, Fate, InitialResponse};

#[cfg(doc)]
use super::Misuse;
use super::{Action, Facts, State};
use crate::codec::{DotEncoder, ReplyDecoder};
use crate::syntax::Offer;
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
/// to actions by counting them ([RFC 2920 section 3.1](https://www.rfc-editor.org/rfc/rfc2920#section-3.1)). A reply
/// that was received before an action is never taken as its answer ([RFC 5321 section
/// 4.2](https://www.rfc-editor.org/rfc/rfc5321#section-4.2)): a surplus reply of the server does not make a refused
/// message look delivered. If the server offers PIPELINING, more actions may follow before the replies have come, up to
/// and including one that [ends its group](Action::ends_group). Otherwise each reply has to come first.
///
/// [`state`](Self::state) is the state that the replies have confirmed. An action is checked against the state that
/// results if everything in flight succeeds.
///
/// ```
/// use smtp_core::session::{Action, Client, ClientConfig, ClientEvent, State};
/// use smtp_core::syntax::{Command, Extension, Host, Mailbox, Parameters};
///
/// let host = Host::new("client.example")?;
/// let [joe, ann] = [Mailbox::new("joe@client.example")?, Mailbox::new("ann@mx.example")?];
/// let mut client = Client::new(ClientConfig::default());
/// let mut out = Vec::new();
/// let mut accepted = false;
/// // The server's output. It writes each piece after it has read what the client wrote before.
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
///             ClientEvent::Greeting(_) => client.send(&Command::Ehlo(host), &mut out)?,
///             ClientEvent::Reply { to: Action::Ehlo, .. } => {
///                 assert!(client.offer().extensions.contains(Extension::Pipelining));
///                 client.send(&Command::mail(joe, Parameters::NONE), &mut out)?;
///                 client.send(&Command::rcpt(ann, Parameters::NONE), &mut out)?;
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
/// may be sent after AUTH before its reply. [RFC 4954 section 4](https://www.rfc-editor.org/rfc/rfc4954#section-4)
/// would permit it to a client that is sure to need only one round trip, but if the server answers with a challenge
/// nevertheless, it would read the next command as a response.
///
/// # ATRN
///
/// After ATRN has succeeded, the state is [`State::Closed`] for this role: the peer is now the client ([RFC 2645
/// section 5.2.2](https://www.rfc-editor.org/rfc/rfc2645#section-5.2.2)). Continue with
/// [`into_server`](Self::into_server), and pass the input that was not consumed to it.
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
