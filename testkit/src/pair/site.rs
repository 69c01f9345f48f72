//! The users of the two sessions: a site that takes mail, and a desk that sends it. The pair calls them with each event.

use smtp_core::session::{Action, Client, ClientEvent, Server, ServerEvent, State};
use smtp_core::syntax::{Command, Reply, ReplyCode};
use std::collections::VecDeque;
use std::mem::take;

/// The response of AUTH PLAIN that the site accepts.
pub const CREDENTIALS: &[u8] = b"\0joe\0secret";

/// A message and its envelope. Paths are as they are on the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// The reverse-path.
    pub from: String,
    /// The forward-paths of the recipients that were accepted.
    pub to: Vec<String>,
    /// The content without its stuffed dots and its terminator.
    pub content: Vec<u8>,
}

/// The user of the server. It refuses paths that begin with "no", content that contains "REFUSE", and in LMTP content for
/// "full".
#[derive(Clone, Debug, Default)]
pub struct Site {
    message: Message,
    /// The messages that it has taken.
    pub delivered: Vec<Message>,
    /// The number of commands that the server itself refused.
    pub rejections: usize,
}

impl Site {
    /// Answers an event. Returns the action that was answered, if the event tells it.
    pub fn answer(&mut self, event: ServerEvent<'_>, server: &mut Server, out: &mut Vec<u8>) -> Option<Action> {
        let no = Reply::new(ReplyCode::MAILBOX_UNAVAILABLE, None, "No").unwrap();
        let refused = self.message.content.windows(6).any(|octets| octets == b"REFUSE");
        let bad = Reply::new(ReplyCode::TRANSACTION_FAILED, None, "No").unwrap();
        match event {
            ServerEvent::Command(command) => {
                match command {
                    Command::Mail(mail) if mail.reverse_path.to_string().starts_with("<no") => {
                        server.reply(&no, out).unwrap();
                    }
                    Command::Mail(mail) => {
                        self.message = Message { from: mail.reverse_path.to_string(), ..Message::default() };
                        server.reply_default(out).unwrap();
                    }
                    Command::Rcpt(rcpt) if rcpt.forward_path.to_string().starts_with("<no") => {
                        server.reply(&no, out).unwrap();
                    }
                    Command::Rcpt(rcpt) => {
                        self.message.to.push(rcpt.forward_path.to_string());
                        server.reply_default(out).unwrap();
                    }
                    Command::Auth(auth) => match auth.initial_response {
                        Some(response) => authenticate(response.decode(), server, out),
                        None => server.challenge(b"", out).unwrap(),
                    },
                    _ => server.reply_default(out).unwrap(),
                }
                return Some(Action::of(&command));
            }
            ServerEvent::Response(response) => {
                authenticate(response.decode(), server, out);
                return Some(Action::Response);
            }
            ServerEvent::Begin => {
                let is_data = server.chunk().is_none();
                server.reply_default(out).unwrap();
                return is_data.then_some(Action::Data);
            }
            ServerEvent::Content(octets) => self.message.content.extend_from_slice(octets),
            ServerEvent::Abandoned => self.message.content.clear(),
            ServerEvent::ChunkEnd => {
                if refused {
                    server.reply(&bad, out).unwrap()
                } else {
                    server.reply_default(out).unwrap()
                }
                return Some(Action::Bdat);
            }
            ServerEvent::ContentEnd => {
                let action = if server.state().takes_commands() { Action::BdatLast } else { Action::Content };
                let mut message = take(&mut self.message);
                let lmtp = server.config().lmtp;
                assert_eq!(server.answers_owed(), if lmtp { server.recipients() } else { 1 });
                if refused {
                    message.to.clear();
                    (0..server.answers_owed()).for_each(|_| server.reply(&bad, out).unwrap());
                } else if lmtp {
                    message.to.retain(|path| {
                        let full = path.starts_with("<full");
                        server.reply(if full { &no } else { &Reply::OK }, out).unwrap();
                        !full
                    });
                } else {
                    server.reply_default(out).unwrap();
                }
                if !message.to.is_empty() {
                    self.delivered.push(message);
                }
                return Some(action);
            }
            ServerEvent::Rejected(_) => {
                self.rejections += 1;
                server.reply_default(out).unwrap();
            }
            other => panic!("{other:?}"),
        }
        None
    }
}

fn authenticate(response: impl Iterator<Item = u8>, server: &mut Server, out: &mut Vec<u8>) {
    let code = if response.eq(CREDENTIALS.iter().copied()) {
        ReplyCode::AUTHENTICATION_SUCCEEDED
    } else {
        ReplyCode::CREDENTIALS_INVALID
    };
    server.reply(&Reply::new(code, None, "Seen").unwrap(), out).unwrap();
}

/// Something that was sent and is not answered yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// Any other action.
    Plain(Action),
    /// MAIL, and its reverse-path.
    Mail(String),
    /// RCPT, and its forward-path.
    Rcpt(String),
    /// Content after DATA, with its end.
    Content(Vec<u8>),
    /// A chunk of BDAT, which may be the last one.
    Chunk(Vec<u8>, Action),
}

impl Sent {
    /// Returns the action.
    pub fn action(&self) -> Action {
        match self {
            Self::Plain(action) | Self::Chunk(_, action) => *action,
            Self::Mail(_) => Action::Mail,
            Self::Rcpt(_) => Action::Rcpt,
            Self::Content(_) => Action::Content,
        }
    }
}

/// The user of the client. It records what the client believes was delivered.
#[derive(Clone, Debug, Default)]
pub struct Desk {
    /// The actions that were sent and are not answered yet, in order.
    pub sent: VecDeque<Sent>,
    message: Message,
    /// The recipients for whom the content was accepted.
    taken: Vec<String>,
    /// The messages that the server has accepted, each with those recipients.
    pub delivered: Vec<Message>,
    /// A chunk was refused in this transaction.
    pub spoilt: bool,
}

impl Desk {
    /// Applies an event of the client to the mail.
    pub fn hear(&mut self, event: ClientEvent<'_>, client: &Client, lmtp: bool) {
        match event {
            ClientEvent::Greeting(reply) => assert_eq!(reply.code(), ReplyCode::SERVICE_READY),
            ClientEvent::Challenge(challenge) => {
                assert_eq!(challenge.decode().count(), 0);
                let sent = self.sent.pop_front().unwrap();
                assert!(matches!(sent.action(), Action::Auth | Action::Response));
            }
            ClientEvent::Reply { to, recipient, reply, .. } => {
                let ok = !reply.code().class().is_failure();
                let sent = self.sent.front().unwrap_or_else(|| panic!("{to:?}: nothing was sent"));
                assert_eq!(sent.action(), to);
                let ends_message = matches!(to, Action::Content | Action::BdatLast);
                // In LMTP each accepted recipient has a reply (RFC 2033 sections 4.2 and 4.3).
                if lmtp && ends_message && !self.message.to.is_empty() {
                    let recipient = recipient.unwrap() as usize;
                    self.taken.extend(ok.then(|| self.message.to[recipient].clone()));
                    if recipient + 1 < self.message.to.len() {
                        return;
                    }
                } else if ends_message && ok {
                    self.taken = self.message.to.clone();
                }
                match self.sent.pop_front().unwrap() {
                    Sent::Mail(from) if ok => self.message = Message { from, ..Message::default() },
                    Sent::Rcpt(to) if ok => {
                        assert_eq!(recipient, Some(self.message.to.len() as u32));
                        self.message.to.push(to);
                    }
                    Sent::Chunk(octets, action) => {
                        self.spoilt |= !ok;
                        if ok || !self.taken.is_empty() {
                            self.message.content.extend(octets);
                        }
                        if action == Action::BdatLast {
                            self.deliver();
                        }
                    }
                    Sent::Content(octets) => {
                        self.message.content = octets;
                        self.deliver();
                    }
                    Sent::Plain(_) | Sent::Mail(_) | Sent::Rcpt(_) => {}
                }
                // When the session ends, the client keeps the recipient count of the transaction that was in progress.
                if client.state() == State::Closed {
                    return;
                }
                if !client.state().in_transaction() {
                    self.message = Message::default();
                    self.spoilt = false;
                }
                assert_eq!(client.recipients() as usize, self.message.to.len());
            }
            other => panic!("{other:?}"),
        }
    }

    /// Returns the number of accepted recipients of this transaction.
    pub fn recipients(&self) -> usize {
        self.message.to.len()
    }

    /// Returns the number of accepted chunks of the message. Each has eight or nine octets.
    pub fn chunks(&self) -> usize {
        self.message.content.len().div_ceil(9)
    }

    /// Adds octets to the chunk that was sent last.
    pub fn add_to_chunk(&mut self, octets: &[u8]) {
        let Some(Sent::Chunk(chunk, _)) = self.sent.back_mut() else { panic!("no chunk is under way") };
        chunk.extend_from_slice(octets);
    }

    fn deliver(&mut self) {
        let to = take(&mut self.taken);
        if !to.is_empty() {
            self.delivered.push(Message { to, ..take(&mut self.message) });
        }
    }
}
