//! The conformance vectors: what one says, what the crate makes of it, and whether the two agree.
//!
//! Each kind of vector has a function from a [`Vector`] to a [`Report`]; they are found in the module named after what
//! they drive. The example `vectors` and the tests of this repository run them.

#![allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "fields of JSON, and places in an input")]

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

/// Runs a vector with its input whole.
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

/// Is it a vector of a stream kind, so that its input may be cut anywhere?
fn is_stream(vector: &Vector) -> bool {
    matches!(vector.kind(), "line" | "reply" | "ehlo" | "data") && vector.text("op") != Some("encode")
}
