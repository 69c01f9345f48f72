//! Watches one session with the observer: what is shown of it as it happens, and its capture. The mock server and the proxy feed
//! it; it must show no credential.

use crate::output::{Failure, Result};
use serde_json::{Value, json};
use smtp_core::observer::{ObserverEvent, Side, ViolationKind};
use smtp_core::session::State;
use smtp_testkit::recording::{Player, Record, Report, print_violation, readable, without_secrets};
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Of a longer session this many lines are kept for the page.
const MOST: usize = 2000;

/// A line of the dialogue, and what is wrong with it.
struct Line {
    side: Side,
    text: String,
    state: Option<State>,
    violations: Vec<ViolationKind>,
}

pub(crate) struct Watcher {
    player: Player,
    /// What the reports of what came before TLS say.
    earlier: Vec<Report>,
    lines: Vec<Line>,
    left_out: usize,
    /// Octets of the content under way.
    content: u64,
    /// Octets are kept for a capture.
    keeps: bool,
    records: Vec<Record>,
    /// What was recorded before TLS, as it is written.
    written: Vec<Vec<Record>>,
}

impl Watcher {
    pub(crate) fn new(keeps: bool) -> Self {
        Self {
            player: Player::default(),
            earlier: Vec::new(),
            lines: Vec::new(),
            left_out: 0,
            content: 0,
            keeps,
            records: Vec::new(),
            written: Vec::new(),
        }
    }

    /// Takes what has passed, and returns the lines that this makes, for people to read.
    pub(crate) fn take(&mut self, record: Record) -> String {
        let mut printed = Vec::new();
        let Self { player, lines, left_out, content, .. } = self;
        player.take(&record, |event, secret| see(event, secret, lines, left_out, content, &mut printed));
        if let Record::Eof(side) = record {
            printed.extend_from_slice(format!("   {} closes\n", side.name()).as_bytes());
        }
        if self.keeps {
            self.records.push(record);
        }
        String::from_utf8_lossy(&printed).into_owned()
    }

    /// What follows was said within TLS.
    pub(crate) fn begin_tls(&mut self) {
        let before = std::mem::replace(&mut self.player, Player::within_tls());
        self.written.push(clean(&mut self.records, before.report()));
        self.earlier.push(before.report().clone());
    }

    /// Returns `true` if a TLS handshake begins here.
    pub(crate) const fn is_encrypted(&self) -> bool {
        self.player.report().encrypted
    }

    fn reports(&self) -> impl Iterator<Item = &Report> {
        self.earlier.iter().chain([self.player.report()])
    }

    pub(crate) fn violations(&self) -> usize {
        self.reports().map(|report| report.findings.len()).sum()
    }

    /// The counts.
    pub(crate) fn summary(&self) -> Value {
        json!({
            "commands": self.reports().map(|report| report.commands).sum::<usize>(),
            "replies": self.reports().map(|report| report.replies).sum::<usize>(),
            "messages": self.reports().map(|report| report.messages).sum::<u64>(),
            "violations": self.violations(),
        })
    }

    /// The dialogue: each line with the state after it and what is wrong with it.
    pub(crate) fn records(&self) -> Value {
        let violation = |kind: &ViolationKind| {
            json!({
                "who": kind.who().name(), "violation": kind.name(), "clause": kind.clause(), "level": kind.level().name(),
                "text": kind.text(),
            })
        };
        let line = |line: &Line| {
            json!({
                "who": line.side.name(), "text": line.text, "state": line.state.map(State::name),
                "violations": line.violations.iter().map(violation).collect::<Vec<_>>(),
            })
        };
        self.lines.iter().map(line).collect()
    }

    /// How many lines are not kept.
    pub(crate) const fn left_out(&self) -> usize {
        self.left_out
    }

    /// Writes the capture, without credentials: `NAME.jsonl`, and for what was said within TLS after STARTTLS `NAME-tls.jsonl`.
    pub(crate) fn write(&mut self, directory: &Path, prefix: &str) -> Result<PathBuf> {
        let last = clean(&mut self.records, self.player.report());
        self.written.push(last);
        let failed = |error| Failure::of(directory.display(), error);
        for number in 1_u32.. {
            let path = directory.join(format!("{prefix}{number}.jsonl"));
            match File::create_new(&path) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                file => {
                    let mut file = file.map_err(failed)?;
                    for (part, records) in self.written.iter().enumerate() {
                        if part > 0 {
                            let tls = directory.join(format!("{prefix}{number}-tls.jsonl"));
                            file = File::create_new(tls).map_err(failed)?;
                        }
                        write_capture(&mut file, records, part > 0).map_err(failed)?;
                    }
                    return Ok(path);
                }
            }
        }
        Err(Failure::of(directory.display(), "too many captures"))
    }
}

fn clean(records: &mut Vec<Record>, report: &Report) -> Vec<Record> {
    let mut records = std::mem::take(records);
    without_secrets(&mut records, report);
    records
}

fn write_capture(file: &mut File, records: &[Record], within_tls: bool) -> io::Result<()> {
    let mut text = format!("{}\n", json!({ "meta": { "by": "smtp-lab", "within_tls": within_tls } }));
    for record in records {
        text.push_str(&record.to_json().to_string());
        text.push('\n');
    }
    file.write_all(text.as_bytes())
}

/// What an event adds to the dialogue.
fn see(
    event: &ObserverEvent<'_>,
    secret: Option<usize>,
    lines: &mut Vec<Line>,
    left_out: &mut usize,
    content: &mut u64,
    printed: &mut Vec<u8>,
) {
    let mut add = |side: Side, text: String, state: Option<State>| {
        let name = if side == Side::Client { 'C' } else { 'S' };
        let after = state.map(|state| format!("   [{state}]")).unwrap_or_default();
        printed.extend_from_slice(format!("{name}: {text}{after}\n").as_bytes());
        if lines.len() < MOST {
            lines.push(Line { side, text, state, violations: Vec::new() });
        } else {
            *left_out = left_out.saturating_add(1);
        }
    };
    match event {
        ObserverEvent::Command { line, .. } | ObserverEvent::Response(line) => {
            let text = match secret.and_then(|at| line.get(..at)) {
                Some(clear) => format!("{}***", readable(clear)),
                None => readable(line),
            };
            add(Side::Client, text, None);
        }
        ObserverEvent::Reply { octets, state, .. } => {
            let mut replies = octets.split_inclusive(|octet| *octet == b'\n').peekable();
            while let Some(line) = replies.next() {
                let text = readable(line.strip_suffix(b"\r\n").unwrap_or(line));
                add(Side::Server, text, replies.peek().is_none().then_some(*state));
            }
        }
        ObserverEvent::Content(octets) => *content = content.saturating_add(octets.len() as u64),
        ObserverEvent::ContentEnd => {
            add(Side::Client, format!("({content} octets of content)"), None);
            *content = 0;
        }
        ObserverEvent::TlsBegun => add(Side::Client, "(goes on in TLS)".to_owned(), None),
        ObserverEvent::Violation(violation) => {
            // Written into a `Vec`, which does not fail.
            _ = print_violation(printed, violation, false);
            let line = lines.iter_mut().rev().find(|line| line.side == violation.who());
            if let Some(line) = line {
                line.violations.push(violation.kind);
            }
        }
        _ => {}
    }
}
