//! The values that pairing hands to the rules: what the client sent ([`Sent`]), which replies it did not have then
//! ([`Ahead`]), and, with the reply, an [`Exchange`].
//!
//! This file holds values only. It reads no octets, and does not decide between two readings.

use super::violation::ViolationKind;
use crate::session::codes::can_have;
use crate::session::{Action, State};
use crate::syntax::{Body, Reply, ReplyClass, ReplyCode};

/// A position in the octets that one end sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The offset of the octet, counted from 0.
    pub(crate) offset: u64,
    /// The line, counted from 1.
    pub(crate) line: u64,
}

impl Place {
    pub(crate) const START: Self = Self { offset: 0, line: 1 };

    /// Returns the position of the octet before, on the same line.
    pub(crate) fn back(self) -> Self {
        Self { offset: self.offset.saturating_sub(1), ..self }
    }

    /// Returns the position after `length` octets of one line.
    pub(crate) fn after_text(self, length: usize) -> Self {
        Self { offset: self.offset.saturating_add(length as u64), ..self }
    }

    /// Returns the position after a line of `length` octets, including its LF.
    pub(crate) fn after_line(self, length: usize) -> Self {
        Self { line: self.line.saturating_add(1), ..self.after_text(length) }
    }

    /// Returns the position after `octet`.
    pub(crate) fn next(self, octet: u8) -> Self {
        Self { offset: self.offset.saturating_add(1), line: self.line.saturating_add(u64::from(octet == b'\n')) }
    }

    /// Returns the position after `octets`.
    pub(crate) fn after(self, octets: &[u8]) -> Self {
        if octets.is_empty() {
            return self;
        }
        match memchr::memchr(b'\n', octets).map(|at| octets.len().saturating_sub(at)) {
            None => self.after_text(octets.len()),
            // The most common case is a single line.
            Some(1) => self.after_line(octets.len()),
            Some(_) => {
                let lines = memchr::memchr_iter(b'\n', octets).count();
                Self { line: self.line.saturating_add(lines as u64), ..self.after_text(octets.len()) }
            }
        }
    }
}

/// The declarations of MAIL in its parameters.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Declared {
    pub(crate) size: Option<u64>,
    pub(crate) body: Body,
    pub(crate) smtputf8: bool,
}

impl Declared {
    pub(crate) const NONE: Self = Self { size: None, body: Body::SevenBit, smtputf8: false };
}

/// A command or content of the client, which a reply answers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent {
    pub(crate) action: Action,
    pub(crate) at: Place,
    /// Whether the strict grammar accepts it. A server may reply to anything else with any code.
    pub(crate) sound: bool,
    /// Whether nothing may follow it before its reply. The action does not decide this for AUTH, which may or may not
    /// end a group (RFC 4954 section 4).
    pub(crate) ends_group: bool,
    /// A violation of the client, unless the replies to its earlier commands excuse it.
    pub(crate) suspect: Option<ViolationKind>,
    /// The violation of a server that accepts it.
    pub(crate) if_accepted: Option<ViolationKind>,
    /// The only code with which a server may answer it, and the violation of any other code.
    pub(crate) only: Option<(ReplyCode, ViolationKind)>,
    /// The declarations of MAIL. For the end of a message, those of its MAIL. For VRFY and EXPN, whether SMTPUTF8 was
    /// given.
    pub(crate) declared: Declared,
    /// For the end of a message, the size of its content. For any other chunk, the size of the chunk.
    pub(crate) size: u64,
    /// The number of lines of its chunk that a server may answer.
    pub(crate) lines: LinesOfChunk,
    /// The number of replies so far: LMTP has one for each recipient.
    pub(crate) replies: u32,
    /// The state after it, if it and everything before it succeed.
    pub(crate) after: State,
}

/// The number of lines of a chunk that a server may answer as commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinesOfChunk {
    /// The server reads this many lines.
    Read(u64),
    /// There are this many lines. It was not known whether the server takes the chunk when they passed.
    Perhaps(u64),
}

impl LinesOfChunk {
    pub(crate) fn add(&mut self, more: u64) {
        let (Self::Read(lines) | Self::Perhaps(lines)) = self;
        *lines = lines.saturating_add(more);
    }
}

impl Sent {
    pub(crate) const fn new(action: Action, at: Place) -> Self {
        Self {
            action,
            at,
            sound: true,
            ends_group: action.ends_group(),
            suspect: None,
            if_accepted: None,
            only: None,
            declared: Declared::NONE,
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

    /// Returns `true` if a server may reply to lines of its chunk.
    pub(crate) fn has_lines(&self) -> bool {
        self.lines != LinesOfChunk::Read(0)
    }

    pub(crate) fn ends_message(&self) -> bool {
        matches!(self.action, Action::Content | Action::BdatLast | Action::BurlLast)
    }

    /// Returns `true` if the meaning of the client's next octets depends on its reply.
    pub(crate) fn decides(&self) -> bool {
        use Action as A;
        matches!(self.action, A::Helo | A::Ehlo | A::Lhlo | A::Data | A::StartTls | A::Auth | A::Response | A::Atrn)
    }
}

/// An action whose reply came when later octets of the client were already there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Early {
    pub(crate) action: Action,
    pub(crate) ends_group: bool,
    /// Whether PIPELINING may have been in force.
    pub(crate) pipelining: bool,
    /// The expected state, as far as the client could know when it began the line.
    pub(crate) state: State,
}

/// The actions to which the client had no reply when it sent something.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ahead {
    pub(crate) early: Option<Early>,
    pub(crate) waiting: Waiting,
    /// Whether a last chunk is among them.
    pub(crate) last_chunk: bool,
    /// The declarations of the last MAIL among them.
    pub(crate) mail: Option<Declared>,
    /// The state if all of them succeed, as far as the client could know.
    pub(crate) state: State,
}

/// The kind of actions that wait for replies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waiting {
    Nothing,
    /// The connection itself, for its greeting.
    Greeting,
    Commands,
    /// Commands, one of which must be the last of its group.
    GroupEnd,
}

impl Ahead {
    /// Returns `true` if the client had a reply to everything.
    pub(crate) fn is_nothing(&self) -> bool {
        self.early.is_none() && self.waiting == Waiting::Nothing
    }

    /// Returns `true` if the client had not read the greeting yet.
    pub(crate) fn is_greeting(&self) -> bool {
        matches!(self.waiting, Waiting::Nothing | Waiting::Greeting)
            && self.early.is_none_or(|early| early.action == Action::Greeting)
    }

    /// Returns `true` if no missing reply can excuse a violation.
    pub(crate) fn is_known(&self) -> bool {
        self.early.is_none() && matches!(self.waiting, Waiting::Nothing | Waiting::Greeting)
    }
}

/// An action of the client with a reply to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exchange<'r> {
    pub(crate) sent: &'r Sent,
    pub(crate) code: ReplyCode,
    /// The reply, if it can be parsed.
    pub(crate) reply: Option<&'r Reply<'r>>,
    /// The position of the reply.
    pub(crate) at: Place,
    /// Whether more replies are due: LMTP has one for each recipient.
    pub(crate) more: bool,
    pub(crate) outcome: Outcome,
}

/// The effect of a reply on the action that it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Succeeds,
    /// The client may continue with it.
    Continues,
    Fails,
    /// The reply has a code that belongs to another command, and has no effect.
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

    /// Returns `true` if the server closes the connection with this reply (421).
    pub(crate) fn closes(&self) -> bool {
        self.code == ReplyCode::SERVICE_NOT_AVAILABLE
    }

    /// Returns `true` if the server does not know the command (500, 502).
    pub(crate) fn is_unknown(&self) -> bool {
        matches!(self.code.get(), 500 | 502)
    }
}
