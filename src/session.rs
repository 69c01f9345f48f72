//! Lines and content to events, in the order the RFCs allow.
//!
//! [`Server`] and [`Client`] are the two ends of a session. Both are shown what has arrived (`next_event`), give back events
//! that borrow from it, and append what is to be written to a `Vec<u8>`. Both follow the one table of [`State`], so that at
//! every moment each end knows where the other stands. An [`Observer`](crate::observer::Observer) follows the session of two others by the same table,
//! and reports what breaks a clause. [`delivery`] stands on the client and does what every mailer has to do.
//!
//! Three kinds of trouble are kept apart. What a client does wrong is ordinary traffic: [`ServerEvent::Rejected`] carries the
//! reply that is owed, and the session goes on, unless the reply is [final](Rejected::is_final). Where going on could
//! misread what comes, the session ends: a server answers 421, a client gets a [`ClientError`]. And what the caller does
//! out of turn is [`Misuse`]: nothing has happened and nothing was written.
//!
//! ```
//! use smtp_core::session::{Client, ClientConfig, ClientEvent, Server, ServerConfig};
//! use smtp_core::syntax::{Command, Host};
//!
//! let mut server = Server::new(ServerConfig::new(Host::new("mx.example")?));
//! let mut client = Client::new(ClientConfig::default());
//! let (mut to_client, mut to_server) = (Vec::new(), Vec::new());
//!
//! server.reply_default(&mut to_client)?; // the greeting
//! if let Some(ClientEvent::Greeting(_)) = client.next_event(&mut &to_client[..])? {
//!     client.send(&Command::Ehlo(Host::new("client.example")?), &mut to_server)?;
//! }
//! server.next_event(&mut &to_server[..])?;
//! to_client.clear();
//! server.reply_default(&mut to_client)?;
//! client.next_event(&mut &to_client[..])?;
//! assert_eq!(client.state(), server.state());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

// What shares a configuration. A target without atomic pointers has no `Arc`, and no second thread that could need one.
#[cfg(not(target_has_atomic = "ptr"))]
use alloc::rc::Rc as Arc;
#[cfg(target_has_atomic = "ptr")]
use alloc::sync::Arc;

mod client;
pub(crate) mod codes;
pub mod delivery;
mod error;
pub(crate) mod facts;
pub mod reception;
mod server;
pub(crate) mod state;
mod timer;

pub use client::{Client, ClientConfig, ClientError, ClientEvent, Fate, InitialResponse};
pub use error::{Misuse, NotOffered, Rejected, StartTlsError};
pub use facts::Facts;
pub use server::{Hello, Refused, Require, Server, ServerConfig, ServerEvent};
pub use state::{Action, State};
pub use timer::Timer;
