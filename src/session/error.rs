//! The errors of the caller: a call that the session does not permit. Both ends return them; nothing was written then.
//! The refusals of a server are in `error/rejected.rs`, the errors that end a client's session in `client/error.rs`.

mod rejected;

pub use rejected::Rejected;

use super::facts::Misplaced;
use super::{Action, State};
use crate::codec::ContentFault;
use crate::syntax::{Extension, OverLimit, ReplyCode, SyntaxError};

/// The reason why [`Server::into_tls`](super::Server::into_tls) fails. After
/// [`PlaintextAfterStartTls`](Self::PlaintextAfterStartTls) close the connection.
///
/// ```
/// use smtp_core::session::{Misuse, Server, ServerConfig, StartTlsError};
/// use smtp_core::syntax::Host;
///
/// let mut server = Server::new(ServerConfig::new(Host::new("mx.example")?));
/// let mut out = Vec::new();
/// server.reply_default(&mut out)?;
/// // STARTTLS was not accepted.
/// assert_eq!(server.into_tls(b"").unwrap_err(), StartTlsError::Misuse(Misuse::NoHandshake));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum StartTlsError {
    /// Octets arrived in the clear after STARTTLS. They were not protected and must not be read as if they had been
    /// ([RFC 3207 section 4](https://www.rfc-editor.org/rfc/rfc3207#section-4)).
    #[error("octets in the clear after STARTTLS")]
    PlaintextAfterStartTls,
    /// The caller made a call out of turn. The session is unchanged, and nothing was written.
    #[error(transparent)]
    Misuse(#[from] Misuse),
}

/// An error of the caller. Nothing was written and nothing has changed.
///
/// ```
/// use smtp_core::session::{Client, ClientConfig, Misuse};
/// use smtp_core::syntax::Command;
///
/// let (mut client, mut out) = (Client::new(ClientConfig::SMTP), Vec::new());
/// // The greeting has to come first.
/// assert_eq!(client.send(&Command::Data, &mut out), Err(Misuse::AwaitingReply));
/// assert!(out.is_empty());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Misuse {
    /// An answer was given, but none is owed.
    #[error("no answer is owed")]
    NoAnswerOwed,
    /// The next event was requested before the last one was answered.
    #[error("the last event has not been answered")]
    EventUnanswered,
    /// A reply has a code that does not fit the action, or it accepts an action that is refused.
    #[error("{code} is not a valid code for {to} here")]
    WrongCode {
        /// The action that is owed an answer.
        to: Action,
        /// The code.
        code: ReplyCode,
    },
    /// A reply that is to end the session has another code than 421.
    #[error("{0} cannot end a session at any time; only 421 can")]
    NotClosing(ReplyCode),
    /// The number of verdicts is not the number of answers that are owed.
    #[error("the number of verdicts is not the number of answers that are owed, which is {owed}")]
    WrongCount {
        /// The number of answers that are owed: after content in LMTP one for each accepted recipient, otherwise 1.
        owed: u32,
    },
    /// The usual answer was requested for an action that has none: the caller has to decide.
    #[error("{0} has no usual answer; the caller has to decide")]
    NoDefaultReply(Action),
    /// A command, content or a response is not permitted in this state.
    #[error("{action} is not permitted in the state {state}")]
    WrongState {
        /// The state in which the action was judged. For a client this is the state that results if everything in
        /// flight succeeds.
        state: State,
        /// The action.
        action: Action,
    },
    /// The configuration was changed inside a transaction or an AUTH exchange.
    #[error("the configuration cannot be changed in the state {0}")]
    ConfigInUse(State),
    /// The roles were exchanged without an accepted ATRN.
    #[error("no ATRN was accepted, so the roles cannot be exchanged")]
    NotTurned,
    /// A command was sent before a reply that has to come first: the last command ends its group, or there is no
    /// PIPELINING.
    #[error("the reply to the last command has to come first")]
    AwaitingReply,
    /// A verb, mechanism, parameter or character was not offered by the server.
    #[error(transparent)]
    NotOffered(#[from] NotOffered),
    /// A command exceeds a limit that the server declared with an extension, so it would be refused.
    #[error(transparent)]
    OverLimit(#[from] OverLimit),
    /// AUTH PLAIN or LOGIN outside TLS, where anyone on the path can read the password ([RFC 4954 section
    /// 4](https://www.rfc-editor.org/rfc/rfc4954#section-4), [RFC 8314 section
    /// 3](https://www.rfc-editor.org/rfc/rfc8314#section-3)).
    #[error("this AUTH mechanism exposes the password and is sent within TLS only")]
    EncryptionRequired,
    /// A value cannot be sent: a non-ASCII address without SMTPUTF8, a path of more than 256 octets, a line over its
    /// limit, a parameter that its grammar refuses.
    #[error("this cannot be sent: {0}")]
    Unsendable(SyntaxError),
    /// Content was sent although no recipient was accepted: only its end may be sent ([RFC 2920 section
    /// 3.1](https://www.rfc-editor.org/rfc/rfc2920#section-3.1)).
    #[error("no recipient was accepted; only the end of the content may be sent")]
    NoRecipients,
    /// The octets exceed the chunk that BDAT announced.
    #[error("more octets than BDAT announced")]
    ChunkExceeded,
    /// The content has a bare CR or LF, or a line that is too long.
    #[error(transparent)]
    Content(ContentFault),
    /// The content has an octet above 127, but MAIL declares neither 8BITMIME nor BINARYMIME nor SMTPUTF8 ([RFC 6152
    /// section 3](https://www.rfc-editor.org/rfc/rfc6152#section-3)).
    #[error("an octet above 127 at offset {offset} of the content, which MAIL did not declare")]
    NotSevenBit {
        /// The offset of the octet in the content, counted from 0.
        offset: u64,
    },
    /// No handshake is due, because STARTTLS was not accepted.
    #[error("no TLS handshake is due")]
    NoHandshake,
}

/// The missing part of a server's offer.
///
/// ```
/// use smtp_core::session::{Client, ClientConfig, Misuse, NotOffered};
/// use smtp_core::syntax::{Command, Extension, Host};
///
/// let (mut client, mut out) = (Client::new(ClientConfig::SMTP), Vec::new());
/// let _ = client.next_event(&mut &b"220 mx.example\r\n"[..])?;
/// client.send(&Command::Ehlo(Host::new("client.example")?), &mut out)?;
/// let _ = client.next_event(&mut &b"250 mx.example\r\n"[..])?;
/// let error = client.send(&Command::StartTls, &mut out).unwrap_err();
/// assert_eq!(error, Misuse::NotOffered(NotOffered::Extension(Extension::StartTls)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum NotOffered {
    /// The extension with the verb or parameter, or the one that permits the character.
    #[error("the server does not offer {}", .0.keyword())]
    Extension(Extension),
    /// The mechanism. AUTH itself is offered.
    #[error("the server does not offer this AUTH mechanism")]
    Mechanism,
    /// A verb or parameter that no extension has. [`ClientConfig::unregistered`](super::ClientConfig::unregistered)
    /// permits it.
    #[error("no registered extension has this verb or parameter")]
    Unregistered,
}

impl Misplaced {
    /// Returns the misuse of a caller that does this action in this state.
    pub(super) fn misuse(self, state: State, action: Action) -> Misuse {
        match self {
            Misplaced::Unregistered => NotOffered::Unregistered.into(),
            Misplaced::NotOffered(extension) => NotOffered::Extension(extension).into(),
            Misplaced::NoService(_)
            | Misplaced::OtherProtocol
            | Misplaced::Repeated
            | Misplaced::BinaryData
            | Misplaced::AfterRefusal
            | Misplaced::NoRecipients
            | Misplaced::State => Misuse::WrongState { state, action },
        }
    }
}
