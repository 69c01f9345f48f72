//! The program as its users have it: real processes, real sockets on 127.0.0.1, every wait bounded.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by a panic"
)]

mod api;
mod audit;
mod command_line;
mod conform;
mod conform_client;
mod harness;
mod log;
mod mock;
mod proxy;
mod results;
mod send;
mod tls;
