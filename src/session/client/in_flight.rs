//! The actions of a client that the server has not answered.
//!
//! This file keeps the actions in order, the state that they lead to if all of them succeed, and how much of the
//! server's stream had been received before each of them. [`Client`](super::Client) reports each action and each reply
//! to it. It must not know the content of a reply.

use crate::session::{Action, State};
use crate::syntax::ReplyCode;
use alloc::boxed::Box;
use alloc::collections::VecDeque;

#[derive(Clone, Debug)]
pub(super) struct InFlight {
    actions: VecDeque<Action>,
    /// The state after the last action, if all actions succeed.
    end: State,
    /// BDAT LAST or BURL LAST, if it is among the actions. There is at most one.
    last_chunk: Option<LastChunk>,
    /// The number of MAIL commands among the actions.
    mails: u32,
    /// The number of octets of the server that have been received and not consumed.
    unread: u64,
    /// The marks. Present only while an octet is unread that was received before an action.
    marks: Option<Box<Marks>>,
}

#[derive(Clone, Copy, Debug)]
struct LastChunk {
    /// The number of actions before it.
    place: u32,
    /// The state in which the server judges it, if all actions before it succeed.
    before: State,
}

/// Positions in the stream of the server, in order, for actions in order. Both are counted from the first mark.
#[derive(Clone, Debug, Default)]
struct Marks {
    queue: VecDeque<Mark>,
    /// The number of octets that have been consumed.
    consumed: u64,
    /// The number of actions that have been answered.
    answered: u64,
}

/// A mark: the octets before `place` had been received before the action was done. They answer neither it nor a later
/// action.
#[derive(Clone, Copy, Debug)]
struct Mark {
    place: u64,
    action: u64,
    early: Early,
}

/// The relation of the next reply to the first action, by the time at which its first octet was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Early {
    /// The reply was received after the action: it is its answer.
    No,
    /// The reply was received after the command, but before the last octet of its chunk was sent: it cannot be an
    /// acceptance.
    BeforeChunkEnd,
    /// The reply was received before the action: it is not its answer.
    BeforeAction,
}

impl InFlight {
    pub(super) const fn new() -> Self {
        Self { actions: VecDeque::new(), end: State::Start, last_chunk: None, mails: 0, unread: 0, marks: None }
    }

    pub(super) fn front(&self) -> Option<Action> {
        self.actions.front().copied()
    }

    pub(super) fn back(&self) -> Option<Action> {
        self.actions.back().copied()
    }

    pub(super) fn len(&self) -> usize {
        self.actions.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.actions.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Action> + '_ {
        self.actions.iter().copied()
    }

    pub(super) const fn has_mail(&self) -> bool {
        self.mails > 0
    }

    pub(super) const fn has_last_chunk(&self) -> bool {
        self.last_chunk.is_some()
    }

    /// Returns `true` if a last chunk is among the actions and will be accepted if all actions before it are.
    pub(super) fn may_accept_last_chunk(&self) -> bool {
        self.last_chunk.is_some_and(|chunk| chunk.before.permits(Action::BdatLast))
    }

    /// Returns the state after the last action, if all actions succeed.
    pub(super) const fn end(&self) -> State {
        self.end
    }

    /// Sets the number of octets of the server that are unconsumed.
    pub(super) fn show(&mut self, octets: usize) {
        self.unread = u64::try_from(octets).unwrap_or(u64::MAX);
    }

    /// Records that this many of them were consumed.
    pub(super) fn consume(&mut self, octets: usize) {
        let octets = u64::try_from(octets).unwrap_or(u64::MAX);
        self.unread = self.unread.saturating_sub(octets);
        if let Some(marks) = &mut self.marks {
            marks.consumed = marks.consumed.saturating_add(octets);
            self.drop_marks();
        }
    }

    /// Returns the relation to the first action of a reply that begins with the next unread octet.
    pub(super) fn early(&self) -> Early {
        let marks = self.marks.as_deref();
        let front = marks.and_then(|marks| marks.queue.front().filter(|mark| mark.action == marks.answered));
        front.map_or(Early::No, |mark| mark.early)
    }

    /// Records an action.
    pub(super) fn push(&mut self, action: Action) {
        if matches!(action, Action::BdatLast | Action::BurlLast) {
            self.last_chunk =
                Some(LastChunk { place: u32::try_from(self.actions.len()).unwrap_or(u32::MAX), before: self.end });
        }
        if action == Action::Mail {
            self.mails = self.mails.saturating_add(1);
        }
        self.end = succeeded(self.end, action);
        self.actions.push_back(action);
        self.mark(Early::BeforeAction);
    }

    /// Records that the last octet of the latest chunk was sent.
    pub(super) fn end_chunk(&mut self) {
        self.mark(Early::BeforeChunkEnd);
    }

    /// Removes the first action, which has its last reply.
    pub(super) fn pop(&mut self) {
        if self.actions.pop_front() == Some(Action::Mail) {
            self.mails = self.mails.saturating_sub(1);
        }
        let before = |chunk: LastChunk| Some(LastChunk { place: chunk.place.checked_sub(1)?, ..chunk });
        self.last_chunk = self.last_chunk.and_then(before);
        if let Some(marks) = &mut self.marks {
            marks.answered = marks.answered.saturating_add(1);
            self.drop_marks();
        }
    }

    /// Removes everything, because the session has ended.
    pub(super) fn clear(&mut self) {
        *self = Self::new();
    }

    /// Corrects the planned states: before the actions in flight the state is `actual`, and it was planned as
    /// `assumed`.
    ///
    /// The total work over a session is linear, although a refusal may come for each of thousands of actions. A
    /// correction stops where both states lead to the same state. That is at the next action, or at the next RSET,
    /// except for a few corrections in each transaction, such as the refusal of its MAIL.
    pub(super) fn replan(&mut self, assumed: State, actual: State) {
        self.replan_by(assumed, actual, succeeded);
    }

    fn replan_by(&mut self, mut assumed: State, mut actual: State, mut after: impl FnMut(State, Action) -> State) {
        for (place, &action) in (0_u32..).zip(&self.actions) {
            if assumed == actual {
                return;
            }
            if let Some(chunk) = self.last_chunk.as_mut().filter(|chunk| chunk.place == place) {
                chunk.before = actual;
            }
            (assumed, actual) = (after(assumed, action), after(actual, action));
        }
        self.end = actual;
    }

    fn mark(&mut self, early: Early) {
        if self.unread == 0 {
            return;
        }
        let index = u64::try_from(self.actions.len().saturating_sub(1)).unwrap_or(u64::MAX);
        let marks = self.marks.get_or_insert_with(Box::default);
        let place = marks.consumed.saturating_add(self.unread);
        // Skip the mark if the previous one says the same about this action.
        let same = |last: &Mark| last.place == place && last.early == Early::BeforeAction;
        if !marks.queue.back().is_some_and(same) {
            marks.queue.push_back(Mark { place, action: marks.answered.saturating_add(index), early });
        }
    }

    fn drop_marks(&mut self) {
        if let Some(marks) = &mut self.marks {
            let (consumed, answered) = (marks.consumed, marks.answered);
            let is_over = |mark: &Mark| mark.place <= consumed || mark.action < answered;
            while marks.queue.front().is_some_and(is_over) {
                marks.queue.pop_front();
            }
            if marks.queue.is_empty() {
                self.marks = None;
            }
        }
    }
}

/// Returns the state after an action that succeeds. An action that is not permitted fails and changes nothing, except
/// that a chunk without recipients is lost, and RSET has to come before more of the message may be sent (RFC 3030
/// section 2).
pub(super) fn succeeded(state: State, action: Action) -> State {
    if !state.permits(action) {
        return if state == State::Mail && action.is_chunk() { State::Failed } else { state };
    }
    let code = if matches!(action, Action::Data) { ReplyCode::START_MAIL_INPUT } else { ReplyCode::OK };
    state.after(action, code)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test whose steps fail fails")]
mod tests {
    use super::{InFlight, succeeded};
    use crate::session::{Action, State};
    use crate::syntax::ReplyCode;
    use alloc::vec::Vec;

    const COUNT: usize = 10_000;
    const OK: ReplyCode = ReplyCode::OK;
    const NO: ReplyCode = ReplyCode::MAILBOX_UNAVAILABLE;

    struct Session {
        in_flight: InFlight,
        state: State,
        steps: usize,
    }

    impl Session {
        fn new(state: State, sent: &[Action]) -> Self {
            let mut in_flight = InFlight::new();
            in_flight.end = state;
            sent.iter().for_each(|action| in_flight.push(*action));
            Self { in_flight, state, steps: 0 }
        }

        fn answer(&mut self, code: ReplyCode) {
            let action = self.in_flight.front().unwrap();
            let assumed = succeeded(self.state, action);
            self.state = self.state.after(action, code);
            self.in_flight.pop();
            let steps = &mut self.steps;
            self.in_flight.replan_by(assumed, self.state, |state, action| {
                *steps += 1;
                succeeded(state, action)
            });
        }

        /// Returns the end as computed from all actions.
        fn end(&self) -> State {
            self.in_flight.iter().fold(self.state, succeeded)
        }
    }

    /// Sends one more action after each reply, so that thousands are in flight all the time.
    #[test]
    fn refusals_within_thousands_of_actions_cost_linear_work() {
        use Action::{Bdat, Mail, Rcpt, Rset};
        let recipients = [&[Mail][..], &[Rcpt; COUNT]].concat();
        type Case = (State, Vec<Action>, Vec<Action>, &'static [ReplyCode]);
        let cases: [Case; 8] = [
            (State::Mail, [Rcpt; COUNT].to_vec(), [Rcpt].to_vec(), &[NO]),
            (State::Mail, [Rcpt; COUNT].to_vec(), [Rcpt].to_vec(), &[NO, OK]),
            (State::Ready, recipients.clone(), [Rcpt].to_vec(), &[NO]),
            (State::Ready, recipients, [Rcpt].to_vec(), &[NO, OK, OK, NO]),
            (State::Rcpt, [Rset, Mail].repeat(COUNT / 2), [Rset, Mail].to_vec(), &[NO]),
            (State::Ready, [Mail, Rcpt, Rset].repeat(COUNT / 3), [Mail, Rcpt, Rset].to_vec(), &[NO, OK, NO]),
            (State::Rcpt, [Bdat; COUNT].to_vec(), [Bdat].to_vec(), &[NO]),
            (State::Rcpt, [Bdat; COUNT].to_vec(), [Bdat].to_vec(), &[OK, NO]),
        ];
        for (at, (state, sent, more, codes)) in cases.into_iter().enumerate() {
            let mut session = Session::new(state, &sent);
            for (count, (code, action)) in codes.iter().cycle().zip(more.iter().cycle()).take(COUNT).enumerate() {
                session.answer(*code);
                session.in_flight.push(*action);
                if count % 1000 == 0 {
                    assert_eq!(session.in_flight.end(), session.end(), "case {at}");
                }
            }
            assert!(session.steps <= 10 * COUNT, "case {at}: {}", session.steps);
        }
    }
}
