//! Content without dots for transparency, which is held to the same policy: the text in chunks; and content whose line endings are
//! made CRLF.

use super::{CRLF, DotDecoder, State};
use crate::codec::content::scan::{self, PIECE};
use crate::codec::content::{ContentFault, ContentFaultKind};
use crate::codec::{CR, LF};

impl DotDecoder {
    /// Returns the next octets of text without transparency, up to the end of a line. A bare CR or LF is returned as
    /// CRLF. Returns `None` if the input is consumed; a CR may then be withheld.
    pub(crate) fn next_normalized<'a>(&mut self, input: &mut &'a [u8]) -> Option<&'a [u8]> {
        let octets = *input;
        let first = octets.first()?;
        let line_end = |decoder: &mut Self, state| {
            decoder.state = state;
            decoder.give(CRLF, Some(CRLF.len()));
            Some(CRLF)
        };
        if self.state == State::Cr {
            let is_crlf = *first == LF;
            *input = octets.get(usize::from(is_crlf)..).unwrap_or_default();
            return line_end(self, if is_crlf { State::LineStart } else { State::Text });
        }
        self.state = State::Text;
        let at = memchr::memchr2(CR, LF, octets).unwrap_or(octets.len());
        let (text, rest) = octets.split_at_checked(at).unwrap_or((octets, &[]));
        match rest {
            [CR, LF, after @ ..] => {
                let (line, _) = octets.split_at_checked(at.saturating_add(2)).unwrap_or((octets, &[]));
                *input = after;
                self.give(line, Some(line.len()));
                self.state = State::LineStart;
                Some(line)
            }
            _ if !text.is_empty() => {
                *input = rest;
                self.give(text, Some(0));
                Some(text)
            }
            [CR, after @ ..] => {
                *input = after;
                self.state = State::Cr;
                self.next_normalized(input)
            }
            [_, after @ ..] => {
                *input = after;
                line_end(self, State::Text)
            }
            [] => None,
        }
    }

    /// Returns the CRLF that replaces a CR at the very end of content without transparency.
    pub(crate) fn last_normalized(&mut self) -> Option<&'static [u8]> {
        (self.normalizes() && self.state == State::Cr).then(|| {
            self.state = State::Text;
            self.give(CRLF, Some(CRLF.len()));
            CRLF
        })
    }

    /// Checks the next octets of content without transparency against the same policy and limit. Dots have no meaning
    /// in it.
    pub(crate) fn take_undotted(&mut self, octets: &[u8]) {
        for octets in octets.chunks(PIECE) {
            if self.looks_for_bare() {
                if let Some((kind, at)) = scan::first_bare(octets, self.state == State::Cr) {
                    // The CR may be the last octet of the previous piece.
                    self.note_bare(kind, at, u64::from(kind == ContentFaultKind::BareCr));
                }
            }
            self.give(octets, None);
            self.state = if octets.last() == Some(&CR) { State::Cr } else { State::Text };
        }
    }

    /// Ends content without transparency, and resets the decoder.
    pub(crate) fn end_undotted(&mut self) -> Result<(), ContentFault> {
        if self.state == State::Cr {
            self.note_bare(ContentFaultKind::BareCr, 0, 1);
        }
        self.finish()
    }
}
