//! What happens to a server.

use crate::session::Rejected;
use crate::syntax::{Base64, Command};

/// What a client did. `Command`, `Rejected`, `Response`, `ChunkEnd` and `ContentEnd` owe it an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServerEvent<'a> {
    /// A command that has its place here and whose syntax is in order. Never BDAT: its chunk follows as content.
    Command(Command<'a>),
    /// Something that is refused; [`Server::reply_default`](crate::session::Server::reply_default) gives the reply that is owed. If it ended a message, the content that
    /// was given out is void.
    Rejected(Rejected),
    /// A line of an AUTH exchange.
    Response(Base64<'a>),
    /// Octets of the message, to be appended to those before.
    Content(&'a [u8]),
    /// The end of a chunk that is not the last.
    ChunkEnd,
    /// The end of the message. In LMTP every accepted recipient is owed an answer, in the order of the RCPT commands.
    ContentEnd,
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
