//! What a reception asks, and what can be answered.

use crate::sasl::Credentials;
use crate::session::Refused;
use crate::syntax::{Auth, Base64, Command, EnhancedCode, Mail, Rcpt, Reply, ReplyBuf, ReplyCode, Verb};

/// What a [`Reception`](super::Reception) asks. `Content`, `Abandoned` and `Refused` need no answer, each of the others exactly one.
///
/// Each says what [`Verdict::Usual`] means for it. A reply of one's own has to be of a code that fits: see
/// [`Server::reply`](crate::session::Server::reply).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Question<'a> {
    /// A client has connected. Usual: the greeting, 220. A 554 or 521 takes no mail from it.
    Connected,
    /// EHLO, HELO or LHLO. Usual: 250, with what the configuration offers. A success cannot be worded by the caller, so that what
    /// is told is what is in force.
    Hello(Command<'a>),
    /// The client has shown its credentials, by a mechanism of [`Exchange`](crate::sasl::Exchange). Usual: 535, a refusal. Answer
    /// with [`Reply::AUTHENTICATED`] if they are right.
    Authenticate(Credentials),
    /// AUTH with a mechanism that [`Exchange`](crate::sasl::Exchange) does not have. Usual: 504, a refusal. Go on with
    /// [`Verdict::Challenge`].
    Auth(Auth<'a>),
    /// The response to a [`Verdict::Challenge`]. Usual: 535, a refusal.
    Response(Base64<'a>),
    /// MAIL. Usual: 250.
    Mail(Mail<'a>),
    /// RCPT. Usual: 250, so whoever is no open relay looks at the domain first.
    Rcpt(Rcpt<'a>),
    /// A message begins, by DATA or by its first chunk; [`envelope`](super::Reception::envelope) has its sender and recipients. Usual:
    /// its content is taken. A refusal of a chunk is written after the octets of the chunk.
    Begin,
    /// Octets of the message, to be appended to those before.
    Content(&'a [u8]),
    /// The message is complete. Usual: 250, which takes over the responsibility for it (RFC 5321 section 6.1), so store it first. In
    /// LMTP see [`answer_each`](super::Reception::answer_each).
    Finish,
    /// The message that was begun comes to nothing: drop what was kept of it.
    Abandoned,
    /// The session refuses what the client did. The refusal is written with the next call of
    /// [`next`](super::Reception::next). A reply of one's own may be given instead, of class 4yz or 5yz, or
    /// [`Reception::overrule`](super::Reception::overrule) accepts the command after all.
    Refused(Refused<'a>),
    /// Any other command. Usual: that of [`Server::reply_default`](crate::session::Server::reply_default), and a refusal of BURL (554)
    /// and XCLIENT (550), which have none. The answer to STARTTLS leads to the state
    /// [`Tls`](crate::session::State::Tls).
    Other(Command<'a>),
}

/// The answer to a [`Question`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Verdict<'a> {
    /// The usual answer to the question.
    Usual,
    /// This reply.
    Reply(Reply<'a>),
    /// A challenge of a mechanism of one's own, decoded: it is sent in base64 (RFC 4954 section 4).
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

/// The question that waits for its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Nothing,
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

    /// The usual answer where that is a refusal which the session does not give by itself.
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
