//! The crate against the conformance suite in `tests/conformance`, one test for each file, with the code of the example
//! `vectors`.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot read its vectors fails")]

#[path = "../examples/vectors/suite/mod.rs"]
mod suite;

use std::collections::HashSet;
use std::path::PathBuf;
use std::{env, fs};
use suite::Vector;

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
