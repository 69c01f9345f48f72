//! A client with its two buffers.
//!
//! This file keeps the octets that have arrived and are not read, and those that are not written yet, and knows what a
//! lost connection means for the message. All other types of [`delivery`](super) use it. It must not know what a reply
//! means, nor do I/O.

use crate::session::{Client, ClientConfig, ClientError, ClientEvent, Fate, Misuse, State};
use crate::syntax::{Command, ForwardPath, Host};
use alloc::vec::Vec;
use core::num::NonZeroU32;

/// The initial capacity of the buffers: enough for most groups of commands and for their replies.
const ROOM: usize = 512;

/// A [`Client`] with its input and output buffers. The caller only has to move octets.
///
/// Write [`to_write`](Self::to_write) and report to [`written`](Self::written) how much was written; pass the octets
/// that were read to [`received`](Self::received). If a write is partial or cancelled, nothing is lost: the rest stays
/// in the buffer.
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
/// connection.written(5); // the socket took this much
/// assert_eq!(connection.to_write(), b"client.example\r\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Connection {
    pub(super) client: Client,
    /// The octets that were received. The first `read` of them were consumed.
    pub(super) input: Vec<u8>,
    pub(super) read: usize,
    /// The octets that were sent. The first `written` of them were written.
    output: Vec<u8>,
    written: usize,
    /// The end of a message in `output`, or 0 if it was written.
    message_end: usize,
    lost: bool,
    /// The domains of recipients so far. Kept only if the server limits their number (RFC 9422 section 4).
    domains: Vec<Vec<u8>>,
}

impl Connection {
    /// Creates a connection whose greeting is awaited.
    #[must_use]
    pub fn new(config: ClientConfig) -> Self {
        Self::from(Client::new(config))
    }

    /// Creates a connection over TLS whose greeting is awaited ([RFC 8314 section
    /// 3.3](https://www.rfc-editor.org/rfc/rfc8314#section-3.3)).
    #[must_use]
    pub fn over_tls(config: ClientConfig) -> Self {
        Self::from(Client::over_tls(config))
    }

    /// Adds octets that the server has sent.
    pub fn received(&mut self, octets: &[u8]) {
        if self.read == self.input.len() {
            self.input.clear();
        } else if self.read > 0 {
            self.input.drain(..self.read);
        }
        self.read = 0;
        self.input.extend_from_slice(octets);
    }

    /// Returns the octets to be written next. The slice is empty if there are none.
    #[must_use]
    pub fn to_write(&self) -> &[u8] {
        self.output.get(self.written..).unwrap_or_default()
    }

    /// Records that this many octets of [`to_write`](Self::to_write) were written.
    pub fn written(&mut self, octets: usize) {
        self.written = self.written.saturating_add(octets).min(self.output.len());
        if self.written == self.output.len() {
            self.output.clear();
            (self.written, self.message_end) = (0, 0);
        }
    }

    /// Returns the next event of the server, or `None` if more octets are needed.
    ///
    /// # Errors
    /// Returns the errors of [`Client::next_event`].
    #[inline]
    pub fn next_event(&mut self) -> Result<Option<ClientEvent<'_>>, ClientError> {
        next_event(&mut self.client, &self.input, &mut self.read)
    }

    /// Sends a command. After BDAT, exactly as many octets have to follow by [`content`](Self::content).
    ///
    /// # Errors
    /// Returns the errors of [`Client::send`].
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
    /// Returns the errors of [`Client::content`].
    pub fn content(&mut self, octets: &[u8]) -> Result<(), Misuse> {
        // Room for the end, and for a few dots.
        self.output.reserve(octets.len().saturating_add(16));
        self.client.content(octets, &mut self.output)?;
        self.message_end = self.output.len();
        Ok(())
    }

    /// Sends the end of the message after DATA.
    ///
    /// # Errors
    /// Returns the errors of [`Client::finish_content`].
    pub fn finish_content(&mut self) -> Result<(), Misuse> {
        self.client.finish_content(&mut self.output)?;
        self.message_end = self.output.len();
        Ok(())
    }

    /// Answers a challenge within AUTH with these octets, which are sent in base64.
    ///
    /// # Errors
    /// Returns the errors of [`Client::respond`].
    pub fn respond(&mut self, octets: &[u8]) -> Result<(), Misuse> {
        self.client.respond(octets, &mut self.output)
    }

    /// Cancels AUTH instead of sending a response.
    ///
    /// # Errors
    /// Returns the errors of [`Client::cancel`].
    pub fn cancel(&mut self) -> Result<(), Misuse> {
        self.client.cancel(&mut self.output)
    }

    /// Continues within TLS, after the handshake that the 220 to STARTTLS permits. Then send EHLO again.
    ///
    /// # Errors
    /// Returns the errors of [`Client::into_tls`]. After [`ClientError::PlaintextAfterStartTls`] close the connection.
    pub fn start_tls(&mut self) -> Result<(), ClientError> {
        let unread = self.input.get(self.read..).unwrap_or_default();
        self.client = self.client.clone().into_tls(unread)?;
        Ok(())
    }

    /// Records that the connection is lost: the peer closed it, a timer ran out, or reading or writing failed. Octets
    /// that have arrived before are still read. Returns the delivery status of the current message.
    pub fn lost(&mut self) -> Fate {
        self.lost = true;
        self.fate()
    }

    /// Returns `true` if the session is over or the connection is lost.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.lost || self.client.state() == State::Closed
    }

    /// Returns the delivery status of the current message if the connection is lost now. This is [`Client::fate`],
    /// except that octets count as sent only once they were written.
    #[must_use]
    pub fn fate(&self) -> Fate {
        match self.client.fate() {
            Fate::Unknown if self.message_end > self.written => Fate::NotDelivered,
            fate => fate,
        }
    }

    /// Returns the client, for its state and the server's offer.
    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// Does all that `act` does, or nothing if it fails.
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

    /// Counts the domain of a recipient. Returns `false`, and does not count it, if that would exceed RCPTDOMAINMAX
    /// (RFC 9422 section 4).
    pub(super) fn count_domain(&mut self, path: ForwardPath<'_>) -> bool {
        match self.client.offer().limits.rcpt_domain_max {
            Some(most) => self.has_room_for_domain(path, most),
            None => true,
        }
    }

    fn has_room_for_domain(&mut self, path: ForwardPath<'_>, most: NonZeroU32) -> bool {
        let ForwardPath::Path(path) = path else { return true };
        let Host::Domain(domain) = path.mailbox().host() else { return true };
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
    /// Continues an open session, of which nothing is unread or unwritten.
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

/// Returns the next event. It borrows only the input, so the client can be used while the event is alive.
#[inline]
pub(super) fn next_event<'a>(
    client: &mut Client,
    input: &'a [u8],
    read: &mut usize,
) -> Result<Option<ClientEvent<'a>>, ClientError> {
    let mut rest = input.get(*read..).unwrap_or_default();
    // Every step ends by asking once more, and this answer needs no look into the session.
    if rest.is_empty() && client.is_open() {
        return Ok(None);
    }
    let result = client.next_event(&mut rest);
    *read = input.len().saturating_sub(rest.len());
    result
}
