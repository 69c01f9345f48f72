//! Counts the instructions of each case and compares them with `benches/instructions.baseline`: `cargo bench --bench
//! instructions`.
//!
//! Counts do not depend on the load of the machine, so a change of 3 % is visible. The program runs itself under `valgrind
//! --tool=callgrind`, which must be installed. A case fails if it takes over 3 % and over 40 instructions more than in the
//! baseline. A case that is in only one of the two fails too. `-- --record` writes the baseline, `-- --plot` writes
//! `benches/growth.svg`, and `-- --run-cases FILTER` is for a profile; see `benches/README.md`.
//!
//! Each case has two counts. Its *own* instructions are those of this crate and of the code that is compiled into it. They are
//! the same on every processor of an architecture, and only they can fail a case. The instructions of *libraries* that choose
//! their code by the processor ([`CHOOSES_BY_PROCESSOR`], and every shared object) depend on the processor and on the offsets of
//! the octets in their pages. They are printed and do not fail a case.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a measurement may stop"
)]

#[allow(dead_code, reason = "the goals are for other programs")]
mod cases;
mod plot;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// A case fails if its own instructions are over the baseline by more than this share...
const TOLERANCE: f64 = 0.03;
/// ...and by more than this number. A few instructions are 3 % of a short case and have no meaning.
const FEW: u64 = 40;
/// Cases of items with more octets are not counted, because they show nothing new.
const LARGEST: usize = 1 << 20;
/// The crates whose functions are chosen at run time by the processor. Functions in shared objects (`memcpy`) are chosen in the
/// same way.
const CHOOSES_BY_PROCESSOR: &[&str] = &["memchr"];

/// The instruction counts of one case.
#[derive(Clone, Copy, Default)]
struct Count {
    /// The instructions of this crate.
    own: u64,
    /// The instructions of code that was chosen by the processor.
    libraries: u64,
}

fn main() -> ExitCode {
    // Cargo passes `--bench`.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let baseline = Path::new(env!("CARGO_MANIFEST_DIR")).join("instructions.baseline");
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => compare(&std::fs::read_to_string(baseline).expect("there is no baseline; make one with --record")),
        ["--record"] => {
            let counts: String =
                counts().map(|(name, count)| format!("{:>10} {:>10} {name}\n", count.own, count.libraries)).collect();
            std::fs::write(baseline, format!("{}\n{counts}", platform())).expect("the baseline cannot be written");
            ExitCode::SUCCESS
        }
        ["--plot"] => {
            let picture = Path::new(env!("CARGO_MANIFEST_DIR")).join("growth.svg");
            std::fs::write(picture, plot::svg(&growth())).expect("the plot cannot be written");
            ExitCode::SUCCESS
        }
        ["--run-growth"] => run(points().map(|point| point.work)),
        ["--run-cases"] => run(cases().map(|case| case.work)),
        ["--run-cases", filter] => run(cases().filter(|case| case.title().contains(filter)).map(|case| case.work)),
        _ => panic!("unknown arguments {words:?}"),
    }
}

fn run(works: impl Iterator<Item = Box<dyn FnMut()>>) -> ExitCode {
    for mut work in works {
        // Before the counted run, buffers have grown and functions have been chosen by the processor.
        work();
        measured(&mut work);
    }
    ExitCode::SUCCESS
}

/// Returns the cases that are counted.
fn cases() -> impl Iterator<Item = cases::Case> {
    cases::all().into_iter().filter(|case| case.octets / case.items <= LARGEST)
}

/// Returns the points of the plot.
fn points() -> impl Iterator<Item = cases::growth::Point> {
    cases::growth::series().into_iter().flat_map(|(_, points)| points)
}

/// Returns the name and the counts of each case.
fn counts() -> impl Iterator<Item = (String, Count)> {
    let names = cases().map(|case| case.title());
    names.zip(count(cases().count(), "--run-cases"))
}

/// Returns for each line of the plot its name, and the size and all instructions of each case.
fn growth() -> Vec<plot::Line> {
    let mut counts = count(points().count(), "--run-growth").into_iter();
    let of_series = |(name, points): cases::growth::Series| {
        let points = points.iter().zip(counts.by_ref());
        plot::Line { name, points: points.map(|(point, count)| (point.octets, count.own + count.libraries)).collect() }
    };
    cases::growth::series().into_iter().map(of_series).collect()
}

/// Runs the work. Callgrind counts only within this function.
#[inline(never)]
fn measured(work: &mut Box<dyn FnMut()>) {
    work();
}

/// Returns the counts of the pieces of work that this program runs if it is called with `word`, in their order.
fn count(number: usize, word: &str) -> Vec<Count> {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("instructions");
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory).expect("the directory for the counts cannot be created");
    let program = std::env::current_exe().expect("this program has a path");
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--compress-strings=no", "--compress-pos=no"])
        .args(["--toggle-collect=instructions::measured", "--dump-after=instructions::measured"])
        .arg(format!("--callgrind-out-file={}", directory.join("out").display()))
        .arg(&program)
        .arg(word)
        .output()
        .expect("valgrind cannot be run; is it installed?");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let program = program.display().to_string();
    (1..=number)
        .map(|number| {
            let profile = std::fs::read_to_string(directory.join(format!("out.{number}")));
            let count = read(&profile.expect("valgrind has not counted every case"), &program);
            assert!(count.own > 0, "valgrind has found no function of this program; was it built without symbols?");
            count
        })
        .collect()
}

/// Adds up the instructions in a profile of callgrind. In a line that begins with a number, the second word is a count for the
/// function and the object that were named last. The line after "calls=" has the count of the called function, which is also
/// counted there, and is skipped.
fn read(profile: &str, program: &str) -> Count {
    let mut count = Count::default();
    let (mut object, mut function) = ("", "");
    let mut lines = profile.lines();
    while let Some(line) = lines.next() {
        if let Some(name) = line.strip_prefix("ob=") {
            object = name;
        } else if let Some(name) = line.strip_prefix("fn=") {
            function = name;
        } else if line.starts_with("calls=") {
            lines.next();
        } else if line.starts_with(|first: char| first.is_ascii_digit()) {
            let instructions: u64 = line.split(' ').nth(1).and_then(|word| word.parse().ok()).expect("a count");
            let package = function.trim_start_matches('<').split("::").next().unwrap_or_default();
            if object == program && !CHOOSES_BY_PROCESSOR.contains(&package) {
                count.own += instructions;
            } else {
                count.libraries += instructions;
            }
        }
    }
    count
}

/// Returns the compiler and the architecture, on which a case's own instructions also depend.
fn platform() -> String {
    let output = Command::new("rustc").arg("--version").output().expect("rustc cannot be run");
    format!("# {}, {}", String::from_utf8_lossy(&output.stdout).trim(), std::env::consts::ARCH)
}

fn compare(baseline: &str) -> ExitCode {
    let (recorded_on, recorded) = baseline.split_once('\n').unwrap_or_default();
    let mut before: BTreeMap<&str, Count> = recorded
        .lines()
        .filter_map(|line| {
            let (own, line) = line.trim_start().split_once(' ')?;
            let (libraries, name) = line.trim_start().split_once(' ')?;
            Some((name, Count { own: own.parse().ok()?, libraries: libraries.parse().ok()? }))
        })
        .collect();
    let (mut unmatched, mut over) = (0, 0);
    println!("{:>10} {:>9}  {:>10} {:>9}  case", "own", "", "libraries", "");
    for (name, now) in counts() {
        let Some(before) = before.remove(&name[..]) else {
            println!("{:>10} {:>9}  {:>10} {:>9}  {name}: NOT IN THE BASELINE", now.own, "", now.libraries, "");
            unmatched += 1;
            continue;
        };
        let is_over = now.own > before.own + FEW && now.own as f64 > before.own as f64 * (1.0 + TOLERANCE);
        println!(
            "{:>10} {:>9}  {:>10} {:>9}  {name}{}{}",
            now.own,
            change(before.own, now.own),
            now.libraries,
            change(before.libraries, now.libraries),
            if now.libraries.abs_diff(before.libraries) > FEW {
                ": libraries differ, which depend on the processor"
            } else {
                ""
            },
            if is_over { ": OVER THE BASELINE" } else { "" },
        );
        over += usize::from(is_over);
    }
    for name in before.keys() {
        println!("{:>10} {:>9}  {:>10} {:>9}  {name}: IN THE BASELINE ONLY", "", "", "", "");
    }
    unmatched += before.len();
    println!("{over} over the baseline, {unmatched} not in both");
    if over > 0 && recorded_on != platform() {
        println!("This does not fail, because the baseline is of another platform:\n{recorded_on}\n{}", platform());
        over = 0;
    }
    if over + unmatched == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Returns the change from one count to another, in per cent.
fn change(before: u64, now: u64) -> String {
    match before {
        0 if now == 0 => String::new(),
        0 => "new".into(),
        _ => format!("{:+.1} %", (now as f64 / before as f64 - 1.0) * 100.0),
    }
}
