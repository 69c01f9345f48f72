//! Faults that SMTP software is known for, each where it would do harm: at a server that takes mail, or at a client that
//! sends it. What parsers alone do is in `grammar/faults.rs`.

mod injection;
mod peers;
mod receiving;
mod sending;
