//! The grammar of the parameters of MAIL and RCPT as text: keyword, value, and the list of them. `Parameters::new` and the
//! productions of MAIL and RCPT use it. It must not know which keywords are registered: that is in `name.rs`, and their
//! values are in `value/grammar.rs`.

use super::{Keyword, Parameter, Parameters};
use crate::fast;
use crate::syntax::scan::{Class, Parse, fail, is_esmtp_value, long_span, octet, span, span1, taken, utf8};
use crate::syntax::{Expected, Grammar};

/// `Mail-parameters = esmtp-param *(SP esmtp-param)`, and the same for Rcpt-parameters
///
/// With `white_space`: `esmtp-param *( 1*( SP / HTAB ) esmtp-param )`
pub(crate) fn esmtp_params(i: &[u8], grammar: Grammar) -> Parse<'_, Parameters<'_>> {
    let (mut rest, mut loose) = (i, false);
    loop {
        // No parameter of the fast path is loose.
        let found = fast::parameter(rest).map(|(after, _)| (after, false));
        let (after, is_loose) = fast::or_grammar(found, || {
            esmtp_param(rest, grammar).map(|(after, parameter)| (after, parameter.is_loose(grammar)))
        })?;
        (rest, loose) = (after, loose || is_loose);
        let Ok((after, ())) = grammar.dialect.space(rest) else { break };
        (rest, loose) = (after, loose || is_wide(rest, after));
    }
    Ok((rest, Parameters { text: taken(i, rest), loose }))
}

/// Returns `true` unless exactly one SP is between `i` and `rest`.
pub(super) fn is_wide(i: &[u8], rest: &[u8]) -> bool {
    i.len().saturating_sub(rest.len()) != 1 || i.first() != Some(&b' ')
}

/// `esmtp-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")`
pub(super) fn esmtp_keyword(i: &[u8]) -> Parse<'_, Keyword<'_>> {
    match span1(i, Class::LDH, Expected::ParameterKeyword)? {
        (_, [b'-', ..]) => fail(i, Expected::ParameterKeyword),
        (rest, keyword) => Ok((rest, Keyword(keyword))),
    }
}

/// ```text
/// esmtp-param = esmtp-keyword ["=" esmtp-value]
/// esmtp-value = 1*(%d33-60 / %d62-126)              ; RFC 6531: =/ UTF8-non-ascii
/// ```
/// With `parameter_values`: `esmtp-param =/ "AUTH="`
pub(crate) fn esmtp_param(i: &[u8], grammar: Grammar) -> Parse<'_, Parameter<'_>> {
    let (rest, keyword) = esmtp_keyword(i)?;
    let Ok((start, ())) = octet(rest, b'=', Expected::ParameterValue) else {
        return Ok((rest, Parameter { keyword, value: None }));
    };
    if let [] | [b' ' | b'\t', ..] = start {
        if grammar.dialect.parameter_values && keyword.is("AUTH") {
            return Ok((start, Parameter { keyword, value: Some(&[]) }));
        }
    }
    let (mut value, mut rest) = long_span(start, Class::ESMTP_VALUE, is_esmtp_value);
    if grammar.smtputf8 && rest.first().is_some_and(|octet| !octet.is_ascii()) {
        (_, rest) = span(rest, Class::ESMTP_VALUE.extended(true));
        value = taken(start, rest);
        utf8(start, value)?;
    }
    if value.is_empty() {
        return fail(start, Expected::ParameterValue);
    }
    Ok((rest, Parameter { keyword, value: Some(value) }))
}
