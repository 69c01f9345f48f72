//! What a client may cost: time and connections. The driver asks; nothing here knows what is said.

use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::io::{self, ErrorKind};
use std::net::IpAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

/// The time that a client has to read the last reply, and for octets that it sends after it.
pub(super) const LAST_WORDS: Duration = Duration::from_secs(1);

pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// What a client may cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// The longest silence. RFC 5321 section 4.5.3.2.7 wants at least 5 minutes.
    pub(crate) idle: Duration,
    /// The longest session.
    pub(crate) session: Duration,
    /// The smallest number of octets a second. It applies once the client was waited for longer than `idle`.
    pub(crate) rate: u32,
    /// The largest number of connections from one address at a time.
    pub(crate) connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { idle: Duration::from_secs(300), session: Duration::from_secs(3600), rate: 10, connections: 20 }
    }
}

/// When a session has to end.
pub(super) struct Clock {
    pub(super) limits: Limits,
    pub(super) stop: watch::Receiver<bool>,
    pub(super) began: Instant,
    /// The time for which the client was waited for, and the number of octets that it has sent in that time.
    pub(super) waited: Duration,
    pub(super) read: u64,
}

impl Clock {
    /// The server stops, or the session has lasted long enough.
    pub(super) async fn over(&mut self) {
        tokio::select! {
            _ = self.stop.wait_for(|stop| *stop) => {}
            () = sleep_until(self.began + self.limits.session) => {}
        }
    }

    /// Returns the time that the next octets may take.
    pub(super) fn patience(&self) -> Duration {
        let earned = Duration::from_secs(self.read / u64::from(self.limits.rate.max(1)));
        self.limits.idle.min(earned.max(self.limits.idle).saturating_sub(self.waited))
    }

    /// Writes all octets. Waits for a client that does not read no longer than for one that does not write.
    pub(super) async fn write(&mut self, stream: &mut impl Stream, octets: &[u8]) -> io::Result<()> {
        let idle = self.limits.idle;
        let last_words = async {
            self.over().await;
            sleep(LAST_WORDS).await;
        };
        tokio::select! {
            result = async { stream.write_all(octets).await?; stream.flush().await } => result,
            () = sleep(idle) => Err(ErrorKind::TimedOut.into()),
            () = last_words => Err(ErrorKind::TimedOut.into()),
        }
    }

    /// Polls a decision once. Only if it is not ready, `output` is written before it is waited for (RFC 2920 section 3.2). Returns
    /// the decision, unless the session is over first, and how much was written.
    pub(super) async fn decide<T>(
        &mut self,
        decision: impl Future<Output = T>,
        stream: &mut impl Stream,
        output: &[u8],
    ) -> io::Result<(Option<T>, usize)> {
        let mut decision = pin!(decision);
        if let Poll::Ready(decided) = poll_fn(|context| Poll::Ready(decision.as_mut().poll(context))).await {
            return Ok((Some(decided), 0));
        }
        self.write(stream, output).await?;
        let decided = tokio::select! {
            decided = decision => Some(decided),
            () = self.over() => None,
        };
        Ok((decided, output.len()))
    }
}

/// The number of connections of each address.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guests(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// A connection that is counted until it is dropped.
pub(super) struct Guest {
    guests: Guests,
    peer: IpAddr,
    /// The number of connections of its address, this one included.
    pub(super) number: usize,
}

impl Guests {
    pub(super) fn enter(&self, peer: IpAddr) -> Guest {
        let mut guests = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = guests.entry(peer).or_default();
        *number += 1;
        Guest { guests: self.clone(), peer, number: *number }
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut guests = self.guests.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = guests.get_mut(&self.peer) {
            *number -= 1;
            if *number == 0 {
                guests.remove(&self.peer);
            }
        }
    }
}
