//! The search against its slow and obvious form.

// What the lints guard against in the library fails a test, as it should.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)]

extern crate std;

use std::vec;
use std::vec::Vec;

use proptest::prelude::*;

use super::*;

/// Octets that mean `before` for those that follow.
fn meaning(before: Before) -> [u8; 2] {
    match before {
        Before::LineStart => [CR, LF],
        Before::Cr => [b'x', CR],
        Before::Text => [b'x', b'x'],
    }
}

/// Whether the octet behind the first two is a dot behind CRLF.
fn is_dot(octets: &[u8]) -> bool {
    octets[..3] == *b"\r\n."
}

/// Whether the octet behind the first two is a bare LF, or the one before it a bare CR.
fn is_bare(octets: &[u8]) -> bool {
    (octets[2] == LF) != (octets[1] == CR)
}

fn the_quiet_is_skipped(octets: &[u8], from: usize, before: Before, checked: bool) {
    let before = Before::at(octets, from).unwrap_or(before);
    let all = [&meaning(before)[..], &octets[from..]].concat();
    let end = skip_quiet(octets, from, before, checked);
    assert!(from <= end && end <= octets.len());
    let loud = |octets: &[u8]| is_dot(octets) || checked && is_bare(octets);
    let quiet = all.windows(3).take_while(|octets| !loud(octets)).count();
    // The first octet is not a dot at the start of a line: the caller knows better.
    if quiet > 0 {
        assert!(end - from <= quiet, "{end} from {from}");
    }
}

fn a_block_is_what_is_in_it(octets: &[u8; BLOCK], before: Before) {
    let all = [&meaning(before)[..], octets].concat();
    let bits = |is: fn(&[u8]) -> bool| all.windows(3).rev().fold(0, |bits, octets| bits << 1 | u64::from(is(octets)));
    let dots = bits(is_dot);
    // A dot in the last two places may or may not be alone on its line.
    let length = if dots >> 62 == 0 { BLOCK } else { BLOCK - 2 + (dots >> 63) as usize };
    let lone_dots = (0..BLOCK - 2).filter(|&at| dots >> at & 1 == 1 && octets[at + 1..at + 3] == *b"\r\n");
    let expected = Block {
        has_bare: bits(is_bare) != 0,
        dots: dots & (u64::MAX >> 2),
        lone_dots: lone_dots.fold(0, |bits, at| bits | 1 << at),
        length,
    };
    assert_eq!(Block::new(octets, before), expected);
}

fn the_dots_of_a_block_are_passed<const UP_TO_LONE: bool>(octets: &[u8; BLOCK], before: Before) {
    let block = Block::new(octets, before);
    let mut places: Vec<usize> = (0..BLOCK).filter(|at| block.dots >> at & 1 == 1).collect();
    let lone = (0..BLOCK).find(|at| UP_TO_LONE && block.lone_dots >> at & 1 == 1);
    places.retain(|&at| lone.is_none_or(|lone| at <= lone));
    let Some((first, dots)) = block.dots::<UP_TO_LONE>() else {
        assert!(places.is_empty());
        return;
    };
    assert_eq!(first, places[0]);
    let last = places[places.len() - 1];
    assert_eq!(dots.left.count_ones() as usize, places.len() - 1);
    let mut removing = dots.clone();
    let mut unread = &octets[first + 1..];
    let mut doubling = dots;
    let mut with_dot = &octets[first..];
    for pair in places.windows(2) {
        assert_eq!(removing.up_to_next(&mut unread), Some(&octets[pair[0] + 1..pair[1]]));
        assert_eq!(doubling.through_next(&mut with_dot), Some(&octets[pair[0]..=pair[1]]));
    }
    assert_eq!(removing.up_to_next(&mut unread), None);
    assert_eq!(doubling.through_next(&mut with_dot), None);
    assert_eq!(removing.take_behind(), if lone.is_some() { 0 } else { block.length - 1 - last });
    assert_eq!(removing, Dots::NONE);
}

/// Whether there is a whole block at `at`, and something bare in it.
fn is_bare_in_block(octets: &[u8], at: usize) -> bool {
    octets.get(at - 1..at + BLOCK).is_some_and(|block| block.windows(2).any(|pair| (pair[1] == LF) != (pair[0] == CR)))
}

/// There is no whole block at `at`, or it holds no dots, or what is bare. A dot in its last two places is for the next.
fn there_is_nothing_to_pass(octets: &[u8], at: usize, checked: bool) {
    if let Some(block) = octets.get(at - 2..at + BLOCK) {
        assert!(!block[..BLOCK].windows(3).any(is_dot) || checked && is_bare_in_block(octets, at));
    }
}

/// The place of the first dot behind CRLF from `from` on.
fn next_dot(octets: &[u8], from: usize) -> Option<usize> {
    (from.max(2)..octets.len()).find(|&at| is_dot(&octets[at - 2..]))
}

/// From the dots of the first block of `octets` on, block by block.
fn dots_are_passed_from_block_to_block(octets: &[u8], checked: bool) {
    let first_block = octets.first_chunk().map(|block| Block::new(block, Before::Text));
    let Some((first, mut dots)) = first_block.and_then(|block| block.dots::<true>()) else { return };
    let mut unread = &octets[first + 1..];
    loop {
        let from = octets.len() - unread.len();
        let behind = dots.behind();
        let piece = dots.up_to_next(&mut unread).or_else(|| {
            let piece = dots.up_to_next_block(&mut unread, checked)?;
            assert!(!checked || !is_bare_in_block(octets, from + behind));
            Some(piece)
        });
        if let Some(piece) = piece {
            assert!(!octets[from..].starts_with(b"\r\n"), "a lone dot may end the content");
            let next = next_dot(octets, from).unwrap();
            assert_eq!(piece, &octets[from..next]);
            assert_eq!(unread, &octets[next + 1..]);
            continue;
        }
        // There is a reason not to go on, and nothing has happened.
        assert_eq!(unread, &octets[from..]);
        assert_eq!(dots.behind(), behind);
        if behind == 0 {
            assert!(unread.starts_with(b"\r\n"), "a lone dot may end the content");
        } else {
            there_is_nothing_to_pass(octets, from + behind, checked);
        }
        return;
    }
}

/// The same for dots that are doubled.
fn dots_are_gone_through_from_block_to_block(octets: &[u8], checked: bool) {
    let first_block = octets.first_chunk().map(|block| Block::new(block, Before::Text));
    let Some((first, mut dots)) = first_block.and_then(|block| block.dots::<false>()) else { return };
    let mut unread = &octets[first..];
    loop {
        let from = octets.len() - unread.len();
        let searched = dots.behind() + 1;
        let piece = dots.through_next(&mut unread).or_else(|| {
            let piece = dots.through_next_block(&mut unread, checked)?;
            assert!(!checked || !is_bare_in_block(octets, from + searched));
            Some(piece)
        });
        if let Some(piece) = piece {
            let next = next_dot(octets, from + 1).unwrap();
            assert_eq!(piece, &octets[from..=next]);
            assert_eq!(unread, &octets[next..]);
            continue;
        }
        assert_eq!(unread, &octets[from..]);
        assert_eq!(dots.behind() + 1, searched);
        there_is_nothing_to_pass(octets, from + searched, checked);
        return;
    }
}

fn measure_slowly(octets: &[u8], room: usize, after_cr: bool, limit: usize) -> Lines {
    let (mut room, mut after_cr) = (room, after_cr);
    for (at, &octet) in octets.iter().enumerate() {
        if room == 0 {
            return Lines::TooLong { at };
        }
        room = if after_cr && octet == LF { limit } else { room - 1 };
        after_cr = octet == CR;
    }
    Lines::Fit { room }
}

/// Octets of which some are those that matter.
fn octets() -> impl Strategy<Value = Vec<u8>> {
    (0_u32..80).prop_flat_map(|weight| {
        let piece = prop_oneof![
            80 => (0_usize..80).prop_map(|length| vec![b'x'; length]),
            1 + weight => Just(b"\r\n".to_vec()),
            1 + weight => Just(b"\r\n.".to_vec()),
            1 + weight / 8 => prop::sample::select(vec![b"\r".to_vec(), b"\n".to_vec(), b".".to_vec(), b"\t/".to_vec()]),
        ];
        prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    })
}

fn before() -> impl Strategy<Value = Before> {
    prop::sample::select(vec![Before::LineStart, Before::Cr, Before::Text])
}

proptest! {
    #[test]
    fn only_the_quiet_is_skipped(octets in octets(), from in any::<prop::sample::Index>(), before in before()) {
        let from = from.index(octets.len() + 1);
        let from = if from == 1 { 0 } else { from };
        the_quiet_is_skipped(&octets, from, before, true);
        the_quiet_is_skipped(&octets, from, before, false);
    }

    #[test]
    fn a_block_is_right(octets in octets(), from in any::<prop::sample::Index>(), before in before()) {
        let from = from.index(octets.len() + 1);
        if let Some(block) = octets[from..].first_chunk() {
            a_block_is_what_is_in_it(block, before);
            the_dots_of_a_block_are_passed::<true>(block, before);
            the_dots_of_a_block_are_passed::<false>(block, before);
        }
    }

    #[test]
    fn dots_are_passed_on_and_on(octets in octets()) {
        for checked in [true, false] {
            dots_are_passed_from_block_to_block(&octets, checked);
            dots_are_gone_through_from_block_to_block(&octets, checked);
            prop_assert_eq!({ Dots::NONE }.up_to_next_block(&mut &octets[..], checked), None);
            prop_assert_eq!({ Dots::NONE }.through_next_block(&mut &octets[..], checked), None);
        }
    }

    #[test]
    fn lines_are_measured_as_if_octet_by_octet(
        octets in octets(),
        limit in 0_usize..600,
        used in any::<prop::sample::Index>(),
        after_cr in any::<bool>(),
    ) {
        let room = used.index(limit + 1);
        let slowly = measure_slowly(&octets, room, after_cr, limit);
        prop_assert_eq!(measure(&octets, room, after_cr, limit, None), slowly);
        let ends_behind = |at: &usize| octets[..*at].ends_with(b"\r\n") || *at == 1 && after_cr && octets[0] == LF;
        let open_line = (1..=octets.len()).rev().find(ends_behind);
        prop_assert_eq!(measure(&octets, room, after_cr, limit, open_line), slowly);
    }
}

/// The search is another one behind so many quiet octets.
#[test]
fn a_dot_far_on_is_not_skipped() {
    for dot in [&b"\r\n."[..], b"\n."] {
        for place in 0..=2 * NEAR {
            let mut octets = vec![b'x'; 2 * NEAR + BLOCK];
            octets[place..place + dot.len()].copy_from_slice(dot);
            the_quiet_is_skipped(&octets, 0, Before::Text, false);
            the_quiet_is_skipped(&octets, BLOCK - 1, Before::Text, false);
        }
    }
    assert_eq!(skip_quiet(&[b'x'; 3 * NEAR], 0, Before::Text, false), 3 * NEAR);
}

/// Among lines so short that they are not looked at one by one.
#[test]
fn a_line_too_long_is_found_wherever_it_is() {
    for (limit, after_cr) in [(2 * WINDOW, false), (2 * WINDOW + 1, true), (3 * WINDOW, false)] {
        for (start, length) in (0..4 * limit).step_by(2).flat_map(|start| [(start, limit), (start, limit + 1)]) {
            let mut octets = b"\r\n".repeat(4 * limit);
            octets[start..start + length - 2].fill(b'x');
            octets[start + length - 2..start + length].copy_from_slice(b"\r\n");
            let fits = measure(&octets, limit, after_cr, limit, None);
            assert_eq!(fits, measure_slowly(&octets, limit, after_cr, limit), "{length} from {start}");
            assert_eq!(matches!(fits, Lines::Fit { .. }), length == limit);
        }
    }
}
