//! What a client has done and the server has not answered.
//!
//! This file keeps the actions in order, the state that they lead to if all of them succeed, and how much of the server's
//! stream had been shown before each of them was done. [`Client`](super::Client) tells it each action and each reply. It does
//! not know what a reply says.

use crate::session::{Action, State};
use crate::syntax::ReplyCode;
use alloc::boxed::Box;
use alloc::collections::VecDeque;

#[derive(Clone, Debug)]
pub(super) struct InFlight {
    actions: VecDeque<Action>,
    /// The state after the last action, if all of them succeed.
    end: State,
    /// BDAT LAST or BURL LAST, if it is among them. There is one at most.
    last_chunk: Option<LastChunk>,
    /// How many of them are MAIL.
    mails: u32,
    /// How many octets of the server have been shown and not consumed.
    unread: u64,
    /// Present only while an octet is unread that was there before an action.
    marks: Option<Box<Marks>>,
}

#[derive(Clone, Copy, Debug)]
struct LastChunk {
    /// How many actions stand before it.
    place: u32,
    /// The state that the server judges it by, if all actions before it succeed.
    before: State,
}

/// Places in the stream of the server, in order, for actions in order. Both are counted from the first mark.
#[derive(Clone, Debug, Default)]
struct Marks {
    queue: VecDeque<Mark>,
    /// How many octets have been consumed.
    consumed: u64,
    /// How many actions have been answered.
    answered: u64,
}

/// The octets before `place` had been shown before the action was done. They answer neither it nor what was done later.
#[derive(Clone, Copy, Debug)]
struct Mark {
    place: u64,
    action: u64,
    early: Early,
}

/// What the next reply can be to the action in front, by the time at which its first octet was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Early {
    /// After the action: its answer.
    No,
    /// After the command, and before the last octet of its chunk: no acceptance.
    BeforeChunkEnd,
    /// Before the action: not its answer.
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

    /// The state after the last action, if all of them succeed.
    pub(super) const fn end(&self) -> State {
        self.end
    }

    /// So many octets of the server stand there unconsumed.
    pub(super) fn show(&mut self, octets: usize) {
        self.unread = u64::try_from(octets).unwrap_or(u64::MAX);
    }

    /// So many of them were consumed.
    pub(super) fn consume(&mut self, octets: usize) {
        let octets = u64::try_from(octets).unwrap_or(u64::MAX);
        self.unread = self.unread.saturating_sub(octets);
        if let Some(marks) = &mut self.marks {
            marks.consumed = marks.consumed.saturating_add(octets);
            self.drop_marks();
        }
    }

    /// What a reply that begins with the next unread octet can be to the action in front.
    pub(super) fn early(&self) -> Early {
        let marks = self.marks.as_deref();
        let front = marks.and_then(|marks| marks.queue.front().filter(|mark| mark.action == marks.answered));
        front.map_or(Early::No, |mark| mark.early)
    }

    /// An action was done.
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

    /// The last octet of the chunk that was begun last was sent.
    pub(super) fn end_chunk(&mut self) {
        self.mark(Early::BeforeChunkEnd);
    }

    /// The action in front has its last reply.
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

    /// The session has ended.
    pub(super) fn clear(&mut self) {
        *self = Self::new();
    }

    /// Before the actions in flight the state is `actual`, and so far it was taken to be `assumed`.
    ///
    /// The work is linear over a session, although a refusal may come for each of thousands of actions. It goes no further than
    /// to where both lead to the same state. That is at the next action, or at the next RSET; but for a few in each
    /// transaction, such as the refusal of its MAIL.
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
        // Then the mark before it says as much of this action.
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

/// The state after an action that succeeds. One that has no place fails and changes nothing; but a chunk without recipients is
/// lost, and RSET has to come before more of the message could go (RFC 3030 section 2).
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

        /// The end as it is found by going through everything.
        fn end(&self) -> State {
            self.in_flight.iter().fold(self.state, succeeded)
        }
    }

    /// Each reply is followed by one more action, so that thousands are in flight all the time.
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
