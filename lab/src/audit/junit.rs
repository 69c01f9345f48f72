//! The report for programs that read JUnit: a test case for each session, which fails if the session has a violation.

use super::{Session, escaped};
use std::fmt::Write;

pub(super) fn report(sessions: &[Session]) -> String {
    let failures = sessions.iter().filter(|session| !session.report.findings.is_empty()).count();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing into a `String` does not fail.
    _ = writeln!(xml, "<testsuites tests=\"{}\" failures=\"{failures}\">", sessions.len());
    _ = writeln!(xml, "<testsuite name=\"smtp-lab audit\" tests=\"{}\" failures=\"{failures}\">", sessions.len());
    for session in sessions {
        let name = escaped(&session.name);
        let findings = &session.report.findings;
        if findings.is_empty() {
            _ = writeln!(xml, "<testcase classname=\"audit\" name=\"{name}\"/>");
            continue;
        }
        let count = findings.len();
        _ = writeln!(xml, "<testcase classname=\"audit\" name=\"{name}\">");
        _ = writeln!(xml, "<failure type=\"violation\" message=\"{count} violations\">");
        for (record, violation) in findings {
            let (level, kind) = (violation.kind.level().name(), violation.kind.name());
            _ = writeln!(xml, "record {record}, {level}: {} ({kind})", escaped(&violation.to_string()));
        }
        xml.push_str("</failure>\n</testcase>\n");
    }
    xml.push_str("</testsuite>\n</testsuites>\n");
    xml
}
