//! The codec layer against oracles that read the whole input at once, line by line.

// What the lints guard against in the library fails a test, as it should.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

#[path = "codec/blocks.rs"]
mod blocks;
mod cases;
#[path = "codec/chunk.rs"]
mod chunk;
#[path = "codec/data.rs"]
mod data;
#[path = "codec/encode.rs"]
mod encode;
#[path = "codec/line.rs"]
mod line;
#[path = "codec/oracle.rs"]
mod oracle;
#[path = "codec/reply.rs"]
mod reply;
