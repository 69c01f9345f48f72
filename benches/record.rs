//! Writes `benches/RESULTS.md`: the table of the ratios, with and without the feature `simd`, and that of the memory.

use super::Row;
use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::SystemTime;

/// Ratios that differ by less than this factor are one ratio.
const SAME: f64 = 1.1;
/// How many times every case is measured.
const PROCESSES: usize = 3;

/// Measures all, and writes the file.
pub(crate) fn record() {
    let [rows, with_simd] = [&[][..], &["--features", "simd"]].map(rows);
    let memory = output(cargo("memory", &[]));
    let document = document(&rows, &with_simd, &memory);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("RESULTS.md");
    std::fs::write(path, &document).expect("the table cannot be written");
    println!("{document}");
}

/// Measures every case so many times, each in a process of its own, and keeps the fastest: where the octets of a process are in
/// memory changes a few of the cases.
fn rows(options: &[&str]) -> Vec<Row> {
    let process = |_| -> Vec<Row> {
        let mut program = cargo("ratios", options);
        program.arg("--rows");
        output(program).lines().map(Row::read).collect()
    };
    let both = |rows: Vec<Row>, others: Vec<Row>| {
        rows.into_iter().zip(&others).map(|(row, other)| row.fastest(other)).collect()
    };
    (0..PROCESSES).map(process).reduce(both).expect("there is at least one")
}

/// Returns the command that runs a program of this package.
fn cargo(bench: &str, options: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    command.args(["bench", "--quiet", "--manifest-path", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")]);
    command.args(options).args(["--bench", bench, "--"]);
    command
}

fn output(mut command: Command) -> String {
    let output = command.stderr(Stdio::inherit()).output().expect("the program cannot be run");
    assert!(output.status.success(), "{command:?} has failed");
    String::from_utf8(output.stdout).expect("the output is text")
}

fn document(rows: &[Row], with_simd: &[Row], memory: &str) -> String {
    let missed = |rows: &[Row]| rows.iter().filter(|row| row.is_missed()).count();
    let mut out = format!(
        "# Results\n\nWritten by `cargo bench --bench ratios -- --record`; [README.md](README.md) explains the cases.\n\n\
         Measured on {}, with {}, on {} ({}), against smtp-proto {}. Goals missed: {} without the feature `simd`, {} with it.\n\n\
         | case | time | ratio | with `simd` | to | goal |\n|---|--:|--:|--:|---|--:|\n",
        date(),
        compiler(),
        processor(),
        std::env::consts::ARCH,
        version("smtp-proto"),
        missed(rows),
        missed(with_simd),
    );
    for (row, simd) in rows.iter().zip(with_simd) {
        assert_eq!(row.case, simd.case, "both measure the same cases");
        let differ = f64::max(row.ratio() / simd.ratio(), simd.ratio() / row.ratio()) > SAME
            || row.is_missed() != simd.is_missed();
        let with_simd = if differ { ratio(simd) } else { String::new() };
        let goal = row.goal.map_or(String::new(), |goal| format!("<= {goal:.2}"));
        let (case, time, limit) = (&row.case, row.time(), &row.limit);
        _ = writeln!(out, "| {case} | {time} | {} | {with_simd} | {limit} | {goal} |", ratio(row));
    }
    out + "\n" + memory
}

fn ratio(row: &Row) -> String {
    if row.is_missed() { format!("**{:.2}** missed", row.ratio()) } else { format!("{:.2}", row.ratio()) }
}

/// Returns the day in UTC, by the proleptic Gregorian calendar.
fn date() -> String {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("the clock is right");
    let (mut days, mut year) = (since.as_secs() / 86_400, 1970);
    let is_leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    while days >= 365 + u64::from(is_leap(year)) {
        days -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let mut month = 1;
    for length in [31, 28 + u64::from(is_leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    format!("{year}-{month:02}-{:02}", days + 1)
}

fn compiler() -> String {
    output({
        let mut command = Command::new("rustc");
        command.arg("--version");
        command
    })
    .trim()
    .to_owned()
}

/// Returns the name of the processor, where the system tells it in a file.
fn processor() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    name.map_or("a processor without a known name".into(), |(_, name)| name.trim().to_owned())
}

/// Returns the version of a package that Cargo.lock has.
fn version(package: &str) -> String {
    let lock = include_str!("../Cargo.lock");
    let (_, rest) = lock.split_once(&format!("name = \"{package}\"\nversion = \"")).expect("it is a dependency");
    rest.split('"').next().unwrap_or_default().to_owned()
}
