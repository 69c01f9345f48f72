//! Measures every case against its limit in one run: `cargo bench --bench ratios [-- FILTER]`.
//!
//! Case and limit are measured in turn, round by round, so that a slower machine slows both. The median of the ratios of the
//! rounds is the result. See `benches/README.md`.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a measurement may stop"
)]

mod cases;

use cases::{Case, Goal};
use std::time::{Duration, Instant};

const ROUNDS: usize = 51;
/// The minimum time for which each side runs in a round.
const SAMPLE: Duration = Duration::from_micros(500);

fn main() {
    // Cargo passes `--bench`; a word is a filter.
    let filter = std::env::args().skip(1).find(|word| !word.starts_with('-')).unwrap_or_default();
    println!("{:<58} {:>10} {:>10}  {:>17}  {:>20}", "case", "ns an item", "GB/s", "measured", "goal");
    let mut missed = 0;
    for mut case in cases::all() {
        if case.title().contains(&filter) {
            missed += usize::from(!row(&mut case));
        }
    }
    for (name, size, goal) in cases::memory::SIZES.iter().filter(|(name, ..)| name.contains(&filter)) {
        let reached = size <= goal;
        missed += usize::from(!reached);
        let (size, goal) = (format!("{size} octets"), format!("<= {goal}"));
        println!("{name:<58} {:>10} {:>10}  {size:>17}  {goal:>20}  {}", "", "", if reached { "" } else { "MISSED" });
    }
    println!("{missed} missed");
}

/// Measures a case and prints its row. Returns `true` if the goal was reached.
fn row(case: &mut Case) -> bool {
    let mut limit = match &mut case.goal {
        Goal::Within { limit, .. } | Goal::Share { limit, .. } | Goal::Told(limit) => Some(&mut limit.work),
        Goal::Throughput(_) | Goal::Time(_) | Goal::PerOctet(_) => None,
    };
    let repeat = repetitions(&mut case.work);
    let repeat_limit = limit.as_mut().map_or(0, |work| repetitions(work));
    let mut times = Vec::new();
    let mut ratios = Vec::new();
    for _ in 0..ROUNDS {
        let time = sample(&mut case.work, repeat);
        times.push(time);
        if let Some(work) = &mut limit {
            ratios.push((time, sample(work, repeat_limit)));
        }
    }
    let time = median(times);
    let (octets, items) = (case.octets as f64, case.items as f64);
    let (measured, goal, reached) = match &case.goal {
        Goal::Within { times, nanoseconds, limit } => {
            // The nanoseconds that are allowed in addition to the multiple are subtracted first.
            let ratio =
                median(ratios.iter().map(|(work, limit)| (work - nanoseconds * items).max(0.0) / limit).collect());
            let plus = if *nanoseconds > 0.0 { format!(" + {nanoseconds:.0} ns") } else { String::new() };
            (format!("{ratio:.2} x {}", limit.name), format!("<= {times:.2} x{plus}"), ratio <= *times)
        }
        Goal::Share { share, limit } => {
            let ratio = median(ratios.iter().map(|(work, limit)| limit / work).collect());
            (format!("{ratio:.2} {}", limit.name), format!(">= {share:.2}"), ratio >= *share)
        }
        Goal::Told(limit) => {
            let ratio = median(ratios.iter().map(|(work, limit)| limit / work).collect());
            (format!("{ratio:.2} {}", limit.name), String::new(), true)
        }
        Goal::Throughput(goal) => (String::new(), format!(">= {goal:.1} GB/s"), octets / time >= *goal),
        Goal::Time(goal) => (String::new(), format!("<= {goal:.0} ns"), time / items <= *goal),
        Goal::PerOctet(goal) => {
            (format!("{:.2} ns an octet", time / octets), format!("<= {goal:.0} ns"), time / octets <= *goal)
        }
    };
    println!(
        "{:<58} {:>10.1} {:>10.2}  {measured:>17}  {goal:>20}  {}",
        case.title(),
        time / items,
        octets / time,
        if reached { "" } else { "MISSED" }
    );
    reached
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

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
