//! Chunks: which of them are text, what may follow them, and which octets must not be read as commands.

use super::*;

/// Begins a message with a chunk and takes its octets, up to the event of its end.
fn take_chunk(server: &mut Server, rest: &mut &[u8], end: ServerEvent<'_>) {
    assert_eq!(server.next_event(rest), Ok(Some(ServerEvent::Begin)));
    server.reply_default(&mut Vec::new()).unwrap();
    while server.next_event(rest).unwrap().unwrap() != end {}
}

/// RFC 3030 section 2: a refused chunk makes its transaction fail, whatever the code.
#[test]
fn a_refused_chunk_fails_its_transaction_whatever_the_code() {
    let refusal = |code| Reply::new(ReplyCode::new(code).unwrap(), None, "No").unwrap();
    for code in [500, 502, 450, 554] {
        let mut server = greeted(config());
        serve(&mut server, "EHLO a.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n");
        let mut last = server.clone();
        let mut rest = &b"BDAT 2\r\n12BDAT 1 LAST\r\n1"[..];
        take_chunk(&mut server, &mut rest, ServerEvent::ChunkEnd);
        server.reply(&refusal(code), &mut Vec::new()).unwrap();
        assert_eq!(server.state(), State::Failed, "{code}");
        assert_eq!(server.next_event(&mut rest), Ok(Some(ServerEvent::Abandoned)));
        assert_eq!(rejected(&mut server, &mut rest), Rejected::Sequence);
        let mut rest = &b"BDAT 2 LAST\r\n12"[..];
        take_chunk(&mut last, &mut rest, ServerEvent::ContentEnd);
        last.reply(&refusal(code), &mut Vec::new()).unwrap();
        assert_eq!((last.state(), last.recipients()), (State::Ready, 0), "{code}");
    }
}

/// RFC 5321 section 4.2.4: a server that does not offer CHUNKING does not have BDAT, so a refused BDAT does not change the
/// transaction, whatever the code.
#[test]
fn a_chunk_that_is_not_offered_fails_no_transaction_whatever_the_code() {
    let mut config = config();
    config.capabilities = config.capabilities.without(Extension::Chunking).without(Extension::BinaryMime);
    for code in [500, 502, 450, 554] {
        for last in ["", " LAST"] {
            let mut server = greeted(config.clone());
            serve(&mut server, "EHLO a.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n");
            let bdat = format!("BDAT 2{last}\r\n12");
            assert_eq!(rejected(&mut server, &mut bdat.as_bytes()), Rejected::NotImplemented);
            let no = Reply::new(ReplyCode::new(code).unwrap(), None, "No").unwrap();
            server.reply(&no, &mut Vec::new()).unwrap();
            assert_eq!((server.state(), server.recipients()), (State::Rcpt, 1), "{code}{last}");
        }
    }
}

/// RFC 3030 section 2: octets follow a BDAT however it fails, if its size can be read.
#[test]
fn the_octets_of_a_wrong_bdat_are_not_commands() {
    let envelope = "EHLO a.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n";
    for (bdat, state) in [
        ("BDAT 6  LAST", State::Ready),
        ("BDAT  6 last", State::Ready),
        ("BDAT 6 LAST x", State::Ready),
        ("BDAT 6 LAST ", State::Ready),
        ("BDAT 6\tLAST", State::Ready),
        ("BDAT 0006 FIRST", State::Failed),
        ("BDAT 6 LASTX", State::Failed),
        ("bdat 6 ", State::Failed),
    ] {
        let mut server = greeted(config());
        let answers = serve(&mut server, &format!("{envelope}{bdat}\r\nQUIT\r\nNOOP\r\n"));
        assert_eq!(codes(&answers)[3..], ["501", "250"], "{bdat}");
        assert_eq!(server.state(), state, "{bdat}");
    }
    // RFC 2033 section 4.3: a message has a reply for each recipient; a line that cannot be parsed has one.
    let mut lmtp = config();
    lmtp.lmtp = true;
    let each = envelope.replace("EHLO", "LHLO") + "RCPT TO:<d@d.example>\r\n";
    let answers = serve(&mut greeted(lmtp), &format!("{each}BDAT 6 LAST \r\nQUIT\r\nNOOP\r\n"));
    assert_eq!(codes(&answers)[4..], ["501", "250"]);
    // If the size cannot be read, the octets that follow cannot be told from commands.
    for bdat in [format!("BDAT 6 LAST{}", " ".repeat(512)), format!("bdat {}6", "0".repeat(512))] {
        let answers = serve(&mut greeted(config()), &format!("{envelope}{bdat}\r\nRSET\r\nNOOP\r\n"));
        assert_eq!(codes(&answers)[3..], ["421"], "{bdat}");
    }
    for bdat in [
        "BDAT",
        "BDAT ",
        "BDAT x",
        "BDAT 6x LAST",
        "BDAT +6",
        "BDAT -6",
        "BDAT 0x6",
        "BDAT 6LAST",
        "bdat\tLAST 6",
        "BDAT\u{b}",
    ] {
        for before in ["", envelope] {
            let mut server = greeted(config());
            serve(&mut server, before);
            let mut rest = bdat.as_bytes();
            assert_eq!(server.next_event(&mut rest), Ok(None), "{bdat}");
            assert_eq!(codes(&serve(&mut server, &format!("{bdat}\r\nNOOP\r\n"))), ["421"], "{bdat}");
            assert_eq!(server.state(), State::Closed);
        }
    }
    // BDATA is not BDAT.
    assert_eq!(codes(&serve(&mut greeted(config()), "BDATA 6\r\nNOOP\r\n")), ["500", "250"]);
}

/// RFC 3030 section 2: a BDAT after BDAT LAST is answered with 503, also if the first had no recipients.
#[test]
fn nothing_follows_the_last_chunk() {
    let envelope = "EHLO a.example\r\nMAIL FROM:<a@b.example>\r\nBDAT 1 LAST\r\nxBDAT 1 LAST\r\nxBDAT 0\r\n";
    assert_eq!(codes(&serve(&mut greeted(config()), envelope))[2..], ["554", "503", "503"]);
}

/// RFC 3030 section 2: a message must not be accepted without a chunk that was refused.
#[test]
fn no_message_begins_after_a_lost_chunk() {
    let mut server = greeted(config());
    let envelope = "EHLO a.example\r\nMAIL FROM:<a@b.example>\r\nBDAT 2\r\n12RCPT TO:<c@d.example>\r\n";
    assert_eq!(codes(&serve(&mut server, envelope))[2..], ["554", "250"]);
    for (last, state) in [("BDAT 1\r\n3", State::Failed), ("BDAT 1 LAST\r\n3", State::Ready)] {
        let mut server = server.clone();
        assert_eq!(codes(&serve(&mut server, last)), ["503"]);
        assert_eq!(server.state(), state);
    }
    let again = "RSET\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nBDAT 1 LAST\r\n3";
    assert_eq!(codes(&serve(&mut server, again)), ["250"; 4]);
}

/// The octets that follow cannot be told from commands, whatever else is wrong with the command.
#[test]
fn a_chunk_that_cannot_be_counted_ends_the_session() {
    let chunk = "BDAT 99999999999999999999 LAST\r\nNOOP\r\n";
    let two_spaces = "BDAT  99999999999999999999\r\nNOOP\r\n";
    assert_eq!(codes(&serve(&mut greeted(config()), two_spaces)), ["421"]);
    let mut without = config();
    without.capabilities = Capabilities::new();
    let mut demanding = config();
    demanding.require = Require::Authentication;
    for config in [config(), without, demanding] {
        let mut server = greeted(config);
        assert_eq!(codes(&serve(&mut server, chunk)), ["421"]);
        assert_eq!(server.state(), State::Closed);
    }
    let mut server = greeted(config());
    server.next_event(&mut chunk.as_bytes()).unwrap();
    let softer = Reply::new(ReplyCode::EXCEEDED_STORAGE, None, "Too big").unwrap();
    assert_eq!(
        server.reply(&softer, &mut Vec::new()),
        Err(Misuse::WrongCode { to: Action::Bdat, code: softer.code() })
    );
}

/// RFC 3030 section 2: text in chunks is canonical, so what DATA refuses is refused in chunks too. The refusal comes at the end
/// of the message, wherever the chunks and the input are cut. The octets returned until then are void.
#[test]
fn text_in_chunks_is_as_text_after_data() {
    let envelope = "EHLO a.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n";
    let line = |length: usize| "x".repeat(length - 2) + "\r\n";
    for (text, reply) in [
        ("one\r\ntwo\r\n", "250 2"),
        ("", "250 2"),
        // RFC 5322 section 3.5: the last line may lack its CRLF.
        ("one\r\ntwo", "250 2"),
        ("\r\n.\r\n", "250 2"),
        ("one\ntwo\r\n", "554 5.6.0 LF without CR"),
        ("\n", "554 5.6.0 LF without CR"),
        ("one\rtwo\r\n", "554 5.6.0 CR without LF"),
        ("one\r\ntwo\r", "554 5.6.0 CR without LF"),
        ("one\r\r\ntwo\r\n", "554 5.6.0 CR without LF"),
        (&line(1000), "250 2"),
        (&line(1001), "500 5.5.2 Line of content too long"),
    ] {
        let last = [(text.len(), true)];
        let mut cuts: Vec<Vec<(usize, bool)>> = vec![last.to_vec(), vec![(text.len(), false), (0, true)]];
        let places = (0..text.len()).filter(|place| *place < 20 || *place > 990);
        cuts.extend(places.map(|place| vec![(place, false), (text.len() - place, true)]));
        for chunks in cuts {
            let (mut wire, mut at) = (Vec::new(), 0);
            for (size, last) in &chunks {
                let marker = if *last { " LAST" } else { "" };
                wire.extend_from_slice(format!("BDAT {size}{marker}\r\n").as_bytes());
                wire.extend_from_slice(&text.as_bytes()[at..at + size]);
                at += size;
            }
            for step in [wire.len(), 1] {
                let mut server = greeted(config());
                serve(&mut server, envelope);
                let (mut input, mut out) = (Vec::new(), Vec::new());
                for piece in wire.chunks(step) {
                    input.extend_from_slice(piece);
                    let mut rest = &input[..];
                    while let Some(event) = server.next_event(&mut rest).unwrap() {
                        if !matches!(event, ServerEvent::Content(_) | ServerEvent::Abandoned) {
                            server.reply_default(&mut out).unwrap();
                        }
                    }
                    input = rest.to_vec();
                }
                let out = String::from_utf8(out).unwrap();
                let answers: Vec<&str> = out.lines().collect();
                assert_eq!(answers.len(), chunks.len(), "{out}");
                assert!(answers[chunks.len() - 1].starts_with(reply), "{out} to {text:?} in {chunks:?}");
                assert!(answers[..chunks.len() - 1].iter().all(|answer| answer.starts_with("250 2")), "{out}");
                assert_eq!(server.state(), State::Ready);
            }
        }
    }
}

/// RFC 3030 section 3: BODY=BINARYMIME allows any octets. The policies of the configuration apply to chunks too.
#[test]
fn binary_chunks_and_lenient_policies() {
    let chunk = "BDAT 4\r\na\nb\rBDAT 1 LAST\r\n\r";
    let envelope =
        |parameter| format!("EHLO a.example\r\nMAIL FROM:<a@b.example>{parameter}\r\nRCPT TO:<c@d.example>\r\n");
    let mut binary = config();
    binary.capabilities = binary.capabilities.with(Extension::BinaryMime).with(Extension::EightBitMime);
    let answers = serve(&mut greeted(binary.clone()), &format!("{}{chunk}", envelope(" BODY=BINARYMIME")));
    assert_eq!(codes(&answers)[3..], ["250", "250"]);
    let answers = serve(&mut greeted(binary.clone()), &format!("{}{chunk}", envelope(" BODY=8BITMIME")));
    assert_eq!(codes(&answers)[3..], ["250", "554"]);
    // A binary message does not affect the next one.
    let both = format!("{}{chunk}{}{chunk}", envelope(" BODY=BINARYMIME"), envelope(""));
    assert_eq!(codes(&serve(&mut greeted(binary), &both))[8..], ["250", "554"]);
    let mut passing = config();
    passing.bare_line_endings = BareLineEnding::Pass;
    assert_eq!(codes(&serve(&mut greeted(passing.clone()), &format!("{}{chunk}", envelope(""))))[3..], ["250", "250"]);
    let long = format!("{}BDAT 1001 LAST\r\n{}", envelope(""), "x".repeat(1001));
    assert_eq!(codes(&serve(&mut greeted(passing.clone()), &long))[3..], ["500"]);
    passing.content_line_limit = None;
    assert_eq!(codes(&serve(&mut greeted(passing), &long))[3..], ["250"]);
}

/// An abandoned message does not affect the next one.
#[test]
fn a_fault_affects_only_its_message() {
    let envelope = "MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n";
    let mut server = greeted(config());
    let input = format!("EHLO a.example\r\n{envelope}BDAT 2\r\n\n\rRSET\r\n{envelope}BDAT 2 LAST\r\n\r\n");
    assert_eq!(codes(&serve(&mut server, &input))[3..], ["250", "250", "250", "250", "250"]);
}

/// RFC 4468 section 3: BURL LAST also ends the message, whose chunks are text.
#[test]
fn burl_last_does_not_end_a_message_with_a_fault() {
    let mut config = config();
    let offered = CapabilityValue::Burl(Text::ehlo_params("imap").unwrap());
    config.capabilities = config.capabilities.with_value(offered).unwrap();
    for (chunk, code) in [("BDAT 3\r\na\r\n", None), ("BDAT 2\r\na\n", Some("554"))] {
        let mut server = greeted(config.clone());
        let envelope = "EHLO a.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n";
        assert_eq!(codes(&serve(&mut server, &format!("{envelope}{chunk}")))[3..], ["250"]);
        let event = server.next_event(&mut &b"BURL imap://a.example/b LAST\r\n"[..]).unwrap();
        match code {
            None => assert!(matches!(event, Some(ServerEvent::Command(Command::Burl(_)))), "{event:?}"),
            Some(code) => {
                assert!(
                    matches!(event, Some(ServerEvent::Rejected(Refused { why: Rejected::Content(_), .. }))),
                    "{event:?}"
                );
                let mut out = Vec::new();
                server.reply_default(&mut out).unwrap();
                assert_eq!(codes(std::str::from_utf8(&out).unwrap()), [code]);
                assert_eq!(server.state(), State::Ready);
            }
        }
    }
}

/// RFC 3030 section 2: a DATA after a BDAT of the same transaction is 503, whether the BDAT was accepted or refused, and only
/// RSET leads on. A BDAT that is not offered is not part of the transaction.
#[test]
fn no_data_after_a_chunk() {
    let mail = "EHLO a.example\r\nMAIL FROM:<a@b.example>\r\n";
    let rcpt = "RCPT TO:<c@d.example>\r\n";
    for (before, after) in [("BDAT 1\r\nx", rcpt), ("BDAT 1 LAST\r\nx", rcpt), ("BDAT 1 LOST\r\nx", rcpt)] {
        let mut server = greeted(config());
        serve(&mut server, &format!("{mail}{before}{after}"));
        assert_eq!(codes(&serve(&mut server, "DATA\r\nRCPT TO:<c@d.example>\r\nBDAT 1\r\nx")), ["503"; 3], "{before}");
        assert_eq!(server.state(), State::Failed, "{before}");
        let again = format!("RSET\r\nMAIL FROM:<a@b.example>\r\n{rcpt}DATA\r\n.\r\n");
        assert_eq!(codes(&serve(&mut server, &again)), ["250", "250", "250", "354", "250"], "{before}");
    }
    let mut server = greeted(config());
    serve(&mut server, &format!("{mail}{rcpt}BDAT 1\r\nx"));
    assert_eq!(codes(&serve(&mut server, "DATA\r\n")), ["503"]);
    assert_eq!(server.state(), State::Failed);
    let mut without = config();
    without.capabilities = without.capabilities.without(Extension::Chunking);
    let mut server = greeted(without);
    assert_eq!(
        codes(&serve(&mut server, &format!("{mail}BDAT 1\r\nx{rcpt}DATA\r\n.\r\n")))[2..],
        ["502", "250", "354", "250"]
    );
    // RFC 4468 does not have this rule for BURL.
    let mut with_burl = config();
    with_burl.capabilities = with_burl.capabilities.with(Extension::Burl);
    let mut server = greeted(with_burl);
    let answers = serve(&mut server, &format!("{mail}BURL imap://a.example/b LAST\r\n{rcpt}DATA\r\n.\r\n"));
    assert_eq!(codes(&answers)[2..], ["554", "250", "354", "250"]);
}

/// A server that normalizes returns text in chunks with CRLF for each line ending, wherever chunks and reads end. Binary content
/// is not changed (RFC 3030 section 3).
#[test]
fn line_endings_of_chunks_are_normalized() {
    let mut normalizing = config();
    normalizing.bare_line_endings = BareLineEnding::Normalize;
    normalizing.capabilities = normalizing.capabilities.with(Extension::BinaryMime);
    for (body, chunks, expected) in [
        ("", &["a\nb\r\nc\rd\r", "\ne\r", "f\n\n", "\r"][..], "a\r\nb\r\nc\r\nd\r\ne\r\nf\r\n\r\n\r\n"),
        ("", &["a\r", ""], "a\r\n"),
        ("", &["\n.\r\n", "\r\n.\n"], "\r\n.\r\n\r\n.\r\n"),
        (" BODY=BINARYMIME", &["a\nb\r", "c\n"], "a\nb\rc\n"),
    ] {
        let mut input = format!("EHLO a.example\r\nMAIL FROM:<a@b.example>{body}\r\nRCPT TO:<c@d.example>\r\n");
        for (at, chunk) in chunks.iter().enumerate() {
            let last = if at + 1 == chunks.len() { " LAST" } else { "" };
            input.push_str(&format!("BDAT {}{last}\r\n{chunk}", chunk.len()));
        }
        input.push_str("NOOP\r\n");
        for step in 1..=input.len() {
            let (mut server, mut content, mut out, mut consumed) =
                (greeted(normalizing.clone()), Vec::new(), Vec::new(), 0);
            for end in (0..input.len()).step_by(step).skip(1).chain([input.len()]) {
                let mut rest = &input.as_bytes()[consumed..end];
                while let Some(event) = server.next_event(&mut rest).unwrap() {
                    match event {
                        ServerEvent::Content(octets) => content.extend_from_slice(octets),
                        ServerEvent::Abandoned => panic!("{input:?}"),
                        _ => server.reply_default(&mut out).unwrap(),
                    }
                }
                consumed = end - rest.len();
            }
            assert_eq!(String::from_utf8(content).unwrap(), expected, "{input:?} {step}");
            let codes = codes(std::str::from_utf8(&out).unwrap()).join(" ");
            assert_eq!(codes, format!("250 250 250{} 250", " 250".repeat(chunks.len())), "{input:?} {step}");
        }
    }
}
