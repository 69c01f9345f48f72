//! Content of DATA, to be sent.

#[cfg(feature = "alloc")]
use alloc::vec::Vec;

use super::scan::{self, BLOCK, Before, PIECE};
use super::{BareLineEnding, ContentFault, ContentFaultKind};
use crate::codec::{CR, LF};

const CRLF: &[u8] = b"\r\n";

/// Writes content in the form in which it follows DATA and its 354 reply: doubles each dot at the start of a line, and ends
/// it with the line "." (RFC 5321 4.1.1.4, 4.5.2). [`DotDecoder`](super::DotDecoder) gives the content back.
///
/// A line starts at the beginning and after every CRLF, and nowhere else. If the content does not end with CRLF, one is
/// added; the empty content stays empty.
///
/// A bare CR or LF is refused by default, as a client must not send one (RFC 5321 2.3.8) and a careless receiver takes it
/// for the end of a line. The length of lines is the caller's concern; RFC 5321 4.5.3.1.6 allows 1000 octets.
///
/// ```
/// use smtp_core::codec::{BareLineEnding, DotEncoder};
///
/// let mut encoder = DotEncoder::new(BareLineEnding::Refuse);
/// let mut output = Vec::new();
/// let mut input = &b"Hello\r\n.\r\nbye"[..];
/// while let Some(octets) = encoder.encode(&mut input)? {
///     output.extend_from_slice(octets);
/// }
/// output.extend_from_slice(encoder.finish()?);
/// assert_eq!(output, b"Hello\r\n..\r\nbye\r\n.\r\n");
/// # Ok::<(), smtp_core::codec::ContentFault>(())
/// ```
///
/// # Theory of operation
///
/// The states are those of the decoder, as far as they matter here: *line start*, *text*, *CR*, and *dot* for a dot at the
/// start of a line that has been written once and is to be written again. Nothing is copied to double a dot: one piece of
/// the output ends with it, and the next begins with it. A piece also ends after 64 KiB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DotEncoder {
    bare_line_ending: BareLineEnding,
    /// The state before the first unread octet.
    state: State,
    /// How many octets of content have been consumed.
    offset: u64,
    fault: Option<ContentFault>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    LineStart,
    /// At a dot at the start of a line, which has been written once.
    Dot,
    Text,
    /// After CR. It has been written if bare line endings pass, and is withheld otherwise.
    Cr,
}

impl DotEncoder {
    /// An encoder at the start of a content.
    #[must_use]
    pub const fn new(bare_line_ending: BareLineEnding) -> Self {
        Self { bare_line_ending, state: State::LineStart, offset: 0, fault: None }
    }

    /// Takes the next octets to write. `Ok(None)`: all of `input` is used up; go on with more of the content, or with
    /// [`finish`](Self::finish).
    ///
    /// See [the contract](crate::codec#the-contract-of-every-decoder): `input` is content that has not been consumed yet.
    ///
    /// # Errors
    ///
    /// The first bare CR or LF of the content, if they are refused. What came before it has been given out, it and what
    /// follows is not, and `input` is not advanced past it. Every later call fails in the same way: a content that has begun
    /// on the wire cannot be taken back, and ending it would deliver the part that was sent.
    #[inline]
    pub fn encode<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<&'a [u8]>, ContentFault> {
        match self.fault {
            None if input.is_empty() => Ok(None),
            _ => self.encode_on(input),
        }
    }

    /// The end of the content: CRLF if it is missing, and the line ".". The encoder is then as new.
    ///
    /// # Errors
    ///
    /// The fault that [`encode`](Self::encode) met, or a CR at the very end of the content, which is bare. (When it
    /// passes, CRLF is added after it as after any other octet.)
    #[inline]
    pub fn finish(&mut self) -> Result<&'static [u8], ContentFault> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let end: &[u8] = match self.state {
            State::LineStart => b".\r\n",
            // Only if the caller stopped before `encode` said that it was done: a lone dot must not go out undoubled.
            State::Dot => b".\r\n.\r\n",
            State::Cr if self.refuses_bare() => {
                return Err(self.fail(ContentFaultKind::BareCr, 1));
            }
            State::Text | State::Cr => b"\r\n.\r\n",
        };
        *self = Self::new(self.bare_line_ending);
        Ok(end)
    }

    /// Appends the encoded form of `input` to `out`: [`encode`](Self::encode) until it is used up.
    ///
    /// # Errors
    ///
    /// As [`encode`](Self::encode). What came before the fault has been appended.
    #[cfg(feature = "alloc")]
    #[cfg_attr(docsrs, doc(cfg(feature = "alloc")))]
    pub fn encode_into(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<(), ContentFault> {
        out.reserve(input.len());
        let mut unread = input;
        while let Some(octets) = self.encode(&mut unread)? {
            out.extend_from_slice(octets);
        }
        Ok(())
    }

    #[inline(never)]
    fn encode_on<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<&'a [u8]>, ContentFault> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let octets = *input;
        let Some((&octet, rest)) = octets.split_first() else {
            return Ok(None);
        };
        match (self.state, octet) {
            (State::LineStart, b'.') => {
                self.state = State::Dot;
                Ok(octets.get(..1))
            }
            _ if self.bare_line_ending == BareLineEnding::Normalize => Ok(self.normalized(input)),
            (State::Cr, LF) if self.refuses_bare() => {
                self.state = State::LineStart;
                self.consume(input, 1, rest);
                Ok(Some(b"\r\n"))
            }
            (State::Cr, _) if self.refuses_bare() => Err(self.fail(ContentFaultKind::BareCr, 1)),
            _ => self.text(input),
        }
    }

    /// Gives out the next line, or what there is of it, with CRLF for any line ending. A CR is withheld until the octet after it
    /// tells what it is. Each CRLF that goes out leads to the start of a line, where a dot is doubled.
    #[cold]
    fn normalized<'a>(&mut self, input: &mut &'a [u8]) -> Option<&'a [u8]> {
        let octets = *input;
        let first = octets.first()?;
        if self.state == State::Cr {
            self.state = State::LineStart;
            let taken = usize::from(*first == LF);
            self.consume(input, taken, octets.get(taken..).unwrap_or_default());
            return Some(CRLF);
        }
        let at = memchr::memchr2(CR, LF, octets).unwrap_or(octets.len());
        let (text, rest) = octets.split_at_checked(at).unwrap_or((octets, &[]));
        let (line, state) = match rest {
            [CR, LF, ..] => (octets.get(..at.saturating_add(2)).unwrap_or(octets), State::LineStart),
            _ => (text, State::Text),
        };
        if !line.is_empty() {
            self.state = state;
            self.consume(input, line.len(), octets.get(line.len()..).unwrap_or_default());
            return Some(line);
        }
        let is_lf = *first == LF;
        self.state = if is_lf { State::LineStart } else { State::Cr };
        self.consume(input, 1, octets.get(1..).unwrap_or_default());
        if is_lf { Some(CRLF) } else { self.normalized(input) }
    }

    /// Gives out content through the next dot at the start of a line, without consuming it, or to the end of the input, or
    /// to a fault. No CR is withheld. If the first octet is a dot at the start of a line, it is to be doubled: it has been written
    /// once, and the lines right after it are looked at one by one before blocks of octets are, since where one line begins with a
    /// dot the next often does.
    fn text<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<&'a [u8]>, ContentFault> {
        let (octets, rest) = input.split_at_checked(PIECE).unwrap_or((input, &[]));
        let mut at = 0usize;
        let mut before = self.before();
        let mut by_blocks = self.state != State::Dot;
        while at < octets.len() {
            if by_blocks {
                at = scan::skip_quiet(octets, at, before, self.refuses_bare());
                before = Before::at(octets, at).unwrap_or(before);
            }
            by_blocks = true;
            let end = at.saturating_add(BLOCK).min(octets.len());
            let lines = octets.get(..end).unwrap_or(octets);
            loop {
                let passed = scan::pass_lines(lines, at, before);
                (at, before) = (passed.at, passed.before);
                let Some(&octet) = lines.get(at) else { break };
                before = match (before, octet) {
                    (Before::Cr, LF) => Before::LineStart,
                    (Before::LineStart, b'.') => {
                        let rest = input.get(at..).unwrap_or_default();
                        self.state = State::Dot;
                        self.consume(input, at, rest);
                        return Ok(octets.get(..at.saturating_add(1)));
                    }
                    (Before::Cr, _) if self.refuses_bare() => {
                        return self.up_to_fault(input, at.saturating_sub(1), ContentFaultKind::BareCr);
                    }
                    (_, LF) if self.refuses_bare() => {
                        return self.up_to_fault(input, at, ContentFaultKind::BareLf);
                    }
                    (_, CR) => Before::Cr,
                    _ => Before::Text,
                };
                at = at.saturating_add(1);
            }
        }
        self.state = match before {
            Before::LineStart => State::LineStart,
            Before::Cr => State::Cr,
            Before::Text => State::Text,
        };
        self.consume(input, octets.len(), rest);
        Ok(match octets {
            [CR] if self.refuses_bare() => None,
            [before @ .., CR] if self.refuses_bare() => Some(before),
            _ => Some(octets),
        })
    }

    #[inline(always)]
    const fn count(&mut self, length: usize) {
        // No content that can be sent is longer than `u64::MAX`.
        self.offset = self.offset.wrapping_add(length as u64);
    }

    /// Gives out content up to a fault, or the fault when it is next.
    fn up_to_fault<'a>(
        &mut self,
        input: &mut &'a [u8],
        at: usize,
        kind: ContentFaultKind,
    ) -> Result<Option<&'a [u8]>, ContentFault> {
        let (octets, rest) = input.split_at_checked(at).unwrap_or_default();
        if octets.is_empty() {
            return Err(self.fail(kind, 0));
        }
        // The next call begins with the fault and, in the midst of a line, meets it again.
        self.state = State::Text;
        self.consume(input, at, rest);
        Ok(Some(octets))
    }

    #[inline]
    fn consume<'a>(&mut self, input: &mut &'a [u8], count: usize, rest: &'a [u8]) {
        self.count(count);
        *input = rest;
    }

    /// Fails for good, for an octet `back` octets before the first unread one.
    #[cold]
    fn fail(&mut self, kind: ContentFaultKind, back: u64) -> ContentFault {
        let offset = self.offset.saturating_sub(back);
        *self.fault.insert(ContentFault { kind, offset })
    }

    fn refuses_bare(&self) -> bool {
        self.bare_line_ending == BareLineEnding::Refuse
    }

    /// What the octets before the first unread one mean for it, when nothing is withheld.
    const fn before(&self) -> Before {
        match self.state {
            State::LineStart => Before::LineStart,
            State::Cr => Before::Cr,
            State::Dot | State::Text => Before::Text,
        }
    }
}

impl Default for DotEncoder {
    /// Refuses bare line endings.
    fn default() -> Self {
        Self::new(BareLineEnding::default())
    }
}
