//! The examples that are programs of their own, against peers that are scripts.

mod mock_server;
mod proxy;
mod send;
mod server;
