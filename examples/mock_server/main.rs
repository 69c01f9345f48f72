//! A server for tests: takes mail from anybody, prints the dialogue, and keeps what it was sent.
//!
//! ```text
//! cargo run --example mock_server -- [--listen 127.0.0.1:2525] [--out DIR] [--lenient | --strict] [--lmtp] [--require-auth]
//! ```
//!
//! With `--out`, message N is written to `DIR/N.eml` octet for octet as it was sent, and its envelope to `DIR/N.json`. The
//! numbers go on after those that are there; no file of an earlier run is overwritten. Credentials are not printed. Recipients whose local-part begins with `no` are refused (550), those that begin with `later` for now (450). Any user
//! and password will do.

#![allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "lengths that read() and a count give")]

mod folder;
mod heard;
mod shown;

use folder::Folder;
use heard::Heard;
use shown::shown;
use smtp_core::session::{Refused, Require, Server, ServerConfig, ServerEvent};
use smtp_core::syntax::{
    Base64, CapabilityValue, Command, Dialect, EnhancedCode, Extension, Host, LOGIN_PASSWORD, LOGIN_USERNAME,
    Mechanism, Mechanisms, Reply, ReplyClass, ReplyCode,
};
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;
use std::{env, process, thread};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

struct Options {
    listen: String,
    out: Option<Folder>,
}

fn main() -> Result<()> {
    let mut config = ServerConfig::new(Host::new("mock.example")?);
    config.capabilities = config
        .capabilities
        .with_value(CapabilityValue::Size(Some(100_000_000)))?
        .with(Extension::Dsn)
        .with_value(CapabilityValue::Auth(Mechanisms::new("PLAIN LOGIN")?))?;
    config.max_size = None; // SIZE says it
    let mut options = Options { listen: "127.0.0.1:2525".to_owned(), out: None };
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--listen" => options.listen = arguments.next().unwrap_or_default(),
            "--out" => options.out = Some(Folder::open(arguments.next().unwrap_or_default())?),
            "--lenient" => config.dialect = Dialect::LENIENT,
            "--strict" => (config.dialect, config.content_line_limit) = (Dialect::STRICT, Some(1000)),
            "--lmtp" => config.lmtp = true,
            "--require-auth" => config.require = Require::Authentication,
            _ => {
                eprintln!(
                    "usage: mock_server [--listen HOST:PORT] [--out DIR] [--lenient | --strict] [--lmtp] [--require-auth]"
                );
                process::exit(2);
            }
        }
    }
    let listener = TcpListener::bind(&options.listen)?;
    println!("listening on {}", listener.local_addr()?);
    let (config, options) = (Arc::new(config), Arc::new(options));
    for stream in listener.incoming() {
        let (server, options) = (Server::new(Arc::clone(&config)), Arc::clone(&options));
        // One connection too many ends itself and not the server.
        let served = stream.and_then(|mut stream| {
            thread::Builder::new().spawn(move || {
                let mut connection = Connection {
                    server,
                    options,
                    message: Message::default(),
                    login: None,
                    heard: Heard::default(),
                    told_of_lf: false,
                };
                let ended = connection.serve(&mut stream).and_then(|()| hang_up(&mut stream));
                println!("--- {}", ended.map_or_else(|error| error.to_string(), |()| "connection closed".to_owned()));
            })
        });
        if let Err(error) = served {
            println!("--- {error}");
            thread::sleep(Duration::from_millis(10)); // there may be no file descriptor left
        }
    }
    Ok(())
}

/// Closes the connection. What the client is still sending is read for a while: closed with unread octets, TCP would reset
/// the connection, and the client might lose the last reply.
fn hang_up(stream: &mut TcpStream) -> Result<()> {
    stream.shutdown(Shutdown::Write)?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    _ = io::copy(&mut stream.take(1 << 20), &mut io::sink()); // however that ends, the session has ended well
    Ok(())
}

struct Connection {
    server: Server,
    options: Arc<Options>,
    message: Message,
    /// The name given in AUTH LOGIN, once it was.
    login: Option<bool>,
    heard: Heard,
    /// Was it said that a LF ends no line?
    told_of_lf: bool,
}

#[derive(Default)]
struct Message {
    from: String,
    to: Vec<String>,
    content: Vec<u8>,
}

impl Connection {
    /// Reads what arrives, answers it all, writes the answers.
    fn serve(&mut self, stream: &mut TcpStream) -> Result<()> {
        let (mut input, mut output) = (Vec::new(), Vec::new());
        let mut buffer = [0; 16 * 1024];
        self.server.reply_default(&mut output)?; // the greeting
        loop {
            print_lines("S: ", &output);
            stream.write_all(&output)?;
            output.clear();
            if !self.server.is_open() {
                return Ok(());
            }
            match stream.read(&mut buffer)? {
                0 => return Ok(()),
                read => input.extend_from_slice(&buffer[..read]),
            }
            let mut rest = &input[..];
            loop {
                let before = rest;
                let event = self.server.next_event(&mut rest)?;
                self.heard.add(&before[..before.len() - rest.len()]);
                let Some(event) = event else { break };
                self.answer(&event, &mut output)?;
                self.heard.after(&event);
            }
            if self.server.awaits_crlf_after_lf() && !std::mem::replace(&mut self.told_of_lf, true) {
                println!(
                    "   (waits: that line ends in LF alone, and only CRLF ends a line; with nc, use its option -C)"
                );
            }
            let read = input.len() - rest.len();
            input.drain(..read);
        }
    }

    fn answer(&mut self, event: &ServerEvent<'_>, output: &mut Vec<u8>) -> Result<()> {
        let transient = |code: EnhancedCode| code.with_class(ReplyClass::TransientFailure);
        match event {
            ServerEvent::Command(command) => {
                match command {
                    Command::Auth(auth) => println!("C: AUTH {} (credentials not shown)", auth.mechanism),
                    command => println!("C: {}", shown(command.to_string().as_bytes())),
                }
                match command {
                    Command::Mail(mail) => {
                        let from = mail.reverse_path.mailbox().map_or_else(String::new, |from| from.to_string());
                        self.message = Message { from, ..Message::default() };
                    }
                    Command::Rcpt(rcpt) => {
                        let mailbox = rcpt.forward_path.mailbox();
                        // Quotes are no part of what a local-part means.
                        let local: Vec<u8> = mailbox.iter().flat_map(|to| to.local_part().content()).collect();
                        if local.starts_with(b"no") {
                            return self.refuse(550, Some(EnhancedCode::BAD_DESTINATION_MAILBOX), output);
                        }
                        if local.starts_with(b"later") {
                            return self.refuse(450, transient(EnhancedCode::MAILBOX_DISABLED), output);
                        }
                        self.message.to.push(mailbox.map_or("Postmaster".to_owned(), |to| to.to_string()));
                    }
                    Command::Auth(auth) => return self.authenticate(auth.mechanism, auth.initial_response, output),
                    _ => {}
                }
                self.server.reply_default(output)?;
            }
            ServerEvent::Rejected(Refused { why: rejected, .. }) => {
                println!("C: {}", self.heard.refused(*rejected));
                println!("   (refused: {rejected})");
                self.server.reply_default(output)?;
            }
            ServerEvent::Content(octets) => self.message.content.extend_from_slice(octets),
            ServerEvent::Begin => {
                match self.server.chunk() {
                    Some(chunk) => println!("C: {}", Command::Bdat(chunk)),
                    None => println!("C: DATA"),
                }
                self.server.reply_default(output)?;
            }
            ServerEvent::Abandoned => self.message.content.clear(),
            ServerEvent::ContentEnd => {
                println!("C: ({} octets of content)", self.message.content.len());
                self.store()?;
                self.server.reply_default(output)?;
            }
            ServerEvent::Response(response) => {
                println!("C: (a response of {} octets)", response.as_bytes().len());
                match self.login.replace(true) {
                    Some(false) => self.server.challenge(LOGIN_PASSWORD, output)?,
                    _ => self.let_in(output)?,
                }
            }
            _ => self.server.reply_default(output)?,
        }
        Ok(())
    }

    fn refuse(&mut self, code: u16, enhanced: Option<EnhancedCode>, output: &mut Vec<u8>) -> Result<()> {
        let code = ReplyCode::new(code).ok_or("no code")?;
        let reply = Reply::new(code, enhanced, "Not here")?;
        Ok(self.server.reply(&reply, output)?)
    }

    /// AUTH PLAIN in one or two steps, AUTH LOGIN in three.
    fn authenticate(
        &mut self,
        mechanism: Mechanism<'_>,
        first: Option<Base64<'_>>,
        output: &mut Vec<u8>,
    ) -> Result<()> {
        self.login = None;
        if mechanism == Mechanism::LOGIN {
            self.login = Some(first.is_some());
            let challenge = if first.is_some() { LOGIN_PASSWORD } else { LOGIN_USERNAME };
            Ok(self.server.challenge(challenge, output)?)
        } else if mechanism != Mechanism::PLAIN {
            self.refuse(504, Some(EnhancedCode::INVALID_ARGUMENTS), output)
        } else if first.is_none() {
            Ok(self.server.challenge(b"", output)?)
        } else {
            self.let_in(output)
        }
    }

    fn let_in(&mut self, output: &mut Vec<u8>) -> Result<()> {
        // RFC 4954 section 6.
        let succeeded = EnhancedCode::OTHER_SECURITY.with_class(ReplyClass::Success);
        let reply = Reply::new(ReplyCode::AUTHENTICATION_SUCCEEDED, succeeded, "Welcome")?;
        Ok(self.server.reply(&reply, output)?)
    }

    /// Keeps an accepted message.
    fn store(&mut self) -> io::Result<()> {
        let message = std::mem::take(&mut self.message);
        let to: Vec<String> = message.to.iter().map(|to| json(to)).collect();
        let envelope = format!(r#"{{"from":{},"to":[{}]}}"#, json(&message.from), to.join(","));
        match &self.options.out {
            Some(folder) => folder.keep(&message.content, &envelope),
            None => Ok(()),
        }
    }
}

/// A string of JSON (RFC 8259 section 7).
fn json(text: &str) -> String {
    let mut string = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => string.extend(['\\', character]),
            '\0'..='\x1F' => string.push_str(&format!("\\u{:04x}", u32::from(character))),
            _ => string.push(character),
        }
    }
    string.push('"');
    string
}

fn print_lines(prefix: &str, octets: &[u8]) {
    for line in octets.split_inclusive(|octet| *octet == b'\n') {
        println!("{prefix}{}", shown(line.trim_ascii_end()));
    }
}
