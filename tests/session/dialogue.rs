//! Client against server, in memory: whatever they say to each other, both are in the same state, and what was sent is what
//! arrived.

// What the lints guard against in the library fails a test, as it should.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

#[path = "dialogue/anything.rs"]
mod anything;
mod cases;
#[path = "dialogue/every_script.rs"]
mod every_script;
#[path = "dialogue/memory.rs"]
mod memory;
#[path = "dialogue/pair.rs"]
mod pair;
#[path = "dialogue/random_script.rs"]
mod random_script;
#[path = "dialogue/site.rs"]
mod site;
#[path = "dialogue/step.rs"]
mod step;
