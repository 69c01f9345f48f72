//! LMTP (RFC 2033).

use crate::session::{MAIL, OK, PENDING, RCPT, Session, WRONG};
use smtp_core::session::{Error, Fate, Misuse, State};
use smtp_core::syntax::ReplyCode;

const OFFER: &str = "PIPELINING,ENHANCEDSTATUSCODES,8BITMIME,CHUNKING";

#[test]
fn only_its_own_hello() {
    let mut session = Session::lmtp(OFFER);
    for line in ["EHLO client.example", "HELO client.example"] {
        assert_eq!(session.says(line), WRONG);
    }
    assert_eq!(session.says("LHLO client.example"), OK);
    assert_eq!(Session::greeted().says("LHLO client.example"), WRONG);
}

/// Section 4.2: one reply for each recipient that was accepted, in the order of the RCPT commands.
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
fn a_reply_too_many() {
    let mut session = Session::lmtp(OFFER).transaction(&[250, 250]).in_data();
    assert_eq!(session.finish(), OK);
    assert_eq!(session.reads(b"250 a\r\n250 b\r\n"), Err(Error::UnexpectedReply(ReplyCode::OK)));
}

/// Section 5: what has come stands; the rest are temporary failures.
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

/// A last chunk without recipients has no replies at all, so it waits until one has been accepted.
#[test]
fn last_chunk_behind_recipients_in_flight() {
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

/// Section 4.2: DATA without a recipient MUST fail. If it does not, one reply is awaited, and nothing follows before it.
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
