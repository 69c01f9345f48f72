//! Writes recorded sessions for other programs: the findings as lines of JSON, and the counts.

use super::play::Report;
use serde_json::json;
use std::fmt;
use std::io::{self, Write};

/// Writes one JSON object for each violation, and one with the summary.
pub fn write_json(out: &mut impl Write, file: &str, report: &Report) -> io::Result<()> {
    for (record, violation) in &report.findings {
        let kind = violation.kind;
        let line = json!({
            "file": file, "record": record, "who": kind.who().name(), "violation": kind.name(),
            "clause": kind.clause(), "level": kind.level().name(), "text": kind.text(),
        });
        writeln!(out, "{line}")?;
    }
    let summary = json!({
        "commands": report.commands, "replies": report.replies, "messages": report.messages,
        "violations": report.findings.len(), "encrypted": report.encrypted, "complete": report.complete,
    });
    writeln!(out, "{}", json!({"file": file, "summary": summary}))
}

/// The counts of a report, as text.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::exhaustive_structs, reason = "a view of a report")]
pub struct Summary<'a>(pub &'a Report);

impl fmt::Display for Summary<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = self.0;
        write!(
            formatter,
            "-- {} commands, {} replies, {} messages, {} violations",
            report.commands,
            report.replies,
            report.messages,
            report.findings.len()
        )?;
        if report.encrypted {
            formatter.write_str("; then encrypted")?;
        }
        formatter.write_str(if report.complete || report.encrypted { "" } else { "; incomplete" })
    }
}
