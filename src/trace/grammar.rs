//! The grammar of trace fields, and the white space and comments of RFC 5322 between their parts. The clauses, dates
//! and words of a field have their own files.

use super::clause::clauses;
use super::date::{self, date_time};
use super::protocol::{Link, Protocol, TraceId, trace_id};
use super::{ExtendedDomain, Received, ReturnPath, TcpInfo, TraceFor};
use crate::syntax::address::{domain, host, mailbox, path, reverse_path};
use crate::syntax::literal::address_literal;
use crate::syntax::scan::{
    Class, Parse, Production, any, expected, fail, limited, mark, optional, recognized, separated, some, word,
};
use crate::syntax::{Expected, Grammar, Host, Text};
use nom::Parser;
use nom::branch::alt;
use nom::combinator::{map, opt, peek};
use nom::sequence::{delimited, preceded, separated_pair};

/// The depth to which comments may be nested. RFC 5322 sets no limit.
const COMMENT_DEPTH: u8 = 32;
/// The length of the longest word that is accepted, so that a folded line stays below 998 octets with the text around
/// the word.
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
    let atom = |i| atom(i, grammar);
    let from_domain = preceded((keyword("FROM"), fws), |i| extended_domain(i, grammar));
    let by_domain = preceded((cfws, keyword("BY"), fws), |i| extended_domain(i, grammar));
    let opt_info = (
        clause("VIA", map(atom, Link)),
        clause("WITH", map(atom, Protocol)),
        clause("ID", |i| id(i, grammar)),
        clause("FOR", |i| recipient(i, grammar)),
        optional(peek(cfws), |i| clauses(i, grammar)).map(Option::unwrap_or_default),
    );
    let date = preceded((opt(cfws), keyword(";"), fws), date_time);
    let received = |(from, by, (via, with, id, for_recipient, clauses), date)| Received {
        from,
        by,
        via,
        with,
        id,
        for_recipient,
        clauses,
        date,
    };
    let stamp = (from_domain, by_domain, opt_info, date).map(received);
    delimited((keyword("Received:"), fws), stamp, opt(date::fws)).parse(i)
}

/// `Return-path-line = "Return-Path:" FWS Reverse-path <CRLF>`
pub(super) fn return_path(i: &[u8], grammar: Grammar) -> Parse<'_, ReturnPath<'_>> {
    preceded((keyword("Return-Path:"), fws), |i| reverse_path(i, grammar)).map(ReturnPath).parse(i)
}

/// Parses a fixed word of these productions.
fn keyword<'a>(text: &'static str) -> impl Production<'a, &'a [u8]> {
    expected(Expected::Clause, word(text))
}

/// `[ CFWS word FWS value ]`
fn clause<'a, T>(word: &'static str, value: impl Production<'a, T>) -> impl Production<'a, Option<T>> {
    optional((cfws, keyword(word), fws), value)
}

/// ```text
/// Extended-Domain  = Domain / ( Domain FWS "(" TCP-info ")" ) / ( address-literal FWS "(" TCP-info ")" )
/// ```
/// After a domain, a parenthesis with anything else is a comment. With `hello_names` the domain may be the name of a
/// client that is not a domain: `1*( atext / "." )`.
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
    let (rest, name) = foldable(recognized(separated(mark(b'.'), any(atext)))).parse(i)?;
    match Host::parse(name, grammar) {
        _ if name.is_empty() => fail(i, Expected::Domain),
        Ok(host) => Ok((rest, host)),
        Err(_) => Ok((rest, Host::Text(Text(name)))),
    }
}

/// `FWS "(" TCP-info ")"`, `TCP-info = address-literal / ( Domain FWS address-literal )`
fn tcp_info(i: &[u8], grammar: Grammar) -> Parse<'_, TcpInfo<'_>> {
    let unnamed = |i| address_literal(i, grammar).map(|(i, address)| (i, TcpInfo { domain: None, address }));
    let named = separated_pair(|i| domain(i, grammar), fws, |i| address_literal(i, grammar))
        .map(|(name, address)| TcpInfo { domain: Some(name), address });
    delimited((fws, keyword("(")), alt((unnamed, named)), keyword(")")).parse(i)
}

/// `( Atom / msg-id )`. A msg-id may have CFWS before it (RFC 5322 section 3.6.4). The leading FWS was consumed, so
/// only a comment can still precede it.
fn id(i: &[u8], grammar: Grammar) -> Parse<'_, TraceId<'_>> {
    let trace_id = |i| trace_id(i, grammar);
    alt((preceded((cfws, peek(keyword("<"))), trace_id), trace_id)).parse(i)
}

/// `( Path / Mailbox )`
fn recipient(i: &[u8], grammar: Grammar) -> Parse<'_, TraceFor<'_>> {
    let path = |i| path(i, grammar).map(|(i, path)| (i, TraceFor::Path(path)));
    let mailbox = |i| mailbox(i, grammar).map(|(i, mailbox)| (i, TraceFor::Mailbox(mailbox)));
    if i.first() == Some(&b'<') { path(i) } else { mailbox(i) }
}

/// `Atom = 1*atext`
pub(super) fn atom(i: &[u8], grammar: Grammar) -> Parse<'_, &[u8]> {
    foldable(expected(Expected::Clause, some(Class::ATEXT.extended(grammar.smtputf8)))).parse(i)
}

/// Rejects a word that is too long to be folded.
pub(super) fn foldable<'a, T>(word: impl Production<'a, T>) -> impl Production<'a, T> {
    limited(WORD_LIMIT, Expected::ValueWithinLimit, word)
}

/// Rejects folds in a text that the caller writes: the writer of the field decides where to fold it.
pub(super) fn unfolded(i: &[u8]) -> Parse<'_, ()> {
    match i.iter().position(|octet| matches!(octet, b'\r' | b'\n')) {
        Some(at) => fail(i.get(at..).unwrap_or_default(), Expected::Space),
        None => Ok((i, ())),
    }
}

/// Skips an optional part.
pub(super) fn skip<'a>(i: &'a [u8], parser: impl FnOnce(&'a [u8]) -> Parse<'a, ()>) -> &'a [u8] {
    parser(i).map_or(i, |(rest, ())| rest)
}

/// `FWS = ([*WSP CRLF] 1*WSP) / obs-FWS`, `obs-FWS = 1*WSP *(CRLF 1*WSP)` (RFC 5322 sections 3.2.2 and 4.2)
pub(super) fn fws(i: &[u8]) -> Parse<'_, ()> {
    let mut rest = i;
    loop {
        rest = match rest {
            [b' ' | b'\t', after @ ..] | [b'\r', b'\n', b' ' | b'\t', after @ ..] => after,
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
/// (RFC 5322 section 3.2.2). The caller decides whether octets outside ASCII are allowed.
pub(super) fn cfws(i: &[u8]) -> Parse<'_, ()> {
    cfws_of(i, fws)
}

/// Parses CFWS with another definition of FWS.
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
            [b'(', after @ ..] if depth < COMMENT_DEPTH => {
                depth = depth.saturating_add(1);
                after
            }
            [b')', after @ ..] => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Ok((after, ()));
                }
                after
            }
            [b'\\', b'\t' | b' '..=b'~' | 0x80.., after @ ..] => after,
            _ => match rest.iter().take_while(ctext).count() {
                0 => match fws(rest)?.0 {
                    // There is at most one FWS between two ccontents, so the folds after it are an error.
                    after @ [b'\r', ..] => return fail(after, Expected::Space),
                    after => after,
                },
                length => rest.get(length..).unwrap_or_default(),
            },
        }
    }
}
