//! Sends one message and prints its status for each recipient: `delivered`, `refused` permanently, `deferred` if it may
//! be tried again, or `unknown` if all was sent and no valid answer came. Exit status: 0 if all have the message, 75 if
//! some are to be tried again, 69 otherwise, 2 for invalid arguments. Without TLS a password goes only to this machine,
//! or with `--auth-in-clear` (RFC 8314 section 3).
#![allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "lengths and numbers that cannot be off")]

use smtp_core::sasl::Password;
use smtp_core::session::delivery::{Delivery, Message, Opening, Outcome, Status, Step};
use smtp_core::session::{ClientConfig, State, Timer};
use smtp_core::syntax::{Command, Extensions, Grammar, Host, Mailbox, Mechanism, Parameters, ReversePath, XtextBuf};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::{env, fs, io, mem, process::ExitCode};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;
const USAGE: &str = "usage: send --server HOST:PORT --from A --to B [--to C ...] [--lmtp] [--bdat] [--auth USER:PASSWORD | --auth-file FILE] \
                     [--auth-in-clear] [--notify LIST] [--ret FULL|HDRS] [--envid ID] [FILE]";
const VALUES: [&str; 8] = ["--server", "--from", "--to", "--auth", "--auth-file", "--notify", "--ret", "--envid"];

fn main() -> ExitCode {
    let status = deliver(env::args().skip(1), &mut io::stdin(), &mut io::stdout());
    ExitCode::from(status.unwrap_or_else(|error| {
        eprintln!("{error}");
        2
    }))
}

/// Delivers the message by the arguments, and returns the exit status. The error names the invalid argument.
pub(crate) fn deliver(words: impl Iterator<Item = String>, input: &mut dyn Read, out: &mut dyn Write) -> Result<u8> {
    let (mut words, mut flags, mut given, mut file) = (words, Vec::new(), Vec::new(), None);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--help" => return Ok(writeln!(out, "{USAGE}").map_or(0, |()| 0)),
            "--version" => return Ok(writeln!(out, "send {}", env!("CARGO_PKG_VERSION")).map_or(0, |()| 0)),
            "--lmtp" | "--bdat" | "--auth-in-clear" => flags.push(word),
            name if VALUES.contains(&name) => {
                let value = words.next().ok_or_else(|| format!("{name}: a value is missing\n{USAGE}"))?;
                given.push((word, value));
            }
            name if !name.starts_with("--") && file.is_none() => file = Some(word),
            _ => return Err(format!("{word}: unknown argument\n{USAGE}").into()),
        }
    }
    let has = |flag: &str| flags.iter().any(|given| given == flag);
    let all =
        |name: &'static str| given.iter().filter(move |(given, _)| given == name).map(|(_, value)| value.as_str());
    let one = |name| all(name).next_back().ok_or_else(|| format!("{name} is missing\n{USAGE}"));
    let (server, from, _) = (one("--server")?, one("--from")?, one("--to")?);
    // Find values that no server accepts before connecting.
    let (mut of_mail, mut of_rcpt, mut opening) = (String::new(), String::new(), Opening::new(Host::new("localhost")?));
    for (name, value) in &given {
        let (list, line) = match name.as_str() {
            "--from" => (&mut of_mail, format!("MAIL FROM:<{value}> ")),
            "--to" => (&mut of_rcpt, format!("RCPT TO:<{value}> ")),
            "--ret" => (&mut of_mail, format!("MAIL FROM:<> RET={value}")),
            "--envid" => (&mut of_mail, format!("MAIL FROM:<> ENVID={}", XtextBuf::encode(value.as_bytes()))),
            "--notify" => (&mut of_rcpt, format!("RCPT TO:<postmaster> NOTIFY={value}")),
            "--auth" | "--auth-file" => {
                let read = if name == "--auth" { Ok(value.clone()) } else { fs::read_to_string(value) };
                let text = read.map_err(|error| format!("{name} {value}: {error}"))?;
                opening = with_password(opening, &text).ok_or_else(|| format!("{name}: expected USER:PASSWORD"))?;
                continue;
            }
            _ => continue,
        };
        Command::parse(line.trim_end().as_bytes(), Grammar::SMTPUTF8.with_extensions(Extensions::ALL))
            .map_err(|error| format!("{name} {value:?}: {error}"))?;
        list.extend([line.rsplit_once("> ").map_or("", |(_, parameter)| parameter), " "]);
    }
    let sender = if from.is_empty() { ReversePath::Null } else { Mailbox::new(from)?.into() };
    let to = all("--to").map(|to| Ok(Mailbox::new(to)?.into())).collect::<Result<Vec<_>>>()?;
    let envelope = ((sender, Parameters::new(of_mail.trim())?), (&to[..], Parameters::new(of_rcpt.trim())?));
    let read = match &file {
        Some(file) => fs::read(file).map_err(|error| format!("{file}: {error}")),
        None => io::BufReader::new(input).bytes().collect::<io::Result<_>>().map_err(|error| error.to_string()),
    };
    let content = with_line_ends(&read?);
    let mut message = Message::of(&content);
    (message.chunking, message.require_dsn) = (has("--bdat"), true);
    let (mut outcomes, connected) = (vec![None; to.len()], TcpStream::connect(server));
    let why = connected.as_ref().err().map(ToString::to_string).unwrap_or_default();
    if let Ok(mut stream) = connected {
        let mut config = if has("--lmtp") { ClientConfig::LMTP } else { ClientConfig::SMTP };
        config.auth_in_clear = has("--auth-in-clear") || stream.peer_addr().is_ok_and(|peer| peer.ip().is_loopback());
        let mut delivery = Delivery::new(config, opening);
        delivery.push(envelope, message);
        delivery.quit();
        let (mut buffer, mut is_content) = ([0; 16 * 1024], false);
        _ = stream.set_write_timeout(Some(Timer::Block.minimum()));
        loop {
            match delivery.next_step() {
                Step::Read(timer) => {
                    let to_write = delivery.to_write();
                    let is_secret = delivery.client().state() == State::Auth || to_write.starts_with(b"AUTH ");
                    let is_hidden = mem::take(&mut is_content) || is_secret;
                    say(out, "C: ", if is_hidden { b"(not shown)" } else { to_write });
                    // A server that refuses may close before it has read everything. Its replies can still be read.
                    match stream.write_all(to_write) {
                        Ok(()) => delivery.written(delivery.to_write().len()),
                        Err(_) => stream.shutdown(Shutdown::Write).unwrap_or_default(),
                    }
                    _ = stream.set_read_timeout(Some(timer.minimum()));
                    let count = stream.read(&mut buffer).unwrap_or(0);
                    say(out, "S: ", &buffer[..count]);
                    if count > 0 { delivery.received(&buffer[..count]) } else { delivery.lost() }
                }
                Step::Content { from, .. } => {
                    is_content = true;
                    delivery.content(&content[from as usize..], true)?;
                }
                Step::Fate { recipient, outcome, .. } => outcomes[recipient] = Some(outcome.clone()),
                _ => break,
            }
        }
    }
    let mut exit = 0;
    for (to, outcome) in all("--to").zip(&outcomes) {
        let (word, status) = match outcome.as_ref().map_or(Status::Deferred, |outcome| outcome.status) {
            Status::Delivered => ("delivered", 0),
            Status::Refused | Status::Unsendable => ("refused", 69),
            Status::Unknown => ("unknown", 75),
            _ => ("deferred", 75),
        };
        let why = outcome.as_ref().map_or(why.clone(), Outcome::to_string);
        say(out, "", format!("{to}: {word} ({why})").as_bytes());
        exit = exit.max(status);
    }
    Ok(exit)
}

fn with_password(opening: Opening, text: &str) -> Option<Opening> {
    let (user, password) = text.lines().next()?.split_once(':')?;
    let [plain, login] = [Mechanism::PLAIN, Mechanism::LOGIN].map(|name| Password::new(name, user, password));
    Some(opening.with_authenticator(plain?).with_authenticator(login?))
}

/// Prints lines with control characters escaped. A closed output is ignored: the message is delivered nevertheless.
fn say(out: &mut dyn Write, who: &str, text: &[u8]) {
    let clean = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.into() };
    for line in String::from_utf8_lossy(text).lines() {
        _ = writeln!(out, "{who}{}", line.chars().map(clean).collect::<String>());
    }
}

/// Returns the message with CRLF at the end of each line (RFC 5321 section 2.3.8).
fn with_line_ends(text: &[u8]) -> Vec<u8> {
    let text_of = |line: &[u8]| line.strip_suffix(b"\r\n").or(line.strip_suffix(b"\n")).unwrap_or(line).to_vec();
    text.split_inclusive(|octet| *octet == b'\n').flat_map(|line| [&text_of(line)[..], b"\r\n"].concat()).collect()
}
