//! At a client.

use super::peers::{Site, client, hears, in_data, says};
use smtp_core::session::{Action, ClientError, Misuse, State};
use smtp_core::syntax::{Command, Parameters, ReversePath};

/// What a client writes for a content that comes in these pieces.
fn sent(pieces: &[&[u8]]) -> Result<Vec<u8>, Misuse> {
    let (mut client, mut out) = (in_data(), Vec::new());
    for piece in pieces {
        client.content(piece, &mut out)?;
    }
    client.finish_content(&mut out)?;
    Ok(out)
}

/// RFC 5321 section 4.5.2: a dot at the start of a line is doubled: the first line, after empty lines, and wherever the
/// content was cut.
#[test]
fn every_dot_at_the_start_of_a_line_is_doubled() {
    let content = b".\r\n..\r\n\r\n.\r\n\r\n\r\n.x\r\nMAIL FROM:<>\r\n";
    let expected = b"..\r\n...\r\n\r\n..\r\n\r\n\r\n..x\r\nMAIL FROM:<>\r\n.\r\n";
    assert_eq!(sent(&[content]).unwrap(), expected);
    for cut in 0..=content.len() {
        let (first, second) = content.split_at(cut);
        assert_eq!(sent(&[first, second]).unwrap(), expected, "{cut}");
        let (second, third) = second.split_at(second.len().min(1));
        assert_eq!(sent(&[first, second, third]).unwrap(), expected, "{cut}");
    }
    let octets: Vec<&[u8]> = content.chunks(1).collect();
    assert_eq!(sent(&octets).unwrap(), expected);
}

/// RFC 5321 section 2.3.8: a bare CR or LF is not sent, so nothing can look like an end to those who take one for a line.
#[test]
fn no_bare_cr_or_lf_is_sent() {
    for content in ["\n.\n", "a\n.\r\nMAIL FROM:<>\r\n", "a\r.\r\n", "a\r\n.\r", "\r\r\n", "a\n", "\n", "\r"] {
        assert!(matches!(sent(&[content.as_bytes()]), Err(Misuse::Content(_))), "{content:?}");
        let octets: Vec<&[u8]> = content.as_bytes().chunks(1).collect();
        assert!(matches!(sent(&octets), Err(Misuse::Content(_))), "{content:?}");
    }
}

/// RFC 5321 section 4.1.1.4: the end is one line, also where the content is empty or its last line has no end.
#[test]
fn the_end_is_a_line_of_its_own() {
    for (content, expected) in [("", ".\r\n"), ("a", "a\r\n.\r\n"), ("a\r\n", "a\r\n.\r\n"), (".", "..\r\n.\r\n")] {
        assert_eq!(sent(&[content.as_bytes()]).unwrap(), expected.as_bytes());
    }
}

/// RFC 3207 section 4: what stands after the 220 is no reply, neither before the handshake nor within TLS.
#[test]
fn plaintext_after_starttls_is_not_kept_by_a_client() {
    for injected in ["250-mx.example\r\n250 AUTH PLAIN\r\n", "250 ok\r\n", "2", "\r\n"] {
        let mut one = client("STARTTLS");
        says(&mut one, "STARTTLS");
        let octets = format!("220 go\r\n{injected}");
        let mut rest = octets.as_bytes();
        assert!(one.next_event(&mut rest).unwrap().is_some());
        assert_eq!((one.state(), rest), (State::Tls, injected.as_bytes()));
        assert_eq!(one.clone().into_tls(rest).map(|_| ()), Err(ClientError::PlaintextAfterStartTls));
        assert_eq!(one.next_event(&mut rest), Err(ClientError::PlaintextAfterStartTls));
    }
    let mut one = client("STARTTLS,AUTH PLAIN,SIZE");
    says(&mut one, "STARTTLS");
    hears(&mut one, "220 go\r\n");
    let within = one.into_tls(b"").unwrap();
    assert_eq!((within.state(), within.offer().extensions.iter().count()), (State::Start, 0), "the offer is forgotten");
}

/// RFC 5321 sections 4.1.2 and 4.1.1.3: what was read is sent on as it is.
#[test]
fn quotes_and_source_routes_are_sent_on() {
    let lines = [
        "MAIL FROM:<\"joe smith\"@client.example>",
        "RCPT TO:<\"a@b\"@mx.example>",
        "RCPT TO:<\"\\\"\\\\\"@mx.example>",
        "RCPT TO:<@one.example,@two.example:ann@three.example>",
        "RCPT TO:<Postmaster>",
    ];
    let mut one = client("PIPELINING");
    for line in lines {
        assert_eq!(says(&mut one, line), format!("{line}\r\n").as_bytes());
    }
    // And a server of ours reads it so.
    let site = Site::new(format!("EHLO client.example\r\n{}\r\n", lines.join("\r\n")));
    assert_eq!(site.commands[1..], lines);
}

/// RFC 1870 section 6.1 and others: none of two values is sent.
#[test]
fn a_duplicate_parameter_is_not_sent() {
    for text in ["SIZE=1 SIZE=2", "SIZE=1 size=1", "BODY=7BIT BODY=8BITMIME"] {
        let Ok(parameters) = Parameters::new(text) else { continue };
        let mut out = Vec::new();
        let mail = Command::mail(ReversePath::Null, parameters);
        assert!(matches!(client("SIZE,8BITMIME").send(&mail, &mut out), Err(Misuse::Unsendable(_))), "{text}");
        assert!(out.is_empty());
    }
}

/// RFC 3030 section 2: after a chunk that was refused, no chunk is sent before RSET; a message without its beginning would
/// arrive. So also where the chunk was refused because no recipient was accepted.
#[test]
fn no_chunk_follows_one_that_was_refused() {
    for replies in ["250 a\r\n250 b\r\n554 c\r\n", "250 a\r\n550 b\r\n554 c\r\n", "250 a\r\n550 b\r\n503 c\r\n"] {
        let (mut one, mut out) = (client("PIPELINING,CHUNKING"), Vec::new());
        says(&mut one, "MAIL FROM:<joe@client.example>");
        says(&mut one, "RCPT TO:<ann@mx.example>");
        says(&mut one, "BDAT 3");
        one.content(b"abc", &mut out).unwrap();
        assert_eq!(hears(&mut one, replies), 3);
        out.clear();
        let rcpt = Command::rcpt(smtp_core::syntax::Mailbox::new("bob@mx.example").unwrap(), Parameters::NONE);
        for command in [Command::bdat_last(0), Command::bdat(3), Command::Data, rcpt] {
            let wrong = Misuse::WrongState { state: State::Failed, action: Action::of(&command) };
            assert_eq!(one.send(&command, &mut out), Err(wrong), "{replies:?}: {command}");
        }
        assert!(out.is_empty());
        says(&mut one, "RSET");
        // What follows is judged by what RSET will have done.
        says(&mut one, "MAIL FROM:<joe@client.example>");
        says(&mut one, "RCPT TO:<ann@mx.example>");
        assert_eq!(hears(&mut one, "250 a\r\n250 b\r\n250 c\r\n"), 3);
        says(&mut one, "BDAT 0 LAST");
    }
}
