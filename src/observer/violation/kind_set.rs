//! A set of violation kinds, for rules that report each kind once. It knows nothing of what the kinds mean.

use super::ViolationKind;

/// A set of kinds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::observer) struct KindSet([u64; KindSet::WORDS]);

impl KindSet {
    const WORDS: usize = 3;

    pub(in crate::observer) fn contains(self, kind: ViolationKind) -> bool {
        let (word, bit) = Self::place(kind);
        self.0.get(word).is_some_and(|word| word & bit != 0)
    }

    /// Adds a kind. Returns `true` if it was not in the set before.
    pub(in crate::observer) fn insert(&mut self, kind: ViolationKind) -> bool {
        let (at, bit) = Self::place(kind);
        let Some(word) = self.0.get_mut(at) else { return false };
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    const fn place(kind: ViolationKind) -> (usize, u64) {
        let number = kind as u32;
        ((number / u64::BITS) as usize, 1_u64.wrapping_shl(number % u64::BITS))
    }
}

// Each kind has its own bit.
const _: () = assert!(ViolationKind::ALL.len() <= KindSet::WORDS * u64::BITS as usize);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_a_place_of_its_own() {
        let mut set = KindSet::default();
        for kind in ViolationKind::ALL {
            assert!(!set.contains(*kind) && set.insert(*kind), "{kind}");
            assert!(set.contains(*kind) && !set.insert(*kind), "{kind}");
        }
    }
}
