//! `smtp-lab results`: recorded verdicts of `conform` as a table, for people or as a page. It plays no check.

use crate::audit::escaped;
use crate::audit::html::head;
use crate::output::{Failure, NewFile, Result, say, shown};
use serde_json::Value;
use smtp_testkit::recording::readable;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

/// Show recorded verdicts of `conform` as a table: a row for each check, a column for each program.
///
/// A file has one JSON object a line with program, version, configuration, check, verdict and date. Exit status: 0, or 2 for a file that
/// cannot be used.
#[derive(clap::Args, Debug)]
#[command(after_long_help = "Example:\n  smtp-lab results --html results.html lab/results/*.jsonl")]
pub(crate) struct Options {
    /// Write the table as a page to this file, which must not exist
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Files of verdicts
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// The verdicts of one file, by check.
struct Column {
    program: String,
    configuration: String,
    date: String,
    verdicts: BTreeMap<String, String>,
}

impl Column {
    fn read(path: &PathBuf) -> Result<Self> {
        let text = fs::read_to_string(path).map_err(|error| Failure::at(path, error))?;
        let mut column = Self {
            program: String::new(),
            configuration: String::new(),
            date: String::new(),
            verdicts: BTreeMap::new(),
        };
        for (number, line) in (1..).zip(text.lines()) {
            let wrong = |error: &dyn std::fmt::Display| Failure::of(format!("{}:{number}", shown(path)), error);
            let row: Value = serde_json::from_str(line).map_err(|error| wrong(&error))?;
            let field = |name: &str| match row.get(name).and_then(Value::as_str) {
                Some(text) => Ok(readable(text.as_bytes())),
                None => Err(wrong(&format!("there is no text \"{name}\""))),
            };
            column.program = format!("{} {}", field("program")?, field("version")?);
            column.configuration = field("configuration")?;
            column.date = field("date")?;
            let check = field("check")?;
            if column.verdicts.insert(check.clone(), field("verdict")?).is_some() {
                return Err(wrong(&format!("a second verdict for {check}")));
            }
        }
        Ok(column)
    }

    fn verdict(&self, check: &str) -> &str {
        self.verdicts.get(check).map_or("", String::as_str)
    }

    fn count(&self, verdict: &str) -> usize {
        self.verdicts.values().filter(|found| *found == verdict).count()
    }
}

pub(crate) fn run(options: &Options) -> Result<u8> {
    let columns = options.files.iter().map(Column::read).collect::<Result<Vec<_>>>()?;
    match &options.html {
        Some(path) => NewFile::create(path)?.write(&page(&columns))?,
        None => say(&text(&columns)),
    }
    Ok(0)
}

const VERDICTS: [&str; 4] = ["pass", "fail", "not-offered", "inconclusive"];

/// Returns the counts, and below them each check that a program fails.
fn text(columns: &[Column]) -> String {
    let mut text = String::new();
    for column in columns {
        let counts = VERDICTS.map(|verdict| format!("{} {verdict}", column.count(verdict))).join(", ");
        // Writing into a `String` does not fail.
        _ = writeln!(text, "{} ({}; {}): {counts}", column.program, column.configuration, column.date);
        for (check, _) in column.verdicts.iter().filter(|(_, verdict)| *verdict == "fail") {
            _ = writeln!(text, "  fail {check}");
        }
    }
    text
}

fn page(columns: &[Column]) -> String {
    let mut html = head("smtp-lab results");
    html.push_str("<table>\n<thead><tr><th>check</th>");
    // Writing into a `String` does not fail.
    for column in columns {
        let (program, configuration) = (escaped(&column.program), escaped(&column.configuration));
        _ = write!(html, "<th title=\"{configuration}\">{program}<br>{}</th>", escaped(&column.date));
    }
    html.push_str("</tr></thead>\n<tbody>\n");
    let mut checks: Vec<&str> = columns.iter().flat_map(|column| column.verdicts.keys()).map(String::as_str).collect();
    checks.sort_unstable();
    checks.dedup();
    for check in checks {
        _ = write!(html, "<tr><th>{}</th>", escaped(check));
        for column in columns {
            let verdict = escaped(column.verdict(check));
            _ = write!(html, "<td class=\"{verdict}\">{verdict}</td>");
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody>\n</table>\n</html>\n");
    html
}
