//! Tests of the codec layer against oracles that read the whole input at once, line by line.

mod blocks;
mod chunk;
mod data;
mod encode;
mod line;
mod reply;
mod text;

use invariants::{cases, oracle};
