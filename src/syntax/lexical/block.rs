//! Common forms, sixteen octets at a time.
//!
//! A loop over octets ends at a place that the processor cannot guess, which costs more than the loop. Here each octet of a
//! block, together with the one before it, gets a *code*, all of them without a branch: the compiler makes vector
//! instructions of it. The code is 0 where the octet goes on what is being read, so the first that is not 0 decides.
//!
//! What these functions take is the common form of each production: ASCII, in an input of at least sixteen octets. To
//! whatever else they say `None`, and the grammar has the last word. What they do take is what the grammar takes; a test
//! holds them to it.

#[cfg(test)]
mod tests;

use super::lanes::Lanes;

const BLOCK: usize = 16;

/// The code of an octet that makes it wrong. The lowest bit of a block of codes says which code is the first.
const WRONG: u8 = 1;
/// The code of an octet that ends what is being read.
const STOP: u8 = 2;

/// The offsets of the "@" of a Mailbox that begins at `at`, and behind its Domain.
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

/// The same in eight to sixteen octets, with zeros behind them.
#[inline(never)]
fn short_mailbox(i: &[u8], at: usize) -> Option<(usize, usize)> {
    let (Some(head), Some(tail)) = (i.first_chunk(), i.last_chunk()) else { return None };
    #[allow(clippy::cast_possible_truncation, reason = "at most 64")]
    let behind = i.len().wrapping_sub(8).wrapping_mul(8) as u32;
    // What lies in both comes out the same.
    let octets = u128::from(u64::from_le_bytes(*head)) | u128::from(u64::from_le_bytes(*tail)) << behind;
    let mut padded = [0; 2 * BLOCK];
    *padded.first_chunk_mut()? = octets.to_le_bytes();
    long_mailbox(&padded, at)
}

/// The offset behind a Dot-string of ASCII that begins at `at`, without a few octets that are rare.
#[inline(always)]
pub(crate) fn dot_string(i: &[u8], at: usize) -> Option<usize> {
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

/// The offset behind a Domain of ASCII that begins at `at`. The lengths of its labels are not looked at.
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

/// Reads from `at` up to the first octet whose code is not 0, or to the end of the input, which counts as NUL. `None` where
/// that code is not `STOP`, or the input does not fill a block. At offset 0 the octet before is not to be asked for.
#[inline(always)]
fn read(i: &[u8], at: usize, code: impl Fn(u8, u8) -> u8) -> Option<usize> {
    let last = i.len().checked_sub(BLOCK).filter(|last| *last > 0)?;
    let mut at = at;
    loop {
        // At the end the last block is looked at once more, and what lies before `at` is dropped.
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

/// The eight octets at an offset with zeros behind the end, letters in lower case: to be matched with [`key`]. `None` where
/// the whole input is shorter.
#[inline(always)]
pub(crate) fn eight(i: &[u8], at: usize) -> Option<u64> {
    match i.get(at..).and_then(<[u8]>::first_chunk) {
        Some(octets) => Some(fold(u64::from_le_bytes(*octets))),
        None => rest(i, at).map(fold),
    }
}

/// Fewer than eight octets, the last of the input, with zeros behind them.
#[inline]
fn rest(i: &[u8], at: usize) -> Option<u64> {
    #[allow(clippy::cast_possible_truncation, reason = "at most 8")]
    let behind = at.saturating_add(8).saturating_sub(i.len()).min(8) as u32;
    Some(u64::from_le_bytes(*i.last_chunk()?).checked_shr(behind.wrapping_mul(8)).unwrap_or(0))
}

/// The first of eight octets, at least one, zeros behind them.
#[inline(always)]
pub(crate) const fn head(octets: u64, count: usize) -> u64 {
    #[allow(clippy::cast_possible_truncation, reason = "less than 64")]
    let others = 64usize.wrapping_sub(count.wrapping_mul(8)) as u32;
    octets & u64::MAX.wrapping_shr(others)
}

/// The first of eight octets, up to a space or control, with zeros for the others.
#[inline(always)]
pub(crate) const fn first_word(octets: u64) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    // What an octet borrows from the next makes a difference only behind the first that is marked.
    let marks = octets.wrapping_sub(ONES.wrapping_mul(0x21)) & !octets & u64::MARKS;
    octets & (marks & marks.wrapping_neg()).wrapping_shr(7).wrapping_sub(1)
}

/// How many of eight octets are digits, up to the first that is none.
#[inline(always)]
pub(crate) fn digits(octets: u64) -> usize {
    ((!octets.within(b'0', b'9') & u64::MARKS).trailing_zeros() / u64::WIDTH) as usize
}

/// The first eight octets of a text as [`eight`] has them.
pub(crate) const fn key(text: &str) -> u64 {
    let mut key = 0;
    let mut rest = text.as_bytes();
    while let [others @ .., octet] = rest {
        if others.len() < 8 {
            key = key << 8 | *octet as u64;
        }
        rest = others;
    }
    fold(key)
}

/// The last eight octets of a text as [`eight`] has them; all of a shorter one.
pub(crate) const fn end_key(text: &str) -> u64 {
    match text.as_bytes().last_chunk() {
        Some(octets) => fold(u64::from_le_bytes(*octets)),
        None => key(text),
    }
}

/// The last eight octets of a word, as [`end_key`] has them.
#[inline]
pub(crate) fn end_key_of(word: &[u8]) -> u64 {
    word.last_chunk().map_or_else(|| key_of(word), |octets| fold(u64::from_le_bytes(*octets)))
}

/// The first eight octets of a word, as [`eight`] has them.
#[inline]
pub(crate) fn key_of(word: &[u8]) -> u64 {
    if let Some(octets) = word.first_chunk() {
        return fold(u64::from_le_bytes(*octets));
    }
    if let (Some(head), Some(tail)) = (word.first_chunk::<4>(), word.last_chunk::<4>()) {
        // What lies in both comes out the same.
        let tail = u64::from(u32::from_le_bytes(*tail)) << ((word.len() & 3) << 3);
        return fold(u64::from(u32::from_le_bytes(*head)) | tail);
    }
    match *word {
        [a, b, c] => fold(u64::from(u32::from_le_bytes([a, b, c, 0]))),
        [a, b] => fold(u64::from(u16::from_le_bytes([a, b]))),
        [a] => fold(u64::from(a)),
        _ => 0,
    }
}

/// Is it this word of letters, digits and hyphens, in any case, given that the first or the last eight octets are?
#[inline]
pub(crate) fn is_alike(word: &[u8], known: &[u8]) -> bool {
    let mut eights = word.chunks_exact(8).zip(known.chunks_exact(8));
    let alike = |(word, known)| key_of(word) == key_of(known);
    word.len() == known.len() && (word.len() <= 8 || end_key_of(word) == end_key_of(known) && eights.all(alike))
}

/// Sets the bit of lower case in every octet from 64 to 127 (and of octets from 192 on, which no key has). Of letters,
/// digits and the signs in keys, no two that differ by more than case come out alike.
const fn fold(octets: u64) -> u64 {
    octets | (octets & 0x4040_4040_4040_4040) >> 1
}

/// Is an octet from `low` to `high`? In one comparison, so that nothing is left to branch on.
#[inline(always)]
const fn within(octet: u8, low: u8, high: u8) -> bool {
    octet.wrapping_sub(low) <= high.wrapping_sub(low)
}

// Octet classes as sums of ranges, which can be compared without a table.

#[inline(always)]
pub(crate) const fn let_dig(octet: u8) -> bool {
    within(octet | 0x20, b'a', b'z') | within(octet, b'0', b'9')
}

/// `atext` without "!", "#" to "'", and "?".
#[inline(always)]
const fn common_atext(octet: u8) -> bool {
    within(octet, b'^', b'~')
        | within(octet, b'A', b'Z')
        | within(octet, b'*', b'9') & (octet != b',') & (octet != b'.')
        | (octet == b'=')
}
