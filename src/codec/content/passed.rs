//! Which octets of content matter: a dot at the start of a line, and a bare CR or LF. The decoder and the encoder pass what
//! does not matter, and decide what the next octet means. Blocks in which nothing matters are skipped by `fast::content`.

use super::scan::{BLOCK, skip_quiet};
use crate::codec::{CR, LF};
use memchr::memchr2;

/// The effect of the octets before an offset on the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Before {
    /// CRLF, or the start of the content.
    LineStart,
    /// CR.
    Cr,
    /// Anything else.
    Text,
}

impl Before {
    /// Derives the effect from the octets before the offset `at`. Returns `None` if there are none.
    #[inline]
    pub(crate) fn at(octets: &[u8], at: usize) -> Option<Self> {
        match octets.get(..at)? {
            [.., CR, LF] => Some(Self::LineStart),
            [.., CR] => Some(Self::Cr),
            [] => None,
            _ => Some(Self::Text),
        }
    }
}

/// The octets of a piece that have been searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Passed {
    /// The offset of the first octet that matters, or the end.
    pub(crate) at: usize,
    /// The effect of the octets before it.
    pub(crate) before: Before,
    /// The offset at which the line begins that is open there: 0 if it began before the piece, `None` if its start was not
    /// searched for.
    pub(crate) line: Option<usize>,
}

impl Passed {
    /// Creates the record of a piece of which nothing has been searched.
    pub(crate) const fn nothing(before: Before) -> Self {
        Self { at: 0, before, line: Some(0) }
    }

    /// Passes the next octet. Returns `false` if it matters.
    #[inline(always)]
    fn pass_octet(&mut self, octet: u8, checked: bool) -> bool {
        let after = self.at.wrapping_add(1);
        self.before = match (octet, self.before) {
            (b'.', Before::LineStart) => return false,
            (LF, Before::Cr) => {
                self.line = Some(after);
                Before::LineStart
            }
            (LF, _) | (_, Before::Cr) if checked => return false,
            (CR, _) => Before::Cr,
            _ => Before::Text,
        };
        self.at = after;
        true
    }

    /// Passes octets that do not matter: all but a dot at the start of a line and, if `checked`, a bare LF and the octet after
    /// a bare CR. `near` says that an octet that matters is probably among the first few.
    //
    // This takes `&mut self`: a copy of a record whose fields have just been written has to wait for them.
    #[inline(always)]
    pub(crate) fn pass_quiet(&mut self, octets: &[u8], checked: bool, near: bool) {
        let mut by_lines = near;
        loop {
            if !by_lines && octets.len().saturating_sub(self.at) > BLOCK && !self.pass_blocks(octets, checked) {
                return;
            }
            by_lines = false;
            let end = self.at.saturating_add(BLOCK).min(octets.len());
            self.pass_lines(octets.get(..end).unwrap_or(octets), checked);
            if self.at < end || end == octets.len() {
                return;
            }
        }
    }

    /// Passes blocks in which nothing matters. Returns `false` if the first octet matters.
    #[inline(always)]
    fn pass_blocks(&mut self, octets: &[u8], checked: bool) -> bool {
        if self.at == 0 {
            // Blocks need the octet before them.
            match octets.first() {
                Some(first) if self.pass_octet(*first, checked) => {}
                _ => return false,
            }
        }
        let at = if checked { skip_quiet::<true>(octets, self.at) } else { skip_quiet::<false>(octets, self.at) };
        if at > self.at {
            (self.at, self.before) = (at, Before::at(octets, at).unwrap_or(self.before));
            self.line = (self.before == Before::LineStart).then_some(at);
        }
        true
    }

    /// Passes octets that do not matter line by line.
    #[inline(always)]
    fn pass_lines(&mut self, octets: &[u8], checked: bool) {
        while let Some([octet, rest @ ..]) = octets.get(self.at..) {
            if !self.pass_octet(*octet, checked) {
                break;
            }
            if self.before == Before::Text {
                let text = memchr2(CR, LF, rest).unwrap_or(rest.len());
                self.at = self.at.wrapping_add(text);
                // The loop would pass these two octets as well. Nearly all lines end in CRLF, so it is done at once.
                if let Some([CR, LF, ..]) = rest.get(text..) {
                    self.at = self.at.wrapping_add(2);
                    (self.before, self.line) = (Before::LineStart, Some(self.at));
                }
            }
        }
    }
}
