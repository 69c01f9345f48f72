//! The fast search through content: for dots at the start of a line, for a bare CR or LF, for lines that are too long.
//!
//! Nearly all octets of nearly all messages are of no interest to transparency. [`skip_quiet`] looks at blocks of
//! [`BLOCK`] octets by comparisons without branches, which the compiler turns into vector instructions, and goes past those
//! that hold nothing. A [`Block`] that may hold something is resolved by bit masks, and its [`Dots`] are gone past without
//! another look at the octets, so that a message full of dots costs one look at a block and not one at a dot. They lead on
//! to the next block as long as there are dots there too. The octets that are too few to be a block, and a block with a bare
//! CR or LF, are for the caller's state machine.
//!
//! The tests hold the same functions to their slow and obvious form.

use memchr::{memmem, memrchr};

pub(crate) use super::blocks::BLOCK;
use super::blocks::{are_wide, pass_blocks, places, widely};
use crate::codec::{CR, LF};

/// How many octets are given out at once, at most: they are still in the cache when the lines are measured, and for the
/// caller.
pub(crate) const PIECE: usize = 64 * 1024;

/// How many octets are searched by blocks before a search is prepared that is faster from there on, unless vectors are wide.
/// Preparing it costs as much as searching some of them.
const NEAR: usize = 2 * 1024;

/// What the octets before a block mean for its first ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Before {
    /// CRLF, or the start of the content.
    LineStart,
    /// CR.
    Cr,
    /// Anything else.
    Text,
}

impl Before {
    /// By the two octets before the offset `at`, if there are two.
    #[inline]
    pub(crate) fn at(octets: &[u8], at: usize) -> Option<Self> {
        match octets.get(..at)? {
            [.., CR, LF] => Some(Self::LineStart),
            [.., CR] => Some(Self::Cr),
            [] => None,
            _ => Some(Self::Text),
        }
    }
}

/// The dots of a [`Block`], while the caller goes past them one by one. The block is not looked at again, even when the
/// caller returns in between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dots {
    /// Those that are to come: bit `i` for the octet at `i` of the block.
    left: u64,
    /// The place in the block behind the last one that was passed.
    at: u32,
    /// How many octets the block has; not more than `at`: nothing is known of what is behind the last dot.
    length: u32,
}

impl Dots {
    pub(crate) const NONE: Self = Self { left: 0, at: 0, length: 0 };

    /// Where the first of these dots of a block of this length is, and those behind it.
    #[inline(always)]
    fn new(dots: u64, length: u32) -> Option<(usize, Self)> {
        let mut dots = Self { left: dots, at: 0, length };
        let count = dots.pass()?;
        Some((count.wrapping_sub(1), dots))
    }

    #[cfg(feature = "alloc")]
    #[inline(always)]
    pub(crate) const fn are_left(&self) -> bool {
        self.left != 0
    }

    /// Passes the next dot, and says how many octets there are through it.
    #[inline(always)]
    pub(crate) fn pass(&mut self) -> Option<usize> {
        if self.left == 0 {
            return None;
        }
        // No overflow: all are places in the block, and this one is not passed yet.
        let behind = self.left.trailing_zeros().wrapping_add(1);
        let count = behind.wrapping_sub(self.at);
        self.left &= self.left.wrapping_sub(1);
        self.at = behind;
        Some(count as usize)
    }

    /// Goes past the next dot, and gives the octets before it.
    #[inline(always)]
    pub(crate) fn up_to_next<'a>(&mut self, unread: &mut &'a [u8]) -> Option<&'a [u8]> {
        let (octets, rest) = unread.split_at_checked(self.pass()?)?;
        let (_, octets) = octets.split_last()?;
        *unread = rest;
        Some(octets)
    }

    /// Goes to the next dot, from one that has been written once, and gives the octets behind that one through the next.
    #[inline(always)]
    pub(crate) fn through_next<'a>(&mut self, unread: &mut &'a [u8]) -> Option<&'a [u8]> {
        let count = self.pass()?;
        let octets = unread.get(..=count)?;
        *unread = unread.get(count..)?;
        Some(octets)
    }

    /// When no dot is left: goes past the first one of the block behind, if that holds dots and, if `checked`, no bare CR or LF.
    /// Gives the octets before it.
    #[inline(always)]
    pub(crate) fn up_to_next_block<'a>(&mut self, unread: &mut &'a [u8], checked: bool) -> Option<&'a [u8]> {
        let (first, dots) = self.next_block::<true>(unread, checked)?;
        let (octets, rest) = unread.split_at_checked(first)?;
        let (_, rest) = rest.split_first()?;
        (*self, *unread) = (dots, rest);
        Some(octets)
    }

    /// As `up_to_next_block`, but goes to the dot, from one that has been written once, and gives the octets through it.
    #[inline(always)]
    pub(crate) fn through_next_block<'a>(&mut self, unread: &mut &'a [u8], checked: bool) -> Option<&'a [u8]> {
        let (first, dots) = self.next_block::<false>(unread, checked)?;
        let octets = unread.get(..=first)?;
        (*self, *unread) = (dots, unread.get(first..)?);
        Some(octets)
    }

    /// As `through_next_block`, but says how many octets there are before the dot.
    #[cfg(feature = "alloc")]
    #[inline(always)]
    pub(crate) fn pass_to_next_block(&mut self, unread: &[u8], checked: bool) -> Option<usize> {
        let (first, dots) = self.next_block::<false>(unread, checked)?;
        *self = dots;
        Some(first)
    }

    /// The dots of the block behind this one, and how many octets there are before the first.
    #[inline(always)]
    fn next_block<const UP_TO_LONE: bool>(&self, unread: &[u8], checked: bool) -> Option<(usize, Self)> {
        if self.length <= self.at {
            return None;
        }
        // A dot that has been written once is not consumed yet.
        let searched = self.behind().wrapping_add(usize::from(!UP_TO_LONE));
        let (dots, length) = next_block::<UP_TO_LONE>(unread, searched, checked);
        let (first, dots) = Self::new(dots, length)?;
        Some((searched.wrapping_add(first), dots))
    }

    /// When no dot is left: of how many unread octets it is known that they hold none.
    #[inline(always)]
    const fn behind(&self) -> usize {
        self.length.saturating_sub(self.at) as usize
    }

    /// As `behind`, for the caller to go on there.
    #[inline]
    pub(crate) const fn take_behind(&mut self) -> usize {
        let behind = self.behind();
        *self = Self::NONE;
        behind
    }
}

/// Goes from the offset `from` of `octets` past all that is surely of no interest: no dot follows a LF and, if `checked`, no CR
/// or LF is bare. What is before `from` has been searched, and means `before`; the octet at `from` is not a dot at the start of
/// a line.
///
/// Returns the offset of the block that is of interest, or, if too few octets are left to be a block, theirs. A bare CR is
/// of interest in the block that holds the octet after it.
#[inline]
pub(crate) fn skip_quiet(octets: &[u8], from: usize, before: Before, checked: bool) -> usize {
    if octets.len().saturating_sub(from) <= BLOCK {
        from
    } else if checked {
        skip_quiet_blocks::<true>(octets, from, before)
    } else {
        skip_undotted(octets, from, before)
    }
}

/// As `skip_quiet`, unchecked, when there is at least a block and an octet.
#[inline(never)]
fn skip_undotted(octets: &[u8], from: usize, before: Before) -> usize {
    // No overflow in this function: all are offsets in one slice.
    let near = from.wrapping_add(NEAR);
    match octets.get(..near) {
        Some(first) if octets.len().wrapping_sub(near) > NEAR && !are_wide() => {
            let at = skip_quiet_blocks::<false>(first, from, before);
            if at < near {
                return at;
            }
            let unsearched = octets.get(at.wrapping_sub(1)..).unwrap_or_default();
            // Not with the CR: lines would then be what it stops at, and there are more of them than of dots.
            memmem::Finder::new(b"\n.").find(unsearched).map_or(octets.len(), |lf| at.wrapping_add(lf))
        }
        _ => skip_quiet_blocks::<false>(octets, from, before),
    }
}

/// As `skip_quiet`, when there is at least a block and an octet.
#[inline]
fn skip_quiet_blocks<const CHECKED: bool>(octets: &[u8], from: usize, before: Before) -> usize {
    if from == 0 {
        let quiet = match octets {
            [LF, b'.', ..] => false,
            [LF, ..] => !CHECKED || before == Before::Cr,
            _ => !CHECKED || before != Before::Cr,
        };
        if !quiet {
            return 0;
        }
    }
    // What is before the others is in the slice.
    widely(
        #[inline(always)]
        || pass_blocks(octets, from.max(1), is_quiet::<CHECKED>),
    )
}

/// Whether a block surely holds neither a dot behind a LF nor (if `CHECKED`) a bare CR or LF.
#[inline(always)]
fn is_quiet<const CHECKED: bool>(here: &[u8], before: &[u8]) -> bool {
    let mut loud = 0;
    for (&here, &before) in here.iter().zip(before) {
        // One comparison instead of two. The other pairs with this sum hold a control too, and are rare.
        loud |= u8::from(here.saturating_add(before) == b'.' + LF);
        if CHECKED {
            loud |= u8::from(here == LF) ^ u8::from(before == CR);
        }
    }
    loud == 0
}

/// What is of interest in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// Whether there is a LF without CR, or an octet other than LF behind a CR.
    pub(crate) has_bare: bool,
    /// The dots that follow CRLF, bit `i` for the octet at `i`.
    dots: u64,
    /// Those of the dots that CRLF follows.
    lone_dots: u64,
    /// How many octets the block has. It ends before a dot of which it cannot be told whether CRLF follows.
    pub(crate) length: usize,
}

impl Block {
    #[inline(always)]
    pub(crate) fn new(octets: &[u8; BLOCK], before: Before) -> Self {
        let (cr_or_dot, lf_or_dot) = places(octets);
        let (cr, lf, dot) = (cr_or_dot & !lf_or_dot, lf_or_dot & !cr_or_dot, cr_or_dot & lf_or_dot);
        let after_cr = cr << 1 | u64::from(before == Before::Cr);
        let dots = dot & ((lf & after_cr) << 1 | u64::from(before == Before::LineStart));
        Self {
            has_bare: after_cr != lf,
            dots: dots & !(3 << 62),
            lone_dots: dots & cr >> 1 & lf >> 2,
            // No overflow: up to the first of the last two places that has a dot, or behind both.
            length: ((dots >> 62 | 4).trailing_zeros() as usize).wrapping_add(BLOCK - 2),
        }
    }

    /// The first dot, and those behind it, from the octet behind the first on. If `UP_TO_LONE`, those behind a lone dot
    /// are left out, and the block ends there.
    #[inline(always)]
    pub(crate) fn dots<const UP_TO_LONE: bool>(&self) -> Option<(usize, Dots)> {
        let (dots, length) = self.places::<UP_TO_LONE>();
        Dots::new(dots, length)
    }

    /// The dots and the length, as `dots` takes them.
    #[inline(always)]
    const fn places<const UP_TO_LONE: bool>(&self) -> (u64, u32) {
        if UP_TO_LONE && self.lone_dots != 0 {
            // All bits up to the lowest of them.
            (self.dots & (self.lone_dots ^ self.lone_dots.wrapping_sub(1)), 0)
        } else {
            (self.dots, self.length as u32)
        }
    }
}

/// The dots and the length of the block behind the first `searched` octets; no dots: it is for others to look at. They fit in
/// registers.
#[inline(never)]
fn next_block<const UP_TO_LONE: bool>(unread: &[u8], searched: usize, checked: bool) -> (u64, u32) {
    let block = || {
        let octets = unread.get(searched..)?.first_chunk()?;
        Some(Block::new(octets, Before::at(unread, searched)?))
    };
    match block() {
        Some(block) if !(checked && block.has_bare) => block.places::<UP_TO_LONE>(),
        _ => (0, 0),
    }
}

/// How the lines of a piece of content stand to the line limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lines {
    /// No line is too long. The last line, which is still open, may have so many octets more.
    Fit { room: usize },
    /// The octet at this offset is the first beyond the limit of its line.
    TooLong { at: usize },
}

/// Measures the lines of `octets`. The first line, which may have begun before, may have `room` octets more; `after_cr`:
/// the octet before is CR. `open_line`: where the line that is still open at the end begins, if that is known.
pub(crate) fn measure(octets: &[u8], room: usize, after_cr: bool, limit: usize, open_line: Option<usize>) -> Lines {
    // The current line may have the first `room` octets of `rest`.
    let (mut rest, mut room, mut after_cr) = (octets, room, after_cr);
    loop {
        let passed = pass_short_lines(rest, room, limit);
        // From the CRLF in the last window to the end it is at most `limit` too.
        let all_fit = rest.len() <= room || passed > 0 && rest.len().saturating_sub(passed) <= distance(limit);
        if all_fit {
            let start = open_line.and_then(|start| octets.get(start..));
            let start = start.or_else(|| rest.get(last_line_end(rest, after_cr)?..));
            return Lines::Fit {
                room: match start {
                    Some(line) => limit.saturating_sub(line.len()),
                    None => room.saturating_sub(rest.len()),
                },
            };
        }
        // A line has to end in there, since more octets follow.
        let within = rest.get(..if passed > 0 { passed } else { room }).unwrap_or(rest);
        match last_line_end(within, after_cr) {
            // Up to there no line is too long.
            Some(start) => rest = rest.get(start..).unwrap_or_default(),
            // Both are offsets in `octets`.
            None => return Lines::TooLong { at: octets.len().saturating_sub(rest.len()).saturating_add(room) },
        }
        room = limit;
        after_cr = false;
    }
}

/// In how many octets a CRLF is looked for: there is one among them where lines are not longer than usual.
const WINDOW: usize = 2 * BLOCK;

/// How far windows are from one another: it is at most `limit` from anywhere in one to the end of the next.
const fn distance(limit: usize) -> usize {
    limit.saturating_sub(WINDOW)
}

/// Goes from window to window while there is a CRLF in each, by which no line is too long. They are looked at one independent
/// of the other, which is faster than to go from the end of one line to the end of another. Returns the end of the last of
/// them.
#[inline]
fn pass_short_lines(octets: &[u8], room: usize, limit: usize) -> usize {
    let distance = distance(limit);
    if distance < WINDOW || distance > room || distance > octets.len() {
        return 0;
    }
    widely(
        #[inline(always)]
        || {
            let mut passed = 0usize;
            for octets in octets.chunks_exact(distance) {
                match octets.last_chunk() {
                    Some(window) if has_crlf(window) => passed = passed.wrapping_add(distance),
                    _ => break,
                }
            }
            passed
        },
    )
}

/// Whether there is a CRLF in a window.
#[inline(always)]
fn has_crlf(window: &[u8; WINDOW + 1]) -> bool {
    let (Some(first), Some(second)) = (window.first_chunk::<WINDOW>(), window.last_chunk::<WINDOW>()) else {
        return false;
    };
    first.iter().zip(second).fold(false, |any, (&first, &second)| any | ((first == CR) & (second == LF)))
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
