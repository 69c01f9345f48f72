//! The questions of a reception, its verdicts, and which answer is the usual one. `step.rs` decides which question an
//! event asks.

use crate::sasl::Credentials;
use crate::session::Refused;
use crate::syntax::{Auth, Base64, Command, EnhancedCode, Mail, Rcpt, Reply, ReplyBuf, ReplyCode, Verb};

/// A question of a [`Reception`](super::Reception). `Content`, `Abandoned` and `Refused` need no answer; each of the
/// others needs exactly one.
///
/// Each question documents the meaning of [`Verdict::Usual`]. A [`Verdict::Reply`] needs a code that fits: see
/// [`Server::reply`](crate::session::Server::reply).
///
/// ```
/// use smtp_core::session::ServerConfig;
/// use smtp_core::session::reception::{Question, Reception, Verdict};
/// use smtp_core::syntax::{Host};
///
/// let mut reception = Reception::new(ServerConfig::new(Host::new("mx.example")?));
/// let mut input = &b"EHLO client.example\r\n"[..];
/// assert_eq!(reception.next(&mut input)?, Some(Question::Connected));
/// reception.answer(Verdict::Usual)?; // 220
/// assert!(matches!(reception.next(&mut input)?, Some(Question::Hello(_))));
/// reception.answer(Verdict::Usual)?; // 250
/// assert_eq!(reception.next(&mut input)?, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[must_use]
pub enum Question<'a> {
    /// A client has connected. Usual: the greeting, 220. Answer 554 or 521 to accept no mail from it.
    Connected,
    /// EHLO, HELO or LHLO. Usual: 250, with the extensions of the configuration. To EHLO and LHLO a success cannot be
    /// worded by the caller, because the list has to be what is in force.
    Hello(Command<'a>),
    /// The client has sent its credentials by a mechanism of [`Exchange`](crate::sasl::Exchange). Usual: 535, a
    /// refusal. Answer [`Reply::AUTHENTICATED`] if they are right.
    Authenticate(Credentials),
    /// AUTH with a mechanism that [`Exchange`](crate::sasl::Exchange) does not implement. Usual: 504, a refusal. Answer
    /// [`Verdict::Challenge`] to continue the exchange.
    Auth(Auth<'a>),
    /// The response to a [`Verdict::Challenge`]. Usual: 535, a refusal.
    Response(Base64<'a>),
    /// MAIL. Usual: 250.
    Mail(Mail<'a>),
    /// RCPT. Usual: 250. To avoid an open relay, check the domain first.
    Rcpt(Rcpt<'a>),
    /// A message begins, by DATA or by its first chunk; [`envelope`](super::Reception::envelope) has its sender and
    /// recipients. Usual: its content is accepted. A refusal of a chunk is written after the octets of the chunk.
    Begin,
    /// Octets of the message. Append them to the previous ones.
    Content(&'a [u8]),
    /// The message is complete. Usual: 250, which accepts responsibility for it ([RFC 5321 section
    /// 6.1](https://www.rfc-editor.org/rfc/rfc5321#section-6.1)), so store it first. In LMTP see
    /// [`answer_each`](super::Reception::answer_each).
    Finish,
    /// The message that was begun will not be completed: drop its content. The envelope still has its sender and
    /// recipients, for a log.
    Abandoned,
    /// The session refuses a command, line or message. The refusal is written by the next call of
    /// [`next`](super::Reception::next). You may answer with another reply of class 4yz or 5yz instead, or accept the
    /// command after all by [`Reception::overrule`](super::Reception::overrule).
    Refused(Refused<'a>),
    /// Any other command. Usual: the usual answer of [`Server::reply_default`](crate::session::Server::reply_default).
    /// BURL and XCLIENT have none; they are refused with 554 and 550. An accepted STARTTLS leads to the state
    /// [`Tls`](crate::session::State::Tls).
    Other(Command<'a>),
}

/// The answer to a [`Question`].
///
/// ```
/// use smtp_core::session::ServerConfig;
/// use smtp_core::session::reception::{Question, Reception, Verdict};
/// use smtp_core::syntax::{Host, ReplyBuf, ReplyCode};
///
/// let mut reception = Reception::new(ServerConfig::new(Host::new("mx.example")?));
/// let busy = ReplyBuf::lossy(ReplyCode::SERVICE_NOT_AVAILABLE, "try again later");
/// assert_eq!(reception.next(&mut &b""[..])?, Some(Question::Connected));
/// reception.answer(Verdict::from(&busy))?; // instead of `Verdict::Usual`
/// assert_eq!(reception.to_write(), b"421 try again later\r\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verdict<'a> {
    /// The usual answer to the question.
    Usual,
    /// This reply.
    Reply(Reply<'a>),
    /// A challenge of a mechanism that the caller implements, decoded. It is sent in base64 ([RFC 4954 section
    /// 4](https://www.rfc-editor.org/rfc/rfc4954#section-4)).
    Challenge(&'a [u8]),
}

impl<'a> From<Reply<'a>> for Verdict<'a> {
    fn from(reply: Reply<'a>) -> Self {
        Self::Reply(reply)
    }
}

impl<'a> From<&'a ReplyBuf> for Verdict<'a> {
    fn from(reply: &'a ReplyBuf) -> Self {
        Self::Reply(reply.as_reply())
    }
}

/// The question that is open, as far as its answer depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Nothing,
    /// The session has ended while a question was open. Its answer is ignored.
    Dropped,
    Connected,
    Hello,
    Authenticate,
    Sasl,
    Mail,
    Rcpt,
    Begin,
    Finish,
    Refused,
    Quit,
    Burl,
    Xclient,
    Other,
}

impl Asked {
    pub(super) const fn of(verb: Verb) -> Self {
        match verb {
            Verb::Helo | Verb::Ehlo | Verb::Lhlo => Self::Hello,
            Verb::Mail => Self::Mail,
            Verb::Rcpt => Self::Rcpt,
            Verb::Data => Self::Begin,
            Verb::Auth => Self::Sasl,
            Verb::Quit => Self::Quit,
            Verb::Burl => Self::Burl,
            Verb::Xclient => Self::Xclient,
            _ => Self::Other,
        }
    }

    /// Returns the usual answer if it is a refusal that the session does not give by itself.
    pub(super) const fn usual_refusal(self) -> Option<(ReplyCode, EnhancedCode, &'static str)> {
        use {EnhancedCode as E, ReplyCode as C};
        match self {
            // RFC 4954 section 6.
            Self::Authenticate => {
                Some((C::CREDENTIALS_INVALID, E::CREDENTIALS_INVALID, "Authentication credentials invalid"))
            }
            Self::Sasl => {
                Some((C::PARAMETER_NOT_IMPLEMENTED, E::INVALID_ARGUMENTS, "Authentication mechanism not supported"))
            }
            // RFC 4468 section 3.3.
            Self::Burl => Some((C::TRANSACTION_FAILED, E::CONTENT_NOT_AVAILABLE, "Content not available")),
            Self::Xclient => Some((C::MAILBOX_UNAVAILABLE, E::OTHER_SECURITY, "Not permitted")),
            _ => None,
        }
    }
}
