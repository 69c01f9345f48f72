//! The laws of the parsers of one line: they agree with the printed grammar.

use super::{abnf, values};
use abnf::Abnf;
use smtp_core::syntax::{
    AddressLiteral, Capability, Command, Dialect, Domain, EhloReply, ForwardPath, Grammar, Host, Keyword, Mailbox,
    Parameters, Reply, ReversePath, Verb, Xtext,
};
use std::fmt::Debug;

/// The limit for inputs of the slow reader, which follows all ends at once. A longer line would show no other difference.
const LONGEST: usize = 600;

#[track_caller]
fn agree<T: Debug, E: Debug>(rule: &str, octets: &[u8], grammatical: bool, parsed: Result<T, E>) {
    let text = octets.escape_ascii();
    assert_eq!(parsed.is_ok(), grammatical, "{rule} of \"{text}\": {parsed:?}");
}

/// Returns both grammars, without RFC 6531 and with it.
fn both() -> [(Grammar, &'static Abnf); 2] {
    [(Grammar::STRICT, &abnf::STRICT), (Grammar::SMTPUTF8, &abnf::SMTPUTF8)]
}

/// Returns the same with every kind of dialect.
fn both_lenient() -> [(Grammar, &'static Abnf); 2] {
    let mut wide = Grammar::SMTPUTF8;
    wide.dialect = Dialect::LENIENT;
    [(Grammar::LENIENT, &abnf::LENIENT), (wide, &abnf::LENIENT_SMTPUTF8)]
}

/// Returns `true` if the written form may exceed the limit of a path, because a literal may be written with one octet more.
fn is_near_the_limit(octets: &[u8]) -> bool {
    octets.len() > 250 && octets.windows(2).any(|pair| pair == b"::")
}

/// A command line is accepted if and only if the ABNF has it and the chunk-size fits 64 bits. If parameters must be offered, no
/// keyword may occur twice either. An accepted command is written as a line that parses as the same, and lenient lines are
/// written strictly.
pub fn command(octets: &[u8]) {
    values::command(octets);
    if octets.len() > LONGEST {
        return;
    }
    let text = &octets[octets.iter().take_while(|octet| matches!(octet, b' ' | b'\t')).count()..];
    let token = text.iter().take_while(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_')).count();
    let verb = Verb::from_bytes(&text[..token]);
    // The rest of these lines is free text.
    if matches!(verb, Verb::Unknown | Verb::Send | Verb::Soml | Verb::Saml | Verb::Turn) {
        return;
    }
    for (grammar, abnf) in both() {
        let grammatical = abnf.matches("command", octets) && size_fits(octets);
        let parsed = Command::parse(octets, grammar);
        agree("command", octets, grammatical, parsed);
        if let Ok(command) = parsed {
            let mut lenient = grammar;
            lenient.dialect = Dialect::LENIENT;
            assert_eq!(Command::parse(octets, lenient), Ok(command), "every dialect parses it as the same");
        }
        let held = Command::parse(octets, grammar.with_extensions(values::all()));
        // SMTPUTF8 is offered here, so a path may have more characters than without it.
        let wide = abnf::SMTPUTF8.matches("command", octets) && keywords_are_single(octets, &abnf::SMTPUTF8);
        assert!(held.is_err() || wide, "{}: {held:?}", octets.escape_ascii());
    }
    if is_near_the_limit(octets) {
        return;
    }
    for (grammar, abnf) in both_lenient() {
        let grammatical = abnf.matches("lenient-command", octets) && size_fits(octets);
        agree("lenient-command", octets, grammatical, Command::parse(octets, grammar));
    }
}

/// Returns `true` if no parameter occurs twice.
fn keywords_are_single(line: &[u8], abnf: &Abnf) -> bool {
    let ends = [abnf.ends("mail-path", line), abnf.ends("rcpt-path", line)];
    let Some(end) = ends.iter().flatten().max() else { return true };
    let mut keywords: Vec<_> = line[*end..]
        .split(|octet| *octet == b' ')
        .skip(1)
        .map(|parameter| parameter.split(|octet| *octet == b'=').next().unwrap().to_ascii_uppercase())
        .collect();
    let all = keywords.len();
    keywords.sort();
    keywords.dedup();
    keywords.len() == all
}

fn size_fits(line: &[u8]) -> bool {
    let line = String::from_utf8_lossy(line).to_ascii_uppercase();
    let mut words = line.split([' ', '\t']).filter(|word| !word.is_empty());
    let (Some("BDAT"), Some(digits)) = (words.next(), words.next()) else { return true };
    let digits = digits.trim_start_matches('0');
    digits.len() < 20 || (digits.len() == 20 && digits <= "18446744073709551615")
}

/// Domains, literals, mailboxes and paths are accepted if and only if the ABNF has them. An accepted value is written as a text
/// that parses as the same, and the form with minimal quoting means the same mailbox.
pub fn address(octets: &[u8]) {
    values::address(octets);
    if octets.len() > LONGEST {
        return;
    }
    for (grammar, abnf) in both() {
        macro_rules! agree {
            ($($rule:literal $type:ident),*) => {
                $(agree($rule, octets, abnf.matches($rule, octets), $type::parse(octets, grammar));)*
            };
        }
        agree!("Domain" Domain, "address-literal" AddressLiteral, "Mailbox" Mailbox, "Reverse-path" ReversePath,
            "Rcpt-forward-path" ForwardPath);
        let host = abnf.matches("Domain", octets) || abnf.matches("address-literal", octets);
        agree("host", octets, host, Host::parse(octets, grammar));
    }
    if is_near_the_limit(octets) {
        return;
    }
    for (grammar, abnf) in both_lenient() {
        agree("Domain", octets, abnf.matches("Domain", octets), Domain::parse(octets, grammar));
        agree("Any-mailbox", octets, abnf.matches("Any-mailbox", octets), Mailbox::parse(octets, grammar));
        let literal = abnf.matches("address-literal", octets);
        agree("address-literal", octets, literal, AddressLiteral::parse(octets, grammar));
        agree("Reverse-path", octets, abnf.matches("Reverse-path", octets), ReversePath::parse(octets, grammar));
        let forward = abnf.matches("Rcpt-forward-path", octets);
        agree("Rcpt-forward-path", octets, forward, ForwardPath::parse(octets, grammar));
    }
}

/// A reply is accepted if and only if the ABNF has it and every line has the code of the first. Its lines are those of the input.
/// An accepted reply is written as one that parses as the same.
pub fn reply(octets: &[u8]) {
    values::reply(octets);
    if octets.len() > 2 * LONGEST {
        return;
    }
    for (grammar, abnf) in both() {
        let parsed = Reply::parse(octets, grammar);
        let lines: Vec<&[u8]> = octets.split_inclusive(|octet| *octet == b'\n').collect();
        let one_code = lines.iter().all(|line| line.get(..3) == octets.get(..3));
        agree("reply", octets, abnf.matches("Reply-lines", octets) && one_code, parsed);
        if let Ok(reply) = parsed {
            let texts = lines.iter().map(|line| line.strip_suffix(b"\r\n").unwrap().get(4..).unwrap_or_default());
            assert!(reply.lines().eq(texts), "{}", octets.escape_ascii());
            assert_eq!(reply.code().get().to_string().as_bytes(), &octets[..3]);
        }
    }
}

/// An ehlo-line is accepted if and only if the ABNF has it, with the words of the input. Its meaning is written as a line that
/// parses as the same, also if it is the only one that a server offers. The offer of a reply consists of its lines, and the name
/// of the server is in its first line.
pub fn capability(octets: &[u8]) {
    values::capability(octets);
    if octets.len() > LONGEST {
        return;
    }
    if !octets.iter().any(|octet| octet.is_ascii_control() && *octet != b'\t') {
        let reply = [b"250-mx.example\r\n250 ", octets, b"\r\n"].concat();
        let meant = EhloReply::parse(&reply, Grammar::LENIENT).unwrap().capabilities().next().ok_or(());
        agree("misspelt-line", octets, abnf::LENIENT.matches("misspelt-line", octets), meant);
    }
    let parsed = Capability::parse(octets);
    agree("ehlo-line", octets, abnf::STRICT.matches("ehlo-line", octets), parsed);
    if let Ok(capability) = parsed {
        let mut words = octets.split(|octet| *octet == b' ');
        assert_eq!(words.next(), Some(capability.keyword.as_bytes()));
        assert!(capability.words().eq(words));
    }
}

/// Parameters of the caller are accepted if and only if the ABNF has them, with the words of the input. The meaning of a
/// registered one is written as a text that parses as the same.
pub fn parameters(octets: &[u8]) {
    values::parameters(octets);
    let Ok(text) = std::str::from_utf8(octets) else { return };
    if octets.len() > LONGEST {
        return;
    }
    agree("esmtp-keyword", octets, abnf::STRICT.matches("esmtp-keyword", octets), Keyword::new(text));
    let line = [b"MAIL FROM:<> ", octets].concat();
    let grammatical = abnf::SMTPUTF8.matches("mail", &line);
    let parsed = Parameters::new(text);
    agree("parameters", octets, octets.is_empty() || grammatical, parsed);
    if let Ok(parameters) = parsed {
        let parts = text.split(' ').filter(|part| !part.is_empty()).map(|part| match part.split_once('=') {
            Some((keyword, value)) => (keyword.as_bytes(), Some(value.as_bytes())),
            None => (part.as_bytes(), None),
        });
        assert!(parameters.iter().map(|one| (one.keyword.as_bytes(), one.value)).eq(parts), "{text}");
    }
}

/// xtext is accepted if and only if the ABNF has it, and decodes to the result of a slow decoder. xtext and base64 of any octets
/// decode to those octets.
pub fn encoded_text(octets: &[u8]) {
    values::encoded_text(octets);
    if octets.len() > LONGEST {
        return;
    }
    let parsed = Xtext::parse(octets, Grammar::STRICT);
    agree("xtext", octets, abnf::STRICT.matches("xtext", octets), parsed);
    if let Ok(xtext) = parsed {
        let text = std::str::from_utf8(octets).unwrap();
        let mut parts = text.split('+');
        let mut expected = parts.next().unwrap_or_default().as_bytes().to_vec();
        for part in parts {
            expected.push(u8::from_str_radix(&part[..2], 16).unwrap());
            expected.extend(part[2..].bytes());
        }
        assert!(xtext.decode().eq(expected), "{text}");
    }
}

/// A trace field is written as one that parses as the same, and so are its clauses, whether they were parsed or built. A date is
/// a time that can be written.
pub fn trace(octets: &[u8]) {
    values::trace(octets);
}
