//! SIGINT and SIGTERM, which end a server.

use crate::output::{Failure, Result};
use tokio::sync::watch;

/// Returns a value that becomes `true` with the first signal. The second signal ends the program at once.
pub(crate) fn stopped() -> Result<watch::Receiver<bool>> {
    let (stop, stopped) = watch::channel(false);
    #[cfg(unix)]
    let terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
    #[cfg(unix)]
    let mut terminate = terminate.map_err(|error| Failure::of("SIGTERM", error))?;
    tokio::spawn(async move {
        loop {
            #[cfg(unix)]
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            #[cfg(not(unix))]
            drop(tokio::signal::ctrl_c().await);
            if stop.send_replace(true) {
                std::process::exit(130);
            }
        }
    });
    Ok(stopped)
}
