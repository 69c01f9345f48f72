//! The grammar of `syntax`: known answers both ways, refusals with their place and answer, and the laws that hold for any
//! octets.

mod equivalent;
mod faults;
mod known;
mod laws;
mod offers;
mod owned;
mod refused;
mod registry;
mod trace;
mod values;

use invariants::cases;
