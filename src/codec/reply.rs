//! Replies of one or many lines.

use crate::syntax::{Expected, Grammar, Part, Reply, SyntaxError};
use memchr::memchr;

/// The most octets that a reply may have before it is refused, unless [`ReplyDecoder::with_limit`] says otherwise.
const REPLY_LIMIT: usize = 65_536;

/// Cuts a stream into replies (RFC 5321 section 4.2), each whole.
///
/// The lines of an unfinished reply stay in the caller's buffer; how far they were looked at is remembered. See
/// [the contract](super#the-contract-of-every-decoder).
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
    /// How many of the unread octets have been searched for a LF.
    scanned: u32,
    /// Where the line begins that is not complete yet.
    line: u32,
    limit: u32,
}

impl Default for ReplyDecoder {
    fn default() -> Self {
        Self::new()
    }
}

impl ReplyDecoder {
    /// A decoder at the start of a reply, which takes replies of up to 65536 octets.
    #[must_use]
    pub const fn new() -> Self {
        Self { scanned: 0, line: 0, limit: REPLY_LIMIT as u32 }
    }

    /// The same with another limit, in octets, for a whole reply.
    #[must_use]
    pub const fn with_limit(mut self, octets: u32) -> Self {
        self.limit = octets;
        self
    }

    /// Takes the next reply. `Ok(None)`: more octets are needed.
    ///
    /// # Errors
    ///
    /// [`SyntaxError`] as soon as a complete line is no line of this reply, or the reply is over its limit, with the
    /// offset counted from the start of the reply. Everything up to the end of that line is consumed (all that is there,
    /// where the limit was passed), so a caller who goes on is at the start of a line again.
    pub fn decode<'a>(&mut self, input: &mut &'a [u8], grammar: Grammar) -> Result<Option<Reply<'a>>, SyntaxError> {
        let octets = *input;
        loop {
            let fresh = octets.get(self.scanned as usize..).unwrap_or_default();
            let Some(at) = memchr(b'\n', fresh) else {
                self.scanned = u32::try_from(octets.len()).unwrap_or(u32::MAX);
                if octets.len() > self.limit as usize {
                    return Err(self.refuse(input, octets.len(), Expected::LineWithinLimit, self.limit));
                }
                return Ok(None);
            };
            let end = (self.scanned as usize).saturating_add(at).saturating_add(1);
            self.scanned = u32::try_from(end).unwrap_or(u32::MAX);
            if end > self.limit as usize {
                return Err(self.refuse(input, end, Expected::LineWithinLimit, self.limit));
            }
            let (seen, rest) = octets.split_at_checked(end).unwrap_or((octets, &[]));
            let line = seen.get(self.line as usize..).unwrap_or_default();
            if !line.ends_with(b"\r\n") {
                continue; // a bare LF ends no line; the parser refuses it with the line
            }
            if line.get(..3) != seen.get(..3) {
                return Err(self.refuse(input, end, Expected::SameCode, self.line));
            }
            if line.get(3) == Some(&b'-') && line.iter().take(3).all(u8::is_ascii_digit) {
                self.line = self.scanned;
                continue;
            }
            self.scanned = 0;
            self.line = 0;
            *input = rest;
            return Reply::parse(seen, grammar).map(Some);
        }
    }

    #[cold]
    fn refuse(&mut self, input: &mut &[u8], length: usize, expected: Expected, offset: u32) -> SyntaxError {
        self.scanned = 0;
        self.line = 0;
        *input = input.get(length..).unwrap_or_default();
        SyntaxError::new(expected, Part::Argument, offset)
    }
}
