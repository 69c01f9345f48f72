//! The fast path of the common parameters of MAIL and RCPT in their common form, in one pass. The production of
//! parameters in `syntax::parameter` uses it. It returns of a value only what the check against the offer needs.

use super::keyword::{digits, eight, head, key};
use super::swar::{Xchar, span};
use crate::syntax::parameter::{ENVID_LIMIT, ORCPT_LIMIT};
use crate::syntax::{Body, ParameterName};

/// A valid parameter, with the part of its value that the check against the offer needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Common {
    pub(crate) name: ParameterName,
    pub(crate) body: Body,
    /// The offset of the space after it, or of the end.
    pub(crate) end: usize,
}

/// Returns the parameter at the offset `at`. `of_mail` chooses between the parameters of MAIL and of RCPT.
#[inline]
pub(crate) fn parameter(i: &[u8], at: usize, of_mail: bool) -> Option<Common> {
    use ParameterName as N;
    let octets = eight(i, at)?;
    let mut body = Body::SevenBit;
    let (name, end) = match (of_mail, head(octets, 4)) {
        (true, SIZE) if head(octets, 5) == key("SIZE=") => (N::Size, size(i, at.wrapping_add(5))?),
        (true, BODY) if head(octets, 5) == key("BODY=") => {
            let at = at.wrapping_add(5);
            let value = eight(i, at)?;
            if value == key("8BITMIME") {
                body = Body::EightBitMime;
                (N::Body, at.wrapping_add(8))
            } else if head(value, 4) == key("7BIT") {
                (N::Body, at.wrapping_add(4))
            } else {
                return None;
            }
        }
        (true, RET) => match head(eight(i, at.wrapping_add(4))?, 4) {
            FULL | HDRS => (N::Ret, at.wrapping_add(8)),
            _ => return None,
        },
        (true, ENVI) if head(octets, 6) == key("ENVID=") => {
            let at = at.wrapping_add(6);
            (N::Envid, span::<Xchar>(i, at).filter(|end| (1..=ENVID_LIMIT).contains(&end.wrapping_sub(at)))?)
        }
        (true, SMTP) if octets == key("SMTPUTF8") => (N::SmtpUtf8, at.wrapping_add(8)),
        (false, NOTI) if head(octets, 7) == key("NOTIFY=") => (N::Notify, notify(i, at.wrapping_add(7))?),
        (false, ORCP) if head(octets, 6) == key("ORCPT=") => {
            let at = at.wrapping_add(6);
            if head(eight(i, at)?, 7) != key("rfc822;") {
                return None;
            }
            (N::Orcpt, span::<Xchar>(i, at.wrapping_add(7)).filter(|end| end.wrapping_sub(at) <= ORCPT_LIMIT)?)
        }
        _ => return None,
    };
    matches!(i.get(end), None | Some(b' ')).then_some(Common { name, body, end })
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

/// Returns the offset after `1*20DIGIT`, if there are at most seven digits.
#[inline]
fn size(i: &[u8], at: usize) -> Option<usize> {
    let length = digits(eight(i, at)?);
    matches!(length, 1..=7).then_some(at.wrapping_add(length))
}

/// Returns the offset after NEVER, or after a list of SUCCESS, FAILURE and DELAY.
fn notify(i: &[u8], at: usize) -> Option<usize> {
    let mut at = at;
    let mut octets = eight(i, at)?;
    if head(octets, 5) == key("NEVER") {
        return Some(at.wrapping_add(5));
    }
    loop {
        at = if matches!(head(octets, 7), SUCCESS | FAILURE) {
            at.wrapping_add(7)
        } else if head(octets, 5) == key("DELAY") {
            at.wrapping_add(5)
        } else {
            return None;
        };
        if i.get(at) != Some(&b',') {
            return Some(at);
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
    use ParameterName as N;

    /// The common forms are accepted by the fast path, up to their end.
    #[test]
    fn what_is_common_is_taken() {
        for (of_mail, text, name, body) in [
            (true, "SIZE=1", N::Size, Body::SevenBit),
            (true, "size=1234567", N::Size, Body::SevenBit),
            (true, "BODY=7BIT", N::Body, Body::SevenBit),
            (true, "BODY=8bitmime", N::Body, Body::EightBitMime),
            (true, "RET=FULL", N::Ret, Body::SevenBit),
            (true, "RET=HDRS", N::Ret, Body::SevenBit),
            (true, "ENVID=QQ314159", N::Envid, Body::SevenBit),
            (true, "SMTPUTF8", N::SmtpUtf8, Body::SevenBit),
            (false, "NOTIFY=NEVER", N::Notify, Body::SevenBit),
            (false, "NOTIFY=FAILURE", N::Notify, Body::SevenBit),
            (false, "NOTIFY=SUCCESS,delay,FAILURE", N::Notify, Body::SevenBit),
            (false, "ORCPT=rfc822;joe@a.example", N::Orcpt, Body::SevenBit),
        ] {
            let line = ["MAIL FROM:<> ", text].concat();
            let taken = Some(Common { name, body, end: line.len() });
            assert_eq!(parameter(line.as_bytes(), 13, of_mail), taken, "{text}");
            assert_eq!(parameter([&line, " X=y"].concat().as_bytes(), 13, of_mail), taken, "{text}");
            for after in ["x", "\0", "="] {
                let other = parameter([&line, after].concat().as_bytes(), 13, of_mail);
                assert!(other.is_none_or(|other| other.end > line.len()), "{text}{after}");
            }
            // A parameter of the other command, or a similar keyword.
            assert_eq!(parameter(line.as_bytes(), 13, !of_mail), None, "{text}");
            let alike = line.replace(['=', '8'], "X");
            assert_eq!(parameter(alike.as_bytes(), 13, of_mail), None, "{alike}");
        }
    }

    /// The limits of `xtext`: 100 octets, and 500 with the type (RFC 3461 section 4.2 and 4.4).
    #[test]
    fn what_is_too_long_is_not() {
        for (of_mail, keyword, limit, least) in
            [(true, "ENVID=", ENVID_LIMIT, 1), (false, "ORCPT=rfc822;", ORCPT_LIMIT - 7, 0)]
        {
            let taken =
                |length| parameter([keyword, &"x".repeat(length), " X"].concat().as_bytes(), 0, of_mail).is_some();
            assert!(
                taken(limit) && !taken(limit + 1) && taken(least) && (least == 0 || !taken(least - 1)),
                "{keyword}"
            );
        }
    }
}
