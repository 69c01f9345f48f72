//! The example `send` against servers that are scripts, over a socket: what it prints for each recipient, and that it sends QUIT.

#[path = "../../examples/send.rs"]
#[allow(dead_code, reason = "the tests call what `main` calls")]
mod example;

#[path = "../delivery/scenario.rs"]
mod scenario;

use scenario::Scenario;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

/// The octets that the client must have sent last before the server continues, and the octets that the server sends then.
type Turn = (&'static str, &'static str);

const GREETING: Turn = ("", "220 mx.example ESMTP\r\n");
const EHLO: Turn = ("EHLO localhost\r\n", "250-mx.example\r\n250 ENHANCEDSTATUSCODES\r\n");
const CHUNKING: Turn = ("EHLO localhost\r\n", "250-mx.example\r\n250 CHUNKING\r\n");
const LHLO: Turn = ("LHLO localhost\r\n", "250-mx.example\r\n250 PIPELINING\r\n");
const MAIL: Turn = ("MAIL FROM:<joe@client.example>\r\n", "250 2.1.0 ok\r\n");
const ANN: Turn = ("RCPT TO:<ann@mx.example>\r\n", "250 2.1.5 ok\r\n");
const BOB: Turn = ("RCPT TO:<bob@mx.example>\r\n", "250 2.1.5 ok\r\n");
const DATA: Turn = ("DATA\r\n", "354 go\r\n");
/// The group of commands if PIPELINING is offered (RFC 2920 section 3.1).
const GROUP: Turn = (
    "MAIL FROM:<joe@client.example>\r\nRCPT TO:<ann@mx.example>\r\nRCPT TO:<bob@mx.example>\r\nDATA\r\n",
    "250 2.1.0 ok\r\n250 2.1.5 ok\r\n250 2.1.5 ok\r\n354 go\r\n",
);
const QUIT: Turn = ("QUIT\r\n", "221 2.0.0 bye\r\n");
const CHUNK: &str = "BDAT 7 LAST\r\nHello\r\n";
const END: &str = "Hello\r\n.\r\n";

/// Plays the script, and closes at its end. Returns what the client has sent.
fn serve(mut stream: TcpStream, script: &[Turn]) -> String {
    let (mut received, mut buffer) = (Vec::new(), [0; 4096]);
    let mut asked = 0;
    for (last, reply) in script {
        while !received.get(asked..).unwrap().ends_with(last.as_bytes()) {
            match stream.read(&mut buffer) {
                Ok(0) | Err(_) => return String::from_utf8(received).unwrap(),
                Ok(count) => received.extend_from_slice(buffer.get(..count).unwrap()),
            }
        }
        asked = received.len();
        stream.write_all(reply.as_bytes()).unwrap();
    }
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    _ = stream.read_to_end(&mut received);
    String::from_utf8(received).unwrap()
}

struct Sent {
    status: u8,
    /// The last lines printed, one for each recipient.
    fates: Vec<String>,
    /// The octets that the server received.
    received: String,
}

/// Sends "Hello" to this server.
fn sent(script: &[Turn], recipients: &[&str], flags: &[&str]) -> Sent {
    deliver(b"Hello\n", script, recipients, flags)
}

fn deliver(message: &[u8], script: &[Turn], recipients: &[&str], flags: &[&str]) -> Sent {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let server = listener.local_addr().unwrap().to_string();
    let mut arguments = vec!["--server", &server, "--from", "joe@client.example"];
    arguments.extend(recipients.iter().flat_map(|to| ["--to", to]));
    arguments.extend(flags);
    let mut console = Vec::new();
    let (status, received) = thread::scope(|scope| {
        let server = scope.spawn(|| serve(listener.accept().unwrap().0, script));
        let arguments = arguments.iter().map(|argument| (*argument).to_owned());
        let status = example::deliver(arguments, &mut &message[..], &mut console).unwrap();
        (status, server.join().unwrap())
    });
    let lines: Vec<String> = String::from_utf8(console).unwrap().lines().map(str::to_owned).collect();
    let fates = lines.get(lines.len().saturating_sub(recipients.len())..).unwrap().to_vec();
    Sent { status, fates, received }
}

fn to_ann(script: &[Turn], flags: &[&str]) -> (u8, String, String) {
    let Sent { status, mut fates, received } = sent(script, &["ann@mx.example"], flags);
    (status, fates.remove(0), received)
}

#[test]
fn all_is_well() {
    let script = [GREETING, EHLO, MAIL, ANN, BOB, DATA, (END, "250 2.0.0 queued\r\n"), QUIT];
    let sent = sent(&script, &["ann@mx.example", "bob@mx.example"], &[]);
    assert_eq!(
        sent.fates,
        ["ann@mx.example: delivered (250 2.0.0 queued)", "bob@mx.example: delivered (250 2.0.0 queued)",]
    );
    assert_eq!(sent.status, 0);
    assert!(sent.received.ends_with("QUIT\r\n"));
}

/// RFC 5321 section 4.2: a surplus reply is not the next answer. A message that the server refuses with 554 is never "delivered",
/// wherever the surplus reply is.
#[test]
fn surplus_replies() {
    let surplus = "a reply that nothing asked for: 250 surplus";
    let refused: Turn = (CHUNK, "554 5.7.1 no\r\n");
    let scripts: [&[Turn]; 5] = [
        &[("", "220 mx.example\r\n250 surplus\r\n"), CHUNKING, MAIL, ANN, refused, QUIT],
        &[GREETING, (CHUNKING.0, "250-mx.example\r\n250 CHUNKING\r\n250 surplus\r\n"), MAIL, ANN, refused, QUIT],
        &[GREETING, CHUNKING, (MAIL.0, "250 2.1.0 ok\r\n250 surplus\r\n"), ANN, refused, QUIT],
        &[GREETING, CHUNKING, MAIL, (ANN.0, "250 2.1.5 ok\r\n250 surplus\r\n"), refused, QUIT],
        // In two pieces: "25" arrives before the next command is sent, the rest after it.
        &[GREETING, CHUNKING, MAIL, (ANN.0, "250 2.1.5 ok\r\n25"), (CHUNK, "0 surplus\r\n554 5.7.1 no\r\n"), QUIT],
    ];
    for (at, script) in scripts.into_iter().enumerate() {
        let (status, fate, _) = to_ann(script, &["--bdat"]);
        // At the last place the message may have been sent whole when the surplus reply was seen; then its fate is unknown.
        let word = if at == 4 { "unknown" } else { "deferred" };
        assert_eq!((status, fate.as_str()), (75, &*format!("ann@mx.example: {word} ({surplus})")), "script {at}");
    }
    // A second banner.
    let (status, fate, _) = to_ann(&[("", "220 a.example\r\n220 b.example\r\n"), EHLO, MAIL, ANN, DATA], &[]);
    assert_eq!(status, 75);
    assert_eq!(fate, "ann@mx.example: deferred (a reply that nothing asked for: 220 b.example)");
    // A message that was accepted before stays accepted.
    let script = [GREETING, CHUNKING, MAIL, ANN, (CHUNK, "250 2.0.0 queued\r\n250 surplus\r\n"), QUIT];
    let (status, fate, _) = to_ann(&script, &["--bdat"]);
    assert_eq!((status, fate.as_str()), (0, "ann@mx.example: delivered (250 2.0.0 queued)"));
    // An acceptance before the content.
    let script = [GREETING, EHLO, MAIL, ANN, ("DATA\r\n", "354 go\r\n250 surplus\r\n"), (END, "554 no\r\n"), QUIT];
    let (status, fate, _) = to_ann(&script, &[]);
    assert_eq!((status, fate.as_str()), (75, &*format!("ann@mx.example: deferred ({surplus})")));
}

/// RFC 5321 section 4.3.2: only 250 is a success for content, and no other registered 2yz.
#[test]
fn codes_that_a_content_cannot_have() {
    for line in ["221 bye", "220 hello", "235 in", "251 forwarded", "252 perhaps"] {
        let reply: &'static str = format!("{line}\r\n").leak();
        let data = [GREETING, EHLO, MAIL, ANN, DATA, (END, reply)];
        let chunk = [GREETING, CHUNKING, MAIL, ANN, (CHUNK, reply)];
        for (script, action, flags) in [(&data[..], "the content", &[][..]), (&chunk, "BDAT LAST", &["--bdat"])] {
            let (status, fate, _) = to_ann(script, flags);
            let expected = format!("ann@mx.example: unknown (a code that {action} cannot have: {line})");
            assert_eq!((status, fate), (75, expected));
        }
    }
}

/// RFC 5321 sections 3.8 and 4.2.5: refusals that come before the end of the content, with their text.
#[test]
fn refusals_in_the_middle_of_content() {
    for (reply, status, said) in [
        ("354 go\r\n552 5.3.4 too big\r\n", 69, "refused (552 5.3.4 too big)"),
        ("354 go\r\n451 4.3.0 later\r\n", 75, "deferred (451 4.3.0 later)"),
        ("354 go\r\n421 4.3.2 closing\r\n", 75, "deferred (421 4.3.2 closing)"),
    ] {
        let (actual, fate, _) = to_ann(&[GREETING, EHLO, MAIL, ANN, ("DATA\r\n", reply)], &[]);
        assert_eq!((actual, fate), (status, format!("ann@mx.example: {said}")));
    }
}

/// RFC 5321 section 4.1.1.10: QUIT is sent although the server is about to close. RCPT was sent before its refusal is seen.
#[test]
fn idle_refusals() {
    for (reply, status, said) in [
        ("250 2.1.0 ok\r\n554 5.7.1 go away\r\n", 69, "refused (554 5.7.1 go away)"),
        ("250 2.1.0 ok\r\n451 4.4.2 timeout\r\n", 75, "deferred (451 4.4.2 timeout)"),
        ("250 2.1.0 ok\r\n421 4.4.2 timeout\r\n", 75, "deferred (421 4.4.2 timeout)"),
    ] {
        let (actual, fate, received) = to_ann(&[GREETING, EHLO, (MAIL.0, reply), ANN, QUIT], &[]);
        assert_eq!((actual, fate), (status, format!("ann@mx.example: {said}")));
        assert_eq!(received.ends_with("RCPT TO:<ann@mx.example>\r\nQUIT\r\n"), !reply.contains("421"), "{received}");
    }
}

/// RFC 2033 section 4.2: a recipient whose reply is missing has an unknown fate.
#[test]
fn lmtp() {
    let both = ["ann@mx.example", "bob@mx.example"];
    let script = [GREETING, LHLO, GROUP, (END, "250 2.0.0 a\r\n452 4.2.2 full\r\n"), QUIT];
    let done = sent(&script, &both, &["--lmtp"]);
    assert_eq!(done.fates, ["ann@mx.example: delivered (250 2.0.0 a)", "bob@mx.example: deferred (452 4.2.2 full)"]);
    assert_eq!(done.status, 75);
    let script = [GREETING, LHLO, GROUP, (END, "250 2.0.0 a\r\n221 2.0.0 bye\r\n")];
    let done = sent(&script, &both, &["--lmtp"]);
    assert_eq!(
        done.fates,
        [
            "ann@mx.example: delivered (250 2.0.0 a)",
            "bob@mx.example: unknown (a code that the content cannot have: 221 2.0.0 bye)",
        ]
    );
    assert_eq!(done.status, 75);
}

#[test]
fn refused_deferred_or_lost() {
    let no: Turn = ("", "554 5.3.2 no\r\n");
    let cases: [(&[Turn], u8, &str); 12] = [
        (&[no, QUIT], 69, "refused (554 5.3.2 no)"),
        (&[("", "421 4.3.2 later\r\n")], 75, "deferred (421 4.3.2 later)"),
        (&[GREETING, EHLO, (MAIL.0, "550 5.7.1 no\r\n"), QUIT], 69, "refused (550 5.7.1 no)"),
        (&[GREETING, EHLO, MAIL, (ANN.0, "550 5.1.1 who\r\n"), QUIT], 69, "refused (550 5.1.1 who)"),
        (&[GREETING, EHLO, MAIL, (ANN.0, "450 4.2.1 later\r\n"), QUIT], 75, "deferred (450 4.2.1 later)"),
        // Section 4.5.3.1.10: the code of RFC 821 for too many recipients.
        (&[GREETING, EHLO, MAIL, (ANN.0, "552 5.5.3 too many\r\n"), QUIT], 75, "deferred (552 5.5.3 too many)"),
        (&[GREETING, EHLO, MAIL, ANN, (DATA.0, "451 4.3.0 later\r\n"), QUIT], 75, "deferred (451 4.3.0 later)"),
        (
            &[GREETING, EHLO, MAIL, ANN, DATA, (END, "554-5.6.0 no\r\n554 5.6.0 way\r\n"), QUIT],
            69,
            "refused (554-5.6.0 no 554 5.6.0 way)",
        ),
        (&[], 75, "deferred (the connection was lost)"),
        (&[GREETING, EHLO, MAIL], 75, "deferred (the connection was lost)"),
        (&[GREETING, EHLO, MAIL, ANN, DATA], 75, "unknown (the connection was lost)"),
        // An unknown EHLO leads to HELO (section 3.2).
        (
            &[
                GREETING,
                (EHLO.0, "500 what\r\n"),
                ("HELO localhost\r\n", "250 mx.example\r\n"),
                MAIL,
                (ANN.0, "550 no\x1B[2J\r\n"),
                QUIT,
            ],
            69,
            "refused (550 no?[2J)",
        ),
    ];
    for (script, status, said) in cases {
        let (actual, fate, received) = to_ann(script, &[]);
        assert_eq!((actual, fate), (status, format!("ann@mx.example: {said}")), "{script:?}");
        assert_eq!(received.ends_with("QUIT\r\n"), script.last() == Some(&QUIT), "{received}");
    }
    let script = [GREETING, EHLO, MAIL, (ANN.0, "421 4.3.2 closing\r\n")];
    let done = sent(&script, &["ann@mx.example", "bob@mx.example"], &[]);
    assert_eq!(
        done.fates,
        ["ann@mx.example", "bob@mx.example"].map(|to| format!("{to}: deferred (421 4.3.2 closing)"))
    );
}

/// RFC 5321 section 4.1.1.11: an extension that is needed and not offered is named, and the session ends with QUIT.
#[test]
fn extensions_that_are_not_offered_are_named() {
    let script = [GREETING, EHLO, QUIT];
    for (flags, extension) in [
        (&["--ret", "HDRS"][..], "DSN"),
        (&["--envid", "1"], "DSN"),
        (&["--auth", "joe:secret"], "AUTH"),
        (&["--notify", "NEVER"], "DSN"),
    ] {
        let (status, fate, received) = to_ann(&script, flags);
        assert!(fate.ends_with(&format!(": refused (the server does not offer {extension})")), "{fate}");
        assert_eq!((status, &*received), (69, "EHLO localhost\r\nQUIT\r\n"));
    }
    // An address that the server cannot take does not prevent sending to the others.
    let script = [GREETING, EHLO, MAIL, ANN, DATA, (END, "250 2.0.0 queued\r\n"), QUIT];
    let done = sent(&script, &["j\u{F6}rg@mx.example", "ann@mx.example"], &[]);
    assert_eq!(
        done.fates,
        [
            "j\u{F6}rg@mx.example: refused (the server does not offer SMTPUTF8)",
            "ann@mx.example: delivered (250 2.0.0 queued)",
        ]
    );
    assert_eq!(done.status, 69);
    let done = deliver(b"Hello\n", &[GREETING, EHLO, QUIT], &["j\u{F6}rg@mx.example"], &[]);
    assert_eq!((done.status, &*done.received), (69, "EHLO localhost\r\nQUIT\r\n"));
    let done = deliver(b"Pr\xC3\xAAt\n", &[GREETING, EHLO, QUIT], &["ann@mx.example"], &[]);
    assert_eq!(done.fates, ["ann@mx.example: refused (the server does not offer 8BITMIME)"]);
    assert!(done.received.ends_with("QUIT\r\n"));
}

/// Without CHUNKING, or if the server does not know BDAT although it offers it, the message is sent with DATA.
#[test]
fn bdat_falls_back_to_data() {
    let queued: Turn = (END, "250 2.0.0 queued\r\n");
    let not_offered = [GREETING, EHLO, MAIL, ANN, DATA, queued, QUIT];
    let rset: Turn = ("RSET\r\n", "250 2.0.0 ok\r\n");
    let unknown = [GREETING, CHUNKING, MAIL, ANN, (CHUNK, "502 5.5.1 what\r\n"), rset, MAIL, ANN, DATA, queued, QUIT];
    for script in [&not_offered[..], &unknown] {
        let (status, fate, _) = to_ann(script, &["--bdat"]);
        assert_eq!((status, &*fate), (0, "ann@mx.example: delivered (250 2.0.0 queued)"));
    }
}

/// On the local machine a password may be sent without TLS (RFC 8314 section 3). It is not printed.
#[test]
fn auth() {
    let offer: Turn = (EHLO.0, "250-mx.example\r\n250 AUTH PLAIN\r\n");
    let plain = "AUTH PLAIN AGpvZQBzZWNyZXQ=\r\n";
    let script = [GREETING, offer, (plain, "535 5.7.8 no\r\n"), QUIT];
    let (status, fate, received) = to_ann(&script, &["--auth", "joe:secret"]);
    assert_eq!((status, &*fate), (69, "ann@mx.example: refused (535 5.7.8 no)"));
    assert!(received.ends_with("QUIT\r\n"));
}

#[test]
fn arguments() {
    let run = |arguments: &[&str]| {
        let mut console = Vec::new();
        let arguments = arguments.iter().map(|argument| (*argument).to_owned());
        let result =
            example::deliver(arguments, &mut &b"Hello\r\n"[..], &mut console).map_err(|error| error.to_string());
        (result, String::from_utf8(console).unwrap())
    };
    for (argument, start) in [("--help", "usage: send"), ("--version", "send ")] {
        let (result, printed) = run(&[argument]);
        assert!(result == Ok(0) && printed.starts_with(start), "{printed}");
    }
    let all = ["--server", "127.0.0.1:1", "--from", "joe@a.example", "--to", "ann@b.example"];
    for (more, named) in [
        (&["--to", "ann"][..], "--to \"ann\""),
        (&["--from", "joe@"], "--from \"joe@\""),
        (&["--ret", "SOME"], "--ret \"SOME\""),
        (&["--notify", "ALWAYS"], "--notify \"ALWAYS\""),
        (&["--auth", "joe"], "--auth"),
        (&["--auth-file", "/no/such/file"], "--auth-file /no/such/file"),
        (&["--envid"], "--envid"),
        (&["--what"], "--what"),
        (&["/no/such/file"], "/no/such/file"),
    ] {
        let (result, printed) = run(&[&all[..], more].concat());
        assert!(result.as_ref().is_err_and(|error| error.starts_with(named)), "{more:?}: {result:?}");
        assert!(printed.is_empty());
    }
    for missing in [0, 2, 4] {
        let mut some = all.to_vec();
        let name = some.drain(missing..missing + 2).next().unwrap();
        assert!(run(&some).0.is_err_and(|error| error.starts_with(name)));
    }
    // Nothing listens on this port.
    let (result, printed) = run(&all);
    assert!(result == Ok(75) && printed.starts_with("ann@b.example: deferred ("), "{printed}");
}

/// Plays the server of a scenario: it sends each turn after it has read what the client must write before it. Returns what the
/// client has written, and whether it was all that it must write.
fn play(mut stream: TcpStream, scenario: &Scenario) -> (String, bool) {
    // A client that writes something else must not make the test wait.
    stream.set_read_timeout(Some(std::time::Duration::from_secs(10))).unwrap();
    let mut received = Vec::new();
    for turn in &scenario.turns {
        let mut octets = Vec::new();
        let read = (&stream).take(turn.client.len() as u64).read_to_end(&mut octets);
        received.extend_from_slice(&octets);
        // A client that has seen the end already writes no more.
        if octets != turn.client.as_bytes() {
            return (String::from_utf8_lossy(&received).into_owned(), read.is_ok() && octets.is_empty());
        }
        // A client that has closed does not receive it.
        _ = stream.write_all(turn.server.concat().as_bytes());
    }
    _ = stream.shutdown(std::net::Shutdown::Write);
    let before = received.len();
    _ = stream.read_to_end(&mut received);
    let more = String::from_utf8_lossy(received.get(before..).unwrap()).into_owned();
    // Which octets are sent into a closing connection depends on when the client sees it.
    (String::from_utf8(received).unwrap(), more.is_empty() || more.ends_with("QUIT\r\n") || more.ends_with(".\r\n"))
}

/// Every delivery scenario that the arguments can express, over a socket.
#[test]
fn scenarios() {
    let flags = ["lmtp", "bdat", "auth=plain", "notify=NEVER"];
    let expressed = |scenario: &&Scenario| scenario.options.iter().all(|option| flags.contains(&option.as_str()));
    let scenarios = scenario::all();
    assert!(scenarios.iter().filter(expressed).count() >= 40);
    for scenario in scenarios.iter().filter(expressed) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let server = listener.local_addr().unwrap().to_string();
        let mut arguments = vec!["--server", &server, "--from", "joe@client.example"];
        arguments.extend(scenario.to.iter().flat_map(|to| ["--to", to]));
        for (option, words) in
            flags.iter().zip([&["--lmtp"][..], &["--bdat"], &["--auth", "joe:secret"], &["--notify", "NEVER"]])
        {
            if scenario.has(option) {
                arguments.extend(words);
            }
        }
        let mut console = Vec::new();
        let (status, (written, as_expected)) = thread::scope(|scope| {
            let server = scope.spawn(|| play(listener.accept().unwrap().0, scenario));
            let arguments = arguments.iter().map(|argument| (*argument).to_owned());
            let status = example::deliver(arguments, &mut &b"Hello\n"[..], &mut console).unwrap();
            (status, server.join().unwrap())
        });
        assert!(as_expected, "{}: {written}", scenario.name);
        let printed = String::from_utf8(console).unwrap();
        let expected: Vec<String> = scenario
            .outcomes
            .iter()
            .map(|[to, status, _, text]| {
                let word = match status.as_str() {
                    "unsendable" => "refused",
                    "later" => "deferred",
                    word => word,
                };
                format!("{to}: {word} ({text})")
            })
            .collect();
        let lines: Vec<&str> = printed.lines().collect();
        assert_eq!(lines.get(lines.len() - expected.len()..).unwrap(), expected, "{}", scenario.name);
        let has = |words: &[&str]| scenario.outcomes.iter().any(|[_, status, ..]| words.contains(&status.as_str()));
        let expected = match (has(&["deferred", "unknown", "later"]), has(&["refused", "unsendable"])) {
            (true, _) => 75,
            (false, true) => 69,
            (false, false) => 0,
        };
        assert_eq!(status, expected, "{}", scenario.name);
        // No credential is printed.
        assert!(!printed.contains("AGpvZQBzZWNyZXQ=") && !printed.contains("c2VjcmV0"), "{printed}");
    }
}
