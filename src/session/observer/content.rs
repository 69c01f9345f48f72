//! What can be wrong with content, found octet by octet as it goes by.

use super::facts::Place;
use super::violation::ViolationKind as V;

const CR: u8 = b'\r';
const LF: u8 = b'\n';

/// The longest line of content, CRLF included (RFC 5321 section 4.5.3.1.6).
const LINE_LIMIT: u64 = 1000;

/// What the checks depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rules {
    /// Dot-stuffed content of DATA; otherwise a chunk.
    pub(super) stuffed: bool,
    /// Octets above 127 were declared with BODY, or with SMTPUTF8.
    pub(super) eight_bit: bool,
    /// BODY=BINARYMIME: there are no lines.
    pub(super) binary: bool,
}

/// How the octets before the next one end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    /// At the start of a line; `proper`: behind CRLF.
    LineStart {
        proper: bool,
    },
    /// Behind a dot at the start of a line.
    Dot {
        proper: bool,
    },
    /// Behind such a dot and a CR.
    DotCr {
        proper: bool,
    },
    Cr,
    Text,
}

/// Watches the octets of one message as they stand on the wire. Of each kind of fault it reports the first.
#[derive(Clone, Debug)]
pub(super) struct Checker {
    rules: Rules,
    before: Before,
    /// Octets of the open line, without the dot that was added.
    line: u64,
    /// A bare CR or LF that is not reported yet, as it may be part of something worse.
    bare: Option<(V, Place)>,
    /// The kinds that were reported, one bit each.
    reported: u128,
}

impl Checker {
    pub(super) fn new(rules: Rules) -> Self {
        Self { rules, before: Before::LineStart { proper: true }, line: 0, bare: None, reported: 0 }
    }

    /// The next octets, which begin at `at`; gives the place behind them.
    pub(super) fn look(&mut self, octets: &[u8], at: Place, report: &mut impl FnMut(V, Place)) -> Place {
        if self.rules.binary {
            self.before = Before::LineStart { proper: true };
            return at.behind(octets);
        }
        let mut at = at;
        let mut rest = octets;
        while let Some((&octet, behind)) = rest.split_first() {
            if let Some(behind) = self.common_line(rest) {
                at = at.behind_line(rest.len().saturating_sub(behind.len()));
                rest = behind;
                continue;
            }
            let plain = self.plain(rest);
            if plain > 0 {
                at = at.behind_text(plain);
                rest = rest.get(plain..).unwrap_or_default();
                continue;
            }
            if octet >= 0x80 && !self.rules.eight_bit {
                self.report(V::EightBitContent, at, report);
            }
            if matches!(octet, 0..=8 | 11 | 12 | 14..=31 | 127) {
                self.report(V::ControlCharacter, at, report);
            }
            self.step(octet, at, report);
            at = at.next(octet);
            rest = behind;
        }
        at
    }

    /// What follows a whole line that nothing can be wrong with; `None` where one does not begin here or is of another form.
    fn common_line<'a>(&self, octets: &'a [u8]) -> Option<&'a [u8]> {
        if self.before != (Before::LineStart { proper: true }) || octets.first() == Some(&b'.') {
            return None;
        }
        let (line, rest) = octets.split_at_checked(memchr::memchr(LF, octets)?.saturating_add(1))?;
        let text = line.strip_suffix(b"\r\n")?;
        (line.len() as u64 <= LINE_LIMIT && is_plain(text, self.rules.eight_bit)).then_some(rest)
    }

    /// How many of the next octets, within a line, nothing can be wrong with; they are counted.
    fn plain(&mut self, octets: &[u8]) -> usize {
        let room = usize::try_from(LINE_LIMIT.saturating_sub(self.line)).unwrap_or_default();
        if self.before != Before::Text {
            return 0;
        }
        let within = octets.get(..room).unwrap_or(octets);
        let plain = within.iter().position(|octet| !matches!(octet, b' '..=b'~')).unwrap_or(within.len());
        self.line = self.line.saturating_add(plain as u64);
        plain
    }

    /// The content has ended. `last` is its last octet.
    pub(super) fn end(&mut self, last: Place, report: &mut impl FnMut(V, Place)) {
        if self.before == Before::Cr {
            self.note_bare(V::BareCrInContent, last, report);
        }
        self.flush(report);
        if !self.rules.stuffed && !self.rules.binary && self.before != (Before::LineStart { proper: true }) {
            self.report(V::UnterminatedFinalLine, last, report);
        }
    }

    fn step(&mut self, octet: u8, at: Place, report: &mut impl FnMut(V, Place)) {
        let proper_start = self.before == Before::LineStart { proper: true };
        if !(proper_start && octet == b'.' && self.rules.stuffed) {
            self.line = self.line.saturating_add(1);
        }
        if self.line > LINE_LIMIT {
            self.report(V::TextLineTooLong, at, report);
        }
        self.before = match (self.before, octet) {
            (Before::LineStart { proper }, b'.') if self.rules.stuffed => Before::Dot { proper },
            (Before::Dot { proper }, CR) => Before::DotCr { proper },
            (Before::Dot { .. }, LF) => self.lookalike(at, report),
            (Before::Dot { proper }, _) => {
                if proper && octet != b'.' {
                    self.report(V::DotNotStuffed, at.back(), report);
                }
                self.flush(report);
                Before::Text
            }
            (Before::DotCr { proper }, LF) => {
                if !proper {
                    self.lookalike(at, report);
                }
                self.line_end()
            }
            (Before::DotCr { .. }, _) => {
                self.lookalike(at, report);
                if octet == CR { Before::Cr } else { Before::Text }
            }
            (Before::Cr, LF) => self.line_end(),
            (Before::Cr, _) => {
                self.note_bare(V::BareCrInContent, at.back(), report);
                match octet {
                    b'.' if self.rules.stuffed => Before::Dot { proper: false },
                    CR => Before::Cr,
                    _ => Before::Text,
                }
            }
            (_, CR) => Before::Cr,
            (_, LF) => {
                self.note_bare(V::BareLfInContent, at, report);
                Before::LineStart { proper: false }
            }
            _ => Before::Text,
        };
        let undecided = matches!(
            self.before,
            Before::LineStart { proper: false } | Before::Dot { proper: false } | Before::DotCr { proper: false }
        );
        if !undecided {
            self.flush(report);
        }
    }

    fn line_end(&mut self) -> Before {
        self.line = 0;
        Before::LineStart { proper: true }
    }

    /// A lone dot that some take for the end of the content. What was bare about it is not reported a second time.
    fn lookalike(&mut self, at: Place, report: &mut impl FnMut(V, Place)) -> Before {
        self.bare = None;
        self.report(V::EndOfDataLookalike, at, report);
        Before::LineStart { proper: false }
    }

    fn note_bare(&mut self, kind: V, at: Place, report: &mut impl FnMut(V, Place)) {
        self.flush(report);
        self.bare = Some((kind, at));
    }

    fn flush(&mut self, report: &mut impl FnMut(V, Place)) {
        if let Some((kind, at)) = self.bare.take() {
            self.report(if self.rules.stuffed { kind } else { V::BareLineEndingInChunk }, at, report);
        }
    }

    fn report(&mut self, kind: V, at: Place, report: &mut impl FnMut(V, Place)) {
        let bit = 1u128.wrapping_shl(kind as u32);
        if self.reported & bit == 0 {
            self.reported |= bit;
            report(kind, at);
        }
    }
}

/// Are all octets printable ASCII, SP or HT, or above 127 where those are allowed? Looked at in blocks, without a branch for
/// each octet.
pub(super) fn is_plain(text: &[u8], eight_bit: bool) -> bool {
    let is_plain = |octet: u8| matches!(octet, b'\t' | b' '..=b'~') | (eight_bit & (octet >= 0x80));
    let all = |octets: &[u8]| octets.iter().fold(true, |all, &octet| all & is_plain(octet));
    match text.last_chunk::<16>() {
        Some(last) => text.chunks_exact(last.len()).all(all) && all(last),
        None => all(text),
    }
}
