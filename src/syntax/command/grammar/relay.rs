//! The grammar of the commands that one server sends to another about its queue or its client: ETRN, ATRN, XCLIENT and
//! XFORWARD. `grammar.rs` uses it, and so do the constructors of the arguments. It must not know who may send them.

use crate::syntax::address::domain;
use crate::syntax::command::{Attributes, Domains, Etrn, EtrnOption, Text};
use crate::syntax::scan::{
    Class, Parse, Production, alike, at_most, expected, fail, mark, recognized, separated, span1,
};
use crate::syntax::xtext::xtext;
use crate::syntax::{Dialect, Expected, Grammar};
use nom::Parser;

/// The attributes that XCLIENT may set.
pub(crate) const XCLIENT: &[&str] =
    &["NAME", "ADDR", "PORT", "PROTO", "HELO", "LOGIN", "DESTADDR", "DESTPORT", "REVERSE_NAME"];
/// The attributes that XFORWARD may set.
pub(crate) const XFORWARD: &[&str] = &["NAME", "ADDR", "PORT", "PROTO", "HELO", "IDENT", "SOURCE"];
/// The limit for the value of an attribute in octets.
const ATTRIBUTE_LIMIT: usize = 255;

/// `ETRN [<option character>]<node name><CR><LF>`; the node is a fully qualified domain name, after "#" a queue
pub(super) fn etrn(i: &[u8], dialect: Dialect) -> Parse<'_, Etrn<'_>> {
    let (i, ()) = dialect.space(i)?;
    let (i, option) = match i {
        [b'@', rest @ ..] => (rest, EtrnOption::Subdomains),
        [b'#', rest @ ..] => (rest, EtrnOption::Queue),
        _ => (i, EtrnOption::Host),
    };
    let (rest, node) = node_name(i, option)?;
    Ok((rest, Etrn { option, node }))
}

/// Parses the node name after the option character of ETRN.
pub(in crate::syntax::command) fn node_name(i: &[u8], option: EtrnOption) -> Parse<'_, Text<'_>> {
    let (rest, node) = match option {
        EtrnOption::Queue => span1(i, Class::VCHAR, Expected::Text)?,
        EtrnOption::Host | EtrnOption::Subdomains => qualified_domain(i)?,
    };
    Ok((rest, Text(node)))
}

/// Parses a domain of at least two labels.
fn qualified_domain(i: &[u8]) -> Parse<'_, &[u8]> {
    let (rest, name) = domain(i, Grammar::STRICT)?;
    if name.0.contains(&b'.') { Ok((rest, name.0)) } else { fail(rest, Expected::Domain) }
}

/// ```text
/// atrn   = "ATRN" [SP domain *("," domain)]
/// domain = sub-domain 1*("." sub-domain)
/// ```
pub(super) fn atrn(i: &[u8], dialect: Dialect) -> Parse<'_, Domains<'_>> {
    if i.is_empty() {
        return Ok((i, Domains::default()));
    }
    let (i, ()) = dialect.space(i)?;
    domains(i)
}

/// `domain *("," domain)`
pub(in crate::syntax::command) fn domains(i: &[u8]) -> Parse<'_, Domains<'_>> {
    recognized(separated(mark(b','), qualified_domain)).map(Domains).parse(i)
}

/// ```text
/// xclient-command = XCLIENT 1*( SP attribute-name"="attribute-value )
/// attribute-value = xtext
/// ```
pub(super) fn attributes<'a>(i: &'a [u8], names: &'static [&str], dialect: Dialect) -> Parse<'a, Attributes<'a>> {
    let (i, ()) = dialect.space(i)?;
    let space = |i| dialect.space(i);
    recognized(separated(space, attribute(names, dialect.parameter_values))).map(Attributes).parse(i)
}

/// `attribute-name"="attribute-value`
pub(crate) fn attribute<'a>(names: &'static [&str], lower_case: bool) -> impl Production<'a, ()> {
    let equals = expected(Expected::Attribute, mark(b'='));
    (move |i| attribute_name(i, names), equals, move |i| attribute_value(i, lower_case)).map(|_| ())
}

fn attribute_name<'a>(i: &'a [u8], names: &[&str]) -> Parse<'a, ()> {
    let (rest, name) = span1(i, Class::TOKEN, Expected::Attribute)?;
    if names.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes())) {
        return Ok((rest, ()));
    }
    fail(i.get(alike(name, names.iter().copied())..).unwrap_or_default(), Expected::Attribute)
}

/// `attribute-value = xtext`, at most 255 octets
fn attribute_value(i: &[u8], lower_case: bool) -> Parse<'_, ()> {
    at_most(ATTRIBUTE_LIMIT, |i| xtext(i, lower_case)).map(|_| ()).parse(i)
}
