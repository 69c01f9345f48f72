//! Replies that answer no command (RFC 5321 section 4.2: "Every command MUST generate exactly one reply").
//!
//! A reply that was received before a command is sent cannot answer it. The caller may therefore send at any time: while it takes
//! the events of what has arrived, or afterwards.

use crate::session::{MAIL, OK, RCPT, Session, WRONG, shown, unexpected, wrong};
use smtp_core::session::{Action, Client, ClientConfig, ClientError, ClientEvent, Fate, Misuse, State};
use smtp_core::syntax::{Dialect, EnhancedCode};

const OFFER: &str = "PIPELINING,CHUNKING,AUTH PLAIN LOGIN,ENHANCEDSTATUSCODES";

/// The result of some octets: the events, and the error that ended them.
type Heard = (Vec<String>, Option<ClientError>);

/// Takes all events of these octets. Calls `act` after `after` events, where it must succeed; with `usize::MAX`, calls it after
/// all events, where it may fail.
fn hears(session: &mut Session, octets: &str, after: usize, act: &dyn Fn(&mut Session) -> Result<(), Misuse>) -> Heard {
    let mut rest = octets.as_bytes();
    let mut events = Vec::new();
    let error = loop {
        match session.client.next_event(&mut rest) {
            Ok(None) => break None,
            Err(error) => break Some(error),
            Ok(Some(event)) => events.push(shown(&event)),
        }
        if events.len() == after {
            assert_eq!(act(session), OK, "{events:?}");
        }
    };
    if after == usize::MAX {
        _ = act(session);
    }
    (events, error)
}

/// Checks that both orders give the same result and leave the session in the same state. Returns them.
fn in_both_orders(
    session: &Session,
    octets: &str,
    after: usize,
    act: impl Fn(&mut Session) -> Result<(), Misuse>,
) -> (Heard, Session) {
    let (mut inside, mut afterwards) = (session.clone(), session.clone());
    let heard = hears(&mut inside, octets, after, &act);
    assert_eq!(heard, hears(&mut afterwards, octets, usize::MAX, &act), "{octets:?}");
    assert_eq!(inside.client.state(), afterwards.client.state(), "{octets:?}");
    (heard, inside)
}

fn says(line: &'static str) -> impl Fn(&mut Session) -> Result<(), Misuse> {
    move |session| session.says(line)
}

/// Sends the whole message after 354.
fn message(session: &mut Session) -> Result<(), Misuse> {
    session.content(b"hello\r\n")?;
    session.finish()
}

fn in_data() -> Session {
    Session::offered(OFFER).transaction(&[250, 250]).in_data()
}

#[test]
fn a_surplus_reply_is_not_the_next_answer() {
    let session = Session::offered("PIPELINING");
    for (surplus, line) in [("250 more", MAIL), ("220 again", "QUIT"), ("354 go", MAIL), ("221 bye", "QUIT")] {
        let mut session = session.clone();
        assert_eq!(session.says("RSET"), OK);
        let octets = format!("250 ok\r\n{surplus}\r\n");
        let (heard, session) = in_both_orders(&session, &octets, 1, says(line));
        assert_eq!(heard, (vec!["Rset 250".to_owned()], Some(unexpected(surplus))));
        assert_eq!(session.client.state(), State::Closed);
    }
}

#[test]
fn a_second_banner() {
    let session = Session::new(ClientConfig::default());
    let (heard, _) = in_both_orders(&session, "220 a\r\n220 b\r\n", 1, says("EHLO client.example"));
    assert_eq!(heard, (vec!["greeting 220".to_owned()], Some(unexpected("220 b"))));
}

/// The surplus 250 seems to accept the message, but the message was refused with 554.
#[test]
fn a_surplus_reply_after_ehlo_accepts_no_message() {
    let mut session = Session::greeted();
    assert_eq!(session.says("EHLO client.example"), OK);
    let octets = "250-mx.example\r\n250-PIPELINING\r\n250 CHUNKING\r\n250 surplus\r\n";
    let (heard, session) = in_both_orders(&session, octets, 1, |session| {
        for line in [MAIL, RCPT, "BDAT 1 LAST"] {
            session.says(line)?;
        }
        session.content(b"x")
    });
    assert_eq!(heard, (vec!["Ehlo 250".to_owned()], Some(unexpected("250 surplus"))));
    // No reply answers the content, so the fate of the message is unknown.
    assert_eq!(session.client.fate(), Fate::Unknown);
}

/// A reply that has begun before the command cannot answer it, even if its end comes later.
#[test]
fn a_reply_that_had_begun() {
    for begun in ["2", "25", "250", "250 o", "250 ok\r", "250-a\r\n2"] {
        let mut session = Session::offered("PIPELINING");
        let mut input = begun.as_bytes().to_vec();
        assert_eq!(session.client.next_event(&mut &input[..]), Ok(None), "{begun}");
        assert_eq!(session.says(MAIL), OK);
        let rest = if begun.contains('\r') && !begun.contains('-') { "\n" } else { "250 a\r\n" };
        input.extend_from_slice(&rest.as_bytes()[if begun.ends_with('2') { 1 } else { 0 }..]);
        let result = session.client.next_event(&mut &input[..]);
        assert!(
            matches!(result, Err(ClientError::UnexpectedReply(_) | ClientError::NoReply(_))),
            "{begun}: {result:?}"
        );
    }
    let mut session = Session::offered("PIPELINING");
    assert_eq!(session.client.next_event(&mut &b"25"[..]), Ok(None));
    assert_eq!(session.says(MAIL), OK);
    assert_eq!(session.client.next_event(&mut &b"250 ok\r\n"[..]), Err(unexpected("250 ok")));
}

/// A reply that begins after the command answers it, also if another reply had begun before.
#[test]
fn an_answer_in_pieces() {
    let mut session = Session::offered("PIPELINING");
    for line in ["RSET", MAIL] {
        assert_eq!(session.says(line), OK);
    }
    let mut input = b"250 a\r\n250".to_vec();
    let mut rest = &input[..];
    assert!(session.client.next_event(&mut rest).unwrap().is_some());
    assert_eq!(session.client.next_event(&mut rest), Ok(None));
    assert_eq!(session.says(RCPT), OK);
    input = [rest, b" b\r\n250 c\r\n"].concat();
    let mut rest = &input[..];
    for expected in ["Mail 250", "Rcpt 250 of 0"] {
        let event = session.client.next_event(&mut rest).unwrap();
        assert_eq!(event.map(|event| shown(&event)).as_deref(), Some(expected));
    }
    assert_eq!(session.client.next_event(&mut rest), Ok(None));
}

/// RFC 2920 section 3.1: three replies to two commands in flight. The third does not answer a command that is sent after the first
/// or the second reply.
#[test]
fn more_replies_than_commands_in_a_group() {
    for after in [1, 2] {
        let mut session = Session::offered("PIPELINING");
        for line in ["RSET", MAIL] {
            assert_eq!(session.says(line), OK);
        }
        let (heard, _) = in_both_orders(&session, "250 a\r\n250 b\r\n250 c\r\n", after, says(RCPT));
        assert_eq!(heard, (vec!["Rset 250".to_owned(), "Mail 250".to_owned()], Some(unexpected("250 c"))));
    }
}

/// Commands that are sent at different places of a stream, each with its own answer or none.
#[test]
fn commands_between_pieces() {
    for (surplus, expected) in [("", None), ("250 x\r\n", Some(unexpected("250 x")))] {
        let mut session = Session::offered("PIPELINING");
        for line in ["RSET", MAIL] {
            assert_eq!(session.says(line), OK);
        }
        let mut input = b"250 a\r\n250 b\r\n".to_vec();
        input.extend_from_slice(surplus.as_bytes());
        let mut rest = &input[..];
        assert!(session.client.next_event(&mut rest).unwrap().is_some());
        assert_eq!(session.says(RCPT), OK);
        // More octets arrive, the answer to that RCPT among them, and another command is sent.
        let more = [rest, b"250 c\r\n"].concat();
        let mut rest = &more[..];
        assert!(session.client.next_event(&mut rest).unwrap().is_some());
        assert_eq!(session.says(RCPT), OK);
        let mut replies = 0;
        let error = loop {
            match session.client.next_event(&mut rest) {
                Ok(Some(_)) => replies += 1,
                Ok(None) => break None,
                Err(error) => break Some(error),
            }
        };
        assert_eq!(error, expected);
        if expected.is_none() {
            assert_eq!((replies, session.client.awaiting().count()), (1, 1));
            assert_eq!(session.hears("250 d\r\n"), ["Rcpt 250 of 1"]);
        }
    }
}

/// RFC 5321 section 4.1.1.4: the reply to the content comes after its end.
#[test]
fn an_acceptance_before_the_end_of_the_content() {
    let mut session = Session::offered(OFFER).transaction(&[250, 250]);
    assert_eq!(session.says("DATA"), OK);
    let (heard, session) = in_both_orders(&session, "354 go\r\n250 queued\r\n", 1, message);
    assert_eq!(heard, (vec!["Data 354".to_owned()], Some(unexpected("250 queued"))));
    assert_eq!(session.client.fate(), Fate::Unknown);
    let (heard, session) = in_both_orders(&in_data(), "250 queued\r\n", 1, |_| OK);
    assert_eq!(heard, (vec![], Some(unexpected("250 queued"))));
    assert_eq!(session.client.fate(), Fate::NotDelivered);
}

/// RFC 3030 section 2: a chunk cannot be accepted before its last octet was sent. A refusal may come earlier, and answers it.
#[test]
fn a_reply_before_the_end_of_a_chunk() {
    let mut session = Session::offered(OFFER).transaction(&[250]);
    for line in [RCPT, "BDAT 3 LAST"] {
        assert_eq!(session.says(line), OK);
    }
    let all = |session: &mut Session| session.content(b"a\r\n");
    let (heard, session_after) = in_both_orders(&session, "250 ok\r\n250 queued\r\n", 1, all);
    assert_eq!(heard, (vec!["Rcpt 250 of 0".to_owned()], Some(unexpected("250 queued"))));
    assert_eq!(session_after.client.state(), State::Closed);
    let (heard, _) = in_both_orders(&session, "250 ok\r\n552 full\r\n", 1, all);
    assert_eq!(heard, (vec!["Rcpt 250 of 0".to_owned(), "BdatLast 552".to_owned()], None));
    // Half of the reply, the rest of the chunk, and the rest of the reply.
    assert_eq!(session.hears("250 ok\r\n"), ["Rcpt 250 of 0"]);
    assert_eq!(session.content(b"a"), OK);
    assert_eq!(session.client.next_event(&mut &b"25"[..]), Ok(None));
    assert_eq!(session.content(b"\r\n"), OK);
    assert_eq!(session.client.next_event(&mut &b"250 queued\r\n"[..]), Err(unexpected("250 queued")));
}

#[test]
fn a_surplus_reply_after_the_last_chunk() {
    let mut session = Session::offered(OFFER).transaction(&[250, 250]);
    assert_eq!(session.says("BDAT 1 LAST"), OK);
    assert_eq!(session.content(b"x"), OK);
    let (heard, session) = in_both_orders(&session, "250 queued\r\n250 queued\r\n", 1, says("QUIT"));
    assert_eq!(heard, (vec!["BdatLast 250".to_owned()], Some(unexpected("250 queued"))));
    // The first of them remains valid.
    assert_eq!(session.client.fate(), Fate::Settled);
}

/// RFC 4954 section 4: each response has its own reply.
#[test]
fn a_reply_before_the_response() {
    let mut session = Session::offered(OFFER);
    assert_eq!(session.says("AUTH LOGIN"), OK);
    let responds = |session: &mut Session| session.responds(b"joe");
    let (heard, session) = in_both_orders(&session, "334 VXNl\r\n235 in\r\n", 1, responds);
    assert_eq!(heard, (vec!["challenge Use".to_owned()], Some(unexpected("235 in"))));
    assert!(!session.client.is_authenticated());
}

/// RFC 5321 section 4.3.2, and the extensions: each registered 2yz belongs to certain commands, and content can only have 250.
/// With another code, the fate of the message is unknown.
#[test]
fn codes_that_content_cannot_have() {
    for number in [211, 214, 220, 221, 235, 251, 252, 253] {
        let line = format!("{number} x");
        let mut session = in_data();
        assert_eq!(message(&mut session), OK);
        assert_eq!(session.reads(format!("{line}\r\n").as_bytes()), Err(wrong(Action::Content, &line)));
        assert_eq!((session.client.state(), session.client.fate()), (State::Closed, Fate::Unknown));

        let mut session = Session::offered(OFFER).transaction(&[250, 250]);
        assert_eq!(session.says("BDAT 1 LAST"), OK);
        assert_eq!(session.content(b"x"), OK);
        assert_eq!(session.reads(format!("{line}\r\n").as_bytes()), Err(wrong(Action::BdatLast, &line)));
        assert_eq!((session.client.state(), session.client.fate()), (State::Closed, Fate::Unknown));
    }
    // It does not answer a QUIT that is in flight after it either.
    let mut session = in_data();
    assert_eq!(message(&mut session), OK);
    assert_eq!(session.says("QUIT"), OK);
    assert_eq!(session.reads(b"221 bye\r\n"), Err(wrong(Action::Content, "221 bye")));
    assert_eq!(session.client.fate(), Fate::Unknown);
}

/// Some servers refuse content that is too large before it ends. The message is not delivered. The reply to the end cannot be
/// foreseen, so the session is over (RFC 5321 sections 3.3 and 4.2.5).
#[test]
fn a_refusal_in_the_middle_of_content() {
    for (line, event) in [
        ("552 5.3.4 too big", "Content 552"),
        ("451 4.3.0 later", "Content 451"),
        ("554 5.7.1 spam", "Content 554"),
        ("421 4.3.2 closing", "closing 421"),
    ] {
        let octets = format!("{line}\r\n");
        let mut session = in_data();
        assert_eq!(session.content(b"the first part\r\n"), OK);
        let mut rest = octets.as_bytes();
        let (enhanced, said) = match session.client.next_event(&mut rest).unwrap() {
            Some(ClientEvent::Reply { reply, .. } | ClientEvent::Closing(reply)) => {
                (reply.enhanced_code(), reply.to_string())
            }
            other => panic!("{other:?}"),
        };
        assert!(enhanced.is_some() && said.ends_with(&line[4..]), "{said}");
        assert_eq!((session.client.state(), session.client.fate()), (State::Closed, Fate::NotDelivered));
        assert_eq!(session.content(b"more\r\n"), WRONG);
        assert_eq!(session.finish(), WRONG);
        assert_eq!(session.says("QUIT"), WRONG);

        // It may come in one piece with the 354, before the content has begun.
        let mut session = Session::offered(OFFER).transaction(&[250, 250]);
        assert_eq!(session.says("DATA"), OK);
        let (heard, session) = in_both_orders(&session, &format!("354 go\r\n{octets}"), 1, message);
        assert_eq!(heard, (vec!["Data 354".to_owned(), event.to_owned()], None));
        assert_eq!((session.client.state(), session.client.fate()), (State::Closed, Fate::NotDelivered));
    }
    let mut session = Session::lmtp(OFFER).transaction(&[250, 250, 250]).in_data();
    assert_eq!(session.content(b"x\r\n"), OK);
    assert_eq!(session.hears("552 full\r\n"), ["Content 552"], "for all recipients");
    assert_eq!((session.client.state(), session.client.fate()), (State::Closed, Fate::NotDelivered));
}

/// RFC 5321 sections 3.8 and 4.1.1.10: a server that sends a refusal without a command is about to close. Only QUIT may follow.
#[test]
fn an_idle_refusal() {
    for (line, event) in [("451 4.4.2 timeout", "closing 451"), ("554 5.7.1 go away", "closing 554")] {
        let octets = format!("{line}\r\n");
        let mut session = Session::offered(OFFER).transaction(&[250]);
        assert_eq!(session.hears(&octets), [event]);
        assert_eq!((session.client.state(), session.client.fate()), (State::Mail, Fate::NotDelivered));
        for line in [RCPT, "RSET", "NOOP", "EHLO client.example"] {
            assert_eq!(session.says(line), WRONG, "{line}");
        }
        assert_eq!(session.says("QUIT"), OK);
        assert_eq!(session.hears("221 bye\r\n"), ["Quit 221"]);

        let mut session = Session::offered(OFFER);
        assert_eq!(session.says("RSET"), OK);
        let (heard, _) = in_both_orders(&session, &format!("250 ok\r\n{octets}"), 1, says(MAIL));
        assert_eq!(heard, (vec!["Rset 250".to_owned(), event.to_owned()], None));
    }
    // Within AUTH a line would be a response, so QUIT cannot be sent.
    let mut session = Session::offered(OFFER);
    assert_eq!(session.says("AUTH LOGIN"), OK);
    assert_eq!(session.hears("334 VXNl\r\n535 5.7.8 too slow\r\n"), ["challenge Use", "closing 535"]);
    assert_eq!(session.client.state(), State::Closed);
    assert_eq!(session.acts(Action::Response, Client::cancel), WRONG);
}

/// A command that is sent after such a refusal has arrived is still owed its answer.
#[test]
fn a_command_after_an_idle_refusal() {
    let mut session = Session::offered(OFFER);
    assert_eq!(session.says("RSET"), OK);
    let heard = hears(&mut session, "250 ok\r\n554 go away\r\n", 1, &says(MAIL));
    assert_eq!(heard, (vec!["Rset 250".to_owned(), "closing 554".to_owned()], None));
    assert_eq!(session.hears("250 ok\r\n"), ["Mail 250"]);
    assert_eq!(session.says(RCPT), WRONG);
    assert_eq!(session.says("QUIT"), OK);
}

#[test]
fn the_strict_dialect_takes_no_refusal_that_answers_nothing() {
    let mut config = ClientConfig::default();
    config.dialect = Dialect::STRICT;
    for line in ["552 too big", "450 later"] {
        let mut session = Session::new(config);
        session.hears("220 mx.example\r\n");
        session.hello("EHLO", "PIPELINING");
        let mut data = session.clone().transaction(&[250, 250]).in_data();
        for session in [&mut session, &mut data] {
            assert_eq!(session.reads(format!("{line}\r\n").as_bytes()), Err(unexpected(line)));
        }
        assert_eq!(data.client.fate(), Fate::NotDelivered);
    }
}

/// The error contains the reply, because it tells a person what is wrong.
#[test]
fn the_error_has_the_reply() {
    let mut session = Session::offered(OFFER);
    let error = session.reads(b"250-2.0.0 first\r\n250 2.0.0 second\r\n").unwrap_err();
    let reply = error.reply().unwrap();
    assert_eq!((reply.code().get(), reply.enhanced_code()), (250, Some(EnhancedCode::OK)));
    assert!(error.to_string().contains("first") && error.to_string().contains("second"), "{error}");
}
