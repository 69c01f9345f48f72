//! Groups of commands, and the matching of replies by count (RFC 2920 section 3.1).

use crate::session::{MAIL, OK, PENDING, RCPT, Session, WRONG, unexpected, wrong};
use smtp_core::session::{Action, Misuse, State};

fn awaited(session: &Session) -> Vec<Action> {
    session.client.awaiting().collect()
}

#[test]
fn one_command_at_a_time_unless_pipelining_is_offered() {
    let mut session = Session::offered("8BITMIME,CHUNKING");
    assert_eq!(session.says(MAIL), OK);
    assert_eq!(session.says(RCPT), PENDING);
    assert_eq!(session.hears("250 ok\r\n"), ["Mail 250"]);
    assert_eq!(session.says(RCPT), OK);
    assert_eq!(session.says("DATA"), PENDING);
    assert_eq!(session.hears("250 ok\r\n"), ["Rcpt 250 of 0"]);
    let mut session = session.in_data();
    assert_eq!(session.content(b"x"), OK);
    assert_eq!(session.finish(), OK);
    assert_eq!(session.says("QUIT"), PENDING);
}

#[test]
fn a_group_and_the_next() {
    let mut session = Session::offered("PIPELINING");
    for line in ["RSET", MAIL, RCPT, RCPT, "DATA"] {
        assert_eq!(session.says(line), OK);
        assert_eq!(session.wrote(), format!("{line}\r\n"));
    }
    assert_eq!(session.says("NOOP"), PENDING);
    assert_eq!(awaited(&session), [Action::Rset, Action::Mail, Action::Rcpt, Action::Rcpt, Action::Data]);
    assert_eq!(session.client.state(), State::Ready);
    let events = session.hears("250 a\r\n250 b\r\n550 c\r\n250-d\r\n250 d\r\n354 e\r\n");
    assert_eq!(events, ["Rset 250", "Mail 250", "Rcpt 550", "Rcpt 250 of 0", "Data 354"]);
    assert_eq!(session.content(b"x\r\n"), OK);
    assert_eq!(session.finish(), OK);
    // Content may be the first element of the next group.
    for line in [MAIL, RCPT, "DATA"] {
        assert_eq!(session.says(line), OK);
    }
    assert_eq!(session.content(b"y"), WRONG);
    let events = session.hears("250 sent\r\n250 a\r\n250 b\r\n354 c\r\n");
    assert_eq!(events, ["Content 250", "Mail 250", "Rcpt 250 of 0", "Data 354"]);
    assert_eq!(session.content(b"y\r\n"), OK);
}

#[test]
fn commands_that_end_a_group() {
    let offer = "PIPELINING,STARTTLS,AUTH PLAIN,ETRN,XCLIENT NAME";
    let last = ["EHLO a.example", "HELO a.example", "NOOP", "VRFY ann", "EXPN list", "HELP", "QUIT", "STARTTLS"];
    for line in last.into_iter().chain(["AUTH PLAIN", "ETRN mx.example", "XCLIENT NAME=a.example"]) {
        let mut session = Session::offered(offer);
        assert_eq!(session.says("RSET"), OK);
        assert_eq!(session.says(line), OK, "{line}");
        assert_eq!(session.says("RSET"), PENDING, "{line}");
    }
}

/// Replies are matched by count, whatever their codes and texts are.
#[test]
fn replies_are_counted() {
    let mut session = Session::offered("PIPELINING");
    for line in [MAIL, RCPT, "DATA"] {
        assert_eq!(session.says(line), OK);
    }
    assert_eq!(session.hears("250 RCPT ok\r\n250 354 go\r\n"), ["Mail 250", "Rcpt 250 of 0"]);
    assert_eq!(session.reads(b"250 MAIL ok\r\n"), Err(wrong(Action::Data, "250 MAIL ok")));
}

/// RFC 2920 section 3.1: after 354 without a recipient the client sends a lone dot.
#[test]
fn no_recipient_and_354() {
    let mut session = Session::offered("PIPELINING");
    for line in [MAIL, RCPT, "DATA"] {
        assert_eq!(session.says(line), OK);
    }
    assert_eq!(session.hears("250 a\r\n550 b\r\n354 c\r\n"), ["Mail 250", "Rcpt 550", "Data 354"]);
    assert_eq!(session.content(b"secret"), Err(Misuse::NoRecipients));
    assert_eq!(session.says("RSET"), WRONG);
    assert_eq!(session.finish(), OK);
    assert_eq!(session.wrote(), ".\r\n");
    assert_eq!(session.hears("554 no valid recipients\r\n"), ["Content 554"]);
    assert_eq!(session.client.state(), State::Ready);
}

#[test]
fn no_recipient_and_no_354() {
    let mut session = Session::offered("PIPELINING");
    for line in [MAIL, RCPT, "DATA"] {
        assert_eq!(session.says(line), OK);
    }
    assert_eq!(session.hears("250 a\r\n550 b\r\n554 c\r\n"), ["Mail 250", "Rcpt 550", "Data 554"]);
    assert_eq!(session.content(b"x"), WRONG);
    assert_eq!(session.finish(), WRONG);
    assert_eq!(session.says("DATA"), WRONG);
    assert_eq!(session.says("RSET"), OK);
}

/// A refusal takes effect at once, also while more commands are in flight.
#[test]
fn a_refusal_within_a_group() {
    let mut session = Session::offered("PIPELINING,CHUNKING").transaction(&[250, 250]);
    for _ in 0..2 {
        assert_eq!(session.says("BDAT 1"), OK);
        assert_eq!(session.content(b"x"), OK);
    }
    assert_eq!(session.hears("552 no\r\n"), ["Bdat 552"]);
    assert_eq!(session.says("BDAT 0 LAST"), WRONG);
    assert_eq!(session.says("RSET"), OK);
    assert_eq!(session.says(MAIL), OK);
    assert_eq!(session.hears("503 no\r\n250 a\r\n250 b\r\n"), ["Bdat 503", "Rset 250", "Mail 250"]);
    assert_eq!(session.client.state(), State::Mail);

    let mut session = Session::offered("PIPELINING");
    assert_eq!(session.says(MAIL), OK);
    assert_eq!(session.says(RCPT), OK);
    assert_eq!(session.hears("550 no\r\n"), ["Mail 550"]);
    assert_eq!(session.says(RCPT), WRONG);
    assert_eq!(session.says("DATA"), WRONG);
    assert_eq!(session.hears("503 no\r\n"), ["Rcpt 503"]);
    assert_eq!(session.says(MAIL), OK);
}

/// RFC 4468 section 3: the reply to LAST comes before the next transaction. Other commands may follow at once.
/// RFC 5321 section 4.1.1.5 does not allow a server to refuse RSET. If a server does, and refuses MAIL after it, the old
/// transaction continues, and commands meant for the new one must not become part of it.
#[test]
fn a_transaction_that_was_to_be_replaced() {
    let mut session = Session::offered("PIPELINING,SMTPUTF8,8BITMIME").transaction(&[250, 250]);
    for line in ["RSET", "MAIL FROM:<j\u{FC}rgen@a.example> SMTPUTF8"] {
        assert_eq!(session.says(line), OK, "{line}");
    }
    assert_eq!(session.hears("502 no\r\n503 no\r\n"), ["Rset 502", "Mail 503"]);
    assert_eq!(session.client.state(), State::Rcpt);
    for line in [RCPT, "RCPT TO:<j\u{FC}rgen@b.example>", "DATA"] {
        assert_eq!(session.says(line), WRONG, "{line}");
    }
    assert_eq!(session.says("RSET"), OK);
    assert_eq!(session.says(MAIL), OK);
}

#[test]
fn commands_after_the_last_chunk() {
    let mut session = Session::offered("PIPELINING,CHUNKING,BURL imap").transaction(&[250, 250]);
    assert_eq!(session.says("BDAT 1"), OK);
    assert_eq!(session.content(b"x"), OK);
    assert_eq!(session.says("BURL imap://imap.example/a"), OK);
    assert_eq!(session.says("BDAT 0 LAST"), OK);
    assert_eq!(session.says("BDAT 0 LAST"), WRONG);
    assert_eq!(session.says(MAIL), PENDING);
    assert_eq!(session.says("RSET"), OK);
    assert_eq!(session.says(MAIL), PENDING);
    assert_eq!(session.hears("250 a\r\n250 b\r\n250 c\r\n"), ["Bdat 250", "Burl 250", "BdatLast 250"]);
    assert_eq!(session.says(MAIL), OK);
}

/// RFC 4468 section 3: the whole transaction may be sent in one round trip.
#[test]
fn a_transaction_in_one_round_trip() {
    let mut session = Session::offered("PIPELINING,CHUNKING");
    for line in [MAIL, RCPT, "BDAT 1 LAST"] {
        assert_eq!(session.says(line), OK);
    }
    assert_eq!(session.content(b"x"), OK);
    assert_eq!(session.says("QUIT"), OK);
    let events = session.hears("250 a\r\n550 b\r\n554 c\r\n221 d\r\n");
    assert_eq!(events, ["Mail 250", "Rcpt 550", "BdatLast 554", "Quit 221"]);
}

#[test]
fn a_surplus_reply() {
    let mut session = Session::offered("PIPELINING");
    assert_eq!(session.says(MAIL), OK);
    assert_eq!(session.reads(b"250 a\r\n250 b\r\n"), Err(unexpected("250 b")));
    assert_eq!(session.client.state(), State::Closed);
    assert_eq!(session.reads(b"250 c\r\n"), Err(unexpected("250 b")), "the error repeats");
    assert_eq!(session.says("QUIT"), WRONG);
}

#[test]
fn many_recipients_cost_linear_work() {
    let mut session = Session::offered("PIPELINING");
    assert_eq!(session.says(MAIL), OK);
    let mut out = Vec::new();
    let rcpt = smtp_core::syntax::Command::parse(RCPT.as_bytes(), Default::default()).unwrap();
    for _ in 0..20_000 {
        session.client.send(&rcpt, &mut out).unwrap();
    }
    assert_eq!(session.hears("250 ok\r\n"), ["Mail 250"]);
    let refusals = "550 no\r\n".repeat(20_000);
    assert_eq!(session.hears(&refusals).len(), 20_000);
    assert_eq!(session.client.state(), State::Mail);
}

/// RFC 3030 section 2: a chunk without recipients is lost, and no message begins after it before RSET.
#[test]
fn nothing_follows_a_chunk_whose_recipients_were_refused() {
    let mut session = Session::offered("PIPELINING,CHUNKING").transaction(&[250]);
    assert_eq!(session.says(RCPT), OK);
    assert_eq!(session.says("BDAT 3"), OK);
    session.client.content(b"abc", &mut session.out).unwrap();
    assert_eq!(session.hears("550 no\r\n"), ["Rcpt 550"]);
    for line in [RCPT, "BDAT 3", "BDAT 3 LAST", "DATA"] {
        assert_eq!(session.says(line), WRONG, "{line}");
    }
    assert_eq!(session.says("RSET"), OK);
    assert_eq!(session.says(MAIL), OK);
}

/// RFC 5321 section 3.3: after a refused MAIL there is no transaction, so commands sent after it cannot make one fail.
#[test]
fn a_chunk_after_a_refused_mail_fails_no_transaction() {
    let mut session = Session::offered("PIPELINING,CHUNKING");
    for line in [MAIL, RCPT, "BDAT 3"] {
        assert_eq!(session.says(line), OK);
    }
    session.client.content(b"abc", &mut session.out).unwrap();
    assert_eq!(session.hears("550 no\r\n"), ["Mail 550"]);
    assert_eq!(session.says(MAIL), OK);
    assert_eq!(session.hears("503 no\r\n503 no\r\n250 ok\r\n"), ["Rcpt 503", "Bdat 503", "Mail 250"]);
    assert_eq!(session.client.state(), State::Mail);
}

/// RFC 5321 section 4.1.1.4: after 354 every line is content, also if RSET and MAIL before it were refused.
#[test]
fn no_command_is_sent_as_content() {
    let mut session = Session::offered("PIPELINING").transaction(&[250, 250]);
    for line in ["RSET", MAIL, RCPT, "DATA"] {
        assert_eq!(session.says(line), OK);
    }
    session.hears("554 no\r\n503 no\r\n250 ok\r\n354 go\r\n");
    assert_eq!(session.client.state(), State::Data);
    for line in ["RSET", "NOOP", "QUIT", MAIL] {
        assert_eq!(session.says(line), WRONG, "{line}");
    }
}
