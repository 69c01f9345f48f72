//! Watches one session with the observer: what is shown of it as it happens, and what is recorded. The mock server, the proxy and
//! `send` feed it. It shows no credential and records none.

use serde_json::{Value, json};
use smtp_core::observer::{ObserverEvent, Side, ViolationKind};
use smtp_core::session::State;
use smtp_testkit::recording::{Player, Record, Report, Seen, print_violation, readable, without_secrets};

/// The number of lines of a session that are kept for the page.
const MOST: usize = 2000;

/// A line of the dialogue, and the violations in it.
struct Line {
    side: Side,
    text: String,
    /// The state after it if it ends a reply, and otherwise the state in which it was read.
    state: State,
    violations: Vec<ViolationKind>,
}

/// What is shown of a session: lines for the page, and text for the terminal.
#[derive(Default)]
struct Dialogue {
    lines: Vec<Line>,
    /// The number of lines that are not kept.
    left_out: usize,
    /// The number of octets of the content that is being sent.
    content: u64,
    /// What is to be printed next.
    printed: Vec<u8>,
}

pub(crate) struct Watcher {
    player: Player,
    /// The reports of what came before TLS.
    earlier: Vec<Report>,
    dialogue: Dialogue,
    /// Whether octets are kept for a recording.
    keeps: bool,
    records: Vec<Record>,
    /// What was recorded before TLS, without credentials.
    before_tls: Vec<Vec<Record>>,
}

impl Watcher {
    pub(crate) fn new(keeps: bool) -> Self {
        Self {
            player: Player::default(),
            earlier: Vec::new(),
            dialogue: Dialogue::default(),
            keeps,
            records: Vec::new(),
            before_tls: Vec::new(),
        }
    }

    /// Takes what has passed, and returns the lines that this makes, for people to read.
    pub(crate) fn take(&mut self, record: Record) -> String {
        let dialogue = &mut self.dialogue;
        self.player.take(&record, |event, seen| dialogue.see(event, seen));
        let mut printed = String::from_utf8_lossy(&std::mem::take(&mut dialogue.printed)).into_owned();
        if let Record::Eof(side) = record {
            printed.push_str(&format!("   {} closes\n", side.name()));
        }
        if self.keeps {
            self.records.push(record);
        }
        printed
    }

    /// Notes that what follows is said within TLS.
    pub(crate) fn begin_tls(&mut self) {
        let before = std::mem::replace(&mut self.player, Player::within_tls());
        self.before_tls.push(clean(&mut self.records, before.report()));
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

    /// Returns the counts.
    pub(crate) fn summary(&self) -> Value {
        json!({
            "commands": self.reports().map(|report| report.commands).sum::<usize>(),
            "replies": self.reports().map(|report| report.replies).sum::<usize>(),
            "messages": self.reports().map(|report| report.messages).sum::<u64>(),
            "violations": self.violations(),
        })
    }

    /// Returns the dialogue: each line with its state and its violations.
    pub(crate) fn records(&self) -> Value {
        let violation = |kind: &ViolationKind| {
            json!({
                "who": kind.who().name(), "violation": kind.name(), "clause": kind.clause(), "level": kind.level().name(),
                "text": kind.text(),
            })
        };
        let line = |line: &Line| {
            json!({
                "who": line.side.name(), "text": line.text, "state": line.state.name(),
                "violations": line.violations.iter().map(violation).collect::<Vec<_>>(),
            })
        };
        self.dialogue.lines.iter().map(line).collect()
    }

    /// Returns the number of lines that are not kept.
    pub(crate) const fn left_out(&self) -> usize {
        self.dialogue.left_out
    }

    /// Returns what was recorded, without credentials: what was said in the clear, and then what was said within TLS after
    /// STARTTLS.
    pub(crate) fn recorded(&mut self) -> Vec<Vec<Record>> {
        let last = clean(&mut self.records, self.player.report());
        self.before_tls.push(last);
        std::mem::take(&mut self.before_tls)
    }
}

fn clean(records: &mut Vec<Record>, report: &Report) -> Vec<Record> {
    let mut records = std::mem::take(records);
    without_secrets(&mut records, report);
    records
}

impl Dialogue {
    /// Adds what an event shows.
    fn see(&mut self, event: &ObserverEvent<'_>, Seen { secret, state, .. }: Seen) {
        match event {
            ObserverEvent::Command { line, .. } | ObserverEvent::Response(line) => {
                let text = match secret.and_then(|at| line.get(..at)) {
                    Some(clear) => format!("{}***", readable(clear)),
                    None => readable(line),
                };
                self.add(Side::Client, text, state, None);
            }
            ObserverEvent::Reply { octets, state: after, .. } => {
                let mut replies = octets.split_inclusive(|octet| *octet == b'\n').peekable();
                while let Some(line) = replies.next() {
                    let text = readable(line.strip_suffix(b"\r\n").unwrap_or(line));
                    let after = replies.peek().is_none().then_some(*after);
                    self.add(Side::Server, text, after.unwrap_or(state), after);
                }
            }
            ObserverEvent::Content(octets) => self.content = self.content.saturating_add(octets.len() as u64),
            ObserverEvent::ContentEnd => {
                let octets = std::mem::take(&mut self.content);
                self.add(Side::Client, format!("({octets} octets of content)"), state, None);
            }
            ObserverEvent::TlsBegun => self.add(Side::Client, "(goes on in TLS)".to_owned(), state, None),
            ObserverEvent::Violation(violation) => {
                // Written into a `Vec`, which does not fail.
                _ = print_violation(&mut self.printed, violation, false);
                let line = self.lines.iter_mut().rev().find(|line| line.side == violation.who());
                if let Some(line) = line {
                    line.violations.push(violation.kind);
                }
            }
            _ => {}
        }
    }

    /// Adds a line. `after` is the state that is printed, after a reply.
    fn add(&mut self, side: Side, text: String, state: State, after: Option<State>) {
        let name = if side == Side::Client { 'C' } else { 'S' };
        let after = after.map(|after| format!("   [{after}]")).unwrap_or_default();
        self.printed.extend_from_slice(format!("{name}: {text}{after}\n").as_bytes());
        if self.lines.len() < MOST {
            self.lines.push(Line { side, text, state, violations: Vec::new() });
        } else {
            self.left_out = self.left_out.saturating_add(1);
        }
    }
}
