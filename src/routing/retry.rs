//! The schedule of delivery attempts (RFC 5321 section 4.5.4.1). It reads no clock: the caller passes the age of the
//! message.

use core::time::Duration;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// The intervals between attempts to deliver a message, and the time after which to give up.
///
/// Each wait is twice as long as the previous one, up to [`longest`](Self::longest). The quotations are from [RFC 5321
/// section 4.5.4.1](https://www.rfc-editor.org/rfc/rfc5321#section-4.5.4.1).
///
/// ```
/// use smtp_core::routing::RetryPolicy;
/// use std::time::Duration;
///
/// let policy = RetryPolicy::default();
/// let minutes = |count: u64| Duration::from_secs(60 * count);
/// // One attempt has failed, immediately after the message came.
/// assert_eq!(policy.wait(1, minutes(0)), Some(minutes(30)));
/// assert_eq!(policy.wait(2, minutes(30)), Some(minutes(60)));
/// assert_eq!(policy.wait(9, minutes(1500)), Some(minutes(180)));
/// // Five days have passed: return the message.
/// assert_eq!(policy.wait(45, minutes(5 * 24 * 60)), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[non_exhaustive]
#[doc(alias = "backoff")]
pub struct RetryPolicy {
    /// The wait after the first attempt: "the retry interval SHOULD be at least 30 minutes". Default: 30 minutes.
    pub first: Duration,
    /// The longest wait: "backing off to one every two or three hours". Default: 3 hours.
    pub longest: Duration,
    /// The age at which a message is given up: "at least 4-5 days". Default: 5 days.
    pub give_up: Duration,
    /// The age at which a message with a null reverse-path is given up. It is shorter, because the message is a report
    /// whose failure is reported to no one. Default: 1 day.
    pub give_up_report: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(30 * MINUTE),
            longest: Duration::from_secs(3 * HOUR),
            give_up: Duration::from_secs(5 * DAY),
            give_up_report: Duration::from_secs(DAY),
        }
    }
}

impl RetryPolicy {
    /// Returns the wait before the next attempt, after `attempts` failed attempts with a message of this age, or `None`
    /// to give up.
    ///
    /// The last attempt is made when the message reaches the give-up age, even if the regular wait would be longer.
    #[must_use]
    pub fn wait(&self, attempts: u32, age: Duration) -> Option<Duration> {
        self.wait_until(self.give_up, attempts, age)
    }

    /// Returns the same for a message with a null reverse-path.
    #[must_use]
    pub fn wait_for_report(&self, attempts: u32, age: Duration) -> Option<Duration> {
        self.wait_until(self.give_up_report, attempts, age)
    }

    fn wait_until(&self, give_up: Duration, attempts: u32, age: Duration) -> Option<Duration> {
        let left = give_up.checked_sub(age).filter(|left| !left.is_zero())?;
        let doublings = attempts.saturating_sub(1).min(31);
        let wait = self.first.saturating_mul(1_u32.wrapping_shl(doublings));
        Some(wait.min(self.longest).min(left))
    }
}
