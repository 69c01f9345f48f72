//! Writes recorded sessions for other programs: the findings as lines of JSON, and records without credentials.

use super::capture::Record;
use super::play::Report;
use serde_json::json;
use smtp_core::observer::Side;
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

/// Replaces each possible credential by the same number of letters `A`, so that base64 stays valid and offsets do not change.
pub fn without_secrets(records: &mut [Record], report: &Report) {
    let unread = report.unread_secret.map(|from| (from, u64::MAX));
    let mut at = 0;
    for record in records {
        let Record::Data(Side::Client, octets) = record else { continue };
        let end = at + octets.len() as u64;
        for (from, to) in report.secrets.iter().chain(&unread) {
            let within = |offset: u64| usize::try_from(offset.clamp(at, end) - at).unwrap_or_default();
            for octet in &mut octets[within(*from)..within((*to).max(*from))] {
                if octet.is_ascii_graphic() && *octet != b'=' && *octet != b'*' {
                    *octet = b'A';
                }
            }
        }
        at = end;
    }
}
