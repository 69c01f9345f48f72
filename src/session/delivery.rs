//! An envelope in, an outcome for each recipient out.
//!
//! Four pieces, of which each can be used without those after it:
//!
//! | type | does |
//! |---|---|
//! | [`Connection`] | a [`Client`](super::Client) with its two buffers |
//! | [`Opening`] | greeting, hello, TLS, AUTH |
//! | [`Transaction`] | one message to many recipients |
//! | [`Delivery`] | all of it over one connection, for any number of messages |
//!
//! They do no I/O and read no clock. The caller moves octets between the [`Connection`] and the peer, waits as long as the
//! [`Timer`](super::Timer) of a step says, does the TLS handshake, and gives the content.
//!
//! [`Outcome`] says what became of a message for a recipient, why, and what else would fare the same, and writes the fields of a
//! report on it. What to do next with what failed is in [`routing`](crate::routing).

mod connection;
mod envelope;
mod many;
mod opening;
mod outcome;
mod transaction;

pub use connection::Connection;
pub use envelope::{Envelope, Message, Quorum};
pub use many::{Delivery, Step};
pub use opening::{Opening, OpeningStep, TlsPolicy};
pub use outcome::{Cause, Outcome, Scope, Status};
pub use transaction::{Transaction, TransactionStep};
