//! What became of a message for a recipient, and what a report on it says.
//!
//! This file knows which replies are for good, for whom they hold, and how RFC 3464 writes that down. Everything else in
//! [`delivery`](super) makes its outcomes here. It must not know in which order replies come.

use crate::routing::HostFailure;
use crate::session::{Action, ClientError, Misuse, NotOffered};
use crate::syntax::{
    EnhancedCode, Extension, ForwardPath, Notify, OverLimit, Reply, ReplyBuf, ReplyClass, ReplyCode, ReversePath,
};
use core::fmt;

/// What became of a message for one recipient. Many recipients may share one.
///
/// `Display` writes the reason on one line: the reply, or what happened in place of one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outcome {
    /// What became of it.
    pub status: Status,
    /// What else fails in the same way.
    pub scope: Scope,
    /// Why.
    pub cause: Cause,
}

/// What became of a message for a recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Status {
    /// The server has taken the message for the recipient.
    Delivered,
    /// The server has refused for good: 5yz, but for the 552 to RCPT, which is [`Deferred`](Self::Deferred) (RFC 5321 section
    /// 4.5.3.1.10).
    Refused,
    /// Nobody has the message; try again later. The server has refused for now, or the session was lost before the end of the
    /// content was sent (RFC 5321 sections 3.8 and 4.2.1).
    Deferred,
    /// The message could not be sent to this server, and will not be later.
    Unsendable,
    /// A limit of the session was reached (RFC 9422). Nothing stands against trying at once with another connection.
    Later,
    /// The whole message was sent and no valid answer came. The server may have it or not: send it again, although it may then be
    /// delivered twice (RFC 5321 section 4.5.3.2.6).
    Unknown,
}

/// What a failure holds for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scope {
    /// This recipient. Another may fare better.
    Recipient,
    /// This message at this host. Another message may fare better.
    Message,
    /// Everything at this host. Try the next one.
    Host,
    /// This message at every host.
    Everywhere,
}

/// Why an outcome is as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// A reply.
    #[non_exhaustive]
    Reply {
        /// What it answered. `None` if nothing had asked for it: the server ended the session.
        to: Option<Action>,
        /// The reply.
        reply: ReplyBuf,
    },
    /// What the server sent is no answer.
    Protocol(ClientError),
    /// The connection was lost, or the caller gave up.
    Lost,
    /// TLS was wanted and could not be had, or its handshake failed.
    NoTls,
    /// The server accepted AUTH, but did not prove that it knows the secret as the mechanism requires it to (see
    /// [`Authenticator::may_be_accepted`](crate::sasl::Authenticator::may_be_accepted)).
    NotProven,
    /// The client could not send it, for this reason.
    Cannot(Misuse),
}

impl Cause {
    pub(super) fn reply(to: impl Into<Option<Action>>, reply: Reply<'_>) -> Self {
        Self::Reply { to: to.into(), reply: (&reply).into() }
    }
}

impl Outcome {
    /// What the reply to an action means.
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

    /// A refusal that nothing had asked for.
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

    /// What cannot be sent. The scope is that of what was tried.
    pub(super) const fn cannot(misuse: Misuse, scope: Scope) -> Self {
        let (status, scope) = match misuse {
            Misuse::OverLimit(OverLimit::MailMax | OverLimit::RcptMax) => (Status::Later, Scope::Host),
            Misuse::Content(_) => (Status::Unsendable, Scope::Everywhere),
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

    /// Returns `true` if the message is to be sent to the recipient again.
    #[must_use]
    pub const fn is_to_be_retried(&self) -> bool {
        matches!(self.status, Status::Deferred | Status::Later | Status::Unknown)
    }

    /// Returns the enhanced code that says it (RFC 3463): the one of the reply, of the class that the outcome has, or the usual one
    /// of what happened.
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

    /// Returns the value of the field Action of a delivery status notification (RFC 3464 section 2.3.3). What another server has
    /// taken is "relayed": say "delivered" in its place where that server is known to be the last.
    #[must_use]
    pub const fn report_action(&self) -> &'static str {
        match self.status {
            Status::Delivered => "relayed",
            Status::Refused | Status::Unsendable => "failed",
            Status::Deferred | Status::Later | Status::Unknown => "delayed",
        }
    }

    /// Returns the fields of a delivery status notification on one recipient (RFC 3464 section 2.3), each with its CRLF:
    /// Final-Recipient, Action, Status, Remote-MTA and, where a reply decided, Diagnostic-Code. `remote` is the name of the host
    /// that was spoken to; what a field cannot carry is `?` in it, and in the text of the reply.
    ///
    /// ```
    /// # use smtp_core::session::delivery::{Delivery, Message, Opening, Step};
    /// # use smtp_core::session::ClientConfig;
    /// # use smtp_core::syntax::{ForwardPath, Host, Mailbox};
    /// # let (from, to) = (Mailbox::new("joe@client.example")?, [Mailbox::new("ann@mx.example")?]);
    /// # let mut delivery = Delivery::new(ClientConfig::SMTP, Opening::new(Host::new("client.example")?));
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

    /// Returns `true` if a message that reports the failure is owed to the sender: the failure is for good, the reverse-path is not
    /// null (RFC 5321 sections 3.6.3 and 6.1), and NOTIFY, if the recipient had one, asks for FAILURE (RFC 3461 section 4.1).
    #[must_use]
    pub fn is_to_be_returned(&self, sender: ReversePath<'_>, notify: Option<Notify>) -> bool {
        let failed = matches!(self.status, Status::Refused | Status::Unsendable);
        failed && sender != ReversePath::Null && notify.is_none_or(|notify| notify.failure)
    }

    /// Returns what [`Attempt::failed`](crate::routing::Attempt::failed) takes to say which host is next, if it is the host that
    /// failed.
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

/// The usual enhanced code of what cannot be sent.
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
        Misuse::OverLimit(OverLimit::Size) => (3, 4),
        Misuse::OverLimit(OverLimit::RcptMax | OverLimit::MailMax) => (5, 3),
        Misuse::EncryptionRequired => (7, 11),
        Misuse::Content(_) => (6, 0),
        Misuse::Unsendable(_) => (1, 3),
        _ => (3, 3),
    };
    match E::new(ReplyClass::PermanentFailure, subject, detail) {
        Some(code) => code,
        None => E::OTHER,
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(formatter)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        match self {
            Self::Reply { reply, .. } => write!(OneLine { to: formatter, ascii: false }, "{}", reply.as_reply()),
            Self::Protocol(error) => write!(OneLine { to: formatter, ascii: false }, "{error}"),
            Self::Lost => formatter.write_str("the connection was closed"),
            Self::NoTls => formatter.write_str("no TLS"),
            Self::NotProven => formatter.write_str("the server did not prove who it is"),
            Self::Cannot(misuse) => misuse.fmt(formatter),
        }
    }
}

struct Report<'a> {
    outcome: &'a Outcome,
    recipient: ForwardPath<'a>,
    remote: &'a str,
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        let Self { outcome, recipient, remote } = self;
        match recipient {
            ForwardPath::Postmaster => formatter.write_str("Final-Recipient: rfc822; postmaster\r\n")?,
            ForwardPath::Path(path) => {
                // RFC 6533 section 3: the type utf-8, in a report of the type that may carry it.
                let kind = if path.needs_smtputf8() { "utf-8" } else { "rfc822" };
                write!(formatter, "Final-Recipient: {kind}; {}\r\n", path.mailbox())?;
            }
        }
        write!(formatter, "Action: {}\r\nStatus: {}\r\n", outcome.report_action(), outcome.enhanced_code())?;
        formatter.write_str("Remote-MTA: dns; ")?;
        OneLine { to: formatter, ascii: true }.write_str(remote)?;
        if let Some(reply) = outcome.reply() {
            formatter.write_str("\r\nDiagnostic-Code: smtp; ")?;
            write!(OneLine { to: formatter, ascii: true }, "{reply}")?;
        }
        formatter.write_str("\r\n")
    }
}

/// Writes a text on one line: a space for each CRLF, and `?` for what a field cannot carry.
struct OneLine<'a, 'b> {
    to: &'a mut fmt::Formatter<'b>,
    ascii: bool,
}

impl fmt::Write for OneLine<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            match character {
                '\r' => {}
                '\n' => self.to.write_char(' ')?,
                _ if character.is_control() || (self.ascii && !character.is_ascii()) => self.to.write_char('?')?,
                _ => self.to.write_char(character)?,
            }
        }
        Ok(())
    }
}
