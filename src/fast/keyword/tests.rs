//! Checks that keys are equal exactly where the words are.

// In tests, the panics that these lints prevent are the failures we want.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)]

extern crate std;

use super::*;

/// A key is the first eight octets in lower case, with zeros after them.
#[test]
fn keys() {
    let keyed = |octets: &[u8]| {
        let mut key = [0; 8];
        key.iter_mut().zip(octets).for_each(|(slot, octet)| *slot = octet.to_ascii_lowercase());
        u64::from_le_bytes(key)
    };
    for word in
        ["", "A", "8b", "Dsn", "SIZE", "BINAR", "X-1abc", "CHUNKIN", "SMTPUTF8", "PIPELINING", "SCRAM-SHA-256-PLUS"]
    {
        let octets = word.as_bytes();
        let last = &octets[octets.len().saturating_sub(8)..];
        assert_eq!((key(word), key_of(octets)), (keyed(octets), keyed(octets)), "{word}");
        assert_eq!((end_key(word), end_key_of(octets)), (keyed(last), keyed(last)), "{word}");
        for after in ["", " x", "\tx", "\0", " 12345678"] {
            let line = ["EHLO ", word, after].concat();
            let found = eight(line.as_bytes(), 5);
            assert_eq!(found, (line.len() >= 8).then(|| keyed(&line.as_bytes()[5..])), "{line}");
            // The zeros after the end of the input end a word as well.
            let Some(found) = found else { continue };
            assert_eq!(first_word(found), keyed(&octets[..octets.len().min(8)]), "{line}");
            assert!(
                (1..=8).all(|count| head(found, count) == keyed(&line.as_bytes()[5..][..count.min(line.len() - 5)]))
            );
        }
        for other in ["", "a", "SIZE", "SMTPUTF8", "CHUNKING", "PIPELINING", "pipelininG", "SCRAM-SHA-512-PLUS"] {
            // The caller of `is_alike` must have compared the first or the last eight octets.
            let alike =
                key_of(octets) == key_of(other.as_bytes()) || end_key_of(octets) == end_key_of(other.as_bytes());
            assert_eq!(alike && is_alike(octets, other.as_bytes()), word.eq_ignore_ascii_case(other), "{word} {other}");
        }
    }
    for four_octets in [*b"Mail", *b"\0\0\0z", *b"[@1~"] {
        assert_eq!(four(&four_octets), fold(keyed(&four_octets)));
    }
    for (text, count) in [("x", 0), ("1x", 1), ("1234567 ", 7), ("12345678", 8), ("/1", 0), ("9:1", 1), ("0\u{B1}", 1)]
    {
        assert_eq!(digits(keyed(text.as_bytes())), count, "{text}");
    }
}

/// The value of digits is that of `str::parse`, whatever follows them.
#[test]
fn values_of_digits() {
    for text in ["0", "7", "10", "007", "4096", "65535", "123456", "9999999", "12345678", "99999999", "00000000"] {
        for after in ["", " ", "x", "\u{FF}", " 99999999"] {
            let octets = [text, after, "xxxxxxxx"].concat();
            let octets = u64::from_le_bytes(*octets.as_bytes().first_chunk().unwrap());
            assert_eq!(decimal(octets, text.len()), text.parse().ok(), "{text}{after}");
        }
    }
    assert_eq!((decimal(key("12345678"), 0), decimal(key("12345678"), 9)), (None, None));
}
