//! What holds of every subcommand: help, version, and what is told of a bad argument.

use crate::harness::{directory, lab, run, text};
use std::fs;
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
        assert!(told.lines().count() == 1 || arguments.is_empty(), "{arguments:?}: {told}");
    }
}

/// Files that are not what they should be: one line that names the file or the option, exit status 2, and nothing is overwritten.
#[test]
fn bad_files_are_told() {
    let path = directory("bad-files");
    let file = |name: &str, octets: &[u8]| {
        let file = path.join(name);
        fs::write(&file, octets).unwrap();
        file.to_str().unwrap().to_owned()
    };
    let folder = path.to_str().unwrap();
    let (missing, taken) = (path.join("missing/x"), file("taken", b"mine"));
    let missing = missing.to_str().unwrap();
    let (binary, empty) = (file("binary", &(0..=255).collect::<Vec<u8>>()), file("empty", b""));
    let no_certificate = file("no-certificate.pem", b"hello\n");
    let broken = file("broken.pem", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    let garbage = file("garbage.pcap", b"\xA1\xB2\xC3\xD4 no pcap at all");
    let cut = file("cut.pcapng", b"\x0A\x0D\x0D\x0A\x1C\0\0\0\x4D\x3C");
    let json = file("broken.jsonl", b"{\"dir\": \"C\"\n");
    let no_data = file("no-data.jsonl", b"{\"dir\": \"C\"}\n");
    let wide = file("wide.jsonl", "{\"dir\": \"C\", \"data\": \"\u{20AC}\"}\n".as_bytes());
    let (no_colon, nul) = (file("no-colon", b"secret\n"), file("nul", b"joe\0:secret\n"));
    let no_text = file("no-text", b"joe:\xFFsecret\n");
    let report = path.join("report.xml");
    let report = report.to_str().unwrap();
    let send = ["send", "--server", "127.0.0.1:1", "--from", "", "--to", "a@b.example", &empty];
    let send = |more: &[&'static str], value: &str| {
        let own = send.iter().chain(more).map(|word| (*word).to_owned());
        own.chain([value.to_owned()]).collect::<Vec<_>>()
    };
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    for (arguments, named) in [
        (words(&["audit", folder]), "bad-files: "),
        (words(&["audit", &binary]), "binary: "),
        (words(&["audit", &garbage]), "not a pcap file"),
        (words(&["audit", &cut]), "not a pcap file"),
        (words(&["audit", &json]), "line 1"),
        (words(&["audit", &no_data]), "line 1"),
        (words(&["audit", &wide]), "line 1"),
        (words(&["audit", "\u{1b}[31m"]), "\\u{1b}[31m"),
        (words(&["audit", "--html", &taken, &empty]), "no file is overwritten"),
        (words(&["audit", "--junit", report, "--html", missing, &empty]), "missing/x"),
        (words(&["audit", "--junit", report, "--html", report, &empty]), "report.xml"),
        (words(&["results", folder]), "bad-files: "),
        (words(&["results", &binary]), "binary: "),
        (words(&["results", &json]), "broken.jsonl:1"),
        (words(&["mock", "--out", &taken]), "taken: it is not a directory"),
        (words(&["mock", "--out", "/proc"]), "/proc: no file can be created there"),
        (words(&["mock", "--record", &taken]), "taken: it is not a directory"),
        (words(&["mock", "--log", &taken]), "no file is overwritten"),
        (words(&["mock", "--log", missing]), "missing/x"),
        (words(&["mock", "--cert", &no_certificate, "--key", &no_certificate]), "there is no certificate in it"),
        (words(&["mock", "--cert", &broken, "--key", &broken]), "broken.pem"),
        (words(&["mock", "--fault", "\u{1b}=450"]), "\\u{1b}"),
        (words(&["mock", "--fault", "rcpt=delay:NaN"]), "--fault"),
        (words(&["mock", "--listen", "127.0.0.1:99999"]), "--listen 127.0.0.1:99999"),
        (words(&["mock", "--listen", ""]), "--listen"),
        (words(&["proxy", "--listen", "127.0.0.1:0", "--to", "nowhere"]), "--to"),
        (words(&["proxy", "--listen", "127.0.0.1:0", "--to", "x.example:1", "--record", &taken]), "not a directory"),
        (words(&["proxy", "--listen", "127.0.0.1:0", "--to", "x.example:1", "--ca", &broken]), "--tls"),
        (words(&["send", "--server", "nowhere", "--from", "", "--to", "a@b.example"]), "--server"),
        (words(&["send", "--server", ":25", "--from", "", "--to", "a@b.example"]), "--server"),
        (words(&["send", "--mx", "b.example=mx", "--from", "", "--to", "a@b.example"]), "--mx"),
        (words(&["send", "--mx", "b.example=:1", "--from", "", "--to", "a@b.example"]), "--mx"),
        (words(&["send", "--mx", "b.example=mx:70000", "--from", "", "--to", "a@b.example"]), "--mx"),
        (words(&["send", "--server", "127.0.0.1:1", "--from", "", "--to", "a@b.example", folder]), "bad-files: "),
        (send(&["--auth-file"], &empty), "--auth-file"),
        (send(&["--auth-file"], &no_colon), "--auth-file"),
        (send(&["--auth-file"], &nul), "NUL"),
        (send(&["--auth-file"], &no_text), "no-text"),
        (send(&["--auth-file"], folder), "bad-files: "),
        (send(&["--auth"], ""), "--auth: expected USER"),
        (send(&["--auth"], "joe:"), "neither may be empty"),
        (send(&["--auth-file", "x", "--auth"], "joe:secret"), "--auth"),
        (send(&["--ca"], &no_certificate), "no-certificate.pem"),
        (send(&["--hello"], "a b"), "--hello"),
        (send(&["--timeout"], "soon"), "--timeout"),
        (send(&["--timeout"], "0"), "--timeout"),
        (send(&["--ret"], "LUNCH"), "--ret LUNCH: expected FULL or HDRS"),
        (send(&["--envid"], ""), "--envid"),
        (send(&["--notify"], "NEVER,SUCCESS"), "--notify"),
        (send(&["--record"], &taken), "not a directory"),
        (send(&["--log"], &taken), "no file is overwritten"),
    ] {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let output = run(&arguments, b"");
        let told = text(&output.stderr);
        assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(2), ""), "{arguments:?}: {told}");
        assert!(told.contains(named) && told.lines().count() == 1, "{arguments:?}: {told}");
        assert!(!told.contains("secret"), "{arguments:?}: {told}");
    }
    assert_eq!(fs::read(&taken).unwrap(), b"mine");
    assert!(!fs::exists(report).unwrap(), "a report that nobody asked for any more");
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
