//! Replies and offers of servers that are not in the grammar, and what each dialect of the client does with them.

use crate::session::{MAIL, OK, PENDING, RCPT, Session, config, not_offered};
use smtp_core::session::{Action, Client, ClientConfig, ClientError, InitialResponse, Misuse, NotOffered, State};
use smtp_core::syntax::{Dialect, Expected, Extension, Extensions, Mechanism};

/// Creates a session of the most lenient client, after an EHLO that offered these keywords.
fn lenient(keywords: &str) -> Session {
    let mut config = config();
    config.dialect = Dialect::LENIENT;
    offered(config, keywords)
}

fn offered(config: ClientConfig, keywords: &str) -> Session {
    let mut session = Session::new(config);
    assert_eq!(session.hears("220 mx.example\r\n"), ["greeting 220"]);
    session.hello("EHLO", keywords);
    session
}

/// RFC 5321 section 4.1.1.1 and RFC 4954 section 3: offers with a spelling mistake. The default accepts them; the strict client
/// ends the session.
#[test]
fn offers_that_are_misspelt_count() {
    let mut session = Session::offered("AUTH=LOGIN PLAIN,  SIZE\t1000, PIPELINING");
    assert!(session.client.offer().has_mechanism(Mechanism::PLAIN));
    assert!(!session.client.offer().has_mechanism(Mechanism::NTLM));
    assert_eq!(session.client.offer().size, Some(1000));
    assert_eq!(session.says(MAIL), OK);
    assert_eq!(session.says(RCPT), OK);
    let mut strict = config();
    strict.dialect = Dialect::STRICT;
    let mut session = Session::new(strict);
    assert_eq!(session.hears("220 mx.example\r\n"), ["greeting 220"]);
    assert_eq!(session.says("EHLO client.example"), OK);
    let error = session.reads(b"250-mx.example\r\n250 AUTH=LOGIN\r\n").unwrap_err();
    assert!(matches!(error, ClientError::WrongText { .. }), "{error}");
}

#[test]
fn extensions_that_a_client_insists_on_may_be_used() {
    let mut config = config();
    config.insist_on =
        [Extension::Auth, Extension::Size, Extension::Pipelining, Extension::StartTls].into_iter().collect();
    let mut session = offered(config, "AUTH PLAIN");
    for line in ["AUTH NTLM", "STARTTLS", "MAIL FROM:<joe@client.example> SIZE=1000"] {
        assert_eq!(session.clone().says(line), OK, "{line}");
    }
    assert_eq!(session.says("MAIL FROM:<joe@client.example> RET=HDRS"), not_offered(Extension::Dsn));
    // Insisting on PIPELINING allows no groups of commands, because the server may not support them.
    assert_eq!(session.says(MAIL), OK);
    assert_eq!(session.says(RCPT), PENDING);
    // Without insistence.
    assert_eq!(ClientConfig::default().insist_on, Extensions::NONE);
    let mut session = Session::offered("AUTH PLAIN");
    assert_eq!(session.says("AUTH NTLM"), Err(Misuse::NotOffered(NotOffered::Mechanism)));
    assert_eq!(session.says("STARTTLS"), not_offered(Extension::StartTls));
}

/// RFC 4954 section 4: if the line would be too long, "the client MUST NOT use the initial response parameter".
#[test]
fn an_initial_response_that_the_line_cannot_hold_is_due_later() {
    let authenticate = |session: &mut Session, response: Option<&[u8]>| {
        let mut place = None;
        let result = session.acts(Action::Auth, |client: &mut Client, out| {
            place = Some(client.authenticate(Mechanism::XOAUTH2, response, out)?);
            Ok(())
        });
        result.map(|()| place.unwrap())
    };
    let session = Session::offered("AUTH XOAUTH2");
    // "AUTH XOAUTH2 " and CRLF leave 497 octets: 124 groups of four.
    for (length, place) in [(0, InitialResponse::InLine), (372, InitialResponse::InLine), (373, InitialResponse::Due)] {
        let mut session = session.clone();
        assert_eq!(authenticate(&mut session, Some(&vec![b'x'; length])), Ok(place), "{length}");
        assert!(session.out.len() <= 512, "{length}");
        assert_eq!(session.wrote() == "AUTH XOAUTH2\r\n", place == InitialResponse::Due, "{length}");
    }
    let mut empty = session.clone();
    assert_eq!(authenticate(&mut empty, Some(b"")), Ok(InitialResponse::InLine));
    assert_eq!(empty.wrote(), "AUTH XOAUTH2 =\r\n");
    let mut none = session.clone();
    assert_eq!(authenticate(&mut none, None), Ok(InitialResponse::InLine));
    assert_eq!(none.wrote(), "AUTH XOAUTH2\r\n");
    // A token of two kilobytes.
    let token = [b'x'; 2048];
    let mut long = session.clone();
    assert_eq!(authenticate(&mut long, Some(&token)), Ok(InitialResponse::Due));
    assert_eq!(long.hears("334 \r\n"), ["challenge "]);
    assert_eq!(long.responds(&token), OK);
    assert_eq!(long.hears("235 in\r\n"), ["Response 235"]);
    // A response that is too long for any line of the exchange is refused before AUTH.
    let mut beyond = session;
    match authenticate(&mut beyond, Some(&[b'x'; 9216])) {
        Err(Misuse::Unsendable(error)) => assert_eq!(error.expected(), Expected::LineWithinLimit),
        other => panic!("{other:?}"),
    }
}

/// RFC 4954 section 4 requires the client to cancel, so only the most lenient client may answer.
#[test]
fn challenges_in_words() {
    for text in ["NTLM supported", "go ahead", "Username:"] {
        let mut session = lenient("AUTH NTLM");
        assert_eq!(session.says("AUTH NTLM"), OK);
        let shown = session.hears(&format!("334 {text}\r\n"));
        assert_eq!(shown, [format!("ChallengeText(Reply(334 {text}))")]);
        assert_eq!(session.responds(b"x"), OK);
        assert_eq!(session.wrote(), "eA==\r\n");
        let mut usual = Session::offered("AUTH NTLM");
        assert_eq!(usual.says("AUTH NTLM"), OK);
        assert_eq!(usual.hears(&format!("334 {text}\r\n")), ["bad challenge"]);
        assert!(usual.responds(b"x").is_err());
        assert_eq!(usual.acts(Action::Response, Client::cancel), OK);
    }
}

/// RFC 5321 section 4.2.1: all lines have the same code. If they differ, the last code of the worst class counts, and all text is
/// kept.
#[test]
fn several_codes_in_a_reply() {
    let mut session = lenient("PIPELINING");
    assert_eq!(session.says(MAIL), OK);
    let mut rest = &b"250-OK\r\n550-5.1.8 Rejected\r\n554 5.1.8 see\r\n"[..];
    let event = session.client.next_event(&mut rest).unwrap().unwrap();
    let smtp_core::session::ClientEvent::Reply { reply, .. } = event else { panic!("{event:?}") };
    assert_eq!(reply.code().get(), 554);
    assert!(reply.lines().eq([&b"OK"[..], b"5.1.8 Rejected", b"5.1.8 see"]));
    assert_eq!(session.client.state(), State::Ready);
}

/// A line that is not part of a reply is reported unchanged and answers nothing, whenever it came.
#[test]
fn stray_lines() {
    let mut session = lenient("PIPELINING");
    assert_eq!(session.hears("\r\n \r\nsee below\r\n"), ["StrayLine([])", "StrayLine([32])", &stray("see below")]);
    assert_eq!(session.says(MAIL), OK);
    assert_eq!(session.hears("\r\n250 OK\r\n"), ["StrayLine([])", "Mail 250"]);
    // The line began before RCPT was sent; the reply after it did not.
    let mut input = b"550-no\r\n550 bye\r\nsee".to_vec();
    assert_eq!(session.says(RCPT), OK);
    let mut rest = &input[..];
    assert!(session.client.next_event(&mut rest).unwrap().is_some());
    assert_eq!(session.client.next_event(&mut rest), Ok(None));
    input = rest.to_vec();
    assert_eq!(session.says(RCPT), OK);
    input.extend_from_slice(b" below\r\n250 OK\r\n");
    assert_eq!(session.hears(core::str::from_utf8(&input).unwrap()), [&stray("see below"), "Rcpt 250 of 0"]);
}

fn stray(text: &str) -> String {
    format!("StrayLine({:?})", text.as_bytes())
}

/// RFC 5321 section 2.3.8: only CRLF ends a line. The getters show that the client waits for one.
#[test]
fn a_client_reports_that_it_waits_for_a_crlf() {
    for dialect in [Dialect::STRICT, Dialect::LENIENT] {
        let mut config = config();
        config.dialect = dialect;
        let mut session = Session::new(config);
        assert!(!session.client.awaits_crlf_after_lf());
        for (shown, waits) in [("220 mx.example", false), ("220 mx.example\n", true), ("220 mx.example\n\r", false)] {
            assert_eq!(session.client.next_event(&mut shown.as_bytes()), Ok(None));
            assert_eq!(session.client.awaits_crlf_after_lf(), waits, "{shown:?}");
        }
        let mut session = lenient("PIPELINING");
        assert_eq!(session.says(MAIL), OK);
        assert_eq!(session.client.next_event(&mut &b"250-OK\r\n"[..]), Ok(None));
        assert!(!session.client.awaits_crlf_after_lf());
        assert_eq!(session.client.next_event(&mut &b"250-OK\r\n250 OK\n"[..]), Ok(None));
        assert!(session.client.awaits_crlf_after_lf());
        assert_eq!(session.hears("250-OK\r\n250 OK\n\r\n"), ["Mail 250"]);
        assert!(!session.client.awaits_crlf_after_lf());
    }
}
