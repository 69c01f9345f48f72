//! Vectors against octet by octet.

// What the lints guard against in the library fails a test, as it should.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)]

use proptest::prelude::*;

use super::*;

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

proptest! {
    #[test]
    fn all_are_found_among_others(
        block in prop::array::uniform32(prop::sample::select(&b"\r\n.x"[..])),
        other in prop::array::uniform32(any::<u8>()),
        mixed: u64,
    ) {
        let block: [u8; BLOCK] =
            core::array::from_fn(|at| if mixed >> at & 1 == 0 { block[at / 2] } else { other[at / 2] });
        places_are_found(&block);
        prop_assert_eq!(places_by_columns(&block, CR, b'.'), bits(&block, CR, b'.'));
    }
}
