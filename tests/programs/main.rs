//! The examples that are programs of their own, against peers that are scripts.

mod send;
mod server;
