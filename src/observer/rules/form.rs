//! The rules about the form of a reply, whatever it answers: codes, separators, text, enhanced codes, and the lengths
//! of lines. Whether the code fits the command is in `code.rs`.

use crate::codec::first_line;
use crate::observer::exchange::{Place, Sent};
use crate::observer::facts::Facts;
use crate::observer::violation::ViolationKind as V;
use crate::session::Action;
use crate::syntax::{EnhancedCode, Expected, Extension, Grammar, Host, ReplyClass, ReplyCode, SyntaxError};
use alloc::vec::Vec;

/// The longest reply line, CRLF included (RFC 5321 section 4.5.3.1.5).
const LINE_LIMIT: usize = 512;

/// The facts on which the form of a reply depends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'f> {
    /// The action that it answers, if there is one.
    pub(crate) to: Option<&'f Sent>,
    pub(crate) code: Option<ReplyCode>,
    /// `None` if the reply may belong to another command.
    pub(crate) facts: Option<&'f Facts>,
}

impl Context<'_> {
    fn action(&self) -> Option<Action> {
        self.facts.and(self.to).map(|sent| sent.action)
    }

    fn is_greeting(&self) -> bool {
        self.action() == Some(Action::Greeting)
    }

    /// Returns `true` if it accepts EHLO or LHLO.
    pub(crate) fn is_offer(&self) -> bool {
        self.code == Some(ReplyCode::OK) && matches!(self.action(), Some(Action::Ehlo | Action::Lhlo))
    }

    /// Returns `true` if it must have an enhanced code (RFC 2034 section 4).
    fn owes_enhanced(&self) -> bool {
        use Action as A;
        self.facts.is_some_and(|facts| facts.hello.enhanced)
            && self.code.is_none_or(|code| code.class() != ReplyClass::Intermediate)
            // The reply to XCLIENT is the greeting of a new session.
            && !matches!(self.action(), Some(A::Greeting | A::Xclient | A::Helo | A::Ehlo | A::Lhlo))
    }

    /// Returns the violation of UTF-8 in its text, if that is a violation (RFC 6531 section 3.7.4).
    fn utf8(&self) -> Option<V> {
        let facts = self.facts?;
        let number = self.code.map(ReplyCode::get);
        match self.action() {
            _ if !facts.may_offer(Extension::SmtpUtf8) => Some(V::ReplyText),
            _ if matches!(number, Some(251 | 551)) && facts.transaction.mail.smtputf8 => None,
            Some(Action::Vrfy | Action::Expn) if self.to.is_some_and(|sent| sent.declared.smtputf8) => None,
            Some(Action::Mail | Action::Rcpt) => Some(V::MailReplyUtf8),
            _ => Some(V::ReplyUtf8),
        }
    }
}

/// Returns the code of a reply, even if the rest of the reply is invalid. Returns `None` if it does not begin with
/// three digits that form a code.
pub(crate) fn code(octets: &[u8]) -> Option<ReplyCode> {
    let digits = octets.get(..3)?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    ReplyCode::new(
        digits
            .iter()
            .fold(0, |code, digit| u16::wrapping_add(u16::wrapping_mul(code, 10), u16::from(digit.wrapping_sub(b'0')))),
    )
    .ok()
}

/// Returns the violations in a reply, each kind once. `octets` are its lines with their CRLFs, and begin at `at`. The
/// last line of a reply that is too long may be unfinished. `is_common` says that each line has its separator and
/// printable text and is within the limit.
pub(crate) fn look(octets: &[u8], at: Place, is_common: bool, context: Context<'_>) -> Vec<(V, Place)> {
    let mut found = Found(Vec::new());
    let enhanced = context.owes_enhanced();
    if !matches!(octets.get(1), Some(b'0'..=b'5')) {
        found.add(V::ReplySecondDigit, at);
    }
    if enhanced || !is_common {
        let mut first = None;
        let (mut place, mut before) = (at, &[][..]);
        for line in lines(octets, is_common) {
            place = place.after(before);
            before = line;
            let Some(text) = line.strip_suffix(b"\r\n") else {
                look_at_unfinished(line, place, &mut found);
                break;
            };
            let text = text.get(4..).unwrap_or_default();
            if !is_common {
                look_at_line(line, text, context, place, &mut found);
            }
            if enhanced {
                look_at_enhanced(line, text, &mut first, place, &mut found);
            }
        }
    }
    let text = octets.get(4..).unwrap_or_default();
    let is_greeting = context.is_greeting() && octets.starts_with(b"220");
    if is_greeting && !names_host(text) && first_line(octets, 0).is_some() {
        found.add(V::GreetingSyntax, at);
    }
    found.0
}

/// Returns `true` if the first line of `octets` is the last line of the reply. The lines must have separators.
pub(crate) fn is_last_line(octets: &[u8]) -> bool {
    octets.get(3) == Some(&b' ')
}

fn look_at_line(line: &[u8], text: &[u8], context: Context<'_>, at: Place, found: &mut Found) {
    if is_too_long(line) {
        found.add(V::ReplyLineTooLong, at);
    }
    if line.len() <= 5 {
        found.add(V::BareReplyCode, at);
    }
    if has_bare(text) {
        found.add(V::BareLineEndingInReply, at);
    } else if !context.is_offer() {
        look_at_text(text, context, at, found);
    }
}

/// Judges the last line of a reply that is too long, as far as it was read.
#[cold]
fn look_at_unfinished(line: &[u8], at: Place, found: &mut Found) {
    // The last CR may be that of its CRLF.
    if has_bare(line.strip_suffix(b"\r").unwrap_or(line)) {
        found.add(V::BareLineEndingInReply, at);
    } else if is_too_long(line) {
        found.add(V::ReplyLineTooLong, at);
    }
}

/// Returns `true` if the octets are no reply because they are more than one may have.
pub(crate) fn is_over_limit(error: &SyntaxError) -> bool {
    error.expected() == Expected::LineWithinLimit
}

/// Returns `true` if a line is longer than a reply line may be.
pub(crate) fn is_too_long(line: &[u8]) -> bool {
    line.len() > LINE_LIMIT
}

/// The violations in a reply. There are few kinds, and each is kept once, so a reply of many lines is judged in linear
/// time.
struct Found(Vec<(V, Place)>);

impl Found {
    fn add(&mut self, kind: V, at: Place) {
        if self.0.iter().all(|(found, _)| *found != kind) {
            self.0.push((kind, at));
        }
    }
}

/// Returns the violation of a line that cannot be parsed as a reply.
pub(crate) fn no_reply(octets: &[u8], error: SyntaxError) -> V {
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

/// Returns `true` if octets of a line without its CRLF hold a bare CR or LF.
pub(crate) fn has_bare(text: &[u8]) -> bool {
    memchr::memchr2(b'\r', b'\n', text).is_some()
}

/// Returns the lines, each with its CRLF. `is_common` says that each has its separator.
pub(crate) fn lines(octets: &[u8], is_common: bool) -> impl Iterator<Item = &[u8]> {
    let mut rest = octets;
    core::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        // The last line ends where the octets end, so no search is needed.
        let last = is_common && is_last_line(rest);
        let end = if last { None } else { first_line(rest, 0).map(|(_, length)| length) };
        let (line, after) = rest.split_at_checked(end.unwrap_or(rest.len()))?;
        rest = after;
        Some(line)
    })
}

fn look_at_text(text: &[u8], context: Context<'_>, at: Place, found: &mut Found) {
    if !text.iter().all(|octet| matches!(octet, b'\t' | b' '..=b'~')) {
        let utf8 =
            core::str::from_utf8(text).is_ok_and(|text| !text.chars().any(|c| c.is_ascii_control() && c != '\t'));
        let fault = if utf8 { context.utf8() } else { Some(V::ReplyText) };
        if let Some(kind) = fault {
            found.add(kind, at);
        }
    }
}

fn look_at_enhanced(line: &[u8], text: &[u8], first: &mut Option<EnhancedCode>, at: Place, found: &mut Found) {
    let Some(enhanced) = EnhancedCode::at_start(text) else { return found.add(V::EnhancedCodeMissing, at) };
    if text.first() != line.first() {
        found.add(V::EnhancedCodeClass, at);
    }
    if *first.get_or_insert(enhanced) != enhanced {
        found.add(V::EnhancedCodesDiffer, at);
    }
}

/// Returns `true` if the text begins with `Domain / address-literal`, followed by a space or nothing.
fn names_host(text: &[u8]) -> bool {
    let end = text.iter().position(|octet| matches!(octet, b' ' | b'\r')).unwrap_or(text.len());
    text.get(..end).is_some_and(|host| Host::parse(host, Grammar::STRICT).is_ok())
}
