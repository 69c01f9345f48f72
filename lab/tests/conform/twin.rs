//! A server that is right but for one fault: `Reception`, with a hook at each place where a server can go wrong. It knows where lines,
//! content and chunks end by itself, so that a fault changes one thing and no other.

use smtp_core::session::reception::{Question, Reception, Verdict};
use smtp_core::session::{ServerConfig, State};
use smtp_core::syntax::{CapabilityValue, Dialect, Extension, Host, Limits, Mechanisms, Reply};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{self, ServerConnection, StreamOwned};

/// What becomes of a line of the client.
pub(crate) enum Line {
    Pass,
    /// It is read as these lines, each with its own reply.
    Lines(Vec<Vec<u8>>),
    /// These lines are read first, and their replies are not written.
    Before(&'static str),
    /// It is not read, and this is the reply.
    Answer(String),
    /// These lines are read, and this is the only reply.
    After(&'static str, &'static str),
    /// It is read, and everything that has arrived after it is lost.
    Flush,
    /// The connection is closed without a reply.
    Close,
}

/// What a fault sees of the session.
pub(crate) struct View<'a> {
    pub(crate) state: State,
    pub(crate) tls: bool,
    pub(crate) authenticated: bool,
    /// The last reply to a hello.
    pub(crate) hello: &'a str,
    /// The last line of the client.
    pub(crate) line: &'a str,
    /// The fault's own memory.
    pub(crate) memory: &'a mut u32,
}

/// A fault. What is not overwritten is as it should be.
#[derive(Clone, Copy)]
pub(crate) struct Fault {
    pub(crate) name: &'static str,
    pub(crate) lmtp: bool,
    /// Replies are lost, so the tester should not wait for long.
    pub(crate) silent: bool,
    pub(crate) keeps_plaintext: bool,
    pub(crate) config: fn(&mut ServerConfig),
    /// The line comes as text, with one character for each octet, and its verb in capitals.
    pub(crate) line: fn(&mut View<'_>, &str, &str) -> Line,
    /// Where content ends too early, and how many octets end it there.
    pub(crate) content: fn(&[u8]) -> Option<(usize, usize)>,
    pub(crate) chunk: fn(&[u8]) -> Option<(usize, usize)>,
    /// What is kept of a message.
    pub(crate) keep: fn(Vec<u8>) -> Vec<u8>,
    /// The reply to a verb; `.` is the end of data.
    pub(crate) reply: fn(&mut View<'_>, &str, String) -> String,
    /// The checks that may fail: ids, or their beginnings with `*` after.
    pub(crate) may_fail: &'static [&'static str],
}

pub(crate) const RIGHT: Fault = Fault {
    name: "none",
    lmtp: false,
    silent: false,
    keeps_plaintext: false,
    config: |_| {},
    line: |_, _, _| Line::Pass,
    content: |_| None,
    chunk: |_| None,
    keep: |message| message,
    reply: |_, _, reply| reply,
    may_fail: &[],
};

pub(crate) fn config(lmtp: bool) -> ServerConfig {
    let mut config = ServerConfig::new(Host::new("twin.example").unwrap());
    config.capabilities = config
        .capabilities
        .with_value(CapabilityValue::Size(Some(1_000_000)))
        .unwrap()
        .with(Extension::Dsn)
        .with(Extension::BinaryMime)
        .with(Extension::StartTls)
        .with_value(CapabilityValue::Auth(Mechanisms::new("PLAIN").unwrap()))
        .unwrap()
        .with_value(CapabilityValue::Limits(limits()))
        .unwrap();
    config.lmtp = lmtp;
    // What receivers SHOULD take, and nothing else.
    config.dialect = Dialect::STRICT;
    config.dialect.trailing_white_space = true;
    config.content_line_limit = Some(1000);
    // What is refused cannot be told from what is misread.
    config.bare_line_endings = smtp_core::codec::BareLineEnding::Pass;
    config.max_errors = None;
    config
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.mail_max = NonZeroU32::new(20);
    limits.rcpt_max = NonZeroU32::new(100);
    limits.rcpt_domain_max = NonZeroU32::new(5);
    limits
}

/// Serves until the test ends.
pub(crate) fn start(fault: Fault, sink: PathBuf) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut settings = config(fault.lmtp);
    (fault.config)(&mut settings);
    let settings = Arc::new(settings);
    let tls = tls();
    let number = Arc::new(AtomicU32::new(0));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            stream.set_nodelay(true).unwrap();
            let reception = Reception::new(Arc::clone(&settings));
            let (tls, sink, number) = (Arc::clone(&tls), sink.clone(), Arc::clone(&number));
            std::thread::spawn(move || {
                let mut session = Session {
                    fault,
                    stream: Stream::Clear(stream),
                    tls,
                    reception,
                    input: Vec::new(),
                    hello: String::new(),
                    memory: 0,
                    message: Vec::new(),
                    sink,
                    number,
                };
                session.serve();
            });
        }
    });
    address
}

fn tls() -> Arc<rustls::ServerConfig> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder().with_no_client_auth();
    Arc::new(config.with_single_cert(vec![made.cert.into()], key).unwrap())
}

enum Stream {
    Clear(TcpStream),
    Tls(Box<StreamOwned<ServerConnection, TcpStream>>),
    Closed,
}

struct Session {
    fault: Fault,
    stream: Stream,
    tls: Arc<rustls::ServerConfig>,
    reception: Reception,
    /// What has arrived and was not read.
    input: Vec<u8>,
    hello: String,
    memory: u32,
    message: Vec<u8>,
    sink: PathBuf,
    number: Arc<AtomicU32>,
}

impl Session {
    fn serve(&mut self) {
        let greeting = self.feed(b"");
        self.write("greeting", "", &greeting);
        while self.reception.is_open() {
            let going = match self.reception.state() {
                State::Tls => self.begin_tls(),
                State::Data => self.content(),
                _ => self.line(),
            };
            if !going {
                break;
            }
        }
        match &mut self.stream {
            Stream::Clear(stream) => drop(stream.shutdown(std::net::Shutdown::Write)),
            Stream::Tls(stream) => {
                stream.conn.send_close_notify();
                drop(stream.flush());
                drop(stream.sock.shutdown(std::net::Shutdown::Write));
            }
            Stream::Closed => return,
        }
        while self.more() {}
    }

    /// Reads more; `false` at the end.
    fn more(&mut self) -> bool {
        let mut buffer = [0; 65536];
        let read = match &mut self.stream {
            Stream::Clear(stream) => stream.read(&mut buffer),
            Stream::Tls(stream) => stream.read(&mut buffer),
            Stream::Closed => return false,
        };
        let length = read.unwrap_or(0);
        self.input.extend_from_slice(&buffer[..length]);
        length > 0
    }

    /// Lets the reception read these octets, and returns what it writes.
    fn feed(&mut self, octets: &[u8]) -> String {
        let mut rest = octets;
        while let Some(question) = self.reception.next(&mut rest).unwrap() {
            let verdict = match question {
                Question::Content(octets) => {
                    self.message.extend_from_slice(octets);
                    continue;
                }
                Question::Abandoned => {
                    self.message.clear();
                    continue;
                }
                Question::Refused(_) => continue,
                Question::Finish => {
                    let number = self.number.fetch_add(1, Ordering::Relaxed);
                    let message = (self.fault.keep)(std::mem::take(&mut self.message));
                    std::fs::write(self.sink.join(format!("{number}.eml")), message).unwrap();
                    Verdict::Usual
                }
                Question::Authenticate(credentials) if is_right(&credentials) => Verdict::Reply(Reply::AUTHENTICATED),
                _ => Verdict::Usual,
            };
            self.reception.answer(verdict).unwrap();
        }
        let written = latin(self.reception.to_write());
        self.reception.written(written.len());
        written
    }

    fn write(&mut self, verb: &str, line: &str, reply: &str) {
        if ["EHLO", "LHLO", "HELO"].contains(&verb) {
            reply.clone_into(&mut self.hello);
        }
        let hook = self.fault.reply;
        let reply = hook(&mut self.view(line), verb, reply.to_owned());
        let octets: Vec<u8> = reply.chars().map(|character| u8::try_from(character).unwrap()).collect();
        // A client that has gone is none of the twin's faults.
        drop(match &mut self.stream {
            Stream::Clear(stream) => stream.write_all(&octets),
            Stream::Tls(stream) => stream.write_all(&octets).and_then(|()| stream.flush()),
            Stream::Closed => Ok(()),
        });
    }

    fn view<'a>(&'a mut self, line: &'a str) -> View<'a> {
        let server = self.reception.server();
        View {
            state: self.reception.state(),
            tls: server.is_tls(),
            authenticated: server.is_authenticated(),
            hello: &self.hello,
            line,
            memory: &mut self.memory,
        }
    }

    fn begin_tls(&mut self) -> bool {
        if !self.fault.keeps_plaintext && !self.input.is_empty() {
            return false;
        }
        self.reception.start_tls(b"").unwrap();
        let Stream::Clear(stream) = std::mem::replace(&mut self.stream, Stream::Closed) else { return false };
        let mut secure = StreamOwned::new(ServerConnection::new(Arc::clone(&self.tls)).unwrap(), stream);
        while secure.conn.is_handshaking() {
            if secure.conn.complete_io(&mut secure.sock).is_err() {
                return false;
            }
        }
        self.stream = Stream::Tls(Box::new(secure));
        true
    }

    fn line(&mut self) -> bool {
        let end = loop {
            match self.input.windows(2).position(|pair| pair == b"\r\n") {
                Some(at) => break at + 2,
                None if self.more() => {}
                None => return false,
            }
        };
        let line: Vec<u8> = self.input.drain(..end).collect();
        let text = latin(&line);
        let verb = match self.reception.state() {
            State::Auth => "response".to_owned(),
            _ => text.split([' ', '\r', '\n']).next().unwrap_or_default().to_ascii_uppercase(),
        };
        let hook = self.fault.line;
        match hook(&mut self.view(&text), &verb, &text) {
            Line::Pass => self.take(&verb, line),
            Line::Lines(lines) => lines.into_iter().all(|line| self.take(&verb, line)),
            Line::Before(first) => {
                self.feed(first.as_bytes());
                self.take(&verb, line)
            }
            Line::Answer(reply) => {
                self.write(&verb, &text, &reply);
                true
            }
            Line::After(first, reply) => {
                self.feed(first.as_bytes());
                self.write(&verb, &text, reply);
                true
            }
            Line::Flush => {
                self.input.clear();
                self.take(&verb, line)
            }
            Line::Close => false,
        }
    }

    /// Reads a line, with its chunk, and answers.
    fn take(&mut self, verb: &str, line: Vec<u8>) -> bool {
        let text = latin(&line);
        let mut octets = line;
        if verb == "BDAT" {
            let size = text.split_ascii_whitespace().nth(1).and_then(|size| size.parse().ok()).unwrap_or(0);
            while self.input.len() < size {
                if !self.more() {
                    return false;
                }
            }
            if let Some((at, length)) = (self.fault.chunk)(&self.input[..size]) {
                octets = format!("BDAT {at} LAST\r\n").into_bytes();
                octets.extend(self.input.drain(..at));
                self.input.drain(..length);
            } else {
                octets.extend(self.input.drain(..size));
            }
        }
        let reply = self.feed(&octets);
        self.write(verb, &text, &reply);
        true
    }

    fn content(&mut self) -> bool {
        let end = loop {
            let end = self.input.windows(5).position(|five| five == b"\r\n.\r\n").map(|at| at + 5);
            match if self.input.starts_with(b".\r\n") { Some(3) } else { end } {
                Some(end) => break end,
                None if self.more() => {}
                None => return false,
            }
        };
        let mut content: Vec<u8> = self.input.drain(..end).collect();
        if let Some((at, length)) = (self.fault.content)(&content) {
            let after = content.split_off(at);
            self.input.splice(..0, after[length..].to_vec());
            content.extend_from_slice(b"\r\n.\r\n");
        }
        let reply = self.feed(&content);
        self.write(".", "", &reply);
        true
    }
}

fn is_right(credentials: &smtp_core::sasl::Credentials) -> bool {
    matches!(credentials, smtp_core::sasl::Credentials::Password { user, password, .. } if user == "joe" && password == "secret")
}

fn latin(octets: &[u8]) -> String {
    octets.iter().copied().map(char::from).collect()
}

/// Where these octets stand.
pub(crate) fn find(content: &[u8], octets: &[u8]) -> Option<(usize, usize)> {
    content.windows(octets.len()).position(|window| window == octets).map(|at| (at, octets.len()))
}
