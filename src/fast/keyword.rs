//! Words of up to eight octets as numbers, which are matched at once: verbs, the keywords of parameters and extensions, and the ends
//! of the names of mechanisms. Letters are folded to lower case.
//!
//! A loop over octets ends at a place that the processor cannot guess, which costs more than the loop.

#[cfg(test)]
mod tests;

use super::swar::Lanes;

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

/// What follows a word of at most eight octets, in any case. `None` as well where the whole input is shorter than eight.
#[inline(always)]
pub(crate) fn strip<'a>(i: &'a [u8], word: &str) -> Option<&'a [u8]> {
    if head(eight(i, 0)?, word.len()) != key(word) {
        return None;
    }
    i.get(word.len()..)
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
    key_of(text.as_bytes())
}

/// The last eight octets of a text as [`eight`] has them; all of a shorter one.
pub(crate) const fn end_key(text: &str) -> u64 {
    end_key_of(text.as_bytes())
}

/// The last eight octets of a word, as [`end_key`] has them.
#[inline]
pub(crate) const fn end_key_of(word: &[u8]) -> u64 {
    match word.last_chunk() {
        Some(octets) => fold(u64::from_le_bytes(*octets)),
        None => key_of(word),
    }
}

/// The first eight octets of a word, as [`eight`] has them.
#[inline]
pub(crate) const fn key_of(word: &[u8]) -> u64 {
    if let Some(octets) = word.first_chunk() {
        return fold(u64::from_le_bytes(*octets));
    }
    if let (Some(head), Some(tail)) = (word.first_chunk(), word.last_chunk()) {
        // The two overlap; what lies in both is the same.
        return four(head) | four(tail) << ((word.len() & 3) << 3);
    }
    match *word {
        [a, b, c] => four(&[a, b, c, 0]),
        [a, b] => four(&[a, b, 0, 0]),
        [a] => four(&[a, 0, 0, 0]),
        _ => 0,
    }
}

/// Four octets, as [`eight`] has them with zeros behind.
#[inline(always)]
pub(crate) const fn four(octets: &[u8; 4]) -> u64 {
    fold(u32::from_le_bytes(*octets) as u64)
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
