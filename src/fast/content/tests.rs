//! Compares the fast search with a simple, octet-by-octet search.

// In tests, the panics that these lints prevent are the failures we want.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)]

extern crate std;

use std::vec;
use std::vec::Vec;

use super::*;
use crate::chance::Chance;

/// The number of random inputs for each test.
const CASES: u64 = 1000;

/// Returns two octets whose effect on the next octet is `before`.
fn meaning(before: Before) -> [u8; 2] {
    match before {
        Before::LineStart => [CR, LF],
        Before::Cr => [b'x', CR],
        Before::Text => [b'x', b'x'],
    }
}

/// Returns `true` if the third octet is a dot after CRLF.
fn is_dot(octets: &[u8]) -> bool {
    octets[..3] == *b"\r\n."
}

/// Returns `true` if the third octet is a bare LF, or the second a bare CR.
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
    // Otherwise the first octet is a dot at the start of a line, which the caller must rule out.
    if quiet > 0 {
        assert!(end - from <= quiet, "{end} from {from}");
    }
}

fn pass_lines_slowly(octets: &[u8], at: usize, before: Before) -> Passed {
    let mut passed = Passed { at, before, line: None };
    while passed.before != Before::Cr {
        match octets[passed.at..] {
            [] | [LF, ..] => break,
            [b'.', ..] if passed.before == Before::LineStart => break,
            [CR, LF, ..] => {
                let line = passed.at + 2;
                passed = Passed { at: line, before: Before::LineStart, line: Some(line) };
            }
            [CR, ..] => break,
            _ => (passed.at, passed.before) = (passed.at + 1, Before::Text),
        }
    }
    passed
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

/// Returns random octets, some of which are CR, LF or a dot.
fn octets(chance: &mut Chance) -> Vec<u8> {
    let weight = chance.below(80);
    let (line_end, odd) = (1 + weight, 1 + weight / 8);
    let mut octets = Vec::new();
    for _ in 0..chance.below(40) {
        let roll = chance.below(80 + 2 * line_end + odd);
        if roll < 80 {
            octets.resize(octets.len() + chance.below(80), b'x');
        } else if roll < 80 + line_end {
            octets.extend_from_slice(b"\r\n");
        } else if roll < 80 + 2 * line_end {
            octets.extend_from_slice(b"\r\n.");
        } else {
            octets.extend_from_slice(chance.pick(&[&b"\r"[..], b"\n", b".", b"\t/"]));
        }
    }
    octets
}

fn before(chance: &mut Chance) -> Before {
    chance.pick(&[Before::LineStart, Before::Cr, Before::Text])
}

#[test]
fn a_line_end_is_found_in_every_short_piece() {
    for length in 0..=SHORT {
        let mut octets = vec![b'a'; length];
        assert!(!has_line_end(&octets));
        for at in 0..length {
            for end in [CR, LF] {
                octets[at] = end;
                assert!(has_line_end(&octets), "{end} at {at} of {length}");
            }
            octets[at] = b'a';
        }
    }
}

#[test]
fn only_the_quiet_is_skipped() {
    for mut chance in Chance::times(CASES) {
        let (octets, before) = (octets(&mut chance), before(&mut chance));
        let from = chance.below(octets.len() + 1);
        let from = if from == 1 { 0 } else { from };
        the_quiet_is_skipped(&octets, from, before, true);
        the_quiet_is_skipped(&octets, from, before, false);
    }
}

#[test]
fn lines_are_passed_as_if_octet_by_octet() {
    for mut chance in Chance::times(CASES) {
        let (octets, before) = (octets(&mut chance), before(&mut chance));
        let from = chance.below(octets.len() + 1);
        assert_eq!(pass_lines(&octets, from, before), pass_lines_slowly(&octets, from, before));
    }
}

#[test]
fn lines_are_measured_as_if_octet_by_octet() {
    for mut chance in Chance::times(CASES) {
        let octets = octets(&mut chance);
        let (limit, after_cr) = (chance.below(600), chance.below(2) == 1);
        let room = chance.below(limit + 1);
        let slowly = measure_slowly(&octets, room, after_cr, limit);
        assert_eq!(measure(&octets, room, after_cr, limit, None), slowly);
        let ends_after = |at: &usize| octets[..*at].ends_with(b"\r\n") || *at == 1 && after_cr && octets[0] == LF;
        let open_line = (1..=octets.len()).rev().find(ends_after);
        assert_eq!(measure(&octets, room, after_cr, limit, open_line), slowly);
    }
}

/// After this many quiet octets, a different search takes over.
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

/// Lines so short that they are not searched one by one.
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
