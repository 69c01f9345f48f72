//! The errors that end a client's session early. `receive.rs` creates them.

use crate::session::{Action, Misuse};
use crate::syntax::{Reply, ReplyBuf, SyntaxError};

/// The reason why the session of a [`Client`](super::Client) cannot continue. Close the connection. Only
/// [`Misuse`](Self::Misuse) is an error of the caller and leaves the session unchanged.
///
/// An error that is caused by a reply owns that reply. The reply is the last word of the server and the only
/// explanation for a person, so it must not be lost with the buffer. For this reason the type is `Clone` and not
/// `Copy`.
///
/// ```
/// use smtp_core::session::{Client, ClientConfig, ClientError};
///
/// let mut client = Client::new(ClientConfig::SMTP);
/// let error = client.next_event(&mut &b"SSH-2.0-server\r\n"[..]).unwrap_err();
/// assert!(matches!(error, ClientError::NoReply(_)));
/// assert_eq!(error.reply(), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum ClientError {
    /// Octets came in the clear after the 220 to STARTTLS. They were not protected and must not be read as if they had
    /// been ([RFC 3207 section 4](https://www.rfc-editor.org/rfc/rfc3207#section-4)).
    #[error("octets in the clear after the reply to STARTTLS")]
    PlaintextAfterStartTls,
    /// The server's octets are not a reply.
    #[error("not a reply: {0}")]
    NoReply(SyntaxError),
    /// The text of a greeting or of a reply to EHLO or LHLO violates its grammar, and the
    /// [dialect](super::ClientConfig::dialect) requires the grammar.
    #[error("a reply with an invalid text: {error}: {}", .reply.as_reply())]
    WrongText {
        /// The error in the text.
        error: SyntaxError,
        /// The reply.
        reply: ReplyBuf,
    },
    /// A reply answers nothing: nothing was sent that it could answer, or it was received before the command or the end
    /// of the content was sent. Each command generates exactly one reply ([RFC 5321 section
    /// 4.2](https://www.rfc-editor.org/rfc/rfc5321#section-4.2)).
    #[error("a reply that nothing asked for: {}", .0.as_reply())]
    UnexpectedReply(ReplyBuf),
    /// The code of a reply is not possible for the command.
    #[error("a code that {to} cannot have: {}", .reply.as_reply())]
    WrongReply {
        /// The action that the reply would have answered.
        to: Action,
        /// The reply.
        reply: ReplyBuf,
    },
    /// The caller made a call out of turn. The session is unchanged, and nothing was written.
    #[error(transparent)]
    Misuse(#[from] Misuse),
}

impl ClientError {
    /// Returns the reply that ended the session, if a reply did.
    #[must_use]
    pub fn reply(&self) -> Option<Reply<'_>> {
        match self {
            Self::WrongText { reply, .. } | Self::UnexpectedReply(reply) | Self::WrongReply { reply, .. } => {
                Some(reply.as_reply())
            }
            Self::PlaintextAfterStartTls | Self::NoReply(_) | Self::Misuse(_) => None,
        }
    }
}
