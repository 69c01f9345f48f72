//! The grammar of every command line. It parses the verb first, then its argument by the one production that belongs to
//! the verb. `Command::parse` uses it. It must not know the state of a session.
//!
//! The commands with a String (VRFY, EXPN, HELP, NOOP) are in `grammar/text.rs`. Those that only servers send to each
//! other (ETRN, ATRN, XCLIENT, XFORWARD) are in `grammar/relay.rs`.

mod relay;
mod text;

#[cfg(feature = "alloc")]
pub(crate) use relay::attribute;
pub(crate) use relay::{XCLIENT, XFORWARD};
pub(super) use relay::{domains, node_name};
pub(crate) use text::string;
pub(super) use text::{any_text, text};

use super::uri::absolute_uri;
use super::{Auth, Bdat, Burl, Command, Mail, Rcpt, Text, Unknown, Verb};
use crate::fast;
use crate::syntax::address::{
    any_domain, any_forward_path, any_path, ascii_only, bracketed_mailbox, common_domain, common_path, hello_name,
    null_path,
};
use crate::syntax::auth::{initial_response, mechanism};
use crate::syntax::literal::address_literal;
use crate::syntax::parameter::{esmtp_params, offered_params};
use crate::syntax::scan::{
    Class, Parse, decimal, end, fail, finish, literal, locate, nested, span, span1, taken, whole, within,
};
use crate::syntax::{
    Dialect, Expected, ForwardPath, Grammar, Host, MailOrRcpt, ParameterName, Parameters, Part, ReversePath,
    SyntaxError,
};
use relay::{atrn, attributes, etrn};
use text::{lookup, optional_string};

/// Parses a whole command line without its CRLF.
///
/// Each verb ends its own line: a result that all verbs share would be copied once more, in pieces that the processor
/// waits for.
pub(super) fn command(line: &[u8], grammar: Grammar) -> Result<Command<'_>, SyntaxError> {
    let dialect = grammar.dialect;
    let (start, (i, verb)) = match Verb::at_start(line) {
        Some((verb, rest)) => (line, (rest, verb)),
        None => {
            let start = dialect.after_white_space(line);
            (start, any_verb(start, dialect).map_err(|error| locate(line, error))?)
        }
    };
    match verb {
        Verb::Helo => finish(line, hello(i, grammar, true)).map(Command::Helo),
        Verb::Ehlo => finish(line, hello(i, grammar, false)).map(Command::Ehlo),
        Verb::Lhlo => finish(line, hello(i, grammar, false)).map(Command::Lhlo),
        Verb::Mail => finish(line, mail(i, grammar)).map(Command::Mail),
        Verb::Rcpt => finish(line, rcpt(i, grammar)).map(Command::Rcpt),
        Verb::Data => finish(line, end(i)).map(|()| Command::Data),
        Verb::Bdat => finish(line, bdat(start, i, dialect)).map(Command::Bdat),
        Verb::Burl => finish(line, burl(i, dialect)).map(Command::Burl),
        Verb::Rset => finish(line, end(i)).map(|()| Command::Rset),
        Verb::Vrfy => finish(line, lookup(i, grammar)).map(Command::Vrfy),
        Verb::Expn => finish(line, lookup(i, grammar)).map(Command::Expn),
        Verb::Help => finish(line, optional_string(i, grammar)).map(Command::Help),
        Verb::Noop => finish(line, optional_string(i, grammar)).map(Command::Noop),
        Verb::Quit => finish(line, end(i)).map(|()| Command::Quit),
        Verb::StartTls => finish(line, end(i)).map(|()| Command::StartTls),
        Verb::Auth => finish(line, auth(i, dialect)).map(Command::Auth),
        Verb::Etrn => finish(line, etrn(i, dialect)).map(Command::Etrn),
        Verb::Atrn => finish(line, atrn(i, dialect)).map(Command::Atrn),
        Verb::Xclient => finish(line, attributes(i, XCLIENT, dialect)).map(Command::Xclient),
        Verb::Xforward => finish(line, attributes(i, XFORWARD, dialect)).map(Command::Xforward),
        Verb::Send | Verb::Soml | Verb::Saml | Verb::Turn => {
            let argument = finish(line, any_argument(i, dialect))?;
            Ok(Command::Obsolete(Unknown { verb: Text(taken(start, i)), argument }))
        }
        Verb::Unknown => finish(line, within(Part::Verb, unknown(start, dialect))).map(Command::Unknown),
    }
}

/// Parses a verb that is not of the usual form. Fails for a known verb with something other than a space after it, which
/// makes it an unknown verb: a command code ends at SP or CRLF (RFC 5321 section 4.1.1).
#[inline(never)]
fn any_verb(i: &[u8], dialect: Dialect) -> Parse<'_, Verb> {
    let (token, rest) = span(i, Class::TOKEN);
    let verb = Verb::from_bytes(token);
    if verb == Verb::Unknown || rest.is_empty() || dialect.space(rest).is_ok() {
        return Ok((rest, verb));
    }
    let takes_argument = !matches!(verb, Verb::Data | Verb::Rset | Verb::Quit | Verb::StartTls);
    let expected = if takes_argument { Expected::Space } else { Expected::EndOfLine };
    within(Part::Verb, fail(rest, expected))
}

/// Parses an unregistered verb: a token, and any text after a space.
pub(super) fn unknown(i: &[u8], dialect: Dialect) -> Parse<'_, Unknown<'_>> {
    let (rest, verb) = span1(i, Class::TOKEN, Expected::Verb)?;
    let (rest, argument) = any_argument(rest, dialect)?;
    Ok((rest, Unknown { verb: Text(verb), argument }))
}

/// Parses the text after the first space, other spaces included.
fn any_argument(i: &[u8], dialect: Dialect) -> Parse<'_, Option<Text<'_>>> {
    match i {
        [] => Ok((i, None)),
        [b' ', rest @ ..] => any_text_to_end(rest).map(|(rest, text)| (rest, Some(text))),
        [b'\t', rest @ ..] if dialect.white_space => any_text_to_end(rest).map(|(rest, text)| (rest, Some(text))),
        _ => fail(i, Expected::Verb),
    }
}

/// Parses any text up to the end of the line, possibly empty.
fn any_text_to_end(i: &[u8]) -> Parse<'_, Text<'_>> {
    match span(i, Class::ANY) {
        (text, []) => Ok((&[], Text(text))),
        (_, rest) => fail(rest, Expected::Text),
    }
}

/// ```text
/// ehlo = "EHLO" SP ( Domain / address-literal ) CRLF
/// helo = "HELO" SP Domain CRLF
/// ```
/// LHLO is EHLO (RFC 2033 section 4.1).
///
/// With `hello_names`: `ehlo =/ "EHLO" [ SP hello-name [ SP *text ] ]`, the same for HELO; the text is dropped.
#[inline(always)]
fn hello(i: &[u8], grammar: Grammar, domain_only: bool) -> Parse<'_, Host<'_>> {
    let found = match i {
        [b' ', name @ ..] => common_domain(name).map(|domain| (&[][..], Host::Domain(domain))),
        _ => None,
    };
    fast::or_grammar(found, || any_hello(i, grammar, domain_only))
}

#[inline(never)]
fn any_hello(i: &[u8], grammar: Grammar, domain_only: bool) -> Parse<'_, Host<'_>> {
    let dialect = grammar.dialect;
    // RFC 6531 section 3.7.1: the argument stays ASCII. Deviations in paths do not apply to a hello.
    let grammar = Grammar { smtputf8: false, dialect: Dialect { path_shapes: false, ..dialect }, ..grammar };
    if dialect.hello_names {
        if i.is_empty() {
            return Ok((i, Host::Text(Text(&[]))));
        }
        let (i, ()) = dialect.space(i)?;
        let (rest, name) = hello_name(i, grammar)?;
        return match rest {
            [] => Ok((rest, name)),
            [_, text @ ..] if name.is_named() => any_text_to_end(text).map(|(rest, _)| (rest, name)),
            _ => fail(rest, Expected::Domain),
        };
    }
    let (i, ()) = dialect.space(i)?;
    match i {
        [b'[', ..] if !domain_only => address_literal(i, grammar).map(|(i, literal)| (i, Host::Literal(literal))),
        // The fast path of the hello has already tried the domain.
        _ => any_domain(i, grammar).map(|(i, domain)| (i, Host::Domain(domain))),
    }
}

/// `mail = "MAIL FROM:" Reverse-path [SP Mail-parameters] CRLF`
#[inline(always)]
fn mail(i: &[u8], grammar: Grammar) -> Parse<'_, Mail<'_>> {
    let (i, ()) = word(i, " FROM:", Expected::FromColon, grammar.dialect)?;
    if let Some((rest, null)) = null_path(i) {
        return mail_from(null, rest, grammar);
    }
    let mailbox = bracketed_mailbox(i);
    if let Some((rest, path)) = common_path(i, mailbox, grammar) {
        return mail_from(ReversePath::Path(path), rest, grammar);
    }
    let (rest, path) = within(Part::ReversePath, any_path(i, mailbox, grammar.with_offered_smtputf8()))?;
    let (end, mail) = mail_from(ReversePath::Path(path), rest, grammar)?;
    if !grammar.smtputf8 && !mail.parameters.has(ParameterName::SmtpUtf8) {
        within(Part::ReversePath, ascii_only(i, taken(i, rest)))?;
    }
    Ok((end, mail))
}

/// `rcpt = "RCPT TO:" ( "<Postmaster@" Domain ">" / "<Postmaster>" / Forward-path ) [SP Rcpt-parameters] CRLF`
#[inline(always)]
fn rcpt(i: &[u8], grammar: Grammar) -> Parse<'_, Rcpt<'_>> {
    let (i, ()) = word(i, " TO:", Expected::ToColon, grammar.dialect)?;
    let mailbox = bracketed_mailbox(i);
    if let Some((rest, path)) = common_path(i, mailbox, grammar) {
        return rcpt_to(ForwardPath::Path(path), rest, grammar);
    }
    let wide = grammar.with_offered_smtputf8();
    let (rest, path) = within(Part::ForwardPath, any_forward_path(i, mailbox, wide))?;
    let (end, rcpt) = rcpt_to(path, rest, grammar)?;
    if !grammar.smtputf8 {
        within(Part::ForwardPath, ascii_only(i, taken(i, rest)))?;
    }
    Ok((end, rcpt))
}

/// Parses the parameters after the path of MAIL. Each form of the path calls it, so that the command is built in place.
#[inline(always)]
fn mail_from<'a>(reverse_path: ReversePath<'a>, i: &'a [u8], grammar: Grammar) -> Parse<'a, Mail<'a>> {
    let (end, parameters) = parameters(i, grammar, MailOrRcpt::Mail)?;
    Ok((end, Mail { reverse_path, parameters }))
}

/// Parses the parameters after the path of RCPT. Each form of the path calls it, so that the command is built in place.
#[inline(always)]
fn rcpt_to<'a>(forward_path: ForwardPath<'a>, i: &'a [u8], grammar: Grammar) -> Parse<'a, Rcpt<'a>> {
    let (end, parameters) = parameters(i, grammar, MailOrRcpt::Rcpt)?;
    Ok((end, Rcpt { forward_path, parameters }))
}

/// `SP "FROM:"`, `SP "TO:"`
///
/// With `white_space`: `1*( SP / HTAB ) "FROM:" *( SP / HTAB )`
#[inline(always)]
fn word<'a>(i: &'a [u8], word: &str, expected: Expected, dialect: Dialect) -> Parse<'a, ()> {
    let found = fast::keyword::strip(i, word).map(|rest| (rest, ()));
    let (rest, ()) = fast::or_grammar(found, || {
        let (i, ()) = dialect.space(i)?;
        literal(i, word.trim_start(), expected).map(|(rest, _)| (rest, ()))
    })?;
    Ok((dialect.after_white_space(rest), ()))
}

/// `[SP Mail-parameters]`, `[SP Rcpt-parameters]`; checked against the offer if there is one
#[inline(always)]
fn parameters(i: &[u8], grammar: Grammar, command: MailOrRcpt) -> Parse<'_, Parameters<'_>> {
    if i.is_empty() { Ok((i, Parameters::NONE)) } else { any_parameters(i, grammar, command) }
}

#[inline(never)]
fn any_parameters(i: &[u8], grammar: Grammar, command: MailOrRcpt) -> Parse<'_, Parameters<'_>> {
    let grammar = grammar.with_offered_smtputf8();
    let (i, ()) = grammar.dialect.space(i)?;
    let parameters = match grammar.extensions {
        Some(offered) => offered_params(i, command, offered, grammar),
        None => whole(esmtp_params(i, grammar)),
    };
    within(Part::Parameters, parameters)
}

/// ```text
/// bdat-cmd   ::= "BDAT" SP chunk-size [ SP end-marker ] CR LF
/// chunk-size ::= 1*DIGIT
/// end-marker ::= "LAST"
/// ```
#[inline(always)]
fn bdat<'a>(line: &'a [u8], i: &'a [u8], dialect: Dialect) -> Parse<'a, Bdat> {
    let found = fast::bdat(line, line.len().saturating_sub(i.len()));
    let found = found.map(|(size, last)| (&[][..], Bdat { size, last }));
    fast::or_grammar(found, || any_bdat(i, dialect))
}

#[inline(never)]
fn any_bdat(i: &[u8], dialect: Dialect) -> Parse<'_, Bdat> {
    let (i, ()) = dialect.space(i)?;
    let (i, size) = chunk_size(i)?;
    let (i, last) = last(i, dialect)?;
    Ok((i, Bdat { size, last }))
}

fn chunk_size(i: &[u8]) -> Parse<'_, u64> {
    let (rest, digits) = span1(i, Class::DIGIT, Expected::ChunkSize)?;
    match decimal(digits) {
        Ok(size) => Ok((rest, size)),
        Err(at) => fail(i.get(at..).unwrap_or_default(), Expected::ChunkSizeWithinLimit),
    }
}

/// `[ SP end-marker ]`
#[inline]
fn last(i: &[u8], dialect: Dialect) -> Parse<'_, bool> {
    if i.is_empty() {
        return Ok((i, false));
    }
    let (i, ()) = dialect.space(i)?;
    let (i, _) = literal(i, "LAST", Expected::Last)?;
    Ok((i, true))
}

/// `burl-cmd = "BURL" SP absolute-URI [SP end-marker] CRLF`
fn burl(i: &[u8], dialect: Dialect) -> Parse<'_, Burl<'_>> {
    let (i, ()) = dialect.space(i)?;
    // The URI ends at a space, or at a tab if that is accepted as a space.
    let tab = i.iter().position(|octet| *octet == b'\t').filter(|_| dialect.white_space);
    let (piece, after) = i.split_at_checked(tab.unwrap_or(i.len())).unwrap_or((i, &[]));
    let (rest, url) = nested(after, absolute_uri(piece))?;
    let i = i.get(piece.len().saturating_sub(rest.len())..).unwrap_or_default();
    let (i, last) = last(i, dialect)?;
    Ok((i, Burl { url, last }))
}

/// `auth-command = "AUTH" SP sasl-mech [SP initial-response]`
#[inline(always)]
fn auth(i: &[u8], dialect: Dialect) -> Parse<'_, Auth<'_>> {
    let (i, ()) = dialect.space(i)?;
    let (rest, mechanism) = mechanism(i)?;
    if rest.is_empty() {
        return Ok((rest, Auth { mechanism, initial_response: None }));
    }
    let (rest, ()) = dialect.space(rest)?;
    let (rest, response) = initial_response(rest)?;
    Ok((rest, Auth { mechanism, initial_response: Some(response) }))
}
