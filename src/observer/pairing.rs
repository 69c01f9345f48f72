//! Pairing, the first stage of the observer: it turns two streams of octets into the actions of the client and, with
//! each reply, an exchange.
//!
//! Only this folder handles uncertainty. If the two ends keep to the RFCs, a line ends at CRLF and a reply answers the
//! first command in the [`Queue`]. Deviations that the next octets resolve are handled by a [`Recovery`]. Uncertainty
//! that lasts longer is kept as: the replies that lines of a chunk may get (`chunk.rs`), whether the server has seen
//! another end of the content than the client ([`Ending`]), and how many replies of LMTP are missing ([`Surplus`]). The
//! rules decide whether a clause was violated, not this folder. The exceptions are violations of the pairing itself:
//! surplus and missing replies, octets that make one side misread the other, and cleartext octets at the start of TLS.
//!
//! The fields are private to this folder. The rest of the observer uses the methods.

mod chunk;
mod client;
mod close;
mod line_fed;
mod queue;
mod recovery;
mod server;

pub(crate) use client::Line;
pub(crate) use server::{Seen, To};

use super::exchange::{Ahead, Declared, Early, Exchange, Place, Sent};
use super::facts::Facts;
use super::rules::content::Checker;
use super::rules::order;
use super::violation::ViolationKind as V;
use super::{Observer, Pending};
use crate::codec::{ChunkDecoder, DotDecoder, LineDecoder, ReplyDecoder};
use crate::session::{Action, State};
use chunk::{ChunkLines, LineEnds, Reads, Undecided};
use core::mem::{replace, take};
use line_fed::LineFed;
use queue::Queue;
use recovery::Recovery;

/// The progress through the two streams, and what is uncertain about them.
#[derive(Clone, Debug)]
pub(crate) struct Pairing {
    queue: Queue,
    mode: Mode,
    recovery: Recovery,
    lines: LineDecoder,
    /// A longer reply than its limit is judged as far as the limit.
    replies: ReplyDecoder,
    /// Drops the rest of a line of the server that was too long.
    long_line: LineDecoder,
    /// Whether the client had sent nothing more when the octets of the server ended. `None` until they end.
    idle: Option<bool>,
    client: Place,
    server: Place,
    client_closed: ClientClosed,
    /// The number of octets that the client had sent when the server closed. Later ones are not judged.
    heard: Option<u64>,
    server_closed: Closed,
    /// The unread octets of the client before this offset contain no LF, so that each octet is searched once.
    line_feed_from: u64,
    /// The lines in the server's unread octets that a bare LF ends.
    line_fed: LineFed,
    /// The number of octets of the server that were there when they were last judged. An octet that was there before
    /// the client sent its command does not answer it.
    shown: u64,
    /// Set if octets of the client were there before the reply to this, and are not consumed yet.
    early: Option<Early>,
    /// Whether a violation of pipelining was reported, and the client has not waited since then: it is reported once.
    burst: bool,
    outgoing: Outgoing,
    ending: Ending,
    surplus: Surplus,
    /// Whether a refusal was taken for the reply to a BDAT LAST that need not have one, so that one reply may seem to
    /// be missing after it.
    excuses_one: bool,
    /// Whether it is unknown which command a reply answers, until a reply comes that only one command in flight can
    /// have, or a hello succeeds.
    astray: bool,
    /// The replies to lines of chunks, including those that may not come.
    chunk_lines: ChunkLines,
    /// The octets of the client before this offset are lines of a chunk that the server reads as commands.
    chunk_until: u64,
    /// How the server reads a chunk that was not offered, as decided by an earlier BDAT.
    reads: Option<Reads>,
}

/// How to read the next octets of the client.
#[derive(Clone, Debug)]
enum Mode {
    Lines,
    Content(DotDecoder),
    /// Octets of a chunk. `unsure` is set if the server may read them as lines.
    Chunk {
        decoder: ChunkDecoder,
        last: bool,
        unsure: Option<LineEnds>,
    },
    Undecided(Undecided),
    /// TLS, or a session with exchanged roles. `greeted` says that the client has sent something.
    Opaque {
        greeted: bool,
    },
}

/// Whether the server and the client have seen the same end of the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Certain,
    /// The last content contained octets that a server may have taken for its end.
    Lookalike,
    /// A reply came in the middle of the content, and was reported.
    Interrupted,
    /// The server evidently took the lookalike for the end. This was reported.
    Misread,
}

/// The meaning of a surplus reply after the content of an LMTP transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Surplus {
    None,
    /// `replies` replies to the content have not come, and the client has not waited for them. `too_many` says that
    /// replies after these are as in `TooMany`.
    Owed {
        replies: u32,
        too_many: bool,
    },
    /// The last reply to the content has come, and no command since then.
    TooMany,
}

/// Whether the client has closed its direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ClientClosed {
    No,
    /// It has, and its end is not judged yet. `first` says that the server had not closed before. `end` is the number
    /// of octets that it has sent, when it is known.
    Unjudged {
        first: bool,
        end: Option<u64>,
    },
    Yes,
}

/// Whether the server has closed its direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Closed {
    No,
    /// It has, after octets that may be a last reply: see [`Recovery::Unfinished`].
    AfterReply,
    Yes,
}

/// The message that the client is sending. It may be ahead of the replies.
#[derive(Clone, Debug, Default)]
struct Outgoing {
    /// The number of octets of content so far.
    size: u64,
    /// The check of its lines.
    checker: Option<Checker>,
    /// Whether a MAIL came in the middle of it.
    nested_mail: bool,
}

impl Pairing {
    /// Creates the state for a connection on which nothing was sent yet. `greeted` says that there will be no greeting.
    pub(crate) fn new(greeted: bool) -> Self {
        Self {
            queue: Queue::new(greeted),
            mode: Mode::Lines,
            recovery: Recovery::None,
            lines: LineDecoder::new(),
            replies: ReplyDecoder::new(),
            long_line: LineDecoder::new(),
            idle: None,
            client: Place::START,
            server: Place::START,
            client_closed: ClientClosed::No,
            heard: None,
            server_closed: Closed::No,
            line_feed_from: 0,
            line_fed: LineFed::default(),
            shown: 0,
            early: None,
            burst: false,
            outgoing: Outgoing::default(),
            ending: Ending::Certain,
            surplus: Surplus::None,
            excuses_one: false,
            astray: false,
            chunk_lines: ChunkLines::default(),
            chunk_until: 0,
            reads: None,
        }
    }

    /// Returns `true` if violations of the client are reported: not after the server has closed.
    pub(crate) fn judges_client(&self) -> bool {
        self.server_closed != Closed::Yes
    }

    /// Returns `true` if violations of the server are reported: not after the client has closed and its last octets have
    /// been read.
    pub(crate) fn judges_server(&self) -> bool {
        self.client_closed != ClientClosed::Yes
    }

    /// Returns `true` if a reply may answer another command than it seems to. The server is then not blamed for it.
    pub(crate) fn is_astray(&self) -> bool {
        self.astray || self.chunk_lines.may_come()
    }

    /// Does the same after a reply. `settles` says that it is the success of a hello.
    pub(crate) fn is_astray_after(&mut self, settles: bool) -> bool {
        self.astray &= !settles;
        self.is_astray()
    }

    /// Returns `true` if octets of the client were there before a reply.
    pub(crate) fn is_early(&self) -> bool {
        self.early.is_some()
    }

    /// Returns `true` if the server must still take octets of the last chunk, so that a reply to BDAT would be early.
    pub(crate) fn is_in_chunk(&self) -> bool {
        matches!(self.mode, Mode::Chunk { .. }) && self.queue.is_empty()
    }

    /// Returns the actions that had no reply when the client sent the next line.
    pub(crate) fn ahead(&mut self, facts: &Facts) -> Ahead {
        let (early, waiting) = (self.early.take(), self.queue.waiting());
        let (last_chunk, mail) = (self.queue.has_last_chunk(), self.queue.declared());
        let state = match early {
            Some(early) => early.state,
            // No command is in sequence after the session has ended.
            None if facts.state == State::Closed => State::Closed,
            None => self.queue.if_all_succeed(facts.state),
        };
        let ahead = Ahead { early, waiting, last_chunk, mail, state };
        self.burst &= !ahead.is_nothing();
        ahead
    }

    /// Returns the declarations of the MAIL to whose transaction the next command belongs.
    pub(crate) fn declared(&self, facts: &Facts) -> Declared {
        self.queue.declared().unwrap_or(facts.transaction.mail)
    }

    /// Returns `true` if no violation of pipelining has been reported yet for what the client sent together.
    pub(crate) fn begins_burst(&mut self) -> bool {
        !replace(&mut self.burst, true)
    }

    /// Adds an action that waits for a reply.
    pub(crate) fn push(&mut self, sent: Sent, facts: &Facts) {
        match sent.action {
            // Its reply will show whether it begins another message.
            Action::Mail if self.queue.if_all_succeed(facts.state).in_transaction() => {
                self.outgoing.nested_mail = true;
            }
            Action::Mail | Action::Rset | Action::Helo | Action::Ehlo | Action::Lhlo => {
                self.outgoing = Outgoing::default();
            }
            _ => {}
        }
        self.queue.push(sent, facts.state);
    }

    /// Notes that the client has sent something more. Returns the violation if replies are now missing.
    fn goes_on(&mut self) -> Option<V> {
        let missed = matches!(self.surplus, Surplus::Owed { .. }).then_some(V::LmtpReplyMissing);
        self.surplus = Surplus::None;
        if self.ending == Ending::Lookalike {
            self.ending = Ending::Certain;
        }
        missed
    }
}

impl Observer {
    /// Decides how the next octets are read after an exchange. `client` are those of the client, `early` describes the
    /// exchange to them, and `recipients` is the number of recipients of the transaction before the exchange.
    pub(crate) fn follow(&mut self, exchange: &Exchange<'_>, client: &mut &[u8], early: Early, recipients: u32) {
        let sent = exchange.sent;
        let pairing = &mut self.pairing;
        match sent.action {
            Action::Data if exchange.continues() => {
                pairing.ending = Ending::Certain;
                pairing.read_content(&self.facts);
            }
            Action::Content | Action::BdatLast | Action::BurlLast if !exchange.more && !exchange.closes() => {
                let ends = self.facts.lmtp && pairing.queue.is_empty();
                pairing.surplus = match pairing.surplus {
                    Surplus::Owed { replies, .. } => Surplus::Owed { replies, too_many: ends },
                    _ if ends => Surplus::TooMany,
                    _ => Surplus::None,
                };
            }
            Action::StartTls if exchange.succeeds() => {
                pairing.mode = Mode::Opaque { greeted: false };
                self.pending.push_back(Pending::TlsBegun);
            }
            Action::Atrn if exchange.succeeds() => pairing.mode = Mode::Opaque { greeted: false },
            // A server may refuse QUIT with an argument, and the session then continues.
            Action::Quit if !exchange.succeeds() && !exchange.closes() && !sent.sound => {
                self.facts.quit_sent = pairing.queue.has_quit();
            }
            _ => {}
        }
        if sent.is_bdat() || sent.has_lines() {
            self.look_at_chunk(exchange, client.len(), early, recipients);
        }
        self.look_ahead(client, sent, early);
    }

    /// Judges octets that the client had sent before it could have this reply.
    fn look_ahead(&mut self, client: &mut &[u8], sent: &Sent, early: Early) {
        let pairing = &mut self.pairing;
        // The client began a line before this reply, so the reply cannot have changed what it expected.
        let expected = pairing.early.take().map_or_else(|| pairing.queue.expected_after(sent), |early| early.state);
        if client.is_empty() || pairing.client.offset < pairing.chunk_until {
            return;
        }
        let at = pairing.client;
        match &pairing.mode {
            Mode::Undecided(_) => {}
            // The chunk was left unread because it was not known yet that it is one.
            Mode::Chunk { decoder, .. } if client.len() as u64 <= decoder.remaining() => {}
            Mode::Content(..) => {
                if pairing.judges_client() && !take(&mut pairing.burst) {
                    self.report(order::content_before_354(&self.facts), at);
                }
            }
            Mode::Opaque { .. } => {
                if sent.action == Action::StartTls {
                    self.report(V::OctetsAfterStartTls, at);
                }
                self.skip_client(client);
            }
            Mode::Lines | Mode::Chunk { .. } => pairing.early = Some(Early { state: expected, ..early }),
        }
    }

    fn skip_client(&mut self, client: &mut &[u8]) {
        self.pairing.client = self.pairing.client.after(client);
        *client = &[];
    }
}
