//! The check of parameters against an offer, and against the other parameters of the line. The grammar of commands uses
//! it if the extensions are known. The grammar of the values is in `grammar.rs`.

use super::grammar::{esmtp_param, esmtp_params, is_wide};
use super::value::value;
use super::{MailOrRcpt, Parameter, ParameterName, ParameterValue, Parameters};
use crate::fast;
use crate::syntax::scan::{Parse, end, fail, nested};
use crate::syntax::{Expected, Extensions, Grammar, Xtext};

/// Parses `esmtp_params` to the end of the line and checks them against the offer, in their order: unknown ones (555),
/// bad values, repetitions and invalid combinations (501).
pub(crate) fn offered_params(
    i: &[u8],
    command: MailOrRcpt,
    extensions: Extensions,
    grammar: Grammar,
) -> Parse<'_, Parameters<'_>> {
    let mut held = Held::default();
    let mut loose = false;
    let mut rest = i;
    loop {
        let common = fast::parameter(rest).filter(|(_, value)| held.may_take(value, command, extensions));
        let found = common.map(|(rest, value)| (rest, Held { seen: held.seen | value.name().bit(), ..held }));
        (rest, held) = fast::or_grammar(found, || any_offered_param(rest, command, held, extensions, grammar))?;
        let Ok((after, ())) = grammar.dialect.space(rest) else { break };
        (rest, loose) = (after, loose || is_wide(rest, after));
    }
    end(rest)?;
    if held.has(ParameterName::Mtrk) {
        unique_envid(i)?;
    }
    loose |= grammar.dialect.parameter_values && held.has(ParameterName::Auth);
    Ok((rest, Parameters { text: i, loose }))
}

/// Parses one parameter and adds it to `held`. An unknown parameter is reported only if the rest of the line is valid.
#[inline(never)]
fn any_offered_param(
    i: &[u8],
    command: MailOrRcpt,
    held: Held,
    extensions: Extensions,
    grammar: Grammar,
) -> Parse<'_, Held> {
    let (rest, parameter) = esmtp_param(i, grammar)?;
    let with_it = held.with(i, rest, parameter, command, extensions, grammar);
    if with_it.is_err() {
        let rest = match grammar.dialect.space(rest) {
            Ok((others, ())) => esmtp_params(others, grammar)?.0,
            Err(_) => rest,
        };
        end(rest)?;
    }
    with_it
}

/// ```text
/// envid-parameter = "ENVID=" unique-envid
/// unique-envid    = local-envid "@" fqhn
/// local-envid     = xtext
/// fqhn            = xtext
/// ```
/// (RFC 3885 section 3.2): MTRK makes ENVID mandatory and gives it this form, whichever of the two comes first. `i`
/// holds parameters that are all valid.
///
/// A name and a host are required, so neither side may be empty. Nothing more is checked: the fqhn is usually a domain,
/// but SHOULD be a hash in base64 if the domain is too long. The decoded text is checked, because an encoded "@" gives
/// the same envelope identifier.
#[cold]
fn unique_envid(i: &[u8]) -> Parse<'_, ()> {
    let mut at = 0usize;
    for parameter in i.split(|octet| matches!(octet, b' ' | b'\t')) {
        at = at.saturating_add(parameter.len());
        let keyword = parameter.split_at_checked("ENVID=".len());
        if let Some((_, envid)) = keyword.filter(|(keyword, _)| keyword.eq_ignore_ascii_case(b"ENVID=")) {
            let mut from_at_sign = Xtext(envid).decode().skip(1).skip_while(|&octet| octet != b'@');
            return match from_at_sign.nth(1) {
                Some(_) => Ok((&[], ())),
                None => fail(i.get(at..).unwrap_or_default(), Expected::ParameterValue),
            };
        }
        at = at.saturating_add(1);
    }
    fail(&[], Expected::CompatibleParameter)
}

/// The facts about the previous parameters that the check of the next one needs.
#[derive(Clone, Copy, Default, PartialEq)]
struct Held {
    seen: u32,
    hold_for: Option<u32>,
    by_time: Option<i32>,
}

impl Held {
    const fn has(&self, name: ParameterName) -> bool {
        self.seen & name.bit() != 0
    }

    /// Returns `true` if the parameter is one of the command, was offered and is not repeated. No parameter of the fast path depends on
    /// another.
    fn may_take(&self, common: &ParameterValue<'_>, command: MailOrRcpt, extensions: Extensions) -> bool {
        let name = common.name();
        let body = if let ParameterValue::Body(body) = common { body.offered_by() } else { None };
        name.command() == command
            && name.is_offered(extensions)
            && body.is_none_or(|extension| extensions.contains(extension))
            && !self.has(name)
    }

    /// Adds the parameter between `i` and `rest`.
    fn with<'a>(
        self,
        i: &'a [u8],
        rest: &'a [u8],
        parameter: Parameter<'a>,
        command: MailOrRcpt,
        extensions: Extensions,
        grammar: Grammar,
    ) -> Parse<'a, Self> {
        let name = match ParameterName::from_keyword(parameter.keyword.0, command) {
            Some(name) => name,
            None if grammar.unregistered && !parameter.is_registered() => return Ok((rest, self)),
            None => return fail(i, Expected::RecognizedParameter),
        };
        let is_ignored = grammar.dialect.unoffered_parameters && parameter.may_be_ignored(name);
        let offered = name.is_offered(extensions);
        if !offered && !is_ignored {
            return fail(i, Expected::RecognizedParameter);
        }
        if self.has(name) {
            return fail(i, Expected::SingleParameter);
        }
        let mut held = Self { seen: self.seen | name.bit(), ..self };
        if !offered {
            return Ok((rest, held));
        }
        let (_, value) = nested(rest, value(parameter.value, name, grammar))?;
        match value {
            ParameterValue::Body(body)
                if !is_ignored && body.offered_by().is_some_and(|offer| !extensions.contains(offer)) =>
            {
                return fail(i, Expected::RecognizedParameter);
            }
            ParameterValue::HoldFor(seconds) => held.hold_for = Some(seconds),
            ParameterValue::By(by) => held.by_time = Some(by.seconds),
            _ => {}
        }
        // RFC 4865 section 3: exactly one hold-param. Section 5.2: the hold must not end later than the deliver-by
        // time.
        let late = held.hold_for.is_some_and(|hold| held.by_time.is_some_and(|by| i64::from(hold) > i64::from(by)));
        if late || held.seen & HOLD == HOLD {
            return fail(i, Expected::CompatibleParameter);
        }
        Ok((rest, held))
    }
}

const HOLD: u32 = ParameterName::HoldFor.bit() | ParameterName::HoldUntil.bit();
