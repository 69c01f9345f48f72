//! Sends one message and says what became of it for each recipient.
//!
//! ```text
//! cargo run --example send -- --server HOST:PORT --from A --to B [--to C ...] [--lmtp] [--bdat]
//!                             [--auth USER:PASSWORD | --auth-file FILE] [--auth-in-clear]
//!                             [--notify LIST] [--ret FULL|HDRS] [--envid ID] [FILE]
//! ```
//!
//! Without a file the message is read from standard input. A line that ends in LF alone is sent with CRLF, as is a last line that
//! has no end. There is no TLS here, so that a password goes to a server on this machine only, unless `--auth-in-clear` says
//! otherwise (RFC 8314 section 3).
//!
//! The last lines say for each recipient whether it has the message: `delivered`, `refused` for good, `deferred` where it may be
//! tried again, or `unknown` where the whole message was sent and no valid answer came. The exit status is 0 where all have it,
//! 75 where some are to be tried again, 69 otherwise, and 2 for arguments that cannot be used.

#![allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "lengths and counts that cannot be off")]

use smtp_core::session::{Action, Client, ClientConfig, ClientEvent, Fate, State, Timer};
use smtp_core::syntax::{
    Base64Buf, Body, Command, Extension, Extensions, ForwardPath, Grammar, Host, Mailbox, Mechanism, ParameterName,
    ParameterValue, Parameters, ParametersBuf, Plain, Reply, ReplyClass, ReplyCode, ReversePath, SyntaxError,
};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;
use std::{env, fs, io};

/// Prints a line. Where nobody reads any more the message is delivered all the same.
macro_rules! say {
    ($to:expr, $($text:tt)*) => {
        _ = writeln!($to, $($text)*)
    };
}

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

#[derive(Default)]
struct Options {
    server: String,
    from: String,
    to: Vec<String>,
    file: Option<String>,
    user: Option<(String, String)>,
    auth_in_clear: bool,
    lmtp: bool,
    bdat: bool,
    notify: Option<String>,
    ret: Option<String>,
    envid: Option<String>,
}

const USAGE: &str = "usage: send --server HOST:PORT --from A --to B [--to C ...] [--lmtp] [--bdat] [--auth USER:PASSWORD | --auth-file FILE] \
                     [--auth-in-clear] [--notify LIST] [--ret FULL|HDRS] [--envid ID] [FILE]";

/// What is asked for; nothing if it was help or the version, which is printed.
fn options(mut arguments: impl Iterator<Item = String>, console: &mut dyn Write) -> Result<Option<Options>> {
    let mut options = Options::default();
    let mut from = None;
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument}: a value is missing\n{USAGE}"));
        match argument.as_str() {
            "--help" | "--version" => {
                let version = concat!("send ", env!("CARGO_PKG_VERSION"));
                say!(console, "{}", if argument == "--help" { USAGE } else { version });
                return Ok(None);
            }
            "--server" => options.server = value()?,
            "--from" => from = Some(value()?),
            "--to" => options.to.push(value()?),
            "--lmtp" => options.lmtp = true,
            "--bdat" => options.bdat = true,
            "--auth-in-clear" => options.auth_in_clear = true,
            "--notify" => options.notify = Some(value()?),
            "--ret" => options.ret = Some(value()?),
            "--envid" => options.envid = Some(value()?),
            "--auth" => {
                let value = value()?;
                options.user = Some(user(&value).ok_or("--auth: expected USER:PASSWORD")?);
            }
            "--auth-file" => {
                let file = value()?;
                let text = fs::read_to_string(&file).map_err(|error| format!("--auth-file {file}: {error}"))?;
                let first = text.lines().next().and_then(user);
                options.user = Some(first.ok_or_else(|| format!("--auth-file {file}: expected USER:PASSWORD"))?);
            }
            file if !file.starts_with("--") && options.file.is_none() => options.file = Some(argument),
            _ => return Err(format!("{argument}: unknown argument\n{USAGE}").into()),
        }
    }
    for (argument, missing) in
        [("--server", options.server.is_empty()), ("--from", from.is_none()), ("--to", options.to.is_empty())]
    {
        if missing {
            return Err(format!("{argument} is missing\n{USAGE}").into());
        }
    }
    options.from = from.unwrap_or_default();
    check(&options)?;
    Ok(Some(options))
}

fn user(text: &str) -> Option<(String, String)> {
    text.split_once(':').map(|(user, password)| (user.to_owned(), password.to_owned()))
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
    let status = deliver(env::args().skip(1), &mut io::stdin(), &mut io::stdout());
    ExitCode::from(status.unwrap_or_else(|error| {
        eprintln!("{error}");
        2
    }))
}

/// Does what the arguments say; gives the exit status. The error says which argument cannot be used.
pub(crate) fn deliver(
    arguments: impl Iterator<Item = String>,
    input: &mut dyn Read,
    console: &mut dyn Write,
) -> Result<u8> {
    let Some(options) = options(arguments, console)? else { return Ok(0) };
    let name = options.file.as_deref().unwrap_or("standard input");
    let mut message = Vec::new();
    let read = match &options.file {
        Some(file) => fs::read(file).map(|octets| message = octets),
        None => input.read_to_end(&mut message).map(|_| ()),
    };
    read.map_err(|error| format!("{name}: {error}"))?;
    let content = with_line_ends(&message).map_err(|error| format!("{name}: {error}"))?;
    let mut sender = Sender {
        fates: vec![None; options.to.len()],
        accepted: Vec::new(),
        asked: None,
        bdat: options.bdat,
        again: false,
        fate: Fate::Settled,
        last_words: None,
        client: Client::new(ClientConfig::SMTP),
        options,
        content,
        console,
    };
    let why = match sender.run() {
        Ok(()) => sender.last_words.take().unwrap_or_else(|| "the connection was closed".to_owned()),
        Err(error) => clean(&error.to_string()),
    };
    sender.settle(&why);
    Ok(sender.report())
}

/// What became of the message for a recipient, and in whose words.
#[derive(Clone)]
struct Outcome {
    word: &'static str,
    said: String,
}

const DELIVERED: &str = "delivered";
const REFUSED: &str = "refused";
const DEFERRED: &str = "deferred";
const UNKNOWN: &str = "unknown";

struct Sender<'a> {
    options: Options,
    content: Vec<u8>,
    client: Client,
    /// What is known for each recipient. The first that decides it stands.
    fates: Vec<Option<Outcome>>,
    /// Which recipients were accepted, in order.
    accepted: Vec<usize>,
    /// Which recipient the last RCPT was for.
    asked: Option<usize>,
    /// Send the content with BDAT.
    bdat: bool,
    /// The server did not know BDAT: RSET, and the same with DATA.
    again: bool,
    /// What is known of the message that was written, and not only made ready for that.
    fate: Fate,
    /// The reply with which the server closed.
    last_words: Option<String>,
    console: &'a mut dyn Write,
}

impl Sender<'_> {
    /// Reads what arrives, does what comes next, writes it.
    fn run(&mut self) -> Result<()> {
        let mut stream = TcpStream::connect(&self.options.server)?;
        let mut config = if self.options.lmtp { ClientConfig::LMTP } else { ClientConfig::SMTP };
        config.auth_in_clear = self.options.auth_in_clear || stream.peer_addr()?.ip().is_loopback();
        self.client = Client::new(config);
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
            if written.is_ok() {
                self.fate = self.client.fate();
            }
        }
        Ok(written?)
    }

    fn next(&mut self, event: &ClientEvent<'_>, out: &mut Vec<u8>) -> Result<()> {
        match event {
            ClientEvent::Greeting(reply) => {
                self.hear(reply);
                if reply.code().class().is_failure() {
                    return self.give_up(reply, out);
                }
                let host = Host::new("localhost")?;
                self.send(&if self.options.lmtp { Command::Lhlo(host) } else { Command::Ehlo(host) }, out)
            }
            ClientEvent::Reply { to, reply, recipient, .. } => {
                self.hear(reply);
                self.answered(*to, reply, *recipient, out)
            }
            ClientEvent::Closing(reply) => {
                self.hear(reply);
                self.give_up(reply, out)
            }
            // PLAIN has said all there is to say.
            _ => {
                say!(self.console, "C: *");
                Ok(self.client.cancel(out)?)
            }
        }
    }

    fn hear(&mut self, reply: &Reply<'_>) {
        for line in shown(reply) {
            say!(self.console, "S: {line}");
        }
        if self.client.state() == State::Closed {
            self.last_words = Some(one_line(reply));
        }
    }

    fn answered(&mut self, to: Action, reply: &Reply<'_>, recipient: Option<u32>, out: &mut Vec<u8>) -> Result<()> {
        let code = reply.code();
        let refused = code.class().is_failure();
        if to != Action::Quit && self.fates.iter().all(Option::is_some) {
            return self.quit(out);
        }
        match to {
            Action::Ehlo | Action::Lhlo | Action::Helo | Action::Auth | Action::Response if !refused => {
                if self.options.user.is_some() && !self.client.is_authenticated() {
                    return self.authenticate(out);
                }
                self.begin(out)
            }
            // RFC 5321 section 3.2.
            Action::Ehlo if code.class() == ReplyClass::PermanentFailure => {
                self.send(&Command::Helo(Host::new("localhost")?), out)
            }
            Action::Mail if !refused => self.recipient(out),
            Action::Rcpt => {
                if let Some(at) = self.asked {
                    if refused {
                        // RFC 5321 section 4.5.3.1.10: too many recipients for now.
                        let later = code == ReplyCode::EXCEEDED_STORAGE;
                        self.decide(at, if later { DEFERRED } else { word(code) }, reply);
                    } else {
                        self.accepted.push(at);
                    }
                }
                self.recipient(out)
            }
            Action::Rset if self.again => self.begin(out),
            Action::Data if !refused => {
                self.client.content(&self.content, out)?;
                self.client.finish_content(out)?;
                say!(self.console, "C: ({} octets of content)", self.content.len());
                Ok(())
            }
            // The server offers CHUNKING, reads the chunk, and does not know the command.
            Action::BdatLast if !self.options.lmtp && matches!(code.get(), 500..=504) => {
                (self.bdat, self.again) = (false, true);
                self.send(&Command::Rset, out)
            }
            Action::Content | Action::BdatLast => {
                let spoken_of = match recipient {
                    Some(at) if self.options.lmtp => self.accepted.get(at as usize..=at as usize),
                    _ => Some(&self.accepted[..]),
                };
                for at in spoken_of.unwrap_or_default().to_vec() {
                    self.decide(at, word(code), reply);
                }
                if self.client.awaiting().next().is_none() { self.quit(out) } else { Ok(()) }
            }
            Action::Quit => Ok(()),
            _ => self.give_up(reply, out),
        }
    }

    fn authenticate(&mut self, out: &mut Vec<u8>) -> Result<()> {
        let Some((user, password)) = &self.options.user else { return Ok(()) };
        let response = plain(user, password)?;
        let command = Command::auth(Mechanism::PLAIN, Some(response.as_base64()));
        match self.client.send(&command, out) {
            Ok(()) => say!(self.console, "C: AUTH PLAIN (a response)"),
            Err(misuse) => return self.cannot(&misuse.to_string(), out),
        }
        Ok(())
    }

    fn begin(&mut self, out: &mut Vec<u8>) -> Result<()> {
        let offered = self.client.offer().extensions;
        let from = self.options.from.clone();
        let internationalized = self.options.to.iter().chain([&from]).any(|address| !address.is_ascii());
        self.accepted.clear();
        self.asked = None;
        if self.bdat && !offered.contains(Extension::Chunking) {
            say!(self.console, "the server does not offer CHUNKING: DATA it is");
            self.bdat = false;
        }
        let mut parameters = ParametersBuf::new();
        if offered.contains(Extension::Size) {
            parameters.push(ParameterValue::Size(self.content.len() as u64))?;
        }
        if !self.content.is_ascii() {
            // RFC 6152 section 3: without the offer such content must not be sent.
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

    /// RCPT for the next recipient, and after the last the content for those that were accepted.
    fn recipient(&mut self, out: &mut Vec<u8>) -> Result<()> {
        if self.client.state() == State::Closed {
            return Ok(());
        }
        let from = self.asked.map_or(0, |at| at + 1);
        if let Some(at) = (from..self.fates.len()).find(|at| self.fates[*at].is_none()) {
            self.asked = Some(at);
            let to = self.options.to[at].clone();
            let mut parameters = ParametersBuf::new();
            if let Some(notify) = &self.options.notify {
                parameters.push_raw("NOTIFY", Some(notify))?;
            }
            return self.send(&Command::rcpt(Mailbox::new(&to)?, parameters.as_parameters()), out);
        }
        if self.accepted.is_empty() {
            return self.quit(out);
        }
        if !self.bdat {
            return self.send(&Command::Data, out);
        }
        self.send(&Command::bdat_last(self.content.len() as u64), out)?;
        say!(self.console, "C: ({} octets of content)", self.content.len());
        Ok(self.client.content(&self.content, out)?)
    }

    fn send(&mut self, command: &Command<'_>, out: &mut Vec<u8>) -> Result<()> {
        if self.client.state() == State::Closed {
            return Ok(()); // the last reply was 421
        }
        match self.client.send(command, out) {
            Ok(()) => say!(self.console, "C: {command}"),
            Err(misuse) => return self.cannot(&misuse.to_string(), out),
        }
        Ok(())
    }

    /// A failure of the whole attempt.
    fn give_up(&mut self, reply: &Reply<'_>, out: &mut Vec<u8>) -> Result<()> {
        for at in 0..self.fates.len() {
            self.decide(at, word(reply.code()), reply);
        }
        self.quit(out)
    }

    /// The message cannot be sent to this server.
    fn cannot(&mut self, why: &str, out: &mut Vec<u8>) -> Result<()> {
        say!(self.console, "{why}");
        for fate in self.fates.iter_mut().filter(|fate| fate.is_none()) {
            *fate = Some(Outcome { word: REFUSED, said: why.to_owned() });
        }
        self.quit(out)
    }

    /// Leaves as RFC 5321 section 4.1.1.10 wants it, where QUIT has its place.
    fn quit(&mut self, out: &mut Vec<u8>) -> Result<()> {
        if self.client.send(&Command::Quit, out).is_ok() {
            say!(self.console, "C: QUIT");
        }
        Ok(())
    }

    fn decide(&mut self, at: usize, word: &'static str, reply: &Reply<'_>) {
        let fate = &mut self.fates[at];
        fate.get_or_insert_with(|| Outcome { word, said: one_line(reply) });
    }

    /// Decides for those for whom no reply did before the session ended.
    fn settle(&mut self, why: &str) {
        let unknown = self.fate == Fate::Unknown;
        for (at, fate) in self.fates.iter_mut().enumerate() {
            let word = if unknown && self.accepted.contains(&at) { UNKNOWN } else { DEFERRED };
            fate.get_or_insert_with(|| Outcome { word, said: why.to_owned() });
        }
    }

    fn report(&mut self) -> u8 {
        for (to, fate) in self.options.to.iter().zip(self.fates.iter().flatten()) {
            say!(self.console, "{to}: {} ({})", fate.word, fate.said);
        }
        let has = |words: &[&str]| self.fates.iter().flatten().any(|fate| words.contains(&fate.word));
        match (has(&[DEFERRED, UNKNOWN]), has(&[REFUSED])) {
            (true, _) => 75,
            (false, true) => 69,
            (false, false) => 0,
        }
    }
}

fn word(code: ReplyCode) -> &'static str {
    match code.class() {
        ReplyClass::PermanentFailure => REFUSED,
        ReplyClass::TransientFailure => DEFERRED,
        ReplyClass::Success | ReplyClass::Intermediate => DELIVERED,
    }
}

/// The lines of a reply.
fn shown(reply: &Reply<'_>) -> Vec<String> {
    reply.to_string().split("\r\n").map(clean).collect()
}

fn one_line(reply: &Reply<'_>) -> String {
    shown(reply).join(" ")
}

/// A text of somebody else's, without what a terminal would take for a command (C0, DEL and C1).
fn clean(text: &str) -> String {
    let shown = |character: char| -> String {
        if character.is_control() { character.escape_default().collect() } else { character.into() }
    };
    text.chars().map(shown).collect()
}
