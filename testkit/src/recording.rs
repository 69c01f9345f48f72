//! Recorded sessions: reading them, playing them through the observer, and printing them for a person.

#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "counts and offsets of a recording")]

mod capture;
mod dialogue;
mod play;

pub use capture::{Capture, Record};
pub use dialogue::print;
pub use play::{Report, play};
