//! Measures every case with criterion: `cargo bench --bench throughput [-- FILTER]`.
//!
//! Use it to compare two commits on one machine; criterion keeps the last figures. See `benches/README.md`.

#[allow(dead_code, reason = "the goals are for other programs")]
mod cases;

use criterion::{Criterion, Throughput};

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    for mut case in cases::all() {
        let mut group = criterion.benchmark_group(case.group);
        group.throughput(Throughput::Bytes(case.octets as u64));
        group.bench_function(&case.name, |bencher| bencher.iter(&mut case.work));
        group.finish();
    }
    criterion.final_summary();
}
