//! Lines and content to events, in the order the RFCs allow.

mod client;
mod error;
mod server;
mod state;
mod timer;

pub use client::{Client, ClientConfig, ClientEvent, Fate};
pub use error::{Error, Misuse, Rejected};
pub use server::{Event, Hello, Require, Server, ServerConfig};
pub use state::{Action, State};
pub use timer::Timer;
