//! Content of DATA, received.

use core::mem::take;

use super::scan::{self, BLOCK, Found, Lines};
use super::{BareLineEnding, Content, ContentFault, ContentFaultKind};
use crate::codec::{CR, LF};

/// Takes the content that follows DATA and its 354 reply: finds its end and removes the dots that were added for
/// transparency (RFC 5321 4.1.1.4, 4.5.2).
///
/// Content begins at the start of a line. A line that is exactly "." ends it and is not part of it; of any other line that
/// begins with a dot, that dot is removed. As only CRLF ends a line, nothing but CRLF "." CRLF, or "." CRLF at the very
/// start, ends the content, and the content keeps the CRLF of its last line. NUL and octets above 127 are content like any
/// other.
///
/// The content is never copied and never buffered: it comes as pieces of the input, as large as they can be. A decoder
/// reads on to the true end whatever it meets, and reports the first [`ContentFault`] there.
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
/// What an octet means depends on the few before it:
///
/// | state | after | withheld | "." | CR | LF | other |
/// |---|---|---|---|---|---|---|
/// | line start | the start, or CRLF | | dot | CR | *bare LF*, text | text |
/// | dot | "." at line start | "." | text | dot CR | *bare LF*, text | text |
/// | dot CR | "." CR at line start | "." CR | *bare CR*, text | *bare CR*, CR | **end** | *bare CR*, text |
/// | text | anything else | | text | CR | *bare LF*, text | text |
/// | CR | CR | | *bare CR*, text | *bare CR*, CR | line start | *bare CR*, text |
///
/// A withheld dot is removed, so when the line turns out not to be the end, only the CR of "dot CR" is given out late.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DotDecoder {
    bare_line_ending: BareLineEnding,
    line_limit: Option<usize>,
    /// The state before the first unread octet.
    state: State,
    /// How many octets of content have been given out.
    offset: u64,
    /// How many of them belong to the line that is still open. Kept while lines are measured.
    line: usize,
    fault: Option<ContentFault>,
    /// So many of the unread octets have been searched already, and this is what was found among the first 64: the dots
    /// to remove, bit 0 for the first octet.
    searched: usize,
    dots: u64,
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
    /// A decoder at the start of a content, with the line limit of RFC 5321 4.5.3.1.6: 1000 octets.
    #[must_use]
    pub const fn new(bare_line_ending: BareLineEnding) -> Self {
        Self {
            bare_line_ending,
            line_limit: Some(1000),
            state: State::LineStart,
            offset: 0,
            line: 0,
            fault: None,
            searched: 0,
            dots: 0,
        }
    }

    /// The same decoder with another limit for a line of content, in octets, or with none.
    ///
    /// A line counts with its CRLF and without the dot that transparency adds (RFC 5321 4.5.3.1.6). A longer line is a
    /// fault, whatever the policy on bare line endings; its octets are given out all the same.
    #[must_use]
    pub const fn with_line_limit(mut self, limit: Option<usize>) -> Self {
        self.line_limit = limit;
        self
    }

    /// Takes the next piece of the content, or its end. `None`: more octets are needed.
    ///
    /// All that can be given out is given out at once: when this returns `None`, `input` is used up, and at most "." or
    /// "." CR at the start of a line is withheld. After [`Content::End`] the decoder is as new: at the start of the next
    /// content, with the same policy and limit.
    ///
    /// See [the contract](crate::codec#the-contract-of-every-decoder).
    #[inline]
    pub fn decode<'a>(&mut self, input: &mut &'a [u8]) -> Option<Content<'a>> {
        if self.dots != 0 {
            if let Some(content) = self.up_to_dot(input, 0) {
                return Some(content);
            }
        }
        self.decode_on(input)
    }

    /// As `decode`, when no dot is known to come.
    fn decode_on<'a>(&mut self, input: &mut &'a [u8]) -> Option<Content<'a>> {
        let searched = take(&mut self.searched);
        self.dots = 0;
        if searched >= 2 && searched <= input.len() {
            return Some(self.text(input, searched));
        }
        loop {
            let (&octet, rest) = input.split_first()?;
            self.state = match (self.state, octet) {
                (State::LineStart, b'.') => State::Dot,
                (State::Dot, CR) => State::DotCr,
                (State::Dot, _) => State::Text,
                (State::DotCr, LF) => {
                    *input = rest;
                    return Some(self.end());
                }
                (State::DotCr, _) => {
                    self.state = State::Cr;
                    return Some(self.give(b"\r", false));
                }
                _ => return Some(self.text(input, 0)),
            };
            if self.state != State::Text {
                *input = rest;
            }
        }
    }

    /// Gives out content up to the next dot at the start of a line, or to the end of the input. Nothing is withheld, the
    /// first octet is not a dot at the start of a line, and the first `at` octets are known to be content.
    fn text<'a>(&mut self, input: &mut &'a [u8], at: usize) -> Content<'a> {
        let octets = *input;
        let mut at = at;
        let mut state = State::before(octets, at).unwrap_or(self.state);
        // The search needs to see two octets before the first it looks at.
        let mut search_from = at.max(2);
        while let Some(&octet) = octets.get(at) {
            if at >= search_from {
                match self.search(octets, at) {
                    Found::Dots { block, dots } => {
                        self.dots = dots;
                        self.searched = block.saturating_add(BLOCK);
                        if let Some(content) = self.up_to_dot(input, block) {
                            return content;
                        }
                        search_from = usize::MAX;
                    }
                    Found::Bare { block } => {
                        at = block;
                        search_from = block.saturating_add(BLOCK);
                    }
                    Found::Nothing(end) => {
                        at = end;
                        search_from = usize::MAX;
                    }
                }
                state = State::before(octets, at).unwrap_or(state);
                continue;
            }
            state = match (state, octet) {
                (State::Cr, LF) => State::LineStart,
                (State::LineStart, b'.') => break,
                _ => {
                    if state == State::Cr {
                        self.note_bare(ContentFaultKind::BareCr, at, 1);
                    }
                    match octet {
                        CR => State::Cr,
                        LF => {
                            self.note_bare(ContentFaultKind::BareLf, at, 0);
                            State::Text
                        }
                        _ => State::Text,
                    }
                }
            };
            at = at.saturating_add(1);
        }
        let (content, rest) = octets.split_at_checked(at).unwrap_or((octets, &[]));
        let content = self.give(content, !rest.is_empty());
        self.state = state;
        *input = rest;
        content
    }
}

impl DotDecoder {
    /// Gives out content up to the first dot of `dots`, which are dots at the start of a line by their place behind
    /// `block`, and goes past the dot unless it ends the content. `None` if there is no such dot.
    #[inline]
    fn up_to_dot<'a>(&mut self, input: &mut &'a [u8], block: usize) -> Option<Content<'a>> {
        let bit = self.dots.trailing_zeros();
        let at = block.saturating_add(bit as usize);
        let (octets, rest) = input.split_at_checked(at)?;
        let [b'.', after @ ..] = rest else {
            return None;
        };
        let content = self.give(octets, true);
        if after.starts_with(b"\r\n") {
            // The end. What was searched beyond it is not content.
            self.dots = 0;
            self.searched = 0;
            self.state = State::LineStart;
            *input = rest;
        } else {
            // `bit` is at most 63; one more in a second step, as 64 would be too many for one.
            self.dots = self.dots.wrapping_shr(bit) >> 1;
            self.searched = self.searched.saturating_sub(at).saturating_sub(1);
            self.state = State::Dot;
            *input = after;
        }
        Some(content)
    }

    /// Counts the next octets of the content. `line_ended`: they are known to end with a CRLF.
    #[inline]
    fn give<'a>(&mut self, octets: &'a [u8], line_ended: bool) -> Content<'a> {
        if let Some(limit) = self.line_limit {
            // After a fault in earlier octets lines do not matter; a fault in these may come after a long line.
            if self.fault.is_none_or(|fault| fault.offset >= self.offset) {
                if line_ended && octets.len() <= limit.saturating_sub(self.line) {
                    self.line = 0;
                } else {
                    self.measure(octets, limit);
                }
            }
        }
        // A slice's length fits u64, and so does the length of any content that can be received.
        self.offset = self.offset.saturating_add(octets.len() as u64);
        Content::Octets(octets)
    }

    fn measure(&mut self, octets: &[u8], limit: usize) {
        match scan::measure(octets, self.line, self.state == State::Cr, limit) {
            Lines::Fit { open } => self.line = open,
            Lines::TooLong { at } => {
                let offset = self.offset.saturating_add(at as u64);
                if self.fault.is_none_or(|fault| offset <= fault.offset) {
                    let kind = ContentFaultKind::LineTooLong;
                    self.fault = Some(ContentFault { kind, offset });
                }
            }
        }
    }

    /// Notes a bare CR or LF, `back` octets before `at` of the octets about to be given out.
    fn note_bare(&mut self, kind: ContentFaultKind, at: usize, back: u64) {
        if self.looks_for_bare() {
            let offset = self.offset.saturating_add(at as u64).saturating_sub(back);
            self.fault = Some(ContentFault { kind, offset });
        }
    }

    fn looks_for_bare(&self) -> bool {
        self.bare_line_ending == BareLineEnding::Refuse && self.fault.is_none()
    }

    fn search(&self, octets: &[u8], from: usize) -> Found {
        if self.looks_for_bare() { scan::search::<true>(octets, from) } else { scan::search::<false>(octets, from) }
    }

    fn end(&mut self) -> Content<'static> {
        let result = self.fault.map_or(Ok(()), Err);
        *self = Self::new(self.bare_line_ending).with_line_limit(self.line_limit);
        Content::End(result)
    }
}

impl Default for DotDecoder {
    /// Refuses bare line endings.
    fn default() -> Self {
        Self::new(BareLineEnding::default())
    }
}

impl State {
    /// The state before the octet at `at`, by the two octets before it, neither of which is a removed dot.
    fn before(octets: &[u8], at: usize) -> Option<Self> {
        match octets.get(at.checked_sub(2)?..at)? {
            [CR, LF] => Some(Self::LineStart),
            [_, CR] => Some(Self::Cr),
            _ => Some(Self::Text),
        }
    }
}
