//! Vectors against octet by octet.

// What the lints guard against in the library fails a test, as it should.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)]

use proptest::prelude::*;

use super::*;

fn places_are_found(block: &[u8; BLOCK], octet: u8) {
    let expected = block.iter().rev().fold(0, |bits, &here| bits << 1 | u64::from(here == octet));
    assert_eq!(places(block, octet), expected);
    assert_eq!(places_by_columns(block, octet), expected);
}

#[test]
fn each_octet_has_a_bit() {
    for octet in 0..=u8::MAX {
        for place in 0..BLOCK {
            // Octets that differ in one bit, the highest and the lowest among them.
            let mut block = [octet ^ 1 << (place % 8); BLOCK];
            places_are_found(&block, octet);
            block[place] = octet;
            places_are_found(&block, octet);
        }
    }
}

proptest! {
    #[test]
    fn all_are_found_among_others(block: [u8; BLOCK / 2], octet: u8, mask: u8) {
        // With a mask of few bits, each of few octets comes often.
        let block = core::array::from_fn(|at| block[at / 2] >> (at % 2) & mask);
        places_are_found(&block, octet & mask);
    }
}
