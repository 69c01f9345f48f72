//! The client in LMTP sessions (RFC 2033).

use crate::session::{MAIL, OK, PENDING, RCPT, Session, WRONG, unexpected, wrong};
use smtp_core::session::{Action, Fate, Misuse, State};

const OFFER: &str = "PIPELINING,ENHANCEDSTATUSCODES,8BITMIME,CHUNKING";

#[test]
fn lhlo_is_the_only_hello() {
    let mut session = Session::lmtp(OFFER);
    for line in ["EHLO client.example", "HELO client.example"] {
        assert_eq!(session.says(line), WRONG);
    }
    assert_eq!(session.says("LHLO client.example"), OK);
    assert_eq!(Session::greeted().says("LHLO client.example"), WRONG);
}

/// Section 4.2: one reply for each accepted recipient, in the order of the RCPT commands.
#[test]
fn one_reply_for_each_recipient() {
    let mut session = Session::lmtp(OFFER).transaction(&[250, 250, 550, 250, 250]).in_data();
    assert_eq!(session.content(b"x"), OK);
    assert_eq!(session.finish(), OK);
    assert_eq!(session.client.fate(), Fate::Unknown);
    assert_eq!(session.hears("250-a\r\n250 a\r\n452 b\r\n"), ["Content 250 of 0", "Content 452 of 1"]);
    assert_eq!(session.client.state(), State::Data);
    assert_eq!((session.client.fate(), session.client.awaiting().count()), (Fate::Unknown, 1));
    assert_eq!(session.says(MAIL), OK, "the next group may follow");
    assert_eq!(session.hears("250 c\r\n250 mail\r\n"), ["Content 250 of 2", "Mail 250"]);
    assert_eq!((session.client.state(), session.client.recipients()), (State::Mail, 0));
}

#[test]
fn a_surplus_reply() {
    let mut session = Session::lmtp(OFFER).transaction(&[250, 250]).in_data();
    assert_eq!(session.finish(), OK);
    assert_eq!(session.reads(b"250 a\r\n250 b\r\n"), Err(unexpected("250 b")));
}

/// RFC 5321 section 4.3.2: 221 answers only QUIT. If a server omits the reply for a recipient and replies to QUIT, the fate for
/// that recipient is not known.
#[test]
fn the_reply_to_quit_is_not_a_recipients() {
    let mut session = Session::lmtp(OFFER).transaction(&[250, 250, 250]).in_data();
    assert_eq!(session.finish(), OK);
    assert_eq!(session.says("QUIT"), OK);
    assert_eq!(session.hears("250 a\r\n"), ["Content 250 of 0"]);
    assert_eq!(session.reads(b"221 bye\r\n"), Err(wrong(Action::Content, "221 bye")));
    assert_eq!((session.client.state(), session.client.fate()), (State::Closed, Fate::Unknown));

    let mut session = Session::lmtp(OFFER).transaction(&[250, 250, 250]);
    assert_eq!(session.says("BDAT 1 LAST"), OK);
    assert_eq!(session.content(b"x"), OK);
    assert_eq!(session.says("QUIT"), OK);
    assert_eq!(session.reads(b"250 a\r\n221 bye\r\n"), Err(wrong(Action::BdatLast, "221 bye")));
    assert_eq!((session.client.state(), session.client.fate()), (State::Closed, Fate::Unknown));
}

/// Section 5: the replies that have come are valid; the other recipients have temporary failures.
#[test]
fn closed_midway() {
    let mut session = Session::lmtp(OFFER).transaction(&[250, 250, 250, 250]).in_data();
    assert_eq!(session.finish(), OK);
    assert_eq!(session.hears("250 a\r\n421 bye\r\n"), ["Content 250 of 0", "Content 421 of 1"]);
    assert_eq!((session.client.state(), session.client.fate()), (State::Closed, Fate::NotDelivered));
}

#[test]
fn chunks() {
    let mut session = Session::lmtp(OFFER).transaction(&[250, 250, 250]);
    assert_eq!(session.says("BDAT 1"), OK);
    assert_eq!(session.content(b"x"), OK);
    assert_eq!(session.says("BDAT 0 LAST"), OK);
    let events = session.hears("250 chunk\r\n250 a\r\n452 b\r\n");
    assert_eq!(events, ["Bdat 250", "BdatLast 250 of 0", "BdatLast 452 of 1"]);
    assert_eq!(session.client.state(), State::Ready);
}

/// A last chunk without recipients has no replies at all, so the client holds it back until a recipient has been accepted.
#[test]
fn last_chunk_after_recipients_in_flight() {
    let mut session = Session::lmtp(OFFER);
    assert_eq!(session.says(MAIL), OK);
    assert_eq!(session.says(RCPT), OK);
    assert_eq!(session.says("BDAT 0 LAST"), PENDING);
    assert_eq!(session.hears("250 a\r\n"), ["Mail 250"]);
    assert_eq!(session.says("BDAT 0 LAST"), PENDING);
    assert_eq!(session.hears("250 b\r\n"), ["Rcpt 250 of 0"]);
    assert_eq!(session.says("BDAT 0 LAST"), OK);
    assert_eq!(session.hears("250 c\r\n"), ["BdatLast 250 of 0"]);
}

/// Section 4.2: DATA without a recipient MUST fail. If it does not, the client awaits one reply and sends nothing before it.
#[test]
fn no_recipient_and_354() {
    let mut session = Session::lmtp(OFFER);
    for line in [MAIL, RCPT, "DATA"] {
        assert_eq!(session.says(line), OK);
    }
    assert_eq!(session.hears("250 a\r\n550 b\r\n354 c\r\n"), ["Mail 250", "Rcpt 550", "Data 354"]);
    assert_eq!(session.content(b"x"), Err(Misuse::NoRecipients));
    assert_eq!(session.finish(), OK);
    assert_eq!(session.says("RSET"), PENDING);
    assert_eq!(session.hears("503 no\r\n"), ["Content 503"]);
    assert_eq!(session.says("RSET"), OK);
}
