//! How many instructions each case takes, against `benches/instructions.baseline`: `cargo bench --bench instructions`.
//!
//! Counts do not depend on what else the machine does, so a change of three in a hundred shows. The program runs itself under
//! `valgrind --tool=callgrind`, which has to be installed. It fails where a case takes over 3 % more than the baseline says,
//! and where baseline and cases are not the same. `-- --record` writes the baseline anew, `-- --run-cases FILTER` is for a
//! profile; see `benches/README.md`.
//!
//! Counts belong to a compiler and a kind of processor, which the first line of the baseline names. On another one the
//! comparison is made all the same: a count within the tolerance is what was promised, whoever compiled it.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a measurement may stop"
)]

#[allow(dead_code, reason = "the goals are for other programs")]
mod cases;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

const TOLERANCE: f64 = 0.03;
/// More octets than this say nothing new.
const LARGEST: usize = 1 << 20;

fn main() -> ExitCode {
    // Cargo passes `--bench`.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let baseline = Path::new(env!("CARGO_MANIFEST_DIR")).join("instructions.baseline");
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => compare(&std::fs::read_to_string(baseline).expect("there is no baseline; make one with --record")),
        ["--record"] => {
            let counts: String = count().iter().map(|(name, count)| format!("{count:>10} {name}\n")).collect();
            std::fs::write(baseline, format!("{}\n{counts}", platform())).expect("the baseline cannot be written");
            ExitCode::SUCCESS
        }
        ["--run-cases"] => run_cases(""),
        ["--run-cases", filter] => run_cases(filter),
        _ => panic!("what is {words:?}?"),
    }
}

fn run_cases(filter: &str) -> ExitCode {
    for mut case in cases().filter(|case| case.title().contains(filter)) {
        // Buffers have grown then, and whatever looks at the processor once has done so.
        (case.work)();
        measured(&mut case.work);
    }
    ExitCode::SUCCESS
}

fn cases() -> impl Iterator<Item = cases::Case> {
    cases::all().into_iter().filter(|case| case.octets <= LARGEST)
}

/// Callgrind counts in here, and nowhere else.
#[inline(never)]
fn measured(work: &mut Box<dyn FnMut()>) {
    work();
}

/// The count of each case, in their order.
fn count() -> Vec<(String, u64)> {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("instructions");
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory).expect("no directory for the counts");
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--toggle-collect=instructions::measured", "--dump-after=instructions::measured"])
        .arg(format!("--callgrind-out-file={}", directory.join("out").display()))
        .arg(std::env::current_exe().expect("this program has a path"))
        .arg("--run-cases")
        .output()
        .expect("valgrind cannot be run; is it installed?");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let count = |number: usize| -> Option<u64> {
        let text = std::fs::read_to_string(directory.join(format!("out.{number}"))).ok()?;
        text.lines().find_map(|line| line.strip_prefix("summary: ")?.trim().parse().ok())
    };
    cases()
        .zip(1..)
        .map(|(case, number)| (case.title(), count(number).expect("valgrind has not counted every case")))
        .collect()
}

/// What counts depend on beside the code.
fn platform() -> String {
    let version = |program: &str| {
        let output = Command::new(program).arg("--version").output();
        output.map_or_else(|error| error.to_string(), |output| String::from_utf8_lossy(&output.stdout).trim().into())
    };
    #[cfg(target_arch = "x86_64")]
    let avx2 = std::arch::is_x86_feature_detected!("avx2");
    #[cfg(not(target_arch = "x86_64"))]
    let avx2 = false;
    let processor = format!("{}{}", std::env::consts::ARCH, if avx2 { " with AVX2" } else { "" });
    format!("# {}, {}, {processor}", version("rustc"), version("valgrind"))
}

fn compare(baseline: &str) -> ExitCode {
    let (recorded_on, counts) = baseline.split_once('\n').unwrap_or_default();
    let mut before: BTreeMap<&str, u64> = counts
        .lines()
        .filter_map(|line| line.trim_start().split_once(' '))
        .filter_map(|(count, name)| Some((name, count.parse().ok()?)))
        .collect();
    let mut faults = 0;
    for (name, now) in count() {
        let Some(before) = before.remove(&name[..]) else {
            println!("{now:>10}            {name}: not in the baseline");
            faults += 1;
            continue;
        };
        let change = now as f64 / before as f64 - 1.0;
        let over = change > TOLERANCE;
        println!("{now:>10} {:>+7.1} %  {name}{}", change * 100.0, if over { ": OVER THE BASELINE" } else { "" });
        faults += usize::from(over);
    }
    for name in before.keys() {
        println!("                      {name}: in the baseline only");
    }
    faults += before.len();
    println!("{faults} not as the baseline has it");
    if faults == 0 {
        return ExitCode::SUCCESS;
    }
    if recorded_on != platform() {
        println!("The baseline is of another platform:\n{recorded_on}\n{}", platform());
        println!(
            "Check out the commit that last changed it, re-record it there with `-- --record`, and compare with that."
        );
    }
    ExitCode::FAILURE
}
