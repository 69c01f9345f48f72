//! The grammar of a String, and of the commands whose argument it is: VRFY, EXPN, HELP and NOOP. `grammar.rs` uses it,
//! and so do the constructors of `Text`. It must not know what the text asks for.

use crate::syntax::address::quoted_string;
use crate::syntax::command::{Lookup, Text};
use crate::syntax::scan::{Class, Parse, fail, in_utf8, literal, span1};
use crate::syntax::{Expected, Grammar};

/// ```text
/// vrfy = "VRFY" SP String CRLF      ; RFC 6531: SP String [ SP "SMTPUTF8" ]
/// expn = "EXPN" SP String CRLF
/// ```
pub(super) fn lookup(i: &[u8], grammar: Grammar) -> Parse<'_, Lookup<'_>> {
    let (i, ()) = grammar.dialect.space(i)?;
    if grammar.dialect.text_arguments {
        let (rest, text) = any_string(i)?;
        let marked = text.len().checked_sub(b" SMTPUTF8".len()).and_then(|at| text.split_at_checked(at));
        return Ok((
            rest,
            match marked {
                Some((text @ [_, ..], marker)) if grammar.smtputf8 && marker.eq_ignore_ascii_case(b" SMTPUTF8") => {
                    Lookup { text: Text(text), smtputf8: true }
                }
                _ => Lookup { text: Text(text), smtputf8: false },
            },
        ));
    }
    let (rest, text) = string(i, grammar)?;
    if grammar.smtputf8 && !rest.is_empty() {
        let marker = match grammar.dialect.space(rest) {
            Ok((marker, ())) => marker,
            Err(_) => return fail(rest, Expected::EndOfLine),
        };
        let (rest, _) = literal(marker, "SMTPUTF8", Expected::EndOfLine)?;
        return Ok((rest, Lookup { text, smtputf8: true }));
    }
    Ok((rest, Lookup { text, smtputf8: false }))
}

/// ```text
/// help = "HELP" [ SP String ] CRLF
/// noop = "NOOP" [ SP String ] CRLF
/// ```
pub(super) fn optional_string(i: &[u8], grammar: Grammar) -> Parse<'_, Option<Text<'_>>> {
    if i.is_empty() {
        return Ok((i, None));
    }
    let (i, ()) = grammar.dialect.space(i)?;
    let (rest, text) = text(i, grammar)?;
    Ok((rest, Some(text)))
}

/// `String`. With `text_arguments`, any text of at least one octet.
pub(in crate::syntax::command) fn text(i: &[u8], grammar: Grammar) -> Parse<'_, Text<'_>> {
    if grammar.dialect.text_arguments { any_text(i).map(|(i, text)| (i, Text(text))) } else { string(i, grammar) }
}

/// Parses any text of at least one octet.
pub(in crate::syntax::command) fn any_text(i: &[u8]) -> Parse<'_, &[u8]> {
    span1(i, Class::ANY, Expected::Text)
}

/// Parses the content of any String, quoted or not: at least one octet, without controls, in UTF-8. The name of a
/// mailbox cannot have other octets (RFC 5321 section 4.1.2), and a strict command could not ask for one that has.
fn any_string(i: &[u8]) -> Parse<'_, &[u8]> {
    let length = i.iter().take_while(|octet| !octet.is_ascii_control()).count();
    match i.split_at_checked(length) {
        Some((text @ [_, ..], [])) => in_utf8(i, Ok((&[], text))),
        _ => in_utf8(i, fail(i.get(length..).unwrap_or_default(), Expected::Text)),
    }
}

/// `String = Atom / Quoted-string`; RFC 6531: `atext =/ UTF8-non-ascii`
pub(crate) fn string(i: &[u8], grammar: Grammar) -> Parse<'_, Text<'_>> {
    let text = if i.first() == Some(&b'"') {
        quoted_string(i, grammar)
    } else {
        span1(i, Class::ATEXT.extended(grammar.smtputf8), Expected::Text)
    };
    let (rest, text) = in_utf8(i, text)?;
    Ok((rest, Text(text)))
}
