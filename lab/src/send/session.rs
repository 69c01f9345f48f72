//! One connection of `send`: a driver of `Delivery` for tokio. It knows sockets, TLS and time, and not what a reply means.

use super::Letter;
use crate::output::{Failure, complain, say_if_read};
use crate::record::Recorder;
use smtp_core::observer::Side;
use smtp_core::session::delivery::{Connection, Delivery, Opening, Outcome, Step};
use smtp_core::session::{ClientConfig, Timer};
use smtp_core::syntax::{ForwardPath, Parameters, ReversePath};
use smtp_testkit::recording::Record;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

/// The number of octets of content that are written at a time.
const PIECE: usize = 64 * 1024;

/// The longest time for the end of a connection.
const LAST_WORDS: Duration = Duration::from_secs(1);

pub(super) trait Pipe: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Pipe for S {}

/// The way to a server.
pub(super) struct Route<'a> {
    pub(super) server: &'a str,
    pub(super) config: ClientConfig,
    pub(super) connector: &'a TlsConnector,
    pub(super) implicit: bool,
    /// The longest wait, whatever the RFC grants.
    pub(super) most: Option<Duration>,
    pub(super) recorder: &'a Recorder,
}

/// What became of a connection.
pub(super) struct Ended {
    /// The outcome for each recipient, if there is one.
    pub(super) outcomes: Vec<Option<Outcome>>,
    pub(super) handshake_failed: bool,
}

type Envelope<'a> = ((ReversePath<'a>, Parameters<'a>), (&'a [ForwardPath<'a>], Parameters<'a>));

impl Route<'_> {
    fn limit(&self, timer: Timer) -> Duration {
        self.most.map_or(timer.minimum(), |most| most.min(timer.minimum()))
    }

    /// Returns the name in the certificate of the server.
    fn name(&self) -> io::Result<ServerName<'static>> {
        let host = self.server.rsplit_once(':').map_or(self.server, |(host, _)| host);
        ServerName::try_from(host.trim_matches(['[', ']']).to_owned()).map_err(io::Error::other)
    }
}

/// Connects to the server, with implicit TLS if the route has it.
pub(super) async fn connect(route: &Route<'_>) -> io::Result<(Box<dyn Pipe>, Connection)> {
    let connecting = timeout(route.limit(Timer::Reply), TcpStream::connect(route.server));
    let socket = connecting.await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    drop(socket.set_nodelay(true));
    if !route.implicit {
        return Ok((Box::new(socket), Connection::new(route.config)));
    }
    let handshake = timeout(route.limit(Timer::Greeting), route.connector.connect(route.name()?, socket));
    let stream = handshake.await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    Ok((Box::new(stream), Connection::over_tls(route.config)))
}

/// Delivers to these recipients over a new connection.
pub(super) async fn deliver(
    route: &Route<'_>,
    (mut stream, connection): (Box<dyn Pipe>, Connection),
    opening: Opening,
    envelope: Envelope<'_>,
    letter: &Letter<'_>,
) -> Ended {
    let count = envelope.1.0.len();
    let mut ended = Ended { outcomes: vec![None; count], handshake_failed: false };
    let mut delivery = Delivery::with(connection, opening);
    delivery.push(envelope, letter.message);
    delivery.quit();
    let mut watcher = route.recorder.watcher();
    let (mut buffer, mut progress) = (vec![0; PIECE], Progress::new(letter.content.len()));
    loop {
        let step = delivery.next_step();
        if let Step::Fate { recipient, outcome, .. } = &step {
            if let Some(place) = ended.outcomes.get_mut(*recipient) {
                *place = Some((*outcome).clone());
            }
            continue;
        }
        let action = match step {
            Step::Read(timer) => Action::Read(timer),
            Step::Handshake => Action::Handshake,
            Step::Content { from, .. } => Action::Content(from),
            _ => Action::End,
        };
        // Whatever comes, first what is to be written.
        let output = delivery.to_write();
        if !output.is_empty() {
            let length = output.len();
            say_if_read(&watcher.take(Record::Data(Side::Client, output.to_vec())));
            let writing = async {
                stream.write_all(output).await?;
                stream.flush().await
            };
            match timeout(route.limit(Timer::Block), writing).await {
                Ok(Ok(())) => delivery.written(length),
                // A server that refuses may close before it has read everything: what it said is there to be read.
                _ => {
                    delivery.written(length);
                    drop(stream.shutdown().await);
                }
            }
        }
        match action {
            Action::Read(timer) => {
                let read = timeout(route.limit(timer), stream.read(&mut buffer)).await;
                match buffer.get(..read.unwrap_or(Ok(0)).unwrap_or(0)) {
                    Some(octets) if !octets.is_empty() => {
                        say_if_read(&watcher.take(Record::Data(Side::Server, octets.to_vec())));
                        delivery.received(octets);
                    }
                    _ => {
                        say_if_read(&watcher.take(Record::Eof(Side::Server)));
                        delivery.lost();
                    }
                }
            }
            Action::Handshake => {
                let connecting = async { route.connector.connect(route.name()?, stream).await };
                match timeout(route.limit(Timer::Greeting), connecting).await {
                    Ok(Ok(secure)) => {
                        stream = Box::new(secure);
                        watcher.begin_tls();
                        if delivery.start_tls().is_err() {
                            delivery.lost();
                        }
                    }
                    failed => {
                        if let Ok(Err(error)) = failed {
                            say_if_read(&format!("   the TLS handshake failed: {error}\n"));
                        }
                        ended.handshake_failed = true;
                        delivery.handshake_failed();
                        // There is no connection any more.
                        stream = Box::new(tokio::io::join(tokio::io::empty(), tokio::io::sink()));
                    }
                }
            }
            Action::Content(from) => {
                let from = usize::try_from(from).unwrap_or(usize::MAX);
                let rest = letter.content.get(from..).unwrap_or_default();
                let piece = rest.get(..PIECE).unwrap_or(rest);
                progress.at(from);
                if delivery.content(piece, piece.len() == rest.len()).is_err() {
                    delivery.lost();
                }
                if piece.len() == rest.len() {
                    progress.end();
                }
            }
            Action::End => break,
        }
    }
    drop(timeout(LAST_WORDS, stream.shutdown()).await);
    if route.recorder.is_on() {
        watcher.take(Record::Eof(Side::Client));
        if let Ok(Ok(0) | Err(_)) = timeout(LAST_WORDS, stream.read(&mut buffer)).await {
            watcher.take(Record::Eof(Side::Server));
        }
        if let Err(Failure::Told(why)) = route.recorder.keep(None, &mut watcher) {
            complain(why);
        }
    }
    ended
}

/// A step without what it borrows.
enum Action {
    Read(Timer),
    Handshake,
    Content(u64),
    End,
}

/// Shows people at a terminal how much of a large message is sent.
struct Progress {
    size: usize,
    shown: usize,
}

impl Progress {
    /// The number of octets after which it is shown again. Nothing is shown of smaller messages.
    const STEP: usize = 1 << 20;

    fn new(size: usize) -> Self {
        Self { size, shown: 0 }
    }

    fn at(&mut self, sent: usize) {
        if sent.saturating_sub(self.shown) >= Self::STEP && io::stderr().is_terminal() {
            self.shown = sent;
            _ = write!(io::stderr(), "\r{} of {} MiB", sent >> 20, self.size >> 20);
            _ = io::stderr().flush();
        }
    }

    /// Clears the line, so that what is printed next begins there.
    fn end(&mut self) {
        if self.shown > 0 {
            self.shown = 0;
            _ = write!(io::stderr(), "\r{:40}\r", "");
            _ = io::stderr().flush();
        }
    }
}
