//! Replies: their form, their codes, and what ends a session (RFC 5321 section 4.2).

use super::cases::cases;
use crate::session::{MAIL, OK, PENDING, RCPT, Session, WRONG, unexpected, wrong};
use proptest::prelude::*;
use smtp_core::session::{Action, Client, ClientConfig, ClientError, ClientEvent, State};
use smtp_core::syntax::{Dialect, EnhancedCode};

#[test]
fn octets_that_are_not_a_reply() {
    let broken = ["25 ok", "OK fine", "2x0 ok", "2500 ok", "", " 250 ok", "250_ok", "150 wait", "650 what", "050 x"];
    for line in broken.into_iter().chain(["250-a\r\n550 b", "250-a\r\n251 b", "250-a\r\n"]) {
        let mut session = Session::offered("PIPELINING");
        assert_eq!(session.says(MAIL), OK);
        let error = session.reads(format!("{line}\r\n").as_bytes()).unwrap_err();
        assert!(matches!(error, ClientError::NoReply(_)), "{line}: {error}");
        assert_eq!(error.reply(), None);
        assert_eq!(session.client.state(), State::Closed);
        assert_eq!(session.says(RCPT), WRONG);
    }
}

/// Section 4.2.1: a code without text is valid.
#[test]
fn bare_codes() {
    let mut session = Session::offered("PIPELINING");
    for (line, reply) in [(MAIL, "250\r\n"), (RCPT, "250 \r\n"), ("DATA", "354\r\n")] {
        assert_eq!(session.says(line), OK);
        assert_eq!(session.hears(reply).len(), 1);
    }
    assert_eq!(session.client.state(), State::Data);
}

/// Section 4.3.2: an unknown code is judged by its first digit.
#[test]
fn unknown_codes() {
    let mut session = Session::offered("PIPELINING");
    for (line, reply) in [(MAIL, "259 ok\r\n"), (RCPT, "450 no\r\n"), (RCPT, "239 ok\r\n"), ("DATA", "350 go\r\n")] {
        assert_eq!(session.says(line), OK);
        assert_eq!(session.hears(reply).len(), 1);
    }
    assert_eq!((session.client.state(), session.client.recipients()), (State::Data, 1));
}

/// 3yz belongs to DATA, AUTH, and MAIL with TRANSID (RFC 1845); 2yz cannot answer DATA.
#[test]
fn replies_that_a_command_cannot_have() {
    let offer = "PIPELINING,CHUNKING,STARTTLS,AUTH LOGIN";
    let codes: [(&str, u16); 11] = [
        ("EHLO a.example", 354),
        ("NOOP", 354),
        ("RSET", 334),
        ("QUIT", 354),
        ("STARTTLS", 354),
        ("STARTTLS", 334),
        ("AUTH LOGIN", 354),
        ("AUTH LOGIN", 355),
        (MAIL, 354),
        (MAIL, 334),
        (MAIL, 355),
    ];
    let fails = |session: &mut Session, number: u16| {
        let to = session.client.awaiting().next().unwrap();
        let line = format!("{number} x");
        let error = session.reads(format!("{line}\r\n").as_bytes());
        assert_eq!(error, Err(wrong(to, &line)));
    };
    for (line, number) in codes {
        let mut session = Session::offered(offer);
        assert_eq!(session.says(line), OK);
        fails(&mut session, number);
        assert_eq!(session.client.state(), State::Closed);
    }
    for (line, number) in [(RCPT, 354), ("DATA", 250), ("DATA", 221), ("DATA", 334), ("BDAT 0", 354)] {
        let mut session = Session::offered(offer).transaction(&[250, 250]);
        assert_eq!(session.says(line), OK);
        fails(&mut session, number);
    }
    let mut session = Session::offered(offer).transaction(&[250, 250]).in_data();
    assert_eq!(session.finish(), OK);
    fails(&mut session, 354);
    fails(&mut Session::new(ClientConfig::default()), 354);
}

/// RFC 1845: 355 to MAIL with TRANSID resumes a transaction whose recipients the server knows.
#[test]
fn resumed_transaction() {
    let mut session = Session::offered("PIPELINING,CHECKPOINT");
    assert_eq!(session.says("MAIL FROM:<joe@client.example> TRANSID=<1@client.example>"), OK);
    assert_eq!(session.hears("355 6135 is the transaction offset\r\n"), ["Mail 355"]);
    let mut session = session.in_data();
    assert_eq!(session.content(b"the rest\r\n"), OK);
}

/// Section 3.8: 421 may come at any time, also without a command.
#[test]
fn server_closes() {
    let mut session = Session::offered("PIPELINING");
    assert_eq!(session.hears("421 4.3.2 shutting down\r\n"), ["closing 421"]);
    assert_eq!((session.client.state(), session.client.timer()), (State::Closed, None));
    assert_eq!(session.says("QUIT"), WRONG);

    let mut session = Session::offered("PIPELINING");
    for line in [MAIL, RCPT, "DATA"] {
        assert_eq!(session.says(line), OK);
    }
    assert_eq!(session.hears("250 a\r\n421 bye\r\n250 ignored\r\n"), ["Mail 250", "Rcpt 421"]);
    assert_eq!((session.client.state(), session.client.awaiting().count()), (State::Closed, 0));

    let mut session = Session::offered("PIPELINING").transaction(&[250, 250]).in_data();
    assert_eq!(session.content(b"x"), OK);
    assert_eq!(session.hears("421 bye\r\n"), ["closing 421"]);
    assert_eq!(session.content(b"x"), WRONG);
}

/// Section 4.2: every command generates exactly one reply.
#[test]
fn a_reply_without_a_command() {
    let mut strict = ClientConfig::default();
    strict.dialect = Dialect::STRICT;
    for (config, numbers) in
        [(ClientConfig::default(), &[220, 221, 250, 354][..]), (strict, &[220, 221, 250, 354, 450, 550])]
    {
        for number in numbers {
            let mut session = Session::new(config);
            session.hears("220 mx.example\r\n");
            session.hello("EHLO", "PIPELINING");
            let line = format!("{number} surprise");
            let error = session.reads(format!("{line}\r\n").as_bytes()).unwrap_err();
            assert_eq!(error, unexpected(&line));
            assert_eq!(error.reply().unwrap().code().get(), *number);
            assert!(error.to_string().contains("surprise"), "{error}");
        }
    }
}

/// RFC 2034 section 4: enhanced codes are read if they were offered, and never in replies to a hello.
#[test]
fn enhanced_codes() {
    let seen = |session: &mut Session, octets: &[u8]| {
        let mut rest = octets;
        match session.client.next_event(&mut rest) {
            Ok(Some(ClientEvent::Reply { reply, .. } | ClientEvent::Greeting(reply))) => reply.enhanced_code(),
            other => panic!("{other:?}"),
        }
    };
    for (offer, expected) in [("ENHANCEDSTATUSCODES", Some(EnhancedCode::OK)), ("PIPELINING", None)] {
        let mut session = Session::offered(offer);
        assert_eq!(session.says("NOOP"), OK);
        assert_eq!(seen(&mut session, b"250 2.0.0 fine\r\n"), expected);
        assert_eq!(session.says("EHLO a.example"), OK);
        assert_eq!(seen(&mut session, b"250 2.0.0 fine\r\n"), None);
    }
    assert_eq!(seen(&mut Session::new(ClientConfig::default()), b"220 2.0.0 hi\r\n"), None);
}

#[test]
fn strict_and_lenient() {
    let mut config = ClientConfig::default();
    config.dialect = Dialect::STRICT;
    let odd: [&[u8]; 4] =
        [b"250-mx.example\r\n250 bad_keyword\r\n", b"250-mx.example\r\n250 \r\n", b"250 \xff\r\n", b"250 mx_1\r\n"];
    for octets in odd {
        let mut strict = Session::new(config);
        let mut lenient = Session::new(ClientConfig::default());
        for session in [&mut strict, &mut lenient] {
            assert_eq!(session.hears("220 hi\r\n"), ["greeting 220"]);
            assert_eq!(session.says("EHLO client.example"), OK);
        }
        let error = strict.reads(octets).unwrap_err();
        let describes_the_reply = matches!(error, ClientError::NoReply(_) | ClientError::WrongText { .. });
        assert!(describes_the_reply, "{}: {error}", octets.escape_ascii());
        assert_eq!(lenient.reads(octets), Ok(vec!["Ehlo 250".to_owned()]));
    }
}

#[test]
fn reply_without_end() {
    let mut config = ClientConfig::default();
    config.reply_limit = 100;
    let mut session = Session::new(config);
    assert!(matches!(session.reads("220-x\r\n".repeat(20).as_bytes()), Err(ClientError::NoReply(_))));
}

/// The greeting comes first, and nothing may be sent before it.
#[test]
fn greeting() {
    let mut session = Session::new(ClientConfig::default());
    assert_eq!(session.client.awaiting().collect::<Vec<_>>(), [Action::Greeting]);
    assert_eq!(session.says("EHLO client.example"), PENDING);
    assert_eq!(session.hears("220-mx.example\r\n220 hi\r\n"), ["greeting 220"]);
    assert_eq!(session.client.awaiting().count(), 0);
}

/// RFC 5321 section 4.2: the name in the greeting is checked if the configuration asks for its grammar; an address is checked by
/// the rules of the dialect.
#[test]
fn the_name_in_the_greeting() {
    let mut by_the_grammar = Dialect::LENIENT;
    by_the_grammar.any_reply_text = false;
    for (dialect, text, taken) in [
        (Dialect::STRICT, "mx.example hi", true),
        (Dialect::STRICT, "[IPv6:1:2:3:4:5:6::] hi", true),
        (Dialect::STRICT, "[IPv6:1:2:3:4:5:6:7::] hi", false),
        (Dialect::STRICT, "mx_example hi", false),
        (by_the_grammar, "[IPv6:1:2:3:4:5:6:7::] hi", true),
        (by_the_grammar, "mx_example hi", false),
        (Dialect::LENIENT, "mx_example hi", true),
    ] {
        let mut config = ClientConfig::default();
        config.dialect = dialect;
        let result = Session::new(config).reads(format!("220 {text}\r\n").as_bytes());
        assert_eq!(result.is_ok(), taken, "{text}: {result:?}");
    }
}

/// The outcome does not depend on where the octets are cut.
#[test]
fn replies_in_pieces() {
    let octets = b"250-a\r\n250 a\r\n550 b\r\n250 c\r\n354 d\r\n";
    for cut in 0..=octets.len() {
        let mut session = Session::offered("PIPELINING");
        for line in [MAIL, RCPT, RCPT, "DATA"] {
            assert_eq!(session.says(line), OK);
        }
        let mut events = Vec::new();
        let mut rest = &octets[..cut];
        for end in [cut, octets.len()] {
            rest = &octets[cut - rest.len()..end];
            while let Some(ClientEvent::Reply { to, reply, .. }) = session.client.next_event(&mut rest).unwrap() {
                events.push((to, reply.code().get()));
            }
        }
        assert_eq!(events, [(Action::Mail, 250), (Action::Rcpt, 550), (Action::Rcpt, 250), (Action::Data, 354)]);
    }
}

#[derive(Clone, Debug)]
enum Step {
    Server(Vec<u8>),
    Send(&'static str),
    Content(Vec<u8>),
    Finish,
    Respond,
    Cancel,
}

fn step() -> impl Strategy<Value = Step> {
    let replies = ["220 a\r\n", "250 a\r\n", "250-a\r\n250-PIPELINING\r\n250-CHUNKING\r\n250 AUTH LOGIN\r\n"];
    let more =
        ["354 a\r\n", "334 VXNl\r\n", "334 ?\r\n", "235 a\r\n", "550 a\r\n", "421 a\r\n", "25", "0 a\r\n", "\r\n"];
    let lines = ["EHLO a.example", MAIL, RCPT, "DATA", "BDAT 2", "BDAT 0 LAST", "RSET", "QUIT", "AUTH LOGIN", "NOOP"];
    let replies: Vec<_> = replies.into_iter().chain(more).collect();
    prop_oneof![
        8 => proptest::sample::select(replies).prop_map(|text| Step::Server(text.into())),
        1 => proptest::collection::vec(any::<u8>(), 0..8).prop_map(Step::Server),
        8 => proptest::sample::select(lines.to_vec()).prop_map(Step::Send),
        2 => proptest::sample::select(vec![&b"a\r\n"[..], b".", b"\n", b"\r", b""]).prop_map(|text| Step::Content(text.into())),
        2 => Just(Step::Finish),
        1 => Just(Step::Respond),
        1 => Just(Step::Cancel),
    ]
}

proptest! {
    #![proptest_config(cases(256))]

    /// For any octets of the server and any calls: no panic, a failed call writes nothing, and the end of the session is final.
    #[test]
    fn any_script(steps in proptest::collection::vec(step(), 0..40), lmtp: bool) {
        let mut session = Session::new(if lmtp { ClientConfig::LMTP } else { ClientConfig::SMTP });
        let mut unread = Vec::new();
        for step in steps {
            let closed = session.client.state() == State::Closed;
            let result = match step {
                Step::Server(octets) => {
                    unread.extend_from_slice(&octets);
                    let mut rest = &unread[..];
                    while let Ok(Some(_)) = session.client.next_event(&mut rest) {
                        prop_assert!(!closed);
                    }
                    unread = rest.to_vec();
                    continue;
                }
                Step::Send(line) => {
                    let hello = lmtp && line.starts_with("EHLO");
                    session.says(if hello { "LHLO a.example" } else { line })
                }
                Step::Content(octets) => session.content(&octets),
                Step::Finish => session.finish(),
                Step::Respond => session.responds(b"joe"),
                Step::Cancel => session.acts(Action::Response, Client::cancel),
            };
            prop_assert!(!(closed && result.is_ok()));
        }
    }
}
