//! The SMTP protocol core: sans-IO parsers, serializers and state machines for servers, clients and observers.
//!
//! Octets go in and events come out; values go in and octets come out. There is no socket here, no clock and no runtime.
//!
//! ```text
//!              syntax                    codec                        session
//!   one line's text <-> values   octets <-> lines, replies,   lines and content <-> events,
//!                                message content              in the order the RFCs allow
//! ```
//!
//! Each layer uses only those to its left, and each can be used alone.
//!
//! - [`syntax`]: [`Command`](syntax::Command), [`Reply`](syntax::Reply), [`Mailbox`](syntax::Mailbox), every registered
//!   parameter, capability and code, as `Copy` views of the octets they were parsed from.
//! - [`codec`]: decoders that own no buffer and look at every octet once. Only CRLF ends a line.
//! - [`session`]: [`Server`](session::Server) and [`Client`](session::Client), over the one table of states they share.
//! - [`session::delivery`]: an envelope in, an outcome for each recipient out, over [`Client`](session::Client).
//! - [`observer`]: [`Observer`](observer::Observer) follows the session of two others by the same table and reports violations.
//! - [`trace`]: the Received and Return-Path fields.
//! - [`sasl`]: both halves of PLAIN, LOGIN, EXTERNAL, XOAUTH2 and OAUTHBEARER.
//! - [`routing`]: the next hop from the answers of the DNS, when to try again, and loops.
//!
//! # The run loop
//!
//! Both sides of a session have the same shape: show what has arrived, take events until there are no more, answer or act,
//! write what was appended to `out`, read again.
//!
//! ```
//! use smtp_core::session::{ServerEvent, Server, ServerConfig};
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
//! assert_eq!(rest, b"MAIL FRO"); // to be shown again, with more behind it
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Standards
//!
//! RFC 5321 with its verified errata, of the held ones EID 5414 (no empty quoted-string) and, as a leniency, EID 4315; RFC
//! 1845, 1870, 1985, 2033, 2034, 2645, 2852, 2920, 3030, 3207, 3461, 3463, 3848, 3865, 3885, 4141, 4405, 4468, 4865, 4954,
//! 5248, 6152, 6409, 6531, 6533, 6710, 6729, 7293, 7504, 8314, 8689, 9422; XCLIENT and XFORWARD as Postfix documents them.
//!
//! # Features
//!
//! `std` (default) turns on `std` in the dependencies. `alloc` (with `std`) adds [`session`], [`sasl`], [`routing`], owned values and whatever writes
//! into a `Vec<u8>`; without it [`syntax`] and [`codec`] remain, on `core` alone. `simd` (with `std`) searches with the
//! vectors of x86-64, in content with AVX2 where the processor has it.
//!
//! The package `smtp-testkit` makes valid and nearly valid input for the tests and fuzzers of what is built on this crate.
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
pub mod syntax;
pub mod trace;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
