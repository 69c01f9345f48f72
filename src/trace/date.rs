//! The date-time of a trace field (RFC 5322 section 3.3): its grammar, its meaning, and how it is written. It has no
//! clock and no time zones.

use super::grammar::{cfws_of, foldable, skip, unfolded};
use crate::syntax::convert::{as_text, from_text};
use crate::syntax::date_time::{in_minutes, month_length, sign, two_digits};
use crate::syntax::scan::{Parse, Production, expected, fail, line, mark, number, optional, recognized, taken};
use crate::syntax::wire::{Sink, token};
use crate::syntax::{DateTime, Expected, OutOfRange, Part, SyntaxError};
use nom::Parser;
use nom::bytes::complete::take;
use nom::combinator::{cut, opt, verify};
use nom::sequence::terminated;

/// A date-time of [RFC 5322 section 3.3](https://www.rfc-editor.org/rfc/rfc5322#section-3.3) without the obs- forms,
/// which [RFC 5321 section 4.4](https://www.rfc-editor.org/rfc/rfc5321#section-4.4) prohibits: the year has four digits
/// and the zone is a number. The ranges, the length of the month and the day of the week are checked.
///
/// ```
/// use smtp_core::trace::TraceDate;
///
/// let date = TraceDate::new("Fri, 15 Feb 2002 17:19:22 -0800")?;
/// assert_eq!(date.date_time().unix_seconds(), 1_013_822_362);
/// assert!(TraceDate::new("15 Feb 2002 17:19 +0000 (UT)").is_ok());
/// assert!(TraceDate::new("15 Feb 02 17:19 +0000").is_err());
/// assert!(TraceDate::new("15 Feb 2002 17:19 PST").is_err());
/// assert!(TraceDate::new("Thu, 15 Feb 2002 17:19 +0000").is_err(), "it was a Friday");
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceDate<'a>(&'a [u8]);

impl<'a> TraceDate<'a> {
    /// Creates a date from a text without folds. Local time with its offset SHOULD be used ([RFC 5321 section
    /// 4.4](https://www.rfc-editor.org/rfc/rfc5321#section-4.4)).
    ///
    /// # Errors
    /// Returns [`SyntaxError`] if the text is not such a date.
    pub fn new(text: &'a str) -> Result<Self, SyntaxError> {
        line(text.as_bytes(), |i| unfolded(i).and_then(|_| date_time(i)))
    }

    /// Returns the meaning of the date. [RFC 5322 section 3.3](https://www.rfc-editor.org/rfc/rfc5322#section-3.3)
    /// allows zones of up to 9959, but [RFC 3339](https://www.rfc-editor.org/rfc/rfc3339) has none of a day or more. A
    /// time with such a zone is returned in UTC, or as the last second of the year 9999 if it is later than that.
    ///
    /// ```
    /// use smtp_core::trace::TraceDate;
    ///
    /// let date = TraceDate::new("1 Jan 2026 12:00 +2430")?;
    /// assert_eq!(date.date_time().to_string(), "2025-12-31T11:30:00Z");
    /// # Ok::<(), smtp_core::syntax::SyntaxError>(())
    /// ```
    #[must_use]
    pub fn date_time(self) -> DateTime {
        // The text was parsed before, so the fallback is never used.
        let time = meaning(self.0).map_or(
            DateTime { year: 1900, month: 1, day: 1, hour: 0, minute: 0, second: 0, nanosecond: 0, offset: 0 },
            |(_, time)| time,
        );
        if time.offset.unsigned_abs() < 24 * 60 { time } else { in_utc(time) }
    }
}

/// Converts a time to UTC. Its second stays the same, also if it is 60.
fn in_utc(time: DateTime) -> DateTime {
    let minute = DateTime { second: 0, ..time };
    match DateTime::from_unix_seconds(minute.unix_seconds(), 0) {
        Ok(minute) => DateTime { second: time.second, ..minute },
        // Years begin with 1900, so the time can only be too late.
        Err(_) => {
            DateTime { year: 9999, month: 12, day: 31, hour: 23, minute: 59, second: 59, nanosecond: 0, offset: 0 }
        }
    }
}

/// An owned date of a trace field, created from numbers.
///
/// ```
/// use smtp_core::syntax::DateTime;
/// use smtp_core::trace::TraceDateBuf;
///
/// let time = DateTime::from_unix_seconds(1_013_822_362, -480)?;
/// let date = TraceDateBuf::new(time)?;
/// assert_eq!(date.as_date().to_string(), "Fri, 15 Feb 2002 17:19:22 -0800");
/// assert_eq!(date.as_date().date_time(), time);
/// # Ok::<(), smtp_core::syntax::OutOfRange>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceDateBuf([u8; 31]);

impl TraceDateBuf {
    /// Creates a date with its day of the week and its seconds, without fractions of a second.
    ///
    /// # Errors
    /// Returns [`OutOfRange`] if a number is out of range, including an offset of a day or more, or if the year is
    /// before 1900.
    pub fn new(time: DateTime) -> Result<Self, OutOfRange> {
        Self::written(time).ok_or(OutOfRange::TRACE_DATE)
    }

    fn written(time: DateTime) -> Option<Self> {
        let mut date = Self([0; 31]);
        let mut out = &mut date.0[..];
        out.put(DAYS.get(weekday(&time))?.as_bytes());
        out.put(b", ");
        out.padded(u64::from(time.day), 2);
        out.octet(b' ');
        out.put(MONTHS.get(usize::from(time.month).checked_sub(1)?)?.as_bytes());
        out.octet(b' ');
        out.padded(u64::from(time.year), 4);
        for (mark, value) in [(b' ', time.hour), (b':', time.minute), (b':', time.second)] {
            out.octet(mark);
            out.padded(u64::from(value), 2);
        }
        out.put(if time.offset < 0 { b" -" } else { b" +" });
        let zone = u64::from(time.offset.unsigned_abs());
        out.padded(zone / 60, 2);
        out.padded(zone % 60, 2);
        // Parse the text again, because the fields of a `DateTime` are public and may hold any numbers.
        let meant = DateTime { nanosecond: 0, ..time };
        line(&date.0, date_time).is_ok_and(|date| date.date_time() == meant).then_some(date)
    }

    /// Borrows the date.
    #[must_use]
    pub const fn as_date(&self) -> TraceDate<'_> {
        TraceDate(&self.0)
    }
}

impl TryFrom<DateTime> for TraceDateBuf {
    type Error = OutOfRange;

    /// Creates a date as [`new`](Self::new) does.
    fn try_from(time: DateTime) -> Result<Self, OutOfRange> {
        Self::new(time)
    }
}

impl core::str::FromStr for TraceDateBuf {
    type Err = SyntaxError;

    /// Parses a date as [`TraceDate::new`] does, and writes it with its day of the week, its seconds, and no comment.
    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        let time = TraceDate::new(text)?.date_time();
        Self::written(time).ok_or(SyntaxError::new(Expected::DateTime, Part::Argument, 0))
    }
}

impl core::fmt::Display for TraceDateBuf {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Display::fmt(&self.as_date(), formatter)
    }
}

impl core::fmt::Debug for TraceDateBuf {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Debug::fmt(&self.as_date(), formatter)
    }
}

/// Returns the index in [`DAYS`] of the day of the week.
fn weekday(date: &DateTime) -> usize {
    let midnight = DateTime { hour: 0, minute: 0, second: 0, offset: 0, ..*date };
    // The first of January 1970 was a Thursday.
    usize::try_from(midnight.unix_seconds().div_euclid(86_400).rem_euclid(7)).unwrap_or_default()
}

/// `date-time = [ day-of-week "," ] date time [CFWS]`, with the comment that names the zone, and without the white
/// space at its end. The obs- forms are prohibited in all of it (RFC 5321 section 4.4), so the CFWS has no obs-FWS.
pub(super) fn date_time(i: &[u8]) -> Parse<'_, TraceDate<'_>> {
    foldable(recognized(with_comment)).map(TraceDate).parse(i)
}

fn with_comment(i: &[u8]) -> Parse<'_, ()> {
    let (rest, _) = meaning(i)?;
    let spaced = skip(rest, fws);
    let after = if spaced.first() == Some(&b'(') { cfws_of(rest, fws)?.0 } else { spaced };
    let text = taken(i, after).trim_ascii_end();
    Ok((i.get(text.len()..).unwrap_or_default(), ()))
}

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `[ day-of-week "," ] date time`, checked against the calendar
fn meaning(i: &[u8]) -> Parse<'_, DateTime> {
    let (day_start, day_name) = day_of_week(i)?;
    let (rest, ((day, month, year), ([hour, minute, second], offset))) = (date, time).parse(day_start)?;
    if !(1..=month_length(year, month)).contains(&day) {
        return fail(day_start, Expected::DateTime);
    }
    let midnight = DateTime { year, month, day, hour: 0, minute: 0, second: 0, nanosecond: 0, offset: 0 };
    if day_name.is_some_and(|name| name != weekday(&midnight)) {
        return fail(i, Expected::DateTime);
    }
    Ok((rest, DateTime { hour, minute, second, offset, ..midnight }))
}

/// `[ day-of-week "," ]` with the FWS after it, `day-of-week = [FWS] day-name`
fn day_of_week(i: &[u8]) -> Parse<'_, Option<usize>> {
    opt(terminated(name(&DAYS), cut((dated(mark(b',')), opt(fws))))).parse(i)
}

/// ```text
/// date = day month year
/// day  = [FWS] 1*2DIGIT FWS
/// year = FWS 4*DIGIT FWS
/// ```
fn date(i: &[u8]) -> Parse<'_, (u8, u8, u16)> {
    let day = dated(number(2)).map_opt(|day| u8::try_from(day).ok());
    let month = name(&MONTHS).map_opt(|month| u8::try_from(month).ok()?.checked_add(1));
    let year = dated(verify(number(4), |year| *year >= 1900)).map_opt(|year| u16::try_from(year).ok());
    (day, fws, month, fws, year, fws).map(|(day, _, month, _, year, _)| (day, month, year)).parse(i)
}

/// ```text
/// time        = time-of-day zone
/// time-of-day = hour ":" minute [ ":" second ]
/// zone        = FWS ( "+" / "-" ) 4DIGIT
/// ```
/// The last two digits of the zone are below 60. The zone is returned in minutes.
fn time(i: &[u8]) -> Parse<'_, ([u8; 3], i16)> {
    let second = optional(mark(b':'), two_digits(0..=60)).map(Option::unwrap_or_default);
    let time_of_day = (two_digits(0..=23), dated(mark(b':')), two_digits(0..=59), second);
    let zone = (dated(sign), two_digits(0..=99), two_digits(0..=59));
    (time_of_day, fws, zone)
        .map(|((hour, _, minute, second), _, (sign, hours, minutes))| {
            ([hour, minute, second], in_minutes(sign, hours, minutes))
        })
        .parse(i)
}

/// Parses a part of a date. Every error says that a date was expected.
fn dated<'a, T>(parser: impl Production<'a, T>) -> impl Production<'a, T> {
    expected(Expected::DateTime, parser)
}

/// Parses one of these names of three letters and returns its index. An error is at the start of the name.
fn name<'a>(names: &'static [&'static str]) -> impl Production<'a, usize> {
    let which = |name: &[u8]| names.iter().position(|known| name.eq_ignore_ascii_case(known.as_bytes()));
    dated(take(3usize).map_opt(which))
}

/// `FWS = [*WSP CRLF] 1*WSP`, without obs-FWS
pub(super) fn fws(i: &[u8]) -> Parse<'_, ()> {
    let wsp = |i: &[u8]| i.iter().take_while(|octet| matches!(octet, b' ' | b'\t')).count();
    let length = wsp(i);
    let rest = i.get(length..).unwrap_or_default();
    match rest.strip_prefix(b"\r\n") {
        Some(folded) if wsp(folded) > 0 => Ok((folded.get(wsp(folded)..).unwrap_or_default(), ())),
        _ if length > 0 => Ok((rest, ())),
        _ => fail(i, Expected::Space),
    }
}

token!(TraceDate);
as_text!(TraceDate);
from_text!(TraceDate);
