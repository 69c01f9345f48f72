//! The fast search through content: for dots at the start of a line, for a bare CR or LF, for lines that are too long.
//!
//! Nearly all octets of nearly all messages are of no interest to transparency. [`search`] looks at blocks of
//! [`BLOCK`] octets by comparisons without branches, which the compiler turns into vector instructions, skips those that
//! hold nothing, and answers for a block that does with a bit mask, so that a message full of dots costs one search a
//! block and not one a dot. What it does not decide (the first two octets, the last ones, a block with a fault) is for the
//! caller's state machine.
//!
//! [`slow`] holds the same functions in their obvious form; a test compares the two.

use memchr::memrchr;

use crate::codec::{CR, LF};

/// How many octets are looked at together, one bit of a `u64` each.
pub(super) const BLOCK: usize = 64;

/// How many octets beyond a block must be there, so that the caller can look at the two octets behind a dot.
const BEYOND: usize = 2;

/// What [`search`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing before this offset. The few octets from here on have not been searched.
    Nothing(usize),
    /// Nothing before the offset `block`; then dots that follow CRLF, bit `i` for the octet at `block + i`. Nothing else
    /// of interest is in the block, and at least two more octets follow it.
    Dots { block: usize, dots: u64 },
    /// Nothing before the offset `block`; somewhere in that block a bare CR or LF.
    Bare { block: usize },
}

/// Searches `octets` from the offset `from`, which must be at least 2: whether an octet is at the start of a line, or
/// bare, depends on the two before it. A bare CR or LF is looked for only if `CHECKED`; it is found in the block that
/// holds the octet *after* a bare CR.
pub(super) fn search<const CHECKED: bool>(octets: &[u8], from: usize) -> Found {
    let mut at = from;
    loop {
        at = skip_quiet::<CHECKED>(octets, at);
        let Some(block) = Block::at(octets, at) else {
            return Found::Nothing(at);
        };
        if CHECKED && block.has_bare() {
            return Found::Bare { block: at };
        }
        let dots = block.line_start_dots();
        if dots != 0 {
            return Found::Dots { block: at, dots };
        }
        at = at.saturating_add(BLOCK);
    }
}

/// Skips blocks without anything that could be of interest.
#[inline]
fn skip_quiet<const CHECKED: bool>(octets: &[u8], from: usize) -> usize {
    let end = octets.len().saturating_sub(BEYOND);
    let here = octets.get(from..end).unwrap_or_default();
    let before = octets.get(from.wrapping_sub(1)..end).unwrap_or_default();
    let quiet = here
        .chunks_exact(BLOCK)
        .zip(before.chunks_exact(BLOCK))
        .take_while(|(here, before)| is_quiet::<CHECKED>(here, before))
        .count();
    // A number of blocks inside one slice.
    from.saturating_add(quiet.saturating_mul(BLOCK))
}

/// Whether a block, given with the same block one octet earlier, has no dot behind a LF and (if `CHECKED`) no bare CR or LF.
#[inline(always)]
fn is_quiet<const CHECKED: bool>(here: &[u8], before: &[u8]) -> bool {
    let mut loud = 0;
    for (&here, &before) in here.iter().zip(before) {
        loud |= u8::from(here == b'.') & u8::from(before == LF);
        if CHECKED {
            loud |= u8::from(here == LF) ^ u8::from(before == CR);
        }
    }
    loud == 0
}

/// A block of octets together with the two octets before it.
#[derive(Clone, Copy)]
struct Block<'a> {
    here: &'a [u8; BLOCK],
    before: &'a [u8; BLOCK],
    before_that: &'a [u8; BLOCK],
}

impl<'a> Block<'a> {
    fn at(octets: &'a [u8], at: usize) -> Option<Self> {
        let window = octets.get(at.checked_sub(2)?..octets.len().checked_sub(BEYOND)?)?;
        Some(Self {
            here: window.get(2..)?.first_chunk()?,
            before: window.get(1..)?.first_chunk()?,
            before_that: window.first_chunk()?,
        })
    }

    fn has_bare(self) -> bool {
        let mut bare = 0;
        for (&here, &before) in self.here.iter().zip(self.before) {
            bare |= u8::from(here == LF) ^ u8::from(before == CR);
        }
        bare != 0
    }

    fn line_start_dots(self) -> u64 {
        let mut flags = [0; BLOCK];
        for (((flag, &here), &before), &before_that) in
            flags.iter_mut().zip(self.here).zip(self.before).zip(self.before_that)
        {
            *flag = u8::from(here == b'.') & u8::from(before == LF) & u8::from(before_that == CR);
        }
        mask(&flags)
    }
}

/// Bit `i` is `flags[i]`, each of which is 0 or 1.
fn mask(flags: &[u8; BLOCK]) -> u64 {
    let mut mask = 0;
    for eight in flags.rchunks_exact(8) {
        let eight = u64::from_le_bytes(eight.try_into().unwrap_or_default());
        // The product moves bit 0 of octet i to bit 56 + i; no two of them meet, so there is no carry.
        mask = mask << 8 | eight.wrapping_mul(0x0102_0408_1020_4080) >> 56;
    }
    mask
}

/// How the lines of a piece of content stand to the line limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lines {
    /// No line is too long. The last line, which is still open, has so many octets up to here.
    Fit { open: usize },
    /// The octet at this offset is the first beyond the limit of its line.
    TooLong { at: usize },
}

/// Measures the lines of `octets`. Of the first line `open` octets, at most `limit`, came before; `after_cr`: the last of
/// them was CR.
pub(super) fn measure(octets: &[u8], open: usize, after_cr: bool, limit: usize) -> Lines {
    // The current line begins at `start`, with `open` octets before, and may go on to `end`.
    let (mut start, mut open, mut after_cr) = (0_usize, open, after_cr);
    loop {
        let end = start.saturating_add(limit.saturating_sub(open));
        let line = octets.get(start..).unwrap_or_default();
        let within = octets.get(start..end);
        match (last_line_end(within.unwrap_or(line), after_cr), within) {
            // All lines up to the last that ends within the limit of the first fit too.
            (Some(length), _) => {
                start = start.saturating_add(length);
                open = 0;
                after_cr = false;
            }
            (None, Some(_)) if end < octets.len() => return Lines::TooLong { at: end },
            (None, _) => {
                return Lines::Fit { open: open.saturating_add(line.len()) };
            }
        }
    }
}

/// The offset behind the last CRLF of `octets`. `after_cr`: the octet before them is CR.
fn last_line_end(octets: &[u8], after_cr: bool) -> Option<usize> {
    let mut before = octets;
    loop {
        let lf = memrchr(LF, before)?;
        let end = lf.checked_add(1)?;
        before = octets.get(..lf)?;
        if before.last().map_or(after_cr, |&octet| octet == CR) {
            return Some(end);
        }
    }
}
