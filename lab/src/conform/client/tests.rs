//! The tester is tested: a twin without a fault passes everything, and each fault fails exactly the checks that are about it.

#![allow(clippy::arithmetic_side_effects, reason = "a test fails by a panic")]

mod fault;
mod twin;

use super::report::{Check, Finding, Verdict};
use super::{Running, Stage, folder, server};
use fault::Fault;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use twin::Twin;

/// A fault that a check is to find shows before this time has passed; where there is none, little time is spent on it.
const LONG: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(5);

/// What comes of the checks for a twin with this fault.
async fn findings(fault: Fault, lmtp: bool, expected: &[&str]) -> Vec<(Check, Finding)> {
    let (server, certificate) = server(lmtp).unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()).unwrap();
    let tls = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let patience = |check: &Check| if expected.contains(&check.id.as_ref()) { LONG } else { SHORT };
    let stage = Stage {
        listener: TcpListener::bind("127.0.0.1:0").await.unwrap(),
        server,
        folder: folder(&certificate).unwrap(),
        selects: &|_| true,
        has_message: true,
        has_recipient: true,
        patience: &patience,
    };
    let mut twin = Twin { fault, lmtp, tls: Arc::new(tls) };
    stage.findings(&mut Running(&mut twin)).await.unwrap()
}

/// The names of the checks that fail, sorted.
fn fails(findings: &[(Check, Finding)]) -> Vec<&str> {
    let failed = findings.iter().filter(|(_, finding)| finding.verdict == Verdict::Fail);
    let mut ids: Vec<&str> = failed.map(|(check, _)| check.id.as_ref()).collect();
    ids.sort_unstable();
    ids
}

/// For each fault these checks fail and no others.
async fn exactly(faults: &[(Fault, &[&str])], lmtp: bool) {
    let mut wrong = Vec::new();
    for (fault, expected) in faults {
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        let found = findings(*fault, lmtp, &expected).await;
        let found = fails(&found);
        if found != expected {
            let missed: Vec<_> = expected.iter().filter(|id| !found.contains(id)).collect();
            let more: Vec<_> = found.iter().filter(|id| !expected.contains(id)).collect();
            wrong.push(format!("{fault:?}: missed {missed:?}, and failed {more:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_client_without_a_fault_passes() {
    for lmtp in [false, true] {
        let found = findings(Fault::None, lmtp, &[]).await;
        let not_passed: Vec<String> = found
            .iter()
            .filter(|(_, finding)| finding.verdict != Verdict::Pass)
            .map(|(check, finding)| format!("{}: {:?} {}", check.id, finding.verdict, finding.detail))
            .collect();
        // The twin knows no BDAT.
        assert_eq!(not_passed, ["chunk-refused: NotOffered the client does not use BDAT in several chunks here"]);
    }
}

#[test]
fn there_are_enough_faults() {
    let groups = [fault::REPLIES, fault::REFUSALS, fault::ORDER, fault::CONTENT, fault::EXTENSIONS, fault::LMTP];
    assert!(groups.iter().map(|group| group.len()).sum::<usize>() >= 25);
    assert!(groups.iter().copied().flatten().all(|(_, checks)| !checks.is_empty()));
}

#[tokio::test]
async fn faults_of_reading_replies() {
    exactly(fault::REPLIES, false).await;
}

#[tokio::test]
async fn faults_after_refusals() {
    exactly(fault::REFUSALS, false).await;
}

#[tokio::test]
async fn faults_of_order() {
    exactly(fault::ORDER, false).await;
}

#[tokio::test]
async fn faults_of_content() {
    exactly(fault::CONTENT, false).await;
}

#[tokio::test]
async fn faults_of_extensions() {
    exactly(fault::EXTENSIONS, false).await;
}

#[tokio::test]
async fn faults_of_lmtp() {
    exactly(fault::LMTP, true).await;
}
