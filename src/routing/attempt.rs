//! The consequences for a message when the hosts of a domain fail: try the next host, try later, or give up.

use crate::syntax::{ReplyClass, ReplyCode};

/// The reason why a host could not be used. A reply about one message or recipient is not a failure of the host.
///
/// ```
/// use smtp_core::routing::{Attempt, HostFailure, Next};
///
/// // A lookup that failed may succeed later. A name without an address fails for good.
/// assert_eq!(Attempt::new(1).failed(HostFailure::LookupFailed), Next::Later);
/// assert_eq!(Attempt::new(1).failed(HostFailure::NoAddress), Next::GiveUp);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum HostFailure {
    /// The name of the host has no address.
    NoAddress,
    /// The addresses of the host could not be looked up now.
    LookupFailed,
    /// No connection could be made to any of its addresses.
    CannotConnect,
    /// The connection was lost, or a timer expired, before the host had accepted a message.
    ConnectionLost,
    /// TLS was required and could not be established.
    NoTls,
    /// The greeting, or the reply to the hello, was this refusal.
    Refused(ReplyCode),
    /// The host does not speak SMTP.
    Protocol,
}

impl HostFailure {
    /// Returns `true` if the same host will fail in the same way later.
    const fn is_permanent(self) -> bool {
        match self {
            Self::NoAddress => true,
            Self::Refused(code) => matches!(code.class(), ReplyClass::PermanentFailure),
            Self::LookupFailed | Self::CannotConnect | Self::ConnectionLost | Self::NoTls | Self::Protocol => false,
        }
    }
}

/// The next action after a failure ([RFC 5321](https://www.rfc-editor.org/rfc/rfc5321) sections 4.5.4.1 and 5.1).
///
/// ```
/// use smtp_core::routing::{Attempt, HostFailure, Next};
///
/// let mut attempt = Attempt::new(2);
/// assert_eq!(attempt.failed(HostFailure::CannotConnect), Next::NextHost);
/// assert_eq!(attempt.failed(HostFailure::CannotConnect), Next::Later);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Next {
    /// Try the next host.
    NextHost,
    /// Keep the message and try again later, from the lookup on.
    Later,
    /// Return the message to its sender: each host has refused permanently or has no address.
    GiveUp,
}

/// One attempt to deliver to a domain, host by host.
///
/// ```
/// use smtp_core::routing::{Attempt, HostFailure, Next};
/// use smtp_core::syntax::ReplyCode;
///
/// let mut attempt = Attempt::new(2); // hosts
/// let refused = HostFailure::Refused(ReplyCode::TRANSACTION_FAILED); // for good
/// assert_eq!(attempt.failed(refused), Next::NextHost);
/// // The second host may come back.
/// assert_eq!(attempt.failed(HostFailure::CannotConnect), Next::Later);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[doc(alias = "retry")]
pub struct Attempt {
    left: usize,
    may_succeed_later: bool,
}

impl Attempt {
    /// Begins an attempt with `hosts` hosts to try.
    #[must_use]
    pub const fn new(hosts: usize) -> Self {
        Self { left: hosts, may_succeed_later: false }
    }

    /// Notes that the current host failed, and returns the next action.
    pub const fn failed(&mut self, failure: HostFailure) -> Next {
        self.left = self.left.saturating_sub(1);
        self.may_succeed_later |= !failure.is_permanent();
        match (self.left, self.may_succeed_later) {
            (1.., _) => Next::NextHost,
            (0, true) => Next::Later,
            (0, false) => Next::GiveUp,
        }
    }
}
