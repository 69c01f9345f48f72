//! The conversions that users of Rust expect (API guidelines C-CONV-TRAITS, C-COMMON-TRAITS, C-COLLECT): each gives what the
//! constructor or getter of the type gives, and an error where that gives one.

use smtp_core::syntax::{
    AddressLiteral, AuthSender, Base64, Body, Category, Command, CommandBuf, DateTime, DeliverBy, DeliverByMode,
    Domain, EnhancedCode, Expected, Extension, Extensions, ForwardPath, Grammar, Host, Keyword, Mailbox, MailboxBuf,
    Mechanism, Mechanisms, MessageTracking, Notify, Orcpt, OutOfRange, ParameterName, ParameterValue, Parameters,
    ParametersBuf, Part, Reply, ReplyBuf, ReplyClass, ReplyCode, Return, ReversePath, Rrvs, SolicitationKeywords,
    SyntaxError, Text, TransactionId, Verb, Xtext, XtextBuf,
};
use smtp_core::trace::{Protocol, TraceDate, TraceDateBuf, TraceId};
use std::collections::{BTreeSet, HashSet};
use std::fmt::{Debug, Display};
use std::hash::Hash;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// RFC 5321 section 4.1.2 and RFC 6531 section 3.3: texts that are mailboxes, and texts that are not.
#[test]
fn mailboxes() {
    for text in ["ann@example.com", r#""a b"@example.com"#, "ann@[192.0.2.1]", "jürgen@bücher.example"] {
        let mailbox = Mailbox::new(text).unwrap();
        assert_eq!(Mailbox::try_from(text), Ok(mailbox));
        assert_eq!(Mailbox::try_from(text.as_bytes()), Ok(mailbox));
        let owned = MailboxBuf::from(mailbox);
        assert_eq!(text.parse::<MailboxBuf>().as_ref(), Ok(&owned));
        assert_eq!(MailboxBuf::try_from(text).as_ref(), Ok(&owned));
        assert_eq!(MailboxBuf::try_from(text.as_bytes()).as_ref(), Ok(&owned));
        assert_eq!(MailboxBuf::from(&mailbox), mailbox);
        assert_eq!(mailbox, owned);
        assert_eq!(Mailbox::from(&owned), mailbox);
        assert_eq!(owned.to_string(), text);
    }
    for text in ["", "ann", "ann@", "@example.com", "ann@example.com\r\nRSET", "<ann@example.com>", "ann@-.example"] {
        let error = Mailbox::new(text).unwrap_err();
        assert_eq!(Mailbox::try_from(text), Err(error));
        assert_eq!(Mailbox::try_from(text.as_bytes()), Err(error));
        assert_eq!(text.parse::<MailboxBuf>(), Err(error));
    }
    // RFC 6531 section 3.3: what is beyond ASCII is UTF-8.
    assert!(Mailbox::try_from(&b"j\xFCrgen@example.com"[..]).is_err());
}

/// A mailbox that is kept serves as a path, without a borrow of its own.
#[test]
fn paths() {
    let ann: MailboxBuf = "ann@example.com".parse().unwrap();
    assert_eq!(Command::mail(&ann, Parameters::NONE).to_string(), "MAIL FROM:<ann@example.com>");
    assert_eq!(Command::rcpt(&ann, Parameters::NONE).to_string(), "RCPT TO:<ann@example.com>");
    assert_eq!(ReversePath::try_from("<>"), Ok(ReversePath::Null));
    assert_eq!(ReversePath::try_from("<ann@example.com>"), Ok(ReversePath::from(&ann)));
    assert_eq!(ForwardPath::try_from("<postmaster>"), Ok(ForwardPath::Postmaster));
    assert_eq!(ForwardPath::try_from(&b"<ann@example.com>"[..]), Ok(ForwardPath::from(&ann)));
    assert_eq!(ReversePath::try_from("ann@example.com").unwrap_err().expected(), Expected::PathStart);
    assert!(ForwardPath::try_from("<>").is_err(), "RFC 5321 section 4.1.1.3: only a reverse-path can be null");
}

/// RFC 5321 sections 4.1.2 and 4.1.3, and RFC 6531 section 3.7.1 for the names of hosts.
#[test]
fn hosts() {
    assert_eq!(Domain::try_from("Example.com"), Domain::new("Example.com"));
    assert_eq!(Domain::try_from(&b"b\xC3\xBCcher.example"[..]), Domain::new("bücher.example"));
    assert!(Domain::try_from("example..com").is_err());
    let domain = Domain::new("mx.example").unwrap();
    assert_eq!(Host::try_from("mx.example"), Ok(Host::from(domain)));
    assert_eq!(Host::try_from(&b"mx.example"[..]), Ok(Host::Domain(domain)));
    for name in ["bücher.example", "mx example", ""] {
        assert!(Host::try_from(name).is_err(), "{name}");
        assert!(Host::try_from(name.as_bytes()).is_err(), "{name}");
    }
    let four = Ipv4Addr::new(192, 0, 2, 1);
    let six: Ipv6Addr = "2001:db8::1".parse().unwrap();
    for (ip, text) in [(IpAddr::V4(four), "[192.0.2.1]"), (IpAddr::V6(six), "[IPv6:2001:db8:0:0:0:0:0:1]")] {
        let literal = AddressLiteral::try_from(text).unwrap();
        assert_eq!(AddressLiteral::try_from(text.as_bytes()), Ok(literal));
        assert_eq!((IpAddr::from(literal), AddressLiteral::from(ip)), (ip, literal));
        assert_eq!((Host::try_from(text), Host::from(ip)), (Ok(literal.into()), Host::Literal(literal)));
    }
    assert_eq!(AddressLiteral::from(four), AddressLiteral::from(IpAddr::V4(four)));
    assert_eq!(AddressLiteral::from(six), AddressLiteral::from(IpAddr::V6(six)));
    assert!(AddressLiteral::try_from("192.0.2.1").is_err(), "without brackets");
}

/// RFC 5321 section 4.2: 200 to 599. RFC 3463 section 2 for enhanced codes.
#[test]
fn codes() {
    for number in 0..=u16::MAX {
        let code = ReplyCode::try_from(number);
        assert_eq!(code.is_ok(), (200..=599).contains(&number), "{number}");
        assert_eq!(ReplyCode::new(number), code);
        if let Ok(code) = code {
            assert_eq!((u16::from(code), code.get()), (number, number));
            assert_eq!(code.to_string().parse(), Ok(code));
        }
    }
    let error: OutOfRange = ReplyCode::try_from(600).unwrap_err();
    assert_eq!(error.to_string(), "a reply code must be 200 to 599");
    let error = EnhancedCode::new(ReplyClass::Intermediate, 1, 1).unwrap_err();
    assert_eq!(EnhancedCode::new(ReplyClass::Success, 1, 1000), Err(error));
    assert!(error.to_string().contains("class 2, 4 or 5"), "RFC 3463 section 2: {error}");
    for text in ["", "25", "2500", "199", "600", "25O", " 250", "+250"] {
        assert!(text.parse::<ReplyCode>().is_err(), "{text:?}");
    }
    assert_eq!("5.1.1".parse(), Ok(EnhancedCode::BAD_DESTINATION_MAILBOX));
    for entry in EnhancedCode::REGISTRY {
        assert_eq!(entry.code.to_string().parse(), Ok(entry.code));
    }
    for text in ["", "5", "5.1", "3.1.1", "5.01.1", "5.1.1000", "5.1.1 ", "X.1.1"] {
        assert!(text.parse::<EnhancedCode>().is_err(), "{text:?}");
    }
    let classes = [2, 3, 4, 5].map(|digit| ReplyCode::try_from(digit * 100).unwrap().class());
    assert!(classes.is_sorted());
    assert_eq!(classes.map(|class| class.to_string()), ["2", "3", "4", "5"]);
}

/// A registered name is parsed in any case (RFC 5321 sections 2.4 and 4.1.1.1), and any other is an error.
#[test]
fn names() {
    fn registry<T: FromStr<Err = SyntaxError> + Display + Debug + Copy + Ord + Hash>(all: &[T], expected: Expected) {
        for name in all {
            assert_eq!(name.to_string().parse(), Ok(*name));
            assert_eq!(name.to_string().to_ascii_lowercase().parse(), Ok(*name));
            assert_eq!(format!("{name:>20}").trim_start(), name.to_string());
        }
        for unknown in ["", "X-NONE", "SIZES", "SIZE ", "DATAA"] {
            assert_eq!(unknown.parse::<T>().unwrap_err().expected(), expected, "{unknown}");
        }
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
    }
    registry(Verb::ALL, Expected::Verb);
    registry(Extension::ALL, Expected::Keyword);
    registry(ParameterName::ALL, Expected::ParameterKeyword);
    assert_eq!(AsRef::<str>::as_ref(&Verb::Mail), "MAIL");
    assert_eq!(Extension::EightBitMime.to_string(), "8BITMIME");
}

/// A set of extensions is built and read like a set of the standard library.
#[test]
fn sets() {
    let set = Extension::Size | Extension::Pipelining;
    assert_eq!(set, Extensions::NONE.with(Extension::Size).with(Extension::Pipelining));
    assert_eq!(set | Extension::Dsn, set.with(Extension::Dsn));
    assert_eq!(set | Extensions::ALL, Extensions::ALL);
    assert_eq!(Extensions::from(Extension::Size), Extensions::NONE | Extension::Size);
    let mut grown = Extensions::default();
    grown.extend([Extension::Size, Extension::Pipelining]);
    assert_eq!(grown, set);
    grown |= Extension::Dsn;
    assert_eq!(grown, set | Extension::Dsn);
    assert_eq!(set.into_iter().collect::<Extensions>(), set);
    assert_eq!(Extensions::ALL.into_iter().collect::<Vec<_>>(), Extension::ALL);
    let mut seen = 0;
    for extension in set {
        assert!(set.contains(extension));
        seen += 1;
    }
    assert_eq!(seen, 2);
}

/// RFC 5321 section 4.1.2: the parameters of MAIL and RCPT; RFC 4954 section 3: the mechanisms of AUTH.
#[test]
fn lists() {
    let parameters = Parameters::try_from("SIZE=1000 X-TAG").unwrap();
    let keywords = |parameters: Parameters<'_>| -> Vec<String> {
        parameters.into_iter().map(|parameter| parameter.keyword.to_string()).collect()
    };
    assert_eq!(keywords(parameters), ["SIZE", "X-TAG"]);
    assert_eq!(keywords(Parameters::NONE), [""; 0]);
    assert_eq!(AsRef::<[u8]>::as_ref(&parameters), b"SIZE=1000 X-TAG");
    assert_eq!(AsRef::<str>::as_ref(&parameters), "SIZE=1000 X-TAG");

    let owned: ParametersBuf = "SIZE=1000 X-TAG".parse().unwrap();
    assert_eq!(Parameters::from(&owned), parameters);
    let mut built = ParametersBuf::new();
    built.push(ParameterValue::Size(1000)).unwrap();
    built.push_raw("X-TAG", None).unwrap();
    assert_eq!(owned, built);
    let mut values = Vec::new();
    for parameter in &owned {
        values.push(parameter.value);
    }
    assert_eq!(values, [Some(&b"1000"[..]), None]);
    assert_eq!("".parse(), Ok(ParametersBuf::new()));
    let twice = "SIZE=1000 X-TAG size=2000".parse::<ParametersBuf>().unwrap_err();
    assert_eq!((twice.expected(), twice.offset()), (Expected::SingleParameter, 16));
    assert!("SIZE=1  X-TAG".parse::<ParametersBuf>().is_err(), "two spaces");

    let mechanisms = Mechanisms::try_from("PLAIN scram-sha-256").unwrap();
    assert_eq!(mechanisms.into_iter().collect::<Vec<_>>(), [Mechanism::PLAIN, Mechanism::SCRAM_SHA_256]);
    assert!(Mechanisms::try_from("PLAIN  LOGIN").is_err());
}

/// The values of the registered parameters, each by the clause that defines it: a text that is one, and texts that are not.
#[test]
fn parameter_values() {
    for (valid, invalid) in [
        // RFC 1870 section 4: 1 to 20 digits.
        ("SIZE=1000", &["SIZE", "SIZE=", "SIZE=-1", "SIZE=1k", "SIZE=123456789012345678901"][..]),
        // RFC 6152 section 2 and RFC 3030 section 3.
        ("BODY=8BITMIME", &["BODY=8BIT", "BODY"]),
        ("BODY=BINARYMIME", &["BODY=BINARY"]),
        // RFC 3461 sections 4.1 to 4.4.
        ("RET=FULL", &["RET=ALL", "RET=FULL,HDRS"]),
        ("ENVID=QQ314159", &["ENVID=a=b", "ENVID=+0D+0A"]),
        ("NOTIFY=SUCCESS,FAILURE", &["NOTIFY=NEVER,FAILURE", "NOTIFY=SUCCESS,", "NOTIFY=ALWAYS"]),
        ("ORCPT=rfc822;joe@example.com", &["ORCPT=joe@example.com", "ORCPT=;joe"]),
        // RFC 2852 section 4: a positive by-time for mode R.
        ("BY=-30;N", &["BY=0;R", "BY=-30;R", "BY=30", "BY=1234567890;N"]),
        // RFC 4865 section 3: 1 to 999999999 seconds; a time in UTC.
        ("HOLDFOR=999999999", &["HOLDFOR=0", "HOLDFOR=01", "HOLDFOR=1000000000"]),
        ("HOLDUNTIL=2030-01-01T00:00:00Z", &["HOLDUNTIL=2030-01-01T00:00:00+01:00", "HOLDUNTIL=2030-01-01"]),
        // RFC 6710 section 7.
        ("MT-PRIORITY=-9", &["MT-PRIORITY=10", "MT-PRIORITY=-0", "MT-PRIORITY=+1"]),
        // RFC 4954 section 5, RFC 4405 section 4.
        ("AUTH=<>", &["AUTH=", "AUTH=joe", "AUTH=<joe@example.com>"]),
        ("SUBMITTER=joe@example.com", &["SUBMITTER=<>"]),
        // RFC 6531 section 3.4, RFC 8689 section 2, RFC 4141 sections 4.2 and 5.2: no value.
        ("SMTPUTF8", &["SMTPUTF8=", "SMTPUTF8=1"]),
        ("REQUIRETLS", &["REQUIRETLS=1"]),
        ("CONPERM", &["CONPERM=1"]),
        ("CONNEG", &["CONNEG=1"]),
        // RFC 3885 section 3.1, RFC 3865 section 2.2, RFC 1845 section 2, RFC 7293 section 3.1.
        ("MTRK=QUJD:60", &["MTRK=QUJD=", "MTRK=", "MTRK=QUJD:"]),
        ("SOLICIT=net.example:ADV", &["SOLICIT=,", "SOLICIT=1a"]),
        ("TRANSID=<1@client.example>", &["TRANSID=1@client.example", "TRANSID=<1>"]),
        ("RRVS=2014-04-03T23:01:00Z;C", &["RRVS=2014-04-03T23:01:00Z;X", "RRVS=yesterday"]),
    ] {
        let value = ParameterValue::try_from(valid).unwrap();
        assert_eq!(value.to_string(), valid);
        assert_eq!(ParameterValue::try_from(valid.as_bytes()), Ok(value));
        assert_eq!(
            ParameterValue::parse(valid.to_ascii_lowercase().as_bytes(), Grammar::STRICT).unwrap().name(),
            value.name()
        );
        for invalid in invalid {
            let error = ParameterValue::try_from(*invalid).unwrap_err();
            assert_eq!(error.part(), Part::Parameters, "{invalid}");
            let keyword = valid.split('=').next().unwrap();
            assert!(error.offset() >= keyword.len() && error.offset() <= invalid.len(), "{invalid}: {error}");
        }
    }
    for not_one in ["", "X-TAG=1", "SIZE=1 BODY=7BIT", "SIZE=1\r\n", "=1"] {
        assert!(ParameterValue::try_from(not_one).is_err(), "{not_one:?}");
    }

    fn owned<T: FromStr<Err = SyntaxError> + Display + Debug + PartialEq>(text: &str, value: &T) {
        assert_eq!((text.parse::<T>().as_ref(), value.to_string().as_str()), (Ok(value), text));
    }
    owned("7BIT", &Body::SevenBit);
    owned("HDRS", &Return::Headers);
    owned("NEVER", &Notify::NEVER);
    let by: DeliverBy = "3600;RT".parse().unwrap();
    assert_eq!((by.seconds, by.mode, by.trace), (3600, DeliverByMode::Return, true));
    owned("3600;RT", &by);
    let rrvs = Rrvs::try_from(&b"2014-04-03T23:01:00Z"[..]).unwrap();
    owned("2014-04-03T23:01:00Z", &rrvs);

    assert_eq!(AuthSender::try_from("<>"), Ok(AuthSender::Unknown));
    assert!(AuthSender::try_from("e+3Dmc2@example.com").unwrap().is(Mailbox::new("e=mc2@example.com").unwrap()));
    // RFC 4954 section 5, by a dialect: what is not a mailbox means "unknown".
    assert_eq!(AuthSender::parse(b"joe", Grammar::LENIENT), Ok(AuthSender::Unknown));
    let orcpt = Orcpt::try_from("rfc822;joe+2Blist@example.com").unwrap();
    assert!(orcpt.decode().eq(*b"joe+list@example.com"));
    assert_eq!(MessageTracking::try_from("QUJD:60").unwrap().timeout, Some(60));
    assert_eq!(SolicitationKeywords::try_from("a,b").unwrap().words().count(), 2);
    assert_eq!(TransactionId::try_from("<1@b>").unwrap().as_str(), "<1@b>");
    // RFC 6533 section 3: letters beyond ASCII only where SMTPUTF8 is in force.
    let unicode = "utf-8;jürgen@example.com".as_bytes();
    assert!(Orcpt::parse(unicode, Grammar::SMTPUTF8).is_ok() && Orcpt::parse(unicode, Grammar::STRICT).is_err());
}

/// The octets and the text of a value are those that were parsed.
#[test]
fn references() {
    fn octets(value: &impl AsRef<[u8]>) -> &[u8] {
        value.as_ref()
    }
    fn text(value: &impl AsRef<str>) -> &str {
        value.as_ref()
    }
    let mailbox = Mailbox::new("Ann@Example.com").unwrap();
    let Host::Domain(domain) = mailbox.host() else { unreachable!() };
    assert_eq!((octets(&domain), text(&domain)), (&b"Example.com"[..], "Example.com"));
    assert_eq!((octets(&mailbox.local_part()), text(&mailbox.local_part())), (&b"Ann"[..], "Ann"));
    assert_eq!(text(&Keyword::try_from("x-Tag").unwrap()), "x-Tag");
    assert_eq!(text(&Xtext::try_from("a+2Bb").unwrap()), "a+2Bb");
    assert_eq!(octets(&Mechanism::try_from("plain").unwrap()), b"plain");
    assert_eq!(octets(&Base64::try_from(&b"AGpv"[..]).unwrap()), b"AGpv");
    assert_eq!(octets(&Text::try_from("hello").unwrap()), b"hello");
    assert_eq!(text(&Protocol::try_from("ESMTPS").unwrap()), "ESMTPS");
    assert_eq!(text(&TraceId::try_from("4FzX").unwrap()), "4FzX");
    let date = "Fri, 15 Feb 2002 17:19:22 -0800";
    assert_eq!(text(&TraceDate::try_from(date).unwrap()), date);
    assert!(Keyword::try_from("-x").is_err());
    assert!(Base64::try_from(&b"AGpv="[..]).is_err());
}

/// Owned values come from borrowed ones and lend them again.
#[test]
fn owned() {
    for line in ["MAIL FROM:<ann@example.com> SIZE=1000", "RCPT TO:<jürgen@example.com>", "QUIT", "FROB it"] {
        let kept: CommandBuf = line.parse().unwrap();
        assert_eq!(kept, Command::parse(line.as_bytes(), Grammar::SMTPUTF8).unwrap());
        assert_eq!((Command::from(&kept), kept.to_string()), (kept.as_command(), line.to_owned()));
        assert!(HashSet::from([kept.clone()]).contains(&kept));
    }
    assert!("MAIL FROM: <ann@example.com>".parse::<CommandBuf>().is_err());
    assert!("NOOP\r\nQUIT".parse::<CommandBuf>().is_err());

    let reply = Reply::new(ReplyCode::OK, EnhancedCode::OK, "one\ntwo").unwrap();
    let kept = ReplyBuf::from(reply);
    assert_eq!(kept, reply);
    assert_eq!((Reply::from(&kept), kept.to_string()), (reply, "250-2.0.0 one\r\n250 2.0.0 two".to_owned()));

    let xtext = Xtext::new("a+2Bb").unwrap();
    assert_eq!(Xtext::from(&XtextBuf::from(xtext)), xtext);
    assert_eq!(XtextBuf::from(xtext), XtextBuf::encode(b"a+b"));

    let time = "2002-02-15T17:19:22-08:00".parse::<DateTime>().unwrap();
    assert_eq!((time.unix_seconds(), time.to_string()), (1_013_822_362, "2002-02-15T17:19:22-08:00".to_owned()));
    assert!("2002-02-30T17:19:22Z".parse::<DateTime>().is_err());
    let date = TraceDateBuf::try_from(time).unwrap();
    assert_eq!((date.to_string(), Ok(date)), (date.as_date().as_str().to_owned(), TraceDateBuf::new(time)));
    let error = TraceDateBuf::new(DateTime::from_unix_seconds(-3_000_000_000, 0).unwrap()).unwrap_err();
    assert!(error.to_string().contains("1900"), "RFC 5322 section 3.3: {error}");
    assert!(DateTime::from_unix_seconds(0, 1440).unwrap_err().to_string().contains("less than a day"));
}

/// Equal values have equal hashes, however their text came about.
#[test]
fn hashes() {
    let new = Reply::new(ReplyCode::OK, EnhancedCode::OK, "one\ntwo").unwrap();
    let mut grammar = Grammar::STRICT;
    grammar.extensions = Some(Extension::EnhancedStatusCodes.into());
    let parsed = Reply::parse(b"250-2.0.0 one\r\n250 2.0.0 two\r\n", grammar).unwrap();
    assert_eq!(new, parsed);
    assert!(HashSet::from([new]).contains(&parsed));
    assert!(HashSet::from([ReplyBuf::from(new)]).contains(&ReplyBuf::from(parsed)));
    assert!(!HashSet::from([new]).contains(&Reply::OK));
}

/// The order of codes and of their parts is that of their digits.
#[test]
fn order() {
    assert!(ReplyCode::OK < ReplyCode::MAILBOX_UNAVAILABLE);
    assert!(ReplyClass::Success < ReplyClass::PermanentFailure);
    assert!(Category::Syntax < Category::MailSystem);
    assert!(EnhancedCode::MAILBOX_DISABLED < EnhancedCode::MAILBOX_FULL);
}
