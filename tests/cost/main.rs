//! Tests of the costs: linear work, no allocation while reading, small sessions.

mod complexity;
mod memory;
mod no_alloc;
