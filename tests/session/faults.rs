//! Faults that SMTP software is known for, each where it would do harm: at a server that takes mail, or at a client that
//! sends it. What parsers alone do is in `grammar/faults.rs`.

// What the lints guard against in the library fails a test, as it should.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

#[path = "faults/injection.rs"]
mod injection;
#[path = "faults/peers.rs"]
mod peers;
#[path = "faults/receiving.rs"]
mod receiving;
#[path = "faults/sending.rs"]
mod sending;
