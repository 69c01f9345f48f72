//! Mailboxes and domains in their common form.
//!
//! A loop over octets ends at a place that the processor cannot guess, which costs more than the loop. Here sixteen octets are
//! looked at together, without a branch: by the bits of vectors with the feature `simd`, otherwise by codes, which the compiler
//! can make vectors of.
//!
//! What these functions take is ASCII, without what is rare, in an input of at least eight octets. To whatever else they say
//! `None`, and the grammar has the last word. What they do take is what the grammar takes; where there are debug assertions it
//! is asked too. The lengths of parts are not looked at.

#[cfg(all(feature = "simd", target_arch = "x86_64"))]
mod bits;
#[cfg(any(test, not(all(feature = "simd", target_arch = "x86_64"))))]
mod codes;
#[cfg(test)]
mod tests;

#[cfg(all(feature = "simd", target_arch = "x86_64"))]
use bits as way;
#[cfg(not(all(feature = "simd", target_arch = "x86_64")))]
use codes as way;

/// The offsets of the "@" of a Mailbox that begins at `at`, and behind its Domain.
#[inline(always)]
pub(crate) fn mailbox(i: &[u8], at: usize) -> Option<(usize, usize)> {
    way::mailbox(i, at)
}

/// The offset behind a Domain that begins at `at`.
#[inline(always)]
pub(crate) fn domain(i: &[u8], at: usize) -> Option<usize> {
    way::domain(i, at)
}
