//! The rules: pure functions that compare one thing with the clauses about it and return the violation.
//!
//! They take a line, a reply, an [`Exchange`](super::exchange::Exchange) and the [`Facts`](super::facts::Facts) of the
//! session as certain. `judge.rs` calls them. Where a reply may belong to another command, or the state may be wrong,
//! it drops the kinds for which [`depends_on_session`](super::ViolationKind::depends_on_session) returns `true`, or
//! does not ask the rules at all. No rule changes anything.

pub(super) mod code;
pub(super) mod command;
pub(super) mod content;
pub(super) mod form;
pub(super) mod hello;
pub(super) mod order;
