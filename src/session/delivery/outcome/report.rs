//! An outcome as text: the reason on one line, and the fields of a delivery status notification (RFC 3464).
//!
//! `Display` and [`Outcome::report`] use it. It must not decide what an outcome is: that is in `outcome.rs`.

use super::{Cause, Outcome};
use crate::syntax::ForwardPath;
use core::fmt;

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(formatter)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        match self {
            Self::Reply { reply, .. } => write!(OneLine { to: formatter, ascii: false }, "{}", reply.as_reply()),
            Self::Protocol(error) => write!(OneLine { to: formatter, ascii: false }, "{error}"),
            Self::Lost => formatter.write_str("the connection was lost"),
            Self::NoTls => formatter.write_str("no TLS"),
            Self::NotProven => formatter.write_str("the server did not prove who it is"),
            Self::Cannot(misuse) => misuse.fmt(formatter),
        }
    }
}

/// The fields of a delivery status notification on one recipient.
pub(super) struct Report<'a> {
    pub(super) outcome: &'a Outcome,
    pub(super) recipient: ForwardPath<'a>,
    pub(super) remote: &'a str,
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        let Self { outcome, recipient, remote } = self;
        match recipient {
            ForwardPath::Postmaster => formatter.write_str("Final-Recipient: rfc822; postmaster\r\n")?,
            ForwardPath::Path(path) => {
                // RFC 6533 section 3: the type utf-8, in a report of the type that may carry it.
                let kind = if path.needs_smtputf8() { "utf-8" } else { "rfc822" };
                write!(formatter, "Final-Recipient: {kind}; {}\r\n", path.mailbox())?;
            }
        }
        write!(formatter, "Action: {}\r\nStatus: {}\r\n", outcome.report_action(), outcome.enhanced_code())?;
        formatter.write_str("Remote-MTA: dns; ")?;
        OneLine { to: formatter, ascii: true }.write_str(remote)?;
        if let Some(reply) = outcome.reply() {
            formatter.write_str("\r\nDiagnostic-Code: smtp; ")?;
            write!(OneLine { to: formatter, ascii: true }, "{reply}")?;
        }
        formatter.write_str("\r\n")
    }
}

/// Writes a text on one line: replaces CRLF by a space, and characters that a field cannot carry by `?`.
struct OneLine<'a, 'b> {
    to: &'a mut fmt::Formatter<'b>,
    ascii: bool,
}

impl fmt::Write for OneLine<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            match character {
                '\r' => {}
                '\n' => self.to.write_char(' ')?,
                _ if character.is_control() || (self.ascii && !character.is_ascii()) => self.to.write_char('?')?,
                _ => self.to.write_char(character)?,
            }
        }
        Ok(())
    }
}
