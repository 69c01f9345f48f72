//! A client sends on what a lenient server has parsed, as a relay or a proxy does: each line by its clause.

use crate::session::{MAIL, OK, RCPT, Session};
use smtp_core::session::{ClientConfig, Misuse, Server, ServerConfig, ServerEvent};
use smtp_core::syntax::{
    Capabilities, CapabilityValue, Command, CommandBuf, Dialect, Extension, Grammar, Host, Mailbox, Mechanisms,
    Parameters,
};

/// Returns a lenient server that offers what these lines need, after EHLO.
fn server() -> Server {
    let mut config = ServerConfig::new(Host::new("mx.example").unwrap());
    config.dialect = Dialect::LENIENT;
    config.auth_only_under_tls = false;
    let mut offered = Capabilities::new();
    for extension in [
        Extension::Dsn,
        Extension::SmtpUtf8,
        Extension::EightBitMime,
        Extension::Expn,
        Extension::Submitter,
        Extension::Xclient,
    ] {
        offered = offered.with(extension);
    }
    config.capabilities = offered.with_value(CapabilityValue::Auth(Mechanisms::new("PLAIN").unwrap())).unwrap();
    let mut server = Server::new(config);
    server.reply_default(&mut Vec::new()).unwrap();
    accepted(&mut server, "EHLO relay.example");
    server
}

fn accepted(server: &mut Server, line: &str) {
    command(server, line);
    server.reply_default(&mut Vec::new()).unwrap();
}

/// Returns the command that the server parses from a line.
fn command(server: &mut Server, line: &str) -> CommandBuf {
    let octets = format!("{line}\r\n");
    let mut rest = octets.as_bytes();
    match server.next_event(&mut rest).unwrap() {
        Some(ServerEvent::Command(command)) => CommandBuf::from(command),
        other => panic!("{line}: {other:?}"),
    }
}

/// Returns a client that has the same offer, with a transaction as far as the line needs it.
fn client(before: &[&str]) -> Session {
    let mut session = Session::new(ClientConfig::default());
    assert_eq!(session.hears("220 next.example\r\n"), ["greeting 220"]);
    session.hello("EHLO", "DSN,SMTPUTF8,8BITMIME,EXPN,SUBMITTER,XCLIENT,AUTH PLAIN");
    for line in before {
        assert_eq!(session.says(line), OK);
        assert_eq!(session.hears("250 OK\r\n").len(), 1);
    }
    session
}

fn sent_on(before: &[&str], line: &str) -> Result<String, Misuse> {
    let mut server = server();
    before.iter().for_each(|line| accepted(&mut server, line));
    let kept = command(&mut server, line);
    let mut session = client(before);
    session.sends(&kept.as_command())?;
    Ok(session.wrote().to_owned())
}

const NONE: &[&str] = &[];

/// A local-part of 70 octets.
const LONG: &str = "MAIL FROM:<xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx@b>";

/// RFC 5321 section 4.1.2: the caller's own text must satisfy the strict grammar. An odd address that was parsed leniently may be
/// sent on, because it comes from another host.
#[test]
fn odd_addresses_are_sent_on_only_if_they_were_parsed() {
    for (text, line) in [
        ("joe", "RCPT TO:<joe>\r\n"),
        ("a..b@c.example", "RCPT TO:<\"a..b\"@c.example>\r\n"),
        ("a@b_c.example", "RCPT TO:<a@b_c.example>\r\n"),
    ] {
        assert!(Mailbox::new(text).is_err(), "{text}");
        let mailbox = Mailbox::parse(text.as_bytes(), Grammar::LENIENT).unwrap();
        let mut session = client(&["MAIL FROM:<>"]);
        assert_eq!(session.sends(&Command::rcpt(mailbox, Parameters::NONE)), Ok(()), "{text}");
        assert!(session.wrote().ends_with(line), "{}", session.wrote());
    }
}

/// RFC 5321 section 4.1.2: a String that is not an Atom is a Quoted-string, with a backslash before `"` and `\`.
#[test]
fn texts() {
    for (line, written) in [
        ("VRFY user@host", r#"VRFY "user@host""#),
        ("VRFY <user@host>", r#"VRFY "<user@host>""#),
        ("VRFY O\"Neil\\", r#"VRFY "O\"Neil\\""#),
        ("VRFY joe", "VRFY joe"),
        ("VRFY \"joe smith\"", "VRFY \"joe smith\""),
        ("VRFY Grüße", "VRFY Grüße"),
        ("VRFY schöne Grüße", "VRFY \"schöne Grüße\""),
        ("VRFY schöne Grüße SMTPUTF8", "VRFY \"schöne Grüße\" SMTPUTF8"),
        ("EXPN the list", "EXPN \"the list\""),
        ("HELP MAIL FROM", "HELP \"MAIL FROM\""),
        ("HELP a\tb", "HELP \"a?b\""),
        ("NOOP hi there", "NOOP \"hi there\""),
        ("NOOP schöne Grüße", "NOOP \"schöne Grüße\""),
        // RFC 5321 section 4.1.1.9: the text has no meaning.
        ("NOOP \u{1}\u{7F}", "NOOP \"??\""),
    ] {
        assert_eq!(sent_on(NONE, line), Ok(format!("{written}\r\n")), "{line}");
    }
}

/// Section 4.1.1.1: HELO has no form for a literal but that of EHLO, and clients without a name send it.
#[test]
fn hellos() {
    for (line, written) in [
        ("HELO [192.0.2.1]", "HELO [192.0.2.1]"),
        ("HELO [IPv6:1:2:3:4:5:6:7::]", "HELO [IPv6:1:2:3:4:5:6:7:0]"),
        ("EHLO [IPv6:1:2:3:4:5:6:7::]", "EHLO [IPv6:1:2:3:4:5:6:7:0]"),
        ("HELO client.example and more", "HELO client.example"),
        ("  EHLO\t MY_PC  here", "EHLO MY_PC"),
        ("EHLO host.example.", "EHLO host.example."),
        ("EHLO [::1]", "EHLO [::1]"),
        ("HELO Büro", "HELO Büro"),
        ("EHLO ", "EHLO"),
    ] {
        assert_eq!(sent_on(NONE, line), Ok(format!("{written}\r\n")), "{line}");
    }
}

/// Section 4.1.2: a path has brackets, and no space before it. Section 4.1.3: "::" stands for at least two groups.
#[test]
fn paths() {
    for (line, written) in [
        ("MAIL FROM: <a@b>", "MAIL FROM:<a@b>"),
        ("MAIL  FROM:\t <a@b>\tRET=HDRS  ENVID=x", "MAIL FROM:<a@b> RET=HDRS ENVID=x"),
        ("MAIL FROM:<a..b.@c>", "MAIL FROM:<\"a..b.\"@c>"),
        ("MAIL FROM:<\"a..b\"@c>", "MAIL FROM:<\"a..b\"@c>"),
        ("MAIL FROM:<a@b_c.example.>", "MAIL FROM:<a@b_c.example.>"),
        ("MAIL FROM:<joe>", "MAIL FROM:<joe>"),
        ("MAIL FROM:joe", "MAIL FROM:<joe>"),
        ("MAIL FROM:<\"\"@b>", "MAIL FROM:<\"\"@b>"),
        (LONG, LONG),
        ("MAIL FROM:<a@b> AUTH=joe", "MAIL FROM:<a@b> AUTH=<>"),
        ("MAIL FROM:<a@b> AUTH= RET=FULL", "MAIL FROM:<a@b> AUTH=<> RET=FULL"),
        ("MAIL FROM:a@b RET=HDRS", "MAIL FROM:<a@b> RET=HDRS"),
        ("MAIL FROM:@a,@b:c@d", "MAIL FROM:<@a,@b:c@d>"),
        ("MAIL FROM:<a@[192.000.2.001]>", "MAIL FROM:<a@[192.000.2.001]>"),
        ("MAIL FROM:<a@[IPv6:1::3:4:5:6:7:8]>", "MAIL FROM:<a@[IPv6:1:0:3:4:5:6:7:8]>"),
    ] {
        assert_eq!(sent_on(NONE, line), Ok(format!("{written}\r\n")), "{line}");
    }
    for (line, written) in [
        ("RCPT TO: postmaster", "RCPT TO:<Postmaster>"),
        ("RCPT TO:ann@mx.example \t", RCPT),
        ("RCPT TO:\"a b\"@[IPv6:::2:3:4:5:6:7:8]", "RCPT TO:<\"a b\"@[IPv6:0:2:3:4:5:6:7:8]>"),
    ] {
        assert_eq!(sent_on(&[MAIL], line), Ok(format!("{written}\r\n")), "{line}");
    }
    let before = ["MAIL FROM:<> SMTPUTF8"];
    assert_eq!(sent_on(&before, "RCPT TO: δ@παράδειγμα.example"), Ok("RCPT TO:<δ@παράδειγμα.example>\r\n".to_owned()));
}

/// RFC 3461 section 5.2.1: ENVID is passed on "with the same associated esmtp-value", ORCPT with "the identical
/// original-recipient-address". No clause keeps the attributes of XCLIENT, so they get the digits of xtext (section 4).
#[test]
fn encoded_values() {
    for line in ["MAIL FROM:<> ENVID=a+2bb", "MAIL FROM:<> SUBMITTER=a+2bb@x", "MAIL FROM:<> AUTH=a+2bb@x"] {
        assert_eq!(sent_on(NONE, line), Ok(format!("{line}\r\n")));
    }
    for value in ["rfc822;a+2bb@x", "rfc822;+c3+bcn@x", "utf-8;j\\x{fc}rgen@x", "utf-8;jürgen@x"] {
        let line = format!("{RCPT} ORCPT={value}");
        assert_eq!(sent_on(&[MAIL], &line), Ok(format!("{line}\r\n")));
    }
    let written = "XCLIENT NAME=a+2Bb ADDR=192.0.2.1\r\n".to_owned();
    assert_eq!(sent_on(NONE, "XCLIENT NAME=a+2bb ADDR=192.0.2.1"), Ok(written));
}

/// A line that is too long once it is quoted is refused like any other.
#[test]
fn a_line_that_grows_over_its_limit() {
    let quotes = |number: usize| format!("NOOP {}", "\"".repeat(number));
    // "NOOP ", the two quotes and CRLF leave 503 octets.
    assert_eq!(sent_on(NONE, &quotes(251)), Ok(format!("NOOP \"{}\"\r\n", "\\\"".repeat(251))));
    let error = sent_on(NONE, &quotes(252)).unwrap_err();
    assert!(matches!(error, Misuse::Unsendable(error) if error.offset() == 512), "{error:?}");
}

/// A strict server accepts what is sent on.
#[test]
fn a_strict_server_takes_it() {
    let mut config = ServerConfig::new(Host::new("next.example").unwrap());
    config.capabilities = Capabilities::new().with(Extension::SmtpUtf8).with(Extension::EightBitMime);
    for line in ["VRFY user@host", "VRFY schöne Grüße", "NOOP schöne Grüße", "HELP MAIL FROM"] {
        let written = sent_on(NONE, line).unwrap();
        let mut strict = Server::new(config.clone());
        strict.reply_default(&mut Vec::new()).unwrap();
        let session = format!("EHLO relay.example\r\n{written}");
        let mut rest = session.as_bytes();
        assert!(matches!(strict.next_event(&mut rest), Ok(Some(ServerEvent::Command(Command::Ehlo(_))))));
        strict.reply_default(&mut Vec::new()).unwrap();
        assert!(matches!(strict.next_event(&mut rest), Ok(Some(ServerEvent::Command(_)))), "{written}");
    }
}
