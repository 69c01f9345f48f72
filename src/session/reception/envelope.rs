//! The envelope that a client has sent, kept as lines. `Reception` adds lines to it; handlers read it. It must not
//! judge what it keeps.

#[cfg(feature = "serde")]
mod stored;

use crate::syntax::{Command, Dialect, Grammar, Host, Mail, Rcpt};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// The hello, the user, and the MAIL and RCPT commands that were accepted in the transaction. Each command is kept as
/// its line. The envelope of a message that is sent is [`delivery::Envelope`](crate::session::delivery::Envelope), a
/// trait.
///
/// MAIL and RCPT are available from their acceptance until the transaction has ended and
/// [`next`](super::Reception::next) is called again. If [`Abandoned`](super::Question::Abandoned) is due then, they are
/// still available with it, until the call after it.
///
/// ```
/// use smtp_core::session::ServerConfig;
/// use smtp_core::session::reception::{Reception, Verdict};
/// use smtp_core::syntax::Host;
///
/// let mut reception = Reception::new(ServerConfig::new(Host::new("mx.example")?));
/// let mut input = &b"EHLO client.example\r\nMAIL FROM:<joe@client.example>\r\n\
///     RCPT TO:<ann@mx.example>\r\n"[..];
/// while reception.next(&mut input)?.is_some() {
///     reception.answer(Verdict::Usual)?;
/// }
/// let envelope = reception.envelope();
/// assert_eq!(envelope.client_name(), Some(Host::new("client.example")?));
/// assert_eq!(envelope.mail().unwrap().reverse_path.to_string(), "<joe@client.example>");
/// assert_eq!(envelope.recipients().count(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct Envelope {
    /// Lines with their CRLFs: hello, MAIL, RCPTs, then the line that is proposed.
    lines: Vec<u8>,
    /// The end of the hello in `lines`.
    hello: usize,
    /// The end of the last accepted line in `lines`.
    accepted: usize,
    tls: bool,
    pub(super) user: Option<String>,
}

impl Envelope {
    /// Returns the last hello that was accepted: EHLO, LHLO or HELO.
    #[must_use]
    pub fn hello(&self) -> Option<Command<'_>> {
        parse(self.lines.get(..self.hello)?.strip_suffix(b"\r\n")?)
    }

    /// Returns the client's name in its hello.
    #[must_use]
    pub fn client_name(&self) -> Option<Host<'_>> {
        match self.hello()? {
            Command::Ehlo(host) | Command::Lhlo(host) | Command::Helo(host) => Some(host),
            _ => None,
        }
    }

    /// Returns `true` if that hello was sent within TLS.
    #[must_use]
    pub const fn is_tls(&self) -> bool {
        self.tls
    }

    /// Returns the user who has authenticated: the name in the credentials, which is empty if they have none.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// Returns MAIL, with its reverse-path and parameters. `Command::Mail(mail).to_string()` is its line, for a queue.
    #[must_use]
    pub fn mail(&self) -> Option<Mail<'_>> {
        match parse(self.transaction().next()?)? {
            Command::Mail(mail) => Some(mail),
            _ => None,
        }
    }

    /// Returns the accepted RCPT commands, in order. `Command::Rcpt(rcpt).to_string()` is the line of one, for a queue.
    pub fn recipients(&self) -> impl Iterator<Item = Rcpt<'_>> + '_ {
        self.transaction().skip(1).filter_map(|line| match parse(line)? {
            Command::Rcpt(rcpt) => Some(rcpt),
            _ => None,
        })
    }

    /// Returns the lines of MAIL and RCPT, without their CRLFs.
    fn transaction(&self) -> impl Iterator<Item = &[u8]> {
        let lines = self.lines.get(self.hello..self.accepted).unwrap_or_default();
        // No value can contain a CR or an LF.
        lines.split_inclusive(|octet| *octet == b'\n').filter_map(|line| line.strip_suffix(b"\r\n"))
    }

    /// Keeps the line of a command until it is answered.
    pub(super) fn propose(&mut self, command: &Command<'_>) {
        if self.lines.capacity() == 0 {
            self.lines.reserve(256);
        }
        self.lines.truncate(self.accepted);
        command.encode(&mut self.lines);
    }

    /// Accepts the hello that was proposed, in the place of the previous one. The transaction stays until it is ended.
    pub(super) fn take_hello(&mut self, tls: bool) {
        let proposed = self.lines.len().saturating_sub(self.accepted);
        self.lines.rotate_right(proposed);
        self.lines.drain(proposed..proposed.saturating_add(self.hello));
        (self.hello, self.accepted) = (proposed, self.lines.len());
        self.tls = tls;
    }

    /// Accepts the line that was proposed, of MAIL or RCPT.
    pub(super) fn take_line(&mut self) {
        self.accepted = self.lines.len();
    }

    pub(super) fn end_transaction(&mut self) {
        self.accepted = self.hello;
    }
}

impl Envelope {
    /// Returns the lines that were accepted.
    fn accepted(&self) -> &[u8] {
        self.lines.get(..self.accepted).unwrap_or_default()
    }
}

/// Two envelopes are equal if the same commands were accepted, and TLS and the user are the same.
impl PartialEq for Envelope {
    fn eq(&self, other: &Self) -> bool {
        let rest = |envelope: &Self| (envelope.hello, envelope.tls);
        self.accepted() == other.accepted() && rest(self) == rest(other) && self.user == other.user
    }
}

impl Eq for Envelope {}

/// Parses a line that this crate has written. Some values that were read leniently have no strict form, so the grammar
/// is lenient.
fn parse(line: &[u8]) -> Option<Command<'_>> {
    Command::parse(line, Grammar { dialect: Dialect::LENIENT, ..Grammar::SMTPUTF8 }).ok()
}

impl fmt::Debug for Envelope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Envelope")
            .field("lines", &format_args!("{}", self.accepted().escape_ascii()))
            .field("tls", &self.tls)
            .field("user", &self.user)
            .finish()
    }
}
