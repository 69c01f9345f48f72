//! Sixteen octets in a vector of SSE2, which every x86-64 has; with the feature `simd`.
//!
//! As [`Lanes`] they serve [`swar`](super::swar). [`mailbox`] and [`domain`] sort up to 64 octets into kinds, by a bit for each
//! octet. Where the name ends, and whether its parts are in order, is asked of the bits of all of them at once. The same is asked
//! of all parts: a local-part of which one begins or ends with "_", "-", "+" or "=" is left to the grammar.

use super::swar::Lanes;
use fearless_simd::{Level, SimdBase, SimdFrom, SimdMask, Sse2, mask8x16, u8x16};

/// How many octets are looked at together.
const LANES: usize = 16;

/// Sixteen octets.
pub(super) type Octets = u8x16<Sse2>;

#[inline(always)]
fn load(octets: [u8; LANES]) -> Option<Octets> {
    Some(Octets::simd_from(Level::baseline().as_sse2()?, octets))
}

/// The octets from `low` to `high`. What is below `low` comes out high.
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

/// The octets of each kind: bit `n` for the octet at `n`.
#[derive(Clone, Copy)]
struct Kinds {
    let_dig: u64,
    dot: u64,
    /// Let-dig, dots, and "-".
    in_domain: u64,
    /// The same, and the other octets that are common in a local-part.
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

    /// Without the first octets.
    #[inline(always)]
    fn behind(self, count: usize) -> Self {
        self.each(self, |bits, _| bits >> count)
    }

    /// Of up to 64 octets from an offset on, in steps. `ends` is shown which of those so far are in no local-part: does the name
    /// end among them?
    #[inline(always)]
    fn from(i: &[u8], at: usize, ends: impl Fn(u64) -> bool) -> Option<Self> {
        let octets = i.get(at..)?;
        let Some(first) = octets.first_chunk() else { return Self::of_few(i, octets.len()) };
        let mut kinds = Self::of(*first)?;
        // The last step takes in some octets once more, whose bits come out the same.
        let last = octets.len().min(64).wrapping_sub(LANES);
        let mut from = 0usize;
        while from < last && !ends(!kinds.in_local_part & u64::MAX >> 48usize.wrapping_sub(from)) {
            from = from.wrapping_add(LANES).min(last);
            let more = Self::of(*octets.get(from..)?.first_chunk()?)?;
            kinds = kinds.each(more, |bits, more| bits | more << from);
        }
        Some(kinds)
    }

    /// Of the last octets, fewer than are sorted at once: together with what stands before them.
    #[inline(never)]
    fn of_few(i: &[u8], count: usize) -> Option<Self> {
        if let Some(last) = i.last_chunk() {
            return Some(Self::of(*last)?.behind(LANES.wrapping_sub(count)));
        }
        let (head, tail) = (i.first_chunk()?, i.last_chunk()?);
        #[allow(clippy::cast_possible_truncation, reason = "at most 64")]
        let behind = i.len().wrapping_sub(8).wrapping_mul(8) as u32;
        // What lies in both comes out the same.
        let octets = u128::from(u64::from_le_bytes(*head)) | u128::from(u64::from_le_bytes(*tail)) << behind;
        Some(Self::of(octets.to_le_bytes())?.behind(i.len().wrapping_sub(count)))
    }

    /// Where a domain ends among the octets that may belong to it, if all parts before that begin and end as they should. They
    /// do so at dots and at the "@".
    #[inline(always)]
    fn end_of_domain(&self, among: u64, at_sign: u64) -> Option<usize> {
        let end = (!self.in_domain & among).trailing_zeros();
        let behind = 1u64.checked_shl(end)?;
        let bounds = self.dot & behind.wrapping_sub(1) | at_sign;
        let firsts_and_lasts = bounds << 1 | 1 | (bounds | behind) >> 1;
        (firsts_and_lasts & !self.let_dig == 0).then_some(end as usize)
    }
}

/// As [`fast::mailbox`](super::mailbox).
#[inline(always)]
pub(crate) fn mailbox(i: &[u8], at: usize) -> Option<(usize, usize)> {
    // The "@", and the octet behind the domain.
    let kinds = Kinds::from(i, at, |others| others & others.wrapping_sub(1) != 0)?;
    let local_part = (!kinds.in_local_part).trailing_zeros();
    let at_sign = at.wrapping_add(local_part as usize);
    if i.get(at_sign) != Some(&b'@') {
        return None;
    }
    let bit = 1u64.checked_shl(local_part)?;
    let end = kinds.end_of_domain((bit << 1).wrapping_neg(), bit)?;
    Some((at_sign, at.wrapping_add(end)))
}

/// As [`fast::domain`](super::domain).
#[inline(always)]
pub(crate) fn domain(i: &[u8], at: usize) -> Option<usize> {
    Some(at.wrapping_add(Kinds::from(i, at, |others| others != 0)?.end_of_domain(u64::MAX, 0)?))
}
