//! The productions of an address, each with its ABNF. The values are in `address.rs`, `mailbox.rs`
//! and `path.rs`.

use super::{Domain, ForwardPath, Host, LocalPart, Mailbox, PATH_LIMIT, Path, ReversePath, SourceRoute};
use crate::fast;
use crate::syntax::command::Text;
use crate::syntax::literal::address_literal;
use crate::syntax::scan::{
    Class, Parse, any, begins_with, expected, fail, in_utf8, line, mark, octet, reached, recognized, repeated,
    separated, span, span1, taken,
};
use crate::syntax::{Expected, Grammar, SyntaxError};
use nom::Parser;
use nom::combinator::opt;
use nom::sequence::{delimited, preceded, terminated};

pub(crate) const LOCAL_PART_LIMIT: usize = 64;
pub(crate) const LABEL_LIMIT: usize = 63;
pub(crate) const DOMAIN_LIMIT: usize = 255;
/// The limit for what is between the brackets of a path.
const IN_PATH_LIMIT: usize = PATH_LIMIT - "<>".len();
/// The limit for a local-part with `long_local_parts`.
const LONG_LOCAL_PART_LIMIT: usize = IN_PATH_LIMIT;

/// `Domain = sub-domain *("." sub-domain)`
///
/// With `path_shapes`: `Domain =/ odd-label *("." odd-label) ["."]`
#[inline]
pub(crate) fn domain(i: &[u8], grammar: Grammar) -> Parse<'_, Domain<'_>> {
    let found = fast::domain(i, 0).and_then(|end| i.split_at_checked(end));
    let found = found.filter(|(_, rest)| ends_before(rest, grammar)).map(|(name, rest)| (rest, Domain(name)));
    fast::or_grammar(found, || any_domain(i, grammar))
}

/// Returns `true` if a name of letters, digits, hyphens and dots ends before `rest`. UTF-8 or "_" may continue the
/// name.
fn ends_before(rest: &[u8], grammar: Grammar) -> bool {
    rest.first().is_none_or(|octet| octet.is_ascii() && !(grammar.dialect.path_shapes && *octet == b'_'))
}

#[inline(never)]
pub(crate) fn any_domain(i: &[u8], grammar: Grammar) -> Parse<'_, Domain<'_>> {
    let name = if grammar.dialect.path_shapes {
        odd_domain(i, grammar)
    } else {
        recognized(separated(mark(b'.'), |i| sub_domain(i, grammar))).parse(i)
    };
    let (rest, name) = if grammar.smtputf8 { in_utf8(i, name)? } else { name? };
    if name.len() > DOMAIN_LIMIT {
        return fail(i.get(DOMAIN_LIMIT..).unwrap_or_default(), Expected::DomainWithinLimit);
    }
    Ok((rest, Domain(name)))
}

/// ```text
/// sub-domain = Let-dig [Ldh-str]                                ; RFC 6531: =/ U-label
/// Ldh-str    = *( ALPHA / DIGIT / "-" ) Let-dig
/// ```
fn sub_domain(i: &[u8], grammar: Grammar) -> Parse<'_, &[u8]> {
    let (label, rest) = span(i, Class::LDH.extended(grammar.smtputf8));
    let let_dig = Class::LET_DIG.extended(grammar.smtputf8);
    match label {
        [first, .., last] | [first @ last] => {
            if !let_dig.has(*first) {
                return fail(i, Expected::Domain);
            }
            let (_, label) = label_within_limit(i, label)?;
            if let_dig.has(*last) { Ok((rest, label)) } else { fail(rest, Expected::Domain) }
        }
        [] => fail(i, Expected::Domain),
    }
}

/// `odd-label *( "." odd-label ) [ "." ]`, `odd-label = 1*( ALPHA / DIGIT / "-" / "_" )`
fn odd_domain<'a>(i: &'a [u8], grammar: Grammar) -> Parse<'a, &'a [u8]> {
    let class = Class::TOKEN.extended(grammar.smtputf8);
    let label = |i| {
        let (rest, label) = span1(i, class, Expected::Domain)?;
        label_within_limit(i, label).map(|_| (rest, ()))
    };
    // A dot that a label follows is not the final dot.
    let dot = |i: &'a [u8]| match i {
        [b'.', rest @ ..] if rest.first().is_some_and(|octet| class.has(*octet)) => Ok((rest, ())),
        _ => fail(i, Expected::Domain),
    };
    recognized((separated(dot, label), opt(mark(b'.')))).parse(i)
}

fn label_within_limit<'a>(i: &'a [u8], label: &'a [u8]) -> Parse<'a, &'a [u8]> {
    if label.len() > LABEL_LIMIT {
        return fail(i.get(LABEL_LIMIT..).unwrap_or_default(), Expected::LabelWithinLimit);
    }
    Ok((i, label))
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

/// Parses the name of a client, as `hello_names` allows it:
///
/// ```text
/// hello-name = Domain / address-literal / [ hello-text ]
/// hello-text = 1*( VCHAR / UTF8-non-ascii )
/// ```
/// Each octet of a name that is neither a domain nor a literal is scanned once on the way to the end of the text.
pub(crate) fn hello_name(i: &[u8], grammar: Grammar) -> Parse<'_, Host<'_>> {
    let (rest, host) = match i {
        [b'[', ..] => hello_literal(i, grammar),
        _ => hello_domain(i),
    };
    if let Some(host) = host.filter(|_| ends_name(rest)) {
        return Ok((rest, host));
    }
    // The octet at which the domain or literal ended has been scanned.
    let text = Class::VCHAR.extended(true);
    let rest = match rest {
        [octet, after @ ..] if text.has(*octet) => span(after, text).1,
        _ => rest,
    };
    let (rest, name) = in_utf8(i, Ok((rest, taken(i, rest))))?;
    if ends_name(rest) { Ok((rest, Host::Text(Text(name)))) } else { fail(rest, Expected::Text) }
}

/// Returns the domain if a fast path finds that the whole input is one.
#[inline]
pub(crate) fn common_domain(i: &[u8]) -> Option<Domain<'_>> {
    (fast::domain(i, 0)? == i.len()).then_some(Domain(i))
}

const fn ends_name(rest: &[u8]) -> bool {
    matches!(rest, [] | [b' ' | b'\t', ..])
}

/// Returns `true` for `sub-domain = Let-dig [Ldh-str]`. `label` consists of letters, digits and hyphens.
fn is_sub_domain(label: &[u8]) -> bool {
    let let_dig = |octet: Option<&u8>| octet.is_some_and(u8::is_ascii_alphanumeric);
    let_dig(label.first()) && let_dig(label.last()) && label.len() <= LABEL_LIMIT
}

/// Parses a literal. Returns the rest after it, or after as much of the name as is the beginning of one.
fn hello_literal(i: &[u8], grammar: Grammar) -> (&[u8], Option<Host<'_>>) {
    let literal = address_literal(i, grammar);
    (reached(i, &literal), literal.ok().map(|(_, literal)| Host::Literal(literal)))
}

/// Scans the labels at the start of a name. Returns the rest, and the domain if they are one.
fn hello_domain(i: &[u8]) -> (&[u8], Option<Host<'_>>) {
    let mut is_domain = true;
    let label = |i| {
        let (label, rest) = span(i, Class::LDH);
        is_domain &= is_sub_domain(label);
        Ok((rest, ()))
    };
    let labels = separated(mark(b'.'), label).parse(i);
    let rest = reached(i, &labels);
    let name = taken(i, rest);
    (rest, (is_domain && name.len() <= DOMAIN_LIMIT).then_some(Host::Domain(Domain(name))))
}

/// A local-part, and whether its dots are in places where a Dot-string has none, so that it must be written in quotes.
type Local<'a> = (LocalPart<'a>, bool);

/// ```text
/// Dot-string = Atom *("."  Atom)
/// Atom       = 1*atext                                          ; RFC 6531: atext =/ UTF8-non-ascii
/// ```
/// With `path_shapes`: `Dot-string =/ 1*( atext / "." )`
fn dot_string(i: &[u8], grammar: Grammar) -> Parse<'_, (&[u8], bool)> {
    let atext = Class::ATEXT.extended(grammar.smtputf8);
    let mut odd = false;
    let atom = |i| match span(i, atext) {
        ([], _) if !grammar.dialect.path_shapes => fail(i, Expected::LocalPart),
        (atom, rest) => {
            odd |= atom.is_empty();
            Ok((rest, ()))
        }
    };
    let (rest, text) = recognized(separated(mark(b'.'), atom)).parse(i)?;
    if text.is_empty() { fail(i, Expected::LocalPart) } else { Ok((rest, (text, odd))) }
}

/// ```text
/// Quoted-string   = DQUOTE 1*QcontentSMTP DQUOTE                ; EID 5414
/// QcontentSMTP    = qtextSMTP / quoted-pairSMTP
/// quoted-pairSMTP = %d92 %d32-126
/// qtextSMTP       = %d32-33 / %d35-91 / %d93-126                ; RFC 6531: =/ UTF8-non-ascii
/// ```
/// The result includes the quotes.
pub(crate) fn quoted_string<'a>(i: &'a [u8], grammar: Grammar) -> Parse<'a, &'a [u8]> {
    let qtext = Class::QTEXT.extended(grammar.smtputf8);
    let escaped = |i: &'a [u8]| match i {
        [b' '..=b'~', rest @ ..] => Ok((rest, ())),
        _ => fail(i, Expected::QuoteEnd),
    };
    let content = (any(qtext), repeated(mark(b'\\'), (escaped, any(qtext))));
    let quoted =
        delimited(expected(Expected::LocalPart, mark(b'"')), content, expected(Expected::QuoteEnd, mark(b'"')));
    match recognized(quoted).parse(i)? {
        (_, b"\"\"") => fail(i.get(1..).unwrap_or_default(), Expected::LocalPart),
        found => Ok(found),
    }
}

/// `Local-part = Dot-string / Quoted-string`
///
/// With `path_shapes`: `Local-part =/ DQUOTE DQUOTE`
fn local_part(i: &[u8], grammar: Grammar) -> Parse<'_, Local<'_>> {
    let dialect = grammar.dialect;
    let text = match i {
        [b'"', b'"', rest @ ..] if dialect.path_shapes => Ok((rest, (taken(i, rest), false))),
        [b'"', ..] => quoted_string(i, grammar).map(|(rest, text)| (rest, (text, false))),
        _ => dot_string(i, grammar),
    };
    let limit = if dialect.long_local_parts { LONG_LOCAL_PART_LIMIT } else { LOCAL_PART_LIMIT };
    let text = text.and_then(|(rest, found)| match i.get(limit..) {
        Some(after) if found.0.len() > limit => fail(after, Expected::LocalPartWithinLimit),
        _ => Ok((rest, found)),
    });
    let odd = matches!(text, Ok((_, (_, true))));
    let text = text.map(|(rest, (text, _))| (rest, text));
    let (rest, text) = if grammar.smtputf8 { in_utf8(i, text)? } else { text? };
    Ok((rest, (LocalPart(text), odd)))
}

/// `Mailbox = Local-part "@" ( Domain / address-literal )`
///
/// With `path_shapes`: `Mailbox =/ Local-part`
#[inline]
pub(crate) fn mailbox(i: &[u8], grammar: Grammar) -> Parse<'_, Mailbox<'_>> {
    let found = common_mailbox(i).filter(|(rest, _)| ends_before(rest, grammar));
    fast::or_grammar(found, || any_mailbox(i, grammar))
}

/// Parses a whole text as a mailbox. The common form is built in place, and not copied from a [`Parse`].
#[inline(always)]
pub(crate) fn whole_mailbox(i: &[u8], grammar: Grammar) -> Result<Mailbox<'_>, SyntaxError> {
    match common_mailbox(i) {
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

/// Returns the mailbox that a fast path finds at the start of the input.
#[inline(always)]
fn common_mailbox(i: &[u8]) -> Option<(&[u8], Mailbox<'_>)> {
    mailbox_at(i, 0, fast::mailbox(i, 0)?)
}

/// Returns the mailbox that begins at an offset of the input, and the rest. `found` is what a fast path has found there:
/// the offset of its "@", and that of its end.
#[inline(always)]
fn mailbox_at(i: &[u8], at: usize, found: (usize, usize)) -> Option<(&[u8], Mailbox<'_>)> {
    let (at_sign, end) = found;
    let (text, rest) = i.get(at..)?.split_at_checked(end.wrapping_sub(at))?;
    Some((rest, Mailbox::new_unchecked(text, at_sign.wrapping_sub(at), false)))
}

#[inline(never)]
fn any_mailbox(i: &[u8], grammar: Grammar) -> Parse<'_, Mailbox<'_>> {
    let (after, (local_part, odd_dots)) = local_part(i, grammar)?;
    let rest = match after {
        [b'@', b'[', ..] => address_literal(after.get(1..).unwrap_or_default(), grammar)?.0,
        // The fast path of the mailbox has scanned the domain, unless it stopped at the quote.
        [b'@', domain @ ..] if i.first() == Some(&b'"') => self::domain(domain, grammar)?.0,
        [b'@', domain @ ..] => any_domain(domain, grammar)?.0,
        _ if grammar.dialect.path_shapes => after,
        _ => return fail(after, Expected::At),
    };
    Ok((rest, Mailbox::new_unchecked(taken(i, rest), local_part.0.len(), odd_dots)))
}

/// ```text
/// A-d-l     = At-domain *( "," At-domain )
/// At-domain = "@" Domain
/// ```
/// and the ":" after it.
fn source_route(i: &[u8], grammar: Grammar) -> Parse<'_, SourceRoute<'_>> {
    if i.first() != Some(&b'@') {
        return Ok((i, SourceRoute::default()));
    }
    let end = |octet| expected(Expected::RouteEnd, mark(octet));
    let at_domain = preceded(end(b'@'), |i| domain(i, grammar));
    terminated(recognized(separated(mark(b','), at_domain)), end(b':')).map(SourceRoute).parse(i)
}

/// `Path = "<" [ A-d-l ":" ] Mailbox ">"`
///
/// With `path_shapes`: `Path =/ [ A-d-l ":" ] Mailbox`
pub(crate) fn path(i: &[u8], grammar: Grammar) -> Parse<'_, Path<'_>> {
    let mailbox = bracketed_mailbox(i);
    common_path(i, mailbox, grammar).map_or_else(|| any_path(i, mailbox, grammar), Ok)
}

/// Where a fast path finds a mailbox after `<`: the offset of its "@", and that of its end.
pub(crate) type Bracketed = Option<(usize, usize)>;

/// Searches for a mailbox after `<` by a fast path.
#[inline(always)]
pub(crate) fn bracketed_mailbox(i: &[u8]) -> Bracketed {
    if i.first() == Some(&b'<') { fast::mailbox(i, 1) } else { None }
}

/// Returns the path of such a mailbox, if `>` follows and it is within the limit. It is ASCII.
#[inline(always)]
pub(crate) fn common_path(i: &[u8], bracketed: Bracketed, grammar: Grammar) -> Option<(&[u8], Path<'_>)> {
    match mailbox_at(i, 1, bracketed?)? {
        ([b'>', rest @ ..], mailbox) if mailbox.text.len() <= IN_PATH_LIMIT => {
            let path = Path::from(mailbox);
            debug_assert!(fast::agrees(rest, &path, || any_path(i, bracketed, grammar)));
            Some((rest, path))
        }
        _ => None,
    }
}

/// Parses any path. `bracketed` is what [`bracketed_mailbox`] has found.
pub(crate) fn any_path(i: &[u8], bracketed: Bracketed, grammar: Grammar) -> Parse<'_, Path<'_>> {
    let bare = grammar.dialect.path_shapes && i.first() != Some(&b'<');
    let start = if bare { i } else { octet(i, b'<', Expected::PathStart)?.0 };
    let (rest, route) = source_route(start, grammar)?;
    let (rest, mailbox) = if bare || !route.is_empty() {
        mailbox(rest, grammar)?
    } else {
        let found = bracketed.and_then(|found| mailbox_at(i, 1, found)).filter(|(rest, _)| ends_before(rest, grammar));
        fast::or_grammar(found, || any_mailbox(rest, grammar))?
    };
    let path = Path { route, mailbox };
    if path.is_over_limit() {
        return fail(i.get(PATH_LIMIT..).unwrap_or_default(), Expected::PathWithinLimit);
    }
    let rest = if bare { rest } else { octet(rest, b'>', Expected::PathEnd)?.0 };
    Ok((rest, path))
}

/// `Reverse-path = Path / "<>"`
pub(crate) fn reverse_path(i: &[u8], grammar: Grammar) -> Parse<'_, ReversePath<'_>> {
    match null_path(i) {
        Some(found) => Ok(found),
        None => path(i, grammar).map(|(rest, path)| (rest, ReversePath::Path(path))),
    }
}

/// Returns the Reverse-path `<>`.
#[inline(always)]
pub(crate) fn null_path(i: &[u8]) -> Option<(&[u8], ReversePath<'_>)> {
    i.strip_prefix(b"<>").map(|rest| (rest, ReversePath::Null))
}

/// `( "<Postmaster>" / Forward-path )`, `Forward-path = Path`
pub(crate) fn forward_path(i: &[u8], grammar: Grammar) -> Parse<'_, ForwardPath<'_>> {
    any_forward_path(i, bracketed_mailbox(i), grammar)
}

/// Parses any Forward-path. `bracketed` is what [`bracketed_mailbox`] has found.
#[inline(never)]
pub(crate) fn any_forward_path(i: &[u8], bracketed: Bracketed, grammar: Grammar) -> Parse<'_, ForwardPath<'_>> {
    if let Some((rest, _)) = begins_with(i, "<Postmaster>") {
        return Ok((rest, ForwardPath::Postmaster));
    }
    if grammar.dialect.path_shapes {
        if let Some((rest @ ([] | [b' ' | b'\t', ..]), _)) = begins_with(i, "Postmaster") {
            return Ok((rest, ForwardPath::Postmaster));
        }
    }
    any_path(i, bracketed, grammar).map(|(rest, path)| (rest, ForwardPath::Path(path)))
}

/// Fails at the first octet outside ASCII of `path`, in an address that SMTPUTF8 would allow.
pub(crate) fn ascii_only<'a>(i: &'a [u8], path: &[u8]) -> Parse<'a, ()> {
    // Faster than the search, and nearly always true.
    if path.is_ascii() {
        return Ok((i, ()));
    }
    let ascii = path.iter().take_while(|octet| octet.is_ascii()).count();
    fail(i.get(ascii..).unwrap_or_default(), Expected::Ascii)
}
