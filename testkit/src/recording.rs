//! Recorded sessions: reading them, playing them through the observer, and printing them for a person.

#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "counts and offsets of a recording")]

mod capture;
mod dialogue;
mod mask;
mod play;
mod write;

pub use capture::{Capture, Record};
pub use dialogue::{Line, LineKind, lines, print, print_line, print_violation, readable};
pub use mask::without_secrets;
pub use play::{Player, Report, Seen, play};
pub use write::{Summary, write_json};
