//! Vectors against octet by octet.

// What the lints guard against in the library fails a test, as it should.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)]

use super::*;
use crate::chance::Chance;

/// Which octets are one of these two.
fn bits(block: &[u8; BLOCK], one: u8, other: u8) -> u64 {
    block.iter().rev().fold(0, |bits, &here| bits << 1 | u64::from(here == one || here == other))
}

fn places_are_found(block: &[u8; BLOCK]) {
    assert_eq!(places(block), (bits(block, CR, b'.'), bits(block, LF, b'.')));
}

#[test]
fn each_octet_has_a_bit() {
    for octet in 0..=u8::MAX {
        for place in 0..BLOCK {
            // Octets that differ in one bit, the highest and the lowest among them.
            let mut block = [octet ^ 1 << (place % 8); BLOCK];
            places_are_found(&block);
            assert_eq!(places_by_columns(&block, octet, !octet), bits(&block, octet, !octet));
            block[place] = octet;
            places_are_found(&block);
            assert_eq!(places_by_columns(&block, octet, !octet), bits(&block, octet, !octet));
            assert_eq!(places_by_columns(&block, !octet, octet), bits(&block, octet, !octet));
        }
    }
}

#[test]
fn all_are_found_among_others() {
    for mut chance in Chance::times(1000) {
        let block: [u8; BLOCK] = core::array::from_fn(|_| match chance.below(2) {
            0 => chance.pick(b"\r\n.x"),
            _ => chance.below(256) as u8,
        });
        places_are_found(&block);
        assert_eq!(places_by_columns(&block, CR, b'.'), bits(&block, CR, b'.'));
    }
}
