//! Finding messages that go in circles (RFC 5321 section 6.3).

/// The name of the field, with its colon.
const FIELD: &[u8] = b"received:";

/// Counts the Received fields of a message as its octets go by.
///
/// Every relay adds one (RFC 5321 section 4.4), so a message that has very many goes in circles. RFC 5321 section 6.3 wants the
/// threshold to be large: [`LIMIT`](Self::LIMIT) is 100. Only the header section is looked at; what comes after the first
/// empty line is content.
///
/// ```
/// use smtp_core::routing::ReceivedCounter;
///
/// let mut counter = ReceivedCounter::new();
/// counter.add(b"Received: from a by b; Mon, 30 Nov 2026 10:00:00 +0000\r\nrece");
/// counter.add(b"ived: from c by a; Mon, 30 Nov 2026 09:59:00 +0000\r\n\r\nReceived: quoted text\r\n");
/// assert_eq!(counter.count(), 2);
/// assert!(!counter.is_loop(ReceivedCounter::LIMIT));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReceivedCounter {
    count: u32,
    line: Line,
}

/// Where in a line the next octet stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    /// So many octets of the line are those of [`FIELD`].
    Name(u8),
    /// The rest of a line that is counted, or that is another.
    Rest,
    /// After the CR that a line begins with.
    Cr,
    /// After the empty line: content.
    Body,
}

impl Default for Line {
    fn default() -> Self {
        Self::Name(0)
    }
}

impl ReceivedCounter {
    /// The threshold that RFC 5321 section 6.3 names: "normally at least 100 Received entries".
    pub const LIMIT: u32 = 100;

    /// Begins with a message of which nothing was seen.
    #[must_use]
    pub const fn new() -> Self {
        Self { count: 0, line: Line::Name(0) }
    }

    /// Looks at the next octets of the message, cut in any way.
    pub fn add(&mut self, octets: &[u8]) {
        let mut rest = octets;
        while let Some((&octet, behind)) = rest.split_first() {
            rest = behind;
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

    /// Returns how many Received fields were seen.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// Returns `true` if there are as many Received fields as the limit, or more. Refuse the message with 554 and the enhanced
    /// code [`ROUTING_LOOP`](crate::syntax::EnhancedCode::ROUTING_LOOP), 5.4.6.
    #[must_use]
    pub const fn is_loop(&self, limit: u32) -> bool {
        self.count >= limit
    }
}
