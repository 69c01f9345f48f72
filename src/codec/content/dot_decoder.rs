//! Content of DATA, received.

use core::mem::replace;

use super::scan::{self, BLOCK, Dots, Found, Lines};
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
    fault: Option<ContentFault>,
    /// The line limit in force: none (`usize::MAX`) after a fault, since only the first counts.
    limit: usize,
    /// How many octets the line that is open may still have.
    room: usize,
    /// The dots still to remove of the last block searched.
    dots: Dots,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    LineStart,
    Dot,
    DotCr,
    Text,
    Cr,
}

/// Where the line that is still open behind a piece of content begins.
#[derive(Clone, Copy)]
enum OpenLine {
    BeganBefore,
    /// At this offset of the piece, or, behind its last line, at its end.
    BeginsAt(usize),
    /// It has not been looked for.
    Unknown,
}

impl DotDecoder {
    /// A decoder at the start of a content, with the line limit of RFC 5321 4.5.3.1.6: 1000 octets.
    #[must_use]
    pub const fn new(bare_line_ending: BareLineEnding) -> Self {
        Self {
            bare_line_ending,
            line_limit: None,
            state: State::LineStart,
            offset: 0,
            fault: None,
            limit: usize::MAX,
            room: usize::MAX,
            dots: Dots::NONE,
        }
        .with_line_limit(Some(1000))
    }

    /// The same decoder with another limit for a line of content, in octets, or with none.
    ///
    /// A line counts with its CRLF and without the dot that transparency adds (RFC 5321 4.5.3.1.6). A longer line is a
    /// fault, whatever the policy on bare line endings; its octets are given out all the same.
    ///
    /// Set it before the first octet is decoded.
    #[must_use]
    pub const fn with_line_limit(mut self, limit: Option<usize>) -> Self {
        self.line_limit = limit;
        self.limit = match limit {
            Some(limit) => limit,
            None => usize::MAX,
        };
        self.room = self.limit;
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
        match self.up_to_dot(input, 0) {
            None if input.is_empty() => None,
            None => self.decode_on(input),
            content => content,
        }
    }

    /// As `decode`, when no dot is known to come.
    #[inline(never)]
    fn decode_on<'a>(&mut self, input: &mut &'a [u8]) -> Option<Content<'a>> {
        let searched = replace(&mut self.dots, Dots::NONE).searched();
        if searched >= 2 && searched <= input.len() {
            return Some(self.text(input, searched));
        }
        // What is withheld, or about to be.
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
                    let content = self.give(b"\r", OpenLine::BeganBefore);
                    self.state = State::Cr;
                    return Some(content);
                }
                (State::Dot, _) => State::Text,
                (state, _) => state,
            };
            if !matches!(self.state, State::Dot | State::DotCr) {
                return Some(self.text(input, 0));
            }
            *input = rest;
        }
    }

    /// Gives out content up to the next dot at the start of a line, or to the end of the input. Nothing is withheld, the
    /// first octet is not a dot at the start of a line, and the first `at` octets (none, or at least two) are known to be
    /// content.
    fn text<'a>(&mut self, input: &mut &'a [u8], at: usize) -> Content<'a> {
        let octets = *input;
        let mut at = at;
        let mut state = State::before(octets, at).unwrap_or(self.state);
        let mut open_line = match at {
            0 => OpenLine::BeganBefore,
            _ => OpenLine::Unknown,
        };
        'text: while at < octets.len() {
            // Search as far as possible, then step through what the search leaves. It needs to see two octets before it.
            let mut step_to = 2;
            if at >= 2 {
                open_line = OpenLine::Unknown;
                (at, step_to) = match self.search(octets, at) {
                    Found::Nothing(end) => (end, usize::MAX),
                    Found::Bare { block } => (block, block.saturating_add(BLOCK)),
                    Found::Dots { block, dots } => {
                        self.dots = Dots::new(dots);
                        match self.up_to_dot(input, block) {
                            Some(content) => return content,
                            // Never: the dots are among `octets`.
                            None => (block, usize::MAX),
                        }
                    }
                };
                state = State::before(octets, at).unwrap_or(state);
            }
            for &octet in octets.get(at..step_to).or(octets.get(at..)).unwrap_or_default() {
                state = match (state, octet) {
                    (State::LineStart, b'.') => break 'text,
                    (State::Cr, LF) => {
                        open_line = OpenLine::BeginsAt(at.saturating_add(1));
                        State::LineStart
                    }
                    _ => {
                        if state == State::Cr {
                            self.note_bare(ContentFaultKind::BareCr, at, 1);
                        }
                        if octet == LF {
                            self.note_bare(ContentFaultKind::BareLf, at, 0);
                        }
                        if octet == CR { State::Cr } else { State::Text }
                    }
                };
                at = at.saturating_add(1);
            }
        }
        let (content, rest) = octets.split_at_checked(at).unwrap_or((octets, &[]));
        let content = self.give(content, open_line);
        self.state = state;
        *input = rest;
        content
    }

    /// Gives out content up to the first known dot, in a block that begins after `before` unread octets, and goes past
    /// the dot unless it ends the content. `None` if there is no such dot.
    #[inline]
    fn up_to_dot<'a>(&mut self, input: &mut &'a [u8], before: usize) -> Option<Content<'a>> {
        let at = self.dots.next(before)?;
        let (octets, rest) = input.split_at_checked(at)?;
        match rest {
            [b'.', CR, LF, ..] => {
                let content = self.give(octets, OpenLine::BeginsAt(at));
                // What was searched beyond the end is not content.
                self.dots = Dots::NONE;
                self.state = State::LineStart;
                *input = rest;
                Some(content)
            }
            [b'.', after @ ..] => {
                let content = self.give(octets, OpenLine::BeginsAt(at));
                self.dots.pass(1);
                self.state = State::Dot;
                *input = after;
                Some(content)
            }
            _ => None,
        }
    }

    /// Counts the next octets of the content.
    #[inline]
    fn give<'a>(&mut self, octets: &'a [u8], open_line: OpenLine) -> Content<'a> {
        let length = octets.len();
        self.room = match open_line {
            // All lines that end here fit, since all of them together do.
            OpenLine::BeginsAt(start) if length <= self.room => self.limit.saturating_sub(length.saturating_sub(start)),
            OpenLine::BeganBefore if length <= self.room => self.room.saturating_sub(length),
            _ => self.measure(octets),
        };
        // No content that can be received is longer than `u64::MAX`.
        self.offset = self.offset.wrapping_add(length as u64);
        Content::Octets(octets)
    }

    /// Notes a line that is too long. Returns how many octets the last line may still have.
    fn measure(&mut self, octets: &[u8]) -> usize {
        if self.limit == usize::MAX {
            return usize::MAX;
        }
        // Only the first fault counts. A bare CR or LF that was noted in these same octets may come after a long line.
        let before_fault = self.fault.and_then(|fault| {
            let length = fault.offset.checked_sub(self.offset)?.checked_add(1)?;
            octets.get(..usize::try_from(length).ok()?)
        });
        let octets = before_fault.unwrap_or(octets);
        match scan::measure(octets, self.room, self.state == State::Cr, self.limit) {
            Lines::Fit { room } if self.fault.is_none() => return room,
            Lines::Fit { .. } => {}
            Lines::TooLong { at } => {
                let offset = self.offset.saturating_add(at as u64);
                if self.fault.is_none_or(|fault| offset <= fault.offset) {
                    let kind = ContentFaultKind::LineTooLong;
                    self.fault = Some(ContentFault { kind, offset });
                }
            }
        }
        self.limit = usize::MAX;
        usize::MAX
    }

    /// Notes a bare CR or LF, `back` octets before `at` of the octets about to be given out.
    #[cold]
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
