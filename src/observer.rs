//! An observer of a session between two others.
//!
//! [`Observer`] is shown the octets of both directions as they arrive. It follows the session by the same table of states as
//! the two ends ([`State`]), says which reply answers what, and reports each [`Violation`] of a clause.
//!
//! # What it does not do
//!
//! It never guesses. Where the meaning of the client's octets depends on a reply that has not come, it leaves them
//! unread until it comes: after a hello (which extensions are in force?), DATA (content or a command?), AUTH and each of
//! its responses, STARTTLS and ATRN, and after a BDAT that was not offered or has wrong syntax (a chunk or lines? see below).
//! It judges what a clause says, with the level of that clause, and is silent without one. After a violation it goes on as the
//! two ends evidently do: a reply says whether a command was accepted, whatever the table says of it.
//!
//! It keeps facts, not lines: a bounded queue of what is in flight, and nothing of the content. After STARTTLS has
//! succeeded, or ATRN has exchanged the roles, octets are taken and not looked at.
//!
//! # BDAT that was not offered, or is refused for its syntax
//!
//! A server that does not know BDAT reads the chunk as command lines and answers each (RFC 3030 section 2); one that knows it
//! takes the chunk. The first of these that applies tells which:
//!
//! 1. The reply to BDAT is none of 500 and 502, nor 501 where the syntax is wrong: the server has taken the chunk.
//! 2. A second reply comes before the client has sent a line after the chunk: the server reads lines.
//! 3. Only one of two lines can have the second reply, the first of the chunk or the client's next one: that line has it. A line
//!    that is no command has no success, and a command that every server knows is not refused as unknown.
//! 4. Otherwise it cannot be told yet. The octets are given out as content. Replies then answer the client's commands in their
//!    order. One that is left over, or refuses as unknown what every server knows, answers a line of the chunk, so the server
//!    reads lines; after one that only a command in flight can have (221, 235, 334, 354) no line is left that could have one.
//!    Until then nothing is said against the server for what it answers.
//!
//! Where it does not become known, [`ViolationKind::ChunkOrLines`] says so: at the end of the session, or after eight commands in a
//! row which the client sent when it had a reply to each before. From there on the server is taken for one that
//! takes chunks. With CHUNKING offered nothing is said: the server has to take the chunk then. A chunk of which more than 64 KiB arrive
//! before the reply to its BDAT is case 4 as well, where that reply is not case 1.
//!
//! What one BDAT has told counts for the next ones of the session, where it was not offered. Lines of a chunk are shown as commands
//! where the server reads them, and are not judged; none of them changes the mode or the state of the session, and the
//! server may answer them or not.

mod exchange;
mod facts;
mod judge;
mod pairing;
mod rules;
mod violation;

pub use violation::{Level, Side, Violation, ViolationKind};

use crate::session::{Action, State};
use crate::syntax::{Command, Extensions, Offer, Reply, SyntaxError};
use alloc::collections::VecDeque;
use core::fmt;
use exchange::Place;
use facts::Facts;
use pairing::{Pairing, Seen};

/// Watches both directions of a session and yields what happens in it, and what is wrong with it.
///
/// The caller owns the buffers of both directions; each is advanced in place past what was understood (see
/// [the contract](crate::codec#the-contract-of-every-decoder)). Octets are shown in the order in which they arrived: show
/// what one side sent, take all events, then show what arrived next. However the octets of one side are cut, the events
/// are the same; content comes in pieces.
///
/// The methods come in three families.
///
/// - *Input*: [`next_event`](Self::next_event), until it gives `None`; then show more.
/// - *The end of the connection*: [`close`](Self::close), for each side that has closed its direction.
/// - *Getters*: all the others.
///
/// ```
/// use smtp_core::observer::{Observer, ObserverEvent, Side, ViolationKind};
///
/// let mut observer = Observer::new();
/// let mut found = Vec::new();
/// for (mut client, mut server) in [
///     (&b""[..], &b"220 mx.example\r\n"[..]),
///     (b"HELO client.example\r\n", b""),
///     (b"", b"250 mx.example\r\n"),
///     (b"MAIL FROM: <joe@example.com>\r\n", b""),
///     (b"", b"250 OK\r\n"),
/// ] {
///     // Every piece is a whole line here; else what is left over would have to be shown again.
///     while let Some(event) = observer.next_event(&mut client, &mut server) {
///         if let ObserverEvent::Violation(violation) = event {
///             found.push((violation.who(), violation.kind, violation.line));
///         }
///     }
/// }
/// assert_eq!(found, [(Side::Client, ViolationKind::SpaceAfterColon, 2)]);
/// ```
#[derive(Clone, Debug)]
pub struct Observer {
    pairing: Pairing,
    facts: Facts,
    /// Events that are not given out yet.
    pending: VecDeque<Pending>,
    credentials: Credentials,
}

/// Whether a line may be a credential that a client sends after AUTH was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Credentials {
    /// None has come since the last registered command.
    No,
    /// AUTH was sent, and no registered command since.
    AfterAuth,
    /// So it was before the last line, too, which was read as a command.
    LastLine,
}

impl Credentials {
    fn note(&mut self, line: &[u8], command: &Result<Command<'_>, SyntaxError>) {
        *self = match command {
            Ok(Command::Auth(_)) => Self::AfterAuth,
            Ok(Command::Unknown(_)) | Err(_) if *self != Self::No => Self::LastLine,
            Ok(Command::Unknown(_)) | Err(_) if begins_auth(line) => Self::AfterAuth,
            Ok(_) | Err(_) => Self::No,
        };
    }
}

/// Returns `true` if it is AUTH, however it goes on, and whatever stands before it.
fn begins_auth(line: &[u8]) -> bool {
    let mut words = line.split(|octet| !octet.is_ascii_graphic()).filter(|word| !word.is_empty());
    words.next().is_some_and(|verb| verb.eq_ignore_ascii_case(b"AUTH"))
}

#[derive(Clone, Copy, Debug)]
enum Pending {
    Violation(Violation),
    ContentEnd,
    TlsBegun,
}

/// Something that happened in a session.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ObserverEvent<'a> {
    /// A line that the server reads as a command.
    Command {
        /// The line, without its CRLF. It may hold a credential, so `Debug` does not show it. See
        /// [`Observer::may_be_credential`].
        line: &'a [u8],
        /// The command, by the lenient grammar. `Debug` does not show what is not registered: after an AUTH that was refused it may
        /// be a credential.
        command: Result<Command<'a>, SyntaxError>,
    },
    /// A line of an AUTH exchange, without its CRLF. It may be a credential, so `Debug` does not show it.
    Response(&'a [u8]),
    /// The next octets of content, as the recipient is to have them. Where one piece ends means nothing.
    Content(&'a [u8]),
    /// The content of a message has ended, with the final dot or the chunk of BDAT LAST.
    ContentEnd,
    /// A reply.
    Reply {
        /// The lines as they were sent, each with its CRLF.
        octets: &'a [u8],
        /// The reply, by the lenient grammar.
        reply: Result<Reply<'a>, SyntaxError>,
        /// What it answers; [`Action::Other`] for a line of a chunk that the server read as a command, `None` for a reply that
        /// nothing waited for.
        to: Option<Action>,
        /// The state after it.
        state: State,
    },
    /// STARTTLS was accepted: what follows is not looked at.
    TlsBegun,
    /// A breach of a clause. It comes after the command or reply that it concerns, except that a command whose place
    /// depends on replies before it is judged with its own reply.
    Violation(Violation),
}

impl fmt::Debug for ObserverEvent<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command { command: Ok(Command::Unknown(_)), .. } => {
                formatter.write_str("Command(Ok(Unknown([redacted])))")
            }
            Self::Command { command, .. } => formatter.debug_tuple("Command").field(command).finish(),
            Self::Response(_) => formatter.write_str("Response([redacted])"),
            Self::Content(octets) => write!(formatter, "Content(\"{}\")", octets.escape_ascii()),
            Self::ContentEnd => formatter.write_str("ContentEnd"),
            Self::Reply { octets, to, state, .. } => formatter
                .debug_struct("Reply")
                .field("octets", &format_args!("\"{}\"", octets.escape_ascii()))
                .field("to", to)
                .field("state", state)
                .finish(),
            Self::TlsBegun => formatter.write_str("TlsBegun"),
            Self::Violation(violation) => formatter.debug_tuple("Violation").field(violation).finish(),
        }
    }
}

impl Default for Observer {
    fn default() -> Self {
        Self::new()
    }
}

impl Observer {
    /// An observer of a connection on which nothing was sent yet.
    #[must_use]
    pub fn new() -> Self {
        Self::with(Pairing::new(false))
    }

    /// An observer of what is said within TLS after a STARTTLS, by one that ends the TLS connection: there is no greeting, and
    /// the client begins with a hello (RFC 3207 section 4.2).
    ///
    /// ```
    /// use smtp_core::session::Action;
    /// use smtp_core::observer::{ObserverEvent, Observer};
    ///
    /// let mut observer = Observer::within_tls();
    /// let (mut client, mut server) = (&b"EHLO client.example\r\n"[..], &b"250 mx.example\r\n"[..]);
    /// assert!(matches!(observer.next_event(&mut client, &mut server), Some(ObserverEvent::Command { .. })));
    /// let reply = observer.next_event(&mut client, &mut server);
    /// assert!(matches!(reply, Some(ObserverEvent::Reply { to: Some(Action::Ehlo), .. })));
    /// assert_eq!(observer.next_event(&mut client, &mut server), None);
    /// ```
    #[must_use]
    pub fn within_tls() -> Self {
        // The greeting was before TLS.
        Self::with(Pairing::new(true))
    }

    fn with(pairing: Pairing) -> Self {
        Self { pairing, facts: Facts::default(), pending: VecDeque::new(), credentials: Credentials::No }
    }

    /// The next event. `None`: more octets are needed, of either side. What is left unread of the client's octets then is
    /// an unfinished line, or octets whose meaning depends on a reply that has not come.
    pub fn next_event<'a>(&mut self, client: &mut &'a [u8], server: &mut &'a [u8]) -> Option<ObserverEvent<'a>> {
        loop {
            if let Some(pending) = self.pending.pop_front() {
                return Some(match pending {
                    Pending::Violation(violation) => ObserverEvent::Violation(violation),
                    Pending::ContentEnd => ObserverEvent::ContentEnd,
                    Pending::TlsBegun => ObserverEvent::TlsBegun,
                });
            }
            // The client first: a reply answers what was sent before it.
            let event = self.line_fed_reply(client, server).or_else(|| self.client_event(client));
            if event.is_some() {
                return event;
            }
            if self.pending.is_empty() {
                match self.server_event(client, server) {
                    Seen::Event(event) => return Some(event),
                    Seen::Nothing if self.pending.is_empty() => return None,
                    Seen::Nothing | Seen::Reread => {}
                }
            }
        }
    }

    /// One side has closed its direction of the connection. Call it when all that this side sent has been shown and
    /// [`next_event`](Self::next_event) has returned `None`; the next events say what is wrong with it.
    pub fn close(&mut self, side: Side) {
        match side {
            Side::Client => self.close_client(),
            Side::Server => self.close_server(),
        }
    }

    /// The state of the session: that of the last reply.
    #[must_use]
    pub const fn state(&self) -> State {
        self.facts.state
    }

    /// What the last reply to EHLO or LHLO has offered.
    ///
    /// ```
    /// use smtp_core::observer::Observer;
    /// use smtp_core::syntax::Extension;
    ///
    /// let mut observer = Observer::new();
    /// for (mut client, mut server) in [
    ///     (&b""[..], &b"220 mx.example\r\n"[..]),
    ///     (b"EHLO client.example\r\n", b"250-mx.example\r\n250-AUTH PLAIN\r\n250 SIZE 1000\r\n"),
    ///     (b"AUTH PLAIN AGpvZQBzZWNyZXQ=\r\n", b"235 OK\r\n"),
    ///     (b"MAIL FROM:<joe@client.example>\r\n", b"250 OK\r\n"),
    ///     (b"RCPT TO:<ann@mx.example>\r\n", b"250 OK\r\n"),
    /// ] {
    ///     while observer.next_event(&mut client, &mut server).is_some() {}
    /// }
    /// assert_eq!(observer.offer().size, Some(1000));
    /// assert!(observer.extensions().contains(Extension::Auth));
    /// assert_eq!((observer.is_authenticated(), observer.recipients()), (true, 1));
    /// ```
    #[must_use]
    pub const fn offer(&self) -> &Offer {
        &self.facts.offer
    }

    /// The extensions in it.
    #[must_use]
    pub const fn extensions(&self) -> Extensions {
        self.facts.offer.extensions
    }

    /// Returns `true` if an AUTH has succeeded.
    #[must_use]
    pub const fn is_authenticated(&self) -> bool {
        self.facts.authenticated
    }

    /// How many recipients of the transaction the server has accepted.
    #[must_use]
    pub const fn recipients(&self) -> u32 {
        self.facts.transaction.recipients
    }

    /// How many messages the server has accepted. A message of LMTP counts once, if any recipient was accepted.
    #[must_use]
    pub const fn messages(&self) -> u64 {
        self.facts.messages
    }

    /// Was STARTTLS accepted, in what was observed? Nothing is said of what follows it.
    #[must_use]
    pub const fn is_encrypted(&self) -> bool {
        self.facts.encrypted
    }

    /// Returns `true` if the last [`ObserverEvent::Command`] may be a credential: it follows AUTH, and neither it nor a line between them
    /// is a registered command. A client that does not wait for the reply to AUTH sends its credentials after an AUTH that
    /// was refused as well; to the server they are commands then.
    ///
    /// ```
    /// use smtp_core::observer::{ObserverEvent, Observer};
    ///
    /// let mut observer = Observer::within_tls();
    /// let mut log = Vec::new();
    /// for (mut client, mut server) in [
    ///     (&b"EHLO client.example\r\n"[..], &b"250-mx.example\r\n250 AUTH PLAIN\r\n"[..]),
    ///     (b"AUTH LOGIN\r\n", b"504 Not that one\r\n"),
    ///     (b"am9l\r\n", b"500 What?\r\n"),
    ///     (b"QUIT\r\n", b"221 Bye\r\n"),
    /// ] {
    ///     while let Some(event) = observer.next_event(&mut client, &mut server) {
    ///         if let ObserverEvent::Command { line, .. } = event {
    ///             log.push(if observer.may_be_credential() { &b"***"[..] } else { line });
    ///         }
    ///     }
    /// }
    /// assert_eq!(log, [&b"EHLO client.example"[..], b"AUTH LOGIN", b"***", b"QUIT"]);
    /// ```
    #[must_use]
    pub const fn may_be_credential(&self) -> bool {
        matches!(self.credentials, Credentials::LastLine)
    }

    /// Was QUIT answered with 221, or did the server send 421?
    #[must_use]
    pub const fn is_ended(&self) -> bool {
        self.facts.ended
    }

    fn report(&mut self, kind: ViolationKind, at: Place) {
        self.pending.push_back(Pending::Violation(Violation { kind, offset: at.offset, line: at.line }));
    }
}
