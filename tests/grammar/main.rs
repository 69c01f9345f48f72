//! The grammar of `syntax`: known answers both ways, refusals with their place and answer, and the laws that hold for any
//! octets.

// What the lints guard against in the library fails a test, as it should.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod cases;
#[path = "grammar/faults.rs"]
mod faults;
#[path = "grammar/known.rs"]
mod known;
#[path = "grammar/laws.rs"]
mod laws;
#[path = "grammar/offers.rs"]
mod offers;
#[path = "grammar/owned.rs"]
mod owned;
#[path = "grammar/refused.rs"]
mod refused;
#[path = "grammar/trace.rs"]
mod trace;
#[path = "grammar/values.rs"]
mod values;
