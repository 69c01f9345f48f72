//! The grammar of trace fields, and the white space of RFC 5322 that it is laid in.

use super::clause::{Clauses, clauses};
use super::date::{self, date_time};
use super::protocol::{Link, Protocol, TraceId, trace_id};
use super::{ExtendedDomain, Received, ReturnPath, TcpInfo, TraceFor};
use crate::syntax::address::{domain, host, mailbox, path, reverse_path};
use crate::syntax::literal::address_literal;
use crate::syntax::scan::{Class, Parse, any, fail, literal, mark, octet, recognized, separated, span1};
use crate::syntax::{Expected, Grammar, Host, Text};
use nom::Parser;

/// How deep comments may lie in one another. RFC 5322 sets no limit; nobody needs more.
const COMMENT_DEPTH: u8 = 32;
/// The longest word that is taken, so that a folded line stays below 998 octets with what is written around it.
pub(super) const WORD_LIMIT: usize = 900;

/// ```text
/// Time-stamp-line  = "Received:" FWS Stamp <CRLF>
/// Stamp            = From-domain By-domain Opt-info [CFWS] ";" FWS date-time
/// From-domain      = "FROM" FWS Extended-Domain
/// By-domain        = CFWS "BY" FWS Extended-Domain
/// Opt-info         = [Via] [With] [ID] [For] [Additional-Registered-Clauses]
/// Via              = CFWS "VIA" FWS Link
/// With             = CFWS "WITH" FWS Protocol
/// ID               = CFWS "ID" FWS ( Atom / msg-id )
/// For              = CFWS "FOR" FWS ( Path / Mailbox )
/// ```
pub(super) fn received(i: &[u8], grammar: Grammar) -> Parse<'_, Received<'_>> {
    let (i, _) = literal(i, "Received:", Expected::Clause)?;
    let (i, ()) = fws(i)?;
    let (i, _) = literal(i, "FROM", Expected::Clause)?;
    let (i, ()) = fws(i)?;
    let (i, from) = extended_domain(i, grammar)?;
    let (i, ()) = cfws(i)?;
    let (i, _) = literal(i, "BY", Expected::Clause)?;
    let (i, ()) = fws(i)?;
    let (i, by) = extended_domain(i, grammar)?;
    let (i, via) = optional(i, "VIA", |i| atom(i, grammar).map(|(i, link)| (i, Link(link))))?;
    let (i, with) = optional(i, "WITH", |i| atom(i, grammar).map(|(i, protocol)| (i, Protocol(protocol))))?;
    let (i, id) = optional(i, "ID", |i| id(i, grammar))?;
    let (i, for_recipient) = optional(i, "FOR", |i| recipient(i, grammar))?;
    let (i, clauses) = match cfws(i) {
        Ok((_, ())) => clauses(i, grammar)?,
        Err(_) => (i, Clauses::NONE),
    };
    let (i, ()) = octet(skip(i, cfws), b';', Expected::Clause)?;
    let (i, ()) = fws(i)?;
    let (i, date) = date_time(i)?;
    Ok((skip(i, date::fws), Received { from, by, via, with, id, for_recipient, clauses, date }))
}

/// `Return-path-line = "Return-Path:" FWS Reverse-path <CRLF>`
pub(super) fn return_path(i: &[u8], grammar: Grammar) -> Parse<'_, ReturnPath<'_>> {
    let (i, _) = literal(i, "Return-Path:", Expected::Clause)?;
    let (i, ()) = fws(i)?;
    let (i, path) = reverse_path(i, grammar)?;
    Ok((i, ReturnPath(path)))
}

/// A clause with this word, if the next one is it.
fn optional<'a, T>(i: &'a [u8], word: &str, value: impl FnOnce(&'a [u8]) -> Parse<'a, T>) -> Parse<'a, Option<T>> {
    let start = cfws(i).and_then(|(i, ())| literal(i, word, Expected::Clause)).and_then(|(i, _)| fws(i));
    match start {
        Ok((start, ())) => value(start).map(|(rest, value)| (rest, Some(value))),
        Err(_) => Ok((i, None)),
    }
}

/// ```text
/// Extended-Domain  = Domain / ( Domain FWS "(" TCP-info ")" ) / ( address-literal FWS "(" TCP-info ")" )
/// ```
/// Behind a domain, a parenthesis that holds something else is a comment. With `hello_names` the domain may be the name of a
/// client that is none: `1*( atext / "." )`.
fn extended_domain(i: &[u8], grammar: Grammar) -> Parse<'_, ExtendedDomain<'_>> {
    let (rest, host) = match i {
        [b'[', ..] => host(i, grammar)?,
        _ if grammar.dialect.hello_names => client_name(i, grammar)?,
        _ => host(i, grammar)?,
    };
    match (host, tcp_info(rest, grammar)) {
        (_, Ok((rest, info))) => Ok((rest, ExtendedDomain { host, tcp_info: Some(info) })),
        (Host::Domain(_) | Host::Text(_), Err(_)) => Ok((rest, ExtendedDomain { host, tcp_info: None })),
        (Host::Literal(_), Err(error)) => Err(error),
    }
}

/// `1*( atext / "." )`, which may be a domain
fn client_name(i: &[u8], grammar: Grammar) -> Parse<'_, Host<'_>> {
    let atext = Class::ATEXT.extended(grammar.smtputf8);
    let (rest, name) = recognized(separated(mark(b'.'), any(atext))).parse(i)?;
    let (rest, name) = limited(i, rest, name)?;
    match Host::parse(name, grammar) {
        _ if name.is_empty() => fail(i, Expected::Domain),
        Ok(host) => Ok((rest, host)),
        Err(_) => Ok((rest, Host::Text(Text(name)))),
    }
}

/// `FWS "(" TCP-info ")"`, `TCP-info = address-literal / ( Domain FWS address-literal )`
fn tcp_info(i: &[u8], grammar: Grammar) -> Parse<'_, TcpInfo<'_>> {
    let (i, ()) = fws(i)?;
    let (i, ()) = octet(i, b'(', Expected::Clause)?;
    let (i, name) = if i.first() == Some(&b'[') {
        (i, None)
    } else {
        let (i, name) = domain(i, grammar)?;
        (fws(i)?.0, Some(name))
    };
    let (i, address) = address_literal(i, grammar)?;
    let (i, ()) = octet(i, b')', Expected::Clause)?;
    Ok((i, TcpInfo { domain: name, address }))
}

/// `( Atom / msg-id )`, of which a msg-id may have CFWS in front (RFC 5322 section 3.6.4). The FWS of it is gone already, so that
/// only comments tell.
fn id(i: &[u8], grammar: Grammar) -> Parse<'_, TraceId<'_>> {
    if i.first() != Some(&b'(') {
        return trace_id(i, grammar);
    }
    match cfws(i)?.0 {
        i @ [b'<', ..] => trace_id(i, grammar),
        i => fail(i, Expected::Clause),
    }
}

/// `( Path / Mailbox )`
fn recipient(i: &[u8], grammar: Grammar) -> Parse<'_, TraceFor<'_>> {
    if i.first() == Some(&b'<') {
        return path(i, grammar).map(|(i, path)| (i, TraceFor::Path(path)));
    }
    mailbox(i, grammar).map(|(i, mailbox)| (i, TraceFor::Mailbox(mailbox)))
}

/// `Atom = 1*atext`
pub(super) fn atom(i: &[u8], grammar: Grammar) -> Parse<'_, &[u8]> {
    let (rest, atom) = span1(i, Class::ATEXT.extended(grammar.smtputf8), Expected::Clause)?;
    limited(i, rest, atom)
}

/// Refuses a word that could not be folded.
pub(super) fn limited<'a>(i: &'a [u8], rest: &'a [u8], word: &'a [u8]) -> Parse<'a, &'a [u8]> {
    if word.len() > WORD_LIMIT {
        return fail(i.get(WORD_LIMIT..).unwrap_or_default(), Expected::ValueWithinLimit);
    }
    Ok((rest, word))
}

/// Refuses a fold in text of one's own: where the field is folded is for the writer to say.
pub(super) fn unfolded(i: &[u8]) -> Parse<'_, ()> {
    match i.iter().position(|octet| matches!(octet, b'\r' | b'\n')) {
        Some(at) => fail(i.get(at..).unwrap_or_default(), Expected::Space),
        None => Ok((i, ())),
    }
}

/// Skips what may be there.
pub(super) fn skip<'a>(i: &'a [u8], parser: impl FnOnce(&'a [u8]) -> Parse<'a, ()>) -> &'a [u8] {
    parser(i).map_or(i, |(rest, ())| rest)
}

/// `FWS = ([*WSP CRLF] 1*WSP) / obs-FWS`, `obs-FWS = 1*WSP *(CRLF 1*WSP)` (RFC 5322 sections 3.2.2 and 4.2)
pub(super) fn fws(i: &[u8]) -> Parse<'_, ()> {
    let mut rest = i;
    loop {
        rest = match rest {
            [b' ' | b'\t', behind @ ..] | [b'\r', b'\n', b' ' | b'\t', behind @ ..] => behind,
            _ if rest.len() < i.len() => return Ok((rest, ())),
            _ => return fail(i, Expected::Space),
        }
    }
}

/// ```text
/// CFWS     = (1*([FWS] comment) [FWS]) / FWS
/// comment  = "(" *([FWS] ccontent) [FWS] ")"
/// ccontent = ctext / quoted-pair / comment
/// ctext    = %d33-39 / %d42-91 / %d93-126          ; RFC 6532: =/ UTF8-non-ascii
/// ```
/// (RFC 5322 section 3.2.2). Whether octets beyond ASCII may stand there is for the caller to say.
pub(super) fn cfws(i: &[u8]) -> Parse<'_, ()> {
    cfws_of(i, fws)
}

/// The same with an FWS that has more or fewer forms.
pub(super) fn cfws_of<'a>(i: &'a [u8], fws: impl Fn(&'a [u8]) -> Parse<'a, ()>) -> Parse<'a, ()> {
    let mut rest = skip(i, &fws);
    while rest.first() == Some(&b'(') {
        rest = skip(comment(rest, &fws)?.0, &fws);
    }
    if rest.len() < i.len() { Ok((rest, ())) } else { fail(i, Expected::Space) }
}

fn comment<'a>(i: &'a [u8], fws: impl Fn(&'a [u8]) -> Parse<'a, ()>) -> Parse<'a, ()> {
    let ctext = |octet: &&u8| matches!(octet, 33..=39 | 42..=91 | 93..=126 | 0x80..);
    let mut depth = 0u8;
    let mut rest = i;
    loop {
        rest = match rest {
            [b'(', behind @ ..] if depth < COMMENT_DEPTH => {
                depth = depth.saturating_add(1);
                behind
            }
            [b')', behind @ ..] => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Ok((behind, ()));
                }
                behind
            }
            [b'\\', b'\t' | b' '..=b'~' | 0x80.., behind @ ..] => behind,
            _ => match rest.iter().take_while(ctext).count() {
                0 => match fws(rest)?.0 {
                    // Between two ccontents there is one FWS at most: what it left of the folds is none.
                    behind @ [b'\r', ..] => return fail(behind, Expected::Space),
                    behind => behind,
                },
                length => rest.get(length..).unwrap_or_default(),
            },
        }
    }
}
