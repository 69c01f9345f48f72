//! The search for replies whose lines do not all end in CRLF. `pairing/server.rs` uses it where the reply decoder finds
//! no reply.

/// A search for lines that are one reply if a bare LF ends a line too, and of which at least one ends so. It remembers
/// how far the unread octets were searched. Create a new one when some of them have been consumed.
#[derive(Clone, Debug, Default)]
pub(super) struct LineFed {
    /// The length of the complete lines.
    end: usize,
    /// The number of octets that have been searched for LF.
    scanned: usize,
    bare: bool,
    complete: bool,
}

impl LineFed {
    /// Returns the end of the lines, and whether the last of them ends in CRLF. If it does, the lines before it that a
    /// bare LF ends belong to the same reply: their separator announced more lines.
    pub(super) fn find(&mut self, octets: &[u8]) -> Option<(usize, bool)> {
        let code = octets.get(..3).filter(|code| code.iter().all(u8::is_ascii_digit))?;
        while !self.complete {
            let length = memchr::memchr(b'\n', octets.get(self.scanned..)?);
            self.scanned = length.map_or(octets.len(), |length| self.scanned.saturating_add(length).saturating_add(1));
            length?;
            let line = octets.get(self.end..self.scanned)?;
            self.end = self.scanned;
            self.bare |= !line.ends_with(b"\r\n");
            // A line that does not belong to the reply completes it. It is judged elsewhere.
            let belongs = line.starts_with(code);
            self.bare &= belongs;
            self.complete = !belongs || line.get(3) != Some(&b'-');
        }
        self.bare.then_some((self.end, octets.get(..self.end)?.ends_with(b"\r\n")))
    }
}

/// Returns the lines of such a reply, without their line endings.
pub(super) fn fed_lines(octets: &[u8]) -> impl Iterator<Item = &[u8]> {
    let text = octets.strip_suffix(b"\n").unwrap_or(octets);
    text.split(|octet| *octet == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

/// Returns the offset of its first bare LF.
pub(super) fn feed(octets: &[u8]) -> usize {
    let bare = |at: &usize| octets.get(at.wrapping_sub(1)) != Some(&b'\r');
    memchr::memchr_iter(b'\n', octets).find(bare).unwrap_or_default()
}
