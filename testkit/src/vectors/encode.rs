//! Encodes commands and content. Everything goes through the public constructors of the types, which refuse values that cannot
//! be sent; nothing here searches for line endings.

use super::command::line_limit;
use super::stream::AUTH_LINE_LIMIT;
use super::vector::{Outcome, Refusal, Report, Vector, octets, shown};
use serde_json::Value;
use smtp_core::codec::{BareLineEnding, Content, ContentFault, DotDecoder, DotEncoder};
use smtp_core::syntax::{
    AddressLiteral, AttributesBuf, Base64, Base64Buf, Command, Domain, Etrn, EtrnOption, ForwardPath, Grammar, Host,
    Lookup, MailOrRcpt, Mailbox, MailboxBuf, Mechanism, ParameterName, Parameters, ParametersBuf, ReversePath,
    SyntaxError, Text,
};
use std::net::{IpAddr, Ipv6Addr};

/// Encodes content as DATA sends it. Refuses what a receiver must refuse: bare line endings, and lines over 1000 octets.
pub(crate) fn content(vector: &Vector) -> Report {
    Outcome::from(wire(vector.input()).map(shown).map_err(Refusal::because)).into()
}

fn wire(content: &[u8]) -> Result<Vec<u8>, ContentFault> {
    let mut encoder = DotEncoder::default();
    let mut out = Vec::new();
    encoder.encode_into(content, &mut out)?;
    out.extend_from_slice(encoder.finish()?);
    let mut decoder = DotDecoder::new(BareLineEnding::Refuse);
    let mut sent = &out[..];
    while let Some(content) = decoder.decode(&mut sent) {
        if let Content::End(end) = content {
            end?;
        }
    }
    Ok(out)
}

/// Encodes the command whose slot the input fills, as a client sends it.
pub(crate) fn command(vector: &Vector) -> Report {
    let slot = vector.text("slot").unwrap_or_default();
    let (slot, name) = slot.split_once(':').unwrap_or((slot, ""));
    // Nothing is sent, so the refusal has no reply.
    let unanswered = |refusal| Refusal { code: None, enhanced: None, ..refusal };
    Outcome::from(fill(slot, name, vector).map_err(unanswered)).into()
}

fn fill(slot: &str, name: &str, vector: &Vector) -> Result<Value, Refusal> {
    let input = vector.input();
    let text = || std::str::from_utf8(input).map_err(Refusal::because);
    // The value as it is in the line, if it is there unchanged.
    let mut verbatim = input.to_vec();
    if let Some(bar) = input.iter().rposition(|octet| *octet == b'|').filter(|_| slot.ends_with("local+domain")) {
        verbatim[bar] = b'@';
    }
    let send = |command: Command<'_>| send(&command, &verbatim, vector.grammar());
    match slot {
        "ehlo.domain" => send(Command::Ehlo(Host::Domain(Domain::new(text()?)?))),
        "ehlo.literal.v6" => {
            let address: Ipv6Addr = text()?.parse().map_err(Refusal::because)?;
            send(Command::Ehlo(Host::Literal(AddressLiteral::from(IpAddr::V6(address)))))
        }
        "mail.address" if input.is_empty() => send(Command::mail(ReversePath::Null, Parameters::NONE)),
        "mail.address" => send(Command::mail(Mailbox::new(text()?)?, Parameters::NONE)),
        "rcpt.address" => send(Command::rcpt(Mailbox::new(text()?)?, Parameters::NONE)),
        "mail.local+domain" => send(Command::mail(mailbox(text()?)?.as_mailbox(), Parameters::NONE)),
        "rcpt.local+domain" => send(Command::rcpt(mailbox(text()?)?.as_mailbox(), Parameters::NONE)),
        "param.value" | "param.name" => {
            let mut parameters = ParametersBuf::new();
            let name = parameter_name(name)?;
            parameters.push_raw(&name, Some(text()?)).map_err(|error| {
                // The text of the parameter begins with its name and "=".
                refusal(error, error.offset().checked_sub(name.len() + 1))
            })?;
            with_parameters(&parameters, &name, send)
        }
        "param.xtext" => {
            let known = [MailOrRcpt::Mail, MailOrRcpt::Rcpt]
                .into_iter()
                .find_map(|command| ParameterName::from_keyword(name.as_bytes(), command));
            let known = known.ok_or_else(|| Refusal::because("the parameter is not registered"))?;
            let mut parameters = ParametersBuf::new();
            parameters.push_xtext(known, input).map_err(|error| refusal(error, None))?;
            with_parameters(&parameters, name, send)
        }
        "auth.mechanism" => send(Command::auth(Mechanism::new(text()?)?, None)),
        "auth.initial" => {
            let mechanism = if input.is_empty() { Mechanism::EXTERNAL } else { Mechanism::PLAIN };
            send(Command::auth(mechanism, Some(Base64Buf::encode(input).as_base64())))
        }
        // A line of an exchange is not a command, but base64 or the word that cancels (RFC 4954 section 4).
        "auth.response.raw" if input == b"*" => Ok(shown(b"*\r\n")),
        "auth.response.raw" if input.len() + 2 > AUTH_LINE_LIMIT => Err(Refusal::because("the line is too long")),
        "auth.response.raw" => Ok(shown([Base64::parse(input)?.as_bytes(), b"\r\n"].concat())),
        "vrfy.text" => send(Command::Vrfy(Lookup::new(text()?)?)),
        "noop.text" => send(Command::Noop(Some(Text::new(text()?)?))),
        "etrn.node" => send(Command::Etrn(etrn(text()?)?)),
        "xclient.value" => {
            let mut attributes = AttributesBuf::xclient();
            attributes.push(name, input).map_err(|error| refusal(error, None))?;
            send(attributes.as_command().ok_or_else(|| Refusal::because("there is no attribute"))?)
        }
        "bdat" => {
            let size = match vector.field("size") {
                Some(Value::String(size)) => size.clone(),
                size => size.map(Value::to_string).unwrap_or_default(),
            };
            if !size.bytes().all(|octet| octet.is_ascii_digit()) {
                return Err(Refusal::because("not a number"));
            }
            let size = size.parse().map_err(Refusal::because)?;
            let is_last = vector.field("last") == Some(&Value::Bool(true));
            send(if is_last { Command::bdat_last(size) } else { Command::bdat(size) })
        }
        _ => Err(Refusal::because(format!("unknown slot {slot:?}"))),
    }
}

/// Writes the line. The command is already a value of the grammar. Checks that the line fits, and that it may be sent to
/// this server, which may not take UTF-8.
fn send(command: &Command<'_>, verbatim: &[u8], grammar: Grammar) -> Result<Value, Refusal> {
    let mut line = Vec::new();
    command.encode(&mut line);
    if line.len() > line_limit(command.verb(), true) {
        return Err(Refusal::because("the line is too long"));
    }
    let text = line.strip_suffix(b"\r\n").unwrap_or(&line);
    Command::parse(text, grammar).map_err(|error| {
        let end = text.get(error.offset()..);
        refusal(error, end.and_then(|end| place(end, verbatim)))
    })?;
    Ok(shown(line))
}

/// Returns the refusal of a value that cannot be written, with the offset in the input if the fault lies there.
fn refusal(error: SyntaxError, offset: Option<usize>) -> Refusal {
    let Some(offset) = offset else { return Refusal::because(format!("{error} in the value to be written")) };
    Refusal::because(format!("expected {} at octet {offset}", error.expected())).at(offset)
}

/// Returns the offset in the input, if this is the rest of the line from the fault on. At most the end of a path follows the
/// input.
fn place(end: &[u8], verbatim: &[u8]) -> Option<usize> {
    let ends = [end, end.strip_suffix(b">").unwrap_or(end)];
    ends.into_iter().find_map(|end| Some(verbatim.strip_suffix(end)?.len()))
}

/// Parses `LOCAL|DOMAIN`.
fn mailbox(text: &str) -> Result<MailboxBuf, Refusal> {
    let (local_part, domain) = text.rsplit_once('|').ok_or_else(|| Refusal::because("no \"|\""))?;
    let host = Host::parse(domain.as_bytes(), Grammar::SMTPUTF8)
        .map_err(|error| refusal(error, Some(local_part.len() + 1 + error.offset())))?;
    MailboxBuf::from_parts(local_part, host).map_err(|error| {
        let unquoted = Mailbox::new(&format!("{local_part}@{domain}")) == Err(error);
        refusal(error, if unquoted { Some(error.offset()) } else { unescaped(local_part, error.offset()) })
    })
}

/// Returns the offset in a local-part of the octet that is at this offset of its quoted form.
fn unescaped(local_part: &str, offset: usize) -> Option<usize> {
    let octets = local_part.bytes().chain([b'"']); // the closing quote
    let mut quoted = octets.scan(1, |next, octet| {
        let place = *next;
        *next += if matches!(octet, b'"' | b'\\') { 2 } else { 1 };
        Some(place)
    });
    quoted.position(|place| place == offset)
}

/// Parses a name whose octets are written as one character each, as those of the input are.
fn parameter_name(name: &str) -> Result<String, Refusal> {
    let octets = octets(name).ok_or_else(|| Refusal::because("a character is not an octet"))?;
    String::from_utf8(octets).map_err(Refusal::because)
}

/// Puts the parameters on RCPT if that is their command, else on MAIL.
fn with_parameters(
    parameters: &ParametersBuf,
    name: &str,
    send: impl Fn(Command<'_>) -> Result<Value, Refusal>,
) -> Result<Value, Refusal> {
    let parameters = parameters.as_parameters();
    match ParameterName::from_keyword(name.as_bytes(), MailOrRcpt::Rcpt) {
        Some(_) => send(Command::rcpt(ForwardPath::Postmaster, parameters)),
        None => send(Command::mail(ReversePath::Null, parameters)),
    }
}

/// Parses the node, after its option character if it has one.
fn etrn(text: &str) -> Result<Etrn<'_>, Refusal> {
    let options = [('@', EtrnOption::Subdomains), ('#', EtrnOption::Queue)];
    let found = options.into_iter().find_map(|(character, option)| Some((option, text.strip_prefix(character)?)));
    let (option, node) = found.unwrap_or((EtrnOption::Host, text));
    Etrn::new(option, node).map_err(|error| refusal(error, Some(text.len() - node.len() + error.offset())))
}
