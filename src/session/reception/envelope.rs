//! What a client has said of itself and of its message.

use crate::syntax::{Command, Dialect, Grammar, Host, Mail, Rcpt};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// The hello, the user, and the MAIL and RCPT commands that were accepted in the transaction, each kept as the line it is
/// written in.
///
/// MAIL and RCPT are there from their acceptance until the message is answered, or the transaction is over for another reason.
#[derive(Clone, Default)]
pub struct Envelope {
    /// Lines with their CRLFs: hello, MAIL, RCPTs, and after them what is proposed.
    lines: Vec<u8>,
    /// Where the hello ends.
    hello: usize,
    /// Where the last accepted line ends.
    accepted: usize,
    tls: bool,
    pub(super) user: Option<String>,
}

impl Envelope {
    /// The last hello that was accepted: EHLO, LHLO or HELO.
    #[must_use]
    pub fn hello(&self) -> Option<Command<'_>> {
        parse(self.lines.get(..self.hello)?.strip_suffix(b"\r\n")?)
    }

    /// The name in it.
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

    /// The user who has authenticated: the name in the credentials, empty where they have none.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// MAIL, with its reverse-path and parameters.
    #[must_use]
    pub fn mail(&self) -> Option<Mail<'_>> {
        match parse(self.transaction().next()?)? {
            Command::Mail(mail) => Some(mail),
            _ => None,
        }
    }

    /// The accepted RCPT commands, in order.
    pub fn recipients(&self) -> impl Iterator<Item = Rcpt<'_>> + '_ {
        self.transaction().skip(1).filter_map(|line| match parse(line)? {
            Command::Rcpt(rcpt) => Some(rcpt),
            _ => None,
        })
    }

    /// The lines of MAIL and RCPT.
    fn transaction(&self) -> impl Iterator<Item = &[u8]> {
        let lines = self.lines.get(self.hello..self.accepted).unwrap_or_default();
        // No value can have a CR or an LF in it.
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

    pub(super) fn take_hello(&mut self, tls: bool) {
        self.lines.drain(..self.accepted);
        (self.hello, self.accepted) = (self.lines.len(), self.lines.len());
        self.tls = tls;
    }

    /// The line that was proposed, of MAIL or RCPT, is accepted.
    pub(super) fn take_line(&mut self) {
        self.accepted = self.lines.len();
    }

    pub(super) fn end_transaction(&mut self) {
        self.accepted = self.hello;
    }
}

/// The line is one that this crate has written, but some of what was read leniently has no strict form.
fn parse(line: &[u8]) -> Option<Command<'_>> {
    Command::parse(line, Grammar { dialect: Dialect::LENIENT, ..Grammar::SMTPUTF8 }).ok()
}

impl fmt::Debug for Envelope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.lines.get(..self.accepted).unwrap_or_default();
        formatter
            .debug_struct("Envelope")
            .field("lines", &format_args!("{}", lines.escape_ascii()))
            .field("tls", &self.tls)
            .field("user", &self.user)
            .finish()
    }
}
