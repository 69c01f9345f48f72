//! An observer of a session between two other programs: it pairs commands with replies and reports violations.
//!
//! [`Observer`] is shown the octets of both directions as they arrive. It follows the session by the same table of
//! states as the two ends ([`State`]), determines which reply answers which command, and reports each [`Violation`] of
//! a clause. Proxies, conformance testers and auditors of captures use it. It does not take part in the session and
//! writes nothing.
//!
//! # What it does not do
//!
//! The observer does not guess. Where the meaning of the client's octets depends on a reply, it leaves them unread
//! until the reply comes: after a hello (which extensions are in force?), DATA (content or a command?), AUTH and each
//! of its responses, STARTTLS and ATRN, and after a BDAT that was not offered or has wrong syntax (a chunk or lines?
//! see below). It reports only violations of a clause, with the level of that clause. After a violation it continues as
//! the two ends evidently do: the reply decides whether a command was accepted, even if the table of states does not
//! permit the command.
//!
//! It blames nobody for what is uncertain. If a line of the reply to EHLO is misspelt in a way that a lenient client
//! reads, the client may have taken it for an offer; if one is not a line of a reply, the client may have taken any line
//! for one. The use of such an extension is not reported.
//!
//! The observer keeps facts, not lines: a bounded queue of commands in flight, and no content. After STARTTLS has
//! succeeded, or ATRN has exchanged the roles, it consumes all octets without a look at them.
//!
//! # BDAT that was not offered, or has wrong syntax
//!
//! A server that does not know BDAT reads the chunk as command lines and replies to each ([RFC 3030 section
//! 2](https://www.rfc-editor.org/rfc/rfc3030#section-2)); a server that knows BDAT takes the chunk. The first of these
//! rules that applies decides which it is:
//!
//! 1. The reply to BDAT is neither 500 nor 502, nor 501 if the syntax is wrong: the server has taken the chunk.
//! 2. A second reply comes before the client has sent a line after the chunk: the server reads lines.
//! 3. Of two lines, the first of the chunk and the next of the client, only one can have the second reply: it is the
//!    reply to that line. A line that is not a command cannot succeed, and a command that every server knows is not
//!    refused as unknown.
//! 4. Otherwise it cannot be decided yet. The octets are returned as content, and the following replies are paired with
//!    the commands of the client in their order. If a reply is left over, or refuses as unknown a command that every
//!    server knows, it answers a line of the chunk, so the server reads lines. After a reply that only a command in
//!    flight can have (221, 235, 334, 354), no line of the chunk can have a reply any more. Until one of these happens,
//!    the server is not blamed for its replies.
//!
//! If it is never decided, [`ViolationKind::ChunkOrLines`] reports this: at the end of the session, or after eight
//! commands in a row that the client sent when it had one reply to each command before. From then on the observer
//! assumes that the server takes chunks. If CHUNKING is offered, this is not reported, because the server must then
//! take the chunk. Rule 4 also applies if more than 64 KiB of a chunk arrive before the reply to its BDAT, unless that
//! reply falls under rule 1.
//!
//! The decision for one BDAT that was not offered holds for all later ones of the session. If the server reads the
//! lines of a chunk, they are returned as commands and are not judged. None of them changes the mode or the state of
//! the session, and the server may or may not reply to them.

mod credentials;
mod event;
mod exchange;
mod facts;
mod judge;
mod pairing;
mod rules;
mod violation;

pub use event::ObserverEvent;
pub use violation::{Level, Side, Violation, ViolationKind};

use crate::session::State;
use crate::syntax::{Extensions, Offer};
use alloc::collections::VecDeque;
use credentials::Credentials;
use exchange::Place;
use facts::Facts;
use pairing::{Pairing, Seen};

/// Watches both directions of a session and returns what happens in it, including violations.
///
/// The caller owns the buffers of both directions. Each is advanced in place past the octets that were understood (see
/// [the contract](crate::codec#the-contract-of-every-decoder)). Show octets in the order in which they arrived: show
/// what one side sent, take all events, then show what arrived next. The events do not depend on where the octets of
/// one side are cut, except that content comes in pieces.
///
/// There are three groups of methods:
///
/// - *Input*: [`next_event`](Self::next_event), until it returns `None`; then show more octets.
/// - *The end of the connection*: [`close`](Self::close), for each side that has closed its direction.
/// - *Getters*: all others.
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
///     // Every piece is a whole line here. Otherwise, show the octets that are left again.
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
    /// Events that have not been returned yet.
    pending: VecDeque<Pending>,
    credentials: Credentials,
}

#[derive(Clone, Copy, Debug)]
enum Pending {
    Violation(Violation),
    ContentEnd,
    TlsBegun,
}

impl Default for Observer {
    fn default() -> Self {
        Self::new()
    }
}

impl Observer {
    /// Creates an observer for a connection on which nothing has been sent yet.
    #[must_use]
    pub fn new() -> Self {
        Self::with(Pairing::new(false))
    }

    /// Creates an observer for the session inside TLS after STARTTLS, for a program that terminates the TLS connection.
    /// There is no greeting, and the client begins with a hello ([RFC 3207 section
    /// 4.2](https://www.rfc-editor.org/rfc/rfc3207#section-4.2)).
    ///
    /// ```
    /// use smtp_core::session::Action;
    /// use smtp_core::observer::{ObserverEvent, Observer};
    ///
    /// let mut observer = Observer::within_tls();
    /// let (mut client, mut server) = (&b"EHLO client.example\r\n"[..], &b"250 mx.example\r\n"[..]);
    /// let command = observer.next_event(&mut client, &mut server);
    /// assert!(matches!(command, Some(ObserverEvent::Command { .. })));
    /// let reply = observer.next_event(&mut client, &mut server);
    /// assert!(matches!(reply, Some(ObserverEvent::Reply { to: Some(Action::Ehlo), .. })));
    /// assert_eq!(observer.next_event(&mut client, &mut server), None);
    /// ```
    #[must_use]
    pub fn within_tls() -> Self {
        // The greeting came before TLS.
        Self::with(Pairing::new(true))
    }

    fn with(pairing: Pairing) -> Self {
        Self { pairing, facts: Facts::default(), pending: VecDeque::new(), credentials: Credentials::default() }
    }

    /// Returns the next event. Returns `None` if more octets of either side are needed. The octets of the client that
    /// are then left unread are an unfinished line, or their meaning depends on a reply that has not come. Those of the
    /// server are an unfinished reply, fewer than 65536.
    pub fn next_event<'a>(&mut self, client: &mut &'a [u8], server: &mut &'a [u8]) -> Option<ObserverEvent<'a>> {
        while let Some(own) = self.pairing.until_close(client) {
            let mut unread = own;
            let event = self.read(&mut unread, server);
            *client = client.get(own.len().saturating_sub(unread.len())..).unwrap_or_default();
            if event.is_some() || self.pairing.is_closing() {
                return event;
            }
        }
        self.read(client, server)
    }

    fn read<'a>(&mut self, client: &mut &'a [u8], server: &mut &'a [u8]) -> Option<ObserverEvent<'a>> {
        loop {
            if let Some(pending) = self.pending.pop_front() {
                return Some(match pending {
                    Pending::Violation(violation) => ObserverEvent::Violation(violation),
                    Pending::ContentEnd => ObserverEvent::ContentEnd,
                    Pending::TlsBegun => ObserverEvent::TlsBegun,
                });
            }
            // The client comes first: a reply answers what was sent before it.
            let event = self.line_fed_reply(client, server).or_else(|| self.client_event(client));
            if event.is_some() {
                return event;
            }
            if !self.pending.is_empty() {
                continue;
            }
            if self.pairing.is_closing() {
                if let Some(event) = self.rest_of_line(client) {
                    return Some(event);
                }
                if self.end_client(client) {
                    // What is shown after the end of the client is read as before.
                    if self.pending.is_empty() {
                        return None;
                    }
                    continue;
                }
            }
            match self.server_event(client, server) {
                Seen::Event(event) => return Some(event),
                Seen::Nothing if self.pending.is_empty() => return None,
                _ => {}
            }
        }
    }

    /// Notes that one side has closed its direction of the connection. Call this when everything that this side sent
    /// has been shown and [`next_event`](Self::next_event) has returned `None`. The next events report what is wrong
    /// with the close.
    ///
    /// Octets that this side sent may still be unread, because their meaning depends on a reply. Keep them, and show them
    /// with what the other side sends: they are read and judged as before. The close of the client is judged when none of
    /// them is left, or when no reply can come any more because the server has closed too. A line without its CRLF is
    /// returned then, and a bare CR or LF in it is reported. Octets whose meaning was never decided stay unread. Replies
    /// that come after this are not judged.
    ///
    /// ```
    /// use smtp_core::observer::{Observer, Side};
    ///
    /// let mut observer = Observer::within_tls();
    /// let mut client = &b"EHLO client.example\r\nQUIT\r\n"[..];
    /// while observer.next_event(&mut client, &mut &b""[..]).is_some() {}
    /// // QUIT waits for the reply to EHLO.
    /// assert_eq!(client, b"QUIT\r\n");
    /// observer.close(Side::Client);
    /// assert_eq!(observer.next_event(&mut client, &mut &b""[..]), None);
    /// let mut server = &b"250-mx.example\r\n250 PIPELINING\r\n221 Bye\r\n"[..];
    /// while observer.next_event(&mut client, &mut server).is_some() {}
    /// assert!(client.is_empty() && observer.is_ended());
    /// ```
    pub fn close(&mut self, side: Side) {
        match side {
            Side::Client => self.close_client(),
            Side::Server => self.close_server(),
        }
    }

    /// Returns the state of the session after the last reply.
    #[must_use]
    pub const fn state(&self) -> State {
        self.facts.state
    }

    /// Returns the offer of the last reply to EHLO or LHLO.
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
        &self.facts.hello.offer
    }

    /// Returns the extensions of the [offer](Self::offer).
    #[must_use]
    pub const fn extensions(&self) -> Extensions {
        self.facts.hello.offer.extensions
    }

    /// Returns `true` if an AUTH has succeeded.
    #[must_use]
    pub const fn is_authenticated(&self) -> bool {
        self.facts.authenticated
    }

    /// Returns the number of accepted recipients of the transaction.
    #[must_use]
    pub const fn recipients(&self) -> u32 {
        self.facts.transaction.recipients
    }

    /// Returns the number of messages that the server has accepted. An LMTP message counts once if it was accepted for
    /// any recipient.
    #[must_use]
    pub const fn messages(&self) -> u64 {
        self.facts.messages
    }

    /// Returns `true` if STARTTLS was accepted in the observed octets. Nothing after it is reported.
    #[must_use]
    pub const fn is_encrypted(&self) -> bool {
        self.facts.encrypted
    }

    /// Returns `true` if the line of the last [`ObserverEvent::Command`] may be or hold a credential:
    ///
    /// - It is AUTH with an initial response, or AUTH with wrong syntax.
    /// - It is not a command, and holds AUTH after a bare CR or LF, which a peer may take for the end of a line.
    /// - It follows AUTH, and neither it nor a line between them begins with a registered verb. A client that does not
    ///   wait for the reply to AUTH sends its credentials even if AUTH is refused, and the server then reads them as
    ///   commands.
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
        self.credentials.last_line
    }

    /// Returns `true` if QUIT was answered with 221, or the server sent 421.
    #[must_use]
    pub const fn is_ended(&self) -> bool {
        self.facts.ended
    }

    fn report(&mut self, kind: ViolationKind, at: Place) {
        self.pending.push_back(Pending::Violation(Violation { kind, offset: at.offset, line: at.line }));
    }

    /// Reports what a rule has found, if it has found something.
    fn report_if(&mut self, found: Option<ViolationKind>, at: Place) {
        if let Some(kind) = found {
            self.report(kind, at);
        }
    }
}
