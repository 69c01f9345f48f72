//! The fast search through content: for dots at the start of a line, for a bare CR or LF, for lines that are too long.
//! The decoder and the encoder of content use it. The states of content are theirs; this module keeps no state.
//!
//! Nearly all octets of nearly all messages have no effect on transparency. [`skip_quiet`] checks blocks of [`BLOCK`]
//! octets by comparisons without branches, which the compiler turns into vector instructions, and skips those in which
//! nothing matters. A block in which something may matter, and the last octets if they are fewer than a block, are left
//! to the state machine of the caller, which goes from line to line by [`pass_lines`].
//!
//! The tests compare these functions with simple octet-by-octet versions.

use memchr::{memchr2, memmem, memrchr};

pub(crate) use super::blocks::BLOCK;
use super::blocks::{are_wide, pass_blocks, widely};
use crate::codec::ContentFaultKind;
use crate::codec::{CR, LF};

/// The most octets that are returned at once. So many are still in the cache when the lines are measured, and when the
/// caller uses them.
pub(crate) const PIECE: usize = 64 * 1024;

/// The number of octets to search by blocks before a `memmem` search is prepared, unless vectors are wide. That search
/// is faster, but its preparation costs as much as a search through some of them.
const NEAR: usize = 2 * 1024;

/// The most octets for which [`has_line_end`] may be called.
pub(crate) const SHORT: usize = 16;

/// Returns `true` if there is a CR or LF among at most [`SHORT`] octets.
#[inline]
pub(crate) fn has_line_end(octets: &[u8]) -> bool {
    let among = |octets: &[u8; SHORT / 2]| octets.iter().fold(false, |any, &octet| any | (octet == CR) | (octet == LF));
    match (octets.first_chunk(), octets.last_chunk()) {
        // The two may overlap, and are all of the octets.
        (Some(first), Some(last)) => among(first) | among(last),
        _ => octets.iter().any(|octet| matches!(*octet, CR | LF)),
    }
}

/// The effect of the octets before a block on its first octets.
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
    /// Derives the effect from the octets before the offset `at`. Returns `None` if there are none.
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

/// Skips octets from the offset `from` on in which nothing matters: no dot follows an LF and, if `checked`, no CR or LF
/// is bare. The octets before `from` have been searched, and `before` is their effect. The octet at `from` must not be
/// a dot at the start of a line.
///
/// Returns the offset of the first block in which something may matter. If the octets that are left are fewer than a
/// block, returns their offset. A bare CR matters in the block that holds the octet after it.
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

/// Implements `skip_quiet` for unchecked content of more than a block.
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
            // Do not search for CRLF ".": the search would stop at each CRLF, and those are more frequent than dots.
            memmem::Finder::new(b"\n.").find(unsearched).map_or(octets.len(), |lf| at.wrapping_add(lf))
        }
        _ => skip_quiet_blocks::<false>(octets, from, before),
    }
}

/// Implements `skip_quiet` for content of more than a block.
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
    // Every later octet has the octet before it in the slice.
    widely(
        #[inline(always)]
        || pass_blocks(octets, from.max(1), is_quiet::<CHECKED>),
    )
}

/// Returns `true` only if a block holds neither a dot after an LF nor (if `CHECKED`) a bare CR or LF.
#[inline(always)]
fn is_quiet<const CHECKED: bool>(here: &[u8], before: &[u8]) -> bool {
    let mut loud = 0;
    for (&here, &before) in here.iter().zip(before) {
        // One comparison instead of two. The other pairs with this sum contain a control character as well, and are
        // rare.
        loud |= u8::from(here.saturating_add(before) == b'.' + LF);
        if CHECKED {
            loud |= u8::from(here == LF) ^ u8::from(before == CR);
        }
    }
    loud == 0
}

/// The result of [`pass_lines`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Passed {
    pub(crate) at: usize,
    /// The effect of the octets before `at`.
    pub(crate) before: Before,
    /// The offset after the last CRLF that was passed.
    pub(crate) line: Option<usize>,
}

/// Passes text and CRLF line by line, from the offset `at` on. `before` is the effect of the octets before it. Stops at
/// the end, at a dot at the start of a line, at a CR or LF that does not form a CRLF with the next octet, and after a
/// CR.
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

/// Returns the offset of the next CR or LF from `at` on, or the end.
#[inline]
fn line_end(octets: &[u8], at: usize) -> usize {
    let rest = octets.get(at..).unwrap_or_default();
    memchr2(CR, LF, rest).map_or(octets.len(), |length| at.saturating_add(length))
}

/// Returns the first bare CR or LF of `octets`, and the offset at which it is certain: that of the LF, or of the octet
/// after the CR. `after_cr` says that the octet before `octets` is CR. A CR at their end is not decided.
pub(crate) fn first_bare(octets: &[u8], after_cr: bool) -> Option<(ContentFaultKind, usize)> {
    let (&first, _) = octets.split_first()?;
    if (first == LF) != after_cr {
        return Some((if first == LF { ContentFaultKind::BareLf } else { ContentFaultKind::BareCr }, 0));
    }
    let passed = widely(
        #[inline(always)]
        || pass_blocks(octets, 1, has_no_bare),
    );
    // The rest is at most a block, or has a bare CR or LF in its first block.
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

/// Returns `true` if no CR before the end of a block, and no LF in it, is bare.
#[inline(always)]
fn has_no_bare(here: &[u8], before: &[u8]) -> bool {
    here.iter().zip(before).fold(0, |bare, (&here, &before)| bare | (u8::from(here == LF) ^ u8::from(before == CR)))
        == 0
}

/// The result of [`measure`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lines {
    /// No line is too long. The last line, which is still open, may have `room` more octets.
    Fit { room: usize },
    /// The octet at this offset is the first beyond the limit of its line.
    TooLong { at: usize },
}

/// Compares the lines of `octets` with the limit. The first line, which may have begun before, may have `room` more
/// octets. `after_cr` says that the octet before `octets` is CR. `open_line` is the offset at which the line that is
/// open at the end begins, if the caller knows it.
pub(crate) fn measure(octets: &[u8], room: usize, after_cr: bool, limit: usize, open_line: Option<usize>) -> Lines {
    // The current line may have the first `room` octets of `rest`.
    let (mut rest, mut room, mut after_cr) = (octets, room, after_cr);
    loop {
        let passed = pass_short_lines(rest, room, limit);
        // The distance from the CRLF in the last window to the end is at most `limit` too.
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
        // A line must end within these octets, because more octets follow.
        let within = rest.get(..if passed > 0 { passed } else { room }).unwrap_or(rest);
        match last_line_end(within, after_cr) {
            // Up to this offset no line is too long.
            Some(start) => rest = rest.get(start..).unwrap_or_default(),
            // Both are offsets in `octets`.
            None => return Lines::TooLong { at: octets.len().saturating_sub(rest.len()).saturating_add(room) },
        }
        room = limit;
        after_cr = false;
    }
}

/// The number of octets that are searched for a CRLF: if lines have their usual length, there is one among them.
const WINDOW: usize = 2 * BLOCK;

/// Returns the distance between windows. From any octet in one window to the end of the next there are at most `limit`
/// octets.
const fn distance(limit: usize) -> usize {
    limit.saturating_sub(WINDOW)
}

/// Skips windows as long as each contains a CRLF, so that no line is too long. The windows are independent of each
/// other, so this is faster than a search from one line end to the next. Returns the end of the last window that was
/// skipped.
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

/// Returns `true` if a window contains a CRLF.
#[inline(always)]
fn has_crlf(window: &[u8; WINDOW + 1]) -> bool {
    let (Some(first), Some(second)) = (window.first_chunk::<WINDOW>(), window.last_chunk::<WINDOW>()) else {
        return false;
    };
    first.iter().zip(second).fold(false, |any, (&first, &second)| any | ((first == CR) & (second == LF)))
}

/// Returns the offset after the last CRLF of `octets`. `after_cr` says that the octet before them is CR.
fn last_line_end(octets: &[u8], after_cr: bool) -> Option<usize> {
    let lf = memrchr(LF, octets)?;
    match octets.get(..lf)? {
        [.., CR] => lf.checked_add(1),
        [] if after_cr => Some(1),
        // This LF is bare, and many more may be. Trying them one by one would take too long.
        before => last_crlf(before).or_else(|| (after_cr && before.first() == Some(&LF)).then_some(1)),
    }
}

/// Returns the offset after the last CRLF of `octets`, found by blocks.
fn last_crlf(octets: &[u8]) -> Option<usize> {
    let second = octets.get(1..)?;
    let mut end = octets.len();
    for (first, second) in octets.get(..second.len())?.rchunks(BLOCK).zip(second.rchunks(BLOCK)) {
        let pairs = || first.iter().zip(second).map(|(&first, &second)| (first == CR) & (second == LF));
        if pairs().fold(false, |any, crlf| any | crlf) {
            let after = pairs().rev().take_while(|crlf| !crlf).count();
            return end.checked_sub(after);
        }
        end = end.saturating_sub(second.len());
    }
    None
}

#[cfg(test)]
mod tests;
