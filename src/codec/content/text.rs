//! Whether content is text: its line endings and the length of its lines.
//!
//! [`Rules`] is the policy and the one place where a fault is noted. The decoder of DATA applies it while it looks for dots;
//! [`TextCheck`] applies it to octets that arrive without dots, which are those of a chunk.

use super::scan::{self, Lines, PIECE};
use super::{BareLineEnding, ContentFault, ContentFaultKind};
use crate::codec::CR;

/// Checks that content is text in its canonical form: every CR and LF belongs to a CRLF, and no line is too long
/// (RFC 5321 sections 2.3.8 and 4.5.3.1.6).
///
/// [`DotDecoder`](super::DotDecoder) makes the same check of content after DATA. This type makes it of content that comes
/// without transparency. That is the text in the chunks of BDAT, which has to be canonical too, unless the message is
/// BODY=BINARYMIME (RFC 3030 section 2). One check serves all chunks of a message, since a CRLF and a line may go from one
/// chunk to the next.
///
/// Where the octets are cut makes no difference. A check never needs more than its own size, and it takes linear time.
///
/// ```
/// use smtp_core::codec::{BareLineEnding, ContentFaultKind, TextCheck};
///
/// let mut check = TextCheck::new(BareLineEnding::Refuse);
/// check.check(b"one\r");
/// check.check(b"\ntwo\n");
/// let fault = check.finish().unwrap_err();
/// assert_eq!((fault.kind, fault.offset), (ContentFaultKind::BareLf, 8));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextCheck {
    bare_line_ending: BareLineEnding,
    rules: Rules,
    /// The last octet was CR, and it is not decided whether LF follows.
    after_cr: bool,
}

impl TextCheck {
    /// A check at the start of a content, with the line limit of RFC 5321 section 4.5.3.1.6: 1000 octets.
    #[must_use]
    pub const fn new(bare_line_ending: BareLineEnding) -> Self {
        Self { bare_line_ending, rules: Rules::new(Some(1000)), after_cr: false }
    }

    /// The same check with another limit for a line, in octets with its CRLF, or with none.
    ///
    /// A longer line is a fault, whatever the policy on bare line endings. A last line without CRLF counts as it is.
    ///
    /// Set it before the first octet is checked.
    #[must_use]
    pub const fn with_line_limit(mut self, limit: Option<usize>) -> Self {
        self.rules = Rules::new(limit);
        self
    }

    /// Takes the next octets of the content.
    pub fn check(&mut self, octets: &[u8]) {
        // In pieces, so that the lines are measured while the octets are in the cache.
        for piece in octets.chunks(PIECE) {
            self.piece(piece);
        }
    }

    fn piece(&mut self, octets: &[u8]) {
        if self.rules.looks_for_bare(self.bare_line_ending) {
            if let Some((kind, at)) = scan::first_bare(octets, self.after_cr) {
                // The CR may be the last octet of the piece before.
                let back = u64::from(kind == ContentFaultKind::BareCr);
                self.rules.note_bare(kind, at, back);
            }
        }
        self.rules.take(octets, OpenLine::Unknown, self.after_cr);
        self.after_cr = octets.last() == Some(&CR);
    }

    /// Returns the first fault that is certain by now. A CR at the end of what was checked is not, since LF may follow.
    #[must_use]
    pub const fn fault(&self) -> Option<ContentFault> {
        self.rules.fault
    }

    /// Ends the content. After that the check is as new, with the same policy and limit.
    ///
    /// # Errors
    ///
    /// The first fault of the content. A CR at the very end is bare.
    pub const fn finish(&mut self) -> Result<(), ContentFault> {
        if self.after_cr && self.rules.looks_for_bare(self.bare_line_ending) {
            self.rules.note_bare(ContentFaultKind::BareCr, 0, 1);
        }
        self.after_cr = false;
        self.rules.finish()
    }
}

impl Default for TextCheck {
    /// Refuses bare line endings.
    fn default() -> Self {
        Self::new(BareLineEnding::default())
    }
}

/// Where the line that is open at the end of a piece of content begins.
#[derive(Clone, Copy)]
pub(super) enum OpenLine {
    BeganBefore,
    /// At this offset of the piece. If the piece ends with a line, that is its end.
    BeginsAt(usize),
    /// It has not been looked for.
    Unknown,
}

/// The line limit, and what is known by it and by the policy on bare line endings of a content so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rules {
    /// `usize::MAX`: none.
    pub(super) line_limit: usize,
    /// How many octets of content there were.
    offset: u64,
    fault: Option<ContentFault>,
    /// How many octets the line that is open may still have. Of no interest after a fault, since only the first counts.
    pub(super) room: usize,
}

impl Rules {
    pub(super) const fn new(line_limit: Option<usize>) -> Self {
        let line_limit = match line_limit {
            Some(limit) => limit,
            None => usize::MAX,
        };
        Self { line_limit, offset: 0, fault: None, room: line_limit }
    }

    #[inline(always)]
    pub(super) const fn count(&mut self, length: usize) {
        // No content that can be received is longer than `u64::MAX`.
        self.offset = self.offset.wrapping_add(length as u64);
    }

    /// Counts the next octets of the content. `after_cr`: the octet before them is CR.
    #[inline(always)]
    pub(super) fn take(&mut self, octets: &[u8], open_line: OpenLine, after_cr: bool) {
        let length = octets.len();
        self.room = match open_line {
            // All lines that end here fit, since all of them together do.
            OpenLine::BeginsAt(start) if length <= self.room => {
                self.line_limit.saturating_sub(length.saturating_sub(start))
            }
            OpenLine::BeganBefore if length <= self.room => self.room.saturating_sub(length),
            _ => self.measure(octets, open_line, after_cr),
        };
        self.count(length);
    }

    /// Notes a line that is too long, if any. Returns how many octets the last line may still have.
    #[inline(never)]
    fn measure(&mut self, octets: &[u8], open_line: OpenLine, after_cr: bool) -> usize {
        if self.line_limit == usize::MAX {
            return usize::MAX;
        }
        let open_line = match open_line {
            OpenLine::BeginsAt(start) => Some(start),
            OpenLine::BeganBefore | OpenLine::Unknown => None,
        };
        // A bare CR or LF that was noted in these same octets may come after a long line.
        let octets = match self.fault {
            None => octets,
            Some(fault) => {
                let length = fault.offset.checked_sub(self.offset).and_then(|before| before.checked_add(1));
                let length = length.and_then(|length| usize::try_from(length).ok());
                length.and_then(|length| octets.get(..length)).unwrap_or_default()
            }
        };
        match scan::measure(octets, self.room, after_cr, self.line_limit, open_line) {
            Lines::Fit { room } => room,
            Lines::TooLong { at } => {
                let offset = self.offset.saturating_add(at as u64);
                let kind = ContentFaultKind::LineTooLong;
                self.fault = Some(ContentFault { kind, offset });
                usize::MAX
            }
        }
    }

    /// Notes a bare CR or LF, `back` octets before `at` of the octets about to be taken.
    #[cold]
    pub(super) const fn note_bare(&mut self, kind: ContentFaultKind, at: usize, back: u64) {
        let offset = self.offset.saturating_add(at as u64).saturating_sub(back);
        self.fault = Some(ContentFault { kind, offset });
    }

    /// Is the next bare CR or LF a fault, and the first?
    #[inline(always)]
    pub(super) const fn looks_for_bare(&self, policy: BareLineEnding) -> bool {
        matches!(policy, BareLineEnding::Refuse) && self.fault.is_none()
    }

    /// Ends the content; what is left is as new.
    #[inline(always)]
    pub(super) const fn finish(&mut self) -> Result<(), ContentFault> {
        let result = match self.fault {
            Some(fault) => Err(fault),
            None => Ok(()),
        };
        (self.offset, self.fault, self.room) = (0, None, self.line_limit);
        result
    }
}
