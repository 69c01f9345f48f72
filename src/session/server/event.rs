//! What happens to a server.

use crate::session::Rejected;
use crate::syntax::{Base64, Command, Dialect, Grammar};
use core::fmt;

/// What a client did. All but `Content` and `Abandoned` owe it an answer.
///
/// A message that was begun is either finished or abandoned: [`Begin`](Self::Begin), accepted, is followed by exactly one
/// [`ContentEnd`](Self::ContentEnd) or [`Abandoned`](Self::Abandoned), or by a BURL LAST, whatever the client does. In between come its
/// `Content` and `ChunkEnd`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServerEvent<'a> {
    /// A command that has its place here and whose syntax is in order. Never DATA or BDAT: see [`Begin`](Self::Begin).
    Command(Command<'a>),
    /// Something that is refused. [`Server::reply_default`](crate::session::Server::reply_default) gives the reply that is owed,
    /// [`reply_explained`](crate::session::Server::reply_explained) gives it with more words, and
    /// [`overrule`](crate::session::Server::overrule) accepts a command after all. If it ended a message, the content that was
    /// given out is void.
    Rejected(Refused<'a>),
    /// A line of an AUTH exchange.
    Response(Base64<'a>),
    /// A message begins, with DATA or with the first BDAT of its transaction ([`Server::chunk`](crate::session::Server::chunk)
    /// tells which). The usual answer to DATA is 354, and to BDAT nothing yet: its reply is owed at the end of the chunk. A
    /// refusal of BDAT is kept until the octets of the chunk are dropped, and is then owed as
    /// [`Rejected::ChunkRefused`](crate::session::Rejected::ChunkRefused).
    Begin,
    /// Octets of the message, to be appended to those before.
    Content(&'a [u8]),
    /// The end of a chunk that is not the last.
    ChunkEnd,
    /// The end of the message. In LMTP every accepted recipient is owed an answer, in the order of the RCPT commands.
    ContentEnd,
    /// The message that was begun comes to nothing; drop what was given out of it. Given after the answer that ended it: a refusal
    /// of its end or of a chunk, the answer to RSET, a hello or QUIT, a 421; or after
    /// [`connection_lost`](crate::session::Server::connection_lost). No answer is owed.
    Abandoned,
}

/// Which hello was accepted last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Hello {
    /// None.
    #[default]
    None,
    /// HELO: no extension is in force.
    Helo,
    /// EHLO, or LHLO in LMTP.
    Ehlo,
}

/// What a server refuses: why, and the line that it speaks of.
///
/// `Debug` does not show a line that [may hold a credential](Self::may_be_credential).
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refused<'a> {
    /// Why it is refused.
    pub why: Rejected,
    pub(super) line: Option<&'a [u8]>,
    pub(super) secret: bool,
}

impl<'a> Refused<'a> {
    /// The line without its CRLF. `None` where there is no whole line: a line over its limit, content, or the end of a chunk.
    #[must_use]
    pub const fn line(&self) -> Option<&'a [u8]> {
        self.line
    }

    /// What the line says, if it is a command in the most lenient grammar there is, whatever was offered.
    #[must_use]
    pub fn command(&self) -> Option<Command<'a>> {
        Command::parse(self.line?, Grammar { dialect: Dialect::LENIENT, ..Grammar::SMTPUTF8 }).ok()
    }

    /// Returns `true` if the line may hold a credential: it is of AUTH or its exchange, or follows an AUTH that was refused and is no
    /// command.
    #[must_use]
    pub const fn may_be_credential(&self) -> bool {
        self.secret
    }
}

impl fmt::Debug for Refused<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = formatter.debug_struct("Refused");
        debug.field("why", &self.why);
        match self.line {
            Some(_) if self.secret => debug.field("line", &format_args!("[redacted]")),
            Some(line) => debug.field("line", &format_args!("{}", line.escape_ascii())),
            None => &mut debug,
        };
        debug.finish()
    }
}
