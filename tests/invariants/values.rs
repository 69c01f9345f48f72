//! The laws of values: every parsed value is written as a text that parses as the same.

use smtp_core::syntax::{
    AddressLiteral, Base64, Base64Buf, Capabilities, Capability, Command, CommandBuf, DateTime, Dialect, Domain,
    EhloReply, Expected, Extension, Extensions, ForwardPath, Grammar, Host, Keyword, MailOrRcpt, Mailbox, MailboxBuf,
    Mechanism, Mechanisms, Parameter, ParameterName, Parameters, ParametersBuf, Plain, Reply, ReplyBuf, ReversePath,
    Text, Xtext, XtextBuf,
};
use smtp_core::trace::{Clauses, ClausesBuf, Received, ReturnPath, TraceDate, TraceId};

pub fn all() -> Extensions {
    Extension::ALL.iter().copied().collect()
}

pub fn grammars() -> [Grammar; 6] {
    [
        Grammar::STRICT,
        Grammar::SMTPUTF8,
        Grammar::LENIENT,
        Grammar::STRICT.with_extensions(all()),
        Grammar::SMTPUTF8.with_extensions(all()),
        Grammar::LENIENT.with_extensions(all()),
    ]
}

pub fn is_lenient(grammar: Grammar) -> bool {
    grammar.dialect == Grammar::LENIENT.dialect
}

/// Returns the kinds of deviation whose values are written unchanged, because they have no stricter form or are relayed.
pub fn written_as_read() -> Dialect {
    let mut dialect = Dialect::STRICT;
    dialect.hello_names = true;
    dialect.path_shapes = true;
    dialect.long_local_parts = true;
    dialect.parameter_values = true;
    dialect
}

/// Returns the octets as `Display` shows them: octets that are not UTF-8 become U+FFFD.
fn shown(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

pub fn command(line: &[u8]) {
    for grammar in grammars() {
        let Ok(command) = Command::parse(line, grammar) else { continue };
        let mut out = Vec::new();
        command.encode(&mut out);
        assert_eq!(shown(&out), format!("{command}\r\n"));
        let written = out.strip_suffix(b"\r\n").unwrap();
        assert!(!written.iter().any(|octet| matches!(octet, 0 | b'\r' | b'\n')), "{}", out.escape_ascii());
        let kept = CommandBuf::from(&command);
        assert_eq!(kept.as_command(), command);
        assert!(command.equivalent(&command));
        if !is_lenient(grammar) {
            assert_eq!(Command::parse(written, grammar), Ok(command), "{}", out.escape_ascii());
            continue;
        }
        let mut strict = Grammar::SMTPUTF8;
        strict.dialect = written_as_read();
        let again =
            Command::parse(written, strict).unwrap_or_else(|error| panic!("{}: {error}", written.escape_ascii()));
        assert!(again.equivalent(&command), "{}: {command:?}", written.escape_ascii());
        let mut twice = Vec::new();
        again.encode(&mut twice);
        assert_eq!(twice, out);
    }
}

pub fn reply(octets: &[u8]) {
    for grammar in grammars() {
        let Ok(reply) = Reply::parse(octets, grammar) else { continue };
        assert!(reply.lines().next().is_some());
        let kept = ReplyBuf::from(&reply);
        assert_eq!(kept.as_reply(), reply);
        let mut out = Vec::new();
        reply.encode(&mut out);
        assert_eq!(shown(&out), format!("{reply}\r\n"));
        let again = Reply::parse(&out, grammar).unwrap_or_else(|error| panic!("{}: {error}", out.escape_ascii()));
        if !is_lenient(grammar) {
            assert_eq!(again, reply, "{}", out.escape_ascii());
        } else if reply.code().get() / 10 % 10 <= 5
            && (200..600).contains(&reply.code().get())
            && out.split_inclusive(|octet| *octet == b'\n').all(|l| l.len() <= 512)
        {
            let strict = Reply::parse(&out, Grammar::SMTPUTF8);
            assert!(strict.is_ok(), "{}: {strict:?}", out.escape_ascii());
        }
    }
}

/// Checks that `X::parse`, `Display` and `X::parse` again give the same value.
macro_rules! same {
    ($octets:expr, $($parse:expr),* $(,)?) => {
        for grammar in grammars() { $(
            if let Ok(value) = $parse($octets, grammar) {
                let written = value.to_string();
                let again = $parse(written.as_bytes(), grammar);
                if is_lenient(grammar) {
                    assert!(again.is_ok(), "{written}");
                } else {
                    assert_eq!(again, Ok(value), "{written}");
                }
            }
        )* }
    };
}

pub fn address(octets: &[u8]) {
    same!(
        octets,
        Domain::parse,
        Host::parse,
        AddressLiteral::parse,
        Mailbox::parse,
        ReversePath::parse,
        ForwardPath::parse,
    );
    for grammar in grammars() {
        let _ = Text::parse(octets, grammar);
        let Ok(mailbox) = Mailbox::parse(octets, grammar) else { continue };
        assert_eq!(MailboxBuf::from(mailbox).as_mailbox(), mailbox);
        let content: Vec<u8> = mailbox.local_part().content().collect();
        if let Ok(content) = std::str::from_utf8(&content) {
            let Ok(minimal) = MailboxBuf::from_parts(content, mailbox.host()) else {
                // A mailbox of the caller must be strict.
                assert!(is_lenient(grammar) && Mailbox::parse(octets, Grammar::SMTPUTF8).is_err());
                continue;
            };
            assert!(minimal.as_mailbox().equivalent(mailbox));
            assert_eq!(minimal.as_mailbox().local_part().to_string(), mailbox.local_part().minimal().to_string());
        }
    }
}

/// Checks that the name and the greeting are separate pieces of the first line, in this order, with only spaces around them.
fn name_and_greeting(ehlo: EhloReply<'_>) {
    let first = ehlo.reply().lines().next().unwrap();
    let line = first.strip_prefix(&b" ".repeat(first.iter().take_while(|octet| **octet == b' ').count())[..]).unwrap();
    let (name, greet) = (ehlo.name(), ehlo.greet().unwrap_or_default());
    let text = first.escape_ascii();
    assert!(!name.contains(&b' ') && name.is_empty() == line.is_empty(), "{text}");
    let after = line.strip_prefix(name).unwrap_or_else(|| panic!("{text}: {}", name.escape_ascii()));
    assert_eq!(after.strip_prefix(b" ").unwrap_or_default(), greet, "{text}");
    assert!(after.is_empty() || after.starts_with(b" "), "{text}");
    assert_ne!(ehlo.greet(), Some(&b""[..]), "{text}");
}

pub fn capability(octets: &[u8]) {
    for grammar in grammars() {
        let Ok(ehlo) = EhloReply::parse(octets, grammar) else { continue };
        let _ = ehlo.host();
        name_and_greeting(ehlo);
        let again = EhloReply::from_reply(ehlo.reply()).map(|again| again.with_dialect(grammar.dialect));
        assert_eq!(again, Some(ehlo));
        let offered: Extensions = ehlo.capabilities().filter_map(Capability::extension).collect();
        assert!(ehlo.offer().extensions.iter().all(|extension| offered.contains(extension)));
    }
    let Ok(capability) = Capability::parse(octets) else { return };
    if let Some(value) = capability.interpret() {
        let written = value.to_string();
        let again = Capability::parse(written.as_bytes()).unwrap_or_else(|error| panic!("{written}: {error}"));
        assert_eq!(again.interpret(), Some(value), "{written}");
        match Capabilities::new().with_value(value) {
            Ok(capabilities) => offered(&capabilities, |lines| {
                assert_eq!(lines.iter().map(|line| line.interpret()).collect::<Vec<_>>(), [Some(value)]);
            }),
            Err(error) => {
                assert!(error.expected() == Expected::LineWithinLimit && !fits(&written), "{written}: {error}")
            }
        }
    }
    let text = std::str::from_utf8(octets).unwrap();
    match Capabilities::new().with_line(text) {
        Ok(capabilities) => offered(&capabilities, |lines| assert_eq!(lines, [capability])),
        Err(error) => assert!(error.expected() == Expected::LineWithinLimit && !fits(text), "{text}: {error}"),
    }
}

/// Returns `true` if a reply may have such a line (RFC 5321 section 4.5.3.1.5).
fn fits(line: &str) -> bool {
    "250-\r\n".len() + line.len() <= 512
}

/// Calls `hold` with the capabilities that the strict grammar finds in the reply which offers these.
fn offered(capabilities: &Capabilities, hold: impl Fn(&[Capability<'_>])) {
    let mut out = Vec::new();
    capabilities.encode_reply(Host::new("mx.example").unwrap(), Extensions::NONE, &mut out);
    let ehlo =
        EhloReply::parse(&out, Grammar::STRICT).unwrap_or_else(|error| panic!("{}: {error}", out.escape_ascii()));
    assert_eq!(ehlo.offer(), *capabilities.offer());
    hold(&ehlo.capabilities().collect::<Vec<_>>());
}

pub fn encoded_text(octets: &[u8]) {
    same!(octets, Xtext::parse, DateTime::parse);
    let xtext = XtextBuf::encode(octets);
    assert!(xtext.as_xtext().decode().eq(octets.iter().copied()));
    assert_eq!(Xtext::parse(xtext.to_string().as_bytes(), Grammar::STRICT), Ok(xtext.as_xtext()));
    assert!(Base64Buf::encode(octets).as_base64().decode().eq(octets.iter().copied()));
    if let Ok(base64) = Base64::parse(octets) {
        let decoded: Vec<u8> = base64.decode().collect();
        assert_eq!(base64.to_string().as_bytes(), octets);
        // RFC 4648 section 3.5: a decoder may refuse spare bits that are not zero.
        let again = Base64Buf::encode(&decoded);
        assert!(again.as_base64().decode().eq(decoded.iter().copied()));
        if let Some(plain) = Plain::parse(&decoded) {
            assert_eq!(plain.encode().unwrap(), again);
        }
    }
}

pub fn parameters(octets: &[u8]) {
    let Ok(text) = std::str::from_utf8(octets) else { return };
    let _ = (Keyword::new(text), Mechanism::new(text), Mechanisms::new(text));
    let Ok(parameters) = Parameters::new(text) else { return };
    let mut built = ParametersBuf::new();
    for parameter in parameters.iter() {
        let raw = parameter.value.map(|value| std::str::from_utf8(value).unwrap());
        let _ = built.push_raw(parameter.keyword.as_str(), raw);
        for of in [MailOrRcpt::Mail, MailOrRcpt::Rcpt] {
            if let Some(Ok(value)) = parameter.interpret(of, Grammar::SMTPUTF8) {
                let mut single = ParametersBuf::new();
                single.push(value).unwrap_or_else(|error| panic!("{value}: {error}"));
                let read = single.as_parameters().iter().next().unwrap().interpret(of, Grammar::SMTPUTF8);
                assert_eq!(read, Some(Ok(value)));
            }
        }
    }
    assert_eq!(Parameters::new(&built.to_string()), Ok(built.as_parameters()));
    let mut wide = Grammar::SMTPUTF8;
    wide.dialect = Dialect::LENIENT;
    for name in ParameterName::ALL {
        let registered = |parameter: Parameter<'_>| {
            ParameterName::from_keyword(parameter.keyword.as_bytes(), name.command()) == Some(*name)
        };
        assert_eq!(parameters.has(*name), parameters.iter().any(registered));
        let first = parameters.iter().find(|parameter| registered(*parameter));
        let value = first.and_then(|parameter| parameter.interpret(name.command(), wide)?.ok());
        assert_eq!(parameters.find(*name), value);
    }
    let values = parameters.iter().filter_map(|parameter| {
        let of = |command| parameter.interpret(command, wide);
        of(MailOrRcpt::Mail).or_else(|| of(MailOrRcpt::Rcpt))?.ok()
    });
    assert!(parameters.values().eq(values), "{text}");
}

pub fn trace(octets: &[u8]) {
    same!(octets, Received::parse, ReturnPath::parse);
    let Ok(text) = std::str::from_utf8(octets) else { return };
    let _ = TraceId::new(text);
    if let Ok(date) = TraceDate::new(text) {
        let time = date.date_time();
        assert_eq!(DateTime::parse(time.to_string().as_bytes(), Grammar::STRICT), Ok(time), "{text}");
    }
    let Ok(clauses) = Clauses::new(text) else { return };
    assert_eq!(Clauses::new(&clauses.to_string()), Ok(clauses));
    let mut built = ClausesBuf::new();
    for value in clauses.iter().filter_map(|clause| clause.interpret()) {
        let _ = built.push(value);
    }
    assert_eq!(Clauses::new(&built.as_clauses().to_string()), Ok(built.as_clauses()));
}
