//! The fast path of the arguments of BDAT. The production of the same name in `syntax::command` uses it.

use super::keyword::{decimal, digits, eight, head, key};

/// Returns the size, and whether LAST follows, of a BDAT line whose arguments begin with the space at `at`: a size of
/// up to eight digits, and perhaps the marker.
#[inline]
pub(crate) fn bdat(line: &[u8], at: usize) -> Option<(u64, bool)> {
    if line.get(at) != Some(&b' ') {
        return None;
    }
    let start = at.wrapping_add(1);
    let octets = eight(line, start)?;
    let count = digits(octets);
    let size = decimal(octets, count)?;
    let end = start.wrapping_add(count);
    let last = line.len() == end.wrapping_add(5) && head(eight(line, end)?, 5) == const { key(" LAST") };
    (last || line.len() == end).then_some((size, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_common_is_taken() {
        for (line, taken) in [
            ("BDAT 123", Some((123, false))),
            ("BDAT 99999999", Some((99_999_999, false))),
            ("BDAT 0 LAST", Some((0, true))),
            ("bdat 86000 last", Some((86_000, true))),
            ("BDAT 12345678 LAST", Some((12_345_678, true))),
            ("BDAT 8", None),
            ("BDAT 123456789", None),
            ("BDAT  86 LAST", None),
            ("BDAT 86  LAST", None),
            ("BDAT 86 LAST ", None),
            ("BDAT 86 LAS", None),
            ("BDAT 86 LASTS", None),
            ("BDAT -86 LAST", None),
            ("BDAT LAST", None),
            ("BDAT\t86 LAST", None),
            ("BDAT", None),
        ] {
            assert_eq!(bdat(line.as_bytes(), 4), taken, "{line}");
        }
    }
}
