//! At a server.

use super::peers::{HELLO, IN_DATA, RECIPIENT, Site, config};
use smtp_core::codec::{BareLineEnding, DotEncoder};
use smtp_core::session::{Require, StartTlsError, State};

/// A second message, as somebody would smuggle it in.
const SMUGGLED: &str = "MAIL FROM:<evil@client.example>\r\nRCPT TO:<ann@mx.example>\r\nDATA\r\nevil\r\n.\r\n";

/// RFC 5321 sections 2.3.8 and 4.1.1.4: nothing but CRLF "." CRLF ends a message. Whatever else looks like an end, what
/// follows is part of the same message, and no command.
fn does_not_end(end: &str) {
    for bare in [BareLineEnding::Refuse, BareLineEnding::Pass, BareLineEnding::Normalize] {
        let mut config = config();
        config.bare_line_endings = bare;
        let octets = format!("{IN_DATA}Hello{end}{SMUGGLED}QUIT\r\n");
        let site = Site::with(config, &octets);
        let (content, _) = octets[IN_DATA.len()..].split_once("\r\n.\r\n").unwrap();
        assert_eq!(site.commands.len(), 5, "{end:?}: {:?}", site.commands);
        match bare {
            BareLineEnding::Pass => {
                let content = format!("{}\r\n", content.replace("\r\n.", "\r\n"));
                assert_eq!(site.messages, [content.into_bytes()], "{end:?}");
                assert_eq!(site.codes_after(IN_DATA), [250, 221]);
            }
            BareLineEnding::Normalize => {
                assert_eq!(site.codes_after(IN_DATA), [250, 221]);
                let [message] = &site.messages[..] else { panic!("{end:?}") };
                // The next hop gets each line ending as CRLF, and each dot at the start of a line doubled.
                let mut encoder = DotEncoder::default();
                let mut wire = Vec::new();
                encoder.encode_into(message, &mut wire).unwrap();
                wire.extend_from_slice(encoder.finish().unwrap());
                assert_eq!(String::from_utf8_lossy(&wire).find("\r\n.\r\n"), Some(wire.len() - 5), "{end:?}");
            }
            _ => {
                assert_eq!(site.messages, [[0_u8; 0]; 0], "{end:?}");
                assert_eq!(site.codes_after(IN_DATA), [554, 221]);
            }
        }
    }
}

#[test]
fn dot_cr_cr_lf_does_not_end_a_message() {
    does_not_end("\r\n.\r\r\n");
}

#[test]
fn lf_dot_crlf_does_not_end_a_message() {
    does_not_end("\n.\r\n");
}

#[test]
fn no_other_look_alike_ends_a_message() {
    for end in ["\n.\n", "\r\n.\n", "\n.\r", "\r.\n", "\r.\r", "\r.\r\n", "\r\r\n.\r\r\n", "\r\n.\r"] {
        does_not_end(end);
    }
    // These have no bare CR or LF: they are lines like any other.
    for line in ["\0.", ".\0", ". ", "..", " ."] {
        let site = Site::new(format!("{IN_DATA}Hello\r\n{line}\r\n{SMUGGLED}"));
        assert_eq!((site.messages.len(), site.commands.len()), (1, 4), "{line:?}");
    }
}

/// RFC 5321 section 4.1.1: a verb is letters. The octets between them are not passed over.
#[test]
fn a_bare_cr_inside_a_verb_is_not_skipped() {
    for line in ["DA\rTA", "DATA\r", "\rDATA", "D\rATA", "DA\nTA", "\nDATA", "DATA\n", "DA\0TA"] {
        let site = Site::new(format!("{RECIPIENT}{line}\r\nNOOP\r\n"));
        assert_eq!(site.codes_after(RECIPIENT), [500, 250], "{line:?}");
        assert_eq!(site.server.state(), State::Rcpt);
    }
}

/// RFC 5321 section 4.1.1.4: the message may be empty, and the first line may be its end.
#[test]
fn a_message_of_nothing_is_seen() {
    for cut in 0..=3 {
        let mut site = Site::new(IN_DATA);
        let (first, second) = ".\r\n".split_at(cut);
        site.reads(first);
        assert_eq!(site.server.state(), if cut == 3 { State::Ready } else { State::Data });
        site.reads(second);
        assert_eq!((site.messages, site.server.state()), (vec![vec![]], State::Ready));
    }
}

/// RFC 5321 section 4.5.2: a line begins with the content too.
#[test]
fn dots_of_the_first_line_are_taken_away() {
    for (sent, content) in [("..\r\n", ".\r\n"), ("...x\r\n", "..x\r\n"), (".x\r\n", "x\r\n"), ("\r\n..", "\r\n.\r\n")]
    {
        let site = Site::new(format!("{IN_DATA}{sent}{}.\r\n", if sent.ends_with('\n') { "" } else { "\r\n" }));
        assert_eq!(site.messages, [content.as_bytes()], "{sent:?}");
    }
}

/// RFC 5321 section 4.1.2 and appendix C: what is relayed is what was given.
#[test]
fn quotes_and_source_routes_arrive() {
    let lines = [
        "MAIL FROM:<\"joe smith\"@client.example>",
        "RCPT TO:<\"a@b\"@mx.example>",
        "RCPT TO:<@one.example,@two.example:\"\\\"\"@three.example>",
        "RCPT TO:<Postmaster>",
    ];
    let site = Site::new(format!("{HELLO}{}\r\n", lines.join("\r\n")));
    assert_eq!(site.commands[1..], lines);
}

/// RFC 5321 section 4.1.1.4: content follows DATA, not "DATA" with something after it. What follows is read as commands,
/// as the client that gets 501 must expect.
#[test]
fn trailing_text_after_data_is_refused() {
    let site = Site::new(format!("{RECIPIENT}DATA now\r\nRSET\r\n"));
    assert_eq!(site.codes_after(RECIPIENT), [501, 250]);
    assert_eq!((site.server.state(), site.messages.len()), (State::Ready, 0));
}

/// RFC 5321 section 4.1.1.5: the transaction is still there, and so are those of other verbs without arguments.
#[test]
fn trailing_text_after_rset_is_refused() {
    for line in ["RSET now", "QUIT now", "STARTTLS now", "RSET \u{0}"] {
        let site = Site::new(format!("{RECIPIENT}{line}\r\nDATA\r\nkept\r\n.\r\n"));
        assert_eq!(site.codes_after(RECIPIENT), [501, 354, 250], "{line}");
        assert_eq!(site.messages, [b"kept\r\n"]);
    }
}

/// RFC 3030 section 2: "the receiver-SMTP MUST accept and discard the associated message data". Each of these BDAT commands
/// is refused for another reason; what follows looks like commands.
#[test]
fn the_body_of_a_refused_bdat_is_never_read_as_commands() {
    let evil = "RSET\r\nMAIL FROM:<evil@client.example>\r\nQUIT\r\n.\r\n";
    let mut small = config();
    small.capabilities = small.capabilities.with_value(smtp_core::syntax::CapabilityValue::Size(Some(10))).unwrap();
    let mut demanding = config();
    demanding.require = Require::Tls;
    let mut without = config();
    without.capabilities = smtp_core::syntax::Capabilities::new();
    let mut lmtp = config();
    lmtp.lmtp = true;
    let binary = format!("{HELLO}MAIL FROM:<> BODY=BINARYMIME\r\n");
    let cases = [
        (config(), "", 503),
        (config(), HELLO, 503),
        (config(), "EHLO client.example\r\nMAIL FROM:<>\r\n", 554),
        (config(), "EHLO client.example\r\nMAIL FROM:<>\r\nRCPT TO:<no one>\r\n", 554),
        (config(), binary.as_str(), 554),
        (small, RECIPIENT, 552),
        (demanding, HELLO, 530),
        (without, "EHLO client.example\r\n", 502),
        (lmtp, "LHLO client.example\r\nMAIL FROM:<>\r\n", 503),
    ];
    for (config, before, code) in cases {
        for last in ["", " LAST"] {
            let octets = format!("{before}BDAT {}{last}\r\n{evil}NOOP\r\n", evil.len());
            for cut in [usize::MAX, 1, 7] {
                let mut site = Site::with(config.clone(), "");
                octets.as_bytes().chunks(cut.min(octets.len())).for_each(|piece| site.reads(piece));
                assert_eq!(site.codes_after(before), [code, 250], "{before:?}{last}");
                assert!(!site.commands.iter().any(|line| line == "QUIT" || line.contains("evil")));
                assert!(site.messages.is_empty());
            }
        }
    }
}

/// RFC 3030 section 2: so also "additional BDAT chunks already in the pipeline after the failed BDAT".
#[test]
fn the_chunks_after_a_refused_bdat_are_discarded() {
    let octets = format!("{RECIPIENT}BDAT 3\r\nabcDATA\r\nBDAT 6\r\nQUIT\r\nBDAT 6 LAST\r\nQUIT\r\nRSET\r\n");
    let site = Site::new(octets);
    assert_eq!(site.codes_after(RECIPIENT), [250, 503, 503, 503, 250]);
    assert_eq!((site.server.state(), site.messages.len()), (State::Ready, 0));
}

/// A size that cannot be counted cannot be skipped: the session ends, and nothing of what follows is read.
#[test]
fn a_chunk_size_that_overflows_ends_the_session() {
    for size in ["18446744073709551616", "99999999999999999999999999", "18446744073709551616 LAST"] {
        let site = Site::new(format!("{RECIPIENT}BDAT {size}\r\nQUIT\r\nMAIL FROM:<evil@client.example>\r\n"));
        assert_eq!(site.codes_after(RECIPIENT), [421], "{size}");
        assert_eq!(site.server.state(), State::Closed);
        assert!(site.messages.is_empty() && site.unread.is_empty());
    }
    // One less can be counted; nothing of it is a command, ever.
    let site = Site::new(format!("{RECIPIENT}BDAT 18446744073709551615\r\nQUIT\r\n"));
    assert_eq!((site.codes_after(RECIPIENT), site.server.is_open()), (&[][..], true));
}

/// RFC 3030 section 3 and RFC 5321 section 4.1.1.4: nor is the content after a refused DATA ever a message.
#[test]
fn content_after_a_refused_data_is_no_message() {
    let octets = format!("{HELLO}MAIL FROM:<>\r\nDATA\r\nHello\r\n.\r\nNOOP\r\n");
    let site = Site::new(octets);
    assert_eq!(site.codes_after(HELLO), [250, 554, 500, 500, 250]);
    assert!(site.messages.is_empty());
}

/// RFC 1870 section 6.1 and others: of two values none is taken.
#[test]
fn a_duplicate_parameter_does_not_win_silently() {
    for parameters in ["SIZE=1 SIZE=1", "SIZE=10 SIZE=999999", "BODY=7BIT body=8BITMIME", "SMTPUTF8 SMTPUTF8"] {
        let site = Site::new(format!("{HELLO}MAIL FROM:<> {parameters}\r\n"));
        assert_eq!(site.codes_after(HELLO), [501], "{parameters}");
        assert_eq!(site.server.state(), State::Ready);
    }
}

/// RFC 3207 section 4: what comes in the clear after STARTTLS was not protected, and is neither kept nor answered.
#[test]
fn plaintext_after_starttls_is_not_kept_by_a_server() {
    for injected in ["MAIL FROM:<evil@client.example>\r\n", "R", "\r\n", "EHLO evil.example\r\nQUIT\r\n"] {
        for together in [true, false] {
            let mut site = Site::new(HELLO);
            if together {
                site.reads(format!("STARTTLS\r\n{injected}"));
            } else {
                site.reads("STARTTLS\r\n");
                site.reads(injected);
            }
            assert_eq!((site.codes_after(HELLO), site.server.state()), (&[220][..], State::Tls));
            assert_eq!(site.unread, injected.as_bytes(), "nothing was consumed");
            let result = site.server.into_tls(&site.unread);
            assert_eq!(result.map(|_| ()), Err(StartTlsError::PlaintextAfterStartTls));
        }
    }
    let site = Site::new(format!("{HELLO}STARTTLS\r\n"));
    let within = site.server.into_tls(&site.unread).unwrap();
    assert_eq!((within.state(), within.is_tls()), (State::Start, true), "EHLO is forgotten");
    assert!(within.extensions().iter().next().is_none());
}

/// RFC 4954 section 4: within AUTH a line is a response, whatever it spells.
#[test]
fn a_response_is_never_a_command() {
    let site = Site::new(format!("{HELLO}AUTH PLAIN\r\nQUIT\r\nNOOP\r\n"));
    assert_eq!(site.codes_after(HELLO), [334, 535, 250]);
    assert!(!site.commands.iter().any(|line| line == "QUIT"));
}

/// RFC 5321 section 4.5.3.1.4: the end of a line that was too long is no line.
#[test]
fn the_rest_of_a_line_that_is_too_long_is_no_command() {
    for length in [505, 506, 507, 508, 600, 5000] {
        let site = Site::new(format!("{HELLO}NOOP {} QUIT\r\nNOOP\r\n", "x".repeat(length)));
        assert_eq!(site.codes_after(HELLO), [500, 250], "{length}");
    }
}
