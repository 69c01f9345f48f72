//! `smtp-lab audit`: judges recorded sessions by the RFCs. smtp-testkit reads and judges them; this file has the files and the forms of
//! the output.

pub(crate) mod html;
mod junit;
mod pcap;

use crate::output::{NewFile, Result, complain, has_colour, shown};
use smtp_testkit::recording::{self, Capture, Report, Summary};
use std::fs;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  tcpdump -i any -w session.pcap port 25; smtp-lab audit session.pcap
  smtp-lab audit --html report.html captures/*.jsonl
  printf 'S: 220 mx.example\\nC: HELO a.example\\nS: 250 mx.example\\n' | smtp-lab audit -";

/// Judge recorded sessions by the RFCs, and print each violation beneath its line
///
/// The content of a file shows which of these it is:
///
///   capture      what --record of mock, send and proxy writes: a line {"meta"}, then
///                {"dir": "C" or "S", "data"} for each piece as it arrived, with one
///                character for each octet, and {"dir", "eof": true}
///   log          what --log of mock and send writes: captures one after another,
///                each of which begins with {"meta": {"session"}}
///   transcript   lines `C: ...` and `S: ...`
///   pcap, pcapng packets; sessions of SMTP are found by their greeting
///
/// Exit status: 0 if nothing is wrong, 1 if something is, 2 if a file could not be read.
#[derive(clap::Args, Debug)]
#[command(verbatim_doc_comment, after_long_help = EXAMPLES)]
pub(crate) struct Options {
    /// One JSON object for each violation, and one for each session
    #[arg(long)]
    json: bool,
    /// Write a JUnit report too, with a test case for each session
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write a page too, with each dialogue and its violations; it loads nothing
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// The recorded sessions; `-` is standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// A session, and its violations.
struct Session {
    name: String,
    capture: Capture,
    report: Report,
}

/// Reads the sessions in a file.
fn read(path: &Path) -> std::result::Result<Vec<Session>, String> {
    let file = shown(path);
    let mut octets = Vec::new();
    if file == "-" {
        io::stdin().lock().read_to_end(&mut octets).map_err(|error| error.to_string())?;
    } else {
        octets = fs::read(path).map_err(|error| error.to_string())?;
    }
    let captures: Vec<_> = if pcap::is_one(&octets) {
        let found = (1_usize..).zip(pcap::read(&octets)?);
        found.map(|(number, capture)| (format!("{file}#{number}"), capture)).collect()
    } else {
        let found = Capture::read_all(&octets)?;
        let is_log = found.len() > 1;
        let name = |session| if is_log { format!("{file}#{session}") } else { file.clone() };
        found.into_iter().map(|(session, capture)| (name(session), capture)).collect()
    };
    let played = |(name, capture)| Session { name, report: recording::play(&capture, |_| {}), capture };
    Ok(captures.into_iter().map(played).collect())
}

pub(crate) fn run(options: &Options) -> Result<u8> {
    // A report that cannot be written is told before anything is judged.
    let junit = NewFile::create_if_asked(options.junit.as_ref())?;
    let html = NewFile::create_if_asked(options.html.as_ref())?;
    let colour = has_colour();
    let mut out = BufWriter::new(io::stdout().lock());
    let (mut sessions, mut unread) = (Vec::new(), false);
    for path in &options.files {
        match read(path) {
            Ok(found) => {
                for Session { name, capture, report } in &found {
                    if options.json {
                        recording::write_json(&mut out, name, report)?;
                    } else {
                        writeln!(out, "{name}")?;
                        recording::print(&mut out, capture, report, colour)?;
                        writeln!(out, "{}\n", Summary(report))?;
                    }
                }
                sessions.extend(found);
            }
            Err(error) => {
                unread = true;
                complain(format_args!("{}: {}", shown(path), recording::readable(error.as_bytes())));
            }
        }
    }
    out.flush()?;
    junit.map_or(Ok(()), |file| file.write(&junit::report(&sessions)))?;
    html.map_or(Ok(()), |file| file.write(&html::page(&sessions)))?;
    let wrong = sessions.iter().any(|session| !session.report.findings.is_empty());
    Ok(if unread { 2 } else { u8::from(wrong) })
}

/// Escapes text for HTML and XML: between tags, or in a quoted attribute.
pub(crate) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // XML 1.0 has no place for these.
            '\u{FFFE}' | '\u{FFFF}' => safe.push('\u{FFFD}'),
            _ if character.is_control() && character != '\n' => safe.push('\u{FFFD}'),
            _ => safe.push(character),
        }
    }
    safe
}
