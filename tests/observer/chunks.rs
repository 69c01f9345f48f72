//! The octets after a BDAT that the server may not have read as a chunk (RFC 3030 section 2), and replies with a code that their
//! command cannot have (RFC 5321 section 4.3.2): the messages counted, and the side at fault.

use crate::sessions::{DATA, GO, MAIL, OK, RCPT, found, offered, session};
use smtp_core::observer::ViolationKind as V;
use smtp_core::observer::{Observer, ObserverEvent, Side};

const HELO: [&str; 3] = ["S220 mx.example\r\n", "CHELO c.example\r\n", "S250 mx.example\r\n"];
/// A message that the server accepts.
const MESSAGE: [&str; 8] = [MAIL, OK, RCPT, OK, DATA, GO, "CHi\r\n.\r\n", OK];
const QUIT: [&str; 4] = ["CQUIT\r\n", "S221 Bye\r\n", "S", "C"];

fn refused(octets: &str) -> String {
    format!("CBDAT {}\r\n{octets}", octets.len())
}

/// Chunks that contain lines which would change the session if they were commands.
const CHUNKS: &[&str] = &[
    "NOOP\r\nATRN\r\n",
    "NOOP\r\nSTARTTLS\r\n",
    "AUTH LOGIN\r\n",
    "DATA\r\n",
    "BDAT 1000000\r\n",
    "BDAT 5 LAST\r\n",
    "QUIT\r\n",
    "EHLO c.example\r\nMAIL FROM:<>\r\n",
    "Subject: x\r\n\r\nHi\r\n",
    "no line",
    "bare\nlines\n",
    "\r\n",
];

/// Ten messages after the refused chunk are counted, and no violation of the server is reported, whichever way it read the octets.
/// The client waits for each reply, and may also continue with a command that the server does not know.
#[test]
fn messages_after_a_refused_chunk_are_counted() {
    let messages = MESSAGE.repeat(10);
    for chunk in CHUNKS {
        let bdat = refused(chunk);
        // The server has read a chunk.
        for first in ["S503 No\r\n", "S554 No\r\n", "S530 No\r\n", "S500 What?\r\n", "S502 No\r\n"] {
            for next in [&[][..], &["CFOO\r\n", "S500 What?\r\n"], &["CHELP\r\n", "S502 No\r\n"], &["CNOOP\r\n", OK]] {
                let pieces = [&HELO[..], &[&bdat, first], next, &messages, &QUIT].concat();
                let report = session(&pieces);
                let blamed = found(&report).into_iter().filter(|kind| kind.who() == Side::Server).collect::<Vec<_>>();
                assert_eq!((report.messages, blamed, report.complete), (10, Vec::new(), true), "{pieces:?}");
            }
        }
        // The server has read lines, and refuses all of them.
        let replies = "500 What?\r\n".repeat(chunk.matches("\r\n").count() + 1);
        let replies = format!("S{replies}");
        let rset = if chunk.ends_with("\r\n") { &[][..] } else { &["CRSET\r\n", "S500 What?\r\n"] };
        let pieces = [&HELO[..], &[&bdat, &replies], rset, &messages, &QUIT].concat();
        let report = session(&pieces);
        let blamed = found(&report).into_iter().filter(|kind| kind.who() == Side::Server).collect::<Vec<_>>();
        assert_eq!((report.messages, blamed, report.complete), (10, Vec::new(), true), "{pieces:?}");
    }
}

/// The same for a client that sends everything at once.
#[test]
fn messages_after_a_refused_chunk_are_counted_in_a_pipeline() {
    let message = "MAIL FROM:<a@c.example>\r\nRCPT TO:<b@mx.example>\r\nDATA\r\n";
    for chunk in CHUNKS {
        let lines = chunk.matches("\r\n").count();
        for (first, more) in [("503 No\r\n", 0), ("502 No\r\n", 0), ("500 What?\r\n", lines)] {
            // A last line without CRLF is joined with the next one.
            let merges = more > 0 && !chunk.ends_with("\r\n");
            let client = format!("{}RSET\r\n{message}", refused(chunk));
            let rset = if merges { "500 What?\r\n" } else { "250 OK\r\n" };
            let server = format!("S{first}{}{rset}250 OK\r\n250 OK\r\n354 Go\r\n", "500 What?\r\n".repeat(more));
            let pieces = [&[client.as_str(), &server, "CHi\r\n.\r\n", OK][..], &MESSAGE].concat();
            let report = offered("PIPELINING", &pieces);
            let blamed = found(&report).into_iter().filter(|kind| kind.who() == Side::Server).collect::<Vec<_>>();
            assert_eq!((report.messages, blamed), (2, Vec::new()), "{pieces:?}");
        }
    }
}

/// Gives the observer octets of both sides. Checks that all replies are read and no violation of the server is reported. Returns
/// the number of unread octets of the client.
fn unread(observer: &mut Observer, client: &str, server: &str) -> usize {
    let (mut client, mut server) = (client.as_bytes(), server.as_bytes());
    while let Some(event) = observer.next_event(&mut client, &mut server) {
        if let ObserverEvent::Violation(violation) = event {
            assert_eq!(violation.who(), Side::Client, "{violation}");
        }
    }
    assert!(server.is_empty());
    client.len()
}

/// The octets stay unread while a reply may show what they are, but not more than 64 KiB of them. The memory for them does not grow
/// with their number.
#[test]
fn a_chunk_of_100_000_lines_is_not_kept() {
    let chunk = "NOOP\r\n".repeat(100_000);
    for (first, second) in [("503 No\r\n", ""), ("502 No\r\n", ""), ("500 What?\r\n", "250 OK\r\n")] {
        let mut observer = Observer::new();
        for (client, server) in [("", "220 mx.example\r\n"), ("HELO c.example\r\n", ""), ("", "250 mx.example\r\n")] {
            assert_eq!(unread(&mut observer, client, server), 0);
        }
        let info = allocation_counter::measure(|| {
            let bdat = format!("BDAT {}\r\n", chunk.len());
            assert_eq!(unread(&mut observer, &bdat, ""), 0);
            assert_eq!(unread(&mut observer, &chunk, ""), 0, "600 KB are unread");
            assert_eq!(unread(&mut observer, "", first), 0);
        });
        assert!(info.bytes_max < 64 * 1024, "{}", info.bytes_max);
        assert_eq!(unread(&mut observer, "", &second.repeat(100_000)), 0);
        for piece in [&MESSAGE[..], &["CQUIT\r\n", "S221 Bye\r\n"]].concat() {
            let (side, text) = piece.split_at(1);
            let (client, server) = if side == "C" { (text, "") } else { ("", text) };
            assert_eq!(unread(&mut observer, client, server), 0, "{first} {piece}");
        }
        assert_eq!((observer.messages(), observer.is_ended()), (1, true));
    }
}

/// If only one of the two readings is possible, the observer takes it; otherwise it reports that both are.
#[test]
fn later_replies_show_whether_it_was_a_chunk() {
    let bdat = refused("Subject: x\r\n");
    let unknown = ["CFOO\r\n", "S500 What?\r\n"];
    let cases: &[(&[&str], &[V])] = &[
        // A line that is not a command cannot succeed: the server read a chunk, and refused RSET.
        (&["S502 No\r\n", "CNOOP\r\n", OK, "CRSET\r\n", "S500 No\r\n"], &[V::RsetRefused]),
        // Every server knows NOOP, so the 500 was for a line of the chunk.
        (&["S500 What?\r\n", "CNOOP\r\n", "S500 What?\r\n", OK, "CRSET\r\n", "S500 No\r\n"], &[V::RsetRefused]),
        // One reply more than the commands have.
        (&["S500 What?\r\n", "CHELP\r\n", "S502 No\r\n", "S500 What?\r\n"], &[]),
        // QUIT has a reply, so none is missing.
        (&["S500 What?\r\n", "CHELP\r\n", "S502 No\r\n"], &[]),
        // Eight commands with one reply each: the server read a chunk, and the last reply answers nothing.
        (
            &[&["S502 No\r\n"][..], &unknown.repeat(9), &["CNOOP\r\n", OK, OK]].concat(),
            &[&[V::ChunkOrLines][..], &[V::UnsolicitedReply]].concat(),
        ),
        (&[&["S502 No\r\n"][..], &unknown.repeat(6), &["CNOOP\r\n", OK, OK]].concat(), &[]),
    ];
    for (pieces, expected) in cases {
        let pieces = [&[bdat.as_str()], *pieces].concat();
        let mut found = found(&offered("HELP", &pieces));
        found.retain(|kind| !matches!(kind, V::BdatNotOffered | V::UnknownVerb | V::OfferedNotImplemented));
        assert_eq!(found, *expected, "{pieces:?}");
    }
    // If the server offers CHUNKING, its replies to a BDAT of wrong syntax may be for lines, or for each recipient of LMTP. No
    // violation is reported.
    for (offer, replies) in [("CHUNKING", "501 No\r\n"), ("CHUNKING", "501 No\r\n500 What?\r\n")] {
        let pieces = [MAIL, OK, RCPT, OK, "CBDAT 12 X\r\nSubject: x\r\n", &format!("S{replies}"), "CRSET\r\n", OK];
        assert_eq!(found(&offered(offer, &pieces)), [V::BdatSyntax], "{pieces:?}");
    }
}

/// RFC 5321 section 4.3.2: 220, 221, 235, 251 and 252 belong to other commands. The message is not accepted.
#[test]
fn a_code_of_another_command_accepts_nothing() {
    for code in ["220", "221", "235", "251", "252"] {
        let reply = format!("S{code} OK\r\n");
        let data = [MAIL, OK, RCPT, OK, DATA, GO, "CHi\r\n.\r\n", &reply];
        let chunk = [MAIL, OK, RCPT, OK, "CBDAT 4 LAST\r\nHi\r\n", &reply];
        for pieces in [&data[..], &chunk] {
            let report = offered("CHUNKING", &[pieces, &MESSAGE].concat());
            assert_eq!(report.messages, 1, "{pieces:?}");
            assert!(found(&report).iter().all(|kind| kind.who() == Side::Server), "{:?}", report.findings);
        }
    }
    // It does not begin a transaction or authenticate either. The client may take it for a success.
    let reply = |text: &'static str| [text, "S220 OK\r\n"];
    for pieces in [
        &[&reply(MAIL)[..], &[RCPT, OK, "CRSET\r\n", OK]].concat(),
        &[&[MAIL, OK][..], &reply(RCPT), &[DATA, "S503 No\r\n", "CRSET\r\n", OK]].concat(),
        &[&reply("CEHLO c.example\r\n")[..], &MESSAGE].concat(),
        &[&["CAUTH PLAIN AGEAYg==\r\n", "S250 OK\r\n"][..], &["CAUTH PLAIN AGEAYg==\r\n", "S235 In\r\n"]].concat(),
    ] {
        let found = found(&offered("AUTH_PLAIN", pieces));
        assert_eq!(found, [V::ReplyNotListed], "{pieces:?}");
    }
    // Only 221 is the positive reply to QUIT.
    let report = session(&[&HELO[..], &["CQUIT\r\n", "S250 Bye\r\n", "S", "C"]].concat());
    assert!(!report.complete);
}

/// RFC 3030 section 2: DATA and BDAT must not be mixed in a transaction, and a failed transaction must be reset.
#[test]
fn violations_of_data_after_bdat() {
    let (bdat, last) = ("CBDAT 2\r\n\r\n", "CBDAT 2 LAST\r\n\r\n");
    let no = "S554 No\r\n";
    let busy = "S503 No\r\n";
    let cases: &[(&[&str], &[V])] = &[
        (&[MAIL, OK, RCPT, OK, bdat, no, DATA, busy], &[V::TransactionNotReset]),
        (&[MAIL, OK, RCPT, OK, last, no, DATA, busy], &[V::TransactionNotReset]),
        (&[MAIL, OK, bdat, no, RCPT, OK, DATA, busy], &[V::CommandOutOfOrder, V::TransactionNotReset]),
        // A server that has forgotten the chunk violates no clause: the chunk was not part of a transaction with recipients.
        (&[MAIL, OK, bdat, no, RCPT, OK, DATA, GO, "C.\r\n", OK], &[V::CommandOutOfOrder, V::TransactionNotReset]),
        (
            &[MAIL, OK, RCPT, OK, bdat, no, DATA, GO, "C.\r\n", OK],
            &[V::TransactionNotReset, V::DataAfterBdatNotRefused],
        ),
        (&[MAIL, OK, RCPT, OK, bdat, no, "CRSET\r\n", OK, MAIL, OK, RCPT, OK, DATA, GO, "C.\r\n", OK], &[]),
        (&[MAIL, OK, RCPT, OK, last, no, MAIL, OK, RCPT, OK, DATA, GO, "C.\r\n", OK], &[]),
        // Sent together: DATA after BDAT is a violation, whatever the reply is.
        (&[MAIL, OK, RCPT, OK, "CBDAT 2\r\n\r\nDATA\r\n", no, busy], &[V::DataAfterBdat]),
        (&[MAIL, OK, RCPT, OK, "CBDAT 2\r\n\r\nDATA\r\n", OK, busy], &[V::DataAfterBdat]),
        // A BDAT after a last one that ended no transaction, or after MAIL.
        (&["CBDAT 0 LAST\r\nBDAT 0 LAST\r\n", "S530 No\r\n", "S530 No\r\n"], &[V::CommandOutOfOrder]),
        (&[MAIL, OK, RCPT, OK, last, OK, MAIL, "S451 No\r\n", last, no], &[V::CommandOutOfOrder]),
        (&[MAIL, OK, RCPT, OK, last, OK, last, no], &[V::BdatAfterLast, V::BdatAfterLastNotRefused]),
    ];
    for (pieces, expected) in cases {
        assert_eq!(found(&offered("PIPELINING CHUNKING", pieces)), *expected, "{pieces:?}");
    }
}

/// A server that reads a chunk as lines may join the last of them with the next command of the client. If that is BDAT, its chunk
/// is read as lines too, and the server answers them (RFC 3030 section 2).
#[test]
fn the_chunk_of_a_bdat_that_is_joined_with_a_line_is_lines() {
    let lines = [&HELO[..], &["CBDAT 5\r\nFOO\r\n", "S500 What?\r\n500 What?\r\n"]].concat();
    let pieces = ["CBDAT 2\r\nNOBDAT 12\r\nNOOP\r\nRSET\r\n", "S500 What?\r\n500 What?\r\n250 OK\r\n250 OK\r\n"];
    let report = session(&[&lines[..], &pieces, &MESSAGE, &QUIT].concat());
    let blamed = found(&report).into_iter().filter(|kind| kind.who() == Side::Server).collect::<Vec<_>>();
    assert_eq!((report.messages, blamed, report.complete), (1, Vec::new(), true));
}
