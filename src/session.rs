//! The two ends of an SMTP session. Turns lines and content into events, in the order that the RFCs allow. Opens no
//! socket and keeps no time.
//!
//! [`Server`] and [`Client`] have the same shape: pass the octets that have arrived to `next_event`, handle the event,
//! which borrows from them, and write what the methods append to a `Vec<u8>`. Both follow the same table of [`State`],
//! so that each end always knows the state of the other. An [`Observer`](crate::observer::Observer) follows the session
//! of two other programs by the same table and reports violations of the RFCs. [`delivery`] and [`reception`] do what
//! every mailer does with a client and every receiver with a server.
//!
//! Three kinds of errors are kept apart. An error of the client is ordinary traffic: [`ServerEvent::Rejected`] carries
//! the reply that is owed, and the session continues unless the reply is [final](Rejected::is_final). If continuing
//! could misread the octets that follow, the session ends: a server answers 421, a client returns a [`ClientError`]. A
//! call that the caller makes out of turn returns a [`Misuse`]: nothing was written and nothing has changed.
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

// `Arc` shares a configuration. A target without atomic pointers has no `Arc`, and no second thread that could need
// one.
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
