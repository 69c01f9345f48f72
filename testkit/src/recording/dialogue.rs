//! The dialogue as a person reads it.

use super::capture::{Capture, Record};
use super::play::Report;
use smtp_core::observer::{Side, Violation};
use std::io::{self, Write};

/// Prints the lines in the order in which they were complete, the state behind each reply, and violations beneath.
pub fn print(out: &mut impl Write, capture: &Capture, report: &Report, colour: bool) -> io::Result<()> {
    let mut printer = Printer { out, report, colour, lines: [Partial::default(), Partial::default()] };
    for record in &capture.records {
        match record {
            Record::Data(side, octets) => printer.data(*side, octets)?,
            Record::Eof(side) => {
                printer.flush(*side)?;
                printer.note(&format!("   {} closes", side.name()))?;
            }
        }
    }
    printer.flush(Side::Client)?;
    printer.flush(Side::Server)?;
    // What stands behind the last octet of a side concerns its end.
    for (_, violation) in &report.findings {
        let end = printer.lines[violation.who() as usize].at;
        if violation.offset >= end {
            printer.violation(violation)?;
        }
    }
    Ok(())
}

/// The line of one side that is not complete yet, and the offset at which it begins.
#[derive(Default)]
struct Partial {
    text: Vec<u8>,
    at: u64,
}

struct Printer<'a, W> {
    out: &'a mut W,
    report: &'a Report,
    colour: bool,
    lines: [Partial; 2],
}

impl<W: Write> Printer<'_, W> {
    fn data(&mut self, side: Side, octets: &[u8]) -> io::Result<()> {
        for piece in octets.split_inclusive(|&octet| octet == b'\n') {
            let line = &mut self.lines[side as usize];
            line.text.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                self.line(side)?;
            }
        }
        Ok(())
    }

    fn flush(&mut self, side: Side) -> io::Result<()> {
        if self.lines[side as usize].text.is_empty() { Ok(()) } else { self.line(side) }
    }

    fn line(&mut self, side: Side) -> io::Result<()> {
        let Partial { text, at } = std::mem::take(&mut self.lines[side as usize]);
        let end = at + text.len() as u64;
        self.lines[side as usize].at = end;
        let opaque = self.report.opaque.map(|(client, server)| if side == Side::Client { client } else { server });
        match opaque {
            Some(from) if at >= from => {
                if at == from {
                    self.note(&format!("   {} goes on in TLS", side.name()))?;
                }
            }
            _ => self.text(side, &text, at, end)?,
        }
        let here = |violation: &&Violation| violation.who() == side && (at..end).contains(&violation.offset);
        let findings: Vec<_> = self.report.findings.iter().map(|(_, violation)| violation).filter(here).collect();
        findings.into_iter().try_for_each(|violation| self.violation(violation))
    }

    fn text(&mut self, side: Side, text: &[u8], at: u64, end: u64) -> io::Result<()> {
        let shown = text.strip_suffix(b"\r\n").unwrap_or(text);
        // A line that a bare LF breaks off is printed in pieces, each of which may have some of it.
        let is_here = |(from, to): &&(u64, u64)| side == Side::Client && from < to && *from < end && *to > at;
        let shown = match self.report.secrets.iter().find(is_here) {
            Some((from, _)) => format!("{}***", readable(&shown[..from.saturating_sub(at) as usize])),
            None => readable(shown),
        };
        let (name, paint) = match side {
            Side::Client => ("C", "\x1b[36m"),
            Side::Server => ("S", "\x1b[32m"),
        };
        let (paint, plain) = if self.colour { (paint, "\x1b[0m") } else { ("", "") };
        let state = self.report.states.iter().find(|(offset, _)| side == Side::Server && *offset == end);
        match state {
            Some((_, state)) => writeln!(self.out, "{name}: {paint}{shown}{plain}   [{state}]"),
            None => writeln!(self.out, "{name}: {paint}{shown}{plain}"),
        }
    }

    fn violation(&mut self, violation: &Violation) -> io::Result<()> {
        let kind = violation.kind;
        let (bold, plain) = if self.colour { ("\x1b[1m", "\x1b[0m") } else { ("", "") };
        writeln!(
            self.out,
            "   ^ {bold}{} {}{plain}: {} ({}, {})",
            violation.who().name(),
            kind.level().name(),
            kind.text(),
            kind.clause(),
            kind.name()
        )
    }

    fn note(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{text}")
    }
}

/// UTF-8 as it is; controls and other octets as escapes.
fn readable(octets: &[u8]) -> String {
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
