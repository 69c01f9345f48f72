//! The check of text content that comes without transparency, in BDAT chunks: its line endings and the length of its
//! lines. The session and the observer use it. It does not change the content.

use super::{BareLineEnding, ContentFault, DotDecoder};

/// Checks that content is text in its canonical form: every CR and LF belongs to a CRLF, and no line is too long ([RFC
/// 5321](https://www.rfc-editor.org/rfc/rfc5321) sections 2.3.8 and 4.5.3.1.6).
///
/// [`DotDecoder`](super::DotDecoder) makes the same check after DATA. This type makes it for text in the chunks of
/// BDAT, which must be canonical too unless the message is BODY=BINARYMIME ([RFC 3030 section
/// 2](https://www.rfc-editor.org/rfc/rfc3030#section-2)). Use one check for all chunks of a message, because a CRLF or
/// a line may continue from one chunk to the next.
///
/// The result does not depend on where the octets are cut. A check uses constant memory and linear time.
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
    /// Holds the policy and the limit, and records faults. It ignores dots here.
    decoder: DotDecoder,
}

impl TextCheck {
    /// Creates a check at the start of content, with the line limit of [RFC 5321 section
    /// 4.5.3.1.6](https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.6): 1000 octets.
    #[must_use]
    pub const fn new(bare_line_ending: BareLineEnding) -> Self {
        Self { decoder: DotDecoder::new(bare_line_ending) }
    }

    /// Sets the limit for a line, in octets with its CRLF. `None` removes it. Default: 1000.
    ///
    /// A longer line is a fault, whatever the policy on bare line endings. The length of a last line without CRLF is
    /// that of its octets.
    ///
    /// Call this before the first octet is checked.
    #[must_use]
    pub const fn with_line_limit(self, limit: Option<usize>) -> Self {
        Self { decoder: self.decoder.with_line_limit(limit) }
    }

    /// Checks the next octets of the content.
    pub fn check(&mut self, octets: &[u8]) {
        self.decoder.take_undotted(octets);
    }

    /// Returns the first fault that is certain so far. A CR at the end of the octets so far is not, because LF may
    /// follow.
    #[must_use]
    pub const fn fault(&self) -> Option<ContentFault> {
        self.decoder.fault()
    }

    /// Ends the content, and resets the check to the same policy and limit.
    ///
    /// # Errors
    ///
    /// Returns the first fault of the content. A CR at the very end is bare.
    pub fn finish(&mut self) -> Result<(), ContentFault> {
        self.decoder.end_undotted()
    }
}

impl Default for TextCheck {
    /// Creates a check that refuses bare line endings.
    fn default() -> Self {
        Self::new(BareLineEnding::default())
    }
}
