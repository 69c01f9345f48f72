//! The client's side of mail delivery. Takes envelopes and gives an [`Outcome`] for each recipient.
//!
//! There are four types. Each can be used without those below it:
//!
//! | type | does |
//! |---|---|
//! | [`Connection`] | a [`Client`](super::Client) with its two buffers |
//! | [`Opening`] | greeting, hello, TLS, AUTH |
//! | [`Transaction`] | one message to many recipients |
//! | [`Delivery`] | all of it over one connection, for any number of messages |
//!
//! They do no I/O and read no clock. The caller moves octets between the [`Connection`] and the peer, waits as long as
//! the [`Timer`](super::Timer) of a step says, does the TLS handshake, and passes the content.
//!
//! An [`Outcome`] says whether a message was delivered to a recipient, why, and what else would fail in the same way.
//! It also writes the fields of a report. For the choice of the next host after a failure see
//! [`routing`](crate::routing).

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
