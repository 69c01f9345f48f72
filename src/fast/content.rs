//! The fast search through content: for dots at the start of a line, for a bare CR or LF, for lines that are too long.
//!
//! Nearly all octets of nearly all messages are of no interest to transparency. [`skip_quiet`] looks at blocks of
//! [`BLOCK`] octets by comparisons without branches, which the compiler turns into vector instructions, and goes past those
//! that hold nothing. A block that may hold something, and the octets that are too few to be a block, are for the caller's state
//! machine, which goes from line to line by [`pass_lines`].
//!
//! The tests hold the same functions to their slow and obvious form.

use memchr::{memchr2, memmem, memrchr};

pub(crate) use super::blocks::BLOCK;
use super::blocks::{are_wide, pass_blocks, widely};
use crate::codec::ContentFaultKind;
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

/// How far [`pass_lines`] has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Passed {
    pub(crate) at: usize,
    /// What the octets before `at` mean.
    pub(crate) before: Before,
    /// The offset behind the last CRLF that was passed.
    pub(crate) line: Option<usize>,
}

/// Goes from the offset `at` of `octets`, where what is before means `before`, line by line past text and CRLF. Stops at the end, at a
/// dot at the start of a line, at a CR or LF that is no CRLF with the next octet, and behind a CR.
#[inline]
pub(crate) fn pass_lines(octets: &[u8], at: usize, before: Before) -> Passed {
    let mut passed = Passed { at, before, line: None };
    while passed.before != Before::Cr {
        let octet = octets.get(passed.at);
        if octet.is_none() || (passed.before == Before::LineStart && octet == Some(&b'.')) {
            break;
        }
        let end = line_end(octets, passed.at);
        if let [CR, LF, ..] = octets.get(end..).unwrap_or_default() {
            let line = end.saturating_add(2);
            passed = Passed { at: line, before: Before::LineStart, line: Some(line) };
            continue;
        }
        if end > passed.at {
            (passed.at, passed.before) = (end, Before::Text);
        }
        break;
    }
    passed
}

/// The offset of the next CR or LF from `at` on, or the end.
#[inline]
fn line_end(octets: &[u8], at: usize) -> usize {
    let rest = octets.get(at..).unwrap_or_default();
    memchr2(CR, LF, rest).map_or(octets.len(), |length| at.saturating_add(length))
}

/// The first CR or LF of `octets` that is bare, and the offset at which that shows: that of the LF, or of the octet after the CR.
/// `after_cr`: the octet before them is CR. A CR at their end is not decided.
pub(crate) fn first_bare(octets: &[u8], after_cr: bool) -> Option<(ContentFaultKind, usize)> {
    let (&first, _) = octets.split_first()?;
    if (first == LF) != after_cr {
        return Some((if first == LF { ContentFaultKind::BareLf } else { ContentFaultKind::BareCr }, 0));
    }
    let passed = widely(
        #[inline(always)]
        || pass_blocks(octets, 1, has_no_bare),
    );
    // What is left is at most a block, or holds a bare one in its first block.
    let pairs = octets.get(passed.wrapping_sub(1)..)?.windows(2);
    for (pair, at) in pairs.zip(passed..) {
        match pair {
            [CR, LF] => {}
            [CR, _] => return Some((ContentFaultKind::BareCr, at)),
            [_, LF] => return Some((ContentFaultKind::BareLf, at)),
            _ => {}
        }
    }
    None
}

/// Whether no CR before the end of a block, and no LF in it, is bare.
#[inline(always)]
fn has_no_bare(here: &[u8], before: &[u8]) -> bool {
    here.iter().zip(before).fold(0, |bare, (&here, &before)| bare | (u8::from(here == LF) ^ u8::from(before == CR)))
        == 0
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
