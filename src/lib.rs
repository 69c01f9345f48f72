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
//! - [`session::reception`]: questions to the owner of a server and their answers, over [`Server`].
//! - [`session::delivery`]: an envelope in, an outcome for each recipient out, over [`Client`].
//! - [`observer`]: [`Observer`](observer::Observer) follows a session between two other programs by the same table and
//!   reports violations.
//! - [`trace`]: the Received and Return-Path fields.
//! - [`sasl`]: PLAIN, LOGIN, EXTERNAL, XOAUTH2 and OAUTHBEARER, for both sides.
//! - [`routing`]: the next hop from the answers of the DNS, the time of the next attempt, and mail loops.
//!
//! The [`guide`] has a page for each thing that people build with it: servers, mailers, LMTP, proxies, auditors, fuzzers.
//! Most programs begin with [`Reception`](session::reception::Reception) or [`Delivery`](session::delivery::Delivery).
//!
//! # The run loop
//!
//! [`Server`] and [`Client`] are used in the same way: pass the octets that have arrived, take events until there are no
//! more, answer or act, write the octets that were appended to `out`, and read again. `Reception` and `Delivery` keep
//! `out` themselves.
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
//! [RFC 5321](https://www.rfc-editor.org/rfc/rfc5321) with its verified errata and, of the held ones, EID 5414 (no empty
//! quoted-string) and, as a leniency, EID 4315. Its extensions:
//!
//! | extension | defined in |
//! |---|---|
//! | LMTP | [RFC 2033](https://www.rfc-editor.org/rfc/rfc2033) |
//! | SIZE, PIPELINING, 8BITMIME | [RFC 1870](https://www.rfc-editor.org/rfc/rfc1870), [RFC 2920](https://www.rfc-editor.org/rfc/rfc2920), [RFC 6152](https://www.rfc-editor.org/rfc/rfc6152) |
//! | CHUNKING, BINARYMIME, BURL | [RFC 3030](https://www.rfc-editor.org/rfc/rfc3030), [RFC 4468](https://www.rfc-editor.org/rfc/rfc4468) |
//! | ENHANCEDSTATUSCODES | [RFC 2034](https://www.rfc-editor.org/rfc/rfc2034), [RFC 3463](https://www.rfc-editor.org/rfc/rfc3463), [RFC 5248](https://www.rfc-editor.org/rfc/rfc5248) |
//! | SMTPUTF8 | [RFC 6531](https://www.rfc-editor.org/rfc/rfc6531), [RFC 6533](https://www.rfc-editor.org/rfc/rfc6533) |
//! | DSN, MTRK | [RFC 3461](https://www.rfc-editor.org/rfc/rfc3461), [RFC 3885](https://www.rfc-editor.org/rfc/rfc3885) |
//! | STARTTLS, REQUIRETLS | [RFC 3207](https://www.rfc-editor.org/rfc/rfc3207), [RFC 8314](https://www.rfc-editor.org/rfc/rfc8314), [RFC 8689](https://www.rfc-editor.org/rfc/rfc8689) |
//! | AUTH, submission | [RFC 4954](https://www.rfc-editor.org/rfc/rfc4954), [RFC 6409](https://www.rfc-editor.org/rfc/rfc6409) |
//! | LIMITS | [RFC 9422](https://www.rfc-editor.org/rfc/rfc9422) |
//! | MT-PRIORITY, RRVS, NO-SOLICITING, SUBMITTER | [RFC 6710](https://www.rfc-editor.org/rfc/rfc6710), [RFC 6729](https://www.rfc-editor.org/rfc/rfc6729), [RFC 7293](https://www.rfc-editor.org/rfc/rfc7293), [RFC 3865](https://www.rfc-editor.org/rfc/rfc3865), [RFC 4405](https://www.rfc-editor.org/rfc/rfc4405) |
//! | DELIVERBY, FUTURERELEASE, CONPERM, CONNEG, CHECKPOINT | [RFC 2852](https://www.rfc-editor.org/rfc/rfc2852), [RFC 4865](https://www.rfc-editor.org/rfc/rfc4865), [RFC 4141](https://www.rfc-editor.org/rfc/rfc4141), [RFC 1845](https://www.rfc-editor.org/rfc/rfc1845) |
//! | ETRN, ATRN | [RFC 1985](https://www.rfc-editor.org/rfc/rfc1985), [RFC 2645](https://www.rfc-editor.org/rfc/rfc2645) |
//! | names in Received; 521 and 556; null MX | [RFC 3848](https://www.rfc-editor.org/rfc/rfc3848), [RFC 7504](https://www.rfc-editor.org/rfc/rfc7504), [RFC 7505](https://www.rfc-editor.org/rfc/rfc7505) |
//! | XCLIENT, XFORWARD | as Postfix documents them |
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
// It has no code, so only rustdoc reads it.
#[cfg(all(any(doc, doctest), feature = "alloc"))]
pub mod guide;
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
