//! The fast path of the values that a session keeps of a reply to EHLO, in their common form. `syntax::capability` uses
//! it.

use super::keyword::{decimal, digits, eight};
use super::swar::{Vchar, span};
use crate::syntax::auth::common_mechanism;

/// Returns the rest after the value of SIZE, and the value, which is not 0. It is a space and up to 15 digits.
#[inline]
pub(crate) fn size(i: &[u8]) -> Option<(&[u8], u64)> {
    let octets = eight(i, 1).filter(|_| i.first() == Some(&b' '))?;
    let count = digits(octets);
    let first = decimal(octets, count)?;
    let (more, size) = match eight(i, 9).filter(|_| count == 8).map(|octets| (octets, digits(octets))) {
        Some((octets, more @ 1..=7)) => {
            #[allow(clippy::cast_possible_truncation, reason = "at most 7")]
            let scale = 10u64.wrapping_pow(more as u32);
            (more, first.wrapping_mul(scale).wrapping_add(decimal(octets, more)?))
        }
        Some((_, 8..)) => return None,
        _ => (0, first),
    };
    let rest = i.get(count.wrapping_add(more).wrapping_add(1)..)?;
    (size > 0).then_some((rest, size))
}

/// Returns the rest after the names of the mechanisms, each with a space before it, and the bits of their places in
/// [`Mechanism::COMMON`](crate::syntax::Mechanism::COMMON). There is at least one, and all are in that list.
#[inline]
pub(crate) fn mechanisms(i: &[u8]) -> Option<(&[u8], u32)> {
    let (mut at, mut bits) = (0usize, 0u32);
    while i.get(at) == Some(&b' ') {
        let start = at.wrapping_add(1);
        at = span::<Vchar>(i, start)?;
        bits |= 1 << common_mechanism(i.get(start..at)?)?;
    }
    if at == 0 { None } else { Some((i.get(at..)?, bits)) }
}

#[cfg(test)]
// In tests, the panics that these lints prevent are the failures we want.
#[allow(clippy::arithmetic_side_effects)]
mod tests {
    use super::*;

    #[test]
    fn what_is_common_is_taken() {
        for (text, taken) in [
            (" 1000\r\n250 DSN\r\n", Some((5, 1000))),
            (" 99999999\r\n", Some((9, 99_999_999))),
            (" 157286400\r\n", Some((10, 157_286_400))),
            (" 123456789012345\r\n", Some((16, 123_456_789_012_345))),
            (" 1234567890123456\r\n", None),
            (" 000000000000000\r\n", None),
            (" 0\r\n250 DSN\r\n", None),
            ("\r\n250 DSN\r\n", None),
            ("=1000\r\n250 DSN\r\n", None),
            (" x\r\n250 DSN\r\n", None),
        ] {
            let found = size(text.as_bytes()).map(|(rest, size)| (text.len() - rest.len(), size));
            assert_eq!(found, taken, "{text:?}");
        }
        for (text, taken) in [
            (" PLAIN\r\n", Some((6, 0b1))),
            (" PLAIN LOGIN\r\n250 DSN\r\n", Some((12, 0b11))),
            (" login EXTERNAL\r\n", Some((15, 0b110))),
            (" PLAIN XFOO\r\n", None),
            (" PLAIN,LOGIN\r\n", None),
            (" PLAIN  LOGIN\r\n", None),
            (" PLAIN \r\n", None),
            ("=PLAIN\r\n", None),
            ("\r\n250 DSN\r\n", None),
        ] {
            let found = mechanisms(text.as_bytes()).map(|(rest, bits)| (text.len() - rest.len(), bits));
            assert_eq!(found, taken, "{text:?}");
        }
    }
}
