//! The timers of a session (RFC 5321 section 4.5.3.2). The crate has no clock: client and server name the timer that
//! runs, the caller waits.

use core::time::Duration;

/// A wait of a session, which has a minimum duration.
///
/// ```
/// use smtp_core::session::Timer;
/// use std::time::Duration;
///
/// assert_eq!(Timer::Content.minimum(), Duration::from_secs(600));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Timer {
    /// A client waits for the greeting: 5 minutes.
    Greeting,
    /// A client waits for the reply to MAIL: 5 minutes.
    Mail,
    /// A client waits for the reply to RCPT: 5 minutes.
    Rcpt,
    /// A client waits for the 354: 2 minutes.
    Data,
    /// A client waits until a block of content is sent: 3 minutes.
    Block,
    /// A client waits for the reply to the content: 10 minutes.
    Content,
    /// A client waits for the reply to ATRN: 10 minutes (RFC 2645 section 5.2.2).
    Atrn,
    /// A client waits for any other reply: 5 minutes, as for the commands that RFC 5321 names.
    Reply,
    /// A server waits for the client: 5 minutes.
    Command,
}

impl Timer {
    /// Returns the minimum time to wait before giving up.
    #[must_use]
    pub const fn minimum(self) -> Duration {
        let minutes: u64 = match self {
            Self::Data => 2,
            Self::Block => 3,
            Self::Content | Self::Atrn => 10,
            Self::Greeting | Self::Mail | Self::Rcpt | Self::Reply | Self::Command => 5,
        };
        Duration::from_secs(minutes.saturating_mul(60))
    }
}
