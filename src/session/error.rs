//! The errors of a session that both ends know: the refusals of a server with their replies, and the misuse of the API
//! by the caller. The errors that end a client's session are in `client/error.rs`.

use super::facts::Misplaced;
use super::{Action, State};
use crate::codec::{ContentFault, ContentFaultKind};
use crate::syntax::{EnhancedCode, Expected, Extension, OverLimit, Reply, ReplyBuf, ReplyCode, SyntaxError};

/// The reason why a server refuses something. A reply is owed; [`Server::reply_default`](super::Server::reply_default)
/// gives it. The session continues, unless the reply is [final](Self::is_final).
///
/// ```
/// use smtp_core::session::{Rejected, Server, ServerConfig, ServerEvent};
/// use smtp_core::syntax::Host;
///
/// let mut server = Server::new(ServerConfig::new(Host::new("mx.example")?));
/// let mut out = Vec::new();
/// server.reply_default(&mut out)?;
/// let event = server.next_event(&mut &b"DATA\r\n"[..])?;
/// let Some(ServerEvent::Rejected(refused)) = event else { panic!() };
/// assert_eq!((refused.why, refused.why.is_final()), (Rejected::Sequence, false));
/// server.reply_default(&mut out)?;
/// assert!(out.ends_with(b"503 5.5.1 Bad sequence of commands\r\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Rejected {
    /// The line is not a command, or its argument violates the grammar.
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    /// The line is longer than the limit for its verb ([RFC 5321 section
    /// 4.5.3.1.4](https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.4)). Its rest is dropped.
    #[error("line too long")]
    LineTooLong,
    /// The verb is not known.
    #[error("command not recognized")]
    UnknownVerb,
    /// The verb is known, but this server does not offer it.
    #[error("command not implemented")]
    NotImplemented,
    /// The command is not permitted in this state ([RFC 5321 section
    /// 4.1.4](https://www.rfc-editor.org/rfc/rfc5321#section-4.1.4)).
    #[error("bad sequence of commands")]
    Sequence,
    /// The greeting was a refusal: only QUIT is permitted ([RFC 5321 section
    /// 3.1](https://www.rfc-editor.org/rfc/rfc5321#section-3.1)).
    #[error("no service here")]
    NoService,
    /// The greeting was 521: the host accepts no mail at all ([RFC 7504 section
    /// 3](https://www.rfc-editor.org/rfc/rfc7504#section-3)).
    #[error("host does not accept mail")]
    NoMailHost,
    /// Content was sent before any recipient was accepted ([RFC 5321 section
    /// 3.3](https://www.rfc-editor.org/rfc/rfc5321#section-3.3)).
    #[error("no valid recipients")]
    NoValidRecipients,
    /// The command requires TLS ([RFC 3207 section 4](https://www.rfc-editor.org/rfc/rfc3207#section-4)).
    #[error("STARTTLS is required first")]
    TlsRequired,
    /// The command requires AUTH ([RFC 4954 section 6](https://www.rfc-editor.org/rfc/rfc4954#section-6)).
    #[error("authentication is required")]
    AuthenticationRequired,
    /// AUTH requires TLS ([RFC 4954 section 4](https://www.rfc-editor.org/rfc/rfc4954#section-4)).
    #[error("encryption is required for authentication")]
    EncryptionRequired,
    /// The transaction has more recipients than the server accepts ([RFC 5321 section
    /// 4.5.3.1.10](https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.10)).
    #[error("too many recipients")]
    TooManyRecipients,
    /// The message is larger than the server accepts ([RFC 1870 section
    /// 6](https://www.rfc-editor.org/rfc/rfc1870#section-6)).
    #[error("message too big")]
    MessageTooBig,
    /// The message would be held for longer, or until later, than the server offers ([RFC 4865 section
    /// 4.2](https://www.rfc-editor.org/rfc/rfc4865#section-4.2), items 7 and 8).
    #[error("the message would be held for longer than offered")]
    HeldTooLong,
    /// The message would have to be delivered or returned sooner than the server offers ([RFC 2852 section
    /// 3](https://www.rfc-editor.org/rfc/rfc2852#section-3)).
    #[error("the by-time is less than offered")]
    ByTimeTooShort,
    /// The server does not fetch IMAP URLs of this form ([RFC 4468 section
    /// 3.3](https://www.rfc-editor.org/rfc/rfc4468#section-3.3)).
    #[error("URLs of this form are not fetched")]
    UrlNotOffered,
    /// The server does not offer this mechanism ([RFC 4954 section
    /// 4](https://www.rfc-editor.org/rfc/rfc4954#section-4)).
    #[error("authentication mechanism not offered")]
    MechanismNotOffered,
    /// The session has more MAIL commands than the server permits ([RFC 9422 section
    /// 4](https://www.rfc-editor.org/rfc/rfc9422#section-4)). The session ends.
    #[error("too many messages in one session")]
    TooManyMessages,
    /// The content has a bare CR or LF, or a line that is too long.
    #[error(transparent)]
    Content(#[from] ContentFault),
    /// The caller refused the chunk when it began ([`ServerEvent::Begin`](super::ServerEvent::Begin)), and its octets
    /// have been dropped. [`Server::reply_default`](super::Server::reply_default) gives the reply that the caller gave
    /// then.
    #[error("the chunk was refused when it began")]
    ChunkRefused,
    /// The client cancelled the AUTH exchange ([RFC 4954 section 4](https://www.rfc-editor.org/rfc/rfc4954#section-4)).
    #[error("authentication cancelled")]
    AuthenticationCancelled,
    /// A line of the AUTH exchange is too long ([RFC 4954 section
    /// 4](https://www.rfc-editor.org/rfc/rfc4954#section-4)).
    #[error("authentication exchange line is too long")]
    ResponseTooLong,
    /// A line of the AUTH exchange is not base64 ([RFC 4954 section
    /// 4](https://www.rfc-editor.org/rfc/rfc4954#section-4)).
    #[error("cannot decode the response")]
    ResponseNotBase64,
    /// The chunk size of a BDAT is not a number, or overflows `u64`, or the line has more than 512 octets ([RFC 3030
    /// section 2](https://www.rfc-editor.org/rfc/rfc3030#section-2)). Chunk octets cannot be told from commands, so the
    /// session ends.
    #[error("chunk size cannot be read")]
    UnreadableChunkSize,
    /// More errors without an accepted message than [`max_errors`](super::ServerConfig::max_errors). The session ends.
    #[error("too many errors")]
    TooManyErrors,
    /// More commands without an accepted message than [`max_idle_commands`](super::ServerConfig::max_idle_commands).
    /// The session ends.
    #[error("too many commands without a message")]
    TooManyIdleCommands,
    /// More failed authentications than [`max_failed_auth`](super::ServerConfig::max_failed_auth). The session ends.
    #[error("too many failed authentications")]
    TooManyFailedAuth,
    /// More octets of refused chunks, of messages that are too big and of lines that are too long than
    /// [`max_dropped_octets`](super::ServerConfig::max_dropped_octets). The session ends.
    #[error("too many octets to drop")]
    TooManyOctetsDropped,
}

impl Rejected {
    /// Returns the reply that is owed.
    #[must_use]
    pub const fn reply(self) -> Reply<'static> {
        use {EnhancedCode as E, ReplyCode as C};
        match self {
            Self::Syntax(error) => Reply::fixed(error.code(), error.enhanced_code(), Self::explain(error.expected())),
            Self::LineTooLong => Reply::fixed(C::SYNTAX_ERROR, E::SYNTAX_ERROR, "Line too long"),
            Self::UnknownVerb => Reply::fixed(C::SYNTAX_ERROR, E::SYNTAX_ERROR, "Command not recognized"),
            Self::NotImplemented => {
                Reply::fixed(C::COMMAND_NOT_IMPLEMENTED, E::INVALID_COMMAND, "Command not implemented")
            }
            Self::Sequence => Reply::fixed(C::BAD_SEQUENCE, E::INVALID_COMMAND, "Bad sequence of commands"),
            Self::NoService => Reply::fixed(C::BAD_SEQUENCE, E::INVALID_COMMAND, "No service here"),
            Self::NoMailHost => {
                Reply::fixed(C::DOES_NOT_ACCEPT_MAIL, E::NOT_ACCEPTING_MESSAGES, "Host does not accept mail")
            }
            Self::NoValidRecipients => Reply::fixed(C::TRANSACTION_FAILED, E::INVALID_COMMAND, "No valid recipients"),
            Self::TlsRequired => {
                Reply::fixed(C::AUTHENTICATION_REQUIRED, E::OTHER_SECURITY, "Must issue a STARTTLS command first")
            }
            Self::AuthenticationRequired => {
                Reply::fixed(C::AUTHENTICATION_REQUIRED, E::OTHER_SECURITY, "Authentication required")
            }
            Self::EncryptionRequired => Reply::fixed(
                C::ENCRYPTION_REQUIRED,
                E::ENCRYPTION_REQUIRED_FOR_MECHANISM,
                "Encryption required for authentication",
            ),
            Self::TooManyRecipients => {
                Reply::fixed(C::INSUFFICIENT_STORAGE, E::TOO_MANY_RECIPIENTS, "Too many recipients")
            }
            Self::MessageTooBig => Reply::fixed(C::EXCEEDED_STORAGE, E::MESSAGE_TOO_BIG, "Message too big"),
            // RFC 4865 section 4.2, items 10 and 11.
            Self::HeldTooLong => {
                Reply::fixed(C::SYNTAX_ERROR_IN_ARGUMENTS, E::INVALID_ARGUMENTS, "Cannot hold the message for so long")
            }
            // RFC 2852 section 4: 555 to a valid by-time that cannot be accepted; section 3 requires a code of the form
            // 55z.
            Self::ByTimeTooShort => {
                Reply::fixed(C::PARAMETERS_NOT_RECOGNIZED, E::INVALID_ARGUMENTS, "By-time is less than the minimum")
            }
            // RFC 4468 section 6.
            Self::UrlNotOffered => Reply::fixed(
                C::TRANSACTION_FAILED,
                E::TRUST_RELATIONSHIP_REQUIRED,
                "URL resolution requires trust relationship",
            ),
            Self::MechanismNotOffered => {
                Reply::fixed(C::PARAMETER_NOT_IMPLEMENTED, E::INVALID_ARGUMENTS, "Authentication mechanism not offered")
            }
            Self::TooManyMessages => closing("Too many messages in one session"),
            Self::Content(fault) => match fault.kind {
                ContentFaultKind::BareCr => {
                    Reply::fixed(C::TRANSACTION_FAILED, E::OTHER_MEDIA, "CR without LF in content")
                }
                ContentFaultKind::BareLf => {
                    Reply::fixed(C::TRANSACTION_FAILED, E::OTHER_MEDIA, "LF without CR in content")
                }
                // RFC 5321 section 4.5.3.1.9.
                ContentFaultKind::LineTooLong => {
                    Reply::fixed(C::SYNTAX_ERROR, E::SYNTAX_ERROR, "Line of content too long")
                }
            },
            Self::ChunkRefused => Reply::fixed(C::TRANSACTION_FAILED, E::OTHER_MEDIA, "Transaction failed"),
            Self::AuthenticationCancelled => {
                Reply::fixed(C::SYNTAX_ERROR_IN_ARGUMENTS, E::OTHER_SECURITY, "Authentication cancelled")
            }
            Self::ResponseTooLong => {
                Reply::fixed(C::SYNTAX_ERROR, E::AUTH_LINE_TOO_LONG, "Authentication exchange line is too long")
            }
            Self::ResponseNotBase64 => {
                Reply::fixed(C::SYNTAX_ERROR_IN_ARGUMENTS, E::SYNTAX_ERROR, "Cannot decode the response")
            }
            Self::UnreadableChunkSize => closing("Chunk size cannot be read"),
            Self::TooManyErrors => closing("Too many errors"),
            Self::TooManyIdleCommands => closing("Too many commands without a message"),
            Self::TooManyFailedAuth => closing("Too many failed authentications"),
            Self::TooManyOctetsDropped => closing("Too many octets to drop"),
        }
    }

    /// Returns the reply that is owed, with an explanation of what was expected and where: `501 5.1.7 Syntax error:
    /// expected "<" at octet 10`.
    #[must_use]
    pub fn explained(self) -> ReplyBuf {
        match self {
            Self::Syntax(error) => {
                let (enhanced, text) = (error.enhanced_code(), Self::explain(error.expected()));
                ReplyBuf::lossy(error.code(), &alloc::format!("{enhanced} {text}: {error}"))
            }
            _ => ReplyBuf::from(&self.reply()),
        }
    }

    /// Returns `true` if the reply ends the session.
    #[must_use]
    pub const fn is_final(self) -> bool {
        self.reply().code().get() == ReplyCode::SERVICE_NOT_AVAILABLE.get()
    }

    const fn explain(expected: Expected) -> &'static str {
        match expected {
            Expected::Verb => "Command not recognized",
            Expected::RecognizedParameter => "Parameter not recognized",
            Expected::SingleParameter => "Parameter given twice",
            Expected::Ascii => "Non-ASCII address without SMTPUTF8",
            _ => "Syntax error",
        }
    }
}

impl From<Misplaced> for Rejected {
    fn from(why: Misplaced) -> Self {
        match why {
            Misplaced::NoService(ReplyCode::DOES_NOT_ACCEPT_MAIL) => Self::NoMailHost,
            Misplaced::NoService(_) => Self::NoService,
            Misplaced::OtherProtocol => Self::UnknownVerb,
            Misplaced::Unregistered | Misplaced::NotOffered(_) => Self::NotImplemented,
            Misplaced::NoRecipients => Self::NoValidRecipients,
            Misplaced::Repeated | Misplaced::BinaryData | Misplaced::AfterRefusal | Misplaced::State => Self::Sequence,
        }
    }
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

impl From<OverLimit> for Rejected {
    fn from(limit: OverLimit) -> Self {
        match limit {
            OverLimit::Size => Self::MessageTooBig,
            OverLimit::HoldFor | OverLimit::HoldUntil => Self::HeldTooLong,
            OverLimit::ByTime => Self::ByTimeTooShort,
            OverLimit::Url => Self::UrlNotOffered,
            OverLimit::MailMax => Self::TooManyMessages,
            OverLimit::RcptMax => Self::TooManyRecipients,
        }
    }
}

const fn closing(text: &'static str) -> Reply<'static> {
    Reply::fixed(ReplyCode::SERVICE_NOT_AVAILABLE, EnhancedCode::TRANSIENT_NOT_ACCEPTING, text)
}

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
/// assert_eq!(client.send(&Command::Data, &mut out), Err(Misuse::AwaitingReply)); // the greeting has to come first
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
    /// A reply has a code that does not fit the action.
    #[error("{code} is not a valid reply to {to:?}")]
    WrongCode {
        /// The action that is owed an answer.
        to: Action,
        /// The code.
        code: ReplyCode,
    },
    /// The usual answer was requested for an action that has none: the caller has to decide.
    #[error("{0:?} has no usual answer; the caller has to decide")]
    NoDefaultReply(Action),
    /// A command, content or a response is not permitted in this state.
    #[error("{action:?} is not permitted in the state {state}")]
    WrongState {
        /// The state in which the action was judged. For a client this is the state that results if everything in
        /// flight succeeds.
        state: State,
        /// The action. For a challenge, the action that it was to answer.
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
