//! Loops over blocks of octets, compiled for vectors as wide as the processor has them. `fast::content` and the codec
//! use them. What a block is checked for is up to the caller.
//!
//! The loops have no branches, so the compiler makes vector instructions of them. It may use only those that every
//! processor of the target has; on x86-64 these take sixteen octets at a time. With the feature `simd` the same loops
//! are compiled a second time for AVX2, and the version is chosen at run time.

/// The number of octets that are checked together.
pub(crate) const BLOCK: usize = 64;

/// The number of octets that are checked together while they last.
const BLOCKS: usize = 4 * BLOCK;

/// Skips blocks from the offset `at` on, as long as `passes` returns `true`. `at` must not be 0. `passes` gets the
/// octets of a block, and the octets that are one place before each of these. Returns the offset of the first block
/// that does not pass, or the end. If fewer octets are left than a block has, they are checked together with some
/// octets before them; if there are not enough of those, returns where they begin.
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

/// Skips blocks of `N` octets that pass, from the offset `at` on.
#[inline(always)]
fn pass_each<const N: usize>(octets: &[u8], at: usize, passes: &impl Fn(&[u8], &[u8]) -> bool) -> usize {
    // No overflow: all are offsets in one slice.
    let unsearched = octets.get(at.wrapping_sub(1)..).unwrap_or_default();
    let mut at = at;
    // Not with iterator methods such as `position`: they may not be inlined.
    for window in unsearched.windows(N.wrapping_add(1)).step_by(N) {
        if !passes_with_before::<N>(window, passes) {
            break;
        }
        at = at.wrapping_add(N);
    }
    at
}

/// Returns `true` if the `N` octets after the first octet of `window` pass.
#[inline(always)]
fn passes_with_before<const N: usize>(window: &[u8], passes: &impl Fn(&[u8], &[u8]) -> bool) -> bool {
    match (window.first_chunk::<N>(), window.last_chunk::<N>()) {
        (Some(before), Some(here)) => passes(here, before),
        _ => false,
    }
}

/// Returns the token for AVX2 if the processor has it.
#[cfg(all(feature = "simd", target_arch = "x86_64"))]
#[inline(always)]
fn avx2() -> Option<fearless_simd::Avx2> {
    fearless_simd::Level::new().as_avx2()
}

/// Runs `work` with vectors as wide as the processor has them. `work` must be inlined.
#[inline(always)]
pub(crate) fn widely<T>(work: impl FnOnce() -> T) -> T {
    #[cfg(all(feature = "simd", target_arch = "x86_64"))]
    if let Some(avx2) = avx2() {
        return fearless_simd::Simd::vectorize(avx2, work);
    }
    work()
}
