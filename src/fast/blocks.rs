//! Blocks of octets, looked at with vectors as wide as the processor has them.
//!
//! Loops without branches become vector instructions of what every processor of the target has; on x86-64 that is sixteen octets
//! at a time. With the feature `simd` the same loops are compiled a second time for AVX2, and which are taken is found out at
//! run time.

/// How many octets are looked at together.
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
