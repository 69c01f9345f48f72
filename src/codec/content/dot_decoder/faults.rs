//! The faults of content: a line that is too long, a bare CR or LF. Only the first one counts. The decoder uses it for the
//! octets that it returns. It must not change what is returned.

use super::{DotDecoder, State};
use crate::codec::content::scan::{self, Lines};
use crate::codec::content::{BareLineEnding, ContentFault, ContentFaultKind};

impl DotDecoder {
    /// Records a line that is too long, if there is one. Returns the number of octets that the last line may still
    /// have.
    #[inline(never)]
    pub(super) fn measure(&mut self, octets: &[u8], open_line: Option<usize>) -> usize {
        if self.line_limit == usize::MAX {
            return usize::MAX;
        }
        // A bare CR or LF may have been recorded in these same octets: only a long line before it would be the first
        // fault.
        let octets = match self.fault {
            None => octets,
            Some(fault) => {
                let length = fault.offset.checked_sub(self.offset).and_then(|before| before.checked_add(1));
                let length = length.and_then(|length| usize::try_from(length).ok());
                length.and_then(|length| octets.get(..length)).unwrap_or_default()
            }
        };
        match scan::measure(octets, self.room, self.state == State::Cr, self.line_limit, open_line) {
            Lines::Fit { room } => room,
            Lines::TooLong { at } => {
                let offset = self.offset.saturating_add(at as u64);
                let kind = ContentFaultKind::LineTooLong;
                self.fault = Some(ContentFault { kind, offset });
                usize::MAX
            }
        }
    }

    /// Records a bare CR or LF, `back` octets before the offset `at` of the octets about to be returned.
    #[cold]
    pub(super) fn note_bare(&mut self, kind: ContentFaultKind, at: usize, back: u64) {
        if self.looks_for_bare() {
            let offset = self.offset.saturating_add(at as u64).saturating_sub(back);
            self.fault = Some(ContentFault { kind, offset });
        }
    }

    #[inline]
    pub(super) fn looks_for_bare(&self) -> bool {
        self.bare_line_ending == BareLineEnding::Refuse && self.fault.is_none()
    }

    /// Returns the first fault that is certain so far.
    pub(in crate::codec::content) const fn fault(&self) -> Option<ContentFault> {
        self.fault
    }
}
