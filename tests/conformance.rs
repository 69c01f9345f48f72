//! The crate against the conformance suite in `tests/conformance`, one test for each file, with the code of the example
//! `vectors`.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot read its vectors fails")]

#[path = "../examples/vectors/suite/mod.rs"]
mod suite;

use serde_json::{Map, Value};
use smtp_core::syntax::ReplyCode;
use std::collections::HashSet;
use std::path::PathBuf;
use std::{env, fs};
use suite::{Outcome, Vector};

/// Every vector of a file gives what it expects, and those of the stream kinds however their input is cut.
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
    let text = fs::read_to_string(folder().join(file)).expect("the file is there");
    text.lines().map(|line| Vector::read(line).unwrap_or_else(|error| panic!("{file}: {error}: {line}"))).collect()
}

/// The same vector with another input.
fn with_input(vector: &Vector, input: &str) -> Vector {
    let fields =
        ["kind", "dialect", "context"].into_iter().filter_map(|name| Some((name, vector.field(name)?.clone())));
    let mut changed: Map<String, Value> = fields.map(|(name, value)| (name.to_owned(), value)).collect();
    changed.insert("id".to_owned(), vector.id().into());
    changed.insert("input".to_owned(), input.into());
    Vector::read(&Value::Object(changed).to_string()).expect("it is a vector as before")
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/conformance")
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

/// The beginning of something legal is refused at its end, where something is missing, and nowhere before: this is what
/// an offset promises. (Verbs and parameters are judged as whole words.)
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

/// An id names one vector of the whole suite, as its README promises.
#[test]
fn ids_are_unique() {
    let mut seen = HashSet::new();
    for entry in fs::read_dir(folder()).expect("the folder is there") {
        let name = entry.expect("the folder can be read").file_name().into_string().expect("names are ASCII");
        if name.ends_with(".jsonl") {
            for vector in vectors(&name) {
                assert!(seen.insert(vector.id().to_owned()), "{name}: {} is there twice", vector.id());
            }
        }
    }
}

#[test]
fn what_is_no_vector_is_told() {
    for line in [
        "",
        "no json",
        "[]",
        r#"{"kind": "domain", "input": "a"}"#,
        r#"{"id": "x", "input": "a"}"#,
        r#"{"id": "x", "kind": "domain"}"#,
        r#"{"id": "x", "kind": "domain", "input": "\u0100"}"#,
    ] {
        assert!(Vector::read(line).is_err(), "{line}");
    }
}
