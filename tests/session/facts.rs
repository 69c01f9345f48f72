//! What replies make of the facts beside the state, by the clauses.

use smtp_core::session::{Action, Facts, Hello, State};
use smtp_core::syntax::{Command, Grammar, ReplyCode};

/// A session in which each line was sent and had the reply of this code.
fn after(exchanges: &[(&str, u16)]) -> Facts {
    let mut facts = Facts::default();
    for (line, code) in exchanges {
        let code = ReplyCode::new(*code).unwrap();
        if line.is_empty() {
            facts.answered(Action::Greeting, code);
            continue;
        }
        let command = Command::parse(line.as_bytes(), Grammar::STRICT).unwrap();
        facts.sent(&command);
        facts.answered(Action::of(&command), code);
    }
    facts
}

const BEGINNING: [(&str, u16); 2] = [("", 220), ("EHLO client.example", 250)];
const MAIL: (&str, u16) = ("MAIL FROM:<joe@client.example>", 250);
const RCPT: (&str, u16) = ("RCPT TO:<ann@mx.example>", 250);

/// The state after these exchanges of a transaction.
fn state(exchanges: &[(&str, u16)]) -> State {
    after(&[&BEGINNING, exchanges].concat()).state()
}

/// RFC 3030 section 3: BINARYMIME forbids DATA, and section 2: RSET is next after what a server refuses so. 500, 501 and 502 say that
/// the line was no DATA (RFC 5321 section 4.3.2).
#[test]
fn a_data_for_binarymime_spoils_its_transaction() {
    let mail = ("MAIL FROM:<joe@client.example> BODY=BINARYMIME", 250);
    for (code, expected) in [
        (503, State::Failed),
        (554, State::Failed),
        (450, State::Failed),
        (500, State::Rcpt),
        (501, State::Rcpt),
        (502, State::Rcpt),
        (421, State::Closed),
    ] {
        assert_eq!(state(&[mail, RCPT, ("DATA", code)]), expected, "{code}");
    }
    assert_eq!(state(&[MAIL, RCPT, ("DATA", 503)]), State::Rcpt);
    assert_eq!(state(&[mail, RCPT, ("RSET", 250), MAIL, RCPT, ("DATA", 503)]), State::Rcpt, "that MAIL is over");
}

/// RFC 3030 section 2: no DATA after BDAT, however that was answered. BURL is none.
#[test]
fn a_data_after_a_refused_bdat_spoils_its_transaction() {
    assert_eq!(state(&[MAIL, ("BDAT 0", 503), RCPT, ("DATA", 503)]), State::Failed);
    assert_eq!(state(&[MAIL, ("BDAT 0 LAST", 554), RCPT, ("DATA", 503)]), State::Failed);
    assert_eq!(state(&[MAIL, ("BURL imap://a.example/b", 503), RCPT, ("DATA", 451)]), State::Rcpt);
    assert_eq!(state(&[MAIL, ("BDAT 0", 503), ("RSET", 250), MAIL, RCPT, ("DATA", 451)]), State::Rcpt);
}

/// RFC 5321 section 4.1.4, RFC 1845 section 4.
#[test]
fn recipients_are_those_of_the_transaction() {
    let count = |exchanges: &[(&str, u16)]| after(&[&BEGINNING, exchanges].concat()).recipients();
    assert_eq!(count(&[MAIL, RCPT, (RCPT.0, 550), (RCPT.0, 251)]), 2);
    for over in [("RSET", 250), ("EHLO client.example", 250), ("BDAT 0 LAST", 250), ("BDAT 0 LAST", 554)] {
        assert_eq!(count(&[MAIL, RCPT, over]), 0, "{over:?}");
    }
    assert_eq!(count(&[MAIL, RCPT, ("EHLO client.example", 501)]), 1);
    let resumed = [("MAIL FROM:<joe@client.example> TRANSID=<1@client.example>", 355)];
    assert_eq!((state(&resumed), count(&resumed)), (State::Rcpt, 0));
}

/// Postfix XCLIENT: the session is at its beginning, for another client. RFC 2645 section 5.2: ATRN exchanges the roles.
#[test]
fn who_the_client_is() {
    let auth = [("", 220), ("EHLO client.example", 250), ("AUTH PLAIN AGpvZQBzZWNyZXQ=", 235)];
    let facts = after(&auth);
    assert_eq!((facts.hello(), facts.is_authenticated(), facts.is_turned()), (Hello::Ehlo, true, false));
    let facts = after(&[&auth[..], &[("XCLIENT NAME=a.example", 220)]].concat());
    assert_eq!((facts.state(), facts.hello(), facts.is_authenticated()), (State::Start, Hello::None, false));
    let facts = after(&[&auth[..], &[("ATRN", 250)]].concat());
    assert_eq!((facts.state(), facts.is_turned()), (State::Closed, true));
    let facts = after(&[("", 220), ("HELO client.example", 250)]);
    assert_eq!((facts.hello(), facts.is_authenticated()), (Hello::Helo, false));
}
