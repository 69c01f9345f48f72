//! What a check is, what came of it, and where the results go. `conform server` and `conform client` share it.
//!
//! A tester makes a [`Report`] with [`Options::open`], tells it each [`Finding`] in the order of its checks, and ends it with
//! [`Report::finish`], which prints the results and gives the exit status. The forms of the output stand in the files beneath.

mod html;
mod junit;
mod known;
mod people;
#[cfg(test)]
mod tests;

use crate::output::{Failure, NewFile, Result, has_colour, say};
use known::Known;
use serde_json::json;
use smtp_core::observer::{self, Side};
use smtp_testkit::recording::Record;
use std::borrow::Cow;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::time::Duration;

/// How strongly the clause of a check speaks (RFC 2119).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Must,
    Should,
    /// The grammar has no such thing, and no clause says that a receiver refuses it: a program that takes it is lenient. Never counts.
    May,
}

impl Level {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Must => "must",
            Self::Should => "should",
            Self::May => "may",
        }
    }
}

impl From<observer::Level> for Level {
    fn from(level: observer::Level) -> Self {
        match level {
            observer::Level::Must => Self::Must,
            observer::Level::Should => Self::Should,
        }
    }
}

/// What one check is about. How it is played is the tester's to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Check {
    /// Unique among the checks of a tester, in lower case, and never used for another meaning.
    pub(crate) id: Cow<'static, str>,
    /// `RFC 5321 4.1.1.4`: one clause, without further words.
    pub(crate) clause: &'static str,
    pub(crate) level: Level,
    /// What the tested program does if it conforms: "RSET discards the recipients."
    pub(crate) sentence: &'static str,
}

impl Check {
    /// The number of the RFC and the section: `("5321", "4.1.1.4")`.
    pub(crate) fn section(&self) -> (&'static str, &'static str) {
        self.clause.strip_prefix("RFC ").and_then(|rest| rest.split_once(' ')).unwrap_or((self.clause, ""))
    }

    /// Returns `true` if this text names the check: its id, its section (`5321/4.1.1.4`) or its RFC (`5321`).
    fn is_named(&self, name: &str) -> bool {
        let (rfc, section) = self.section();
        self.id == name || name.split_once('/').map_or(name == rfc, |pair| pair == (rfc, section))
    }
}

/// What came of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Pass,
    /// The program did what the clause forbids.
    Fail,
    /// The check is about an extension that is not offered.
    NotOffered,
    /// It could not be told: policy, a refusal for now, a connection that was closed.
    Inconclusive,
}

impl Verdict {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::NotOffered => "not-offered",
            Self::Inconclusive => "inconclusive",
        }
    }
}

/// A verdict, and what led to it.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(crate) verdict: Verdict,
    /// What was sent and what came, in one line for people.
    pub(crate) detail: String,
    /// The octets of both sides in the order in which they passed, without credentials.
    pub(crate) octets: Vec<Record>,
}

impl Finding {
    pub(crate) fn new(verdict: Verdict, detail: impl Into<String>, octets: Vec<Record>) -> Self {
        Self { verdict, detail: detail.into(), octets }
    }

    /// What one side has sent, one character for each octet.
    fn sent(&self, by: Side) -> String {
        let of = |record: &Record| match record {
            Record::Data(side, octets) if *side == by => octets.iter().copied().map(char::from).collect(),
            _ => String::new(),
        };
        self.octets.iter().map(of).collect()
    }
}

/// The options of both testers about which checks are played and where the results go.
#[derive(clap::Args, Debug)]
#[group(id = "report")]
pub(crate) struct Options {
    /// Play these checks only: ids, sections (5321/4.1.1.4) or RFCs (5321)
    #[arg(long, value_name = "ID,...", value_delimiter = ',')]
    only: Vec<String>,
    /// Print every check with its clause and level, and play none
    #[arg(long)]
    list: bool,
    /// One JSON object for each check, and one with the counts
    #[arg(long)]
    json: bool,
    /// Write a JUnit report too, with a test case for each check
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write a page too, with the octets of each check; it loads nothing
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Count fails of level should
    #[arg(long)]
    strict: bool,
    /// Fails that are known and do not count: a line for each, its id and the reason
    #[arg(long, value_name = "FILE")]
    known: Option<PathBuf>,
    /// The longest wait for one reply or command
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..))]
    timeout: u64,
}

impl Options {
    /// The longest wait.
    pub(crate) const fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout)
    }

    /// Returns `true` if `--list` was given: call [`list`] and play nothing.
    pub(crate) const fn lists(&self) -> bool {
        self.list
    }

    /// Returns `true` if the check is to be played.
    pub(crate) fn selects(&self, check: &Check) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| check.is_named(name))
    }

    /// Opens what is to be written before anything is played, and holds `--only` and `--known` against all checks of the tester.
    /// `title` is the name of the tester.
    pub(crate) fn open<'a>(
        &self,
        title: &'static str,
        checks: impl Iterator<Item = &'a Check> + Clone,
    ) -> Result<Report> {
        if let Some(name) = self.only.iter().find(|name| !checks.clone().any(|check| check.is_named(name))) {
            return Err(Failure::of("--only", format!("no check, section or RFC is named {}", name.escape_debug())));
        }
        let known = match &self.known {
            Some(path) => Known::open(path, checks)?,
            None => Known::default(),
        };
        let junit = NewFile::create_if_asked(self.junit.as_ref())?;
        let html = NewFile::create_if_asked(self.html.as_ref())?;
        Ok(Report { title, json: self.json, strict: self.strict, known, junit, html, results: Vec::new() })
    }
}

/// Prints every check, in the order of RFCs and sections.
pub(crate) fn list<'a>(checks: impl Iterator<Item = &'a Check>) {
    let mut sorted: Vec<&Check> = checks.collect();
    sorted.sort_by_key(|check| place(check));
    let line = |check: &&Check| {
        format!("{:<34} {:<6} {:<18} {}\n", check.id, check.level.name(), check.clause, check.sentence)
    };
    say(&sorted.iter().map(line).collect::<String>());
}

/// Where a check stands in the output: RFC, section by its numbers.
fn place(check: &Check) -> (u32, Vec<u32>) {
    let (rfc, section) = check.section();
    (rfc.parse().unwrap_or(u32::MAX), section.split('.').map(|part| part.parse().unwrap_or(u32::MAX)).collect())
}

/// A check that was played.
struct Outcome {
    check: Check,
    finding: Finding,
    /// Why the fail does not count.
    known: Option<String>,
}

/// The results so far.
pub(crate) struct Report {
    title: &'static str,
    json: bool,
    strict: bool,
    known: Known,
    junit: Option<NewFile>,
    html: Option<NewFile>,
    results: Vec<Outcome>,
}

impl Report {
    /// Takes the result of a check.
    pub(crate) fn tell(&mut self, check: &Check, finding: Finding) {
        let known = self.known.reason(&check.id);
        self.results.push(Outcome { check: check.clone(), finding, known });
    }

    /// Prints and writes it all. The exit status: 1 where a fail counts, 0 otherwise.
    pub(crate) fn finish(mut self) -> Result<u8> {
        let mut out = BufWriter::new(io::stdout().lock());
        if self.json {
            self.write_json(&mut out)?;
        } else {
            people::print(&mut out, &self, has_colour())?;
        }
        out.flush()?;
        let (junit, html) = (self.junit.take(), self.html.take());
        junit.map_or(Ok(()), |file| file.write(&junit::report(&self)))?;
        html.map_or(Ok(()), |file| file.write(&html::page(&self)))?;
        Ok(u8::from(self.results.iter().any(|outcome| self.counts(outcome))))
    }

    /// Returns `true` if the outcome is a fail that changes the exit status.
    fn counts(&self, outcome: &Outcome) -> bool {
        let level = match outcome.check.level {
            Level::Must => true,
            Level::Should => self.strict,
            Level::May => false,
        };
        outcome.finding.verdict == Verdict::Fail && outcome.known.is_none() && level
    }

    fn count(&self, verdict: Verdict) -> usize {
        self.results.iter().filter(|outcome| outcome.finding.verdict == verdict).count()
    }

    /// The outcomes in the order of RFCs and sections.
    fn sorted(&self) -> Vec<&Outcome> {
        let mut sorted: Vec<_> = self.results.iter().collect();
        sorted.sort_by_key(|outcome| place(&outcome.check));
        sorted
    }

    fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        for Outcome { check, finding, known } in &self.results {
            let mut line = json!({
                "check": check.id, "clause": check.clause, "level": check.level.name(), "verdict": finding.verdict.name(),
                "detail": finding.detail,
                "octets": { "client": finding.sent(Side::Client), "server": finding.sent(Side::Server) },
            });
            if let (Some(reason), Some(object)) = (known, line.as_object_mut()) {
                object.insert("known".to_owned(), json!(reason));
            }
            writeln!(out, "{line}")?;
        }
        let summary = json!({
            "pass": self.count(Verdict::Pass), "fail": self.count(Verdict::Fail),
            "not_offered": self.count(Verdict::NotOffered), "inconclusive": self.count(Verdict::Inconclusive),
        });
        writeln!(out, "{}", json!({ "summary": summary }))
    }
}
