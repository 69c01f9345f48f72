//! The dialogue of a recorded session, as lines for a person to read. Credentials and control characters are not shown.

use super::capture::{Capture, Record};
use super::play::Report;
use smtp_core::observer::{Side, Violation};
use smtp_core::session::State;
use std::io::{self, Write};

/// A line of a dialogue.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Line {
    /// The side that has sent it.
    pub side: Side,
    /// The content of the line.
    pub kind: LineKind,
    /// The state after it, if it ends a reply.
    pub state: Option<State>,
    /// The violations in it.
    pub violations: Vec<Violation>,
}

/// The content of a line of a dialogue.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LineKind {
    /// Text without its CRLF. Controls and octets that are not UTF-8 are escaped, and `***` replaces a possible credential.
    Text(String),
    /// TLS begins: from here on the octets of this side are not read.
    Tls,
    /// Octets that are not read, or the end of the recording. The line exists only for its violations.
    Nothing,
    /// This side closes its direction.
    Eof,
}

/// Returns the lines in the order in which they were complete, each with the state after it and its violations.
#[must_use]
pub fn lines(records: &[Record], report: &Report) -> Vec<Line> {
    let mut reader = Reader { report, partial: [Partial::default(), Partial::default()], lines: Vec::new() };
    for record in records {
        match record {
            Record::Data(side, octets) => reader.data(*side, octets),
            Record::Eof(side) => {
                reader.flush(*side);
                reader.push(*side, LineKind::Eof, None, Vec::new());
            }
        }
    }
    for side in [Side::Client, Side::Server] {
        reader.flush(side);
    }
    // A violation after the last octet of a side concerns its end.
    for (_, violation) in &report.findings {
        let side = violation.who();
        if violation.offset >= reader.partial[side as usize].at {
            reader.push(side, LineKind::Nothing, None, vec![*violation]);
        }
    }
    reader.lines
}

/// The incomplete line of one side, and the offset at which it begins.
#[derive(Default)]
struct Partial {
    text: Vec<u8>,
    at: u64,
}

struct Reader<'a> {
    report: &'a Report,
    partial: [Partial; 2],
    lines: Vec<Line>,
}

impl Reader<'_> {
    fn push(&mut self, side: Side, kind: LineKind, state: Option<State>, violations: Vec<Violation>) {
        self.lines.push(Line { side, kind, state, violations });
    }

    fn data(&mut self, side: Side, octets: &[u8]) {
        for piece in octets.split_inclusive(|&octet| octet == b'\n') {
            self.partial[side as usize].text.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                self.line(side);
            }
        }
    }

    fn flush(&mut self, side: Side) {
        if !self.partial[side as usize].text.is_empty() {
            self.line(side);
        }
    }

    fn line(&mut self, side: Side) {
        let Partial { text, at } = std::mem::take(&mut self.partial[side as usize]);
        let end = at + text.len() as u64;
        self.partial[side as usize].at = end;
        let here = |violation: &&Violation| violation.who() == side && (at..end).contains(&violation.offset);
        let found = self.report.findings.iter().map(|(_, violation)| violation).filter(here).copied().collect();
        let opaque = self.report.opaque.map(|(client, server)| if side == Side::Client { client } else { server });
        match opaque {
            Some(from) if at == from => self.push(side, LineKind::Tls, None, found),
            Some(from) if at > from => self.push(side, LineKind::Nothing, None, found),
            _ => {
                let ends = |(offset, _): &&(u64, State)| side == Side::Server && *offset == end;
                let state = self.report.states.iter().find(ends).map(|(_, state)| *state);
                self.push(side, LineKind::Text(self.shown(side, &text, at, end)), state, found);
            }
        }
    }

    fn shown(&self, side: Side, text: &[u8], at: u64, end: u64) -> String {
        let shown = text.strip_suffix(b"\r\n").unwrap_or(text);
        // A line that a bare LF breaks comes in pieces, each of which may contain a part of the credential.
        let is_here = |(from, to): &&(u64, u64)| side == Side::Client && from < to && *from < end && *to > at;
        let unread = self.report.unread_secret.map(|from| (from, u64::MAX));
        match self.report.secrets.iter().chain(&unread).find(is_here) {
            Some((from, _)) => {
                let clear = usize::try_from(from.saturating_sub(at)).unwrap_or(usize::MAX).min(shown.len());
                format!("{}***", readable(&shown[..clear]))
            }
            None => readable(shown),
        }
    }
}

/// Prints the [`lines`], the state after each reply, and the violations beneath each line.
pub fn print(out: &mut impl Write, capture: &Capture, report: &Report, colour: bool) -> io::Result<()> {
    for line in lines(&capture.records, report) {
        print_line(out, &line, colour)?;
    }
    Ok(())
}

/// Prints one line, and its violations beneath it.
pub fn print_line(out: &mut impl Write, line: &Line, colour: bool) -> io::Result<()> {
    let (name, paint) = match line.side {
        Side::Client => ("C", "\x1b[36m"),
        Side::Server => ("S", "\x1b[32m"),
    };
    let (paint, plain) = if colour { (paint, "\x1b[0m") } else { ("", "") };
    match (&line.kind, line.state) {
        (LineKind::Text(text), Some(state)) => writeln!(out, "{name}: {paint}{text}{plain}   [{state}]")?,
        (LineKind::Text(text), None) => writeln!(out, "{name}: {paint}{text}{plain}")?,
        (LineKind::Tls, _) => writeln!(out, "   {} goes on in TLS", line.side.name())?,
        (LineKind::Eof, _) => writeln!(out, "   {} closes", line.side.name())?,
        (LineKind::Nothing, _) => {}
    }
    for violation in &line.violations {
        print_violation(out, violation, colour)?;
    }
    Ok(())
}

/// Prints a violation in the form that is used beneath a line.
pub fn print_violation(out: &mut impl Write, violation: &Violation, colour: bool) -> io::Result<()> {
    let kind = violation.kind;
    let (bold, plain) = if colour { ("\x1b[1m", "\x1b[0m") } else { ("", "") };
    let (who, level) = (violation.who().name(), kind.level().name());
    writeln!(out, "   ^ {bold}{who} {level}{plain}: {} ({}, {})", kind.text(), kind.clause(), kind.name())
}

/// Returns the octets as text: UTF-8 as it is, controls and other octets as escapes.
#[must_use]
pub fn readable(octets: &[u8]) -> String {
    let mut text = String::new();
    for chunk in octets.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c.is_control() { text.extend(c.escape_default()) } else { text.push(c) }
        }
        for octet in chunk.invalid() {
            text.push_str(&format!("\\x{octet:02x}"));
        }
    }
    text
}
