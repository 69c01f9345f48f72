use super::known::Known;
use super::*;

const CHECKS: [Check; 2] = [
    Check {
        id: Cow::Borrowed("rset"),
        clause: "RFC 5321 4.1.1.5",
        level: Level::Must,
        sentence: "RSET is answered with 250.",
    },
    Check {
        id: Cow::Borrowed("size"),
        clause: "RFC 1870 6.1",
        level: Level::Should,
        sentence: "A size above the maximum is refused.",
    },
];

fn report(strict: bool, known: &str) -> Report {
    let known = Known::read(known, CHECKS.iter()).unwrap();
    Report { title: "tester", json: false, strict, known, junit: None, html: None, results: Vec::new() }
}

fn fail() -> Finding {
    let octets = vec![
        Record::Data(Side::Client, b"RSET\r\n".to_vec()),
        Record::Data(Side::Server, b"500 <\xff>\x1b\r\n".to_vec()),
    ];
    Finding::new(Verdict::Fail, "RSET was answered with 500 <\u{1b}>", octets)
}

#[test]
fn a_check_is_named_by_id_section_and_rfc() {
    let named = |name| CHECKS.map(|check| check.is_named(name));
    assert_eq!(named("rset"), [true, false]);
    assert_eq!(named("5321/4.1.1.5"), [true, false]);
    assert_eq!(named("1870"), [false, true]);
    assert_eq!(named("5321/4.1.1"), [false, false]);
}

#[test]
fn only_must_counts_unless_strict() {
    for (check, strict, status) in [(0, false, true), (1, false, false), (1, true, true)] {
        let mut report = report(strict, "");
        report.tell(&CHECKS[check], fail());
        assert_eq!(report.counts(&report.results[0]), status, "{check} {strict}");
    }
}

#[test]
fn a_known_fail_does_not_count_and_one_that_passes_is_told() {
    let mut report = report(true, "# of the tested version\n\nrset  it is mended in the next\nsize\tpolicy\n");
    report.tell(&CHECKS[0], fail());
    report.tell(&CHECKS[1], Finding::new(Verdict::Pass, "", Vec::new()));
    assert!(!report.counts(&report.results[0]));
    let mut printed = Vec::new();
    people::print(&mut printed, &report, false).unwrap();
    let printed = String::from_utf8(printed).unwrap();
    assert!(printed.contains("known:    it is mended in the next"), "{printed}");
    assert!(printed.contains("size is known to fail, and passes"), "{printed}");
    assert!(printed.ends_with("1 pass, 1 fail (1 of them known), 0 not offered, 0 inconclusive\n"), "{printed}");
}

#[test]
fn a_known_fail_has_a_check_and_a_reason() {
    assert!(Known::read("lunch is served", CHECKS.iter()).unwrap_err().contains("lunch"));
    assert!(Known::read("rset ", CHECKS.iter()).unwrap_err().contains("no reason"));
}

/// The object of each check and the counts are read by other programs.
#[test]
fn json() {
    let mut report = report(false, "");
    report.tell(&CHECKS[0], fail());
    let mut printed = Vec::new();
    report.write_json(&mut printed).unwrap();
    let printed = String::from_utf8(printed).unwrap();
    let lines: Vec<serde_json::Value> = printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        lines,
        [
            json!({
                "check": "rset", "clause": "RFC 5321 4.1.1.5", "level": "must", "verdict": "fail",
                "detail": "RSET was answered with 500 <\u{1b}>",
                "octets": { "client": "RSET\r\n", "server": "500 <\u{ff}>\u{1b}\r\n" },
            }),
            json!({ "summary": { "pass": 0, "fail": 1, "not_offered": 0, "inconclusive": 0 } }),
        ]
    );
}

/// Neither form lets through what the other program could have put there: markup and control characters.
#[test]
fn nothing_of_the_peer_is_markup() {
    let mut report = report(false, "");
    report.tell(&CHECKS[0], fail());
    for text in [junit::report(&report), html::page(&report)] {
        assert!(text.contains("RFC 5321 4.1.1.5") && text.contains("RSET was answered with 500 &lt;"), "{text}");
        assert!(!text.contains('\u{1b}') && !text.contains("500 <"), "{text}");
    }
    assert!(junit::report(&report).contains("tests=\"1\" failures=\"1\" skipped=\"0\""));
    let mut printed = Vec::new();
    people::print(&mut printed, &report, false).unwrap();
    let printed = String::from_utf8(printed).unwrap();
    assert!(printed.contains("\nRFC 5321\n  4.1.1.5\n    ✗ must rset: RSET is answered with 250.\n"), "{printed}");
    assert!(printed.contains("C: RSET\n") && printed.contains("S: 500 <\\xff>\\u{1b}\n"), "{printed}");
    assert!(!printed.contains('\u{1b}'));
}

/// Sections are in the order of their numbers.
#[test]
fn sections_have_their_order() {
    let check = |clause| Check { id: "a".into(), clause, level: Level::Must, sentence: "" };
    let clauses = ["RFC 1870 6.1", "RFC 5321 2.3.8", "RFC 5321 4.1.1.4", "RFC 5321 4.1.1.10", "RFC 5321 4.2"];
    assert!(clauses.windows(2).all(|pair| place(&check(pair[0])) < place(&check(pair[1]))));
}
