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
    /// The lines: hello, MAIL, RCPTs, and behind them what is proposed.
    lines: Vec<u8>,
    /// Where each accepted line ends: that of the hello first.
    ends: Vec<usize>,
    tls: bool,
    pub(super) user: Option<String>,
}

impl Envelope {
    /// The last hello that was accepted: EHLO, LHLO or HELO.
    #[must_use]
    pub fn hello(&self) -> Option<Command<'_>> {
        self.command(0)
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
        match self.command(1)? {
            Command::Mail(mail) => Some(mail),
            _ => None,
        }
    }

    /// The accepted RCPT commands, in order.
    pub fn recipients(&self) -> impl Iterator<Item = Rcpt<'_>> + '_ {
        (2..self.ends.len()).filter_map(|index| match self.command(index)? {
            Command::Rcpt(rcpt) => Some(rcpt),
            _ => None,
        })
    }

    fn line(&self, index: usize) -> Option<&[u8]> {
        let start = index.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        self.lines.get(start..*self.ends.get(index)?)?.strip_suffix(b"\r\n")
    }

    /// The line is one that this crate has written, but some of what was read leniently has no strict form.
    fn command(&self, index: usize) -> Option<Command<'_>> {
        let grammar = Grammar { dialect: Dialect::LENIENT, ..Grammar::SMTPUTF8 };
        Command::parse(self.line(index)?, grammar).ok()
    }

    /// Keeps the line of a command until it is answered.
    pub(super) fn propose(&mut self, command: &Command<'_>) {
        let accepted = self.ends.last().copied().unwrap_or_default();
        self.lines.truncate(accepted);
        command.encode(&mut self.lines);
    }

    pub(super) fn take_hello(&mut self, tls: bool) {
        let start = self.ends.last().copied().unwrap_or_default();
        self.lines.drain(..start);
        self.ends.clear();
        self.ends.push(self.lines.len());
        self.tls = tls;
    }

    /// The proposed line, of MAIL: it begins a transaction, so the hello alone stands before it.
    pub(super) fn take_mail(&mut self) {
        // RFC 5321 section 4.1.4 permits MAIL only after a hello; a server may take it without.
        if self.ends.is_empty() {
            self.ends.push(0);
        }
        self.ends.push(self.lines.len());
    }

    pub(super) fn take_recipient(&mut self) {
        self.ends.push(self.lines.len());
    }

    pub(super) fn end_transaction(&mut self) {
        self.ends.truncate(1);
        self.lines.truncate(self.ends.last().copied().unwrap_or_default());
    }
}

impl fmt::Debug for Envelope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = (0..self.ends.len()).filter_map(|index| self.line(index)).map(<[u8]>::escape_ascii);
        formatter
            .debug_struct("Envelope")
            .field("lines", &lines.map(|line| alloc::format!("{line}")).collect::<Vec<_>>())
            .field("tls", &self.tls)
            .field("user", &self.user)
            .finish()
    }
}
