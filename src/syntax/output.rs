//! The destinations of encoded values: a buffer that grows, or a slice of fixed length.

use super::wire::{Sink, Wire};
#[cfg(feature = "alloc")]
use alloc::vec::Vec;

/// A buffer that encoded octets are appended to: a `Vec<u8>`, with the feature `bytes` a `BytesMut`, or a buffer of yours.
///
/// Encoding cannot fail, so a buffer that cannot grow is not an `Output`: for those there is `encode_to`, which writes
/// into a slice (see [`Command::encode_to`](super::Command::encode_to)).
///
/// ```
/// use smtp_core::syntax::{Output, Reply};
///
/// /// Counts the octets that are sent.
/// struct Counted(usize);
///
/// impl Output for Counted {
///     fn write_octets(&mut self, octets: &[u8]) {
///         self.0 += octets.len();
///     }
/// }
///
/// let mut out = Counted(0);
/// Reply::OK.encode(&mut out);
/// assert_eq!(out.0, "250 2.0.0 OK\r\n".len());
/// ```
pub trait Output {
    /// Appends octets.
    fn write_octets(&mut self, octets: &[u8]);

    /// Makes room for so many octets, if the buffer can and does not have it. By default it does nothing.
    #[inline]
    fn reserve(&mut self, octets: usize) {
        let _ = octets;
    }

    /// Appends one octet.
    #[inline]
    fn write_octet(&mut self, octet: u8) {
        self.write_octets(&[octet]);
    }
}

#[cfg(feature = "alloc")]
impl Output for Vec<u8> {
    #[inline]
    fn write_octets(&mut self, octets: &[u8]) {
        self.extend_from_slice(octets);
    }

    #[inline]
    fn write_octet(&mut self, octet: u8) {
        self.push(octet);
    }

    #[inline]
    fn reserve(&mut self, octets: usize) {
        Self::reserve(self, octets);
    }
}

/// Not for every `BufMut`, because a slice is one too and panics when it is full.
#[cfg(feature = "bytes")]
impl Output for bytes::BytesMut {
    #[inline]
    fn write_octets(&mut self, octets: &[u8]) {
        self.extend_from_slice(octets);
    }

    #[inline]
    fn reserve(&mut self, octets: usize) {
        Self::reserve(self, octets);
    }
}

/// The buffer is too small for the value. Nothing was written.
///
/// ```
/// use smtp_core::syntax::Reply;
///
/// let mut buffer = [0; 10];
/// let error = Reply::OK.encode_to(&mut &mut buffer[..]).unwrap_err();
/// assert_eq!(error.needed(), 14);
/// assert_eq!(error.to_string(), "the buffer has no room for 14 octets");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("the buffer has no room for {needed} octets")]
pub struct NoRoom {
    needed: usize,
}

impl NoRoom {
    /// Returns the number of octets that the value needs.
    #[must_use]
    pub const fn needed(self) -> usize {
        self.needed
    }
}

/// Writes a line and its CRLF to the front of a slice, and advances the slice past them.
pub(crate) fn line_to(value: &impl Wire, out: &mut &mut [u8]) -> Result<(), NoRoom> {
    let needed = value.length().saturating_add(b"\r\n".len());
    if needed > out.len() {
        return Err(NoRoom { needed });
    }
    value.write::<dyn Sink>(out);
    out.put(b"\r\n");
    Ok(())
}
