//! Internet timestamps (RFC 3339), as HOLDUNTIL, RRVS and FUTURERELEASE use them. The dates of trace fields have
//! another grammar, in `trace/date.rs`. Nothing here reads a clock.

use super::scan::{Class, Parse, Production, expected, fail, mark, optional, some, word};
use super::wire::{Sink, Wire, display_is_wire};
use super::{Expected, Grammar, OutOfRange, SyntaxError};
use core::ops::RangeInclusive;
use nom::Parser;
use nom::branch::alt;
use nom::combinator::value;

/// A date and time of [RFC 3339 section 5.6](https://www.rfc-editor.org/rfc/rfc3339#section-5.6), checked for its
/// ranges and the length of its month.
///
/// ```
/// use smtp_core::syntax::{DateTime, Grammar};
///
/// let time = DateTime::parse(b"2026-02-28T23:59:60Z", Grammar::STRICT)?;
/// assert_eq!((time.year, time.month, time.day, time.second), (2026, 2, 28, 60));
/// assert!(DateTime::parse(b"2026-02-29T00:00:00Z", Grammar::STRICT).is_err());
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct DateTime {
    /// The year, 0 to 9999.
    pub year: u16,
    /// The month, 1 to 12.
    pub month: u8,
    /// The day, 1 to the length of the month.
    pub day: u8,
    /// The hour, 0 to 23.
    pub hour: u8,
    /// The minute, 0 to 59.
    pub minute: u8,
    /// The second, 0 to 60.
    pub second: u8,
    /// The billionths of a second. Digits beyond the ninth are dropped.
    pub nanosecond: u32,
    /// The minutes by which local time is ahead of UTC. Less than a day in either direction.
    pub offset: i16,
}

impl DateTime {
    /// Parses a timestamp that a peer sent.
    ///
    /// # Errors
    /// Returns [`SyntaxError`] if the octets are not a timestamp, or a number is out of range.
    pub fn parse(octets: &[u8], _: Grammar) -> Result<Self, SyntaxError> {
        super::scan::line(octets, date_time)
    }

    /// Returns the time `seconds` seconds after 1970-01-01T00:00:00Z, without leap seconds, in a zone that is `offset`
    /// minutes ahead of UTC.
    ///
    /// ```
    /// use smtp_core::syntax::DateTime;
    ///
    /// let time = DateTime::from_unix_seconds(1_013_822_362, -480)?;
    /// assert_eq!(time.to_string(), "2002-02-15T17:19:22-08:00");
    /// assert_eq!(time.unix_seconds(), 1_013_822_362);
    /// # Ok::<(), smtp_core::syntax::OutOfRange>(())
    /// ```
    ///
    /// # Errors
    /// Returns [`OutOfRange`] outside the years 0 to 9999, and for an offset of a day or more.
    pub fn from_unix_seconds(seconds: i64, offset: i16) -> Result<Self, OutOfRange> {
        Self::in_calendar(seconds, offset).ok_or(OutOfRange::UNIX_TIME)
    }

    fn in_calendar(seconds: i64, offset: i16) -> Option<Self> {
        if offset.unsigned_abs() >= 24 * 60 {
            return None;
        }
        let local = seconds.checked_add(i64::from(offset).saturating_mul(60))?;
        // The inverse of `unix_seconds`: 400 years of the calendar have 146097 days, and begin in March.
        let days = local.div_euclid(86_400).saturating_add(719_468);
        let (era, in_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let leap_days = (in_era / 1_460).saturating_sub(in_era / 36_524).saturating_add(in_era / 146_096);
        let of_era = in_era.saturating_sub(leap_days) / 365;
        let before = of_era.saturating_mul(365).saturating_add(of_era / 4).saturating_sub(of_era / 100);
        let in_year = in_era.saturating_sub(before);
        let months = in_year.saturating_mul(5).saturating_add(2) / 153;
        let day = in_year.saturating_sub(months.saturating_mul(153).saturating_add(2) / 5).saturating_add(1);
        let month = months.saturating_add(2).rem_euclid(12).saturating_add(1);
        let year = era.saturating_mul(400).saturating_add(of_era).saturating_add(i64::from(month <= 2));
        let in_day = local.rem_euclid(86_400);
        let small = |value: i64| u8::try_from(value).ok();
        Some(Self {
            year: u16::try_from(year).ok().filter(|year| *year <= 9_999)?,
            month: small(month)?,
            day: small(day)?,
            hour: small(in_day / 3_600)?,
            minute: small(in_day / 60 % 60)?,
            second: small(in_day % 60)?,
            nanosecond: 0,
            offset,
        })
    }

    /// Returns the seconds since 1970-01-01T00:00:00Z, without leap seconds.
    #[must_use]
    pub fn unix_seconds(&self) -> i64 {
        // Days by the civil calendar, with years that begin in March so that a leap day is the last.
        let month = i64::from(self.month);
        let year = i64::from(self.year).saturating_sub(i64::from(month <= 2));
        let months = month.saturating_add(9).rem_euclid(12);
        let in_year = months.saturating_mul(153).saturating_add(2) / 5;
        let days = year
            .saturating_mul(365)
            .saturating_add(year.div_euclid(4))
            .saturating_sub(year.div_euclid(100))
            .saturating_add(year.div_euclid(400))
            .saturating_add(in_year)
            .saturating_add(i64::from(self.day))
            .saturating_sub(719_469);
        let minutes = days
            .saturating_mul(24)
            .saturating_add(i64::from(self.hour))
            .saturating_mul(60)
            .saturating_add(i64::from(self.minute))
            .saturating_sub(i64::from(self.offset));
        minutes.saturating_mul(60).saturating_add(i64::from(self.second))
    }
}

impl core::str::FromStr for DateTime {
    type Err = SyntaxError;

    /// Parses a timestamp as [`parse`](Self::parse) does.
    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        Self::parse(text.as_bytes(), Grammar::STRICT)
    }
}

pub(crate) const fn month_length(year: u16, month: u8) -> u8 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// ```text
/// date-time      = full-date "T" full-time
/// full-date      = 4DIGIT "-" 2DIGIT "-" 2DIGIT
/// full-time      = partial-time time-offset
/// partial-time   = 2DIGIT ":" 2DIGIT ":" 2DIGIT [time-secfrac]
/// time-secfrac   = "." 1*DIGIT
/// time-offset    = "Z" / time-numoffset
/// time-numoffset = ("+" / "-") 2DIGIT ":" 2DIGIT
/// ```
pub(crate) fn date_time(i: &[u8]) -> Parse<'_, DateTime> {
    let parts = (full_date, word("T"), partial_time, optional(mark(b'.'), secfrac), time_offset);
    expected(Expected::DateTime, parts)
        .map(|((year, month, day), _, [hour, minute, second], nanosecond, offset)| {
            let nanosecond = nanosecond.unwrap_or_default();
            DateTime { year, month, day, hour, minute, second, nanosecond, offset }
        })
        .parse(i)
}

/// `full-date = 4DIGIT "-" 2DIGIT "-" 2DIGIT`
fn full_date(i: &[u8]) -> Parse<'_, (u16, u8, u8)> {
    let year = |(century, of_century)| u16::from(century).wrapping_mul(100).wrapping_add(u16::from(of_century));
    let year = (two_digits(0..=99), two_digits(0..=99)).map(year);
    let (i, (year, _, month, _)) = (year, mark(b'-'), two_digits(1..=12), mark(b'-')).parse(i)?;
    let (i, day) = two_digits(1..=month_length(year, month)).parse(i)?;
    Ok((i, (year, month, day)))
}

/// `partial-time = 2DIGIT ":" 2DIGIT ":" 2DIGIT [time-secfrac]`, without the time-secfrac
fn partial_time(i: &[u8]) -> Parse<'_, [u8; 3]> {
    (two_digits(0..=23), mark(b':'), two_digits(0..=59), mark(b':'), two_digits(0..=60))
        .map(|(hour, _, minute, _, second)| [hour, minute, second])
        .parse(i)
}

/// `time-secfrac = "." 1*DIGIT`, after the dot
fn secfrac(i: &[u8]) -> Parse<'_, u32> {
    let nanosecond = |digits: &[u8]| {
        let nine = digits.iter().copied().chain(core::iter::repeat(b'0')).take(9);
        nine.fold(0u32, |value, digit| value.wrapping_mul(10).wrapping_add(u32::from(digit.wrapping_sub(b'0'))))
    };
    some(Class::DIGIT).map(nanosecond).parse(i)
}

/// `time-offset = "Z" / time-numoffset`, `time-numoffset = ("+" / "-") 2DIGIT ":" 2DIGIT`, in minutes
fn time_offset(i: &[u8]) -> Parse<'_, i16> {
    let numoffset = (sign, two_digits(0..=23), mark(b':'), two_digits(0..=59));
    alt((word("Z").map(|_| 0), numoffset.map(|(sign, hours, _, minutes)| in_minutes(sign, hours, minutes)))).parse(i)
}

/// `"+" / "-"`, returned as 1 or -1
pub(crate) fn sign(i: &[u8]) -> Parse<'_, i16> {
    alt((value(1, mark(b'+')), value(-1, mark(b'-')))).parse(i)
}

/// Returns an offset from UTC in minutes.
pub(crate) fn in_minutes(sign: i16, hours: u8, minutes: u8) -> i16 {
    i16::from(hours).wrapping_mul(60).wrapping_add(i16::from(minutes)).wrapping_mul(sign)
}

/// `2DIGIT` within a range. The error is at the first digit if there are two digits.
pub(crate) fn two_digits<'a>(range: RangeInclusive<u8>) -> impl Production<'a, u8> {
    move |i: &'a [u8]| match i {
        [a @ b'0'..=b'9', b @ b'0'..=b'9', rest @ ..] => {
            let value = a.wrapping_sub(b'0').wrapping_mul(10).wrapping_add(b.wrapping_sub(b'0'));
            if range.contains(&value) { Ok((rest, value)) } else { fail(i, Expected::DateTime) }
        }
        [b'0'..=b'9', rest @ ..] => fail(rest, Expected::DateTime),
        _ => fail(i, Expected::DateTime),
    }
}

impl Wire for DateTime {
    fn write<S: Sink + ?Sized>(&self, out: &mut S) {
        out.padded(u64::from(self.year), 4);
        for (mark, value) in
            [(b'-', self.month), (b'-', self.day), (b'T', self.hour), (b':', self.minute), (b':', self.second)]
        {
            out.octet(mark);
            out.padded(u64::from(value), 2);
        }
        if self.nanosecond > 0 {
            let (mut fraction, mut width) = (self.nanosecond, 9usize);
            while fraction % 10 == 0 {
                (fraction, width) = (fraction / 10, width.saturating_sub(1));
            }
            out.octet(b'.');
            out.padded(u64::from(fraction), width);
        }
        out.octet(match self.offset {
            0 => return out.octet(b'Z'),
            ..0 => b'-',
            _ => b'+',
        });
        let minutes = u64::from(self.offset.unsigned_abs());
        out.padded(minutes / 60, 2);
        out.octet(b':');
        out.padded(minutes % 60, 2);
    }
}

display_is_wire!(DateTime);
