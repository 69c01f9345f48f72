//! The conformance vectors: reads a vector, runs it against the crate, and compares the result with what it expects.
//!
//! Each kind of vector has a function from a [`Vector`] to a [`Report`], in the module named after the code under test. The
//! example `vectors` and the tests of this repository run them.

#![allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "fields of JSON, and offsets in an input")]

mod check;
mod command;
mod encode;
mod runner;
mod sequence;
mod stream;
mod value;
mod vector;

pub use check::{check, check_cuts};
pub use runner::Runner;
pub use sequence::watch;
pub use vector::{Outcome, Refusal, Report, Vector};

/// Runs a vector with its whole input at once.
pub fn run(vector: &Vector) -> Report {
    let encode = vector.text("op") == Some("encode");
    match vector.kind() {
        "domain" => value::domain(vector),
        "literal" => value::literal(vector),
        "address" => value::address(vector),
        "path" => value::path(vector),
        "xtext" => value::xtext(vector),
        "command" if encode => encode::command(vector),
        "command" => command::decode(vector),
        "data" if encode => encode::content(vector),
        "line" | "reply" | "ehlo" | "data" => stream::run(vector, &[]),
        "sequence" => sequence::run(vector),
        kind => Outcome::Error(format!("unknown kind {kind:?}")).into(),
    }
}

/// Returns `true` for a vector of a stream kind, whose input may be cut anywhere.
fn is_stream(vector: &Vector) -> bool {
    matches!(vector.kind(), "line" | "reply" | "ehlo" | "data") && vector.text("op") != Some("encode")
}
