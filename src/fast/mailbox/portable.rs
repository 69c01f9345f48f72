//! The search for mailboxes and domains on any processor. `fast::mailbox` uses it without the feature `simd`, and with it
//! for names that are too long for `sse2`.
//!
//! Each octet of a block, together with the one before it, gets a *code*. This is done without a branch, so that the
//! compiler can vectorize it. The code is 0 if the name continues with this octet. The first code that is not 0
//! decides.

const BLOCK: usize = 16;

/// The code of an octet that is not allowed here. The lowest bit that is set in a block of codes gives the first code.
const WRONG: u8 = 1;
/// The code of an octet that ends the name.
const STOP: u8 = 2;

/// Implements [`mailbox`](super::mailbox).
#[inline(always)]
pub(crate) fn mailbox(i: &[u8], at: usize) -> Option<(usize, usize)> {
    if i.len() <= BLOCK { short_mailbox(i, at) } else { long_mailbox(i, at) }
}

#[inline(always)]
fn long_mailbox(i: &[u8], at: usize) -> Option<(usize, usize)> {
    let at_sign = dot_string(i, at)?;
    match i.get(at_sign) {
        Some(b'@') => Some((at_sign, domain(i, at_sign.wrapping_add(1))?)),
        _ => None,
    }
}

/// Does the same for an input of eight to sixteen octets, padded with zeros.
#[inline(never)]
fn short_mailbox(i: &[u8], at: usize) -> Option<(usize, usize)> {
    let (Some(head), Some(tail)) = (i.first_chunk(), i.last_chunk()) else { return None };
    #[allow(clippy::cast_possible_truncation, reason = "at most 64")]
    let after = i.len().wrapping_sub(8).wrapping_mul(8) as u32;
    // The two loads overlap; OR-ing them is safe because the shared octets are equal.
    let octets = u128::from(u64::from_le_bytes(*head)) | u128::from(u64::from_le_bytes(*tail)) << after;
    let mut padded = [0; 2 * BLOCK];
    *padded.first_chunk_mut()? = octets.to_le_bytes();
    long_mailbox(&padded, at)
}

/// Returns the offset after a Dot-string of common ASCII octets that begins at `at`.
#[inline(always)]
fn dot_string(i: &[u8], at: usize) -> Option<usize> {
    if !i.get(at).is_some_and(|octet| common_atext(*octet)) {
        return None;
    }
    read(i, at.wrapping_add(1), |before, octet| {
        let dot = octet == b'.';
        let goes_on = common_atext(octet) | dot;
        let alone = (before == b'.') & (dot | !goes_on);
        (if goes_on { 0 } else { STOP }) | (if alone { WRONG } else { 0 })
    })
}

/// Implements [`domain`](super::domain).
#[inline(always)]
pub(crate) fn domain(i: &[u8], at: usize) -> Option<usize> {
    if !i.get(at).is_some_and(|octet| let_dig(*octet)) {
        return None;
    }
    read(i, at.wrapping_add(1), |before, octet| {
        let ldh = let_dig(octet) | (octet == b'-');
        let goes_on = ldh | (octet == b'.');
        let begins = (before == b'.') & !let_dig(octet);
        let ends = (before == b'-') & !ldh;
        (if goes_on { 0 } else { STOP }) | (if begins | ends { WRONG } else { 0 })
    })
}

/// Reads from `at` up to the first octet whose code is not 0, or to the end of the input, which counts as NUL. Returns
/// `None` if that code is not `STOP`, or if the input is not longer than a block. `at` must not be 0, because the octet
/// before it is needed.
#[inline(always)]
fn read(i: &[u8], at: usize, code: impl Fn(u8, u8) -> u8) -> Option<usize> {
    let last = i.len().checked_sub(BLOCK).filter(|last| *last > 0)?;
    let mut at = at;
    loop {
        // At the end, the last block overlaps the one before it, and the codes before `at` are dropped.
        let from = at.min(last);
        let octets: &[u8; BLOCK] = i.get(from..)?.first_chunk()?;
        let before: &[u8; BLOCK] = i.get(from.saturating_sub(1)..)?.first_chunk()?;
        let mut codes = [0; BLOCK];
        for ((slot, before), octet) in codes.iter_mut().zip(before).zip(octets) {
            *slot = code(*before, *octet);
        }
        let mut codes = u128::from_le_bytes(codes);
        if at > last {
            #[allow(clippy::cast_possible_truncation, reason = "it is at most 16")]
            let dropped = at.wrapping_sub(last) as u32;
            codes = codes.checked_shr(dropped.wrapping_mul(8)).unwrap_or(0);
            if codes == 0 {
                return (code(*i.last()?, 0) == STOP).then_some(i.len());
            }
        }
        if codes != 0 {
            let lowest = codes.trailing_zeros();
            return (1 << (lowest % 8) == STOP).then_some(at.wrapping_add((lowest / 8) as usize));
        }
        at = at.wrapping_add(BLOCK);
    }
}

/// Returns `true` for an octet from `low` to `high`. It is one comparison, so that there is no branch.
#[inline(always)]
const fn within(octet: u8, low: u8, high: u8) -> bool {
    octet.wrapping_sub(low) <= high.wrapping_sub(low)
}

// Octet classes as sums of ranges, which can be compared without a table.

#[inline(always)]
const fn let_dig(octet: u8) -> bool {
    within(octet | 0x20, b'a', b'z') | within(octet, b'0', b'9')
}

/// Returns `true` for `atext` except "!", "#" to "'", and "?".
#[inline(always)]
const fn common_atext(octet: u8) -> bool {
    within(octet, b'^', b'~')
        | within(octet, b'A', b'Z')
        | within(octet, b'*', b'9') & (octet != b',') & (octet != b'.')
        | (octet == b'=')
}
