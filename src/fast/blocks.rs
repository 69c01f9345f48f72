//! Vectors of octets: as wide as the processor has them, and a bit for each of their octets.
//!
//! Loops without branches become vector instructions of what every processor of the target has; on x86-64 that is sixteen octets
//! at a time. With the feature `simd` the same loops are compiled a second time for AVX2, and which are taken is found out at
//! run time; and the bits are gathered by the instruction for it, which the compiler does not find by itself.

use crate::codec::{CR, LF};

/// How many octets are looked at together, one bit of a `u64` each.
pub(crate) const BLOCK: usize = 64;

/// How many octets are looked at together where that is enough.
const BLOCKS: usize = 4 * BLOCK;

/// Goes from the offset `at`, which is not 0, past blocks of which `passes` says so, of octets and of what stands one octet
/// before each. Returns the offset of the first block that does not pass; if too few octets are left to be a block, theirs; or
/// the end. The last block is looked at together with some octets before it.
#[inline(always)]
pub(crate) fn pass_blocks(octets: &[u8], at: usize, passes: impl Fn(&[u8], &[u8]) -> bool) -> usize {
    let at = pass_each::<BLOCKS>(octets, at, &passes);
    let at = pass_each::<BLOCK>(octets, at, &passes);
    let end = octets.len();
    match octets.get(end.wrapping_sub(BLOCK).wrapping_sub(1)..) {
        Some(window) if at < end && end.wrapping_sub(at) < BLOCK => {
            if passes_with_before::<BLOCK>(window, &passes) {
                end
            } else {
                end.wrapping_sub(BLOCK)
            }
        }
        _ => at,
    }
}

/// Goes from the offset `at` on past `N` octets that pass, and again.
#[inline(always)]
fn pass_each<const N: usize>(octets: &[u8], at: usize, passes: &impl Fn(&[u8], &[u8]) -> bool) -> usize {
    // No overflow: all are offsets in one slice.
    let unsearched = octets.get(at.wrapping_sub(1)..).unwrap_or_default();
    let mut at = at;
    // Not by the methods of an iterator, which may not be inlined.
    for window in unsearched.windows(N.wrapping_add(1)).step_by(N) {
        if !passes_with_before::<N>(window, passes) {
            break;
        }
        at = at.wrapping_add(N);
    }
    at
}

/// Whether `N` octets pass, which follow the first of `window`.
#[inline(always)]
fn passes_with_before<const N: usize>(window: &[u8], passes: &impl Fn(&[u8], &[u8]) -> bool) -> bool {
    match (window.first_chunk::<N>(), window.last_chunk::<N>()) {
        (Some(before), Some(here)) => passes(here, before),
        _ => false,
    }
}

/// AVX2, where the processor has it.
#[cfg(all(feature = "simd", target_arch = "x86_64"))]
#[inline(always)]
fn avx2() -> Option<fearless_simd::Avx2> {
    fearless_simd::Level::new().as_avx2()
}

/// Does some work with vectors as wide as the processor has them, where the work is inlined.
#[inline(always)]
pub(crate) fn widely<T>(work: impl FnOnce() -> T) -> T {
    #[cfg(all(feature = "simd", target_arch = "x86_64"))]
    if let Some(avx2) = avx2() {
        return fearless_simd::Simd::vectorize(avx2, work);
    }
    work()
}

/// Whether `widely` makes a difference.
#[inline]
pub(crate) fn are_wide() -> bool {
    #[cfg(all(feature = "simd", target_arch = "x86_64"))]
    return avx2().is_some();
    #[cfg(not(all(feature = "simd", target_arch = "x86_64")))]
    false
}

/// Where in a block CR, LF and dots are: bit `i` of the first number says that the octet at `i` is CR or a dot, and of the second
/// that it is LF or a dot. Two numbers fit in registers.
#[inline(always)]
pub(crate) fn places(block: &[u8; BLOCK]) -> (u64, u64) {
    #[cfg(all(feature = "simd", target_arch = "x86_64"))]
    {
        if let Some(avx2) = avx2() {
            return fearless_simd::Simd::vectorize(
                avx2,
                #[inline(always)]
                move || places_by_instruction(avx2, block),
            );
        }
        if let Some(sse2) = fearless_simd::Level::baseline().as_sse2() {
            return places_by_instruction(sse2, block);
        }
    }
    (places_by_columns(block, CR, b'.'), places_by_columns(block, LF, b'.'))
}

#[cfg(all(feature = "simd", target_arch = "x86_64"))]
#[inline(always)]
fn places_by_instruction(simd: impl fearless_simd::Simd, block: &[u8; BLOCK]) -> (u64, u64) {
    use fearless_simd::{SimdBase, SimdFrom, SimdMask, u8x64};
    let block = u8x64::simd_from(simd, *block);
    let dot = block.simd_eq(b'.');
    ((block.simd_eq(CR) | dot).to_bitmask(), (block.simd_eq(LF) | dot).to_bitmask())
}

/// Which octets of a block are one of these two, on any processor.
#[inline(always)]
fn places_by_columns(block: &[u8; BLOCK], one: u8, other: u8) -> u64 {
    // Bit `i` of octet `j` is for the octet at `8 * i + j`. Vector instructions give the bits in this order, eight octets at a
    // time.
    let mut bits = [0; BLOCK];
    for ((bit, &here), &row) in bits.iter_mut().zip(block).zip(&ROWS) {
        *bit = if (here == one) | (here == other) { row } else { 0 };
    }
    let rows = bits.chunks_exact(8).filter_map(<[u8]>::first_chunk);
    let bits = rows.fold(0, |columns, row| columns | u64::from_le_bytes(*row));
    // A square of 8 by 8 bits is transposed by halves, quarters and eighths.
    let swap = (bits ^ bits >> 28) & 0x0000_0000_F0F0_F0F0;
    let bits = bits ^ swap ^ swap << 28;
    let swap = (bits ^ bits >> 14) & 0x0000_CCCC_0000_CCCC;
    let bits = bits ^ swap ^ swap << 14;
    let swap = (bits ^ bits >> 7) & 0x00AA_00AA_00AA_00AA;
    bits ^ swap ^ swap << 7
}

/// Bit `i` for each of the eight octets from `8 * i` on.
const ROWS: [u8; BLOCK] = {
    let mut bits = [0; BLOCK];
    let mut rest: &mut [u8] = &mut bits;
    let mut bit = 1;
    while let Some((row, after)) = rest.split_first_chunk_mut() {
        *row = [bit; 8];
        (rest, bit) = (after, bit << 1);
    }
    bits
};

#[cfg(test)]
mod tests;
