//! The octets behind a BDAT that the server may not have taken for a chunk.
//!
//! One that does not know BDAT reads them as command lines and answers each. Only the replies tell (see
//! [the observer](super)); until they do, the octets stay unread, up to [`UNDECIDED_LIMIT`] of them. What is held of a chunk
//! is how many replies its lines may bring. Nothing here makes a command of such a line.

use crate::codec::{COMMAND_LINE_LIMIT, ChunkDecoder};
use crate::observer::exchange::Place;
use crate::observer::exchange::Sent;
use crate::observer::exchange::{Early, Exchange, LinesOfChunk};
use crate::observer::violation::ViolationKind as V;
use crate::observer::{Mode, Observer};
use crate::session::Action;
use crate::session::codes::can_have;
use crate::syntax::{Bdat, Command, Extension, Grammar, ReplyCode};
use core::mem::take;
use memchr::memmem;

/// How many octets stay unread until it is known what they are. Of more, the observer takes all for a chunk, and counts its
/// lines.
const UNDECIDED_LIMIT: usize = 64 * 1024;

/// How often the client waits, and has one reply to each command, before the lines of a chunk are taken to have none.
const TURNS: u8 = 8;

/// A BDAT that was not offered, or has wrong syntax.
#[derive(Clone, Copy, Debug)]
pub(in crate::observer) struct Undecided {
    pub(in crate::observer) bdat: Bdat,
    /// Where the command stands.
    pub(in crate::observer) at: Place,
    /// It had this reply.
    answer: Option<ReplyCode>,
    /// The replies that an LMTP server may give besides, one for each further recipient.
    more: u32,
    /// More than the chunk was there before that reply.
    early: Option<Early>,
    /// Up to here the octets after the chunk are known to hold no line end; the last may be the CR of one.
    searched: usize,
}

impl Undecided {
    pub(in crate::observer) fn new(bdat: Bdat, at: Place) -> Self {
        Self { bdat, at, answer: None, more: 0, early: None, searched: 0 }
    }
}

/// Replies that lines of chunks may bring, and need not.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::observer) struct ChunkLines {
    due: u64,
    /// There are some, or were: a reply may answer something else than it seems to. Nothing is said then against the server for what
    /// it answers.
    unsettled: bool,
    /// It was not known how many there are, so that a reply may have been taken for another's.
    doubted: bool,
    /// The server reads lines: the replies to them come first. Otherwise a reply answers a command, if one is in flight.
    proven: bool,
    /// Where the BDAT stands of which is to be said that it is not known, if it does not become known.
    untold: Option<Place>,
    /// How many commands in a row the client has sent after one reply each.
    turns: u8,
    /// The replies since the client sent its last command.
    replies: u8,
}

impl ChunkLines {
    /// May a reply answer something else than it seems to?
    pub(in crate::observer) fn may_come(self) -> bool {
        self.unsettled
    }

    /// More lines that the server reads.
    fn push(&mut self, lines: u64) {
        *self = Self { due: self.due.saturating_add(lines), unsettled: true, proven: true, ..*self };
    }

    /// It is not known whether these have replies.
    fn doubt(&mut self, lines: u64, untold: Option<Place>) {
        let untold = self.untold.or(untold);
        *self = Self { due: self.due.saturating_add(lines), unsettled: true, doubted: true, untold, ..Self::default() };
    }

    /// Returns `true` if the reply answers a line of a chunk. `front` is the first command in flight.
    pub(in crate::observer) fn take(&mut self, front: Option<&Sent>, code: ReplyCode) -> bool {
        self.replies = self.replies.saturating_add(1);
        if self.due == 0 {
            return false;
        }
        // A line is left where no command is, and where the command would have a reply that no server gives it.
        self.proven |= front.is_none_or(|one| one.sound && !may_answer(one.action, code));
        if self.proven {
            self.untold = None;
            self.due = self.due.saturating_sub(1);
        }
        self.proven
    }

    /// The client sends a command; `waits`: it had a reply to each before.
    pub(in crate::observer) fn turn(&mut self, waits: bool) -> Turn {
        let one_each = if self.proven { self.replies == 1 } else { waits };
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

/// What a further command of the client says of the lines of chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::observer) enum Turn {
    /// Replies to them may still come.
    Open,
    /// All replies that they could have are there.
    NoneDue,
    /// They evidently have none.
    NoLines,
}

/// Can the code answer the action? What every server knows (RFC 5321 section 4.5.1) is not refused as unknown.
fn may_answer(action: Action, code: ReplyCode) -> bool {
    use Action as A;
    let required = matches!(action, A::Mail | A::Rcpt | A::Data | A::Rset | A::Noop | A::Vrfy | A::Quit);
    can_have(action, code) && !(required && matches!(code.get(), 500 | 502))
}

/// Can a line have such a reply, where the server reads it as a command?
fn can_answer(line: &[u8], code: ReplyCode) -> bool {
    match Command::parse(line, Grammar::LENIENT) {
        _ if line.len() > COMMAND_LINE_LIMIT => code.class().is_failure(),
        Ok(Command::Unknown(unknown)) if matches!(unknown.verb.as_bytes(), [b'X' | b'x', ..]) => true,
        Ok(Command::Unknown(_)) | Err(_) => code.class().is_failure(),
        // What only the lenient grammar has may be a verb that is none to the server.
        Ok(_) if code.class().is_failure() && Command::parse(line, Grammar::SMTPUTF8).is_err() => true,
        Ok(command) => may_answer(Action::of(&command), code),
    }
}

/// Counts the CRLFs of octets that come in pieces.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::observer) struct LineEnds {
    after_cr: bool,
}

impl LineEnds {
    pub(in crate::observer) fn count(&mut self, octets: &[u8]) -> u64 {
        let first = self.after_cr && octets.first() == Some(&b'\n');
        self.after_cr = octets.last().map_or(self.after_cr, |last| *last == b'\r');
        (memmem::find_iter(octets, b"\r\n").count() as u64).saturating_add(u64::from(first))
    }
}

impl Observer {
    /// The next octets are a chunk.
    pub(in crate::observer) fn read_chunk(&mut self, bdat: Bdat) {
        self.mode = Mode::Chunk { decoder: ChunkDecoder::new(bdat.size), last: bdat.last, unsure: None };
    }

    /// They are as good as one, and their lines are counted.
    fn read_doubtful_chunk(&mut self, bdat: Bdat) {
        let unsure = Some(LineEnds::default());
        self.mode = Mode::Chunk { decoder: ChunkDecoder::new(bdat.size), last: bdat.last, unsure };
    }

    /// Reads on where more octets are there than may wait for a reply. Returns `true` if it does.
    pub(in crate::observer) fn give_up_waiting(&mut self, unread: usize) -> bool {
        let Mode::Undecided(undecided) = &self.mode else { return false };
        if unread <= UNDECIDED_LIMIT {
            return false;
        }
        let undecided = *undecided;
        match self.in_flight.back_mut() {
            Some(one) => one.lines = LinesOfChunk::Perhaps(0),
            None => self.chunk_lines.doubt(u64::from(undecided.more), self.untold(undecided.at)),
        }
        self.read_doubtful_chunk(undecided.bdat);
        true
    }

    /// Lines of a chunk have passed, which the server reads, or may have read. It answers them after the BDAT.
    pub(in crate::observer) fn pass_lines(&mut self, lines: u64, reads: bool) {
        match self.in_flight.back_mut() {
            Some(one) => one.lines.add(lines),
            None if reads => self.chunk_lines.push(lines),
            None => self.chunk_lines.due = self.chunk_lines.due.saturating_add(lines),
        }
    }

    /// The reply to a BDAT. `unread`: octets of the client; `recipients`: of the transaction.
    pub(in crate::observer) fn look_at_chunk(&mut self, exchange: &Exchange<'_>, unread: usize, recipients: u32) {
        let Exchange { sent, code, .. } = exchange;
        // One that knows BDAT may refuse it once for each recipient.
        let each = self.facts.lmtp && sent.action == Action::BdatLast && !exchange.is_unknown();
        let more = if each { recipients.saturating_sub(1) } else { 0 };
        // A reply other than that there is no such command comes from a server that knows it, and so has taken the chunk. But
        // one that refuses the syntax may have read no further than the line.
        let takes = !exchange.is_unknown() && (sent.sound || *code != ReplyCode::SYNTAX_ERROR_IN_ARGUMENTS);
        let last = self.in_flight.is_empty();
        match &mut self.mode {
            Mode::Undecided(undecided) if last => {
                if takes {
                    let bdat = undecided.bdat;
                    self.chunk_is_taken(bdat);
                } else {
                    let after = unread as u64 > undecided.bdat.size;
                    let (state, pipelining) = (self.facts.state, self.facts.offers(Extension::Pipelining));
                    let early = Early { action: sent.action, ends_group: false, pipelining, state };
                    undecided.answer = Some(*code);
                    undecided.more = more;
                    undecided.early = after.then_some(early);
                }
            }
            Mode::Chunk { unsure, .. } if last && takes && matches!(sent.lines, LinesOfChunk::Perhaps(_)) => {
                *unsure = None
            }
            _ => {}
        }
        let owed = self.facts.owes_chunk(sent.sound);
        match sent.lines {
            LinesOfChunk::Read(lines @ 1..) => self.chunk_lines.push(lines),
            LinesOfChunk::Perhaps(lines) if !takes => {
                self.chunk_lines.doubt(lines.max(u64::from(more)), self.untold(sent.at));
            }
            _ if more > 0 && exchange.fails() && !owed && !self.is_undecided() => {
                self.chunk_lines.doubt(u64::from(more), None);
            }
            _ => {}
        }
        // What is undecided is the last one alone.
        let undecided = last && self.is_undecided();
        if exchange.fails() && !owed && !undecided && sent.action != Action::Other {
            self.spoil();
        }
    }

    /// A server that knows BDAT may take the transaction for spoilt by one that it has refused, or for ended.
    fn spoil(&mut self) {
        self.facts.unclear |= self.facts.state.in_transaction();
    }

    fn is_undecided(&self) -> bool {
        matches!(self.mode, Mode::Undecided(_))
    }

    /// What is to be said of a BDAT. A server that offers CHUNKING has to take the octets, so there it is told.
    fn untold(&self, at: Place) -> Option<Place> {
        Some(at).filter(|_| !self.facts.offers(Extension::Chunking) && !self.server_closed)
    }

    /// The client sends a command, after which it may be known what the replies answer.
    #[cold]
    pub(in crate::observer) fn take_turn(&mut self) {
        match self.chunk_lines.turn(self.in_flight.is_empty()) {
            Turn::Open => {}
            Turn::NoneDue => {
                self.astray |= self.chunk_lines.doubted;
                self.end_doubt();
            }
            Turn::NoLines => {
                // What seems to wait behind them has had its reply.
                while self.chunk_lines.proven && self.in_flight.pop().is_some() {}
                self.end_doubt();
            }
        }
    }

    /// May a reply answer something else than it seems to? Then the server is not blamed for it.
    pub(in crate::observer) fn is_astray(&self) -> bool {
        self.astray || self.chunk_lines.may_come()
    }

    /// Whether the server reads lines has not become known, and will not.
    pub(in crate::observer) fn end_doubt(&mut self) {
        if let Some(at) = take(&mut self.chunk_lines).untold {
            self.report(V::ChunkOrLines, at);
        }
    }

    fn chunk_is_taken(&mut self, bdat: Bdat) {
        if !self.facts.offers(Extension::Chunking) {
            self.reads_lines = Some(false);
        }
        self.read_chunk(bdat);
    }

    /// A reply is there, and nothing waits for one but the octets behind a BDAT that was refused as unknown, or for its syntax.
    /// What are they? Returns `true` if they can be read now.
    pub(in crate::observer) fn decide(&mut self, client: &[u8], code: Option<ReplyCode>) -> bool {
        let Mode::Undecided(undecided) = &mut self.mode else { return false };
        let (Some(answer), Some(code)) = (undecided.answer, code) else { return false };
        let Bdat { size, .. } = undecided.bdat;
        let (chunk, behind) =
            usize::try_from(size).ok().and_then(|size| client.split_at_checked(size)).unwrap_or((client, &[]));
        let from = undecided.searched.saturating_sub(1).min(behind.len());
        let next = memmem::find(behind.get(from..).unwrap_or_default(), b"\r\n").map(|at| from.saturating_add(at));
        undecided.searched = behind.len();
        // A line that is too long may be refused before it has ended.
        let cut_short = behind.len() >= COMMAND_LINE_LIMIT && code.class().is_failure();
        let next = next.or(cut_short.then_some(behind.len()));
        if next.is_none() && undecided.more > 0 && code == answer {
            // For one more recipient of LMTP.
            undecided.more = undecided.more.saturating_sub(1);
            return false;
        }
        let first = memmem::find(chunk, b"\r\n");
        let undecided = *undecided;
        self.early = undecided.early;
        let line = |octets: &'_ [u8], end: Option<usize>| {
            end.is_some_and(|end| can_answer(octets.get(..end).unwrap_or_default(), code))
        };
        let (as_line, as_chunk) = (line(chunk, first), line(behind, next));
        if code != ReplyCode::SERVICE_NOT_AVAILABLE && (next.is_none() || (as_line && !as_chunk)) {
            if !self.facts.offers(Extension::Chunking) {
                self.reads_lines = Some(true);
            }
            self.chunk_until = self.client.offset.saturating_add(size);
            self.mode = Mode::Lines;
            return true;
        }
        self.spoil();
        if as_chunk && !as_line && first.is_some() {
            self.chunk_is_taken(undecided.bdat);
        } else if undecided.more > 0 && code == answer {
            self.chunk_lines.doubt(u64::from(undecided.more), None);
            self.read_chunk(undecided.bdat);
        } else {
            let untold = self.untold(undecided.at).filter(|_| first.is_some());
            self.chunk_lines.doubt(0, untold);
            self.read_doubtful_chunk(undecided.bdat);
        }
        true
    }
}
