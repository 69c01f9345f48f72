//! What is wrong with the form of a reply, whatever it answers.

use crate::codec::first_line;
use crate::observer::exchange::Place;
use crate::observer::violation::{KindSet, ViolationKind as V};
use crate::syntax::{EhloReply, EnhancedCode, Expected, Grammar, Host, ReplyCode, SyntaxError};

/// The longest reply line, CRLF included (RFC 5321 section 4.5.3.1.5).
const LINE_LIMIT: usize = 512;

/// What the form of a reply depends on.
#[derive(Clone, Copy, Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts of one reply")]
pub(in crate::observer) struct Rules {
    pub(in crate::observer) greeting: bool,
    /// It accepts EHLO or LHLO.
    pub(in crate::observer) offer: bool,
    /// An enhanced code is owed.
    pub(in crate::observer) enhanced: bool,
    /// SMTPUTF8 was offered.
    pub(in crate::observer) offers_utf8: bool,
    /// UTF-8 is allowed (RFC 6531 section 3.7.4).
    pub(in crate::observer) utf8: bool,
    /// It answers MAIL or RCPT.
    pub(in crate::observer) mail: bool,
}

/// The code of a reply, whether the rest of it is in order or not; `None` where it does not begin with three digits that
/// make one.
pub(in crate::observer) fn code(octets: &[u8]) -> Option<ReplyCode> {
    let digits = octets.get(..3)?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    ReplyCode::new(
        digits
            .iter()
            .fold(0, |code, digit| u16::wrapping_add(u16::wrapping_mul(code, 10), u16::from(digit.wrapping_sub(b'0')))),
    )
}

/// Lines that are one reply if a bare LF ends a line as well, with at least one such. How far the unread octets were looked
/// at is remembered; begin anew when some of them were read.
#[derive(Clone, Debug, Default)]
pub(in crate::observer) struct LineFed {
    /// How many octets the lines have that are complete.
    end: usize,
    /// How many octets have been searched for a LF.
    scanned: usize,
    bare: bool,
    complete: bool,
}

impl LineFed {
    /// Where the lines end, and whether CRLF ends the last of them. A CRLF at the end of other lines makes sense of the LF
    /// behind a separator that promises more.
    pub(in crate::observer) fn find(&mut self, octets: &[u8]) -> Option<(usize, bool)> {
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
pub(in crate::observer) fn fed_lines(octets: &[u8]) -> impl Iterator<Item = &[u8]> {
    let text = octets.strip_suffix(b"\n").unwrap_or(octets);
    text.split(|octet| *octet == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

/// Where its first bare LF stands.
pub(in crate::observer) fn feed(octets: &[u8]) -> usize {
    let bare = |at: &usize| octets.get(at.wrapping_sub(1)) != Some(&b'\r');
    memchr::memchr_iter(b'\n', octets).find(bare).unwrap_or_default()
}

/// Reports what is wrong with a reply whose lines, with their CRLFs, are `octets`, which begin at `at`. `is_common`: each line
/// has its separator, printable text, and no more octets than it may have.
pub(in crate::observer) fn look(
    octets: &[u8],
    at: Place,
    is_common: bool,
    rules: Rules,
    report: &mut dyn FnMut(V, Place),
) {
    let mut reported = Reported { kinds: KindSet::default(), report };
    if !matches!(octets.get(1), Some(b'0'..=b'5')) {
        reported.report(V::ReplySecondDigit, at);
    }
    if rules.enhanced || !is_common {
        let mut first = None;
        let (mut place, mut before) = (at, &[][..]);
        for line in lines(octets, is_common) {
            place = place.after(before);
            before = line;
            let text = line.get(4..).unwrap_or_default().strip_suffix(b"\r\n").unwrap_or_default();
            if !is_common {
                look_at_line(line, text, rules, place, &mut reported);
            }
            if rules.enhanced {
                look_at_enhanced(line, text, &mut first, place, &mut reported);
            }
        }
    }
    let text = octets.get(4..).unwrap_or_default();
    if rules.greeting && octets.starts_with(b"220") && !names_host(text) {
        reported.report(V::GreetingSyntax, at);
    }
    if rules.offer && reported.kinds.is_empty() && !EhloReply::is_ehlo_ok_rsp(octets) {
        reported.report(V::EhloReplySyntax, at);
    }
}

/// Of a reply with separators: is this its last line, to the end?
pub(in crate::observer) fn is_last_line(octets: &[u8]) -> bool {
    octets.get(3) == Some(&b' ')
}

fn look_at_line(line: &[u8], text: &[u8], rules: Rules, at: Place, reported: &mut Reported<'_>) {
    if line.len() > LINE_LIMIT {
        reported.report(V::ReplyLineTooLong, at);
    }
    if line.len() <= 5 {
        reported.report(V::BareReplyCode, at);
    }
    if has_bare(text) {
        reported.report(V::BareLineEndingInReply, at);
    } else if !rules.offer {
        look_at_text(text, rules, at, reported);
    }
}

/// Reports each kind once a reply.
struct Reported<'r> {
    kinds: KindSet,
    report: &'r mut dyn FnMut(V, Place),
}

impl Reported<'_> {
    fn report(&mut self, kind: V, at: Place) {
        if self.kinds.insert(kind) {
            (self.report)(kind, at);
        }
    }
}

/// What is wrong with a line that cannot be read as a reply.
pub(in crate::observer) fn no_reply(octets: &[u8], error: SyntaxError) -> V {
    match octets {
        [first, second, third, ..] if [first, second, third].iter().all(|octet| octet.is_ascii_digit()) => {
            if !(b'2'..=b'5').contains(first) {
                V::ReplyFirstDigit
            } else if error.expected() == Expected::SameCode {
                V::ReplyCodesDiffer
            } else if lines(octets, false).any(|line| has_bare(line.strip_suffix(b"\r\n").unwrap_or(line))) {
                V::BareLineEndingInReply
            } else {
                V::ReplySyntax
            }
        }
        _ => V::ReplySyntax,
    }
}

fn has_bare(text: &[u8]) -> bool {
    memchr::memchr2(b'\r', b'\n', text).is_some()
}

/// The lines, each with its CRLF. `is_common`: each has its separator.
pub(in crate::observer) fn lines(octets: &[u8], is_common: bool) -> impl Iterator<Item = &[u8]> {
    let mut rest = octets;
    core::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        // Where the last one ends need not be searched.
        let last = is_common && is_last_line(rest);
        let end = if last { None } else { first_line(rest, 0).map(|(_, length)| length) };
        let (line, behind) = rest.split_at_checked(end.unwrap_or(rest.len()))?;
        rest = behind;
        Some(line)
    })
}

fn look_at_text(text: &[u8], rules: Rules, at: Place, reported: &mut Reported<'_>) {
    if !text.iter().all(|octet| matches!(octet, b'\t' | b' '..=b'~')) {
        let utf8 =
            core::str::from_utf8(text).is_ok_and(|text| !text.chars().any(|c| c.is_ascii_control() && c != '\t'));
        if !utf8 || !rules.offers_utf8 {
            reported.report(V::ReplyText, at);
        } else if !rules.utf8 {
            reported.report(if rules.mail { V::MailReplyUtf8 } else { V::ReplyUtf8 }, at);
        }
    }
}

fn look_at_enhanced(
    line: &[u8],
    text: &[u8],
    first: &mut Option<EnhancedCode>,
    at: Place,
    reported: &mut Reported<'_>,
) {
    let Some(enhanced) = EnhancedCode::at_start(text) else {
        return reported.report(V::EnhancedCodeMissing, at);
    };
    if text.first() != line.first() {
        reported.report(V::EnhancedCodeClass, at);
    }
    if *first.get_or_insert(enhanced) != enhanced {
        reported.report(V::EnhancedCodesDiffer, at);
    }
}

/// `Domain / address-literal`, with a space or nothing behind it
fn names_host(text: &[u8]) -> bool {
    let end = text.iter().position(|octet| matches!(octet, b' ' | b'\r')).unwrap_or(text.len());
    text.get(..end).is_some_and(|host| Host::parse(host, Grammar::STRICT).is_ok())
}
