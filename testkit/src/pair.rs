//! Connects a client and a server in memory, and keeps the octets that are on their way to each. The users of the two sessions
//! are a [`Site`], which takes mail from the server, and a [`Desk`], which sends mail through the client.
//!
//! [`Step`]s drive a [`Pair`]. It panics if the two sides disagree.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::exhaustive_enums,
    clippy::exhaustive_structs,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test reads its fields, and fails with a panic"
)]

mod site;
mod step;

pub use site::{CREDENTIALS, Desk, Message, Sent, Site};
pub use step::{DOTS, Step};

use crate::generate::Turn;
use smtp_core::codec::ReplyDecoder;
use smtp_core::observer::Side;
use smtp_core::session::{Action, Client, ClientConfig, Misuse, Server, ServerConfig, ServerEvent, State};
use smtp_core::syntax::{
    Body, Capabilities, CapabilityValue, Command, Extension, Grammar, Host, Mechanisms, ParameterName, ParameterValue,
    ReplyCode,
};
use std::collections::VecDeque;
use std::mem::take;
use std::sync::atomic::{AtomicBool, Ordering};

/// The two sides of a connection.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The client.
    pub client: Client,
    /// The server.
    pub server: Server,
    /// The sender of mail, which uses the client.
    pub desk: Desk,
    /// The receiver of mail, which uses the server.
    pub site: Site,
    /// Octets that were sent and have not arrived yet.
    to_server: Vec<u8>,
    to_client: Vec<u8>,
    /// Octets that have arrived and are not consumed yet.
    server_inbox: Vec<u8>,
    client_inbox: Vec<u8>,
    /// The largest number of octets that arrive at once.
    cut: usize,
    /// The actions that the server has not answered yet, in order.
    pub unanswered: VecDeque<Action>,
    lmtp: bool,
    /// The steps done so far.
    pub script: Script,
    /// The octets that have arrived at either side, in order, if they are to be kept.
    pub log: Option<Vec<Turn>>,
    /// MAIL of this transaction had BODY=BINARYMIME: DATA makes it fail (RFC 3030 section 3).
    pub binary: bool,
}

/// The steps done so far. If a test fails, the script of the failed pair is the first to be dropped, and is printed.
#[derive(Clone, Debug, Default)]
pub struct Script(pub Vec<Step>);

impl Drop for Script {
    fn drop(&mut self) {
        static PRINTED: AtomicBool = AtomicBool::new(false);
        if std::thread::panicking() && !PRINTED.swap(true, Ordering::Relaxed) {
            println!("{:?}", self.0);
        }
    }
}

/// Returns the configuration of a server that can do all that the scripts use.
pub fn server_config(lmtp: bool, pipelining: bool) -> ServerConfig {
    let mut config = ServerConfig::new(Host::new("mx.example").unwrap());
    let plain = CapabilityValue::Auth(Mechanisms::new("PLAIN").unwrap());
    config.capabilities = [
        Extension::EightBitMime,
        Extension::EnhancedStatusCodes,
        Extension::SmtpUtf8,
        Extension::Chunking,
        Extension::BinaryMime,
        Extension::StartTls,
        Extension::Expn,
    ]
    .into_iter()
    .fold(Capabilities::new().with_value(plain).unwrap(), Capabilities::with);
    if pipelining {
        config.capabilities = config.capabilities.with(Extension::Pipelining);
    }
    config.lmtp = lmtp;
    // Scripts can have any length.
    (config.max_errors, config.max_idle_commands, config.max_failed_auth) = (None, None, None);
    config
}

impl Pair {
    /// Creates a pair whose client has received the greeting. At most `cut` octets arrive at once.
    #[must_use]
    pub fn new(config: ServerConfig, cut: usize) -> Self {
        Self::with_log(config, cut, None)
    }

    /// Creates a pair like [`new`](Self::new), with a log of all that arrives, the greeting first.
    #[must_use]
    pub fn recorded(config: ServerConfig, cut: usize) -> Self {
        Self::with_log(config, cut, Some(Vec::new()))
    }

    fn with_log(config: ServerConfig, cut: usize, log: Option<Vec<Turn>>) -> Self {
        let lmtp = config.lmtp;
        let mut of_client = if lmtp { ClientConfig::LMTP } else { ClientConfig::SMTP };
        of_client.auth_in_clear = true;
        let mut pair = Self {
            client: Client::new(of_client),
            server: Server::new(config),
            desk: Desk::default(),
            site: Site::default(),
            to_server: Vec::new(),
            to_client: Vec::new(),
            server_inbox: Vec::new(),
            client_inbox: Vec::new(),
            cut,
            unanswered: VecDeque::new(),
            lmtp,
            script: Script::default(),
            log,
            binary: false,
        };
        pair.server.reply_default(&mut pair.to_client).unwrap();
        pair.exchange();
        pair
    }

    /// Sends a command from the client.
    pub fn send(&mut self, command: &Command<'_>) -> Result<(), Misuse> {
        let length = self.to_server.len();
        let result = self.client.send(command, &mut self.to_server);
        if result.is_err() {
            assert_eq!(self.to_server.len(), length, "a refused command writes nothing");
            return result;
        }
        self.departs(match command {
            Command::Mail(mail) => Sent::Mail(mail.reverse_path.to_string()),
            Command::Rcpt(rcpt) => Sent::Rcpt(rcpt.forward_path.to_string()),
            Command::Bdat(_) => Sent::Chunk(Vec::new(), Action::of(command)),
            command => Sent::Plain(Action::of(command)),
        });
        Ok(())
    }

    /// Records something that the client has sent by other means than [`send`](Self::send).
    pub fn departs(&mut self, sent: Sent) {
        self.unanswered.push_back(sent.action());
        self.desk.sent.push_back(sent);
    }

    /// Lets the client do something else that appends octets.
    pub fn act<T>(&mut self, act: impl FnOnce(&mut Client, &mut Vec<u8>) -> Result<T, Misuse>) -> Result<T, Misuse> {
        let length = self.to_server.len();
        let result = act(&mut self.client, &mut self.to_server);
        if result.is_err() {
            assert_eq!(self.to_server.len(), length, "a refused call writes nothing");
        }
        result
    }

    /// Sends octets to the server that the client did not write. They are one action.
    pub fn inject(&mut self, octets: &[u8], action: Action) {
        self.to_server.extend_from_slice(octets);
        self.unanswered.push_back(action);
    }

    /// Returns `true` if no octets are on their way.
    pub fn is_quiet(&self) -> bool {
        self.to_server.is_empty() && self.desk.sent.is_empty() && self.client.chunk_remaining() == 0
    }

    /// Delivers some of the octets that one side has sent to the other.
    fn arrive(&mut self, from: Side) {
        let (wire, inbox) = match from {
            Side::Client => (&mut self.to_server, &mut self.server_inbox),
            Side::Server => (&mut self.to_client, &mut self.client_inbox),
        };
        let octets: Vec<u8> = wire.drain(..wire.len().min(self.cut)).collect();
        inbox.extend_from_slice(&octets);
        if let Some(log) = &mut self.log {
            log.push(Turn { side: from, octets });
        }
    }

    /// Delivers and answers everything, until neither side has more to send.
    pub fn exchange(&mut self) {
        loop {
            if !self.to_server.is_empty() {
                self.arrive(Side::Client);
                self.serve();
            } else if !self.to_client.is_empty() {
                self.arrive(Side::Server);
                self.hear();
            } else {
                return;
            }
        }
    }

    /// Lets the server answer everything that the client has sent, and returns the answers without delivering them.
    pub fn serve_all(&mut self) -> Vec<u8> {
        while !self.to_server.is_empty() {
            self.arrive(Side::Client);
            self.serve();
        }
        take(&mut self.to_client)
    }

    /// Lets the server answer what has arrived. Compares each step with the table of states.
    fn serve(&mut self) {
        let inbox = take(&mut self.server_inbox);
        let mut rest = &inbox[..];
        loop {
            let unread = rest.len();
            let Some(event) = self.server.next_event(&mut rest).unwrap() else { break };
            let content = matches!(event, ServerEvent::Content(_));
            assert!(rest.len() < unread || !content, "content is consumed");
            // The reply to a BDAT comes at the end of its chunk.
            let begins_chunk = matches!(event, ServerEvent::Begin) && self.server.chunk().is_some();
            let content = content || begins_chunk || matches!(event, ServerEvent::Abandoned);
            let before = self.server.state();
            let owed = if content { 0 } else { self.server.answers_owed() };
            let binary = match event {
                ServerEvent::Command(Command::Mail(mail)) => mail.parameters.find(ParameterName::Body),
                _ => None,
            };
            let binary = binary == Some(ParameterValue::Body(Body::BinaryMime));
            let length = self.to_client.len();
            let action = self.site.answer(event, &mut self.server, &mut self.to_client);
            assert_eq!(self.server.answers_owed(), 0);
            if content {
                assert_eq!((self.to_client.len(), self.server.state()), (length, before));
                continue;
            }
            let codes = codes(&self.to_client[length..]);
            assert_eq!(codes.len(), owed as usize, "one reply for each answer that is owed");
            let expected =
                self.unanswered.pop_front().unwrap_or_else(|| panic!("{action:?}: no action waits for an answer"));
            assert!(action.is_none_or(|action| action == expected), "{action:?} is answered, {expected:?} was sent");
            let after = if expected == Action::Data && self.binary && before == State::Rcpt {
                State::Failed
            } else {
                before.after(expected, *codes.last().unwrap())
            };
            assert_eq!(self.server.state(), after, "{before}: {expected:?}: {codes:?}");
            self.binary = (self.binary || binary) && after.in_transaction();
        }
        self.server_inbox = rest.to_vec();
    }

    /// Lets the client take what has arrived.
    fn hear(&mut self) {
        let inbox = take(&mut self.client_inbox);
        let mut rest = &inbox[..];
        loop {
            let unread = rest.len();
            let Some(event) = self.client.next_event(&mut rest).unwrap() else { break };
            assert!(rest.len() < unread, "each event consumes octets");
            self.desk.hear(event, &self.client, self.lmtp);
        }
        self.client_inbox = rest.to_vec();
    }

    /// Does the handshake, after the 220 to STARTTLS. It cannot fail, because no octets are left in the clear.
    pub fn handshake(&mut self) {
        self.client = self.client.clone().into_tls(&self.client_inbox).unwrap();
        self.server = self.server.clone().into_tls(&self.server_inbox).unwrap();
        assert!(self.client.is_tls() && self.server.is_tls());
    }

    /// Checks what must hold whenever neither side has more to send.
    pub fn check(&mut self) {
        let (client, server) = (&self.client, &self.server);
        assert_eq!(client.state(), server.state());
        assert_eq!(client.is_open(), server.is_open());
        assert_eq!(client.hello(), server.hello());
        assert_eq!(client.is_smtputf8(), server.is_smtputf8());
        assert_eq!(client.is_tls(), server.is_tls());
        assert_eq!(client.is_authenticated(), server.is_authenticated());
        assert!(client.recipients() == server.recipients() || client.state() == State::Closed);
        assert_eq!(self.desk.sent.is_empty(), self.unanswered.is_empty());
        let chunk = usize::from(client.chunk_remaining() > 0);
        assert!(self.desk.sent.len() <= chunk, "{:?} is not answered", self.desk.sent);
        assert_eq!(client.awaiting().count(), self.desk.sent.len());
        let (hello, extensions) = (server.hello(), server.extensions());
        assert_eq!(client.offer().extensions, extensions, "{hello:?}");
        assert!(self.server_inbox.is_empty() && self.client_inbox.is_empty());
        assert_eq!(take(&mut self.desk.delivered), take(&mut self.site.delivered));
    }

    /// Returns everything that the future of the pair depends on.
    pub fn key(&self) -> String {
        let mut key = format!("{:?}{:?}{:?}{:?}", self.client, self.server, self.desk, self.site);
        // The configuration does not change, and these counters have no effect here.
        for (from, to) in [("config: ClientConfig", "offer: "), ("config: ServerConfig", "lines: LineDecoder")] {
            let start = key.find(from).unwrap();
            let end = start + key[start..].find(to).unwrap();
            key.replace_range(start..end, "");
        }
        let counters =
            [" idle: ", " errors: ", " excused: ", " dropped: ", " failed_auth: ", " size: ", " rejections: "];
        for counter in counters.into_iter().chain([" offset: ", " room: "]) {
            let mut pieces = key.split(counter);
            let first = pieces.next().unwrap_or_default().to_owned();
            assert!(first.len() < key.len(), "{counter} is counted");
            let uncounted = |piece: &str| piece.trim_start_matches(|octet: char| octet.is_ascii_digit()).to_owned();
            key = pieces.fold(first, |key, piece| key + counter + &uncounted(piece));
        }
        // Both sides have these counters.
        for counter in ["mail_commands: ", "rcpt_commands: "] {
            let counted: Vec<&str> = key.split(counter).collect();
            assert!(counted.len() > 2, "{counter} is counted on both sides");
            let texts = counted.iter().map(|text| text.trim_start_matches(|octet: char| octet.is_ascii_digit()));
            key = texts.collect();
        }
        key.push_str(&String::from_utf8_lossy(&self.to_server));
        key
    }
}

/// Returns the codes of whole replies.
pub fn codes(octets: &[u8]) -> Vec<ReplyCode> {
    let mut decoder = ReplyDecoder::new();
    let mut rest = octets;
    let mut codes = Vec::new();
    while let Some(reply) = decoder.decode(&mut rest, Grammar::STRICT).unwrap() {
        codes.push(reply.code());
    }
    assert!(rest.is_empty(), "{}", rest.escape_ascii());
    codes
}
