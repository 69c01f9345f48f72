//! The law of framing: no dialect changes where a line, a chunk or a message ends.

use super::input::Input;
use super::server;
use smtp_core::session::{Hello, Server, ServerConfig, ServerEvent, State};
use smtp_core::syntax::{Command, Dialect, Reply, ReplyCode};

/// A strict server and the most lenient one, in the same state.
struct Pair {
    strict: Server,
    lenient: Server,
}

impl Pair {
    /// Creates a pair after these lines, which both servers accept.
    fn after(config: &ServerConfig, lines: &[u8]) -> Self {
        let [strict, lenient] = [Dialect::STRICT, Dialect::LENIENT].map(|dialect| {
            let mut config = config.clone();
            config.dialect = dialect;
            let mut server = Server::new(config);
            server.reply_default(&mut Vec::new()).unwrap();
            let mut rest = lines;
            while let Some(taken) = next(&mut server, &mut rest, &mut Vec::new()) {
                assert!(taken, "{}", lines.escape_ascii());
            }
            server
        });
        assert_eq!(strict.state(), lenient.state(), "{}", lines.escape_ascii());
        Self { strict, lenient }
    }
}

/// Takes one line, with its chunk if it has one, or content up to its end, and accepts it if it can. Returns `false` if it was
/// refused, and `None` if more octets are needed.
fn next(server: &mut Server, rest: &mut &[u8], content: &mut Vec<u8>) -> Option<bool> {
    let out = &mut Vec::new();
    loop {
        let code = match server.next_event(rest).unwrap()? {
            ServerEvent::Content(octets) => {
                content.extend_from_slice(octets);
                continue;
            }
            ServerEvent::Begin if server.chunk().is_some() => {
                server.reply_default(out).unwrap();
                continue;
            }
            ServerEvent::Abandoned => continue,
            ServerEvent::Rejected(_) => {
                server.reply_default(out).unwrap();
                return Some(false);
            }
            ServerEvent::Command(Command::Auth(_)) => {
                server.challenge(b"", out).unwrap();
                return Some(true);
            }
            ServerEvent::Command(Command::Burl(_)) => 250,
            ServerEvent::Command(Command::Xclient(_)) => 220,
            ServerEvent::Response(_) => 235,
            _ => {
                server.reply_default(out).unwrap();
                return Some(true);
            }
        };
        let reply = Reply::new(ReplyCode::new(code).unwrap(), None, "OK").unwrap();
        // In LMTP a BURL that ends the message is answered for each recipient.
        while server.answers_owed() > 0 {
            server.reply(&reply, out).unwrap();
        }
        return Some(true);
    }
}

/// Returns lines that bring any server into the state of this one, or `None` if it takes no more lines.
fn lines_to(server: &Server) -> Option<Vec<u8>> {
    let config = server.config();
    let hello = match server.hello() {
        _ if server.state() == State::Start => "",
        Hello::Ehlo if config.lmtp => "LHLO a.example\r\n",
        Hello::Helo => "HELO a.example\r\n",
        _ => "EHLO a.example\r\n",
    };
    let smtputf8 = if server.is_smtputf8() { " SMTPUTF8" } else { "" };
    let mail = format!("MAIL FROM:<>{smtputf8}\r\n");
    let recipients = "RCPT TO:<a@mx.example>\r\n".repeat(server.recipients() as usize);
    let lines = match server.state() {
        State::Start | State::Ready | State::Failed => hello.to_owned(),
        State::Mail | State::Rcpt => format!("{hello}{mail}{recipients}"),
        State::Data => format!("{hello}{mail}{recipients}DATA\r\n"),
        State::Bdat => format!("{hello}{mail}{recipients}BDAT 0\r\n"),
        State::Auth => format!("{hello}AUTH LOGIN\r\n"),
        _ => return None,
    };
    Some(lines.into_bytes())
}

/// A strict server and the most lenient one receive the same octets. Each line, each chunk and each message ends at the same
/// octet for both, even if one of them accepts it and the other refuses it. The lenient server also accepts everything that the
/// strict one accepts, with the same content.
///
/// The first octet chooses the server.
pub fn framing(octets: &[u8]) {
    let mut input = Input(octets);
    let mut config = server::config(input.octet() & !8);
    (config.max_errors, config.max_idle_commands, config.max_failed_auth) = (None, None, None);
    (config.max_dropped_octets, config.max_recipients) = (None, 3);
    let mut rest = input.0;
    let mut pair = Pair::after(&config, b"");
    loop {
        let Pair { strict, lenient } = &mut pair;
        let (mut one, mut other) = (rest, rest);
        let (mut content, mut other_content) = (Vec::new(), Vec::new());
        let taken = next(strict, &mut one, &mut content);
        let also_taken = next(lenient, &mut other, &mut other_content);
        let line = rest[..rest.len() - other.len()].escape_ascii().to_string();
        if !lenient.is_open() && strict.is_open() {
            return; // white space after QUIT
        }
        assert_eq!(one.len(), other.len(), "the two servers end it at different octets: {line}");
        rest = other;
        match (taken, also_taken) {
            (None, None) => return,
            (Some(true), Some(taken)) => {
                assert!(taken, "the strict server accepts it: {line}");
                assert_eq!(content, other_content, "{line}");
            }
            (Some(false), Some(_)) => {}
            (one, other) => panic!("{one:?} {other:?} {line}"),
        }
        if strict.state() != lenient.state() || taken != also_taken {
            let Some(lines) = lines_to(lenient) else { return };
            pair = Pair::after(&config, &lines);
        }
    }
}
