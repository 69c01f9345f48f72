//! The report for programs that read JUnit: a test case for each check. What is not offered or inconclusive is skipped, and so is
//! a fail that does not count.

use super::{Outcome, Report, Verdict};
use crate::audit::escaped;
use std::fmt::Write;

pub(super) fn report(report: &Report) -> String {
    let outcomes = report.sorted();
    let failures = outcomes.iter().filter(|outcome| report.counts(outcome)).count();
    let passed = report.count(Verdict::Pass);
    let counts = format!(
        "tests=\"{}\" failures=\"{failures}\" skipped=\"{}\"",
        outcomes.len(),
        outcomes.len().saturating_sub(failures).saturating_sub(passed)
    );
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing into a `String` does not fail.
    _ = writeln!(xml, "<testsuites {counts}>\n<testsuite name=\"{}\" {counts}>", report.title);
    for outcome in outcomes {
        let Outcome { check, finding, known } = outcome;
        let (class, id) = (escaped(check.clause), escaped(&check.id));
        let detail = escaped(&finding.detail);
        _ = write!(xml, "<testcase classname=\"{class}\" name=\"{id}\">");
        _ = match (finding.verdict, known) {
            (Verdict::Pass, _) => Ok(()),
            _ if report.counts(outcome) => write!(
                xml,
                "<failure type=\"{}\" message=\"{}\">{detail}</failure>",
                check.level.name(),
                escaped(check.sentence)
            ),
            (Verdict::Fail, Some(reason)) => {
                write!(xml, "<skipped message=\"known: {}; {detail}\"/>", escaped(reason))
            }
            (Verdict::Fail, None) => write!(xml, "<skipped message=\"{} fails: {detail}\"/>", check.level.name()),
            (verdict, _) => write!(xml, "<skipped message=\"{}: {detail}\"/>", verdict.name()),
        };
        xml.push_str("</testcase>\n");
    }
    xml.push_str("</testsuite>\n</testsuites>\n");
    xml
}
