//! A client and its two buffers.
//!
//! This file knows what has arrived and is not read, what is to be written and is not, and what that means for a message when
//! the connection is lost. Everything in [`delivery`](super) stands on it. It must not know what a reply means, nor do I/O.

use crate::session::{Client, ClientConfig, ClientError, ClientEvent, Fate, Misuse, State};
use crate::syntax::{Command, Domain};
use alloc::vec::Vec;

/// How many octets the buffers have room for at first: those of most groups of commands and of their replies.
const ROOM: usize = 512;

/// A [`Client`] with what has arrived and what is to be written: the caller has only to move octets.
///
/// Write [`to_write`](Self::to_write) and say with [`written`](Self::written) how much of it went out; pass what was read to
/// [`received`](Self::received). Nothing is lost where a write is cut short or is cancelled: what was not written stays.
///
/// ```
/// use smtp_core::session::delivery::Connection;
/// use smtp_core::session::{ClientConfig, ClientEvent};
/// use smtp_core::syntax::{Command, Host};
///
/// let mut connection = Connection::new(ClientConfig::SMTP);
/// connection.received(b"220 mx.example ESM");
/// assert_eq!(connection.next_event()?, None);
/// connection.received(b"TP\r\n");
/// assert!(matches!(connection.next_event()?, Some(ClientEvent::Greeting(_))));
///
/// connection.send(&Command::Ehlo(Host::new("client.example")?))?;
/// connection.written(5); // so much the socket took
/// assert_eq!(connection.to_write(), b"client.example\r\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Connection {
    pub(super) client: Client,
    /// What was received, of which the first `read` octets were consumed.
    pub(super) input: Vec<u8>,
    pub(super) read: usize,
    /// What was sent, of which the first `written` octets were written.
    output: Vec<u8>,
    written: usize,
    /// Where in `output` the end of a message stands, or 0 if it was written.
    message_end: usize,
    lost: bool,
    /// The domains of recipients so far, kept only where the server limits their number (RFC 9422 section 4).
    domains: Vec<Vec<u8>>,
}

impl Connection {
    /// A connection that has just been made. The greeting is awaited.
    #[must_use]
    pub fn new(config: ClientConfig) -> Self {
        Self::from(Client::new(config))
    }

    /// A connection that has just been made over TLS (RFC 8314 section 3.3). The greeting is awaited.
    #[must_use]
    pub fn over_tls(config: ClientConfig) -> Self {
        Self::from(Client::over_tls(config))
    }

    /// The client, whose getters say where the session stands.
    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// Takes octets that the server has sent.
    pub fn received(&mut self, octets: &[u8]) {
        if self.read == self.input.len() {
            self.input.clear();
        } else if self.read > 0 {
            self.input.drain(..self.read);
        }
        self.read = 0;
        self.input.extend_from_slice(octets);
    }

    /// What is to be written next; empty if there is nothing.
    #[must_use]
    pub fn to_write(&self) -> &[u8] {
        self.output.get(self.written..).unwrap_or_default()
    }

    /// Notes that so many octets of [`to_write`](Self::to_write) were written.
    pub fn written(&mut self, octets: usize) {
        self.written = self.written.saturating_add(octets).min(self.output.len());
        if self.written == self.output.len() {
            self.output.clear();
            (self.written, self.message_end) = (0, 0);
        }
    }

    /// Returns what the server said next, or `None` where more octets are needed.
    ///
    /// # Errors
    /// Those of [`Client::next_event`].
    pub fn next_event(&mut self) -> Result<Option<ClientEvent<'_>>, ClientError> {
        next_event(&mut self.client, &self.input, &mut self.read)
    }

    /// Sends a command. Behind BDAT exactly as many octets have to follow through [`content`](Self::content).
    ///
    /// # Errors
    /// Those of [`Client::send`].
    pub fn send(&mut self, command: &Command<'_>) -> Result<(), Misuse> {
        self.client.send(command, &mut self.output)?;
        if matches!(command, Command::Bdat(bdat) if bdat.size == 0) {
            self.message_end = self.output.len();
        }
        Ok(())
    }

    /// Sends octets of the message.
    ///
    /// # Errors
    /// Those of [`Client::content`].
    pub fn content(&mut self, octets: &[u8]) -> Result<(), Misuse> {
        // With room for the end, and for a few dots.
        self.output.reserve(octets.len().saturating_add(16));
        self.client.content(octets, &mut self.output)?;
        self.message_end = self.output.len();
        Ok(())
    }

    /// Sends the end of the message behind DATA.
    ///
    /// # Errors
    /// Those of [`Client::finish_content`].
    pub fn finish_content(&mut self) -> Result<(), Misuse> {
        self.client.finish_content(&mut self.output)?;
        self.message_end = self.output.len();
        Ok(())
    }

    /// Answers a challenge within AUTH with these octets, of which base64 is sent.
    ///
    /// # Errors
    /// Those of [`Client::respond`].
    pub fn respond(&mut self, octets: &[u8]) -> Result<(), Misuse> {
        self.client.respond(octets, &mut self.output)
    }

    /// Gives up AUTH in place of a response.
    ///
    /// # Errors
    /// Those of [`Client::cancel`].
    pub fn cancel(&mut self) -> Result<(), Misuse> {
        self.client.cancel(&mut self.output)
    }

    /// Goes on within TLS, after the handshake that the 220 to STARTTLS allows. Greet the server anew with EHLO.
    ///
    /// # Errors
    /// Those of [`Client::into_tls`]. After [`ClientError::PlaintextBehindStartTls`] close the connection.
    pub fn start_tls(&mut self) -> Result<(), ClientError> {
        let unread = self.input.get(self.read..).unwrap_or_default();
        self.client = self.client.clone().into_tls(unread)?;
        Ok(())
    }

    /// Notes that the connection is lost: the peer closed it, a timer ran out, or reading or writing failed. What has arrived
    /// before is still read. Returns what to think of the message under way.
    pub fn lost(&mut self) -> Fate {
        self.lost = true;
        self.fate()
    }

    /// Returns `true` if the session is over or the connection is lost.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.lost || self.client.state() == State::Closed
    }

    /// Returns what to think of the message under way if the connection is lost now. It is [`Client::fate`], but octets count as
    /// sent only once they were written.
    #[must_use]
    pub fn fate(&self) -> Fate {
        match self.client.fate() {
            Fate::Unknown if self.message_end > self.written => Fate::NotDelivered,
            fate => fate,
        }
    }

    /// Does what `act` says, or nothing of it.
    pub(super) fn at_once(&mut self, act: impl FnOnce(&mut Self) -> Result<(), Misuse>) -> Result<(), Misuse> {
        let (client, length, end) = (self.client.clone(), self.output.len(), self.message_end);
        let result = act(self);
        if result.is_err() {
            self.client = client;
            self.output.truncate(length);
            self.message_end = end;
        }
        result
    }

    /// Counts the domain of a recipient. Returns `false`, and does not count it, if it is one more than RCPTDOMAINMAX (RFC 9422 section
    /// 4).
    pub(super) fn count_domain(&mut self, domain: Domain<'_>) -> bool {
        let Some(most) = self.client.offer().limits.rcpt_domain_max else { return true };
        let octets = domain.as_str().as_bytes();
        if self.domains.iter().any(|known| known.eq_ignore_ascii_case(octets)) {
            return true;
        }
        let has_room = u32::try_from(self.domains.len()).is_ok_and(|count| count < most.get());
        if has_room {
            self.domains.push(Vec::from(octets));
        }
        has_room
    }
}

impl From<Client> for Connection {
    /// A session that is under way, of which nothing is unread or unwritten.
    fn from(client: Client) -> Self {
        Self {
            client,
            input: Vec::with_capacity(ROOM),
            read: 0,
            output: Vec::with_capacity(ROOM),
            written: 0,
            message_end: 0,
            lost: false,
            domains: Vec::new(),
        }
    }
}

/// Takes the next event. It borrows the input alone, so that the client can be asked while it is looked at.
pub(super) fn next_event<'a>(
    client: &mut Client,
    input: &'a [u8],
    read: &mut usize,
) -> Result<Option<ClientEvent<'a>>, ClientError> {
    let mut rest = input.get(*read..).unwrap_or_default();
    let result = client.next_event(&mut rest);
    *read = input.len().saturating_sub(rest.len());
    result
}
