//! Known answers: each line is parsed and written back, unchanged or in the form that the grammar prefers.

use smtp_core::syntax::{
    AddressLiteral, AuthSender, Base64, Capability, CapabilityValue, Command, DateTime, Dialect, Domain, EnhancedCode,
    Etrn, EtrnOption, Expected, Extension, Extensions, ForwardPath, Grammar, Host, Lookup, MailOrRcpt, Mailbox,
    Mechanism, Notify, Parameter, ParameterName, ParameterValue, Parameters, Plain, Reply, ReplyClass, ReplyCode,
    ReversePath, Text, Unknown, Verb, Xtext,
};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

fn encoded(command: &Command<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    command.encode(&mut out);
    out
}

fn all() -> Extensions {
    Extension::ALL.iter().copied().collect()
}

/// Lines that are written exactly as they were parsed.
const COMMANDS: &[&str] = &[
    "HELO client.example.com",
    "HELO 1",
    "EHLO client.example.com",
    "EHLO [192.0.2.1]",
    "EHLO [192.000.02.001]",
    "EHLO [IPv6:2001:db8::1]",
    "EHLO [IPv6:::]",
    "EHLO [IPv6:1:2:3:4:5:6:7:8]",
    "EHLO [IPv6:::ffff:192.0.2.1]",
    "EHLO [ipv6:1:2:3:4:5:6:192.0.2.1]",
    "LHLO foo.edu",
    "MAIL FROM:<>",
    "MAIL FROM:<Smith@bar.com>",
    "MAIL FROM:<\"Joe \\\"x\\\" Smith\"@example.com>",
    "MAIL FROM:<a.b.c!#$%&'*+-/=?^_`{|}~@example.com>",
    "MAIL FROM:<@hosta.int,@jkl.org:userc@d.bar.org>",
    "MAIL FROM:<joe@[192.0.2.1]> SIZE=500000 BODY=8BITMIME",
    "MAIL FROM:<joe@example.com> x-Private=a+3Db",
    "MAIL FROM:<joe@example.com> FLAG a- 9=~",
    "RCPT TO:<Postmaster>",
    "RCPT TO:<postmaster@example.com>",
    "RCPT TO:<Jones@foo.com> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;Jones+40foo.com",
    "DATA",
    "RSET",
    "QUIT",
    "STARTTLS",
    "NOOP",
    "NOOP x",
    "NOOP \"some text\"",
    "HELP",
    "HELP MAIL",
    "VRFY Smith",
    "VRFY \"joe@example.com\"",
    "EXPN Example-People",
    "BDAT 0 LAST",
    "BDAT 86",
    "BDAT 18446744073709551615 LAST",
    "AUTH PLAIN",
    "AUTH PLAIN dGVzdAB0ZXN0ADEyMzQ=",
    "AUTH EXTERNAL =",
    "AUTH CRAM-MD5",
    "ETRN example.com",
    "ETRN @example.com",
    "ETRN #queue~1",
    "ATRN",
    "ATRN example.org,example.com",
    "BURL imap://harry@gryffindor.example.com/outbox;uidvalidity=1078863300/;uid=25 LAST",
    "BURL imap://u:p%40@h:143/a:b@c?d/e?f",
    "BURL imap://u;auth=*@[2001:db8::1]:/ LAST",
    "BURL imap://[v1.a:b!]?c",
    "BURL file:///a",
    "BURL urn:a:b@c/d",
    "BURL x: LAST",
    "XCLIENT ADDR=192.0.2.1 NAME=[UNAVAILABLE]",
    "XFORWARD SOURCE=REMOTE HELO=",
    "SEND FROM:<joe@example.com>",
    "TURN",
    "XPRIVATE anything at all",
    "x_y-2",
];

#[test]
fn commands_are_written_as_they_were_parsed() {
    for line in COMMANDS {
        let command =
            Command::parse(line.as_bytes(), Grammar::STRICT).unwrap_or_else(|error| panic!("{line}: {error}"));
        assert_eq!(command.to_string(), *line);
        assert_eq!(encoded(&command), [line.as_bytes(), b"\r\n"].concat());
        assert_eq!(Command::parse(line.as_bytes(), Grammar::LENIENT), Ok(command), "lenient reads the same: {line}");
    }
}

/// RFC 5321 section 4.1.1: a verb consists of its letters only.
#[test]
fn verbs_with_nul() {
    for verb in Verb::ALL {
        for (before, after) in [("\0", ""), ("\0\0\0\0", ""), ("", "\0"), ("\0", "\0")] {
            let text = [before, verb.as_str(), after].concat();
            assert_eq!(Verb::from_bytes(text.as_bytes()), Verb::Unknown, "{text:?}");
        }
        assert_eq!(Verb::from_bytes(verb.as_str().as_bytes()), *verb);
    }
}

/// Lines whose case or spelling the grammar folds, and the lines that are written.
const FOLDED: &[(&str, &str)] = &[
    ("ehlo Client.Example.COM", "EHLO Client.Example.COM"),
    ("mAiL fRoM:<Joe@Example.com> size=1", "MAIL FROM:<Joe@Example.com> size=1"),
    ("rcpt to:<POSTMASTER>", "RCPT TO:<Postmaster>"),
    ("bdat 007 last", "BDAT 7 LAST"),
    ("auth plain =", "AUTH PLAIN ="),
    ("starttls", "STARTTLS"),
];

/// Lines that only a dialect accepts, and the strict lines that are written.
const LENIENT: &[(&str, &str)] = &[
    ("MAIL FROM: <joe@example.com>", "MAIL FROM:<joe@example.com>"),
    ("MAIL FROM:joe@example.com SIZE=1", "MAIL FROM:<joe@example.com> SIZE=1"),
    ("RCPT TO: joe@example.com ", "RCPT TO:<joe@example.com>"),
    ("RCPT TO:postmaster", "RCPT TO:<Postmaster>"),
    ("DATA \t", "DATA"),
    ("EHLO client.example.com here I am", "EHLO client.example.com"),
    ("EHLO [IPv6:1:2:3:4:5:6:7::]", "EHLO [IPv6:1:2:3:4:5:6:7:0]"),
    ("MAIL FROM:<joe@[IPv6:1::3:4:5:6:7:8]>", "MAIL FROM:<joe@[IPv6:1:0:3:4:5:6:7:8]>"),
    ("VRFY joe@example.com", "VRFY \"joe@example.com\""),
    ("EXPN a \"b\" \\", "EXPN \"a \\\"b\\\" \\\\\""),
    ("NOOP two words", "NOOP \"two words\""),
    ("HELP a\tb", "HELP \"a?b\""),
    ("XCLIENT NAME=a+2bb+2F PROTO=ab", "XCLIENT NAME=a+2Bb+2F PROTO=ab"),
    (" \tehlo\t client.example.com", "EHLO client.example.com"),
    ("MAIL  FROM:\t <joe@example.com>  SIZE=1\tBODY=7BIT ", "MAIL FROM:<joe@example.com> SIZE=1 BODY=7BIT"),
    ("BDAT\t 7  last\t", "BDAT 7 LAST"),
    ("AUTH  PLAIN\t= ", "AUTH PLAIN ="),
    ("XFORWARD NAME=a  PROTO=b\tHELO=c", "XFORWARD NAME=a PROTO=b HELO=c"),
    ("ETRN   @example.com", "ETRN @example.com"),
    ("XYZZY\ta \tb", "XYZZY a \tb"),
    ("MAIL FROM:<j..oe.@example.com>", "MAIL FROM:<\"j..oe.\"@example.com>"),
    ("RCPT TO:.joe@[192.0.2.1] NOTIFY=NEVER", "RCPT TO:<\".joe\"@[192.0.2.1]> NOTIFY=NEVER"),
    ("MAIL FROM:<> SIZE=1 auth= RET=FULL", "MAIL FROM:<> SIZE=1 auth=<> RET=FULL"),
];

#[test]
fn folded_lines_are_written_in_the_usual_form() {
    for (line, written) in FOLDED {
        let command =
            Command::parse(line.as_bytes(), Grammar::STRICT).unwrap_or_else(|error| panic!("{line}: {error}"));
        assert_eq!(command.to_string(), *written);
        assert_eq!(Command::parse(written.as_bytes(), Grammar::STRICT), Ok(command));
    }
}

#[test]
fn lenient_lines_are_written_strictly() {
    for (line, written) in LENIENT {
        assert!(Command::parse(line.as_bytes(), Grammar::STRICT).is_err(), "{line}");
        let command =
            Command::parse(line.as_bytes(), Grammar::LENIENT).unwrap_or_else(|error| panic!("{line}: {error}"));
        assert_eq!(command.to_string(), *written);
        assert!(Command::parse(written.as_bytes(), Grammar::STRICT).is_ok(), "{written}");
    }
    // A login name is an esmtp-value, but not a mailbox (RFC 4954 section 5).
    let command = Command::parse(b"MAIL FROM:<> AUTH=joe+40example.com AUTH=joe", Grammar::LENIENT).unwrap();
    assert_eq!(command.to_string(), "MAIL FROM:<> AUTH=joe+40example.com AUTH=<>");
}

/// These lines have no stricter form (RFC 5321 sections 4.1.1.1 and 4.1.2).
const AS_READ: &[&str] = &[
    "HELO [192.0.2.1]",
    "EHLO MY_PC",
    "LHLO host.example.",
    "EHLO [::1]",
    "HELO -",
    "EHLO B\u{FC}ro",
    "EHLO",
    "HELO a.example-",
    "MAIL FROM:<a@b_c.example>",
    "RCPT TO:<a@b.example.>",
    "RCPT TO:<a@-b-.example>",
    "RCPT TO:<joe>",
    "MAIL FROM:<@a.example:joe>",
    "MAIL FROM:<\"\"@example.com>",
    "MAIL FROM:<\"j..oe\">",
    LONG,
];

#[test]
fn lines_without_a_stricter_form_are_written_as_they_were_parsed() {
    for line in AS_READ {
        assert!(Command::parse(line.as_bytes(), Grammar::STRICT).is_err(), "{line}");
        let command =
            Command::parse(line.as_bytes(), Grammar::LENIENT).unwrap_or_else(|error| panic!("{line}: {error}"));
        assert_eq!(command.to_string(), *line);
    }
}

/// A local-part of 68 octets.
const LONG: &str = "MAIL FROM:<xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx@example.com>";

#[test]
fn each_leniency_is_a_separate_switch() {
    type Switch = fn(&mut Dialect);
    let switches: [(Switch, &str); 20] = [
        (|dialect| dialect.white_space = true, "MAIL FROM: <joe@example.com>"),
        (|dialect| dialect.white_space = true, " RSET"),
        (|dialect| dialect.white_space = true, "BDAT\t3  LAST"),
        (|dialect| dialect.path_shapes = true, "RCPT TO:joe@example.com"),
        (|dialect| dialect.path_shapes = true, "RCPT TO:<j..oe@example.com>"),
        (|dialect| dialect.path_shapes = true, "RCPT TO:<joe@ex_ample.com>"),
        (|dialect| dialect.path_shapes = true, "RCPT TO:<joe>"),
        (|dialect| dialect.path_shapes = true, "MAIL FROM:<\"\"@example.com>"),
        (|dialect| dialect.trailing_white_space = true, "QUIT "),
        (|dialect| dialect.hello_names = true, "EHLO example.com here"),
        (|dialect| dialect.hello_names = true, "HELO [192.0.2.1]"),
        (|dialect| dialect.hello_names = true, "EHLO my_pc"),
        (|dialect| dialect.hello_names = true, "EHLO"),
        (|dialect| dialect.long_local_parts = true, LONG),
        (|dialect| dialect.text_arguments = true, "VRFY joe@example.com"),
        (|dialect| dialect.address_literals = true, "MAIL FROM:<joe@[IPv6:1:2:3:4:5:6:7::]>"),
        (|dialect| dialect.parameter_values = true, "MAIL FROM:<> ENVID=a+2b"),
        (|dialect| dialect.parameter_values = true, "RCPT TO:<a@example.com> ORCPT=rfc822;+C3+BC@example.com"),
        (|dialect| dialect.parameter_values = true, "MAIL FROM:<> AUTH=joe"),
        (|dialect| dialect.parameter_values = true, "MAIL FROM:<> AUTH="),
    ];
    for (set, _) in switches {
        let mut grammar = Grammar::STRICT.with_extensions(all());
        set(&mut grammar.dialect);
        for (other, line) in switches {
            let allowed = Command::parse(line.as_bytes(), grammar).is_ok();
            let mut same = Dialect::STRICT;
            other(&mut same);
            assert_eq!(allowed, same == grammar.dialect, "{line} with {:?}", grammar.dialect);
        }
    }
}

/// RFC 5321 section 2.4: a verb is the whole word, in any case.
#[test]
fn verbs_are_whole_words() {
    for verb in Verb::ALL {
        let word = verb.as_str().to_ascii_lowercase();
        assert_eq!(Verb::from_bytes(word.as_bytes()), *verb);
        for other in [format!("\0{word}"), format!("\0\0\0\0{word}"), format!("{word}\0"), format!("x{word}")] {
            assert_eq!(Verb::from_bytes(other.as_bytes()), Verb::Unknown, "{}", other.escape_debug());
            let command = Command::parse(other.as_bytes(), Grammar::LENIENT);
            assert!(matches!(command, Err(_) | Ok(Command::Unknown(_))), "{command:?}");
        }
        assert_eq!(Verb::from_bytes(&word.as_bytes()[1..]), Verb::Unknown);
    }
    assert_eq!(Verb::from_bytes(b""), Verb::Unknown);
    assert_eq!(Verb::from_bytes(b"\0"), Verb::Unknown);
}

/// A lookup can ask for anything that the name of a mailbox may contain (RFC 5321 section 4.1.2), and nothing else.
#[test]
fn lookups_of_text_that_is_not_a_string() {
    for verb in ["VRFY", "EXPN"] {
        for (argument, expected, offset) in [
            (&b"jo\x01e"[..], Expected::Text, 7),
            (b"joe\tsmith", Expected::Text, 8),
            (b"joe\x7F", Expected::Text, 8),
            (b"J\xFCrgen", Expected::Utf8, 6),
            (b"\xC3\xA9 \xC3", Expected::Utf8, 9),
            (b"\xC3 \x01", Expected::Utf8, 6),
        ] {
            let line = [verb.as_bytes(), b" ", argument].concat();
            let error = Command::parse(&line, Grammar::LENIENT).unwrap_err();
            assert_eq!((error.expected(), error.offset()), (expected, offset), "{}", line.escape_ascii());
        }
        let line = format!("{verb} sch\u{F6}ne Gr\u{FC}\u{DF}e");
        assert!(Command::parse(line.as_bytes(), Grammar::LENIENT).is_ok(), "{line}");
    }
    for line in [&b"NOOP jo\x01e\xFC"[..], b"HELP jo\x01e\xFC"] {
        assert!(Command::parse(line, Grammar::LENIENT).is_ok());
    }
}

#[test]
fn parts_of_commands() {
    let parse = |line: &'static str| Command::parse(line.as_bytes(), Grammar::STRICT).unwrap();
    let Command::Mail(mail) = parse("MAIL FROM:<@one.example,@two.example:\"a b\"@Example.com> SIZE=7 X") else {
        panic!()
    };
    let ReversePath::Path(path) = mail.reverse_path else { panic!() };
    assert_eq!(path.route().hops().map(Domain::as_str).collect::<Vec<_>>(), ["one.example", "two.example"]);
    assert!(path.mailbox().local_part().is_quoted());
    assert_eq!(path.mailbox().local_part().as_str(), "\"a b\"");
    assert!(path.mailbox().equivalent(Mailbox::new("\"a\\ b\"@EXAMPLE.COM").unwrap()));
    assert_eq!(mail.parameters.find(ParameterName::Size), Some(ParameterValue::Size(7)));
    let last: Parameter<'_> = mail.parameters.iter().last().unwrap();
    assert_eq!((last.keyword.as_str(), last.value), ("X", None));

    assert!(
        matches!(parse("RCPT TO:<PostMaster>"), Command::Rcpt(rcpt) if rcpt.forward_path == ForwardPath::Postmaster)
    );
    let Command::Auth(auth) = parse("AUTH plain AGpvZQBzZWNyZXQ=") else { panic!() };
    assert_eq!(auth.mechanism, Mechanism::PLAIN);
    let decoded: Vec<u8> = auth.initial_response.unwrap().decode().collect();
    assert_eq!(Plain::parse(&decoded).unwrap().password, "secret");
    assert!(matches!(parse("AUTH EXTERNAL ="), Command::Auth(auth) if auth.initial_response == Some(Base64::EMPTY)));
    assert_eq!(parse("ETRN @example.com"), Command::Etrn(Etrn::new(EtrnOption::Subdomains, "example.com").unwrap()));
    assert_eq!(parse("VRFY joe"), Command::Vrfy(Lookup::new("joe").unwrap()));
    let Command::Xclient(attributes) = parse("XCLIENT name=a+20b ADDR=") else { panic!() };
    let attributes: Vec<_> =
        attributes.iter().map(|(name, value)| (name.as_str(), value.decode().collect::<Vec<_>>())).collect();
    assert_eq!(attributes, [("name", b"a b".to_vec()), ("ADDR", vec![])]);
    assert_eq!(parse("XYZZY "), Command::Unknown(Unknown::new("XYZZY", Some("")).unwrap()));
    assert_eq!(parse("soml x").verb(), Verb::Soml);
    assert_eq!(parse("NOOP x"), Command::Noop(Some(Text::new("x").unwrap())));
}

/// Parameters with every extension offered, and the values that they have.
#[test]
fn parameters_by_their_own_grammar() {
    let grammar = Grammar::STRICT.with_extensions(all());
    let mail = [
        "SIZE=0",
        "SIZE=18446744073709551615",
        "BODY=7BIT",
        "BODY=8BITMIME",
        "BODY=BINARYMIME",
        "RET=FULL",
        "RET=HDRS",
        "ENVID=QQ314159",
        "ENVID=a+2B+20b",
        "AUTH=<>",
        "AUTH=e+3Dmc2@example.com",
        "SMTPUTF8",
        "REQUIRETLS",
        "MT-PRIORITY=-9",
        "MT-PRIORITY=0",
        "HOLDFOR=999999999",
        "HOLDUNTIL=2026-12-31T23:59:60Z",
        "BY=98765;N",
        "BY=-120;NT",
        "BY=1;R",
        "SOLICIT=net.example:ADV,org.example.ADV:ADLT",
        "CONPERM",
        "SUBMITTER=joe@example.com",
        "TRANSID=<12345@example.com>",
    ];
    let rcpt = [
        "NOTIFY=NEVER",
        "NOTIFY=SUCCESS,FAILURE,DELAY",
        "ORCPT=rfc822;Bob@Example.COM",
        "ORCPT=utf-8;j\\x{FC}rgen@example.com",
        "RRVS=2014-04-03T23:01:00Z",
        "RRVS=2014-04-03T23:01:00+02:00;C",
        "CONNEG",
    ];
    let lines = mail.map(|text| (format!("MAIL FROM:<> {text}"), text, MailOrRcpt::Mail)).into_iter();
    for (line, text, of) in lines.chain(rcpt.map(|text| (format!("RCPT TO:<a@b> {text}"), text, MailOrRcpt::Rcpt))) {
        let command = Command::parse(line.as_bytes(), grammar).unwrap_or_else(|error| panic!("{line}: {error}"));
        assert_eq!(command.to_string(), line);
        let parameter = Parameters::new(text).unwrap().iter().next().unwrap();
        let value = parameter.interpret(of, grammar).unwrap().unwrap();
        assert_eq!(value.to_string(), text, "a value is written as it was parsed");
    }
    let value = |text| Parameters::new(text).unwrap().find(ParameterName::Notify);
    let Some(ParameterValue::Notify(notify)) = value("NOTIFY=delay,Failure") else { panic!() };
    assert_eq!((notify.success, notify.failure, notify.delay), (false, true, true));
    assert_eq!(value("NOTIFY=never"), Some(ParameterValue::Notify(Notify::NEVER)));
    let sender = Parameters::new("AUTH=+3c+3e").unwrap().find(ParameterName::Auth);
    assert_eq!(
        sender,
        Some(ParameterValue::Auth(AuthSender::Unknown)),
        "RFC 4954 section 8: hex digits of either case"
    );
}

#[test]
fn utf8_where_rfc_6531_is_in_force() {
    for line in ["MAIL FROM:<jürgen@bücher.example> SMTPUTF8", "RCPT TO:<\"ü x\"@example.com>", "VRFY ü SMTPUTF8"] {
        let command =
            Command::parse(line.as_bytes(), Grammar::SMTPUTF8).unwrap_or_else(|error| panic!("{line}: {error}"));
        assert_eq!(command.to_string(), line);
    }
    // The parameter itself allows UTF-8 (RFC 6531 section 3.4).
    let offered = Grammar::STRICT.with_extensions(all());
    assert!(Command::parse("MAIL FROM:<ü@example.com> SMTPUTF8".as_bytes(), offered).is_ok());
}

#[test]
fn addresses() {
    for text in ["a@b", "\"\\\"\"@b", "a@[255.255.255.255]", "a@[IPv6:::1]", "a.b@1.2-3.x", "\" \"@b"] {
        assert_eq!(Mailbox::parse(text.as_bytes(), Grammar::STRICT).unwrap().to_string(), text);
    }
    let longest = format!("{}@b", "l".repeat(64));
    assert!(Mailbox::parse(longest.as_bytes(), Grammar::STRICT).is_ok());
    let label = "d".repeat(63);
    let name = format!("{label}.{label}.{label}.{}", "d".repeat(63));
    assert_eq!(name.len(), 255);
    assert!(Domain::parse(name.as_bytes(), Grammar::STRICT).is_ok());
    let ip = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1));
    let literal = AddressLiteral::from(ip);
    assert_eq!(literal.to_string(), "[IPv6:2001:db8:0:0:0:0:0:1]");
    assert_eq!(Host::parse(literal.to_string().as_bytes(), Grammar::STRICT), Ok(Host::Literal(literal)));
    let short = AddressLiteral::parse(b"[IPv6:2001:db8::1]", Grammar::STRICT).unwrap();
    assert_eq!(short.ip(), ip);
    assert!(Host::Literal(short).equivalent(Host::Literal(literal)));
    let octal = AddressLiteral::parse(b"[010.001.000.255]", Grammar::STRICT).unwrap();
    assert_eq!(octal.ip(), Ipv4Addr::new(10, 1, 0, 255), "leading zeros are decimal");
    assert!(Xtext::parse(b"+00+FF!~", Grammar::STRICT).unwrap().decode().eq([0, 255, b'!', b'~']));
}

#[test]
fn replies_and_capabilities() {
    let offered = Grammar::STRICT.with_extensions(all());
    for (octets, lines) in [
        (&b"250 OK\r\n"[..], &["OK"][..]),
        (b"250-one\r\n250-\r\n250 three\r\n", &["one", "", "three"]),
        (b"354 \r\n", &[""]),
        (b"220 mx\texample ~\r\n", &["mx\texample ~"]),
    ] {
        let reply = Reply::parse(octets, offered).unwrap();
        assert!(reply.lines().eq(lines.iter().map(|line| line.as_bytes())));
        let mut out = Vec::new();
        reply.encode(&mut out);
        assert_eq!(out, octets);
        assert_eq!(format!("{reply}\r\n").as_bytes(), octets);
    }
    let reply = Reply::parse(b"250-2.1.5 a\r\n250 2.1.5  b\r\n", offered).unwrap();
    assert_eq!(reply.enhanced_code(), EnhancedCode::new(ReplyClass::Success, 1, 5).ok());
    assert!(reply.lines().eq([&b"a"[..], b" b"]));
    let reply = Reply::parse(b"250-2.1.5 a\r\n250 2.1.6 b\r\n", offered).unwrap();
    assert_eq!(reply.enhanced_code(), None, "RFC 2034: the same code on all lines");
    assert_eq!(Reply::parse(b"250\r\n", Grammar::STRICT).unwrap().code(), ReplyCode::OK, "RFC 5321 section 4.2");
    // Text in another charset is accepted from a server, with and without RFC 6531.
    let mut lenient = Grammar::LENIENT;
    for smtputf8 in [false, true] {
        lenient.smtputf8 = smtputf8;
        let reply = Reply::parse(b"250 Pr\xEAt\r\n", lenient).unwrap();
        assert!(reply.lines().eq([&b"Pr\xEAt"[..]]) && reply.to_string() == "250 Pr?t");
    }

    let values = [
        "PIPELINING",
        "SIZE",
        "SIZE 1000",
        "AUTH PLAIN X-OWN",
        "LIMITS MAILMAX=5 RCPTMAX=999999 RCPTDOMAINMAX=1",
        "DELIVERBY",
        "DELIVERBY 240",
        "FUTURERELEASE 100000 2026-12-31T00:00:00Z",
        "MT-PRIORITY",
        "MT-PRIORITY MIXER",
        "NO-SOLICITING",
        "NO-SOLICITING net.example:ADV",
        "BURL imap imap://imap.example",
        "XCLIENT NAME ADDR",
        "XFORWARD NAME",
    ];
    for text in values {
        let value = Capability::parse(text.as_bytes()).unwrap().interpret().unwrap();
        assert_eq!(value.to_string(), text);
    }
    let zero = Capability::parse(b"size 0").unwrap().interpret();
    assert_eq!(zero, Some(CapabilityValue::Size(None)), "RFC 1870 section 4: no fixed maximum");
    let time = DateTime::parse(b"1996-12-19t16:39:57.5-08:00", Grammar::STRICT).unwrap();
    assert_eq!(time.to_string(), "1996-12-19T16:39:57.5-08:00");
    assert_eq!(time.unix_seconds(), 851_042_397, "RFC 3339 section 5.8: 1996-12-20T00:39:57Z");
}

/// The text of a peer stays on one line in a log.
#[test]
fn replies_are_shown_on_one_line() {
    let reply = Reply::parse(b"250-a\xC2\x9B31m\r\n250 b\r\n", Grammar::LENIENT).unwrap();
    assert_eq!(format!("{reply:?}"), r"Reply(250-a\u{9b}31m\r\n250 b)");
}
