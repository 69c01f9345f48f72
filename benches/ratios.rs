//! Measures every case against its limit in one run: `cargo bench --bench ratios [-- FILTER]`. `-- --record` writes the table of
//! `benches/RESULTS.md`.
//!
//! Case and limit are measured in turn, round by round, so that a slower machine slows both. The fastest round of each is the
//! result, because whatever else the machine does can only make a round slower. See `benches/README.md`.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a measurement may stop"
)]

mod cases;
mod record;

use cases::Case;
use std::time::{Duration, Instant};

const ROUNDS: usize = 51;
/// The minimum time for which each side runs in a round.
const SAMPLE: Duration = Duration::from_micros(500);

fn main() {
    // Cargo passes `--bench`; a word is a filter.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--record"] => record::record(),
        // For `record`.
        ["--rows"] => cases::all().iter_mut().for_each(|case| println!("{}", measure(case).line())),
        [] => print(""),
        [filter] => print(filter),
        _ => panic!("unknown arguments {words:?}"),
    }
}

fn print(filter: &str) {
    println!("{:<48} {:>17}  {:>26}  {:>7}", "case", "time", "measured", "goal");
    let rows = cases::all().into_iter().filter(|case| case.title().contains(filter)).map(|mut case| {
        let row = measure(&mut case);
        let (goal, mark) = (row.goal.map_or(String::new(), |goal| format!("<= {goal:.2}")), row.mark());
        println!(
            "{:<48} {:>17}  {:>26}  {goal:>7}  {mark}",
            row.case,
            row.time(),
            format!("{:.2} x {}", row.ratio(), row.limit)
        );
        row
    });
    println!("{} missed", rows.filter(Row::is_missed).count());
}

/// What was measured of a case.
struct Row {
    case: String,
    /// The nanoseconds of an item.
    nanoseconds: f64,
    item: String,
    limit: String,
    /// Those of the limit, for an item of the case.
    limit_nanoseconds: f64,
    goal: Option<f64>,
}

impl Row {
    fn time(&self) -> String {
        let Self { nanoseconds, item, .. } = self;
        match *nanoseconds {
            few if few < 100.0 => format!("{few:.1} ns / {item}"),
            many if many < 10_000.0 => format!("{many:.0} ns / {item}"),
            more => format!("{:.0} us / {item}", more / 1000.0),
        }
    }

    /// Returns how many times as long as the limit the case takes.
    fn ratio(&self) -> f64 {
        self.nanoseconds / self.limit_nanoseconds
    }

    /// Keeps the faster one of two measurements of a case, and of its limit.
    fn fastest(self, other: &Self) -> Self {
        Self {
            nanoseconds: self.nanoseconds.min(other.nanoseconds),
            limit_nanoseconds: self.limit_nanoseconds.min(other.limit_nanoseconds),
            ..self
        }
    }

    fn is_missed(&self) -> bool {
        // As it is printed.
        self.goal.is_some_and(|goal| (self.ratio() * 100.0).round() > (goal * 100.0).round())
    }

    fn mark(&self) -> &'static str {
        if self.is_missed() { "missed" } else { "" }
    }

    /// Returns the row as [`read`](Self::read) takes it.
    fn line(&self) -> String {
        let Self { case, nanoseconds, item, limit, limit_nanoseconds, goal } = self;
        format!("{case}\t{nanoseconds}\t{item}\t{limit}\t{limit_nanoseconds}\t{}", goal.unwrap_or(f64::INFINITY))
    }

    fn read(line: &str) -> Self {
        let fields: Vec<&str> = line.split('\t').collect();
        let [case, nanoseconds, item, limit, limit_nanoseconds, goal] = fields[..] else {
            panic!("{line} is not a row")
        };
        let number = |text: &str| text.parse::<f64>().expect("a number");
        Self {
            case: case.into(),
            nanoseconds: number(nanoseconds),
            item: item.into(),
            limit: limit.into(),
            limit_nanoseconds: number(limit_nanoseconds),
            goal: Some(number(goal)).filter(|goal| goal.is_finite()),
        }
    }
}

fn measure(case: &mut Case) -> Row {
    let repeat = repetitions(&mut case.work);
    let repeat_limit = repetitions(&mut case.limit.work);
    let (mut time, mut limit) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..ROUNDS {
        time = time.min(sample(&mut case.work, repeat));
        limit = limit.min(sample(&mut case.limit.work, repeat_limit));
    }
    Row {
        case: case.title(),
        nanoseconds: time / case.items as f64,
        item: case.item.into(),
        limit: case.limit.name.into(),
        limit_nanoseconds: limit / case.items as f64,
        goal: case.limit.goal,
    }
}

/// Returns the number of repetitions for which the work takes as long as a sample.
fn repetitions(work: &mut Box<dyn FnMut()>) -> u32 {
    let mut repeat = 1;
    loop {
        let start = Instant::now();
        (0..repeat).for_each(|_| work());
        if start.elapsed() >= SAMPLE {
            return repeat;
        }
        repeat *= 2;
    }
}

/// Returns the nanoseconds of one run of the work.
fn sample(work: &mut Box<dyn FnMut()>, repeat: u32) -> f64 {
    let start = Instant::now();
    (0..repeat).for_each(|_| work());
    start.elapsed().as_secs_f64() * 1e9 / f64::from(repeat)
}
