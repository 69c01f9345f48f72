//! The rules: pure functions, each of which says what a clause has against one thing.
//!
//! They see a line, a reply, an [`Exchange`](super::exchange::Exchange) and the [`Facts`](super::facts::Facts) of the session, as
//! if both ends were read right. Whether they are is for pairing to know: where a reply may be another's, or the session
//! somewhere else, the observer asks [`depends_on_session`](super::ViolationKind::depends_on_session) or does not ask the rules at all. No rule changes anything.

pub(super) mod code;
pub(super) mod command;
pub(super) mod content;
pub(super) mod form;
pub(super) mod hello;
pub(super) mod order;
