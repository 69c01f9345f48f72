//! `conform server` on the mock server: our strict server passes whatever applies, faults are found, and the forms of the output.

use crate::harness::{Server, directory, run, text};
use std::fs;

/// RFC 5321 section 4.1.1 has a SHOULD for it, which `--strict` does not follow.
const KNOWN: &str = "# of mock --strict\n\
    trailing-space       --strict tolerates no white space at the end of a line\n\
    trailing-space-mail  --strict tolerates no white space at the end of a line\n";

fn conform(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = run(&[&["conform", "server"], arguments].concat(), b"");
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// In the clear, within TLS, and in LMTP, with AUTH; and nothing that is smuggled is delivered.
#[test]
fn the_strict_server_passes() {
    let directory = directory("conform-strict");
    let known = directory.join("known");
    fs::write(&known, KNOWN).unwrap();
    for (mock, tester) in
        [(&["--tls"][..], &[][..]), (&["--tls"], &["--starttls"]), (&["--tls", "--lmtp"], &["--lmtp"])]
    {
        let server = Server::mock_with_api(&[&["--strict", "--quiet"], mock].concat());
        let address = server.addresses[0].to_string();
        let sink = format!("http://{}/api/messages", server.addresses[1]);
        let arguments =
            ["--rcpt", "ann@mx.example", "--auth", "joe:secret", "--sink", &sink, "--json", "--strict", "--known"];
        let (status, printed, told) =
            conform(&[&[address.as_str()], &arguments[..], &[known.to_str().unwrap()], tester].concat());
        assert_eq!((status, told.as_str()), (Some(0), ""), "{printed}");
        let verdicts = printed.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let unclear: Vec<_> = verdicts
            .filter(|line| ["fail", "inconclusive"].contains(&line["verdict"].as_str().unwrap_or_default()))
            .map(|line| line["check"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(
            unclear,
            ["trailing-space", "trailing-space-mail", "auth-wrong-credentials"].map(str::to_owned),
            "{mock:?}"
        );
    }
}

/// A refusal for now hides the answer; it is no fault.
#[test]
fn what_a_refusal_hides_is_inconclusive() {
    for (fault, check) in
        [("rcpt=450", "transaction"), ("mail=421", "rset-discards-sender"), ("data=451", "end-of-data")]
    {
        let server = Server::mock(&["--quiet", "--fault", fault]);
        let address = server.addresses[0].to_string();
        let (status, printed, _) = conform(&[&address, "--rcpt", "ann@mx.example", "--only", check, "--json"]);
        assert_eq!(status, Some(0), "{printed}");
        assert!(printed.contains("\"verdict\":\"inconclusive\""), "{fault}: {printed}");
    }
}

/// For people, for CI, and as a page; a fail of level must is exit status 1.
#[test]
fn a_fault_is_shown_with_its_octets() {
    let directory = directory("conform-reports");
    let (junit, html) = (directory.join("report.xml"), directory.join("report.html"));
    let server = Server::mock(&["--quiet", "--fault", "rset=502 5.5.1 no"]);
    let address = server.addresses[0].to_string();
    let files = ["--junit", junit.to_str().unwrap(), "--html", html.to_str().unwrap()];
    let (status, printed, _) = conform(&[&[address.as_str(), "--only", "5321/4.1.1.5"], &files[..]].concat());
    assert_eq!(status, Some(1), "{printed}");
    for part in ["\nRFC 5321\n  4.1.1.5\n", "✗ must rset: ", "expected: RSET is answered with 250.", "S: 502 5.5.1 no"]
    {
        assert!(printed.contains(part), "{part}: {printed}");
    }
    assert!(fs::read_to_string(junit).unwrap().contains("<failure type=\"must\""));
    assert!(fs::read_to_string(html).unwrap().contains("<details open id=\"rset\">"));
}

/// `--list` needs no server.
#[test]
fn the_list_has_every_check_with_its_clause() {
    let (status, printed, _) = conform(&["--list"]);
    assert_eq!(status, Some(0));
    assert!(printed.lines().count() > 250);
    assert!(printed.lines().any(|line| line.starts_with("lf-dot-lf ") && line.contains("must   RFC 5321 4.1.1.4")));
}

#[test]
fn a_server_that_is_not_there_is_told() {
    let (status, printed, told) = conform(&["127.0.0.1:1", "--timeout", "5"]);
    assert_eq!((status, printed.as_str()), (Some(2), ""));
    assert!(told.contains("127.0.0.1:1"), "{told}");
}
