//! One connection to the tested server: octets out, replies in. The observer is shown everything. It judges nothing itself.

use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};
use smtp_core::observer::{Side, ViolationKind};
use smtp_core::syntax::EnhancedCode;
use smtp_testkit::recording::{Player, Record, without_secrets};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A reply of more octets is none.
const MOST: usize = 1 << 20;

/// A reply of the server.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    /// The three digits of its last line. Empty if that is not a line of a reply.
    pub(super) code: String,
    /// All its lines, as they came.
    pub(super) octets: Vec<u8>,
}

impl Reply {
    /// The enhanced code of its last line.
    pub(super) fn enhanced(&self) -> Option<&str> {
        let line = self.octets.split_inclusive(|octet| *octet == b'\n').next_back()?;
        let word = std::str::from_utf8(line.get(4..)?).ok()?.split_ascii_whitespace().next()?;
        word.parse::<EnhancedCode>().is_ok().then_some(word)
    }
}

/// Why no reply came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Silence {
    Closed,
    TimedOut,
}

enum Stream {
    Clear(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
    /// The connection is over.
    None,
}

impl Stream {
    fn socket(&self) -> Option<&TcpStream> {
        match self {
            Self::Clear(socket) => Some(socket),
            Self::Tls(secure) => Some(secure.get_ref()),
            Self::None => None,
        }
    }

    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Clear(socket) => socket.read(buffer),
            Self::Tls(secure) => secure.read(buffer),
            Self::None => Ok(0),
        }
    }

    fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        match self {
            Self::Clear(socket) => socket.write_all(octets),
            Self::Tls(secure) => secure.write_all(octets).and_then(|()| secure.flush()),
            Self::None => Err(ErrorKind::NotConnected.into()),
        }
    }
}

/// What was said in the clear, or within TLS.
#[derive(Default)]
struct Part {
    player: Player,
    records: Vec<Record>,
}

/// A connection.
pub(super) struct Link {
    stream: Stream,
    timeout: Duration,
    unread: Vec<u8>,
    parts: Vec<Part>,
    closed: bool,
    /// QUIT was sent, and what has come since then.
    quit: Option<Vec<u8>>,
    /// The last reply to EHLO: keywords in upper case, each with its parameters.
    pub(super) offer: Vec<(String, String)>,
}

impl Link {
    pub(super) fn connect(address: SocketAddr, timeout: Duration) -> io::Result<Self> {
        let socket = TcpStream::connect_timeout(&address, timeout)?;
        socket.set_nodelay(true)?;
        socket.set_write_timeout(Some(timeout))?;
        Ok(Self {
            stream: Stream::Clear(socket),
            timeout,
            unread: Vec::new(),
            parts: vec![Part::default()],
            closed: false,
            quit: None,
            offer: Vec::new(),
        })
    }

    fn record(&mut self, record: Record) {
        if let Some(part) = self.parts.last_mut() {
            part.player.take(&record, |_, _| {});
            part.records.push(record);
        }
    }

    /// Sends octets; `cut`: in a piece for each. A server that does not read them may have said why.
    pub(super) fn send(&mut self, octets: &[u8], cut: bool) {
        self.record(Record::Data(Side::Client, octets.to_vec()));
        for piece in octets.chunks(if cut { 1 } else { usize::MAX }) {
            if self.stream.write(piece).is_err() {
                break;
            }
        }
    }

    /// Waits for the next reply.
    pub(super) fn reply(&mut self) -> Result<Reply, Silence> {
        self.reply_within(self.timeout)
    }

    fn reply_within(&mut self, patience: Duration) -> Result<Reply, Silence> {
        let end = Instant::now().checked_add(patience);
        loop {
            if let Some(length) = whole(&self.unread) {
                let rest = self.unread.split_off(length);
                let octets = std::mem::replace(&mut self.unread, rest);
                return Ok(Reply { code: code_of_last(&octets), octets });
            }
            if self.closed || self.unread.len() > MOST {
                return Err(Silence::Closed);
            }
            let left = end.map_or(patience, |end| end.saturating_duration_since(Instant::now()));
            self.read(left)?;
        }
    }

    /// Sends QUIT, and returns the replies that come until the server closes or has answered it with 221. The last one is that of QUIT;
    /// those before it were due before, whenever they arrived. `patience`: how long to wait after a reply that is not 221.
    pub(super) fn quit(&mut self, patience: Duration) -> (Vec<Reply>, Option<Silence>) {
        // What has come already was due before, so it is kept apart from what comes from here on.
        self.quit = Some(Vec::new());
        let sent = self.stream.write(b"QUIT\r\n").is_ok();
        let (mut replies, mut silence) = (Vec::new(), None);
        while replies.len() < 100 {
            let patience = if replies.is_empty() { self.timeout } else { patience };
            match self.reply_within(patience) {
                Ok(reply) => {
                    let over = reply.code == "221" || reply.code == "421";
                    replies.push(reply);
                    if over {
                        self.read_to_end(patience);
                        break;
                    }
                }
                Err(reason) => {
                    silence = Some(reason);
                    break;
                }
            }
        }
        let late = self.quit.take().unwrap_or_default();
        if replies.is_empty() && self.closed {
            // It may have closed before or because of QUIT, which cannot be told, so the observer is told neither.
            return (replies, silence);
        }
        let last = replies.last().map_or(0, |reply| reply.octets.len());
        let unread = self.unread.len();
        let due = late.len().saturating_sub(last).saturating_sub(unread);
        let (before, after) = late.split_at_checked(due).unwrap_or((&late, &[]));
        let (before, after) = (before.to_vec(), after.to_vec());
        for (side, octets) in [
            (Side::Server, before),
            (Side::Client, if sent { b"QUIT\r\n".to_vec() } else { Vec::new() }),
            (Side::Server, after),
        ] {
            if !octets.is_empty() {
                self.record(Record::Data(side, octets));
            }
        }
        if self.closed {
            self.record(Record::Eof(Side::Server));
        }
        (replies, silence)
    }

    fn read(&mut self, patience: Duration) -> Result<(), Silence> {
        let Some(socket) = self.stream.socket().filter(|_| !patience.is_zero()) else { return Err(Silence::TimedOut) };
        if socket.set_read_timeout(Some(patience)).is_err() {
            return Err(Silence::Closed);
        }
        let mut buffer = [0; 4096];
        match self.stream.read(&mut buffer) {
            Ok(length) if length > 0 => {
                let octets = buffer.get(..length).unwrap_or_default().to_vec();
                self.unread.extend_from_slice(&octets);
                match &mut self.quit {
                    Some(late) => late.extend_from_slice(&octets),
                    None => self.record(Record::Data(Side::Server, octets)),
                }
                Ok(())
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Err(Silence::TimedOut),
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(()),
            _ => {
                self.closed = true;
                if self.quit.is_none() {
                    self.record(Record::Eof(Side::Server));
                }
                Ok(())
            }
        }
    }

    /// Sends a command, and waits for its reply.
    pub(super) fn ask(&mut self, line: &str) -> Result<Reply, Silence> {
        self.send(format!("{line}\r\n").as_bytes(), false);
        self.reply()
    }

    /// Keeps what a reply to EHLO offers.
    pub(super) fn offered(&mut self, reply: &Reply) {
        let text = String::from_utf8_lossy(&reply.octets).into_owned();
        let lines = text.lines().skip(1).filter_map(|line| line.get(4..));
        let split = |line: &str| {
            let (keyword, parameters) = line.split_once(' ').unwrap_or((line, ""));
            (keyword.to_ascii_uppercase(), parameters.trim().to_owned())
        };
        self.offer = lines.map(split).collect();
    }

    /// The parameters of a keyword that is offered.
    pub(super) fn parameters(&self, keyword: &str) -> Option<&str> {
        self.offer.iter().find(|(offered, _)| offered == keyword).map(|(_, parameters)| parameters.as_str())
    }

    /// Begins TLS. Any certificate will do: the tested server is the one that was named. The error says why it failed.
    pub(super) fn start_tls(&mut self, config: &Arc<rustls::ClientConfig>, host: &str) -> Result<(), String> {
        let name = ServerName::try_from(host.to_owned()).map_err(|error| error.to_string())?;
        let client = ClientConnection::new(Arc::clone(config), name).map_err(|error| error.to_string())?;
        let Stream::Clear(socket) = std::mem::replace(&mut self.stream, Stream::None) else {
            return Err("TLS has begun already".to_owned());
        };
        self.offer.clear();
        // Octets in the clear unread the 220 answer nothing that is said within TLS.
        self.unread.clear();
        let mut secure = StreamOwned::new(client, socket);
        let shaken = secure.get_ref().set_read_timeout(Some(self.timeout)).and_then(|()| {
            while secure.conn.is_handshaking() {
                secure.conn.complete_io(&mut secure.sock)?;
            }
            Ok(())
        });
        if let Err(error) = shaken {
            self.closed = true;
            return Err(error.to_string());
        }
        self.stream = Stream::Tls(Box::new(secure));
        self.parts.push(Part { player: Player::within_tls(), records: Vec::new() });
        Ok(())
    }

    /// Returns `true` if the server has closed, and everything that it said was read.
    pub(super) const fn is_closed(&self) -> bool {
        self.closed
    }

    /// Reads until the server closes, so that nothing that it says is lost.
    fn read_to_end(&mut self, patience: Duration) {
        let end = Instant::now().checked_add(patience);
        while !self.closed && self.unread.len() <= MOST {
            let left = end.map_or(patience, |end| end.saturating_duration_since(Instant::now()));
            if self.read(left).is_err() {
                break;
            }
        }
    }

    /// Closes the connection.
    pub(super) fn close(&mut self) {
        if let Stream::Tls(secure) = &mut self.stream {
            secure.conn.send_close_notify();
            drop(secure.flush());
        }
        if let Some(socket) = self.stream.socket() {
            drop(socket.shutdown(Shutdown::Both));
        }
        self.stream = Stream::None;
    }

    /// What passed, without credentials.
    pub(super) fn records(&self) -> Vec<Record> {
        let clean = |part: &Part| {
            let mut records = part.records.clone();
            without_secrets(&mut records, part.player.report());
            records
        };
        self.parts.iter().flat_map(clean).collect()
    }

    /// What the observer has against the server.
    pub(super) fn violations(&self) -> impl Iterator<Item = ViolationKind> {
        let findings = self.parts.iter().flat_map(|part| &part.player.report().findings);
        findings.map(|(_, violation)| violation.kind).filter(|kind| kind.who() == Side::Server)
    }
}

/// The length of the reply at the beginning, if all of it is there.
fn whole(octets: &[u8]) -> Option<usize> {
    let mut length = 0_usize;
    for line in octets.split_inclusive(|octet| *octet == b'\n').filter(|line| line.ends_with(b"\n")) {
        length = length.saturating_add(line.len());
        if code(line).is_none() || line.get(3) != Some(&b'-') {
            return Some(length);
        }
    }
    None
}

fn code(line: &[u8]) -> Option<&str> {
    let digits = line.get(..3).filter(|digits| digits.iter().all(u8::is_ascii_digit))?;
    std::str::from_utf8(digits).ok()
}

fn code_of_last(octets: &[u8]) -> String {
    let last = octets.split_inclusive(|octet| *octet == b'\n').next_back();
    last.and_then(code).unwrap_or_default().to_owned()
}
