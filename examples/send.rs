//! Sends one message and says what became of it for each recipient: `delivered`, `refused` for good, `deferred` where it may be tried
//! again, or `unknown` where the whole message was sent and no valid answer came. The exit status is 0 where all have it, 75 where
//! some are to be tried again, 69 otherwise, and 2 for arguments that cannot be used.
//!
//! Without a file the message is read from standard input; a line that ends in LF alone is sent with CRLF. There is no TLS here, so
//! a password goes to a server on this machine only, unless `--auth-in-clear` says otherwise (RFC 8314 section 3).
//!
//! ```text
//! cargo run --example send -- --server HOST:PORT --from A --to B [--to C ...] [FILE]   # --help names the others
//! ```

#![allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "lengths and numbers that cannot be off")]

use smtp_core::sasl::Password;
use smtp_core::session::delivery::{Delivery, Message, Opening, Outcome, Status, Step};
use smtp_core::session::{ClientConfig, State, Timer};
use smtp_core::syntax::{ForwardPath, Grammar, Host, Mailbox, Mechanism, ParameterName, ParametersBuf, ReversePath};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::{env, fs, io, process::ExitCode};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const USAGE: &str = "usage: send --server HOST:PORT --from A --to B [--to C ...] [--lmtp] [--bdat] [--auth USER:PASSWORD | --auth-file FILE] \
                     [--auth-in-clear] [--notify LIST] [--ret FULL|HDRS] [--envid ID] [FILE]";

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
    let (mut server, mut from, mut to, mut file, mut secret) = (None, None, Vec::new(), None, None);
    let (mut lmtp, mut bdat, mut auth_in_clear) = (false, false, false);
    let (mut of_mail, mut of_rcpt) = (ParametersBuf::new(), ParametersBuf::new());
    let mut arguments = arguments;
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument}: a value is missing\n{USAGE}"));
        match argument.as_str() {
            "--help" | "--version" => {
                let version = concat!("send ", env!("CARGO_PKG_VERSION"));
                _ = writeln!(console, "{}", if argument == "--help" { USAGE } else { version });
                return Ok(0);
            }
            "--server" => server = Some(value()?),
            "--from" => from = Some(value()?),
            "--to" => to.push(value()?),
            "--lmtp" => lmtp = true,
            "--bdat" => bdat = true,
            "--auth-in-clear" => auth_in_clear = true,
            "--notify" => parameter(&mut of_rcpt, &argument, "NOTIFY", &value()?)?,
            "--ret" => parameter(&mut of_mail, &argument, "RET", &value()?)?,
            "--envid" => {
                of_mail.push_xtext(ParameterName::Envid, value()?.as_bytes()).map_err(|e| format!("--envid: {e}"))?
            }
            "--auth" => secret = Some(value()?),
            "--auth-file" => {
                let file = value()?;
                let text = fs::read_to_string(&file).map_err(|error| format!("--auth-file {file}: {error}"))?;
                secret = text.lines().next().map(str::to_owned);
            }
            _ if !argument.starts_with("--") && file.is_none() => file = Some(argument),
            _ => return Err(format!("{argument}: unknown argument\n{USAGE}").into()),
        }
    }
    let missing = |argument| format!("{argument} is missing\n{USAGE}");
    let (server, from) = (server.ok_or_else(|| missing("--server"))?, from.ok_or_else(|| missing("--from"))?);
    let mailbox = |argument: &str, text| Mailbox::new(text).map_err(|e| format!("{argument} {text:?}: {e}"));
    let sender = if from.is_empty() { ReversePath::Null } else { mailbox("--from", &from)?.into() };
    let paths = to.iter().map(|to| Ok(mailbox("--to", to)?.into())).collect::<Result<Vec<ForwardPath<'_>>>>()?;
    if paths.is_empty() {
        return Err(missing("--to").into());
    }
    let mut opening = Opening::new(Host::new("localhost")?);
    if let Some(secret) = secret {
        let (user, password) = secret.split_once(':').ok_or("--auth: expected USER:PASSWORD")?;
        for mechanism in [Mechanism::PLAIN, Mechanism::LOGIN] {
            opening =
                opening.with_authenticator(Password::new(mechanism, user, password).ok_or("--auth: cannot be sent")?);
        }
    }
    let mut content = Vec::new();
    let name = file.as_deref().unwrap_or("standard input");
    let read = match &file {
        Some(file) => fs::File::open(file).and_then(|mut file| file.read_to_end(&mut content)),
        None => input.read_to_end(&mut content),
    };
    read.map_err(|error| format!("{name}: {error}"))?;
    let content = with_line_ends(&content).ok_or_else(|| format!("{name}: the message has a CR without LF"))?;
    let mut message = Message::of(&content);
    (message.chunking, message.require_dsn) = (bdat, true);
    let mut config = if lmtp { ClientConfig::LMTP } else { ClientConfig::SMTP };
    config.auth_in_clear = auth_in_clear;
    let envelope = ((sender, of_mail.as_parameters()), (&paths[..], of_rcpt.as_parameters()));

    let mut fates: Vec<Option<Outcome>> = vec![None; to.len()];
    let sent = TcpStream::connect(&server).and_then(|mut stream| {
        config.auth_in_clear |= stream.peer_addr()?.ip().is_loopback();
        let mut delivery = Delivery::new(config, opening);
        delivery.push(envelope, message);
        delivery.quit();
        talk(&mut stream, &mut delivery, &content, console, &mut fates)
    });
    let why = sent.err().map_or_else(|| "the connection was closed".to_owned(), |error| error.to_string());
    let mut status = 0;
    for (to, fate) in to.iter().zip(&fates) {
        let (word, failed) = match fate.as_ref().map_or(Status::Deferred, |fate| fate.status) {
            Status::Delivered => ("delivered", 0),
            Status::Refused | Status::Unsendable => ("refused", 69),
            Status::Unknown => ("unknown", 75),
            _ => ("deferred", 75),
        };
        status = status.max(failed);
        let reason = fate.as_ref().map_or_else(|| why.clone(), Outcome::to_string);
        _ = writeln!(console, "{to}: {word} ({})", clean(&reason));
    }
    Ok(status)
}

/// Moves octets, gives the content, and collects the outcomes.
fn talk<E: smtp_core::session::delivery::Envelope>(
    stream: &mut TcpStream,
    delivery: &mut Delivery<E>,
    content: &[u8],
    console: &mut dyn Write,
    fates: &mut [Option<Outcome>],
) -> io::Result<()> {
    stream.set_write_timeout(Some(Timer::Block.minimum()))?;
    let (mut buffer, mut given) = ([0; 16 * 1024], 0);
    loop {
        match delivery.next_step() {
            Step::Read(timer) => {
                show(delivery.to_write(), delivery.client().state(), given, console);
                given = 0;
                // A server that refuses may close before it has read everything: what it said is there to be read.
                if stream.write_all(delivery.to_write()).is_ok() {
                    delivery.written(delivery.to_write().len());
                }
                stream.set_read_timeout(Some(timer.minimum()))?;
                match stream.read(&mut buffer) {
                    Ok(octets @ 1..) => {
                        say(console, "S", &String::from_utf8_lossy(&buffer[..octets]));
                        delivery.received(&buffer[..octets]);
                    }
                    Ok(0) | Err(_) => delivery.lost(),
                }
            }
            Step::Content { from, .. } => {
                given = content.len() - from as usize;
                delivery.content(&content[from as usize..], true).map_err(io::Error::other)?;
            }
            Step::Fate { recipient, outcome, .. } => fates[recipient] = Some(outcome.clone()),
            _ => return Ok(()),
        }
    }
}

/// Prints what is about to be sent: commands, and neither passwords nor content.
fn show(octets: &[u8], state: State, given: usize, console: &mut dyn Write) {
    match String::from_utf8_lossy(octets) {
        _ if given > 0 => say(console, "C", &format!("({given} octets of content)")),
        _ if state == State::Auth => say(console, "C", "(a response)"),
        text if text.starts_with("AUTH ") => say(console, "C", "AUTH (and a response)"),
        text => say(console, "C", &text),
    }
}

fn say(console: &mut dyn Write, who: &str, text: &str) {
    for line in text.lines() {
        // Where nobody reads any more the message is delivered all the same.
        _ = writeln!(console, "{who}: {}", clean(line));
    }
}

/// A text of somebody else's, without what a terminal would take for a command (C0, DEL and C1).
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { c.escape_default().to_string() } else { c.into() }).collect()
}

/// A parameter, if it is one by its grammar.
fn parameter(list: &mut ParametersBuf, argument: &str, keyword: &str, value: &str) -> Result<()> {
    let wrong = |error| format!("{argument} {value:?}: {error}");
    list.push_raw(keyword, Some(value)).map_err(wrong)?;
    let last = list.as_parameters().iter().last();
    match last.and_then(|last| last.interpret(argument == "--ret", Grammar::SMTPUTF8)) {
        Some(Err(error)) => Err(wrong(error).into()),
        _ => Ok(()),
    }
}

/// The message as it has to be sent: each line ends in CRLF, and no CR stands elsewhere (RFC 5321 section 2.3.8).
fn with_line_ends(message: &[u8]) -> Option<Vec<u8>> {
    let mut content = Vec::with_capacity(message.len());
    for line in message.split_inclusive(|octet| *octet == b'\n') {
        let text = line.strip_suffix(b"\r\n").or(line.strip_suffix(b"\n")).unwrap_or(line);
        content.extend_from_slice(text);
        content.extend_from_slice(b"\r\n");
        if text.contains(&b'\r') {
            return None;
        }
    }
    Some(content)
}
