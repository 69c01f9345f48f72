//! Whole sessions.

use super::vector::{Outcome, Report, Vector};

/// Plays a session on the side that the vector names.
pub(crate) fn run(_: &Vector) -> Report {
    Outcome::Error("sequences need the session layer".to_owned()).into()
}
