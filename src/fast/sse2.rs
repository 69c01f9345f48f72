//! The implementation with SSE2, sixteen octets in a vector, which every x86-64 processor has; used with the feature
//! `simd`.
//!
//! [`Octets`] are the [`Lanes`] of [`swar`](super::swar). [`mailbox`] and [`domain`] are for `fast::mailbox`: they
//! classify up to 64 octets, with one bit for each octet and class, and find the end and check the parts of a name with
//! operations on those bits. The same check is made of all parts: a local-part with a part that begins or ends with
//! "_", "-", "+" or "=" is left to the grammar.

use super::mailbox::portable;
use super::swar::Lanes;
use fearless_simd::{Level, SimdBase, SimdFrom, SimdMask, Sse2, mask8x16, u8x16};

/// The number of octets in a vector.
const LANES: usize = 16;

/// Sixteen octets.
pub(super) type Octets = u8x16<Sse2>;

#[inline(always)]
fn load(octets: [u8; LANES]) -> Option<Octets> {
    Some(Octets::simd_from(Level::baseline().as_sse2()?, octets))
}

/// Marks the octets from `low` to `high`. Octets below `low` wrap around to high values.
#[inline(always)]
fn within(octets: Octets, low: u8, high: u8) -> mask8x16<Sse2> {
    #[allow(clippy::arithmetic_side_effects, reason = "lanes wrap")]
    let octets = octets - low;
    octets.min(high.wrapping_sub(low)).simd_eq(octets)
}

impl Lanes for Octets {
    const COUNT: usize = LANES;
    const WIDTH: u32 = 1;
    const MARKS: u64 = 0xFFFF;

    #[inline(always)]
    fn load(i: &[u8]) -> Option<Self> {
        load(*i.first_chunk()?)
    }

    #[inline(always)]
    fn fold(self) -> Self {
        self | 0x20
    }

    #[inline(always)]
    fn are(self, octet: u8) -> u64 {
        self.simd_eq(octet).to_bitmask()
    }

    #[inline(always)]
    fn within(self, low: u8, high: u8) -> u64 {
        within(self, low, high).to_bitmask()
    }
}

/// The octets of each class: bit `n` for the octet at offset `n`.
#[derive(Clone, Copy)]
struct Kinds {
    let_dig: u64,
    dot: u64,
    /// Let-dig, dots, and "-".
    in_domain: u64,
    /// `in_domain`, and the other octets that are common in a local-part.
    in_local_part: u64,
}

impl Kinds {
    #[inline(always)]
    fn of(octets: [u8; LANES]) -> Option<Self> {
        let octets = load(octets)?;
        let let_dig = within(octets | 0x20, b'a', b'z') | within(octets, b'0', b'9');
        let dot = octets.simd_eq(b'.');
        let in_domain = let_dig | dot | octets.simd_eq(b'-');
        let in_local_part = in_domain | octets.simd_eq(b'_') | octets.simd_eq(b'+') | octets.simd_eq(b'=');
        Some(Self {
            let_dig: let_dig.to_bitmask(),
            dot: dot.to_bitmask(),
            in_domain: in_domain.to_bitmask(),
            in_local_part: in_local_part.to_bitmask(),
        })
    }

    #[inline(always)]
    fn each(self, others: Self, with: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            let_dig: with(self.let_dig, others.let_dig),
            dot: with(self.dot, others.dot),
            in_domain: with(self.in_domain, others.in_domain),
            in_local_part: with(self.in_local_part, others.in_local_part),
        }
    }

    /// Drops the first `count` octets.
    #[inline(always)]
    fn after(self, count: usize) -> Self {
        self.each(self, |bits, _| bits >> count)
    }

    /// Classifies up to 64 octets from an offset on, in steps. `ends` gets the octets so far that cannot be in a
    /// local-part, and returns `true` if the name ends among them.
    #[inline(always)]
    fn from(i: &[u8], at: usize, ends: impl Fn(u64) -> bool) -> Option<Self> {
        let octets = i.get(at..)?;
        let Some(first) = octets.first_chunk() else { return Self::of_few(i, octets.len()) };
        let mut kinds = Self::of(*first)?;
        // The last step classifies some octets once more, with the same bits.
        let last = octets.len().min(64).wrapping_sub(LANES);
        let mut from = 0usize;
        while from < last && !ends(!kinds.in_local_part & u64::MAX >> 48usize.wrapping_sub(from)) {
            from = from.wrapping_add(LANES).min(last);
            let more = Self::of(*octets.get(from..)?.first_chunk()?)?;
            kinds = kinds.each(more, |bits, more| bits | more << from);
        }
        Some(kinds)
    }

    /// Classifies the last `count` octets, fewer than a vector has, together with the octets before them.
    #[inline(never)]
    fn of_few(i: &[u8], count: usize) -> Option<Self> {
        if let Some(last) = i.last_chunk() {
            return Some(Self::of(*last)?.after(LANES.wrapping_sub(count)));
        }
        let (head, tail) = (i.first_chunk()?, i.last_chunk()?);
        #[allow(clippy::cast_possible_truncation, reason = "at most 64")]
        let after = i.len().wrapping_sub(8).wrapping_mul(8) as u32;
        // The two loads overlap; OR-ing them is safe because the shared octets are equal.
        let octets = u128::from(u64::from_le_bytes(*head)) | u128::from(u64::from_le_bytes(*tail)) << after;
        Some(Self::of(octets.to_le_bytes())?.after(i.len().wrapping_sub(count)))
    }

    /// Returns `true` if a domain ends within the octets `among`. Names that end farther away are left to `portable`.
    #[inline(always)]
    const fn has_end(&self, among: u64) -> bool {
        !self.in_domain & among != 0
    }

    /// Returns the offset at which a domain ends within the octets `among`, if all parts before it begin and end with
    /// Let-dig. Parts are bounded by dots and by the "@".
    #[inline(always)]
    fn end_of_domain(&self, among: u64, at_sign: u64) -> Option<usize> {
        let end = (!self.in_domain & among).trailing_zeros();
        let after = 1u64.checked_shl(end)?;
        let bounds = self.dot & after.wrapping_sub(1) | at_sign;
        let firsts_and_lasts = bounds << 1 | 1 | (bounds | after) >> 1;
        (firsts_and_lasts & !self.let_dig == 0).then_some(end as usize)
    }
}

/// Implements [`fast::mailbox`](super::mailbox).
#[inline(always)]
pub(crate) fn mailbox(i: &[u8], at: usize) -> Option<(usize, usize)> {
    // A mailbox ends at the second octet that is not in a local-part: the first is the "@".
    let kinds = Kinds::from(i, at, |others| others & others.wrapping_sub(1) != 0)?;
    let local_part = (!kinds.in_local_part).trailing_zeros();
    let at_sign = at.wrapping_add(local_part as usize);
    if i.get(at_sign) != Some(&b'@') {
        return None;
    }
    match 1u64.checked_shl(local_part) {
        Some(bit) if kinds.has_end((bit << 1).wrapping_neg()) => {
            let end = kinds.end_of_domain((bit << 1).wrapping_neg(), bit)?;
            Some((at_sign, at.wrapping_add(end)))
        }
        _ => portable::mailbox(i, at),
    }
}

/// Implements [`fast::domain`](super::domain).
#[inline(always)]
pub(crate) fn domain(i: &[u8], at: usize) -> Option<usize> {
    let kinds = Kinds::from(i, at, |others| others != 0)?;
    if !kinds.has_end(u64::MAX) {
        return portable::domain(i, at);
    }
    Some(at.wrapping_add(kinds.end_of_domain(u64::MAX, 0)?))
}
