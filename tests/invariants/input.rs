//! The choices that the first octets of an input make, for laws that need more than octets.

/// Takes choices from the front of an input; when it is used up, every choice is 0.
#[derive(Clone)]
pub(crate) struct Input<'a>(pub(crate) &'a [u8]);

impl<'a> Input<'a> {
    pub(crate) fn octet(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    /// Takes up to `most` octets.
    pub(crate) fn take(&mut self, most: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(most.min(self.0.len()));
        self.0 = rest;
        taken
    }
}

/// Numbers that are determined by a seed. With the seed 0 all are 0.
#[derive(Clone, Copy)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u8) -> Self {
        // The digits are for inputs written by hand.
        Self(if seed == b'0' { 0 } else { u64::from(seed) })
    }

    /// Returns a number below `sides`.
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        if self.0 == 0 || sides < 2 {
            return 0;
        }
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407) | 1 << 63;
        usize::try_from((self.0 & !(1 << 63)) >> 33).unwrap() % sides
    }
}

/// Returns the offsets at which `length` octets are cut, in ascending order: none for the seed 0 or `0`, all for `1`, else some.
pub(crate) fn cuts(length: usize, seed: u8) -> Vec<usize> {
    match seed {
        0 | b'0' => Vec::new(),
        b'1' => (1..length).collect(),
        _ => {
            let mut dice = Dice::new(seed);
            let reach = [3, 12, 60, 400][dice.roll(4)];
            let mut places = Vec::new();
            let mut at = 0;
            loop {
                at += 1 + dice.roll(reach);
                if at >= length {
                    return places;
                }
                places.push(at);
            }
        }
    }
}
