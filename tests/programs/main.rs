//! The examples that are programs of their own, against peers that are scripts; and README.md.

mod proxy;
mod readme;
mod send;
mod server;
