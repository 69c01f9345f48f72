//! The examples that are programs of their own, against peers that are scripts; and the texts that describe them.

mod docs;
mod guide;
mod proxy;
mod readme;
mod samples;
mod send;
mod server;
