//! The content of BDAT: so many octets.

use super::Content;

/// Takes the octets that a BDAT command announces (RFC 3030 2): exactly so many, as they are.
///
/// There is no transparency and no line limit, and nothing in the octets can end the chunk early. The octets of a chunk that
/// is refused come all the same, and a server must "accept and discard" them (RFC 3030 2): decode the chunk and ignore its
/// [`Content::Octets`]. Otherwise they would be read as commands.
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
    /// `None` after the end has been given out.
    remaining: Option<u64>,
}

impl ChunkDecoder {
    /// A decoder of one chunk of `size` octets.
    #[must_use]
    pub const fn new(size: u64) -> Self {
        Self { remaining: Some(size) }
    }

    /// How many octets of the chunk have not come yet.
    #[must_use]
    pub const fn remaining(&self) -> u64 {
        match self.remaining {
            Some(remaining) => remaining,
            None => 0,
        }
    }

    /// Takes the next octets of the chunk, or its end. `None`: more octets are needed.
    ///
    /// The end is `Content::End(Ok(()))`, once. A chunk of no octets ends at once, without looking at the input. After
    /// the end nothing is consumed and there is only `None`; the next BDAT has its own decoder.
    ///
    /// See [the contract](crate::codec#the-contract-of-every-decoder). When this returns `None` before the end, `input` is used up.
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
        // A chunk larger than the address space: all that is there belongs to it.
        let wanted = usize::try_from(remaining).unwrap_or(usize::MAX);
        let (octets, rest) = input.split_at_checked(wanted).unwrap_or((input, &[]));
        // A slice's length fits u64 and is at most `wanted`.
        self.remaining = Some(remaining.saturating_sub(octets.len() as u64));
        *input = rest;
        Some(Content::Octets(octets))
    }
}
