//! The server's side of a sequence: plays the steps through the default server of the vectors, with its policy.

use super::steps;
use crate::vectors::vector::{Outcome, octets, optional, shown, strings};
use serde_json::{Map, Value, json};
use smtp_core::session::{Require, Server, ServerConfig, ServerEvent, State};
use smtp_core::syntax::{
    Base64, Capabilities, Command, Dialect, EnhancedCode, Host, LOGIN_PASSWORD, LOGIN_USERNAME, Mailbox, Mechanism,
    Plain, Reply, ReplyClass, ReplyCode, SyntaxError,
};

const OFFERED: [&str; 10] = [
    "PIPELINING",
    "8BITMIME",
    "SIZE",
    "ENHANCEDSTATUSCODES",
    "CHUNKING",
    "BINARYMIME",
    "SMTPUTF8",
    "DSN",
    "STARTTLS",
    "AUTH",
];
const SIZE: u64 = 1_000_000;

pub(super) fn play(value: &Map<String, Value>, dialect: Option<Dialect>) -> Result<Outcome, String> {
    let (mut session, steps, greeting) = read(value, dialect)?;
    let greeting = session.greet(greeting);
    let played: Vec<Value> = steps.iter().map(|step| session.step(step)).collect();
    let fields = json!({ "greeting": greeting, "steps": played, "deliver": session.delivered });
    Ok(Outcome::Session { accepted: !session.refused, fields })
}

fn read(value: &Map<String, Value>, dialect: Option<Dialect>) -> Result<(Session, Vec<Step>, ReplyCode), String> {
    let none = Map::new();
    let policy = optional(value, "policy", Value::as_object)?.unwrap_or(&none);
    let greeting = optional(policy, "greeting", greeting)?.unwrap_or(ReplyCode::SERVICE_READY);
    Ok((Session::new(config(value, policy, dialect)?), steps(value, Step::read)?, greeting))
}

/// Plays a session up to a handshake. Calls `see` with what each side sends, the client's octets with `true`. Returns the number
/// of accepted messages. With `pipelined`, the client sends everything between two events at once.
pub(super) fn watch(
    value: &Map<String, Value>,
    dialect: Option<Dialect>,
    pipelined: bool,
    mut see: impl FnMut(bool, &[u8]),
) -> Result<usize, String> {
    let (mut session, steps, greeting) = read(value, dialect)?;
    session.greeting_out(greeting);
    see(false, &std::mem::take(&mut session.output));
    let mut steps = steps.into_iter().peekable();
    while let Some(step) = steps.next() {
        match step {
            Step::Octets(mut octets) => {
                while let Some(Step::Octets(more)) = steps.next_if(|step| pipelined && matches!(step, Step::Octets(_)))
                {
                    octets.extend(more);
                }
                see(true, &octets);
                session.input.extend(octets);
                session.run();
            }
            Step::Shutdown => session.server.shutdown(&mut session.output),
            Step::Tls | Step::Eof => break,
        }
        see(false, &std::mem::take(&mut session.output));
    }
    Ok(session.delivered.len())
}

enum Step {
    Octets(Vec<u8>),
    Tls,
    Shutdown,
    Eof,
}

impl Step {
    fn read(step: &Value) -> Option<Self> {
        match (&step["c"], &step["event"]) {
            (Value::String(text), Value::Null) => octets(text).map(Self::Octets),
            (Value::Null, event) if event == "tls" => Some(Self::Tls),
            (Value::Null, event) if event == "shutdown" => Some(Self::Shutdown),
            (Value::Null, event) if event == "eof" => Some(Self::Eof),
            _ => None,
        }
    }
}

/// Returns the code of a greeting: 220, or a refusal (RFC 5321 section 3.1).
fn greeting(code: &Value) -> Option<ReplyCode> {
    let number = code.as_str().map_or_else(|| code.to_string(), str::to_owned).parse().ok()?;
    let code = ReplyCode::new(number).ok()?;
    (code == ReplyCode::SERVICE_READY || code.class().is_failure()).then_some(code)
}

fn config(
    value: &Map<String, Value>,
    policy: &Map<String, Value>,
    dialect: Option<Dialect>,
) -> Result<ServerConfig, String> {
    let host = Host::new("mx.example").map_err(|error| error.to_string())?;
    let mut config = ServerConfig::strict(host);
    let size = optional(policy, "size", Value::as_u64)?.unwrap_or(SIZE);
    let extensions = optional(value, "ext", strings)?;
    let offered = capabilities(extensions.as_deref().unwrap_or(&OFFERED), size);
    config.capabilities = offered.map_err(|error| format!("invalid ext: {error}"))?;
    config.max_size = Some(size);
    config.lmtp = optional(value, "lmtp", Value::as_bool)?.unwrap_or_default();
    if let Some(dialect) = dialect {
        config.dialect = dialect;
        config.content_line_limit = None;
    }
    let most = optional(policy, "max_rcpt", Value::as_u64)?;
    config.max_recipients = most.map_or(config.max_recipients, |most| u32::try_from(most).unwrap_or(u32::MAX));
    let required = |word: &Value| match word.as_str()? {
        "tls" => Some(Require::Tls),
        "auth" => Some(Require::Authentication),
        _ => None,
    };
    config.require = optional(policy, "require", required)?.unwrap_or_default();
    Ok(config)
}

fn capabilities(extensions: &[&str], size: u64) -> Result<Capabilities, SyntaxError> {
    extensions.iter().try_fold(Capabilities::new(), |capabilities, extension| match *extension {
        "SIZE" => capabilities.with_line(&format!("SIZE {size}")),
        "AUTH" => capabilities.with_line("AUTH PLAIN LOGIN"),
        line => capabilities.with_line(line),
    })
}

struct Session {
    server: Server,
    /// The octets that have arrived and are not consumed yet.
    input: Vec<u8>,
    output: Vec<u8>,
    message: Message,
    delivered: Vec<Value>,
    /// The name that was given in AUTH LOGIN, if the exchange has come so far.
    login: Option<String>,
    mechanism: Option<bool>,
    /// Something was refused or fatal.
    refused: bool,
    closed: bool,
}

#[derive(Default)]
struct Message {
    from: String,
    /// Each address, and `true` if its mailbox is full.
    to: Vec<(String, bool)>,
    content: Vec<u8>,
}

impl Session {
    fn new(config: ServerConfig) -> Self {
        Self {
            server: Server::new(config),
            input: Vec::new(),
            output: Vec::new(),
            message: Message::default(),
            delivered: Vec::new(),
            login: None,
            mechanism: None,
            refused: false,
            closed: false,
        }
    }

    fn greet(&mut self, code: ReplyCode) -> String {
        self.greeting_out(code);
        self.replies().concat()
    }

    fn greeting_out(&mut self, code: ReplyCode) {
        if code == ReplyCode::SERVICE_READY {
            self.accept();
        } else {
            self.reply(code, None);
        }
    }

    /// Plays one step of the client, and returns the result of the server.
    fn step(&mut self, step: &Step) -> Value {
        match step {
            Step::Octets(octets) => {
                self.input.extend(octets);
                self.run();
            }
            Step::Tls => self.tls(),
            Step::Shutdown if !self.closed => self.server.shutdown(&mut self.output),
            Step::Shutdown | Step::Eof => self.closed = true,
        }
        let replies = self.replies();
        let state = if self.closed { State::Closed } else { self.server.state() };
        json!({ "replies": replies, "state": state.name() })
    }

    /// Takes events and answers them, as the driver of a server does.
    fn run(&mut self) {
        let input = std::mem::take(&mut self.input);
        let mut rest = if self.closed { &[] } else { &input[..] };
        while let Ok(Some(event)) = self.server.next_event(&mut rest) {
            match event {
                ServerEvent::Command(command) => self.command(&command),
                ServerEvent::Response(response) => self.response(response),
                ServerEvent::Content(octets) => self.message.content.extend_from_slice(octets),
                ServerEvent::ContentEnd => self.deliver(),
                ServerEvent::Abandoned => self.message.content.clear(),
                _ => self.accept(),
            }
        }
        self.input = rest.to_vec();
    }

    fn command(&mut self, command: &Command<'_>) {
        match command {
            Command::Mail(mail) => {
                let mailbox = mail.reverse_path.mailbox();
                if mailbox.is_some_and(|mailbox| local_part(mailbox) == b"nosender") {
                    return self.reply(
                        ReplyCode::MAILBOX_UNAVAILABLE,
                        EnhancedCode::OTHER_ADDRESS.with_class(ReplyClass::PermanentFailure),
                    );
                }
                let from = mailbox.map(|mailbox| mailbox.to_string()).unwrap_or_default();
                self.message = Message { from, ..Message::default() };
                self.accept();
            }
            Command::Rcpt(rcpt) => {
                let mailbox = rcpt.forward_path.mailbox();
                let local = mailbox.map(local_part).unwrap_or_default();
                if local.starts_with(b"no") {
                    self.reply(ReplyCode::MAILBOX_UNAVAILABLE, Some(EnhancedCode::BAD_DESTINATION_MAILBOX));
                } else if local.starts_with(b"later") {
                    self.reply(ReplyCode::MAILBOX_TEMPORARILY_UNAVAILABLE, None);
                } else {
                    let to = mailbox.map_or_else(|| "Postmaster".to_owned(), |mailbox| mailbox.to_string());
                    self.message.to.push((to, local == b"full"));
                    self.accept();
                }
            }
            Command::Auth(auth) => {
                self.login = None;
                self.mechanism = Some(auth.mechanism == Mechanism::LOGIN);
                let known = [Mechanism::PLAIN, Mechanism::LOGIN].contains(&auth.mechanism);
                if !known || !self.server.config().capabilities.offer().has_mechanism(auth.mechanism) {
                    return self.reply(ReplyCode::PARAMETER_NOT_IMPLEMENTED, Some(EnhancedCode::INVALID_ARGUMENTS));
                }
                match (auth.initial_response, auth.mechanism == Mechanism::LOGIN) {
                    // RFC 4954 section 4: in LOGIN the server sends the first challenge.
                    (Some(_), true) => self.reply(ReplyCode::SYNTAX_ERROR_IN_ARGUMENTS, None),
                    (Some(response), false) => self.response(response),
                    (None, true) => self.challenge(LOGIN_USERNAME),
                    (None, false) => self.challenge(b""),
                }
            }
            // This server does not fetch messages (RFC 4468 section 3.3).
            // The peer of a vector is trusted.
            Command::Xclient(_) => self.reply(ReplyCode::SERVICE_READY, None),
            Command::Burl(_) => self.fail(Some(EnhancedCode::CONTENT_NOT_AVAILABLE)),
            _ => self.accept(),
        }
    }

    /// Answers a response in an AUTH exchange. The user is `user`, the password `pass`.
    fn response(&mut self, response: Base64<'_>) {
        let octets: Vec<u8> = response.decode().collect();
        let known = match (self.mechanism, &self.login) {
            (Some(true), None) => {
                self.login = Some(String::from_utf8_lossy(&octets).into_owned());
                return self.challenge(LOGIN_PASSWORD);
            }
            (Some(true), Some(name)) => name == "user" && octets == b"pass",
            _ => Plain::parse(&octets).is_some_and(|plain| plain.authentication == "user" && plain.password == "pass"),
        };
        if known {
            self.reply(
                ReplyCode::AUTHENTICATION_SUCCEEDED,
                EnhancedCode::OTHER_SECURITY.with_class(ReplyClass::Success),
            );
        } else {
            self.reply(ReplyCode::CREDENTIALS_INVALID, Some(EnhancedCode::CREDENTIALS_INVALID));
        }
    }

    /// Answers the end of a message: once, or in LMTP for each recipient.
    fn deliver(&mut self) {
        let message = std::mem::take(&mut self.message);
        if message.content.starts_with(b"REJECT") {
            return self.fail(None);
        }
        let lmtp = self.server.config().lmtp;
        let mut taken = Vec::new();
        for (to, full) in &message.to {
            if *full && lmtp {
                self.reply(
                    ReplyCode::INSUFFICIENT_STORAGE,
                    EnhancedCode::MAILBOX_FULL.with_class(ReplyClass::TransientFailure),
                );
                continue;
            }
            taken.push(to);
            if lmtp {
                self.reply(ReplyCode::OK, None);
            }
        }
        if !lmtp {
            self.accept();
        }
        if !taken.is_empty() {
            let content = shown(message.content);
            let as_octets = |text: &String| shown(text);
            let to: Vec<Value> = taken.into_iter().map(as_octets).collect();
            self.delivered.push(json!({ "from": as_octets(&message.from), "to": to, "content": content }));
        }
    }

    /// Refuses the message: in LMTP for every recipient that is owed an answer.
    fn fail(&mut self, enhanced: Option<EnhancedCode>) {
        while self.server.answers_owed() > 0 {
            self.reply(ReplyCode::TRANSACTION_FAILED, enhanced);
        }
    }

    fn tls(&mut self) {
        let fresh = self.server.clone().into_tls(&self.input);
        match fresh {
            Ok(server) => self.server = server,
            Err(_) => {
                self.refused = true;
                self.closed = true;
            }
        }
    }

    fn accept(&mut self) {
        let answered = self.server.reply_default(&mut self.output);
        debug_assert!(answered.is_ok(), "an answer is owed");
    }

    fn reply(&mut self, code: ReplyCode, enhanced: Option<EnhancedCode>) {
        let reply = Reply::new(code, enhanced, code.text().unwrap_or_default());
        let answered = reply.map(|reply| self.server.reply(&reply, &mut self.output));
        debug_assert!(matches!(answered, Ok(Ok(()))), "an answer of this code is owed");
    }

    fn challenge(&mut self, octets: &[u8]) {
        let answered = self.server.challenge(octets, &mut self.output);
        debug_assert!(answered.is_ok(), "an exchange is in progress");
    }

    /// Returns the codes of the replies that were written since the last call.
    fn replies(&mut self) -> Vec<String> {
        let output = std::mem::take(&mut self.output);
        let lines = output.split(|&octet| octet == b'\n').filter(|line| line.get(3) == Some(&b' '));
        let codes: Vec<String> = lines.map(|line| String::from_utf8_lossy(&line[..3]).into_owned()).collect();
        self.refused |= codes.iter().any(|code| code.starts_with(['4', '5']));
        codes
    }
}

/// Returns the meaning of a local-part without its quotes (RFC 5321 section 4.1.2).
fn local_part(mailbox: Mailbox<'_>) -> Vec<u8> {
    mailbox.local_part().content().collect()
}
