//! The fast search through content: for dots at the start of a line, for a bare CR or LF, for lines that are too long.
//!
//! Nearly all octets of nearly all messages are of no interest to transparency. [`search`] looks at blocks of
//! [`BLOCK`] octets by comparisons without branches, which the compiler turns into vector instructions, skips those that
//! hold nothing, and answers for a block that does with a bit mask, so that a message full of dots costs one search a
//! block and not one a dot. What it does not decide (the first two octets, the last ones, a block with a fault) is for the
//! caller's state machine.
//!
//! The tests hold the same functions to their slow and obvious form.

use memchr::memrchr;

use crate::codec::{CR, LF};

/// How many octets are looked at together, one bit of a `u64` each.
pub(super) const BLOCK: usize = 64;

/// How many octets before a block are looked at with it: whether an octet is at the start of a line, or bare, depends on
/// them.
const BEFORE: usize = 2;

const WINDOW: usize = BEFORE + BLOCK;

/// What [`search`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing before this offset. The octets from here on, if any, are too few to be searched.
    Nothing(usize),
    /// Nothing before the offset `block`; then dots that follow CRLF, bit `i` for the octet at `block + i`. Nothing else
    /// of interest is in the block.
    Dots { block: usize, dots: u64 },
    /// Nothing before the offset `block`; somewhere in that block a bare CR or LF.
    Bare { block: usize },
}

/// The dots of a block that [`search`] found, while the caller goes past them one by one. The search of the block is not
/// done again, even when the caller returns in between: the block is the next of the unread octets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Dots {
    /// Bit `i` is the octet at `i` of the block.
    left: u64,
    /// How many octets of the block have been consumed. All of them: there is no block.
    consumed: usize,
}

impl Dots {
    pub(super) const NONE: Self = Self { left: 0, consumed: BLOCK };

    /// The dots of a block of which nothing has been consumed.
    pub(super) const fn new(dots: u64) -> Self {
        Self { left: dots, consumed: 0 }
    }

    /// How many unread octets lie before the next dot, the block beginning `before` octets after the first unread one.
    #[inline]
    pub(super) const fn next(&self, before: usize) -> Option<usize> {
        if self.left == 0 {
            return None;
        }
        let dot = self.left.trailing_zeros() as usize;
        // A dot that is left is not consumed. Offsets in a slice do not overflow.
        Some(before.wrapping_add(dot).wrapping_sub(self.consumed))
    }

    /// Forgets the next dot: all before it has been consumed, and `more` octets.
    #[inline]
    pub(super) const fn pass(&mut self, more: usize) {
        self.consumed = (self.left.trailing_zeros() as usize).wrapping_add(more);
        // Without its lowest bit.
        self.left &= self.left.wrapping_sub(1);
    }

    /// How many of the unread octets have been searched.
    pub(super) const fn searched(&self) -> usize {
        BLOCK.saturating_sub(self.consumed)
    }
}

/// Searches `octets` from the offset `from`, which must be at least 2; what is before has been searched. A bare CR or LF is
/// looked for only if `CHECKED`; a bare CR is found in the block that holds the octet after it.
pub(super) fn search<const CHECKED: bool>(octets: &[u8], from: usize) -> Found {
    // No overflow in this function: all are offsets in one slice.
    let mut at = from;
    let unsearched = octets.get(from.saturating_sub(BEFORE)..);
    for window in unsearched.unwrap_or_default().windows(WINDOW).step_by(BLOCK) {
        if let Some(found) = Block::new(window).and_then(|block| block.search::<CHECKED>(at)) {
            return found;
        }
        at = at.wrapping_add(BLOCK);
    }
    // The last octets, together with some that have been searched.
    let end = octets.len();
    let last = octets.last_chunk::<WINDOW>().filter(|_| at < end);
    let Some(block) = last.and_then(|window| Block::new(window)) else {
        return Found::Nothing(at);
    };
    let found = block.search::<CHECKED>(end.wrapping_sub(BLOCK));
    found.unwrap_or(Found::Nothing(end))
}

/// A block of octets, together with the same one and two octets earlier.
#[derive(Clone, Copy)]
struct Block<'a> {
    here: &'a [u8; BLOCK],
    before: &'a [u8; BLOCK],
    before_that: &'a [u8; BLOCK],
}

impl<'a> Block<'a> {
    #[inline(always)]
    fn new(window: &'a [u8]) -> Option<Self> {
        Some(Self {
            here: window.get(2..)?.first_chunk()?,
            before: window.get(1..)?.first_chunk()?,
            before_that: window.first_chunk()?,
        })
    }

    /// What is in the block, which is the one at `block`.
    #[inline(always)]
    fn search<const CHECKED: bool>(self, block: usize) -> Option<Found> {
        if self.is_quiet::<CHECKED>() {
            return None;
        }
        if CHECKED && self.has_bare() {
            return Some(Found::Bare { block });
        }
        match self.line_start_dots() {
            0 => None,
            dots => Some(Found::Dots { block, dots }),
        }
    }

    /// Whether the block surely holds neither a dot behind a LF nor (if `CHECKED`) a bare CR or LF.
    #[inline(always)]
    fn is_quiet<const CHECKED: bool>(self) -> bool {
        let mut loud = 0;
        for (&here, &before) in self.here.iter().zip(self.before) {
            // One comparison instead of two. The other pairs with this sum hold a control too, and are rare.
            loud |= u8::from(here.saturating_add(before) == b'.' + LF);
            if CHECKED {
                loud |= u8::from(here == LF) ^ u8::from(before == CR);
            }
        }
        loud == 0
    }

    #[inline(always)]
    fn has_bare(self) -> bool {
        let mut bare = 0;
        for (&here, &before) in self.here.iter().zip(self.before) {
            bare |= u8::from(here == LF) ^ u8::from(before == CR);
        }
        bare != 0
    }

    #[inline(always)]
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
#[inline(always)]
fn mask(flags: &[u8; BLOCK]) -> u64 {
    let mut mask = [0; 8];
    for (bits, eight) in mask.iter_mut().zip(flags.chunks_exact(8)) {
        let eight = u64::from_le_bytes(eight.try_into().unwrap_or_default());
        // The product moves bit 0 of octet i to bit 56 + i; no two of them meet, so there is no carry.
        let [.., top] = eight.wrapping_mul(0x0102_0408_1020_4080).to_le_bytes();
        *bits = top;
    }
    u64::from_le_bytes(mask)
}

/// How the lines of a piece of content stand to the line limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lines {
    /// No line is too long. The last line, which is still open, may have so many octets more.
    Fit { room: usize },
    /// The octet at this offset is the first beyond the limit of its line.
    TooLong { at: usize },
}

/// Measures the lines of `octets`. The first line, which may have begun before, may have `room` octets more; `after_cr`:
/// the octet before is CR.
pub(super) fn measure(octets: &[u8], room: usize, after_cr: bool, limit: usize) -> Lines {
    // The current line may have the first `room` octets of `rest`.
    let (mut rest, mut room, mut after_cr) = (octets, room, after_cr);
    loop {
        let (within, beyond) = rest.split_at_checked(room).unwrap_or((rest, &[]));
        if let Some(length) = last_line_end(within, after_cr) {
            // Up to there lie at least one line and, since all of it is within the room of the first, none that is too long.
            rest = rest.get(length..).unwrap_or_default();
            room = limit;
            after_cr = false;
        } else if beyond.is_empty() {
            // `within` is the beginning of `room` octets.
            let room = room.saturating_sub(within.len());
            return Lines::Fit { room };
        } else {
            // A part of `octets`.
            let at = octets.len().saturating_sub(beyond.len());
            return Lines::TooLong { at };
        }
    }
}

/// The offset behind the last CRLF of `octets`. `after_cr`: the octet before them is CR.
fn last_line_end(octets: &[u8], after_cr: bool) -> Option<usize> {
    let lf = memrchr(LF, octets)?;
    match octets.get(..lf)? {
        [.., CR] => lf.checked_add(1),
        [] if after_cr => Some(1),
        // That one is bare, and many more may be; to try one after the other would take too long.
        before => last_crlf(before).or_else(|| (after_cr && before.first() == Some(&LF)).then_some(1)),
    }
}

/// The offset behind the last CRLF of `octets`, by blocks.
fn last_crlf(octets: &[u8]) -> Option<usize> {
    let second = octets.get(1..)?;
    let mut end = octets.len();
    for (first, second) in octets.get(..second.len())?.rchunks(BLOCK).zip(second.rchunks(BLOCK)) {
        let pairs = || first.iter().zip(second).map(|(&first, &second)| (first == CR) & (second == LF));
        if pairs().fold(false, |any, crlf| any | crlf) {
            let behind = pairs().rev().take_while(|crlf| !crlf).count();
            return end.checked_sub(behind);
        }
        end = end.saturating_sub(second.len());
    }
    None
}

#[cfg(test)]
mod tests;
