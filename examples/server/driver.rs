//! A driver of `Reception` for threads, to be copied: one thread for each connection, and a [`Handler`] for the
//! decisions of the mail system.
//!
//! It handles sockets and time, which the crate does not: how long a client may be silent, how long a session may last,
//! how slowly content may come, how many connections an address may have, and the 421 of a server that shuts down.

#![allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "lengths that read() and a count give")]

use smtp_core::sasl::Credentials;
use smtp_core::session::reception::{Envelope, Question, Reception, Verdict};
use smtp_core::session::{ServerConfig, State};
use smtp_core::syntax::{DateTime, Mail, Rcpt, Reply, ReplyBuf, ReplyCode};
use smtp_core::trace::TraceDateBuf;
use std::collections::HashMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

/// The decisions of the mail system.
pub(crate) trait Handler: Sync {
    /// A message that is being received. It is dropped if the message is abandoned.
    type Message;

    /// Decides whether this client may connect.
    fn connected(&self, _peer: IpAddr) -> Result<(), Refusal> {
        Ok(())
    }
    /// Returns `true` if the credentials are right.
    fn authenticate(&self, _credentials: &Credentials) -> bool {
        false
    }
    /// Decides whether this sender may send.
    fn mail(&self, _envelope: &Envelope, _mail: &Mail<'_>) -> Result<(), Refusal> {
        Ok(())
    }
    /// Decides whether mail for this recipient is accepted.
    fn recipient(&self, envelope: &Envelope, rcpt: &Rcpt<'_>) -> Result<(), Refusal>;
    /// Begins a message. `received` is the field to be written before its content (RFC 5321 section 4.4).
    fn begin(&self, envelope: &Envelope, received: &[u8]) -> Result<Self::Message, Refusal>;
    /// Adds octets to the content. While this waits, nothing is read, so the client waits too.
    fn write(&self, message: &mut Self::Message, octets: &[u8]) -> Result<(), Refusal>;
    /// Completes the message. With `Ok` this server is responsible for it, so it has to be stored before this returns.
    fn finish(&self, message: Self::Message, envelope: &Envelope) -> Result<(), Refusal>;
}

/// A reply of class 4yz or 5yz.
pub(crate) struct Refusal(ReplyBuf);

impl From<ReplyBuf> for Refusal {
    fn from(reply: ReplyBuf) -> Self {
        Self(reply)
    }
}

/// A failed disk is not the fault of the message, which may be sent again (RFC 5321 section 4.2.5).
impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        let text = format!("4.3.1 cannot store the message: {error}");
        Self(ReplyBuf::lossy(ReplyCode::INSUFFICIENT_STORAGE, &text))
    }
}

/// The limits of a client.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// The longest silence. RFC 5321 section 4.5.3.2.7 requires at least 5 minutes.
    pub(crate) idle: Duration,
    /// The longest session.
    pub(crate) session: Duration,
    /// The smallest number of octets per second, on average over a session that is longer than `idle`.
    pub(crate) rate: u64,
    /// The largest number of connections of one address at a time.
    pub(crate) connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { idle: Duration::from_secs(300), session: Duration::from_secs(3600), rate: 10, connections: 20 }
    }
}

/// Serves at this address until the process ends.
#[allow(dead_code, reason = "not every program that has this file as a module calls it")]
pub(crate) fn listen<H: Handler>(address: &str, config: ServerConfig, handler: &H) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    println!("listening on {}", listener.local_addr()?);
    serve(&listener, config, Limits::default(), handler, &AtomicBool::new(false))
}

/// Serves until `stop` is set, and then ends every session with 421.
pub(crate) fn serve<H: Handler>(
    listener: &TcpListener,
    config: ServerConfig,
    limits: Limits,
    handler: &H,
    stop: &AtomicBool,
) -> io::Result<()> {
    let (config, guests) = (Arc::new(config), Guests::default());
    listener.set_nonblocking(true)?;
    thread::scope(|scope| {
        while !stop.load(Ordering::Relaxed) {
            let (stream, peer) = match listener.accept() {
                Ok((stream, peer)) => (stream, peer.ip()),
                // No client is waiting, or no file descriptor is left.
                Err(_) => {
                    thread::sleep(Duration::from_millis(20));
                    continue;
                }
            };
            let (reception, guest) = (Reception::new(Arc::clone(&config)), guests.enter(peer));
            let mut session =
                Session { reception, stream, peer, handler, limits, stop, began: Instant::now(), read: 0 };
            scope.spawn(move || {
                if guest.number > limits.connections {
                    session.reception.shutdown();
                }
                drop(session.run()); // an error of one connection does not concern the others
                drop(guest);
            });
        }
    });
    Ok(())
}

/// The number of connections of each address.
#[derive(Clone, Default)]
struct Guests(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// A connection, counted until it is dropped.
struct Guest {
    guests: Guests,
    peer: IpAddr,
    /// The number of connections of its address, including this one.
    number: usize,
}

impl Guests {
    fn enter(&self, peer: IpAddr) -> Guest {
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
        }
        guests.retain(|_, number| *number > 0);
    }
}

struct Session<'s, H: Handler> {
    reception: Reception,
    stream: TcpStream,
    peer: IpAddr,
    handler: &'s H,
    limits: Limits,
    stop: &'s AtomicBool,
    began: Instant,
    read: u64,
}

impl<H: Handler> Session<'_, H> {
    fn run(&mut self) -> io::Result<()> {
        self.stream.set_nonblocking(false)?;
        self.stream.set_read_timeout(Some(Duration::from_millis(200)))?;
        self.stream.set_write_timeout(Some(self.limits.idle))?;
        let (mut input, mut message) = (Vec::new(), Progress::None);
        loop {
            let mut rest = &input[..];
            self.answer(&mut rest, &mut message)?;
            let consumed = input.len() - rest.len();
            input.drain(..consumed);
            self.flush()?;
            // STARTTLS is not offered here. A server that offers it does the handshake now, and then calls `start_tls`.
            if !self.reception.is_open() || self.reception.state() == State::Tls {
                return hang_up(&mut self.stream);
            }
            match self.more(&mut input) {
                Ok(true) => {}
                Ok(false) => self.reception.connection_lost(),
                Err(error) if error.kind() == ErrorKind::TimedOut => self.reception.shutdown(),
                Err(error) => return Err(error),
            }
        }
    }

    /// Answers all questions. Writes the answers so far before it calls the handler, which may take its time (RFC 2920
    /// section 3.2).
    fn answer(&mut self, rest: &mut &[u8], message: &mut Progress<H::Message>) -> io::Result<()> {
        while let Some(question) = self.reception.next(rest).map_err(io::Error::other)? {
            self.flush()?;
            let handler = self.handler;
            let verdict = match question {
                Question::Connected => handler.connected(self.peer),
                Question::Authenticate(credentials) => {
                    if handler.authenticate(&credentials) {
                        Err(ReplyBuf::from(&Reply::AUTHENTICATED).into())
                    } else {
                        Ok(())
                    }
                }
                Question::Mail(mail) => handler.mail(self.reception.envelope(), &mail),
                Question::Rcpt(rcpt) => handler.recipient(self.reception.envelope(), &rcpt),
                Question::Begin => {
                    let begun = handler.begin(self.reception.envelope(), &self.received());
                    begun.map(|begun| *message = Progress::Of(begun))
                }
                Question::Content(octets) => {
                    if let Progress::Of(begun) = message {
                        if let Err(refusal) = handler.write(begun, octets) {
                            *message = Progress::Failed(refusal);
                        }
                    }
                    continue;
                }
                Question::Finish => match std::mem::take(message) {
                    Progress::Of(begun) => handler.finish(begun, self.reception.envelope()),
                    Progress::Failed(refusal) => Err(refusal),
                    Progress::None => Err(ReplyBuf::lossy(ReplyCode::LOCAL_ERROR, "nothing was kept").into()),
                },
                Question::Abandoned => {
                    *message = Progress::None;
                    continue;
                }
                Question::Refused(_) => continue,
                _ => Ok(()),
            };
            match verdict {
                Ok(()) => self.reception.answer(Verdict::Usual),
                Err(Refusal(reply)) => self.reception.answer(&reply),
            }
            .map_err(io::Error::other)?;
        }
        Ok(())
    }

    /// Returns the Received field of the message.
    fn received(&self) -> Vec<u8> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        let date = i64::try_from(now)
            .ok()
            .and_then(|now| DateTime::from_unix_seconds(now, 0).ok())
            .and_then(|time| TraceDateBuf::new(time).ok());
        let mut field = Vec::new();
        if let Some(received) = date.as_ref().and_then(|date| self.reception.received(self.peer, date.as_date())) {
            received.encode(&mut field);
        }
        field
    }

    fn flush(&mut self) -> io::Result<()> {
        let output = self.reception.to_write();
        self.stream.write_all(output)?;
        let length = output.len();
        self.reception.written(length);
        Ok(())
    }

    /// Reads more. Returns `Ok(false)` if the client has closed, and `TimedOut` if a limit is reached or the server
    /// stops.
    fn more(&mut self, input: &mut Vec<u8>) -> io::Result<bool> {
        let (silent, mut buffer) = (Instant::now(), [0; 16 * 1024]);
        loop {
            if silent.elapsed() > self.limits.idle || self.is_over() {
                return Err(ErrorKind::TimedOut.into());
            }
            match self.stream.read(&mut buffer) {
                Ok(read) => {
                    self.read += read as u64;
                    input.extend_from_slice(&buffer[..read]);
                    return Ok(read > 0);
                }
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn is_over(&self) -> bool {
        let age = self.began.elapsed();
        let slow = age > self.limits.idle && self.read < age.as_secs() * self.limits.rate;
        slow || age > self.limits.session || self.stop.load(Ordering::Relaxed)
    }
}

/// The current message.
#[derive(Default)]
enum Progress<M> {
    #[default]
    None,
    Of(M),
    /// It could not be stored. Its end is answered with this refusal.
    Failed(Refusal),
}

/// Closes the connection. Reads what the client still sends for a while: if octets were unread, TCP would reset the
/// connection, and the client might lose the last reply.
fn hang_up(stream: &mut TcpStream) -> io::Result<()> {
    stream.shutdown(Shutdown::Write)?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    io::copy(&mut stream.take(1 << 20), &mut io::sink()).map(drop)
}
