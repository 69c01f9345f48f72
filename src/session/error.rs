//! What goes wrong in a session: a command that is refused, a connection that has to end, a slip of the caller.

use super::facts::Misplaced;
use super::{Action, State};
use crate::codec::{ContentFault, ContentFaultKind};
use crate::syntax::{EnhancedCode, Expected, Extension, OverLimit, Reply, ReplyBuf, ReplyCode, SyntaxError};

/// Why a server refuses something that a client did. The reply is owed, and [`Server::reply_default`](super::Server::reply_default) gives
/// it. The session goes on, unless the reply is [final](Self::is_final).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Rejected {
    /// The line is no command, or its argument is not what the grammar has.
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    /// The line is longer than the limit for its verb (RFC 5321 section 4.5.3.1.4). The rest of it is dropped.
    #[error("line too long")]
    LineTooLong,
    /// The verb is not known.
    #[error("command not recognized")]
    UnknownVerb,
    /// The verb is known, and this server does not offer it.
    #[error("command not implemented")]
    NotImplemented,
    /// The command has no place here (RFC 5321 section 4.1.4).
    #[error("bad sequence of commands")]
    Sequence,
    /// The connection was refused with the greeting: only QUIT is left (RFC 5321 section 3.1).
    #[error("no service here")]
    NoService,
    /// The greeting was 521: the host takes no mail at all (RFC 7504 section 3).
    #[error("host does not accept mail")]
    NoMailHost,
    /// Content before any recipient was accepted (RFC 5321 section 3.3).
    #[error("no valid recipients")]
    NoValidRecipients,
    /// Only under TLS (RFC 3207 section 4).
    #[error("STARTTLS is required first")]
    TlsRequired,
    /// Only after AUTH (RFC 4954 section 6).
    #[error("authentication is required")]
    AuthenticationRequired,
    /// AUTH only under TLS (RFC 4954 section 4).
    #[error("encryption is required for authentication")]
    EncryptionRequired,
    /// One recipient more than the server takes in a transaction (RFC 5321 section 4.5.3.1.10).
    #[error("too many recipients")]
    TooManyRecipients,
    /// The message is larger than the server takes (RFC 1870 section 6).
    #[error("message too big")]
    MessageTooBig,
    /// The message is to be held for longer, or until later, than the server offers (RFC 4865 section 4.2, items 7 and 8).
    #[error("the message would be held for longer than offered")]
    HeldTooLong,
    /// The message is to be delivered or returned sooner than the server offers (RFC 2852 section 3).
    #[error("the by-time is less than offered")]
    ByTimeTooShort,
    /// The server does not offer to fetch IMAP URLs of this form (RFC 4468 section 3.3).
    #[error("no such URL is fetched")]
    UrlNotOffered,
    /// The server does not offer this mechanism (RFC 4954 section 4).
    #[error("authentication mechanism not offered")]
    MechanismNotOffered,
    /// One MAIL more than the server offers to take in a session (RFC 9422 section 4); the session ends.
    #[error("too many messages in one session")]
    TooManyMessages,
    /// The content has a bare CR or LF, or a line that is too long.
    #[error(transparent)]
    Content(#[from] ContentFault),
    /// The caller refused the chunk when it began ([`ServerEvent::Begin`](super::ServerEvent::Begin)), and its octets are dropped now.
    /// [`Server::reply_default`](super::Server::reply_default) gives the reply that the caller gave then.
    #[error("the chunk was refused when it began")]
    ChunkRefused,
    /// The client cancelled the AUTH exchange (RFC 4954 section 4).
    #[error("authentication cancelled")]
    AuthenticationCancelled,
    /// A line of the AUTH exchange is too long (RFC 4954 section 4).
    #[error("authentication exchange line is too long")]
    ResponseTooLong,
    /// A line of the AUTH exchange is not base64 (RFC 4954 section 4).
    #[error("cannot decode the response")]
    ResponseNotBase64,
    /// A BDAT whose chunk-size is no number, or one that cannot be counted, or a BDAT of more than 512 octets (RFC 3030 section
    /// 2). What follows cannot be told from commands, so the session ends.
    #[error("chunk-size that cannot be read")]
    UnreadableChunkSize,
    /// More errors without an accepted message than [`max_errors`](super::ServerConfig::max_errors); the session ends.
    #[error("too many errors")]
    TooManyErrors,
    /// More commands without an accepted message than [`max_idle_commands`](super::ServerConfig::max_idle_commands); the
    /// session ends.
    #[error("too many commands without a message")]
    TooManyIdleCommands,
    /// More failed authentications than [`max_failed_auth`](super::ServerConfig::max_failed_auth); the session ends.
    #[error("too many failed authentications")]
    TooManyFailedAuth,
    /// More octets of refused chunks, of messages that are too big and of lines that are too long than
    /// [`max_dropped_octets`](super::ServerConfig::max_dropped_octets); the session ends.
    #[error("too many octets to drop")]
    TooManyOctetsDropped,
}

impl Rejected {
    /// The reply that is owed.
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
            // RFC 2852 section 4: 555 to a by-time that is valid and cannot be accepted; section 3 wants some 55z.
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

    /// The reply that is owed, with what was expected and where: `501 5.1.7 Syntax error: expected "<" at octet 10`.
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

    /// Does the reply end the session?
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
    /// What it is to the caller that was to do this in this state.
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

/// Why [`Server::into_tls`](super::Server::into_tls) fails. After [`PlaintextBehindStartTls`](Self::PlaintextBehindStartTls) close
/// the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum StartTlsError {
    /// Octets arrived in the clear after STARTTLS. They were not protected and must not be read as if they had been
    /// (RFC 3207 section 4).
    #[error("octets in the clear after STARTTLS")]
    PlaintextBehindStartTls,
    /// The caller did something out of turn. The session is as it was before, and nothing was written.
    #[error(transparent)]
    Misuse(#[from] Misuse),
}

/// A slip of the caller: nothing was done and nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Misuse {
    /// An answer, and nothing is owed.
    #[error("nothing waits for an answer")]
    NoAnswerOwed,
    /// The next event is asked for, and the last one is not answered.
    #[error("the last event is not answered yet")]
    EventUnanswered,
    /// A reply of this code, which does not fit what it answers.
    #[error("{code} does not fit as a reply to {to:?}")]
    WrongCode {
        /// What waits for an answer.
        to: Action,
        /// The code.
        code: ReplyCode,
    },
    /// The usual answer to this, which the caller has to decide.
    #[error("{0:?} has no usual answer; decide")]
    NoDefaultReply(Action),
    /// A command, content or a response that has no place here.
    #[error("{action:?} has no place in the state {state}")]
    WrongState {
        /// The state that it is judged by. A client's is the one that it takes to be in when everything in flight has succeeded.
        state: State,
        /// What was to be done; of a challenge, what it was to answer.
        action: Action,
    },
    /// Another configuration in the midst of a transaction or of an AUTH exchange.
    #[error("the configuration cannot be changed in the state {0}")]
    ConfigInUse(State),
    /// An exchange of roles without an ATRN that was accepted.
    #[error("no ATRN was accepted, so the roles stay")]
    NotTurned,
    /// A command behind another whose reply has to come first, or without PIPELINING.
    #[error("the reply to the last command has to come first")]
    AwaitingReply,
    /// A verb, mechanism, parameter or character that the server did not offer.
    #[error(transparent)]
    NotOffered(#[from] NotOffered),
    /// A command beyond a limit that the server declared with an extension: it would be refused.
    #[error(transparent)]
    OverLimit(#[from] OverLimit),
    /// AUTH PLAIN or LOGIN outside TLS, where everybody on the way can read the password (RFC 4954 section 4, RFC 8314 section
    /// 3).
    #[error("this AUTH mechanism shows the password and is sent within TLS only")]
    EncryptionRequired,
    /// A value that cannot be sent: an address that is not ASCII without SMTPUTF8, a path of more than 256 octets, a
    /// line beyond its limit, a parameter that its grammar refuses.
    #[error("this cannot be sent: {0}")]
    Unsendable(SyntaxError),
    /// Content for which no recipient was accepted: only its end may be sent (RFC 2920 section 3.1).
    #[error("no recipient was accepted; only the end of the content may be sent")]
    NoRecipients,
    /// More octets than the chunk has.
    #[error("more octets than the chunk has")]
    ChunkExceeded,
    /// Content with a bare CR or LF, or a line that is too long.
    #[error(transparent)]
    Content(ContentFault),
    /// STARTTLS is not under way, so there is nothing to hand over.
    #[error("no TLS handshake is due")]
    NoHandshake,
}

/// What a server did not offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum NotOffered {
    /// The extension that has the verb or parameter, or that lets the character pass.
    #[error("the server does not offer {}", .0.keyword())]
    Extension(Extension),
    /// The mechanism. AUTH itself is offered.
    #[error("the server does not offer this AUTH mechanism")]
    Mechanism,
    /// A verb or parameter that no extension has. [`ClientConfig::unregistered`](super::ClientConfig::unregistered) lets it pass.
    #[error("no registered extension has this verb or parameter")]
    Unregistered,
}
