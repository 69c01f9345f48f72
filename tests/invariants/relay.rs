//! The law of relays: a client sends on the commands that a lenient server has parsed.

use super::values::{all, written_as_read};
use smtp_core::session::{Client, ClientConfig, Misuse};
use smtp_core::syntax::{
    Burl, Command, CommandBuf, Etrn, EtrnOption, Expected, Extension, Extensions, Grammar, Host, Lookup, Mailbox,
    Mechanism, Parameters, ReversePath, Text, Unknown, Verb,
};
use std::sync::OnceLock;

/// Clients to which everything is offered, without a limit that a parameter could exceed, one in each state that a command needs.
struct Clients {
    plain: Client,
    ready: Client,
    lmtp: Client,
    mail: Client,
    mail_smtputf8: Client,
    rcpt: Client,
}

impl Clients {
    fn get() -> &'static Self {
        static CLIENTS: OnceLock<Clients> = OnceLock::new();
        CLIENTS.get_or_init(|| {
            let [ehlo, lhlo] = ["EHLO", "LHLO"].map(|verb| format!("{verb} client.example"));
            let new = |config: ClientConfig, tls: bool, hello: &str| {
                let mut config = config;
                config.unregistered = true;
                let mut client = if tls { Client::over_tls(config) } else { Client::new(config) };
                hears(&mut client, "220 mx.example\r\n");
                says(client, hello, &offer())
            };
            let ready = new(ClientConfig::SMTP, true, &ehlo);
            let mail = says(ready.clone(), "MAIL FROM:<>", "250 OK\r\n");
            Self {
                plain: new(ClientConfig::SMTP, false, &ehlo),
                lmtp: new(ClientConfig::LMTP, true, &lhlo),
                mail_smtputf8: says(ready.clone(), "MAIL FROM:<> SMTPUTF8", "250 OK\r\n"),
                rcpt: says(mail.clone(), "RCPT TO:<ann@mx.example>", "250 OK\r\n"),
                mail,
                ready,
            }
        })
    }

    /// Returns the client whose state permits the verb.
    fn of(&self, command: &Command<'_>, smtputf8: bool) -> Client {
        match command.verb() {
            Verb::StartTls => &self.plain,
            Verb::Lhlo => &self.lmtp,
            Verb::Rcpt if smtputf8 => &self.mail_smtputf8,
            Verb::Rcpt => &self.mail,
            Verb::Data | Verb::Bdat | Verb::Burl => &self.rcpt,
            _ => &self.ready,
        }
        .clone()
    }
}

fn hears(client: &mut Client, octets: &str) {
    let mut rest = octets.as_bytes();
    while client.next_event(&mut rest).unwrap().is_some() {}
}

fn says(mut client: Client, line: &str, reply: &str) -> Client {
    let command = Command::parse(line.as_bytes(), Grammar::STRICT).unwrap();
    client.send(&command, &mut Vec::new()).unwrap();
    hears(&mut client, reply);
    client
}

/// Returns the reply to EHLO of a server that offers every extension.
fn offer() -> String {
    let mechanisms: String = Mechanism::COMMON.iter().map(|mechanism| format!(" {mechanism}")).collect();
    let lines = Extension::ALL.iter().map(|extension| {
        let parameters = match extension {
            Extension::Auth => format!("{mechanisms} X-ANY"),
            Extension::FutureRelease => " 999999999 9999-12-31T23:59:59Z".to_owned(),
            Extension::Burl => " imap".to_owned(),
            Extension::Xclient => " NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT REVERSE_NAME".to_owned(),
            Extension::Xforward => " NAME ADDR PORT PROTO HELO IDENT SOURCE".to_owned(),
            _ => String::new(),
        };
        format!("250-{}{parameters}\r\n", extension.keyword())
    });
    format!("250-mx.example\r\n{}250 X-END\r\n", lines.collect::<String>())
}

/// Returns the grammar of a line that a client has written: the strict one, and the kinds that are written unchanged. HELO has no
/// other form for a literal (RFC 5321 section 4.1.1.1), most odd names and paths have no other form, and a relay does not change
/// the values of parameters (RFC 3461 section 5.2.1).
///
/// RFC 6531 applies to RCPT if MAIL declared it, and to a String if it is offered (sections 3.3 and 3.7.4.2).
fn written(command: &Command<'_>, smtputf8: bool) -> Grammar {
    let mut grammar = Grammar::STRICT.with_extensions(all());
    (grammar.dialect, grammar.smtputf8) = (written_as_read(), smtputf8 || takes_string(command));
    grammar
}

fn takes_string(command: &Command<'_>) -> bool {
    matches!(command, Command::Vrfy(_) | Command::Expn(_) | Command::Help(_) | Command::Noop(_))
}

/// Sends the command, if the client does. Checks that it writes one line with the same meaning.
fn send(command: &Command<'_>, smtputf8: bool) -> Result<Vec<u8>, Misuse> {
    let mut out = Vec::new();
    let result = Clients::get().of(command, smtputf8).send(command, &mut out);
    if let Err(misuse) = result {
        assert!(out.is_empty(), "a refusal writes nothing: {}", out.escape_ascii());
        return Err(misuse);
    }
    let line = out.strip_suffix(b"\r\n").unwrap();
    assert!(!line.iter().any(|octet| matches!(octet, 0 | b'\r' | b'\n')), "{}", out.escape_ascii());
    let again = Command::parse(line, written(command, smtputf8));
    let again = again.unwrap_or_else(|error| panic!("{}: {error}", out.escape_ascii()));
    assert!(again == *command || again.equivalent(command), "{command:?}: {}", out.escape_ascii());
    assert!(command.equivalent(&again), "not equivalent in the other order: {command:?}: {}", out.escape_ascii());
    assert_eq!(again.verb(), command.verb());
    // A command that was sent on once is sent on again unchanged.
    let mut twice = Vec::new();
    Clients::get().of(&again, smtputf8).send(&again, &mut twice).unwrap();
    assert_eq!(twice.escape_ascii().to_string(), out.escape_ascii().to_string());
    Ok(out)
}

/// Returns the limit of a command line if every extension is offered (RFC 5321 section 4.5.3.1.4).
fn limit(command: &Command<'_>) -> usize {
    match command {
        Command::Mail(_) => Extensions::ALL.mail_line_limit(),
        Command::Rcpt(_) => Extensions::ALL.rcpt_line_limit(),
        _ => 512,
    }
}

/// Puts a text into commands by hand where another kind of text belongs. Each is refused, or means what it says.
fn by_hand(octets: &[u8]) {
    let Ok(text) = Text::parse(octets, Grammar::LENIENT) else { return };
    let mut lookup = Lookup::new("joe").unwrap();
    let mut etrn = Etrn::new(EtrnOption::Queue, "mx").unwrap();
    let mut burl = Burl::new_last("imap://a.example/").unwrap();
    let mut verb = Unknown::new("XYZZY", None).unwrap();
    let mut argument = verb;
    (lookup.text, etrn.node, burl.url, verb.verb, argument.argument) = (text, text, text, text, Some(text));
    for command in [
        Command::Vrfy(lookup),
        Command::Help(Some(text)),
        Command::Noop(Some(text)),
        Command::Etrn(etrn),
        Command::Burl(burl),
        Command::Unknown(verb),
        Command::Obsolete(verb),
        Command::Unknown(argument),
    ] {
        let _ = send(&command, false);
    }
    if let Ok(mailbox) = Mailbox::parse(octets, Grammar::LENIENT) {
        let _ = send(&Command::mail(ReversePath::from(mailbox), Parameters::NONE), false);
    }
    let mut wide = Grammar::LENIENT;
    wide.smtputf8 = true;
    if let Ok(host) = Host::parse(octets, wide) {
        let _ = send(&Command::Ehlo(host), false);
        let _ = send(&Command::Helo(host), false);
    }
}

/// Every command that a lenient server has parsed can be sent on. A client to which everything is offered, in a state that
/// permits the verb, writes one strict line with the same meaning, unless this line exceeds its limit. No value that is put
/// together by hand makes the client write more than one line, or another command.
pub fn relay(octets: &[u8]) {
    by_hand(octets);
    for smtputf8 in [false, true] {
        let mut grammar = Grammar::LENIENT.with_extensions(all());
        grammar.smtputf8 = smtputf8;
        let Ok(command) = Command::parse(octets, grammar) else { continue };
        // The server reads MAIL with UTF-8 only if its own parameter declares it.
        if smtputf8 && !matches!(command, Command::Rcpt(_)) && !takes_string(&command) {
            continue;
        }
        let kept = CommandBuf::from(&command);
        assert_eq!(kept.as_command(), command);
        match send(&kept.as_command(), smtputf8) {
            Ok(_) => {}
            Err(Misuse::Unsendable(error)) if error.expected() == Expected::LineWithinLimit => {
                let length = command.to_string().len() + "\r\n".len();
                assert!(length > limit(&command), "{}: {length}", octets.escape_ascii());
            }
            Err(misuse) => panic!("{}: {misuse}", octets.escape_ascii()),
        }
    }
}
