//! The decoder of replies of one or more lines. The client session uses it. The grammar of a line is in
//! `syntax::reply`.

use super::{CR, LF};
use crate::syntax::reply::REPLY_LIMIT;
use crate::syntax::{Expected, Grammar, Part, Reply, ReplyCodes, SyntaxError};
use memchr::memchr;

/// Splits a stream into whole replies ([RFC 5321 section 4.2](https://www.rfc-editor.org/rfc/rfc5321#section-4.2)).
///
/// The lines of an unfinished reply stay in the caller's buffer; the decoder remembers how many octets it has searched.
/// See [the contract](super#the-contract-of-every-decoder).
///
/// ```
/// use smtp_core::codec::ReplyDecoder;
/// use smtp_core::syntax::{Grammar, ReplyCode};
///
/// let mut decoder = ReplyDecoder::new();
/// let mut input = &b"250-mx.example\r\n250 SIZE 1000\r\n220 re"[..];
/// let reply = decoder.decode(&mut input, Grammar::STRICT)?.unwrap();
/// assert_eq!(reply.code(), ReplyCode::OK);
/// assert!(reply.lines().eq([&b"mx.example"[..], b"SIZE 1000"]));
/// assert_eq!(decoder.decode(&mut input, Grammar::STRICT)?, None);
/// assert_eq!(input, b"220 re");
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplyDecoder {
    /// The code and format that the complete lines of the reply share.
    codes: ReplyCodes,
    /// The number of octets of the complete lines. At most the limit.
    length: u32,
    /// The number of unread octets that have been searched for LF.
    scanned: u32,
    limit: u32,
}

impl Default for ReplyDecoder {
    fn default() -> Self {
        Self::new()
    }
}

impl ReplyDecoder {
    /// Creates a decoder at the start of a reply, with a limit of 65536 octets.
    #[must_use]
    pub const fn new() -> Self {
        Self { codes: ReplyCodes::NONE, length: 0, scanned: 0, limit: REPLY_LIMIT as u32 }
    }

    /// Sets the limit for a whole reply, in octets. No reply fits a limit below 5. Default: 65536.
    #[must_use]
    pub const fn with_limit(mut self, octets: u32) -> Self {
        self.limit = octets;
        self
    }

    /// Returns the next reply. Returns `Ok(None)` if more octets are needed.
    ///
    /// # Errors
    ///
    /// Returns [`SyntaxError`], with the offset counted from the start of the reply:
    ///
    /// - if a complete line cannot belong to this reply. That line is consumed with the lines before it, so the next
    ///   call begins at the start of a line.
    /// - if the limit is reached and the reply does not end there. Exactly as many octets as the limit allows are
    ///   consumed (one octet if the limit is 0).
    #[inline(always)]
    pub fn decode<'a>(&mut self, input: &mut &'a [u8], grammar: Grammar) -> Result<Option<Reply<'a>>, SyntaxError> {
        let window = input.get(..self.limit as usize).unwrap_or(input);
        // The fast path must not see octets that were searched before.
        let fresh = self.scanned <= self.length;
        let complete =
            fresh && self.read_common(window, grammar) || !self.goes_on(input) && self.read_lines(input, grammar)?;
        Ok(complete.then(|| self.finish(input)))
    }

    /// Returns `true` if the unfinished line, as last shown, ends in an LF without CR, which does not end the line. See
    /// [`LineDecoder::awaits_crlf_after_lf`](super::LineDecoder::awaits_crlf_after_lf).
    #[must_use]
    pub const fn awaits_crlf_after_lf(&self) -> bool {
        self.codes.after_lf
    }

    /// Returns the whole reply if it is in the input in its common form (a separator, printable text, no line too long)
    /// and no octet of it was shown before.
    #[cfg(feature = "alloc")]
    #[inline]
    pub(crate) fn decode_if_common<'a>(&mut self, input: &mut &'a [u8], grammar: Grammar) -> Option<Reply<'a>> {
        let fresh = self.scanned == 0 && self.length == 0;
        let window = input.get(..self.limit as usize).unwrap_or(input);
        (fresh && self.read_common(window, grammar)).then(|| self.finish(input))
    }

    /// Reads the lines that are complete and of the common form, without a search for their ends. Returns `true` if the
    /// reply is complete.
    #[inline(always)]
    fn read_common(&mut self, octets: &[u8], grammar: Grammar) -> bool {
        let (length, complete) = self.codes.read_common(octets, self.length as usize, grammar);
        self.length = count(length);
        complete
    }

    /// Reads the lines that are complete, if the next one is not of the common form. Returns `true` if the reply is
    /// complete.
    #[inline(never)]
    fn read_lines(&mut self, input: &mut &[u8], grammar: Grammar) -> Result<bool, SyntaxError> {
        let octets = *input;
        let limit = (self.limit as usize).max(1);
        let window = octets.get(..limit).unwrap_or(octets);
        while let Some(lines) = self.complete_line(window) {
            match self.codes.read(lines, self.length as usize, grammar) {
                Ok(last) => {
                    self.length = count(lines.len());
                    if last || self.read_common(window, grammar) {
                        return Ok(true);
                    }
                }
                Err(error) => {
                    self.consume(input, self.scanned as usize);
                    return Err(error);
                }
            }
        }
        if octets.len() < limit {
            self.codes.after_lf = octets.len() > self.length as usize && octets.last() == Some(&LF);
            return Ok(false);
        }
        self.consume(input, limit);
        Err(SyntaxError::new(Expected::LineWithinLimit, Part::Argument, self.limit))
    }

    /// Returns `true` if one more octet has arrived, and the line continues after it. Nothing else is to be done for a
    /// peer that sends octet by octet.
    #[inline]
    fn goes_on(&mut self, octets: &[u8]) -> bool {
        let goes_on = self.scanned > self.length
            && octets.len() < self.limit as usize
            && matches!(octets.get(self.scanned as usize..), Some([octet]) if *octet != LF);
        if goes_on {
            self.scanned = self.scanned.saturating_add(1);
            self.codes.after_lf = false;
        }
        goes_on
    }

    #[inline]
    fn finish<'a>(&mut self, input: &mut &'a [u8]) -> Reply<'a> {
        let length = self.length as usize;
        let reply = self.codes.reply(input.get(..length).unwrap_or_default());
        self.consume(input, length);
        reply
    }

    /// Searches for the CRLF of the current line. Returns the octets of the reply through that CRLF.
    #[inline(never)]
    fn complete_line<'a>(&mut self, octets: &'a [u8]) -> Option<&'a [u8]> {
        let mut from = self.scanned.max(self.length) as usize;
        while let Some(at) = memchr(LF, octets.get(from..)?) {
            from = from.saturating_add(at).saturating_add(1);
            // A bare LF does not end a line.
            if let Some(lines @ [.., CR, LF]) = octets.get(..from) {
                self.scanned = count(from);
                return Some(lines);
            }
        }
        self.scanned = count(octets.len());
        None
    }

    #[inline]
    fn consume(&mut self, input: &mut &[u8], length: usize) {
        (self.codes, self.length, self.scanned) = (ReplyCodes::NONE, 0, 0);
        *input = input.get(length..).unwrap_or_default();
    }
}

/// Converts a number of octets that is within the limit, and so fits `u32`.
fn count(octets: usize) -> u32 {
    u32::try_from(octets).unwrap_or(u32::MAX)
}
