//! Why a client's session ends before its time.

use crate::session::{Action, Misuse};
use crate::syntax::{Reply, ReplyBuf, SyntaxError};

/// Why the session of a [`Client`](super::Client) cannot go on. Close the connection. Only [`Misuse`](Self::Misuse) is a slip of
/// the caller and leaves the session as it was.
///
/// An error that a reply is the reason for owns that reply. It is the last that the server said, and the only explanation that
/// a person gets, so it must not be lost with the buffer that it stood in. For that the type is `Clone` and not `Copy`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// Octets came in the clear after the 220 to STARTTLS. They were not protected and must not be read as if they had been
    /// (RFC 3207 section 4).
    #[error("octets in the clear after the reply to STARTTLS")]
    PlaintextBehindStartTls,
    /// What came is not a reply.
    #[error("not a reply: {0}")]
    NoReply(SyntaxError),
    /// The text of a greeting or of a reply to EHLO or LHLO is not what its grammar has, and the
    /// [dialect](super::ClientConfig::dialect) asks for that.
    #[error("a reply whose text is wrong: {error}: {}", .reply.as_reply())]
    WrongText {
        /// What is wrong with it.
        error: SyntaxError,
        /// The reply.
        reply: ReplyBuf,
    },
    /// A reply came that answers nothing: nothing was sent that it could answer, or it was there before the command or the end
    /// of the content was sent. Each command generates exactly one reply (RFC 5321 section 4.2).
    #[error("a reply that nothing asked for: {}", .0.as_reply())]
    UnexpectedReply(ReplyBuf),
    /// A reply came whose code the command cannot have.
    #[error("a reply that {to:?} cannot have: {}", .reply.as_reply())]
    WrongReply {
        /// What it would have answered.
        to: Action,
        /// The reply.
        reply: ReplyBuf,
    },
    /// The caller did something out of turn. The session is as it was before, and nothing was written.
    #[error(transparent)]
    Misuse(#[from] Misuse),
}

impl ClientError {
    /// The reply that ended the session, if a reply did.
    #[must_use]
    pub fn reply(&self) -> Option<Reply<'_>> {
        match self {
            Self::WrongText { reply, .. } | Self::UnexpectedReply(reply) | Self::WrongReply { reply, .. } => {
                Some(reply.as_reply())
            }
            Self::PlaintextBehindStartTls | Self::NoReply(_) | Self::Misuse(_) => None,
        }
    }
}
