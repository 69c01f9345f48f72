//! `send`: the last lines and the exit status, TLS policies, credentials, and next hops.

use crate::harness::{Server, directory, run, text};
use crate::tls::certificate;
use std::fs;
use std::net::TcpListener;

/// Sends to these recipients, and returns the exit status, and what was printed.
fn send(server: &str, to: &[&str], options: &[&str]) -> (i32, String) {
    let mut arguments = vec!["send", "--server", server, "--from", "joe@client.example"];
    arguments.extend(to.iter().flat_map(|to| ["--to", to]));
    arguments.extend(options);
    let output = run(&arguments, b"Subject: hello\n\n.dot\nlast");
    (output.status.code().unwrap(), text(&output.stdout) + &text(&output.stderr))
}

fn last_lines(printed: &str, count: usize) -> Vec<&str> {
    let lines: Vec<&str> = printed.lines().collect();
    lines[lines.len() - count..].to_vec()
}

#[test]
fn each_recipient_has_its_fate() {
    let server = Server::mock_with_api(&[]);
    let address = server.addresses[0].to_string();
    let (status, printed) = send(&address, &["ann@mx.example", "no@mx.example", "later@mx.example"], &[]);
    let expected = [
        "ann@mx.example: delivered (250 2.0.0 OK)",
        "no@mx.example: refused (550 5.1.1 Not here)",
        "later@mx.example: deferred (450 4.2.1 Not here now)",
    ];
    assert_eq!((status, last_lines(&printed, 3)), (75, expected.to_vec()), "{printed}");
    assert_eq!(send(&address, &["ann@mx.example"], &["--bdat"]).0, 0);
    assert_eq!(send(&address, &["no@mx.example"], &[]).0, 69);
    for message in 1..=2 {
        let (_, _, octets) = server.request("GET", &format!("/api/messages/{message}/raw"), "", "");
        assert_eq!(text(&octets), "Subject: hello\r\n\r\n.dot\r\nlast\r\n");
    }
    // What we send has no violation.
    let sessions = server.get("/api/sessions");
    assert!(sessions.as_array().unwrap().iter().all(|session| session["violations"] == 0), "{sessions}");
}

/// The reply that decided, and whether trying again may help, for faults of a server at each place.
#[test]
fn faults_of_the_server() {
    for (fault, status, fate) in [
        ("greeting=554 5.3.2 closed", 69, "refused (554"),
        ("greeting=drop", 75, "deferred ("),
        ("mail=450", 75, "deferred (450"),
        ("data=554", 69, "refused (554"),
        ("data=drop", 75, "deferred ("),
        ("eod=554", 69, "refused (554"),
        // The whole message was sent, and nobody knows.
        ("eod=drop", 75, "unknown ("),
        ("quit=drop", 0, "delivered (250"),
    ] {
        let server = Server::mock(&["--fault", fault]);
        let (found, printed) = send(&server.addresses[0].to_string(), &["ann@mx.example"], &[]);
        let last = last_lines(&printed, 1)[0].to_owned();
        assert!(last.starts_with(&format!("ann@mx.example: {fate}")), "{fault}: {printed}");
        assert_eq!(found, status, "{fault}: {printed}");
    }
    // Nobody listens there, or nobody answers.
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    assert_eq!(send(&gone, &["ann@mx.example"], &[]).0, 75);
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent_at = silent.local_addr().unwrap().to_string();
    assert_eq!(send(&silent_at, &["ann@mx.example"], &["--timeout", "1"]).0, 75);
}

#[test]
fn lmtp() {
    let server = Server::mock(&["--lmtp"]);
    let (status, printed) = send(&server.addresses[0].to_string(), &["a@mx.example", "b@mx.example"], &["--lmtp"]);
    assert_eq!(status, 0, "{printed}");
    assert!(printed.contains("C: LHLO localhost\n"), "{printed}");
}

#[test]
fn policies_of_tls() {
    let (options, _) = certificate("send-tls");
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let ca = options[1];
    let mut arguments = vec!["mock", "--listen", "127.0.0.1:0", "--listen-tls", "127.0.0.1:0"];
    arguments.extend(&options);
    let secure = Server::start(&arguments, 2);
    let plain = Server::mock(&[]);
    let at = |port: u16| format!("localhost:{port}");
    let (starttls, implicit) = (at(secure.addresses[0].port()), at(secure.addresses[1].port()));
    let plain = at(plain.addresses[0].port());
    for (server, options, status, has_tls) in [
        (&starttls, vec!["--tls", "off"], 0, false),
        (&starttls, vec![], 0, true),
        (&plain, vec!["--tls", "may"], 0, false),
        (&starttls, vec!["--tls", "must", "--ca", ca], 0, true),
        // Nobody has signed the certificate.
        (&starttls, vec!["--tls", "must"], 75, false),
        (&plain, vec!["--tls", "must", "--ca", ca], 75, false),
        (&implicit, vec!["--tls", "implicit", "--ca", ca], 0, false),
        (&implicit, vec!["--tls", "implicit"], 75, false),
    ] {
        let (found, printed) = send(server, &["ann@mx.example"], &options);
        assert_eq!(found, status, "{server} {options:?}: {printed}");
        let within = printed.contains("goes on in TLS") && printed.contains("delivered");
        assert_eq!(within, has_tls, "{server} {options:?}: {printed}");
        assert!(status == 0 || !printed.contains("C: MAIL"), "{printed}");
    }
}

#[test]
fn no_credential_is_printed() {
    let server = Server::mock(&["--require-auth"]);
    let address = server.addresses[0].to_string();
    let path = directory("send-auth");
    let (file, record) = (path.join("credentials"), path.join("record"));
    fs::write(&file, "user:secret\n").unwrap();
    for (number, options) in [["--auth", "user:secret"], ["--auth-file", file.to_str().unwrap()]].iter().enumerate() {
        let options = [&options[..], &["--record", record.to_str().unwrap()]].concat();
        let (status, printed) = send(&address, &["ann@mx.example"], &options);
        let recorded = record.join(format!("{}.jsonl", number + 1));
        let octets = fs::read_to_string(&recorded).unwrap();
        assert!(octets.contains("Subject: hello") && !octets.contains("AHVzZXIAc2VjcmV0"), "{octets}");
        let audited = run(&["audit", "--json", recorded.to_str().unwrap()], b"");
        let audited = (audited.status.code(), text(&audited.stdout));
        assert!(audited.0 == Some(0) && audited.1.contains("\"complete\":true"), "{audited:?}");
        assert_eq!(status, 0, "{printed}");
        assert!(printed.contains("C: AUTH PLAIN ***\n") && !printed.contains("secret") && !printed.contains("dXNlcg"));
    }
    // Not even where they cannot be used.
    fs::write(&file, "secret\n").unwrap();
    let (status, printed) = send(&address, &["ann@mx.example"], &["--auth-file", file.to_str().unwrap()]);
    assert_eq!((status, printed.contains("--auth-file"), printed.contains("secret\n")), (2, true, false), "{printed}");
}

/// RFC 7505, and a host that has no address.
#[test]
fn next_hops_without_dns() {
    let hop = |mx: &str| {
        let output = run(&["send", "--mx", mx, "--from", "", "--to", "ann@mx.example", "--timeout", "20"], b"x");
        (output.status.code(), text(&output.stdout))
    };
    let (status, printed) = hop("mx.example=.:0");
    assert_eq!(status, Some(69), "{printed}");
    let (status, printed) = hop("mx.example=one.invalid:10,two.invalid:20");
    assert_eq!(status, Some(75), "{printed}");
    assert!(printed.contains("two.invalid"), "the last that was tried: {printed}");
}
