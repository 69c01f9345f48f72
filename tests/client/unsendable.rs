//! Commands that the client refuses before it writes an octet: not offered, too long, or not a valid command.

use crate::session::{MAIL, OK, RCPT, Session, UNREGISTERED, WRONG, not_offered};
use smtp_core::session::{ClientConfig, Misuse};
use smtp_core::syntax::{
    Command, Domain, Expected, Extension, Grammar, Host, Keyword, Lookup, Mailbox, Parameters, ParametersBuf,
    SyntaxError, Text, Xtext,
};

fn unsendable(result: Result<(), Misuse>) -> Expected {
    match result {
        Err(Misuse::Unsendable(error)) => error.expected(),
        other => panic!("{other:?}"),
    }
}

const PARAMETERS: [(&str, &str, &str, Extension); 17] = [
    ("SIZE", "MAIL FROM:<>", "SIZE=10", Extension::Size),
    ("8BITMIME", "MAIL FROM:<>", "BODY=8BITMIME", Extension::EightBitMime),
    ("DSN", "MAIL FROM:<>", "RET=FULL", Extension::Dsn),
    ("DSN", "MAIL FROM:<>", "ENVID=q1", Extension::Dsn),
    ("AUTH PLAIN", "MAIL FROM:<>", "AUTH=<>", Extension::Auth),
    ("SMTPUTF8", "MAIL FROM:<>", "SMTPUTF8", Extension::SmtpUtf8),
    ("DELIVERBY", "MAIL FROM:<>", "BY=120;R", Extension::DeliverBy),
    ("MT-PRIORITY", "MAIL FROM:<>", "MT-PRIORITY=3", Extension::MtPriority),
    ("FUTURERELEASE 60 2030-01-01T00:00:00Z", "MAIL FROM:<>", "HOLDFOR=60", Extension::FutureRelease),
    ("MTRK,DSN", "MAIL FROM:<>", "ENVID=a@b MTRK=YWJj", Extension::Dsn),
    ("NO-SOLICITING", "MAIL FROM:<>", "SOLICIT=org.example:ADV", Extension::NoSoliciting),
    ("CONPERM", "MAIL FROM:<>", "CONPERM", Extension::Conperm),
    ("SUBMITTER", "MAIL FROM:<>", "SUBMITTER=a@b.example", Extension::Submitter),
    ("DSN", RCPT, "NOTIFY=NEVER", Extension::Dsn),
    ("DSN", RCPT, "ORCPT=rfc822;ann@mx.example", Extension::Dsn),
    ("RRVS", RCPT, "RRVS=2014-04-03T23:01:00Z", Extension::Rrvs),
    ("CONNEG", RCPT, "CONNEG", Extension::Conneg),
];

/// RFC 5321 section 4.1.1.11: a parameter needs the extension that defines it.
#[test]
fn parameters_that_were_not_offered() {
    for (offer, command, parameter, extension) in PARAMETERS {
        let line = format!("{command} {parameter}");
        for (offer, expected) in [(offer, OK), ("PIPELINING", not_offered(extension))] {
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

/// A parameter needs a value of its own grammar, is given only once, and belongs to one command.
#[test]
fn parameters_that_are_wrong() {
    let wrong = ["SIZE=x", "SIZE", "BODY=9BIT", "RET=MAYBE", "SIZE=1 SIZE=2", "SMTPUTF8=1", "ENVID=a+"];
    for parameters in wrong {
        let mut session = Session::offered("SIZE,8BITMIME,DSN,SMTPUTF8");
        unsendable(session.says(&format!("MAIL FROM:<> {parameters}")));
    }
    let mut session = Session::offered("PIPELINING,DSN,SMTPUTF8");
    assert_eq!(session.says("MAIL FROM:<> NOTIFY=NEVER"), UNREGISTERED);
    assert_eq!(session.says(MAIL), OK);
    assert_eq!(session.says("RCPT TO:<a@b.example> SMTPUTF8"), UNREGISTERED);
    unsendable(session.says("RCPT TO:<a@b.example> NOTIFY=NEVER,DELAY"));
}

/// A command that a declared limit of the server excludes is not sent: RFC 4865 section 4.1, RFC 2852 section 3, RFC 1870
/// section 6.1, RFC 4468 section 3.1, RFC 9422.
#[test]
fn limits_of_the_offer_are_kept() {
    use smtp_core::syntax::OverLimit as O;
    for (offer, line, limit) in [
        ("SIZE 10", "MAIL FROM:<> SIZE=11", O::Size),
        ("FUTURERELEASE 60 2030-01-01T00:00:00Z", "MAIL FROM:<> HOLDFOR=61", O::HoldFor),
        ("FUTURERELEASE 60 2030-01-01T00:00:00Z", "MAIL FROM:<> HOLDUNTIL=2030-01-01T00:00:01Z", O::HoldUntil),
        ("DELIVERBY 60", "MAIL FROM:<> BY=59;R", O::ByTime),
    ] {
        let mut session = Session::offered(offer);
        assert_eq!(session.says(line), Err(Misuse::OverLimit(limit)), "{line}");
        assert_eq!(session.says(MAIL), OK, "the session has not changed");
    }
    let mut session = Session::offered("PIPELINING,BURL");
    assert_eq!((session.says(MAIL), session.says(RCPT)), (OK, OK));
    assert_eq!(session.says("BURL imap://a.example/b LAST"), Err(Misuse::OverLimit(O::Url)));

    // Commands in flight count too.
    let mut session = Session::offered("PIPELINING,LIMITS MAILMAX=2 RCPTMAX=1");
    for mail in [OK, OK, Err(Misuse::OverLimit(O::MailMax))] {
        assert_eq!(session.says(MAIL), mail);
        if mail.is_ok() {
            assert_eq!((session.says(RCPT), session.says(RCPT)), (OK, Err(Misuse::OverLimit(O::RcptMax))));
            assert_eq!(session.says("RSET"), OK);
        }
    }
}

/// Unregistered verbs and parameters are sent only if the caller has a private agreement. Even then, all others must be offered.
#[test]
fn unregistered() {
    let mut session = Session::offered("PIPELINING,SIZE");
    assert_eq!(session.says("MAIL FROM:<> X-TAG=1"), UNREGISTERED);
    assert_eq!(session.says("XVERB x"), UNREGISTERED);
    assert_eq!(session.says("SEND FROM:<a@b.example>"), UNREGISTERED);

    let mut config = ClientConfig::default();
    config.unregistered = true;
    let mut session = Session::new(config);
    assert_eq!(session.hears("220 hi\r\n"), ["greeting 220"]);
    session.hello("EHLO", "PIPELINING,SIZE");
    for (line, expected) in [
        ("MAIL FROM:<> X-TAG=1 BODY=8BITMIME", not_offered(Extension::EightBitMime)),
        ("MAIL FROM:<> NOTIFY=NEVER X-TAG=1", UNREGISTERED),
        ("MAIL FROM:<> SIZE=5 X-TAG=1", OK),
    ] {
        assert_eq!(session.clone().says(line), expected, "{line}");
    }
    unsendable(session.says("MAIL FROM:<> X-TAG=1 SIZE=1 SIZE=2"));
    let mut recipient = session.clone().transaction(&[250]);
    assert_eq!(recipient.says(&format!("{RCPT} X-TAG=1 NOTIFY=NEVER")), not_offered(Extension::Dsn));
    assert_eq!(recipient.says(&format!("{RCPT} X-TAG=1")), OK);
    assert_eq!(recipient.wrote(), format!("{RCPT} X-TAG=1\r\n"));
    assert_eq!(session.says("XVERB x"), OK);
}

#[test]
fn verbs_that_were_not_offered() {
    let mut session = Session::offered("PIPELINING");
    let verbs = [
        ("STARTTLS", Extension::StartTls),
        ("AUTH PLAIN", Extension::Auth),
        ("ETRN mx.example", Extension::Etrn),
        ("ATRN", Extension::Atrn),
        ("XCLIENT NAME=a", Extension::Xclient),
        ("XFORWARD NAME=a", Extension::Xforward),
    ];
    for (line, extension) in verbs {
        assert_eq!(session.says(line), not_offered(extension), "{line}");
    }
    let mut session = session.transaction(&[250, 250]);
    assert_eq!(session.says("BDAT 0 LAST"), not_offered(Extension::Chunking));
    assert_eq!(session.says("BURL imap://a.example/b LAST"), not_offered(Extension::Burl));
    assert_eq!(session.says("DATA"), OK);
}

/// RFC 6531 section 3.4: the parameter, not the offer, allows UTF-8, for one transaction.
#[test]
fn utf8_addresses() {
    let mail = "MAIL FROM:<δ@παράδειγμα.example>";
    let rcpt = "RCPT TO:<δ@παράδειγμα.example>";
    let with = format!("{mail} SMTPUTF8");
    let mut session = Session::offered("PIPELINING");
    assert_eq!(session.says(&with), not_offered(Extension::SmtpUtf8));
    assert_eq!(session.says(mail), not_offered(Extension::SmtpUtf8));
    assert_eq!(session.says(&format!("{mail} SIZE=x")), not_offered(Extension::SmtpUtf8));
    assert_eq!(session.transaction(&[250]).says(rcpt), not_offered(Extension::SmtpUtf8));
    let mut session = Session::offered("PIPELINING,SMTPUTF8,8BITMIME");
    assert_eq!(unsendable(session.says(mail)), Expected::Ascii);
    assert_eq!(unsendable(session.clone().transaction(&[250]).says(rcpt)), Expected::Ascii);
    for line in [with.as_str(), rcpt, "RSET", MAIL] {
        assert_eq!(session.says(line), OK, "{line}");
    }
    assert_eq!(unsendable(session.says(rcpt)), Expected::Ascii);
    // Section 3.7.1: the argument of EHLO is ASCII.
    let host = Host::parse("παράδειγμα.example".as_bytes(), Grammar::SMTPUTF8).unwrap();
    unsendable(Session::greeted().sends(&Command::Ehlo(host)));
}

/// RFC 6531 section 3.7.4.2: `vrfy = "VRFY" SP String [ SP "SMTPUTF8" ] CRLF ; String may include Non-ASCII characters`. The
/// parameter concerns the reply. Section 3.3 extends Atom and Quoted-string, and so the String of HELP and NOOP too.
#[test]
fn utf8_texts() {
    let text = Text::new("δ").unwrap();
    for (command, written) in [
        (Command::Vrfy(Lookup::new_smtputf8("δ").unwrap()), "VRFY δ SMTPUTF8\r\n"),
        (Command::Vrfy(Lookup::new("δ").unwrap()), "VRFY δ\r\n"),
        (Command::Expn(Lookup::new("δ").unwrap()), "EXPN δ\r\n"),
        (Command::Help(Some(text)), "HELP δ\r\n"),
        (Command::Noop(Some(text)), "NOOP δ\r\n"),
    ] {
        assert_eq!(Session::offered("PIPELINING").sends(&command), not_offered(Extension::SmtpUtf8), "{command}");
        let mut session = Session::offered("SMTPUTF8");
        assert_eq!(session.sends(&command), OK, "{command}");
        assert_eq!(session.wrote(), written);
    }
    let ascii = Command::Vrfy(Lookup::new_smtputf8("joe").unwrap());
    assert_eq!(Session::offered("PIPELINING").sends(&ascii), not_offered(Extension::SmtpUtf8));
}

/// RFC 5321 section 4.5.3.1: a path of 256 octets, and a line of 512 and what the offered extensions add.
#[test]
fn limits() {
    let mailbox = |length: usize| {
        let labels = ["d".repeat(50), "e".repeat(50), "f".repeat(50), "g".repeat(length - 221)];
        format!("{}@{}.org", "a".repeat(63), labels.join("."))
    };
    for (length, expected) in [(254, None), (255, Some(Expected::PathWithinLimit))] {
        let text = mailbox(length);
        assert_eq!(text.len(), length);
        // A mailbox alone has no such limit; in a path the two brackets count.
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
    assert_eq!(session.clone().says(&line(538)), OK, "512 octets and 26 for SIZE");
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

/// No value contains a CR, LF or NUL, so none can end the line and begin another.
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
    // The quoted local-part contains text that looks like the end of the path.
    let mut session = Session::offered("SIZE");
    let mailbox = Mailbox::new("\"a> SIZE=1\"@b.example").unwrap();
    assert_eq!(session.sends(&Command::mail(mailbox, Parameters::NONE)), OK);
    assert_eq!(session.wrote(), "MAIL FROM:<\"a> SIZE=1\"@b.example>\r\n");
}

/// A command that was parsed leniently is written strictly; `sent_on` has the whole table.
#[test]
fn lenient_commands() {
    let mut session = Session::greeted();
    assert_eq!(session.says("EHLO client.example and more"), OK);
    assert_eq!(session.wrote(), "EHLO client.example\r\n");
    assert_eq!(Session::offered("SIZE").says(RCPT), WRONG);
}

/// A text that is not a String, put into a command by hand. In VRFY and EXPN the text has a meaning, so it cannot be replaced: no
/// String has a control character or an octet that is not UTF-8 (RFC 5321 section 4.1.2).
#[test]
fn texts_that_are_not_a_string() {
    for octets in [&b"jo\x01e"[..], b"jo\te", b"J\xFCrgen", b"a\x7F"] {
        let mut lookup = Lookup::new("joe").unwrap();
        lookup.text = Text::parse(octets, Grammar::LENIENT).unwrap();
        for command in [Command::Vrfy(lookup), Command::Expn(lookup)] {
            let result = Session::offered("SMTPUTF8").sends(&command);
            assert_eq!(result, Err(Misuse::Unsendable(error_at(5))), "{command}");
        }
    }
}

/// Returns the error for a VRFY or EXPN whose text cannot be written.
fn error_at(offset: usize) -> SyntaxError {
    let error = Command::parse(b"VRFY \x01", Grammar::STRICT).unwrap_err();
    assert_eq!((error.expected(), error.offset()), (Expected::Text, offset));
    error
}
