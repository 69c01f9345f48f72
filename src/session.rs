//! Lines and content to events, in the order the RFCs allow.

mod error;
mod state;
mod timer;

pub use error::{Error, Misuse, Rejected};
pub use state::{Action, State};
pub use timer::Timer;
