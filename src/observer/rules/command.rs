//! The rules about the text of a command line: its syntax, its limits, its addresses and parameters. Whether the
//! command is in sequence is in `order.rs`.

use crate::codec::COMMAND_LINE_LIMIT;
use crate::observer::exchange::{Declared, Sent};
use crate::observer::facts::Facts;
use crate::observer::violation::ViolationKind as V;
use crate::session::Action;
use crate::session::state::ends_group;
use crate::syntax::{
    Bdat, Command, Dialect, Expected, Extension, Grammar, Host, LocalPart, MailOrRcpt, OverLimit, Parameter,
    ParameterName, ParameterValue, Parameters, Part, Path, SyntaxError, Verb,
};
use alloc::string::ToString;
use alloc::vec::Vec;

/// Parses a command line without its CRLF, and adds the violations of its text to `found`. Returns the command by the
/// lenient grammar, and describes it in `sent` for the other rules. `declared` are the declarations of the MAIL of the
/// transaction, as far as they are known.
pub(crate) fn read<'a>(
    line: &'a [u8],
    facts: &Facts,
    declared: Declared,
    sent: &mut Sent,
    found: &mut Vec<V>,
) -> Result<Command<'a>, SyntaxError> {
    let strict = parse(line, Dialect::STRICT);
    let command = strict.or_else(|_| parse(line, Dialect::LENIENT));
    // A space after the colon is a violation of its own; the rest is judged without it.
    let spaceless = match strict {
        Err(error) if error.expected() == Expected::PathStart => line.split_at_checked(error.offset()),
        _ => None,
    };
    let spaceless = spaceless.and_then(|(before, from)| Some([before, from.strip_prefix(b" ")?].concat()));
    if spaceless.is_some() {
        found.push(V::SpaceAfterColon);
    }
    sent.sound = strict.is_ok();
    let (judged, strict) = match &spaceless {
        Some(judged) => (&judged[..], parse(judged, Dialect::STRICT)),
        None => (line, strict),
    };
    let of_refused = || match Bdat::announced(line) {
        Ok(Some(bdat)) => Action::of(&Command::Bdat(bdat)),
        _ => Action::of_verb(verb(line)),
    };
    sent.action = command.as_ref().map_or_else(|_| of_refused(), Action::of);
    sent.ends_group = sent.action.ends_group();
    let (mut unlike, mut domain) = (None, None);
    if let Err(error) = strict {
        let (line, verb) = (judged, verb(judged));
        domain = has_domain_character(line, verb, error).then_some(V::DomainCharacterAccepted);
        unlike = match verb {
            Verb::Data | Verb::Rset | Verb::Quit if has_argument(line) => Some(V::ArgumentAccepted),
            // White space before the CRLF is not an initial response (RFC 5321 section 4.1.1).
            Verb::Auth if error.expected() == Expected::Base64 && command.is_err() => Some(V::ResponseNotRefused),
            _ => None,
        };
        let kind = if domain.is_some() { Some(V::DomainCharacter) } else { fault(line, verb, error, command.is_ok()) };
        found.extend(kind);
    }
    let Ok(known) = &command else {
        sent.if_accepted = unlike.or(domain);
        return command;
    };
    sent.ends_group = ends_group(known, sent.action);
    let mut of_limit = domain;
    // The limits of misspelt lines are unknown.
    if let (Err(limit), false) = (facts.hello.offer.permits(known), facts.hello.misspelt) {
        let client;
        (client, of_limit) = beyond(limit);
        found.extend(client);
    }
    let mut offered = true;
    match known {
        Command::Mail(mail) => {
            if let Some(path) = mail.reverse_path.path() {
                look_at_path(path, || mail.parameters.has(ParameterName::SmtpUtf8), facts, found);
            }
            if !mail.parameters.is_empty() {
                (offered, sent.declared) = look_at_parameters(mail.parameters, MailOrRcpt::Mail, facts, found);
            }
        }
        Command::Rcpt(rcpt) => {
            if let Some(path) = rcpt.forward_path.path() {
                look_at_path(path, || declared.smtputf8, facts, found);
            }
            if !rcpt.parameters.is_empty() {
                offered = look_at_parameters(rcpt.parameters, MailOrRcpt::Rcpt, facts, found).0;
            }
        }
        Command::Vrfy(lookup) | Command::Expn(lookup) => sent.declared.smtputf8 = lookup.smtputf8,
        Command::Bdat(bdat) => sent.size = bdat.size,
        Command::Unknown(unknown) => {
            let private = matches!(unknown.verb.as_bytes(), [b'X' | b'x', ..]);
            if !private && !facts.hello.unregistered {
                found.push(V::UnknownVerb);
            }
        }
        _ => {}
    }
    // The first one is the most specific.
    sent.if_accepted = unlike.or((!offered).then_some(V::ParameterAccepted)).or(of_limit);
    command
}

/// Returns the violation of a client that exceeds a limit of the offer, and that of a server that accepts it. RFC 1870
/// does not forbid any SIZE, and RFC 9422 does not forbid any command; a server may accept more messages, recipients
/// and URLs than it offers.
const fn beyond(limit: OverLimit) -> (Option<V>, Option<V>) {
    match limit {
        OverLimit::Size => (None, Some(V::SizeAccepted)),
        OverLimit::HoldFor | OverLimit::HoldUntil => (Some(V::HoldOverLimit), Some(V::HoldAccepted)),
        OverLimit::ByTime => (Some(V::ByTimeUnderMinimum), Some(V::ByTimeAccepted)),
        OverLimit::Url => (Some(V::UrlNotOffered), None),
        OverLimit::MailMax | OverLimit::RcptMax => (None, None),
    }
}

/// Returns `true` if a line of `length` octets is longer than allowed for this verb (RFC 5321 section 4.5.3.1.4, and
/// the extensions).
pub(crate) fn is_too_long(length: usize, verb: Verb, facts: &Facts) -> bool {
    let limit = match verb {
        _ if length <= COMMAND_LINE_LIMIT => return false,
        Verb::Mail => facts.hello.possible.mail_line_limit(),
        Verb::Rcpt => facts.hello.possible.rcpt_line_limit(),
        _ => COMMAND_LINE_LIMIT,
    };
    length > limit
}

fn parse(line: &[u8], dialect: Dialect) -> Result<Command<'_>, SyntaxError> {
    Command::parse(line, Grammar { dialect, ..Grammar::SMTPUTF8 })
}

/// Returns the verb at the start of a line, whatever comes after it.
fn verb(line: &[u8]) -> Verb {
    let length = line.iter().take_while(|octet| octet.is_ascii_alphanumeric()).count();
    match line.get(length) {
        None | Some(b' ' | b'\t') => Verb::from_bytes(line.get(..length).unwrap_or_default()),
        Some(_) => Verb::Unknown,
    }
}

fn has_argument(line: &[u8]) -> bool {
    line.split(|octet| matches!(octet, b' ' | b'\t')).filter(|word| !word.is_empty()).count() > 1
}

/// Returns the violation of a line that the strict grammar rejects. Returns `None` if no RFC defines the grammar.
fn fault(line: &[u8], verb: Verb, error: SyntaxError, lenient: bool) -> Option<V> {
    if line.contains(&b'\r') || line.contains(&b'\n') {
        return Some(V::BareLineEndingInCommand);
    }
    if let [trimmed @ .., b' ' | b'\t'] = line {
        let kept = trimmed.iter().rposition(|octet| !matches!(octet, b' ' | b'\t'));
        let trimmed = trimmed.get(..kept.map_or(0, |last| last.saturating_add(1))).unwrap_or_default();
        if parse(trimmed, Dialect::STRICT).is_ok() {
            return Some(V::TrailingWhiteSpace);
        }
    }
    match error.expected() {
        Expected::LocalPartWithinLimit => return Some(V::LocalPartTooLong),
        Expected::DomainWithinLimit => return Some(V::DomainTooLong),
        Expected::LabelWithinLimit => return Some(V::LabelTooLong),
        Expected::PathWithinLimit => return Some(V::PathTooLong),
        _ => {}
    }
    Some(match verb {
        Verb::Helo | Verb::Ehlo | Verb::Lhlo => {
            let named = match parse(line, Dialect { hello_names: true, ..Dialect::STRICT }) {
                Ok(Command::Helo(host) | Command::Ehlo(host) | Command::Lhlo(host)) => Some(host),
                _ => None,
            };
            match named {
                Some(Host::Literal(_)) if line.ends_with(b"]") => V::LiteralInHelo,
                Some(Host::Domain(_) | Host::Literal(_)) => V::TextAfterHello,
                _ => V::HelloSyntax,
            }
        }
        Verb::Mail | Verb::Rcpt => match (error.part(), error.expected()) {
            (Part::ReversePath | Part::ForwardPath, Expected::AddressLiteral) => V::AddressLiteralSyntax,
            (Part::ReversePath | Part::ForwardPath, _) => V::PathSyntax,
            (Part::Parameters, _) => V::ParameterSyntax,
            _ if verb == Verb::Mail => V::MailSyntax,
            _ => V::RcptSyntax,
        },
        Verb::Data | Verb::Rset | Verb::Quit => V::ArgumentNotAllowed,
        Verb::Vrfy | Verb::Expn if lenient => V::LookupArgument,
        Verb::Noop | Verb::Help if lenient => V::TextArgument,
        Verb::Vrfy | Verb::Expn | Verb::Noop | Verb::Help => V::CommandSyntax,
        Verb::Bdat => V::BdatSyntax,
        Verb::Burl => V::BurlSyntax,
        Verb::StartTls => V::StartTlsSyntax,
        Verb::Auth => V::AuthSyntax,
        Verb::Etrn => V::EtrnSyntax,
        Verb::Atrn => V::AtrnSyntax,
        Verb::Send | Verb::Soml | Verb::Saml | Verb::Turn | Verb::Unknown => V::CommandSyntax,
        _ => return None,
    })
}

/// Returns `true` if the error is at an octet that no domain may contain (RFC 5321 section 4.1.2).
fn has_domain_character(line: &[u8], verb: Verb, error: SyntaxError) -> bool {
    let (before, from) = line.split_at_checked(error.offset()).unwrap_or_default();
    let in_domain = match verb {
        Verb::Helo | Verb::Ehlo | Verb::Lhlo => !before.contains(&b'['),
        Verb::Mail | Verb::Rcpt => before.contains(&b'@'),
        _ => false,
    };
    in_domain && before.last().is_some_and(u8::is_ascii_alphanumeric) && from.first().is_some_and(is_no_delimiter)
}

/// Returns `true` for an octet that can neither be part of a domain nor come after one.
fn is_no_delimiter(octet: &u8) -> bool {
    octet.is_ascii_graphic()
        && !octet.is_ascii_alphanumeric()
        && !matches!(octet, b'-' | b'.' | b'>' | b'<' | b',' | b':' | b'@' | b'[')
}

/// Adds the violations of a path to `found`. `requested` returns whether the transaction has SMTPUTF8.
fn look_at_path(path: Path<'_>, requested: impl Fn() -> bool, facts: &Facts, found: &mut Vec<V>) {
    if !path.route().is_empty() {
        found.push(V::SourceRoute);
    }
    if is_overquoted(path.mailbox().local_part()) {
        found.push(V::ExcessQuoting);
    }
    if path.needs_smtputf8() {
        if !facts.may_offer(Extension::SmtpUtf8) {
            found.push(V::Utf8NotOffered);
        } else if !requested() {
            found.push(V::Utf8NotRequested);
        }
    }
}

fn is_overquoted(local_part: LocalPart<'_>) -> bool {
    local_part.is_quoted() && local_part.minimal().to_string() != local_part.to_string()
}

// `seen` has one bit for each name.
const _: () = assert!(ParameterName::ALL.len() <= u64::BITS as usize);

/// Adds the violations of parameters to `found`. Returns whether all of them were offered, as far as is known, and what
/// they declare.
fn look_at_parameters(
    parameters: Parameters<'_>,
    of: MailOrRcpt,
    facts: &Facts,
    found: &mut Vec<V>,
) -> (bool, Declared) {
    let mut offered = true;
    let mut declared = Declared::default();
    // One bit for each name.
    let mut seen = 0_u64;
    for parameter in parameters.iter() {
        let Some(name) = ParameterName::from_keyword(parameter.keyword.as_bytes(), of) else {
            offered &= facts.hello.unregistered || is_private_and_listed(parameter, facts);
            continue;
        };
        let bit = 1_u64.wrapping_shl(name as u32);
        let repeated = seen & bit != 0;
        seen |= bit;
        if repeated {
            // The definitions of the other parameters do not say that they may be given only once.
            match name {
                ParameterName::Size => found.push(V::SizeRepeated),
                ParameterName::Body => found.push(V::BodyRepeated),
                ParameterName::Ret | ParameterName::Envid | ParameterName::Notify | ParameterName::Orcpt => {
                    found.push(V::DsnParameterRepeated);
                }
                _ => {}
            }
        }
        let value = parameter.interpret(of, Grammar::SMTPUTF8);
        let mut needed = None;
        match value {
            Some(Ok(ParameterValue::Body(body))) => {
                needed = body.offered_by();
                if !repeated {
                    declared.body = body;
                }
            }
            Some(Ok(ParameterValue::Size(size))) if !repeated => declared.size = Some(size),
            _ => declared.smtputf8 |= name == ParameterName::SmtpUtf8,
        }
        if !name.is_offered(facts.hello.possible) || needed.is_some_and(|needed| !facts.may_offer(needed)) {
            offered = false;
        } else if let Some(Err(_)) = value {
            found.push(if name == ParameterName::Auth { V::AuthParameter } else { V::ParameterValue });
        }
    }
    if !offered {
        found.push(if of == MailOrRcpt::Mail { V::MailParameterNotOffered } else { V::RcptParameterNotOffered });
    }
    (offered, declared)
}

/// Returns `true` for a private parameter, if the reply to EHLO had a private keyword: that may offer it.
fn is_private_and_listed(parameter: Parameter<'_>, facts: &Facts) -> bool {
    matches!(parameter.keyword.as_bytes(), [b'X' | b'x', ..]) && facts.hello.private
}
