//! The examples that are programs of their own, against peers that are scripts.

mod proxy;
mod send;
mod server;
