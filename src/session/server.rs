//! The server's side of a session: its data, and what its files share. The files of this folder create a session, read the
//! input, judge commands, write answers, and change the session. Nothing here opens a socket, keeps time or decides on
//! recipients; that is left to the caller.

// The page of `Server` lists the methods in this order: constructors, input, answers, changes, getters.
mod create;

mod receive;

mod answer;

mod change;

mod getters;

mod config;
mod event;
mod judge;
mod tally;

pub use config::{Require, ServerConfig};
pub use event::{Hello, Refused, ServerEvent};

use super::{Action, Arc, Facts, Rejected};
use crate::codec::{ChunkDecoder, DotDecoder, LineDecoder};
use crate::syntax::command::url_token;
use crate::syntax::{Extension, Extensions, ReplyBuf};
use alloc::boxed::Box;
use tally::Tally;

/// The server's side of a session. The client's octets go in and events come out; answers go in and octets come out.
///
/// The methods come in four families.
///
/// - *Input*: [`next_event`](Self::next_event). Call it until it returns `None`; then read more.
/// - *Answers*: [`reply_default`](Self::reply_default) gives the usual answer, [`reply`](Self::reply) gives another,
///   [`challenge`](Self::challenge) continues AUTH, [`shutdown`](Self::shutdown) ends the session. They append to
///   `out`; write it before you read again.
/// - *Hand-over and changes*: [`into_tls`](Self::into_tls), [`into_client`](Self::into_client), and
///   [`set_config`](Self::set_config) for a different configuration.
/// - *Getters*: all the others.
///
/// The first answer is the greeting; no event asks for it. Start a new envelope at every accepted MAIL.
///
/// ```
/// use smtp_core::session::{ServerEvent, Server, ServerConfig};
/// use smtp_core::syntax::{EnhancedCode, Host, Reply, ReplyCode};
///
/// let mut server = Server::new(ServerConfig::new(Host::new("mx.example")?));
/// let (mut out, mut message) = (Vec::new(), Vec::new());
/// server.reply_default(&mut out)?; // the greeting
///
/// let input = b"EHLO client.example\r\nMAIL FROM:<joe@client.example>\r\n\
///     RCPT TO:<ann@mx.example>\r\nDATA\r\n";
/// let content = b"Hello\r\n..\r\n.\r\n";
/// for mut rest in [&input[..], &content[..]] {
///     while let Some(event) = server.next_event(&mut rest)? {
///         match event {
///             ServerEvent::Content(octets) => message.extend_from_slice(octets),
///             ServerEvent::Response(_) => {
///                 let enhanced = EnhancedCode::CREDENTIALS_INVALID;
///                 let no = Reply::new(ReplyCode::CREDENTIALS_INVALID, enhanced, "No")?;
///                 server.reply(&no, &mut out)?;
///             }
///             ServerEvent::Abandoned => message.clear(),
///             _ => server.reply_default(&mut out)?,
///         }
///     }
/// }
/// assert_eq!(message, b"Hello\r\n.\r\n");
/// assert!(out.ends_with(b"\r\n250 2.0.0 OK\r\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Server {
    config: Arc<ServerConfig>,
    lines: LineDecoder,
    receiving: Receiving,
    pending: Option<Pending>,
    message: Message,
    /// The decoder of the transaction's content: the octets after DATA, or the text in its chunks.
    content: DotDecoder,
    /// The caller's refusal of the current chunk.
    refusal: Option<Box<ReplyBuf>>,
    tally: Tally,
    facts: Facts,
    /// The extensions that the last EHLO was offered.
    offered: Extensions,
    /// Whether the last MAIL was refused.
    mail_refused: bool,
    early_talker: bool,
    unsynchronized: bool,
    /// Whether a message was begun, and neither its end nor its abandonment has been reported.
    begun: bool,
    /// Whether a line that is not a command may belong to an AUTH exchange that was not accepted.
    secret: bool,
    /// Whether [`ServerEvent::Abandoned`] has to be returned next.
    abandoned: bool,
}

/// The decoder that reads the client's next octets.
#[derive(Clone, Debug)]
enum Receiving {
    Lines,
    Content,
    Chunk { decoder: ChunkDecoder, last: bool, rejected: Option<Rejected> },
}

/// The action that an answer is owed to.
#[derive(Clone, Copy, Debug)]
struct Pending {
    action: Action,
    rejected: Option<Rejected>,
    /// The number of replies owed: more than one only after content in LMTP.
    replies: u32,
    /// Whether one of the replies was not a refusal.
    accepted: bool,
    /// Whether the action begins a message with a chunk, whose own reply is owed at its end.
    begins_chunk: bool,
    /// Whether the action is an unregistered verb, which the configuration hands to the caller.
    unregistered: bool,
}

impl Pending {
    fn new(action: Action) -> Self {
        Self { action, rejected: None, replies: 1, accepted: false, begins_chunk: false, unregistered: false }
    }
}

/// The counts of a transaction: begun by MAIL and cleared in one place, [`Server::advance`].
#[derive(Clone, Copy, Debug, Default)]
struct Message {
    /// The octets of content so far.
    size: u64,
    /// The refused recipients that do not count as errors.
    excused: u32,
}

impl Server {
    fn close(&mut self) {
        self.facts.close();
        self.receiving = Receiving::Lines;
        self.abandon();
    }

    /// Records that the current message, if there is one, will not be completed.
    fn abandon(&mut self) {
        self.abandoned |= self.begun;
        self.begun = false;
    }

    /// Returns the extensions that must not be offered now: STARTTLS within TLS; outside TLS, those that need TLS.
    fn hidden(&self) -> Extensions {
        if self.facts.is_tls() {
            return Extensions::NONE.with(Extension::StartTls);
        }
        let hidden = Extensions::NONE.with(Extension::RequireTls);
        if self.config.auth_only_under_tls { hidden.with(Extension::Auth) } else { hidden }
    }

    /// Returns the answer owed to an action. In LMTP a whole message is owed one reply for each accepted recipient (RFC
    /// 2033 section 4.2). Only one reply is owed to an action that ends the session, and to a command that is not
    /// offered or cannot be read, because such a command does not belong to a transaction. RFC 2033 section 4.3 gives
    /// no reply at all to BDAT LAST without accepted recipients. This server gives one 503, as to DATA, because its
    /// client could not tell a refusal from silence.
    fn owed(&self, action: Action, rejected: Option<Rejected>) -> Pending {
        let message = matches!(action, Action::Content | Action::BdatLast | Action::BurlLast);
        let of_transaction = match rejected {
            Some(Rejected::NotImplemented | Rejected::Syntax(_)) => false,
            Some(rejected) => !rejected.is_final(),
            None => true,
        };
        let each = message && self.config.lmtp && of_transaction;
        let replies = if each { self.facts.recipients().max(1) } else { 1 };
        Pending { replies, rejected, ..Pending::new(action) }
    }

    /// Ends content or a chunk. Its replies are then owed.
    fn end_of_content<'a>(&mut self, action: Action, rejected: Option<Rejected>) -> ServerEvent<'a> {
        self.receiving = Receiving::Lines;
        match rejected {
            Some(rejected) => self.reject(action, rejected, None),
            None => {
                self.pending = Some(self.owed(action, None));
                if action == Action::Bdat {
                    return ServerEvent::ChunkEnd;
                }
                self.begun = false;
                ServerEvent::ContentEnd
            }
        }
    }

    /// Refuses an action of the client, and ends the session if a limit of refusals is exceeded. An answer is owed.
    fn reject<'a>(&mut self, action: Action, rejected: Rejected, line: Option<&'a [u8]>) -> ServerEvent<'a> {
        self.tally.refused(self.may_be_innocent(action, rejected));
        let rejected = match self.tally.exhausted(&self.config) {
            Some(exhausted) if !rejected.is_final() => exhausted,
            _ => rejected,
        };
        self.pending = Some(self.owed(action, Some(rejected)));
        let has_token = line.is_some_and(|line| url_token(line).is_some());
        let secret = self.secret || action == Action::Response || has_token;
        ServerEvent::Rejected(Refused { why: rejected, line, secret })
    }
}
