//! Lines and content to events, in the order the RFCs allow.

mod error;
mod server;
mod state;
mod timer;

pub use error::{Error, Misuse, Rejected};
pub use server::{Event, Hello, Require, Server, ServerConfig};
pub use state::{Action, State};
pub use timer::Timer;
