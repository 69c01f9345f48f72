//! The SMTP protocol core (draft page; grows with the crate).
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

pub mod codec;
#[cfg(feature = "alloc")]
pub mod session;
pub mod syntax;
