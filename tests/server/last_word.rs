//! The caller decides what becomes of a refused command: it changes the text of the refusal, or accepts the command.

use super::limits::with_auth;
use super::*;
use smtp_core::session::Refused;
use smtp_core::syntax::{CommandBuf, Mailbox, Parameters};

const HELLO: &str = "EHLO a.example\r\n";

fn refused<'a>(server: &mut Server, rest: &mut &'a [u8]) -> Refused<'a> {
    match server.next_event(rest).unwrap() {
        Some(ServerEvent::Rejected(refused)) => refused,
        other => panic!("{other:?}"),
    }
}

fn strict() -> Server {
    greeted(ServerConfig::strict(config().host()))
}

/// A refusal contains the line and its value, whatever the reason.
#[test]
fn a_refusal_has_its_line_and_its_value() {
    for (before, line, why, value) in [
        ("", "EHLO my_pc", "Syntax", Some("EHLO my_pc")),
        (HELLO, "MAIL FROM: <a@b.example>", "Syntax", Some("MAIL FROM:<a@b.example>")),
        (HELLO, "MAIL FROM:<a@b.example> NOTIFY=NEVER", "Syntax", Some("MAIL FROM:<a@b.example> NOTIFY=NEVER")),
        (HELLO, "RCPT TO:<a@b.example>", "Sequence", Some("RCPT TO:<a@b.example>")),
        (HELLO, "STARTTLS", "NotImplemented", Some("STARTTLS")),
        (HELLO, "FROBNICATE now", "UnknownVerb", Some("FROBNICATE now")),
        (HELLO, "MAIL TO:<a@b.example>", "Syntax", None),
    ] {
        let mut server = strict();
        serve(&mut server, before);
        let line_end = format!("{line}\r\n");
        let refused = refused(&mut server, &mut line_end.as_bytes());
        assert_eq!(refused.line(), Some(line.as_bytes()));
        assert!(format!("{:?}", refused.why).starts_with(why), "{line}: {refused:?}");
        assert_eq!(refused.command().map(|command| command.to_string()).as_deref(), value, "{line}");
        assert!(!refused.may_be_credential() && format!("{refused:?}").contains(line), "{refused:?}");
    }
    let long = format!("NOOP {}\r\n", "x".repeat(600));
    assert_eq!(refused(&mut strict(), &mut long.as_bytes()).line(), None);
}

/// RFC 4954: a password is in AUTH, in its exchange, and perhaps in a line after a refused AUTH.
#[test]
fn a_refused_credential_is_not_shown() {
    let mut server = greeted(with_auth(config()));
    serve(&mut server, HELLO);
    let mut rest = &b"AUTH PLAIN AGEA c2VjcmV0\r\nc2VjcmV0\r\nNOOP\r\nc2VjcmV0\r\nAUTH PLAIN\r\n"[..];
    for secret in [true, true] {
        let refused = refused(&mut server, &mut rest);
        assert_eq!(refused.may_be_credential(), secret);
        assert!(!format!("{refused:?}").contains("c2VjcmV0"), "{refused:?}");
        assert!(refused.line().unwrap().ends_with(b"c2VjcmV0"));
        server.reply_default(&mut Vec::new()).unwrap();
    }
    server.next_event(&mut rest).unwrap();
    server.reply_default(&mut Vec::new()).unwrap();
    assert!(!refused(&mut server, &mut rest).may_be_credential(), "after NOOP it is an ordinary line");
    server.reply_default(&mut Vec::new()).unwrap();
    server.next_event(&mut rest).unwrap();
    server.challenge(b"", &mut Vec::new()).unwrap();
    let response = refused(&mut server, &mut &b"c2VjcmV0!\r\n"[..]);
    assert!(response.may_be_credential() && !format!("{response:?}").contains("c2VjcmV0"));
}

/// The session of RFC 4954 section 4.1: after 235 the client is authenticated, and sends no password. A line that begins with a
/// registered verb is a command, even if its syntax is wrong (RFC 3461 section 4: RET and NOTIFY need DSN).
#[test]
fn a_line_is_shown_after_an_accepted_auth_and_after_a_registered_verb() {
    let mail = "MAIL FROM:<a@b.example> RET=HDRS";
    let authenticated = |exchange: &str| {
        let mut server = greeted(with_auth(config()));
        serve(&mut server, HELLO);
        let mut rest = exchange.as_bytes();
        while let Some(event) = server.next_event(&mut rest).unwrap() {
            match event {
                ServerEvent::Command(Command::Auth(auth)) if auth.initial_response.is_none() => {
                    server.challenge(b"", &mut Vec::new()).unwrap();
                }
                ServerEvent::Command(_) | ServerEvent::Response(_) => {
                    server.reply(&Reply::AUTHENTICATED, &mut Vec::new()).unwrap();
                }
                _ => server.reply_default(&mut Vec::new()).unwrap(),
            }
        }
        assert!(server.is_authenticated());
        server
    };
    let shows = |server: &mut Server, line: &str| {
        let input = format!("{line}\r\n");
        let refused = refused(server, &mut input.as_bytes());
        assert_eq!(refused.may_be_credential(), !format!("{refused:?}").contains(line), "{refused:?}");
        server.reply_default(&mut Vec::new()).unwrap();
        !refused.may_be_credential()
    };
    for exchange in
        ["AUTH PLAIN AGEAYg==\r\n", "AUTH PLAIN\r\nAGEAYg==\r\n", "AUTH PLAIN AGEA c2VjcmV0\r\nAUTH PLAIN AGEAYg==\r\n"]
    {
        assert!(shows(&mut authenticated(exchange), "FROBNICATE"), "{exchange}");
        assert!(shows(&mut authenticated(exchange), mail), "{exchange}");
    }
    let refused_auth = |after: &str| {
        let mut server = greeted(with_auth(config()));
        serve(&mut server, HELLO);
        serve(&mut server, &format!("AUTH LOGIN\r\n{after}"));
        server
    };
    let too_long = format!("NOOP {}\r\n", "x".repeat(600));
    assert!(shows(&mut refused_auth(""), mail));
    assert!(shows(&mut refused_auth(&format!("{mail}\r\n")), "FROBNICATE"));
    assert!(shows(&mut refused_auth(&too_long), "FROBNICATE"));
    assert!(!shows(&mut refused_auth(""), "c2VjcmV0"));
    assert!(!shows(&mut refused_auth("FROBNICATE\r\n"), "c2VjcmV0"));
}

/// A program that takes a bare CR or LF for the end of a line, or begins a line with white space, sends AUTH in a line that is
/// another command here, or none. RFC 4954 section 4: what follows AUTH may be the password.
#[test]
fn a_credential_in_an_odd_place_is_not_shown() {
    for line in [
        "NOOP\nAUTH PLAIN c2VjcmV0",
        "NOOP\rAUTH PLAIN c2VjcmV0",
        "EHLO a.example\n\n  auth plain c2VjcmV0",
        "FOO\nRSET\nAUTH LOGIN\nam9l\nc2VjcmV0",
        "AUTH LOGIN\nam9l\nc2VjcmV0",
        "\tAUTH PLAIN c2VjcmV0",
        "MAIL FROM:<a@b.example>\nAUTH\tPLAIN c2VjcmV0",
        "\x0bAUTH PLAIN c2VjcmV0",
        "NOOP\n\0AUTH PLAIN c2VjcmV0",
        "\u{feff}AUTH PLAIN c2VjcmV0",
    ] {
        let mut server = strict();
        serve(&mut server, HELLO);
        let input = format!("{line}\r\nc2VjcmV0\r\nNOOP\r\nc2VjcmV0\r\n");
        let mut rest = input.as_bytes();
        for place in ["the line", "the line after it"] {
            let refused = refused(&mut server, &mut rest);
            assert!(refused.may_be_credential(), "{line:?}: {place}");
            assert!(!format!("{refused:?}").contains("c2VjcmV0"), "{line:?}: {place}: {refused:?}");
            server.reply_default(&mut Vec::new()).unwrap();
        }
        server.next_event(&mut rest).unwrap();
        server.reply_default(&mut Vec::new()).unwrap();
        assert!(!refused(&mut server, &mut rest).may_be_credential(), "{line:?}: after NOOP");
    }
    for line in ["MAIL FROM: <a@b.example> AUTH=<>", "NOOP\nAUTHOR", "HELP\nRSET"] {
        let mut server = strict();
        serve(&mut server, HELLO);
        let input = format!("{line}\r\n");
        let refused = refused(&mut server, &mut input.as_bytes());
        assert!(!refused.may_be_credential(), "{refused:?}");
    }
    // The line of AUTH is over its limit, so only what follows it is there.
    let mut server = strict();
    serve(&mut server, HELLO);
    let input = format!("AUTH PLAIN {}\r\nc2VjcmV0\r\n", "A".repeat(20_000));
    let mut rest = input.as_bytes();
    assert_eq!(refused(&mut server, &mut rest).line(), None);
    server.reply_default(&mut Vec::new()).unwrap();
    assert!(refused(&mut server, &mut rest).may_be_credential());
}

/// RFC 4467: whoever has the token of a URL can fetch the message.
#[test]
fn the_token_of_a_url_is_not_shown() {
    let mut server = strict();
    serve(&mut server, HELLO);
    let mut rest = &b"BURL imap://mx.example/D;UID=7;urlauth=submit+ann:internal:91354a LAST\r\nMAIL FROM:<a\r\n"[..];
    let burl = refused(&mut server, &mut rest);
    assert!(burl.may_be_credential() && !format!("{burl:?}").contains("91354a"), "{burl:?}");
    server.reply_default(&mut Vec::new()).unwrap();
    assert!(!refused(&mut server, &mut rest).may_be_credential());
}

/// RFC 4954 section 4: a client that does not wait for the refusal of its AUTH sends its password as the next line. A server that
/// hands unregistered verbs to the caller, or that offers one with which the password begins, takes that line for a command.
#[test]
fn a_credential_that_is_taken_for_a_command_is_not_shown() {
    let mut handing_on = with_auth(config());
    handing_on.unregistered = true;
    let mut listing = with_auth(config());
    listing.capabilities = listing.capabilities.with_line("XSTAT").unwrap();
    for (config, line) in [
        (&handing_on, "c2VjcmV0"),
        (&handing_on, "c2VjcmV0 am9l"),
        (&handing_on, "am9l =c2VjcmV0"),
        (&listing, "XSTAT c2VjcmV0"),
    ] {
        let mut server = greeted(config.clone());
        serve(&mut server, HELLO);
        let input = format!("AUTH LOGIN now\r\n{line}\r\n");
        let mut rest = input.as_bytes();
        refused(&mut server, &mut rest);
        server.reply_default(&mut Vec::new()).unwrap();
        let event = server.next_event(&mut rest).unwrap();
        let Some(ServerEvent::Command(command)) = event else { panic!("{event:?}") };
        assert_eq!(command.to_string(), line);
        let shown = format!("{event:?} {command:?} {:?} {server:?}", CommandBuf::from(command));
        assert!(shown.contains("[redacted]") && !shown.contains("c2VjcmV0") && !shown.contains("am9l"), "{shown}");
    }
    // A password may also begin with an obsolete verb. The verb itself is no secret.
    let refused = refused(&mut strict(), &mut &b"SEND c2VjcmV0\r\n"[..]);
    let shown = format!("{:?}", refused.command().unwrap());
    assert!(shown.contains("SEND") && !shown.contains("c2VjcmV0"), "{shown}");
}

/// An overruled command has the effect of the command that replaces it.
#[test]
fn a_refused_command_can_be_accepted_after_all() {
    let mut server = strict();
    let mut out = Vec::new();
    let mut rest = &b"EHLO my_pc\r\nMAIL FROM:<a..b@c_d.example> BODY=8BITMIME\r\nRCPT TO: <e@f.example>\r\nDATA now\r\nHi\r\n.\r\n"[..];
    let mut events = Vec::new();
    while let Some(event) = server.next_event(&mut rest).unwrap() {
        match event {
            ServerEvent::Rejected(refused) => {
                let command = refused.command().unwrap_or(Command::Data);
                server.overrule(&command).unwrap();
                events.push(command.verb().as_str());
            }
            ServerEvent::Content(octets) => {
                assert_eq!(octets, b"Hi\r\n");
                continue;
            }
            ServerEvent::ContentEnd => events.push("end"),
            other => panic!("{other:?}"),
        }
        server.reply_default(&mut out).unwrap();
    }
    assert_eq!(events, ["EHLO", "MAIL", "RCPT", "DATA", "end"]);
    assert_eq!(codes(&String::from_utf8(out).unwrap()), ["250", "250", "250", "354", "250"]);
    // None of these was counted as an error.
    let mut config = ServerConfig::strict(config().host());
    config.max_errors = Some(0);
    let mut server = greeted(config);
    for _ in 0..3 {
        let mut rest = &b"EHLO my_pc\r\n"[..];
        let command = refused(&mut server, &mut rest).command().unwrap();
        assert!(!matches!(command, Command::Unknown(_)));
        if server.overrule(&command).is_err() {
            break;
        }
        server.reply_default(&mut Vec::new()).unwrap();
    }
    assert!(server.is_open());
}

/// If overruling would break the framing or the sequence, it is a misuse and changes nothing.
#[test]
fn refusals_for_framing_or_sequence_are_not_overruled() {
    let joe = Command::mail(Mailbox::new("a@b.example").unwrap(), Parameters::NONE);
    for (before, line, command) in [
        // The state does not permit it.
        ("", "MAIL FROM:<a@b.example>\r\n", joe),
        (HELLO, "RCPT TO:<a@b.example>\r\n", Command::Data),
        // The octets of the chunk are discarded, and a session that ends cannot continue.
        (HELLO, "BDAT 1 LAST x\r\n1", Command::Noop(None)),
        (HELLO, "BDAT x\r\n", Command::Noop(None)),
        (HELLO, "FROBNICATE\r\n", Command::bdat_last(3)),
    ] {
        let mut server = strict();
        serve(&mut server, before);
        let why = refused(&mut server, &mut line.as_bytes()).why;
        assert!(matches!(server.overrule(&command), Err(Misuse::WrongState { .. })), "{line}");
        let mut out = Vec::new();
        server.reply_default(&mut out).unwrap();
        assert!(String::from_utf8(out).unwrap().starts_with(&why.reply().code().to_string()), "{line}");
    }
    assert_eq!(strict().overrule(&Command::Data), Err(Misuse::NoAnswerOwed));
}

#[test]
fn a_refusal_can_say_what_was_expected_and_where() {
    for (line, reply) in [
        ("MAIL FROM:a@b.example>\r\n", "501 5.1.7 Syntax error: expected \"<\" at octet 10\r\n"),
        ("FROBNICATE\r\n", "500 5.5.2 Command not recognized\r\n"),
        ("RCPT TO:<a@b.example>\r\n", "503 5.5.1 Bad sequence of commands\r\n"),
    ] {
        let mut explaining = ServerConfig::strict(config().host());
        explaining.explain_refusals = true;
        let (mut on_request, mut always) = (strict(), greeted(explaining));
        let mut out = Vec::new();
        for server in [&mut on_request, &mut always] {
            serve(server, HELLO);
            refused(server, &mut line.as_bytes());
        }
        on_request.reply_explained(&mut out).unwrap();
        always.reply_default(&mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), reply.repeat(2));
    }
}

/// RFC 5321 section 4.1.1.8: helpful information; here, the commands that may be used.
#[test]
fn help_lists_what_is_offered() {
    let mut offering = config();
    offering.capabilities = Capabilities::new().with(Extension::StartTls);
    let mut server = greeted(offering.clone());
    serve(&mut server, HELLO);
    let reply = serve(&mut server, "HELP\r\n");
    assert_eq!(codes(&reply), ["214"]);
    for (verb, listed) in [
        ("MAIL", true),
        ("VRFY", true),
        ("STARTTLS", true),
        ("BDAT", false),
        ("AUTH", false),
        ("LHLO", false),
        ("SEND", false),
    ] {
        assert_eq!(reply.contains(&format!(" {verb}")), listed, "{reply}");
    }
    let mut within = Server::over_tls(offering);
    within.reply_default(&mut Vec::new()).unwrap();
    serve(&mut within, HELLO);
    assert!(!serve(&mut within, "HELP\r\n").contains("STARTTLS"), "RFC 3207 section 4.2: not within TLS");
}
