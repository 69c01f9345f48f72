//! Comparison of several octets at once with a set of octets. The productions of base64, xtext and reply text use it,
//! by [`span`].
//!
//! There are two kinds of [`Lanes`]: eight octets in a word ("SIMD within a register"), for every processor, and, with
//! the feature `simd`, sixteen in a vector of [`sse2`](super::sse2). A [`Set`] is written once and works for both.

/// Several octets, each in its own lane. The result of a comparison has one marker bit per lane; the other bits are
/// unspecified.
pub(crate) trait Lanes: Copy {
    /// The number of octets.
    const COUNT: usize;
    /// The number of bits from one mark to the next, a power of two.
    const WIDTH: u32;
    /// The marks of all lanes.
    const MARKS: u64;

    /// Loads the first octets of a slice.
    fn load(i: &[u8]) -> Option<Self>;

    /// Converts letters to lower case, and may map other octets to others that are not letters.
    fn fold(self) -> Self;

    /// Marks the octets that equal `octet`, which is ASCII.
    fn are(self, octet: u8) -> u64;

    /// Marks the octets from `low` to `high`, both ASCII.
    fn within(self, low: u8, high: u8) -> u64;

    /// Marks the octets from `low` to `high`. The marks are right up to the first octet that is outside.
    #[inline(always)]
    fn begin_within(self, low: u8, high: u8) -> u64 {
        self.within(low, high)
    }
}

/// A set of octets.
pub(crate) trait Set {
    /// Marks the octets that are in the set.
    fn marks<L: Lanes>(octets: L) -> u64;

    /// Marks the octets that are in the set. The marks are right up to the first octet that is outside.
    #[inline(always)]
    fn first_marks<L: Lanes>(octets: L) -> u64 {
        Self::marks(octets)
    }
}

/// `VCHAR = %x21-7E`
pub(crate) struct Vchar;

impl Set for Vchar {
    #[inline(always)]
    fn marks<L: Lanes>(octets: L) -> u64 {
        octets.within(b'!', b'~')
    }

    #[inline(always)]
    fn first_marks<L: Lanes>(octets: L) -> u64 {
        octets.begin_within(b'!', b'~')
    }
}

/// VCHAR and SP, the octets of most text.
pub(crate) struct Printable;

impl Set for Printable {
    #[inline(always)]
    fn marks<L: Lanes>(octets: L) -> u64 {
        octets.within(b' ', b'~')
    }

    #[inline(always)]
    fn first_marks<L: Lanes>(octets: L) -> u64 {
        octets.begin_within(b' ', b'~')
    }
}

macro_rules! sets {
    ($($(#[$doc:meta])* $name:ident: $octets:ident => $marks:expr;)*) => { $(
        $(#[$doc])*
        pub(crate) struct $name;

        impl Set for $name {
            #[inline(always)]
            fn marks<L: Lanes>($octets: L) -> u64 {
                $marks
            }
        }
    )* };
}

sets! {
    /// `xchar` of RFC 3461 section 4: VCHAR except "+" and "=".
    Xchar: octets => octets.within(0x21, 0x7E) & !octets.are(b'+') & !octets.are(b'=');
    /// The octets of base64, except the "=" at its end.
    Base64: octets => octets.fold().within(b'a', b'z') | octets.within(b'/', b'9') | octets.are(b'+');
    /// All octets except LF, including those outside ASCII.
    NotLf: octets => !octets.are(b'\n');
}

const ONES: u64 = u64::from_le_bytes([1; 8]);
const HIGHEST: u64 = ONES << 7;

/// Eight octets in a word; the mark is the highest bit of each. The sum of seven bits and a number below 129 stays in
/// its lane.
impl Lanes for u64 {
    const COUNT: usize = 8;
    const WIDTH: u32 = 8;
    const MARKS: u64 = HIGHEST;

    #[inline(always)]
    fn load(i: &[u8]) -> Option<Self> {
        i.first_chunk().map(|octets| Self::from_le_bytes(*octets))
    }

    #[inline(always)]
    fn fold(self) -> Self {
        self | ONES << 5
    }

    #[inline(always)]
    fn are(self, octet: u8) -> u64 {
        let others = ((self ^ ONES.wrapping_mul(octet.into())) & !HIGHEST).wrapping_add(!HIGHEST);
        !(others | self)
    }

    #[inline(always)]
    fn within(self, low: u8, high: u8) -> u64 {
        let octets = self & !HIGHEST;
        let at_least = octets.wrapping_add(ONES.wrapping_mul(0x80_u64.wrapping_sub(low.into())));
        let above = octets.wrapping_add(ONES.wrapping_mul(0x7F_u64.wrapping_sub(high.into())));
        at_least & !(above | self)
    }

    /// Marks the octets from `low` to `high`. A borrow or carry between lanes makes a difference only after the first octet
    /// that is outside.
    #[inline(always)]
    fn begin_within(self, low: u8, high: u8) -> u64 {
        let above = self.wrapping_add(ONES.wrapping_mul(0x7F_u64.wrapping_sub(high.into())));
        !(self.wrapping_sub(ONES.wrapping_mul(low.into())) | above)
    }
}

/// Returns the offset after a run of octets of a set that begins at `at`. Returns `None` if the input has fewer than
/// eight octets, or ends before `at`.
#[inline(always)]
pub(crate) fn span<S: Set>(i: &[u8], at: usize) -> Option<usize> {
    #[cfg(test)]
    {
        let end = span_in::<S, u64>(i, at).unwrap_or(at);
        let octets = end.saturating_sub(at).saturating_add(1);
        super::work::by_fast_path(i.get(at..).unwrap_or_default(), octets);
    }
    #[cfg(all(feature = "simd", target_arch = "x86_64"))]
    if i.len() >= 16 {
        return span_in::<S, super::sse2::Octets>(i, at);
    }
    span_in::<S, u64>(i, at)
}

#[inline(always)]
fn span_in<S: Set, L: Lanes>(i: &[u8], at: usize) -> Option<usize> {
    // No overflow: all are offsets in one slice.
    let after =
        |at: usize, others: u64| at.wrapping_add((others.trailing_zeros() >> L::WIDTH.trailing_zeros()) as usize);
    let mut at = at;
    for octets in i.get(at..)?.chunks_exact(L::COUNT).filter_map(L::load) {
        let others = !S::first_marks(octets) & L::MARKS;
        if others != 0 {
            return Some(after(at, others));
        }
        at = at.wrapping_add(L::COUNT);
    }
    // The last octets are compared together with some before them, whose marks are dropped.
    let last = i.len().checked_sub(L::COUNT)?;
    #[allow(clippy::cast_possible_truncation, reason = "it is at most 16")]
    let seen = at.checked_sub(last).filter(|seen| *seen <= L::COUNT)? as u32;
    let others = !S::marks(L::load(i.get(last..)?)?) & L::MARKS;
    let others = others.checked_shr(seen.wrapping_mul(L::WIDTH)).unwrap_or(0);
    Some(if others == 0 { i.len() } else { after(at, others) })
}

#[cfg(test)]
// In tests, the panics that these lints prevent are the failures we want.
#[allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)]
mod tests {
    use super::*;

    /// Tries every octet at every place of inputs around the sizes of lanes, with octets of the set before and after
    /// it.
    fn runs_end<S: Set>(member: u8, has: impl Fn(u8) -> bool) {
        for length in 8..40 {
            for (place, octet) in (0..length).flat_map(|place| (0..=u8::MAX).map(move |octet| (place, octet))) {
                let mut octets = [member; 40];
                octets[place] = octet;
                let octets = &octets[..length];
                for at in [0, 1, 7, length] {
                    let end = if has(octet) || place < at { length } else { place };
                    // With the feature `simd` these are two implementations.
                    assert_eq!(span_in::<S, u64>(octets, at), Some(end), "{octet} at {place} of {length}, from {at}");
                    assert_eq!(span::<S>(octets, at), Some(end), "{octet} at {place} of {length}, from {at}");
                }
            }
        }
        assert_eq!(span::<S>(&[member; 7], 0), None);
        assert_eq!(span::<S>(&[member; 8], 9), None);
        assert_eq!(span::<S>(&[member; 20], 21), None);
    }

    #[test]
    fn a_run_ends_at_the_first_octet_outside_the_set() {
        runs_end::<Vchar>(b'!', |octet| octet.is_ascii_graphic());
        runs_end::<Printable>(b'~', |octet| octet.is_ascii_graphic() || octet == b' ');
        runs_end::<Xchar>(b'!', |octet| octet.is_ascii_graphic() && !b"+=".contains(&octet));
        runs_end::<Base64>(b'+', |octet| octet.is_ascii_alphanumeric() || b"+/".contains(&octet));
        runs_end::<NotLf>(0xFF, |octet| octet != b'\n');
    }
}
