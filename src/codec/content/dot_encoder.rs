//! The encoder of content to be sent after DATA: doubles dots and writes the end. The client session and its callers
//! use it. It does not limit the length of lines. The fast search is in `fast::content`.

use super::passed::{Before, Passed};
use super::scan::PIECE;
use super::{BareLineEnding, ContentFault, ContentFaultKind};
use crate::codec::{CR, LF};
use crate::syntax::Output;

const CRLF: &[u8] = b"\r\n";

/// Encodes content for transmission after DATA and its 354 reply: doubles each dot at the start of a line, and ends the
/// content with the line "." ([RFC 5321 section 4.1.1.4](https://www.rfc-editor.org/rfc/rfc5321#section-4.1.1.4),
/// 4.5.2). [`DotDecoder`](super::DotDecoder) restores the content.
///
/// A line starts at the beginning and after every CRLF, and nowhere else. If the content does not end with CRLF, the
/// encoder adds one, except to empty content.
///
/// A bare CR or LF is refused by default: a client must not send one (RFC 5321 section 2.3.8), and some receivers take
/// it for the end of a line. The encoder does not limit the length of lines; RFC 5321 section 4.5.3.1.6 allows 1000
/// octets.
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
/// The states are those of the decoder that matter here: *line start*, *text*, *CR*, and *dot* for a dot at the start
/// of a line that has been written once and must be written again. A dot is doubled without a copy: one piece of the
/// output ends with it, and the next begins with it. A piece also ends after 64 KiB.
#[derive(Clone, Debug, PartialEq, Eq)]
#[doc(alias = "dot stuffing")]
#[doc(alias = "transparency")]
#[doc(alias = "smuggling")]
pub struct DotEncoder {
    bare_line_ending: BareLineEnding,
    /// The state before the first unread octet.
    state: State,
    /// The number of octets of content that have been consumed.
    offset: u64,
    fault: Option<ContentFault>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    LineStart,
    /// At a dot at the start of a line, which has been written once.
    Dot,
    Text,
    /// After CR. It has been written if the policy is `Pass`, and is withheld otherwise.
    Cr,
}

impl DotEncoder {
    /// Creates an encoder at the start of content.
    #[must_use]
    pub const fn new(bare_line_ending: BareLineEnding) -> Self {
        Self { bare_line_ending, state: State::LineStart, offset: 0, fault: None }
    }

    /// Returns the next octets to write. Returns `Ok(None)` if all of `input` is consumed; continue with more of the
    /// content, or with [`finish`](Self::finish).
    ///
    /// See [the contract](crate::codec#the-contract-of-every-decoder): `input` is the content that has not been
    /// consumed yet.
    ///
    /// # Errors
    ///
    /// Returns the first bare CR or LF of the content if the policy is [`Refuse`](BareLineEnding::Refuse). The content
    /// before it has been returned; `input` is not advanced past it. Every later call fails in the same way: the
    /// content has begun on the wire and cannot be taken back, and ending it would deliver the part that was sent.
    #[inline]
    pub fn encode<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<&'a [u8]>, ContentFault> {
        match self.fault {
            None if input.is_empty() => Ok(None),
            _ => self.encode_on(input),
        }
    }

    /// Returns the end of the content: CRLF if it is missing, and the line ".". Resets the encoder.
    ///
    /// # Errors
    ///
    /// Returns the fault that [`encode`](Self::encode) met, or a fault for a CR at the very end of the content, which
    /// is bare. With [`Pass`](BareLineEnding::Pass) a CRLF follows that CR; with
    /// [`Normalize`](BareLineEnding::Normalize) a CRLF replaces it.
    #[inline]
    pub fn finish(&mut self) -> Result<&'static [u8], ContentFault> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let end: &[u8] = match self.state {
            State::LineStart => b".\r\n",
            // Reached only if the caller stopped before `encode` returned `None`. The dot must not go out undoubled.
            State::Dot => b".\r\n.\r\n",
            State::Cr if self.refuses_bare() => {
                return Err(self.fail(ContentFaultKind::BareCr, 1));
            }
            State::Text | State::Cr => b"\r\n.\r\n",
        };
        *self = Self::new(self.bare_line_ending);
        Ok(end)
    }

    /// Encodes all of `input` and appends the result to `out`, as [`encode`](Self::encode) in a loop.
    ///
    /// # Errors
    ///
    /// Fails as [`encode`](Self::encode) does. The content before the fault has been appended.
    pub fn encode_into(&mut self, input: &[u8], out: &mut impl Output) -> Result<(), ContentFault> {
        out.reserve(input.len());
        let mut unread = input;
        while let Some(octets) = self.encode(&mut unread)? {
            out.write_octets(octets);
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

    /// Returns the next line, or the available part of it, with CRLF for any line ending. A CR is withheld until the
    /// next octet shows whether it is bare. After each CRLF that is written, a dot is doubled.
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

    /// Returns content through the next dot at the start of a line, without consuming that dot, or to the end of the
    /// input, or to a fault. No CR must be withheld. If the first octet is a dot at the start of a line, it has been
    /// written once and is written again here. If one line begins with a dot, the next often does too, so the lines
    /// right after it are searched one by one before the search by blocks begins.
    fn text<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<&'a [u8]>, ContentFault> {
        let (octets, rest) = input.split_at_checked(PIECE).unwrap_or((input, &[]));
        let mut passed = Passed::nothing(self.before());
        passed.pass_quiet(octets, self.refuses_bare(), self.state == State::Dot);
        let Passed { at, before, .. } = passed;
        match (before, octets.get(at)) {
            (_, None) => {}
            (Before::LineStart, Some(b'.')) => {
                let rest = input.get(at..).unwrap_or_default();
                self.state = State::Dot;
                self.consume(input, at, rest);
                return Ok(octets.get(..at.saturating_add(1)));
            }
            (Before::Cr, _) => return self.up_to_fault(input, at.saturating_sub(1), ContentFaultKind::BareCr),
            _ => return self.up_to_fault(input, at, ContentFaultKind::BareLf),
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

    /// Returns the content before a fault, or the fault if nothing comes before it.
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
        // The next call begins with the faulty octet, in the middle of a line, and finds it again.
        self.state = State::Text;
        self.consume(input, at, rest);
        Ok(Some(octets))
    }

    #[inline]
    fn consume<'a>(&mut self, input: &mut &'a [u8], count: usize, rest: &'a [u8]) {
        self.count(count);
        *input = rest;
    }

    /// Records a fault `back` octets before the first unread one. Every later call fails with it.
    #[cold]
    fn fail(&mut self, kind: ContentFaultKind, back: u64) -> ContentFault {
        let offset = self.offset.saturating_sub(back);
        *self.fault.insert(ContentFault { kind, offset })
    }

    fn refuses_bare(&self) -> bool {
        self.bare_line_ending == BareLineEnding::Refuse
    }

    /// Returns the effect of the octets before the first unread one. Nothing must be withheld.
    const fn before(&self) -> Before {
        match self.state {
            State::LineStart => Before::LineStart,
            State::Cr => Before::Cr,
            State::Dot | State::Text => Before::Text,
        }
    }
}

impl Default for DotEncoder {
    /// Creates an encoder that refuses bare line endings.
    fn default() -> Self {
        Self::new(BareLineEnding::default())
    }
}
