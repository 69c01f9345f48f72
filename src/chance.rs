//! Choices that look like chance and are the same in every run, for unit tests. The package has no development dependencies:
//! Cargo would build them for each of its examples.

// What the lints guard against in the library fails a test, as it should.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)]

/// The generator SplitMix64.
pub(crate) struct Chance(u64);

impl Chance {
    /// So many of them, each with choices of its own.
    pub(crate) fn times(number: u64) -> impl Iterator<Item = Self> {
        (0..number).map(Self)
    }

    pub(crate) fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`, which is not 0.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.draw() % limit as u64) as usize
    }

    /// One of these, which are some.
    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}
