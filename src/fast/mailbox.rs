//! The fast path of mailboxes and domains in their common form. The productions `Mailbox` and `Domain` of
//! `syntax::address` use it.
//!
//! A loop over octets ends at a place that the processor cannot predict, which costs more than the loop. Here sixteen
//! octets are compared together, without a branch: by [`sse2`](super::sse2) with the feature `simd`, otherwise by
//! `portable`, which the compiler can vectorize.
//!
//! Only common forms in ASCII are accepted: a mailbox if the input has at least eight octets, a domain if the input is
//! longer than one block.

#[cfg(test)]
use super::work;
use crate::syntax::address::{LABEL_LIMIT, LOCAL_PART_LIMIT};

#[cfg(any(test, not(all(feature = "simd", target_arch = "x86_64"))))]
mod portable;
#[cfg(test)]
mod tests;

#[cfg(all(feature = "simd", target_arch = "x86_64"))]
use super::sse2 as way;
#[cfg(not(all(feature = "simd", target_arch = "x86_64")))]
use portable as way;

/// Returns the offset of the "@" of a Mailbox that begins at `at`, and the offset after its Domain. The domain is so
/// short that no label can exceed its limit.
///
/// `#[inline]`, not `#[inline(always)]`: which is faster depends on the implementation, so the compiler decides.
#[inline]
pub(crate) fn mailbox(i: &[u8], at: usize) -> Option<(usize, usize)> {
    #[cfg(test)]
    work::by_fast_path(i.get(at..).unwrap_or_default(), work::mailbox(i.get(at..).unwrap_or_default()));
    let (at_sign, end) = way::mailbox(i, at)?;
    let (local_part, host) = (at_sign.wrapping_sub(at), end.wrapping_sub(at_sign));
    (local_part <= LOCAL_PART_LIMIT && host <= LABEL_LIMIT + 1).then_some((at_sign, end))
}

/// Returns the offset after a Domain that begins at `at` and is so short that no label can exceed its limit.
#[inline]
pub(crate) fn domain(i: &[u8], at: usize) -> Option<usize> {
    #[cfg(test)]
    work::by_fast_path(i.get(at..).unwrap_or_default(), work::domain(i.get(at..).unwrap_or_default()));
    way::domain(i, at).filter(|end| end.wrapping_sub(at) <= LABEL_LIMIT)
}
