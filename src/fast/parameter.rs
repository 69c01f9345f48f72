//! The fast path of the common parameters of MAIL and RCPT in their common form, in one pass. The productions of
//! parameters in `syntax::parameter` use it, and the iteration over the values of a list that was parsed.

use super::keyword::{decimal, digits, eight, head, key};
use super::swar::{Xchar, span};
use crate::syntax::parameter::{ENVID_LIMIT, ORCPT_LIMIT};
use crate::syntax::{Body, Notify, Orcpt, ParameterValue, Return, Xtext};

/// Returns the parameter at the start of the input, and the rest, which is empty or begins with a space.
#[inline(always)]
pub(crate) fn parameter(i: &[u8]) -> Option<(&[u8], ParameterValue<'_>)> {
    use ParameterValue as V;
    let octets = eight(i, 0)?;
    let (end, value) = match head(octets, 4) {
        SIZE if head(octets, 5) == const { key("SIZE=") } => {
            let digits = eight(i, 5)?;
            let count = self::digits(digits);
            (count.wrapping_add(5), V::Size(decimal(digits, count)?))
        }
        BODY if head(octets, 5) == const { key("BODY=") } => match eight(i, 5)? {
            value if value == const { key("8BITMIME") } => (13, V::Body(Body::EightBitMime)),
            value if head(value, 4) == const { key("7BIT") } => (9, V::Body(Body::SevenBit)),
            _ => return None,
        },
        RET => match head(eight(i, 4)?, 4) {
            FULL => (8, V::Ret(Return::Full)),
            HDRS => (8, V::Ret(Return::Headers)),
            _ => return None,
        },
        ENVI if head(octets, 6) == const { key("ENVID=") } => {
            // What is too long is not searched to its end.
            let end = span::<Xchar>(i.get(..6 + ENVID_LIMIT + 1).unwrap_or(i), 6)?;
            let value = i.get(6..end).filter(|value| (1..=ENVID_LIMIT).contains(&value.len()))?;
            (end, V::Envid(Xtext(value)))
        }
        SMTP if octets == const { key("SMTPUTF8") } => (8, V::SmtpUtf8),
        NOTI if head(octets, 7) == const { key("NOTIFY=") } => {
            let (end, notify) = notify(i, 7)?;
            (end, V::Notify(notify))
        }
        ORCP if head(octets, 6) == const { key("ORCPT=") } => {
            if head(eight(i, 6)?, 7) != const { key("rfc822;") } {
                return None;
            }
            let end = span::<Xchar>(i, 13)?;
            let text = i.get(6..end).filter(|text| text.len() <= ORCPT_LIMIT)?;
            (end, V::Orcpt(Orcpt { text }))
        }
        _ => return None,
    };
    let rest = i.get(end..)?;
    matches!(rest, [] | [b' ', ..]).then_some((rest, value))
}

const SIZE: u64 = key("SIZE");
const BODY: u64 = key("BODY");
const RET: u64 = key("RET=");
const ENVI: u64 = key("ENVI");
const SMTP: u64 = key("SMTP");
const NOTI: u64 = key("NOTI");
const ORCP: u64 = key("ORCP");
const FULL: u64 = key("FULL");
const HDRS: u64 = key("HDRS");

/// Returns the offset after NEVER, or after a list of SUCCESS, FAILURE and DELAY, and the meaning.
fn notify(i: &[u8], at: usize) -> Option<(usize, Notify)> {
    let mut at = at;
    let mut octets = eight(i, at)?;
    let mut notify = Notify::NEVER;
    if head(octets, 5) == const { key("NEVER") } {
        return Some((at.wrapping_add(5), notify));
    }
    loop {
        let length = match head(octets, 7) {
            SUCCESS => {
                notify.success = true;
                7
            }
            FAILURE => {
                notify.failure = true;
                7
            }
            _ if head(octets, 5) == const { key("DELAY") } => {
                notify.delay = true;
                5
            }
            _ => return None,
        };
        at = at.wrapping_add(length);
        if i.get(at) != Some(&b',') {
            return Some((at, notify));
        }
        at = at.wrapping_add(1);
        octets = eight(i, at)?;
    }
}

const SUCCESS: u64 = key("SUCCESS");
const FAILURE: u64 = key("FAILURE");

#[cfg(test)]
mod tests {
    use super::*;
    use ParameterValue as V;

    /// The common forms are accepted by the fast path, up to their end.
    #[test]
    fn what_is_common_is_taken() {
        let (all, two) = (
            Notify { success: true, failure: true, delay: true },
            Notify { success: false, failure: true, delay: true },
        );
        for (text, value) in [
            ("SIZE=123", V::Size(123)),
            ("size=1234567", V::Size(1_234_567)),
            ("SIZE=99999999", V::Size(99_999_999)),
            ("BODY=7BIT", V::Body(Body::SevenBit)),
            ("BODY=8bitmime", V::Body(Body::EightBitMime)),
            ("RET=FULL", V::Ret(Return::Full)),
            ("ret=hdrs", V::Ret(Return::Headers)),
            ("ENVID=QQ314159", V::Envid(Xtext(b"QQ314159"))),
            ("SMTPUTF8", V::SmtpUtf8),
            ("NOTIFY=NEVER", V::Notify(Notify::NEVER)),
            ("NOTIFY=delay,FAILURE", V::Notify(two)),
            ("NOTIFY=SUCCESS,delay,FAILURE", V::Notify(all)),
            ("ORCPT=rfc822;joe@a.example", V::Orcpt(Orcpt { text: b"rfc822;joe@a.example" })),
        ] {
            assert_eq!(parameter(text.as_bytes()), Some((&[][..], value)), "{text}");
            assert_eq!(parameter([text, " X=y"].concat().as_bytes()), Some((&b" X=y"[..], value)), "{text}");
            for after in ["x", "\0", "="] {
                let other = [text, after].concat();
                assert!(parameter(other.as_bytes()).is_none_or(|(_, found)| found != value), "{other}");
            }
            let alike = text.replace(['=', '8'], "X");
            assert_eq!(parameter(alike.as_bytes()), None, "{alike}");
        }
    }

    /// The limits of `xtext`: 100 octets, and 500 with the type (RFC 3461 section 4.2 and 4.4).
    #[test]
    fn what_is_too_long_is_not() {
        for (keyword, limit, least) in [("ENVID=", ENVID_LIMIT, 1), ("ORCPT=rfc822;", ORCPT_LIMIT - 7, 0)] {
            let taken = |length| parameter([keyword, &"x".repeat(length), " X"].concat().as_bytes()).is_some();
            assert!(
                taken(limit) && !taken(limit + 1) && taken(least) && (least == 0 || !taken(least - 1)),
                "{keyword}"
            );
        }
        assert_eq!(parameter(b"SIZE=123456789"), None);
    }
}
