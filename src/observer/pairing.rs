//! The first stage: two streams become what the client sent, and with each reply an exchange.
//!
//! It alone knows of doubt. Where the peers keep to the RFCs, a line ends at CRLF and a reply answers the first command in the
//! [`Queue`]. What it does where they do not is a [`Recovery`], if it is over with the next octets; otherwise it is a doubt that
//! lasts: which replies lines of a chunk may bring (`chunk.rs`), whether a server has seen another end of the content than the client
//! ([`Ending`]), how many replies of LMTP are missing ([`Surplus`]). Nothing here asks whether a clause was broken, except for
//! the faults that lie in the pairing: a reply too many, a missing one, what makes one side misread the other, and octets in the clear
//! where TLS begins.
//!
//! The fields are for this folder. The rest of the observer asks by a function.

mod chunk;
mod client;
mod line_fed;
mod queue;
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

/// How far the two streams are read, and what is not certain of them.
#[derive(Clone, Debug)]
pub(crate) struct Pairing {
    queue: Queue,
    mode: Mode,
    recovery: Recovery,
    lines: LineDecoder,
    replies: ReplyDecoder,
    client: Place,
    server: Place,
    client_closed: bool,
    server_closed: Closed,
    /// Among the unread octets of the client there is no LF before this one, so each is searched once.
    line_feed_from: u64,
    /// Among those of the server, the lines that a bare LF ends.
    line_fed: LineFed,
    /// How many octets of the server were there when it was last judged. What stood there before the client sent its command is no
    /// answer to it.
    shown: u64,
    /// Octets of the client were there before the reply to this, and are not consumed yet.
    early: Option<Early>,
    /// A fault of pipelining was reported, and the client has not waited since: it is said once.
    burst: bool,
    outgoing: Outgoing,
    ending: Ending,
    surplus: Surplus,
    /// A refusal was taken for that of a BDAT LAST which need not have any, so one reply may seem to be missing after it.
    excuses_one: bool,
    /// It is not known which command a reply answers, until one comes that only one of those in flight can have, or a hello
    /// succeeds.
    astray: bool,
    /// The replies to lines of chunks, and those of which it is not known whether they come.
    chunk_lines: ChunkLines,
    /// Before this octet of the client stand lines of a chunk that the server reads as commands.
    chunk_until: u64,
    /// What one BDAT that was not offered has told of the server.
    reads: Option<Reads>,
}

/// How the next octets of the client are read.
#[derive(Clone, Debug)]
enum Mode {
    Lines,
    Content(DotDecoder, Checker),
    /// `unsure`: the server may read it as lines.
    Chunk {
        decoder: ChunkDecoder,
        last: bool,
        unsure: Option<LineEnds>,
    },
    Undecided(Undecided),
    /// TLS, or a session with exchanged roles. `greeted`: the client has sent something.
    Opaque {
        greeted: bool,
    },
}

/// What is done about octets that are not what they ought to be. One thing at a time, and the next line or reply ends it.
#[derive(Clone, Debug, Default)]
enum Recovery {
    #[default]
    None,
    /// The server has answered a line of the client that CRLF does not end: it is read again, to this end.
    Reread(LineEnd),
    /// The server has sent a line that is none of a reply where one was due, and the client had sent nothing more then. If it goes
    /// on, it has taken that for the reply.
    Noise,
    /// What the server has sent is no reply yet, but may be one if a bare LF ends a line, and the client had sent nothing
    /// more then. If it goes on, it was one. `noise`: and before that as in `Noise`.
    Unfinished { noise: bool },
    /// Lines of a reply with different codes are still to come, and are dropped.
    Skipping(LineDecoder),
}

/// Where a line of the client ends that the server has answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LineEnd {
    /// At its bare LF.
    LineFeed,
    /// Where the octets end: it is too long, and was refused before it had ended.
    Cut,
}

/// Whether the server and the client have seen the same end of content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Certain,
    /// The last content held something that a server may have taken for its end.
    Lookalike,
    /// A reply came in its midst, and was reported.
    Interrupted,
    /// The server evidently took the lookalike for the end, which was reported.
    Misread,
}

/// What a reply is that nothing waits for, after the content of an LMTP transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Surplus {
    None,
    /// So many replies to the content have not come, and the client has not waited for them. `too_many`: what comes after them is
    /// as in `TooMany`.
    Owed {
        replies: u32,
        too_many: bool,
    },
    /// The last reply ended the content, and no command has come since.
    TooMany,
}

/// Whether the server has closed its direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Closed {
    No,
    /// It has, after what may be a last reply: see [`Recovery::Unfinished`].
    AfterReply,
    Yes,
}

/// The message that the client is sending, which may be ahead of the replies.
#[derive(Clone, Debug, Default)]
struct Outgoing {
    /// Octets of content so far.
    size: u64,
    /// The lines of a message that comes in chunks.
    chunks: Option<Checker>,
    /// A MAIL came in its midst.
    nested_mail: bool,
}

impl Recovery {
    fn has_noise(&self) -> bool {
        matches!(self, Self::Noise | Self::Unfinished { noise: true })
    }

    /// What is left of it when nothing of the server is unread.
    fn without_octets(&mut self) {
        if let Self::Unfinished { noise } = *self {
            *self = if noise { Self::Noise } else { Self::None };
        }
    }
}

impl Pairing {
    /// Nothing was sent yet. `greeted`: the greeting is over.
    pub(crate) fn new(greeted: bool) -> Self {
        Self {
            queue: Queue::new(greeted),
            mode: Mode::Lines,
            recovery: Recovery::None,
            lines: LineDecoder::new(),
            // The caller bounds the buffer; to drop a part of a reply would be to lose the place.
            replies: ReplyDecoder::new().with_limit(u32::MAX),
            client: Place::START,
            server: Place::START,
            client_closed: false,
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

    /// Returns `true` if what the client does is judged: not after the server has closed.
    pub(crate) fn judges_client(&self) -> bool {
        self.server_closed != Closed::Yes
    }

    /// Returns `true` if what the server does is judged: not after the client has closed.
    pub(crate) fn judges_server(&self) -> bool {
        !self.client_closed
    }

    /// Returns `true` if a reply may answer something else than it seems to. Then the server is not blamed for it.
    pub(crate) fn is_astray(&self) -> bool {
        self.astray || self.chunk_lines.may_come()
    }

    /// The same, once a reply has come; `settles`: it is the success of a hello.
    pub(crate) fn is_astray_after(&mut self, settles: bool) -> bool {
        self.astray &= !settles;
        self.is_astray()
    }

    /// Returns `true` if octets of the client were there before a reply.
    pub(crate) fn is_early(&self) -> bool {
        self.early.is_some()
    }

    /// Returns `true` if a reply to BDAT comes before its octets, which the server owes to take.
    pub(crate) fn is_in_chunk(&self) -> bool {
        matches!(self.mode, Mode::Chunk { .. }) && self.queue.is_empty()
    }

    /// What the client had no reply to when it sent the next line.
    pub(crate) fn ahead(&mut self, facts: &Facts) -> Ahead {
        let (early, waiting) = (self.early.take(), self.queue.waiting());
        let (last_chunk, mail) = (self.queue.has_last_chunk(), self.queue.declared());
        let state = match early {
            Some(early) => early.state,
            // Nothing has a place in a session that is over.
            None if facts.state == State::Closed => State::Closed,
            None => self.queue.if_all_succeed(facts.state),
        };
        let ahead = Ahead { early, waiting, last_chunk, mail, state };
        self.burst &= !ahead.is_nothing();
        ahead
    }

    /// What the MAIL of the transaction declared that the next command belongs to.
    pub(crate) fn declared(&self, facts: &Facts) -> Declared {
        self.queue.declared().unwrap_or(facts.transaction.mail)
    }

    /// Returns `true` if a fault of pipelining was not said yet of what the client sent at once.
    pub(crate) fn begins_burst(&mut self) -> bool {
        !replace(&mut self.burst, true)
    }

    /// One more waits for a reply.
    pub(crate) fn push(&mut self, sent: Sent, facts: &Facts) {
        match sent.action {
            // Whether it begins another message is for its reply to say.
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

    /// The client has sent something more.
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
    /// How the next octets are read after an exchange. `client`: those of the client; `early`: what the exchange is to these;
    /// `recipients`: of the transaction, before it.
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
            // The refusal of one with an argument is no fault of the server, and the session goes on.
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

    /// What the client had sent before it could have this reply.
    fn look_ahead(&mut self, client: &mut &[u8], sent: &Sent, early: Early) {
        let pairing = &mut self.pairing;
        // No reply that has come since the client began a line could change it.
        let expected = pairing.early.take().map_or_else(|| pairing.queue.expected_after(sent), |early| early.state);
        if client.is_empty() || pairing.client.offset < pairing.chunk_until {
            return;
        }
        let at = pairing.client;
        match &pairing.mode {
            Mode::Undecided(_) => {}
            // A chunk that was not read before it was known for one.
            Mode::Chunk { decoder, .. } if client.len() as u64 <= decoder.remaining() => {}
            Mode::Content(..) => {
                if pairing.judges_client() && !take(&mut pairing.burst) {
                    self.report(order::content_before_354(&self.facts), at);
                }
            }
            Mode::Opaque { .. } => {
                if sent.action == Action::StartTls {
                    self.report(V::OctetsBehindStartTls, at);
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

    /// The client has closed its direction.
    pub(crate) fn close_client(&mut self) {
        let pairing = &mut self.pairing;
        let at = pairing.client;
        let unheard = at == Place::START && pairing.queue.awaits_greeting();
        let excused =
            !pairing.judges_client() || pairing.client_closed || unheard || matches!(pairing.mode, Mode::Opaque { .. });
        pairing.client_closed = true;
        let in_chunk = matches!(pairing.mode, Mode::Chunk { .. });
        let fault = order::closed_by_client(in_chunk, &self.facts).filter(|_| !excused);
        fault.into_iter().for_each(|kind| self.report(kind, at));
    }

    /// The server has closed its direction.
    pub(crate) fn close_server(&mut self) {
        // First there is a last reply.
        if matches!(self.pairing.recovery, Recovery::Unfinished { .. }) && self.pairing.server_closed == Closed::No {
            self.pairing.server_closed = Closed::AfterReply;
            return;
        }
        let at = self.pairing.server;
        if matches!(self.pairing.surplus, Surplus::Owed { .. }) {
            self.pairing.surplus = Surplus::None;
            self.report(V::LmtpReplyMissing, at);
        }
        self.end_doubt();
        let pairing = &mut self.pairing;
        let before = replace(&mut pairing.server_closed, Closed::Yes);
        if before == Closed::Yes || matches!(pairing.mode, Mode::Opaque { .. }) {
            return;
        }
        let lacks_reply = pairing.queue.front().is_some_and(|sent| sent.replies > 0) && !self.facts.unclear;
        let fault = order::closed_by_server(pairing.queue.has_quit(), &self.facts);
        let fault = fault.filter(|kind| *kind != V::ServerClosed || pairing.judges_server());
        if let Mode::Undecided(undecided) = pairing.mode {
            if !self.facts.ended && !self.facts.takes_no_mail() {
                pairing.read_chunk(undecided.bdat);
            }
        }
        for kind in lacks_reply.then_some(V::LmtpReplyMissing).into_iter().chain(fault) {
            self.report(kind, at);
        }
    }
}
