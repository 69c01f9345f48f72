//! The delivery of any number of messages over one connection.
//!
//! This file joins [`Connection`], [`Opening`] and [`Transaction`], and decides the messages that are still queued when
//! the session ends. It must not decide what a reply means.

use super::{Cause, Connection, Envelope, Message, Opening, OpeningStep, Outcome, Transaction, TransactionStep};
use crate::session::{Action, Client, ClientConfig, ClientError, ClientEvent, Misuse, Timer};
use crate::syntax::Command;
use alloc::collections::VecDeque;

/// The caller's next step.
///
/// ```
/// use smtp_core::session::ClientConfig;
/// use smtp_core::session::delivery::{Delivery, Message, Opening, Step};
/// use smtp_core::syntax::{Host, Mailbox};
///
/// let opening = Opening::new(Host::new("client.example")?);
/// let mut delivery = Delivery::new(ClientConfig::SMTP, opening);
/// let (from, to) = (Mailbox::new("joe@client.example")?, [Mailbox::new("ann@mx.example")?]);
/// delivery.push((from, to), Message::default());
/// assert!(matches!(delivery.next_step(), Step::Read(_)));
/// delivery.lost(); // the host does not answer
/// assert!(matches!(delivery.next_step(), Step::Fate { message: 0, recipient: 0, .. }));
/// assert_eq!(delivery.next_step(), Step::Closed);
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[must_use]
pub enum Step<'a> {
    /// Write what [`Delivery::to_write`] returns: the server may be waiting for it. Then read, and pass the octets to
    /// [`Delivery::received`], or call [`Delivery::lost`] if none will come. This timer applies.
    Read(Timer),
    /// Do the TLS handshake and call [`Delivery::start_tls`], or [`Delivery::handshake_failed`].
    Handshake,
    /// Pass the octets of the content from an offset on, or some of them, to [`Delivery::content`]. The offset may go
    /// back: see [`TransactionStep::Content`].
    #[non_exhaustive]
    Content {
        /// The number of the message, from [`Delivery::push`].
        message: u64,
        /// The offset in its content.
        from: u64,
    },
    /// The outcome of a message for one recipient.
    #[non_exhaustive]
    Fate {
        /// The number of the message.
        message: u64,
        /// The index of the recipient in its envelope, counted from 0.
        recipient: usize,
        /// The outcome.
        outcome: &'a Outcome,
    },
    /// Nothing is left to do: [`push`](Delivery::push) another message, or [`quit`](Delivery::quit).
    Idle,
    /// The session is over: close the connection. Each recipient has its outcome.
    Closed,
}

/// Delivers messages over one connection: opens the session, sends each message, and returns the outcome for each
/// recipient.
///
/// Whatever the server does, each recipient of each message that was pushed gets exactly one [`Step::Fate`], and
/// [`Step::Closed`] comes at the end.
///
/// ```
/// use smtp_core::session::ClientConfig;
/// use smtp_core::session::delivery::{Delivery, Message, Opening, Status, Step};
/// use smtp_core::syntax::{Host, Mailbox};
///
/// let content = b"Subject: Hello\r\n\r\nHello, Ann.\r\n";
/// let (from, to) = (Mailbox::new("joe@client.example")?, [Mailbox::new("ann@mx.example")?]);
/// let opening = Opening::new(Host::new("client.example")?);
/// let mut delivery = Delivery::new(ClientConfig::SMTP, opening);
/// delivery.push((from, &to[..]), Message::of(content));
///
/// // The octets of the server, in the pieces in which they are read.
/// let mut server = [
///     &b"220 mx.example ESMTP\r\n"[..],
///     b"250-mx.example\r\n250 PIPELINING\r\n",
///     b"250 OK\r\n250 OK\r\n354 Go on\r\n",
///     b"250 Queued\r\n",
///     b"221 Bye\r\n",
/// ]
/// .into_iter();
/// let mut written = Vec::new();
/// loop {
///     match delivery.next_step() {
///         Step::Read(_timer) => {
///             written.extend_from_slice(delivery.to_write());
///             delivery.written(delivery.to_write().len());
///             match server.next() {
///                 Some(octets) => delivery.received(octets),
///                 None => delivery.lost(),
///             }
///         }
///         Step::Content { from, .. } => delivery.content(&content[from as usize..], true)?,
///         Step::Fate { outcome, .. } => assert_eq!(outcome.status, Status::Delivered),
///         Step::Idle => delivery.quit(),
///         _ => break,
///     }
/// }
/// assert!(written.ends_with(b"DATA\r\nSubject: Hello\r\n\r\nHello, Ann.\r\n.\r\nQUIT\r\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Delivery<E> {
    connection: Connection,
    opening: Opening,
    /// The messages that are not done. The first is the current one.
    queue: VecDeque<(E, Message)>,
    transaction: Option<Transaction>,
    /// The number of the first message. `told` is the number of its recipients whose outcome was returned.
    first: u64,
    told: usize,
    stage: Stage,
    /// Whether no message follows.
    is_last: bool,
    /// The outcome that ended the session. It applies to all queued messages.
    end: Option<Outcome>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Opening,
    Ready,
    /// QUIT was sent, if it was permitted.
    Left,
}

impl<E: Envelope> Delivery<E> {
    /// Creates a delivery over a new connection.
    #[must_use]
    pub fn new(config: ClientConfig, opening: Opening) -> Self {
        Self::with(Connection::new(config), opening)
    }

    /// Creates a delivery over an existing connection, such as one [over TLS](Connection::over_tls).
    #[must_use]
    pub const fn with(connection: Connection, opening: Opening) -> Self {
        Self {
            connection,
            opening,
            queue: VecDeque::new(),
            transaction: None,
            first: 0,
            told: 0,
            stage: Stage::Opening,
            is_last: false,
            end: None,
        }
    }

    /// Adds a message and returns its number, counted from 0.
    pub fn push(&mut self, envelope: E, message: Message) -> u64 {
        self.queue.push_back((envelope, message));
        self.first.saturating_add(u64::try_from(self.queue.len()).unwrap_or(u64::MAX)).saturating_sub(1)
    }

    /// Announces that no message follows: the session ends with QUIT once all messages are done.
    pub fn quit(&mut self) {
        self.is_last = true;
    }

    /// Advances the session as far as the received octets allow, and returns the caller's next step.
    pub fn next_step(&mut self) -> Step<'_> {
        match self.go_on() {
            Next::Read(timer) => Step::Read(timer),
            Next::Handshake => Step::Handshake,
            Next::Content(from) => Step::Content { message: self.first, from },
            Next::Idle => Step::Idle,
            Next::Closed => Step::Closed,
            Next::Fate(recipient) => {
                let (message, of_message) = (self.first, self.transaction.as_ref());
                match of_message.and_then(|transaction| transaction.outcome(recipient)).or(self.end.as_ref()) {
                    Some(outcome) => Step::Fate { message, recipient, outcome },
                    None => Step::Closed,
                }
            }
        }
    }

    fn go_on(&mut self) -> Next {
        loop {
            let (Some(transaction), Some((envelope, _))) = (&mut self.transaction, self.queue.front()) else {
                match self.between_transactions() {
                    Some(next) => return next,
                    None => continue,
                }
            };
            if !transaction.is_done() {
                match transaction.step(&mut self.connection, envelope) {
                    TransactionStep::Read(timer) => return Next::Read(timer),
                    TransactionStep::Content(from) => return Next::Content(from),
                    TransactionStep::Done => {}
                }
            }
            if self.told < transaction.count() {
                return self.tell();
            }
            if self.end.is_none() {
                self.end = transaction.session_end().cloned();
            }
            self.transaction = None;
            self.next_message();
        }
    }

    /// Does what is due while no transaction is under way: opens the session, begins the next message, or ends the
    /// session. Returns `None` if nothing of that has to be awaited.
    fn between_transactions(&mut self) -> Option<Next> {
        if self.stage == Stage::Opening && self.end.is_none() {
            match self.opening.step(&mut self.connection) {
                OpeningStep::Read(timer) => return Some(Next::Read(timer)),
                OpeningStep::Handshake => return Some(Next::Handshake),
                OpeningStep::Ready => self.stage = Stage::Ready,
                OpeningStep::Failed => {
                    let outcome = self.opening.outcome().cloned();
                    self.end = Some(outcome.unwrap_or_else(|| Outcome::lost(Cause::Lost)));
                    self.stage = Stage::Left;
                }
            }
        }
        if self.stage == Stage::Ready {
            self.listen();
        }
        let Some((envelope, message)) = self.queue.front() else { return Some(self.without_messages()) };
        if self.end.is_none() {
            self.transaction = Some(Transaction::new(&self.connection, envelope, *message));
        } else if envelope.recipient(self.told).is_some() {
            // The session ended before the message.
            return Some(self.tell());
        } else {
            self.next_message();
        }
        None
    }

    /// Returns the outcome of the next recipient.
    fn tell(&mut self) -> Next {
        let recipient = self.told;
        self.told = recipient.saturating_add(1);
        Next::Fate(recipient)
    }

    fn next_message(&mut self) {
        self.queue.pop_front();
        self.told = 0;
        self.first = self.first.saturating_add(1);
    }

    /// Reads what the server sends while no reply is owed: at most the end of the session.
    fn listen(&mut self) {
        loop {
            let end = match self.connection.next_event() {
                Ok(None) => return,
                Ok(Some(ClientEvent::Closing(reply))) => Outcome::closing(reply),
                Ok(Some(_)) => continue,
                Err(error) => Outcome::lost(Cause::Protocol(error)),
            };
            self.end.get_or_insert(end);
            if self.connection.is_closed() {
                return;
            }
        }
    }

    /// Sends QUIT if that is due, and waits for its reply.
    fn without_messages(&mut self) -> Next {
        if self.connection.is_closed() {
            return Next::Closed;
        }
        if self.stage == Stage::Ready {
            if !self.is_last && self.end.is_none() {
                return Next::Idle;
            }
            self.stage = Stage::Left;
            if self.connection.send(&Command::Quit).is_err() {
                return self.close();
            }
        }
        loop {
            match self.connection.next_event() {
                Ok(Some(_)) => {}
                Ok(None) => {
                    // Without a timer nothing is awaited: QUIT was answered with some reply.
                    return match self.connection.client().timer() {
                        Some(timer) if !self.connection.is_closed() => Next::Read(timer),
                        _ => self.close(),
                    };
                }
                Err(_) => return self.close(),
            }
        }
    }

    fn close(&mut self) -> Next {
        self.lost();
        Next::Closed
    }

    /// Sends octets of the content, from the offset on that [`Step::Content`] names. `last` marks the end of the
    /// content.
    ///
    /// # Errors
    /// Returns the errors of [`Transaction::content`]. Pass other octets instead, or [`abandon`](Self::abandon) the
    /// message.
    pub fn content(&mut self, octets: &[u8], last: bool) -> Result<(), Misuse> {
        match &mut self.transaction {
            Some(transaction) => transaction.content(&mut self.connection, octets, last),
            None => Err(Misuse::WrongState { state: self.client().state(), action: Action::Content }),
        }
    }

    /// Abandons the current message and the connection: see [`Transaction::abandon`].
    pub fn abandon(&mut self, why: Cause) {
        if let Some(transaction) = &mut self.transaction {
            transaction.abandon(&mut self.connection, why);
        }
    }

    /// Adds octets that the server has sent.
    pub fn received(&mut self, octets: &[u8]) {
        self.connection.received(octets);
    }

    /// Returns the octets to be written next. The slice is empty if there are none.
    #[must_use]
    pub fn to_write(&self) -> &[u8] {
        self.connection.to_write()
    }

    /// Records that this many octets of [`to_write`](Self::to_write) were written.
    pub fn written(&mut self, octets: usize) {
        self.connection.written(octets);
    }

    /// Records that the connection is lost: the peer closed it, a timer ran out, or reading or writing failed.
    pub fn lost(&mut self) {
        self.connection.lost();
    }

    /// Continues within TLS, after the handshake that [`Step::Handshake`] asks for.
    ///
    /// # Errors
    /// Returns the errors of [`Connection::start_tls`]. After [`ClientError::PlaintextAfterStartTls`] the following
    /// steps report it too.
    pub fn start_tls(&mut self) -> Result<(), ClientError> {
        self.connection.start_tls()
    }

    /// Records that the TLS handshake failed. The connection cannot be used any more.
    pub fn handshake_failed(&mut self) {
        self.opening.handshake_failed(&mut self.connection);
    }

    /// Returns the client, for its state and the server's offer.
    #[must_use]
    pub const fn client(&self) -> &Client {
        self.connection.client()
    }
}

/// A [`Step`] that borrows nothing.
enum Next {
    Read(Timer),
    Handshake,
    Content(u64),
    Fate(usize),
    Idle,
    Closed,
}
