//! A client in a session whose server is a script. The other tests of this program use it.

use smtp_core::session::{Action, Client, ClientConfig, ClientError, ClientEvent, Misuse, NotOffered, State};
use smtp_core::syntax::{Command, Extension, Grammar, Reply, ReplyBuf};

pub(crate) const PENDING: Result<(), Misuse> = Err(Misuse::AwaitingReply);
/// The error for a command in the wrong state. [`Session`] replaces the state and action of an error by these.
pub(crate) const WRONG: Result<(), Misuse> = Err(Misuse::WrongState { state: State::Start, action: Action::Other });
pub(crate) const UNREGISTERED: Result<(), Misuse> = Err(Misuse::NotOffered(NotOffered::Unregistered));
pub(crate) const OK: Result<(), Misuse> = Ok(());

pub(crate) const MAIL: &str = "MAIL FROM:<joe@client.example>";
pub(crate) const RCPT: &str = "RCPT TO:<ann@mx.example>";

pub(crate) const fn not_offered(extension: Extension) -> Result<(), Misuse> {
    Err(Misuse::NotOffered(NotOffered::Extension(extension)))
}

/// Parses a reply of one line.
pub(crate) fn reply(line: &str) -> ReplyBuf {
    (&Reply::parse(format!("{line}\r\n").as_bytes(), Grammar::LENIENT).unwrap()).into()
}

pub(crate) fn unexpected(line: &str) -> ClientError {
    ClientError::UnexpectedReply(reply(line))
}

pub(crate) fn wrong(to: Action, line: &str) -> ClientError {
    ClientError::WrongReply { to, reply: reply(line) }
}

/// Returns the configuration of most tests: AUTH is allowed without TLS.
pub(crate) fn config() -> ClientConfig {
    let mut config = ClientConfig::default();
    config.auth_in_clear = true;
    config
}

#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) client: Client,
    /// The octets that the last action wrote.
    pub(crate) out: Vec<u8>,
}

impl Session {
    pub(crate) fn new(config: ClientConfig) -> Self {
        Self { client: Client::new(config), out: Vec::new() }
    }

    /// Creates a session after the greeting.
    pub(crate) fn greeted() -> Self {
        let mut session = Self::new(config());
        assert_eq!(session.hears("220 mx.example\r\n"), ["greeting 220"]);
        session
    }

    /// Creates a session after an EHLO that offered these keywords, which are separated by commas.
    pub(crate) fn offered(keywords: &str) -> Self {
        let mut session = Self::greeted();
        session.hello("EHLO", keywords);
        session
    }

    /// Creates a session after an LHLO that offered these keywords.
    pub(crate) fn lmtp(keywords: &str) -> Self {
        let mut session = Self::new(ClientConfig::LMTP);
        assert_eq!(session.hears("220 mx.example\r\n"), ["greeting 220"]);
        session.hello("LHLO", keywords);
        session
    }

    pub(crate) fn hello(&mut self, verb: &str, keywords: &str) {
        assert_eq!(self.says(&format!("{verb} client.example")), OK);
        let lines: String = keywords.split(',').map(|keyword| format!("250-{keyword}\r\n")).collect();
        assert_eq!(self.hears(&format!("250-mx.example\r\n{lines}250 X-END\r\n")).len(), 1);
    }

    /// Begins a transaction with these replies to MAIL and to each RCPT.
    pub(crate) fn transaction(mut self, replies: &[u16]) -> Self {
        for (at, code) in replies.iter().enumerate() {
            assert_eq!(self.says(if at == 0 { MAIL } else { RCPT }), OK);
            assert_eq!(self.hears(&format!("{code} text\r\n")).len(), 1);
        }
        self
    }

    /// Sends DATA and receives 354.
    pub(crate) fn in_data(mut self) -> Self {
        assert_eq!(self.says("DATA"), OK);
        assert_eq!(self.hears("354 go\r\n"), ["Data 354"]);
        self
    }

    /// Sends a command that was parsed leniently, as a proxy would. Checks that a failed call has written and changed nothing.
    pub(crate) fn says(&mut self, line: &str) -> Result<(), Misuse> {
        let command = Command::parse(line.as_bytes(), Grammar::SMTPUTF8)
            .or_else(|_| Command::parse(line.as_bytes(), Grammar::LENIENT));
        self.sends(&command.expect("the line is a command"))
    }

    pub(crate) fn sends(&mut self, command: &Command<'_>) -> Result<(), Misuse> {
        self.acts(Action::of(command), |client, out| client.send(command, out))
    }

    pub(crate) fn content(&mut self, octets: &[u8]) -> Result<(), Misuse> {
        self.acts(Action::Content, |client, out| client.content(octets, out))
    }

    pub(crate) fn finish(&mut self) -> Result<(), Misuse> {
        self.acts(Action::Content, Client::finish_content)
    }

    pub(crate) fn responds(&mut self, octets: &[u8]) -> Result<(), Misuse> {
        self.acts(Action::Response, |client, out| client.respond(octets, out))
    }

    pub(crate) fn acts(
        &mut self,
        of: Action,
        action: impl FnOnce(&mut Client, &mut Vec<u8>) -> Result<(), Misuse>,
    ) -> Result<(), Misuse> {
        self.out = b"before".to_vec();
        let before = format!("{:?}", self.client);
        let result = action(&mut self.client, &mut self.out);
        assert!(self.out.starts_with(b"before"));
        self.out.drain(..b"before".len());
        if result.is_err() {
            assert!(self.out.is_empty(), "{result:?} has written {}", self.out.escape_ascii());
            assert_eq!(format!("{:?}", self.client), before, "{result:?} has changed the client");
        }
        match result {
            Err(Misuse::WrongState { state, action }) => {
                assert_eq!(action, of);
                assert!(state == self.client.state() || self.client.awaiting().count() > 0 || state == State::Failed);
                WRONG
            }
            result => result,
        }
    }

    /// Returns the octets that the last action wrote, as text.
    pub(crate) fn wrote(&self) -> &str {
        core::str::from_utf8(&self.out).unwrap()
    }

    /// Returns the events of these octets, which are whole replies.
    pub(crate) fn hears(&mut self, octets: &str) -> Vec<String> {
        self.reads(octets.as_bytes()).expect("no error")
    }

    pub(crate) fn reads(&mut self, octets: &[u8]) -> Result<Vec<String>, ClientError> {
        let mut rest = octets;
        let mut events = Vec::new();
        while let Some(event) = self.client.next_event(&mut rest)? {
            events.push(shown(&event));
        }
        assert!(rest.is_empty(), "left: {}", rest.escape_ascii());
        Ok(events)
    }
}

/// Describes an event in a few words.
pub(crate) fn shown(event: &ClientEvent<'_>) -> String {
    match event {
        ClientEvent::Greeting(reply) => format!("greeting {}", reply.code()),
        ClientEvent::Reply { to, recipient: None, reply, .. } => format!("{to:?} {}", reply.code()),
        ClientEvent::Reply { to, recipient: Some(recipient), reply, .. } => {
            format!("{to:?} {} of {recipient}", reply.code())
        }
        ClientEvent::Challenge(text) => format!("challenge {}", text.decode().escape()),
        ClientEvent::BadChallenge(_) => "bad challenge".to_owned(),
        ClientEvent::Closing(reply) => format!("closing {}", reply.code()),
        other => format!("{other:?}"),
    }
}

trait Escape {
    fn escape(self) -> String;
}

impl<I: Iterator<Item = u8>> Escape for I {
    fn escape(self) -> String {
        self.collect::<Vec<u8>>().escape_ascii().to_string()
    }
}
