//! The decoder of content after DATA: removes dot-stuffing, finds the end, and checks line endings and line lengths.
//! The session uses it after the 354 reply, and for text in chunks without the dots. It does not buffer the content.
//! The fast search is in `fast::content`.

mod faults;
mod undotted;

use super::passed::{Before, Passed};
use super::scan::{self, PIECE};
use super::{BareLineEnding, Content, ContentFault, ContentFaultKind};
use crate::codec::{CR, LF};

const CRLF: &[u8] = b"\r\n";

/// Decodes the content that follows DATA and its 354 reply: finds its end and removes the dots that were added for
/// transparency ([RFC 5321 section 4.1.1.4](https://www.rfc-editor.org/rfc/rfc5321#section-4.1.1.4), 4.5.2).
///
/// Content begins at the start of a line. A line that consists of a single "." ends the content and does not belong to
/// it. If any other line begins with a dot, that dot is removed. Only CRLF ends a line. Therefore only CRLF "." CRLF,
/// or "." CRLF at the very start, ends the content, and the CRLF of its last line belongs to it. NUL and octets above
/// 127 are ordinary content.
///
/// The content is never copied and never buffered: it is returned as pieces of the input, each as large as possible up
/// to 64 KiB. The decoder always reads to the true end, whatever faults the content has, and reports the first
/// [`ContentFault`] there.
///
/// ```
/// use smtp_core::codec::{BareLineEnding, Content, DotDecoder};
///
/// let mut decoder = DotDecoder::new(BareLineEnding::Refuse);
/// let mut input = &b"Hello\r\n..\r\n.\r\nQUIT\r\n"[..];
/// assert_eq!(decoder.decode(&mut input), Some(Content::Octets(b"Hello\r\n")));
/// assert_eq!(decoder.decode(&mut input), Some(Content::Octets(b".\r\n")));
/// assert_eq!(decoder.decode(&mut input), Some(Content::End(Ok(()))));
/// assert_eq!(input, b"QUIT\r\n");
/// ```
///
/// # Theory of operation
///
/// The meaning of an octet depends on the few before it:
///
/// | state | after | withheld | "." | CR | LF | other |
/// |---|---|---|---|---|---|---|
/// | line start | the start, or CRLF | | dot | CR | *bare LF*, text | text |
/// | dot | "." at line start | "." | text | dot CR | *bare LF*, text | text |
/// | dot CR | "." CR at line start | "." CR | *bare CR*, text | *bare CR*, CR | **end** | *bare CR*, text |
/// | text | anything else | | text | CR | *bare LF*, text | text |
/// | CR | CR | | *bare CR*, text | *bare CR*, CR | line start | *bare CR*, text |
///
/// A withheld dot is never content. When the line turns out not to be the end, only the CR of "dot CR" is returned
/// late.
#[derive(Clone, Debug, PartialEq, Eq)]
#[doc(alias = "dot stuffing")]
#[doc(alias = "transparency")]
#[doc(alias = "smuggling")]
pub struct DotDecoder {
    bare_line_ending: BareLineEnding,
    /// `usize::MAX` means that there is no limit.
    line_limit: usize,
    /// The state before the first unread octet.
    state: State,
    /// The number of octets of content that have been returned.
    offset: u64,
    fault: Option<ContentFault>,
    /// The number of octets that the current line may still have. Unspecified after a fault, because only the first
    /// fault counts.
    room: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    LineStart,
    Dot,
    DotCr,
    Text,
    Cr,
}

impl DotDecoder {
    /// Creates a decoder at the start of content, with the line limit of [RFC 5321 section
    /// 4.5.3.1.6](https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.6): 1000 octets.
    #[must_use]
    pub const fn new(bare_line_ending: BareLineEnding) -> Self {
        Self {
            bare_line_ending,
            line_limit: usize::MAX,
            state: State::LineStart,
            offset: 0,
            fault: None,
            room: usize::MAX,
        }
        .with_line_limit(Some(1000))
    }

    /// Sets the limit for a line of content, in octets. `None` removes it. Default: 1000.
    ///
    /// The length of a line includes its CRLF but not the dot that transparency adds ([RFC 5321 section
    /// 4.5.3.1.6](https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.6)). A longer line is a fault, whatever the
    /// policy on bare line endings; its octets are returned nevertheless.
    ///
    /// Call this before the first octet is decoded.
    #[must_use]
    pub const fn with_line_limit(mut self, limit: Option<usize>) -> Self {
        self.line_limit = match limit {
            Some(limit) => limit,
            None => usize::MAX,
        };
        self.room = self.line_limit;
        self
    }

    /// Returns the next piece of the content, or its end. Returns `None` if more octets are needed.
    ///
    /// When this returns `None`, all of `input` is consumed, and at most "." or "." CR at the start of a line is
    /// withheld. With [`Normalize`](BareLineEnding::Normalize), a CR is also withheld until the octet after it has
    /// arrived. After [`Content::End`] the decoder is at the start of the next content, with the same policy and limit.
    ///
    /// See [the contract](crate::codec#the-contract-of-every-decoder).
    #[inline]
    pub fn decode<'a>(&mut self, input: &mut &'a [u8]) -> Option<Content<'a>> {
        match (self.state, *input) {
            (_, []) => None,
            // No line ending is involved: only count the octet.
            (State::Text, [octet]) if !matches!(*octet, CR | LF) && self.room > 0 => {
                let content = self.give(input, Some(0));
                *input = &[];
                Some(content)
            }
            (State::Dot, [CR, LF, rest @ ..]) | (State::LineStart, [b'.', CR, LF, rest @ ..]) => {
                *input = rest;
                Some(self.end())
            }
            _ if self.normalizes() => self.decode_normalized(input),
            _ => self.decode_on(input),
        }
    }

    /// Returns the next line of content, or the available part of it, with CRLF for any line ending.
    ///
    /// A CR is withheld until the next octet shows whether it is bare. Only CRLF leads to the start of a line, where a
    /// dot is special.
    #[cold]
    fn decode_normalized<'a>(&mut self, input: &mut &'a [u8]) -> Option<Content<'a>> {
        loop {
            let (&octet, rest) = input.split_first()?;
            self.state = match (self.state, octet) {
                (State::LineStart, b'.') => State::Dot,
                (State::Dot, CR) => State::DotCr,
                (State::DotCr, LF) => {
                    *input = rest;
                    return Some(self.end());
                }
                // Of the withheld octets only the CR is content.
                (State::DotCr, _) => {
                    self.state = State::Cr;
                    return Some(self.next_normalized(input).map_or(Content::Octets(CRLF), Content::Octets));
                }
                (State::LineStart | State::Dot, _) => {
                    self.state = State::Text;
                    continue;
                }
                _ => match self.next_normalized(input) {
                    Some(octets) => return Some(Content::Octets(octets)),
                    None => continue,
                },
            };
            *input = rest;
        }
    }

    pub(crate) fn normalizes(&self) -> bool {
        self.bare_line_ending == BareLineEnding::Normalize
    }

    #[inline(never)]
    fn decode_on<'a>(&mut self, input: &mut &'a [u8]) -> Option<Content<'a>> {
        if self.is_short_and_plain(input) {
            self.state = State::Text;
            return Some(self.give(core::mem::take(input), Some(0)));
        }
        let mut after_dot = false;
        // Skip the octets that are withheld.
        loop {
            let (&octet, rest) = input.split_first()?;
            self.state = match (self.state, octet) {
                (State::LineStart, b'.') => State::Dot,
                (State::Dot, CR) => State::DotCr,
                (State::DotCr, LF) => {
                    *input = rest;
                    return Some(self.end());
                }
                (State::DotCr, _) => {
                    let content = self.give(b"\r", Some(0));
                    self.state = State::Cr;
                    return Some(content);
                }
                (State::Dot, _) => {
                    after_dot = true;
                    State::Text
                }
                (state, _) => state,
            };
            if !matches!(self.state, State::Dot | State::DotCr) {
                return Some(self.text(input, after_dot));
            }
            *input = rest;
        }
    }

    /// Returns `true` if the octets are few and part of one line within its limit, so that only their number matters.
    /// The search by blocks would cost as much for them as for a block.
    #[inline]
    fn is_short_and_plain(&self, octets: &[u8]) -> bool {
        let goes_on = match self.state {
            State::Text => true,
            State::LineStart => octets.first() != Some(&b'.'),
            State::Dot | State::DotCr | State::Cr => false,
        };
        goes_on && octets.len() <= scan::SHORT.min(self.room) && !scan::has_line_end(octets)
    }

    /// Returns content up to the next dot at the start of a line, or to the end of the input. Nothing must be withheld,
    /// and the first octet must not be a dot at the start of a line.
    fn text<'a>(&mut self, input: &mut &'a [u8], after_dot: bool) -> Content<'a> {
        let octets = input.get(..PIECE).unwrap_or(input);
        let mut passed = Passed::nothing(self.before());
        loop {
            passed.pass_quiet(octets, self.looks_for_bare(), after_dot);
            // After the first fault, bare CRs and LFs do not matter.
            match (passed.before, octets.get(passed.at)) {
                (_, None) | (Before::LineStart, Some(b'.')) => break,
                (Before::Cr, _) => self.note_bare(ContentFaultKind::BareCr, passed.at, 1),
                _ => self.note_bare(ContentFaultKind::BareLf, passed.at, 0),
            }
        }
        let (content, rest) = input.split_at_checked(passed.at).unwrap_or((input, &[]));
        let content = self.give(content, passed.line);
        self.state = match passed.before {
            Before::LineStart => State::LineStart,
            Before::Cr => State::Cr,
            Before::Text => State::Text,
        };
        *input = rest;
        content
    }

    #[inline(always)]
    const fn count(&mut self, length: usize) {
        // No content that can be received is longer than `u64::MAX`.
        self.offset = self.offset.wrapping_add(length as u64);
    }

    /// Counts the next octets of the content and returns them. `open_line` is the offset at which the line that is open at
    /// their end begins: 0 if it began before, and `None` if its start has not been searched for.
    #[inline]
    fn give<'a>(&mut self, octets: &'a [u8], open_line: Option<usize>) -> Content<'a> {
        let length = octets.len();
        self.room = match open_line {
            Some(0) if length <= self.room => self.room.saturating_sub(length),
            // If all octets together fit, so does each line among them.
            Some(start) if length <= self.room => self.line_limit.saturating_sub(length.saturating_sub(start)),
            _ => self.measure(octets, open_line),
        };
        self.count(length);
        Content::Octets(octets)
    }

    /// Returns the effect of the octets before the first unread one. Nothing must be withheld.
    const fn before(&self) -> Before {
        match self.state {
            State::LineStart => Before::LineStart,
            State::Cr => Before::Cr,
            State::Dot | State::DotCr | State::Text => Before::Text,
        }
    }

    #[inline(always)]
    fn end(&mut self) -> Content<'static> {
        Content::End(self.finish())
    }

    #[inline(always)]
    fn finish(&mut self) -> Result<(), ContentFault> {
        let result = self.fault.map_or(Ok(()), Err);
        *self = Self { line_limit: self.line_limit, room: self.line_limit, ..Self::new(self.bare_line_ending) };
        result
    }
}

impl Default for DotDecoder {
    /// Creates a decoder that refuses bare line endings.
    fn default() -> Self {
        Self::new(BareLineEnding::default())
    }
}
