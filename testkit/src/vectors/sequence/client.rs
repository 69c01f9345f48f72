//! The client's side: what it lets be sent, and what it makes of what it receives.

use super::steps;
use crate::vectors::vector::{Outcome, octets, optional};
use serde_json::{Map, Value, json};
use smtp_core::codec::{BareLineEnding, Content, DotDecoder};
use smtp_core::session::{Action, Client, ClientConfig, ClientEvent, Error, State};
use smtp_core::syntax::{Base64, Command, Dialect, Grammar, Severity};

pub(super) fn play(value: &Map<String, Value>, dialect: Option<Dialect>) -> Result<Outcome, String> {
    let steps = steps(value, Step::read)?;
    let mut config = ClientConfig::default();
    config.lmtp = optional(value, "lmtp", Value::as_bool)?.unwrap_or_default();
    config.dialect = dialect.unwrap_or(config.dialect);
    let mut session = Session { client: Client::new(config), input: Vec::new(), over: false, refused: false };
    let played: Vec<Value> = steps.iter().map(|step| session.step(step)).collect();
    Ok(Outcome::Session { accepted: !session.refused, fields: json!({ "steps": played }) })
}

enum Step {
    Send(Vec<u8>),
    Receive(Vec<u8>),
    Tls,
    Eof,
}

impl Step {
    fn read(step: &Value) -> Option<Self> {
        match (&step["send"], &step["recv"], &step["event"]) {
            (Value::String(text), Value::Null, Value::Null) => octets(text).map(Self::Send),
            (Value::Null, Value::String(text), Value::Null) => octets(text).map(Self::Receive),
            (Value::Null, Value::Null, event) if event == "tls" => Some(Self::Tls),
            (Value::Null, Value::Null, event) if event == "eof" => Some(Self::Eof),
            _ => None,
        }
    }
}

struct Session {
    client: Client,
    /// What has arrived and was not consumed.
    input: Vec<u8>,
    /// The client does no more.
    over: bool,
    /// Was anything refused or fatal?
    refused: bool,
}

impl Session {
    fn step(&mut self, step: &Step) -> Value {
        match step {
            Step::Send(octets) => {
                let sent = if self.over { None } else { send(&self.client, octets) };
                let allowed = sent.is_some();
                self.refused |= !allowed;
                if let Some(client) = sent {
                    self.client = client;
                }
                return json!({ "allowed": allowed });
            }
            Step::Receive(octets) => {
                self.input.extend(octets);
                let outcome = self.receive();
                self.refused |= !matches!(outcome, "ok" | "closed" | "bad_challenge");
                return json!({ "outcome": outcome });
            }
            Step::Tls => match self.client.clone().into_tls(&self.input) {
                Ok(client) => self.client = client,
                Err(_) => (self.over, self.refused) = (true, true),
            },
            Step::Eof => self.over = true,
        }
        json!({})
    }

    fn receive(&mut self) -> &'static str {
        if self.over || self.client.state() == State::Closed {
            return "protocol_error"; // nothing waits for a reply any more
        }
        let input = std::mem::take(&mut self.input);
        let mut rest = &input[..];
        let mut outcome = "ok";
        loop {
            match self.client.next_event(&mut rest) {
                Ok(Some(event)) => {
                    if let Some(more) = said(&event, self.client.state()) {
                        outcome = more;
                    }
                }
                Ok(None) => break,
                Err(error) => {
                    self.over = true;
                    let injected = matches!(error, Error::PlaintextBehindStartTls);
                    return if injected { "fatal" } else { "protocol_error" };
                }
            }
        }
        if self.client.state() == State::Tls && !rest.is_empty() {
            self.over = true;
            return "fatal";
        }
        self.input = rest.to_vec();
        outcome
    }
}

/// The client that has done what the octets say; `None` where anything of it is refused, and then nothing was written.
fn send(client: &Client, octets: &[u8]) -> Option<Client> {
    // On a copy: of several commands the last may be the one that is refused.
    let (mut client, mut out) = (client.clone(), Vec::new());
    match client.state() {
        State::Auth => {
            let line = octets.strip_suffix(b"\r\n")?;
            if line == b"*" {
                client.cancel(&mut out).ok()?;
            } else {
                let response: Vec<u8> = Base64::parse(line).ok()?.decode().collect();
                client.respond(&response, &mut out).ok()?;
            }
        }
        State::Data if client.awaiting().next().is_none() => content(&mut client, octets, &mut out)?,
        _ => commands(&mut client, octets, &mut out)?,
    }
    Some(client)
}

/// Content in its stuffed form, and commands behind it.
fn content(client: &mut Client, octets: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let (mut decoder, mut rest) = (DotDecoder::new(BareLineEnding::Pass), octets);
    // What has no terminator is no content.
    while let Content::Octets(piece) = decoder.decode(&mut rest)? {
        client.content(piece, out).ok()?;
    }
    client.finish_content(out).ok()?;
    commands(client, rest, out)
}

/// One command or a group of them, each chunk behind its BDAT.
fn commands(client: &mut Client, octets: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let mut rest = octets;
    while !rest.is_empty() {
        let length = rest.windows(2).position(|pair| pair == b"\r\n")?;
        let command = Command::parse(&rest[..length], Grammar::SMTPUTF8).ok()?;
        rest = &rest[length + 2..];
        client.send(&command, out).ok()?;
        if let Command::Bdat(bdat) = command {
            let (chunk, behind) = rest.split_at_checked(usize::try_from(bdat.size).ok()?)?;
            client.content(chunk, out).ok()?;
            rest = behind;
        }
    }
    Some(())
}

/// What an event means for the session, if it is more than a reply that was taken.
fn said(event: &ClientEvent<'_>, state: State) -> Option<&'static str> {
    match event {
        ClientEvent::Greeting(reply) if reply.code().severity() == Severity::TransientFailure => Some("transient"),
        ClientEvent::Reply { reply, .. } if reply.code().get() == 421 => Some("transient"),
        ClientEvent::Reply { to: Action::Quit, .. } if state == State::Closed => Some("closed"),
        ClientEvent::Closing(_) => Some("transient"),
        ClientEvent::BadChallenge(_) => Some("bad_challenge"),
        _ => None,
    }
}
