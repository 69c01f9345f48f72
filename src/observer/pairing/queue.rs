//! The queue of commands that wait for replies. The rest of pairing uses it; it does not know the octets.

use crate::observer::exchange::{Declared, Place, Sent, Waiting};
use crate::session::{Action, State};
use crate::syntax::ReplyCode;
use alloc::collections::VecDeque;
use core::mem::take;

/// The commands in flight; the first of them gets the next reply. The facts that one more command is checked against
/// are kept, so that the check takes constant time however many commands there are.
#[derive(Clone, Debug)]
pub(super) struct Queue {
    /// Whether [`GREETING`] is the first. It is not kept, so that an observer allocates nothing before the first command.
    awaits_greeting: bool,
    commands: VecDeque<Sent>,
    /// The state before the first command for which the states after the commands were computed last.
    state: State,
    /// The declarations of the last MAIL that was sent.
    mail: Declared,
    mails: u32,
    last_chunks: u32,
    quits: u32,
    /// The number of commands after which nothing may follow, without the greeting.
    group_ends: u32,
}

/// The connection itself, which the greeting answers.
const GREETING: &Sent = &Sent::new(Action::Greeting, Place::START);

impl Queue {
    /// Creates the queue of a connection, which waits for the greeting unless `greeted`.
    pub(super) fn new(greeted: bool) -> Self {
        Self {
            awaits_greeting: !greeted,
            commands: VecDeque::new(),
            state: State::Start,
            mail: Declared::default(),
            mails: 0,
            last_chunks: 0,
            quits: 0,
            group_ends: 0,
        }
    }

    /// Adds a command. `state` is the state of the session after the last reply.
    pub(super) fn push(&mut self, mut one: Sent, state: State) {
        let before = match self.back() {
            Some(last) => last.after,
            None => {
                self.state = state;
                state
            }
        };
        one.after = if_succeeds(before, one.action);
        if one.action == Action::Mail {
            self.mail = one.declared;
        }
        self.count(&one, |count| count.saturating_add(1));
        self.commands.push_back(one);
    }

    #[inline]
    pub(super) fn pop(&mut self) -> Option<Sent> {
        if take(&mut self.awaits_greeting) {
            return Some(*GREETING);
        }
        let one = self.commands.pop_front()?;
        self.state = one.after;
        self.count(&one, |count| count.saturating_sub(1));
        Some(one)
    }

    fn count(&mut self, one: &Sent, step: impl Fn(u32) -> u32) {
        let of_action = match one.action {
            Action::Mail => Some(&mut self.mails),
            Action::BdatLast | Action::BurlLast => Some(&mut self.last_chunks),
            Action::Quit => Some(&mut self.quits),
            _ => None,
        };
        if let Some(count) = of_action {
            *count = step(*count);
        }
        if one.ends_group {
            self.group_ends = step(self.group_ends);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.commands.len().saturating_add(usize::from(self.awaits_greeting))
    }

    fn iter(&self) -> impl Iterator<Item = &Sent> {
        self.greeting().into_iter().chain(&self.commands)
    }

    fn greeting(&self) -> Option<&Sent> {
        self.awaits_greeting.then_some(GREETING)
    }

    fn back(&self) -> Option<&Sent> {
        self.commands.back().or(self.greeting())
    }

    pub(super) fn is_empty(&self) -> bool {
        !self.awaits_greeting && self.commands.is_empty()
    }

    pub(super) fn awaits_greeting(&self) -> bool {
        self.awaits_greeting
    }

    pub(super) fn front(&self) -> Option<&Sent> {
        self.greeting().or(self.commands.front())
    }

    /// Returns the first, unless it is the greeting. Change only the number of its replies.
    pub(super) fn front_mut(&mut self) -> Option<&mut Sent> {
        if self.awaits_greeting { None } else { self.commands.front_mut() }
    }

    /// Returns the last command. Change only the facts about its message.
    pub(super) fn back_mut(&mut self) -> Option<&mut Sent> {
        self.commands.back_mut()
    }

    /// Returns `true` if the meaning of the client's next octets depends on a reply. No command is read after one that
    /// decides, so it can only be the last.
    pub(super) fn decides(&self) -> bool {
        self.back().is_some_and(Sent::decides)
    }

    /// Returns `true` if the last command is a hello. Its reply decides only which commands may follow.
    pub(super) fn ends_with_hello(&self) -> bool {
        self.back().is_some_and(Sent::is_hello)
    }

    /// Returns what the client waits for.
    pub(super) fn waiting(&self) -> Waiting {
        match (self.commands.is_empty(), self.awaits_greeting) {
            (true, false) => Waiting::Nothing,
            (true, true) => Waiting::Greeting,
            (false, _) if self.group_ends > 0 => Waiting::GroupEnd,
            (false, _) => Waiting::Commands,
        }
    }

    pub(super) fn has_last_chunk(&self) -> bool {
        self.last_chunks > 0
    }

    pub(super) fn has_quit(&self) -> bool {
        self.quits > 0
    }

    /// Returns the declarations of the last MAIL in flight.
    pub(super) fn declared(&self) -> Option<Declared> {
        (self.mails > 0).then_some(self.mail)
    }

    /// Returns the index of the first command that this code can answer, for codes that only few commands can have. For
    /// a 3yz it can only be the last, because nothing is read after a command that can have it.
    pub(super) fn position(&self, code: ReplyCode) -> Option<usize> {
        let is_last = |actions: &[Action]| self.back().is_some_and(|one| actions.contains(&one.action));
        let last = self.len().checked_sub(1);
        match code.get() {
            221 if self.has_quit() => self.iter().position(|one| one.action == Action::Quit),
            354 if is_last(&[Action::Data]) => last,
            334 | 235 if is_last(&[Action::Auth, Action::Response]) => last,
            _ => None,
        }
    }

    /// Returns the state that was expected after `one`, the last command taken out, and all commands after it, before
    /// the reply was known.
    pub(super) fn expected_after(&self, one: &Sent) -> State {
        self.back().map_or(one.after, |last| last.after)
    }

    /// Returns the state if all commands succeed. `state` is the state after the last reply.
    ///
    /// An unexpected reply changes the states after the commands that follow, up to the first command that leads to the
    /// same state from any state. These are recomputed once, and again only when one more such command is answered.
    pub(super) fn if_all_succeed(&mut self, state: State) -> State {
        if state != self.state {
            self.follow(state);
        }
        self.back().map_or(state, |last| last.after)
    }

    /// Recomputes the states after the commands. Returns the number of commands that were visited.
    fn follow(&mut self, state: State) -> usize {
        self.state = state;
        let mut state = state;
        let mut looked_at = 0_usize;
        if self.awaits_greeting {
            state = if_succeeds(state, GREETING.action);
        }
        for one in &mut self.commands {
            looked_at = looked_at.saturating_add(1);
            let after = if_succeeds(state, one.action);
            if after == one.after {
                break;
            }
            one.after = after;
            state = after;
        }
        looked_at
    }
}

/// Returns the state after a success of the action. If success is 3yz, the state stays the same: nothing may follow
/// such a command before its reply, and a command that does is a violation of its own.
fn if_succeeds(state: State, action: Action) -> State {
    state.after(action, ReplyCode::OK)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANY: usize = 10_000;

    /// Returns the same state by a visit to each command.
    fn slow(queue: &Queue, state: State) -> State {
        queue.iter().fold(state, |state, one| if_succeeds(state, one.action))
    }

    /// After every reply its command is sent again, and every third reply is a success. The queue alternates between
    /// two commands.
    #[test]
    fn many_in_flight_cost_what_one_costs() {
        let actions = [Action::Mail, Action::Rcpt, Action::Noop, Action::Rset, Action::BdatLast, Action::Other];
        for first in actions {
            for second in actions {
                let mut queue = Queue::new(true);
                let mut state = State::Ready;
                for action in [first, second].into_iter().cycle().take(MANY) {
                    queue.push(Sent::new(action, Place::START), state);
                }
                let mut looked_at = 0;
                for reply in 0..MANY {
                    let one = queue.pop().map_or(Action::Other, |one| one.action);
                    let code = if reply % 3 == 0 { ReplyCode::OK } else { ReplyCode::MAILBOX_TEMPORARILY_UNAVAILABLE };
                    state = state.after(one, code);
                    looked_at += if state == queue.state { 0 } else { queue.follow(state) };
                    if reply % 100 == 0 {
                        assert_eq!(queue.if_all_succeed(state), slow(&queue, state));
                    }
                    queue.push(Sent::new(one, Place::START), state);
                }
                assert!(looked_at <= 3 * MANY, "{first:?} {second:?}: {looked_at}");
            }
        }
    }
}
