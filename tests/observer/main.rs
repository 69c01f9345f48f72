//! Tests of the observer: each violation has a recorded session with that violation only, sessions between real programs are
//! judged as a reader of the RFCs judges them, and the cuts of the octets make no difference.

mod audit;
mod chunks;
mod ends;
mod long_replies;
mod offers;
mod own_sides;
mod sessions;

use invariants::cases::{self, cases};
use proptest::prelude::*;
use serde_json::{Value, json};
use smtp_core::observer::{Observer, ObserverEvent, Side, ViolationKind};
use smtp_testkit::recording::{Capture, Record, play};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Returns the recorded sessions of a folder by name, without the extension.
fn sessions(name: &str) -> BTreeMap<String, Capture> {
    let files = fs::read_dir(folder(name)).unwrap().map(|entry| entry.unwrap().path());
    let named = files.filter(|path| path.extension().is_some_and(|kind| kind == "smtp" || kind == "jsonl"));
    named
        .filter(|path| !path.ends_with("expected.jsonl"))
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), Capture::open(&path).unwrap()))
        .collect()
}

fn all_sessions() -> impl Iterator<Item = (String, Capture)> {
    ["captures", "transcripts", "innocent"].into_iter().flat_map(sessions)
}

fn kinds(capture: &Capture) -> Vec<ViolationKind> {
    play(capture, |_| {}).findings.iter().map(|(_, violation)| violation.kind).collect()
}

/// Returns the violation of one side that must come before this one can occur.
fn provocation(kind: ViolationKind) -> Option<ViolationKind> {
    use ViolationKind as V;
    Some(match kind {
        V::ContentWithoutRecipients => V::DataWithoutRecipientsAccepted,
        V::NestedMailAccepted => V::NestedMail,
        V::RcptWithoutMailAccepted => V::CommandOutOfOrder,
        V::ArgumentAccepted => V::ArgumentNotAllowed,
        V::ParameterAccepted => V::MailParameterNotOffered,
        V::DomainCharacterAccepted => V::DomainCharacter,
        V::HoldAccepted => V::HoldOverLimit,
        V::ByTimeAccepted => V::ByTimeUnderMinimum,
        V::LineFeedAccepted => V::BareLineEndingInCommand,
        V::EndOfDataMisread => V::EndOfDataLookalike,
        V::UnlistedCommandAccepted => V::AuthNotOffered,
        V::RepeatedAuthNotRefused => V::AuthRepeated,
        V::ResponseNotRefused => V::ResponseNotBase64,
        V::AuthInTransactionNotRefused => V::AuthInTransaction,
        V::BdatAfterLastNotRefused => V::BdatAfterLast,
        V::DataAfterBdatNotRefused => V::DataAfterBdat,
        V::BinaryMimeDataNotRefused => V::DataWithBinaryMime,
        V::LmtpHelloAccepted => V::HelloInLmtp,
        V::ChunkOrLines => V::BdatNotOffered,
        _ => return None,
    })
}

#[test]
fn each_violation_has_a_session_with_just_that() {
    let mut sessions = sessions("transcripts");
    for &kind in ViolationKind::ALL {
        let session = sessions.remove(kind.name()).unwrap_or_else(|| panic!("no session with {kind}"));
        let expected: Vec<_> = provocation(kind).into_iter().chain([kind]).collect();
        assert_eq!(kinds(&session), expected, "{kind}");
    }
    assert_eq!(sessions.keys().collect::<Vec<_>>(), ["by-hand"], "sessions without a violation of that name");
}

/// The lines of both sides, in turn.
type Lines = &'static [(Side, &'static str)];

/// Sessions with one fault each, in which a reader that loses its place would find more: the lines of both sides. Before them
/// comes an SMTP session up to the reply to EHLO, and after them QUIT.
const ONE_FAULT: &[(Lines, &[ViolationKind])] = {
    use {Side::Client as C, Side::Server as S, ViolationKind as V};
    &[
        // The client continues after an invalid reply, or after one that ends with a bare LF.
        (&[(C, "NOOP\r\n"), (S, "what?\r\n")], &[V::ReplySyntax]),
        (&[(C, "NOOP\r\n"), (S, "what?\r\n250 OK\r\n")], &[V::ReplySyntax]),
        (&[(C, "NOOP\r\n"), (S, "250 OK\n")], &[V::BareLineEndingInReply]),
        (&[(C, "NOOP\r\n"), (S, "250-O\n250 K\n")], &[V::BareLineEndingInReply]),
        (&[(C, "NOOP\r\n"), (S, "250-O\n250 K\r\n")], &[V::BareLineEndingInReply]),
        (&[(C, "NOOP\r\n"), (S, "250 O\nK\r\n")], &[V::BareLineEndingInReply]),
        (
            &[
                (C, "EHLO c.example\r\n"),
                (S, "250-mx.example\n250 SIZE\n"),
                (C, "MAIL FROM:<> SIZE=1\r\n"),
                (S, "250 OK\r\n"),
            ],
            &[V::BareLineEndingInReply],
        ),
        // The reply to XCLIENT is a greeting, which has no enhanced code; the reply to QUIT lacks one.
        (
            &[
                (C, "EHLO c.example\r\n"),
                (S, "250-mx.example\r\n250-XCLIENT NAME\r\n250 ENHANCEDSTATUSCODES\r\n"),
                (C, "XCLIENT NAME=x\r\n"),
                (S, "220 mx.example\r\n"),
            ],
            &[V::EnhancedCodeMissing],
        ),
        // An invalid code is not reported again as one that the command cannot have, and 334 outside AUTH is not a challenge.
        (&[(C, "NOOP\r\n"), (S, "260 OK\r\n")], &[V::ReplySecondDigit]),
        (&[(C, "NOOP\r\n"), (S, "334 x\r\n")], &[V::ReplyOutOfSequence]),
        (&[(C, "MAIL FROM:<>\r\n"), (S, "354 Go\r\n"), (C, "RSET\r\n"), (S, "250 OK\r\n")], &[V::ReplyOutOfSequence]),
        (&[(C, "AUTH LOGIN\r\n"), (S, "354 Go\r\n")], &[V::ReplyOutOfSequence]),
        // Commands that were sent together with EHLO were sent under the previous offer.
        (&[(C, "EHLO c.example\r\nNOOP\r\n"), (S, "250 mx.example\r\n250 OK\r\n")], &[V::PipeliningPastGroupEnd]),
        // Octets sent with AUTH before the challenge are not a response, and octets sent with DATA before the 354 are not content.
        (&[(C, "AUTH LOGIN\r\nNOOP no\r\n"), (S, "334 \r\n501 No\r\n")], &[V::AuthNotLastInGroup]),
        (
            &[
                (C, "MAIL FROM:<>\r\nRCPT TO:<a@mx.example>\r\nDATA\r\nHi\r\n.\r\n"),
                (S, "250 O\r\n250 K\r\n354 Go\r\n250 OK\r\n"),
            ],
            &[V::PipeliningPastGroupEnd],
        ),
        (
            &[
                (C, "MAIL FROM:<>\r\nRCPT TO:<a@mx.example>\r\nDATA\r\nHi\r\n.\r\n"),
                (S, "250 O\r\n550 No\r\n554 No\r\n500 What?\r\n500 What?\r\n"),
            ],
            &[V::PipeliningPastGroupEnd],
        ),
    ]
};

#[test]
fn one_fault_is_one_violation() {
    let offer = "250-mx.example\r\n250-PIPELINING\r\n250 AUTH LOGIN\r\n";
    let before = [(Side::Server, "220 mx.example\r\n"), (Side::Client, "EHLO c.example\r\n"), (Side::Server, offer)];
    let quit = [(Side::Client, "QUIT\r\n"), (Side::Server, "221 Bye\r\n")];
    for (lines, expected) in ONE_FAULT {
        let lines = before.iter().chain(*lines).chain(&quit);
        let records = lines.map(|(side, text)| Record::Data(*side, text.as_bytes().to_vec())).collect();
        assert_eq!(kinds(&Capture { records, is_transcript: true, within_tls: false }), *expected, "{expected:?}");
    }
    // The reply to QUIT itself.
    for (text, expected) in
        [("221 Bye\n", vec![ViolationKind::BareLineEndingInReply]), ("500 What?\r\n", vec![ViolationKind::QuitRefused])]
    {
        let answer = (Side::Server, text);
        let lines = before.iter().chain(&quit[..1]).chain([&answer]);
        let data = lines.map(|(side, text)| Record::Data(*side, text.as_bytes().to_vec()));
        let records = data.chain([Record::Eof(Side::Server), Record::Eof(Side::Client)]).collect();
        assert_eq!(kinds(&Capture { records, is_transcript: false, within_tls: false }), expected);
    }
}

#[test]
fn names_are_unique_and_clauses_are_clauses() {
    let names: BTreeMap<_, _> = ViolationKind::ALL.iter().map(|kind| (kind.name(), kind)).collect();
    assert_eq!(names.len(), ViolationKind::ALL.len());
    for kind in ViolationKind::ALL {
        assert!(kind.name().bytes().all(|octet| octet.is_ascii_lowercase() || octet.is_ascii_digit() || octet == b'-'));
        let (rfc, section) = kind.clause().strip_prefix("RFC ").and_then(|clause| clause.split_once(' ')).unwrap();
        assert!(rfc.bytes().all(|octet| octet.is_ascii_digit()), "{}", kind.clause());
        assert!(section.split('.').all(|part| part.parse::<u8>().is_ok()), "{}", kind.clause());
        assert!(!kind.text().ends_with('.'));
        assert_eq!(kind.to_string(), kind.name());
    }
}

/// `tests/captures/expected.jsonl` has the findings of a reader of the RFCs for each capture, in the format of the example.
#[test]
fn captures_are_judged_as_expected() {
    let expected = fs::read_to_string(folder("captures").join("expected.jsonl")).unwrap();
    let expected: Vec<Value> = expected.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut found = Vec::new();
    let mut captures = sessions("captures");
    captures.insert("by-hand".to_owned(), Capture::open(folder("transcripts").join("by-hand.smtp")).unwrap());
    for (file, capture) in captures {
        let report = play(&capture, |_| {});
        for (record, violation) in &report.findings {
            let kind = violation.kind;
            found.push(json!({
                "file": file, "record": record, "who": kind.who().name(), "violation": kind.name(),
                "clause": kind.clause(), "level": kind.level().name(),
            }));
        }
        let summary = json!({
            "commands": report.commands, "replies": report.replies, "messages": report.messages,
            "violations": report.findings.len(), "encrypted": report.encrypted, "complete": report.complete,
        });
        found.push(json!({"file": file, "summary": summary}));
    }
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(found, expected);
    }
    assert_eq!(found.len(), expected.len());
}

/// `tests/innocent/expected.json` has the number of messages that the server accepts in each dialogue. The server commits no
/// violation.
#[test]
fn an_innocent_server_is_not_blamed() {
    let expected = fs::read_to_string(folder("innocent").join("expected.json")).unwrap();
    let expected: BTreeMap<String, Value> = serde_json::from_str(&expected).unwrap();
    let dialogues = sessions("innocent");
    assert_eq!(dialogues.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (name, dialogue) in dialogues {
        let report = play(&dialogue, |_| {});
        let of_server = report.findings.iter().filter(|(_, found)| found.who() == Side::Server).count();
        let found = json!({ "messages": report.messages, "server_violations": of_server });
        assert_eq!(found, expected[&name], "{name}: {:?}", report.findings);
    }
}

/// An event without its borrowed octets. The pieces of a content are joined at its end.
#[derive(Debug, PartialEq)]
enum Recorded {
    Command(Vec<u8>, String),
    Response(Vec<u8>),
    Content(Vec<u8>),
    Other(String),
}

fn events(capture: &Capture) -> Vec<Recorded> {
    let mut events = Vec::new();
    let mut content = Vec::new();
    play(capture, |event| match event {
        ObserverEvent::Content(octets) => content.extend_from_slice(octets),
        ObserverEvent::ContentEnd => events.push(Recorded::Content(std::mem::take(&mut content))),
        ObserverEvent::Command { line, command } => {
            events.push(Recorded::Command(line.to_vec(), format!("{command:?}")))
        }
        ObserverEvent::Response(line) => events.push(Recorded::Response(line.to_vec())),
        event => events.push(Recorded::Other(format!("{event:?}"))),
    });
    events.push(Recorded::Content(content));
    events
}

/// Returns the same capture with each piece of one side divided further.
fn divided(capture: &Capture, divide: impl Fn(usize, &[u8]) -> Vec<Vec<u8>>) -> Capture {
    let mut records = Vec::new();
    let mut at = 0;
    for record in &capture.records {
        match record {
            Record::Data(side, octets) => {
                records.extend(divide(at, octets).into_iter().map(|piece| Record::Data(*side, piece)));
                at += octets.len();
            }
            Record::Eof(side) => records.push(Record::Eof(*side)),
        }
    }
    Capture { records, is_transcript: capture.is_transcript, within_tls: false }
}

#[test]
fn no_cut_makes_a_difference() {
    for (name, capture) in all_sessions() {
        let whole = events(&capture);
        let octets = divided(&capture, |_, octets| octets.iter().map(|&octet| vec![octet]).collect());
        assert_eq!(events(&octets), whole, "{name}, octet by octet");
    }
}

#[test]
fn no_cut_in_two_makes_a_difference() {
    for (name, capture) in all_sessions() {
        let whole = events(&capture);
        let length: usize = capture
            .records
            .iter()
            .map(|record| match record {
                Record::Data(_, octets) => octets.len(),
                Record::Eof(_) => 0,
            })
            .sum();
        for cut in 0..length {
            let cut_once = divided(&capture, |at, octets| match cut.checked_sub(at) {
                Some(within @ 1..) if within < octets.len() => {
                    vec![octets[..within].to_vec(), octets[within..].to_vec()]
                }
                _ => vec![octets.to_vec()],
            });
            assert_eq!(events(&cut_once), whole, "{name}, cut at octet {cut}");
        }
    }
}

/// Generates words of the protocol, whole and in pieces, and other octets.
fn noise() -> impl Strategy<Value = Vec<u8>> {
    let word = prop::sample::select(vec![
        "EHLO a.example\r\n",
        "HELO a.example\r\n",
        "LHLO a.example\r\n",
        "MAIL FROM:<a@b.example>\r\n",
        "RCPT TO:<c@d.example>\r\n",
        "DATA\r\n",
        "x\r\n.\r\n",
        ".\r\n",
        "BDAT 4\r\n",
        "BDAT 9 LAST\r\n",
        "BDAT 0 LAST\r\n",
        "RSET\r\n",
        "QUIT\r\n",
        "NOOP\r\n",
        "NOOP\n",
        "STARTTLS\r\n",
        "AUTH PLAIN\r\n",
        "AUTH PLAIN AA==\r\n",
        "*\r\n",
        "250 OK\r\n",
        "250-mx.example\r\n",
        "250 PIPELINING\r\n",
        "250-CHUNKING\r\n250 AUTH PLAIN\r\n",
        "354 go\r\n",
        "334 \r\n",
        "235 in\r\n",
        "220 mx.example\r\n",
        "221 bye\r\n",
        "421 bye\r\n",
        "500 what\r\n",
        "503 no\r\n",
        "250 OK\n",
        "354 go\n",
        "what\r\n",
        "550-no\r\n",
        "199 x\r\n",
        "\r",
        "\n",
        "\r\n",
        " ",
        ".",
        "2",
        "\u{0}",
        "é",
    ]);
    let piece = prop_oneof![
        8 => word.prop_map(|word| word.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..20),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

fn talk() -> impl Strategy<Value = Capture> {
    let record = prop_oneof![
        6 => noise().prop_map(|octets| Record::Data(Side::Client, octets)),
        6 => noise().prop_map(|octets| Record::Data(Side::Server, octets)),
        1 => Just(Record::Eof(Side::Client)),
        1 => Just(Record::Eof(Side::Server)),
    ];
    prop::collection::vec(record, 0..20).prop_map(|records| Capture {
        records,
        is_transcript: false,
        within_tls: false,
    })
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn any_talk_is_observed_to_its_end_however_it_is_cut(talk in talk()) {
        let whole = events(&talk);
        let octets = divided(&talk, |_, octets| octets.iter().map(|&octet| vec![octet]).collect());
        prop_assert_eq!(events(&octets), whole);
    }
}

#[test]
fn debug_does_not_show_credentials() {
    let mut observer = Observer::new();
    let mut text = String::new();
    for (mut client, mut server) in [
        (&b""[..], &b"220 mx.example\r\n"[..]),
        (b"EHLO a.example\r\n", b""),
        (b"", b"250-mx.example\r\n250 AUTH PLAIN LOGIN\r\n"),
        (b"AUTH PLAIN AGpvZQBzZWNyZXQ=\r\n", b""),
        (b"", b"535 no\r\n"),
        (b"AUTH LOGIN\r\n", b""),
        (b"", b"334 VXNlcm5hbWU6\r\n"),
        (b"c2VjcmV0\r\n", b""),
        // Lines of a client that does not wait, after a refused AUTH.
        (b"", b"535 no\r\n"),
        (b"cGFzcw==\r\n", b"500 what?\r\n"),
        (b"AUTH LOGIN\r\nam9lYW5u\r\nd29yZA== x\r\n", b"504 no\r\n"),
        (b"", b"500 what?\r\n500 what?\r\n"),
        (b"AUTH SCRAM-SHA-1 c2NyYW0=\r\ncGFzcw\r\n", b"504 no\r\n"),
    ] {
        while let Some(event) = observer.next_event(&mut client, &mut server) {
            text.push_str(&format!("{event:?}\n{observer:?}\n"));
        }
    }
    assert!(text.contains("Response([redacted])"));
    for secret in ["AGpvZQBzZWNyZXQ", "c2VjcmV0", "cGFzcw", "am9lYW5u", "d29yZA", "c2NyYW0"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
}

/// The line of a client that a peer may read as several lines, one of them AUTH, is not shown, and not logged by a program that
/// asks. Nor are AUTH with its credentials, and a credential that the server reads as a command.
#[test]
fn lines_that_hold_a_credential_are_known() {
    const SECRET: &str = "AGpvZQBzZWNyZXQ=";
    for (line, secret) in [
        ("AUTH PLAIN $", true),
        ("AUTH PLAIN $ $", true),
        ("AUTH PLAIN $\nNOOP", true),
        ("AUTH=PLAIN $", true),
        ("NOOP\nAUTH PLAIN $", true),
        ("XFOO\rAUTH PLAIN $", true),
        ("NOOP \n\n auth plain $\nQUIT", true),
        ("EHLO c.example\nAUTH LOGIN\n$", true),
        ("AUTH LOGIN", false),
        ("NOOP AUTH", false),
        ("NOOP\nQUIT", false),
        ("MAIL FROM:<a@b.example> AUTH=<>", false),
    ] {
        let line = format!("{}\r\n", line.replace('$', SECRET));
        let (mut client, mut server) = (line.as_bytes(), &b""[..]);
        let mut observer = Observer::within_tls();
        let mut shown = String::new();
        while let Some(event) = observer.next_event(&mut client, &mut server) {
            shown.push_str(&format!("{event:?}\n{observer:?}\n"));
            if let ObserverEvent::Violation(violation) = event {
                shown.push_str(&violation.to_string());
            }
        }
        assert!(!shown.contains(SECRET) && shown.contains("Command("), "{line:?}: {shown}");
        assert_eq!(observer.may_be_credential(), secret, "{line:?}");
    }
}

#[test]
fn debug_shows_octets_as_they_are_written() {
    assert_eq!(format!("{:?}", ObserverEvent::Content(b"a\xFF\r\n")), r#"Content("a\xff\r\n")"#);
}
