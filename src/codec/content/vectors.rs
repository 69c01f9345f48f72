//! Vectors as wide as the processor has them.
//!
//! Loops without branches become vector instructions of what every processor of the target has; on x86-64 that is sixteen octets
//! at a time. With the feature `simd` the same loops are compiled a second time for AVX2, which most have, and it is found out
//! at run time which is to be used.

use super::scan::BLOCK;

/// The proof that the processor has AVX2, in code that is compiled for it.
#[cfg(all(feature = "simd", target_arch = "x86_64"))]
pub(crate) type Vectors = Option<fearless_simd::Avx2>;
/// There is none.
#[cfg(not(all(feature = "simd", target_arch = "x86_64")))]
pub(crate) type Vectors = Option<core::convert::Infallible>;

/// Does some work with vectors as wide as the processor has them. What the work calls is part of it where it is inlined.
#[inline(always)]
pub(crate) fn widely<T>(work: impl FnOnce(Vectors) -> T) -> T {
    #[cfg(all(feature = "simd", target_arch = "x86_64"))]
    if let Some(avx2) = fearless_simd::Level::new().as_avx2() {
        return fearless_simd::Simd::vectorize(
            avx2,
            #[inline(always)]
            || work(Some(avx2)),
        );
    }
    work(None)
}

/// Which octets of a block are this one: bit `i` for the octet at `i`.
#[inline(always)]
pub(super) fn places(block: &[u8; BLOCK], octet: u8, vectors: Vectors) -> u64 {
    #[cfg(all(feature = "simd", target_arch = "x86_64"))]
    if let Some(avx2) = vectors {
        use fearless_simd::{SimdBase, SimdFrom, SimdMask, u8x32};
        if let (Some(low), Some(high)) = (block.first_chunk(), block.last_chunk()) {
            let low = u8x32::simd_from(avx2, *low).simd_eq(octet).to_bitmask();
            let high = u8x32::simd_from(avx2, *high).simd_eq(octet).to_bitmask();
            return low | high << (BLOCK / 2);
        }
    }
    let _ = vectors;
    Columns::of(block, octet).to_rows()
}

/// Some of the octets of a block: bit `i` of octet `j` is for the octet at `8 * i + j`. Vector instructions give the bits in
/// this order, eight octets at a time.
#[derive(Clone, Copy)]
struct Columns(u64);

impl Columns {
    /// Those that are `octet`.
    #[inline(always)]
    fn of(block: &[u8; BLOCK], octet: u8) -> Self {
        let mut bits = [0; BLOCK];
        for ((bit, &here), &row) in bits.iter_mut().zip(block).zip(&Self::ROWS) {
            *bit = if here == octet { row } else { 0 };
        }
        let rows = bits.chunks_exact(8).map(|row| u64::from_le_bytes(row.try_into().unwrap_or_default()));
        Self(rows.fold(0, |columns, row| columns | row))
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

    /// Bit `i` for the octet at `i`.
    #[inline(always)]
    const fn to_rows(self) -> u64 {
        // A square of 8 by 8 bits is transposed by halves, quarters and eighths.
        let bits = self.0;
        let swap = (bits ^ bits >> 28) & 0x0000_0000_F0F0_F0F0;
        let bits = bits ^ swap ^ swap << 28;
        let swap = (bits ^ bits >> 14) & 0x0000_CCCC_0000_CCCC;
        let bits = bits ^ swap ^ swap << 14;
        let swap = (bits ^ bits >> 7) & 0x00AA_00AA_00AA_00AA;
        bits ^ swap ^ swap << 7
    }
}
