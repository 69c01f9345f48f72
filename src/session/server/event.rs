//! What happens to a server.

use crate::session::Rejected;
use crate::syntax::{Base64, Command};

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
    /// Something that is refused; [`Server::reply_default`](crate::session::Server::reply_default) gives the reply that is owed. If it ended a message, the content that
    /// was given out is void.
    Rejected(Rejected),
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
