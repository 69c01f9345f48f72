//! Vectors of octets: as wide as the processor has them, and a bit for each of their octets.
//!
//! Loops without branches become vector instructions of what every processor of the target has; on x86-64 that is sixteen octets
//! at a time. With the feature `simd` the same loops are compiled a second time for AVX2, and which are taken is found out at
//! run time; and the bits are gathered by the instruction for it, which the compiler does not find by itself.

/// How many octets are looked at together, one bit of a `u64` each.
pub(crate) const BLOCK: usize = 64;

/// A block, and the octet before.
const WINDOW: usize = 1 + BLOCK;

/// Goes from the offset `at`, which is not 0, past blocks of which `passes` says so, of a block and of what stands one octet
/// before. Returns the offset of the first that does not pass; if too few octets are left to be a block, theirs; or the end.
/// The last block is looked at together with some octets before it.
#[inline(always)]
pub(crate) fn pass_blocks(octets: &[u8], at: usize, passes: impl Fn(&[u8; BLOCK], &[u8; BLOCK]) -> bool) -> usize {
    let passes = |window: &[u8]| match (window.first_chunk(), window.last_chunk()) {
        (Some(before), Some(here)) => passes(here, before),
        _ => false,
    };
    // No overflow: all are offsets in one slice.
    let mut at = at;
    let unsearched = octets.get(at.wrapping_sub(1)..).unwrap_or_default();
    for window in unsearched.windows(WINDOW).step_by(BLOCK) {
        if !passes(window) {
            return at;
        }
        at = at.wrapping_add(BLOCK);
    }
    let end = octets.len();
    match octets.last_chunk::<WINDOW>() {
        Some(window) if at < end && passes(window) => end,
        Some(_) if at < end => end.wrapping_sub(BLOCK),
        _ => at,
    }
}

/// Does some work with vectors as wide as the processor has them, where the work is inlined.
#[inline(always)]
pub(crate) fn widely<T>(work: impl FnOnce() -> T) -> T {
    #[cfg(all(feature = "simd", target_arch = "x86_64"))]
    if let Some(avx2) = fearless_simd::Level::new().as_avx2() {
        return fearless_simd::Simd::vectorize(avx2, work);
    }
    work()
}

/// Whether `widely` makes a difference.
#[inline]
pub(super) fn are_wide() -> bool {
    #[cfg(all(feature = "simd", target_arch = "x86_64"))]
    return fearless_simd::Level::new().as_avx2().is_some();
    #[cfg(not(all(feature = "simd", target_arch = "x86_64")))]
    false
}

/// Which octets of a block are this one: bit `i` for the octet at `i`.
#[inline(always)]
pub(super) fn places(block: &[u8; BLOCK], octet: u8) -> u64 {
    #[cfg(all(feature = "simd", target_arch = "x86_64"))]
    if let Some(sse2) = fearless_simd::Level::baseline().as_sse2() {
        return places_by_instruction(sse2, block, octet);
    }
    places_by_columns(block, octet)
}

#[cfg(all(feature = "simd", target_arch = "x86_64"))]
#[inline(always)]
fn places_by_instruction(sse2: fearless_simd::Sse2, block: &[u8; BLOCK], octet: u8) -> u64 {
    use fearless_simd::{SimdBase, SimdFrom, SimdMask, u8x16};
    let vectors = block.rchunks_exact(16).filter_map(<[u8]>::first_chunk::<16>);
    vectors.fold(0, |bits, vector| bits << 16 | u8x16::simd_from(sse2, *vector).simd_eq(octet).to_bitmask())
}

/// As `places`, on any processor.
#[inline(always)]
fn places_by_columns(block: &[u8; BLOCK], octet: u8) -> u64 {
    // Bit `i` of octet `j` is for the octet at `8 * i + j`. Vector instructions give the bits in this order, eight octets at a
    // time.
    let mut bits = [0; BLOCK];
    for ((bit, &here), &row) in bits.iter_mut().zip(block).zip(&ROWS) {
        *bit = if here == octet { row } else { 0 };
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
