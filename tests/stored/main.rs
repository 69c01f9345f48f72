//! The stored form of values (feature `serde`), which is a promise, and the buffers that output is appended to.

mod output;
mod sessions;

use serde::Serialize;
use serde::de::DeserializeOwned;
use smtp_core::syntax::{
    Body, Capabilities, CapabilityValue, Command, CommandBuf, DateTime, DeliverBy, Dialect, DomainBuf, EnhancedCode,
    Expected, Extension, Extensions, ForwardPathBuf, Grammar, Mailbox, MailboxBuf, Mechanisms, Notify, ParameterName,
    ParametersBuf, Reply, ReplyBuf, ReplyCode, Return, ReversePathBuf, Rrvs, SyntaxError, Verb, Xtext, XtextBuf,
};
use smtp_core::trace::TraceDateBuf;
use smtp_testkit::generate::Source;
use std::fmt::{Debug, Display};
use std::str::FromStr;

/// Asserts that the value has this form, and that the form reads back as the value.
fn stored<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T, form: &str) {
    let written = serde_json::to_string(value).unwrap();
    assert_eq!(written, form);
    assert_eq!(&serde_json::from_str::<T>(form).unwrap(), value, "{form}");
    // A reader of octets cannot lend them.
    assert_eq!(&serde_json::from_reader::<_, T>(form.as_bytes()).unwrap(), value, "{form}");
}

/// Asserts that the text is the form of the value that `FromStr` makes of it, and that the other texts are refused with its
/// error.
fn text<T>(valid: &str, invalid: &[&str])
where
    T: Serialize + DeserializeOwned + PartialEq + Debug + FromStr<Err = SyntaxError> + Display,
{
    let value: T = valid.parse().unwrap();
    assert_eq!(value.to_string(), valid);
    stored(&value, &serde_json::to_string(valid).unwrap());
    for invalid in invalid {
        let error = invalid.parse::<T>().unwrap_err();
        let refused = serde_json::from_str::<T>(&serde_json::to_string(invalid).unwrap()).unwrap_err();
        assert!(refused.to_string().starts_with(&error.to_string()), "{invalid:?}: {refused}");
    }
    assert!(serde_json::from_str::<T>("7").unwrap_err().to_string().contains("expected a string with"));
}

/// The clauses are those of the types: RFC 5321 section 4.1.2, RFC 3461 section 4, RFC 3463 section 2, and so on.
#[test]
fn texts() {
    text::<MailboxBuf>("ann@example.com", &["", "ann@example.com\r\nDATA", "ann@example.com "]);
    text::<MailboxBuf>(r#""a \"b"@[192.0.2.1]"#, &["ann@example.com\0"]);
    text::<MailboxBuf>("jürgen@bücher.example", &["a b@c"]);
    text::<ReversePathBuf>("<>", &["", "<a b@c>", "<ann@example.com> SIZE=1", "<ann@example.com>\r\n"]);
    text::<ReversePathBuf>("<@hop.example:ann@example.com>", &["<@hop.example,ann@example.com>"]);
    text::<ForwardPathBuf>("<ann@example.com>", &["<>", "<ann@example.com>\r\nDATA"]);
    text::<ForwardPathBuf>("<Postmaster>", &["<>\n"]);
    text::<DomainBuf>("Example.com", &["", "a b", "example.com\r\n"]);
    text::<ParametersBuf>("RET=HDRS ENVID=QQ+2B1 X-TAG", &["SIZE=1 SIZE=2", "SIZE=1  BODY=7BIT", "A=1\r\nRSET"]);
    text::<ParametersBuf>("", &["="]);
    text::<Body>("8BITMIME", &["8BIT", ""]);
    text::<Return>("FULL", &["ALL"]);
    text::<Notify>("SUCCESS,DELAY", &["NEVER,DELAY"]);
    text::<DeliverBy>("-30;NT", &["0;R"]);
    text::<Rrvs>("2014-04-03T23:01:00Z;C", &["2014-04-03"]);
    text::<CommandBuf>("RCPT TO:<ann@example.com> NOTIFY=NEVER", &["", "RCPT TO:ann\r\nDATA", "MAIL FROM"]);
    text::<ReplyCode>("550", &["OK", "55", "5500"]);
    text::<EnhancedCode>("5.1.1", &["3.1.1", "5.1", "5.01.1"]);
    text::<DateTime>("2002-02-15T17:19:22-08:00", &["2002-02-30T17:19:22Z"]);
    text::<TraceDateBuf>(
        "Fri, 15 Feb 2002 17:19:22 -0800",
        &["Thu, 15 Feb 2002 17:19:22 -0800", "1 Jan 02 00:00 +0000"],
    );
    text::<Verb>("STARTTLS", &["FROB", ""]);
    text::<Extension>("8BITMIME", &["8BIT"]);
    text::<ParameterName>("MT-PRIORITY", &["X-TAG"]);
    stored(&XtextBuf::encode(b"a+b c"), r#""a+2Bb+20c""#);
    assert!(serde_json::from_str::<XtextBuf>(r#""a=b""#).is_err());
    // A date without a day of the week, or with a comment, is read as the date that is written.
    let date = serde_json::from_str::<TraceDateBuf>(r#""15 Feb 2002 17:19 -0800 (PST)""#).unwrap();
    assert_eq!(date.to_string(), "Fri, 15 Feb 2002 17:19:00 -0800");
}

/// What a server has accepted by a dialect is read back: RFC 5321 section 4.1.2 has no `_`, and mail comes from such hosts.
#[test]
fn accepted_by_a_dialect() {
    let mut lenient = Grammar::SMTPUTF8;
    lenient.dialect = Dialect::LENIENT;
    for odd in ["ann..b@example.com", "ann@under_score.example", "ann@-x.example", "ann@[IPv6:2001:db8::1:2:3:4:5]"] {
        assert!(Mailbox::new(odd).is_err(), "{odd}");
        let mailbox = Mailbox::parse(odd.as_bytes(), lenient).unwrap();
        let json = serde_json::to_string(&MailboxBuf::from(mailbox)).unwrap();
        assert_eq!(serde_json::to_string(&mailbox).unwrap(), json, "borrowed and owned have one form");
        let read: MailboxBuf = serde_json::from_str(&json).unwrap();
        assert!(read.as_mailbox().equivalent(mailbox), "{odd}: {json}");
    }
    let digits = XtextBuf::from(Xtext::parse(b"a+2bb", lenient).unwrap());
    let read: XtextBuf = serde_json::from_str(&serde_json::to_string(&digits).unwrap()).unwrap();
    assert!(read.as_xtext().equivalent(digits.as_xtext()));
}

/// Each generated command, strict or not, is read back with the same meaning.
#[test]
fn commands() {
    let mut octets = Vec::new();
    let mut refused = 0;
    for seed in 0..2000u32 {
        octets.clear();
        octets
            .extend((0..64u32).map(|at| (seed.wrapping_mul(2_654_435_761).wrapping_add(at * at * 40_503) >> 11) as u8));
        let mut source = Source::new(&octets);
        let mut line = source.command(Grammar::SMTPUTF8);
        line.truncate(line.len() - 2);
        let command = Command::parse(&line, Grammar::SMTPUTF8).unwrap();
        match serde_json::to_string(&CommandBuf::from(command)) {
            Ok(json) => {
                let read: CommandBuf = serde_json::from_str(&json).unwrap();
                assert!(read.as_command().equivalent(&command), "{json}");
            }
            Err(error) => {
                assert!(matches!(command, Command::Auth(auth) if auth.initial_response.is_some()), "{error}");
                refused += 1;
            }
        }
    }
    assert!(refused > 0, "a credential is never stored");
}

/// RFC 5321 section 4.2 and RFC 2034 section 4: the text of a reply does not say whether its enhanced code belongs to it.
#[test]
fn replies() {
    let no = Reply::new(ReplyCode::MAILBOX_UNAVAILABLE, EnhancedCode::BAD_DESTINATION_MAILBOX, "Nobody\nby that name");
    stored(&ReplyBuf::from(no.unwrap()), r#"{"code":"550","enhanced":"5.1.1","text":"Nobody\nby that name"}"#);
    stored(&ReplyBuf::from(Reply::OK), r#"{"code":"250","enhanced":"2.0.0","text":"OK"}"#);
    let plain = Reply::parse(b"550-5.1.1 No\r\n550 \r\n", Grammar::STRICT).unwrap();
    stored(&ReplyBuf::from(plain), r#"{"code":"550","enhanced":null,"text":"5.1.1 No\n"}"#);
    assert_eq!(serde_json::from_str::<ReplyBuf>(r#"{"code":"220","text":""}"#).unwrap().to_string(), "220 ");
    // Octets that a reply cannot contain are written as on the wire.
    let odd = Reply::parse(b"250 a\x07b\xFF\r\n", Grammar::LENIENT).unwrap();
    assert_eq!(serde_json::to_string(&odd).unwrap(), r#"{"code":"250","enhanced":null,"text":"a?b?"}"#);
    for (form, error) in [
        (r#"{"code":"250","enhanced":"5.1.1","text":""}"#, "the class of the enhanced code"),
        (r#"{"code":"250","text":"a\r\n250 b"}"#, "the text of a reply has a control character"),
        (r#"{"code":"250","text":"\u0000"}"#, "the text of a reply has a control character"),
        (r#"{"code":"OK","text":"no"}"#, "expected a reply code"),
        (r#"{"text":"no"}"#, "missing field `code`"),
    ] {
        assert!(serde_json::from_str::<ReplyBuf>(form).unwrap_err().to_string().contains(error), "{form}");
    }
}

/// RFC 5321 section 4.1.1.1: an offer is a list of ehlo-lines.
#[test]
fn offers() {
    stored(&Extensions::NONE, "[]");
    stored(&(Extension::Size | Extension::Pipelining), r#"["SIZE","PIPELINING"]"#);
    stored(&Extensions::ALL, &serde_json::to_string(Extension::ALL).unwrap());
    let own = Capabilities::new().with(Extension::Pipelining).with_value(CapabilityValue::Size(Some(1000))).unwrap();
    let own = own.with_value(CapabilityValue::Auth(Mechanisms::new("PLAIN X-OWN").unwrap())).unwrap();
    let own = own.with_line("X-PRIVATE 1 2").unwrap().without(Extension::Pipelining);
    stored(&own, r#"["SIZE 1000","AUTH PLAIN X-OWN","X-PRIVATE 1 2"]"#);
    let error = serde_json::from_str::<Capabilities>(r#"["SIZE 1\r\n250 X"]"#).unwrap_err();
    assert!(error.to_string().starts_with("expected "), "{error}");

    let mut offer = *own.offer();
    stored(
        &offer,
        r#"{"extensions":["SIZE","AUTH"],"size":1000,"limits":{"mail_max":null,"rcpt_max":null,"rcpt_domain_max":null},"hold_for":null,"hold_until":null,"by_time":null,"imap":false,"imap_host":false,"mechanisms":["PLAIN"],"other_mechanisms":true}"#,
    );
    let lines = [
        "LIMITS MAILMAX=3 RCPTMAX=100 RCPTDOMAINMAX=1",
        "FUTURERELEASE 86400 2030-01-01T00:00:00.000001+01:00",
        "DELIVERBY 240",
        "BURL imap imap://imap.example",
        "AUTH SCRAM-SHA-256 EXTERNAL",
    ];
    let full = lines.iter().fold(Capabilities::new(), |list, line| list.with_line(line).unwrap());
    let json = serde_json::to_string(full.offer()).unwrap();
    offer = serde_json::from_str(&json).unwrap();
    assert_eq!(offer, *full.offer());
    assert!(json.contains(r#""hold_until":"2029-12-31T23:00:00.000001Z""#), "{json}");
    // The offer that is read judges as the one that was written.
    let late = Command::parse(b"MAIL FROM:<> HOLDUNTIL=2029-12-31T23:00:01Z", Grammar::STRICT).unwrap();
    assert_eq!(offer.permits(&late), full.offer().permits(&late));
    assert!(offer.permits(&late).is_err());
}

/// An error is stored with its place, and reads back with its text.
#[test]
fn errors() {
    let error = Command::parse(b"MAIL FROM: <joe@example.com>", Grammar::STRICT).unwrap_err();
    assert_eq!(error.expected(), Expected::PathStart);
    stored(&error, r#"{"expected":"path-start","part":"reverse-path","offset":10}"#);
}

/// A client may read replies with any code. What it keeps of them must be readable again.
#[test]
fn a_code_that_no_rfc_permits_is_kept() {
    let mut lenient = Grammar::STRICT;
    lenient.dialect = Dialect::LENIENT;
    for code in ["601", "117"] {
        let octets = format!("{code} no\r\n");
        let reply = smtp_core::codec::ReplyDecoder::new().decode(&mut octets.as_bytes(), lenient).unwrap().unwrap();
        stored(&ReplyBuf::from(&reply), &format!(r#"{{"code":"{code}","enhanced":null,"text":"no"}}"#));
    }
}

/// The first hours of the calendar of RFC 3339 are before it in UTC.
#[test]
fn the_earliest_time_stays_early() {
    let offer = Capabilities::new().with_line("FUTURERELEASE 3600 0000-01-01T00:00:00+01:00").unwrap();
    let offer = offer.offer();
    let read: smtp_core::syntax::Offer = serde_json::from_str(&serde_json::to_string(&offer).unwrap()).unwrap();
    assert!(!serde_json::to_string(&read).unwrap().contains("9999"));
}

/// JSON has no octets, so a line that is not UTF-8 would be another one.
#[test]
fn a_command_that_is_not_utf8_is_refused() {
    let command = Command::parse(b"XFOO \xFF", Grammar::STRICT).unwrap();
    assert!(serde_json::to_string(&CommandBuf::from(command)).is_err());
}
