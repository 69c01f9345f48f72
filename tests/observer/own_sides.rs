//! A dialogue of our own two sides has no violation.

use super::cases::cases;
use proptest::prelude::*;
use smtp_core::session::{Client, ClientConfig, Event, Server, ServerConfig, Side, State};
use smtp_core::syntax::{
    CapabilityValue, Command, EnhancedCode, Extension, Grammar, Host, Mechanisms, Reply, ReplyCode,
};
use smtp_testkit::recording::{Capture, Record, play};
use std::mem::take;

const COMMANDS: &[&str] = &[
    "EHLO client.example",
    "HELO client.example",
    "LHLO [192.0.2.1]",
    "MAIL FROM:<joe@client.example>",
    "MAIL FROM:<joe@client.example>",
    "MAIL FROM:<> BODY=8BITMIME SIZE=100",
    "MAIL FROM:<> BODY=BINARYMIME",
    "MAIL FROM:<jôe@client.example> SMTPUTF8 BODY=8BITMIME",
    "RCPT TO:<ann@mx.example>",
    "RCPT TO:<ann@mx.example>",
    "RCPT TO:<no@mx.example>",
    "RCPT TO:<ånn@mx.example>",
    "RCPT TO:<Postmaster> NOTIFY=NEVER",
    "DATA",
    "DATA",
    "BDAT 12",
    "BDAT 12 LAST",
    "BDAT 0 LAST",
    "RSET",
    "NOOP",
    "VRFY joe",
    "EXPN list",
    "HELP",
    "AUTH PLAIN AGpvZQBzZWNyZXQ=",
    "AUTH PLAIN",
    "STARTTLS",
];

#[derive(Clone, Copy, Debug)]
enum Step {
    Line(&'static str),
    Content(&'static [u8]),
    Respond,
    Cancel,
    Exchange,
}

/// Both sides and the octets between them, all of which are recorded.
struct Talk {
    client: Client,
    server: Server,
    to_server: Vec<u8>,
    to_client: Vec<u8>,
    records: Vec<Record>,
}

impl Talk {
    fn new(lmtp: bool, pipelining: bool) -> Self {
        let mut config = ServerConfig::new(Host::new("mx.example").unwrap());
        let plain = CapabilityValue::Auth(Mechanisms::new("PLAIN").unwrap());
        let more = [Extension::BinaryMime, Extension::Dsn, Extension::StartTls];
        config.capabilities =
            more.into_iter().fold(config.capabilities.with_value(plain).unwrap(), |all, one| all.with(one));
        config.capabilities = config.capabilities.with_value(CapabilityValue::Size(Some(1000))).unwrap();
        if !pipelining && !lmtp {
            config.capabilities = [
                Extension::EightBitMime,
                Extension::EnhancedStatusCodes,
                Extension::Chunking,
                Extension::SmtpUtf8,
                Extension::BinaryMime,
            ]
            .into_iter()
            .fold(smtp_core::syntax::Capabilities::new(), |all, one| all.with(one));
        }
        config.lmtp = lmtp;
        let mut of_client = if lmtp { ClientConfig::LMTP } else { ClientConfig::SMTP };
        of_client.auth_in_clear = true;
        let client = Client::new(of_client);
        let (to_server, to_client, records) = Default::default();
        let mut talk = Self { client, server: Server::new(config), to_server, to_client, records };
        talk.server.accept(&mut talk.to_client).unwrap();
        talk.exchange();
        let hello = if lmtp { "LHLO client.example" } else { "EHLO client.example" };
        talk.take(Step::Line(hello));
        talk.exchange();
        talk
    }

    /// What the client does not let pass is not done.
    fn take(&mut self, step: Step) {
        let out = &mut self.to_server;
        match step {
            Step::Line(line) => {
                let command = Command::parse(line.as_bytes(), Grammar::SMTPUTF8).unwrap();
                if self.client.send(&command, out).is_ok() && line.starts_with("BDAT 12") {
                    self.client.content(b"QUIT\r\n.\r\nx\r\n", out).unwrap();
                }
            }
            Step::Content(octets) => {
                if self.client.state() == State::Data && self.client.chunk_remaining() == 0 {
                    let content = if self.client.recipients() > 0 { octets } else { b"" };
                    // Not where the content is under way already.
                    if self.client.content(content, out).is_ok() {
                        self.client.finish_content(out).unwrap();
                    }
                }
            }
            Step::Respond => _ = self.client.respond(b"\0joe\0secret", out),
            Step::Cancel => _ = self.client.cancel(out),
            Step::Exchange => self.exchange(),
        }
    }

    /// Everything that is under way arrives and is answered.
    fn exchange(&mut self) {
        while !self.to_server.is_empty() || !self.to_client.is_empty() {
            let octets = take(&mut self.to_server);
            if !octets.is_empty() {
                self.records.push(Record::Data(Side::Client, octets.clone()));
            }
            let mut rest = &octets[..];
            while let Some(event) = self.server.next_event(&mut rest).unwrap() {
                answer(event, &mut self.server, &mut self.to_client);
            }
            assert!(rest.is_empty());
            let octets = take(&mut self.to_client);
            if !octets.is_empty() {
                self.records.push(Record::Data(Side::Server, octets.clone()));
            }
            let mut rest = &octets[..];
            while self.client.next_event(&mut rest).unwrap().is_some() {}
            assert!(rest.is_empty());
        }
    }
}

fn answer(event: Event<'_>, server: &mut Server, out: &mut Vec<u8>) {
    let no = |code, enhanced| Reply::new(code, enhanced, "No").unwrap();
    match event {
        Event::Content(_) => {}
        Event::Command(Command::Rcpt(rcpt)) if rcpt.forward_path.to_string().contains("no@") => {
            let no = no(ReplyCode::MAILBOX_UNAVAILABLE, EnhancedCode::BAD_DESTINATION_MAILBOX);
            server.reply(&no, out).unwrap();
        }
        Event::Command(Command::Auth(auth)) if auth.initial_response.is_none() => server.challenge(b"", out).unwrap(),
        Event::Command(Command::Auth(_)) | Event::Response(_) => {
            server.reply(&no(ReplyCode::CREDENTIALS_INVALID, EnhancedCode::CREDENTIALS_INVALID), out).unwrap();
        }
        Event::Command(Command::Expn(_) | Command::Help(_)) => {
            server.reply(&no(ReplyCode::COMMAND_NOT_IMPLEMENTED, EnhancedCode::INVALID_COMMAND), out).unwrap();
        }
        _ => server.accept(out).unwrap(),
    }
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => prop::sample::select(COMMANDS).prop_map(Step::Line),
        2 => prop::sample::select(vec![&b"Subject: x\r\n\r\n.\r\n..\r\nQUIT\r\n"[..], b"x", b""]).prop_map(Step::Content),
        1 => prop_oneof![Just(Step::Respond), Just(Step::Cancel)],
        4 => Just(Step::Exchange),
    ]
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn commit_no_violation(steps in prop::collection::vec(step(), 0..60), lmtp: bool, pipelining: bool) {
        let mut talk = Talk::new(lmtp, pipelining);
        for step in steps {
            talk.take(step);
        }
        talk.exchange();
        talk.take(Step::Cancel);
        talk.take(Step::Content(b"x"));
        talk.exchange();
        talk.take(Step::Line("QUIT"));
        talk.exchange();
        let closed = talk.client.state() == State::Closed;
        talk.records.extend([Record::Eof(Side::Server), Record::Eof(Side::Client)]);
        let state = talk.server.state();
        let report = play(&Capture { records: talk.records, is_transcript: false }, |_| {});
        prop_assert_eq!(report.findings.iter().map(|(_, violation)| violation.to_string()).collect::<Vec<_>>(), [""; 0]);
        prop_assert!(report.complete || report.encrypted);
        prop_assert!(closed || report.encrypted, "{}", state);
    }
}
