//! The fast search through content: for dots at the start of a line, for a bare CR or LF, for lines that are too long.
//! The decoder and the encoder of content use it. The states of content are theirs; this module keeps none.
//!
//! Nearly all octets of nearly all messages have no effect on transparency. [`skip_quiet`] checks blocks of [`BLOCK`] octets
//! by comparisons without branches, which the compiler turns into vector instructions, and skips those in which nothing
//! matters. What matters in the others is decided by `codec::content::passed`, octet by octet.
//!
//! The tests compare these functions with simple octet-by-octet versions.

use memchr::memrchr;

pub(crate) use super::blocks::BLOCK;
use super::blocks::{pass_blocks, widely};
use crate::codec::ContentFaultKind;
use crate::codec::{CR, LF};

/// The most octets that are returned at once. So many are still in the cache when the lines are measured, and when the
/// caller uses them.
pub(crate) const PIECE: usize = 64 * 1024;

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

/// Skips blocks from the offset `from` on, which must not be 0, as long as no dot follows an LF and, if `CHECKED`, no CR or
/// LF is bare.
//
// As a function of its own the loop has all registers. `widely` already calls one with the feature `simd`.
#[cfg_attr(feature = "simd", inline)]
#[cfg_attr(not(feature = "simd"), inline(never))]
pub(crate) fn skip_quiet<const CHECKED: bool>(octets: &[u8], from: usize) -> usize {
    widely(
        #[inline(always)]
        || pass_blocks(octets, from, is_quiet::<CHECKED>),
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
/// open at the end begins, 0 if it began before, and `None` if the caller does not know it.
#[inline(always)]
pub(crate) fn measure(octets: &[u8], room: usize, after_cr: bool, limit: usize, open_line: Option<usize>) -> Lines {
    let open_line = open_line.filter(|line| *line <= octets.len());
    let open_line = open_line.or_else(|| last_line_end(octets, after_cr)).unwrap_or(0);
    if open_line == 0 {
        return fits(octets.len(), 0, room);
    }
    // The line that begins at `line` may have `room` octets. All lines before it fit.
    let (mut line, mut room) = (0usize, room);
    // If all octets before the open line together fit, so does each line among them.
    while open_line.saturating_sub(line) > room {
        let rest = octets.get(line..).unwrap_or_default();
        let passed = pass_short_lines(rest, room, limit);
        // From the CRLF in the last window to the end there are at most `limit` octets too.
        if passed > 0 && rest.len().saturating_sub(passed) <= distance(limit) {
            break;
        }
        // A line must end within these octets, because more octets follow.
        let within = rest.get(..if passed > 0 { passed } else { room }).unwrap_or_default();
        match last_line_end(within, after_cr && line == 0) {
            Some(end) => line = line.saturating_add(end),
            None => return Lines::TooLong { at: line.saturating_add(room) },
        }
        room = limit;
    }
    fits(octets.len(), open_line, limit)
}

/// Compares the last line of `length` octets, which begins at the offset `line`, with the `room` that it has.
const fn fits(length: usize, line: usize, room: usize) -> Lines {
    match room.checked_sub(length.saturating_sub(line)) {
        Some(room) => Lines::Fit { room },
        None => Lines::TooLong { at: line.saturating_add(room) },
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
            let mut rest = octets;
            // Not `chunks_exact`: a division takes as long as a window.
            while let Some((octets, after)) = rest.split_at_checked(distance) {
                match octets.last_chunk() {
                    Some(window) if has_crlf(window) => rest = after,
                    _ => break,
                }
            }
            octets.len().wrapping_sub(rest.len())
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
#[inline]
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
#[inline(never)]
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
