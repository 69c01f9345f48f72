//! The client's side of a session, clause by clause.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test whose steps fail fails")]

#[path = "client/auth.rs"]
mod auth;
mod cases;
#[path = "client/content.rs"]
mod content;
#[path = "client/lmtp.rs"]
mod lmtp;
#[path = "client/pipelining.rs"]
mod pipelining;
#[path = "client/replies.rs"]
mod replies;
#[path = "client/session.rs"]
mod session;
#[path = "client/table.rs"]
mod table;
#[path = "client/tls.rs"]
mod tls;
#[path = "client/unsendable.rs"]
mod unsendable;
