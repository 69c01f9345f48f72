//! The commands that may be sent in each state, and the effect of the replies (RFC 5321 sections 3 and 4.1.4).

use crate::session::{MAIL, OK, PENDING, RCPT, Session, WRONG, not_offered};
use smtp_core::session::{Client, ClientConfig, Misuse, ServerConfig, State};
use smtp_core::syntax::{Extension, Host};

const ALL: &str = "PIPELINING,8BITMIME,SIZE,CHUNKING,STARTTLS,AUTH PLAIN LOGIN,ETRN,ATRN,XCLIENT NAME,XFORWARD NAME";

/// Compares the result of each command with the expected one. The session is not changed.
fn holds(session: &Session, expected: &[(&str, Result<(), Misuse>)]) {
    for (line, result) in expected {
        assert_eq!(session.clone().says(line), *result, "{line} in {:?}", session.client.state());
    }
}

const HELLO: &str = "EHLO client.example";
const ANYWHERE: [(&str, Result<(), Misuse>); 8] = [
    (HELLO, OK),
    ("HELO client.example", OK),
    ("NOOP", OK),
    ("HELP", OK),
    ("VRFY ann", OK),
    ("EXPN list", OK),
    ("RSET", OK),
    ("QUIT", OK),
];

#[test]
fn nothing_before_the_greeting() {
    let session = Session::new(ClientConfig::default());
    holds(&session, &ANYWHERE.map(|(line, _)| (line, PENDING)));
}

#[test]
fn greeted() {
    let session = Session::greeted();
    holds(&session, &ANYWHERE);
    holds(&session, &[(MAIL, WRONG), (RCPT, WRONG), ("DATA", WRONG), ("STARTTLS", WRONG), ("AUTH LOGIN", WRONG)]);
    holds(&session, &[("LHLO client.example", WRONG)]);
}

/// RFC 5321 section 3.1: after 554 only QUIT may follow. 521 means the same (RFC 7504 section 3).
#[test]
fn refused_with_the_greeting() {
    for code in [554, 521, 550, 450] {
        let mut session = Session::new(ClientConfig::default());
        assert_eq!(session.hears(&format!("{code} no\r\n")), [format!("greeting {code}")]);
        holds(&session, &[(HELLO, WRONG), ("HELO client.example", WRONG), ("NOOP", WRONG), ("QUIT", OK)]);
    }
    let mut session = Session::new(ClientConfig::default());
    assert_eq!(session.hears("421 later\r\n"), ["greeting 421"]);
    assert_eq!(session.client.state(), State::Closed);
    holds(&session, &[(HELLO, WRONG), ("QUIT", WRONG)]);
}

/// RFC 5321 section 4.1.4: "The last command in a session MUST be the QUIT command", also if a server refuses it.
#[test]
fn nothing_after_quit() {
    let mut session = Session::offered(ALL);
    assert_eq!(session.says("QUIT"), OK);
    assert_eq!(session.hears("554 no\r\n"), ["Quit 554"]);
    holds(&session, &[(HELLO, WRONG), (MAIL, WRONG), ("NOOP", WRONG), ("RSET", WRONG), ("QUIT", OK)]);
}

/// RFC 5321 section 3.2: a client sends HELO to a server that does not know EHLO.
#[test]
fn hello_refused() {
    let mut session = Session::greeted();
    assert_eq!(session.says(HELLO), OK);
    assert_eq!(session.hears("502 what\r\n"), ["Ehlo 502"]);
    holds(&session, &[(MAIL, WRONG), ("HELO client.example", OK)]);
    assert_eq!(session.says("HELO client.example"), OK);
    assert_eq!(session.hears("250-mx.example\r\n250 PIPELINING\r\n"), ["Helo 250"]);
    // A reply to HELO offers nothing, whatever its text is.
    assert_eq!(session.says("MAIL FROM:<joe@client.example> SIZE=1"), not_offered(Extension::Size));
    assert_eq!(session.says(MAIL), OK);
    assert_eq!(session.says(RCPT), PENDING);
}

#[test]
fn ready() {
    let session = Session::offered(ALL);
    holds(&session, &ANYWHERE);
    holds(&session, &[(MAIL, OK), ("STARTTLS", OK), ("AUTH LOGIN", OK), ("ETRN mx.example", OK), ("ATRN", OK)]);
    holds(&session, &[("XCLIENT NAME=a.example", OK), ("XFORWARD NAME=a.example", OK)]);
    holds(&session, &[(RCPT, WRONG), ("DATA", WRONG), ("BDAT 1", WRONG), ("BDAT 0 LAST", WRONG)]);
}

#[test]
fn after_mail() {
    let session = Session::offered(ALL).transaction(&[250]);
    assert_eq!(session.client.state(), State::Mail);
    holds(&session, &ANYWHERE);
    holds(&session, &[(RCPT, OK), (MAIL, WRONG), ("DATA", WRONG), ("BDAT 0 LAST", WRONG), ("STARTTLS", WRONG)]);
    holds(&session, &[("AUTH LOGIN", WRONG), ("ETRN mx.example", WRONG), ("ATRN", WRONG)]);
    holds(&session, &[("XCLIENT NAME=a.example", WRONG), ("XFORWARD NAME=a.example", WRONG)]);
}

#[test]
fn after_recipients() {
    let session = Session::offered(ALL).transaction(&[250, 251, 550]);
    assert_eq!((session.client.state(), session.client.recipients()), (State::Rcpt, 1));
    holds(&session, &ANYWHERE);
    holds(
        &session,
        &[(RCPT, OK), ("DATA", OK), ("BDAT 5", OK), ("BDAT 0 LAST", OK), (MAIL, WRONG), ("STARTTLS", WRONG)],
    );
}

#[test]
fn without_an_accepted_recipient() {
    let session = Session::offered(ALL).transaction(&[250, 550, 450]);
    assert_eq!((session.client.state(), session.client.recipients()), (State::Mail, 0));
    holds(&session, &[("DATA", WRONG), ("BDAT 0 LAST", WRONG), (RCPT, OK), ("RSET", OK)]);
}

/// RFC 5321 section 4.1.1.4: without 354 there is no content.
#[test]
fn data_refused() {
    let mut session = Session::offered(ALL).transaction(&[250, 250]);
    assert_eq!(session.content(b"x"), WRONG);
    assert_eq!(session.says("DATA"), OK);
    assert_eq!(session.content(b"x"), WRONG);
    assert_eq!(session.hears("451 later\r\n"), ["Data 451"]);
    assert_eq!(session.content(b"x"), WRONG);
    assert_eq!(session.finish(), WRONG);
    holds(&session, &[("RSET", OK), ("QUIT", OK), (MAIL, WRONG)]);
}

#[test]
fn only_content_may_follow_354() {
    let session = Session::offered(ALL).transaction(&[250, 250]).in_data();
    holds(&session, &ANYWHERE.map(|(line, _)| (line, WRONG)));
    holds(&session, &[(MAIL, WRONG), (RCPT, WRONG), ("DATA", WRONG), ("BDAT 0 LAST", WRONG)]);
}

/// RFC 3030 section 2: no DATA after BDAT, and after a failed BDAT no other one until RSET.
#[test]
fn chunks() {
    let mut session = Session::offered(ALL).transaction(&[250, 250]);
    assert_eq!(session.says("BDAT 2"), OK);
    holds(&session, &[("BDAT 0 LAST", WRONG), ("RSET", WRONG), ("QUIT", WRONG)]);
    assert_eq!(session.content(b"ab"), OK);
    holds(&session, &[("BDAT 0 LAST", OK), ("DATA", WRONG), (RCPT, WRONG), ("RSET", OK)]);
    assert_eq!(session.hears("250 2 octets\r\n"), ["Bdat 250"]);
    assert_eq!(session.client.state(), State::Bdat);
    holds(&session, &[("BDAT 0 LAST", OK), ("DATA", WRONG), (RCPT, WRONG), (MAIL, WRONG), ("NOOP", OK), ("QUIT", OK)]);
    assert_eq!(session.says("BDAT 0"), OK);
    assert_eq!(session.hears("452 full\r\n"), ["Bdat 452"]);
    assert_eq!(session.client.state(), State::Failed);
    holds(
        &session,
        &[("BDAT 0 LAST", WRONG), ("DATA", WRONG), (RCPT, WRONG), (MAIL, WRONG), ("RSET", OK), ("QUIT", OK)],
    );
}

#[test]
fn quit() {
    let mut session = Session::offered(ALL);
    assert_eq!(session.says("QUIT"), OK);
    holds(&session, &[("NOOP", PENDING), (MAIL, PENDING), ("QUIT", PENDING)]);
    assert_eq!(session.hears("221 bye\r\n"), ["Quit 221"]);
    holds(&session, &[("NOOP", WRONG), (MAIL, WRONG), ("QUIT", WRONG)]);
    assert_eq!(session.hears("250 more, which is not read\r\n"), [""; 0]);
}

/// A refused hello keeps the transaction; a successful one ends it (RFC 5321 section 4.1.4).
#[test]
fn hello_in_a_transaction() {
    let mut session = Session::offered(ALL).transaction(&[250, 250]);
    assert_eq!(session.says(HELLO), OK);
    assert_eq!(session.hears("501 no\r\n"), ["Ehlo 501"]);
    assert_eq!((session.client.state(), session.client.recipients()), (State::Rcpt, 1));
    session.hello("EHLO", "8BITMIME");
    assert_eq!((session.client.state(), session.client.recipients()), (State::Ready, 0));
    holds(&session, &[(MAIL, OK), ("STARTTLS", not_offered(Extension::StartTls))]);
    holds(&session, &[("MAIL FROM:<> SIZE=1", not_offered(Extension::Size))]);
}

/// Postfix XCLIENT: the session starts again, and the offer is forgotten.
#[test]
fn xclient() {
    let mut session = Session::offered(ALL);
    assert_eq!(session.says("XCLIENT NAME=a.example"), OK);
    assert_eq!(session.says(MAIL), PENDING);
    assert_eq!(session.hears("220 mx.example\r\n"), ["Xclient 220"]);
    assert_eq!(session.client.state(), State::Start);
    holds(&session, &[(MAIL, WRONG), ("XCLIENT NAME=b.example", not_offered(Extension::Xclient)), (HELLO, OK)]);
}

fn server_config() -> ServerConfig {
    ServerConfig::new(Host::new("client.example").unwrap())
}

/// RFC 2645 section 5.2: with 250 the roles are exchanged, and the octets after it are for the new roles.
#[test]
fn atrn() {
    let mut session = Session::offered(ALL);
    assert_eq!(session.says("ATRN mx.example"), OK);
    let octets = b"250 now you\r\nEHLO mx.example\r\n";
    let mut rest = &octets[..];
    assert!(session.client.next_event(&mut rest).unwrap().is_some());
    assert_eq!(session.client.state(), State::Closed);
    assert_eq!(session.client.next_event(&mut rest), Ok(None));
    assert_eq!(rest, b"EHLO mx.example\r\n");
    let (mut server, mut out) = (session.client.into_server(server_config()).unwrap(), Vec::new());
    server.reply_default(&mut out).unwrap();
    assert!(server.next_event(&mut rest).unwrap().is_some());
    server.reply_default(&mut out).unwrap();
    assert!(out.starts_with(b"220 client.example ESMTP\r\n250-client.example\r\n"));
    assert_eq!((server.state(), server.is_tls()), (State::Ready, false));

    let mut session = Session::offered(ALL);
    assert_eq!(session.says("ATRN"), OK);
    assert_eq!(session.hears("453 no mail\r\n"), ["Atrn 453"]);
    assert_eq!(session.says(MAIL), OK);
    assert_eq!(session.client.into_server(server_config()).unwrap_err(), Misuse::NotTurned);
}

#[test]
fn a_client_is_small() {
    assert!(size_of::<Client>() <= 256, "{} octets", size_of::<Client>());
}
