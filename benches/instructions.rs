//! How many instructions each case takes, against `benches/instructions.baseline`: `cargo bench --bench instructions`.
//!
//! Counts do not depend on what else the machine does, so a change of three in a hundred shows. The program runs itself under
//! `valgrind --tool=callgrind`, which has to be installed, and fails where a case takes over 3 % more than the baseline says.
//! `-- --record` writes the baseline anew. Counts depend on the compiler and the target: see `benches/README.md`.

#[allow(dead_code, reason = "the goals are for other programs")]
mod cases;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

const TOLERANCE: f64 = 0.03;
/// More octets than this say nothing new.
const LARGEST: usize = 1 << 20;

fn main() -> ExitCode {
    let has = |flag: &str| std::env::args().any(|word| word == flag);
    if has("--run-cases") {
        cases().for_each(|mut case| measured(&mut case.work));
        return ExitCode::SUCCESS;
    }
    let names: Vec<String> = cases().map(|case| format!("{}: {}", case.group, case.name)).collect();
    let counts: Vec<(String, u64)> = names.into_iter().zip(count()).collect();
    let baseline = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/instructions.baseline");
    if has("--record") {
        let lines: String = counts.iter().map(|(name, count)| format!("{count:>10} {name}\n")).collect();
        std::fs::write(baseline, lines).expect("the baseline cannot be written");
        return ExitCode::SUCCESS;
    }
    compare(&counts, &std::fs::read_to_string(baseline).expect("there is no baseline; make one with --record"))
}

fn cases() -> impl Iterator<Item = cases::Case> {
    cases::all().into_iter().filter(|case| case.octets <= LARGEST)
}

/// Callgrind counts in here, and nowhere else.
#[inline(never)]
fn measured(work: &mut Box<dyn FnMut()>) {
    work();
}

/// One count a case, in their order.
fn count() -> Vec<u64> {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("instructions");
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory).expect("no directory for the counts");
    let status = Command::new("valgrind")
        .args(["--tool=callgrind", "--toggle-collect=instructions::measured", "--dump-after=instructions::measured"])
        .arg(format!("--callgrind-out-file={}", directory.join("out").display()))
        .arg(std::env::current_exe().expect("this program has a path"))
        .arg("--run-cases")
        .output()
        .expect("valgrind cannot be run");
    assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stderr));
    let count = |number: usize| {
        let text = std::fs::read_to_string(directory.join(format!("out.{number}"))).ok()?;
        text.lines().find_map(|line| line.strip_prefix("summary: ")?.trim().parse().ok())
    };
    (1..).map_while(count).collect()
}

fn compare(counts: &[(String, u64)], baseline: &str) -> ExitCode {
    let before: BTreeMap<&str, u64> = baseline
        .lines()
        .filter_map(|line| line.trim_start().split_once(' '))
        .filter_map(|(count, name)| Some((name, count.parse().ok()?)))
        .collect();
    let mut worse = 0;
    for (name, now) in counts {
        let Some(before) = before.get(name.as_str()) else {
            println!("{now:>10}            {name}: not in the baseline");
            worse += 1;
            continue;
        };
        let change = *now as f64 / *before as f64 - 1.0;
        println!("{now:>10} {:>+7.1} %  {name}", change * 100.0);
        worse += usize::from(change > TOLERANCE);
    }
    println!("{worse} over the baseline");
    if worse == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
