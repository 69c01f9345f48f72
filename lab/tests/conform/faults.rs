//! The faults: one switch each, with the checks that may fail for it.

mod content;
mod extensions;
mod limits;
mod replies;
mod session;
mod transaction;

use super::twin::{Fault, Line};

pub(crate) fn all() -> Vec<Fault> {
    [
        session::faults(),
        transaction::faults(),
        content::faults(),
        extensions::faults(),
        limits::faults(),
        replies::faults(),
    ]
    .concat()
}

fn answer(reply: &str) -> Line {
    Line::Answer(format!("{reply}\r\n"))
}

/// `line` with this verb in capitals, so that it is read.
fn instead(line: &str) -> Line {
    Line::Lines(vec![octets(line)])
}

fn octets(line: &str) -> Vec<u8> {
    line.chars().map(|character| u8::try_from(character).unwrap()).collect()
}
