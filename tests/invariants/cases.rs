//! How many cases proptest draws, and which.

use proptest::test_runner::{Config, RngSeed};

/// So many cases, the same in every run: a test that fails today and passes tomorrow says nothing about either day.
///
/// `PROPTEST_RNG_SEED=n` draws others, `PROPTEST_CASES=n` more of them.
pub fn cases(number: u32) -> Config {
    let is_set = |name| std::env::var_os(name).is_some();
    let mut config = Config { failure_persistence: None, ..Config::default() };
    if !is_set("PROPTEST_CASES") {
        config.cases = number;
    }
    if !is_set("PROPTEST_RNG_SEED") {
        config.rng_seed = RngSeed::Fixed(0);
    }
    config
}
