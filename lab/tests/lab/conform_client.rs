//! `conform client`: our own client passes, and the ends of a command that hangs, cannot be run, or is none.

use crate::harness::{connect, lab, read_all, read_until, run, text};
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

/// Runs it on `smtp-lab send`, and returns the exit status and the objects that it prints.
fn conform(options: &[&str], of_send: &[&str]) -> (i32, Vec<Value>) {
    let mut arguments = vec!["conform", "client", "--json"];
    arguments.extend(options);
    arguments.extend(["--", env!("CARGO_BIN_EXE_smtp-lab"), "send", "--server", "{host}:{port}", "--from", "{from}"]);
    arguments.extend(["--to", "{to}", "--to", "{to2}", "{message}"]);
    arguments.extend(of_send);
    let output = run(&arguments, b"");
    assert_eq!(text(&output.stderr), "");
    let objects = text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (output.status.code().unwrap(), objects)
}

/// The names of the checks with this verdict.
fn with<'a>(objects: &'a [Value], verdict: &str) -> Vec<&'a str> {
    let found = objects.iter().filter(|object| object["verdict"] == verdict);
    found.map(|object| object["check"].as_str().unwrap()).collect()
}

#[test]
fn our_client_passes() {
    for (options, of_send) in [(&["--strict"][..], &[][..]), (&["--strict", "--lmtp"], &["--lmtp"])] {
        let (status, objects) = conform(options, of_send);
        assert_eq!((status, with(&objects, "fail"), with(&objects, "inconclusive")), (0, vec![], vec![]));
        let summary = &objects.last().unwrap()["summary"];
        assert!(summary["pass"].as_u64().unwrap() >= 100, "{summary}");
        assert_eq!(summary["fail"], 0);
    }
}

#[test]
fn our_client_passes_with_chunks_and_credentials() {
    let (status, objects) = conform(&["--only", "3030,chunk-refused,deliver-with-extensions"], &["--bdat"]);
    assert_eq!((status, with(&objects, "fail")), (0, vec![]), "{objects:?}");
    let (status, objects) = conform(&["--only", "4954,auth-any-case,3207"], &["--auth", "joe:secret", "--ca", "{ca}"]);
    assert_eq!((status, with(&objects, "fail")), (0, vec![]), "{objects:?}");
    let passed = with(&objects, "pass");
    for id in ["auth-535", "auth-form", "auth-any-case", "auth-last-in-group", "starttls-forgets", "starttls-injection"]
    {
        assert!(passed.contains(&id), "{id}: {objects:?}");
    }
    // No credential is shown: joe, NUL, secret in base64 begins so.
    assert!(!objects.iter().any(|object| object.to_string().contains("AGpvZQBzZWNyZXQ=")));
}

/// The verdict and the octets of both sides stand in the object of a check.
#[test]
fn a_false_claim_is_told_with_its_octets() {
    let script = "exec 3<>/dev/tcp/{host}/{port}; \
        for line in '' 'EHLO a.example' 'MAIL FROM:<{from}>' 'RCPT TO:<{to}>' DATA 'x: y\r\n.' QUIT; \
        do [ -z \"$line\" ] || printf '%b\\r\\n' \"$line\" >&3; read -r reply <&3; \
        while [ \"${reply:3:1}\" = - ]; do read -r reply <&3; done; done";
    let output = run(&["conform", "client", "--json", "--only", "end-554", "--", "bash", "-c", script], b"");
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let printed = text(&output.stdout);
    let object: Value = serde_json::from_str(printed.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&object["check"], &object["verdict"], &object["level"]),
        (&"end-554".into(), &"fail".into(), &"must".into())
    );
    assert_eq!(object["clause"], "RFC 5321 4.2.5");
    assert!(object["octets"]["client"].as_str().unwrap().ends_with("DATA\r\nx: y\r\n.\r\nQUIT\r\n"), "{object}");
    assert!(object["octets"]["server"].as_str().unwrap().ends_with("554 Rejected\r\n221 Bye\r\n"), "{object}");
}

#[test]
fn a_command_that_hangs_is_killed() {
    let hang = ["--timeout", "1", "--", "sh", "-c", "tail -f /dev/null; true"];
    let output = run(&[&["conform", "client", "--json", "--only", "deliver,end-554"], &hang[..]].concat(), b"");
    let printed = text(&output.stdout);
    let verdicts: Vec<Value> = printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    // Nothing is known of what it would do, or claim.
    assert_eq!(with(&verdicts, "inconclusive"), ["deliver", "end-554"], "{printed}");
    assert_eq!(output.status.code(), Some(2));
    let missing = run(&["conform", "client", "--", "/nonexistent/client"], b"");
    assert_eq!((missing.status.code(), text(&missing.stderr).contains("/nonexistent/client")), (Some(2), true));
}

#[test]
fn the_message_and_the_list() {
    let message = text(&run(&["conform", "client", "--message"], b"").stdout);
    assert!(message.contains("\r\n.\r\n") && !message.is_ascii() && message.ends_with("\r\n"), "{message}");
    let list = text(&run(&["conform", "client", "--list"], b"").stdout);
    assert!(list.lines().count() >= 50);
    assert!(list.contains("content-dots") && list.contains("RFC 5321 4.5.2"), "{list}");
    assert!(list.contains("observer-closed-without-quit"), "{list}");
}

/// Without a command it says where to connect, and judges whoever does.
#[test]
fn anybody_can_connect() {
    let arguments = ["conform", "client", "--only", "content-dots", "--timeout", "20"];
    let mut child = lab().args(arguments).stdout(Stdio::piped()).spawn().unwrap();
    let mut printed = BufReader::new(child.stdout.take().unwrap());
    let message = run(&["conform", "client", "--message"], b"").stdout;
    let stuffed = text(&message).replace("\r\n.", "\r\n..");
    let mut verdicts = String::new();
    loop {
        let mut line = String::new();
        assert!(printed.read_line(&mut line).unwrap() > 0, "{verdicts}");
        verdicts.push_str(&line);
        let Some((_, address)) = line.trim_end().split_once(": connect to ") else { break };
        let mut stream = connect(address.parse().unwrap());
        read_until(&mut stream, "\r\n");
        for (sent, end) in
            [("EHLO a.example\r\n", "\r\n250 "), ("MAIL FROM:<>\r\n", "\r\n"), ("RCPT TO:<a@b.example>\r\n", "\r\n")]
        {
            stream.write_all(sent.as_bytes()).unwrap();
            read_until(&mut stream, end);
        }
        stream.write_all(b"DATA\r\n").unwrap();
        read_until(&mut stream, "354 Go on\r\n");
        stream.write_all(format!("{stuffed}.\r\nQUIT\r\n").as_bytes()).unwrap();
        assert!(read_all(&mut stream).contains("221"));
    }
    while printed.read_line(&mut verdicts).unwrap() > 0 {}
    assert!(child.wait().unwrap().success(), "{verdicts}");
    assert!(verdicts.contains("1 pass, 0 fail"), "{verdicts}");
}
