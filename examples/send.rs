//! Sends one message and says what became of it for each recipient.
//!
//! ```text
//! cargo run --example send -- --server HOST:PORT --from A --to B [--to C] [--lmtp] [--auth USER:PASSWORD] [--bdat]
//!                             [--notify SUCCESS,FAILURE] [--ret HDRS] [--envid ID] [FILE]
//! ```
//!
//! Without a file the message is read from standard input. A line that ends in LF alone is sent with CRLF, as is a last
//! line that has no end. The exit status is 0 where every recipient was accepted and the message too, 1 otherwise.

#![allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "lengths and counts that cannot be off")]

use smtp_core::session::{Action, Client, ClientConfig, ClientEvent, Fate, State, Timer};
use smtp_core::syntax::{
    Base64Buf, Body, Command, Extension, Extensions, ForwardPath, Grammar, Host, Mailbox, Mechanism, ParameterName,
    ParameterValue, Parameters, ParametersBuf, Plain, Reply, ReplyBuf, ReversePath, SyntaxError,
};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;
use std::{env, fs, io};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

#[derive(Default)]
struct Options {
    server: String,
    from: String,
    to: Vec<String>,
    file: Option<String>,
    user: Option<(String, String)>,
    lmtp: bool,
    bdat: bool,
    notify: Option<String>,
    ret: Option<String>,
    envid: Option<String>,
}

const USAGE: &str = "usage: send --server HOST:PORT --from A --to B [--to C] [--lmtp] [--auth USER:PASSWORD] [--bdat] \
                     [--notify LIST] [--ret FULL|HDRS] [--envid ID] [FILE]";

fn options() -> Result<Options> {
    let mut options = Options::default();
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(USAGE);
        match argument.as_str() {
            "--server" => options.server = value()?,
            "--from" => options.from = value()?,
            "--to" => options.to.push(value()?),
            "--lmtp" => options.lmtp = true,
            "--bdat" => options.bdat = true,
            "--notify" => options.notify = Some(value()?),
            "--ret" => options.ret = Some(value()?),
            "--envid" => options.envid = Some(value()?),
            "--auth" => {
                let value = value()?;
                let (user, password) = value.split_once(':').ok_or("--auth: expected USER:PASSWORD")?;
                options.user = Some((user.to_owned(), password.to_owned()));
            }
            file if !file.starts_with("--") => options.file = Some(argument),
            _ => return Err(USAGE.into()),
        }
    }
    if options.server.is_empty() || options.to.is_empty() {
        return Err(USAGE.into());
    }
    check(&options)?;
    Ok(options)
}

/// Finds what no server could take, before one is asked.
fn check(options: &Options) -> Result<()> {
    let named = |argument: &str, value: &str, result: std::result::Result<(), SyntaxError>| {
        result.map_err(|error| format!("{argument} {value:?}: expected {}", error.expected()))
    };
    let from = reverse_path(&options.from).and_then(|from| is_legal(&Command::mail(from, Parameters::NONE)));
    named("--from", &options.from, from)?;
    for to in &options.to {
        named("--to", to, Mailbox::new(to).and_then(|to| is_legal(&Command::rcpt(to, Parameters::NONE))))?;
    }
    let (mut notify, mut ret, mut envid) = (ParametersBuf::new(), ParametersBuf::new(), ParametersBuf::new());
    if let Some(value) = &options.notify {
        let pushed = notify.push_raw("NOTIFY", Some(value));
        let to = ForwardPath::Postmaster;
        named("--notify", value, pushed.and_then(|()| is_legal(&Command::rcpt(to, notify.as_parameters()))))?;
    }
    if let Some(value) = &options.ret {
        let pushed = ret.push_raw("RET", Some(value));
        let from = ReversePath::Null;
        named("--ret", value, pushed.and_then(|()| is_legal(&Command::mail(from, ret.as_parameters()))))?;
    }
    if let Some((user, password)) = &options.user {
        plain(user, password)?;
    }
    if let Some(value) = &options.envid {
        named("--envid", value, envid.push_xtext(ParameterName::Envid, value.as_bytes()))?;
    }
    Ok(())
}

/// Would a server that offers everything take this command?
fn is_legal(command: &Command<'_>) -> std::result::Result<(), SyntaxError> {
    let everything = Grammar::SMTPUTF8.with_extensions(Extensions::ALL);
    Command::parse(command.to_string().as_bytes(), everything).map(|_| ())
}

fn reverse_path(address: &str) -> std::result::Result<ReversePath<'_>, SyntaxError> {
    Ok(if address.is_empty() { ReversePath::Null } else { Mailbox::new(address)?.into() })
}

fn plain(user: &str, password: &str) -> Result<Base64Buf> {
    let plain = Plain { authorization: "", authentication: user, password };
    Ok(plain.encode().ok_or("--auth: PLAIN cannot carry this")?)
}

/// The message as it has to be sent: each line ends in CRLF, and no CR stands elsewhere (RFC 5321 section 2.3.8). This holds
/// for BDAT as well, where the content is text (RFC 3030 section 2).
fn with_line_ends(message: &[u8]) -> Result<Vec<u8>> {
    let mut content = Vec::with_capacity(message.len());
    for line in message.split_inclusive(|octet| *octet == b'\n') {
        let text = line.strip_suffix(b"\r\n").or(line.strip_suffix(b"\n")).unwrap_or(line);
        if text.contains(&b'\r') {
            return Err("the message has a CR without LF".into());
        }
        content.extend_from_slice(text);
        content.extend_from_slice(b"\r\n");
    }
    Ok(content)
}

fn main() -> ExitCode {
    deliver().unwrap_or_else(|error| {
        eprintln!("{error}");
        ExitCode::FAILURE
    })
}

fn deliver() -> Result<ExitCode> {
    let options = options()?;
    let mut message = Vec::new();
    match &options.file {
        Some(file) => message = fs::read(file).map_err(|error| format!("{file}: {error}"))?,
        None => _ = io::stdin().read_to_end(&mut message)?,
    }
    let content = with_line_ends(&message)?;
    let config = if options.lmtp { ClientConfig::LMTP } else { ClientConfig::SMTP };
    let mut sender = Sender {
        fates: vec![None; options.to.len()],
        accepted: Vec::new(),
        asked: 0,
        client: Client::new(config),
        options,
        content,
    };
    let ended = sender.run();
    let delivered = sender.report();
    match ended {
        // Everybody has the message, and so whatever became of QUIT takes nothing back.
        _ if delivered => Ok(ExitCode::SUCCESS),
        ended => ended.map(|()| ExitCode::FAILURE),
    }
}

struct Sender {
    options: Options,
    content: Vec<u8>,
    client: Client,
    /// The last reply that speaks of each recipient, and what it answers.
    fates: Vec<Option<(Action, ReplyBuf)>>,
    /// Which recipients were accepted, in order.
    accepted: Vec<usize>,
    /// How many RCPT commands were answered.
    asked: usize,
}

impl Sender {
    /// Reads what arrives, does what comes next, writes it.
    fn run(&mut self) -> Result<()> {
        let mut stream = TcpStream::connect(&self.options.server)?;
        stream.set_write_timeout(Some(Timer::Block.minimum()))?;
        let (mut input, mut output) = (Vec::new(), Vec::new());
        let mut buffer = [0; 16 * 1024];
        let mut written = Ok(());
        while self.client.state() != State::Closed {
            stream.set_read_timeout(self.client.timer().map(Timer::minimum))?;
            let read = stream.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            input.extend_from_slice(&buffer[..read]);
            let mut rest = &input[..];
            while let Some(event) = self.client.next_event(&mut rest)? {
                self.next(&event, &mut output)?;
            }
            let read = input.len() - rest.len();
            input.drain(..read);
            // A server that refuses the content may close before it has all of it: its reply is there to be read.
            written = written.and_then(|()| stream.write_all(&output));
            output.clear();
        }
        Ok(written?)
    }

    fn next(&mut self, event: &ClientEvent<'_>, out: &mut Vec<u8>) -> Result<()> {
        match event {
            ClientEvent::Greeting(reply) => {
                said(reply);
                if self.client.state() != State::Start || reply.code().severity().is_failure() {
                    return self.send(&Command::Quit, out);
                }
                let host = Host::new("localhost")?;
                self.send(&if self.options.lmtp { Command::Lhlo(host) } else { Command::Ehlo(host) }, out)
            }
            ClientEvent::Reply { to, reply, recipient, .. } => {
                said(reply);
                self.answered(*to, reply, *recipient, out)
            }
            ClientEvent::Closing(reply) => {
                said(reply);
                Ok(())
            }
            // PLAIN has said all there is to say.
            _ => Ok(self.client.cancel(out)?),
        }
    }

    fn answered(&mut self, to: Action, reply: &Reply<'_>, recipient: Option<u32>, out: &mut Vec<u8>) -> Result<()> {
        let refused = reply.code().severity().is_failure();
        match to {
            Action::Ehlo | Action::Lhlo | Action::Helo | Action::Auth | Action::Response if !refused => {
                if self.options.user.is_some() && !self.client.is_authenticated() {
                    return self.authenticate(out);
                }
                self.begin(out)
            }
            Action::Ehlo => self.send(&Command::Helo(Host::new("localhost")?), out),
            Action::Mail if !refused => self.recipient(out),
            Action::Rcpt => {
                if !refused {
                    self.accepted.push(self.asked);
                }
                self.fates[self.asked] = Some((to, reply.into()));
                self.asked += 1;
                self.recipient(out)
            }
            Action::Data if !refused => {
                self.client.content(&self.content, out)?;
                self.client.finish_content(out)?;
                println!("C: ({} octets of content)", self.content.len());
                Ok(())
            }
            Action::Data | Action::Content | Action::BdatLast => {
                let spoken_of = match recipient {
                    Some(at) if self.options.lmtp => self.accepted.get(at as usize..=at as usize),
                    _ => Some(&self.accepted[..]),
                };
                for at in spoken_of.unwrap_or_default() {
                    self.fates[*at] = Some((to, reply.into()));
                }
                if self.client.awaiting().next().is_none() { self.send(&Command::Quit, out) } else { Ok(()) }
            }
            Action::Quit => Ok(()),
            _ => {
                self.fates.iter_mut().for_each(|fate| *fate = Some((to, reply.into())));
                self.send(&Command::Quit, out)
            }
        }
    }

    fn authenticate(&mut self, out: &mut Vec<u8>) -> Result<()> {
        let Some((user, password)) = &self.options.user else { return Ok(()) };
        let response = plain(user, password)?;
        println!("C: AUTH PLAIN (a response)");
        Ok(self.client.send(&Command::auth(Mechanism::PLAIN, Some(response.as_base64())), out)?)
    }

    fn begin(&mut self, out: &mut Vec<u8>) -> Result<()> {
        let offered = self.client.offer().extensions;
        let from = self.options.from.clone();
        let internationalized = self.options.to.iter().chain([&from]).any(|address| !address.is_ascii());
        let mut parameters = ParametersBuf::new();
        if offered.contains(Extension::Size) {
            parameters.push(ParameterValue::Size(self.content.len() as u64))?;
        }
        if !self.content.is_ascii() {
            if !offered.contains(Extension::EightBitMime) {
                // RFC 6152 section 3: such content must not be sent then.
                println!("the server does not take 8-bit content");
                return self.send(&Command::Quit, out);
            }
            parameters.push(ParameterValue::Body(Body::EightBitMime))?;
        }
        if internationalized {
            parameters.push(ParameterValue::SmtpUtf8)?;
        }
        if let Some(ret) = &self.options.ret {
            parameters.push_raw("RET", Some(ret))?;
        }
        if let Some(envid) = &self.options.envid {
            parameters.push_xtext(ParameterName::Envid, envid.as_bytes())?;
        }
        self.send(&Command::mail(reverse_path(&from)?, parameters.as_parameters()), out)
    }

    /// RCPT for the next recipient, and behind the last the content for those that were accepted.
    fn recipient(&mut self, out: &mut Vec<u8>) -> Result<()> {
        if let Some(to) = self.options.to.get(self.asked).cloned() {
            let mut parameters = ParametersBuf::new();
            if let Some(notify) = &self.options.notify {
                parameters.push_raw("NOTIFY", Some(notify))?;
            }
            return self.send(&Command::rcpt(Mailbox::new(&to)?, parameters.as_parameters()), out);
        }
        if self.accepted.is_empty() {
            return self.send(&Command::Quit, out);
        }
        if !self.options.bdat {
            return self.send(&Command::Data, out);
        }
        self.send(&Command::bdat(self.content.len() as u64, true), out)?;
        println!("C: ({} octets of content)", self.content.len());
        Ok(self.client.content(&self.content, out)?)
    }

    fn send(&mut self, command: &Command<'_>, out: &mut Vec<u8>) -> Result<()> {
        if self.client.state() == State::Closed {
            return Ok(()); // the last reply was 421
        }
        self.client.send(command, out)?;
        println!("C: {command}");
        Ok(())
    }

    /// What became of the message for each recipient; true where all have it.
    fn report(&self) -> bool {
        let mut all = true;
        for (to, fate) in self.options.to.iter().zip(&self.fates) {
            let word = match fate {
                // A reply that has come stands, whatever became of the connection.
                Some((_, reply)) if reply.as_reply().code().severity().is_failure() => "refused",
                Some((Action::Content | Action::BdatLast, _)) => "delivered",
                _ if self.client.fate() == Fate::Unknown => "unknown: the connection was lost before the reply",
                _ => "not delivered",
            };
            all &= word == "delivered";
            let said = fate.as_ref().map(|(_, reply)| reply.as_reply().to_string());
            println!("{to}: {word} ({})", said.unwrap_or_else(|| "no reply".to_owned()));
        }
        all
    }
}

fn said(reply: &Reply<'_>) {
    for line in reply.to_string().lines() {
        println!("S: {line}");
    }
}
