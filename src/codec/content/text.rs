//! Whether content that comes without transparency is text: its line endings and the length of its lines.

use super::{BareLineEnding, ContentFault, DotDecoder};

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
    /// It has the policy and the limit, and notes the faults. Dots mean nothing to it here.
    decoder: DotDecoder,
}

impl TextCheck {
    /// A check at the start of a content, with the line limit of RFC 5321 section 4.5.3.1.6: 1000 octets.
    #[must_use]
    pub const fn new(bare_line_ending: BareLineEnding) -> Self {
        Self { decoder: DotDecoder::new(bare_line_ending) }
    }

    /// The same check with another limit for a line, in octets with its CRLF, or with none.
    ///
    /// A longer line is a fault, whatever the policy on bare line endings. A last line without CRLF counts as it is.
    ///
    /// Set it before the first octet is checked.
    #[must_use]
    pub const fn with_line_limit(self, limit: Option<usize>) -> Self {
        Self { decoder: self.decoder.with_line_limit(limit) }
    }

    /// Takes the next octets of the content.
    pub fn check(&mut self, octets: &[u8]) {
        self.decoder.take_undotted(octets);
    }

    /// Returns the first fault that is certain by now. A CR at the end of what was checked is not, since LF may follow.
    #[must_use]
    pub const fn fault(&self) -> Option<ContentFault> {
        self.decoder.fault()
    }

    /// Ends the content. After that the check is as new, with the same policy and limit.
    ///
    /// # Errors
    ///
    /// The first fault of the content. A CR at the very end is bare.
    pub fn finish(&mut self) -> Result<(), ContentFault> {
        self.decoder.end_undotted()
    }
}

impl Default for TextCheck {
    /// Refuses bare line endings.
    fn default() -> Self {
        Self::new(BareLineEnding::default())
    }
}
