//! The number of cases that proptest draws, and their seed.

use proptest::test_runner::{Config, RngSeed};

/// Returns a configuration with this number of cases, the same in every run, so that a result can be reproduced.
///
/// `PROPTEST_RNG_SEED=n` draws other cases, `PROPTEST_CASES=n` more of them.
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
