//! `mock`: what it takes and keeps, what it prints, faults, and its end.

use crate::harness::{MESSAGE, Server, codes, directory, read_all, read_until, run, text};
use std::fs;
use std::io::Write;

#[test]
fn it_keeps_messages_and_overwrites_nothing() {
    let out = directory("mock-out");
    let old = ["1.eml", "1.json", "7.json", "notes.txt", "99.txt"];
    old.into_iter().for_each(|name| fs::write(out.join(name), name).unwrap());
    // Two write to it. The numbers go on after those of messages that are there.
    let servers = [(); 2].map(|()| Server::mock(&["--out", out.to_str().unwrap()]));
    for (server, number) in servers.iter().zip([8, 9]) {
        let heard = server.dialogue(MESSAGE);
        assert_eq!(codes(&heard), ["220", "250", "250", "250", "354", "250", "221"], "{heard}");
        let kept = fs::read_to_string(out.join(format!("{number}.eml"))).unwrap();
        assert_eq!(kept, "Subject: hello\r\n\r\n.dot\r\n");
        let envelope: serde_json::Value =
            serde_json::from_slice(&fs::read(out.join(format!("{number}.json"))).unwrap()).unwrap();
        let expected = (&"joe@client.example".into(), &vec!["ann@mx.example"].into());
        assert_eq!((&envelope["from"], &envelope["to"]), expected);
    }
    old.into_iter().for_each(|name| assert_eq!(fs::read_to_string(out.join(name)).unwrap(), name));
}

/// Each line with its state, and what is wrong with it beneath, with the clause.
#[test]
fn it_prints_the_dialogue_and_violations() {
    let mut server = Server::mock(&[]);
    server.dialogue("HELO client.example\r\nMAIL FROM: <joe@client.example>\r\nQUIT\r\n");
    let printed = server.wait_for("server closes");
    assert!(printed.contains("#1 C: MAIL FROM: <joe@client.example>\n#1    ^ client must: "), "{printed}");
    assert!(printed.contains("RFC 5321 3.3") && printed.contains("[mail]"), "{printed}");
}

#[test]
fn it_prints_and_records_no_credential() {
    let record = directory("mock-record");
    let mut server = Server::mock(&["--record", record.to_str().unwrap(), "--require-auth"]);
    let mut stream = server.connect();
    // RFC 4954 section 4; the user is `user`, the password `secret`.
    for (line, code) in [
        ("", "220"),
        ("EHLO client.example\r\n", "250"),
        ("MAIL FROM:<joe@client.example>\r\n", "530"),
        ("AUTH LOGIN\r\n", "334"),
        ("dXNlcg==\r\n", "334"),
        ("c2VjcmV0\r\n", "235"),
        ("AUTH PLAIN AHVzZXIAc2VjcmV0\r\n", "503"),
        ("c2VjcmV0\r\n", "500"),
        ("QUIT\r\n", "221"),
    ] {
        stream.write_all(line.as_bytes()).unwrap();
        let mut heard = read_until(&mut stream, "\r\n");
        while heard.lines().last().unwrap().as_bytes()[3] == b'-' {
            heard.push_str(&read_until(&mut stream, "\r\n"));
        }
        assert!(heard.starts_with(code), "{line}: {heard}");
    }
    drop(stream);
    let printed = server.wait_for("221");
    let (status, rest) = server.stop();
    assert!(status.success());
    let recorded = fs::read_to_string(record.join("1.jsonl")).unwrap();
    for written in [printed + &rest, recorded] {
        assert!(!["c2VjcmV0", "dXNlcg", "AHVzZXI", "secret"].iter().any(|part| written.contains(part)), "{written}");
    }
    // What is recorded is what was said, but for the credentials.
    let audited = run(&["audit", "--json", record.join("1.jsonl").to_str().unwrap()], b"");
    let last: serde_json::Value = serde_json::from_str(text(&audited.stdout).lines().last().unwrap()).unwrap();
    assert_eq!((&last["summary"]["commands"], &last["summary"]["replies"]), (&6.into(), &9.into()), "{last}");
}

#[test]
fn faults() {
    for (fault, expected) in [
        ("greeting=554 5.3.2 closed", vec!["554"]),
        ("ehlo=421", vec!["220", "421"]),
        ("mail=450", vec!["220", "250", "450"]),
        ("rcpt=450", vec!["220", "250", "250", "450"]),
        ("rcpt=drop", vec!["220", "250", "250"]),
        ("data=drop", vec!["220", "250", "250", "250"]),
        ("content=drop", vec!["220", "250", "250", "250", "354"]),
        ("eod=554", vec!["220", "250", "250", "250", "354", "554"]),
        ("quit=drop", vec!["220", "250", "250", "250", "354", "250"]),
        ("rcpt=delay:0.05", vec!["220", "250", "250", "250", "354", "250", "221"]),
    ] {
        let server = Server::mock(&["--fault", fault]);
        let mut stream = server.connect();
        let mut heard = String::new();
        // In lock-step, so that no reply is lost with a connection that is dropped.
        for line in [
            "",
            "EHLO a.example\r\n",
            "MAIL FROM:<>\r\n",
            "RCPT TO:<ann@mx.example>\r\n",
            "DATA\r\n",
            "x\r\n.\r\n",
            "QUIT\r\n",
        ] {
            if stream.write_all(line.as_bytes()).is_err() {
                break;
            }
            let mut octet = [0];
            let before = heard.len();
            while !heard[before..]
                .lines()
                .last()
                .is_some_and(|last| last.len() > 3 && last.as_bytes()[3] == b' ' && heard.ends_with("\r\n"))
            {
                match std::io::Read::read(&mut stream, &mut octet) {
                    Ok(1) => heard.push(char::from(octet[0])),
                    _ => break,
                }
            }
            let last = codes(&heard).last().copied().unwrap_or_default().to_owned();
            if codes(&heard).len() >= expected.len() && (last.starts_with('4') || last.starts_with('5')) {
                break;
            }
        }
        assert_eq!(codes(&heard), expected, "{fault}: {heard}");
    }
}

/// A person at `nc` is told what is wrong.
#[test]
fn a_bare_line_feed_is_explained() {
    let server = Server::mock(&[]);
    let heard = server.dialogue("HELO me\n");
    assert!(heard.contains("421") && heard.contains("bare LF") && heard.contains("RFC 5321 section 2.3.8"), "{heard}");
}

#[test]
fn lmtp_answers_for_each_recipient() {
    let server = Server::mock(&["--lmtp"]);
    let heard = server.dialogue(
        "LHLO a.example\r\nMAIL FROM:<>\r\nRCPT TO:<a@mx.example>\r\nRCPT TO:<b@mx.example>\r\nRCPT TO:<no@mx.example>\r\n\
         DATA\r\nx\r\n.\r\nQUIT\r\n",
    );
    assert_eq!(codes(&heard), ["220", "250", "250", "250", "250", "550", "354", "250", "250", "221"], "{heard}");
}

#[test]
fn connections_are_limited() {
    let server = Server::mock(&["--connections", "1"]);
    let mut first = server.connect();
    read_until(&mut first, "\r\n");
    assert!(server.dialogue("").starts_with("421 "));
}

/// RFC 5321 section 3.8.
#[test]
fn a_signal_ends_it_with_421() {
    let server = Server::mock(&["--fault", "rcpt=delay:1000"]);
    let mut idle = server.connect();
    read_until(&mut idle, "\r\n");
    let mut delayed = server.connect();
    delayed.write_all(b"EHLO a.example\r\nMAIL FROM:<>\r\nRCPT TO:<a@mx.example>\r\n").unwrap();
    read_until(&mut delayed, "250 2.1.0 Sender OK\r\n");
    let stopping = std::thread::spawn(|| server.stop());
    for stream in [&mut idle, &mut delayed] {
        assert!(read_all(stream).starts_with("421 "));
    }
    drop((idle, delayed));
    let (status, _) = stopping.join().unwrap();
    assert_eq!(status.code(), Some(0));
}
