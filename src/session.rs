//! Lines and content to events, in the order the RFCs allow.

mod error;
mod observer;
mod state;
mod timer;

pub use error::{Error, Misuse, Rejected};
pub use observer::{Level, Observed, Observer, Side, Violation, ViolationKind};
pub use state::{Action, State};
pub use timer::Timer;
