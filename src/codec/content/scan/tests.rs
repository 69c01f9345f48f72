//! The search against its slow and obvious form.

// What the lints guard against in the library fails a test, as it should.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)]

extern crate std;

use std::vec;
use std::vec::Vec;

use proptest::prelude::*;

use super::*;

/// Whether the octet at `at` is a dot behind CRLF.
fn is_dot(octets: &[u8], at: usize) -> bool {
    octets[at - 2..=at] == *b"\r\n."
}

/// Whether the octet at `at` is a bare LF, or the one before it a bare CR.
fn is_bare(octets: &[u8], at: usize) -> bool {
    (octets[at] == LF) != (octets[at - 1] == CR)
}

fn search_is_right<const CHECKED: bool>(octets: &[u8], from: usize) {
    let loud = |at: &usize| is_dot(octets, *at) || CHECKED && is_bare(octets, *at);
    // What is before has been searched.
    let from = (2..from).find(loud).unwrap_or(from);
    let found = search::<CHECKED>(octets, from);
    let (Found::Nothing(end) | Found::Dots { block: end, .. } | Found::Bare { block: end }) = found;
    assert_eq!((from..end).find(loud), None);
    let mut block = end..end.wrapping_add(BLOCK);
    match found {
        Found::Nothing(end) => {
            assert!(end == octets.len() || octets.len() < WINDOW);
        }
        Found::Bare { .. } => {
            assert!(CHECKED && block.any(|at| is_bare(octets, at)));
        }
        Found::Dots { dots, .. } => {
            assert!(block.end <= octets.len());
            assert_eq!(dots, block.clone().rev().fold(0, |dots, at| dots << 1 | u64::from(is_dot(octets, at))));
            assert!(!(CHECKED && block.any(|at| is_bare(octets, at))));
        }
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

proptest! {
    #[test]
    fn the_search_finds_what_is_there(octets in octets(), from in any::<prop::sample::Index>()) {
        let from = 2 + from.index(octets.len() + 1);
        if from <= octets.len() {
            search_is_right::<true>(&octets, from);
            search_is_right::<false>(&octets, from);
        }
    }

    #[test]
    fn lines_are_measured_as_if_octet_by_octet(
        octets in octets(),
        limit in 0_usize..300,
        used in any::<prop::sample::Index>(),
        after_cr in any::<bool>(),
    ) {
        let room = used.index(limit + 1);
        prop_assert_eq!(
            measure(&octets, room, after_cr, limit),
            measure_slowly(&octets, room, after_cr, limit)
        );
    }
}

#[test]
fn a_mask_has_a_bit_for_each_flag() {
    for place in 0..BLOCK {
        let mut flags = [0; BLOCK];
        flags[place] = 1;
        assert_eq!(mask(&flags), 1 << place);
    }
    assert_eq!(mask(&[1; BLOCK]), u64::MAX);
}
