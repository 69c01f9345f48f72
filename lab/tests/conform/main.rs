//! The tester is tested: what `conform server` finds in servers with one fault each, and that it finds nothing in ours.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by a panic"
)]

mod faults;
mod twin;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use twin::{Fault, RIGHT};

/// An empty directory for one test.
fn directory(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("conform").join(name);
    _ = std::fs::remove_dir_all(&path); // of an earlier run
    std::fs::create_dir_all(&path).unwrap();
    path
}

/// The verdicts, by the ids of the checks, with what was sent and what came.
type Verdicts = BTreeMap<String, (String, String)>;

/// Runs the tester.
fn conform(address: SocketAddr, arguments: &[&str]) -> Verdicts {
    let mut command = Command::new(env!("CARGO_BIN_EXE_smtp-lab"));
    command.args([
        "conform",
        "server",
        &address.to_string(),
        "--rcpt",
        "ann@mx.example",
        "--auth",
        "joe:secret",
        "--json",
    ]);
    let output = command.args(arguments).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(matches!(output.status.code(), Some(0 | 1)), "{told}");
    let lines = String::from_utf8(output.stdout).unwrap();
    let read = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| line[name].as_str().unwrap().to_owned();
        (line.get("summary").is_none()).then(|| (text("check"), (text("verdict"), text("detail"))))
    };
    lines.lines().filter_map(read).collect()
}

/// Runs the tester on a server with this fault.
fn judge(fault: Fault, at: usize) -> Verdicts {
    let sink = directory(&format!("sink-{at}"));
    let address = twin::start(fault, sink.clone());
    // Nothing is lost by waiting where every reply comes.
    let timeout = if fault.silent { "1" } else { "30" };
    let mut arguments = vec!["--timeout", timeout, "--jobs", "8", "--sink", sink.to_str().unwrap()];
    if fault.lmtp {
        arguments.push("--lmtp");
    }
    let verdicts = conform(address, &arguments);
    _ = std::fs::remove_dir_all(&sink);
    verdicts
}

fn failed(verdicts: &Verdicts) -> Vec<String> {
    verdicts.iter().filter(|(_, (verdict, _))| verdict == "fail").map(|(check, _)| check.clone()).collect()
}

/// Our server without a fault passes whatever applies.
#[test]
fn a_right_server_fails_nowhere() {
    for (at, lmtp) in [(1000, false), (1001, true)] {
        let verdicts = judge(Fault { lmtp, ..RIGHT }, at);
        let other: Vec<_> =
            verdicts.iter().filter(|(_, (verdict, _))| verdict == "fail" || verdict == "inconclusive").collect();
        assert!(other.is_empty(), "{other:#?}");
        assert!(verdicts.len() > 250, "{}", verdicts.len());
    }
}

/// Each fault is found by at least one check, and no check of another kind fails for it.
#[test]
fn every_fault_is_found_and_nothing_else() {
    let faults = faults::all();
    assert!(faults.len() >= 60, "{}", faults.len());
    let names: std::collections::BTreeSet<_> = faults.iter().map(|fault| fault.name).collect();
    assert_eq!(names.len(), faults.len(), "two faults have one name");
    let mut wrong = Vec::new();
    for (at, fault) in faults.into_iter().enumerate() {
        let verdicts = judge(fault, at);
        let failed = failed(&verdicts);
        let named = |check: &String, name: &&str| match name.strip_suffix('*') {
            Some(beginning) => check.starts_with(beginning),
            None => check == *name,
        };
        let others: Vec<_> =
            failed.iter().filter(|check| !fault.may_fail.iter().any(|name| named(check, name))).collect();
        if failed.is_empty() || !others.is_empty() {
            wrong.push(format!("{}\n  failed {failed:?}\n  others {others:?}", fault.name));
        }
    }
    assert!(wrong.is_empty(), "{} faults:\n{}", wrong.len(), wrong.join("\n"));
}

/// No verdict hangs on timing: runs with one connection at a time, with some and with many agree.
#[test]
fn runs_agree() {
    let fault = faults::all().into_iter().find(|fault| fault.name == "RSET leaves the transaction open").unwrap();
    let address = twin::start(fault, directory("sink-repeated"));
    let run = |jobs| -> BTreeMap<String, String> {
        conform(address, &["--jobs", jobs]).into_iter().map(|(check, (verdict, _))| (check, verdict)).collect()
    };
    let first = run("1");
    assert!(first.values().any(|verdict| verdict == "fail"));
    for jobs in ["4", "64"] {
        assert_eq!(run(jobs), first);
    }
}
