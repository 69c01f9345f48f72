//! Faults that are known from SMTP parsers, each with the clause that forbids it.

use smtp_core::syntax::{
    AttributesBuf, Base64, Command, CommandBuf, Extension, Extensions, Grammar, Keyword, Lookup, Mailbox, Mechanism,
    ParameterName, Parameters, ParametersBuf, Plain, ReplyCode, Text, Unknown, Xtext, XtextBuf,
};

/// RFC 5321 section 2.3.8: a CR that is not part of a CRLF must not be sent, and is never skipped.
#[test]
fn a_bare_cr_inside_a_verb_is_not_skipped() {
    for line in [&b"DA\rTA"[..], b"DATA\r", b"\rDATA", b"QUIT\r\r", b"NO\nOP", b"RSET\0"] {
        for grammar in [Grammar::STRICT, Grammar::LENIENT] {
            let error = Command::parse(line, grammar).unwrap_err();
            assert_eq!(error.code(), ReplyCode::SYNTAX_ERROR, "{}", line.escape_ascii());
        }
    }
}

/// The same within arguments, in any dialect: every parsed value can be sent on.
#[test]
fn no_argument_holds_cr_lf_or_nul() {
    let lines = [
        "NOOP a?b",
        "VRFY a?b",
        "HELP ?",
        "XYZ a?b",
        "SEND ?",
        "MAIL FROM:<\"a?b\"@c>",
        "EHLO a ?",
        "RCPT TO:<a@b> X=?",
    ];
    for line in lines {
        for octet in [b'\r', b'\n', 0] {
            let line: Vec<u8> = line.bytes().map(|one| if one == b'?' { octet } else { one }).collect();
            for grammar in [Grammar::STRICT, Grammar::SMTPUTF8, Grammar::LENIENT] {
                assert!(Command::parse(&line, grammar).is_err(), "{}", line.escape_ascii());
            }
        }
    }
}

/// RFC 5321 section 4.1.2: `"a b"@c` must not be sent on as `a b@c`.
#[test]
fn a_quoted_local_part_keeps_its_quotes() {
    for line in ["MAIL FROM:<\"a b\"@c>", "RCPT TO:<\"a@b\"@c>", "MAIL FROM:<\"plain\"@c>", "RCPT TO:<\"\\\"\\\\\"@c>"]
    {
        let command = Command::parse(line.as_bytes(), Grammar::STRICT).unwrap();
        assert_eq!(command.to_string(), line);
        assert_eq!(CommandBuf::from(&command).as_command(), command);
    }
}

/// RFC 5321 appendix C: source routes are accepted. A relay decides whether to ignore them.
#[test]
fn a_source_route_is_not_dropped() {
    let line = b"RCPT TO:<@one.example,@two.example:joe@three.example>";
    let Ok(Command::Rcpt(rcpt)) = Command::parse(line, Grammar::STRICT) else { panic!() };
    assert_eq!(rcpt.forward_path.to_string(), "<@one.example,@two.example:joe@three.example>");
    assert_eq!(rcpt.forward_path.mailbox(), Some(Mailbox::new("joe@three.example").unwrap()));
}

/// RFC 5321 sections 4.1.1.4, 4.1.1.5, 4.1.1.10, RFC 3207 section 4: these verbs take no argument. A dialect allows white space,
/// and nothing else.
#[test]
fn text_after_a_verb_without_arguments_is_refused() {
    for verb in ["DATA", "RSET", "QUIT", "STARTTLS"] {
        let line = format!("{verb} now");
        for grammar in [Grammar::STRICT, Grammar::LENIENT] {
            let error = Command::parse(line.as_bytes(), grammar).unwrap_err();
            assert_eq!((error.code().get(), error.offset()), (501, verb.len()), "{line}");
        }
    }
}

/// RFC 3461 section 5.1, RFC 1870 section 6.1 and others: 501. Neither of the two values is used.
#[test]
fn a_duplicate_parameter_does_not_win_silently() {
    let all: Extensions = Extension::ALL.iter().copied().collect();
    for line in [
        "MAIL FROM:<> SIZE=1 SIZE=1",
        "MAIL FROM:<> BODY=7BIT body=8BITMIME",
        "MAIL FROM:<> SMTPUTF8 SMTPUTF8",
        "RCPT TO:<a@b> NOTIFY=NEVER NOTIFY=DELAY",
        "RCPT TO:<a@b> ORCPT=rfc822;a@b ORCPT=rfc822;a@b",
    ] {
        for grammar in [Grammar::STRICT, Grammar::LENIENT] {
            let error = Command::parse(line.as_bytes(), grammar.with_extensions(all)).unwrap_err();
            assert_eq!(error.code().get(), 501, "{line}");
        }
    }
    let mut parameters = ParametersBuf::new();
    parameters.push_raw("SIZE", Some("1")).unwrap();
    assert!(parameters.push_raw("size", Some("2")).is_err());
    assert!(parameters.push_raw("SIZE", None).is_err());
    assert_eq!(parameters.to_string(), "SIZE=1");
    let mut attributes = AttributesBuf::xforward();
    attributes.push("NAME", b"a").unwrap();
    assert!(attributes.push("name", b"b").is_err());
}

/// RFC 5321 section 4.1.1.1 and 4.1.3: text that only looks like an address is not a literal.
#[test]
fn octal_short_and_zoned_addresses_are_not_literals() {
    for text in
        ["[192.0.513]", "[0x7f.0.0.1]", "[::1]", "[IPv6:fe80::1%1]", "[IPv6:::1", "[]", "[127.1]", "[1.2.3.4.5]"]
    {
        assert!(Mailbox::parse(format!("a@{text}").as_bytes(), Grammar::LENIENT).is_err(), "{text}");
    }
}

/// RFC 5234 section 2.3 concerns ASCII: a letter that Unicode folds to an ASCII letter is not that letter.
#[test]
fn case_folds_only_in_ascii() {
    for line in ["\u{17F}MTP", "RCPT TO:<po\u{17F}tmaster>", "\u{212A}", "MAIL FROM:<> SI\u{17F}E=1"] {
        assert!(Command::parse(line.as_bytes(), Grammar::SMTPUTF8).is_err(), "{line}");
    }
}

/// A text that a caller has from somebody else cannot end the parameter, the line or the command.
#[test]
fn constructors_refuse_text_that_could_inject() {
    let bad = ["a\rb", "a\nb", "a\r\nQUIT", "a\0b", "a b", "", "\r\n", "a\r\n"];
    for text in bad {
        assert!(Text::new(text).is_err() && Lookup::new(text).is_err(), "{text:?}");
        assert!(Mailbox::new(&format!("{text}@b")).is_err(), "{text:?}");
        assert!(Mailbox::new(&format!("a@{text}")).is_err(), "{text:?}");
        assert!(Keyword::new(text).is_err() && Mechanism::new(text).is_err(), "{text:?}");
        assert!(Unknown::new(text, None).is_err(), "{text:?}");
        assert!(text == "a b" || text.is_empty() || Unknown::new("XYZ", Some(text)).is_err(), "{text:?}");
        assert!(text.is_empty() || Xtext::new(text).is_err(), "{text:?}");
        assert!(text.is_empty() || Base64::parse(text.as_bytes()).is_err(), "{text:?}");
        let mut parameters = ParametersBuf::new();
        assert!(parameters.push_raw(text, None).is_err() && parameters.push_raw("X", Some(text)).is_err(), "{text:?}");
        assert!(parameters.push_orcpt(text, "a@b").is_err(), "{text:?}");
        assert!(AttributesBuf::xclient().push(text, b"").is_err(), "{text:?}");
        assert_eq!(parameters, ParametersBuf::new());
    }
    for text in ["X\r\nQUIT", "A\tB", "A  B", " A", "A ", "A=", "=A"] {
        assert!(Parameters::new(text).is_err(), "{text:?}");
    }
    assert!(ParametersBuf::new().push_raw("X", Some("a=b")).is_err());
    assert!(ParametersBuf::new().push_orcpt("rfc822;x", "a@b").is_err());
    assert!(ParametersBuf::new().push_orcpt("rfc822", "\u{FC}@b").is_err());
    // RFC 6533 section 3 has no code for these, so the decoded address contains no line ending.
    for address in ["\0@b", "x\r\nDATA", "x\rDATA", "x\nDATA", "\u{1B}[2J", "\u{1F}"] {
        let mut parameters = ParametersBuf::new();
        let named = parameters.push_xtext(ParameterName::Orcpt, format!("utf-8;{address}").as_bytes());
        let refused = parameters.push_orcpt("utf-8", address).is_err() && named.is_err();
        assert!(refused && parameters.push_orcpt_ascii("UTF-8", address).is_err(), "{address:?}");
        assert_eq!(parameters, ParametersBuf::new());
    }
    let mut parameters = ParametersBuf::new();
    parameters.push_orcpt("utf-8", "a +=\\\t\u{7F}b@c").unwrap();
    assert_eq!(parameters.to_string(), r"ORCPT=utf-8;a\x{20}\x{2B}\x{3D}\x{5C}\x{09}\x{7F}b@c");
    assert_eq!(XtextBuf::encode(b"\r\n =+").to_string(), "+0D+0A+20+3D+2B");
}

/// No `Debug` shows a credential, neither encoded nor decoded.
#[test]
fn debug_does_not_show_credentials() {
    let plain = Plain { authorization: "", authentication: "joe", password: "s3cr3t" };
    let response = plain.encode().unwrap();
    let base64 = response.as_base64().to_string();
    let command = Command::auth(Mechanism::PLAIN, Some(response.as_base64()));
    let kept = CommandBuf::from(&command);
    let parsed = format!("AUTH PLAIN {base64}");
    let parsed = Command::parse(parsed.as_bytes(), Grammar::STRICT).unwrap();
    let shown = [
        format!("{plain:?} {plain:#?}"),
        format!("{response:?} {:?}", response.as_base64()),
        format!("{command:?} {command:#?}"),
        format!("{kept:?} {kept:#?}"),
        format!("{parsed:?} {parsed:#?}"),
    ];
    for text in shown {
        assert!(!text.contains("s3cr3t") && !text.contains(&base64), "{text}");
    }
    assert_eq!(kept.as_command(), parsed, "the value is complete");
}
