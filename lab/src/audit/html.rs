//! The report for people: one page, which has no script and loads nothing.

use super::{Session, escaped};
use smtp_testkit::recording::{LineKind, Summary, lines};
use std::fmt::Write;

const HEAD: &str = r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>TITLE</title>
<style>
:root { color-scheme: light dark; }
body { font: 15px/1.4 system-ui, sans-serif; margin: 1em auto; max-width: 70em; padding: 0 1em; }
ol { list-style: none; padding: 0; }
li { overflow-wrap: anywhere; }
code { white-space: pre-wrap; }
b { display: inline-block; width: 1.5em; } .client b { color: light-dark(#2b6cb0, #74b0f4); } .server b { color: light-dark(#2f855a, #62c793); }
i { color: light-dark(#626c78, #93a0ae); margin-left: 1em; }
.violation { margin-left: 1.5em; padding: 0 .4em; border-left: 3px solid #c0392b; background: #c0392b18; }
.fail { color: light-dark(#b3261e, #ff8d84); font-weight: bold; } .pass { color: light-dark(#2f855a, #62c793); } .inconclusive { color: light-dark(#8f5b00, #e8b04c); }
.should { border-color: #b9770e; background: #b9770e18; }
table { border-collapse: collapse; } th, td { padding: .1em .6em; border-bottom: 1px solid #8884; text-align: left; vertical-align: top; }
</style>
<h1>TITLE</h1>
"#;

/// Returns the beginning of a page, with its title.
pub(crate) fn head(title: &str) -> String {
    HEAD.replace("TITLE", &escaped(title))
}

pub(super) fn page(sessions: &[Session]) -> String {
    let mut html = head("smtp-lab audit");
    for session in sessions {
        // Writing into a `String` does not fail.
        _ = writeln!(html, "<h2>{}</h2>\n<ol>", escaped(&session.name));
        for line in lines(&session.capture.records, &session.report) {
            let who = line.side.name();
            let mark = if who == "client" { "C" } else { "S" };
            let state = line.state.map(|state| format!("<i>{state}</i>")).unwrap_or_default();
            _ = match &line.kind {
                LineKind::Text(text) => {
                    writeln!(html, "<li class=\"{who}\"><b>{mark}</b><code>{}</code>{state}</li>", escaped(text))
                }
                LineKind::Tls => writeln!(html, "<li class=\"{who}\"><i>{who} goes on in TLS</i></li>"),
                LineKind::Eof => writeln!(html, "<li class=\"{who}\"><i>{who} closes</i></li>"),
                _ => Ok(()),
            };
            for violation in &line.violations {
                let kind = violation.kind;
                let level = kind.level().name();
                _ = writeln!(
                    html,
                    "<li class=\"violation {level}\">{} {level}: {} ({}, {})</li>",
                    kind.who().name(),
                    escaped(kind.text()),
                    clause(kind.clause()),
                    kind.name()
                );
            }
        }
        _ = writeln!(html, "</ol>\n<p>{}</p>", escaped(&Summary(&session.report).to_string()));
    }
    html.push_str("</html>\n");
    html
}

/// Returns a clause such as `RFC 5321 4.1.1.4` with a link to its section.
pub(crate) fn clause(text: &str) -> String {
    let mut words = text.split(' ');
    match (words.next(), words.next(), words.next()) {
        (Some("RFC"), Some(number), Some(section)) if section.starts_with(|first: char| first.is_ascii_digit()) => {
            let section = section.trim_end_matches(',');
            let link = format!("https://www.rfc-editor.org/rfc/rfc{number}#section-{section}");
            format!("<a href=\"{}\" rel=\"noreferrer\">{}</a>", escaped(&link), escaped(text))
        }
        _ => escaped(text),
    }
}
