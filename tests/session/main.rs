//! Both sides of a session: the table of states, known faults, and the two against each other.

mod dialogue;
mod faults;
mod state_table;
