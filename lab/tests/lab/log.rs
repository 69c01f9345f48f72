//! Recordings: what `mock` and `send` write with `--log` and `--record` is judged alike, and no credential is in it.

use crate::harness::{MESSAGE, Server, directory, run, text};
use crate::tls::certificate;
use serde_json::Value;
use std::fs;
use std::net::TcpListener;
use std::path::Path;

/// Returns what `audit` says of these files, without the names of files, in an order of its own.
fn judged(files: &[&Path]) -> Vec<String> {
    let mut arguments = vec!["audit", "--json"];
    arguments.extend(files.iter().map(|file| file.to_str().unwrap()));
    let output = run(&arguments, b"");
    assert!(output.status.code().is_some_and(|code| code < 2), "{}", text(&output.stderr));
    let mut lines: Vec<String> = text(&output.stdout)
        .lines()
        .map(|line| {
            let mut line: Value = serde_json::from_str(line).unwrap();
            assert!(line.as_object_mut().unwrap().remove("file").is_some());
            line.to_string()
        })
        .collect();
    lines.sort_unstable();
    lines
}

/// Holds the log against the captures of the same sessions.
fn compare(log: &Path, record: &Path, sessions: usize) -> Vec<String> {
    let captures: Vec<_> = fs::read_dir(record).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(captures.len(), sessions);
    let of_log = judged(&[log]);
    assert_eq!(of_log, judged(&captures.iter().map(AsRef::as_ref).collect::<Vec<&Path>>()));
    for file in captures.iter().map(AsRef::as_ref).chain([log]) {
        let written = fs::read_to_string(file).unwrap();
        assert!(!["c2VjcmV0", "AHVzZXI", "secret"].iter().any(|part| written.contains(part)), "{written}");
    }
    of_log
}

#[test]
fn the_log_of_mock_is_judged_as_its_captures() {
    let path = directory("log-mock");
    let (log, record) = (path.join("mock.log"), path.join("record"));
    let (certificate, _) = certificate("log-mock-tls");
    let certificate: Vec<&str> = certificate.iter().map(String::as_str).collect();
    let options = ["--log", log.to_str().unwrap(), "--record", record.to_str().unwrap()];
    let server = Server::mock(&[&options[..], &certificate].concat());
    let address = format!("localhost:{}", server.addresses[0].port());
    server.dialogue(MESSAGE);
    server.dialogue("HELO a.example\r\nMAIL FROM: <joe@a.example>\r\nQUIT\r\n");
    // The server refuses the credential that is none, and the command after it has wrong syntax.
    server.dialogue("EHLO a.example\r\nAUTH PLAIN c2VjcmV0!\r\nMAIL FORM:<joe@a.example>\r\nQUIT\r\n");
    // A part in the clear, and a part within TLS.
    let send = ["send", "--server", &address, "--from", "", "--to", "ann@mx.example", "--auth", "user:secret"];
    let send = [&send[..], &["--tls", "must", "--ca", certificate[1]]].concat();
    assert_eq!(run(&send, b"Subject: hello\n\nhello\n").status.code(), Some(0));
    server.stop();
    let lines = compare(&log, &record, 5);
    assert_eq!(lines.iter().filter(|line| line.contains("summary")).count(), 5, "{lines:?}");
    for name in ["space-after-colon", "mail-syntax", "auth-syntax"] {
        assert!(lines.iter().any(|line| line.contains(name)), "{name}: {lines:?}");
    }
    // Each session has its name.
    let printed = text(&run(&["audit", log.to_str().unwrap()], b"").stdout);
    for session in ["1", "2", "3", "4", "4-tls"] {
        assert!(printed.contains(&format!("mock.log#{session}\n")), "{printed}");
    }
}

#[test]
fn the_log_of_send_is_judged_as_its_captures() {
    let path = directory("log-send");
    let (log, record) = (path.join("send.log"), path.join("record"));
    let server = Server::mock(&[]);
    let address = server.addresses[0].to_string();
    let send = ["send", "--server", &address, "--from", "", "--to", "ann@mx.example", "--auth", "user:secret"];
    let send = [&send[..], &["--log", log.to_str().unwrap(), "--record", record.to_str().unwrap()]].concat();
    let sent = run(&send, b"Subject: hello\n\n\x01\n");
    assert_eq!(sent.status.code(), Some(0), "{}", text(&sent.stderr));
    let lines = compare(&log, &record, 1);
    assert!(lines.iter().any(|line| line.contains("control-character")), "{lines:?}");
    // No log is overwritten.
    let before = fs::read(&log).unwrap();
    assert_eq!(run(&send, b"").status.code(), Some(2));
    assert_eq!(fs::read(&log).unwrap(), before);
}

/// Nothing was said, so there is nothing to record, and the name is free for the next attempt.
#[test]
fn a_server_that_is_not_reached_leaves_no_log() {
    let log = directory("log-unreached").join("send.log");
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let server = Server::mock(&[]);
    let clear = server.addresses[0].to_string();
    let send = |address: &str, options: &[&str]| {
        let send =
            ["send", "--server", address, "--from", "", "--to", "ann@mx.example", "--log", log.to_str().unwrap()];
        run(&[&send[..], options].concat(), b"hello").status.code()
    };
    assert_eq!((send(&nobody, &[]), log.exists()), (Some(75), false), "nobody listens");
    assert_eq!((send(&clear, &["--tls", "implicit"]), log.exists()), (Some(75), false), "the server has no TLS");
    assert_eq!((send(&clear, &[]), judged(&[&log]).len()), (Some(0), 1));
}

/// What is printed lacks the content and the order in which octets arrived, so it cannot be judged.
#[test]
fn what_is_printed_is_not_taken_for_a_recording() {
    let server = Server::mock(&[]);
    let address = server.addresses[0].to_string();
    let sent = run(&["send", "--server", &address, "--from", "", "--to", "ann@mx.example"], b"hello");
    let (_, of_mock) = server.stop();
    for printed in [text(&sent.stdout), of_mock] {
        let output = run(&["audit", "-"], printed.as_bytes());
        assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(2), ""), "{printed}");
        assert_eq!(text(&output.stderr).lines().count(), 1, "{}", text(&output.stderr));
    }
}
