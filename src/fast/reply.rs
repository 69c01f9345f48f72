//! The fast path of reply lines and enhanced codes in their common form. The productions in `syntax::reply` and
//! `syntax::enhanced` use it.

use super::swar::{Printable, span};
use crate::syntax::reply::LINE_LIMIT;
use crate::syntax::{EnhancedCode, ReplyClass};

/// Returns the offset after the reply line at `at`, its text, and its separator, if the line has this code, its text is
/// printable ASCII, and its length is within the limit. The octets after the line do not matter.
#[inline(always)]
pub(crate) fn reply_line(i: &[u8], at: usize, [a, b, c]: [u8; 3]) -> Option<(usize, &[u8], u8)> {
    let head @ [.., separator]: &[u8; 4] = i.get(at..)?.first_chunk()?;
    if *head != [a, b, c, b'-'] && *head != [a, b, c, b' '] {
        return None;
    }
    let start = at.wrapping_add(4);
    let to = span::<Printable>(i, start)?;
    let end = to.wrapping_add(2);
    let whole = i.get(to..end) == Some(b"\r\n") && end.wrapping_sub(at) <= LINE_LIMIT;
    Some((end, i.get(start..to)?, *separator)).filter(|_| whole)
}

/// Returns `Some` if all octets are VCHAR or SP, and there are at least eight.
#[inline]
pub(crate) fn is_printable(text: &[u8]) -> Option<()> {
    (span::<Printable>(text, 0)? == text.len()).then_some(())
}

/// Parses an enhanced code with single digits, followed by a space. Most enhanced codes have this form.
#[inline]
pub(crate) fn enhanced_code(i: &[u8]) -> Option<(&[u8], EnhancedCode)> {
    let [class, b'.', subject @ b'0'..=b'9', b'.', detail @ b'0'..=b'9', rest @ ..] = i else { return None };
    if rest.first() != Some(&b' ') {
        return None;
    }
    let class = match class {
        b'2' => ReplyClass::Success,
        b'4' => ReplyClass::TransientFailure,
        b'5' => ReplyClass::PermanentFailure,
        _ => return None,
    };
    let digit = |octet: &u8| u16::from(octet.wrapping_sub(b'0'));
    Some((rest, EnhancedCode::of(class, digit(subject), digit(detail))))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The common forms are accepted by the fast path, up to their end, whatever follows.
    #[test]
    fn what_is_common_is_taken() {
        for (line, separator) in
            [("250 Ok\r\n", b' '), ("250-mx.example\r\n", b'-'), ("250 \r\n", b' '), ("250-~\r\n", b'-')]
        {
            for (before, after) in [("", ""), ("250-x\r\n", ""), ("", "250"), ("250-x\r\n", "\r\n250 y\r\n")] {
                let octets = [before, line, after].concat();
                let taken = (before.len() + line.len(), &line.as_bytes()[4..line.len() - 2], separator);
                let found = reply_line(octets.as_bytes(), before.len(), *b"250");
                assert_eq!(found, (octets.len() >= 8).then_some(taken), "{octets:?}");
            }
        }
        for line in
            ["250 Ok\n", "250 Ok\r", "250 O\tk\r\n", "250 \u{E9}\r\n", "250_Ok\r\n", "251 Ok, x\r\n", "250\r\nxxxx"]
        {
            assert_eq!(reply_line(line.as_bytes(), 0, *b"250"), None, "{line:?}");
        }
        let line = |text: usize| ["250 ", &"x".repeat(text), "\r\n"].concat();
        assert!(reply_line(line(LINE_LIMIT - 6).as_bytes(), 0, *b"250").is_some());
        assert!(reply_line(line(LINE_LIMIT - 5).as_bytes(), 0, *b"250").is_none());
    }
}
