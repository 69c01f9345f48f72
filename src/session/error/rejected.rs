//! The refusals of a server, and the reply to each: code, enhanced code and text. `Server` and `Reception` give them to
//! the caller as events, and write the reply. This file must not decide what is refused: that is in `server/judge.rs`.

use crate::codec::{ContentFault, ContentFaultKind};
use crate::session::facts::Misplaced;
use crate::syntax::{EnhancedCode, Expected, OverLimit, Reply, ReplyBuf, ReplyCode, SyntaxError};

/// The reason why a server refuses something. A reply is owed; [`Server::reply_default`](crate::session::Server::reply_default)
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
    /// The caller refused the chunk when it began ([`ServerEvent::Begin`](crate::session::ServerEvent::Begin)), and its octets
    /// have been dropped. [`Server::reply_default`](crate::session::Server::reply_default) gives the reply that the caller gave
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
    /// More errors without an accepted message than [`max_errors`](crate::session::ServerConfig::max_errors). The session ends.
    #[error("too many errors")]
    TooManyErrors,
    /// More commands without an accepted message than [`max_idle_commands`](crate::session::ServerConfig::max_idle_commands).
    /// The session ends.
    #[error("too many commands without a message")]
    TooManyIdleCommands,
    /// More failed authentications than [`max_failed_auth`](crate::session::ServerConfig::max_failed_auth). The session ends.
    #[error("too many failed authentications")]
    TooManyFailedAuth,
    /// More octets of refused chunks, of messages that are too big and of lines that are too long than
    /// [`max_dropped_octets`](crate::session::ServerConfig::max_dropped_octets). The session ends.
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
