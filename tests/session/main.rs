//! Both sides of a session: each clause by clause, the table of states, known faults, and the two against each other.

mod client;
mod dialogue;
mod faults;
mod server;
mod state_table;
