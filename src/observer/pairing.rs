//! Pairing.

pub(super) mod chunk;
mod client;
mod outcome;
pub(super) mod queue;
mod server;
