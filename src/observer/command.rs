//! What is wrong with the text of a command.

use super::facts::{MailFacts, Place, Session};
use super::in_flight::InFlight;
use super::violation::ViolationKind as V;
use crate::session::Action;
use crate::session::state::ends_group;
use crate::syntax::{
    Bdat, Command, Dialect, Expected, Extension, Grammar, Host, LocalPart, MailOrRcpt, OverLimit, Parameter,
    ParameterName, ParameterValue, Parameters, Part, Path, SyntaxError, Verb,
};
use alloc::string::ToString;

/// A command line as the observer understands it.
pub(super) struct Read<'a> {
    /// By the lenient grammar.
    pub(super) command: Result<Command<'a>, SyntaxError>,
    pub(super) facts: InFlight,
}

/// Reads a command line, which comes without CRLF, and reports what the clauses on its text say against it. `declared` is
/// what the MAIL of the transaction declared, as far as is known.
pub(super) fn read<'a>(
    line: &'a [u8],
    at: Place,
    session: &Session,
    declared: MailFacts,
    report: &mut dyn FnMut(V),
) -> Read<'a> {
    let strict = parse(line, Dialect::STRICT);
    let command = strict.or_else(|_| parse(line, Dialect::LENIENT));
    // A space after the colon is a fault of its own; the rest is judged without it.
    let spaceless = match strict {
        Err(error) if error.expected() == Expected::PathStart => line.split_at_checked(error.offset()),
        _ => None,
    };
    let spaceless = spaceless.and_then(|(before, from)| Some([before, from.strip_prefix(b" ")?].concat()));
    if spaceless.is_some() {
        report(V::SpaceAfterColon);
    }
    let sound = strict.is_ok();
    let (judged, strict) = match &spaceless {
        Some(judged) => (&judged[..], parse(judged, Dialect::STRICT)),
        None => (line, strict),
    };
    let of_refused = || match Bdat::announced(line) {
        Ok(Some(bdat)) => Action::of(&Command::Bdat(bdat)),
        _ => Action::of_verb(verb(line)),
    };
    let action = command.as_ref().map_or_else(|_| of_refused(), Action::of);
    let mut facts = InFlight::new(action, at);
    facts.sound = sound;
    facts.ends_group = command.as_ref().map_or(facts.ends_group, ends_group);
    if let Err(error) = strict {
        let (line, verb) = (judged, verb(judged));
        facts.argument = matches!(verb, Verb::Data | Verb::Rset | Verb::Quit) && has_argument(line);
        // White space before the CRLF is none of an initial response (RFC 5321 section 4.1.1).
        facts.undecodable = verb == Verb::Auth && error.expected() == Expected::Base64 && command.is_err();
        facts.domain = has_domain_character(line, verb, error);
        let kind = if facts.domain { Some(V::DomainCharacter) } else { fault(line, verb, error, command.is_ok()) };
        if let Some(kind) = kind {
            report(kind);
        }
    }
    if let Ok(command) = &command {
        facts.over_limit = session.offer.permits(command).err();
        if let Some(kind) = facts.over_limit.and_then(beyond) {
            report(kind);
        }
    }
    match command {
        Ok(Command::Mail(mail)) => {
            if let Some(path) = mail.reverse_path.path() {
                look_at_path(path, report);
                let requested = || mail.parameters.has(ParameterName::SmtpUtf8);
                look_at_charset(path, requested, session, report);
            }
            if !mail.parameters.is_empty() {
                let (offered, declared) = look_at_parameters(mail.parameters, MailOrRcpt::Mail, session, report);
                facts.parameter = !offered;
                facts.mail = declared;
            }
        }
        Ok(Command::Rcpt(rcpt)) => {
            if let Some(path) = rcpt.forward_path.path() {
                look_at_path(path, report);
                look_at_charset(path, || declared.smtputf8, session, report);
            }
            if !rcpt.parameters.is_empty() {
                facts.parameter = !look_at_parameters(rcpt.parameters, MailOrRcpt::Rcpt, session, report).0;
            }
        }
        Ok(Command::Vrfy(lookup) | Command::Expn(lookup)) => facts.smtputf8 = lookup.smtputf8,
        Ok(Command::Unknown(unknown)) => {
            let private = matches!(unknown.verb.as_bytes(), [b'X' | b'x', ..]);
            if !private && !session.unregistered {
                report(V::UnknownVerb);
            }
        }
        _ => {}
    }
    Read { command, facts }
}

/// What a client does wrong that does not keep a limit of the offer. RFC 1870 forbids no SIZE, and RFC 9422 no command.
const fn beyond(limit: OverLimit) -> Option<V> {
    match limit {
        OverLimit::HoldFor | OverLimit::HoldUntil => Some(V::HoldOverLimit),
        OverLimit::ByTime => Some(V::ByTimeUnderMinimum),
        OverLimit::Url => Some(V::UrlNotOffered),
        OverLimit::Size | OverLimit::MailMax | OverLimit::RcptMax => None,
    }
}

fn parse(line: &[u8], dialect: Dialect) -> Result<Command<'_>, SyntaxError> {
    Command::parse(line, Grammar { dialect, ..Grammar::SMTPUTF8 })
}

/// The verb at the start of a line, whatever stands behind it.
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

/// Which clause a line breaks that the strict grammar refuses. `None` where no RFC has the grammar.
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

/// Is the octet at fault one in a domain that no domain may have (RFC 5321 section 4.1.2)?
fn has_domain_character(line: &[u8], verb: Verb, error: SyntaxError) -> bool {
    let (before, from) = line.split_at_checked(error.offset()).unwrap_or_default();
    let in_domain = match verb {
        Verb::Helo | Verb::Ehlo | Verb::Lhlo => !before.contains(&b'['),
        Verb::Mail | Verb::Rcpt => before.contains(&b'@'),
        _ => false,
    };
    in_domain && before.last().is_some_and(u8::is_ascii_alphanumeric) && from.first().is_some_and(is_no_delimiter)
}

/// Neither an octet of a domain nor one that may stand behind it.
fn is_no_delimiter(octet: &u8) -> bool {
    octet.is_ascii_graphic()
        && !octet.is_ascii_alphanumeric()
        && !matches!(octet, b'-' | b'.' | b'>' | b'<' | b',' | b':' | b'@' | b'[')
}

fn look_at_path(path: Path<'_>, report: &mut dyn FnMut(V)) {
    if !path.route().is_empty() {
        report(V::SourceRoute);
    }
    if is_overquoted(path.mailbox().local_part()) {
        report(V::ExcessQuoting);
    }
}

fn is_overquoted(local_part: LocalPart<'_>) -> bool {
    local_part.is_quoted() && local_part.minimal().to_string() != local_part.to_string()
}

fn look_at_charset(path: Path<'_>, requested: impl Fn() -> bool, session: &Session, report: &mut dyn FnMut(V)) {
    if path.needs_smtputf8() {
        if !session.offers(Extension::SmtpUtf8) {
            report(V::Utf8NotOffered);
        } else if !requested() {
            report(V::Utf8NotRequested);
        }
    }
}

// `seen` has a bit for each name.
const _: () = assert!(ParameterName::ALL.len() <= u64::BITS as usize);

/// Were all parameters offered, as far as can be known? And what do they declare?
fn look_at_parameters(
    parameters: Parameters<'_>,
    of: MailOrRcpt,
    session: &Session,
    report: &mut dyn FnMut(V),
) -> (bool, MailFacts) {
    let mut offered = true;
    let mut declared = MailFacts::default();
    // One bit for each name.
    let mut seen = 0_u64;
    for parameter in parameters.iter() {
        let Some(name) = ParameterName::from_keyword(parameter.keyword.as_bytes(), of) else {
            offered &= session.unregistered || is_private_and_listed(parameter, session);
            continue;
        };
        let bit = 1_u64.wrapping_shl(name as u32);
        let repeated = seen & bit != 0;
        seen |= bit;
        if repeated {
            // The other definitions do not say that a parameter is given once.
            match name {
                ParameterName::Size => report(V::SizeRepeated),
                ParameterName::Body => report(V::BodyRepeated),
                ParameterName::Ret | ParameterName::Envid | ParameterName::Notify | ParameterName::Orcpt => {
                    report(V::DsnParameterRepeated);
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
        if !name.is_offered(session.offer.extensions) || needed.is_some_and(|needed| !session.offers(needed)) {
            offered = false;
        } else if let Some(Err(_)) = value {
            report(if name == ParameterName::Auth { V::AuthParameter } else { V::ParameterValue });
        }
    }
    if !offered {
        report(if of == MailOrRcpt::Mail { V::MailParameterNotOffered } else { V::RcptParameterNotOffered });
    }
    (offered, declared)
}

/// A private keyword of the reply to EHLO may bring private parameters.
fn is_private_and_listed(parameter: Parameter<'_>, session: &Session) -> bool {
    matches!(parameter.keyword.as_bytes(), [b'X' | b'x', ..]) && session.private
}
