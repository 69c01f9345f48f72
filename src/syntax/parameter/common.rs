//! The parameters that most lines have, in the form that most have: taken in one pass, with no more said of their values than
//! [`check`](super::check) has to know. Everything else is for the grammar. A test holds the two equal.

use super::grammar::{ENVID_LIMIT, ORCPT_LIMIT};
use super::{Body, ParameterName};
use crate::syntax::lexical::block::{Lanes, digits, eight, head, key, span};

/// A parameter that is in order, and what [`check`](super::check) asks of its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Common {
    pub(super) name: ParameterName,
    pub(super) body: Body,
    /// The offset of the space behind it, or of the end.
    pub(super) end: usize,
}

/// The parameter at an offset.
#[inline]
pub(super) fn common(i: &[u8], at: usize, of_mail: bool) -> Option<Common> {
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
            (N::Envid, span(i, at, Lanes::xchar).filter(|end| end.wrapping_sub(at) <= ENVID_LIMIT)?)
        }
        (true, SMTP) if octets == key("SMTPUTF8") => (N::SmtpUtf8, at.wrapping_add(8)),
        (false, NOTI) if head(octets, 7) == key("NOTIFY=") => (N::Notify, notify(i, at.wrapping_add(7))?),
        (false, ORCP) if head(octets, 6) == key("ORCPT=") => {
            let at = at.wrapping_add(6);
            if head(eight(i, at)?, 7) != key("rfc822;") {
                return None;
            }
            (N::Orcpt, span(i, at.wrapping_add(7), Lanes::xchar).filter(|end| end.wrapping_sub(at) <= ORCPT_LIMIT)?)
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

/// `1*20DIGIT`, of which no more than seven are common.
#[inline]
fn size(i: &[u8], at: usize) -> Option<usize> {
    let length = digits(eight(i, at)?);
    matches!(length, 1..=7).then_some(at.wrapping_add(length))
}

/// NEVER, or a list of SUCCESS, FAILURE and DELAY.
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
