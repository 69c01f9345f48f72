//! `smtp-lab send`: delivers a message and says what became of it for each recipient, on `session::delivery`.

pub(crate) mod security;
mod session;

use crate::output::{Failure, Result, host_and_port, say_if_read};
use crate::record::{self, Recorder};
use clap::ValueEnum;
use session::Route;
use smtp_core::routing::{Attempt, Mx, MxAnswer, Next, RelayNames, next_hops};
use smtp_core::sasl::Password;
use smtp_core::session::ClientConfig;
use smtp_core::session::delivery::{Message, Opening, Outcome, Status, TlsPolicy};
use smtp_core::syntax::{
    Command, Extensions, ForwardPath, Grammar, Host, Mailbox, Mechanism, Parameters, ReversePath, XtextBuf,
};
use smtp_testkit::recording::readable;
use std::fs;
use std::io::{self, Read};
use std::net::ToSocketAddrs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

const EXAMPLES: &str = "\
Examples:
  smtp-lab send --server localhost:2525 --from joe@client.example --to ann@mx.example message.eml
  smtp-lab send --server mail.example:587 --tls must --auth joe --from joe@mail.example --to ann@mx.example < message.eml
  smtp-lab send --mx mx.example=mx1.mx.example:10,mx2.mx.example:20 --from joe@client.example --to ann@mx.example message.eml";

/// Send a message, and say for each recipient what became of it: delivered, refused, deferred or unknown.
///
/// The dialogue is printed, with every violation of an RFC beneath its line. Exit status: 0 if all recipients have the message, 75 if
/// it may be sent again to some, 69 otherwise, 2 for arguments that cannot be used.
#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Options {
    /// The server
    #[arg(long, value_name = "HOST:PORT", value_parser = host_and_port, required_unless_present = "mx", conflicts_with = "mx")]
    server: Option<String>,
    /// The hosts of a domain in place of its MX records, instead of --server; may be given for several domains
    #[arg(long, value_name = "DOMAIN=HOST:PREF,...")]
    mx: Vec<String>,
    /// The port of the hosts in --mx
    #[arg(long, value_name = "PORT", default_value_t = 25)]
    port: u16,
    /// The sender; empty for none
    #[arg(long, value_name = "ADDRESS")]
    from: String,
    /// A recipient; may be given several times
    #[arg(long, value_name = "ADDRESS", required = true)]
    to: Vec<String>,
    /// The name in EHLO
    #[arg(long, value_name = "NAME", default_value = "localhost")]
    hello: String,
    /// Speak LMTP
    #[arg(long)]
    lmtp: bool,
    /// Send the content in chunks (BDAT), if the server offers CHUNKING
    #[arg(long)]
    bdat: bool,
    /// Credentials; without a password it is asked for at the terminal
    #[arg(long, value_name = "USER[:PASSWORD]", hide_default_value = true)]
    auth: Option<String>,
    /// Credentials, USER:PASSWORD in the first line of a file
    #[arg(long, value_name = "FILE", conflicts_with = "auth")]
    auth_file: Option<PathBuf>,
    /// When each recipient's server is to report: NEVER, or some of SUCCESS,FAILURE,DELAY
    #[arg(long, value_name = "LIST")]
    notify: Option<String>,
    /// What a report is to return: FULL or HDRS
    #[arg(long, value_name = "FULL|HDRS")]
    ret: Option<String>,
    /// The name of the envelope in reports
    #[arg(long, value_name = "ID")]
    envid: Option<String>,
    /// off: never; may: if it is offered, with any certificate; must: nothing but EHLO is sent without; implicit: from the first octet
    #[arg(long, value_enum, default_value = "may")]
    tls: Tls,
    /// The certificates that are trusted, in PEM, instead of those of this machine
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    #[command(flatten)]
    record: record::Options,
    /// The longest wait; by default those of RFC 5321
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    timeout: Option<u64>,
    /// The message; standard input if there is none
    file: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Tls {
    Off,
    May,
    Must,
    Implicit,
}

/// What is sent.
struct Letter<'a> {
    content: &'a [u8],
    message: Message,
}

/// What became of the message for one recipient.
enum Fate {
    Outcome(Outcome),
    /// No server was reached, for this reason.
    Unreached {
        why: String,
        permanent: bool,
    },
}

/// Checks that a parameter can have this value. `form` says what it can have.
fn check(name: &str, value: &str, line: &str, form: &str) -> Result<()> {
    let grammar = Grammar::SMTPUTF8.with_extensions(Extensions::ALL);
    let parsed = Command::parse(line.as_bytes(), grammar);
    let failed =
        |_| Failure::of(format_args!("{name} {}", readable(value.as_bytes())), format_args!("expected {form}"));
    parsed.map(drop).map_err(failed)
}

/// Returns the parameters of MAIL and of RCPT.
fn parameters(options: &Options) -> Result<(String, String)> {
    let (mut of_mail, mut of_rcpt) = (Vec::new(), Vec::new());
    if let Some(ret) = &options.ret {
        of_mail.push(format!("RET={ret}"));
        check("--ret", ret, &format!("MAIL FROM:<> RET={ret}"), "FULL or HDRS")?;
    }
    if let Some(id) = &options.envid {
        let parameter = format!("ENVID={}", XtextBuf::encode(id.as_bytes()));
        check("--envid", id, &format!("MAIL FROM:<> {parameter}"), "1 to 100 octets of printable ASCII")?;
        of_mail.push(parameter);
    }
    if let Some(notify) = &options.notify {
        let form = "NEVER, or some of SUCCESS,FAILURE,DELAY";
        check("--notify", notify, &format!("RCPT TO:<postmaster> NOTIFY={notify}"), form)?;
        of_rcpt.push(format!("NOTIFY={notify}"));
    }
    Ok((of_mail.join(" "), of_rcpt.join(" ")))
}

/// Returns user and password. No error shows either.
fn credentials(options: &Options) -> Result<Option<(String, String)>> {
    let text = match (&options.auth, &options.auth_file) {
        (Some(text), _) => text.clone(),
        (None, Some(path)) => fs::read_to_string(path).map_err(|error| Failure::at(path, error))?,
        (None, None) => return Ok(None),
    };
    let line = text.lines().next().unwrap_or_default();
    match line.split_once(':') {
        Some((user, password)) => Ok(Some((user.to_owned(), password.to_owned()))),
        None if options.auth.is_some() && !line.is_empty() => {
            let asked = rpassword::prompt_password("password: ").map_err(|error| Failure::of("--auth", error))?;
            Ok(Some((line.to_owned(), asked)))
        }
        None => {
            let (name, form) = match &options.auth {
                Some(_) => ("--auth", "USER or USER:PASSWORD"),
                None => ("--auth-file", "USER:PASSWORD in the first line"),
            };
            Err(Failure::of(name, format_args!("expected {form}")))
        }
    }
}

fn opening(options: &Options, policy: TlsPolicy, credentials: Option<&(String, String)>) -> Result<Opening> {
    let name = Host::new(&options.hello).map_err(|error| Failure::of("--hello", error))?;
    let mut opening = Opening::new(name).with_tls(policy);
    if let Some((user, password)) = credentials {
        for mechanism in [Mechanism::PLAIN, Mechanism::LOGIN] {
            let way = Password::new(mechanism, user, password);
            opening = opening.with_authenticator(
                way.ok_or_else(|| Failure::of("user and password", "neither may be empty or contain NUL"))?,
            );
        }
    }
    Ok(opening)
}

/// Returns the message of the file, or of standard input, with CRLF at the end of each line (RFC 5321 section 2.3.8).
fn content(file: Option<Vec<u8>>) -> Result<Vec<u8>> {
    let text = match file {
        Some(text) => text,
        None => {
            let mut text = Vec::new();
            io::stdin().lock().read_to_end(&mut text).map_err(|error| Failure::of("standard input", error))?;
            text
        }
    };
    let mut content = Vec::with_capacity(text.len());
    for line in text.split_inclusive(|octet| *octet == b'\n') {
        content.extend_from_slice(line.strip_suffix(b"\r\n").or(line.strip_suffix(b"\n")).unwrap_or(line));
        content.extend_from_slice(b"\r\n");
    }
    Ok(content)
}

/// Reads the records of `DOMAIN=HOST:PREF,...`.
fn records(text: &str) -> Option<(&str, Vec<Mx<'_>>)> {
    let (domain, list) = text.split_once('=')?;
    let record = |item: &'_ str| -> Option<(String, u16)> {
        let (host, preference) = item.rsplit_once(':').filter(|(host, _)| !host.is_empty())?;
        Some((host.to_owned(), preference.parse().ok()?))
    };
    let mut records = Vec::new();
    for item in list.split(',') {
        let (host, preference) = record(item)?;
        records.push(Mx::new(preference, item.get(..host.len())?));
    }
    (!domain.is_empty()).then_some((domain, records))
}

/// Returns the servers to try for a recipient, in their order.
fn servers(options: &Options, to: &ForwardPath<'_>) -> Result<std::result::Result<Vec<String>, Fate>> {
    if let Some(server) = &options.server {
        return Ok(Ok(vec![server.clone()]));
    }
    let host = to.mailbox().map(|mailbox| mailbox.host().to_string()).unwrap_or_default();
    for text in &options.mx {
        let (domain, list) = records(text).ok_or_else(|| {
            Failure::of(format!("--mx {}", readable(text.as_bytes())), "expected DOMAIN=HOST:PREF,...")
        })?;
        if domain.eq_ignore_ascii_case(&host) {
            let clock = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().subsec_nanos();
            let hops = next_hops(domain, MxAnswer::Records(&list), RelayNames::default(), |_| clock() as usize);
            let named = |hosts: Vec<&str>| hosts.iter().map(|host| format!("{host}:{}", options.port)).collect();
            return Ok(hops
                .map(named)
                .map_err(|error| Fate::Unreached { why: error.to_string(), permanent: error.is_permanent() }));
        }
    }
    Err(Failure::of(format!("--mx has no hosts of {}", readable(host.as_bytes())), "nothing else is looked up"))
}

pub(crate) async fn run(options: Options) -> Result<u8> {
    let (of_mail, of_rcpt) = parameters(&options)?;
    let bad = |name: &str, value: &str, error| Failure::of(format!("{name} {}", readable(value.as_bytes())), error);
    let sender = match options.from.as_str() {
        "" => ReversePath::Null,
        from => Mailbox::new(from).map_err(|error| bad("--from", from, error))?.into(),
    };
    let mut recipients: Vec<ForwardPath<'_>> = Vec::new();
    for to in &options.to {
        recipients.push(Mailbox::new(to).map_err(|error| bad("--to", to, error))?.into());
    }
    let of_mail = Parameters::new(&of_mail).map_err(|error| Failure::of("parameters", error))?;
    let of_rcpt = Parameters::new(&of_rcpt).map_err(|error| Failure::of("parameters", error))?;
    let credentials = credentials(&options)?;
    // A password goes to nobody who has not shown who it is (RFC 8314 section 3).
    let any = matches!(options.tls, Tls::Off | Tls::May) && credentials.is_none();
    let connector = security::connector(options.ca.as_deref(), any)?;
    opening(&options, TlsPolicy::Never, credentials.as_ref())?;
    // Recipients with the same servers go together.
    let mut groups: Vec<(Vec<String>, Vec<usize>)> = Vec::new();
    let mut fates: Vec<Option<Fate>> = recipients.iter().map(|_| None).collect();
    for ((number, to), fate) in recipients.iter().enumerate().zip(&mut fates) {
        match servers(&options, to)? {
            Ok(servers) => match groups.iter_mut().find(|(known, _)| *known == servers) {
                Some((_, members)) => members.push(number),
                None => groups.push((servers, vec![number])),
            },
            Err(unreached) => *fate = Some(unreached),
        }
    }
    let file = options.file.as_deref().map(|path| fs::read(path).map_err(|error| Failure::at(path, error)));
    let file = file.transpose()?;
    // Opened before standard input is read, which may take long.
    let recorder = Recorder::open(&options.record)?;
    let content = content(file)?;
    let mut message = Message::of(&content);
    (message.chunking, message.require_dsn) = (options.bdat, true);
    let letter = Letter { content: &content, message };

    for (servers, mut members) in groups {
        let mut attempt = Attempt::new(servers.len());
        for server in &servers {
            let paths: Vec<ForwardPath<'_>> = members.iter().filter_map(|at| recipients.get(*at).copied()).collect();
            let envelope = ((sender, of_mail), (&paths[..], of_rcpt));
            let trying = try_server(&options, server, &connector, credentials.as_ref(), envelope, &letter, &recorder);
            let found = trying.await?;
            let mut failure = None;
            let mut left = Vec::new();
            for (member, fate) in members.iter().zip(found) {
                let failed = match &fate {
                    Fate::Unreached { .. } => Some(smtp_core::routing::HostFailure::CannotConnect),
                    // What may have been delivered is not sent again.
                    Fate::Outcome(outcome) if outcome.status == Status::Unknown => None,
                    Fate::Outcome(outcome) => outcome.host_failure(),
                };
                if failed.is_some() {
                    left.push(*member);
                }
                failure = failure.or(failed);
                if let Some(place) = fates.get_mut(*member) {
                    *place = Some(fate);
                }
            }
            members = left;
            if members.is_empty() || failure.is_none_or(|failure| attempt.failed(failure) != Next::NextHost) {
                break;
            }
        }
    }
    Ok(tell(&options, &fates))
}

type Envelope<'a> = ((ReversePath<'a>, Parameters<'a>), (&'a [ForwardPath<'a>], Parameters<'a>));

/// Tries one server. If the policy allows it and TLS fails, tries it once more without TLS.
async fn try_server(
    options: &Options,
    server: &str,
    connector: &tokio_rustls::TlsConnector,
    credentials: Option<&(String, String)>,
    envelope: Envelope<'_>,
    letter: &Letter<'_>,
    recorder: &Recorder,
) -> Result<Vec<Fate>> {
    let mut policy = match options.tls {
        Tls::Off | Tls::Implicit => TlsPolicy::Never,
        Tls::May => TlsPolicy::Opportunistic,
        Tls::Must => TlsPolicy::Required,
    };
    let mut config = if options.lmtp { ClientConfig::LMTP } else { ClientConfig::SMTP };
    // A password in the clear does not leave this machine (RFC 8314 section 3).
    config.auth_in_clear = server.to_socket_addrs().is_ok_and(|mut all| all.all(|address| address.ip().is_loopback()));
    let most = options.timeout.map(Duration::from_secs);
    loop {
        let opening = opening(options, policy, credentials)?;
        let route = Route { server, config, connector, implicit: options.tls == Tls::Implicit, most, recorder };
        let connected = match session::connect(&route).await {
            Ok(connected) => connected,
            Err(error) => {
                let why = format!("{}: {error}", readable(server.as_bytes()));
                let unreached = |_| Fate::Unreached { why: why.clone(), permanent: false };
                return Ok(envelope.1.0.iter().map(unreached).collect());
            }
        };
        recorder.create_log()?;
        let ended = session::deliver(&route, connected, opening, envelope, letter).await;
        if ended.handshake_failed && policy == TlsPolicy::Opportunistic {
            policy = TlsPolicy::Never;
            continue;
        }
        let lost = || Fate::Unreached { why: "no answer".to_owned(), permanent: false };
        return Ok(ended.outcomes.into_iter().map(|one| one.map_or_else(lost, Fate::Outcome)).collect());
    }
}

/// Prints a line for each recipient, and returns the exit status.
fn tell(options: &Options, fates: &[Option<Fate>]) -> u8 {
    let mut exit = 0;
    for (to, fate) in options.to.iter().zip(fates) {
        let (word, status, why) = match fate {
            Some(Fate::Outcome(outcome)) => {
                let (word, status) = match outcome.status {
                    Status::Delivered => ("delivered", 0),
                    Status::Refused | Status::Unsendable => ("refused", 69),
                    Status::Unknown => ("unknown", 75),
                    _ => ("deferred", 75),
                };
                (word, status, outcome.to_string())
            }
            Some(Fate::Unreached { why, permanent: true }) => ("refused", 69, why.clone()),
            Some(Fate::Unreached { why, .. }) => ("deferred", 75, why.clone()),
            None => ("deferred", 75, "not tried".to_owned()),
        };
        let line: String = format!("{to}: {word} ({why})").lines().collect::<Vec<_>>().join(" / ");
        say_if_read(&format!("{}\n", readable(line.as_bytes())));
        exit = exit.max(status);
    }
    exit
}
