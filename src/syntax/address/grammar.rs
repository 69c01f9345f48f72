//! The productions of an address, each from its ABNF.

use super::{Domain, ForwardPath, Host, LocalPart, Mailbox, PATH_LIMIT, Path, ReversePath, SourceRoute};
use crate::fast;
use crate::syntax::literal::address_literal;
use crate::syntax::scan::{Class, Fault, Parse, fail, in_utf8, line, literal, octet, span};
use crate::syntax::{Expected, Grammar, SyntaxError};

pub(crate) const LOCAL_PART_LIMIT: usize = 64;
pub(crate) const LABEL_LIMIT: usize = 63;
const DOMAIN_LIMIT: usize = 255;

/// `Domain = sub-domain *("." sub-domain)`
///
/// `sub-domain = Let-dig [Ldh-str]`, `Ldh-str = *( ALPHA / DIGIT / "-" ) Let-dig`; RFC 6531: `sub-domain =/ U-label`
#[inline]
pub(crate) fn domain(i: &[u8], grammar: Grammar) -> Parse<'_, Domain<'_>> {
    let found = fast::domain(i, 0).and_then(|end| i.split_at_checked(end));
    let found = found.filter(|(_, rest)| ends_before(rest)).map(|(name, rest)| (rest, Domain(name)));
    fast::or_grammar(found, || any_domain(i, grammar))
}

/// Whether a name of ASCII ends before these octets even where UTF-8 may go on with it.
fn ends_before(rest: &[u8]) -> bool {
    rest.first().is_none_or(u8::is_ascii)
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
#[inline(always)]
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

/// `Mailbox = Local-part "@" ( Domain / address-literal )`
#[inline]
pub(crate) fn mailbox(i: &[u8], grammar: Grammar) -> Parse<'_, Mailbox<'_>> {
    let found = common_mailbox(i, 0).filter(|(rest, _)| ends_before(rest));
    fast::or_grammar(found, || any_mailbox(i, grammar))
}

/// A whole text that is a mailbox. The common one is put together where it is wanted, and not copied from a [`Parse`].
#[inline(always)]
pub(crate) fn whole_mailbox(i: &[u8], grammar: Grammar) -> Result<Mailbox<'_>, SyntaxError> {
    match common_mailbox(i, 0) {
        Some(([], mailbox)) => {
            debug_assert_eq!(any_whole_mailbox(i, grammar), Ok(mailbox));
            Ok(mailbox)
        }
        _ => any_whole_mailbox(i, grammar),
    }
}

#[inline(never)]
fn any_whole_mailbox(i: &[u8], grammar: Grammar) -> Result<Mailbox<'_>, SyntaxError> {
    line(i, |i| any_mailbox(i, grammar))
}

/// The mailbox that a fast path has found at an offset of the input.
#[inline(always)]
fn common_mailbox(i: &[u8], at: usize) -> Option<(&[u8], Mailbox<'_>)> {
    let (at_sign, end) = fast::mailbox(i, at)?;
    let (text, rest) = i.get(at..)?.split_at_checked(end.wrapping_sub(at))?;
    Some((rest, Mailbox { text, at_sign: at_sign.wrapping_sub(at) }))
}

#[inline(never)]
fn any_mailbox(i: &[u8], grammar: Grammar) -> Parse<'_, Mailbox<'_>> {
    let (rest, local_part) = local_part(i, grammar)?;
    let (rest, ()) = octet(rest, b'@', Expected::At)?;
    // Not by `host`: the fast path of the mailbox has looked at the domain.
    let (rest, _) = match rest {
        [b'[', ..] => address_literal(rest, grammar).map(|(rest, _)| (rest, ()))?,
        _ => any_domain(rest, grammar).map(|(rest, _)| (rest, ()))?,
    };
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
#[inline(always)]
pub(crate) fn path(i: &[u8], grammar: Grammar) -> Parse<'_, Path<'_>> {
    fast::or_grammar(common_path(i), || any_path(i, grammar))
}

/// The path of a mailbox that a fast path has found, which is shorter than any limit.
#[inline(always)]
fn common_path(i: &[u8]) -> Option<(&[u8], Path<'_>)> {
    let [b'<', ..] = i else { return None };
    match common_mailbox(i, 1)? {
        ([b'>', rest @ ..], mailbox) => Some((rest, mailbox.into())),
        _ => None,
    }
}

#[inline(never)]
fn any_path(i: &[u8], grammar: Grammar) -> Parse<'_, Path<'_>> {
    let bare = grammar.dialect.path_without_brackets && i.first() != Some(&b'<');
    let start = if bare { i } else { octet(i, b'<', Expected::PathStart)?.0 };
    let (rest, route) = source_route(start, grammar)?;
    // The fast path of the path has looked at a mailbox right after the bracket.
    let looked_at = !bare && route.is_empty();
    let (rest, mailbox) = if looked_at { any_mailbox(rest, grammar)? } else { mailbox(rest, grammar)? };
    let path = Path { route, mailbox };
    if path.is_over_limit() {
        return fail(i.get(PATH_LIMIT..).unwrap_or_default(), Expected::PathWithinLimit);
    }
    let rest = if bare { rest } else { octet(rest, b'>', Expected::PathEnd)?.0 };
    Ok((rest, path))
}

/// `Reverse-path = Path / "<>"`
#[inline(always)]
pub(crate) fn reverse_path(i: &[u8], grammar: Grammar) -> Parse<'_, ReversePath<'_>> {
    if let [b'<', b'>', rest @ ..] = i {
        return Ok((rest, ReversePath::Null));
    }
    path(i, grammar).map(|(rest, path)| (rest, ReversePath::Path(path)))
}

/// `( "<Postmaster>" / Forward-path )`, `Forward-path = Path`
#[inline(always)]
pub(crate) fn forward_path(i: &[u8], grammar: Grammar) -> Parse<'_, ForwardPath<'_>> {
    let found = common_path(i).map(|(rest, path)| (rest, ForwardPath::Path(path)));
    fast::or_grammar(found, || any_forward_path(i, grammar))
}

#[inline(never)]
fn any_forward_path(i: &[u8], grammar: Grammar) -> Parse<'_, ForwardPath<'_>> {
    if let Ok((rest, _)) = literal(i, "<Postmaster>", Expected::PathStart) {
        return Ok((rest, ForwardPath::Postmaster));
    }
    if grammar.dialect.path_without_brackets {
        if let Ok((rest @ ([] | [b' ', ..]), _)) = literal(i, "Postmaster", Expected::PathStart) {
            return Ok((rest, ForwardPath::Postmaster));
        }
    }
    any_path(i, grammar).map(|(rest, path)| (rest, ForwardPath::Path(path)))
}

/// Where the first octet outside ASCII stands, as a fault of an address that SMTPUTF8 would allow.
pub(crate) fn ascii_only<'a>(i: &'a [u8], path: &[u8]) -> Parse<'a, ()> {
    match path.iter().position(|octet| !octet.is_ascii()) {
        None => Ok((i, ())),
        Some(at) => Err(Fault::at(i.get(at..).unwrap_or_default(), Expected::Ascii)),
    }
}
