//! The example `audit`: how it reads a recording, and which octets it must not print.

use crate::{all_sessions, talk};
use invariants::cases::cases;
use proptest::prelude::*;
use smtp_core::observer::Side;
use smtp_testkit::recording::{self, Capture, Record, play, without_secrets};
use std::fs;
use std::path::Path;

/// Reads a recording with this text.
fn open(name: &str, text: &str) -> Result<Capture, String> {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, text).unwrap();
    Capture::open(path)
}

#[test]
fn a_record_of_data_and_the_end_is_both() {
    let text = r#"{"meta": "by hand"}
{"dir": "S", "data": "220 mx.example\r\n"}
{"dir": "C", "data": "QUIT\r\n", "eof": true}
{"dir": "S", "data": "221 Bye\r\n", "eof": false}
{"dir": "S", "data": null, "eof": true}
"#;
    let capture = open("data-and-end.jsonl", text).unwrap();
    let data = |side, text: &str| Record::Data(side, text.as_bytes().to_vec());
    let expected = [
        data(Side::Server, "220 mx.example\r\n"),
        data(Side::Client, "QUIT\r\n"),
        Record::Eof(Side::Client),
        data(Side::Server, "221 Bye\r\n"),
        Record::Eof(Side::Server),
    ];
    assert_eq!(capture.records, expected);
    let report = play(&capture, |_| {});
    assert_eq!((report.findings.len(), report.commands, report.replies, report.complete), (0, 1, 2, true));

    for line in [r#"{"dir": "C"}"#, r#"{"dir": "C", "eof": false}"#, r#"{"dir": "C", "data": 7, "eof": true}"#] {
        assert!(open("no-record.jsonl", line).is_err(), "{line}");
    }
}

/// A log has captures one after another, each with its name.
#[test]
fn a_log_is_its_sessions() {
    let log = r#"{"meta": {"by": "hand", "session": "1"}}
{"dir": "S", "data": "220 mx.example\r\n"}
{"dir": "S", "eof": true}
{"meta": {"session": "1-tls", "within_tls": true}}
{"dir": "C", "data": "EHLO a.example\r\n"}
{"meta": {"session": "2"}}
"#;
    let sessions = Capture::read_all(log.as_bytes()).unwrap();
    let shape: Vec<_> =
        sessions.iter().map(|(name, capture)| (name.as_str(), capture.records.len(), capture.within_tls)).collect();
    assert_eq!(shape, [("1", 2, false), ("1-tls", 1, true), ("2", 0, false)]);
    assert!(Capture::read(log.as_bytes()).is_err(), "not one session");
    let one = &log[..log.find("{\"meta\": {\"session\": \"1-tls").unwrap()];
    assert_eq!(Capture::read(one.as_bytes()).unwrap().records.len(), 2);
    // Without names it is one session, and so is a transcript.
    let unnamed = one.replace(", \"session\": \"1\"", "").repeat(2);
    assert_eq!(Capture::read(unnamed.as_bytes()).unwrap().records.len(), 4);
    assert_eq!(Capture::read_all(b"S: 220 mx.example\n").unwrap()[0].0, "");
}

/// The credential is AGEAYg==, in whatever form the client has sent the command.
#[test]
fn credentials_are_not_printed() {
    let commands = [
        "AUTH PLAIN AGEAYg==\r\n",
        "auth\tplain\tAGEAYg==\r\n",
        "AUTH\tPLAIN AGEAYg==\r\n",
        "AUTH PLAIN\tAGEAYg==\r\n",
        "AUTH  PLAIN  AGEAYg==\r\n",
        "\tAUTH PLAIN AGEAYg==\r\n",
        "AUTH\u{B}PLAIN\u{C}AGEAYg==\r\n",
        "AUTH PLAIN\nAGEAYg==\r\n",
        "AUTH PLAIN \nAGEAYg==\r\n",
        "AUTH PLAIN\rAGEAYg==\r\n",
        "AUTH PLAIN\r\nAGEAYg==\r\n",
    ];
    for command in commands {
        let session = [
            (Side::Server, "220 mx.example\r\n"),
            (Side::Client, "EHLO a.example\r\n"),
            (Side::Server, "250-mx.example\r\n250 AUTH PLAIN\r\n"),
            (Side::Client, command),
            (Side::Server, if command.ends_with("PLAIN\r\nAGEAYg==\r\n") { "334 \r\n" } else { "501 No\r\n" }),
            (Side::Client, "NOOP\r\n"),
        ];
        let printed = print(&session);
        assert!(printed.contains("***") && !printed.contains("AGEA"), "{command:?}:\n{printed}");
        let hides_too_much = printed.contains("PLAIN***") || !printed.contains("C: NOOP");
        assert!(!hides_too_much, "{command:?}:\n{printed}");
    }
}

/// To the server these lines are commands: the client did not wait for the reply to AUTH.
#[test]
fn credentials_after_a_refused_auth_are_not_printed() {
    let session = [
        (Side::Server, "220 mx.example\r\n"),
        (Side::Client, "EHLO a.example\r\n"),
        (Side::Server, "250-mx.example\r\n250 AUTH PLAIN LOGIN\r\n"),
        (Side::Client, "AUTH LOGIN\r\nam9l\r\nAGEAYg== x\r\nRSET\r\nFOO\r\n"),
        (Side::Server, "535 No\r\n500 What?\r\n500 What?\r\n250 OK\r\n500 What?\r\n"),
        (Side::Client, " AUTH\tLOGIN\r\n"),
        (Side::Server, "500 What?\r\n"),
        (Side::Client, "cGFzcw==\r\n"),
        (Side::Server, "500 What?\r\n"),
    ];
    let printed = print(&session);
    assert_eq!(printed.matches("C: ***\n").count(), 3, "{printed}");
    assert!(["am9l", "AGEA", "cGFz"].iter().all(|secret| !printed.contains(secret)), "{printed}");
    assert!(printed.contains("C: RSET\n") && printed.contains("C: FOO\n"), "{printed}");
}

/// What the client sends after the server has refused AUTH LOGIN is a command if it begins with a registered verb. The rest may be
/// a credential.
#[test]
fn a_command_after_a_refused_auth_is_printed() {
    let refused = |line: &str| {
        let session = [
            (Side::Server, "220 mx.example\r\n"),
            (Side::Client, "EHLO a.example\r\n"),
            (Side::Server, "250-mx.example\r\n250 AUTH LOGIN\r\n"),
            (Side::Client, "AUTH LOGIN\r\n"),
            (Side::Server, "535 No\r\n"),
            (Side::Client, line),
            (Side::Server, "501 No\r\n"),
        ];
        print(&session)
    };
    for line in ["MAIL FORM:<a@b.example>", "RCPT TO:<a b@c.example>", "mail", "RSET now"] {
        let printed = refused(&format!("{line}\r\n"));
        assert!(printed.contains(&format!("C: {line}\n")), "{printed}");
    }
    for line in ["am9l", "cGFzcw==", "MAILBOX", "pass word"] {
        let printed = refused(&format!("{line}\r\n"));
        assert!(printed.contains("C: ***\n") && !printed.contains(line), "{printed}");
    }
}

/// Returns the recording without its credentials.
fn masked(capture: &Capture) -> Capture {
    let mut masked = capture.clone();
    without_secrets(&mut masked.records, &play(capture, |_| {}));
    masked
}

fn judged(capture: &Capture) -> impl PartialEq + std::fmt::Debug + use<> {
    let report = play(capture, |_| {});
    (report.findings, report.states, (report.commands, report.replies, report.messages, report.complete))
}

#[test]
fn recorded_sessions_are_judged_the_same_without_credentials() {
    for (name, capture) in all_sessions() {
        assert_eq!(judged(&masked(&capture)), judged(&capture), "{name}");
    }
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn any_talk_is_judged_the_same_without_credentials(talk in talk()) {
        prop_assert_eq!(judged(&masked(&talk)), judged(&talk));
    }

    /// RFC 4954 section 4: the response to a challenge, the initial response, and a line that the client sends although AUTH was
    /// refused.
    #[test]
    fn any_credential_is_masked_and_judged_the_same(secret in credential(), place in 0..3_usize) {
        let (before, code) = [("AUTH LOGIN", "334 "), ("AUTH PLAIN ", "501 No"), ("AUTH LOGIN", "504 No")][place];
        let line = [&secret[..], b"\r\n"].concat();
        let mut records: Vec<Record> = [
            (Side::Server, "220 mx.example\r\n"),
            (Side::Client, "EHLO a.example\r\n"),
            (Side::Server, "250-mx.example\r\n250 AUTH PLAIN LOGIN\r\n"),
            (Side::Client, before),
        ]
        .into_iter()
        .map(|(side, text)| Record::Data(side, text.into()))
        .collect();
        if place == 1 {
            records.push(Record::Data(Side::Client, line));
            records.push(Record::Data(Side::Server, format!("{code}\r\n").into_bytes()));
        } else {
            records.push(Record::Data(Side::Client, b"\r\n".to_vec()));
            records.push(Record::Data(Side::Server, format!("{code}\r\n").into_bytes()));
            records.push(Record::Data(Side::Client, line));
            records.push(Record::Data(Side::Server, b"500 No\r\n".to_vec()));
        }
        let capture = Capture { records, is_transcript: false, within_tls: false };
        let without = masked(&capture);
        prop_assert_eq!(judged(&without), judged(&capture));
        // The last word of the client has nothing of the credential but its class.
        let sent = |capture: &Capture| -> Vec<u8> {
            let of_client = |record: &Record| match record {
                Record::Data(Side::Client, octets) => octets.clone(),
                _ => Vec::new(),
            };
            capture.records.iter().flat_map(of_client).collect()
        };
        let left = sent(&without);
        prop_assert_eq!(left.len(), sent(&capture).len());
        let words = secret.split(|octet| *octet == b' ').filter(|word| word.len() > 3);
        for word in words.filter(|word| word.iter().any(|octet| !b"AX=#-+\xFF".contains(octet))) {
            prop_assert!(!left.windows(word.len()).any(|window| window == word), "{:?}", left.escape_ascii().to_string());
        }
    }
}

/// Returns credentials in base64, and what clients send in its place.
fn credential() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        "[A-Za-z0-9+/]{4,16}={0,2}".prop_map(String::into_bytes),
        "[A-Za-z0-9_-]{1,12}".prop_map(String::into_bytes),
        "[xX][A-Za-z0-9]{3,9}".prop_map(String::into_bytes),
        "[!-~]{1,12}( [!-~]{1,12})?".prop_map(String::into_bytes),
        "[a-zäß€😀]{1,9}".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>().prop_filter("no line end", |octet| !b"\r\n".contains(octet)), 1..12),
    ]
}

/// C0, DEL and C1, the last in UTF-8 and as single octets, would be commands to a terminal.
#[test]
fn controls_of_a_peer_are_escaped() {
    let session = [
        (Side::Server, "220 mx.example \u{1b}[2J\u{9b}31m\u{85}\u{7f}\r\n"),
        (Side::Client, "EHLO a\u{90}b\u{0}\u{8}\r\n"),
        (Side::Server, "501 \tNo\r\n"),
        (Side::Client, "NOOP a\rb\r\n"),
    ];
    let mut raw = print(&session);
    for octet in 0x80..=0x9F {
        let record = |octet| Record::Data(Side::Server, [&b"220 "[..], &[octet, b'\r', b'\n']].concat());
        let capture = Capture { records: vec![record(octet)], is_transcript: true, within_tls: false };
        raw.push_str(&printed(&capture));
    }
    assert!(raw.chars().all(|c| c == '\n' || !c.is_control()), "{raw:?}");
    assert!(raw.contains("\\u{1b}[2J\\u{9b}31m\\u{85}\\u{7f}") && raw.contains("\\x9b"), "{raw}");
}

fn print(session: &[(Side, &str)]) -> String {
    let records = session.iter().map(|(side, text)| Record::Data(*side, text.as_bytes().to_vec())).collect();
    printed(&Capture { records, is_transcript: true, within_tls: false })
}

fn printed(capture: &Capture) -> String {
    let mut out = Vec::new();
    recording::print(&mut out, capture, &play(capture, |_| {}), false).unwrap();
    String::from_utf8(out).unwrap()
}

/// A credential is masked wherever a peer may take it for one: after a bare LF, in octets that nobody has read, after STARTTLS in
/// clear, after a line that is too long, and after `AUTH=`.
#[test]
fn credentials_in_odd_places_are_masked() {
    const SECRET: &str = "AGpvZQBzZWNyZXQ=";
    let auth = format!("AUTH PLAIN {SECRET}\r\n");
    let begin = [(Side::Server, "220 mx.example\r\n"), (Side::Client, "EHLO a.example\r\n")];
    let offer = (Side::Server, "250-mx.example\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN\r\n");
    let long = format!("NOOP {}", "a".repeat(65_531));
    let rest = format!("{}\r\n{auth}", "a".repeat(4000));
    let bare = format!("EHLO c\nAUTH PLAIN {SECRET}\nQUIT\n");
    let within = format!("NOOP\nAUTH PLAIN {SECRET}\r\n");
    let pipelined = format!("AUTH PLAIN AA==\r\nNOOP\r\n{auth}");
    let in_clear = format!("STARTTLS\r\n{auth}");
    let equals = format!("AUTH=PLAIN {SECRET}\r\n");
    let sessions: [&[(Side, &str)]; 6] = [
        &[begin[0], (Side::Client, &bare)],
        &[begin[0], begin[1], offer, (Side::Client, &within), (Side::Server, "500 What?\r\n")],
        &[begin[0], begin[1], offer, (Side::Client, &pipelined)],
        &[begin[0], begin[1], offer, (Side::Client, &in_clear), (Side::Server, "220 Go on\r\n")],
        &[
            begin[0],
            begin[1],
            offer,
            (Side::Client, &long),
            (Side::Client, &rest),
            (Side::Server, "500 No\r\n500 No\r\n"),
        ],
        &[begin[0], begin[1], offer, (Side::Client, &equals), (Side::Server, "500 What?\r\n")],
    ];
    for session in sessions {
        let records = session.iter().map(|(side, text)| Record::Data(*side, text.as_bytes().to_vec())).collect();
        let mut capture = Capture { records, is_transcript: false, within_tls: false };
        for closes in [false, true] {
            if closes {
                capture.records.extend([Record::Eof(Side::Server), Record::Eof(Side::Client)]);
            }
            let without = masked(&capture);
            let sent: Vec<u8> = without
                .records
                .iter()
                .flat_map(|record| match record {
                    Record::Data(Side::Client, octets) => octets.clone(),
                    _ => Vec::new(),
                })
                .collect();
            let sent = String::from_utf8_lossy(&sent);
            assert!(!sent.contains(SECRET), "{}", sent.chars().take(200).collect::<String>());
            assert_eq!(judged(&without), judged(&capture));
        }
    }
}
