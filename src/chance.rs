//! Choices that look random and are the same in every run, for unit tests. The package has no development dependencies, because
//! Cargo would build them for each of its examples.

// In tests, a panic on overflow or a bad index is a failure, as it should be.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)]

/// The generator SplitMix64.
pub(crate) struct Chance(u64);

impl Chance {
    /// Returns `number` generators, each with different choices.
    pub(crate) fn times(number: u64) -> impl Iterator<Item = Self> {
        (0..number).map(Self)
    }

    pub(crate) fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number below `limit`, which must not be 0.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.draw() % limit as u64) as usize
    }

    /// Returns one of these. There must be at least one.
    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}
