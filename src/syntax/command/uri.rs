//! The grammar of the URI in BURL (RFC 4468 section 3.5, RFC 3986). The server resolves the URI, not this crate.

use super::Text;
use crate::syntax::Expected;
use crate::syntax::scan::{Class, Parse, Production, any, expected, fail, mark, one, optional, recognized, some, word};
use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{take_while, take_while1};
use nom::combinator::{cut, peek};
use nom::multi::many0_count;
use nom::sequence::{preceded, terminated};

/// ```text
/// absolute-URI = scheme ":" hier-part [ "?" query ]
/// scheme       = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )
/// hier-part    = "//" authority path-abempty / path-absolute / path-rootless / path-empty
/// query        = *( pchar / "/" / "?" )
/// pchar        = unreserved / pct-encoded / sub-delims / ":" / "@"
/// ```
/// (RFC 3986 sections 3 and 4.3), up to a space or the end. After the authority each path is `*( pchar / "/" )`.
pub(super) fn absolute_uri(i: &[u8]) -> Parse<'_, Text<'_>> {
    let hier_part = (optional(word("//"), authority), uri_octets(b":@/?"), ends_at(b" "));
    expected(Expected::Uri, recognized((scheme, mark(b':'), hier_part))).map(Text).parse(i)
}

/// `scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )`
fn scheme(i: &[u8]) -> Parse<'_, &[u8]> {
    let is_scheme_octet = |octet: u8| Class::LET_DIG.has(octet) || matches!(octet, b'+' | b'-' | b'.');
    preceded(peek(some(Class::ALPHA)), take_while(is_scheme_octet)).parse(i)
}

/// ```text
/// authority = [ userinfo "@" ] host [ ":" port ]
/// userinfo  = *( unreserved / pct-encoded / sub-delims / ":" )
/// host      = IP-literal / IPv4address / reg-name
/// reg-name  = *( unreserved / pct-encoded / sub-delims )
/// port      = *DIGIT
/// ```
/// (RFC 3986 section 3.2). An IPv4address matches reg-name as well.
fn authority(i: &[u8]) -> Parse<'_, ()> {
    alt((preceded((uri_octets(b":"), mark(b'@')), host_and_port), host_and_port)).parse(i)
}

/// `host [ ":" port ]`, up to the end of the authority
fn host_and_port(i: &[u8]) -> Parse<'_, ()> {
    let host = alt((ip_literal, uri_octets(b"")));
    (host, optional(mark(b':'), any(Class::DIGIT)), ends_at(b"/? ")).map(drop).parse(i)
}

/// ```text
/// IP-literal  = "[" ( IPv6address / IPvFuture  ) "]"
/// IPvFuture   = "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" )
/// ```
/// (RFC 3986 section 3.2.2). For an IPv6address, only the set of octets is checked: the server that fetches the URL
/// resolves it.
fn ip_literal(i: &[u8]) -> Parse<'_, ()> {
    let address = take_while1(|octet| octet == b':' || is_unreserved_or_sub_delim(octet));
    let future = recognized((word("v"), some(Class::HEXDIG), mark(b'.'), address));
    let ipv6 = take_while1(|octet| Class::HEXDIG.has(octet) || matches!(octet, b':' | b'.'));
    preceded(mark(b'['), cut(terminated(alt((ipv6, future)), mark(b']')))).map(drop).parse(i)
}

/// `*( unreserved / pct-encoded / sub-delims )` and the octets `others`; `pct-encoded = "%" HEXDIG HEXDIG`
fn uri_octets<'a>(others: &'static [u8]) -> impl Production<'a, ()> {
    let pct_encoded = recognized(preceded(mark(b'%'), cut((one(Class::HEXDIG), one(Class::HEXDIG)))));
    let plain = take_while1(move |octet| is_unreserved_or_sub_delim(octet) || others.contains(&octet));
    many0_count(alt((plain, pct_encoded))).map(drop)
}

/// Succeeds at the end, and before one of these octets.
fn ends_at<'a>(others: &'static [u8]) -> impl Production<'a, ()> {
    move |i: &'a [u8]| match i.first() {
        Some(octet) if !others.contains(octet) => fail(i, Expected::Uri),
        _ => Ok((i, ())),
    }
}

/// ```text
/// unreserved = ALPHA / DIGIT / "-" / "." / "_" / "~"
/// sub-delims = "!" / "$" / "&" / "'" / "(" / ")" / "*" / "+" / "," / ";" / "="
/// ```
/// (RFC 3986 sections 2.2 and 2.3): the class without gen-delims and "%"
fn is_unreserved_or_sub_delim(octet: u8) -> bool {
    Class::URI.has(octet) && !b":/?#[]@%".contains(&octet)
}
