//! `smtp-lab proxy`: passes the octets of both sides on as they are, records each session and judges it.

use crate::output::{Failure, Result, host_and_port, say, shown};
use crate::record::Recorder;
use crate::send::security;
use crate::watcher::Watcher;
use crate::{signal, tls};
use clap::ValueEnum;
use rustls::pki_types::ServerName;
use smtp_core::observer::Side;
use smtp_testkit::recording::Record;
use std::future::{Future, pending};
use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// The longest time for a TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(60);

trait Pipe: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Pipe for S {}

const EXAMPLES: &str = "\
Examples:
  smtp-lab proxy --listen 127.0.0.1:2525 --to mx.example:25
  smtp-lab proxy --listen 127.0.0.1:2525 --to mail.example:587 --tls end --record captures
  smtp-lab audit captures/*.jsonl
Ctrl-C ends it.";

/// Stand between a client and a server: pass octets on unchanged, record each session, and print it with every violation of an
/// RFC beneath its line.
///
/// With --tls pass, what is said within TLS is passed on and not judged. With --tls end, client and server each speak TLS with the
/// proxy, which sees and records what they say.
#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Options {
    /// Listen here for clients
    #[arg(long, value_name = "HOST:PORT")]
    listen: String,
    /// Pass everything on to this server
    #[arg(long, value_name = "HOST:PORT", value_parser = host_and_port)]
    to: String,
    /// Record each session in DIR as a capture for `audit`, without credentials; nothing is overwritten
    #[arg(long, value_name = "DIR", default_value = "captures")]
    record: PathBuf,
    /// pass: TLS goes through as it is; end: after STARTTLS it ends here on both sides; implicit: as end, from the first octet
    #[arg(long, value_enum, default_value = "pass")]
    tls: Tls,
    /// The certificate chain that the client is shown, in PEM, instead of one that is made for this run
    #[arg(long, value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,
    /// The key of the certificate, in PEM
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
    /// The certificates that are trusted to sign the server's, in PEM; without them any certificate is accepted
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Do not print the sessions
    #[arg(long)]
    quiet: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Tls {
    Pass,
    End,
    Implicit,
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

    /// Passes on what one side sends, until it closes. Returns `true` if this ends because TLS begins.
    async fn pass(
        &self,
        side: Side,
        mut from: impl AsyncRead + Unpin,
        mut to: impl AsyncWrite + Unpin,
        tls_begins: Option<&Notify>,
    ) -> io::Result<bool> {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let begun = async {
                match tls_begins {
                    Some(begins) if side == Side::Client => begins.notified().await,
                    _ => pending().await,
                }
            };
            let read = tokio::select! {
                // What comes after the reply to STARTTLS is for the handshake, and so is whatever was sent too early.
                biased;
                () = begun => return Ok(true),
                read = from.read(&mut buffer) => read,
            };
            let read = match read {
                // Many close a connection without the alert that TLS wants.
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => 0,
                read => read?,
            };
            let octets = buffer.get(..read).unwrap_or_default();
            if octets.is_empty() {
                self.saw(Record::Eof(side));
                return to.shutdown().await.map(|()| false);
            }
            // Before it is passed on, so that no answer comes before it.
            self.saw(Record::Data(side, octets.to_vec()));
            let begins = tls_begins.filter(|_| side == Side::Server && self.watcher().is_encrypted());
            if let Some(begins) = begins {
                begins.notify_one();
            }
            to.write_all(octets).await?;
            to.flush().await?;
            if begins.is_some() {
                return Ok(true);
            }
        }
    }

    /// Passes on what both sides send, until they close. Returns `true` if this ends because TLS begins.
    /// `ends` says that it does so.
    async fn pass_both(&self, client: &mut impl Pipe, server: &mut impl Pipe, ends: bool) -> io::Result<bool> {
        let begins = ends.then(Notify::new);
        let (from_client, to_client) = tokio::io::split(client);
        let (from_server, to_server) = tokio::io::split(server);
        let (_, begun) = tokio::try_join!(
            self.pass(Side::Client, from_client, to_server, begins.as_ref()),
            self.pass(Side::Server, from_server, to_client, begins.as_ref())
        )?;
        Ok(begun)
    }

    async fn run(&self, mut client: TcpStream, options: &Options, ends: Option<&Ends>) -> io::Result<()> {
        let mut server = TcpStream::connect(&options.to).await?;
        drop((client.set_nodelay(true), server.set_nodelay(true)));
        if options.tls != Tls::Implicit {
            let begun = self.pass_both(&mut client, &mut server, ends.is_some()).await?;
            if !begun {
                return Ok(());
            }
            self.watcher().begin_tls();
        }
        let Some(ends) = ends else { return Ok(()) };
        // The server first: where it fails, the client is to hear of no success.
        let mut server = handshake("the server", ends.connector.connect(ends.server.clone(), server)).await?;
        let mut client = handshake("the client", ends.acceptor.accept(client)).await?;
        self.pass_both(&mut client, &mut server, false).await.map(drop)
    }
}

/// The two ends of TLS.
struct Ends {
    acceptor: TlsAcceptor,
    connector: TlsConnector,
    server: ServerName<'static>,
}

impl Ends {
    fn new(options: &Options) -> Result<Self> {
        let acceptor = match (&options.cert, &options.key) {
            (Some(cert), Some(key)) => tls::from_files(cert, key)?,
            _ => tls::self_made("proxy.example")?,
        };
        let connector = security::connector(options.ca.as_deref(), options.ca.is_none())?;
        let host = options.to.rsplit_once(':').map_or(&*options.to, |(host, _)| host).trim_matches(['[', ']']);
        let server = ServerName::try_from(host.to_owned()).map_err(|error| Failure::of("--to", error))?;
        Ok(Self { acceptor, connector, server })
    }
}

async fn handshake<S>(with: &str, handshake: impl Future<Output = io::Result<S>>) -> io::Result<S> {
    let done = timeout(HANDSHAKE, handshake).await.unwrap_or_else(|_| Err(ErrorKind::TimedOut.into()));
    done.map_err(|error| io::Error::other(format!("no TLS with {with}: {error}")))
}

pub(crate) async fn run(options: Options) -> Result<()> {
    let mut stopped = signal::stopped()?;
    if options.tls == Tls::Pass && (options.cert.is_some() || options.ca.is_some()) {
        let name = if options.cert.is_some() { "--cert" } else { "--ca" };
        return Err(Failure::of(name, "with --tls pass the proxy has no part in TLS; use --tls end or --tls implicit"));
    }
    let ends = if options.tls == Tls::Pass { None } else { Some(Ends::new(&options)?) };
    let listener = crate::mock::bind("--listen", &options.listen).await?;
    let recorder = Arc::new(Recorder::in_folder(&options.record)?);
    say(&format!("listening on {}\n", crate::mock::local(&listener)?));
    let (options, ends, mut sessions, mut last) = (Arc::new(options), Arc::new(ends), JoinSet::new(), 0_u64);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = sessions.join_next(), if !sessions.is_empty() => continue,
            _ = stopped.wait_for(|stopped| *stopped) => break,
        };
        let Ok((client, _)) = accepted else {
            // There may be no file descriptor left.
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        last = last.saturating_add(1);
        let session = Session { id: last, quiet: options.quiet, watcher: Mutex::new(recorder.watcher()) };
        let (options, ends, recorder) = (Arc::clone(&options), Arc::clone(&ends), Arc::clone(&recorder));
        let mut stopped = stopped.clone();
        sessions.spawn(async move {
            let run = async {
                tokio::select! {
                    passed = session.run(client, &options, ends.as_ref().as_ref()) => passed,
                    _ = stopped.wait_for(|stopped| *stopped) => Ok(()),
                }
            };
            if let Err(error) = run.await {
                say(&format!("#{} {}: {error}\n", session.id, options.to.escape_debug()));
            }
            let written = recorder.keep(Some(session.id), &mut session.watcher());
            let violations = session.watcher().violations();
            match written {
                Ok(path) => {
                    let path = path.as_deref().map(shown).unwrap_or_default();
                    say(&format!("#{} {violations} violations, {path}\n", session.id));
                }
                Err(Failure::Told(why)) => say(&format!("#{} {why}\n", session.id)),
                Err(Failure::ClosedPipe) => {}
            }
        });
    }
    drop(listener);
    while sessions.join_next().await.is_some() {}
    Ok(())
}
