//! The octets after a BDAT that the server may not have taken for a chunk.
//!
//! A server that does not know BDAT reads them as command lines and replies to each. Only the replies show which it is
//! (see [the observer](super::super)). Until they do, up to [`UNDECIDED_LIMIT`] octets stay unread. Of a chunk, only
//! the number of replies that its lines may get is kept. Nothing here treats such a line as a command of the client.

use super::{Mode, Pairing};
use crate::codec::{COMMAND_LINE_LIMIT, ChunkDecoder};
use crate::observer::Observer;
use crate::observer::exchange::{Early, Exchange, LinesOfChunk, Place, Sent, Waiting};
use crate::observer::facts::Facts;
use crate::observer::violation::ViolationKind as V;
use crate::session::Action;
use crate::session::codes::can_have;
use crate::syntax::{Bdat, Command, Extension, Grammar, ReplyCode, SyntaxError};
use core::mem::take;
use memchr::memmem;

/// The number of octets that stay unread until it is known what they are. If there are more, the observer treats all of
/// them as a chunk, and counts its lines.
const UNDECIDED_LIMIT: usize = 64 * 1024;

/// How many times in a row the client must wait, and get one reply to each command, before the observer assumes that
/// the lines of a chunk get no replies.
const TURNS: u8 = 8;

/// How a server reads a chunk that was not offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reads {
    Chunks,
    Lines,
}

/// A BDAT that was not offered, or has wrong syntax.
#[derive(Clone, Copy, Debug)]
pub(super) struct Undecided {
    pub(super) bdat: Bdat,
    /// The position of the command.
    at: Place,
    /// The reply to it, if it has come.
    answer: Option<ReplyCode>,
    /// The number of further replies that an LMTP server may send, one for each further recipient.
    more: u32,
    /// Set if octets after the chunk were there before that reply.
    early: Option<Early>,
    /// The octets after the chunk are known to contain no line end up to this offset. The last of them may be the CR of
    /// one.
    searched: usize,
}

/// The replies that lines of chunks may get, but need not get.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ChunkLines {
    due: u64,
    order: Order,
    /// The position of the BDAT to report if it is never decided.
    untold: Option<Place>,
    /// The number of commands in a row that the client has sent after one reply each.
    turns: u8,
    /// The number of replies since the client sent its last command.
    replies: u8,
}

/// Whether a reply answers a line of a chunk, or a command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Order {
    /// A command: no chunk was read that may have been lines.
    #[default]
    Commands,
    /// A command, if one is in flight. It is not known whether the server reads lines, or how many.
    Unknown,
    /// The server reads lines, and the replies to them come first.
    LinesFirst,
    /// As `LinesFirst`, but this was not known at first, so an earlier reply may have been paired wrongly.
    LinesAfterAll,
}

impl ChunkLines {
    /// Returns `true` if lines of chunks may have replies, or may have had some, so that a reply may answer something
    /// else than it seems to.
    pub(super) fn may_come(self) -> bool {
        self.order != Order::Commands
    }

    fn are_read(self) -> bool {
        matches!(self.order, Order::LinesFirst | Order::LinesAfterAll)
    }

    /// Notes that the server is known to read lines.
    fn proven(&mut self) {
        self.order = match self.order {
            Order::Commands | Order::LinesFirst => Order::LinesFirst,
            Order::Unknown | Order::LinesAfterAll => Order::LinesAfterAll,
        };
    }

    /// Adds lines that the server reads.
    fn push(&mut self, lines: u64) {
        self.due = self.due.saturating_add(lines);
        self.proven();
    }

    /// Adds lines that may or may not have replies.
    fn doubt(&mut self, lines: u64, untold: Option<Place>) {
        let (due, untold) = (self.due.saturating_add(lines), self.untold.or(untold));
        *self = Self { due, order: Order::Unknown, untold, ..Self::default() };
    }

    /// Counts a reply. Returns `true` if it answers a line of a chunk. `front` is the first command in flight.
    pub(super) fn take(&mut self, front: Option<&Sent>, code: ReplyCode) -> bool {
        self.replies = self.replies.saturating_add(1);
        if self.due == 0 {
            return false;
        }
        // The reply answers a line if there is no command, or if no server would give this reply to the command.
        if front.is_none_or(|one| one.sound && !may_answer(one.action, code)) {
            self.proven();
        }
        if self.are_read() {
            self.untold = None;
            self.due = self.due.saturating_sub(1);
        }
        self.are_read()
    }

    /// Notes that the client sends a command. `waits` says that it had a reply to each command before.
    fn turn(&mut self, waits: bool) -> Turn {
        let one_each = if self.are_read() { self.replies == 1 } else { waits };
        self.turns = if one_each { self.turns.saturating_add(1) } else { 0 };
        let none_due = self.due == 0 && self.replies > 0 && waits;
        self.replies = 0;
        match (self.turns >= TURNS, none_due) {
            (true, _) => Turn::NoLines,
            (false, true) => Turn::NoneDue,
            (false, false) => Turn::Open,
        }
    }
}

/// What a further command of the client shows about the lines of chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// Replies to them may still come.
    Open,
    /// All replies that they can have are there.
    NoneDue,
    /// They evidently have no replies.
    NoLines,
}

/// Returns `true` if the action can have the code. A command that every server knows (RFC 5321 section 4.5.1) is not
/// refused as unknown.
fn may_answer(action: Action, code: ReplyCode) -> bool {
    use Action as A;
    let required = matches!(action, A::Mail | A::Rcpt | A::Data | A::Rset | A::Noop | A::Vrfy | A::Quit);
    can_have(action, code) && !(required && matches!(code.get(), 500 | 502))
}

/// Returns `true` if a line can have such a reply when the server reads it as a command.
fn can_answer(line: &[u8], code: ReplyCode) -> bool {
    match Command::parse(line, Grammar::LENIENT) {
        _ if line.len() > COMMAND_LINE_LIMIT => code.class().is_failure(),
        Ok(Command::Unknown(unknown)) if matches!(unknown.verb.as_bytes(), [b'X' | b'x', ..]) => true,
        Ok(Command::Unknown(_)) | Err(_) => code.class().is_failure(),
        // The server may not know a verb that only the lenient grammar accepts.
        Ok(_) if code.class().is_failure() && Command::parse(line, Grammar::SMTPUTF8).is_err() => true,
        Ok(command) => may_answer(Action::of(&command), code),
    }
}

/// Counts the CRLFs of octets that come in pieces.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LineEnds {
    after_cr: bool,
}

impl LineEnds {
    pub(super) fn count(&mut self, octets: &[u8]) -> u64 {
        let first = self.after_cr && octets.first() == Some(&b'\n');
        self.after_cr = octets.last().map_or(self.after_cr, |last| *last == b'\r');
        (memmem::find_iter(octets, b"\r\n").count() as u64).saturating_add(u64::from(first))
    }
}

impl Pairing {
    /// Prepares for the octets after a command: a chunk, or octets whose meaning is not known yet. If the server reads
    /// the lines of chunks, BDAT itself is not a command to it.
    pub(crate) fn begin(
        &mut self,
        line: &[u8],
        command: &Result<Command<'_>, SyntaxError>,
        sent: &mut Sent,
        facts: &Facts,
    ) {
        let (bdat, sound) = match command {
            Ok(Command::Bdat(bdat)) => (*bdat, true),
            Ok(_) => return,
            // The server may or may not take the octets of a BDAT that it refuses.
            Err(_) => match Bdat::announced(line) {
                Ok(Some(bdat @ Bdat { size: 1.., .. })) => (bdat, false),
                _ => return,
            },
        };
        let takes = facts.offers(Extension::Chunking) || self.reads == Some(Reads::Chunks) || bdat.size == 0;
        if sound && takes {
            self.read_chunk(bdat);
        } else if sound && self.reads == Some(Reads::Lines) {
            sent.action = Action::Other;
            self.chunk_until = self.client.offset.saturating_add(bdat.size);
        } else {
            let at = sent.at;
            self.mode = Mode::Undecided(Undecided { bdat, at, answer: None, more: 0, early: None, searched: 0 });
        }
    }

    /// Reads the next octets as a chunk.
    pub(super) fn read_chunk(&mut self, bdat: Bdat) {
        self.mode = Mode::Chunk { decoder: ChunkDecoder::new(bdat.size), last: bdat.last, unsure: None };
    }

    /// Reads the next octets as a chunk, and counts its lines.
    fn read_doubtful_chunk(&mut self, bdat: Bdat) {
        let unsure = Some(LineEnds::default());
        self.mode = Mode::Chunk { decoder: ChunkDecoder::new(bdat.size), last: bdat.last, unsure };
    }

    fn chunk_is_taken(&mut self, bdat: Bdat, facts: &Facts) {
        if !facts.offers(Extension::Chunking) {
            self.reads = Some(Reads::Chunks);
        }
        self.read_chunk(bdat);
    }

    /// Notes lines of a chunk which the server reads, or may have read. It replies to them after the BDAT.
    pub(super) fn pass_lines(&mut self, lines: u64, reads: bool) {
        match self.queue.back_mut() {
            Some(sent) => sent.lines.add(lines),
            None if reads => self.chunk_lines.push(lines),
            None => self.chunk_lines.due = self.chunk_lines.due.saturating_add(lines),
        }
    }

    fn is_undecided(&self) -> bool {
        matches!(self.mode, Mode::Undecided(_))
    }

    /// Returns the position of a BDAT to report. If CHUNKING is offered, the server must take the octets, so nothing is
    /// reported.
    fn untold(&self, at: Place, facts: &Facts) -> Option<Place> {
        Some(at).filter(|_| !facts.may_offer(Extension::Chunking) && self.judges_client())
    }
}

impl Observer {
    /// Continues to read if more octets are there than may wait for a reply.
    pub(super) fn give_up_waiting(&mut self, unread: usize) {
        let pairing = &mut self.pairing;
        let Mode::Undecided(Undecided { bdat, at, more, .. }) = pairing.mode else { return };
        if unread <= UNDECIDED_LIMIT {
            return;
        }
        match pairing.queue.back_mut() {
            Some(sent) => sent.lines = LinesOfChunk::Perhaps(0),
            None => pairing.chunk_lines.doubt(u64::from(more), pairing.untold(at, &self.facts)),
        }
        pairing.read_doubtful_chunk(bdat);
    }

    /// Processes the reply to a BDAT. `unread` is the number of unread octets of the client, `recipients` that of the
    /// recipients of the transaction.
    pub(super) fn look_at_chunk(&mut self, exchange: &Exchange<'_>, unread: usize, early: Early, recipients: u32) {
        let Exchange { sent, code, .. } = exchange;
        let pairing = &mut self.pairing;
        // An LMTP server that knows BDAT may refuse it once for each recipient.
        let each = self.facts.lmtp && sent.action == Action::BdatLast && !exchange.is_unknown();
        let more = if each { recipients.saturating_sub(1) } else { 0 };
        // Any reply but "no such command" shows that the server knows BDAT and has taken the chunk. But a server that
        // refuses the syntax may have read no further than the line.
        let takes = !exchange.is_unknown() && (sent.sound || *code != ReplyCode::SYNTAX_ERROR_IN_ARGUMENTS);
        let last = pairing.queue.is_empty();
        match &mut pairing.mode {
            Mode::Undecided(Undecided { bdat, .. }) if last && takes => {
                let bdat = *bdat;
                pairing.chunk_is_taken(bdat, &self.facts);
            }
            Mode::Undecided(undecided) if last => {
                let follows = unread as u64 > undecided.bdat.size;
                let early = follows.then_some(Early { ends_group: false, state: self.facts.state, ..early });
                *undecided = Undecided { answer: Some(*code), more, early, ..*undecided };
            }
            Mode::Chunk { unsure, .. } if last && takes && matches!(sent.lines, LinesOfChunk::Perhaps(_)) => {
                *unsure = None;
            }
            _ => {}
        }
        let refused = exchange.fails() && !self.facts.owes_chunk(sent.sound);
        match sent.lines {
            LinesOfChunk::Read(lines @ 1..) => pairing.chunk_lines.push(lines),
            LinesOfChunk::Perhaps(lines) if !takes => {
                let untold = pairing.untold(sent.at, &self.facts);
                pairing.chunk_lines.doubt(lines.max(u64::from(more)), untold);
            }
            _ if more > 0 && refused && !pairing.is_undecided() => {
                pairing.chunk_lines.doubt(u64::from(more), None);
            }
            _ => {}
        }
        // Only the last command can be undecided.
        let undecided = last && pairing.is_undecided();
        if refused && !undecided && sent.action != Action::Other {
            self.spoil();
        }
    }

    /// Marks the state as uncertain: a server that knows BDAT may treat the transaction as failed, or as ended, after
    /// it refused one.
    fn spoil(&mut self) {
        self.facts.unclear |= self.facts.state.in_transaction();
    }

    /// Notes that the client sends a command, which may show what the replies answer.
    pub(crate) fn take_turn(&mut self) {
        let pairing = &mut self.pairing;
        if !pairing.chunk_lines.may_come() {
            return;
        }
        match pairing.chunk_lines.turn(pairing.queue.waiting() == Waiting::Nothing) {
            Turn::Open => {}
            Turn::NoneDue => {
                pairing.astray |= pairing.chunk_lines.order != Order::LinesFirst;
                self.end_doubt();
            }
            Turn::NoLines => {
                // The commands that still seem to wait have had their replies.
                while pairing.chunk_lines.are_read() && pairing.queue.pop().is_some() {}
                self.end_doubt();
            }
        }
    }

    /// Reports that it never became known whether the server reads lines.
    pub(crate) fn end_doubt(&mut self) {
        if let Some(at) = take(&mut self.pairing.chunk_lines).untold {
            self.report(V::ChunkOrLines, at);
        }
    }

    /// Decides what the octets after a BDAT are that was refused as unknown or for its syntax. A reply is there, and
    /// nothing else waits for one. Returns `true` if the octets can be read now.
    pub(super) fn decide(&mut self, client: &[u8], code: ReplyCode) -> bool {
        let pairing = &mut self.pairing;
        let Mode::Undecided(undecided) = &mut pairing.mode else { return false };
        let Some(answer) = undecided.answer else { return false };
        let bdat = undecided.bdat;
        let (chunk, rest) =
            usize::try_from(bdat.size).ok().and_then(|size| client.split_at_checked(size)).unwrap_or((client, &[]));
        let from = undecided.searched.saturating_sub(1).min(rest.len());
        let next = memmem::find(rest.get(from..).unwrap_or_default(), b"\r\n").map(|at| from.saturating_add(at));
        undecided.searched = rest.len();
        // A line that is too long may be refused before it ends.
        let cut_short = rest.len() >= COMMAND_LINE_LIMIT && code.class().is_failure();
        let next = next.or(cut_short.then_some(rest.len()));
        // This may be the reply for a further recipient of LMTP.
        let of_recipient = undecided.more > 0 && code == answer;
        if next.is_none() && of_recipient {
            undecided.more = undecided.more.saturating_sub(1);
            return false;
        }
        let (at, more) = (undecided.at, undecided.more);
        pairing.early = undecided.early;
        let line = |octets: &[u8], end: Option<usize>| {
            end.is_some_and(|end| can_answer(octets.get(..end).unwrap_or_default(), code))
        };
        let first = memmem::find(chunk, b"\r\n");
        let (as_line, as_chunk) = (line(chunk, first), line(rest, next));
        if code != ReplyCode::SERVICE_NOT_AVAILABLE && (next.is_none() || (as_line && !as_chunk)) {
            if !self.facts.offers(Extension::Chunking) {
                pairing.reads = Some(Reads::Lines);
            }
            pairing.chunk_until = pairing.client.offset.saturating_add(bdat.size);
            pairing.mode = Mode::Lines;
            return true;
        }
        if as_chunk && !as_line && first.is_some() {
            pairing.chunk_is_taken(bdat, &self.facts);
        } else if of_recipient {
            pairing.chunk_lines.doubt(u64::from(more), None);
            pairing.read_chunk(bdat);
        } else {
            let untold = pairing.untold(at, &self.facts).filter(|_| first.is_some());
            pairing.chunk_lines.doubt(0, untold);
            pairing.read_doubtful_chunk(bdat);
        }
        self.spoil();
        true
    }
}
