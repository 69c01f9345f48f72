//! The ends of the two directions, and the octets that are left unread when one of them closes.

use super::sessions::{DATA, MAIL, OK, RCPT, found, session};
use smtp_core::observer::ViolationKind as V;

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
