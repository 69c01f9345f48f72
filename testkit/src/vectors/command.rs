//! The kind `command`: decodes a command.

use super::value::{forward_path_value, reverse_path_value, with_host};
use super::vector::{Outcome, Refusal, Report, Vector, shown};
use serde_json::{Value, json};
use smtp_core::codec::{COMMAND_LINE_LIMIT, LineDecoder};
use smtp_core::syntax::{
    Attributes, Command, EnhancedCode, Extensions, Grammar, Lookup, Parameters, ReplyCode, Text, Verb,
};

pub(crate) fn decode(vector: &Vector) -> Report {
    let mut input = vector.input();
    let verb = verb(input);
    let outcome = match LineDecoder::new().decode(&mut input, line_limit(verb, vector.has_extensions())) {
        Ok(None) => Outcome::Incomplete,
        Ok(Some(line)) => read(line, verb, vector).and_then(|value| alone(value, input, vector)).into(),
        Err(error) => {
            let refusal = Refusal::because(error);
            Outcome::Reject(refusal.with_reply(ReplyCode::SYNTAX_ERROR, EnhancedCode::SYNTAX_ERROR))
        }
    };
    outcome.into()
}

fn read(line: &[u8], verb: Verb, vector: &Vector) -> Result<Value, Refusal> {
    // RFC 2033 section 4.1: LMTP has LHLO instead of EHLO and HELO, and SMTP does not have LHLO.
    let foreign = match vector.text("context") {
        Some("lmtp") => matches!(verb, Verb::Ehlo | Verb::Helo),
        _ => verb == Verb::Lhlo,
    };
    if foreign {
        return Err(unrecognized());
    }
    let grammar = vector.grammar();
    match Command::parse(line, grammar)? {
        Command::Unknown(_) => Err(unrecognized()),
        Command::Obsolete(_) => Err(Refusal::because("the command is not implemented")
            .with_reply(ReplyCode::COMMAND_NOT_IMPLEMENTED, EnhancedCode::INVALID_COMMAND)
            .at(0)),
        command => Ok(command_value(&command, grammar)),
    }
}

/// Checks that the input is one command: octets after it are refused.
fn alone(value: Value, after: &[u8], vector: &Vector) -> Result<Value, Refusal> {
    if after.is_empty() {
        return Ok(value);
    }
    let refusal = Refusal::because("octets after the end of the line").at(vector.input().len() - after.len());
    Err(refusal.with_reply(ReplyCode::SYNTAX_ERROR_IN_ARGUMENTS, EnhancedCode::INVALID_ARGUMENTS))
}

/// Returns the refusal of a verb that is unknown, or is not in this protocol.
fn unrecognized() -> Refusal {
    Refusal::because("the command is not recognized")
        .with_reply(ReplyCode::SYNTAX_ERROR, EnhancedCode::SYNTAX_ERROR)
        .at(0)
}

fn verb(input: &[u8]) -> Verb {
    Verb::from_bytes(input.split(|octet| !octet.is_ascii_alphanumeric()).next().unwrap_or_default())
}

/// Returns the limit of a command line, which extensions raise for MAIL and RCPT (RFC 5321 section 4.5.3.1.4).
pub(crate) fn line_limit(verb: Verb, all_extensions: bool) -> usize {
    match verb {
        Verb::Mail if all_extensions => Extensions::ALL.mail_line_limit(),
        Verb::Rcpt if all_extensions => Extensions::ALL.rcpt_line_limit(),
        _ => COMMAND_LINE_LIMIT,
    }
}

fn command_value(command: &Command<'_>, grammar: Grammar) -> Value {
    let mut object = json!({ "verb": command.verb().as_str() });
    match *command {
        Command::Helo(host) | Command::Ehlo(host) | Command::Lhlo(host) => return with_host(object, host),
        Command::Mail(mail) => {
            object["path"] = reverse_path_value(mail.reverse_path);
            object["params"] = parameters_value(mail.parameters);
        }
        Command::Rcpt(rcpt) => {
            object["path"] = forward_path_value(rcpt.forward_path);
            object["params"] = parameters_value(rcpt.parameters);
        }
        Command::Bdat(bdat) => {
            object["size"] = json!(bdat.size.to_string());
            object["last"] = json!(bdat.last);
        }
        Command::Burl(burl) => {
            object["url"] = text_value(burl.url);
            object["last"] = json!(burl.last);
        }
        Command::Vrfy(lookup) | Command::Expn(lookup) => return with_lookup(object, lookup, grammar),
        Command::Help(text) | Command::Noop(text) => object["arg"] = text.map_or(Value::Null, text_value),
        Command::Auth(auth) => {
            object["mech"] = json!(auth.mechanism.to_string());
            object["initial"] =
                auth.initial_response.map_or(Value::Null, |response| shown(response.decode().collect::<Vec<_>>()));
        }
        Command::Etrn(etrn) => {
            object["option"] = etrn.option.character().map_or(Value::Null, |option| json!(option.to_string()));
            object["node"] = text_value(etrn.node);
        }
        Command::Atrn(domains) => {
            let domains = domains.iter().map(|domain| shown(domain.as_bytes()));
            object["domains"] = domains.collect();
        }
        Command::Xclient(attributes) | Command::Xforward(attributes) => object["attrs"] = attributes_value(attributes),
        // DATA, RSET, QUIT and STARTTLS have no arguments.
        _ => {}
    }
    object
}

fn with_lookup(mut object: Value, lookup: Lookup<'_>, grammar: Grammar) -> Value {
    object["arg"] = text_value(lookup.text);
    if grammar.smtputf8 {
        object["smtputf8"] = json!(lookup.smtputf8);
    }
    object
}

fn parameters_value(parameters: Parameters<'_>) -> Value {
    let pair = |keyword: &str, value: Option<&[u8]>| json!([keyword.to_ascii_uppercase(), value.map(shown)]);
    parameters.iter().map(|parameter| pair(parameter.keyword.as_str(), parameter.value)).collect()
}

fn attributes_value(attributes: Attributes<'_>) -> Value {
    attributes
        .iter()
        .map(|(name, value)| json!([name.as_str().to_ascii_uppercase(), shown(value.decode().collect::<Vec<_>>())]))
        .collect()
}

fn text_value(text: Text<'_>) -> Value {
    shown(text.as_bytes())
}
