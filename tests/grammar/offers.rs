//! The reply to EHLO, and what the client keeps of it (RFC 5321 section 4.1.1.1).

use smtp_core::syntax::{
    Capabilities, Capability, CapabilityValue, Command, DateTime, EhloReply, Expected, Extension, Extensions, Grammar,
    Host, Limits, Mechanism, Offer, OverLimit, ParameterName, Reply, ReplyCode, Text,
};
use std::num::NonZeroU32;

/// Returns a reply with this greeting and these lines after it.
fn reply(greeting: &str, lines: &[&str]) -> String {
    let mut reply = String::new();
    for (n, text) in [greeting].iter().chain(lines).enumerate() {
        reply += &format!("250{}{text}\r\n", if n < lines.len() { '-' } else { ' ' });
    }
    reply
}

fn offer(lines: &[&str]) -> Offer {
    EhloReply::parse(reply("mx.example", lines).as_bytes(), Grammar::STRICT).unwrap().offer()
}

/// Returns the offers of this line alone, and of replies with others.
fn offers(line: &str) -> [Offer; 3] {
    [offer(&[line]), offer(&["PIPELINING", line, "8BITMIME"]), offer(&["X-OWN a b", line])]
}

/// `ehlo-greet = 1*(%d0-9 / %d11-12 / %d14-127)`, with controls, which the text of another reply may not have.
#[test]
fn the_name_and_the_text_of_the_greeting() {
    for (greeting, host, greet) in [
        ("mx.example", "mx.example", None),
        ("mx.example hello  you", "mx.example", Some("hello  you")),
        ("mx.example \u{1}\u{B}\u{7F}\0", "mx.example", Some("\u{1}\u{B}\u{7F}\0")),
    ] {
        for grammar in [Grammar::STRICT, Grammar::STRICT.with_extensions(Extensions::ALL)] {
            let text = reply(greeting, &["DSN"]);
            let ehlo = EhloReply::parse(text.as_bytes(), grammar).unwrap();
            assert_eq!(ehlo.host(), Some(Host::new(host).unwrap()));
            assert_eq!((ehlo.name(), ehlo.greet()), (host.as_bytes(), greet.map(str::as_bytes)));
            assert!(ehlo.offer().extensions.contains(Extension::Dsn));
        }
    }
    // RFC 2034 section 3: no reply to EHLO has an enhanced code, so this is a domain.
    let ehlo = EhloReply::parse(b"250 2.1.0 hello\r\n", Grammar::STRICT.with_extensions(Extensions::ALL)).unwrap();
    assert_eq!((ehlo.name(), ehlo.greet()), (&b"2.1.0"[..], Some(&b"hello"[..])));
    // Spaces before the name, which the strict grammar refuses, are not part of it.
    for (octets, greet) in [
        (&b"250-  mx.example\r\n250 DSN\r\n"[..], None),
        (b"250- mx.example hi\r\n250 DSN\r\n", Some(&b"hi"[..])),
        (b"250  mx.example\r\n", None),
        (b"250-mx.example \r\n250 DSN\r\n", None),
    ] {
        assert!(EhloReply::parse(octets, Grammar::STRICT).is_err());
        let ehlo = EhloReply::parse(octets, Grammar::LENIENT).unwrap();
        assert_eq!((ehlo.name(), ehlo.greet()), (&b"mx.example"[..], greet), "{}", octets.escape_ascii());
    }
    let reply = Reply::parse(b"250-not_a_name\r\n250 DSN\r\n", Grammar::STRICT).unwrap();
    let ehlo = EhloReply::from_reply(reply).unwrap();
    assert_eq!((ehlo.host(), ehlo.name()), (None, &b"not_a_name"[..]));
}

/// `Domain = sub-domain *("." sub-domain)` and nothing else, in a line of any length.
#[test]
fn a_name_does_not_end_with_a_hyphen() {
    for name in 1..=20 {
        for greet in 1..=20 {
            let text = reply(&format!("{}- {}", "a".repeat(name), "z".repeat(greet)), &[]);
            let error = EhloReply::parse(text.as_bytes(), Grammar::STRICT).unwrap_err();
            assert_eq!((error.expected(), error.offset()), (Expected::Domain, "250 ".len() + name + 1), "{text}");
        }
    }
}

/// The offer is the same whether its reply was parsed or built.
#[test]
fn an_offer_of_a_reply_that_was_built() {
    let made = Reply::new(ReplyCode::OK, None, "mx.example\nDSN\nSIZE 1000\nLIMITS RCPTMAX=5\nAUTH PLAIN").unwrap();
    let read = offer(&["DSN", "SIZE 1000", "LIMITS RCPTMAX=5", "AUTH PLAIN"]);
    assert_eq!(EhloReply::from_reply(made).unwrap().offer(), read);
    assert!(read.extensions.contains(Extension::Dsn) && read.has_mechanism(Mechanism::PLAIN));
}

/// RFC 1870 section 3: a number; 0 means no fixed maximum. The last one counts.
#[test]
fn the_size_is_remembered() {
    for (line, size) in [
        ("SIZE", None),
        ("SIZE 0", None),
        ("SIZE 1", Some(1)),
        ("size 1000", Some(1000)),
        ("SIZE 18446744073709551615", Some(u64::MAX)),
        ("SIZE 18446744073709551616", None),
        ("SIZE 1k", None),
        ("SIZE 1000 junk", None),
        ("SIZE 000000000000000000001000", Some(1000)),
    ] {
        for offer in offers(line) {
            assert_eq!((offer.size, offer.extensions.contains(Extension::Size)), (size, true), "{line}");
        }
    }
    assert_eq!(offer(&["SIZE 1000", "SIZE 2000"]).size, Some(2000));
    assert_eq!(offer(&["SIZE 1000", "SIZE 0"]).size, None);
    assert_eq!(offer(&["SIZE 1000", "SIZE junk"]).size, Some(1000), "the last valid line");
    assert_eq!(offer(&["SIZE 1000", "AUTH PLAIN", "DSN"]).size, Some(1000), "no other line changes it");
}

/// The text after a keyword is checked by the grammar of its extension. The extension is offered in any case.
#[test]
fn the_meaning_of_capabilities() {
    let spoilt = [
        // RFC 1870 section 3: size-param ::= [1*DIGIT].
        "SIZE junk",
        "SIZE 1000 junk",
        "SIZE 1k",
        "SIZE -1",
        // RFC 6710 section 7: priority-profile = 1*20(ALPHA / DIGIT / "-" / "_" / ".").
        "MT-PRIORITY STANAG4406 MIXER",
        "MT-PRIORITY A/B",
        "MT-PRIORITY abcdefghijklmnopqrstu",
        // RFC 2852 section 2: min-by-time *( ',' extension-token ).
        "DELIVERBY 240,",
        "DELIVERBY 240,,",
        "DELIVERBY 240,a b",
        "DELIVERBY 240 a",
        "DELIVERBY ,",
        "DELIVERBY 1000000000",
        // RFC 4865 section 3.
        "FUTURERELEASE",
        "FUTURERELEASE 0 2030-01-01T00:00:00Z",
        "FUTURERELEASE 1000000000 2030-01-01T00:00:00Z",
        "FUTURERELEASE 5 2030-13-01T00:00:00Z",
        "FUTURERELEASE 5 2030-01-01T00:00:00Z x",
        // RFC 3865 section 2.2.
        "NO-SOLICITING 1",
        "NO-SOLICITING a b",
    ];
    let valid = [
        ("SIZE 000000000000000000001000", "SIZE 1000"),
        ("SIZE 00000000000000000000000", "SIZE"),
        // A number beyond 64 bits is larger than any message.
        ("SIZE 99999999999999999999999", "SIZE"),
        ("MT-PRIORITY a-B_9.z", "MT-PRIORITY a-B_9.z"),
        ("MT-PRIORITY abcdefghijklmnopqrst", "MT-PRIORITY abcdefghijklmnopqrst"),
        ("DELIVERBY 240,a,b=c", "DELIVERBY 240"),
        ("DELIVERBY ,a", "DELIVERBY"),
        ("DELIVERBY 000000240", "DELIVERBY 240"),
        // RFC 4468 section 3.1: clients MUST ignore unknown arguments.
        ("BURL foo", "BURL foo"),
        // RFC 6531 section 3.1: the client ignores parameters that no standard defines. Servers send some with other keywords too.
        ("STARTTLS junk", "STARTTLS"),
        ("SMTPUTF8 junk more", "SMTPUTF8"),
        ("HELP junk", "HELP"),
    ];
    let expected = spoilt.iter().map(|line| (*line, None)).chain(valid.iter().map(|(line, said)| (*line, Some(*said))));
    for (line, said) in expected {
        let capability = Capability::parse(line.as_bytes()).unwrap();
        assert_eq!(capability.interpret().map(|value| value.to_string()).as_deref(), said, "{line}");
        for offer in offers(line) {
            assert!(offer.extensions.contains(capability.extension().unwrap()), "{line}");
        }
    }
}

/// RFC 4954 section 3: mechanisms, separated by spaces. Those of several lines add up.
#[test]
fn mechanisms_are_remembered() {
    let own = Mechanism::new("X-OWN").unwrap();
    for (lines, common, other) in [
        (&["AUTH PLAIN LOGIN"][..], &[Mechanism::PLAIN, Mechanism::LOGIN][..], false),
        (&["AUTH plain LOGIN", "AUTH PLAIN"], &[Mechanism::PLAIN, Mechanism::LOGIN], false),
        (&["AUTH PLAIN", "SIZE 1", "AUTH PLAIN NTLM"], &[Mechanism::PLAIN, Mechanism::NTLM], false),
        (&["AUTH X-OWN PLAIN", "AUTH PLAIN"], &[Mechanism::PLAIN], true),
        (&["AUTH"], &[], false),
    ] {
        for lines in [lines.to_vec(), [lines, &["8BITMIME"]].concat()] {
            let offer = offer(&lines);
            assert!(offer.extensions.contains(Extension::Auth));
            for mechanism in Mechanism::COMMON {
                assert_eq!(offer.has_mechanism(*mechanism), common.contains(mechanism), "{mechanism} in {lines:?}");
            }
            assert_eq!(offer.has_mechanism(own), other, "{lines:?}");
        }
    }
}

/// RFC 9422 section 3: names with values of visible ASCII except ";". Text that is not such a list is ignored as a whole.
#[test]
fn limits_are_remembered() {
    for (line, limits) in [
        ("LIMITS MAILMAX=5 RCPTMAX=999999 RCPTDOMAINMAX=1", Some([Some(5), Some(999_999), Some(1)])),
        ("LIMITS rcptmax=10", Some([None, Some(10), None])),
        ("LIMITS X_Y-1=a,b=c RCPTMAX=10", Some([None, Some(10), None])),
        ("LIMITS MAILMAX=0 RCPTMAX=1000000 RCPTDOMAINMAX=", Some([None; 3])),
        ("LIMITS =1 RCPTMAX=10", None),
        ("LIMITS X=1;2 RCPTMAX=10", None),
        ("LIMITS RCPTMAX=10; MAILMAX=5", None),
        ("LIMITS RCPT.MAX=1 MAILMAX=5", None),
    ] {
        match Capability::parse(line.as_bytes()).unwrap().interpret() {
            Some(CapabilityValue::Limits(found)) => {
                let found = [found.mail_max, found.rcpt_max, found.rcpt_domain_max];
                assert_eq!(Some(found.map(|limit| limit.map(NonZeroU32::get))), limits, "{line}");
            }
            None => assert_eq!(limits, None, "{line}"),
            Some(other) => panic!("{other}"),
        }
        for offer in offers(line) {
            let found = [offer.limits.mail_max, offer.limits.rcpt_max, offer.limits.rcpt_domain_max];
            assert_eq!(found.map(|limit| limit.map(NonZeroU32::get)), limits.unwrap_or_default(), "{line}");
        }
    }
}

/// A keyword is compared in full: with one letter changed it is not a registered one, whatever its length.
#[test]
fn a_keyword_is_known_by_all_its_letters() {
    let changed = |keyword: &str, place: usize| {
        let mut octets = keyword.as_bytes().to_vec();
        octets[place] = if octets[place] == b'Q' { b'J' } else { b'Q' };
        String::from_utf8(octets).unwrap()
    };
    for extension in Extension::ALL {
        for place in 0..extension.keyword().len() {
            let other = changed(extension.keyword(), place);
            assert_eq!(Extension::from_keyword(other.as_bytes()), None, "{other}");
            assert_eq!(offer(&[&other]).extensions, Extensions::NONE, "{other}");
        }
    }
    for name in ParameterName::ALL {
        for place in 0..name.keyword().len() {
            let other = changed(name.keyword(), place);
            assert_eq!(ParameterName::from_keyword(other.as_bytes(), name.command()), None, "{other}");
        }
    }
    for mechanism in Mechanism::COMMON {
        let name = mechanism.to_string();
        for place in 0..name.len() {
            let other = changed(&name, place);
            let offer = offer(&[&format!("AUTH {other}")]);
            assert!(Mechanism::COMMON.iter().all(|common| !offer.has_mechanism(*common)), "{other}");
            assert!(offer.has_mechanism(Mechanism::new(&other).unwrap()), "{other}");
        }
    }
}

/// Returns the lines of the reply that offers these. The strict grammar must accept it.
fn lines_of(capabilities: &Capabilities) -> Vec<String> {
    let mut out = Vec::new();
    capabilities.encode_reply(Host::new("mx.example").unwrap(), Extensions::NONE, &mut out);
    let ehlo =
        EhloReply::parse(&out, Grammar::STRICT).unwrap_or_else(|error| panic!("{}: {error}", out.escape_ascii()));
    assert_eq!(ehlo.offer(), *capabilities.offer());
    ehlo.reply().lines().skip(1).map(|line| String::from_utf8(line.to_vec()).unwrap()).collect()
}

/// RFC 5321 section 4.1.1.1: one line for each extension.
#[test]
fn a_keyword_is_offered_once() {
    let size = |octets| CapabilityValue::Size(Some(octets));
    let offered = Capabilities::new()
        .with_value(size(1000))
        .unwrap()
        .with(Extension::Pipelining)
        .with_line("X-Tag on")
        .unwrap()
        .with(Extension::Pipelining)
        .with_line("x-tag off")
        .unwrap()
        .with_value(size(50_000_000))
        .unwrap();
    assert_eq!(lines_of(&offered), ["PIPELINING", "x-tag off", "SIZE 50000000"]);
    assert_eq!(offered.size_limit(), Some(50_000_000));
    let less = offered.without(Extension::Size);
    assert_eq!((lines_of(&less).len(), less.size_limit()), (2, None));
    assert_eq!(less.clone().without(Extension::Size), less);
}

/// A value whose line would not parse back as that value is left out: the client would learn something else, or could not read
/// the reply.
#[test]
fn values_that_cannot_be_written_are_not_offered() {
    use CapabilityValue as V;
    let text = |text: &'static str| Text::parse(text.as_bytes(), Grammar::LENIENT).unwrap();
    let limits = |set: fn(&mut Limits)| {
        let mut limits = Limits::default();
        set(&mut limits);
        V::Limits(limits)
    };
    let time = |set: fn(&mut DateTime)| {
        let mut time = DateTime::from_unix_seconds(0, 0).unwrap();
        set(&mut time);
        time
    };
    let long = "x".repeat(600);
    let long = Text::parse(long.as_bytes(), Grammar::LENIENT).unwrap();
    for value in [
        V::Plain(Extension::FutureRelease),
        V::DeliverBy(Some(1_000_000_000)),
        limits(|limits| limits.rcpt_max = NonZeroU32::new(1_000_000)),
        limits(|limits| (limits.rcpt_max, limits.rcpt_domain_max) = (NonZeroU32::new(5), Some(NonZeroU32::MAX))),
        V::FutureRelease(0, time(|_| {})),
        V::FutureRelease(1_000_000_000, time(|_| {})),
        V::FutureRelease(5, time(|time| time.month = 13)),
        V::FutureRelease(5, time(|time| time.day = 0)),
        V::FutureRelease(5, time(|time| time.year = 10_000)),
        V::FutureRelease(5, time(|time| time.offset = 24 * 60)),
        V::FutureRelease(5, time(|time| time.nanosecond = 1_000_000_000)),
        V::MtPriority(Some(text("A B"))),
        V::MtPriority(Some(text("\u{E9}"))),
        V::Burl(text("\u{E9}")),
        V::Burl(long),
        V::Xclient(text("NAME  ADDR")),
        V::Xclient(text(" NAME")),
        V::Xforward(text("NAME ")),
        V::Xforward(text("NAME\tADDR")),
    ] {
        assert!(Capabilities::new().with_value(value).is_err(), "{value}");
    }
    for (value, line) in [
        // RFC 1870 section 3: no fixed maximum, which Size(None) can mean too.
        (V::Size(Some(0)), "SIZE 0"),
        (V::Size(Some(u64::MAX)), "SIZE 18446744073709551615"),
        (V::DeliverBy(Some(999_999_999)), "DELIVERBY 999999999"),
        (limits(|limits| limits.mail_max = NonZeroU32::new(999_999)), "LIMITS MAILMAX=999999"),
        (V::FutureRelease(1, time(|_| {})), "FUTURERELEASE 1 1970-01-01T00:00:00Z"),
        (V::Burl(text("imap imap://imap.example")), "BURL imap imap://imap.example"),
    ] {
        assert_eq!(lines_of(&Capabilities::new().with_value(value).unwrap()), [line]);
    }
    for extension in Extension::ALL {
        let capabilities = Capabilities::new().with(*extension);
        // RFC 4865 section 3 and RFC 4954 section 3: the keyword alone is no offer of theirs.
        let needs_more = matches!(extension, Extension::FutureRelease | Extension::Auth);
        let expected = Some(extension.keyword().to_owned()).filter(|_| !needs_more);
        assert_eq!(lines_of(&capabilities), Vec::from_iter(expected));
        assert_eq!(Capabilities::new().with_value(V::Plain(*extension)).is_err(), needs_more);
    }
}

/// The longest line, and one more octet.
#[test]
fn lines_of_the_caller_within_the_limit() {
    let room = 512 - "250-\r\n".len();
    for length in room - 3..room + 3 {
        let text = ["X-OWN ", &"x".repeat(length - "X-OWN ".len())].concat();
        match Capabilities::new().with_line(&text) {
            Ok(capabilities) => assert_eq!((lines_of(&capabilities), length <= room), (vec![text], true)),
            Err(error) => {
                assert_eq!((error.expected(), error.offset()), (Expected::LineWithinLimit, room));
                assert!(length > room);
            }
        }
    }
    assert!(Capabilities::new().with_line("X-OWN \u{E9}").is_err() && Capabilities::new().with_line("X  Y").is_err());
}

/// A client reads a reply of 65 536 octets by default. The lines of the caller have 64 000 of them, so that there is always room for
/// an extension that is added by its keyword alone.
#[test]
fn lines_together_within_the_limit() {
    let line = |at: usize| [&format!("X-{at:04} "), "x".repeat(100 - "250-X-0000 \r\n".len()).as_str()].concat();
    let full = (0..640).fold(Capabilities::new(), |list, at| list.with_line(&line(at)).unwrap());
    let error = full.clone().with_line("X").unwrap_err();
    assert_eq!((error.expected(), error.offset()), (Expected::LineWithinLimit, 0));
    assert!(full.clone().with_value(CapabilityValue::Size(Some(1))).is_err());
    // A line can be replaced.
    let full = full.with_line(&line(7)).unwrap();
    assert!(full.clone().with_line(&[&line(7), "x"].concat()).is_err());
    let all = Extension::ALL.iter().fold(full, |list, extension| list.with(*extension));
    assert!(all.extensions().contains(Extension::StartTls));
    let mut out = Vec::new();
    all.encode_reply(Host::new("mx.example").unwrap(), Extensions::NONE, &mut out);
    assert!((64_000..65_536).contains(&out.len()), "{}", out.len());
    assert_eq!(EhloReply::parse(&out, Grammar::STRICT).unwrap().capabilities().count(), 640 + Extension::ALL.len() - 2);
}

/// RFC 5321 section 4.5.3.1.5: 512 octets with code and CRLF, of the first line and of any other.
#[test]
fn lines_within_the_limit() {
    let fill = |before: &str, length: usize| [before, &"x".repeat(length - before.len())].concat();
    for (length, fits) in [(511, true), (512, true), (513, false)] {
        let text = length - "250-\r\n".len();
        let greeting = reply(&fill("mx.example ", text), &["DSN"]);
        let line = reply("mx.example", &["DSN", &fill("X-OWN ", text), "HELP"]);
        for (reply, start) in [(greeting, 0), (line, "250-mx.example\r\n250-DSN\r\n".len())] {
            let found = EhloReply::parse(reply.as_bytes(), Grammar::STRICT).map(|_| ());
            let fault = found.map_err(|error| (error.expected(), error.offset()));
            assert_eq!(fault, if fits { Ok(()) } else { Err((Expected::LineWithinLimit, start + 512)) }, "{length}");
        }
    }
}

/// The values for which the grammar of String is too narrow consist of words.
#[test]
fn words_of_the_caller() {
    use CapabilityValue as V;
    for (make, text) in [
        (V::Burl as fn(Text<'static>) -> V<'static>, "imap imap://imap.example"),
        (V::Xclient, "NAME ADDR PROTO HELO"),
        (V::Xforward, "NAME ADDR PROTO HELO SOURCE"),
        (|profile| V::MtPriority(Some(profile)), "A.B"),
    ] {
        let value = make(Text::ehlo_params(text).unwrap());
        let line = format!("{} {text}", value.extension().keyword());
        assert_eq!(lines_of(&Capabilities::new().with_value(value).unwrap()), [&line[..]]);
        assert_eq!(Capability::parse(line.as_bytes()).unwrap().interpret(), Some(value));
    }
    for text in ["", " A", "A ", "A  B", "A\tB", "A\r\n", "\u{E9}"] {
        assert!(Text::ehlo_params(text).is_err(), "{text:?}");
    }
}

/// The limits of an offer for commands: RFC 1870 section 6.1, RFC 4865 section 4, RFC 2852 sections 3 and 4, RFC 4468 sections 3.1
/// and 3.3. Server and client derive the same facts from the same line.
#[test]
fn limits_that_commands_keep() {
    use OverLimit as O;
    const HOLD: &str = "FUTURERELEASE 86400 2023-04-14T10:00:00.5Z";
    let within = |text: &str, line: &str| {
        let command = Command::parse(line.as_bytes(), Grammar::STRICT).unwrap();
        let own = Capabilities::new().with_line(text).unwrap().offer().permits(&command);
        for offer in offers(text) {
            assert_eq!(offer.permits(&command), own, "{text}: {line}");
        }
        own.err()
    };
    for (text, parameters, exceeded) in [
        ("SIZE 1000", "SIZE=1000", None),
        ("SIZE 1000", "SIZE=1001", Some(O::Size)),
        ("SIZE 1000", "BODY=8BITMIME SIZE=99999999999999999999", Some(O::Size)),
        ("SIZE 1000", "SIZE=x", None),
        ("SIZE", "SIZE=1001", None),
        ("SIZE 0", "SIZE=1001", None),
        ("DSN", "SIZE=1001", None),
        (HOLD, "HOLDFOR=86400", None),
        (HOLD, "HOLDFOR=86401", Some(O::HoldFor)),
        (HOLD, "HOLDUNTIL=2023-04-14T10:00:00.5Z", None),
        (HOLD, "HOLDUNTIL=2023-04-14T10:00:00.500001Z", Some(O::HoldUntil)),
        (HOLD, "HOLDUNTIL=2023-04-14T09:59:60.9Z", Some(O::HoldUntil)),
        (HOLD, "holduntil=2024-01-01T00:00:00Z", Some(O::HoldUntil)),
        (HOLD, "HOLDUNTIL=2023-04-13T23:59:59Z", None),
        // A time before 1970 is a valid time.
        ("FUTURERELEASE 1 0000-01-01T00:00:00Z", "HOLDUNTIL=0000-01-01T00:00:00Z", None),
        ("FUTURERELEASE 1 0000-01-01T00:00:00Z", "HOLDUNTIL=0000-01-01T00:00:01Z", Some(O::HoldUntil)),
        // Without valid values nothing is declared.
        ("FUTURERELEASE", "HOLDFOR=999999999", None),
        ("FUTURERELEASE 60", "HOLDFOR=999999999", None),
        ("DELIVERBY 240", "BY=240;R", None),
        ("DELIVERBY 240", "BY=239;R", Some(O::ByTime)),
        ("DELIVERBY 240", "BY=+1;RT", Some(O::ByTime)),
        ("DELIVERBY 240", "BY=239;N", None),
        ("DELIVERBY 240", "BY=-999999999;NT", None),
        ("DELIVERBY 999999999,x", "BY=999999998;R", Some(O::ByTime)),
        ("DELIVERBY", "BY=1;R", None),
        ("DELIVERBY ,x", "BY=1;R", None),
        ("DELIVERBY 0", "BY=1;R", None),
    ] {
        assert_eq!(within(text, &format!("MAIL FROM:<> {parameters}")), exceeded, "{text}: {parameters}");
    }
    let (urlauth, other) = ("imap://a.example/b;uid=1;URLAUTH=submit+c:internal:0123", "IMAP://a.example/b;uid=1");
    for (text, url, exceeded) in [
        ("BURL", urlauth, Some(O::Url)),
        ("BURL", other, Some(O::Url)),
        ("BURL", "https://a.example/b", None),
        ("BURL x imap: imap", urlauth, None),
        ("BURL imap", other, None),
        ("BURL imap://a.example", other, None),
        ("BURL imap://a.example", urlauth, Some(O::Url)),
        ("BURL imap imap://a.example", urlauth, None),
        ("BURL imaps", other, Some(O::Url)),
        // An extension that is not offered is judged elsewhere.
        ("DSN", other, None),
    ] {
        assert_eq!(within(text, &format!("BURL {url} LAST")), exceeded, "{text}: {url}");
    }
}

/// The last valid line of a keyword counts. A line without a limit lifts it.
#[test]
fn limits_of_repeated_lines() {
    let command = Command::parse(b"MAIL FROM:<> BY=1;R", Grammar::STRICT).unwrap();
    assert!(offer(&["DELIVERBY", "DELIVERBY 2"]).permits(&command).is_err());
    assert!(offer(&["DELIVERBY 2", "DELIVERBY x"]).permits(&command).is_err());
    assert!(offer(&["DELIVERBY 2", "DELIVERBY"]).permits(&command).is_ok());
}

/// RFC 5321 section 4.1.1.1: single spaces, and no other white space. An offer with a spelling mistake is written correctly.
#[test]
fn misspelt_offers_are_passed_on_strictly() {
    let lines = [
        ("AUTH=LOGIN, PLAIN", "AUTH LOGIN PLAIN"),
        ("AUTH\tLOGIN  PLAIN", "AUTH LOGIN PLAIN"),
        (" SIZE\t1000 ", "SIZE 1000"),
        ("LIMITS  RCPTMAX=5", "LIMITS RCPTMAX=5"),
        ("BURL\timap  imap://a.example", "BURL imap imap://a.example"),
        ("XCLIENT  NAME\tADDR", "XCLIENT NAME ADDR"),
        ("FUTURERELEASE  5\t2026-01-01T00:00:00Z", "FUTURERELEASE 5 2026-01-01T00:00:00Z"),
        ("\tSTARTTLS", "STARTTLS"),
    ];
    for (line, strict) in lines {
        let reply = format!("250-mx.example\r\n250 {line}\r\n");
        let ehlo = EhloReply::parse(reply.as_bytes(), Grammar::LENIENT).unwrap();
        let value = ehlo.capabilities().next().and_then(Capability::interpret).unwrap();
        assert_eq!(value.to_string(), strict);
        // The words of these are one text, which is offered unchanged or not at all.
        if matches!(value.extension(), Extension::Burl | Extension::Xclient) {
            assert!(Capabilities::new().with_value(value).is_err());
            continue;
        }
        let offered = Capabilities::new().with_value(value).unwrap();
        let mut out = Vec::new();
        offered.encode_reply(Host::new("mx.example").unwrap(), Extensions::NONE, &mut out);
        assert_eq!(out, format!("250-mx.example\r\n250 {strict}\r\n").as_bytes());
        EhloReply::parse(&out, Grammar::STRICT).unwrap();
    }
}
