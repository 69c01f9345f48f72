//! Mailboxes and domains in their common form.
//!
//! A loop over octets ends at a place that the processor cannot guess, which costs more than the loop. Here sixteen octets are
//! looked at together, without a branch: by [`sse2`](super::sse2) with the feature `simd`, otherwise by `portable`, which the
//! compiler can make vectors of.
//!
//! Only common forms in ASCII are taken: a mailbox in an input of at least eight octets, a domain in one that is longer than what is
//! looked at together.

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

/// The offsets of the "@" of a Mailbox that begins at `at`, and behind its Domain. The domain is too short for a label to be over
/// its limit.
///
/// Whether it is inlined is for the compiler to say: it depends on the way.
#[inline]
pub(crate) fn mailbox(i: &[u8], at: usize) -> Option<(usize, usize)> {
    #[cfg(test)]
    work::by_fast_path(i.get(at..).unwrap_or_default(), work::mailbox(i.get(at..).unwrap_or_default()));
    let (at_sign, end) = way::mailbox(i, at)?;
    let (local_part, host) = (at_sign.wrapping_sub(at), end.wrapping_sub(at_sign));
    (local_part <= LOCAL_PART_LIMIT && host <= LABEL_LIMIT + 1).then_some((at_sign, end))
}

/// The offset behind a Domain that begins at `at`, and is too short for a label to be over its limit.
#[inline]
pub(crate) fn domain(i: &[u8], at: usize) -> Option<usize> {
    #[cfg(test)]
    work::by_fast_path(i.get(at..).unwrap_or_default(), work::domain(i.get(at..).unwrap_or_default()));
    way::domain(i, at).filter(|end| end.wrapping_sub(at) <= LABEL_LIMIT)
}
