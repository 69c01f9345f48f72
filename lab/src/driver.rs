//! A driver of `Reception` for tokio, to be copied: one task for each connection, one [`Handler`] for what its owner decides.
//!
//! It knows sockets, TLS and time, which the crate does not: the limits of silence, of the length of a session, of slow octets and of
//! the connections of an address, and the 421 of a server that shuts down. It must not
//! know what a command means: `Reception` asks, the handler decides, and the loop between them is [`Session::answer`].
//!
//! To build a server, copy this file with the two beneath it, [`handler`] and [`clock`], and implement [`Handler`]. `mock/site.rs` is an
//! example.

#![allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "lengths that reads and writes give")]

mod clock;
mod handler;
#[cfg(test)]
mod tests;

use clock::{Clock, LAST_WORDS, Stream};
pub(crate) use clock::{Guests, Limits};
pub(crate) use handler::{Answer, Handler, Passed, Refusal};

use smtp_core::session::reception::{Question, Reception, Verdict};
use smtp_core::session::{ServerConfig, State};
use smtp_core::syntax::{Reply, ReplyBuf, ReplyCode};
use std::io::{self, ErrorKind};
use std::mem::{replace, take};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_rustls::TlsAcceptor;

/// The handler is told of a line that has had no end for so long.
const SILENCE: Duration = Duration::from_secs(1);

/// What all connections share.
pub(crate) struct Site {
    pub(crate) config: Arc<ServerConfig>,
    pub(crate) limits: Limits,
    /// For STARTTLS, which the configuration has to offer, and for implicit TLS.
    pub(crate) tls: Option<TlsAcceptor>,
    pub(crate) guests: Guests,
}

/// Serves until `stop`, then says 421 to every session and waits until they have ended. `implicit`: TLS from the first octet.
pub(crate) async fn serve<H: Handler + 'static>(
    listener: TcpListener,
    implicit: bool,
    site: Arc<Site>,
    mut handler: impl FnMut(SocketAddr) -> H,
    mut stop: watch::Receiver<bool>,
) {
    let mut sessions = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = sessions.join_next(), if !sessions.is_empty() => continue,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let Ok((stream, peer)) = accepted else {
            // There may be no file descriptor left.
            sleep(Duration::from_millis(20)).await;
            continue;
        };
        drop(stream.set_nodelay(true)); // what is written is meant to go
        let (site, handler, stop) = (Arc::clone(&site), handler(peer), stop.clone());
        sessions.spawn(async move {
            let guest = site.guests.enter(peer.ip());
            let config = Arc::clone(&site.config);
            let reception = if implicit { Reception::over_tls(config) } else { Reception::new(config) };
            let (limits, began, waited) = (site.limits, Instant::now(), Duration::ZERO);
            let clock = Clock { limits, stop, began, waited, read: 0 };
            let mut session =
                Session { reception, handler, clock, input: Vec::new(), message: Progress::None, client_closed: false };
            if guest.number > site.limits.connections {
                session.reception.shutdown();
            }
            // The error of a connection does not concern the others.
            if let Err(error) = session.serve(stream, site.tls.as_ref(), implicit).await {
                // These mean that the client has closed it without reading all replies.
                let reset = matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe);
                session.handler.watch(if reset { Passed::ClientClosed } else { Passed::ServerClosed });
            }
            session.handler.watch(Passed::Over);
        });
    }
    drop(listener);
    while sessions.join_next().await.is_some() {}
}

/// A message that is being received.
enum Progress<M> {
    None,
    Of(M),
    /// It could not be kept. This is the answer to its end.
    Failed(Refusal),
}

/// The result of waiting for the client.
enum More {
    Octets,
    Closed,
    /// A limit is reached, or the server stops.
    Over,
    Reply(ReplyBuf),
}

struct Session<H: Handler> {
    reception: Reception,
    handler: H,
    clock: Clock,
    /// The octets that have arrived and are not consumed.
    input: Vec<u8>,
    message: Progress<H::Message>,
    client_closed: bool,
}

impl<H: Handler> Session<H> {
    /// Serves a connection from its first octet to its last: in the clear and then under TLS, or in one of the two.
    async fn serve(&mut self, mut stream: TcpStream, tls: Option<&TlsAcceptor>, implicit: bool) -> io::Result<()> {
        if !implicit {
            self.talk(&mut stream).await?;
            if self.reception.state() != State::Tls {
                return self.hang_up(&mut stream).await;
            }
            // Octets that came in the clear after STARTTLS end the connection.
            self.reception.start_tls(&self.input).map_err(io::Error::other)?;
        }
        let acceptor = tls.ok_or(ErrorKind::Unsupported)?;
        let mut stream = tokio::select! {
            handshake = timeout(self.clock.limits.idle, acceptor.accept(stream)) => handshake??,
            () = self.clock.over() => return Err(ErrorKind::TimedOut.into()),
        };
        if !implicit {
            self.handler.watch(Passed::Tls);
        }
        self.talk(&mut stream).await?;
        self.hang_up(&mut stream).await
    }

    /// Reads, answers and writes until the session ends or TLS is due.
    async fn talk(&mut self, stream: &mut impl Stream) -> io::Result<()> {
        loop {
            let input = take(&mut self.input);
            let mut rest = &input[..];
            self.answer(stream, &mut rest).await?;
            let consumed = input.len() - rest.len();
            self.input = input;
            self.input.drain(..consumed);
            let output = self.reception.to_write();
            if !output.is_empty() {
                // Before it is written, so that those who watch have seen it when the client has.
                self.handler.watch(Passed::Wrote(output));
                self.clock.write(stream, output).await?;
                self.reception.written(output.len());
            }
            if !self.reception.is_open() || self.reception.state() == State::Tls {
                return Ok(());
            }
            match self.more(stream).await? {
                More::Octets => {}
                More::Closed => self.reception.connection_lost(),
                More::Over => self.reception.shutdown(),
                More::Reply(reply) => self.reception.shutdown_with(&reply.as_reply()).map_err(io::Error::other)?,
            }
        }
    }

    /// Answers all questions.
    async fn answer(&mut self, stream: &mut impl Stream, rest: &mut &[u8]) -> io::Result<()> {
        while let Some(question) = self.reception.next(rest).map_err(io::Error::other)? {
            let Self { reception, handler, clock, message, .. } = self;
            let (envelope, output) = (reception.envelope(), reception.to_write());
            let mut begun = None;
            let (decided, written) = match question {
                Question::Connected => clock.decide(handler.connected(), stream, output).await?,
                Question::Hello(command) | Question::Other(command) => {
                    clock.decide(handler.command(&command), stream, output).await?
                }
                Question::Authenticate(credentials) => {
                    let (right, written) = clock.decide(handler.authenticate(&credentials), stream, output).await?;
                    let welcome = || Err(ReplyBuf::from(&Reply::AUTHENTICATED).into());
                    (right.map(|right| if right? { welcome() } else { Ok(()) }), written)
                }
                Question::Mail(mail) => clock.decide(handler.mail(envelope, &mail), stream, output).await?,
                Question::Rcpt(rcpt) => clock.decide(handler.recipient(envelope, &rcpt), stream, output).await?,
                Question::Begin => {
                    let (decided, written) = clock.decide(handler.begin(reception), stream, output).await?;
                    (decided.map(|decided| decided.map(|message| begun = Some(message))), written)
                }
                Question::Content(octets) => {
                    let Progress::Of(begun) = message else { continue };
                    let (decided, written) = clock.decide(handler.write(begun, octets), stream, output).await?;
                    self.written(written);
                    match decided {
                        Some(Ok(())) => {}
                        Some(Err(Refusal::HangUp)) => return Err(ErrorKind::ConnectionAborted.into()),
                        Some(Err(refusal)) => self.message = Progress::Failed(refusal),
                        None => self.reception.shutdown(),
                    }
                    continue;
                }
                Question::Finish => match replace(message, Progress::None) {
                    Progress::Of(message) => clock.decide(handler.finish(message, envelope), stream, output).await?,
                    Progress::Failed(refusal) => (Some(Err(refusal)), 0),
                    Progress::None => {
                        (Some(Err(ReplyBuf::lossy(ReplyCode::LOCAL_ERROR, "nothing was kept").into())), 0)
                    }
                },
                Question::Abandoned => {
                    *message = Progress::None;
                    continue;
                }
                // Refused, and AUTH of mechanisms that are not offered: what is owed is written.
                Question::Refused(_) => continue,
                _ => (Some(Ok(())), 0),
            };
            self.written(written);
            if let Some(begun) = begun {
                self.message = Progress::Of(begun);
            }
            match decided {
                Some(Ok(())) => self.reception.answer(Verdict::Usual).map_err(io::Error::other)?,
                Some(Err(Refusal::Reply(reply))) => self.reception.answer(&reply).map_err(io::Error::other)?,
                Some(Err(Refusal::HangUp)) => return Err(ErrorKind::ConnectionAborted.into()),
                None => self.reception.shutdown(),
            }
        }
        Ok(())
    }

    /// Notes that so many octets of the output were written.
    fn written(&mut self, octets: usize) {
        if octets > 0 {
            self.handler.watch(Passed::Wrote(&self.reception.to_write()[..octets]));
            self.reception.written(octets);
        }
    }

    async fn more(&mut self, stream: &mut impl Stream) -> io::Result<More> {
        let (before, began, patience) = (self.input.len(), Instant::now(), self.clock.patience());
        // Not the few octets that a full `Vec` grows by.
        self.input.reserve(16 * 1024);
        let mut may_ask = before > 0;
        let read = loop {
            tokio::select! {
                read = stream.read_buf(&mut self.input) => break read?,
                () = sleep_until(began + patience) => return Ok(More::Over),
                () = self.clock.over() => return Ok(More::Over),
                () = sleep(SILENCE), if may_ask => {
                    may_ask = false;
                    if let Some(reply) = self.handler.silent(&self.reception, &self.input) {
                        return Ok(More::Reply(reply));
                    }
                }
            }
        };
        self.clock.waited += began.elapsed();
        self.clock.read += read as u64;
        self.client_closed = read == 0;
        self.handler.watch(if read > 0 { Passed::Read(&self.input[before..]) } else { Passed::ClientClosed });
        Ok(if read > 0 { More::Octets } else { More::Closed })
    }

    /// Closes the connection. What the client is still sending is read for a while: closed with unread octets, TCP would reset the
    /// connection, and the client might lose the last reply.
    async fn hang_up(&mut self, stream: &mut impl Stream) -> io::Result<()> {
        stream.shutdown().await?;
        self.handler.watch(Passed::ServerClosed);
        let (mut sink, mut rest) = (tokio::io::sink(), stream.take(1 << 20));
        if let Ok(Ok(_)) = timeout(LAST_WORDS, tokio::io::copy(&mut rest, &mut sink)).await {
            if rest.limit() > 0 && !self.client_closed {
                self.handler.watch(Passed::ClientClosed);
            }
        }
        Ok(())
    }
}
