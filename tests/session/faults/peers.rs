//! A server that notes what it takes, and a client that a server has greeted.

use smtp_core::session::{Client, ClientConfig, Server, ServerConfig, ServerEvent};
use smtp_core::syntax::{CapabilityValue, Command, Extension, Grammar, Host, Mechanisms, Reply};
use smtp_testkit::pair;

pub(crate) const HELLO: &str = "EHLO client.example\r\n";
pub(crate) const RECIPIENT: &str =
    "EHLO client.example\r\nMAIL FROM:<joe@client.example>\r\nRCPT TO:<ann@mx.example>\r\n";
pub(crate) const IN_DATA: &str =
    "EHLO client.example\r\nMAIL FROM:<joe@client.example>\r\nRCPT TO:<ann@mx.example>\r\nDATA\r\n";

pub(crate) fn config() -> ServerConfig {
    let mut config = ServerConfig::new(Host::new("mx.example").unwrap());
    config.capabilities = config
        .capabilities
        .with_value(CapabilityValue::Size(Some(1000)))
        .unwrap()
        .with_value(CapabilityValue::Auth(Mechanisms::new("PLAIN").unwrap()))
        .unwrap()
        .with(Extension::StartTls)
        .with(Extension::BinaryMime);
    config
}

/// A server and what became of it.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) server: Server,
    mail: pair::Site,
    /// The codes of its replies, the greeting's left out.
    pub(crate) codes: Vec<u16>,
    /// The commands that it took, as they are written.
    pub(crate) commands: Vec<String>,
    /// The messages that it took.
    pub(crate) messages: Vec<Vec<u8>>,
    /// What it did not consume.
    pub(crate) unread: Vec<u8>,
}

impl Site {
    /// A server of this configuration that has read some octets.
    pub(crate) fn with(config: ServerConfig, octets: impl AsRef<[u8]>) -> Self {
        let mut server = Server::new(config);
        server.reply_default(&mut Vec::new()).unwrap();
        let (mail, codes, commands, messages) = Default::default();
        let mut site = Self { server, mail, codes, commands, messages, unread: Vec::new() };
        site.reads(octets);
        site
    }

    pub(crate) fn new(octets: impl AsRef<[u8]>) -> Self {
        Self::with(config(), octets)
    }

    /// Reads some octets after those that were left unread.
    pub(crate) fn reads(&mut self, octets: impl AsRef<[u8]>) {
        let input = [&self.unread, octets.as_ref()].concat();
        let mut rest = &input[..];
        while let Some(event) = self.server.next_event(&mut rest).unwrap() {
            let mut out = Vec::new();
            match event {
                ServerEvent::Command(command) => self.commands.push(command.to_string()),
                ServerEvent::Begin if self.server.chunk().is_none() => self.commands.push("DATA".to_owned()),
                _ => {}
            }
            self.mail.answer(event, &mut self.server, &mut out);
            if !out.is_empty() {
                self.codes.push(Reply::parse(&out, Grammar::STRICT).unwrap().code().get());
            }
        }
        self.unread = rest.to_vec();
        self.messages.extend(self.mail.delivered.drain(..).map(|message| message.content));
    }

    /// The codes after those of the first commands.
    pub(crate) fn codes_after(&self, commands: &str) -> &[u16] {
        &self.codes[commands.matches("\r\n").count()..]
    }
}

/// A client that has read this: the greeting, then the reply to its EHLO.
pub(crate) fn client(offer: &str) -> Client {
    let mut config = ClientConfig::default();
    config.auth_in_clear = true;
    let mut client = Client::new(config);
    hears(&mut client, "220 mx.example ESMTP\r\n");
    says(&mut client, "EHLO client.example");
    let lines: String = offer.split(',').map(|keyword| format!("250-{keyword}\r\n")).collect();
    hears(&mut client, &format!("250-mx.example\r\n{lines}250 HELP\r\n"));
    client
}

/// Sends a command that has its place.
pub(crate) fn says(client: &mut Client, line: &str) -> Vec<u8> {
    let mut out = Vec::new();
    client.send(&Command::parse(line.as_bytes(), Grammar::SMTPUTF8).unwrap(), &mut out).unwrap();
    out
}

/// Reads some replies; gives how many.
pub(crate) fn hears(client: &mut Client, octets: &str) -> usize {
    let mut rest = octets.as_bytes();
    let mut events = 0;
    while client.next_event(&mut rest).unwrap().is_some() {
        events += 1;
    }
    events
}

/// A client that may send content.
pub(crate) fn in_data() -> Client {
    let mut client = client("PIPELINING");
    says(&mut client, "MAIL FROM:<joe@client.example>");
    says(&mut client, "RCPT TO:<ann@mx.example>");
    says(&mut client, "DATA");
    assert_eq!(hears(&mut client, "250 a\r\n250 b\r\n354 c\r\n"), 3);
    client
}
