//! Compares the fast search with a simple, octet-by-octet search.

// In tests, the panics that these lints prevent are the failures we want.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)]

extern crate std;

use std::vec;
use std::vec::Vec;

use super::*;
use crate::chance::Chance;
use crate::codec::content::passed::{Before, Passed};

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

/// Passes octets that do not matter one by one.
fn pass_slowly(octets: &[u8], from: Passed, checked: bool) -> Passed {
    let mut passed = from;
    while let Some(octet) = octets.get(passed.at) {
        let all = [&meaning(passed.before)[..], &[*octet]].concat();
        if is_dot(&all) || checked && is_bare(&all) {
            break;
        }
        passed.at += 1;
        passed.before = match all[1..] {
            [CR, LF] => Before::LineStart,
            [_, CR] => Before::Cr,
            _ => Before::Text,
        };
        if passed.before == Before::LineStart {
            passed.line = Some(passed.at);
        }
    }
    passed
}

fn the_quiet_is_passed(octets: &[u8], from: Passed, checked: bool) {
    let slowly = pass_slowly(octets, from, checked);
    for near in [false, true] {
        let mut passed = from;
        passed.pass_quiet(octets, checked, near);
        assert_eq!((passed.at, passed.before), (slowly.at, slowly.before), "{near}");
        // The start of the line may be unknown, but not wrong.
        assert_eq!(passed.line.or(slowly.line), slowly.line, "{near}");
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
fn the_quiet_is_passed_as_if_octet_by_octet() {
    for mut chance in Chance::times(CASES) {
        let (octets, before) = (octets(&mut chance), before(&mut chance));
        for checked in [true, false] {
            // From the start, and from each place at which the search stops and the caller goes on.
            let mut from = Passed::nothing(before);
            loop {
                the_quiet_is_passed(&octets, from, checked);
                from = pass_slowly(&octets, from, checked);
                let Some(octet) = octets.get(from.at) else { break };
                if *octet == b'.' {
                    (from.at, from.before) = (from.at + 1, Before::Text);
                }
                // A fault counts once.
                the_quiet_is_passed(&octets, from, false);
                from = pass_slowly(&octets, from, false);
            }
        }
    }
}

#[test]
fn an_octet_that_matters_is_found_at_every_place() {
    for (loud, matters) in [("\r\n.", 2), ("\r\n.\r\n", 2), ("\r", 1), ("\n", 0), ("\rx", 1), ("\n.", 0)] {
        for length in [1, 2, 15, 16, 17, 63, 64, 65, 66, 128, 255, 256, 257, 258, 400] {
            for place in 0..length {
                let mut octets = vec![b'x'; length + loud.len()];
                octets[place..place + loud.len()].copy_from_slice(loud.as_bytes());
                let mut passed = Passed::nothing(Before::LineStart);
                passed.pass_quiet(&octets, true, false);
                assert_eq!(passed.at, place + matters, "{loud:?} at {place} of {length}");
                the_quiet_is_passed(&octets, Passed::nothing(Before::Text), true);
                the_quiet_is_passed(&octets, Passed::nothing(Before::Text), false);
            }
        }
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
        assert_eq!(measure(&octets, room, after_cr, limit, Some(open_line.unwrap_or(0))), slowly);
    }
}

#[test]
fn a_dot_far_on_is_not_skipped() {
    const FAR: usize = 40 * BLOCK;
    for dot in [&b"\r\n."[..], b"\n."] {
        for place in 0..=FAR {
            let mut octets = vec![b'x'; FAR + BLOCK];
            octets[place..place + dot.len()].copy_from_slice(dot);
            the_quiet_is_passed(&octets, Passed::nothing(Before::Text), false);
            let from = Passed { at: BLOCK - 1, before: Before::at(&octets, BLOCK - 1).unwrap(), line: None };
            the_quiet_is_passed(&octets, from, false);
        }
    }
    let mut passed = Passed::nothing(Before::Text);
    passed.pass_quiet(&[b'x'; FAR], false, false);
    assert_eq!(passed.at, FAR);
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
