//! The output for people: a heading for each RFC and section, a mark for each check, and what was expected and what came beneath
//! each fail.

use super::{Outcome, Report, Verdict};
use smtp_testkit::recording::{self, lines, print_line};
use std::io::{self, Write};

pub(super) fn print(out: &mut impl Write, report: &Report, colour: bool) -> io::Result<()> {
    let (bold, plain) = if colour { ("\x1b[1m", "\x1b[0m") } else { ("", "") };
    let mut last = ("", "");
    for outcome in report.sorted() {
        let (rfc, section) = outcome.check.section();
        if last.0 != rfc {
            writeln!(out, "\n{bold}RFC {rfc}{plain}")?;
        }
        if last != (rfc, section) {
            writeln!(out, "  {bold}{section}{plain}")?;
        }
        last = (rfc, section);
        print_outcome(out, outcome, colour)?;
    }
    writeln!(out)?;
    for Outcome { check, finding, known } in &report.results {
        if known.is_some() && finding.verdict == Verdict::Pass {
            writeln!(out, "{} is known to fail, and passes: take it out of the file of --known", check.id)?;
        }
    }
    writeln!(out, "{}", summary(report))
}

/// The counts in words.
pub(super) fn summary(report: &Report) -> String {
    let known = report
        .results
        .iter()
        .filter(|outcome| outcome.known.is_some() && outcome.finding.verdict == Verdict::Fail)
        .count();
    let known = if known > 0 { format!(" ({known} of them known)") } else { String::new() };
    format!(
        "{} pass, {} fail{known}, {} not offered, {} inconclusive",
        report.count(Verdict::Pass),
        report.count(Verdict::Fail),
        report.count(Verdict::NotOffered),
        report.count(Verdict::Inconclusive)
    )
}

fn print_outcome(out: &mut impl Write, outcome: &Outcome, colour: bool) -> io::Result<()> {
    let Outcome { check, finding, known } = outcome;
    let (mark, paint) = match finding.verdict {
        Verdict::Pass => ("✓", "\x1b[32m"),
        Verdict::Fail => ("✗", "\x1b[31m"),
        Verdict::NotOffered => ("-", ""),
        Verdict::Inconclusive => ("?", "\x1b[33m"),
    };
    let (paint, plain) = if colour { (paint, "\x1b[0m") } else { ("", "") };
    writeln!(out, "    {paint}{mark}{plain} {} {}: {}", check.level.name(), check.id, check.sentence)?;
    match finding.verdict {
        Verdict::Pass => {}
        Verdict::NotOffered | Verdict::Inconclusive => writeln!(out, "        {}", readable(&finding.detail))?,
        Verdict::Fail => {
            if let Some(reason) = known {
                writeln!(out, "        known:    {}", readable(reason))?;
            }
            writeln!(out, "        expected: {} ({})", check.sentence, check.clause)?;
            writeln!(out, "        actual:   {}", readable(&finding.detail))?;
            for line in lines(&finding.octets, &recording::Report::default()) {
                write!(out, "          ")?;
                print_line(out, &line, colour)?;
            }
        }
    }
    Ok(())
}

/// What came from the other program, without its control characters.
fn readable(text: &str) -> String {
    recording::readable(text.as_bytes())
}
