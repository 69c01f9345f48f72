//! The grammar of the value of each registered parameter, as its RFC defines it. `parameter.rs` and `offered.rs` use
//! it. It must not know what was offered.

use super::{
    AuthSender, Body, DeliverBy, DeliverByMode, MessageTracking, Notify, Orcpt, ParameterValue, Return, Rrvs,
    RrvsAction, SolicitationKeywords, TransactionId,
};
use crate::syntax::date_time::date_time;
use crate::syntax::scan::{
    Class, Parse, alike, at_most, decimal, expected, fail, hexadecimal, literal, many, mark, nested, number, octet,
    recognized, repeated, separated, some, span, span1,
};
use crate::syntax::xtext::xtext;
use crate::syntax::{DateTime, Expected, Grammar, Mailbox, ParameterName, Xtext};
use nom::Parser;
use nom::sequence::{delimited, terminated};

const SIZE_DIGITS: usize = 20;
pub(crate) const ENVID_LIMIT: usize = 100;
pub(crate) const ORCPT_LIMIT: usize = 500;
const TRANSID_LIMIT: usize = 80;
const SOLICIT_LIMIT: usize = 1000;
/// The longest mailbox: 64 octets, "@", 255 octets.
pub(super) const MAILBOX_LIMIT: usize = 320;

const WRONG: Expected = Expected::ParameterValue;

/// Parses the whole value of a parameter. `i` is `None` if there was no "=".
pub(in crate::syntax::parameter) fn value(
    i: Option<&[u8]>,
    name: ParameterName,
    grammar: Grammar,
) -> Parse<'_, ParameterValue<'_>> {
    use ParameterName as N;
    use ParameterValue as V;
    let without = match name {
        N::SmtpUtf8 => Some(V::SmtpUtf8),
        N::RequireTls => Some(V::RequireTls),
        N::Conperm => Some(V::Conperm),
        N::Conneg => Some(V::Conneg),
        _ => None,
    };
    let i = match (i, without) {
        (None, Some(value)) => return Ok((&[], value)),
        (Some(i), Some(_)) => return fail(i, Expected::NoParameterValue),
        (None, None) => return fail(&[], WRONG),
        (Some(i), None) => i,
    };
    entire(i, |i| match name {
        N::Size => size(i).map(|(i, size)| (i, V::Size(size))),
        N::Body => word(i, Body::WORDS).map(|(i, body)| (i, V::Body(body))),
        N::Ret => word(i, Return::WORDS).map(|(i, ret)| (i, V::Ret(ret))),
        N::Envid => envid(i, grammar).map(|(i, envid)| (i, V::Envid(envid))),
        N::Auth => auth(i, grammar).map(|(i, sender)| (i, V::Auth(sender))),
        N::MtPriority => priority(i).map(|(i, priority)| (i, V::MtPriority(priority))),
        N::HoldFor => interval(i).map(|(i, seconds)| (i, V::HoldFor(seconds))),
        N::HoldUntil => hold_until(i).map(|(i, time)| (i, V::HoldUntil(time))),
        N::By => by(i).map(|(i, by)| (i, V::By(by))),
        N::Mtrk => mtrk(i).map(|(i, mtrk)| (i, V::Mtrk(mtrk))),
        N::Solicit => solicitation_keywords(i).map(|(i, keywords)| (i, V::Solicit(keywords))),
        N::Submitter => submitter(i, grammar).map(|(i, submitter)| (i, V::Submitter(submitter))),
        N::TransId => transaction_id(i).map(|(i, id)| (i, V::TransId(id))),
        N::Notify => notify(i).map(|(i, notify)| (i, V::Notify(notify))),
        N::Orcpt => orcpt(i, grammar).map(|(i, orcpt)| (i, V::Orcpt(orcpt))),
        N::Rrvs => rrvs(i).map(|(i, rrvs)| (i, V::Rrvs(rrvs))),
        N::SmtpUtf8 | N::RequireTls | N::Conperm | N::Conneg => fail(i, Expected::NoParameterValue),
    })
}

/// Parses a whole value by its production.
pub(super) fn entire<'a, T>(i: &'a [u8], production: impl FnOnce(&'a [u8]) -> Parse<'a, T>) -> Parse<'a, T> {
    let (rest, value) = production(i)?;
    if rest.is_empty() { Ok((rest, value)) } else { fail(rest, WRONG) }
}

/// `size-value ::= 1*20DIGIT` (RFC 1870 section 4)
fn size(i: &[u8]) -> Parse<'_, u64> {
    let (rest, digits) = span1(i, Class::DIGIT, WRONG)?;
    match i.get(SIZE_DIGITS..) {
        Some(after) if digits.len() > SIZE_DIGITS => fail(after, WRONG),
        _ => Ok((rest, decimal(digits).unwrap_or(u64::MAX))),
    }
}

/// Parses one word of a list, in any case, up to the "," or the end. Fails at the first octet that no word has there.
pub(super) fn word<'a, T: Copy>(i: &'a [u8], words: &[(&str, T)]) -> Parse<'a, T> {
    let (found, rest) = span(i, Class::LDH);
    match words.iter().find(|(word, _)| found.eq_ignore_ascii_case(word.as_bytes())) {
        Some((_, meaning)) => Ok((rest, *meaning)),
        None => fail(i.get(alike(found, words.iter().map(|(word, _)| *word))..).unwrap_or_default(), WRONG),
    }
}

/// `envid-parameter = "ENVID=" xtext`, at most 100 octets that decode to printable ASCII (RFC 3461 section 4.4)
fn envid(i: &[u8], grammar: Grammar) -> Parse<'_, Xtext<'_>> {
    at_most(ENVID_LIMIT, |i| printable_xtext(i, grammar, false)).map(Xtext).parse(i)
}

/// xtext that decodes to graphic characters and white space of ASCII, or, if `eight_bit`, also to octets above 127.
fn printable_xtext(i: &[u8], grammar: Grammar, eight_bit: bool) -> Parse<'_, Xtext<'_>> {
    let (rest, text) = xtext(i, grammar.dialect.parameter_values)?;
    let printable = |octet: u8| Class::TEXT.has(octet) || (eight_bit && !octet.is_ascii());
    // Octets that are not encoded are printable: they are xchar.
    let mut encoded = memchr::memchr_iter(b'+', text.0).filter_map(|at| Xtext(text.0.get(at..)?).decode().next());
    if encoded.all(printable) { Ok((rest, text)) } else { fail(i, Expected::Xtext) }
}

/// `auth-param = "AUTH=" xtext ; decodes to a mailbox or to "<>"` (RFC 4954 section 5), hex digits in either case
///
/// With `parameter_values` any other xtext means "<>".
pub(super) fn auth(i: &[u8], grammar: Grammar) -> Parse<'_, AuthSender<'_>> {
    let (rest, sender) = xtext(i, true)?;
    if sender.decode().eq(*b"<>") {
        return Ok((rest, AuthSender::Unknown));
    }
    match xtext_mailbox(i, rest, sender, grammar) {
        Ok((rest, sender)) => Ok((rest, AuthSender::Mailbox(sender))),
        Err(_) if grammar.dialect.parameter_values => Ok((rest, AuthSender::Unknown)),
        Err(error) => Err(error),
    }
}

/// `"SUBMITTER=" Mailbox`, in xtext (RFC 4405 section 4)
fn submitter(i: &[u8], grammar: Grammar) -> Parse<'_, Xtext<'_>> {
    let (rest, submitter) = xtext(i, grammar.dialect.parameter_values)?;
    xtext_mailbox(i, rest, submitter, grammar)
}

/// Checks that xtext decodes to a Mailbox, with letters beyond ASCII if RFC 6531 is in force. No dialect widens it,
/// because the value is written as it was sent.
fn xtext_mailbox<'a>(i: &'a [u8], rest: &'a [u8], text: Xtext<'a>, grammar: Grammar) -> Parse<'a, Xtext<'a>> {
    let mut buffer = [0; MAILBOX_LIMIT];
    let grammar = if grammar.smtputf8 { Grammar::SMTPUTF8 } else { Grammar::STRICT };
    let mailbox = text.decode_into(&mut buffer).map(|text| Mailbox::parse(text, grammar));
    if matches!(mailbox, Some(Ok(_))) { Ok((rest, text)) } else { fail(i, WRONG) }
}

/// `priority-value = (["-"] NZDIGIT) / "0"` (RFC 6710 section 7)
pub(crate) fn priority(i: &[u8]) -> Parse<'_, i8> {
    let (sign, digits) = match i {
        [b'-', digits @ ..] => (-1i8, digits),
        _ => (1, i),
    };
    match digits {
        [digit @ b'1'..=b'9', rest @ ..] => {
            let value = i8::try_from(digit.wrapping_sub(b'0')).unwrap_or_default();
            Ok((rest, value.wrapping_mul(sign)))
        }
        [b'0', rest @ ..] if sign == 1 => Ok((rest, 0)),
        _ => fail(digits, WRONG),
    }
}

/// `future-release-integer = %x31-39 *8DIGIT` (RFC 4865 section 3)
pub(crate) fn interval(i: &[u8]) -> Parse<'_, u32> {
    if i.first() == Some(&b'0') {
        return fail(i, WRONG);
    }
    let (rest, value) = expected(WRONG, number(9)).parse(i)?;
    Ok((rest, u32::try_from(value).unwrap_or(u32::MAX)))
}

/// `future-release-date-time = date-time`, normalized to UTC (RFC 4865 section 3, EID 2040)
fn hold_until(i: &[u8]) -> Parse<'_, DateTime> {
    let (rest, time) = date_time(i)?;
    if time.offset == 0 { Ok((rest, time)) } else { fail(i, Expected::DateTime) }
}

/// ```text
/// by-value = by-time ";" by-mode [by-trace]
/// by-time  = ["-" / "+"]1*9digit ; a negative or zero value is not allowed with a by-mode of "R"
/// by-mode  = "N" / "R"
/// by-trace = "T"
/// ```
/// (RFC 2852 section 4)
pub(super) fn by(i: &[u8]) -> Parse<'_, DeliverBy> {
    let (sign, digits) = match i {
        [b'-', digits @ ..] => (-1i32, digits),
        [b'+', digits @ ..] => (1, digits),
        _ => (1, i),
    };
    let (rest, value) = expected(WRONG, number(9)).parse(digits)?;
    let seconds = i32::try_from(value).unwrap_or(i32::MAX).wrapping_mul(sign);
    let (rest, ()) = octet(rest, b';', WRONG)?;
    let (rest, mode) = match rest {
        [b'N' | b'n', rest @ ..] => (rest, DeliverByMode::Notify),
        [b'R' | b'r', after @ ..] if seconds > 0 => (after, DeliverByMode::Return),
        _ => return fail(rest, WRONG),
    };
    let (rest, trace) = match rest {
        [b'T' | b't', rest @ ..] => (rest, true),
        _ => (rest, false),
    };
    Ok((rest, DeliverBy { seconds, mode, trace }))
}

/// `mtrk-certifier = base64`, without "=", which a value cannot hold (RFC 3885 section 3.1)
pub(super) fn certifier(i: &[u8]) -> Parse<'_, &[u8]> {
    let (rest, certifier) = span1(i, Class::BASE64, WRONG)?;
    if certifier.len() % 4 == 1 {
        return fail(rest, WRONG); // no number of octets encodes to that length
    }
    Ok((rest, certifier))
}

/// ```text
/// mtrk-certifier [ ":" mtrk-timeout ]
/// mtrk-timeout   = 1*9DIGIT
/// ```
/// (RFC 3885 section 3.1)
pub(super) fn mtrk(i: &[u8]) -> Parse<'_, MessageTracking<'_>> {
    let (rest, certifier) = certifier(i)?;
    let (rest, timeout) = match rest {
        [b':', digits @ ..] => {
            let (rest, seconds) = expected(WRONG, number(9)).parse(digits)?;
            (rest, u32::try_from(seconds).ok())
        }
        _ => (rest, None),
    };
    Ok((rest, MessageTracking { certifier, timeout }))
}

/// ```text
/// Solicitation-keywords = word 0*("," word)      ; length of this string is limited to <= 1000 characters
/// word                  = ALPHA 0*(wordchar)
/// wordchar              = ("." / "-" / "_" / ":" / ALPHA / DIGIT)
/// ```
/// (RFC 3865 section 2.2)
pub(crate) fn solicitation_keywords(i: &[u8]) -> Parse<'_, SolicitationKeywords<'_>> {
    at_most(SOLICIT_LIMIT, separated(mark(b','), solicitation_word)).map(SolicitationKeywords).parse(i)
}

fn solicitation_word(i: &[u8]) -> Parse<'_, &[u8]> {
    if !i.first().is_some_and(u8::is_ascii_alphabetic) {
        return fail(i, WRONG);
    }
    many(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'.' | b'-' | b'_' | b':')).parse(i)
}

/// ```text
/// transid-value ::= "<" transid-spec ">"         ; not longer than 80 characters
/// transid-spec  ::= transid-local "@" transid-domain
/// transid-token ::= transid-atom *("." transid-atom)
/// transid-atom  ::= 1*<any (ASCII) CHAR except SPACE, CTLs, tspecials, or ".">
/// ```
/// (RFC 1845 section 2, item 4)
pub(super) fn transaction_id(i: &[u8]) -> Parse<'_, TransactionId<'_>> {
    let token = || separated(mark(b'.'), transid_atom);
    let spec = (token(), mark(b'@'), token());
    let id = expected(WRONG, delimited(mark(b'<'), spec, mark(b'>')));
    at_most(TRANSID_LIMIT, id).map(TransactionId).parse(i)
}

fn transid_atom(i: &[u8]) -> Parse<'_, &[u8]> {
    let is_special = |octet| b"()<>@,;:\\\"/[]?=.".contains(&octet);
    match many(|octet| Class::VCHAR.has(octet) && !is_special(octet)).parse(i)? {
        (_, []) => fail(i, WRONG),
        found => Ok(found),
    }
}

/// ```text
/// notify-esmtp-value  = "NEVER" / 1#notify-list-element
/// notify-list-element = "SUCCESS" / "FAILURE" / "DELAY"
/// ```
/// (RFC 3461 section 4.1); empty list elements are refused
pub(super) fn notify(i: &[u8]) -> Parse<'_, Notify> {
    if let [b'N' | b'n', ..] = i {
        return literal(i, "NEVER", WRONG).map(|(rest, _)| (rest, Notify::NEVER));
    }
    let mut notify = Notify::NEVER;
    let element = |i| {
        let (rest, element) = word(i, &[("SUCCESS", 0), ("FAILURE", 1), ("DELAY", 2)])?;
        match element {
            0 => notify.success = true,
            1 => notify.failure = true,
            _ => notify.delay = true,
        }
        Ok((rest, ()))
    };
    let (rest, ()) = separated(mark(b','), element).parse(i)?;
    Ok((rest, notify))
}

/// ```text
/// original-recipient-address = addr-type ";" xtext
/// addr-type                  = atom
/// ```
/// (RFC 3461 section 4.2), at most 500 octets; for the type "utf-8" see [`utf_8_address`]
pub(super) fn orcpt(i: &[u8], grammar: Grammar) -> Parse<'_, Orcpt<'_>> {
    let address = |i| {
        let (start, addr_type) = expected(WRONG, terminated(some(Class::ATEXT), mark(b';'))).parse(i)?;
        if addr_type.eq_ignore_ascii_case(b"utf-8") {
            utf_8_address(start, grammar)
        } else {
            printable_xtext(start, grammar, grammar.dialect.parameter_values).map(|(rest, _)| (rest, ()))
        }
    };
    at_most(ORCPT_LIMIT, address).map(|text| Orcpt { text }).parse(i)
}

/// ```text
/// utf-8-enc-addr      = utf-8-addr-xtext / utf-8-addr-unitext / utf-8-address
/// utf-8-address       = Mailbox                            ; of RFC 6531
/// utf-8-addr-xtext    = 1*(QCHAR / EmbeddedUnicodeChar)
/// utf-8-addr-unitext  = 1*(QUCHAR / EmbeddedUnicodeChar)   ; where SMTPUTF8 is in force
/// QCHAR               = %x21-2a / %x2c-3c / %x3e-5b / %x5d-7e
/// QUCHAR              = QCHAR / UTF8-2 / UTF8-3 / UTF8-4
/// ```
/// (RFC 6533 section 3). In a mailbox in ORCPT "+", "=" and "\" have to be encoded, so the third form is contained in
/// the second. It is not checked that the decoded text is such a Mailbox: the section requires receivers to pass on
/// unchanged an address that is labelled so and does not conform.
fn utf_8_address(i: &[u8], grammar: Grammar) -> Parse<'_, ()> {
    let plain = |octet: u8| {
        (Class::VCHAR.has(octet) && !matches!(octet, b'+' | b'=' | b'\\')) || (grammar.smtputf8 && octet >= 0x80)
    };
    let embedded = |i| embedded(i).map_or_else(|| fail(i, WRONG), Ok);
    let (rest, text) = recognized((many(plain), repeated(embedded, many(plain)))).parse(i)?;
    if rest.is_empty() && !text.is_empty() { Ok((rest, ())) } else { fail(rest, WRONG) }
}

/// ```text
/// EmbeddedUnicodeChar = %x5C.78 "{" HEXPOINT "}"               ; starts with "\x"
/// HEXPOINT            = ( ( "0"/"1" ) %x31-39 ) / "10" / "20" / "2B" / "3D" / "7F" / "5C" / (HEXDIG8 HEXDIG) /
///                       ( NZHEXDIG 2(HEXDIG) ) / ( NZDHEXDIG 3(HEXDIG) ) / ( "D" %x30-37 2(HEXDIG) ) /
///                       ( NZHEXDIG 4(HEXDIG) ) / ( "10" 4*HEXDIG )
/// ```
/// (RFC 6533 section 3): two to six digits in the shortest form, for a scalar value that needs embedding. Of the
/// controls the grammar has 01 to 09, 10 to 19 and 7F: the text mentions all of them, but the digit after "0" or "1" is
/// a decimal one. No dialect adds the others, because CR and LF are among them, and a program that decodes an address
/// does not expect the end of a line in it.
pub(super) fn embedded(i: &[u8]) -> Option<(&[u8], char)> {
    let digits = i.strip_prefix(b"\\x{")?;
    let (hex, rest) = span(digits, Class::HEXDIG);
    let rest = rest.strip_prefix(b"}")?;
    if !(2..=6).contains(&hex.len()) || (hex.len() > 2 && hex.first() == Some(&b'0')) {
        return None;
    }
    let value = hexadecimal(hex);
    let is_hexpoint = matches!(value, 0x01..=0x09 | 0x10..=0x19 | 0x20 | 0x2B | 0x3D | 0x5C | 0x7F..);
    char::from_u32(value).filter(|_| is_hexpoint).map(|scalar| (rest, scalar))
}

/// `rrvs-param = "RRVS=" date-time [ ";" ( "C" / "R" ) ]`, without time-secfrac (RFC 7293 section 3.1)
pub(super) fn rrvs(i: &[u8]) -> Parse<'_, Rrvs> {
    // A fraction, if there is one, begins after the seconds. The time is parsed without it and so lacks its zone: the
    // fault is the fraction, unless there is an earlier one.
    let (time, fraction) = match i.split_at_checked("2026-01-01T00:00:00".len()) {
        Some((time, fraction @ [b'.', ..])) => (time, fraction),
        _ => (i, &[][..]),
    };
    let (rest, since) = nested(fraction, date_time(time))?;
    let (rest, action) = match rest {
        [b';', b'C' | b'c', rest @ ..] => (rest, RrvsAction::Continue),
        [b';', b'R' | b'r', rest @ ..] => (rest, RrvsAction::Reject),
        [b';', rest @ ..] => return fail(rest, WRONG),
        _ => (rest, RrvsAction::default()),
    };
    Ok((rest, Rrvs { since, action }))
}
