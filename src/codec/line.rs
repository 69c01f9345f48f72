//! The decoder of lines that end in CRLF. The server session uses it for commands. It does not know what a line means.

use memchr::memchr;
use thiserror::Error;

use super::{CR, LF};

/// Cuts a stream into lines ([RFC 5321 section 2.3.8](https://www.rfc-editor.org/rfc/rfc5321#section-2.3.8)), each
/// within a limit.
///
/// Only CRLF ends a line. A bare CR or LF is part of the line, and the parser of the line then refuses it.
///
/// See [the contract](super#the-contract-of-every-decoder) for how `input` is passed and advanced. Each octet is
/// searched once, so a line that comes octet by octet costs linear time.
///
/// ```
/// use smtp_core::codec::LineDecoder;
///
/// let mut decoder = LineDecoder::new();
/// let mut input = &b"EHLO client.example\r\nMAIL FR"[..];
/// assert_eq!(decoder.decode(&mut input, 512), Ok(Some(&b"EHLO client.example"[..])));
/// assert_eq!(decoder.decode(&mut input, 512), Ok(None));
/// // The beginning of the second line is still unread.
/// assert_eq!(input, b"MAIL FR");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineDecoder {
    /// The number of unread octets that are known not to contain the CRLF of the line.
    scanned: usize,
    discarding: Discarding,
    /// Whether the unfinished line, as last shown, ends in a bare LF.
    after_lf: bool,
}

/// The part of a line that was too long which is still to be dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Discarding {
    #[default]
    Nothing,
    Line,
    /// As `Line`, and the last octet dropped was CR: if LF comes next, it ends the line.
    LineAfterCr,
}

/// The error for a line that is longer than the limit given to [`LineDecoder::decode`].
///
/// A server replies "500 Line too long." ([RFC 5321 section
/// 4.5.3.1.9](https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.9)).
///
/// ```
/// use smtp_core::codec::LineDecoder;
///
/// let mut decoder = LineDecoder::new();
/// let error = decoder.decode(&mut &b"NOOP 12345\r\n"[..], 8).unwrap_err();
/// assert_eq!(error.limit, 8);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[error("the line is longer than {limit} octets, CRLF included")]
#[non_exhaustive]
pub struct LineTooLong {
    /// The limit that was exceeded, in octets, CRLF included.
    pub limit: usize,
}

impl LineDecoder {
    /// Creates a decoder at the start of a line.
    #[must_use]
    pub const fn new() -> Self {
        Self { scanned: 0, discarding: Discarding::Nothing, after_lf: false }
    }

    /// Returns the next line, without its CRLF. Returns `Ok(None)` if more octets are needed.
    ///
    /// `limit` is the length of the longest line allowed, in octets and including its CRLF. [RFC 5321 section
    /// 4.5.3.1.4](https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.4) and 4.5.3.1.5 set 512 for commands and
    /// replies, and extensions raise it. It may differ from call to call. No line fits a limit below 2.
    ///
    /// # Errors
    ///
    /// Returns [`LineTooLong`], once for each such line, as soon as `limit` octets are there and no CRLF ends within
    /// them. Exactly `limit` octets are consumed with the error (one octet if `limit` is 0). The following calls
    /// silently consume the rest of the line up to and including its CRLF, and continue with the next line.
    ///
    /// ```
    /// use smtp_core::codec::LineDecoder;
    ///
    /// let mut decoder = LineDecoder::new();
    /// let mut input = &b"NOOP 123456789\r\nQUIT\r\n"[..];
    /// assert_eq!(decoder.decode(&mut input, 8).unwrap_err().limit, 8);
    /// assert_eq!(decoder.decode(&mut input, 8), Ok(Some(&b"QUIT"[..])));
    /// ```
    #[inline]
    pub fn decode<'a>(&mut self, input: &mut &'a [u8], limit: usize) -> Result<Option<&'a [u8]>, LineTooLong> {
        if self.discarding != Discarding::Nothing && !self.discard(input) {
            return Ok(None);
        }
        let octets = *input;
        // A limit of 0 counts as 1: an empty input is not a line that is too long.
        let window = octets.get(..limit.max(1)).unwrap_or(octets);
        if let Some((line, length)) = first_line(window, self.scanned) {
            (self.scanned, self.after_lf) = (0, false);
            *input = octets.get(length..).unwrap_or_default();
            return Ok(Some(line));
        }
        if self.unfinished(input, limit.max(1)) { Ok(None) } else { Err(LineTooLong { limit }) }
    }

    /// Remembers that no line ends within the first `limit` octets, at least one. Returns `false` if so many have
    /// arrived, and drops them.
    #[inline(never)]
    fn unfinished(&mut self, input: &mut &[u8], limit: usize) -> bool {
        let octets = *input;
        self.after_lf = octets.last() == Some(&LF);
        if octets.len() < limit {
            self.scanned = octets.len();
            return true;
        }
        self.scanned = 0;
        let (dropped, rest) = octets.split_at_checked(limit).unwrap_or((octets, &[]));
        self.discarding = Discarding::after(dropped);
        *input = rest;
        false
    }

    /// Drops the rest of a line that was too long, for a caller whose limit depends on how the next line begins.
    /// Returns `false` if the end of the long line has not arrived yet.
    ///
    /// ```
    /// use smtp_core::codec::LineDecoder;
    ///
    /// let mut decoder = LineDecoder::new();
    /// let mut input = &b"NOOP 123456789\r\nMAIL FROM:<joe@client.example>\r\n"[..];
    /// assert!(decoder.decode(&mut input, 10).is_err());
    /// assert!(decoder.catch_up(&mut input));
    /// let limit = if input.starts_with(b"MAIL ") { 40 } else { 10 };
    /// let line = decoder.decode(&mut input, limit);
    /// assert_eq!(line, Ok(Some(&b"MAIL FROM:<joe@client.example>"[..])));
    /// ```
    #[inline]
    pub fn catch_up(&mut self, input: &mut &[u8]) -> bool {
        self.discarding == Discarding::Nothing || self.discard(input)
    }

    /// Returns `true` if the unfinished line, as last shown, ends in an LF without CR.
    ///
    /// A bare LF does not end a line. But the sender may think that it does, and wait for a reply that does not come:
    /// for example a person who types into a terminal.
    ///
    /// ```
    /// use smtp_core::codec::LineDecoder;
    ///
    /// let mut decoder = LineDecoder::new();
    /// assert_eq!(decoder.decode(&mut &b"NOOP\n"[..], 512), Ok(None));
    /// assert!(decoder.awaits_crlf_after_lf());
    /// assert_eq!(decoder.decode(&mut &b"NOOP\n\r\n"[..], 512), Ok(Some(&b"NOOP\n"[..])));
    /// assert!(!decoder.awaits_crlf_after_lf());
    /// ```
    #[must_use]
    pub const fn awaits_crlf_after_lf(&self) -> bool {
        self.after_lf
    }

    /// Returns `true` if the rest of a line that was too long is still to be dropped.
    #[cfg(feature = "alloc")]
    #[inline]
    pub(crate) fn is_discarding(&self) -> bool {
        self.discarding != Discarding::Nothing
    }

    /// Notes that the caller has consumed `octets` unread octets itself. The search continues where it was.
    #[cfg(feature = "alloc")]
    pub(crate) const fn skip(&mut self, octets: usize) {
        self.scanned = self.scanned.saturating_sub(octets);
    }

    /// Drops the rest of a line that was too long. Returns `true` if its CRLF has been reached.
    #[cold]
    fn discard(&mut self, input: &mut &[u8]) -> bool {
        let octets = *input;
        let length = match octets {
            [] => return false,
            [LF, ..] if self.discarding == Discarding::LineAfterCr => 1,
            _ => match first_line(octets, 0) {
                Some((_, length)) => length,
                None => {
                    self.discarding = Discarding::after(octets);
                    self.after_lf = octets.last() == Some(&LF);
                    *input = &[];
                    return false;
                }
            },
        };
        (self.discarding, self.after_lf) = (Discarding::Nothing, false);
        *input = octets.get(length..).unwrap_or_default();
        true
    }
}

impl Discarding {
    /// Returns the state after `octets` have been dropped from a line without reaching its CRLF.
    fn after(octets: &[u8]) -> Self {
        match octets {
            [.., CR] => Self::LineAfterCr,
            _ => Self::Line,
        }
    }
}

/// Returns the first line of `octets` without its CRLF, and its length with it. The caller has found no CRLF in the
/// first `scanned` octets; the last of them may be the CR of one.
#[inline]
pub(crate) fn first_line(octets: &[u8], scanned: usize) -> Option<(&[u8], usize)> {
    let mut from = scanned;
    loop {
        let found = memchr(LF, octets.get(from..)?)?;
        // No overflow: both are offsets in one slice.
        let length = from.saturating_add(found).saturating_add(1);
        if let [line @ .., CR, LF] = octets.get(..length)? {
            return Some((line, length));
        }
        from = length;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The resume offset is at the end of the input so far, so that a call searches new octets only.
    #[test]
    fn no_octet_is_looked_at_twice() {
        let text = [b'a'; 64 * 1024];
        let mut decoder = LineDecoder::new();
        for end in 0..text.len() {
            assert_eq!(decoder.scanned, end.saturating_sub(1));
            let mut input = &text[..end];
            assert_eq!(decoder.decode(&mut input, usize::MAX), Ok(None));
            assert_eq!(input.len(), end);
        }
    }

    /// Dropped octets are consumed at once, so they cannot be searched again.
    #[test]
    fn what_is_discarded_is_consumed() {
        let mut decoder = LineDecoder::new();
        let mut input = &[b'a'; 600][..];
        assert_eq!(decoder.decode(&mut input, 512), Err(LineTooLong { limit: 512 }));
        assert_eq!(input.len(), 88);
        assert_eq!(decoder.decode(&mut input, 512), Ok(None));
        assert_eq!(input.len(), 0);
        assert_eq!(decoder.discarding, Discarding::Line);
    }
}
