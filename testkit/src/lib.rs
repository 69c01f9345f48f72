//! Test equipment for SMTP software, built on [`smtp_core`].
//!
//! - [`generate`] generates valid and nearly valid commands, replies, addresses and whole sessions from octets.
//! - [`pair`] connects a client and a server in memory.
//! - [`vectors`] reads the conformance vectors and runs them against `smtp_core`.
//! - [`recording`] reads recorded sessions and plays them through the observer.
//!
//! `vectors` and `recording` need the feature `json`, which is on by default.
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod generate;
pub mod pair;
#[cfg(feature = "json")]
pub mod recording;
#[cfg(feature = "json")]
pub mod vectors;
