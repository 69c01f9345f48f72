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
use crate::syntax::address::{DOMAIN_LIMIT, LABEL_LIMIT, LOCAL_PART_LIMIT};

pub(super) mod portable;
#[cfg(test)]
mod tests;

#[cfg(all(feature = "simd", target_arch = "x86_64"))]
use super::sse2 as way;
#[cfg(not(all(feature = "simd", target_arch = "x86_64")))]
use portable as way;

/// Returns the offset of the "@" of a Mailbox that begins at `at`, and the offset after its Domain.
///
/// `#[inline]`, not `#[inline(always)]`: which is faster depends on the implementation, so the compiler decides.
#[inline]
pub(crate) fn mailbox(i: &[u8], at: usize) -> Option<(usize, usize)> {
    #[cfg(test)]
    work::by_fast_path(i.get(at..).unwrap_or_default(), work::mailbox(i.get(at..).unwrap_or_default()));
    let (at_sign, end) = way::mailbox(i, at)?;
    let is_short = at_sign.wrapping_sub(at) <= LOCAL_PART_LIMIT;
    (is_short && is_within_limits(i, at_sign.wrapping_add(1), end)).then_some((at_sign, end))
}

/// Returns the offset after a Domain that begins at `at`.
#[inline]
pub(crate) fn domain(i: &[u8], at: usize) -> Option<usize> {
    #[cfg(test)]
    work::by_fast_path(i.get(at..).unwrap_or_default(), work::domain(i.get(at..).unwrap_or_default()));
    way::domain(i, at).filter(|end| is_within_limits(i, at, *end))
}

/// Returns `true` if neither the domain from `at` to `end` nor any of its labels is too long.
#[inline]
fn is_within_limits(i: &[u8], at: usize, end: usize) -> bool {
    end.wrapping_sub(at) <= LABEL_LIMIT || are_labels_short(i, at, end)
}

#[cold]
#[inline(never)]
fn are_labels_short(i: &[u8], at: usize, end: usize) -> bool {
    let domain = i.get(at..end).unwrap_or_default();
    let mut labels = domain;
    // If a label is not the last, its dot is among as many octets as the limit and one more.
    while let Some(octets) = labels.get(..=LABEL_LIMIT) {
        let Some(dot) = memchr::memrchr(b'.', octets) else { return false };
        labels = labels.get(dot.wrapping_add(1)..).unwrap_or_default();
    }
    domain.len() <= DOMAIN_LIMIT
}
