//! The detection of mail loops by the number of Received fields (RFC 5321 section 6.3).

/// The name of the field, with its colon.
const FIELD: &[u8] = b"received:";

/// Counts the Received fields of a message as its octets are streamed.
///
/// Every relay adds one ([RFC 5321 section 4.4](https://www.rfc-editor.org/rfc/rfc5321#section-4.4)), so a message that
/// has very many is in a loop. Only the header section is examined; everything after the first empty line is body.
///
/// ```
/// use smtp_core::routing::ReceivedCounter;
///
/// let mut counter = ReceivedCounter::new();
/// counter.add(b"Received: from a by b; Mon, 30 Nov 2026 10:00:00 +0000\r\nrece");
/// counter.add(b"ived: from c by a; Mon, 30 Nov 2026 09:59:00 +0000\r\n\r\nReceived: text\r\n");
/// assert_eq!(counter.count(), 2);
/// assert!(!counter.is_loop(ReceivedCounter::LIMIT));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReceivedCounter {
    count: u32,
    line: Line,
}

/// The position of the next octet in a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    /// The line so far consists of the first octets of [`FIELD`], this many.
    Name(u8),
    /// In the rest of a line that was counted, or that is another field.
    Rest,
    /// After a CR at the start of a line.
    Cr,
    /// After the empty line, in the body.
    Body,
}

impl Default for Line {
    fn default() -> Self {
        Self::Name(0)
    }
}

impl ReceivedCounter {
    /// The threshold that [RFC 5321 section 6.3](https://www.rfc-editor.org/rfc/rfc5321#section-6.3) names: "normally
    /// at least 100 Received entries".
    pub const LIMIT: u32 = 100;

    /// Creates a counter at the start of a message.
    #[must_use]
    pub const fn new() -> Self {
        Self { count: 0, line: Line::Name(0) }
    }

    /// Examines the next octets of the message, which may be cut anywhere.
    pub fn add(&mut self, octets: &[u8]) {
        let mut rest = octets;
        while let Some((&octet, after)) = rest.split_first() {
            rest = after;
            self.line = match (self.line, octet) {
                (Line::Body, _) => return,
                (Line::Name(0), b'\r') => Line::Cr,
                (Line::Name(0) | Line::Cr, b'\n') => Line::Body,
                (_, b'\n') => Line::Name(0),
                (Line::Name(at), octet) => self.name(at, octet),
                (Line::Rest | Line::Cr, _) => {
                    let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                    rest = rest.get(end..).unwrap_or_default();
                    Line::Rest
                }
            };
        }
    }

    fn name(&mut self, at: u8, octet: u8) -> Line {
        if FIELD.get(usize::from(at)) != Some(&octet.to_ascii_lowercase()) {
            return Line::Rest;
        }
        let at = at.saturating_add(1);
        if usize::from(at) < FIELD.len() {
            return Line::Name(at);
        }
        self.count = self.count.saturating_add(1);
        Line::Rest
    }

    /// Returns the number of Received fields so far.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// Returns `true` if the number of Received fields has reached `limit`. Refuse the message with 554 and the
    /// enhanced code [`ROUTING_LOOP`](crate::syntax::EnhancedCode::ROUTING_LOOP), 5.4.6.
    #[must_use]
    pub const fn is_loop(&self, limit: u32) -> bool {
        self.count >= limit
    }
}
