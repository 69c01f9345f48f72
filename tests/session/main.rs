//! Both sides of a session: the table of states, known faults, and the two against each other; and what stands around a
//! session, SASL exchanges and the next hop.

mod dialogue;
mod facts;
mod faults;
mod reception;
mod routing;
mod sasl;
mod state_table;
