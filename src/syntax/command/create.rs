//! The constructors of commands.

use super::{Auth, Bdat, Command, Mail, Rcpt, grammar};
use crate::syntax::{Base64, ForwardPath, Grammar, Mechanism, Parameters, ReversePath, SyntaxError};

impl<'a> Command<'a> {
    /// Parses a command line without its CRLF.
    ///
    /// # Errors
    /// Returns [`SyntaxError`] with the offset at which the line leaves this grammar, and the reply to send. An unknown
    /// verb is not an error, but a [`Command::Unknown`]. After a BDAT come octets that are not commands, even if it is
    /// refused: see [`Bdat::announced`].
    pub fn parse(line: &'a [u8], grammar: Grammar) -> Result<Self, SyntaxError> {
        grammar::command(grammar.dialect.trimmed(line), grammar)
    }

    /// Creates MAIL with parameters.
    #[doc(alias = "MAIL FROM")]
    pub fn mail(reverse_path: impl Into<ReversePath<'a>>, parameters: Parameters<'a>) -> Self {
        Self::Mail(Mail { reverse_path: reverse_path.into(), parameters })
    }

    /// Creates RCPT with parameters.
    #[doc(alias = "RCPT TO")]
    pub fn rcpt(forward_path: impl Into<ForwardPath<'a>>, parameters: Parameters<'a>) -> Self {
        Self::Rcpt(Rcpt { forward_path: forward_path.into(), parameters })
    }

    /// Creates BDAT for a chunk of `size` octets that is not the last.
    #[must_use]
    pub const fn bdat(size: u64) -> Self {
        Self::Bdat(Bdat { size, last: false })
    }

    /// Creates BDAT LAST for the last chunk, of `size` octets.
    #[must_use]
    pub const fn bdat_last(size: u64) -> Self {
        Self::Bdat(Bdat { size, last: true })
    }

    /// Creates AUTH, with or without an initial response.
    #[must_use]
    pub const fn auth(mechanism: Mechanism<'a>, initial_response: Option<Base64<'a>>) -> Self {
        Self::Auth(Auth { mechanism, initial_response })
    }
}
