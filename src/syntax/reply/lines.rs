//! The text of a reply, and the iterator over its lines. `Reply` uses it. It must not validate: the text was checked
//! when the reply was created.

use super::begins_with_digits;
use crate::fast::swar;
use crate::syntax::EnhancedCode;
use crate::syntax::enhanced::enhanced_code;
use core::fmt;

#[derive(Clone, Copy)]
pub(super) enum Text<'a> {
    /// One line that fits, without control characters but HT.
    Line(&'a str),
    /// Lines with LF between them, without other control characters but HT.
    Lines(&'a str),
    /// A whole reply as received, validated, with codes and CRLFs.
    Received(&'a [u8]),
    /// A whole reply as received, in which each line begins with an enhanced code that does not belong to its text.
    Coded(&'a [u8]),
    /// A whole reply as received in which some lines have no code. The flag says whether the other lines begin with an
    /// enhanced code.
    Flawed(&'a [u8], bool),
}

impl<'a> Text<'a> {
    pub(super) fn received(octets: &'a [u8], enhanced: Option<EnhancedCode>) -> Self {
        if enhanced.is_some() { Self::Coded(octets) } else { Self::Received(octets) }
    }
}

/// An iterator over the text of each line of a reply.
#[derive(Clone, Debug)]
pub(crate) struct Lines<'a> {
    pub(super) text: Option<Text<'a>>,
    pub(super) room: usize,
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(text) | Self::Lines(text) => text.fmt(formatter),
            Self::Received(octets) | Self::Coded(octets) | Self::Flawed(octets, _) => {
                write!(formatter, "\"{}\"", octets.escape_ascii())
            }
        }
    }
}

impl<'a> Lines<'a> {
    /// Takes lines as long as `known` returns what follows them, which saves the search for their ends. `known`
    /// gets the text of a line with all that follows it, and returns what follows its CRLF.
    #[inline(always)]
    pub(crate) fn take_while_known(&mut self, mut known: impl FnMut(&'a [u8]) -> Option<&'a [u8]>) {
        let Some(Text::Received(mut octets)) = self.text else { return };
        while let Some(rest) = octets.get("250-".len()..).and_then(&mut known) {
            octets = rest;
        }
        self.text = (!octets.is_empty()).then_some(Text::Received(octets));
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        match self.text? {
            Text::Line(text) => {
                self.text = None;
                Some(text.as_bytes())
            }
            Text::Lines(text) => {
                let (line, rest) = divide(text, self.room);
                self.text = rest.map(Text::Lines);
                Some(line.as_bytes())
            }
            Text::Received(octets) => {
                let (line, rest) = first_line(octets);
                self.text = (!rest.is_empty()).then_some(Text::Received(rest));
                Some(line.get(4..).unwrap_or_default())
            }
            Text::Coded(octets) => {
                let (line, rest) = first_line(octets);
                self.text = (!rest.is_empty()).then_some(Text::Coded(rest));
                Some(after_enhanced_code(line.get(4..).unwrap_or_default()))
            }
            Text::Flawed(octets, coded) => {
                let (line, rest) = first_line(octets);
                self.text = (!rest.is_empty()).then_some(Text::Flawed(rest, coded));
                if !begins_with_digits(line) {
                    return Some(line);
                }
                let text = line.get(4..).unwrap_or_default();
                Some(if coded { after_enhanced_code(text) } else { text })
            }
        }
    }
}

/// Returns the text of a line without the enhanced code at its start.
pub(super) fn after_enhanced_code(text: &[u8]) -> &[u8] {
    let after = enhanced_code(text).map_or(text, |(after, _)| after);
    after.strip_prefix(b" ").unwrap_or(after)
}

/// Splits a text into its first line and the rest: at a line feed, or at the last space that keeps the line within
/// `room`.
pub(super) fn divide(text: &str, room: usize) -> (&str, Option<&str>) {
    // A line feed farther away does not end a line that fits. A search of the whole rest at each line would take
    // quadratic time.
    let near = text.as_bytes().get(..=room).unwrap_or(text.as_bytes());
    if let Some(at) = memchr::memchr(b'\n', near) {
        return (text.get(..at).unwrap_or_default(), text.get(at.saturating_add(1)..));
    }
    if text.len() <= room {
        return (text, None);
    }
    let fitting = text.get(..text.floor_char_boundary_at(room)).unwrap_or_default();
    match fitting.rfind(' ') {
        Some(space) if space > 0 => (text.get(..space).unwrap_or_default(), text.get(space.saturating_add(1)..)),
        _ => (fitting, text.get(fitting.len()..)),
    }
}

trait FloorCharBoundary {
    fn floor_char_boundary_at(&self, index: usize) -> usize;
}

impl FloorCharBoundary for str {
    fn floor_char_boundary_at(&self, index: usize) -> usize {
        (0..=index).rev().find(|&at| self.is_char_boundary(at)).unwrap_or_default()
    }
}

/// Splits octets into the first line, without its CRLF, and the rest. A bare LF is part of the line.
pub(super) fn first_line(octets: &[u8]) -> (&[u8], &[u8]) {
    let lf = swar::span::<swar::NotLf>(octets, 0).or_else(|| memchr::memchr(b'\n', octets));
    let end = match lf.and_then(|at| octets.split_at_checked(at.saturating_add(1))) {
        Some(([line @ .., b'\r', b'\n'], rest)) => return (line, rest),
        // A bare LF in the text is rare.
        Some(_) => octets.windows(2).position(|pair| pair == b"\r\n"),
        None => None,
    };
    match end.and_then(|at| octets.split_at_checked(at)) {
        Some((line, rest)) => (line, rest.get(2..).unwrap_or_default()),
        None => (octets, &[]),
    }
}
