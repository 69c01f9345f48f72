//! The SMTP protocol core: sans-IO parsers, serializers and state machines for servers, clients and observers.
//!
//! Octets go in and events come out; values go in and octets come out. This crate opens no socket, reads no clock, and
//! depends on no runtime.
//!
//! ```text
//!              syntax                    codec                        session
//!   one line's text <-> values   octets <-> lines, replies,   lines and content <-> events,
//!                                message content              in the order the RFCs allow
//! ```
//!
//! Each layer uses only the layers to its left, and each can be used alone.
//!
//! - [`syntax`]: [`Command`], [`Reply`], [`Mailbox`], and every
//!   registered parameter, capability and code, as `Copy` views of the octets they were parsed from.
//! - [`codec`]: decoders that own no buffer and search every octet once. Only CRLF ends a line.
//! - [`session`]: [`Server`] and [`Client`], which share one table of states.
//! - [`session::delivery`]: an envelope in, an outcome for each recipient out, over [`Client`].
//! - [`observer`]: [`Observer`](observer::Observer) follows a session between two other programs by the same table and
//!   reports violations.
//! - [`trace`]: the Received and Return-Path fields.
//! - [`sasl`]: PLAIN, LOGIN, EXTERNAL, XOAUTH2 and OAUTHBEARER, for both sides.
//! - [`routing`]: the next hop from the answers of the DNS, the time of the next attempt, and mail loops.
//!
//! # The run loop
//!
//! Servers and clients are used in the same way: pass the octets that have arrived, take events until there are no
//! more, answer or act, write the octets that were appended to `out`, and read again.
//!
//! ```
//! use smtp_core::{Server, ServerConfig, ServerEvent};
//! use smtp_core::syntax::Host;
//!
//! let mut server = Server::new(ServerConfig::new(Host::new("mx.example")?));
//! let mut out = Vec::new();
//! server.reply_default(&mut out)?; // the greeting
//! let mut rest = &b"EHLO client.example\r\nNOOP\r\nMAIL FRO"[..];
//! while let Some(event) = server.next_event(&mut rest)? {
//!     match event {
//!         ServerEvent::Content(_) | ServerEvent::Abandoned => {}
//!         _ => server.reply_default(&mut out)?,
//!     }
//! }
//! assert_eq!(rest, b"MAIL FRO"); // pass it again, with more octets after it
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Standards
//!
//! RFC 5321 with its verified errata and, of the held ones, EID 5414 (no empty quoted-string) and, as a leniency, EID 4315;
//! RFC 1845, 1870, 1985, 2033, 2034, 2645, 2852, 2920, 3030, 3207, 3461, 3463, 3848, 3865, 3885, 4141, 4405, 4468, 4865, 4954,
//! 5248, 6152, 6409, 6531, 6533, 6710, 6729, 7293, 7504, 8314, 8689, 9422; XCLIENT and XFORWARD as Postfix documents them.
//!
//! # Features
//!
//! - `std` (default) enables `std` in the dependencies.
//! - `alloc` (enabled by `std`) adds [`session`], [`observer`], [`sasl`], [`routing`], owned values, and the functions
//!   that write into a `Vec<u8>`. Without it, [`syntax`], [`codec`] and [`trace`] remain, on `core` alone.
//! - `simd` (enables `std`) searches with the vector instructions of x86-64; in content with AVX2 if the processor has
//!   it.
//! - `bytes` (enables `alloc`) appends output to a `BytesMut` as well; see [`syntax::Output`].
//! - `serde` (enables `alloc`) stores what a mail server has to keep; see `stored` for the form.
//!
//! The package `smtp-testkit` generates valid and nearly valid input, for tests and fuzzers of programs that use this
//! crate.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(not(feature = "alloc"), allow(dead_code, reason = "some of what writes serves owned values only"))]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

#[cfg(test)]
mod chance;
pub mod codec;
mod fast;
#[cfg(feature = "alloc")]
pub mod observer;
#[cfg(feature = "alloc")]
pub mod routing;
#[cfg(feature = "alloc")]
pub mod sasl;
#[cfg(feature = "alloc")]
pub mod session;
#[cfg(feature = "serde")]
pub mod stored;
pub mod syntax;
pub mod trace;

// The types that nearly every program needs. Their documentation stays in their modules.
#[cfg(feature = "alloc")]
#[doc(no_inline)]
pub use session::{Client, ClientConfig, ClientEvent, Server, ServerConfig, ServerEvent};
#[doc(no_inline)]
pub use syntax::{Command, Mailbox, Reply};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
