//! The grammar of the URI that BURL names (RFC 4468 section 3.5, RFC 3986).

use super::Text;
use crate::syntax::Expected;
use crate::syntax::scan::{Class, Parse, fail, octet, span, span1};

/// ```text
/// absolute-URI = scheme ":" hier-part [ "?" query ]
/// scheme       = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )
/// hier-part    = "//" authority path-abempty / path-absolute / path-rootless / path-empty
/// query        = *( pchar / "/" / "?" )
/// pchar        = unreserved / pct-encoded / sub-delims / ":" / "@"
/// ```
/// (RFC 3986 sections 3 and 4.3), up to a space or the end. Behind the authority each path is `*( pchar / "/" )`.
pub(super) fn absolute_uri(i: &[u8]) -> Parse<'_, Text<'_>> {
    let scheme = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'-' | b'.');
    if !i.first().is_some_and(u8::is_ascii_alphabetic) {
        return fail(i, Expected::Uri);
    }
    let behind = i.get(i.iter().take_while(|octet| scheme(octet)).count()..).unwrap_or_default();
    let (rest, ()) = octet(behind, b':', Expected::Uri)?;
    let rest = match rest {
        [b'/', b'/', rest @ ..] => authority(rest)?.0,
        _ => rest,
    };
    let (rest, ()) = uri_octets(rest, b":@/?")?;
    if !matches!(rest, [] | [b' ', ..]) {
        return fail(rest, Expected::Uri);
    }
    Ok((rest, Text(i.get(..i.len().saturating_sub(rest.len())).unwrap_or_default())))
}

/// ```text
/// authority = [ userinfo "@" ] host [ ":" port ]
/// userinfo  = *( unreserved / pct-encoded / sub-delims / ":" )
/// host      = IP-literal / IPv4address / reg-name
/// reg-name  = *( unreserved / pct-encoded / sub-delims )
/// port      = *DIGIT
/// ```
/// (RFC 3986 section 3.2). An IPv4address is a reg-name as well.
fn authority(i: &[u8]) -> Parse<'_, ()> {
    let (behind_user, ()) = uri_octets(i, b":")?;
    let rest = match behind_user {
        [b'@', rest @ ..] => rest,
        _ => i,
    };
    let (rest, ()) = match rest {
        [b'[', literal @ ..] => ip_literal(literal)?,
        _ => uri_octets(rest, b"")?,
    };
    let rest = match rest {
        [b':', port @ ..] => span(port, Class::DIGIT).1,
        _ => rest,
    };
    match rest {
        [] | [b'/' | b'?' | b' ', ..] => Ok((rest, ())),
        // What is no host and port may still be the beginning of a userinfo.
        _ if behind_user.len() < rest.len() => fail(behind_user, Expected::Uri),
        _ => fail(rest, Expected::Uri),
    }
}

/// ```text
/// IP-literal = "[" ( IPv6address / IPvFuture ) "]"
/// IPvFuture  = "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" )
/// ```
/// (RFC 3986 section 3.2.2), behind its first bracket. Of an IPv6address only the octets are looked at: the server that is to
/// fetch from there resolves it.
fn ip_literal(i: &[u8]) -> Parse<'_, ()> {
    let rest = if let [b'v' | b'V', version @ ..] = i {
        let (rest, _) = span1(version, Class::HEXDIG, Expected::Uri)?;
        let (address, ()) = octet(rest, b'.', Expected::Uri)?;
        one_or_more(address, |octet| octet == b':' || is_unreserved_or_sub_delim(octet))?.0
    } else {
        one_or_more(i, |octet| Class::HEXDIG.has(octet) || matches!(octet, b':' | b'.'))?.0
    };
    octet(rest, b']', Expected::Uri)
}

fn one_or_more(i: &[u8], has: impl Fn(u8) -> bool) -> Parse<'_, ()> {
    match i.iter().take_while(|octet| has(**octet)).count() {
        0 => fail(i, Expected::Uri),
        length => Ok((i.get(length..).unwrap_or_default(), ())),
    }
}

/// `*( unreserved / pct-encoded / sub-delims )`, and these others
fn uri_octets<'a>(i: &'a [u8], others: &[u8]) -> Parse<'a, ()> {
    let plain = |octet: &u8| is_unreserved_or_sub_delim(*octet) || others.contains(octet);
    let mut rest = i;
    loop {
        rest = rest.get(rest.iter().take_while(|octet| plain(octet)).count()..).unwrap_or_default();
        match rest {
            [b'%', a, b, behind @ ..] if Class::HEXDIG.has(*a) && Class::HEXDIG.has(*b) => rest = behind,
            [b'%', a, behind @ ..] if Class::HEXDIG.has(*a) => return fail(behind, Expected::Uri),
            [b'%', behind @ ..] => return fail(behind, Expected::Uri),
            _ => return Ok((rest, ())),
        }
    }
}

/// ```text
/// unreserved = ALPHA / DIGIT / "-" / "." / "_" / "~"
/// sub-delims = "!" / "$" / "&" / "'" / "(" / ")" / "*" / "+" / "," / ";" / "="
/// ```
/// (RFC 3986 sections 2.2 and 2.3): what is left of the class without gen-delims and "%"
fn is_unreserved_or_sub_delim(octet: u8) -> bool {
    Class::URI.has(octet) && !b":/?#[]@%".contains(&octet)
}
