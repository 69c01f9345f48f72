//! The productions of an address, each from its ABNF.

use super::{Domain, ForwardPath, Host, LocalPart, Mailbox, PATH_LIMIT, Path, ReversePath, SourceRoute};
use crate::fast::mailbox as names;
use crate::syntax::lexical::{Class, Fault, Parse, fail, in_utf8, literal, octet, span};
use crate::syntax::literal::address_literal;
use crate::syntax::{Expected, Grammar};

const LOCAL_PART_LIMIT: usize = 64;
const LABEL_LIMIT: usize = 63;
const DOMAIN_LIMIT: usize = 255;

/// `Domain = sub-domain *("." sub-domain)`
///
/// `sub-domain = Let-dig [Ldh-str]`, `Ldh-str = *( ALPHA / DIGIT / "-" ) Let-dig`; RFC 6531: `sub-domain =/ U-label`
#[inline]
pub(crate) fn domain(i: &[u8], grammar: Grammar) -> Parse<'_, Domain<'_>> {
    match common_domain(i, 0) {
        Some((name, rest)) if !non_ascii(rest) => Ok((rest, Domain(name))),
        _ => any_domain(i, grammar),
    }
}

/// A domain of ASCII that is too short for a label to be over its limit, at an offset of the input; and what follows it.
#[inline]
pub(crate) fn common_domain(i: &[u8], at: usize) -> Option<(&[u8], &[u8])> {
    let length = names::domain(i, at)?.saturating_sub(at);
    if length > LABEL_LIMIT {
        return None;
    }
    let (name, rest) = i.get(at..)?.split_at_checked(length)?;
    debug_assert!(matches!(labels(i.get(at..)?, Grammar::STRICT), Ok((_, same)) if same == name));
    Some((name, rest))
}

/// Would it go on if there were more than ASCII?
fn non_ascii(rest: &[u8]) -> bool {
    rest.first().is_some_and(|octet| !octet.is_ascii())
}

#[inline(never)]
fn any_domain(i: &[u8], grammar: Grammar) -> Parse<'_, Domain<'_>> {
    let name = labels(i, grammar);
    let (rest, name) = if grammar.smtputf8 { in_utf8(i, name)? } else { name? };
    Ok((rest, Domain(name)))
}

/// `sub-domain *("." sub-domain)` of octets that may be UTF-8 where RFC 6531 is in force
fn labels(i: &[u8], grammar: Grammar) -> Parse<'_, &[u8]> {
    let ldh = Class::LDH.extended(grammar.smtputf8);
    let let_dig = Class::LET_DIG.extended(grammar.smtputf8);
    let mut rest = i;
    loop {
        let (label, behind) = span(rest, ldh);
        match label {
            [first, .., last] | [first @ last] => {
                if !let_dig.has(*first) {
                    return fail(rest, Expected::Domain);
                }
                if label.len() > LABEL_LIMIT {
                    return fail(rest.get(LABEL_LIMIT..).unwrap_or_default(), Expected::LabelWithinLimit);
                }
                if !let_dig.has(*last) {
                    return fail(behind, Expected::Domain);
                }
            }
            [] => return fail(rest, Expected::Domain),
        }
        rest = behind;
        match rest {
            [b'.', behind @ ..] => rest = behind,
            _ => break,
        }
    }
    let (name, rest) = i.split_at_checked(i.len().saturating_sub(rest.len())).unwrap_or((i, &[]));
    if name.len() > DOMAIN_LIMIT {
        return fail(i.get(DOMAIN_LIMIT..).unwrap_or_default(), Expected::DomainWithinLimit);
    }
    Ok((rest, name))
}

/// `( Domain / address-literal )`
pub(crate) fn host(i: &[u8], grammar: Grammar) -> Parse<'_, Host<'_>> {
    if i.first() == Some(&b'[') {
        let (rest, literal) = address_literal(i, grammar)?;
        return Ok((rest, Host::Literal(literal)));
    }
    let (rest, domain) = domain(i, grammar)?;
    Ok((rest, Host::Domain(domain)))
}

/// `Dot-string = Atom *("."  Atom)`, `Atom = 1*atext`; RFC 6531: `atext =/ UTF8-non-ascii`
fn dot_string(i: &[u8], grammar: Grammar) -> Parse<'_, &[u8]> {
    let atext = Class::ATEXT.extended(grammar.smtputf8);
    let mut rest = i;
    loop {
        let (atom, behind) = span(rest, atext);
        if atom.is_empty() {
            return fail(rest, Expected::LocalPart);
        }
        rest = behind;
        match rest {
            [b'.', behind @ ..] => rest = behind,
            _ => break,
        }
    }
    let (text, rest) = i.split_at_checked(i.len().saturating_sub(rest.len())).unwrap_or((i, &[]));
    Ok((rest, text))
}

/// `Quoted-string = DQUOTE 1*QcontentSMTP DQUOTE` (EID 5414), quotes included in the result.
///
/// `QcontentSMTP = qtextSMTP / quoted-pairSMTP`, `quoted-pairSMTP = %d92 %d32-126`,
/// `qtextSMTP = %d32-33 / %d35-91 / %d93-126`; RFC 6531: `qtextSMTP =/ UTF8-non-ascii`
pub(crate) fn quoted_string(i: &[u8], grammar: Grammar) -> Parse<'_, &[u8]> {
    let qtext = Class::QTEXT.extended(grammar.smtputf8);
    let (mut rest, ()) = octet(i, b'"', Expected::LocalPart)?;
    if rest.first() == Some(&b'"') {
        return fail(rest, Expected::LocalPart);
    }
    loop {
        rest = span(rest, qtext).1;
        rest = match rest {
            [b'\\', b' '..=b'~', rest @ ..] => rest,
            [b'\\', rest @ ..] => return fail(rest, Expected::QuoteEnd),
            [b'"', rest @ ..] => {
                let (text, rest) = i.split_at_checked(i.len().saturating_sub(rest.len())).unwrap_or((i, &[]));
                return Ok((rest, text));
            }
            _ => return fail(rest, Expected::QuoteEnd),
        };
    }
}

/// `Local-part = Dot-string / Quoted-string`
fn local_part(i: &[u8], grammar: Grammar) -> Parse<'_, LocalPart<'_>> {
    let text = if i.first() == Some(&b'"') { quoted_string(i, grammar) } else { dot_string(i, grammar) };
    let text = text.and_then(|(rest, text)| match i.get(LOCAL_PART_LIMIT..) {
        Some(behind) if text.len() > LOCAL_PART_LIMIT => fail(behind, Expected::LocalPartWithinLimit),
        _ => Ok((rest, text)),
    });
    let (rest, text) = if grammar.smtputf8 { in_utf8(i, text)? } else { text? };
    Ok((rest, LocalPart(text)))
}

/// A whole text that is a mailbox of ASCII, without quotes and without an address literal.
#[inline(always)]
pub(crate) fn whole_common_mailbox(i: &[u8]) -> Option<Mailbox<'_>> {
    match common_mailbox(i, 0)? {
        (mailbox, []) => Some(mailbox),
        _ => None,
    }
}

/// `Mailbox = Local-part "@" ( Domain / address-literal )`
#[inline]
pub(crate) fn mailbox(i: &[u8], grammar: Grammar) -> Parse<'_, Mailbox<'_>> {
    match common_mailbox(i, 0) {
        Some((mailbox, rest)) if !non_ascii(rest) => Ok((rest, mailbox)),
        _ => any_mailbox(i, grammar),
    }
}

/// A mailbox of ASCII, without quotes and without an address literal, at an offset of the input; and what follows it.
#[inline(always)]
fn common_mailbox(i: &[u8], at: usize) -> Option<(Mailbox<'_>, &[u8])> {
    let (at_sign, end) = mailbox_within_limits(i, at)?;
    let (text, rest) = i.get(at..)?.split_at_checked(end.wrapping_sub(at))?;
    let mailbox = Mailbox { text, at_sign: at_sign.wrapping_sub(at) };
    debug_assert!(matches!(any_mailbox(i.get(at..)?, Grammar::STRICT), Ok((_, same)) if same == mailbox));
    Some((mailbox, rest))
}

/// The offsets of its "@" and of what follows it. Whether they are found in place is for the compiler to say: it depends on
/// the way, and what is made of them is put together where it is wanted all the same.
#[inline]
fn mailbox_within_limits(i: &[u8], at: usize) -> Option<(usize, usize)> {
    let (at_sign, end) = names::mailbox(i, at)?;
    let (local_part, host) = (at_sign.wrapping_sub(at), end.wrapping_sub(at_sign));
    (local_part <= LOCAL_PART_LIMIT && host <= LABEL_LIMIT + 1).then_some((at_sign, end))
}

#[inline(never)]
fn any_mailbox(i: &[u8], grammar: Grammar) -> Parse<'_, Mailbox<'_>> {
    let (rest, local_part) = local_part(i, grammar)?;
    let (rest, ()) = octet(rest, b'@', Expected::At)?;
    let (rest, _) = host(rest, grammar)?;
    let (text, rest) = i.split_at_checked(i.len().saturating_sub(rest.len())).unwrap_or((i, &[]));
    Ok((rest, Mailbox { text, at_sign: local_part.0.len() }))
}

/// `A-d-l = At-domain *( "," At-domain )`, `At-domain = "@" Domain`, and the ":" behind it
fn source_route(i: &[u8], grammar: Grammar) -> Parse<'_, SourceRoute<'_>> {
    if i.first() != Some(&b'@') {
        return Ok((i, SourceRoute::default()));
    }
    let mut rest = i;
    loop {
        let (behind, ()) = octet(rest, b'@', Expected::RouteEnd)?;
        let (behind, _) = domain(behind, grammar)?;
        match behind {
            [b',', behind @ ..] => rest = behind,
            [b':', behind @ ..] => {
                let length = i.len().saturating_sub(behind.len()).saturating_sub(1);
                return Ok((behind, SourceRoute(i.get(..length).unwrap_or_default())));
            }
            _ => return fail(behind, Expected::RouteEnd),
        }
    }
}

/// `Path = "<" [ A-d-l ":" ] Mailbox ">"`
pub(crate) fn path(i: &[u8], grammar: Grammar) -> Parse<'_, Path<'_>> {
    let bare = grammar.dialect.path_without_brackets && i.first() != Some(&b'<');
    let start = if bare { i } else { octet(i, b'<', Expected::PathStart)?.0 };
    let (rest, route) = source_route(start, grammar)?;
    let (rest, mailbox) = mailbox(rest, grammar)?;
    let path = Path { route, mailbox };
    if path.is_over_limit() {
        return fail(i.get(PATH_LIMIT..).unwrap_or_default(), Expected::PathWithinLimit);
    }
    let rest = if bare { rest } else { octet(rest, b'>', Expected::PathEnd)?.0 };
    Ok((rest, path))
}

/// A path in brackets of a mailbox that [`common_mailbox`] takes, which is shorter than any limit, and what follows it. The
/// path is the end of `line` from `i` on: more octets are looked at together than a short path has.
#[inline(always)]
pub(crate) fn common_path<'a>(line: &'a [u8], i: &'a [u8]) -> Option<(Path<'a>, &'a [u8])> {
    let [b'<', inner @ ..] = i else { return None };
    let (mailbox, [b'>', rest @ ..]) = common_mailbox(line, line.len().saturating_sub(inner.len()))? else {
        return None;
    };
    Some((mailbox.into(), rest))
}

/// `Reverse-path = Path / "<>"`
pub(crate) fn reverse_path(i: &[u8], grammar: Grammar) -> Parse<'_, ReversePath<'_>> {
    if let [b'<', b'>', rest @ ..] = i {
        return Ok((rest, ReversePath::Null));
    }
    let (rest, path) = path(i, grammar)?;
    Ok((rest, ReversePath::Path(path)))
}

/// `( "<Postmaster>" / Forward-path )`, `Forward-path = Path`
pub(crate) fn forward_path(i: &[u8], grammar: Grammar) -> Parse<'_, ForwardPath<'_>> {
    if let Ok((rest, _)) = literal(i, "<Postmaster>", Expected::PathStart) {
        return Ok((rest, ForwardPath::Postmaster));
    }
    if grammar.dialect.path_without_brackets {
        if let Ok((rest @ ([] | [b' ', ..]), _)) = literal(i, "Postmaster", Expected::PathStart) {
            return Ok((rest, ForwardPath::Postmaster));
        }
    }
    let (rest, path) = path(i, grammar)?;
    Ok((rest, ForwardPath::Path(path)))
}

/// Where the first octet outside ASCII stands, as a fault of an address that SMTPUTF8 would allow.
pub(crate) fn ascii_only<'a>(i: &'a [u8], path: &[u8]) -> Parse<'a, ()> {
    match path.iter().position(|octet| !octet.is_ascii()) {
        None => Ok((i, ())),
        Some(at) => Err(Fault::at(i.get(at..).unwrap_or_default(), Expected::Ascii)),
    }
}
