//! The ends of the two directions, and the octets that are left unread when one of them closes.

use super::sessions::{DATA, MAIL, OK, RCPT, found, session};
use smtp_core::observer::ViolationKind as V;
use smtp_core::observer::{Observer, ObserverEvent, Side};

/// The pieces up to the reply to EHLO, which offers what the client of these sessions uses.
const HELLO: [&str; 3] = [
    "S220 mx.example\r\n",
    "CEHLO c.example\r\n",
    "S250-mx.example\r\n250-PIPELINING\r\n250-CHUNKING\r\n250 AUTH PLAIN LOGIN\r\n",
];

fn after_hello(pieces: &[&str]) -> Vec<V> {
    found(&session(&[&HELLO, pieces].concat()))
}

/// RFC 5321 section 4.1.1.10: the client sends QUIT before it closes. It may close its direction when it has sent QUIT, also if
/// the server has not answered what comes before it: the violations are those of a client that closes after the last reply.
#[test]
fn what_was_sent_before_a_close_is_judged() {
    let sessions: &[(&[&str], &[&str], &[V])] = &[
        // RFC 4954 section 4: commands may follow AUTH PLAIN with an initial response in its group.
        (
            &["CAUTH PLAIN AGEAYg==\r\nMAIL FROM:<a@c.example>\r\nDATA\r\nQUIT\r\n"],
            &["S235 In\r\n", OK, "S503 No\r\n", "S221 Bye\r\n"],
            // DATA without RCPT (section 3.3), and QUIT before the reply to DATA (RFC 2920 section 3.1).
            &[V::CommandOutOfOrder, V::PipeliningPastGroupEnd],
        ),
        (&["CAUTH PLAIN AGEAYg==\r\nQUIT\r\n"], &["S535 No\r\n", "S221 Bye\r\n"], &[]),
        (&["CAUTH LOGIN\r\nQUIT\r\n"], &["S504 No\r\n", "S221 Bye\r\n"], &[V::AuthNotLastInGroup]),
        (&["CEHLO c.example\r\nQUIT\r\n"], &["S250 mx.example\r\n", "S221 Bye\r\n"], &[V::PipeliningPastGroupEnd]),
        // A client that sends no QUIT.
        (&["CAUTH PLAIN AGEAYg==\r\nNOOP\r\n"], &["S235 In\r\n", OK], &[V::ClosedWithoutQuit]),
        // The server is judged while octets of the client are left.
        (&["CAUTH PLAIN AGEAYg==\r\nQUIT\r\n"], &["S354 Go\r\n", "S221 Bye\r\n"], &[V::ReplyOutOfSequence]),
    ];
    for (sent, answers, expected) in sessions {
        assert_eq!(after_hello(&[*sent, &["C"], *answers, &["S"]].concat()), *expected, "early: {sent:?}");
        let late = after_hello(&[*sent, *answers, &["C", "S"]].concat());
        assert_eq!(late, *expected, "late: {sent:?}");
    }
}

/// Octets that can have no meaning any more, because neither side sends more.
#[test]
fn a_close_is_judged_when_no_reply_can_come() {
    let sessions: &[(&[&str], &[V])] = &[
        // The octets after AUTH are a response if the server sends 334, and commands if not. Nobody knows.
        (&["CAUTH LOGIN\r\nam9l\r\n", "C", "S"], &[]),
        (&["CAUTH LOGIN\r\nam9l\r\nQUIT\r\n", "C", "S"], &[]),
        (&["CAUTH LOGIN\r\n", "C", "S"], &[V::ClosedWithoutQuit]),
        (&[MAIL, OK, RCPT, OK, DATA, "C", "S"], &[V::ClosedWithoutQuit]),
        // After the server has closed, the client cannot be blamed for what it does.
        (&["CAUTH LOGIN\r\nam9l\r\n", "S", "C"], &[V::ServerClosed]),
        // RFC 5321 section 3.8: a server may close when the client has closed.
        (&["C", "S"], &[V::ClosedWithoutQuit]),
        (&["CQUIT\r\n", "C", "S"], &[V::QuitUnanswered]),
        // An unfinished line waits for nothing.
        (&["CQUI", "C", "S500 What?\r\n", "S"], &[V::ClosedWithoutQuit]),
    ];
    for (pieces, expected) in sessions {
        assert_eq!(after_hello(pieces), *expected, "{pieces:?}");
    }
}

/// RFC 5321 section 2.3.8: only CRLF ends a line. The line of a client that sends a bare LF instead never ends.
#[test]
fn a_line_without_its_crlf_is_reported_at_the_close() {
    const FED: &str = "CEHLO c.example\nMAIL FROM:<a@c.example>\nQUIT\n";
    let greeting = "S220 mx.example\r\n";
    let sessions: &[(&[&str], &[V])] = &[
        (&[greeting, FED, "C", "S"], &[V::BareLineEndingInCommand, V::ClosedWithoutQuit]),
        (&[greeting, FED, "C", "S", "C"], &[V::BareLineEndingInCommand, V::ClosedWithoutQuit]),
        // The server waits for the end of the line, until it waits no longer (section 4.5.3.2.7).
        (&[greeting, FED, "S421 Bye\r\n", "S", "C"], &[V::BareLineEndingInCommand]),
        (&[greeting, FED, "S", "C"], &[V::ServerClosed, V::BareLineEndingInCommand]),
        (&[greeting, "CNO\rOP", "C", "S"], &[V::BareLineEndingInCommand, V::ClosedWithoutQuit]),
        // What the client sends after the server has closed is not judged.
        (&[greeting, "S", FED, "C"], &[V::ServerClosed]),
        (&[greeting, "CNO", "S", "COP\nQUIT\n", "C"], &[V::ServerClosed]),
        // The last CR may be that of a CRLF.
        (&[greeting, "CQUIT\r", "C", "S"], &[V::ClosedWithoutQuit]),
        (&[greeting, "CQUIT\r\n", "S221 Bye\r\n", "C\n", "C", "S"], &[V::BareLineEndingInCommand]),
        // A server that takes the LF for the end of a line answers, also after the client has closed.
        (&[greeting, "CQUIT\n", "C", "S221 Bye\r\n", "S"], &[V::LineFeedAccepted, V::BareLineEndingInCommand]),
        (&[greeting, "CNOOP a\nQU", "S", "CIT\r\n", "C"], &[V::ServerClosed]),
    ];
    for (pieces, expected) in sessions {
        let mut kinds = found(&session(pieces));
        let mut expected = expected.to_vec();
        kinds.sort();
        expected.sort();
        assert_eq!(kinds, expected, "{pieces:?}");
    }
    // RFC 4954 section 4: a response is base64.
    let auth = &["CAUTH LOGIN\r\n", "S334 \r\n"][..];
    assert_eq!(after_hello(&[auth, &["Cam9l\n", "C", "S"]].concat()), [V::ResponseNotBase64, V::ClosedWithoutQuit]);
    assert_eq!(after_hello(&[auth, &["Cam9l", "C", "S"]].concat()), [V::ClosedWithoutQuit]);
}

/// What is left of a line is an event, so that a program can show it, and can mask it if it holds a credential.
#[test]
fn what_is_left_of_a_line_is_an_event() {
    let hello: (&[u8], &[u8]) = (b"EHLO c.example\r\n", b"250-mx.example\r\n250 AUTH LOGIN\r\n");
    let auth: (&[u8], &[u8]) = (b"AUTH LOGIN\r\n", b"334 \r\n");
    for (before, rest, response, secret) in [
        (&[hello][..], &b"NOOP\nQUIT\n"[..], false, false),
        (&[hello], b"QUI", false, false),
        (&[hello], b"NOOP\nAUTH PLAIN AGEAYg==\n", false, true),
        (&[hello, (b"AUTH LOGIN\r\n", b"504 No\r\n")], b"am9l\n", false, true),
        (&[hello, auth], b"am9l\n", true, true),
        (&[hello, auth], b"am9", true, true),
    ] {
        let mut observer = Observer::within_tls();
        for (mut client, mut server) in before.iter().copied() {
            while observer.next_event(&mut client, &mut server).is_some() {}
        }
        let mut client = rest;
        assert_eq!(observer.next_event(&mut client, &mut &b""[..]), None);
        [Side::Client, Side::Server].into_iter().for_each(|side| observer.close(side));
        let mut lines = Vec::new();
        while let Some(event) = observer.next_event(&mut client, &mut &b""[..]) {
            match event {
                ObserverEvent::Command { line, command } => {
                    assert!(command.is_err() && !response, "{line:?}");
                    assert_eq!(observer.may_be_credential(), secret, "{line:?}");
                    lines.push(line);
                }
                ObserverEvent::Response(line) => {
                    assert!(response, "{line:?}");
                    lines.push(line);
                }
                _ => {}
            }
        }
        assert_eq!(lines, [rest]);
        assert!(client.is_empty());
    }
}
