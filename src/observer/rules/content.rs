//! The rules about content: line endings, dots, line lengths, octets above 127 and control characters. Content is
//! checked while it is streamed; blocks without a fault are skipped, and the others are checked octet by octet. Nothing
//! of the content is kept.

use crate::codec::{pass_blocks, widely};
use crate::observer::exchange::Place;
use crate::observer::violation::{KindSet, ViolationKind as V};
use alloc::vec::Vec;

const CR: u8 = b'\r';
const LF: u8 = b'\n';

/// The longest line of content, CRLF included (RFC 5321 section 4.5.3.1.6).
const LINE_LIMIT: usize = 1000;

/// The facts on which the checks depend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rules {
    /// Dot-stuffed content after DATA. If `false`, a chunk.
    pub(crate) stuffed: bool,
    /// Whether BODY declares octets above 127.
    pub(crate) eight_bit: bool,
    /// Whether only SMTPUTF8 declares octets above 127.
    pub(crate) utf8: bool,
    /// BODY=BINARYMIME: the content has no lines.
    pub(crate) binary: bool,
}

/// The end of the octets before the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    /// At the start of a line. `proper` says that it is after CRLF.
    LineStart {
        proper: bool,
    },
    /// After a dot at the start of a line.
    Dot {
        proper: bool,
    },
    /// After such a dot and a CR.
    DotCr {
        proper: bool,
    },
    Cr,
    Text,
}

/// Checks the octets of one message as they are on the wire. It finds the first fault of each kind.
#[derive(Clone, Debug)]
pub(crate) struct Checker {
    rules: Rules,
    before: Before,
    /// The number of octets of the open line, without the dot that was added.
    line: usize,
    /// A bare CR or LF that is not reported yet, because it may be part of a more serious fault.
    bare: Option<(V, Place)>,
    /// The position in a character, if the content must be UTF-8.
    character: Character,
    /// The kinds that have been reported.
    reported: KindSet,
}

impl Checker {
    pub(crate) fn new(rules: Rules) -> Self {
        Self {
            rules,
            before: Before::LineStart { proper: true },
            line: 0,
            bare: None,
            character: Character::default(),
            reported: KindSet::default(),
        }
    }

    /// Checks the next octets, which begin at `at`. Returns the position after them.
    pub(crate) fn look(&mut self, octets: &[u8], at: Place, found: &mut Vec<(V, Place)>) -> Place {
        if self.rules.binary {
            self.before = Before::LineStart { proper: true };
            return at.after(octets);
        }
        let mut at = at;
        let mut rest = octets;
        loop {
            if let Some((passed, after)) =
                rest.split_at_checked(self.pass(rest)).filter(|(passed, _)| !passed.is_empty())
            {
                at = at.after(passed);
                rest = after;
            }
            let Some((&octet, after)) = rest.split_first() else { return at };
            self.look_at_octet(octet, at, found);
            at = at.next(octet);
            rest = after;
        }
    }

    fn look_at_octet(&mut self, octet: u8, at: Place, found: &mut Vec<(V, Place)>) {
        if self.rules.utf8 {
            if let Some(start) = self.character.take(octet, at) {
                self.add(V::EightBitNotUtf8, start, found);
            }
        } else if octet >= 0x80 && !self.rules.eight_bit {
            self.add(V::EightBitContent, at, found);
        }
        if matches!(octet, 0..=8 | 11 | 12 | 14..=31 | 127) {
            self.add(V::ControlCharacter, at, found);
        }
        self.step(octet, at, found);
    }

    /// Returns the number of octets at the start that have no fault, after counting them.
    fn pass(&mut self, octets: &[u8]) -> usize {
        let Some((first, _)) = octets.split_first() else { return 0 };
        let at_start = self.before == Before::LineStart { proper: true };
        let goes_on = (at_start && *first != b'.') || self.before == Before::Text;
        if !goes_on || self.character.missing > 0 || !is_text(*first, self.rules.eight_bit) {
            return 0;
        }
        let clean = widely(
            #[inline(always)]
            || if self.rules.eight_bit { clean::<true>(octets) } else { clean::<false>(octets) },
        );
        let passed = self.measure(octets.get(..clean).unwrap_or_default());
        self.before = match octets.get(..passed) {
            None | Some([]) => self.before,
            Some([.., CR]) => Before::Cr,
            Some([.., LF]) => Before::LineStart { proper: true },
            Some(_) => Before::Text,
        };
        passed
    }

    /// Returns the number of octets before the first that is too many for its line. Only CRLF ends a line in `octets`.
    fn measure(&mut self, octets: &[u8]) -> usize {
        // The fault is reported only once.
        let limit = if self.reported.contains(V::TextLineTooLong) { usize::MAX } else { LINE_LIMIT };
        let mut rest = octets;
        loop {
            let window = rest.get(..limit.saturating_sub(self.line)).unwrap_or(rest);
            let Some(lf) = memchr::memrchr(LF, window) else {
                self.line = self.line.saturating_add(window.len());
                return octets.len().saturating_sub(rest.len()).saturating_add(window.len());
            };
            self.line = 0;
            rest = rest.get(lf.saturating_add(1)..).unwrap_or_default();
        }
    }

    /// Ends the chunks. `last` is the position of their last octet.
    pub(crate) fn end(&mut self, last: Place, found: &mut Vec<(V, Place)>) {
        if self.before == Before::Cr {
            self.note_bare(V::BareCrInContent, last, found);
        }
        self.flush(found);
        if let Some(start) = self.character.start.filter(|_| self.character.missing > 0) {
            self.add(V::EightBitNotUtf8, start, found);
        }
        if self.before != (Before::LineStart { proper: true }) {
            self.add(V::UnterminatedFinalLine, last, found);
        }
    }

    fn step(&mut self, octet: u8, at: Place, found: &mut Vec<(V, Place)>) {
        let proper_start = self.before == Before::LineStart { proper: true };
        if !(proper_start && octet == b'.' && self.rules.stuffed) {
            self.line = self.line.saturating_add(1);
        }
        if self.line > LINE_LIMIT {
            self.add(V::TextLineTooLong, at, found);
        }
        self.before = match (self.before, octet) {
            (Before::LineStart { proper }, b'.') if self.rules.stuffed => Before::Dot { proper },
            (Before::Dot { proper }, CR) => Before::DotCr { proper },
            (Before::Dot { .. }, LF) => self.lookalike(at, found),
            (Before::Dot { proper }, _) => {
                if proper && octet != b'.' {
                    self.add(V::DotNotStuffed, at.back(), found);
                }
                self.flush(found);
                Before::Text
            }
            (Before::DotCr { proper }, LF) => {
                if !proper {
                    self.lookalike(at, found);
                }
                self.line_end()
            }
            (Before::DotCr { .. }, _) => {
                self.lookalike(at, found);
                if octet == CR { Before::Cr } else { Before::Text }
            }
            (Before::Cr, LF) => self.line_end(),
            (Before::Cr, _) => {
                self.note_bare(V::BareCrInContent, at.back(), found);
                match octet {
                    b'.' if self.rules.stuffed => Before::Dot { proper: false },
                    CR => Before::Cr,
                    _ => Before::Text,
                }
            }
            (_, CR) => Before::Cr,
            (_, LF) => {
                self.note_bare(V::BareLfInContent, at, found);
                Before::LineStart { proper: false }
            }
            _ => Before::Text,
        };
        let undecided = matches!(
            self.before,
            Before::LineStart { proper: false } | Before::Dot { proper: false } | Before::DotCr { proper: false }
        );
        if !undecided {
            self.flush(found);
        }
    }

    fn line_end(&mut self) -> Before {
        self.line = 0;
        Before::LineStart { proper: true }
    }

    /// Reports a lone dot that some servers take for the end of the content. The bare CR or LF in it is not reported a
    /// second time.
    fn lookalike(&mut self, at: Place, found: &mut Vec<(V, Place)>) -> Before {
        self.bare = None;
        self.add(V::EndOfDataLookalike, at, found);
        Before::LineStart { proper: false }
    }

    fn note_bare(&mut self, kind: V, at: Place, found: &mut Vec<(V, Place)>) {
        self.flush(found);
        self.bare = Some((kind, at));
    }

    fn flush(&mut self, found: &mut Vec<(V, Place)>) {
        if let Some((kind, at)) = self.bare.take() {
            self.add(if self.rules.stuffed { kind } else { V::BareLineEndingInChunk }, at, found);
        }
    }

    fn add(&mut self, kind: V, at: Place, found: &mut Vec<(V, Place)>) {
        if self.reported.insert(kind) {
            found.push((kind, at));
        }
    }
}

/// The beginning of a character in UTF-8 (RFC 3629 section 4).
#[derive(Clone, Copy, Debug, Default)]
struct Character {
    /// The number of octets of it that are still to come, and the position of its first octet.
    missing: u8,
    start: Option<Place>,
    /// The range of the next octet.
    next: (u8, u8),
}

impl Character {
    /// Takes the next octet. Returns the position of the character if the octets are not UTF-8.
    fn take(&mut self, octet: u8, at: Place) -> Option<Place> {
        const TAIL: (u8, u8) = (0x80, 0xBF);
        if self.missing > 0 {
            let (from, to) = self.next;
            if !(from..=to).contains(&octet) {
                let start = self.start;
                *self = Self::default();
                return start;
            }
            *self = Self { missing: self.missing.saturating_sub(1), next: TAIL, ..*self };
            return None;
        }
        let (missing, next) = match octet {
            0..=0x7F => return None,
            0xC2..=0xDF => (1, TAIL),
            0xE0 => (2, (0xA0, 0xBF)),
            0xED => (2, (0x80, 0x9F)),
            0xE1..=0xEF => (2, TAIL),
            0xF0 => (3, (0x90, 0xBF)),
            0xF1..=0xF3 => (3, TAIL),
            0xF4 => (3, (0x80, 0x8F)),
            _ => return Some(at),
        };
        *self = Self { missing, start: Some(at), next };
        None
    }
}

/// Returns the number of octets at the start that are text or CRLF, without a dot after them. The first octet must be
/// text. Usually this is all of them. In a block with something else, the search ends with the line.
#[inline(always)]
fn clean<const EIGHT_BIT: bool>(octets: &[u8]) -> usize {
    match pass_blocks(octets, 1, is_clean::<EIGHT_BIT>) {
        end if end == octets.len() => end,
        end => end_of_text::<EIGHT_BIT>(octets, end),
    }
}

/// Returns the end of the text that continues at `from`.
fn end_of_text<const EIGHT_BIT: bool>(octets: &[u8], from: usize) -> usize {
    if matches!(octets.get(..from), Some([.., CR | LF])) {
        return from;
    }
    let rest = octets.get(from..).unwrap_or_default();
    from.saturating_add(rest.iter().take_while(|octet| is_text(**octet, EIGHT_BIT)).count())
}

/// Returns `true` if a block is clean. It has no branch for each octet, so that the compiler can vectorize it.
#[inline(always)]
fn is_clean<const EIGHT_BIT: bool>(here: &[u8], before: &[u8]) -> bool {
    let mut wrong = 0;
    for (&here, &before) in here.iter().zip(before) {
        wrong |= u8::from(here == LF) ^ u8::from(before == CR);
        // A dot after LF, and pairs with another control character, which are rare.
        wrong |= u8::from(here.saturating_add(before) == b'.' + LF);
        wrong |= u8::from(is_control(here, EIGHT_BIT)) ^ u8::from((here == b'\t') | (here == CR) | (here == LF));
    }
    wrong == 0
}

/// Returns `true` for printable ASCII, SP and HT, and for octets above 127 if they are allowed.
#[inline(always)]
fn is_text(octet: u8, eight_bit: bool) -> bool {
    (octet == b'\t') | !is_control(octet, eight_bit)
}

/// Returns `true` for control characters, and for octets above 127 unless they are allowed.
#[inline(always)]
fn is_control(octet: u8, eight_bit: bool) -> bool {
    (octet < b' ') | if eight_bit { octet == 127 } else { octet >= 127 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns octets of all kinds that matter, most of them text, in lines of about `length` octets.
    fn octets(seed: u64, length: usize) -> Vec<u8> {
        let mut state = seed.wrapping_mul(2).wrapping_add(1);
        let mut all = Vec::new();
        while all.len() < 5000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let choice = state.wrapping_shr(33) % 64;
            match choice {
                0 => all.push(0),
                1 => all.push(0x80),
                2 => all.push(127),
                3 => all.extend_from_slice(b"\r"),
                4 => all.extend_from_slice(b"\n"),
                5 => all.extend_from_slice(b"\n.\n"),
                6 => all.extend_from_slice(b"\r\n.\r"),
                7 => all.extend_from_slice(b"\r\n.x"),
                8 => all.extend_from_slice(b"\r\n..\t"),
                9..=20 => all.extend(core::iter::repeat_n(b'a', length.min(150))),
                _ => {
                    all.extend(core::iter::repeat_n(b'a', length));
                    all.extend_from_slice(b"\r\n");
                }
            }
        }
        all
    }

    /// Octets that are skipped in blocks have no fault that a check octet by octet finds, however they are cut.
    #[test]
    fn blocks_are_octets() {
        for seed in 0..200 {
            let length = [0, 1, 60, 76, 997, 998, 999, 1000, 3000].get(seed as usize % 9).copied().unwrap_or_default();
            let rules = Rules { stuffed: seed % 2 == 0, eight_bit: seed % 3 == 0, utf8: seed % 3 == 1, binary: false };
            let octets = octets(seed, length);
            let mut slow = (Checker::new(rules), Place::START, Vec::new());
            for octet in &octets {
                slow.0.look_at_octet(*octet, slow.1, &mut slow.2);
                slow.1 = slow.1.next(*octet);
            }
            for piece in [1, 7, 64, 65, 1000, 5000] {
                let mut fast = (Checker::new(rules), Place::START, Vec::new());
                for octets in octets.chunks(piece) {
                    fast.1 = fast.0.look(octets, fast.1, &mut fast.2);
                }
                assert_eq!((fast.1, &fast.2), (slow.1, &slow.2), "{seed} by {piece}");
                assert_eq!((fast.0.before, fast.0.line), (slow.0.before, slow.0.line), "{seed} by {piece}");
            }
        }
    }
}
