//! `smtp-lab proxy`: passes the octets of both sides on as they are, records each session and judges it.

use crate::output::{Failure, Result, say};
use crate::signal;
use crate::watcher::Watcher;
use smtp_core::observer::Side;
use smtp_testkit::recording::Record;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Stand between a client and a server: pass octets on unchanged, record each session, and print it with every violation of an
/// RFC beneath its line.
///
/// What is said within TLS is passed on and not judged.
#[derive(clap::Args, Debug)]
pub(crate) struct Options {
    /// Listen here
    #[arg(long, value_name = "ADDR")]
    listen: String,
    /// The server
    #[arg(long, value_name = "HOST:PORT")]
    to: String,
    /// Keep each session here as a capture for `audit`, without credentials; nothing is overwritten
    #[arg(long, value_name = "DIR", default_value = "captures")]
    record: PathBuf,
    /// Do not print the sessions
    #[arg(long)]
    quiet: bool,
}

struct Session {
    id: u64,
    quiet: bool,
    watcher: Mutex<Watcher>,
}

impl Session {
    fn watcher(&self) -> MutexGuard<'_, Watcher> {
        self.watcher.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn saw(&self, record: Record) {
        // The lines of two directions are printed in the order in which they were seen.
        let mut watcher = self.watcher();
        let printed = watcher.take(record);
        if !self.quiet && !printed.is_empty() {
            let tagged: String = printed.lines().map(|line| format!("#{} {line}\n", self.id)).collect();
            say(&tagged);
        }
    }

    /// Passes on what one side sends, until it closes.
    async fn pass(&self, side: Side, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) -> io::Result<()> {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let read = from.read(&mut buffer).await?;
            let octets = buffer.get(..read).unwrap_or_default();
            if octets.is_empty() {
                self.saw(Record::Eof(side));
                return to.shutdown().await;
            }
            // Before it is passed on, so that no answer comes before it.
            self.saw(Record::Data(side, octets.to_vec()));
            to.write_all(octets).await?;
        }
    }

    async fn run(&self, client: TcpStream, server: &str, mut stopped: watch::Receiver<bool>) -> io::Result<()> {
        let server = TcpStream::connect(server).await?;
        drop((client.set_nodelay(true), server.set_nodelay(true)));
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        let both = async {
            tokio::try_join!(
                self.pass(Side::Client, from_client, to_server),
                self.pass(Side::Server, from_server, to_client)
            )
        };
        tokio::select! {
            passed = both => passed.map(drop),
            _ = stopped.wait_for(|stopped| *stopped) => Ok(()),
        }
    }
}

pub(crate) async fn run(options: Options) -> Result<()> {
    let mut stopped = signal::stopped()?;
    std::fs::create_dir_all(&options.record).map_err(|error| Failure::of(options.record.display(), error))?;
    let listener = crate::mock::bind(&options.listen).await?;
    say(&format!("listening on {}\n", listener.local_addr()?));
    let (options, mut sessions, mut last) = (Arc::new(options), JoinSet::new(), 0_u64);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = sessions.join_next(), if !sessions.is_empty() => continue,
            _ = stopped.wait_for(|stopped| *stopped) => break,
        };
        let Ok((client, _)) = accepted else {
            // There may be no file descriptor left.
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            continue;
        };
        last = last.saturating_add(1);
        let session = Session { id: last, quiet: options.quiet, watcher: Mutex::new(Watcher::new(true)) };
        let (options, stopped) = (Arc::clone(&options), stopped.clone());
        sessions.spawn(async move {
            if let Err(error) = session.run(client, &options.to, stopped).await {
                say(&format!("#{} {}: {error}\n", session.id, options.to.escape_debug()));
            }
            let written = session.watcher().write(&options.record, "");
            let violations = session.watcher().violations();
            match written {
                Ok(path) => say(&format!("#{} {violations} violations, {}\n", session.id, path.display())),
                Err(error) => say(&format!("#{} {error}\n", session.id)),
            }
        });
    }
    drop(listener);
    while sessions.join_next().await.is_some() {}
    Ok(())
}
