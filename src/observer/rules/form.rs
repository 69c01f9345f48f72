//! What is wrong with the form of a reply, whatever it answers.

use crate::codec::first_line;
use crate::observer::exchange::{Place, Sent};
use crate::observer::facts::Facts;
use crate::observer::violation::{KindSet, ViolationKind as V};
use crate::session::Action;
use crate::syntax::{EhloReply, EnhancedCode, Expected, Extension, Grammar, Host, ReplyClass, ReplyCode, SyntaxError};

/// The longest reply line, CRLF included (RFC 5321 section 4.5.3.1.5).
const LINE_LIMIT: usize = 512;

/// What the form of a reply depends on.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts of one reply")]
pub(in crate::observer) struct Rules {
    greeting: bool,
    /// It accepts EHLO or LHLO.
    offer: bool,
    /// An enhanced code is owed.
    enhanced: bool,
    /// SMTPUTF8 was offered.
    offers_utf8: bool,
    /// UTF-8 is allowed (RFC 6531 section 3.7.4).
    utf8: bool,
    /// It answers MAIL or RCPT.
    mail: bool,
}

impl Rules {
    /// Of a reply that may be another's.
    pub(in crate::observer) const ANY: Self =
        Self { greeting: false, offer: false, enhanced: false, offers_utf8: true, utf8: true, mail: false };

    /// Of the reply to this, if it is one to something that the client sent.
    pub(in crate::observer) fn of(to: Option<&Sent>, code: Option<ReplyCode>, facts: &Facts) -> Self {
        use Action as A;
        let action = to.map(|sent| sent.action);
        let greeting = action == Some(A::Greeting);
        // XCLIENT brings the greeting of a new session.
        let plain = matches!(action, Some(A::Greeting | A::Xclient | A::Helo | A::Ehlo | A::Lhlo))
            || code.is_some_and(|code| code.class() == ReplyClass::Intermediate);
        let address = matches!(code.map(ReplyCode::get), Some(251 | 551)) && facts.transaction.mail.smtputf8;
        let lookup = matches!(action, Some(A::Vrfy | A::Expn)) && to.is_some_and(|sent| sent.declared.smtputf8);
        Self {
            greeting,
            offer: code == Some(ReplyCode::OK) && matches!(action, Some(A::Ehlo | A::Lhlo)),
            enhanced: facts.hello.enhanced && !plain,
            offers_utf8: facts.offers(Extension::SmtpUtf8),
            utf8: address || lookup,
            mail: matches!(action, Some(A::Mail | A::Rcpt)),
        }
    }
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
