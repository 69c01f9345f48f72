//! Tests of a server beyond the conformance suite: facts of the session, its limits, and the transfer to TLS or other roles.

use smtp_core::codec::BareLineEnding;
use smtp_core::session::{
    Action, ClientConfig, ClientError, Hello, Misuse, Refused, Rejected, Require, Server, ServerConfig, ServerEvent,
    StartTlsError, State, Timer,
};
use smtp_core::syntax::{
    Capabilities, CapabilityValue, Command, Dialect, EnhancedCode, Extension, Extensions, Grammar, Host, Mechanisms,
    Reply, ReplyBuf, ReplyCode, Text,
};

mod begin;
mod chunks;
mod last_word;
mod limits;

/// Returns the reason for which the server refuses the next command of the input.
fn rejected(server: &mut Server, rest: &mut &[u8]) -> Rejected {
    match server.next_event(rest).unwrap() {
        Some(ServerEvent::Rejected(refused)) => refused.why,
        other => panic!("{other:?}"),
    }
}

/// Returns a configuration with the strict dialect.
fn config() -> ServerConfig {
    ServerConfig::strict(Host::new("mx.example").unwrap())
}

/// Creates a server that has sent its greeting.
fn greeted(config: ServerConfig) -> Server {
    let mut server = Server::new(config);
    server.reply_default(&mut Vec::new()).unwrap();
    server
}

/// Gives every event its usual answer, and returns the answers.
fn serve(server: &mut Server, input: &str) -> String {
    let (mut rest, mut out) = (input.as_bytes(), Vec::new());
    while let Some(event) = server.next_event(&mut rest).unwrap() {
        if !matches!(event, ServerEvent::Content(_) | ServerEvent::Abandoned) {
            server.reply_default(&mut out).unwrap();
        }
    }
    String::from_utf8(out).unwrap()
}

fn codes(answers: &str) -> Vec<&str> {
    let last = |line: &&str| line.as_bytes().get(3) == Some(&b' ');
    answers.lines().filter(last).filter_map(|line| line.get(..3)).collect()
}

/// RFC 2034 section 4: no enhanced code in the greeting, in replies to a hello and with 3yz; one in every other reply.
#[test]
fn enhanced_codes_are_in_the_replies_that_need_one() {
    let mut server = Server::new(config());
    let mut greeting = Vec::new();
    server.reply_default(&mut greeting).unwrap();
    assert_eq!(greeting, b"220 mx.example ESMTP\r\n");
    let answers = serve(&mut server, "HELO a.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n");
    let lines: Vec<&str> = answers.lines().collect();
    assert_eq!(lines[0], "250 mx.example");
    assert!(lines[1].starts_with("250 2.1.0 "), "{}", lines[1]);
    assert!(lines[2].starts_with("250 2.1.5 "), "{}", lines[2]);
    assert!(lines[3].starts_with("354 Start"), "{}", lines[3]);
}

/// A reply of the caller without an enhanced code gets X.0.0. A reply with one loses it if enhanced codes were not offered.
#[test]
fn enhanced_codes_follow_the_offer() {
    let refuse = |capabilities: Capabilities, enhanced: Option<EnhancedCode>| {
        let mut config = config();
        config.capabilities = capabilities;
        let mut server = greeted(config);
        serve(&mut server, "EHLO a.example\r\n");
        server.next_event(&mut &b"MAIL FROM:<a@b.example>\r\n"[..]).unwrap();
        let mut out = Vec::new();
        server.reply(&Reply::new(ReplyCode::MAILBOX_UNAVAILABLE, enhanced, "No").unwrap(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    let offered = || Capabilities::new().with(Extension::EnhancedStatusCodes);
    let code = Some(EnhancedCode::BAD_DESTINATION_MAILBOX);
    assert_eq!(refuse(offered(), None), "550 5.0.0 No\r\n");
    assert_eq!(refuse(offered(), code), "550 5.1.1 No\r\n");
    assert_eq!(refuse(Capabilities::new(), None), "550 No\r\n");
    assert_eq!(refuse(Capabilities::new(), code), "550 No\r\n");
}

/// RFC 4954 section 6: 2.7.0 with 235.
#[test]
fn a_successful_authentication_has_its_own_enhanced_code() {
    let mut config = config();
    let offer = CapabilityValue::Auth(Mechanisms::new("PLAIN").unwrap());
    config.capabilities = config.capabilities.with_value(offer).unwrap();
    let mut server = greeted(config);
    serve(&mut server, "EHLO a.example\r\n");
    server.next_event(&mut &b"AUTH PLAIN AGEAYg==\r\n"[..]).unwrap();
    let mut out = Vec::new();
    server.reply(&Reply::new(ReplyCode::AUTHENTICATION_SUCCEEDED, None, "Welcome").unwrap(), &mut out).unwrap();
    assert_eq!(out, b"235 2.7.0 Welcome\r\n");
}

#[test]
fn answers_that_do_not_fit_are_misuse_and_write_nothing() {
    let mut server = greeted(config());
    let mut out = Vec::new();
    assert_eq!(server.reply_default(&mut out), Err(Misuse::NoAnswerOwed));
    server.next_event(&mut &b"MAIL FROM:<a@b.example>\r\n"[..]).unwrap();
    let wrong = Misuse::WrongCode { to: Action::Mail, code: ReplyCode::OK };
    assert_eq!(server.reply(&Reply::OK, &mut out), Err(wrong), "a success for a refused command");
    assert_eq!(server.next_event(&mut &b"QUIT\r\n"[..]), Err(Misuse::EventUnanswered));
    let wrong = Misuse::WrongCode { to: Action::Mail, code: ReplyCode::CHALLENGE };
    assert_eq!(server.challenge(b"", &mut out), Err(wrong), "RFC 4954 section 4: 334 is of AUTH");
    assert!(out.is_empty());
    assert_eq!(greeted(config()).challenge(b"", &mut out), Err(Misuse::NoAnswerOwed));
}

/// A message names an action by the words of RFC 5321 and its extensions.
#[test]
fn messages_of_misuse_use_the_words_of_the_protocol() {
    let code = ReplyCode::OK;
    for (action, words) in [
        (Action::Greeting, "the greeting"),
        (Action::Mail, "MAIL"),
        (Action::StartTls, "STARTTLS"),
        (Action::BdatLast, "BDAT LAST"),
        (Action::BurlLast, "BURL LAST"),
        (Action::Content, "the content"),
        (Action::Response, "the response to a challenge"),
        (Action::Other, "an unknown command"),
    ] {
        assert_eq!(action.to_string(), words);
        let wrong = Misuse::WrongCode { to: action, code };
        assert_eq!(wrong.to_string(), format!("250 is not a valid code for {words} here"));
        let wrong = Misuse::WrongState { state: State::Start, action };
        assert_eq!(wrong.to_string(), format!("{words} is not permitted in the state start"));
        let none = Misuse::NoDefaultReply(action);
        assert_eq!(none.to_string(), format!("{words} has no usual answer; the caller has to decide"));
        let wrong = ClientError::WrongReply { to: action, reply: ReplyBuf::from(&Reply::OK) };
        assert_eq!(wrong.to_string(), format!("a code that {words} cannot have: 250 2.0.0 OK"));
    }
    for action in Action::ALL {
        assert!(action.verb().is_none_or(|verb| action.to_string().starts_with(verb.as_str())), "{action:?}");
    }
    assert_eq!(Misuse::NotClosing(code).to_string(), "250 cannot end a session at any time; only 421 can");
}

/// The codes of RFC 5321 section 4.3.2, RFC 3207 section 4 and RFC 4954 section 4, and no other code with the same first digit.
#[test]
fn only_one_code_accepts_some_commands() {
    let mut config = config();
    let offer = CapabilityValue::Auth(Mechanisms::new("PLAIN").unwrap());
    config.capabilities =
        config.capabilities.with(Extension::StartTls).with(Extension::Xclient).with_value(offer).unwrap();
    let before = "EHLO a.example\r\n";
    let in_rcpt = "EHLO a.example\r\nMAIL FROM:<>\r\nRCPT TO:<c@d.example>\r\n";
    for (before, line, code, others) in [
        ("", "", 220, &[211, 250, 354][..]),
        (before, "STARTTLS\r\n", 220, &[211, 250, 354]),
        (before, "XCLIENT NAME=a\r\n", 220, &[211, 250, 354]),
        (in_rcpt, "DATA\r\n", 354, &[250, 334, 355]),
        (before, "AUTH PLAIN AGEAYg==\r\n", 235, &[220, 250, 354]),
        (before, "QUIT\r\n", 221, &[220, 250, 354]),
        (before, "NOOP\r\n", 250, &[334, 354]),
    ] {
        let mut server = Server::new(config.clone());
        if !line.is_empty() {
            server.reply_default(&mut Vec::new()).unwrap();
            serve(&mut server, before);
            server.next_event(&mut line.as_bytes()).unwrap();
        }
        let reply = |code| Reply::new(ReplyCode::new(code).unwrap(), None, "text").unwrap();
        for other in others {
            let mut out = Vec::new();
            let misuse = server.reply(&reply(*other), &mut out).unwrap_err();
            assert!(matches!(misuse, Misuse::WrongCode { code, .. } if code.get() == *other), "{other} to {line}");
            assert!(out.is_empty());
        }
        assert_eq!(server.reply(&reply(code), &mut Vec::new()), Ok(()), "{code} to {line}");
    }
}

/// RFC 6531 section 3.4: the parameter of MAIL allows UTF-8 for one transaction.
#[test]
fn smtputf8_holds_for_the_transaction() {
    let mut config = config();
    config.capabilities = config.capabilities.with(Extension::SmtpUtf8).with(Extension::EightBitMime);
    let mut server = greeted(config);
    for (line, expected) in [
        ("EHLO a.example\r\n", false),
        ("MAIL FROM:<> SMTPUTF8\r\n", true),
        ("RSET\r\n", false),
        ("MAIL FROM:<>\r\n", false),
    ] {
        assert_eq!(codes(&serve(&mut server, line)), ["250"]);
        assert_eq!(server.is_smtputf8(), expected, "{line}");
    }
}

/// RFC 4954 section 4: the client waits for the reply to each response, and its lines may have 12288 octets.
#[test]
fn lines_of_auth() {
    let mut config = config();
    config.capabilities =
        config.capabilities.with_value(CapabilityValue::Auth(Mechanisms::new("PLAIN").unwrap())).unwrap();
    let mut server = greeted(config);
    serve(&mut server, "EHLO a.example\r\n");
    let mut line = format!("AUTH PLAIN {}\r\n", "A".repeat(12_288 - b"AUTH PLAIN \r\n".len() - 3));
    let event = server.clone().next_event(&mut line.as_bytes()).unwrap();
    assert!(matches!(event, Some(ServerEvent::Command(_))), "{event:?}");
    line.insert_str(b"AUTH PLAIN ".len(), "AAAA");
    let answer = serve(&mut server.clone(), &line);
    assert!(answer.starts_with("500 5.5.6 "), "section 6: {answer}");
    for (line, expected) in [
        ("AUTH PLAIN AGEAYg==\r\nNOOP\r\n", false),
        ("AUTH PLAIN\r\nAGEAYg==\r\n", true),
        ("AUTH LOGIN YQ==\r\nYg==\r\n", true),
        // RFC 2920 section 3.1.
        ("SAML FROM:<>\r\nRSET\r\n", false),
        ("TURN\r\nRSET\r\n", true),
    ] {
        let mut server = server.clone();
        server.next_event(&mut line.as_bytes()).unwrap();
        assert_eq!(server.is_unsynchronized(), expected, "{line}");
    }
    server.next_event(&mut &b"AUTH PLAIN\r\n"[..]).unwrap();
    server.challenge(b"", &mut Vec::new()).unwrap();
    for (line, expected) in [("AGEAYg==\r\n", false), ("AGEAYg==\r\nNOOP\r\n", true)] {
        let mut server = server.clone();
        let event = server.next_event(&mut line.as_bytes()).unwrap();
        assert!(matches!(event, Some(ServerEvent::Response(_))), "{event:?}");
        assert_eq!(server.is_unsynchronized(), expected, "{line}");
    }
}

/// RFC 3207 section 4: what was learnt in the clear is forgotten, and STARTTLS is not offered within TLS (section 4.2).
#[test]
fn tls_forgets_what_was_learnt_before() {
    let mut config = config();
    config.capabilities = config
        .capabilities
        .with(Extension::StartTls)
        .with(Extension::RequireTls)
        .with_value(CapabilityValue::Size(Some(9)))
        .unwrap();
    let mut server = greeted(config);
    let before = serve(&mut server, "EHLO a.example\r\n");
    assert!(before.contains("STARTTLS") && !before.contains("REQUIRETLS"), "{before}");
    assert_eq!(codes(&serve(&mut server, "STARTTLS\r\n")), ["220"]);
    assert_eq!(server.state(), State::Tls);
    let mut server = server.into_tls(b"").unwrap();
    assert_eq!((server.state(), server.hello(), server.is_tls()), (State::Start, Hello::None, true));
    assert_eq!(codes(&serve(&mut server, "MAIL FROM:<a@b.example>\r\n")), ["503"]);
    let after = serve(&mut server, "EHLO a.example\r\n");
    assert!(!after.contains("STARTTLS") && after.contains("REQUIRETLS"), "{after}");
    assert_eq!(server.into_tls(b"").unwrap_err(), StartTlsError::Misuse(Misuse::NoHandshake));
}

#[test]
fn octets_after_starttls_end_the_session() {
    let mut config = config();
    config.capabilities = config.capabilities.with(Extension::StartTls);
    let mut server = greeted(config);
    let mut rest = &b"EHLO a.example\r\nSTARTTLS\r\nMAIL FROM:<evil@b.example>\r\n"[..];
    while server.next_event(&mut rest).unwrap().is_some() {
        server.reply_default(&mut Vec::new()).unwrap();
    }
    assert_eq!(rest, b"MAIL FROM:<evil@b.example>\r\n", "nothing after STARTTLS is read");
    assert_eq!(server.into_tls(rest).unwrap_err(), StartTlsError::PlaintextAfterStartTls);
}

/// RFC 5321 section 4.3.1 and RFC 2920 section 3.1: the caller can see it; it is not an error.
#[test]
fn early_and_unsynchronized_input_is_noticed() {
    let mut server = Server::new(config());
    assert_eq!(server.next_event(&mut &b"EHLO a.example\r\n"[..]), Ok(None));
    assert!(server.is_early_talker());
    let mut server = greeted(config());
    serve(&mut server, "EHLO a.example\r\n");
    assert!(!server.is_early_talker() && !server.is_unsynchronized());
    serve(&mut server, "MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n");
    assert!(!server.is_unsynchronized(), "a group may continue after MAIL");
    serve(&mut server, "NOOP\r\nNOOP\r\n");
    assert!(server.is_unsynchronized(), "NOOP has to end its group");
}

/// A verb ends at a space or at CRLF (RFC 5321 section 4.1.1). An unknown verb is 500, whatever else is wrong.
#[test]
fn a_word_that_only_begins_with_a_verb_is_unknown() {
    let mut config = config();
    config.require = Require::Authentication;
    for line in ["DATA\0\r\n", "EXPN]\r\n", "ETRN\tx\r\n", "XCLIENT, A=b\r\n", "NOOP]\r\n"] {
        assert_eq!(codes(&serve(&mut greeted(config.clone()), line)), ["500"], "{line:?}");
    }
}

/// RFC 2034 section 4: a reply of another server is sent to this client in the form of the server's own replies.
#[test]
fn received_replies_get_and_lose_enhanced_codes() {
    let with = config();
    let mut without = config();
    without.capabilities = without.capabilities.without(Extension::EnhancedStatusCodes);
    let looks_for_codes = Grammar::STRICT.with_extensions(with.capabilities.extensions());
    let long = format!("550 {}\r\n", "x".repeat(506));
    for (received, coded, plain) in [
        ("550 no such user\r\n", "550 5.0.0 no such user\r\n", "550 no such user\r\n"),
        ("550-5.1.1 no\r\n550 5.1.1 user\r\n", "550-5.1.1 no\r\n550 5.1.1 user\r\n", "550-no\r\n550 user\r\n"),
        (
            "550-5.1.1 no\r\n550 5.1.2 user\r\n",
            "550-5.0.0 5.1.1 no\r\n550 5.0.0 5.1.2 user\r\n",
            "550-5.1.1 no\r\n550 5.1.2 user\r\n",
        ),
        ("550 2.1.1 no\r\n", "550 5.0.0 2.1.1 no\r\n", "550 2.1.1 no\r\n"),
        // With the code, the line would have more than 512 octets.
        (&long, &long, &long),
    ] {
        for grammar in [Grammar::STRICT, looks_for_codes] {
            let reply = Reply::parse(received.as_bytes(), grammar).unwrap();
            for (config, expected) in [(&with, coded), (&without, plain)] {
                let mut server = greeted(config.clone());
                server.next_event(&mut &b"NOOP\r\n"[..]).unwrap();
                let mut out = Vec::new();
                server.reply(&reply, &mut out).unwrap();
                assert_eq!(std::str::from_utf8(&out).unwrap(), expected);
            }
        }
    }
}

/// RFC 2034 section 4: only the replies to a hello have no enhanced code.
#[test]
fn an_unknown_verb_is_not_a_hello() {
    let no = Reply::new(ReplyCode::MAILBOX_UNAVAILABLE, EnhancedCode::NOT_AUTHORIZED, "No").unwrap();
    for (lmtp, line) in [(false, "HELO a\r\n"), (false, "EHLO a\r\n"), (true, "LHLO a\r\n")] {
        let mut config = config();
        config.lmtp = lmtp;
        let (mut server, mut out) = (greeted(config), Vec::new());
        server.next_event(&mut line.as_bytes()).unwrap();
        server.reply(&no, &mut out).unwrap();
        assert_eq!(out, b"550 No\r\n", "{line}");
    }
    assert!(serve(&mut greeted(config()), "LHLO a.example\r\n").starts_with("500 5.5.2 "));
    assert!(serve(&mut greeted(config()), "EHLO \r\n").starts_with("501 S"));
}

/// RFC 5321 sections 3.8 and 4.5.3.2: a 421 may come at any time, once.
#[test]
fn the_caller_ends_a_session_with_its_own_text() {
    let idle = Reply::new(ReplyCode::SERVICE_NOT_AVAILABLE, EnhancedCode::BAD_CONNECTION, "Idle for too long").unwrap();
    for octets in ["", "NOOP\r\nNO", "EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nx", "BDAT 3\r\nx"] {
        let mut server = greeted(config());
        serve(&mut server, octets);
        let mut out = Vec::new();
        assert_eq!(server.reply(&Reply::OK, &mut out), Err(Misuse::NoAnswerOwed));
        server.reply(&idle, &mut out).unwrap();
        assert_eq!(out, b"421 4.4.2 Idle for too long\r\n");
        assert_eq!((server.state(), server.answers_owed()), (State::Closed, 0));
        assert_eq!(server.reply(&idle, &mut out), Err(Misuse::NoAnswerOwed));
    }
    let mut config = config();
    config.capabilities = config.capabilities.with(Extension::StartTls);
    let mut server = greeted(config);
    serve(&mut server, "EHLO a.example\r\nSTARTTLS\r\n");
    assert_eq!(server.reply(&idle, &mut Vec::new()), Err(Misuse::NoAnswerOwed), "not after the 220 in the clear");
}

/// RFC 5321 section 4.1.1.1: the last EHLO determines the offer.
#[test]
fn a_configuration_changes_the_offer_with_the_next_ehlo() {
    let mut more = config();
    more.capabilities = more.capabilities.with(Extension::Dsn);
    let mut server = greeted(config());
    serve(&mut server, "EHLO a.example\r\n");
    server.set_config(more).unwrap();
    assert!(!server.extensions().contains(Extension::Dsn));
    assert_eq!(codes(&serve(&mut server, "MAIL FROM:<> RET=HDRS\r\n")), ["555"]);
    assert!(serve(&mut server, "EHLO a.example\r\n").contains("DSN"));
    let mut less = config();
    less.capabilities = Capabilities::new();
    server.set_config(less).unwrap();
    assert!(serve(&mut server, "MAIL FROM:<> RET=HDRS\r\n").starts_with("250 2."));
    assert_eq!(server.set_config(config()), Err(Misuse::ConfigInUse(server.state())));
    assert_eq!(codes(&serve(&mut server, "HELO a.example\r\n")), ["250"]);
    assert_eq!(server.extensions(), Extensions::NONE);
}

/// RFC 5321 section 4.1.4: a hello ends a transaction, so the configuration may change with it.
#[test]
fn a_second_hello_in_a_transaction_may_bring_a_configuration() {
    let in_rcpt = "EHLO a.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n";
    let mut more = config();
    more.capabilities = more.capabilities.with(Extension::Dsn);
    for before in [in_rcpt.to_owned(), format!("{in_rcpt}BDAT 1\r\nx")] {
        for hello in ["EHLO a.example\r\n", "HELO a.example\r\n"] {
            let mut server = greeted(config());
            serve(&mut server, &before);
            assert_eq!(server.set_config(more.clone()), Err(Misuse::ConfigInUse(server.state())), "not a hello");
            server.next_event(&mut hello.as_bytes()).unwrap();
            assert_eq!(server.set_config(more.clone()), Ok(()));
            let mut out = Vec::new();
            server.reply_default(&mut out).unwrap();
            assert_eq!(String::from_utf8(out).unwrap().contains("DSN"), hello.starts_with("EHLO"));
            assert_eq!(server.state(), State::Ready);
        }
    }
    let mut server = greeted(config());
    serve(&mut server, in_rcpt);
    server.next_event(&mut &b"EHLO \r\n"[..]).unwrap();
    assert_eq!(
        server.set_config(more),
        Err(Misuse::ConfigInUse(server.state())),
        "a refused hello does not end the transaction"
    );
}

/// RFC 4954 section 4: credentials only under TLS, if the configuration requires it.
#[test]
fn auth_can_be_restricted_to_tls() {
    let mut config = config();
    config.capabilities =
        config.capabilities.with_value(CapabilityValue::Auth(Mechanisms::new("PLAIN").unwrap())).unwrap();
    config.auth_only_under_tls = true;
    let mut server = greeted(config.clone());
    assert!(!serve(&mut server, "EHLO a.example\r\n").contains("AUTH"));
    assert_eq!(codes(&serve(&mut server, "AUTH PLAIN AGEAYg==\r\n")), ["538"]);
    let mut server = Server::over_tls(config);
    server.reply_default(&mut Vec::new()).unwrap();
    assert!(serve(&mut server, "EHLO a.example\r\n").contains("250 AUTH PLAIN"));
    let event = server.next_event(&mut &b"AUTH PLAIN AGEAYg==\r\n"[..]).unwrap();
    assert!(matches!(event, Some(ServerEvent::Command(_))));
    assert_eq!(server.reply_default(&mut Vec::new()), Err(Misuse::NoDefaultReply(Action::Auth)));
}

/// RFC 2645 section 5.2: the roles are exchanged, and the other side sends the greeting.
#[test]
fn atrn_exchanges_the_roles() {
    let mut config = config();
    config.capabilities = config
        .capabilities
        .with(Extension::Atrn)
        .with_value(CapabilityValue::Auth(Mechanisms::new("PLAIN").unwrap()))
        .unwrap();
    let mut server = greeted(config);
    let mut out = Vec::new();
    serve(&mut server, "EHLO a.example\r\n");
    assert_eq!(codes(&serve(&mut server, "ATRN a.example\r\n")), ["530"]);
    server.next_event(&mut &b"AUTH PLAIN AGEAYg==\r\n"[..]).unwrap();
    server.reply(&Reply::new(ReplyCode::AUTHENTICATION_SUCCEEDED, None, "OK").unwrap(), &mut out).unwrap();
    // Section 5.2.1: 453 if there is no mail, which is the default answer.
    assert_eq!(codes(&serve(&mut server, "ATRN a.example\r\n")), ["453"]);
    let mut rest = &b"ATRN a.example\r\n220 a.example\r\n"[..];
    server.next_event(&mut rest).unwrap();
    server.reply(&Reply::OK, &mut out).unwrap();
    assert_eq!(server.next_event(&mut rest), Ok(None));
    let mut client = server.into_client(ClientConfig::default()).unwrap();
    assert!(client.next_event(&mut rest).unwrap().is_some(), "the greeting of the other side");
    assert_eq!(greeted(self::config()).into_client(ClientConfig::default()).unwrap_err(), Misuse::NotTurned);
}

/// RFC 5321 section 4.5.3.2.7: the server waits for the client, unless it owes an answer.
#[test]
fn the_timer_is_that_of_a_server() {
    let mut server = greeted(config());
    assert!(server.is_open());
    assert_eq!(server.timer(), Some(Timer::Command));
    assert_eq!(Timer::Command.minimum().as_secs(), 300);
    server.next_event(&mut &b"NOOP\r\n"[..]).unwrap();
    assert_eq!(server.timer(), None);
    server.shutdown(&mut Vec::new());
    assert_eq!((server.timer(), server.state(), server.is_open()), (None, State::Closed, false));
}

/// RFC 2034 section 4: no enhanced code in the greeting and in answers to a hello, also if they are 421.
#[test]
fn shutdown_replaces_the_answer_that_is_owed() {
    let shut = |mut server: Server| {
        let mut out = Vec::new();
        server.shutdown(&mut out);
        String::from_utf8(out).unwrap()
    };
    assert_eq!(shut(Server::new(config())), "421 mx.example closing\r\n");
    let mut server = greeted(config());
    assert_eq!(shut(server.clone()), "421 4.3.2 mx.example closing\r\n");
    server.next_event(&mut &b"EHLO a.example\r\n"[..]).unwrap();
    assert_eq!(shut(server), "421 mx.example closing\r\n");
    // RFC 3207 section 4: nothing is sent in the clear after the 220.
    let mut config = config();
    config.capabilities = config.capabilities.with(Extension::StartTls);
    let mut server = greeted(config);
    serve(&mut server, "EHLO a.example\r\nSTARTTLS\r\n");
    server.shutdown(&mut Vec::new());
    assert_eq!(server.state(), State::Closed);
    assert_eq!(shut(server), "");
}

/// RFC 4468 section 3: only the caller knows whether the content of the URL was fetched.
#[test]
fn burl_has_no_default_answer() {
    let mut config = config();
    let offered = CapabilityValue::Burl(Text::ehlo_params("imap").unwrap());
    config.capabilities = config.capabilities.with_value(offered).unwrap();
    let mut server = greeted(config);
    serve(&mut server, "EHLO a.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n");
    server.next_event(&mut &b"BURL imap://a.example/b LAST\r\n"[..]).unwrap();
    assert_eq!(server.reply_default(&mut Vec::new()), Err(Misuse::NoDefaultReply(Action::BurlLast)));
    server.reply(&Reply::OK, &mut Vec::new()).unwrap();
    assert_eq!(server.state(), State::Ready);
}

/// The reply of every refusal is a failure, with an enhanced code of its class.
#[test]
fn refusals_have_their_replies() {
    for (rejected, code) in [
        (Rejected::LineTooLong, 500),
        (Rejected::UnknownVerb, 500),
        (Rejected::NotImplemented, 502),
        (Rejected::Sequence, 503),
        (Rejected::NoService, 503),
        (Rejected::NoMailHost, 521),
        (Rejected::NoValidRecipients, 554),
        (Rejected::TlsRequired, 530),
        (Rejected::AuthenticationRequired, 530),
        (Rejected::EncryptionRequired, 538),
        (Rejected::TooManyRecipients, 452),
        (Rejected::MessageTooBig, 552),
        (Rejected::HeldTooLong, 501),
        (Rejected::ByTimeTooShort, 555),
        (Rejected::UrlNotOffered, 554),
        (Rejected::MechanismNotOffered, 504),
        (Rejected::AuthenticationCancelled, 501),
        (Rejected::ResponseTooLong, 500),
        (Rejected::ResponseNotBase64, 501),
        (Rejected::UnreadableChunkSize, 421),
        (Rejected::TooManyMessages, 421),
        (Rejected::TooManyErrors, 421),
        (Rejected::TooManyIdleCommands, 421),
        (Rejected::TooManyFailedAuth, 421),
        (Rejected::TooManyOctetsDropped, 421),
    ] {
        let reply = rejected.reply();
        assert_eq!(reply.code().get(), code, "{rejected}");
        assert_eq!(reply.enhanced_code().unwrap().class(), reply.code().class(), "{rejected}");
        assert_eq!(rejected.is_final(), code == 421);
    }
}

/// A command that exceeds the offer has the code of the extension: RFC 4865 section 4.2, items 10 and 11, RFC 2852 section 4, RFC
/// 1870 section 6.1, RFC 4954 section 4.
#[test]
fn limits_of_the_offer_are_kept() {
    let mut config = config();
    for line in ["SIZE 10", "FUTURERELEASE 60 2030-01-01T00:00:00Z", "DELIVERBY 60", "AUTH PLAIN"] {
        config.capabilities = config.capabilities.with_line(line).unwrap();
    }
    let mut server = greeted(config);
    serve(&mut server, "EHLO a.example\r\n");
    for (line, reply) in [
        ("MAIL FROM:<> SIZE=11", "552 5.3.4 Message too big"),
        ("MAIL FROM:<> HOLDFOR=61", "501 5.5.4 Cannot hold the message for so long"),
        ("MAIL FROM:<> HOLDUNTIL=2030-01-01T00:00:01Z", "501 5.5.4 Cannot hold the message for so long"),
        ("MAIL FROM:<> BY=59;R", "555 5.5.4 By-time is less than the minimum"),
        ("AUTH LOGIN", "504 5.5.4 Authentication mechanism not offered"),
        ("MAIL FROM:<> SIZE=10 HOLDFOR=60 BY=60;R", "250 2.1.0 Sender OK"),
    ] {
        assert_eq!(serve(&mut server, &format!("{line}\r\n")), format!("{reply}\r\n"), "{line}");
    }
}

/// The text describes the error; the code is that of RFC 5321 section 4.2.2, and of RFC 6531 section 3.5.
#[test]
fn syntax_errors_have_their_code_and_text() {
    let mut config = config();
    config.capabilities = config.capabilities.with_value(CapabilityValue::Size(None)).unwrap();
    let mut server = greeted(config);
    serve(&mut server, "EHLO a.example\r\n");
    for (line, reply) in [
        ("?", "500 5.5.2 Command not recognized"),
        ("MAIL FROM:<> FOO=1", "555 5.5.4 Parameter not recognized"),
        ("MAIL FROM:<> SIZE=1 SIZE=1", "501 5.5.4 Parameter given twice"),
        ("MAIL FROM:<δ@a.example>", "550 5.6.7 Non-ASCII address without SMTPUTF8"),
        ("MAIL FROM:<a@>", "501 5.1.7 Syntax error"),
        // If the command is out of sequence, its parameters and UTF-8 are not judged.
        ("RCPT TO:<a@b.example> FOO=1", "503 5.5.1 Bad sequence of commands"),
        ("RCPT TO:<δ@a.example>", "503 5.5.1 Bad sequence of commands"),
        ("RCPT TO:<a@>", "501 5.1.3 Syntax error"),
    ] {
        assert_eq!(serve(&mut server, &format!("{line}\r\n")), format!("{reply}\r\n"), "{line}");
    }
}

/// A session that a person has typed: spaces after the colons and paths without brackets (RFC 5321 sections 3.3 and 4.1.2). The
/// lenient dialect accepts it. The strict one refuses these two lines, and then DATA, which is out of sequence without them.
#[test]
fn a_session_typed_by_hand_is_accepted_or_refused_with_reasons() {
    let transcript = include_str!("../transcripts/by-hand.smtp");
    let typed: String = transcript
        .lines()
        .filter_map(|line| line.strip_prefix("C: "))
        .fold(String::new(), |typed, line| typed + line + "\r\n");
    let play = |dialect, typed: &str| {
        let mut config = config();
        config.dialect = dialect;
        let mut server = greeted(config);
        let (mut rest, mut out) = (typed.as_bytes(), Vec::new());
        let (mut faults, mut content) = (Vec::new(), Vec::new());
        while let Some(event) = server.next_event(&mut rest).unwrap() {
            match event {
                ServerEvent::Content(octets) => {
                    content.extend_from_slice(octets);
                    continue;
                }
                ServerEvent::Rejected(Refused { why: Rejected::Syntax(error), .. }) => {
                    faults.push((error.offset(), error.code().get(), error.enhanced_code().to_string()));
                }
                _ => {}
            }
            server.reply_default(&mut out).unwrap();
        }
        let out = String::from_utf8(out).unwrap();
        (codes(&out).join(" "), faults, String::from_utf8(content).unwrap(), server.state())
    };

    let (answers, faults, content, state) = play(Dialect::LENIENT, &typed);
    assert_eq!((answers.as_str(), faults.len(), state), ("250 250 250 354 250 221", 0, State::Closed));
    assert!(content.starts_with("From: bob@example.org\r\n") && content.ends_with("\r\nOk. Cool. Bye.\r\n"));

    // Only up to DATA: it is refused, so it has no content.
    let commands = typed.split_inclusive("DATA\r\n").next().unwrap();
    let (answers, faults, _, state) = play(Dialect::STRICT, commands);
    assert_eq!((answers.as_str(), state), ("250 501 501 503", State::Ready));
    assert_eq!(faults, [(10, 501, "5.1.7".to_owned()), (8, 501, "5.1.3".to_owned())]);
}

/// RFC 5321 section 4.5.3.1.4: the limit is that of the line's own verb. The rest of the line before, which was too long and is
/// discarded, does not affect it.
#[test]
fn a_line_has_its_own_limit_after_one_that_was_too_long() {
    let mut config = config();
    config.capabilities = config.capabilities.with(Extension::Dsn);
    let mut server = greeted(config);
    assert_eq!(codes(&serve(&mut server, "EHLO client.example\r\n")), ["250"]);
    let path = format!("<{}@{}.example>", "j".repeat(64), ["d".repeat(63), "e".repeat(63), "f".repeat(50)].join("."));
    let recipient = format!("RCPT TO:{path} NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;{}\r\n", "o".repeat(400));
    assert!(recipient.len() > 512);
    assert_eq!(codes(&serve(&mut server, "MAIL FROM:<>\r\n")), ["250"]);
    let both = format!("{}\r\n{recipient}", "x".repeat(700));
    assert_eq!(codes(&serve(&mut server, &both)), ["500", "250"]);
}

/// By default a server accepts what receivers SHOULD accept (RFC 5321 sections 4.1.1, 3.5.1 and 4.1.1.9), client names that are
/// not domains, and excess white space, but no odd address. A strict server refuses all of these.
#[test]
fn deviations_that_a_server_accepts_by_default() {
    let default = ServerConfig::new(Host::new("mx.example").unwrap());
    assert_eq!(default.dialect, Dialect::RECEIVER);
    let lines = ["EHLO my_pc", "NOOP and so on", "VRFY joe@b.example", "MAIL  FROM: <a@b.example>", "RSET ", "HELO"];
    let input = lines.map(|line| format!("{line}\r\n")).concat();
    assert_eq!(codes(&serve(&mut greeted(default.clone()), &input)), ["250", "250", "252", "250", "250", "250"]);
    assert_eq!(codes(&serve(&mut greeted(config()), &input)), ["501"; 6]);
    let odd = "EHLO a.example\r\nMAIL FROM:<a..b@c.example>\r\nMAIL FROM:<joe>\r\nMAIL FROM:<a@b.example> X-Y=1\r\n";
    assert_eq!(codes(&serve(&mut greeted(default), odd)), ["250", "501", "501", "555"]);
}

/// RFC 1870 section 6.1: a declared size is checked, whether SIZE was offered or not.
#[test]
fn a_size_that_was_not_offered_is_checked() {
    let mut config = config();
    config.dialect.unoffered_parameters = true;
    config.max_size = Some(1000);
    let input = "EHLO a.example\r\nMAIL FROM:<a@b.example> SIZE=1001\r\nMAIL FROM:<a@b.example> SIZE=1000 AUTH=<>\r\n";
    let answers = serve(&mut greeted(config), input);
    assert_eq!(codes(&answers), ["250", "552", "250"]);
    assert!(!answers.contains("SIZE"), "SIZE is not offered");
}

/// Returns the event of each line, and the code of its default answer.
fn events(config: ServerConfig, lines: &[&str]) -> Vec<String> {
    let mut server = greeted(config);
    let mut events = Vec::new();
    for line in lines {
        let (input, mut out) = (format!("{line}\r\n"), Vec::new());
        let event = match server.next_event(&mut input.as_bytes()).unwrap().unwrap() {
            ServerEvent::Command(command) => command.to_string(),
            ServerEvent::Rejected(refused) => format!("{:?}", refused.why),
            ServerEvent::Begin => "DATA".to_owned(),
            other => panic!("{other:?}"),
        };
        server.reply_default(&mut out).unwrap();
        events.push(format!("{} {event}", String::from_utf8_lossy(&out).get(..3).unwrap()));
    }
    events
}

/// RFC 5321 section 4.1.5: private verbs begin with "X"; section 4.1.1.11: 555 for a parameter that is not recognized. If the
/// configuration passes both on, the caller decides; without it, such a verb is refused like any unknown one.
#[test]
fn the_caller_decides_about_unregistered_verbs_and_parameters() {
    let lines =
        ["EHLO a.example", "XSTAT now", "MAIL FROM:<> X-TAG=1 SIZE=2", "RCPT TO:<b@mx.example> X-TAG", "SOML FROM:<>"];
    let mut config = config();
    config.capabilities = config.capabilities.with_line("SIZE").unwrap();
    let refused = ["250 EHLO a.example", "500 UnknownVerb"];
    assert_eq!(events(config.clone(), &lines)[..2], refused);
    assert!(events(config.clone(), &lines)[2].starts_with("555 Syntax"));
    config.unregistered = true;
    let taken = [
        "250 EHLO a.example",
        "500 XSTAT now",
        "250 MAIL FROM:<> X-TAG=1 SIZE=2",
        "250 RCPT TO:<b@mx.example> X-TAG",
        "502 NotImplemented",
    ];
    assert_eq!(events(config.clone(), &lines), taken);
    // Registered parameters must still satisfy their grammar and the offer.
    for (line, code) in [("MAIL FROM:<> X-TAG SIZE=x", "501"), ("MAIL FROM:<> X-TAG RET=FULL", "555")] {
        assert!(events(config.clone(), &["EHLO a.example", line])[1].starts_with(code), "{line}");
    }

    // The caller answers the command itself, or overrules the refusal.
    let mut server = greeted(config);
    let mut out = Vec::new();
    let event = server.next_event(&mut &b"XSTAT\r\n"[..]).unwrap();
    assert!(matches!(event, Some(ServerEvent::Command(Command::Unknown(_)))));
    let reply = Reply::new(ReplyCode::SYSTEM_STATUS, EnhancedCode::OK, "All is well").unwrap();
    server.reply(&reply, &mut out).unwrap();
    assert_eq!(out, b"211 2.0.0 All is well\r\n");
    out.clear();
    let mut server = greeted(self::config());
    let mut input = &b"XSTAT\r\n"[..];
    let Some(ServerEvent::Rejected(refused)) = server.next_event(&mut input).unwrap() else {
        panic!("the verb is not refused")
    };
    server.overrule(&refused.command().unwrap()).unwrap();
    server.reply_default(&mut out).unwrap();
    assert_eq!(out, b"250 2.0.0 OK\r\n");
}

/// A keyword of the caller in the reply to EHLO offers the verb and the parameter with its name (RFC 5321 section 2.2.2), and
/// nothing else. The parameter is offered only to clients that have seen the reply.
#[test]
fn a_line_of_the_caller_is_an_offer() {
    let mut config = config();
    config.capabilities = config.capabilities.with_line("XSTAT").unwrap().with_line("X-TAG a b").unwrap();
    assert!(config.capabilities.has_line("x-tag") && !config.capabilities.has_line("X-TA"));
    let lines = ["XSTAT", "XFOO", "EHLO a.example", "xstat now", "MAIL FROM:<> X-TAG=1 x-tag", "RSET"];
    let made = events(config.clone(), &lines);
    assert_eq!(
        made[..5],
        ["500 XSTAT", "500 UnknownVerb", "250 EHLO a.example", "500 xstat now", "250 MAIL FROM:<> X-TAG=1 x-tag"]
    );
    for line in ["MAIL FROM:<> X-TAG=1 X-FOO=2", "MAIL FROM:<> X-FOO"] {
        assert!(events(config.clone(), &["EHLO a.example", line])[1].starts_with("555 Syntax"), "{line}");
        assert!(events(config.clone(), &["HELO a.example", "MAIL FROM:<> X-TAG=1"])[1].starts_with("555 Syntax"));
    }
}

/// RFC 5321 section 4.1.4: 503 for MAIL without EHLO, unless the configuration allows it.
#[test]
fn mail_without_a_hello() {
    let lines = ["MAIL FROM:<a@b.example>", "RCPT TO:<c@mx.example>", "DATA"];
    assert!(events(config(), &lines)[0].starts_with("503"));
    let mut config = config();
    config.mail_without_hello = true;
    assert_eq!(events(config.clone(), &lines)[..2], ["250 MAIL FROM:<a@b.example>", "250 RCPT TO:<c@mx.example>"]);
    // No extension is offered.
    assert!(events(config.clone(), &["MAIL FROM:<a@b.example> BODY=8BITMIME"])[0].starts_with("555"));
    assert!(events(config.clone(), &["RCPT TO:<c@mx.example>"])[0].starts_with("503"));
    config.lmtp = true;
    assert!(events(config, &lines[..1])[0].starts_with("250"));
}

/// RFC 5321 section 2.3.8: only CRLF ends a line. The getter shows that the server waits for one, for example from a terminal.
#[test]
fn a_server_reports_that_it_waits_for_a_crlf() {
    for dialect in [Dialect::STRICT, Dialect::LENIENT] {
        let mut config = config();
        config.dialect = dialect;
        let mut server = greeted(config);
        assert!(!server.awaits_crlf_after_lf());
        assert_eq!(server.next_event(&mut &b"EHLO a.example\n"[..]), Ok(None));
        assert!(server.awaits_crlf_after_lf());
        assert_eq!(codes(&serve(&mut server, "EHLO a.example\r\n")), ["250"]);
        assert!(!server.awaits_crlf_after_lf());
    }
}
