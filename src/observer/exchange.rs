//! What pairing hands to the rules: what the client sent ([`Sent`]) with what it did not know then ([`Ahead`]), and with the
//! reply an [`Exchange`].
//!
//! Values alone: nothing here reads octets, and nothing here knows which of two readings is right.

use super::violation::ViolationKind;
use crate::session::codes::can_have;
use crate::session::{Action, State};
use crate::syntax::{Body, Reply, ReplyClass, ReplyCode};

/// A place in what one end sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The octet, counted from 0.
    pub(crate) offset: u64,
    /// The line, counted from 1.
    pub(crate) line: u64,
}

impl Place {
    pub(crate) const START: Self = Self { offset: 0, line: 1 };

    /// The octet before, on the same line.
    pub(crate) fn back(self) -> Self {
        Self { offset: self.offset.saturating_sub(1), ..self }
    }

    /// The place after so many octets of one line.
    pub(crate) fn after_text(self, length: usize) -> Self {
        Self { offset: self.offset.saturating_add(length as u64), ..self }
    }

    /// The place after a line of so many octets, its LF among them.
    pub(crate) fn after_line(self, length: usize) -> Self {
        Self { line: self.line.saturating_add(1), ..self.after_text(length) }
    }

    /// The place after this octet.
    pub(crate) fn next(self, octet: u8) -> Self {
        Self { offset: self.offset.saturating_add(1), line: self.line.saturating_add(u64::from(octet == b'\n')) }
    }

    /// The place after these octets.
    pub(crate) fn after(self, octets: &[u8]) -> Self {
        if octets.is_empty() {
            return self;
        }
        match memchr::memchr(b'\n', octets).map(|at| octets.len().saturating_sub(at)) {
            None => self.after_text(octets.len()),
            // Most often it is one line.
            Some(1) => self.after_line(octets.len()),
            Some(_) => {
                let lines = memchr::memchr_iter(b'\n', octets).count();
                Self { line: self.line.saturating_add(lines as u64), ..self.after_text(octets.len()) }
            }
        }
    }
}

/// What MAIL declared.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Declared {
    pub(crate) size: Option<u64>,
    pub(crate) body: Body,
    pub(crate) smtputf8: bool,
}

/// Something that the client sent and that a reply answers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent {
    pub(crate) action: Action,
    pub(crate) at: Place,
    /// The strict grammar has it. A server may answer anything else as it likes.
    pub(crate) sound: bool,
    /// Nothing may follow it before its reply. AUTH may or may not (RFC 4954 section 4), so the action does not tell.
    pub(crate) ends_group: bool,
    /// A fault of the client, if the replies to what it sent before do not excuse it.
    pub(crate) suspect: Option<ViolationKind>,
    /// What a server does wrong that accepts it.
    pub(crate) if_accepted: Option<ViolationKind>,
    /// The one code with which a server may answer it, and what it does wrong with any other.
    pub(crate) only: Option<(ReplyCode, ViolationKind)>,
    /// What MAIL declared; of the end of a message what its MAIL declared; of VRFY and EXPN whether SMTPUTF8 was given.
    pub(crate) declared: Declared,
    /// The size of the content, of the end of a message; of another chunk its own.
    pub(crate) size: u64,
    /// Which lines of its chunk a server may answer.
    pub(crate) lines: LinesOfChunk,
    /// The replies it has had: LMTP has one for each recipient.
    pub(crate) replies: u32,
    /// The state after it when it and all before it succeed.
    pub(crate) after: State,
}

/// The lines of a chunk that a server may answer as commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinesOfChunk {
    /// So many, which the server reads.
    Read(u64),
    /// So many, and it was not known whether the server takes the chunk when it was read.
    Perhaps(u64),
}

impl LinesOfChunk {
    pub(crate) fn add(&mut self, more: u64) {
        let (Self::Read(lines) | Self::Perhaps(lines)) = self;
        *lines = lines.saturating_add(more);
    }
}

impl Sent {
    pub(crate) fn new(action: Action, at: Place) -> Self {
        Self {
            action,
            at,
            sound: true,
            ends_group: action.ends_group(),
            suspect: None,
            if_accepted: None,
            only: None,
            declared: Declared::default(),
            size: 0,
            lines: LinesOfChunk::Read(0),
            replies: 0,
            after: State::Start,
        }
    }

    pub(crate) fn is_hello(&self) -> bool {
        matches!(self.action, Action::Helo | Action::Ehlo | Action::Lhlo)
    }

    pub(crate) fn is_bdat(&self) -> bool {
        matches!(self.action, Action::Bdat | Action::BdatLast)
    }

    /// Returns `true` if a server may answer lines of its chunk.
    pub(crate) fn has_lines(&self) -> bool {
        self.lines != LinesOfChunk::Read(0)
    }

    pub(crate) fn ends_message(&self) -> bool {
        matches!(self.action, Action::Content | Action::BdatLast | Action::BurlLast)
    }

    /// Returns `true` if what the next octets of the client mean depends on its reply.
    pub(crate) fn decides(&self) -> bool {
        use Action as A;
        matches!(self.action, A::Helo | A::Ehlo | A::Lhlo | A::Data | A::StartTls | A::Auth | A::Response | A::Atrn)
    }
}

/// What had its reply when octets of the client were there already.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Early {
    pub(crate) action: Action,
    pub(crate) ends_group: bool,
    /// PIPELINING was in force.
    pub(crate) pipelining: bool,
    /// What the state was to be, as far as the client could know when it began the line.
    pub(crate) state: State,
}

/// What the client had no reply to when it sent something.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ahead {
    pub(crate) early: Option<Early>,
    pub(crate) waiting: Waiting,
    /// A last chunk is among it.
    pub(crate) last_chunk: bool,
    /// What the last MAIL among it declared.
    pub(crate) mail: Option<Declared>,
    /// The state when all of it succeeds, as far as the client could know.
    pub(crate) state: State,
}

/// What waits for replies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waiting {
    Nothing,
    /// The connection for its greeting.
    Greeting,
    Commands,
    /// Commands after one of which nothing may follow before its reply.
    GroupEnd,
}

impl Ahead {
    /// Returns `true` if the client had a reply to everything.
    pub(crate) fn is_nothing(&self) -> bool {
        self.early.is_none() && self.waiting == Waiting::Nothing
    }

    /// Returns `true` if the client had not even read the greeting.
    pub(crate) fn is_greeting(&self) -> bool {
        matches!(self.waiting, Waiting::Nothing | Waiting::Greeting)
            && self.early.is_none_or(|early| early.action == Action::Greeting)
    }

    /// Returns `true` if nothing that the client did not know can excuse it.
    pub(crate) fn is_known(&self) -> bool {
        self.early.is_none() && matches!(self.waiting, Waiting::Nothing | Waiting::Greeting)
    }
}

/// What the client sent, and a reply to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exchange<'r> {
    pub(crate) sent: &'r Sent,
    pub(crate) code: ReplyCode,
    /// The reply, where it can be read.
    pub(crate) reply: Option<&'r Reply<'r>>,
    /// Where the reply stands.
    pub(crate) at: Place,
    /// More replies are due: LMTP has one for each recipient.
    pub(crate) more: bool,
    pub(crate) outcome: Outcome,
}

/// What a reply makes of what the client sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Succeeds,
    /// The client may go on with it.
    Continues,
    Fails,
    /// It has the code of another command, which gains nothing.
    Misfits,
}

impl<'r> Exchange<'r> {
    pub(crate) fn new(sent: &'r Sent, code: ReplyCode, reply: Option<&'r Reply<'r>>, at: Place, more: bool) -> Self {
        let outcome = match code.class() {
            ReplyClass::TransientFailure | ReplyClass::PermanentFailure => Outcome::Fails,
            _ if !can_have(sent.action, code) => Outcome::Misfits,
            ReplyClass::Success => Outcome::Succeeds,
            ReplyClass::Intermediate => Outcome::Continues,
        };
        Self { sent, code, reply, at, more, outcome }
    }

    pub(crate) fn succeeds(&self) -> bool {
        self.outcome == Outcome::Succeeds
    }

    pub(crate) fn continues(&self) -> bool {
        self.outcome == Outcome::Continues
    }

    pub(crate) fn fails(&self) -> bool {
        self.outcome == Outcome::Fails
    }

    pub(crate) fn misfits(&self) -> bool {
        self.outcome == Outcome::Misfits
    }

    /// Returns `true` if the server closes the connection with it (421).
    pub(crate) fn closes(&self) -> bool {
        self.code == ReplyCode::SERVICE_NOT_AVAILABLE
    }

    /// Returns `true` if the server does not know the command (500, 502).
    pub(crate) fn is_unknown(&self) -> bool {
        matches!(self.code.get(), 500 | 502)
    }
}
