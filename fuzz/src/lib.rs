//! The laws of `tests/invariants`, for the fuzz targets.

#[path = "../../tests/invariants/mod.rs"]
mod invariants;

pub use invariants::*;
