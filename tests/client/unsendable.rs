//! What is refused before an octet of it is written: what was not offered, what is too long, what is no command.

use crate::session::{MAIL, NOT_OFFERED, OK, RCPT, Session, WRONG};
use smtp_core::session::{ClientConfig, Misuse};
use smtp_core::syntax::{
    Command, Domain, Expected, Host, Keyword, Lookup, Mailbox, Parameters, ParametersBuf, Text, Xtext,
};

fn unsendable(result: Result<(), Misuse>) -> Expected {
    match result {
        Err(Misuse::Unsendable(error)) => error.expected(),
        other => panic!("{other:?}"),
    }
}

const PARAMETERS: [(&str, &str, &str); 17] = [
    ("SIZE", "MAIL FROM:<>", "SIZE=10"),
    ("8BITMIME", "MAIL FROM:<>", "BODY=8BITMIME"),
    ("DSN", "MAIL FROM:<>", "RET=FULL"),
    ("DSN", "MAIL FROM:<>", "ENVID=q1"),
    ("AUTH PLAIN", "MAIL FROM:<>", "AUTH=<>"),
    ("SMTPUTF8", "MAIL FROM:<>", "SMTPUTF8"),
    ("DELIVERBY", "MAIL FROM:<>", "BY=120;R"),
    ("MT-PRIORITY", "MAIL FROM:<>", "MT-PRIORITY=3"),
    ("FUTURERELEASE 60 2030-01-01T00:00:00Z", "MAIL FROM:<>", "HOLDFOR=60"),
    ("MTRK,DSN", "MAIL FROM:<>", "ENVID=a@b MTRK=YWJj"),
    ("NO-SOLICITING", "MAIL FROM:<>", "SOLICIT=org.example:ADV"),
    ("CONPERM", "MAIL FROM:<>", "CONPERM"),
    ("SUBMITTER", "MAIL FROM:<>", "SUBMITTER=a@b.example"),
    ("DSN", RCPT, "NOTIFY=NEVER"),
    ("DSN", RCPT, "ORCPT=rfc822;ann@mx.example"),
    ("RRVS", RCPT, "RRVS=2014-04-03T23:01:00Z"),
    ("CONNEG", RCPT, "CONNEG"),
];

/// RFC 5321 section 4.1.1.11: no parameter without the extension that has it.
#[test]
fn parameters_that_were_not_offered() {
    for (offer, command, parameter) in PARAMETERS {
        let line = format!("{command} {parameter}");
        for (offer, expected) in [(offer, OK), ("PIPELINING", NOT_OFFERED)] {
            let mut session = Session::offered(&format!("PIPELINING,{offer}"));
            if command == RCPT {
                assert_eq!(session.says(MAIL), OK);
            }
            assert_eq!(session.says(&line), expected, "{line} with {offer}");
            if expected.is_ok() {
                assert_eq!(session.wrote(), format!("{line}\r\n"));
            }
        }
    }
}

/// The value has the parameter's own grammar; none is given twice; none of the other command.
#[test]
fn parameters_that_are_wrong() {
    let wrong = ["SIZE=x", "SIZE", "BODY=9BIT", "RET=MAYBE", "SIZE=1 SIZE=2", "SMTPUTF8=1", "ENVID=a+"];
    for parameters in wrong {
        let mut session = Session::offered("SIZE,8BITMIME,DSN,SMTPUTF8");
        unsendable(session.says(&format!("MAIL FROM:<> {parameters}")));
    }
    let mut session = Session::offered("PIPELINING,DSN,SMTPUTF8");
    assert_eq!(session.says("MAIL FROM:<> NOTIFY=NEVER"), NOT_OFFERED);
    assert_eq!(session.says(MAIL), OK);
    assert_eq!(session.says("RCPT TO:<a@b.example> SMTPUTF8"), NOT_OFFERED);
    unsendable(session.says("RCPT TO:<a@b.example> NOTIFY=NEVER,DELAY"));
}

/// What nobody has registered is sent only where the caller has a private agreement; the rest is held to the offer even then.
#[test]
fn unregistered() {
    let mut session = Session::offered("PIPELINING,SIZE");
    assert_eq!(session.says("MAIL FROM:<> X-TAG=1"), NOT_OFFERED);
    assert_eq!(session.says("XVERB x"), NOT_OFFERED);
    assert_eq!(session.says("SEND FROM:<a@b.example>"), NOT_OFFERED);

    let mut config = ClientConfig::default();
    config.unregistered = true;
    let mut session = Session::new(config);
    assert_eq!(session.hears("220 hi\r\n"), ["greeting 220"]);
    session.hello("EHLO", "PIPELINING,SIZE");
    for (line, expected) in [
        ("MAIL FROM:<> X-TAG=1 BODY=8BITMIME", NOT_OFFERED),
        ("MAIL FROM:<> NOTIFY=NEVER X-TAG=1", NOT_OFFERED),
        ("MAIL FROM:<> SIZE=5 X-TAG=1", OK),
    ] {
        assert_eq!(session.clone().says(line), expected, "{line}");
    }
    unsendable(session.says("MAIL FROM:<> X-TAG=1 SIZE=1 SIZE=2"));
    let mut recipient = session.clone().transaction(&[250]);
    assert_eq!(recipient.says(&format!("{RCPT} X-TAG=1 NOTIFY=NEVER")), NOT_OFFERED);
    assert_eq!(recipient.says(&format!("{RCPT} X-TAG=1")), OK);
    assert_eq!(recipient.wrote(), format!("{RCPT} X-TAG=1\r\n"));
    assert_eq!(session.says("XVERB x"), OK);
}

#[test]
fn verbs_that_were_not_offered() {
    let mut session = Session::offered("PIPELINING");
    let verbs = ["STARTTLS", "AUTH PLAIN", "ETRN mx.example", "ATRN", "XCLIENT NAME=a", "XFORWARD NAME=a"];
    for line in verbs {
        assert_eq!(session.says(line), NOT_OFFERED, "{line}");
    }
    let mut session = session.transaction(&[250, 250]);
    assert_eq!(session.says("BDAT 0 LAST"), NOT_OFFERED);
    assert_eq!(session.says("BURL imap://a.example/b LAST"), NOT_OFFERED);
    assert_eq!(session.says("DATA"), OK);
}

/// RFC 6531 section 3.4: the parameter, not the offer, puts UTF-8 in force, for one transaction.
#[test]
fn utf8_addresses() {
    let mail = "MAIL FROM:<δ@παράδειγμα.example>";
    let rcpt = "RCPT TO:<δ@παράδειγμα.example>";
    let with = format!("{mail} SMTPUTF8");
    let mut session = Session::offered("PIPELINING");
    assert_eq!(session.says(&with), NOT_OFFERED);
    assert_eq!(session.says(mail), NOT_OFFERED);
    assert_eq!(session.says(&format!("{mail} SIZE=x")), NOT_OFFERED);
    assert_eq!(session.transaction(&[250]).says(rcpt), NOT_OFFERED);
    let mut session = Session::offered("PIPELINING,SMTPUTF8,8BITMIME");
    assert_eq!(unsendable(session.says(mail)), Expected::Ascii);
    assert_eq!(unsendable(session.clone().transaction(&[250]).says(rcpt)), Expected::Ascii);
    for line in [with.as_str(), rcpt, "RSET", MAIL] {
        assert_eq!(session.says(line), OK, "{line}");
    }
    assert_eq!(unsendable(session.says(rcpt)), Expected::Ascii);
    // Section 3.7.1: the argument of EHLO stays ASCII.
    let host = Host::parse("παράδειγμα.example".as_bytes(), smtp_core::syntax::Grammar::SMTPUTF8).unwrap();
    unsendable(Session::greeted().sends(&Command::Ehlo(host)));
}

/// RFC 6531 section 3.7.4.2.
#[test]
fn utf8_lookups() {
    let lookup = Command::Vrfy(Lookup::new("δ", true).unwrap());
    assert_eq!(Session::offered("PIPELINING").sends(&lookup), NOT_OFFERED);
    assert_eq!(Session::offered("SMTPUTF8").sends(&lookup), OK);
    unsendable(Session::offered("SMTPUTF8").sends(&Command::Vrfy(Lookup::new("δ", false).unwrap())));
    unsendable(Session::offered("SMTPUTF8").sends(&Command::Noop(Some(Text::new("δ").unwrap()))));
}

/// RFC 5321 section 4.5.3.1: a path of 256 octets, a line of 512 and what the offer adds.
#[test]
fn limits() {
    let mailbox = |length: usize| {
        let labels = ["d".repeat(50), "e".repeat(50), "f".repeat(50), "g".repeat(length - 221)];
        format!("{}@{}.org", "a".repeat(63), labels.join("."))
    };
    for (length, expected) in [(254, None), (255, Some(Expected::PathWithinLimit))] {
        let text = mailbox(length);
        assert_eq!(text.len(), length);
        // A mailbox by itself has no such limit; in a path the two brackets count.
        let command = Command::mail(Mailbox::new(&text).unwrap(), Parameters::NONE);
        let result = Session::offered("SIZE").sends(&command);
        assert_eq!(result.is_err().then(|| unsendable(result)), expected);
    }

    let mut config = ClientConfig::default();
    config.unregistered = true;
    let mut session = Session::new(config);
    assert_eq!(session.hears("220 hi\r\n"), ["greeting 220"]);
    session.hello("EHLO", "SIZE");
    let line = |length: usize| format!("MAIL FROM:<> X-TAG={}", "x".repeat(length - "MAIL FROM:<> X-TAG=\r\n".len()));
    assert_eq!(session.clone().says(&line(538)), OK, "512 and the 26 of SIZE");
    assert_eq!(unsendable(session.says(&line(539))), Expected::LineWithinLimit);
    // RFC 3461 section 5.4: with DSN, a RCPT of 1036 octets.
    let recipient = |length: usize| format!("{RCPT} X-TAG={}", "x".repeat(length - RCPT.len() - " X-TAG=\r\n".len()));
    for (offer, length) in [("SIZE", 512), ("SIZE,DSN", 1036)] {
        let mut session = session.clone();
        session.hello("EHLO", offer);
        assert_eq!(session.transaction(&[250]).says(&recipient(length)), OK, "{offer}");
    }
    let mut recipients = session.clone().transaction(&[250]);
    assert_eq!(unsendable(recipients.says(&recipient(513))), Expected::LineWithinLimit);
    let noop = |length: usize| format!("NOOP {}", "x".repeat(length - "NOOP \r\n".len()));
    assert_eq!(unsendable(session.says(&noop(513))), Expected::LineWithinLimit);
    assert_eq!(session.says(&noop(512)), OK);
}

/// No value holds a CR, LF or NUL, so none can end the line and begin another.
#[test]
fn injection() {
    for tail in ["\r\nQUIT", "\nQUIT", "\rQUIT", "\0", "> SIZE=1", "\r\n.\r\nMAIL FROM:<a@b.example>"] {
        assert!(Host::new(&format!("a.example{tail}")).is_err());
        assert!(Domain::new(&format!("a.example{tail}")).is_err());
        assert!(Mailbox::new(&format!("a@b.example{tail}")).is_err());
        assert!(Mailbox::new(&format!("\"a{tail}@b.example")).is_err());
        assert!(Text::new(&format!("a{tail}")).is_err());
        if tail != "> SIZE=1" {
            assert!(Mailbox::new(&format!("\"a{tail}\"@b.example")).is_err());
            assert!(Parameters::new(&format!("SIZE=1{tail}")).is_err());
        }
        assert!(Keyword::new(&format!("X{tail}")).is_err());
        assert!(ParametersBuf::new().push_raw("X", Some(&format!("1{tail}"))).is_err());
        assert!(Xtext::new(&format!("1{tail}")).is_err());
    }
    // What looks like the end of the path is the quoted local part.
    let mut session = Session::offered("SIZE");
    let mailbox = Mailbox::new("\"a> SIZE=1\"@b.example").unwrap();
    assert_eq!(session.sends(&Command::mail(mailbox, Parameters::NONE)), OK);
    assert_eq!(session.wrote(), "MAIL FROM:<\"a> SIZE=1\"@b.example>\r\n");
}

/// What was read leniently is written strictly or not at all.
#[test]
fn lenient_commands() {
    let mut session = Session::greeted();
    unsendable(session.says("HELO [192.0.2.1]"));
    unsendable(session.says("VRFY joe@example.com"));
    unsendable(session.says("NOOP two words"));
    assert_eq!(session.says("EHLO client.example and more"), OK);
    assert_eq!(session.wrote(), "EHLO client.example\r\n");
    assert_eq!(Session::offered("SIZE").says(RCPT), WRONG);
}
