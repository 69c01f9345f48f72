//! Audits recorded sessions: plays both directions through the observer and prints the dialogue with its violations.
//!
//! ```text
//! cargo run --example audit -- FILE...           # the dialogue, with its violations
//! cargo run --example audit -- --json FILE...    # an object per violation, and one per file
//! ```
//!
//! A file is a capture (a line `{"meta"}`, then `{"dir": "C" or "S", "data"}` for each piece as it arrived, with one
//! character for each octet, and `{"dir", "eof": true}`), a log (several captures, each of which begins with
//! `{"meta": {"session"}}`) or a transcript (lines `C: ...` and `S: ...`, whose CRLF is implied). The exit code is 0 if there are no violations, 1 if there are some, and 2 if a file cannot be read.

#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "counts and offsets of a recording")]

use smtp_testkit::recording::{self, Capture, Summary};
use std::env;
use std::fs;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> io::Result<ExitCode> {
    // A file name need not be UTF-8.
    let arguments = env::args_os().skip(1).map(PathBuf::from);
    let is_flag = |argument: &PathBuf| argument.as_os_str().as_encoded_bytes().starts_with(b"--");
    let (flags, files): (Vec<_>, Vec<_>) = arguments.partition(is_flag);
    let as_json = !flags.is_empty();
    if files.is_empty() || flags.iter().any(|flag| flag.as_os_str() != "--json") {
        eprintln!("usage: audit [--json] FILE...");
        return Ok(ExitCode::from(2));
    }
    let stdout = io::stdout();
    let colour = stdout.is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let mut out = BufWriter::new(stdout.lock());
    let (mut violations, mut unread) = (0, 0);
    for path in &files {
        let file = path.display().to_string();
        let read = fs::read(path).map_err(|error| error.to_string());
        match read.and_then(|octets| Capture::read_all(&octets)) {
            Ok(sessions) => {
                let is_log = sessions.len() > 1;
                for (session, capture) in sessions {
                    let name = if is_log { format!("{file}#{session}") } else { file.clone() };
                    let report = recording::play(&capture, |_| {});
                    violations += report.findings.len();
                    if as_json {
                        recording::write_json(&mut out, &name, &report)?;
                    } else {
                        writeln!(out, "{name}")?;
                        recording::print(&mut out, &capture, &report, colour)?;
                        writeln!(out, "{}\n", Summary(&report))?;
                    }
                }
            }
            Err(error) => {
                unread += 1;
                eprintln!("{file}: {error}");
            }
        }
    }
    out.flush()?;
    Ok(ExitCode::from(if unread > 0 { 2 } else { u8::from(violations > 0) }))
}
