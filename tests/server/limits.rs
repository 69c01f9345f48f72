//! The limits of a server: which errors and commands end a session, and which do not.

use super::*;

/// Gives every event its usual answer, except that `refusal` chooses a code for some. Returns the number of answers before the
/// session ended.
fn answers(server: &mut Server, input: &str, refusal: &dyn Fn(&ServerEvent<'_>) -> Option<u16>) -> usize {
    let (mut rest, mut answers) = (input.as_bytes(), 0);
    while let Some(event) = server.next_event(&mut rest).unwrap() {
        if matches!(event, ServerEvent::Content(_) | ServerEvent::Abandoned) {
            continue;
        }
        // The reply to a BDAT comes at the end of its chunk.
        answers += usize::from(event != ServerEvent::Begin || server.chunk().is_none());
        match refusal(&event) {
            Some(code) => {
                let no = Reply::new(ReplyCode::new(code).unwrap(), None, "No").unwrap();
                while server.answers_owed() > 0 {
                    server.reply(&no, &mut Vec::new()).unwrap();
                }
            }
            None => server.reply_default(&mut Vec::new()).unwrap(),
        }
    }
    answers
}

/// Repeats commands until the session ends. Returns the number of commands, or `None` if it does not end.
fn life(
    server: &mut Server,
    commands: &[&str],
    most: usize,
    refusal: &dyn Fn(&ServerEvent<'_>) -> Option<u16>,
) -> Option<usize> {
    let mut count = 0;
    for command in commands.iter().cycle().take(most) {
        count += answers(server, command, refusal);
        if server.state() == State::Data {
            answers(server, ".\r\n", refusal);
        }
        if !server.is_open() {
            return Some(count);
        }
    }
    None
}

/// Refuses every event that the caller decides, except those that `but` selects.
fn refuse_all(except: impl Fn(&ServerEvent<'_>) -> bool) -> impl Fn(&ServerEvent<'_>) -> Option<u16> {
    move |event| match event {
        event if except(event) => None,
        ServerEvent::Command(Command::Auth(_)) | ServerEvent::Response(_) => Some(535),
        ServerEvent::Command(Command::Mail(_) | Command::Rcpt(_)) => Some(550),
        ServerEvent::ContentEnd => Some(554),
        _ => None,
    }
}

pub(super) fn with_auth(mut config: ServerConfig) -> ServerConfig {
    let offer = CapabilityValue::Auth(Mechanisms::new("PLAIN").unwrap());
    config.capabilities = config.capabilities.with_value(offer).unwrap();
    config
}

/// The defaults are those of the documented table.
#[test]
fn limits_by_default() {
    let config = config();
    assert_eq!((config.max_errors, config.max_idle_commands, config.max_failed_auth), (Some(20), Some(100), Some(5)));
    assert_eq!((config.max_recipients, config.max_size), (1000, Some(50_000_000)));
    // RFC 3030 section 2: a whole refused message is below the limit.
    assert!(config.max_dropped_octets > config.max_size);
}

/// A cheap command between two refusals does not reset the count.
#[test]
fn errors_are_summed() {
    let mut config = config();
    config.max_errors = Some(2);
    let mut server = greeted(config);
    assert_eq!(
        codes(&serve(&mut server, "X\r\nNOOP\r\nX\r\nNOOP\r\nX\r\nNOOP\r\n")),
        ["500", "250", "500", "250", "421"]
    );
    assert_eq!(server.state(), State::Closed);
}

/// An accepted message resets the count, in each form of its content; a refused one does not.
#[test]
fn an_accepted_message_resets_the_count() {
    let envelope = "MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n";
    for (content, replies) in [
        ("DATA\r\n.\r\n", &["354", "250"][..]),
        ("BDAT 0 LAST\r\n", &["250"]),
        ("BDAT 2\r\n\r\nBDAT 0 LAST\r\n", &["250", "250"]),
    ] {
        let mut config = config();
        (config.max_errors, config.max_idle_commands) = (Some(2), Some(4));
        let mut server = greeted(config);
        serve(&mut server, "EHLO a.example\r\nX\r\nX\r\nNOOP\r\nNOOP\r\n");
        let mut refused = server.clone();
        let message = format!("{envelope}{content}");
        assert_eq!(codes(&serve(&mut server, &message))[2..], *replies);
        let more = "X\r\nX\r\nNOOP\r\nNOOP\r\nNOOP\r\nNOOP\r\n";
        assert_eq!(codes(&serve(&mut server, more)), ["500", "500", "250", "250", "250", "250"]);
        assert_eq!(codes(&serve(&mut server, "NOOP\r\n")), ["421"]);
        answers(&mut refused, &message, &|event| (*event == ServerEvent::ContentEnd).then_some(554));
        assert_eq!(codes(&serve(&mut refused, "NOOP\r\n")), ["421"], "{content}");
    }
}

/// Refusals of the caller count like those of the server.
#[test]
fn refusals_of_the_caller_are_counted() {
    let mut config = config();
    config.max_errors = Some(2);
    let mut server = greeted(config);
    serve(&mut server, "EHLO a.example\r\nMAIL FROM:<a@b.example>\r\n");
    let nobody = Reply::new(ReplyCode::MAILBOX_UNAVAILABLE, None, "Nobody").unwrap();
    let refuse = |server: &mut Server| {
        server.next_event(&mut &b"RCPT TO:<c@d.example>\r\n"[..]).unwrap();
        server.reply(&nobody, &mut Vec::new()).unwrap();
    };
    refuse(&mut server);
    refuse(&mut server);
    assert_eq!(codes(&serve(&mut server, "RCPT TO:<e@d.example>\r\n")), ["250"], "two errors are allowed");
    (0..2).for_each(|_| refuse(&mut server));
    assert_eq!(codes(&serve(&mut server.clone(), "QUIT\r\n")), ["221"]);
    assert_eq!(codes(&serve(&mut server, "RCPT TO:<e@d.example>\r\n")), ["421"]);
}

/// RFC 5321 section 4.5.3.1.10: the accepted recipients get the message, and the client tries again with the others. RFC 3030
/// section 2: chunks in the pipeline after a failed one are taken and discarded.
#[test]
fn errors_that_a_client_could_not_foresee_are_not_counted() {
    let mut config = config();
    config.max_errors = Some(1);
    config.max_recipients = 2;
    config.capabilities = config.capabilities.with_value(CapabilityValue::Size(Some(5))).unwrap();
    let server = greeted(config);
    let recipients = "RCPT TO:<c@d.example>\r\n".repeat(6);
    let envelope = format!("EHLO a.example\r\nMAIL FROM:<a@b.example>\r\n{recipients}");
    let answers = serve(&mut server.clone(), &format!("{envelope}DATA\r\n"));
    assert_eq!(codes(&answers)[1..], ["250", "250", "250", "452", "452", "452", "452", "354"]);
    // RFC 2920 section 3.1: commands that were sent together with the failed one.
    let refused = Reply::new(ReplyCode::MAILBOX_TEMPORARILY_UNAVAILABLE, None, "Later").unwrap();
    let mut later = server.clone();
    serve(&mut later, "EHLO a.example\r\n");
    let flight = format!("MAIL FROM:<a@b.example>\r\n{}DATA\r\nNOOP\r\n", "RCPT TO:<c@d.example>\r\n");
    let mut rest = flight.as_bytes();
    later.next_event(&mut rest).unwrap();
    later.reply(&refused, &mut Vec::new()).unwrap();
    assert_eq!(codes(&serve(&mut later, std::str::from_utf8(rest).unwrap())), ["503", "503", "250"]);
    let many = "RCPT TO:<c@d.example>\r\n".repeat(1000);
    let answers = serve(&mut server.clone(), &format!("{envelope}{many}"));
    assert_eq!(codes(&answers).last(), Some(&"421"), "up to a limit");
    let chunks = "BDAT 6\r\n123456BDAT 1\r\n1BDAT 1\r\n1BDAT 1 LAST\r\n1RSET\r\n";
    let answers = serve(&mut server.clone(), &format!("{envelope}{chunks}"));
    assert_eq!(codes(&answers)[8..], ["552", "503", "503", "503", "250"]);
}

#[test]
fn commands_that_lead_nowhere_are_counted() {
    let mut config = config();
    config.max_idle_commands = Some(3);
    let mut server = greeted(config);
    let message = "MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nBDAT 2 LAST\r\n\r\n";
    let answers = serve(&mut server, &format!("EHLO a.example\r\nNOOP\r\n{message}NOOP\r\nNOOP\r\nNOOP\r\n"));
    assert_eq!(codes(&answers), ["250"; 8]);
    // RFC 5321 section 4.1.1.10: QUIT is accepted at any time.
    assert_eq!(codes(&serve(&mut server.clone(), "QUIT\r\n")), ["221"]);
    assert_eq!(codes(&serve(&mut server.clone(), "NOOP\r\n")), ["421"]);
    assert_eq!(
        codes(&serve(&mut server.clone(), "MAIL FROM:<a@b.example>\r\n")),
        ["421"],
        "MAIL alone does not reset the count"
    );
    serve(&mut server, "BDAT 0 LAST\r\n");
    assert_eq!(
        codes(&serve(&mut server, "NOOP\r\n")),
        ["421"],
        "a transaction without a message does not reset the count"
    );
}

/// NOOP, VRFY, EXPN, HELP, RSET and hellos count in a transaction too, and so do a chunk without octets and the lines of AUTH.
#[test]
fn idle_commands_count_everywhere() {
    let mut config = with_auth(config());
    config.capabilities = config.capabilities.with(Extension::Expn);
    config.max_idle_commands = Some(10);
    let server = greeted(config);
    let envelope = "MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n";
    for (before, command) in [
        ("", "NOOP\r\n"),
        ("", "EHLO a.example\r\n"),
        (envelope, "NOOP\r\n"),
        (envelope, "VRFY a\r\n"),
        (envelope, "EXPN a\r\n"),
        (envelope, "HELP\r\n"),
        (envelope, "BDAT 0\r\n"),
    ] {
        let mut server = server.clone();
        serve(&mut server, &format!("EHLO a.example\r\n{before}"));
        let idle = if before.is_empty() { 9 } else { 8 };
        assert_eq!(life(&mut server, &[command], 50, &|_| None), Some(idle + 1), "{command}");
    }
    for cycle in [&[envelope, "RSET\r\n"], &[envelope, "HELO a.example\r\n"]] {
        let mut server = server.clone();
        serve(&mut server, "EHLO a.example\r\n");
        // In each cycle MAIL and the last command are idle. The tenth idle command is the MAIL of the fifth cycle.
        assert_eq!(life(&mut server, cycle, 50, &|_| None), Some(4 * 3 + 3), "{cycle:?}");
    }
    let mut server = server.clone();
    serve(&mut server, "EHLO a.example\r\n");
    server.next_event(&mut &b"AUTH PLAIN\r\n"[..]).unwrap();
    for _ in 0..8 {
        server.challenge(b"", &mut Vec::new()).unwrap();
        let event = server.next_event(&mut &b"AGEAYg==\r\n"[..]).unwrap();
        assert!(matches!(event, Some(ServerEvent::Response(_))), "{event:?}");
    }
    server.challenge(b"", &mut Vec::new()).unwrap();
    assert_eq!(codes(&serve(&mut server, "AGEAYg==\r\n")), ["421"]);
}

/// If every command of a client is refused, neither a cheap command nor a new transaction keeps the session open.
#[test]
fn loops_end() {
    let mut config = with_auth(config());
    (config.max_errors, config.max_idle_commands) = (Some(3), Some(20));
    let mut server = greeted(config.clone());
    serve(&mut server, "EHLO a.example\r\nMAIL FROM:<a@b.example>\r\n");
    let commands = life(&mut server, &["RCPT TO:<c@d.example>\r\n", "NOOP\r\n"], 100_000, &refuse_all(|_| false));
    assert_eq!(commands, Some(8), "four refused recipients; the NOOP after the fourth gets 421");

    let guess = ["AUTH PLAIN AGEAYg==\r\n", "MAIL FROM:<a@b.example>\r\n", "BDAT 0 LAST\r\n", "RSET\r\n"];
    let is_mail = |event: &ServerEvent<'_>| matches!(event, ServerEvent::Command(Command::Mail(_)));
    let mut server = greeted(config.clone());
    serve(&mut server, "EHLO a.example\r\n");
    assert_eq!(life(&mut server, &guess, 100_000, &refuse_all(is_mail)), Some(14), "the MAIL after the fourth AUTH");
    // With the default limits.
    let mut server = greeted(with_auth(self::config()));
    serve(&mut server, "EHLO a.example\r\n");
    assert_eq!(
        life(&mut server.clone(), &guess, 100_000, &refuse_all(is_mail)),
        Some(22),
        "the MAIL after the sixth AUTH"
    );
    serve(&mut server, "MAIL FROM:<a@b.example>\r\n");
    let commands = life(&mut server, &["RCPT TO:<c@d.example>\r\n", "NOOP\r\n"], 100_000, &refuse_all(|_| false));
    assert_eq!(commands, Some(42), "the NOOP after 21 refused recipients");
    // Without a limit on errors, the limit on AUTH applies; without both, the limit on idle commands.
    (config.max_errors, config.max_idle_commands) = (None, Some(100));
    let mut server = greeted(config.clone());
    serve(&mut server, "EHLO a.example\r\n");
    assert_eq!(life(&mut server, &guess, 100_000, &refuse_all(is_mail)), Some(22), "the MAIL after the sixth AUTH");
    config.max_failed_auth = None;
    let mut server = greeted(config);
    serve(&mut server, "EHLO a.example\r\n");
    assert_eq!(life(&mut server, &guess, 100_000, &refuse_all(is_mail)), Some(133), "100 of AUTH, MAIL and RSET");
}

/// RFC 4954 section 4: an accepted message, a cancellation or a new TLS session does not help a client that guesses passwords.
#[test]
fn nothing_resets_the_count_of_failed_auth() {
    let mut config = with_auth(config());
    config.capabilities = config.capabilities.with(Extension::StartTls);
    config.max_failed_auth = Some(3);
    let mut server = greeted(config);
    let refused =
        refuse_all(|event| !matches!(event, ServerEvent::Command(Command::Auth(_)) | ServerEvent::Response(_)));
    let auth = "AUTH PLAIN AGEAYg==\r\n";
    let message = "MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nBDAT 0 LAST\r\n";
    answers(&mut server, &format!("EHLO a.example\r\n{auth}{message}"), &refused);
    server.next_event(&mut &b"AUTH PLAIN\r\n"[..]).unwrap();
    server.challenge(b"", &mut Vec::new()).unwrap();
    assert_eq!(codes(&serve(&mut server, "*\r\n")), ["501"]);
    assert_eq!(codes(&serve(&mut server, message)), ["250"; 3]);
    assert_eq!(codes(&serve(&mut server, "STARTTLS\r\n")), ["220"]);
    let mut server = server.into_tls(b"").unwrap();
    answers(&mut server, &format!("EHLO a.example\r\n{auth}{message}"), &refused);
    assert!(server.is_open(), "three failures are allowed");
    answers(&mut server, auth, &refused);
    let mut rest = &b"NOOP\r\n"[..];
    assert_eq!(rejected(&mut server, &mut rest), Rejected::TooManyFailedAuth);
    server.reply_default(&mut Vec::new()).unwrap();
    assert!(!server.is_open());
}

/// An AUTH that is out of sequence, or not offered, is not a guess.
#[test]
fn auth_without_an_exchange_is_not_a_failed_auth() {
    let mut config = config();
    (config.max_failed_auth, config.max_errors) = (Some(0), None);
    let mut server = greeted(with_auth(config));
    assert_eq!(
        codes(&serve(&mut server, "AUTH PLAIN AGEAYg==\r\nEHLO a.example\r\nAUTH\r\nNOOP\r\n")),
        ["503", "250", "501", "250"]
    );
}

/// RFC 4954 section 4: only the line `*` cancels; a line that only begins with it is invalid base64.
#[test]
fn only_the_asterisk_cancels() {
    for (line, rejected) in [
        ("*\r\n", Rejected::AuthenticationCancelled),
        ("*x\r\n", Rejected::ResponseNotBase64),
        ("* \r\n", Rejected::ResponseNotBase64),
        (" *\r\n", Rejected::ResponseNotBase64),
        ("**\r\n", Rejected::ResponseNotBase64),
    ] {
        let mut server = greeted(with_auth(config()));
        serve(&mut server, "EHLO a.example\r\n");
        server.next_event(&mut &b"AUTH PLAIN\r\n"[..]).unwrap();
        server.challenge(b"", &mut Vec::new()).unwrap();
        assert_eq!(super::rejected(&mut server, &mut line.as_bytes()), rejected, "{line:?}");
    }
}

/// A client that follows the rules is not cut off: a message to a thousand recipients, a third of them unknown, and many messages
/// in one session, with RSET between them.
#[test]
fn a_relay_is_not_cut_off() {
    let mut server = greeted(config());
    let unknown = |event: &ServerEvent<'_>| match event {
        ServerEvent::Command(Command::Rcpt(rcpt)) => {
            rcpt.forward_path.mailbox().filter(|to| to.to_string().starts_with("no")).map(|_| 550)
        }
        _ => None,
    };
    let recipients: String = (0..1000)
        .map(|number| format!("RCPT TO:<{}{number}@d.example>\r\n", if number % 3 == 2 { "no" } else { "user" }))
        .collect();
    let message = format!("MAIL FROM:<a@b.example>\r\n{recipients}BDAT 2 LAST\r\n\r\n");
    answers(&mut server, "EHLO a.example\r\n", &unknown);
    assert_eq!(answers(&mut server, &message, &unknown), 1002);
    assert!(server.is_open());
    assert_eq!(server.state(), State::Ready);
    let message =
        "MAIL FROM:<a@b.example>\r\nRCPT TO:<no@d.example>\r\nRCPT TO:<c@d.example>\r\nBDAT 2 LAST\r\n\r\nRSET\r\n";
    for _ in 0..1000 {
        assert_eq!(answers(&mut server, message, &unknown), 5);
    }
    assert!(server.is_open());
    // Any number of chunks does not end the session either.
    let chunks = "BDAT 1\r\nx".repeat(10_000);
    let message = format!("MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n{chunks}BDAT 2 LAST\r\n\r\n");
    assert_eq!(answers(&mut server, &message, &unknown), 10_003);
    assert!(server.is_open());
}

/// A refused recipient is an error, unless more recipients of the same message were accepted.
#[test]
fn one_known_recipient_excuses_one() {
    let mut config = config();
    config.max_errors = Some(2);
    let server = greeted(config);
    let refused = |event: &ServerEvent<'_>| match event {
        ServerEvent::Command(Command::Rcpt(rcpt)) => {
            rcpt.forward_path.mailbox().filter(|to| to.to_string().starts_with("no")).map(|_| 550)
        }
        _ => None,
    };
    for (known, unknown) in [(0, 3), (1, 4), (5, 8)] {
        let mut server = server.clone();
        answers(&mut server, "EHLO a.example\r\nMAIL FROM:<a@b.example>\r\n", &refused);
        answers(&mut server, &"RCPT TO:<c@d.example>\r\n".repeat(known), &refused);
        let lines = "RCPT TO:<no@d.example>\r\n".repeat(50);
        assert_eq!(answers(&mut server, &lines, &refused), unknown + 1, "{known} are known");
        assert!(!server.is_open());
    }
}

/// However the input is cut, the session ends with the first octet over the limit: of a refused chunk, of content that is too
/// large, after DATA and in chunks, and of a line that is too long.
#[test]
fn dropped_octets_have_a_limit() {
    let mut config = config();
    (config.max_size, config.max_dropped_octets) = (Some(10), Some(100));
    let server = greeted(config);
    let envelope = "EHLO a.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n";
    let filler = "x".repeat(300);
    let stuffed = "..\r\n".repeat(100);
    for (before, dropped, most, what) in [
        // The announced chunk is larger, so only its own octets are counted.
        ("BDAT 1000 LAST\r\n".to_owned(), &filler, 100, "a refused chunk"),
        (format!("{envelope}BDAT 1000 LAST\r\n"), &filler, 110, "a large chunk"),
        (format!("{envelope}DATA\r\n"), &filler, 110, "large content"),
        // One dot of each line is not content, and 110 octets of content are 36 lines and two octets.
        (format!("{envelope}DATA\r\n"), &stuffed, 36 * 4 + 3, "stuffed content"),
        ("x".repeat(512), &filler, 100, "a long line"),
    ] {
        for step in [usize::MAX, 1, 7] {
            for (length, ends) in [(most, false), (most + 1, true)] {
                let mut server = server.clone();
                serve(&mut server, &before);
                for piece in dropped.as_bytes()[..length].chunks(step) {
                    let mut rest = piece;
                    while let Some(event) = server.next_event(&mut rest).unwrap() {
                        if let ServerEvent::Rejected(Refused { why: rejected, .. }) = event {
                            assert_eq!(rejected, Rejected::TooManyOctetsDropped, "{what}");
                            server.reply_default(&mut Vec::new()).unwrap();
                        }
                    }
                }
                assert_eq!(server.is_open(), !ends, "{length} octets, by {step}, of {what}");
            }
        }
    }
}

/// The discarded octets of successive chunks are summed.
#[test]
fn dropped_octets_are_summed() {
    let mut config = config();
    (config.max_dropped_octets, config.max_errors) = (Some(100), None);
    let mut server = greeted(config);
    let chunk = format!("BDAT 30\r\n{}", "x".repeat(30));
    assert_eq!(codes(&serve(&mut server, &chunk.repeat(5))), ["503", "503", "503", "421"]);
}

/// Every limit can be lifted with the value that its documentation names.
#[test]
fn all_limits_can_be_lifted() {
    let mut config = with_auth(config());
    (config.max_errors, config.max_idle_commands, config.max_failed_auth) = (None, None, None);
    (config.max_recipients, config.max_size, config.max_dropped_octets) = (u32::MAX, None, None);
    let mut server = greeted(config);
    let refusal = refuse_all(|event| matches!(event, ServerEvent::Command(Command::Mail(_) | Command::Rcpt(_))));
    answers(&mut server, "EHLO a.example\r\n", &refusal);
    let cycle = ["AUTH PLAIN AGEAYg==\r\n", "X\r\n", "NOOP\r\n", "BDAT 3\r\nxxx"];
    assert_eq!(life(&mut server, &cycle, 8_000, &refusal), None);
    answers(&mut server, "MAIL FROM:<a@b.example>\r\n", &refusal);
    assert_eq!(life(&mut server, &["RCPT TO:<c@d.example>\r\n"], 2_001, &refusal), None);
    assert_eq!(server.recipients(), 2_001);
}

/// No cycle of up to three commands keeps a session open without delivering mail, whatever is refused, both outside a transaction
/// and within one.
#[test]
fn every_cycle_without_mail_ends() {
    const COMMANDS: [&str; 14] = [
        "NOOP\r\n",
        "RSET\r\n",
        "VRFY a\r\n",
        "EHLO a.example\r\n",
        "MAIL FROM:<a@b.example>\r\n",
        "RCPT TO:<c@d.example>\r\n",
        "DATA\r\n",
        "BDAT 1\r\nx",
        "BDAT 0\r\n",
        "BDAT 0 LAST\r\n",
        "BDAT 1 LOST\r\nx",
        "AUTH PLAIN AGEAYg==\r\n",
        "AUTH PLAIN =\r\n*\r\n",
        "X\r\n",
    ];
    let mut config = with_auth(config());
    config.max_size = Some(500);
    let server = greeted(config);
    let mut cycles: Vec<Vec<&str>> = COMMANDS.iter().map(|one| vec![*one]).collect();
    for length in 1..3 {
        let shorter: Vec<Vec<&str>> = cycles.iter().filter(|cycle| cycle.len() == length).cloned().collect();
        cycles.extend(shorter.iter().flat_map(|cycle| COMMANDS.iter().map(|one| [&cycle[..], &[*one]].concat())));
    }
    let mut longest = 0;
    for (mail, rcpt) in [(true, true), (true, false), (false, false)] {
        let refusal = refuse_all(|event| match event {
            ServerEvent::Command(Command::Mail(_)) => mail,
            ServerEvent::Command(Command::Rcpt(_)) => rcpt,
            _ => false,
        });
        for envelope in ["", "MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n"] {
            let mut server = server.clone();
            answers(&mut server, "EHLO a.example\r\n", &|_| None);
            answers(&mut server, envelope, &|_| None);
            for cycle in &cycles {
                let end = life(&mut server.clone(), cycle, 10_000, &refusal);
                assert!(end.is_some(), "{cycle:?}, MAIL {mail}, RCPT {rcpt}");
                longest = longest.max(end.unwrap_or_default());
            }
        }
    }
    // Surplus recipients, then chunks of a failed transaction, are excused a thousand times in all.
    assert!(longest < 4_000, "{longest}");
}

/// A challenge is not a success: it does not separate refused passwords.
#[test]
fn guesses_are_counted() {
    let mut config = config();
    config.max_errors = Some(1);
    config.capabilities =
        config.capabilities.with_value(CapabilityValue::Auth(Mechanisms::new("LOGIN").unwrap())).unwrap();
    let mut server = greeted(config);
    serve(&mut server, "EHLO a.example\r\n");
    let no = Reply::new(ReplyCode::CREDENTIALS_INVALID, None, "No").unwrap();
    for _ in 0..2 {
        server.next_event(&mut &b"AUTH LOGIN\r\n"[..]).unwrap();
        server.challenge(b"", &mut Vec::new()).unwrap();
        server.next_event(&mut &b"YQ==\r\n"[..]).unwrap();
        server.reply(&no, &mut Vec::new()).unwrap();
    }
    assert_eq!(codes(&serve(&mut server, "AUTH LOGIN\r\n")), ["421"]);
}

/// The errors that are excused have a limit too. RFC 2033 section 4.2: DATA without recipients gets 503.
#[test]
fn a_thousand_errors_are_excused() {
    let mut config = config();
    (config.lmtp, config.max_errors) = (true, Some(0));
    let mut server = greeted(config.clone());
    serve(&mut server, "LHLO a.example\r\nMAIL FROM:<a@b.example>\r\n");
    assert_eq!(codes(&serve(&mut server, &"DATA\r\n".repeat(1000))), ["503"; 1000]);
    assert_eq!(codes(&serve(&mut server, "DATA\r\n")), ["421"]);
    // Without a MAIL before it, the DATA has no excuse.
    let mut server = greeted(config.clone());
    assert_eq!(codes(&serve(&mut server, "LHLO a.example\r\nDATA\r\n"))[1..], ["421"]);
    config.max_errors = Some(1);
    let mut server = greeted(config);
    assert_eq!(codes(&serve(&mut server, "LHLO a.example\r\nX\r\nDATA\r\n"))[1..], ["500", "421"]);
}

/// RFC 5321 section 3.1: after a greeting that refuses, the session waits for QUIT.
#[test]
fn a_refusing_greeting_is_not_counted_as_an_error() {
    let mut config = config();
    config.max_errors = Some(1);
    let mut server = Server::new(config);
    let no = Reply::new(ReplyCode::TRANSACTION_FAILED, None, "No").unwrap();
    server.reply(&no, &mut Vec::new()).unwrap();
    assert_eq!(codes(&serve(&mut server, "EHLO a.example\r\nQUIT\r\n")), ["503", "221"]);
}

/// RFC 2033 section 4.2: a message is accepted if any recipient has it.
#[test]
fn an_lmtp_message_is_refused_only_if_all_replies_refuse_it() {
    let mut config = config();
    (config.lmtp, config.max_errors) = (true, Some(0));
    let mut server = greeted(config);
    serve(&mut server, "LHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<e@d>\r\n");
    let full = Reply::new(ReplyCode::INSUFFICIENT_STORAGE, None, "Full").unwrap();
    for (replies, expected) in [([&Reply::OK, &full], "250"), ([&full, &Reply::OK], "250"), ([&full, &full], "421")] {
        let mut server = server.clone();
        let mut rest = &b"BDAT 0 LAST\r\n"[..];
        assert_eq!(server.next_event(&mut rest), Ok(Some(ServerEvent::Begin)));
        server.reply_default(&mut Vec::new()).unwrap();
        assert_eq!(server.next_event(&mut rest), Ok(Some(ServerEvent::ContentEnd)));
        for reply in replies {
            server.reply(reply, &mut Vec::new()).unwrap();
        }
        assert_eq!(codes(&serve(&mut server, "NOOP\r\n")), [expected]);
    }
}
