//! Changes the recipients by each reply.
//!
//! This file decides which recipient has which outcome, and no other file does. It must not send anything.

use super::{Place, Quorum, Stage, Transaction};
use crate::session::delivery::{Cause, Connection, Outcome, Scope};
use crate::session::{Action, Client, ClientEvent, Fate, State};
use crate::syntax::{Body, Reply, ReplyCode};

impl Transaction {
    /// Processes an event.
    #[inline]
    pub(super) fn take(&mut self, event: ClientEvent<'_>, client: &Client) {
        let (to, reply) = match event {
            ClientEvent::Reply { to, reply, recipient } => {
                self.unanswered = self.unanswered.saturating_sub(1);
                self.answer(to, reply, recipient.is_some(), client);
                (to, reply)
            }
            ClientEvent::Closing(reply) => return self.end_with(Outcome::closing(reply)),
            // None of these occurs in a session that is ready.
            ClientEvent::Greeting(_)
            | ClientEvent::Challenge(_)
            | ClientEvent::ChallengeText(_)
            | ClientEvent::BadChallenge(_) => return,
            // A stray line answers nothing.
            ClientEvent::StrayLine(_) => return,
        };
        if client.state() == State::Closed && reply.code() == ReplyCode::SERVICE_NOT_AVAILABLE {
            self.end_with(Outcome::of_reply(to, reply));
        }
    }

    #[inline]
    fn answer(&mut self, to: Action, reply: Reply<'_>, speaks_of_one: bool, client: &Client) {
        let refused = reply.code().class().is_failure();
        match to {
            Action::Rset if refused => self.end_with(Outcome::of_reply(to, reply)),
            Action::Rset => self.stage = Stage::Begin,
            Action::Mail if refused => self.decide_all(Outcome::of_reply(to, reply)),
            Action::Rcpt => self.answer_rcpt(reply),
            Action::Data if !refused => self.stage = Stage::Content,
            Action::Bdat if !refused => self.flags.chunk_taken = true,
            Action::Bdat | Action::BdatLast if self.bdat_is_unknown(reply.code(), client) => {
                (self.flags.chunking, self.flags.reset, self.flags.progress) = (false, true, true);
                self.stage = Stage::Ending;
                self.move_all(Place::Accepted, Place::Waiting);
            }
            // RFC 2033 section 4.2: one reply for each accepted recipient, in order. A refusal before the end of the
            // content applies to all of them, and so does the refusal of a chunk.
            Action::Content | Action::BdatLast if client.config().lmtp && speaks_of_one => {
                if let Some(index) = self.find(Place::Accepted, self.told) {
                    self.told = index.saturating_add(1);
                    let mut outcome = Outcome::of_reply(to, reply);
                    if outcome.scope == Scope::Message {
                        outcome.scope = Scope::Recipient;
                    }
                    self.decide(index, outcome);
                }
            }
            Action::Data | Action::Content | Action::Bdat | Action::BdatLast => {
                self.decide_those(Place::Accepted, Outcome::of_reply(to, reply));
                if to == Action::Data {
                    self.stage = Stage::Ending;
                }
            }
            _ => {}
        }
    }

    fn answer_rcpt(&mut self, reply: Reply<'_>) {
        // The recipients were asked in their order. After a refusal of MAIL none is found, because all have their
        // outcome.
        let Some(index) = self.find(Place::Asked, self.heard) else { return };
        self.heard = index.saturating_add(1);
        if !reply.code().class().is_failure() {
            self.accepted = self.accepted.saturating_add(1);
            return self.put(index, Place::Accepted);
        }
        if self.accepted > 0 && self.message.quorum == Quorum::Any && says_too_many(reply) {
            self.room = 0;
            return self.put(index, Place::Waiting);
        }
        self.decide(index, Outcome::of_reply(Action::Rcpt, reply));
        self.hold_quorum();
    }

    /// Returns `true` if the server offers CHUNKING but does not know BDAT, so that the message has to be sent with
    /// DATA. Always `false` in LMTP, where the replies to the last chunk could not be told from those to the next
    /// command.
    fn bdat_is_unknown(&self, code: ReplyCode, client: &Client) -> bool {
        matches!(code.get(), 500..=504)
            && self.flags.chunking
            && !self.flags.chunk_taken
            && self.message.body != Body::BinaryMime
            && !client.config().lmtp
            && client.state() != State::Closed
    }

    /// Ends the delivery because the connection cannot be used any more.
    pub(super) fn lose(&mut self, connection: &Connection, cause: Cause) {
        if connection.fate() == Fate::Unknown {
            self.decide_those(Place::Accepted, Outcome::unknown(cause.clone()));
        }
        self.end_with(Outcome::lost(cause));
        self.stage = Stage::Done;
    }

    /// Records the outcome that ended the session. Undecided recipients get it.
    pub(super) fn end_with(&mut self, outcome: Outcome) {
        let end = self.keep(outcome);
        self.end.get_or_insert(end);
        for index in 0..self.recipients.len() {
            self.put_undecided(index, end);
        }
    }

    /// Gives the outcome to all undecided recipients.
    pub(super) fn decide_all(&mut self, outcome: Outcome) {
        if self.is_undecided() {
            let number = self.keep(outcome);
            for index in 0..self.recipients.len() {
                self.put_undecided(index, number);
            }
        }
    }

    pub(super) fn decide(&mut self, index: usize, outcome: Outcome) {
        let number = self.keep(outcome);
        self.put_undecided(index, number);
    }

    fn decide_those(&mut self, place: Place, outcome: Outcome) {
        if self.has(place) {
            let number = self.keep(outcome);
            self.move_all(place, Place::Decided(number));
        }
    }

    /// Applies [`Quorum::All`]: the outcome of the first recipient that was refused becomes that of all.
    pub(super) fn hold_quorum(&mut self) {
        if self.message.quorum != Quorum::All {
            return;
        }
        let decided = |place: &Place| match place {
            Place::Decided(number) => Some(*number),
            Place::Waiting | Place::Asked | Place::Accepted => None,
        };
        if let Some(first) = self.recipients.iter().find_map(decided) {
            for index in 0..self.recipients.len() {
                self.put_undecided(index, first);
            }
        }
    }

    fn keep(&mut self, outcome: Outcome) -> u32 {
        let number = u32::try_from(self.outcomes.len()).unwrap_or(u32::MAX);
        self.outcomes.push(outcome);
        number
    }

    /// Returns the index of the first recipient in this place, at `from` or later.
    pub(super) fn find(&self, place: Place, from: usize) -> Option<usize> {
        let rest = self.recipients.get(from..)?;
        Some(from.saturating_add(rest.iter().position(|other| *other == place)?))
    }

    fn move_all(&mut self, from: Place, to: Place) {
        for index in 0..self.recipients.len() {
            if self.recipients.get(index) == Some(&from) {
                self.put(index, to);
            }
        }
    }

    fn put_undecided(&mut self, index: usize, outcome: u32) {
        if !matches!(self.recipients.get(index), Some(Place::Decided(_))) {
            self.put(index, Place::Decided(outcome));
        }
    }

    pub(super) fn put(&mut self, index: usize, place: Place) {
        let Some(before) = self.recipients.get_mut(index) else { return };
        let before = core::mem::replace(before, place);
        if let Some(count) = self.counts.get_mut(before.index()) {
            *count = count.saturating_sub(1);
        }
        if let Some(count) = self.counts.get_mut(place.index()) {
            *count = count.saturating_add(1);
        }
        self.flags.progress |= matches!(place, Place::Decided(_));
    }
}

/// Returns `true` if the refusal may mean that the transaction has too many recipients. Without an enhanced code the
/// reply code decides (RFC 5321 section 4.5.3.1.10); an enhanced code has to be X.5.3 (RFC 3463 section 3.6).
fn says_too_many(reply: Reply<'_>) -> bool {
    let code = reply.code();
    let may = code == ReplyCode::INSUFFICIENT_STORAGE || code == ReplyCode::EXCEEDED_STORAGE;
    may && reply.enhanced_code().is_none_or(|enhanced| (enhanced.subject(), enhanced.detail()) == (5, 3))
}
