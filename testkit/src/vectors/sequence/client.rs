//! The client's side of a sequence: plays the steps through a client, and reports what it sends and what it makes of replies.

use super::steps;
use crate::vectors::vector::{Outcome, octets, optional};
use serde_json::{Map, Value, json};
use smtp_core::codec::{BareLineEnding, Content, DotDecoder};
use smtp_core::session::{Action, Client, ClientConfig, ClientError, ClientEvent, State};
use smtp_core::syntax::{Base64, Command, Dialect, Extension, Extensions, Grammar, ReplyClass};

/// The field of a report with the outcome of the steps when the client sends within the event loop, if it differs.
pub(super) const DIFFERS: &str = "steps sent within the event loop";

/// Plays the session twice: once the client sends after it has taken all events of what arrived, and once while it takes
/// them. The outcome must be the same.
pub(super) fn play(value: &Map<String, Value>, dialect: Option<Dialect>) -> Result<Outcome, String> {
    let steps = steps(value, Step::read)?;
    let mut config = ClientConfig::default();
    config.lmtp = optional(value, "lmtp", Value::as_bool)?.unwrap_or_default();
    config.dialect = dialect.unwrap_or(config.dialect);
    if config.dialect == Dialect::LENIENT {
        config.insist_on = Extensions::NONE.with(Extension::Auth);
    }
    // There is no TLS and no password here.
    config.auth_in_clear = true;
    let [played, inside] = [false, true].map(|inside| Session::new(config).play(&steps, inside));
    let mut fields = json!({ "steps": played.1 });
    if inside != played {
        fields[DIFFERS] = inside.1;
    }
    Ok(Outcome::Session { accepted: !played.0, fields })
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
    /// The octets that have arrived and are not consumed yet.
    input: Vec<u8>,
    /// The session is over for the client.
    over: bool,
    /// Something was refused or fatal.
    refused: bool,
}

impl Session {
    fn new(config: ClientConfig) -> Self {
        Self { client: Client::new(config), input: Vec::new(), over: false, refused: false }
    }

    /// Returns whether anything was refused or fatal, and the outcome of each step.
    fn play(mut self, mut steps: &[Step], inside: bool) -> (bool, Value) {
        let mut played = Vec::new();
        while let Some((step, rest)) = steps.split_first() {
            steps = rest;
            match step {
                Step::Send(octets) => played.push(self.send(octets)),
                Step::Receive(octets) => {
                    self.input.extend(octets);
                    let next = if inside { steps } else { &[] };
                    let (outcome, sent) = self.receive(next);
                    steps = steps.get(sent..).unwrap_or_default();
                    self.refused |= !matches!(outcome, "ok" | "closed" | "bad_challenge");
                    played.push(json!({ "outcome": outcome }));
                    played.extend(std::iter::repeat_n(json!({ "allowed": true }), sent));
                }
                Step::Tls => {
                    match self.client.clone().into_tls(&self.input) {
                        Ok(client) => self.client = client,
                        Err(_) => (self.over, self.refused) = (true, true),
                    }
                    played.push(json!({}));
                }
                Step::Eof => {
                    self.over = true;
                    played.push(json!({}));
                }
            }
        }
        (self.refused, Value::Array(played))
    }

    fn send(&mut self, octets: &[u8]) -> Value {
        let sent = if self.over { None } else { send(&self.client, octets) };
        let allowed = sent.is_some();
        self.refused |= !allowed;
        if let Some(client) = sent {
            self.client = client;
        }
        json!({ "allowed": allowed })
    }

    /// Takes all events. When the last awaited reply has come, sends at once those of the next steps that may be sent. Returns
    /// the outcome and the number of these steps.
    ///
    /// If the server has sent more than it was asked for, the client learns it only after it has sent. The outcome must then be
    /// the same as without sending, and the session continues from there.
    fn receive(&mut self, next: &[Step]) -> (&'static str, usize) {
        if self.over || self.client.state() == State::Closed {
            return ("protocol_error", 0); // nothing waits for a reply any more
        }
        let waiting = (self.client.clone(), self.input.clone());
        let (outcome, sent) = self.take(next);
        let ended = self.over || self.client.state() == State::Closed || outcome == "transient";
        if sent == 0 || !ended {
            return (outcome, sent);
        }
        (self.client, self.input) = waiting;
        self.over = false;
        let (without, _) = self.take(&[]);
        (if without == outcome { outcome } else { "differs" }, 0)
    }

    fn take(&mut self, next: &[Step]) -> (&'static str, usize) {
        let input = std::mem::take(&mut self.input);
        let mut rest = &input[..];
        let (mut outcome, mut sent) = ("ok", 0);
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
                    let injected = matches!(error, ClientError::PlaintextAfterStartTls);
                    return (if injected { "fatal" } else { "protocol_error" }, sent);
                }
            }
            if outcome == "protocol_error" {
                self.over = true;
                return (outcome, sent);
            }
            // Before that, what may be sent depends on replies that have not come yet.
            if self.client.awaiting().next().is_some() {
                continue;
            }
            while let Some(Step::Send(octets)) = next.get(sent) {
                let Some(client) = send(&self.client, octets) else { break };
                self.client = client;
                sent += 1;
            }
        }
        if self.client.state() == State::Tls && !rest.is_empty() {
            self.over = true;
            return ("fatal", sent);
        }
        self.input = rest.to_vec();
        (outcome, sent)
    }
}

/// Sends the octets of a step, and returns the client after that. Returns `None` if the client refuses any of them.
fn send(client: &Client, octets: &[u8]) -> Option<Client> {
    // Uses a copy: of several commands only the last may be refused.
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

/// Sends content in its stuffed form, and the commands after it.
fn content(client: &mut Client, octets: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let (mut decoder, mut rest) = (DotDecoder::new(BareLineEnding::Pass), octets);
    // Content must have its terminator.
    while let Content::Octets(piece) = decoder.decode(&mut rest)? {
        client.content(piece, out).ok()?;
    }
    client.finish_content(out).ok()?;
    commands(client, rest, out)
}

/// Sends one command or a group of them, each chunk after its BDAT.
fn commands(client: &mut Client, octets: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let mut rest = octets;
    while !rest.is_empty() {
        let length = rest.windows(2).position(|pair| pair == b"\r\n")?;
        let command = Command::parse(&rest[..length], Grammar::SMTPUTF8).ok()?;
        rest = &rest[length + 2..];
        client.send(&command, out).ok()?;
        if let Command::Bdat(bdat) = command {
            let (chunk, after) = rest.split_at_checked(usize::try_from(bdat.size).ok()?)?;
            client.content(chunk, out).ok()?;
            rest = after;
        }
    }
    Some(())
}

/// Returns the outcome that an event causes, if it is more than a reply that was taken.
fn said(event: &ClientEvent<'_>, state: State) -> Option<&'static str> {
    match event {
        ClientEvent::Greeting(reply) if reply.code().class() == ReplyClass::TransientFailure => Some("transient"),
        ClientEvent::Reply { reply, .. } if reply.code().get() == 421 => Some("transient"),
        ClientEvent::Reply { to: Action::Quit, .. } if state == State::Closed => Some("closed"),
        ClientEvent::Closing(reply) if reply.code().class() == ReplyClass::TransientFailure => Some("transient"),
        // The reply matches no command.
        ClientEvent::Closing(_) => Some("protocol_error"),
        ClientEvent::BadChallenge(_) => Some("bad_challenge"),
        _ => None,
    }
}
