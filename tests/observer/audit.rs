//! The example `audit`: how it reads a recording, and which octets it must not print.

use smtp_core::observer::Side;
use smtp_testkit::recording::{self, Capture, Record, play};
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
