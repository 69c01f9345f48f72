//! What holds of every subcommand: help, version, and what is told of a bad argument.

use crate::harness::{directory, lab, run, text};
use std::io::Read;
use std::net::TcpListener;
use std::process::Stdio;

const SUBCOMMANDS: [&str; 7] = ["audit", "conform", "mock", "proxy", "results", "send", "vectors"];

#[test]
fn help_and_version_are_answers() {
    for arguments in [vec!["--help"], vec!["--version"]]
        .into_iter()
        .chain(SUBCOMMANDS.into_iter().flat_map(|name| [vec![name, "--help"], vec![name, "--version"]]))
    {
        let output = run(&arguments, b"");
        assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""), "{arguments:?}");
        assert!(text(&output.stdout).contains(if arguments.contains(&"--version") { "0.1.0" } else { "Usage:" }));
    }
}

/// On standard error, exit status 2, and with the name of what is wrong.
#[test]
fn bad_arguments_are_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let record = directory("bad-arguments");
    let record = record.join("record");
    let record = record.to_str().unwrap();
    for (arguments, named) in [
        (vec![], "Usage"),
        (vec!["lunch"], "lunch"),
        (vec!["mock", "--lunch"], "--lunch"),
        (vec!["mock", "--fault", "rcpt"], "--fault"),
        (vec!["mock", "--fault", "rcpt=250"], "250"),
        (vec!["mock", "--fault", "lunch=450"], "lunch"),
        (vec!["mock", "--listen", "nowhere"], "nowhere"),
        (vec!["mock", "--listen", &taken], &taken),
        (vec!["mock", "--cert", "/nonexistent/cert.pem"], "--key"),
        (vec!["mock", "--cert", "/nonexistent/cert.pem", "--key", "/nonexistent/key.pem"], "/nonexistent/cert.pem"),
        (vec!["mock", "--out", "/dev/null/x"], "/dev/null/x"),
        (vec!["mock", "--record", "/dev/null/x"], "/dev/null/x"),
        (vec!["proxy", "--listen", "127.0.0.1:0"], "--to"),
        (vec!["proxy", "--listen", &taken, "--to", "127.0.0.1:1", "--record", record], &taken),
        (vec!["proxy", "--listen", "127.0.0.1:0", "--to", "127.0.0.1:1", "--tls", "lunch"], "lunch"),
        (
            vec!["proxy", "--listen", "127.0.0.1:0", "--to", "x.example:1", "--tls", "end", "--ca", "/nonexistent/x"],
            "/nonexistent/x",
        ),
        (vec!["proxy", "--listen", "127.0.0.1:0", "--to", "a b:1", "--tls", "end"], "--to"),
        (vec!["send", "--from", "", "--to", "a@b.example"], "--server"),
        (vec!["send", "--server", "localhost:1", "--from", ""], "--to"),
        (vec!["send", "--server", "localhost:1", "--from", "", "--to", "a b"], "a b"),
        (vec!["send", "--server", "localhost:1", "--from", "", "--to", "a@b.example", "--notify", "LUNCH"], "LUNCH"),
        (
            vec!["send", "--server", "localhost:1", "--from", "", "--to", "a@b.example", "/nonexistent/x"],
            "/nonexistent/x",
        ),
        (
            vec!["send", "--server", "localhost:1", "--from", "", "--to", "a@b.example", "--ca", "/nonexistent/x"],
            "/nonexistent/x",
        ),
        (vec!["send", "--server", "localhost:1", "--from", "", "--to", "a@b.example", "--tls", "lunch"], "lunch"),
        (vec!["send", "--mx", "lunch", "--from", "", "--to", "a@b.example"], "lunch"),
        (vec!["send", "--mx", "c.example=mx.example:1", "--from", "", "--to", "a@b.example"], "b.example"),
        (vec!["conform", "server"], "HOST:PORT"),
        (vec!["conform", "server", "nowhere"], "nowhere"),
        (vec!["conform", "server", "127.0.0.1:1", "--rcpt", "a b"], "--rcpt"),
        (vec!["conform", "server", "127.0.0.1:1", "--auth", "joe"], "--auth"),
        (vec!["conform", "server", "127.0.0.1:1", "--only", "lunch"], "lunch"),
        (vec!["conform", "server", "127.0.0.1:1", "--known", "/nonexistent/x"], "/nonexistent/x"),
        (vec!["conform", "server", "127.0.0.1:1", "--junit", "/dev/null/x"], "/dev/null/x"),
        (vec!["conform", "server", "127.0.0.1:1", "--timeout", "0"], "--timeout"),
        (vec!["results"], "<FILES>"),
        (vec!["results", "/nonexistent/file"], "/nonexistent/file"),
        (vec!["audit"], "<FILES>"),
        (vec!["audit", "/nonexistent/file"], "/nonexistent/file"),
        (vec!["audit", "--junit", "/dev/null/x", "-"], "/dev/null/x"),
    ] {
        let output = run(&arguments, b"");
        let told = text(&output.stderr);
        assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(2), ""), "{arguments:?}: {told}");
        assert!(told.contains(named), "{arguments:?}: {told}");
        assert!(!told.contains("panicked"), "{told}");
    }
}

#[test]
fn a_closed_pipe_ends_it_silently() {
    let mut child = lab()
        .args(["audit", "--json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"S: 220 mx.example\n").unwrap();
    let mut told = String::new();
    child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    child.wait().unwrap();
    assert_eq!(told, "");
}

/// The same vectors with the same results as the example of smtp-testkit.
#[test]
fn vectors() {
    let vector = br#"{"id": "a", "kind": "domain", "input": "mx.example", "expect": "accept", "value": "mx.example"}"#;
    let output = run(&["vectors"], vector);
    assert_eq!((output.status.code(), text(&output.stdout).contains(r#""result":"accept""#)), (Some(0), true));
    assert_eq!(text(&run(&["vectors", "--check"], vector).stdout), "1 vectors, 0 differences\n");
    let wrong = text(vector).replace("accept", "reject");
    assert_eq!(run(&["vectors", "--check", "-"], wrong.as_bytes()).status.code(), Some(1));
    assert_eq!(run(&["vectors"], b"lunch\n").status.code(), Some(2));
    assert_eq!(run(&["vectors", "/nonexistent/file"], b"").status.code(), Some(2));
}
