//! Content after DATA and BDAT, and the fate of a message when the connection is lost.

use crate::session::{MAIL, OK, RCPT, Session, WRONG, not_offered, unexpected};
use smtp_core::codec::{BareLineEnding, ContentFaultKind};
use smtp_core::session::{ClientConfig, Fate, Misuse, State, Timer};
use smtp_core::syntax::Extension;

/// RFC 5321 section 4.5.2, with the content in any pieces.
#[test]
fn dots_are_doubled_at_every_cut() {
    let content = b".\r\n..\r\n\r\n.a\r\nb.";
    for cut in 0..=content.len() {
        let mut session = Session::offered("PIPELINING").transaction(&[250, 250]).in_data();
        let mut wire = Vec::new();
        for piece in [&content[..cut], &content[cut..]] {
            assert_eq!(session.content(piece), OK);
            wire.append(&mut session.out);
        }
        assert_eq!(session.finish(), OK);
        wire.append(&mut session.out);
        assert_eq!(wire.escape_ascii().to_string(), r"..\r\n...\r\n\r\n..a\r\nb.\r\n.\r\n");
        assert_eq!(session.content(b"more"), WRONG);
        assert_eq!(session.finish(), WRONG);
    }
}

/// RFC 5321 section 2.3.8: no bare CR or LF. The caller may send the piece in another form.
#[test]
fn bare_line_endings() {
    for piece in [&b"a\nb"[..], b"a\rb", b"\n.\n", b"\r.\r\n", b"a\r\r\n"] {
        let mut session = Session::offered("PIPELINING").transaction(&[250, 250]).in_data();
        assert!(matches!(session.content(piece), Err(Misuse::Content(_))), "{}", piece.escape_ascii());
        assert_eq!(session.content(b"fine\r\n"), OK);
        assert_eq!(session.finish(), OK);
    }
    let mut session = Session::offered("PIPELINING").transaction(&[250, 250]).in_data();
    assert_eq!(session.content(b"a\r"), OK);
    assert_eq!(session.wrote(), "a");
    assert!(matches!(session.finish(), Err(Misuse::Content(_))));
    assert_eq!(session.content(b"\n"), OK);
    assert_eq!(session.finish(), OK);

    let mut config = ClientConfig::default();
    config.bare_line_endings = BareLineEnding::Pass;
    let mut session = Session::new(config);
    assert_eq!(session.hears("220 hi\r\n"), ["greeting 220"]);
    session.hello("EHLO", "8BITMIME");
    let mut session = session.transaction(&[250, 250]).in_data();
    assert_eq!(session.content(b"a\nb"), OK);
}

/// RFC 3030 section 2: a chunk has exactly the announced octets, unchanged.
#[test]
fn chunks_are_counted() {
    let mut session = Session::offered("PIPELINING,CHUNKING").transaction(&[250, 250]);
    assert_eq!(session.says("BDAT 4"), OK);
    assert_eq!(session.client.chunk_remaining(), 4);
    assert_eq!(session.content(b".\r\n\0."), Err(Misuse::ChunkExceeded));
    assert_eq!(session.content(b".\r"), OK);
    assert_eq!(session.says("RSET"), WRONG);
    assert_eq!(session.finish(), WRONG);
    assert_eq!(session.content(b"\n\0"), OK);
    assert_eq!(session.out, b"\n\0");
    assert_eq!(session.content(b"x"), Err(Misuse::ChunkExceeded));
    assert_eq!(session.finish(), WRONG);
    assert_eq!(session.says("BDAT 0 LAST"), OK);
    assert_eq!(session.content(b"x"), Err(Misuse::ChunkExceeded));
    assert_eq!(session.content(b""), OK);
    assert_eq!(session.hears("250 a\r\n250 b\r\n"), ["Bdat 250", "BdatLast 250"]);
    assert_eq!(session.content(b"x"), WRONG);
}

/// RFC 3030 section 2: "in canonical form", so a chunk has no bare CR or LF, wherever the message is cut into chunks and pieces
/// (RFC 5321 section 2.3.8). BODY=BINARYMIME is sent unchanged (RFC 3030 section 3).
#[test]
fn bare_line_endings_in_chunks() {
    let offer = "PIPELINING,CHUNKING,BINARYMIME,8BITMIME";
    for message in [&b"a\nb"[..], b"a\rb", b"\n.\n", b"a\r\r\n", b"a\r\n\nb", b"ab\r"] {
        for cut in 0..=message.len() {
            // In two pieces of one chunk.
            let mut session = Session::offered(offer).transaction(&[250, 250]);
            assert_eq!(session.says(&format!("BDAT {} LAST", message.len())), OK);
            let first = session.content(&message[..cut]);
            let result = first.and_then(|()| session.content(&message[cut..]));
            assert!(matches!(result, Err(Misuse::Content(_))), "{} at {cut}: {result:?}", message.escape_ascii());

            // In two chunks.
            let mut session = Session::offered(offer).transaction(&[250, 250]);
            let mut result = OK;
            for (piece, last) in [(&message[..cut], ""), (&message[cut..], " LAST")] {
                result = result.and_then(|()| session.says(&format!("BDAT {}{last}", piece.len())));
                result = result.and_then(|()| session.content(piece));
            }
            assert!(matches!(result, Err(Misuse::Content(_))), "{} at {cut}: {result:?}", message.escape_ascii());
        }
        let mut session = Session::offered(offer);
        for line in ["MAIL FROM:<> BODY=BINARYMIME", RCPT, &format!("BDAT {} LAST", message.len())] {
            assert_eq!(session.says(line), OK);
        }
        assert_eq!(session.content(message), OK);
        assert_eq!(session.out, message);
    }
    // The fault has its offset in the message. The caller may send another piece instead.
    let mut session = Session::offered(offer).transaction(&[250, 250]);
    assert_eq!(session.says("BDAT 5"), OK);
    assert_eq!(session.content(b"abc\r\n"), OK);
    assert_eq!(session.says("BDAT 3 LAST"), OK);
    let fault = session.content(b"d\ne");
    assert!(
        matches!(fault, Err(Misuse::Content(fault)) if (fault.kind, fault.offset) == (ContentFaultKind::BareLf, 6))
    );
    assert_eq!(session.content(b"def"), OK);
    assert_eq!(session.out, b"def");
    // The next message starts at offset 0 again.
    assert_eq!(session.hears("250 a\r\n250 b\r\n"), ["Bdat 250", "BdatLast 250"]);
    let mut session = session.transaction(&[250, 250]);
    assert_eq!(session.says("BDAT 2"), OK);
    assert_eq!(session.content(b"a\r"), OK);
    for line in ["RSET", MAIL, RCPT, "BDAT 2 LAST"] {
        assert_eq!(session.says(line), OK);
    }
    assert!(matches!(session.content(b"\nb"), Err(Misuse::Content(_))));
    assert_eq!(session.content(b"bc"), OK);

    let mut config = ClientConfig::default();
    config.bare_line_endings = BareLineEnding::Pass;
    let mut session = Session::new(config);
    assert_eq!(session.hears("220 hi\r\n"), ["greeting 220"]);
    session.hello("EHLO", "CHUNKING");
    let mut session = session.transaction(&[250, 250]);
    assert_eq!(session.says("BDAT 4 LAST"), OK);
    assert_eq!(session.content(b"a\nb\r"), OK);
}

/// RFC 4468 section 3: the client does not see what BURL adds to the message, so no CR can wait for its LF there.
#[test]
fn no_cr_before_burl() {
    let mut session = Session::offered("PIPELINING,CHUNKING,BURL imap").transaction(&[250, 250]);
    assert_eq!(session.says("BDAT 2"), OK);
    assert_eq!(session.content(b"a\r"), OK);
    for line in ["BURL imap://a.example/b", "BURL imap://a.example/b LAST", "BDAT 0 LAST"] {
        assert!(matches!(session.says(line), Err(Misuse::Content(_))), "{line}");
    }
    assert_eq!(session.says("BDAT 1"), OK);
    assert_eq!(session.content(b"\n"), OK);
    assert_eq!(session.says("BURL imap://a.example/b LAST"), OK);
}

/// A refusal may come before the end of the chunk, and the chunk has to be sent nevertheless. An acceptance may not.
#[test]
fn a_reply_in_the_middle_of_a_chunk() {
    let mut session = Session::offered("PIPELINING,CHUNKING").transaction(&[250, 250]);
    assert_eq!(session.says("BDAT 4 LAST"), OK);
    assert_eq!(session.content(b"ab"), OK);
    let mut refused = session.clone();
    assert_eq!(refused.hears("552 no\r\n"), ["BdatLast 552"]);
    assert_eq!(refused.says("RSET"), WRONG);
    assert_eq!(refused.content(b"cd"), OK);
    assert_eq!(refused.says("RSET"), OK);
    assert_eq!(session.reads(b"250 ok\r\n"), Err(unexpected("250 ok")));
}

/// RFC 3030 section 3.
#[test]
fn binary_content_needs_chunks() {
    let binary = "MAIL FROM:<joe@client.example> BODY=BINARYMIME";
    let mut session = Session::offered("PIPELINING,CHUNKING,BINARYMIME,8BITMIME");
    for (line, result) in [(binary, OK), (RCPT, OK), ("DATA", WRONG), ("BDAT 1 LAST", OK)] {
        assert_eq!(session.says(line), result, "{line}");
    }
    let mut session = Session::offered("PIPELINING,BINARYMIME,8BITMIME");
    assert_eq!(session.says(binary), not_offered(Extension::Chunking));
    let mut session = Session::offered("PIPELINING,CHUNKING,8BITMIME");
    assert_eq!(session.says(binary), not_offered(Extension::BinaryMime));
    // The next transaction is not affected.
    let mut session = Session::offered("PIPELINING,CHUNKING,BINARYMIME,8BITMIME");
    for line in [binary, "RSET", MAIL, RCPT, "DATA"] {
        assert_eq!(session.says(line), OK, "{line}");
    }
}

/// RFC 5321 section 3.8: a lost connection is a temporary failure. After the dot was sent, the fate is unknown.
#[test]
fn fate_of_content() {
    let mut session = Session::offered("PIPELINING");
    assert_eq!(session.client.fate(), Fate::Settled);
    assert_eq!(session.says(MAIL), OK);
    assert_eq!(session.client.fate(), Fate::NotDelivered);
    assert_eq!(session.hears("250 ok\r\n"), ["Mail 250"]);
    assert_eq!(session.says(RCPT), OK);
    assert_eq!(session.hears("250 ok\r\n"), ["Rcpt 250 of 0"]);
    let mut session = session.in_data();
    assert_eq!(session.content(b"all of it\r\n"), OK);
    assert_eq!(session.client.fate(), Fate::NotDelivered);
    assert_eq!(session.finish(), OK);
    assert_eq!(session.client.fate(), Fate::Unknown);
    assert_eq!(session.says(MAIL), OK);
    assert_eq!(session.client.fate(), Fate::Unknown);

    let mut broken = session.clone();
    assert!(broken.reads(b"what\r\n").is_err());
    assert_eq!(broken.client.fate(), Fate::Unknown);
    let mut closing = session.clone();
    assert_eq!(closing.hears("421 closing\r\n"), ["Content 421"]);
    assert_eq!((closing.client.state(), closing.client.fate()), (State::Closed, Fate::NotDelivered));
    assert_eq!(session.hears("250 queued\r\n"), ["Content 250"]);
    assert_eq!(session.client.fate(), Fate::NotDelivered, "the next message");
}

#[test]
fn fate_of_chunks() {
    let mut session = Session::offered("PIPELINING,CHUNKING").transaction(&[250, 250]);
    assert_eq!(session.says("BDAT 1"), OK);
    assert_eq!(session.content(b"x"), OK);
    assert_eq!(session.client.fate(), Fate::NotDelivered);
    assert_eq!(session.says("BDAT 1 LAST"), OK);
    assert_eq!(session.client.fate(), Fate::NotDelivered);
    assert_eq!(session.content(b"y"), OK);
    assert_eq!(session.client.fate(), Fate::Unknown);
    let mut refused = session.clone();
    assert_eq!(refused.hears("552 no\r\n"), ["Bdat 552"]);
    assert_eq!(refused.client.fate(), Fate::NotDelivered);
    assert_eq!(session.hears("250 a\r\n250 b\r\n"), ["Bdat 250", "BdatLast 250"]);
    assert_eq!(session.client.fate(), Fate::Settled);
}

/// RFC 5321 section 4.5.3.2.6: the fate is unknown only if the message was sent whole and may have been accepted.
#[test]
fn fate_of_a_last_chunk_after_replies() {
    let group = [MAIL, RCPT, "BDAT 1 LAST"];
    let cases: &[(&[&str], &str, Fate)] = &[
        (&group, "", Fate::Unknown),
        (&group, "250 ok\r\n", Fate::Unknown),
        (&group, "250 ok\r\n250 ok\r\n", Fate::Unknown),
        (&group, "250 ok\r\n250 ok\r\n250 ok\r\n", Fate::Settled),
        // A refused message cannot be accepted after that.
        (&group, "421 over\r\n", Fate::Settled),
        (&group, "550 no\r\n503 no\r\n", Fate::Settled),
        (&group, "250 ok\r\n550 no\r\n", Fate::NotDelivered),
        (&group, "250 ok\r\n421 over\r\n", Fate::NotDelivered),
        (&group, "250 ok\r\n250 ok\r\n421 over\r\n", Fate::NotDelivered),
        (&[MAIL, RCPT, RCPT, "BDAT 1 LAST"], "250 ok\r\n550 no\r\n", Fate::Unknown),
        (&[MAIL, RCPT, "BDAT 1", "BDAT 1 LAST"], "250 ok\r\n250 ok\r\n", Fate::Unknown),
        (&[MAIL, RCPT, "BDAT 1", "BDAT 1 LAST"], "250 ok\r\n250 ok\r\n421 over\r\n", Fate::NotDelivered),
        (&[MAIL, RCPT, "BDAT 1", "BDAT 1 LAST"], "250 ok\r\n250 ok\r\n451 no\r\n", Fate::NotDelivered),
        (&[MAIL, RCPT, "BDAT 1", "BDAT 1", "BDAT 1 LAST"], "250 a\r\n250 b\r\n451 no\r\n250 c\r\n", Fate::NotDelivered),
        // RFC 3030 section 2: RSET, and another message after it.
        (&[MAIL, RCPT, "BDAT 1", "RSET", MAIL, RCPT, "BDAT 1 LAST"], "250 ok\r\n250 ok\r\n451 no\r\n", Fate::Unknown),
    ];
    for (lines, replies, fate) in cases {
        let mut session = Session::offered("PIPELINING,CHUNKING");
        for line in *lines {
            assert_eq!(session.says(line), OK, "{line}");
            if line.starts_with("BDAT") {
                assert_eq!(session.content(b"x"), OK);
            }
        }
        session.hears(replies);
        assert_eq!(session.client.fate(), *fate, "{lines:?}, {replies:?}");
    }
}

/// RFC 3030 section 2: a refused chunk makes the transaction fail, so the message cannot be accepted.
#[test]
fn no_message_is_accepted_without_one_of_its_chunks() {
    let mut session = Session::offered("PIPELINING,CHUNKING").transaction(&[250, 250]);
    for line in ["BDAT 1", "BDAT 1", "BDAT 1 LAST"] {
        assert_eq!(session.says(line), OK);
        assert_eq!(session.content(b"x"), OK);
    }
    assert_eq!(session.hears("451 no\r\n250 ok\r\n"), ["Bdat 451", "Bdat 250"]);
    assert_eq!(session.client.state(), State::Failed);
    let accepted = session.clone().reads(b"250 queued\r\n");
    assert_eq!(accepted, Err(unexpected("250 queued")));
    assert_eq!(session.hears("503 no\r\n"), ["BdatLast 503"]);
}

/// Two messages whose fate is unknown at the same time could not be told apart.
#[test]
fn the_next_message_is_not_ended_before_the_reply_to_the_last() {
    let mut session = Session::offered("PIPELINING,CHUNKING").transaction(&[250, 250]).in_data();
    assert_eq!(session.finish(), OK);
    for line in [MAIL, RCPT, "BDAT 1"] {
        assert_eq!(session.says(line), OK);
    }
    assert_eq!(session.content(b"x"), OK);
    assert_eq!(session.says("BDAT 0 LAST"), Err(Misuse::AwaitingReply));
    session.hears("250 queued\r\n");
    assert_eq!(session.says("BDAT 0 LAST"), OK);
}

/// RFC 5321 section 4.5.3.2, RFC 2645 section 5.2.2.
#[test]
fn timers() {
    let mut session = Session::new(ClientConfig::default());
    assert_eq!(session.client.timer(), Some(Timer::Greeting));
    assert_eq!(session.hears("220 hi\r\n"), ["greeting 220"]);
    assert_eq!(session.client.timer(), None);
    session.hello("EHLO", "PIPELINING,CHUNKING,ATRN");
    for (line, timer) in [("NOOP", Timer::Reply), ("ATRN", Timer::Atrn), (MAIL, Timer::Mail)] {
        let mut session = session.clone();
        assert_eq!(session.says(line), OK);
        assert_eq!(session.client.timer(), Some(timer), "{line}");
    }
    let mut chunked = session.clone().transaction(&[250, 250]);
    assert_eq!(chunked.says("BDAT 1 LAST"), OK);
    assert_eq!(chunked.client.timer(), Some(Timer::Block));
    assert_eq!(chunked.content(b"x"), OK);
    assert_eq!(chunked.client.timer(), Some(Timer::Content));

    for line in [MAIL, RCPT, "DATA"] {
        assert_eq!(session.says(line), OK);
    }
    for (reply, timer) in [("250 a\r\n", Timer::Rcpt), ("250 b\r\n", Timer::Data), ("354 c\r\n", Timer::Block)] {
        assert_eq!(session.hears(reply).len(), 1);
        assert_eq!(session.client.timer(), Some(timer));
    }
    assert_eq!(session.finish(), OK);
    assert_eq!(session.client.timer(), Some(Timer::Content));
}
