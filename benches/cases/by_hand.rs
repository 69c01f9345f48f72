//! What a user writes above `Client` and `Server` to have what `Delivery` and `Reception` give for a plain message: buffers, an
//! envelope that is kept, an outcome for each recipient. The layers are held against it.

use smtp_core::session::{Action, Client, ClientConfig, ClientEvent, Server, ServerConfig, ServerEvent, State};
use smtp_core::syntax::{Command, Extension, Host, Mailbox, Parameters, Reply, ReplyBuf, ReplyClass};
use std::hint::black_box;
use std::sync::Arc;

/// A mailer with one message.
struct Mailer<'a> {
    client: Client,
    input: Vec<u8>,
    read: usize,
    output: Vec<u8>,
    written: usize,
    message: Message<'a>,
}

struct Message<'a> {
    host: Host<'a>,
    from: Mailbox<'a>,
    to: &'a [Mailbox<'a>],
    /// How many commands of the envelope were sent, and how many of them are not answered.
    sent: usize,
    waiting: usize,
    /// How many replies to RCPT have come, and who was accepted.
    heard: usize,
    accepted: Vec<usize>,
    /// For each recipient what the decisive reply answered, and the reply.
    outcomes: Vec<Option<(Action, ReplyBuf)>>,
}

enum Turn {
    Read,
    Content,
    Closed,
}

impl Mailer<'_> {
    fn step(&mut self) -> Turn {
        loop {
            let mut rest = &self.input[self.read..];
            let event = self.client.next_event(&mut rest);
            self.read = self.input.len() - rest.len();
            let event = match event {
                Ok(Some(event)) => event,
                Ok(None) if self.client.is_open() => return Turn::Read,
                Ok(None) | Err(_) => return Turn::Closed,
            };
            if self.message.take(event, &mut self.client, &mut self.output) {
                return Turn::Content;
            }
        }
    }

    fn received(&mut self, octets: &[u8]) {
        self.input.drain(..self.read);
        self.read = 0;
        self.input.extend_from_slice(octets);
    }

    fn written(&mut self, octets: usize) {
        self.written += octets;
        if self.written == self.output.len() {
            self.output.clear();
            self.written = 0;
        }
    }

    fn content(&mut self, octets: &[u8]) {
        self.output.reserve(octets.len() + 16);
        self.client.content(octets, &mut self.output).unwrap();
        self.client.finish_content(&mut self.output).unwrap();
    }
}

impl Message<'_> {
    /// Takes an event. Returns `true` if the content is due.
    fn take(&mut self, event: ClientEvent<'_>, client: &mut Client, out: &mut Vec<u8>) -> bool {
        let (to, reply) = match event {
            ClientEvent::Greeting(reply) => (Action::Greeting, reply),
            ClientEvent::Reply { to, reply, .. } => (to, reply),
            ClientEvent::Closing(reply) => {
                self.decide_all(Action::Quit, reply);
                return false;
            }
            _ => return false,
        };
        let refused = reply.code().class().is_failure();
        match to {
            Action::Ehlo if reply.code().class() == ReplyClass::PermanentFailure => {
                client.send(&Command::Helo(self.host), out).unwrap();
            }
            Action::Greeting | Action::Ehlo | Action::Helo if refused => self.leave(to, reply, client, out),
            Action::Greeting => client.send(&Command::Ehlo(self.host), out).unwrap(),
            Action::Ehlo | Action::Helo => self.go_on(client, out),
            Action::Mail | Action::Rcpt | Action::Data => {
                self.waiting -= 1;
                match to {
                    Action::Mail if refused => self.decide_all(to, reply),
                    Action::Rcpt => {
                        if refused {
                            self.decide(self.heard, to, reply);
                        } else {
                            self.accepted.push(self.heard);
                        }
                        self.heard += 1;
                    }
                    Action::Data if refused => self.leave(to, reply, client, out),
                    Action::Data => return true,
                    _ => {}
                }
                self.go_on(client, out);
            }
            Action::Content => {
                for at in 0..self.accepted.len() {
                    self.decide(self.accepted[at], to, reply);
                }
                self.leave(to, reply, client, out);
            }
            _ => {}
        }
        false
    }

    /// Sends what may be sent: all of the envelope where PIPELINING is offered, one command elsewhere.
    fn go_on(&mut self, client: &mut Client, out: &mut Vec<u8>) {
        let extensions = client.extensions();
        let most = if extensions.contains(Extension::Pipelining) { 100 } else { 1 };
        while self.waiting < most && self.sent < self.to.len() + 2 {
            let body = if extensions.contains(Extension::EightBitMime) { "BODY=8BITMIME" } else { "" };
            let command = match self.sent {
                0 => Command::mail(self.from, Parameters::new(body).unwrap()),
                at if at <= self.to.len() => Command::rcpt(self.to[at - 1], Parameters::NONE),
                _ => Command::Data,
            };
            client.send(&command, out).unwrap();
            self.sent += 1;
            self.waiting += 1;
        }
    }

    fn leave(&mut self, to: Action, reply: Reply<'_>, client: &mut Client, out: &mut Vec<u8>) {
        self.decide_all(to, reply);
        client.send(&Command::Quit, out).unwrap();
    }

    fn decide_all(&mut self, to: Action, reply: Reply<'_>) {
        for at in 0..self.outcomes.len() {
            self.decide(at, to, reply);
        }
    }

    fn decide(&mut self, at: usize, to: Action, reply: Reply<'_>) {
        if self.outcomes[at].is_none() {
            self.outcomes[at] = Some((to, ReplyBuf::from(&reply)));
        }
    }
}

pub(super) fn deliver(
    replies: &[&[u8]],
    (host, from, to): (Host<'_>, Mailbox<'_>, &[Mailbox<'_>]),
    content: &[u8],
    out: &mut Vec<u8>,
) {
    let outcomes = vec![None; to.len()];
    let message = Message { host, from, to, sent: 0, waiting: 0, heard: 0, accepted: Vec::new(), outcomes };
    let mut mailer = Mailer {
        client: Client::new(ClientConfig::default()),
        input: Vec::with_capacity(512),
        read: 0,
        output: Vec::with_capacity(512),
        written: 0,
        message,
    };
    let mut replies = replies.iter();
    loop {
        match mailer.step() {
            Turn::Read => {
                out.extend_from_slice(&mailer.output[mailer.written..]);
                mailer.written(mailer.output.len() - mailer.written);
                mailer.received(replies.next().unwrap());
            }
            Turn::Content => mailer.content(content),
            Turn::Closed => break,
        }
    }
    assert!(mailer.message.outcomes.iter().all(Option::is_some));
    black_box(&mailer.message.outcomes);
}

/// A server that keeps the envelope, each line of it apart.
#[derive(Default)]
struct Envelope {
    hello: Vec<u8>,
    mail: Vec<u8>,
    recipients: Vec<Vec<u8>>,
}

pub(super) fn receive(config: &Arc<ServerConfig>, turns: &[Vec<u8>]) {
    let (mut server, mut envelope, mut out) =
        (Server::new(Arc::clone(config)), Envelope::default(), Vec::with_capacity(512));
    // Whether a reply among them may not wait (RFC 2920 section 3.2).
    let mut urgent = false;
    server.reply_default(&mut out).unwrap();
    for turn in turns {
        let mut rest = &turn[..];
        while let Some(event) = server.next_event(&mut rest).unwrap() {
            let (mut line, mut is_rcpt) = (None, false);
            match &event {
                ServerEvent::Content(octets) => {
                    black_box(octets);
                    continue;
                }
                ServerEvent::Abandoned => {
                    envelope.recipients.clear();
                    continue;
                }
                ServerEvent::Command(command) => {
                    urgent |= Action::of(command).ends_group();
                    if let Command::Ehlo(_) | Command::Helo(_) | Command::Mail(_) | Command::Rcpt(_) = command {
                        let mut kept = Vec::new();
                        command.encode(&mut kept);
                        (line, is_rcpt) = (Some(kept), matches!(command, Command::Rcpt(_)));
                    }
                }
                _ => {}
            }
            server.reply_default(&mut out).unwrap();
            match (line, server.state()) {
                (Some(line), State::Rcpt) if is_rcpt => envelope.recipients.push(line),
                (Some(line), State::Mail) => envelope.mail = line,
                (Some(line), State::Ready) => envelope.hello = line,
                _ => {}
            }
            if !server.state().in_transaction() {
                envelope.mail.clear();
                envelope.recipients.clear();
            }
            black_box((&event, &envelope));
        }
    }
    assert_eq!(server.state(), State::Closed);
    black_box((&out, urgent));
}
