//! The meaning of values: equality and equivalence, the facts that their methods return, and their bounds.

use smtp_core::syntax::{
    AddressLiteral, Base64, Base64Buf, Body, Capabilities, Capability, CapabilityValue, Category, Command, DateTime,
    Dialect, Domain, EhloReply, EnhancedCode, Expected, Extension, Extensions, ForwardPath, Grammar, Host, LocalPart,
    MailOrRcpt, Mailbox, MailboxBuf, Mechanism, ParameterName, ParameterValue, Parameters, ParametersBuf, Plain, Reply,
    ReplyBuf, ReplyClass, ReplyCode,
};
use smtp_core::trace::{
    ClauseValue, Clauses, ClausesBuf, Received, ReturnPath, TraceDate, TraceDateBuf, TraceId, WithProtocol,
};
use std::fmt::Debug;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;

fn hash(value: &impl Hash) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(value)
}

#[track_caller]
fn same<T: PartialEq + Hash + Debug>(one: &T, two: &T) {
    assert_eq!(one, two);
    assert_eq!(hash(one), hash(two), "{one:?} {two:?}");
}

#[track_caller]
fn other<T: PartialEq + Hash + Debug>(one: &T, two: &T) {
    assert_ne!(one, two);
    assert_ne!(hash(one), hash(two), "{one:?} {two:?}");
}

/// Checks that each value equals itself and none of the others.
#[track_caller]
fn distinct<T: PartialEq + Hash + Debug>(values: &[T]) {
    for (at, one) in values.iter().enumerate() {
        values.iter().enumerate().for_each(|(place, two)| if place == at { same(one, two) } else { other(one, two) });
    }
}

fn all() -> Grammar {
    Grammar::STRICT.with_extensions(Extensions::ALL)
}

fn parameter(line: &str, name: ParameterName) -> Option<ParameterValue<'_>> {
    match Command::parse(line.as_bytes(), all()) {
        Ok(Command::Mail(mail)) => mail.parameters.find(name),
        Ok(Command::Rcpt(rcpt)) => rcpt.parameters.find(name),
        _ => None,
    }
}

#[test]
fn equal_values() {
    let literal = |text: &'static str| AddressLiteral::parse(text.as_bytes(), Grammar::STRICT).unwrap();
    let four = AddressLiteral::from(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)));
    same(&literal("[192.0.2.1]"), &four);
    same(&literal("[192.0.2.1]"), &literal("[192.0.2.1]"));
    same(&four, &four);
    other(&literal("[192.0.2.1]"), &literal("[192.0.2.2]"));
    other(&four, &literal("[192.0.2.2]"));
    other(&four, &AddressLiteral::from(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2))));
    other(&four, &AddressLiteral::from(IpAddr::V6(Ipv6Addr::LOCALHOST)));

    let mechanism = |name| Mechanism::new(name).unwrap();
    same(&mechanism("plain"), &Mechanism::PLAIN);
    other(&mechanism("PLAIN"), &Mechanism::LOGIN);

    let paths = ["<a@b>", "<@c:a@b>", "<@d:a@b>", "<@c,@d:a@b>", "<a@c>"];
    distinct(&paths.map(|text| ForwardPath::parse(text.as_bytes(), Grammar::STRICT).unwrap()));
    distinct(&["", "X=1", "X=2", "X=1 Y"].map(|text| Parameters::new(text).unwrap()));

    let clauses = |text| Clauses::new(text).unwrap();
    same(&clauses("x y (comment) z a"), &clauses("x y z a"));
    other(&clauses("x y"), &clauses("x z"));
    assert!(clauses("").is_empty() && !clauses("x y").is_empty());

    let reply = |code, status, text| Reply::new(code, status, text).unwrap();
    let plain = reply(ReplyCode::OK, None, "a");
    for (one, equal) in [
        (reply(ReplyCode::OK, None, "a"), true),
        (reply(ReplyCode::OK, None, "b"), false),
        (reply(ReplyCode::OK, None, "a\nb"), false),
        (reply(ReplyCode::OK, Some(EnhancedCode::OK), "a"), false),
        (reply(ReplyCode::HELP_MESSAGE, None, "a"), false),
        (Reply::parse(b"250 a\r\n", Grammar::STRICT).unwrap(), true),
    ] {
        assert_eq!(plain == one, equal, "{one}");
        let [kept, other] = [plain, one].map(ReplyBuf::from);
        assert_eq!(kept == other, equal, "{one}");
    }
}

/// RFC 5321 sections 2.3.5, 2.4 and 4.1.2: case has no meaning in a domain, but has one in a local-part; quoting has none.
#[test]
fn equivalent_values() {
    let mailbox = |text| Mailbox::new(text).unwrap();
    for (one, two, equivalent) in [
        ("a@b.example", "a@B.Example", true),
        ("\"a\"@b", "a@b", true),
        ("\"\\a b\"@b", "\"a b\"@b", true),
        ("a@b", "A@b", false),
        ("a@b", "c@b", false),
        ("a@b", "a@c", false),
        ("a@[192.0.2.1]", "a@[192.000.002.001]", true),
        ("a@[192.0.2.1]", "a@[192.0.2.2]", false),
        ("a@[192.0.2.1]", "a@b", false),
    ] {
        assert_eq!(mailbox(one).equivalent(mailbox(two)), equivalent, "{one} {two}");
        let parts = |mailbox: Mailbox<'static>| (mailbox.local_part(), mailbox.host());
        let ((local, host), (local_2, host_2)) = (parts(mailbox(one)), parts(mailbox(two)));
        assert_eq!(LocalPart::equivalent(local, local_2) && Host::equivalent(host, host_2), equivalent, "{one} {two}");
    }
    assert!(!Domain::new("a.b").unwrap().equivalent(Domain::new("a.c").unwrap()));
    assert!(Domain::new("a.b-c.d").unwrap().labels().eq([&b"a"[..], b"b-c", b"d"]));
}

/// RFC 5321 section 4.1.2: an address should have "the minimum quoting possible". Characters are not split.
#[test]
fn the_least_quoting() {
    let minimal = |text: &str| Mailbox::new(&format!("{text}@b")).unwrap().local_part().minimal().to_string();
    for (text, least) in [
        ("a.b", "a.b"),
        ("\"joe\"", "joe"),
        ("\"j\\o\\.\\e\"", "jo.e"),
        ("\"a\\ b\"", "\"a b\""),
        ("\"a..b\"", "\"a..b\""),
        ("\".a\"", "\".a\""),
        ("\"a.\"", "\"a.\""),
        ("\"\\\"\\\\@\"", "\"\\\"\\\\@\""),
    ] {
        assert_eq!(minimal(text), least);
    }
    for before in 0..=9 {
        for characters in ["\u{E9}", "\u{20AC}x", "\u{1F600}\u{E9}", "\u{E9}\u{20AC}\u{1F600}\u{1F600}"] {
            let text = ["a".repeat(before).as_str(), characters, "b"].concat();
            assert_eq!(minimal(&format!("\"{text}\"")), text);
            let spaced = format!("\"{text} \"");
            assert_eq!(minimal(&spaced), spaced);
        }
    }
}

/// A log must show which value it was, except secrets.
#[test]
fn debug_output() {
    let mailbox = MailboxBuf::from(Mailbox::new("joe@a.example").unwrap());
    assert_eq!(mailbox.to_string(), "joe@a.example");
    let time = DateTime::parse(b"2000-01-01T00:00:00Z", Grammar::STRICT).unwrap();
    let reply = Reply::new(ReplyCode::OK, None, "fine").unwrap();
    let plain = Plain::parse(b"\0joe\0secret").unwrap();
    for (shown, wanted) in [
        (format!("{mailbox:?}"), "joe@a.example"),
        (format!("{:?}", TraceDateBuf::new(time).unwrap()), "Jan 2000"),
        (format!("{reply:?}"), "250 fine"),
        (format!("{:?}", ReplyBuf::from(&reply)), "250 fine"),
        (format!("{:?}", EnhancedCode::MAILBOX_FULL), "5.2.2"),
        (format!("{:?}", Extensions::ALL), "Pipelining"),
        (format!("{plain:?}"), "joe"),
        (format!("{:?}", plain.encode().unwrap()), "Base64"),
    ] {
        assert!(shown.contains(wanted), "{shown}");
        assert!(!shown.contains("secret") && !shown.contains("c2Vj"), "{shown}");
    }
    assert_eq!(Base64Buf::encode(b"secret").as_base64().as_bytes(), b"c2VjcmV0");
}

/// RFC 4616 section 2: `message = [authzid] UTF8NUL authcid UTF8NUL passwd`; RFC 4648 section 4.
#[test]
fn responses() {
    for wrong in [&b"a\0b\0c\0d"[..], b"a\0\0c", b"a\0b\0", b"a\0b", b"\0\xFF\0c"] {
        assert_eq!(Plain::parse(wrong), None, "{}", wrong.escape_ascii());
    }
    for octets in [&b"\xFB\xEF\xBE"[..], b"\x01\x82\xC3\x14", b"abcde"] {
        let text = Base64Buf::encode(octets);
        let text = text.as_base64().as_bytes().to_vec();
        assert!(Base64::parse(&text).unwrap().decode().eq(octets.iter().copied()));
    }
}

/// RFC 5321 section 4.2.1, RFC 5248.
#[test]
fn codes() {
    for (code, category) in [
        (500, Category::Syntax),
        (214, Category::Information),
        (421, Category::Connections),
        (235, Category::Unspecified),
        (440, Category::Unspecified),
        (250, Category::MailSystem),
        (554, Category::MailSystem),
    ] {
        assert_eq!(ReplyCode::new(code).unwrap().category(), category, "{code}");
    }
    for status in EnhancedCode::REGISTRY {
        assert_eq!(status.code.text(), Some(status.text));
        assert_eq!(status.code.basic_codes(), status.basic);
    }
    let unregistered = EnhancedCode::new(ReplyCode::OK.class(), 1, 999).unwrap();
    assert_eq!((unregistered.text(), unregistered.basic_codes()), (None, &[][..]));
}

/// RFC 3463 section 2: three numbers, of which the last two have up to three digits.
#[test]
fn parts_of_enhanced_codes() {
    let classes = [ReplyClass::Success, ReplyClass::TransientFailure, ReplyClass::PermanentFailure];
    let numbers = [0, 1, 2, 9, 10, 99, 100, 511, 512, 998, 999];
    let mut codes = Vec::new();
    for (class, subject) in classes.into_iter().flat_map(|class| numbers.map(|subject| (class, subject))) {
        for detail in numbers {
            let code = EnhancedCode::new(class, subject, detail).unwrap();
            assert_eq!((code.class(), code.subject(), code.detail()), (class, subject, detail));
            assert_eq!(code.to_string(), format!("{}.{subject}.{detail}", class.digit()));
            codes.push(code);
        }
        assert!(EnhancedCode::new(class, subject, 1000).is_err());
        assert!(EnhancedCode::new(class, 1000, subject).is_err());
    }
    assert!(codes.is_sorted() && codes.windows(2).all(|two| two[0] != two[1]));
    assert!(EnhancedCode::new(ReplyClass::Intermediate, 0, 0).is_err());
}

#[test]
fn capabilities() {
    let capability = |text: &'static str| Capability::parse(text.as_bytes()).unwrap().interpret();
    let Some(CapabilityValue::Auth(mechanisms)) = capability("AUTH PLAIN X-OWN") else { panic!() };
    assert!(mechanisms.contains(Mechanism::PLAIN) && !mechanisms.contains(Mechanism::LOGIN));
    // RFC 2852 section 2: min-by-time *( ',' extension-token ).
    assert_eq!(capability("DELIVERBY 240,X"), Some(CapabilityValue::DeliverBy(Some(240))));
    assert_eq!(capability("DELIVERBY 240;X"), None);
    // RFC 9422 section 3: an unknown limit is ignored, and the others are kept.
    let Some(CapabilityValue::Limits(limits)) = capability("LIMITS FOO MAILMAX=5") else { panic!() };
    assert_eq!(limits.mail_max, NonZeroU32::new(5));
    let error = EhloReply::parse(b"250\tmx.example\r\n", Grammar::STRICT).unwrap_err();
    assert_eq!((error.offset(), error.expected()), (3, Expected::Separator));
    let mut out = Vec::new();
    Capabilities::new().encode_reply(Host::new("mx.example").unwrap(), Extensions::NONE, &mut out);
    assert!(out.starts_with(b"250") && out.ends_with(b"\r\n") && out.windows(10).any(|octets| octets == b"mx.example"));
    for (octets, held) in [(&b"250 mx.example\r\n"[..], false), (b"250-mx.example\r\n250 8BITMIME\r\n", true)] {
        assert_eq!(
            EhloReply::parse(octets, Grammar::STRICT).unwrap().offer().extensions.contains(Extension::EightBitMime),
            held
        );
    }
}

/// A text that is too long for a line is divided at spaces, or elsewhere if it must be (RFC 5321 section 4.5.3.1.5).
#[test]
fn long_texts_of_replies() {
    let words = "word ".repeat(300);
    let word = "x".repeat(1200);
    let after_space = [" ", &word].concat();
    for (text, between) in [(words.trim_end(), " "), (&word, ""), (&after_space, "")] {
        let reply = Reply::new(ReplyCode::OK, EnhancedCode::OK, text).unwrap();
        let lines: Vec<&str> = reply.lines().map(|line| str::from_utf8(line).unwrap()).collect();
        assert_eq!(lines.join(between), text);
        let mut out = Vec::new();
        reply.encode(&mut out);
        let lengths: Vec<usize> = out.split_inclusive(|octet| *octet == b'\n').map(<[u8]>::len).collect();
        assert!(lengths.len() > 2 && lengths.iter().all(|length| (20..=512).contains(length)), "{lengths:?}");
    }
}

/// The longest line has 512 octets, with the code, the longest enhanced code, and CRLF.
#[test]
fn texts_that_just_fit_a_line() {
    let longest = EnhancedCode::new(ReplyCode::OK.class(), 999, 999).unwrap();
    for (enhanced, before) in
        [(None, "250 "), (Some(EnhancedCode::OK), "250 2.0.0 "), (Some(longest), "250 2.999.999 ")]
    {
        let room = 512 - before.len() - "\r\n".len();
        for length in room - 20..=room + 20 {
            let text = "x".repeat(length);
            let mut out = Vec::new();
            Reply::new(ReplyCode::OK, enhanced, &text).unwrap().encode(&mut out);
            let lines: Vec<usize> = out.split_inclusive(|octet| *octet == b'\n').map(<[u8]>::len).collect();
            let whole = before.len() + length + 2;
            assert_eq!(lines, if length <= room { vec![whole] } else { vec![512, whole - room] });
        }
    }
}

#[test]
fn the_needs_of_mail() {
    let mail = |line: &'static str| match Command::parse(line.as_bytes(), Grammar::SMTPUTF8) {
        Ok(Command::Mail(mail)) => mail,
        other => panic!("{other:?}"),
    };
    let asks = mail("MAIL FROM:<> BODY=BINARYMIME SMTPUTF8");
    assert_eq!((asks.body(), asks.is_smtputf8()), (Body::BinaryMime, true));
    let plain = mail("MAIL FROM:<> SIZE=1");
    assert_eq!((plain.body(), plain.is_smtputf8()), (Body::SevenBit, false));
}

/// The bounds of values, from both sides.
#[test]
fn bounds_of_parameters() {
    let long = |before: &str, octets: usize| [before, &"x".repeat(octets)].concat();
    for (good, wrong) in [
        // RFC 4865 section 5.2: not later than the time of DELIVERBY.
        ("MAIL FROM:<> BY=60;R HOLDFOR=60", "MAIL FROM:<> BY=60;R HOLDFOR=61"),
        // RFC 3885 section 3.1: base64, without its padding.
        ("MAIL FROM:<> ENVID=x@y MTRK=QUFBQQ", "MAIL FROM:<> ENVID=x@y MTRK=QUFBQ"),
        ("MAIL FROM:<> ENVID=x@y MTRK=QQ", "MAIL FROM:<> ENVID=x@y MTRK=Q"),
        // RFC 3885 section 3.2: text on both sides of an "@". The part after it may be the hash of a name in base64.
        ("MAIL FROM:<> ENVID=x@y MTRK=QQ", "MAIL FROM:<> ENVID=xy MTRK=QQ"),
        ("MAIL FROM:<> MTRK=QQ ENVID=x@y", "MAIL FROM:<> MTRK=QQ ENVID=x@"),
        ("MAIL FROM:<> ENVID=@x@y MTRK=QQ", "MAIL FROM:<> ENVID=@x MTRK=QQ"),
        ("MAIL FROM:<> ENVID=x+40y MTRK=QQ", "MAIL FROM:<> ENVID=x+41y MTRK=QQ"),
        ("MAIL FROM:<> ENVID=1@2jmj7l5rSw0yVb/vlWAYkK/YBwk MTRK=QQ", "MAIL FROM:<> ENVID=1@+2 MTRK=QQ"),
        // RFC 3865 section 2.2: 1000.
        (&long("MAIL FROM:<> SOLICIT=", 1000), &long("MAIL FROM:<> SOLICIT=", 1001)),
        // RFC 3461 section 4.2: 500 with the type.
        (&long("RCPT TO:<a@b> ORCPT=x400;", 495), &long("RCPT TO:<a@b> ORCPT=x400;", 496)),
        // RFC 6533 section 3: at least two digits, and no leading zero with three or more.
        ("RCPT TO:<a@b> ORCPT=utf-8;\\x{FC}", "RCPT TO:<a@b> ORCPT=utf-8;\\x{0FC}"),
        ("RCPT TO:<a@b> ORCPT=utf-8;\\x{01}", "RCPT TO:<a@b> ORCPT=utf-8;\\x{1}"),
        ("RCPT TO:<a@b> ORCPT=utf-8;\\x{10FFFF}", "RCPT TO:<a@b> ORCPT=utf-8;\\x{00000FC}"),
        ("RCPT TO:<a@b> ORCPT=utf-8;a", "RCPT TO:<a@b> ORCPT=utf-8;"),
        ("RCPT TO:<a@b> ORCPT=utf-8;\\x{2b}", "RCPT TO:<a@b> ORCPT=utf-8;\\x{2a}"),
        // Keywords that begin like known ones.
        ("MAIL FROM:<> SIZE=1", "MAIL FROM:<> SIZE-1"),
        ("MAIL FROM:<> SIZE=1", "MAIL FROM:<> SIZEX=1"),
        ("MAIL FROM:<> BODY=7BIT", "MAIL FROM:<> BODYX7BIT"),
        ("MAIL FROM:<> ENVID=a", "MAIL FROM:<> ENVIX=a"),
        ("MAIL FROM:<> SMTPUTF8", "MAIL FROM:<> SMTPUTFX"),
        ("RCPT TO:<a@b> NOTIFY=NEVER", "RCPT TO:<a@b> NOTIFX=NEVER"),
        ("RCPT TO:<a@b> ORCPT=rfc822;a", "RCPT TO:<a@b> ORCPX=rfc822;a"),
        // RFC 3986 section 2.1.
        ("BURL a:%4F", "BURL a:%4G"),
        ("BURL a:%4F", "BURL a:%G4"),
    ] {
        assert!(Command::parse(good.as_bytes(), all()).is_ok(), "{good}");
        assert!(Command::parse(wrong.as_bytes(), all()).is_err(), "{wrong}");
    }
}

/// RFC 6533 section 3: HEXPOINT in two digits is `( ( "0"/"1" ) %x31-39 ) / "10" / "20" / "2B" / "3D" / "7F" / "5C" /
/// (HEXDIG8 HEXDIG)`, which excludes the controls CR and LF among others. No dialect extends it.
#[test]
fn characters_in_two_digits() {
    for value in 0..=0xFFu8 {
        let has = matches!(value, 0x01..=0x09 | 0x11..=0x19 | 0x10 | 0x20 | 0x2B | 0x3D | 0x7F | 0x5C | 0x80..);
        let line = format!("RCPT TO:<a@b> ORCPT=utf-8;a\\x{{{value:02X}}}b");
        for grammar in [all(), Grammar::LENIENT.with_extensions(Extensions::ALL)] {
            assert_eq!(Command::parse(line.as_bytes(), grammar).is_ok(), has, "{line}");
        }
        let address = format!("a{}b", char::from(value));
        let may = has || matches!(value, 0x21..=0x7E);
        assert_eq!(ParametersBuf::new().push_orcpt("utf-8", &address).is_ok(), may, "{value:#x}");
        assert_eq!(ParametersBuf::new().push_orcpt_ascii("utf-8", &address).is_ok(), may, "{value:#x}");
    }
}

#[test]
fn facts_of_parameters() {
    let Some(ParameterValue::Solicit(keywords)) = parameter("MAIL FROM:<> SOLICIT=a:b,c", ParameterName::Solicit)
    else {
        panic!()
    };
    assert!(keywords.words().eq([&b"a:b"[..], b"c"]));
    let joe = Mailbox::new("joe+x@a.example").unwrap();
    for (line, is) in [("MAIL FROM:<> AUTH=joe+2Bx@a.example", true), ("MAIL FROM:<> AUTH=ann@a.example", false)] {
        let Some(ParameterValue::Auth(sender)) = parameter(line, ParameterName::Auth) else { panic!() };
        assert_eq!(sender.is(joe), is, "{line}");
    }
    for text in ["0;N", "-1;N", "60;RT"] {
        let line = format!("MAIL FROM:<> BY={text}");
        assert_eq!(parameter(&line, ParameterName::By).unwrap().to_string(), format!("BY={text}"));
    }
    // A value that was parsed leniently is found.
    let mut lenient = all();
    lenient.dialect = Dialect::LENIENT;
    let line = "RCPT TO:<a@b> ORCPT=rfc822;j+C3+BCrgen@b";
    let Ok(Command::Rcpt(rcpt)) = Command::parse(line.as_bytes(), lenient) else { panic!() };
    assert!(rcpt.parameters.find(ParameterName::Orcpt).is_some());
}

/// RFC 4954 section 5, RFC 4405 section 4: a Mailbox, with letters beyond ASCII if RFC 6531 is in force or offered.
#[test]
fn mailboxes_in_parameters() {
    let without = Grammar::STRICT.with_extensions(Extensions::ALL.without(Extension::SmtpUtf8));
    let mut in_force = without;
    in_force.smtputf8 = true;
    for value in ["AUTH=j+C3+BCrgen@b", "AUTH=a@b+C3+BCcher", "SUBMITTER=j+C3+BCrgen@b", "SUBMITTER=a@b+C3+BCcher"] {
        let line = format!("MAIL FROM:<> {value}");
        let error = Command::parse(line.as_bytes(), without).unwrap_err();
        assert_eq!((error.expected(), error.code().get()), (Expected::ParameterValue, 501), "{line}");
        assert!(Command::parse(line.as_bytes(), all()).is_ok(), "{line}");
        assert!(Command::parse(line.as_bytes(), in_force).is_ok(), "{line}");
        let parameter = Parameters::new(value).unwrap().iter().next().unwrap();
        assert!(parameter.interpret(MailOrRcpt::Mail, Grammar::STRICT).unwrap().is_err(), "{line}");
        assert!(parameter.interpret(MailOrRcpt::Mail, Grammar::SMTPUTF8).unwrap().is_ok(), "{line}");
    }
}

/// RFC 6531 section 3.7.4: `SP "SMTPUTF8"` after the String. If any text is allowed as the argument, the word is its end.
#[test]
fn vrfy_with_smtputf8() {
    for (smtputf8, line, text, marked) in [
        (true, "VRFY joe smith SMTPUTF8", "joe smith", true),
        (false, "VRFY joe smith SMTPUTF8", "joe smith SMTPUTF8", false),
        (true, "VRFY joe smith SMTPUTF9", "joe smith SMTPUTF9", false),
    ] {
        let mut grammar = Grammar::LENIENT;
        grammar.smtputf8 = smtputf8;
        let Ok(Command::Vrfy(lookup)) = Command::parse(line.as_bytes(), grammar) else { panic!("{line}") };
        assert_eq!((lookup.text.as_bytes(), lookup.smtputf8), (text.as_bytes(), marked));
    }
    let expected = |line: &[u8]| Command::parse(line, Grammar::STRICT).unwrap_err().expected();
    assert_eq!((expected(b"DATA\t"), expected(b"MAIL\t")), (Expected::EndOfLine, Expected::Space));
}

/// RFC 3339 section 5.6 and RFC 5322 section 3.3.
#[test]
fn times() {
    for (text, offset) in [("2026-1", 6), ("2026-1x-01T00:00:00Z", 6), ("2026-x1-01T00:00:00Z", 5)] {
        assert_eq!(DateTime::parse(text.as_bytes(), Grammar::STRICT).unwrap_err().offset(), offset, "{text}");
    }
    for day in ["Sat, 1 Jan 2000", "Sun, 2 Jan 2000", "Thu, 1 Jan 1970", "Wed, 31 Dec 1969", "Tue, 29 Feb 2000"] {
        assert!(TraceDate::new(&format!("{day} 00:00 +0000")).is_ok(), "{day}");
    }
    let folded = b"Received: from a by b;\r\n Sat,\r\n\t1\r\n  Jan 2000 00:00 +0000";
    assert!(Received::parse(folded, Grammar::STRICT).is_ok());
    let unfolded = b"Received: from a by b; Sat,\r\n1 Jan 2000 00:00 +0000";
    assert!(Received::parse(unfolded, Grammar::STRICT).is_err());
}

/// RFC 5321 section 4.4, RFC 8314 section 4.3, RFC 6710 section 7, RFC 5322 section 3.6.4.
#[test]
fn trace_clauses() {
    let value = |text| Clauses::new(text).unwrap().iter().next().unwrap().interpret();
    for (text, registered) in [
        ("tls TLS_A_1", true),
        ("tls 0x13AF", true),
        ("tls 0x13A", false),
        ("tls 0x13AF0", false),
        ("tls 0x13AG", false),
        ("tls 1A", false),
        ("tls A-B", false),
        ("group x-25_5", true),
        ("group -x", false),
        ("group x*y", false),
        ("PRIORITY 0", true),
        ("PRIORITY 10", false),
    ] {
        assert_eq!(value(text).is_some(), registered, "{text}");
        if let Some(value) = value(text) {
            let mut clauses = ClausesBuf::new();
            let pushed = clauses.push(value);
            // A group must follow its cipher.
            assert_eq!(pushed.is_ok(), !text.starts_with("group"), "{text}");
            if pushed.is_ok() {
                clauses.push(ClauseValue::Priority(-9)).unwrap();
                assert_eq!(clauses.as_clauses().to_string(), format!("{text} PRIORITY -9"));
            }
        }
    }
    for (text, is) in [("<a.b@c.d>", true), ("<a@[b]>", true), ("atom", false)] {
        assert_eq!(TraceId::new(text).unwrap().is_message_id(), is, "{text}");
    }
    for wrong in ["<a@[b>", "<a@b", "<@b>"] {
        assert!(TraceId::new(wrong).is_err(), "{wrong}");
    }
    assert!(WithProtocol::Esmtp.is_extended() && WithProtocol::Lmtp.is_extended() && !WithProtocol::Smtp.is_extended());
    let wide = "Received: from a by b (j\u{FC}rgen); 1 Jan 2000 00:00 +0000".as_bytes();
    assert!(Received::parse(wide, Grammar::SMTPUTF8).is_ok() && Received::parse(wide, Grammar::STRICT).is_err());
    let path = ReturnPath::parse(b"Return-Path: <a@b>", Grammar::STRICT).unwrap();
    let mut out = Vec::new();
    path.encode(&mut out);
    assert_eq!(out, b"Return-Path: <a@b>\r\n");
}
