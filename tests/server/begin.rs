//! Messages that begin: each is finished or abandoned, once, and a chunk can be refused when it begins.

use super::*;

const ENVELOPE: &str = "EHLO a.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n";

/// Answers `Begin` with the code, if there is one, and every other event as usual. Returns the events about messages, and the
/// codes of the answers.
fn messages(server: &mut Server, input: &str, refusal: Option<u16>) -> (Vec<&'static str>, Vec<String>) {
    let (mut rest, mut names, mut out) = (input.as_bytes(), Vec::new(), Vec::new());
    while let Some(event) = server.next_event(&mut rest).unwrap() {
        match event {
            ServerEvent::Begin => {
                names.push("begin");
                match refusal {
                    None => server.reply_default(&mut out).unwrap(),
                    Some(code) => {
                        let no = Reply::new(ReplyCode::new(code).unwrap(), None, "not this one").unwrap();
                        server.reply(&no, &mut out).unwrap();
                    }
                }
                continue;
            }
            ServerEvent::Content(_) => {
                if names.last() != Some(&"content") {
                    names.push("content");
                }
                continue;
            }
            ServerEvent::Abandoned => {
                names.push("abandoned");
                continue;
            }
            ServerEvent::ContentEnd => names.push("end"),
            _ => {}
        }
        server.reply_default(&mut out).unwrap();
    }
    let out = String::from_utf8(out).unwrap();
    (names, codes(&out).into_iter().map(str::to_owned).collect())
}

#[test]
fn a_message_that_begins_is_finished_or_abandoned() {
    let big = "x".repeat(100);
    for (input, expected) in [
        ("DATA\r\nHello\r\n.\r\n", &["begin", "content", "end"][..]),
        ("BDAT 2\r\n12BDAT 0 LAST\r\n", &["begin", "content", "end"]),
        ("BDAT 0 LAST\r\n", &["begin", "end"]),
        // Refused at its end, for a bare LF and for its size.
        ("DATA\r\na\nb\r\n.\r\n", &["begin", "content", "abandoned"]),
        (&format!("DATA\r\n{big}\r\n.\r\n"), &["begin", "abandoned"]),
        (&format!("BDAT 2\r\n12BDAT 100 LAST\r\n{big}"), &["begin", "content", "abandoned"]),
        // Abandoned by its client.
        ("BDAT 2\r\n12RSET\r\nNOOP\r\n", &["begin", "content", "abandoned"]),
        ("BDAT 2\r\n12EHLO a.example\r\n", &["begin", "content", "abandoned"]),
        ("BDAT 2\r\n12QUIT\r\n", &["begin", "content", "abandoned"]),
        // The size of the next chunk cannot be read.
        ("BDAT 2\r\n12BDAT x\r\n", &["begin", "content", "abandoned"]),
        // No message begins.
        ("RSET\r\nDATA\r\nBDAT 2\r\n12", &[]),
        ("QUIT\r\n", &[]),
        // Two messages, one after the other.
        (
            "DATA\r\na\nb\r\n.\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\nHello\r\n.\r\n",
            &["begin", "content", "abandoned", "begin", "content", "end"],
        ),
    ] {
        let mut config = config();
        config.max_size = Some(50);
        let mut server = greeted(config);
        assert_eq!(messages(&mut server, &format!("{ENVELOPE}{input}"), None).0, expected, "{input}");
    }
}

/// RFC 5321 section 3.8: a connection can be lost, and a server can be shut down, at any time.
#[test]
fn a_message_is_abandoned_with_its_connection() {
    for input in ["DATA\r\n", "DATA\r\nHel", "BDAT 5\r\n", "BDAT 5\r\nHel", "BDAT 3\r\nHel"] {
        let mut lost = greeted(config());
        messages(&mut lost, &format!("{ENVELOPE}{input}"), None);
        let mut shut_down = lost.clone();
        lost.connection_lost();
        shut_down.shutdown(&mut Vec::new());
        for mut server in [lost, shut_down] {
            assert_eq!(server.next_event(&mut &b""[..]), Ok(Some(ServerEvent::Abandoned)), "{input}");
            assert_eq!(server.next_event(&mut &b""[..]), Ok(None), "{input}");
            assert!(!server.is_open());
        }
    }
    let mut idle = greeted(config());
    idle.connection_lost();
    assert_eq!((idle.next_event(&mut &b"NOOP\r\n"[..]), idle.state()), (Ok(None), State::Closed));
}

/// RFC 3030 section 2: a server that refuses a chunk discards its octets before it sends the reply.
#[test]
fn a_chunk_can_be_refused_when_it_begins() {
    let mut server = greeted(config());
    let (names, codes) = messages(&mut server, &format!("{ENVELOPE}BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n"), Some(451));
    assert_eq!((names, &codes[3..]), (vec!["begin"], &["451".to_owned(), "250".to_owned()][..]));
    assert_eq!(server.state(), State::Ready);

    // A transaction with a refused chunk must be reset.
    let mut server = greeted(config());
    let (names, codes) =
        messages(&mut server, &format!("{ENVELOPE}BDAT 6\r\nQUIT\r\nBDAT 1 LAST\r\n1RSET\r\n"), Some(554));
    assert_eq!((names, &codes[3..]), (vec!["begin"], &["554", "503", "250"].map(str::to_owned)[..]));

    // The caller chooses the text, and in LMTP each recipient has the reply (RFC 2033 section 4.3).
    let mut config = config();
    config.lmtp = true;
    let mut server = greeted(config);
    serve(&mut server, &ENVELOPE.replace("EHLO", "LHLO"));
    serve(&mut server, "RCPT TO:<e@d.example>\r\n");
    let mut out = Vec::new();
    let mut rest = &b"BDAT 2 LAST\r\n12"[..];
    assert_eq!(server.next_event(&mut rest), Ok(Some(ServerEvent::Begin)));
    assert_eq!(server.chunk().map(|chunk| (chunk.size, chunk.last)), Some((2, true)));
    assert_eq!(
        server.reply(&Reply::OK, &mut out),
        Err(Misuse::WrongCode { to: Action::BdatLast, code: ReplyCode::OK })
    );
    let no = Reply::new(ReplyCode::INSUFFICIENT_STORAGE, None, "disk full").unwrap();
    server.reply(&no, &mut out).unwrap();
    assert_eq!(out, b"");
    assert_eq!(rejected(&mut server, &mut rest), Rejected::ChunkRefused);
    server.reply_default(&mut out).unwrap();
    assert_eq!(out, b"452 4.0.0 disk full\r\n452 4.0.0 disk full\r\n");
}

/// RFC 5321 section 3.8: 421 is allowed at any time, and ends the session.
#[test]
fn a_421_to_the_beginning_ends_the_session() {
    for input in ["DATA\r\n", "BDAT 6 LAST\r\nQUIT\r\n"] {
        let mut server = greeted(config());
        let (names, codes) = messages(&mut server, &format!("{ENVELOPE}{input}"), Some(421));
        assert_eq!((names, codes.last().map(String::as_str)), (vec!["begin"], Some("421")));
        assert!(!server.is_open());
    }
}
