//! Trace fields, known answers both ways (RFC 5321 section 4.4).

use smtp_core::syntax::{Command, DateTime, Domain, Grammar, Host, Mailbox, ReversePath, Text};
use smtp_core::trace::{
    ClauseValue, Clauses, ClausesBuf, ExtendedDomain, HandlingState, Link, Protocol, Received, ReturnPath, TcpInfo,
    TraceDate, TraceDateBuf, TraceFor, TraceId, WithProtocol,
};
use std::net::{IpAddr, Ipv4Addr};

fn parse(text: &str) -> Received<'_> {
    Received::parse(text.as_bytes(), Grammar::STRICT).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Fields that are written exactly as they were read.
const FIELDS: &[&str] = &[
    "Received: from a by b; 1 Jan 2000 00:00 +0000",
    "Received: from [192.0.2.1] ([192.0.2.1]) by b;\r\n Sat, 1 Jan 2000 00:00:60 -0800 (PST)",
    "Received: from bar.com by foo.com via TCP with ESMTP id 1;\r\n Fri, 15 Feb 2002 17:19:22 -0800",
    "Received: from foo.example (foo.example [IPv6:2001:db8::1]) by mx.example\r\n ([192.0.2.25]) with UTF8SMTPSA id \
     <42.x@mx.example> for joe@example.com\r\n tls TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 group x25519 PRIORITY -3\r\n \
     state moderation; 31 Dec 9999 23:59 +9959",
    "Received: from a by b x \"a quoted value\" y z; 1 Jan 1900 00:00 +0000",
];

#[test]
fn fields_are_written_as_they_were_read() {
    for text in FIELDS {
        let field = parse(text);
        assert_eq!(field.to_string(), *text);
        let mut out = Vec::new();
        field.encode(&mut out);
        assert_eq!(out, format!("{text}\r\n").as_bytes());
        assert_eq!(parse(&text.replace("\r\n ", " ")), field, "unfolded it is the same");
    }
}

/// RFC 6729 appendix A, with the date in the order of RFC 5322, which the printed example does not follow.
/// The name of a client that is not a domain has its place in a Received field all the same, as far as its signs have one; the
/// strict grammar has only domains there (RFC 5321 section 4.4).
#[test]
fn names_of_clients() {
    let tcp_info = TcpInfo::new(None, IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)));
    let by = ExtendedDomain::from(Domain::new("mx.example").unwrap());
    for (line, name) in [
        ("EHLO MY_PC", "MY_PC"),
        ("EHLO host.example.", "host.example."),
        ("HELO", "?"),
        ("EHLO [::1]", "???1?"),
        ("EHLO a;b(c\"", "a?b?c?"),
        ("EHLO B\u{FC}ro", "B?ro"),
        ("EHLO client.example", "client.example"),
    ] {
        let command = Command::parse(line.as_bytes(), Grammar::LENIENT);
        let Ok(Command::Ehlo(host) | Command::Helo(host)) = command else { panic!("{line}") };
        let date = TraceDate::new("1 Jan 2000 00:00 +0000").unwrap();
        let field = Received::new(ExtendedDomain::new(host, tcp_info), by, date).to_string();
        let unfolded = field.replace("\r\n", "");
        assert_eq!(unfolded, format!("Received: from {name} ([192.0.2.1]) by mx.example; 1 Jan 2000 00:00 +0000"));
        let again = Received::parse(field.as_bytes(), Grammar::LENIENT).unwrap();
        assert_eq!(again.from.host().to_string(), name);
        assert_eq!(again.to_string(), field);
        assert_eq!(Received::parse(field.as_bytes(), Grammar::STRICT).is_ok(), name == "client.example", "{field}");
    }
}

#[test]
fn comments_and_folds_are_white_space() {
    let field = parse(
        "Received: from internal.example.com\r\n          (internal.example.com [192.168.0.1])\r\n      by \
         newyork.example.com (8.11.6/8.11.6)\r\n          with ESMTP id i9MKZCRd064134\r\n          for \
         <secret-list@example.com>\r\n          state moderation (sender not (yet) \\) subscribed);\r\n      Fri, 15 \
         Feb 2002 17:19:08 -0800",
    );
    let info = field.from.tcp_info().unwrap();
    assert_eq!(info.domain.unwrap().as_str(), "internal.example.com");
    assert_eq!(info.address.ip(), IpAddr::V4(Ipv4Addr::new(192, 168, 0, 1)));
    assert_eq!(field.by, ExtendedDomain::from(Domain::new("newyork.example.com").unwrap()));
    assert_eq!(field.with.unwrap().registered(), Some(WithProtocol::Esmtp));
    assert_eq!(field.id, Some(TraceId::new("i9MKZCRd064134").unwrap()));
    assert_eq!(field.for_recipient, Some(Mailbox::new("secret-list@example.com").unwrap().into()));
    let clause = field.clauses.iter().next().unwrap();
    assert_eq!(clause.interpret(), Some(ClauseValue::State(HandlingState::Moderation, None)));
    assert_eq!(field.date.date_time().unix_seconds(), 1_013_822_348);
    assert_eq!(field.clauses, Clauses::new("state moderation").unwrap());
}

#[test]
fn a_field_of_ones_own() {
    let tcp_info = TcpInfo::new(None, IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)));
    let from = ExtendedDomain::new(Host::new("[192.0.2.1]").unwrap(), tcp_info);
    let by = Domain::new("mx.example").unwrap().into();
    let mut field = Received::new(from, by, TraceDate::new("1 Jan 2026 12:00:00 +0100").unwrap());
    field.via = Some(Link::TCP);
    field.with = Some(Protocol::from(WithProtocol::Lmtp));
    let mut clauses = ClausesBuf::new();
    clauses.push(ClauseValue::State(HandlingState::Timed, None)).unwrap();
    clauses.push(ClauseValue::Priority(9)).unwrap();
    clauses.push(ClauseValue::Tls(Text::new("0x1301").unwrap())).unwrap();
    field.clauses = clauses.as_clauses();
    let text = "Received: from [192.0.2.1] ([192.0.2.1]) by mx.example via TCP with LMTP\r\n state timed PRIORITY 9 tls \
                0x1301; 1 Jan 2026 12:00:00 +0100";
    assert_eq!(field.to_string(), text);
    assert_eq!(parse(text), field);
}

#[test]
fn refusals() {
    let depth = |n: usize| format!("Received: from a {}{} by b; 1 Jan 2000 00:00 +0000", "(".repeat(n), ")".repeat(n));
    assert!(Received::parse(depth(32).as_bytes(), Grammar::STRICT).is_ok());
    assert_eq!(Received::parse(depth(33).as_bytes(), Grammar::STRICT).unwrap_err().offset(), 16 + 33);
    for (text, offset) in [
        ("Received:from a by b; 1 Jan 2000 00:00 +0000", 9),
        ("Received: by b; 1 Jan 2000 00:00 +0000", 10),
        ("Received: from [192.0.2.1] by b; 1 Jan 2000 00:00 +0000", 27),
        ("Received: from a_b by b; 1 Jan 2000 00:00 +0000", 16),
        ("Received: from a by b", 21),
        ("Received: from a by b;1 Jan 2000 00:00 +0000", 22),
        ("Received: from a by b; 1 Jan 00 00:00 +0000", 29),
        ("Received: from a by b; 1 Jan 2000 00:00 GMT", 40),
        ("Received: from a by b; 30 Feb 2000 00:00 +0000", 23),
        ("Received: from a by b; Sun, 1 Jan 2000 00:00 +0000", 23),
        ("Received: from a by b; 1 Jan 2000 24:00 +0000", 34),
        ("Received: from a by b; 1 Jan 2000 00:00 +0060", 43),
        ("Received: from a by b; 1 Jan 2000 00:00 +0000 x", 46),
        // White space is not optional (RFC 5321 section 4.4, RFC 5322 section 3.3).
        ("Received: from a by b; 1Jan 2000 00:00 +0000", 24),
        ("Received: from a by b; 1 Jan2000 00:00 +0000", 28),
        ("Received: from a by b; 1 Jan 200000:00 +0000", 33),
        ("Received: from a by b; 1 Jan 2000 00:00+0000", 39),
        ("Received: from a ([192.0.2.1])by b; 1 Jan 2000 00:00 +0000", 30),
        ("Received: from a by b ([192.0.2.1])x y; 1 Jan 2000 00:00 +0000", 35),
        ("Received: from a by b ([192.0.2.1])id 1; 1 Jan 2000 00:00 +0000", 35),
        // The order is fixed, and each of the four stands once.
        ("Received: from a by b id 1 with ESMTP; 1 Jan 2000 00:00 +0000", 27),
        ("Received: from a by b for a@b for c@d; 1 Jan 2000 00:00 +0000", 30),
        ("Received: from a by b for <a@b>,<c@d>; 1 Jan 2000 00:00 +0000", 31),
        ("Received: from a by b x; 1 Jan 2000 00:00 +0000", 23),
        ("Received: from a (\u{FC}) by b; 1 Jan 2000 00:00 +0000", 18),
        ("Received: from a\r\nby b; 1 Jan 2000 00:00 +0000", 16),
        // EID 1683: 1*(CFWS Atom FWS String), so that there is CFWS between two clauses.
        ("Received: from a by b foo \"x\"bar y; 1 Jan 2000 00:00 +0000", 29),
        ("Received: from a by b foo \"x\"\"y\"; 1 Jan 2000 00:00 +0000", 29),
        ("Received: from a by b foo x (y; 1 Jan 2000 00:00 +0000", 54),
        // A comment may stand in front of a msg-id, and not of an atom.
        ("Received: from a by b id (c) x; 1 Jan 2000 00:00 +0000", 29),
        // The obs- forms of date-time are prohibited (RFC 5321 section 4.4): a second fold, as obs-FWS has it.
        ("Received: from a by b; 1 Jan 2000 00:00 +0000 \r\n \r\n (c)", 49),
        ("Received: from a by b; 1 Jan 2000 00:00 +0000 (c \r\n \r\n d)", 52),
        ("Received: from a by b; 1 Jan 2000 00:00 +0000 (c) \r\n \r\n ", 53),
        ("Received: from a by b; 1 Jan 2000\r\n \r\n 00:00 +0000", 36),
    ] {
        let error = Received::parse(text.as_bytes(), Grammar::STRICT).expect_err(text);
        assert_eq!(error.offset(), offset, "{text}: {error}");
    }
    for text in ["for x", "BY x", "x", "x y z", "x\r\ny z", "x y;", "x \"y\"z z", ""] {
        assert_eq!(Clauses::new(text).is_ok(), text.is_empty(), "{text:?}");
    }
    for text in ["a b", "a\r\n", "<a@b", "<a>", "", "a;"] {
        assert!(TraceId::new(text).is_err(), "{text:?}");
    }
    assert!(Protocol::new("ESMTP x").is_err() && Link::new("").is_err());
    assert!(
        TraceDate::new("1 Jan 2000 00:00 +0000 ").is_err() && TraceDate::new("1 Jan 2000\r\n 00:00 +0000").is_err()
    );
    assert!(Clauses::new("x\r\n y").is_err(), "folds are the writer's");
}

/// RFC 6729 section 3: `State = CFWS "state" FWS queue-state-keyword [ "/" value ]`, with its own examples.
#[test]
fn states_and_what_they_say_besides() {
    use HandlingState as S;
    for (text, state, label) in [
        ("state quarantine/spam", S::Quarantine, Some("spam")),
        ("state moderation/not-subscribed", S::Moderation, Some("not-subscribed")),
        ("state convert/unicode2ascii", S::Convert, Some("unicode2ascii")),
        ("state normal", S::Normal, None),
        ("state other/!#$%&'*+-^_`{|}~9", S::Other, Some("!#$%&'*+-^_`{|}~9")),
    ] {
        let clauses = Clauses::new(text).unwrap();
        let value = ClauseValue::State(state, label.map(|label| Text::new(label).unwrap()));
        assert_eq!(clauses.iter().next().unwrap().interpret(), Some(value), "{text}");
        let mut built = ClausesBuf::new();
        built.push(value).unwrap();
        assert_eq!((built.as_clauses(), built.as_clauses().to_string()), (clauses, text.to_owned()));
        let field = format!("Received: from a by b {text}; 1 Jan 2000 00:00 +0000");
        assert_eq!(parse(&field).to_string(), field);
    }
    let upper = Clauses::new("STATE Quarantine/Spam").unwrap().iter().next().unwrap().interpret();
    assert_eq!(upper, Some(ClauseValue::State(S::Quarantine, Some(Text::new("Spam").unwrap()))));
    for text in [
        "state quarantine/",
        "state /spam",
        "state quarantine/a/b",
        "state quarantine/a=b",
        "state quarantine/a?",
        "state quarantine/\u{FC}",
        "state quarantine-spam",
        "state held/spam",
        "state \"quarantine/spam\"",
    ] {
        assert_eq!(Clauses::new(text).unwrap().iter().next().unwrap().interpret(), None, "{text}");
    }
    assert!(Clauses::new("state quarantine/a.b").is_err(), "no String has a dot outside quotes");
    for label in ["\"spam\"", "a/b", "\u{FC}"] {
        let value = ClauseValue::State(S::Quarantine, Some(Text::new(label).unwrap()));
        assert!(ClausesBuf::new().push(value).is_err(), "{label}");
    }
}

/// `ID = CFWS "ID" FWS ( Atom / msg-id )` with `msg-id = [CFWS] "<" id-left "@" id-right ">" [CFWS]` (RFC 5322 section 3.6.4).
#[test]
fn comments_around_a_message_id() {
    for id in ["id (c) <x@y>", "id (c (d))\r\n <x@y> (e)", "id <x@y>(c)", "id\r\n (c)<x@y>"] {
        let field = parse(&format!("Received: from a by b {id} for <a@b>; 1 Jan 2000 00:00 +0000")).to_string();
        assert_eq!(field, "Received: from a by b id <x@y> for <a@b>; 1 Jan 2000 00:00 +0000", "{id}");
    }
    assert!(TraceId::new("(c) <x@y>").is_err(), "the comment is none of the identifier");
    let close = b"Received: from a by b id(c) <x@y>; 1 Jan 2000 00:00 +0000";
    assert!(Received::parse(close, Grammar::STRICT).is_err(), "FWS stands after ID");
}

/// One fold is FWS, and may stand before the comment after the date, in it, and after it.
#[test]
fn folds_after_the_date() {
    for (text, date) in [
        ("+0000 \r\n (c)", "1 Jan 2000 00:00 +0000 \r\n (c)"),
        ("+0000 (c\r\n d \r\n\te)", "1 Jan 2000 00:00 +0000 (c\r\n d \r\n\te)"),
        ("+0000 (c)\r\n (d) \r\n ", "1 Jan 2000 00:00 +0000 (c)\r\n (d)"),
    ] {
        assert_eq!(parse(&format!("Received: from a by b; 1 Jan 2000 00:00 {text}")).date.as_str(), date);
    }
}

/// RFC 5322 section 3.3 has zones up to 9959, RFC 3339 section 5.6 hours up to 23: what is beyond a day is told in UTC.
#[test]
fn zones_of_a_day_and_more() {
    for (text, time) in [
        ("1 Jan 2000 00:00 +2359", "2000-01-01T00:00:00+23:59"),
        ("1 Jan 2000 00:00 +2400", "1999-12-31T00:00:00Z"),
        ("31 Dec 9999 23:59:60 +9959", "9999-12-27T20:00:60Z"),
        ("1 Jan 1900 00:00 +9959", "1899-12-27T20:01:00Z"),
        ("1 Jan 2000 00:00:01 -9959", "2000-01-05T03:59:01Z"),
        // No such form has the year 10000; this is the last moment that one has.
        ("31 Dec 9999 23:59 -9959", "9999-12-31T23:59:59Z"),
    ] {
        let date = TraceDate::new(text).unwrap();
        assert_eq!((date.to_string(), date.date_time().to_string()), (text.to_owned(), time.to_owned()));
        assert_eq!(DateTime::parse(time.as_bytes(), Grammar::STRICT), Ok(date.date_time()));
    }
    let mut wide = DateTime::from_unix_seconds(0, 0).unwrap();
    wide.offset = 24 * 60;
    assert!(TraceDateBuf::new(wide).is_err());
}

#[test]
fn lines_stay_below_the_limits() {
    let label = "d".repeat(63);
    let name = [label.as_str(); 4].join(".");
    let value = "v".repeat(900);
    let text = format!("{} {value} y z", "n".repeat(900));
    let from = ExtendedDomain::new(
        Host::new(&name).unwrap(),
        TcpInfo::new(Some(Domain::new(&name).unwrap()), IpAddr::V4(Ipv4Addr::new(255, 255, 255, 255))),
    );
    let date = TraceDate::new("1 Jan 2000 00:00 +0000").unwrap();
    let mut field = Received::new(from, Domain::new(&name).unwrap().into(), date);
    field.clauses = Clauses::new(&text).unwrap();
    let mailbox = format!("{}@{name}", "l".repeat(64));
    field.for_recipient = Some(Mailbox::new(&mailbox).unwrap().into());
    assert!(matches!(field.for_recipient, Some(TraceFor::Mailbox(_))), "a path of 322 octets is none");
    let written = field.to_string();
    assert!(written.split("\r\n").all(|line| line.len() <= 998), "RFC 5322 section 2.1.1");
    assert_eq!(parse(&written), field);
    assert!(Clauses::new(&format!("x {}", "v".repeat(901))).is_err());
}

/// RFC 5322 section 2.1.1: a line should have 78 octets without its CRLF, the ";" included. A field is not folded before it
/// has to be, and a name stands with its value where one line can hold both.
#[test]
fn a_line_has_78_octets() {
    let date = TraceDate::new("1 Jan 2000 00:00 +0000").unwrap();
    for (length, lines) in [
        (52, &["Received: from a by b id {};", " 1 Jan 2000 00:00 +0000"][..]),
        (53, &["Received: from a by b", " id {};", " 1 Jan 2000 00:00 +0000"]),
        (73, &["Received: from a by b", " id {};", " 1 Jan 2000 00:00 +0000"]),
        (74, &["Received: from a by b id", " {};", " 1 Jan 2000 00:00 +0000"]),
    ] {
        let id = "x".repeat(length);
        let host = |name| ExtendedDomain::from(Domain::new(name).unwrap());
        let mut field = Received::new(host("a"), host("b"), date);
        field.id = Some(TraceId::new(&id).unwrap());
        let text = lines.join("\r\n").replace("{}", &id);
        assert_eq!(field.to_string(), text);
        assert!(text.split("\r\n").all(|line| line.len() <= 78));
        assert_eq!(parse(&text), field);
    }
}

/// RFC 6531 section 3.7.3 with section 3.3: the String of an additional clause may be UTF-8, as its Atom may.
#[test]
fn clauses_beyond_ascii() {
    for value in ["\u{FC}", "\"\u{FC} x\"", "x"] {
        for name in ["\u{E9}", "x"] {
            let text = format!("{name} {value}");
            let clauses = Clauses::new(&text).unwrap();
            let clause = clauses.iter().next().unwrap();
            assert_eq!((clause.name.as_str(), clause.value.as_str(), clauses.to_string()), (name, value, text.clone()));
            let field = format!("Received: from a by b {text}; 1 Jan 2000 00:00 +0000");
            assert_eq!(Received::parse(field.as_bytes(), Grammar::STRICT).is_ok(), text.is_ascii(), "{text}");
            assert_eq!(Received::parse(field.as_bytes(), Grammar::SMTPUTF8).unwrap().clauses, clauses);
        }
    }
}

/// RFC 5322 section 3.3: the day of the week, two digits, four for the year, and a numeric zone.
#[test]
fn dates_from_numbers() {
    let dates = [
        (0, 0, "Thu, 01 Jan 1970 00:00:00 +0000"),
        (-1, -1, "Wed, 31 Dec 1969 23:58:59 -0001"),
        (951_782_400, 0, "Tue, 29 Feb 2000 00:00:00 +0000"),
        (1_013_822_362, 345, "Sat, 16 Feb 2002 07:04:22 +0545"),
        (4_107_542_399, 0, "Sun, 28 Feb 2100 23:59:59 +0000"),
        (4_107_542_400, 0, "Mon, 01 Mar 2100 00:00:00 +0000"),
        (-2_208_988_800, 0, "Mon, 01 Jan 1900 00:00:00 +0000"),
        (253_402_300_799, 0, "Fri, 31 Dec 9999 23:59:59 +0000"),
    ];
    for (seconds, offset, text) in dates {
        let time = DateTime::from_unix_seconds(seconds, offset).unwrap();
        assert_eq!(TraceDateBuf::new(time).unwrap().as_date().to_string(), text);
        assert_eq!(TraceDate::new(text).unwrap().date_time(), time);
    }
    for seconds in (-62_167_219_200..253_402_300_800).step_by(40_000_003) {
        for offset in [0, 1439, -1439] {
            let Ok(time) = DateTime::from_unix_seconds(seconds, offset) else { continue };
            assert_eq!((time.unix_seconds(), time.offset), (seconds, offset));
            assert_eq!(DateTime::parse(time.to_string().as_bytes(), Grammar::STRICT), Ok(time));
            assert_eq!(TraceDateBuf::new(time).is_ok(), time.year >= 1900);
        }
    }
    for (seconds, offset) in [(253_402_300_800, 0), (-62_167_219_201, 0), (i64::MAX, 1), (i64::MIN, -1), (0, 1440)] {
        assert!(DateTime::from_unix_seconds(seconds, offset).is_err());
    }
    let mut wrong = DateTime::from_unix_seconds(0, 0).unwrap();
    wrong.day = 32;
    assert!(TraceDateBuf::new(wrong).is_err());
    let mut leap = DateTime::from_unix_seconds(0, 0).unwrap();
    (leap.second, leap.nanosecond) = (60, 5);
    assert_eq!(TraceDateBuf::new(leap).unwrap().as_date().to_string(), "Thu, 01 Jan 1970 00:00:60 +0000");
}

#[test]
fn return_path() {
    for text in ["Return-Path: <>", "Return-Path: <@a.example:\"b c\"@d.example>"] {
        let field = ReturnPath::parse(text.as_bytes(), Grammar::STRICT).unwrap();
        assert_eq!(field.to_string(), text);
    }
    let folded = ReturnPath::parse(b"return-path:\r\n\t<>", Grammar::STRICT).unwrap();
    assert_eq!(folded, ReturnPath(ReversePath::Null));
    assert!(ReturnPath::parse(b"Return-Path: <> ", Grammar::STRICT).is_err());
    assert!(ReturnPath::parse(b"Return-Path: a@b", Grammar::STRICT).is_err());
}

/// RFC 3848 and RFC 6531 section 4.3, every combination.
#[test]
fn protocols() {
    for facts in 0..32u8 {
        let [lmtp, esmtp, utf8, tls, auth] = [16, 8, 4, 2, 1].map(|bit| facts & bit != 0);
        let mut keyword = String::new();
        if lmtp || esmtp {
            keyword += if utf8 { "UTF8" } else { "" };
            keyword += if lmtp {
                "LMTP"
            } else if utf8 {
                "SMTP"
            } else {
                "ESMTP"
            };
            keyword += if tls { "S" } else { "" };
            keyword += if auth { "A" } else { "" };
        } else {
            keyword += "SMTP";
        }
        let mut protocol = match (lmtp, esmtp) {
            (true, _) => WithProtocol::Lmtp,
            (false, true) => WithProtocol::Esmtp,
            (false, false) => WithProtocol::Smtp,
        };
        // In any order.
        protocol = if auth { protocol.with_auth() } else { protocol };
        protocol = if utf8 { protocol.with_smtputf8() } else { protocol };
        protocol = if tls { protocol.with_tls() } else { protocol };
        assert_eq!(protocol.keyword(), keyword);
        if lmtp || esmtp {
            let flags = (protocol.is_lmtp(), protocol.is_smtputf8(), protocol.is_tls(), protocol.is_authenticated());
            assert_eq!(flags, (lmtp, utf8, tls, auth));
            assert!(protocol.is_extended());
        }
    }
    assert_eq!(WithProtocol::ALL.len(), 18);
    assert_eq!(WithProtocol::from_keyword(b"mms"), Some(WithProtocol::Mms));
}
