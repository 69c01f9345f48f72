//! The outcome of a message for a recipient.
//!
//! This file knows which replies are permanent and to whom they apply. All other files of [`delivery`](super) create
//! their outcomes here. It must not know the order of replies. How an outcome is written is in `outcome/report.rs`.

mod report;

use crate::routing::HostFailure;
use crate::session::{Action, ClientError, Misuse, NotOffered};
use crate::syntax::{
    EnhancedCode, Extension, ForwardPath, Notify, OverLimit, Reply, ReplyBuf, ReplyClass, ReplyCode, ReversePath,
};
use core::fmt;
use report::Report;

/// The outcome of a message for one recipient. Many recipients may share one.
///
/// `Display` writes the reason on one line: the reply, or a description if there was no reply.
///
/// ```
/// use smtp_core::session::ClientConfig;
/// use smtp_core::session::delivery::{Delivery, Message, Opening, Scope, Status, Step};
/// use smtp_core::syntax::{Host, Mailbox};
///
/// let opening = Opening::new(Host::new("client.example")?);
/// let mut delivery = Delivery::new(ClientConfig::SMTP, opening);
/// let (from, to) = (Mailbox::new("joe@client.example")?, [Mailbox::new("ann@mx.example")?]);
/// delivery.push((from, to), Message::default());
/// delivery.received(b"554 No service for you\r\n");
/// let Step::Fate { outcome, .. } = delivery.next_step() else { panic!() };
/// assert_eq!((outcome.status, outcome.scope), (Status::Refused, Scope::Host));
/// assert_eq!(outcome.to_string(), "554 No service for you");
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
#[doc(alias = "DSN")]
#[doc(alias = "bounce")]
pub struct Outcome {
    /// The delivery status.
    pub status: Status,
    /// The other deliveries that would fail in the same way. It has no meaning for [`Status::Delivered`].
    pub scope: Scope,
    /// The reason.
    pub cause: Cause,
}

/// The delivery status of a message for a recipient.
///
/// ```
/// use smtp_core::session::ClientConfig;
/// use smtp_core::session::delivery::{Delivery, Message, Opening, Status, Step};
/// use smtp_core::syntax::{Host, Mailbox};
///
/// let opening = Opening::new(Host::new("client.example")?);
/// let mut delivery = Delivery::new(ClientConfig::SMTP, opening);
/// let (from, to) = (Mailbox::new("joe@client.example")?, [Mailbox::new("ann@mx.example")?]);
/// delivery.push((from, to), Message::default());
/// delivery.lost(); // before the end of the content was sent
/// let Step::Fate { outcome, .. } = delivery.next_step() else { panic!() };
/// assert_eq!(outcome.status, Status::Deferred);
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Status {
    /// The server has accepted the message for the recipient.
    Delivered,
    /// The server has refused permanently with 5yz. A 552 to RCPT is [`Deferred`](Self::Deferred) instead ([RFC 5321
    /// section 4.5.3.1.10](https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.10)).
    Refused,
    /// The message was not delivered; try again later. The server has refused temporarily, or the session was lost
    /// before the end of the content was sent ([RFC 5321](https://www.rfc-editor.org/rfc/rfc5321) sections 3.8 and
    /// 4.2.1).
    Deferred,
    /// The message cannot be sent to this server, now or later.
    Unsendable,
    /// A limit of the session was reached ([RFC 9422](https://www.rfc-editor.org/rfc/rfc9422)). Another connection may
    /// be tried at once.
    Later,
    /// The whole message was sent and no valid answer came. The server may have accepted it or not: send it again,
    /// although it may then be delivered twice ([RFC 5321 section
    /// 4.5.3.2.6](https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.2.6)).
    Unknown,
}

/// The range of a failure.
///
/// ```
/// use smtp_core::session::ClientConfig;
/// use smtp_core::session::delivery::{Delivery, Message, Opening, Scope, Step};
/// use smtp_core::syntax::{Host, Mailbox};
///
/// let opening = Opening::new(Host::new("client.example")?);
/// let mut delivery = Delivery::new(ClientConfig::SMTP, opening);
/// let (from, to) = (Mailbox::new("joe@client.example")?, Mailbox::new("ann@mx.example")?);
/// delivery.push((from, [to]), Message::default());
/// delivery.received(b"554 No service for you\r\n");
/// let Step::Fate { outcome, .. } = delivery.next_step() else { unreachable!() };
/// assert_eq!(outcome.scope, Scope::Host); // try the next host
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Scope {
    /// This recipient only. Another recipient may succeed.
    Recipient,
    /// This message at this host. Another message may succeed.
    Message,
    /// Everything at this host. Try the next host.
    Host,
    /// This message at every host.
    Everywhere,
}

/// The reason of an outcome.
///
/// ```
/// use smtp_core::session::ClientConfig;
/// use smtp_core::session::delivery::{Cause, Delivery, Message, Opening, Step};
/// use smtp_core::syntax::{Host, Mailbox};
///
/// let opening = Opening::new(Host::new("client.example")?);
/// let mut delivery = Delivery::new(ClientConfig::SMTP, opening);
/// let (from, to) = (Mailbox::new("joe@client.example")?, Mailbox::new("ann@mx.example")?);
/// delivery.push((from, [to]), Message::default());
/// delivery.received(b"554 No service for you\r\n");
/// let Step::Fate { outcome, .. } = delivery.next_step() else { unreachable!() };
/// let Cause::Reply { reply, .. } = &outcome.cause else { unreachable!() };
/// assert_eq!(reply.as_reply().code().get(), 554);
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Cause {
    /// A reply.
    #[non_exhaustive]
    Reply {
        /// The action that was answered. `None` if the server sent the reply unasked, to end the session.
        to: Option<Action>,
        /// The reply.
        reply: ReplyBuf,
    },
    /// The server violated the protocol.
    Protocol(ClientError),
    /// The connection was lost, or the caller gave up.
    Lost,
    /// TLS was required but not available, or its handshake failed.
    NoTls,
    /// The server accepted AUTH, but did not prove that it knows the secret as the mechanism requires it to (see
    /// [`Authenticator::may_be_accepted`](crate::sasl::Authenticator::may_be_accepted)).
    NotProven,
    /// The client could not send the command or the content, for this reason.
    Cannot(Misuse),
}

impl Cause {
    pub(super) fn reply(to: impl Into<Option<Action>>, reply: Reply<'_>) -> Self {
        Self::Reply { to: to.into(), reply: (&reply).into() }
    }
}

impl Outcome {
    /// Returns the outcome of an action with this reply.
    pub(super) fn of_reply(to: Action, reply: Reply<'_>) -> Self {
        let code = reply.code();
        let closing = code == ReplyCode::SERVICE_NOT_AVAILABLE;
        // RFC 5321 section 4.5.3.1.10: too many recipients, in the code of RFC 821.
        let too_many = to == Action::Rcpt && code == ReplyCode::EXCEEDED_STORAGE;
        let status = match code.class() {
            ReplyClass::PermanentFailure if !too_many && to != Action::Rset => Status::Refused,
            ReplyClass::PermanentFailure | ReplyClass::TransientFailure => Status::Deferred,
            ReplyClass::Success | ReplyClass::Intermediate => Status::Delivered,
        };
        let scope = match to {
            _ if closing || code.get() == 530 => Scope::Host,
            Action::Rcpt => Scope::Recipient,
            Action::Mail | Action::Data | Action::Content | Action::Bdat | Action::BdatLast => Scope::Message,
            _ => Scope::Host,
        };
        Self { status, scope, cause: Cause::reply(to, reply) }
    }

    /// Returns the outcome of a refusal that was sent unasked.
    pub(super) fn closing(reply: Reply<'_>) -> Self {
        let status = match reply.code().class() {
            ReplyClass::PermanentFailure => Status::Refused,
            _ => Status::Deferred,
        };
        Self { status, scope: Scope::Host, cause: Cause::reply(None, reply) }
    }

    pub(super) const fn lost(cause: Cause) -> Self {
        Self { status: Status::Deferred, scope: Scope::Host, cause }
    }

    pub(super) const fn unknown(cause: Cause) -> Self {
        Self { status: Status::Unknown, scope: Scope::Host, cause }
    }

    /// Returns the outcome of a command or content that cannot be sent. `scope` is the range of what was tried.
    pub(super) const fn cannot(misuse: Misuse, scope: Scope) -> Self {
        let (status, scope) = match misuse {
            Misuse::OverLimit(OverLimit::MailMax | OverLimit::RcptMax) => (Status::Later, Scope::Host),
            Misuse::Content(_) | Misuse::NotSevenBit { .. } => (Status::Unsendable, Scope::Everywhere),
            _ => (Status::Unsendable, scope),
        };
        Self { status, scope, cause: Cause::Cannot(misuse) }
    }

    /// Returns the reply that decided, if one did.
    #[must_use]
    pub fn reply(&self) -> Option<Reply<'_>> {
        match &self.cause {
            Cause::Reply { reply, .. } => Some(reply.as_reply()),
            Cause::Protocol(error) => error.reply(),
            Cause::Lost | Cause::NoTls | Cause::NotProven | Cause::Cannot(_) => None,
        }
    }

    /// Returns the action whose reply decided, if one did.
    #[must_use]
    pub const fn action(&self) -> Option<Action> {
        match self.cause {
            Cause::Reply { to, .. } => to,
            _ => None,
        }
    }

    /// Returns `true` if the message should be sent to the recipient again.
    #[must_use]
    pub const fn is_to_be_retried(&self) -> bool {
        matches!(self.status, Status::Deferred | Status::Later | Status::Unknown)
    }

    /// Returns the enhanced code of the outcome ([RFC 3463](https://www.rfc-editor.org/rfc/rfc3463)): that of the
    /// reply, if it has one and the server offered ENHANCEDSTATUSCODES, or else the usual one of the cause. Its class is
    /// that of the outcome.
    #[must_use]
    pub fn enhanced_code(&self) -> EnhancedCode {
        use EnhancedCode as E;
        let class = match self.status {
            Status::Delivered => ReplyClass::Success,
            Status::Refused | Status::Unsendable => ReplyClass::PermanentFailure,
            Status::Deferred | Status::Later | Status::Unknown => ReplyClass::TransientFailure,
        };
        let code = match &self.cause {
            Cause::Reply { reply, .. } => reply.as_reply().enhanced_code().unwrap_or(E::OTHER),
            Cause::Protocol(_) => E::OTHER_PROTOCOL,
            Cause::Lost => E::BAD_CONNECTION,
            Cause::NoTls => E::new(ReplyClass::PermanentFailure, 7, 10).unwrap_or(E::OTHER),
            Cause::NotProven => E::OTHER_SECURITY,
            Cause::Cannot(misuse) => explain(*misuse),
        };
        code.with_class(class).unwrap_or(code)
    }

    /// Returns the value of the Action field of a delivery status notification ([RFC 3464 section
    /// 2.3.3](https://www.rfc-editor.org/rfc/rfc3464#section-2.3.3)). A message that another server has accepted is
    /// "relayed"; write "delivered" instead if that server is known to be the final one.
    #[must_use]
    pub const fn report_action(&self) -> &'static str {
        match self.status {
            Status::Delivered => "relayed",
            Status::Refused | Status::Unsendable => "failed",
            Status::Deferred | Status::Later | Status::Unknown => "delayed",
        }
    }

    /// Returns the fields of a delivery status notification on one recipient ([RFC 3464 section
    /// 2.3](https://www.rfc-editor.org/rfc/rfc3464#section-2.3)), each with its CRLF: Final-Recipient, Action, Status,
    /// Remote-MTA and, if there was a reply, Diagnostic-Code. `remote` is the name of the server. Characters in it, and
    /// in the text of the reply, that a field cannot carry are replaced by `?`.
    ///
    /// ```
    /// # use smtp_core::session::delivery::{Delivery, Message, Opening, Step};
    /// # use smtp_core::session::ClientConfig;
    /// # use smtp_core::syntax::{ForwardPath, Host, Mailbox};
    /// # let (from, to) = (Mailbox::new("joe@client.example")?, [Mailbox::new("ann@mx.example")?]);
    /// # let opening = Opening::new(Host::new("client.example")?);
    /// # let mut delivery = Delivery::new(ClientConfig::SMTP, opening);
    /// # delivery.push((from, &to[..]), Message::default());
    /// # delivery.received(b"554 No\r\n");
    /// # let Step::Fate { outcome, .. } = delivery.next_step() else { panic!() };
    /// let report = outcome.report(ForwardPath::from(to[0]), "mx.example").to_string();
    /// assert_eq!(
    ///     report,
    ///     "Final-Recipient: rfc822; ann@mx.example\r\n\
    ///      Action: failed\r\n\
    ///      Status: 5.0.0\r\n\
    ///      Remote-MTA: dns; mx.example\r\n\
    ///      Diagnostic-Code: smtp; 554 No\r\n"
    /// );
    /// # Ok::<(), smtp_core::syntax::SyntaxError>(())
    /// ```
    pub fn report<'a>(&'a self, recipient: ForwardPath<'a>, remote: &'a str) -> impl fmt::Display + 'a {
        Report { outcome: self, recipient, remote }
    }

    /// Returns `true` if a message that reports the failure is owed to the sender: the failure is permanent, the
    /// reverse-path is not null ([RFC 5321](https://www.rfc-editor.org/rfc/rfc5321) sections 3.6.3 and 6.1), and
    /// NOTIFY, if the recipient had one, asks for FAILURE ([RFC 3461 section
    /// 4.1](https://www.rfc-editor.org/rfc/rfc3461#section-4.1)).
    #[must_use]
    pub fn is_to_be_returned(&self, sender: ReversePath<'_>, notify: Option<Notify>) -> bool {
        let failed = matches!(self.status, Status::Refused | Status::Unsendable);
        failed && sender != ReversePath::Null && notify.is_none_or(|notify| notify.failure)
    }

    /// Returns the argument for [`Attempt::failed`](crate::routing::Attempt::failed), which chooses the next host.
    /// Returns `None` if it was not the host that failed.
    #[must_use]
    pub fn host_failure(&self) -> Option<HostFailure> {
        if self.scope != Scope::Host || matches!(self.status, Status::Delivered | Status::Later) {
            return None;
        }
        Some(match &self.cause {
            Cause::Reply { reply, .. } => HostFailure::Refused(reply.as_reply().code()),
            Cause::Protocol(_) | Cause::NotProven | Cause::Cannot(_) => HostFailure::Protocol,
            Cause::Lost => HostFailure::ConnectionLost,
            Cause::NoTls => HostFailure::NoTls,
        })
    }
}

/// Returns the usual enhanced code of a message that cannot be sent.
const fn explain(misuse: Misuse) -> EnhancedCode {
    use EnhancedCode as E;
    let (subject, detail) = match misuse {
        Misuse::NotOffered(NotOffered::Extension(extension)) => match extension {
            // RFC 6531 section 3.5, RFC 8689 section 5, RFC 6152 section 3 and RFC 3463 section 3.7.
            Extension::SmtpUtf8 => (6, 7),
            Extension::RequireTls => (7, 30),
            Extension::EightBitMime | Extension::BinaryMime | Extension::Chunking => (6, 3),
            _ => (3, 3),
        },
        Misuse::NotSevenBit { .. } => (6, 3),
        Misuse::OverLimit(OverLimit::Size) => (3, 4),
        Misuse::OverLimit(OverLimit::RcptMax | OverLimit::MailMax) => (5, 3),
        Misuse::EncryptionRequired => (7, 11),
        Misuse::Content(_) => (6, 0),
        Misuse::Unsendable(_) => (1, 3),
        _ => (3, 3),
    };
    match E::new(ReplyClass::PermanentFailure, subject, detail) {
        Ok(code) => code,
        Err(_) => E::OTHER,
    }
}
