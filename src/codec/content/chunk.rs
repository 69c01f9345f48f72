//! The decoder of BDAT content: a counted number of octets. The session uses it after a BDAT command. It does not check
//! the octets; `TextCheck` does that for text.

use super::Content;

/// Reads the chunk of a BDAT command ([RFC 3030 section 2](https://www.rfc-editor.org/rfc/rfc3030#section-2)): exactly
/// the announced number of octets, unchanged.
///
/// There is no transparency and no line limit, and nothing in the octets can end the chunk early. The client sends the
/// octets of a chunk even if the server refuses it, and the server must "accept and discard" them (RFC 3030 section 2):
/// decode the chunk and ignore its [`Content::Octets`]. Otherwise they would be read as commands.
///
/// ```
/// use smtp_core::codec::{ChunkDecoder, Content};
///
/// let mut decoder = ChunkDecoder::new(5);
/// let mut input = &b"\n.\r\n.QUIT\r\n"[..];
/// assert_eq!(decoder.decode(&mut input), Some(Content::Octets(b"\n.\r\n.")));
/// assert_eq!(decoder.decode(&mut input), Some(Content::End(Ok(()))));
/// assert_eq!(decoder.decode(&mut input), None);
/// assert_eq!(input, b"QUIT\r\n");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChunkDecoder {
    /// `None` after the end has been returned.
    remaining: Option<u64>,
}

impl ChunkDecoder {
    /// Creates a decoder for one chunk of `size` octets.
    #[must_use]
    pub const fn new(size: u64) -> Self {
        Self { remaining: Some(size) }
    }

    /// Returns the next octets of the chunk, or its end. Returns `None` if more octets are needed.
    ///
    /// The end is `Content::End(Ok(()))` and is returned once. A chunk of size 0 ends at once, whatever the input.
    /// After the end, this always returns `None` and consumes nothing; create a new decoder for the next BDAT.
    ///
    /// See [the contract](crate::codec#the-contract-of-every-decoder). When this returns `None` before the end, all of
    /// `input` is consumed.
    #[inline]
    pub fn decode<'a>(&mut self, input: &mut &'a [u8]) -> Option<Content<'a>> {
        let remaining = self.remaining?;
        if remaining == 0 {
            self.remaining = None;
            return Some(Content::End(Ok(())));
        }
        if input.is_empty() {
            return None;
        }
        // If the chunk is larger than the address space, all of the input belongs to it.
        let wanted = usize::try_from(remaining).unwrap_or(usize::MAX);
        let (octets, rest) = input.split_at_checked(wanted).unwrap_or((input, &[]));
        // A slice's length fits u64 and is at most `wanted`.
        self.remaining = Some(remaining.saturating_sub(octets.len() as u64));
        *input = rest;
        Some(Content::Octets(octets))
    }

    /// Returns the number of octets of the chunk that have not been decoded yet.
    #[must_use]
    pub const fn remaining(&self) -> u64 {
        match self.remaining {
            Some(remaining) => remaining,
            None => 0,
        }
    }
}
