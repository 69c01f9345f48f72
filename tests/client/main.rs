//! Tests of the client's side of a session, clause by clause.

mod auth;
mod content;
mod lmtp;
mod pipelining;
mod replies;
mod sent_on;
mod session;
mod table;
mod tls;
mod unsendable;
mod unsolicited;
mod world;

use invariants::cases;
