//! Client against server, in memory: whatever they say to each other, both are in the same state, and what was sent is what
//! arrived.

mod anything;
mod every_script;
mod random_script;

use invariants::cases;
