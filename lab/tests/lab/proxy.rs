//! `proxy`: passes octets on as they are, and judges them.

use crate::harness::{Server, connect, directory, read_all, read_until, run, text};
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
