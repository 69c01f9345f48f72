//! The client's side of a session, clause by clause.

mod auth;
mod content;
mod lmtp;
mod pipelining;
mod replies;
mod session;
mod table;
mod tls;
mod unsendable;

use invariants::cases;
