//! Replies of a server whose lines do not all end at CRLF.

/// Lines that are one reply if a bare LF ends a line as well, with at least one such. How far the unread octets were looked
/// at is remembered; begin anew when some of them were read.
#[derive(Clone, Debug, Default)]
pub(super) struct LineFed {
    /// How many octets the lines have that are complete.
    end: usize,
    /// How many octets have been searched for a LF.
    scanned: usize,
    bare: bool,
    complete: bool,
}

impl LineFed {
    /// Where the lines end, and whether CRLF ends the last of them. A CRLF at the end of other lines makes sense of the LF
    /// after a separator that promises more.
    pub(super) fn find(&mut self, octets: &[u8]) -> Option<(usize, bool)> {
        let code = octets.get(..3).filter(|code| code.iter().all(u8::is_ascii_digit))?;
        while !self.complete {
            let length = memchr::memchr(b'\n', octets.get(self.scanned..)?);
            self.scanned = length.map_or(octets.len(), |length| self.scanned.saturating_add(length).saturating_add(1));
            length?;
            let line = octets.get(self.end..self.scanned)?;
            self.end = self.scanned;
            self.bare |= !line.ends_with(b"\r\n");
            // What is no line of the reply completes it, and is for others to judge.
            let belongs = line.starts_with(code);
            self.bare &= belongs;
            self.complete = !belongs || line.get(3) != Some(&b'-');
        }
        self.bare.then_some((self.end, octets.get(..self.end)?.ends_with(b"\r\n")))
    }
}

/// The lines of such a reply, without what ends them.
pub(super) fn fed_lines(octets: &[u8]) -> impl Iterator<Item = &[u8]> {
    let text = octets.strip_suffix(b"\n").unwrap_or(octets);
    text.split(|octet| *octet == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

/// Where its first bare LF stands.
pub(super) fn feed(octets: &[u8]) -> usize {
    let bare = |at: &usize| octets.get(at.wrapping_sub(1)) != Some(&b'\r');
    memchr::memchr_iter(b'\n', octets).find(bare).unwrap_or_default()
}
