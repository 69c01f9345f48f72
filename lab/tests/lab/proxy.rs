//! `proxy`: passes octets on as they are, and judges them.

use crate::harness::{Server, connect, directory, read_all, read_until, run, text};
use crate::tls::certificate;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;

/// Octets that no server would send, and that a proxy of lines would change.
#[test]
fn octets_are_passed_on_unchanged() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let (record, to) = (directory("proxy-raw"), server.local_addr().unwrap().to_string());
    let arguments = ["proxy", "--listen", "127.0.0.1:0", "--to", &to, "--record", record.to_str().unwrap()];
    let proxy = Server::start(&arguments, 1);
    let mut client = proxy.connect();
    let (mut served, _) = server.accept().unwrap();
    let octets: Vec<u8> = (0..=255).chain(*b"\n\r\r\n.\r\n").collect();
    for to_server in [true, false] {
        let (from, to) = if to_server { (&mut client, &mut served) } else { (&mut served, &mut client) };
        from.write_all(&octets).unwrap();
        let mut heard = vec![0; octets.len()];
        to.read_exact(&mut heard).unwrap();
        assert_eq!(heard, octets);
    }
}

#[test]
fn sessions_are_recorded_and_judged() {
    let mock = Server::mock(&[]);
    let (record, to) = (directory("proxy-record"), mock.addresses[0].to_string());
    let arguments = ["proxy", "--listen", "127.0.0.1:0", "--to", &to, "--record", record.to_str().unwrap()];
    let mut proxy = Server::start(&arguments, 1);
    let mut stream = connect(proxy.addresses[0]);
    for (line, end) in [
        ("", "ESMTP\r\n"),
        ("EHLO client.example\r\n", "PLAIN LOGIN\r\n"),
        ("AUTH PLAIN AHVzZXIAc2VjcmV0\r\n", "succeeded\r\n"),
        ("MAIL FROM: <joe@client.example>\r\n", "Sender OK\r\n"),
    ] {
        stream.write_all(line.as_bytes()).unwrap();
        read_until(&mut stream, end);
    }
    // As it happens: the session goes on.
    let mut printed = proxy.wait_for("space-after-colon");
    stream.write_all(b"QUIT\r\n").unwrap();
    read_all(&mut stream);
    drop(stream);
    printed.push_str(&proxy.wait_for(".jsonl"));
    assert!(printed.contains("C: AUTH PLAIN ***\n"), "{printed}");
    assert!(!printed.contains("AHVz"), "{printed}");
    let audited = run(&["audit", "--json", record.join("1.jsonl").to_str().unwrap()], b"");
    let audited = (audited.status.code(), text(&audited.stdout));
    assert_eq!(audited.0, Some(1));
    assert!(audited.1.contains("space-after-colon") && audited.1.contains("\"complete\":true"), "{}", audited.1);
}

/// After STARTTLS, or from the first octet, it ends TLS on both sides, and sees what is said.
#[test]
fn tls_is_ended_on_both_sides() {
    let (options, _) = certificate("proxy-tls");
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let ca = options[1];
    let mock = ["mock", "--listen", "127.0.0.1:0", "--listen-tls", "127.0.0.1:0", "--require-auth"];
    let mock = Server::start(&[&mock[..], &options].concat(), 2);
    for (way, policy, to, last) in [("end", "must", 0, "1-tls.jsonl"), ("implicit", "implicit", 1, "1.jsonl")] {
        let record = directory(&format!("proxy-tls-{way}"));
        let to = format!("localhost:{}", mock.addresses[to].port());
        let proxy =
            ["proxy", "--listen", "127.0.0.1:0", "--to", &to, "--record", record.to_str().unwrap(), "--tls", way];
        let mut proxy = Server::start(&[&proxy[..], &options, &["--ca", ca]].concat(), 1);
        let through = format!("localhost:{}", proxy.addresses[0].port());
        let send = ["send", "--server", &through, "--from", "joe@client.example", "--to", "ann@mx.example"];
        let send = [&send[..], &["--tls", policy, "--ca", ca, "--auth", "user:secret"]].concat();
        let sent = run(&send, b"Subject: hello\n\nhello\n");
        assert_eq!(sent.status.code(), Some(0), "{way}: {}", text(&sent.stdout));
        let printed = proxy.wait_for(".jsonl");
        assert!(
            printed.contains("C: MAIL FROM:<joe@client.example>") && printed.contains(" 0 violations"),
            "{printed}"
        );
        let recorded = fs::read_to_string(record.join(last)).unwrap();
        assert!(recorded.contains("Subject: hello"), "{recorded}");
        for secret in ["secret", "AHVzZXIAc2VjcmV0"] {
            assert!(!printed.contains(secret) && !recorded.contains(secret), "{printed} {recorded}");
        }
        let audited = run(&["audit", record.join(last).to_str().unwrap()], b"");
        assert_eq!(audited.status.code(), Some(0), "{}", text(&audited.stdout));
    }
}

/// RFC 3207 section 4.1: whoever is not content with the other's certificate goes on no further. The client hears of no success.
#[test]
fn a_server_that_is_not_trusted_gets_nothing() {
    let (options, _) = certificate("proxy-trust");
    let (others, _) = certificate("proxy-others");
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let mock = Server::mock(&options);
    let (record, to) = (directory("proxy-distrust"), format!("localhost:{}", mock.addresses[0].port()));
    let record = record.to_str().unwrap();
    let proxy =
        ["proxy", "--listen", "127.0.0.1:0", "--to", &to, "--record", record, "--tls", "end", "--ca", &others[1]];
    let mut proxy = Server::start(&[&proxy[..], &options].concat(), 1);
    let through = format!("localhost:{}", proxy.addresses[0].port());
    let send =
        ["send", "--server", &through, "--from", "", "--to", "ann@mx.example", "--tls", "must", "--ca", options[1]];
    assert_eq!(run(&send, b"hello").status.code(), Some(75));
    let printed = proxy.wait_for(".jsonl");
    assert!(printed.contains("no TLS with the server: ") && !printed.contains("MAIL"), "{printed}");
}
