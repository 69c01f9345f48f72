//! Runs the conformance suite in `tests/conformance` against the crate with the runner of `smtp-testkit`, one test for each
//! file.

use serde_json::{Map, Value, json};
use smtp_core::observer::{Observer, ObserverEvent, Side};
use smtp_core::syntax::{Command, Extensions, Grammar, MailOrRcpt, ParameterName, ReplyCode};
use smtp_testkit::vectors as suite;
use smtp_testkit::vectors::{Outcome, Vector};
use std::collections::HashSet;
use std::path::PathBuf;
use std::{env, fs};

/// Checks that every vector of a file has the expected result; those of the stream kinds also however their input is cut.
fn conforms(file: &str) {
    let differences: Vec<String> = vectors(file)
        .iter()
        .flat_map(|vector| {
            let results = [suite::check(vector, &suite::run(vector)), suite::check_cuts(vector)];
            results.into_iter().filter_map(Result::err).map(|difference| format!("{}: {difference}", vector.id()))
        })
        .collect();
    assert!(differences.is_empty(), "{} differences in {file}:\n{}", differences.len(), differences.join("\n"));
}

fn vectors(file: &str) -> Vec<Vector> {
    let text = fs::read_to_string(folder().join(file)).expect("the file exists");
    text.lines().map(|line| Vector::read(line).unwrap_or_else(|error| panic!("{file}: {error}: {line}"))).collect()
}

/// Returns the fields of a vector that determine what is run.
fn vector_line(vector: &Vector) -> String {
    let names = ["id", "kind", "context", "exts", "input", "value"];
    let fields = names.into_iter().filter_map(|name| Some((name.to_owned(), vector.field(name)?.clone())));
    Value::Object(fields.collect()).to_string()
}

/// Returns the same vector with another input.
fn with_input(vector: &Vector, input: &str) -> Vector {
    let fields =
        ["kind", "dialect", "context"].into_iter().filter_map(|name| Some((name, vector.field(name)?.clone())));
    let mut changed: Map<String, Value> = fields.map(|(name, value)| (name.to_owned(), value)).collect();
    changed.insert("id".to_owned(), vector.id().into());
    changed.insert("input".to_owned(), input.into());
    Vector::read(Value::Object(changed).to_string()).expect("it is still a vector")
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("conformance")
}

#[test]
fn domains() {
    conforms("domain.jsonl");
}

#[test]
fn literals() {
    conforms("literal.jsonl");
}

#[test]
fn addresses() {
    conforms("address.jsonl");
}

#[test]
fn paths() {
    conforms("path.jsonl");
}

#[test]
fn xtext() {
    conforms("xtext.jsonl");
}

#[test]
fn lines() {
    conforms("line.jsonl");
}

#[test]
fn replies() {
    conforms("reply.jsonl");
}

#[test]
fn ehlo_replies() {
    conforms("ehlo.jsonl");
}

#[test]
fn content() {
    conforms("data.jsonl");
}

#[test]
fn commands() {
    conforms("command.jsonl");
}

#[test]
fn commands_seen_in_the_wild() {
    conforms("world_commands.jsonl");
}

#[test]
fn replies_seen_in_the_wild() {
    conforms("world_replies.jsonl");
}

/// Each kind of leniency is a separate switch: it alone accepts a vector that is marked with it, and the strict dialect refuses
/// the same input.
#[test]
fn each_leniency_alone_accepts_the_vectors_marked_with_it() {
    let mut marked = HashSet::new();
    for vector in files().flat_map(|file| vectors(&file)) {
        let Some(alone) = vector.with_its_leniency_alone() else { continue };
        suite::check(&alone, &suite::run(&alone)).unwrap_or_else(|error| panic!("{}: {error}", vector.id()));
        let mut fields = serde_json::from_str::<Map<String, Value>>(&vector_line(&vector)).expect("it is an object");
        fields.insert("dialect".to_owned(), "strict".into());
        let strict = Vector::read(Value::Object(fields).to_string()).expect("it is still a vector");
        assert_eq!(suite::run(&strict).outcome.result(), "reject", "{}", vector.id());
        marked.extend(vector.text("leniency").map(str::to_owned));
    }
    assert!(marked.len() >= 12, "{marked:?}");
}

/// The names of all files.
fn files() -> impl Iterator<Item = String> {
    let names = fs::read_dir(folder()).expect("it is a folder").map(|entry| entry.expect("it can be read").file_name());
    names.filter_map(|name| name.into_string().ok().filter(|name| name.ends_with(".jsonl")))
}

/// One type for each field, so that an implementation can read them into a struct.
#[test]
fn a_code_is_a_string() {
    for vector in files().flat_map(|file| vectors(&file)) {
        let alternatives = vector.field("also_ok").and_then(Value::as_array).into_iter().flatten();
        for code in vector.field("value").into_iter().chain(alternatives).filter_map(|value| value.get("code")) {
            let is_code = |code: &str| code.len() == 3 && code.bytes().all(|digit| digit.is_ascii_digit());
            assert!(code.as_str().is_some_and(is_code), "{}: {code}", vector.id());
        }
    }
}

/// A sequence names each extension that it uses, so that an implementation without it can pass it over: `LMTP`, and the keywords of
/// the commands and parameters that a server has to take or a client may send.
#[test]
fn a_sequence_names_what_it_needs() {
    for vector in files().flat_map(|file| vectors(&file)).filter(|vector| vector.kind() == "sequence") {
        let needs = vector.field("needs").and_then(Value::as_array).unwrap_or_else(|| panic!("{}", vector.id()));
        let needs: HashSet<&str> = needs.iter().filter_map(Value::as_str).collect();
        let value = vector.field("value").expect("it has steps");
        assert_eq!(value["lmtp"] == true, needs.contains("LMTP"), "{}", vector.id());
        for step in value["steps"].as_array().into_iter().flatten() {
            let sent = [&step["send"], &step["c"]].into_iter().filter_map(Value::as_str);
            let is_used =
                step["allowed"] == true || step["replies"].as_array().is_some_and(|codes| codes.iter().all(is_good));
            for line in sent.filter(|_| is_used).flat_map(|text| text.split_inclusive("\r\n").take(1)) {
                let line: Vec<u8> = line.chars().filter_map(|octet| u8::try_from(octet).ok()).collect();
                let Ok(command) = Command::parse(&line, Grammar::SMTPUTF8.with_extensions(Extensions::ALL)) else {
                    continue;
                };
                let (parameters, side) = match &command {
                    Command::Mail(mail) => (Some(mail.parameters), MailOrRcpt::Mail),
                    Command::Rcpt(rcpt) => (Some(rcpt.parameters), MailOrRcpt::Rcpt),
                    _ => (None, MailOrRcpt::Mail),
                };
                let names = parameters
                    .into_iter()
                    .flat_map(|parameters| parameters.iter())
                    .filter_map(|one| ParameterName::from_keyword(one.keyword.as_str().as_bytes(), side));
                let of_verb = command.verb().offered_by().into_iter().map(|extension| vec![extension]);
                for any in names.map(|name| name.offered_by().to_vec()).chain(of_verb) {
                    let named = any.iter().any(|extension| needs.contains(extension.keyword()));
                    assert!(named, "{}: {command} needs {any:?}", vector.id());
                }
            }
        }
    }
}

fn is_good(code: &Value) -> bool {
    code.as_str().is_some_and(|code| code.starts_with(['2', '3']))
}

#[test]
fn parameters() {
    conforms("parameter.jsonl");
}

#[test]
fn encoded_commands() {
    conforms("encode.jsonl");
}

#[test]
fn sessions_of_a_server() {
    conforms("sequence-server.jsonl");
    conforms("sequence-server-table.jsonl");
}

#[test]
fn sessions_of_a_client() {
    conforms("sequence-client.jsonl");
    conforms("sequence-client-table.jsonl");
}

#[test]
fn sessions_of_lmtp() {
    conforms("sequence-lmtp.jsonl");
}

/// An observer that watches the sessions of the server counts the accepted messages and reports no violation of the server, also
/// if the client sends all steps at once.
#[test]
fn sessions_of_a_server_are_watched() {
    let files = ["sequence-server.jsonl", "sequence-server-table.jsonl", "sequence-lmtp.jsonl"];
    let mut played = 0;
    for vector in files.into_iter().flat_map(vectors) {
        for pipelined in [false, true] {
            let mut observer = Observer::new();
            let (mut client, mut server) = (Vec::new(), Vec::new());
            let mut blamed = Vec::new();
            let watched = suite::watch(&vector, pipelined, |is_client, octets| {
                if is_client { &mut client } else { &mut server }.extend_from_slice(octets);
                let (mut from_client, mut from_server) = (&client[..], &server[..]);
                while let Some(event) = observer.next_event(&mut from_client, &mut from_server) {
                    match event {
                        ObserverEvent::Violation(violation) if violation.who() == Side::Server => {
                            blamed.push(violation)
                        }
                        _ => {}
                    }
                }
                (client, server) = (from_client.to_vec(), from_server.to_vec());
            });
            let Some(accepted) = watched else { continue };
            played += 1;
            let accepted = accepted.expect("it is a session");
            let found = (observer.messages(), blamed);
            assert_eq!(found, (accepted as u64, Vec::new()), "{}, pipelined: {pipelined}", vector.id());
        }
    }
    assert!(played > 500, "{played}");
}

/// The beginning of a legal input is refused at its end, where something is missing, and nowhere before. That is the meaning of
/// an offset. (Verbs and parameters are judged as whole words.)
#[test]
fn beginnings_are_refused_at_their_end() {
    let files = ["domain.jsonl", "literal.jsonl", "address.jsonl", "path.jsonl", "xtext.jsonl", "command.jsonl"];
    for vector in files.into_iter().flat_map(vectors).filter(is_accepted_strictly) {
        let (end, line_end) = if vector.kind() == "command" { (2, "\r\n") } else { (0, "") };
        let whole = vector.input().len().saturating_sub(end);
        for length in 0..whole {
            let input: String = vector.input().iter().take(length).copied().map(char::from).collect();
            let beginning = with_input(&vector, &format!("{input}{line_end}"));
            if let Outcome::Reject(refusal) = suite::run(&beginning).outcome {
                let in_verb = refusal.code == Some(ReplyCode::SYNTAX_ERROR);
                assert!(in_verb || refusal.offset == Some(length), "{}: {input:?}: {refusal:?}", vector.id());
            }
        }
    }
}

fn is_accepted_strictly(vector: &Vector) -> bool {
    let strict = vector.text("dialect") != Some("lenient") && vector.field("exts").is_none();
    strict && vector.text("expect") == Some("accept") && vector.input().len() < 300
}

/// An id names one vector of the whole suite, as the README of the suite says.
#[test]
fn ids_are_unique() {
    let mut seen = HashSet::new();
    for entry in fs::read_dir(folder()).expect("the folder exists") {
        let name = entry.expect("the folder can be read").file_name().into_string().expect("names are ASCII");
        if name.ends_with(".jsonl") {
            for vector in vectors(&name) {
                assert!(seen.insert(vector.id().to_owned()), "{name}: {} occurs twice", vector.id());
            }
        }
    }
}

/// Returns `true` if the line is not a vector, either when it is read or when it is run.
fn is_not_a_vector(line: impl AsRef<[u8]>) -> bool {
    Vector::read(line).map_or(true, |vector| matches!(suite::run(&vector).outcome, Outcome::Error(_)))
}

#[test]
fn lines_that_are_not_vectors_are_errors() {
    for line in [
        "",
        "no json",
        "[]",
        r#"{"kind": "domain", "input": "a"}"#,
        r#"{"id": "x", "input": "a"}"#,
        r#"{"id": "x", "kind": "domain"}"#,
        r#"{"id": "x", "kind": "domain", "input": "\u0100"}"#,
        r#"{"id": "x", "kind": "zone", "input": "a"}"#,
        r#"{"id": "x", "kind": "domain", "input": "a", "op": "encode"}"#,
        r#"{"id": "x", "kind": "data", "input": "a", "op": "guess"}"#,
        r#"{"id": "x", "kind": "line", "input": "a", "context": "mail", "offered": "SIZE"}"#,
    ] {
        assert!(is_not_a_vector(line), "{line}");
    }
    assert!(is_not_a_vector(b"{\"id\": \"x\", \"kind\": \"domain\", \"input\": \"a\xE9\"}"), "it is not UTF-8");
    for line in [
        r#"{"id": "x", "kind": "domain", "input": "a", "op": "decode", "context": "forward", "colour": 7}"#,
        r#"{"id": "x", "kind": "line", "input": "a", "context": "mail", "offered": ["X-NONE 1", "SIZE"]}"#,
    ] {
        assert!(!is_not_a_vector(line), "{line}");
    }
}

fn session(value: &str) -> String {
    format!(r#"{{"id": "x", "kind": "sequence", "value": {value}}}"#)
}

#[test]
fn values_that_are_not_sessions_are_errors() {
    for value in [
        "null",
        "7",
        "{}",
        r#"{"role": "proxy", "steps": []}"#,
        r#"{"role": "server"}"#,
        r#"{"role": "client", "steps": 7}"#,
        r#"{"role": "client", "steps": [], "lmtp": "yes"}"#,
        r#"{"role": "server", "steps": [], "ext": "SIZE"}"#,
        r#"{"role": "server", "steps": [], "ext": [7]}"#,
        r#"{"role": "server", "steps": [], "ext": ["a\r\nb"]}"#,
        r#"{"role": "server", "steps": [], "policy": []}"#,
    ] {
        assert!(is_not_a_vector(session(value)), "{value}");
    }
    for policy in [
        r#""greeting": "250""#,
        r#""greeting": "334""#,
        r#""greeting": 354"#,
        r#""greeting": "abc""#,
        r#""greeting": 999"#,
        r#""greeting": -1"#,
        r#""require": "foo""#,
        r#""size": "big""#,
        r#""max_rcpt": -1"#,
    ] {
        let value = format!(r#"{{"role": "server", "steps": [], "policy": {{{policy}}}}}"#);
        assert!(is_not_a_vector(session(&value)), "{value}");
    }
    for (role, step) in [
        ("server", r#"{"c": "\u0100"}"#),
        ("server", r#"{"c": 7}"#),
        ("server", r#"{"event": "zap"}"#),
        ("server", r#"{"c": "QUIT\r\n", "event": "eof"}"#),
        ("server", "{}"),
        ("server", "7"),
        ("server", "null"),
        ("client", r#"{"send": "\u0100"}"#),
        ("client", r#"{"send": 7}"#),
        ("client", r#"{"recv": 7}"#),
        ("client", r#"{"event": "zap"}"#),
        ("client", r#"{"event": "shutdown"}"#),
        ("client", r#""x""#),
    ] {
        let value = format!(r#"{{"role": "{role}", "steps": [{step}]}}"#);
        assert!(is_not_a_vector(session(&value)), "{value}");
    }
}

/// A greeting may be any refusal, whether or not the default server has a text for it.
#[test]
fn any_refusal_is_a_greeting() {
    for code in (400..600).chain([220]) {
        let value = format!(r#"{{"role": "server", "steps": [], "policy": {{"greeting": "{code}"}}}}"#);
        assert_eq!(played(&value)["greeting"], code.to_string());
    }
}

/// Returns the result of a session.
fn played(value: &str) -> Value {
    let vector = Vector::read(session(value)).expect("it is a vector");
    suite::run(&vector).to_json(vector.id())
}

/// The offset of a refusal is an index into the input, whatever its encoding, and is absent if the fault is not there.
#[test]
fn refusals_to_encode_have_an_offset_in_the_input() {
    for (slot, input, offset) in [
        ("ehlo.domain", "a_b", Some(1)),
        ("ehlo.domain", "a.\u{C3}\u{BC}.example", Some(2)),
        ("mail.address", "a@b>", Some(3)),
        ("mail.address", "\u{C3}\u{BC}@b.example", Some(0)),
        ("rcpt.address", "a@\u{C3}\u{BC}.example", Some(2)),
        ("mail.local+domain", "a|b_c", Some(3)),
        ("mail.local+domain", "|example.com", Some(0)),
        ("mail.local+domain", "a\\\"b\u{7F}|b.example", Some(4)),
        ("mail.local+domain", "a b|\u{C3}\u{BC}.example", Some(4)),
        ("rcpt.local+domain", "\u{C3}\u{BC}|b.example", Some(0)),
        ("rcpt.local+domain", "\u{C3}\u{BC} a|b.example", None),
        ("param.value:X-TEST", "a=b", Some(1)),
        ("param.value:X-TEST", "\u{C3}\u{BC}", Some(0)),
        ("param.name:X TEST", "a", None),
        ("param.xtext:ENVID", "a\u{7F}", None),
        ("etrn.node", "#a b", Some(2)),
        ("vrfy.text", "a\tb", Some(1)),
        ("xclient.value:X-NONE", "a", None),
    ] {
        let line = json!({ "id": "x", "kind": "command", "op": "encode", "slot": slot, "input": input });
        let vector = Vector::read(line.to_string()).expect("it is a vector");
        let report = suite::run(&vector).to_json(vector.id());
        assert_eq!(report["result"], "reject", "{slot} {input:?}");
        assert_eq!(report["offset"].as_u64(), offset, "{slot} {input:?}: {report}");
    }
}

/// If a command is refused, nothing of its step is sent, not even the commands before it.
#[test]
fn a_refused_step_has_no_effect_on_the_client() {
    const OFFER: &str = r#"{"recv": "220 mx.example\r\n"}, {"send": "EHLO a.example\r\n"},
        {"recv": "250-mx.example\r\n250-PIPELINING\r\n250 CHUNKING\r\n"}"#;
    const GROUP: &str = r#"{"send": "MAIL FROM:<>\r\nRCPT TO:<b@mx.example>\r\nDATA\r\n"},
        {"recv": "250 OK\r\n250 OK\r\n354 Go\r\n"}"#;
    for (before, refused, after) in [
        (OFFER.to_owned(), r"MAIL FROM:<>\r\nSTARTTLS\r\n", r"MAIL FROM:<>\r\n"),
        (OFFER.to_owned(), r"MAIL FROM:<>\r\nRCPT TO:<b@mx.example>\r\nBDAT 3\r\nab", r"MAIL FROM:<>\r\n"),
        (format!("{OFFER}, {GROUP}"), r"Hi\r\n.\r\nSTARTTLS\r\n", r"Hi\r\n.\r\n"),
    ] {
        let value = format!(
            r#"{{"role": "client", "steps": [{before}, {{"send": "{refused}"}}, {{"send": "{after}"}},
                {{"recv": "250 OK\r\n"}}, {{"recv": "250 OK\r\n"}}]}}"#
        );
        let steps = played(&value)["steps"].as_array().cloned().unwrap_or_default();
        let expected = [
            json!({ "allowed": false }),
            json!({ "allowed": true }),
            json!({ "outcome": "ok" }),
            json!({ "outcome": "protocol_error" }),
        ];
        assert_eq!(steps[steps.len() - 4..], expected, "{refused}");
    }
}

#[test]
fn a_greeting_is_compared() {
    let value = |code| format!(r#"{{"role": "server", "steps": [], "greeting": "{code}"}}"#);
    for (code, agrees) in [(220, true), (554, false)] {
        let line = session(&value(code)).replace("{\"id\"", "{\"expect\": \"accept\", \"id\"");
        let vector = Vector::read(line).expect("it is a vector");
        assert_eq!(suite::check(&vector, &suite::run(&vector)).is_ok(), agrees, "{code}");
    }
}

/// RFC 2033 section 4.2, and RFC 4468, which treats BURL like BDAT.
#[test]
fn in_lmtp_each_recipient_is_answered_for_burl() {
    let envelope = r"LHLO a.example\r\nMAIL FROM:<>\r\nRCPT TO:<b@mx.example>\r\nRCPT TO:<c@mx.example>\r\n";
    let steps = r#"{"c": "BURL imap://a.example/b LAST\r\n"}, {"c": "NOOP\r\n"}"#;
    let value = format!(
        r#"{{"role": "server", "lmtp": true, "ext": ["PIPELINING", "CHUNKING", "BURL"],
            "steps": [{{"c": "{envelope}"}}, {steps}]}}"#
    );
    let steps = &played(&value)["steps"];
    assert_eq!(steps[1], json!({ "replies": ["554", "554"], "state": "ready" }));
    assert_eq!(steps[2], json!({ "replies": ["250"], "state": "ready" }));
}

#[test]
fn a_limit_that_does_not_fit_becomes_the_largest_that_fits() {
    let steps = r#"[{"c": "EHLO a.example\r\nMAIL FROM:<>\r\nRCPT TO:<a@mx.example>\r\n"}]"#;
    let value = format!(r#"{{"role": "server", "policy": {{"max_rcpt": 4294967296}}, "steps": {steps}}}"#);
    assert_eq!(played(&value)["steps"][0]["state"], "rcpt");
}
