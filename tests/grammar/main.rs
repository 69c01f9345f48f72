//! Tests of the grammar of `syntax`: known answers in both directions, refusals with their offset and reply, and the laws that
//! hold for any octets.

mod equivalent;
mod faults;
mod idioms;
mod known;
mod laws;
mod offers;
mod owned;
mod refused;
mod registry;
mod trace;
mod values;

use invariants::cases;
