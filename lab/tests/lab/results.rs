//! `results`: recorded verdicts as a table; and the recorded verdicts are of checks that exist.

use crate::harness::{directory, run, text};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

const ROWS: &str = r#"{"program": "<Mail>", "version": "1", "configuration": "as it comes", "check": "helo", "verdict": "pass", "date": "2026-12-01"}
{"program": "<Mail>", "version": "1", "configuration": "as it comes", "check": "noop", "verdict": "fail", "date": "2026-12-01"}
"#;

#[test]
fn verdicts_are_a_table() {
    let file = directory("results").join("mail.jsonl");
    fs::write(&file, ROWS).unwrap();
    let file = file.to_str().unwrap();
    let output = run(&["results", file], b"");
    let counts = "1 pass, 1 fail, 0 not-offered, 0 inconclusive";
    assert_eq!(text(&output.stdout), format!("<Mail> 1 (as it comes; 2026-12-01): {counts}\n  fail noop\n"));

    let page = directory("results-page").join("page.html");
    let arguments = ["results", "--html", page.to_str().unwrap(), file];
    assert_eq!(run(&arguments, b"").status.code(), Some(0));
    let html = fs::read_to_string(&page).unwrap();
    assert!(html.contains("&lt;Mail&gt; 1<br>2026-12-01") && !html.contains("<Mail>"), "{html}");
    assert!(html.contains("<tr><th>noop</th><td class=\"fail\">fail</td></tr>"), "{html}");
    // Nothing is overwritten.
    assert_eq!(run(&arguments, b"").status.code(), Some(2));
}

#[test]
fn bad_rows_are_named() {
    let folder = directory("results-bad");
    for (name, rows, told) in [
        ("text.jsonl", "lunch\n", "text.jsonl:1"),
        (
            "missing.jsonl",
            r#"{"program": "a", "version": "1", "configuration": "", "check": "helo", "date": ""}"#,
            "verdict",
        ),
        ("twice.jsonl", &ROWS.replace("noop", "helo"), "twice.jsonl:2"),
    ] {
        let file = folder.join(name);
        fs::write(&file, rows).unwrap();
        let output = run(&["results", file.to_str().unwrap()], b"");
        assert_eq!(output.status.code(), Some(2), "{name}");
        assert!(text(&output.stderr).contains(told), "{}", text(&output.stderr));
    }
}

/// The checks that a tester lists.
fn listed(tester: &str) -> String {
    text(&run(&["conform", tester, "--list"], b"").stdout)
}

#[test]
fn recorded_verdicts_are_of_checks_that_exist() {
    let (server, client) = (listed("server"), listed("client"));
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/results"));
    let mut programs = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let Some(program) = name.strip_suffix(".jsonl") else { continue };
        let list = if name.starts_with("client-") { &client } else { &server };
        let known: BTreeSet<&str> = list.split_whitespace().collect();
        for line in fs::read_to_string(&path).unwrap().lines() {
            let row: Value = serde_json::from_str(line).unwrap();
            let check = row["check"].as_str().unwrap();
            assert!(known.contains(check), "{name}: {check}");
            let verdict = row["verdict"].as_str().unwrap();
            assert!(["pass", "fail", "not-offered", "inconclusive"].contains(&verdict), "{name}: {verdict}");
        }
        programs.insert(program.to_owned());
    }
    assert!(programs.len() >= 10, "{programs:?}");
}
