//! Comparison of words as numbers: verbs, the keywords of parameters and extensions, and the ends of mechanism names.
//! The parsers of these use it, and have their own tables of words.
//!
//! A word of up to eight octets is one `u64`, with letters folded to lower case, so that one comparison or one `match`
//! decides. A loop over the octets would end at a place that the processor cannot predict, which costs more than the
//! loop.

#[cfg(test)]
mod tests;

use super::swar::Lanes;

/// Returns the eight octets at an offset, with letters in lower case and with zeros after the end of the input. The
/// result is compared with [`key`]. Returns `None` if the whole input is shorter than eight octets.
#[inline(always)]
pub(crate) fn eight(i: &[u8], at: usize) -> Option<u64> {
    match i.get(at..).and_then(<[u8]>::first_chunk) {
        Some(octets) => Some(fold(u64::from_le_bytes(*octets))),
        None => rest(i, at).map(fold),
    }
}

/// Returns the last octets of the input, fewer than eight, with zeros after them.
#[inline]
fn rest(i: &[u8], at: usize) -> Option<u64> {
    #[allow(clippy::cast_possible_truncation, reason = "at most 8")]
    let after = at.saturating_add(8).saturating_sub(i.len()).min(8) as u32;
    Some(u64::from_le_bytes(*i.last_chunk()?).checked_shr(after.wrapping_mul(8)).unwrap_or(0))
}

/// Returns the first `count` of eight octets, at least one, with zeros after them.
#[inline(always)]
pub(crate) const fn head(octets: u64, count: usize) -> u64 {
    #[allow(clippy::cast_possible_truncation, reason = "less than 64")]
    let others = 64usize.wrapping_sub(count.wrapping_mul(8)) as u32;
    octets & u64::MAX.wrapping_shr(others)
}

/// Returns the input after `word`, which has at most eight octets and may be in any case. Also returns `None` if the
/// whole input is shorter than eight octets.
#[inline(always)]
pub(crate) fn strip<'a>(i: &'a [u8], word: &str) -> Option<&'a [u8]> {
    if head(eight(i, 0)?, word.len()) != key(word) {
        return None;
    }
    i.get(word.len()..)
}

/// Returns the octets up to a space or control, with zeros for the others.
#[inline(always)]
pub(crate) const fn first_word(octets: u64) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    // A borrow from the next octet makes a difference only after the first marked octet.
    let marks = octets.wrapping_sub(ONES.wrapping_mul(0x21)) & !octets & u64::MARKS;
    octets & (marks & marks.wrapping_neg()).wrapping_shr(7).wrapping_sub(1)
}

/// Returns the number of leading digits among eight octets.
#[inline(always)]
pub(crate) fn digits(octets: u64) -> usize {
    ((!octets.within(b'0', b'9') & u64::MARKS).trailing_zeros() / u64::WIDTH) as usize
}

/// Returns the value of the first `count` of eight octets, which are digits. Returns `None` unless there are one to
/// eight.
#[inline(always)]
pub(crate) const fn decimal(octets: u64, count: usize) -> Option<u64> {
    if count == 0 || count > 8 {
        return None;
    }
    // The digits move to the end, so that zeros precede them. Each step joins two neighbours, of which the first is in
    // the lower bits.
    #[allow(clippy::cast_possible_truncation, reason = "less than 64")]
    let after = 64usize.wrapping_sub(count.wrapping_mul(8)) as u32;
    let digits = octets.wrapping_shl(after) & 0x0F0F_0F0F_0F0F_0F0F;
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8) & 0x00FF_00FF_00FF_00FF;
    let fours = pairs.wrapping_mul(100).wrapping_add(pairs >> 16) & 0x0000_FFFF_0000_FFFF;
    Some(fours.wrapping_mul(10_000).wrapping_add(fours >> 32) & 0xFFFF_FFFF)
}

/// Returns the first eight octets of a text, in the form of [`eight`].
pub(crate) const fn key(text: &str) -> u64 {
    key_of(text.as_bytes())
}

/// Returns the last eight octets of a text, or the whole of a shorter one, in the form of [`eight`].
pub(crate) const fn end_key(text: &str) -> u64 {
    end_key_of(text.as_bytes())
}

/// Returns the last eight octets of a word, in the form of [`end_key`].
#[inline]
pub(crate) const fn end_key_of(word: &[u8]) -> u64 {
    match word.last_chunk() {
        Some(octets) => fold(u64::from_le_bytes(*octets)),
        None => key_of(word),
    }
}

/// Returns the first eight octets of a word, in the form of [`eight`].
#[inline]
pub(crate) const fn key_of(word: &[u8]) -> u64 {
    if let Some(octets) = word.first_chunk() {
        return fold(u64::from_le_bytes(*octets));
    }
    if let (Some(head), Some(tail)) = (word.first_chunk(), word.last_chunk()) {
        // The two loads overlap; OR-ing them is safe because the shared octets are equal.
        return four(head) | four(tail) << ((word.len() & 3) << 3);
    }
    match *word {
        [a, b, c] => four(&[a, b, c, 0]),
        [a, b] => four(&[a, b, 0, 0]),
        [a] => four(&[a, 0, 0, 0]),
        _ => 0,
    }
}

/// Returns four octets, in the form of [`eight`], with zeros after them.
#[inline(always)]
pub(crate) const fn four(octets: &[u8; 4]) -> u64 {
    fold(u32::from_le_bytes(*octets) as u64)
}

/// Returns `true` if `word` equals `known`, a word of letters, digits and hyphens, in any case. The caller has checked
/// that the first or the last eight octets are equal.
#[inline]
pub(crate) fn is_alike(word: &[u8], known: &[u8]) -> bool {
    let mut eights = word.chunks_exact(8).zip(known.chunks_exact(8));
    let alike = |(word, known)| key_of(word) == key_of(known);
    word.len() == known.len() && (word.len() <= 8 || end_key_of(word) == end_key_of(known) && eights.all(alike))
}

/// Sets the bit of lower case in every octet from 64 to 127 (and in octets from 192 on, which no key has). Letters,
/// digits and the signs in keys stay distinct, except that upper and lower case become equal.
const fn fold(octets: u64) -> u64 {
    octets | (octets & 0x4040_4040_4040_4040) >> 1
}
