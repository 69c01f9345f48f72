//! The report as one page, which has no script and loads nothing.

use super::{Outcome, Report, Verdict, people};
use crate::audit::escaped;
use crate::audit::html::{clause, head};
use smtp_core::observer::Side;
use smtp_testkit::recording::{self, LineKind, lines};
use std::fmt::Write;

pub(super) fn page(report: &Report) -> String {
    let mut html = head(report.title);
    // Writing into a `String` does not fail.
    _ = writeln!(html, "<p>{}</p>", escaped(&people::summary(report)));
    let mut last = ("", "");
    for outcome in report.sorted() {
        let section = outcome.check.section();
        if last != section {
            _ = writeln!(html, "<h2>{}</h2>", clause(outcome.check.clause));
        }
        last = section;
        write_outcome(&mut html, outcome);
    }
    html.push_str("</html>\n");
    html
}

fn write_outcome(html: &mut String, outcome: &Outcome) {
    let Outcome { check, finding, known } = outcome;
    let open = if finding.verdict == Verdict::Fail { " open" } else { "" };
    let (level, verdict) = (check.level.name(), finding.verdict.name());
    // Writing into a `String` does not fail.
    _ = writeln!(
        html,
        "<details{open} id=\"{id}\"><summary><span class=\"{verdict}\">{verdict}</span> {level} {id}: {}</summary>",
        escaped(check.sentence),
        id = escaped(&check.id),
    );
    if let Some(reason) = known {
        _ = writeln!(html, "<p>Known: {}</p>", escaped(reason));
    }
    _ = writeln!(html, "<p>{}</p>\n<ol>", escaped(&recording::readable(finding.detail.as_bytes())));
    for line in lines(&finding.octets, &recording::Report::default()) {
        let (who, mark) = if line.side == Side::Client { ("client", "C") } else { ("server", "S") };
        _ = match &line.kind {
            LineKind::Text(text) => {
                writeln!(html, "<li class=\"{who}\"><b>{mark}</b><code>{}</code></li>", escaped(text))
            }
            LineKind::Eof => writeln!(html, "<li class=\"{who}\"><i>{who} closes</i></li>"),
            _ => Ok(()),
        };
    }
    html.push_str("</ol>\n</details>\n");
}
